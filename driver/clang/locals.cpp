// The local symbols that an optimized unit's debug note names.
//
// The note is made in front of the optimizer, as all that a lazy function needs, and stands in the module's
// assembly, where the optimizer does not see it. What no code that stays refers to goes: a note that named it
// would ask the linker for a symbol that nobody has. So the note has labels in place of the symbols, and this
// pass says what they are.

#include "internal.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

namespace {

// The list that the transform (passes/src/arch) makes: symbols and labels.
constexpr StringLiteral List = "autojit.locals";

// A label can't be a distance in thread-local storage.
void replace(std::string &Text, const std::string &Old, const std::string &New) {
  if (size_t At = Text.find(Old); At != std::string::npos)
    Text.replace(At, Old.size(), New);
}

class LocalsPass : public PassInfoMixin<LocalsPass> {
public:
  PreservedAnalyses run(Module &M, ModuleAnalysisManager &) {
    NamedMDNode *Locals = M.getNamedMetadata(List);
    if (!Locals)
      return PreservedAnalyses::all();
    SmallVector<GlobalValue *> Left;
    std::string Note = M.getModuleInlineAsm();
    for (const MDNode *Local : Locals->operands()) {
      StringRef Name = cast<MDString>(Local->getOperand(0))->getString();
      StringRef Label = cast<MDString>(Local->getOperand(1))->getString();
      GlobalValue *G = M.getNamedValue(Name);
      bool IsLeft = G && !G->isDeclaration();
      if (IsLeft)
        Left.push_back(G);
      Name.consume_front("\1");
      std::string Address = IsLeft ? ("\"" + Name + "\"").str() : "0";
      if (IsLeft && G->isThreadLocal())
        replace(Note, (".quad " + Label + "\n").str(), ".quad " + Address + "@DTPOFF + 1\n");
      else
        Note += (".set " + Label + ", " + Address + "\n").str();
    }
    // The last passes remove and merge what nobody refers to.
    appendToCompilerUsed(M, Left);
    M.setModuleInlineAsm(Note);
    Locals->eraseFromParent();
    return PreservedAnalyses::none();
  }

  static bool isRequired() { return true; }
};

} // namespace

void autojit::addLocals(ModulePassManager &MPM) {
  MPM.addPass(GlobalDCEPass());
  MPM.addPass(LocalsPass());
}
