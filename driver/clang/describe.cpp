// What is different about a module that is compiled for a debugger.

#include "internal.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/Module.h"

using namespace llvm;

void autojit::referAsLazy(llvm::Module &M) {
  for (GlobalValue &G : M.global_values()) {
    if (G.getName().starts_with("llvm.") || (!G.isDeclaration() && !isa<Function>(G)))
      continue;
    if (G.hasLocalLinkage())
      G.setLinkage(GlobalValue::ExternalLinkage);
    G.setVisibility(GlobalValue::DefaultVisibility);
    G.setDSOLocal(false);
  }
  M.setPICLevel(PICLevel::BigPIC);
}

// The variable as one that is defined elsewhere, under the symbol that the program has for it.
static DIGlobalVariableExpression *declaration(const DIGlobalVariableExpression &Of, StringRef Symbol) {
  const DIGlobalVariable &V = *Of.getVariable();
  auto *Declared = DIGlobalVariable::getDistinct(
      V.getContext(), V.getScope(), V.getName(), Symbol, V.getFile(), V.getLine(), V.getType(),
      /*IsLocalToUnit=*/false, /*IsDefinition=*/false, V.getStaticDataMemberDeclaration(),
      V.getTemplateParams(), V.getAlignInBits(), V.getAnnotations());
  return DIGlobalVariableExpression::get(V.getContext(), Declared, DIExpression::get(V.getContext(), {}));
}

void autojit::declareThreadLocals(Module &M) {
  DenseMap<Metadata *, Metadata *> Declared;
  bool MayBeOfProgram = M.getPICLevel() == PICLevel::NotPIC || M.getPIELevel() != PIELevel::Default;
  for (GlobalVariable &G : M.globals()) {
    if (!G.isThreadLocal())
      continue;
    SmallVector<DIGlobalVariableExpression *, 1> Known;
    G.getDebugInfo(Known);
    G.eraseMetadata(LLVMContext::MD_dbg);
    for (DIGlobalVariableExpression *Of : Known) {
      // Of what a function declares debuggers don't look for a symbol. They take a place in thread-local
      // storage that an object of no file gives for one in the program's.
      if (!isa_and_present<DILocalScope>(Of->getVariable()->getScope()))
        Declared[Of] = declaration(*Of, G.getName());
      else if (MayBeOfProgram)
        G.addDebugInfo(Of);
    }
  }
  if (Declared.empty())
    return;
  for (DICompileUnit *Unit : M.debug_compile_units()) {
    SmallVector<Metadata *> Variables;
    for (DIGlobalVariableExpression *V : Unit->getGlobalVariables()) {
      Metadata *Instead = Declared.lookup(V);
      Variables.push_back(Instead ? Instead : V);
    }
    Unit->replaceGlobalVariables(MDTuple::get(M.getContext(), Variables));
  }
}
