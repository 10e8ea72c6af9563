// Functions that must be inlined, above -O0.
//
// LLVM's AlwaysInliner copies bodies as they are. A function that consists of such functions then has all
// that any of them has, twice for each that it calls twice, however little of it is left once their arguments
// are known; and vector libraries are built of them, a dozen levels deep. Clang's optimizer simplifies a
// function before it goes into the next, and so it is done here.

#include "internal.h"
#include "llvm/Analysis/AliasAnalysis.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/InlineCost.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/InstrTypes.h"
#include "llvm/IR/Module.h"
#include "llvm/Transforms/IPO/AlwaysInliner.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include "llvm/Transforms/Utils/Cloning.h"

using namespace llvm;

namespace {

class SimplifyAlwaysInlinedPass : public PassInfoMixin<SimplifyAlwaysInlinedPass> {
public:
  PreservedAnalyses run(Module &M, ModuleAnalysisManager &MAM) {
    FunctionAnalysisManager &FAM = MAM.getResult<FunctionAnalysisManagerModuleProxy>(M).getManager();
    FunctionPassManager Simplify;
    Simplify.addPass(SROAPass(SROAOptions::ModifyCFG));
    Simplify.addPass(EarlyCSEPass());
    Simplify.addPass(SimplifyCFGPass());
    SmallPtrSet<Function *, 16> Seen;
    for (Function &F : M)
      if (isAlwaysInlined(F))
        inlineInto(F, FAM, Simplify, Seen);
    return PreservedAnalyses::none();
  }

  static bool isRequired() { return true; }

private:
  // What LLVM's pass inlines.
  static bool isAlwaysInlined(Function &F) {
    return !F.isDeclaration() && F.hasFnAttribute(Attribute::AlwaysInline) && !F.isPresplitCoroutine() &&
           isInlineViable(F).isSuccess();
  }

  // What is called first.
  void inlineInto(Function &Caller, FunctionAnalysisManager &FAM, FunctionPassManager &Simplify,
                  SmallPtrSetImpl<Function *> &Seen) {
    if (!Seen.insert(&Caller).second)
      return;
    SmallVector<CallBase *, 8> Calls;
    for (Instruction &I : instructions(Caller))
      if (auto *Call = dyn_cast<CallBase>(&I); Call && !Call->isNoInline())
        if (Function *Callee = Call->getCalledFunction();
            Callee && Callee != &Caller && isAlwaysInlined(*Callee))
          Calls.push_back(Call);
    for (CallBase *Call : Calls)
      inlineInto(*Call->getCalledFunction(), FAM, Simplify, Seen);
    auto Assumptions = [&](Function &F) -> AssumptionCache & { return FAM.getResult<AssumptionAnalysis>(F); };
    bool HasChanged = false;
    for (CallBase *Call : Calls) {
      InlineFunctionInfo Info(Assumptions);
      AAResults &Aliases = FAM.getResult<AAManager>(*Call->getCalledFunction());
      HasChanged |= InlineFunction(*Call, Info, /*MergeAttributes=*/true, &Aliases).isSuccess();
    }
    if (!HasChanged)
      return;
    FAM.invalidate(Caller, PreservedAnalyses::none());
    FAM.invalidate(Caller, Simplify.run(Caller, FAM));
  }
};

} // namespace

void autojit::addAlwaysInliner(ModulePassManager &MPM) {
  MPM.addPass(SimplifyAlwaysInlinedPass());
  MPM.addPass(AlwaysInlinerPass());
}
