#include "candidate.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"

using namespace llvm;
using autojit::Company;

/// Instructions before optimization, of which about a third remains: LLVM inlines up to some 45, more if
/// arguments are constant. Of lazy functions the summary has told, with the same limit.
static constexpr unsigned Largest = 300;

namespace {

/// Whether the program can supply every symbol below a constant. Constants of the module that have
/// no symbol can't be supplied: they belong to one function alone.
bool isUsable(const Value *V, bool IsCall, const Company &Along) {
  if (auto *Global = dyn_cast<GlobalValue>(V)) {
    if (auto *F = dyn_cast<Function>(Global))
      if (F->isIntrinsic())
        return true;
    if (isa<GlobalAlias>(Global) && !isa<FunctionType>(Global->getValueType()) && Global->isInterposable())
      return false;
    return !Global->isThreadLocal() && Along.Usable(Global->getName(), IsCall);
  }
  if (isa<BlockAddress>(V))
    return false;
  if (auto *C = dyn_cast<Constant>(V))
    return all_of(C->operands(), [&](const Use &U) { return isUsable(U, false, Along); });
  return true;
}

bool isFit(const CallBase &Call) {
  if (isa<CallBrInst>(Call))
    return false;
  if (auto *Asm = dyn_cast<InlineAsm>(Call.getCalledOperand()))
    return Asm->getAsmString().empty();
  const Function *Callee = Call.getCalledFunction();
  return !Callee || !(Callee->hasFnAttribute("dontcall-error") || Callee->hasFnAttribute("dontcall-warn"));
}

bool isFit(const Instruction &I, const Company &Along) {
  auto *Call = dyn_cast<CallBase>(&I);
  if (Call && !isFit(*Call))
    return false;
  if (isa<ResumeInst>(I) && !Along.Usable("_Unwind_Resume", true))
    return false;
  return all_of(I.operands(), [&](const Use &U) {
    return !isa<Constant>(U) || isUsable(U, Call && Call->isCallee(&U), Along);
  });
}

bool isFit(Function &F, const Company &Along) {
  if (F.hasPersonalityFn() && !isUsable(F.getPersonalityFn(), false, Along))
    return false;
  if (any_of(F, [](const BasicBlock &Block) { return Block.hasAddressTaken(); }))
    return false;
  return all_of(instructions(F), [&](const Instruction &I) { return isFit(I, Along); });
}

/// Whether LLVM may inline the function at all.
bool isInlinable(const Function &F) {
  for (auto Kind :
       {Attribute::NoInline, Attribute::OptimizeNone, Attribute::Naked, Attribute::PresplitCoroutine})
    if (F.hasFnAttribute(Kind))
      return false;
  return !F.isInterposable() && !F.isVarArg() && !F.hasGC();
}

} // namespace

namespace autojit {

Expected<bool> isCandidate(Function &F, const Company &Along) {
  if (Along.Known.contains(&F))
    return true;
  if (F.isIntrinsic() || !isInlinable(F) || Along.Unfit.contains(&F))
    return false;
  bool Forced = F.hasFnAttribute(Attribute::AlwaysInline);
  switch (Along.MayInline(F.getName())) {
  case AJ_INLINING_NOT_LAZY:
    // Static functions stay where they are.
    if (!F.hasAvailableExternallyLinkage())
      return false;
    break;
  case AJ_INLINING_IF_FORCED:
    if (!Forced)
      return false;
    break;
  case AJ_INLINING_WANTED:
    break;
  }
  if (Error E = F.materialize())
    return E;
  if (F.isDeclaration())
    return false;
  if (F.getSubprogram() && !Along.Described)
    stripDebugInfo(F);
  if (!isFit(F, Along) || (!Forced && F.getInstructionCount() > Largest)) {
    Along.Unfit.insert(&F);
    return false;
  }
  return true;
}

bool isKnownConstant(const GlobalVariable &Variable, const Company &Along) {
  return Variable.isConstant() && Variable.hasInitializer() && !Variable.isInterposable() &&
         !Variable.isThreadLocal() && !Variable.isExternallyInitialized() &&
         isUsable(Variable.getInitializer(), false, Along);
}

} // namespace autojit
