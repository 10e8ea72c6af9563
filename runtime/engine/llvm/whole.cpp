// A module as one object, as clang would compile what is lazy of the unit.
#include "compile.h"
#include "extract.h"
#include "guard.h"
#include "optimize.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/IR/DebugInfo.h"

using namespace llvm;

namespace {

/// Makes of a payload's module one that can be compiled as it is.
class Whole {
public:
  Whole(llvm::Module &M, const AjSymbols &Symbols, bool Optimizes)
      : M(M), Symbols(Symbols), Optimizes(Optimizes) {}

  void prepare() {
    StripDebugInfo(M);
    M.setModuleFlag(llvm::Module::Min, "PIC Level", PICLevel::BigPIC);
    for (GlobalAlias &Alias : make_early_inc_range(M.aliases()))
      declareInstead(Alias);
    for (GlobalIFunc &IFunc : make_early_inc_range(M.ifuncs()))
      declareInstead(IFunc);
    for (GlobalVariable &Variable : make_early_inc_range(M.globals()))
      prepare(Variable);
    for (Function &F : M)
      prepare(F);
  }

private:
  /// Everything that is not here is reached through tables, wherever the program has it.
  static void declare(GlobalValue &Global) {
    if (auto *Object = dyn_cast<GlobalObject>(&Global))
      Object->setComdat(nullptr);
    Global.setVisibility(GlobalValue::DefaultVisibility);
    Global.setDSOLocal(false);
  }

  void declareInstead(GlobalValue &Old) {
    GlobalValue *New = autojit::declareLike(Old, "", M);
    New->takeName(&Old);
    Old.replaceAllUsesWith(New);
    Old.eraseFromParent();
  }

  void prepare(GlobalVariable &Variable) const {
    bool ComesAlong = Variable.hasInitializer() && Variable.isConstant() && Variable.hasPrivateLinkage();
    if (ComesAlong)
      return;
    if (Variable.getName().starts_with("llvm.") && Variable.use_empty()) {
      Variable.eraseFromParent();
      return;
    }
    if (Variable.hasInitializer() && !(Optimizes && Variable.hasAvailableExternallyLinkage())) {
      Variable.setInitializer(nullptr);
      Variable.setLinkage(GlobalValue::ExternalLinkage);
    }
    declare(Variable);
  }

  void prepare(Function &F) const {
    StringRef Name = F.getName();
    if (F.isDeclaration()) {
      if (!F.isIntrinsic())
        declare(F);
      return;
    }
    // What stands in front of an entry or is found by it belongs to the stub.
    F.setPrefixData(nullptr);
    F.setPrologueData(nullptr);
    F.setMetadata(LLVMContext::MD_func_sanitize, nullptr);
    F.setMetadata(LLVMContext::MD_kcfi_type, nullptr);
    F.setSection("");
    bool IsLazy = Symbols.may_inline(Symbols.context, Name.data(), Name.size()) != AJ_INLINING_NOT_LAZY;
    if (!IsLazy) {
      // The program has it.
      if (Optimizes)
        F.setLinkage(GlobalValue::AvailableExternallyLinkage);
      else
        F.deleteBody();
      declare(F);
      return;
    }
    declare(F);
    if (!Symbols.is_public(Symbols.context, Name.data(), Name.size()))
      F.setLinkage(GlobalValue::InternalLinkage);
    else if (F.isDiscardableIfUnused())
      F.setLinkage(F.isWeakForLinker() ? GlobalValue::WeakODRLinkage : GlobalValue::ExternalLinkage);
    if (Optimizes && autojit::isLibraryLoop(Name))
      F.addFnAttr("no-builtins");
  }

  llvm::Module &M;
  const AjSymbols &Symbols;
  bool Optimizes;
};

} // namespace

AjStatus aj_compile_whole(AjModule *Module, AjCompiler *Compiler, const AjSymbols *Symbols, AjBytes *Object,
                          AjBytes *Problem) {
  return autojit::guarded(Problem, [&] {
    llvm::Module &M = *Module->Module;
    Module->Diagnostics.clear();
    if (Error E = M.materializeAll())
      return autojit::fail(Problem, std::move(E));
    bool Optimizes = Compiler->Options.opt_level > 0;
    Whole(M, *Symbols, Optimizes).prepare();
    Generator *How =
        Optimizes ? autojit::findGenerator(*Compiler, *Module, *Symbols) : &Compiler->Generators.front();
    if (!How)
      return autojit::fail(Problem, "the target cannot write objects");
    if (Optimizes) {
      autojit::Optimizer Passes(*Compiler->Machine, Compiler->Options, How->Library);
      Passes.simplify(M);
      Passes.finish(M);
    }
    Compiler->Machine->Options.FunctionSections = true;
    autojit::generate(M, *Compiler, *How);
    Compiler->Machine->Options.FunctionSections = false;
    if (!Module->Diagnostics.empty())
      return autojit::fail(Problem, Module->Diagnostics);
    *Object = autojit::copyBytes(StringRef(Compiler->Object.data(), Compiler->Object.size()));
    return AJ_OK;
  });
}
