// Instrumentation of lazy code.
//
// Counters are variables of the object and calls are calls: what clang puts into the IR goes along with a
// lazy body and means the same there. It only has to be put in before the bodies leave the module. At -O0
// clang does that by itself; above, the transform comes first in the pipeline, and the passes in question are
// run in front of it, with the options that clang gives them (BackendUtil.cpp). -finstrument-functions is
// done here as well because the engine, which compiles a body under another name, would report that one's
// address. The same goes for sanitizers: the engine could not put their checks in, which need variables of
// the object. So that these don't see each local variable in memory, the passes that put variables into
// registers come first.
//
// They come behind the optimizer with clang. For the thread sanitizer that is so here, too: what its checks
// need is known by name (passes/src/races.rs), and a function that was inlined after it got its checks would
// be in reports' stacks twice. The address sanitizer's stay in front: what the optimizer makes of a function
// with an error depends on what it sees beside it, and an error that clang's program finds must not be gone
// by then.

#include "internal.h"
#include "clang/Basic/CodeGenOptions.h"
#include "clang/Basic/LangOptions.h"
#include "llvm/Analysis/AssumptionCache.h"
#include "llvm/Analysis/InlineCost.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Operator.h"
#include "llvm/IR/PassManager.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Transforms/Coroutines/CoroCleanup.h"
#include "llvm/Transforms/Coroutines/CoroConditionalWrapper.h"
#include "llvm/Transforms/Coroutines/CoroEarly.h"
#include "llvm/Transforms/Coroutines/CoroSplit.h"
#include "llvm/Transforms/Instrumentation/GCOVProfiler.h"
#include "llvm/Transforms/Instrumentation/InstrProfiling.h"
#include "llvm/Transforms/Instrumentation/ThreadSanitizer.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Utils/EntryExitInstrumenter.h"

using namespace clang;
using namespace llvm;

namespace {

GCOVOptions gcovOptions(const CodeGenOptions &CG) {
  GCOVOptions Options;
  Options.EmitNotes = !CG.CoverageNotesFile.empty();
  Options.EmitData = !CG.CoverageDataFile.empty();
  copy(CG.CoverageVersion, std::begin(Options.Version));
  Options.NoRedZone = CG.DisableRedZone;
  Options.Filter = CG.ProfileFilterFiles;
  Options.Exclude = CG.ProfileExcludeFiles;
  Options.Atomic = CG.AtomicProfileUpdate;
  return Options;
}

InstrProfOptions profileOptions(const CodeGenOptions &CG) {
  InstrProfOptions Options;
  Options.NoRedZone = CG.DisableRedZone;
  Options.InstrProfileOutput = CG.InstrProfileOutput;
  Options.Atomic = CG.AtomicProfileUpdate;
  return Options;
}

// Whether that is the third word of a stack frame that is described to the runtime: the function's address.
// The first one is a number (compiler-rt, asan_internal.h: kCurrentStackFrameMagic).
bool isFrameDescription(const StoreInst &Store, const Value *Address) {
  constexpr uint64_t Magic = 0x41B58AB3;
  auto *Third = dyn_cast<GetElementPtrInst>(Store.getPointerOperand());
  if (Store.getValueOperand() != Address || !Third || Third->getNumIndices() != 1 ||
      !Third->getSourceElementType()->isIntegerTy(8))
    return false;
  auto *Offset = dyn_cast<ConstantInt>(Third->getOperand(1));
  if (!Offset || Offset->getZExtValue() != 16)
    return false;
  return any_of(Third->getPointerOperand()->users(), [&](const User *U) {
    auto *First = dyn_cast<StoreInst>(U);
    auto *Number = First ? dyn_cast<ConstantInt>(First->getValueOperand()) : nullptr;
    return Number && Number->getValue() == Magic &&
           First->getPointerOperand() == Third->getPointerOperand() &&
           First->getParent() == Store.getParent();
  });
}

// Inlines what other units define as well (members of std::string) as clang's inliner would. Sanitizers'
// passes put no checks into such functions, which are for inlining only, and the engine leaves calls of them
// alone where they need something of the other unit. (To let the unit have functions of its own instead would
// show too much: that several threads may use the library's streams is between the library's own functions.)
class InlineOthersPass : public PassInfoMixin<InlineOthersPass> {
public:
  explicit InlineOthersPass(OptimizationLevel Level)
      : Params(getInlineParams(Level.getSpeedupLevel(), Level.getSizeLevel())) {}

  PreservedAnalyses run(Module &M, ModuleAnalysisManager &MAM) {
    FunctionAnalysisManager &FAM = MAM.getResult<FunctionAnalysisManagerModuleProxy>(M).getManager();
    FunctionPassManager Simplify;
    Simplify.addPass(SROAPass(SROAOptions::ModifyCFG));
    Simplify.addPass(EarlyCSEPass());
    Simplify.addPass(SimplifyCFGPass());
    SmallPtrSet<Function *, 16> Seen;
    SmallVector<Function *, 16> Callers;
    for (Function &F : M)
      if (isOthers(F))
        FAM.invalidate(F, Simplify.run(F, FAM));
      else if (isChecked(F))
        Callers.push_back(&F);
    for (Function *Caller : Callers)
      inlineInto(*Caller, FAM, Seen);
    return PreservedAnalyses::none();
  }

  static bool isRequired() { return true; }

private:
  static bool isChecked(const Function &F) {
    return !F.isDeclaration() &&
           (F.hasFnAttribute(Attribute::SanitizeAddress) || F.hasFnAttribute(Attribute::SanitizeMemory) ||
            F.hasFnAttribute(Attribute::SanitizeThread));
  }

  static bool isOthers(const Function &F) { return F.hasAvailableExternallyLinkage() && isChecked(F); }

  // What is called first, so that it is known how much it has become.
  void inlineInto(Function &Caller, FunctionAnalysisManager &FAM, SmallPtrSetImpl<Function *> &Seen) {
    if (!Seen.insert(&Caller).second)
      return;
    SmallVector<CallBase *, 8> Calls;
    for (Instruction &I : instructions(Caller))
      if (auto *Call = dyn_cast<CallBase>(&I))
        if (Function *Callee = Call->getCalledFunction(); Callee && Callee != &Caller && isOthers(*Callee))
          Calls.push_back(Call);
    for (CallBase *Call : Calls)
      inlineInto(*Call->getCalledFunction(), FAM, Seen);
    auto Assumptions = [&](Function &F) -> AssumptionCache & { return FAM.getResult<AssumptionAnalysis>(F); };
    auto Library = [&](Function &F) -> const TargetLibraryInfo & {
      return FAM.getResult<TargetLibraryAnalysis>(F);
    };
    bool HasChanged = false;
    for (CallBase *Call : Calls) {
      auto &Target = FAM.getResult<TargetIRAnalysis>(*Call->getCalledFunction());
      if (!getInlineCost(*Call, Params, Target, Assumptions, Library))
        continue;
      InlineFunctionInfo Info(Assumptions);
      HasChanged |= InlineFunction(*Call, Info, /*MergeAttributes=*/true).isSuccess();
    }
    if (HasChanged)
      FAM.invalidate(Caller, PreservedAnalyses::none());
  }

  InlineParams Params;
};

} // namespace

void autojit::sayPlacesInCode(Module &M) {
  for (Function &F : M) {
    if (!F.hasFnAttribute(Attribute::SanitizeAddress))
      continue;
    SmallVector<StoreInst *, 1> Stores;
    for (User *U : F.users())
      if (isa<PtrToIntOperator>(U))
        for (User *Where : U->users())
          if (auto *Store = dyn_cast<StoreInst>(Where); Store && isFrameDescription(*Store, U))
            Stores.push_back(Store);
    for (StoreInst *Store : Stores) {
      IRBuilder<> B(Store);
      InlineAsm *Here = InlineAsm::get(FunctionType::get(B.getInt64Ty(), false), "leaq 0(%rip), %rax",
                                       "={ax}", /*hasSideEffects=*/false);
      Store->setOperand(0, B.CreateCall(Here));
    }
  }
}

bool autojit::countsForGcov(const CodeGenOptions &CG) {
  return !CG.CoverageNotesFile.empty() || !CG.CoverageDataFile.empty();
}

SanitizerMask autojit::sanitizersInPasses() {
  return SanitizerKind::Address | SanitizerKind::Memory | SanitizerKind::Thread;
}

void autojit::addSanitizers(ModulePassManager &MPM, PassBuilder &PB, OptimizationLevel Level,
                            LangOptions &Lang) {
  MPM.addPass(InlineOthersPass(Level));
  if (Lang.Sanitize.has(SanitizerKind::Thread)) {
    MPM.addPass(ModuleThreadSanitizerPass());
    Lang.Sanitize.clear();
    PB.registerOptimizerLastEPCallback([](ModulePassManager &Last, OptimizationLevel, ThinOrFullLTOPhase) {
      Last.addPass(createModuleToFunctionPassAdaptor(ThreadSanitizerPass()));
    });
    return;
  }
  // As clang's pipeline has it at -O0: a coroutine is checked in its parts.
  ModulePassManager Coroutines;
  Coroutines.addPass(CoroEarlyPass());
  CGSCCPassManager Split;
  Split.addPass(CoroSplitPass());
  Coroutines.addPass(createModuleToPostOrderCGSCCPassAdaptor(std::move(Split)));
  Coroutines.addPass(CoroCleanupPass());
  MPM.addPass(CoroConditionalWrapper(std::move(Coroutines)));
  FunctionPassManager Registers;
  Registers.addPass(SROAPass(SROAOptions::PreserveCFG));
  Registers.addPass(EarlyCSEPass());
  MPM.addPass(createModuleToFunctionPassAdaptor(std::move(Registers)));
  // Clang has registered them for the end of its pipeline, as the options are; there they would come a second
  // time.
  PB.invokeOptimizerLastEPCallbacks(MPM, Level, ThinOrFullLTOPhase::None);
  Lang.Sanitize.clear();
}

void autojit::addInstrumentation(ModulePassManager &MPM, CodeGenOptions &CG) {
  if (countsForGcov(CG)) {
    MPM.addPass(GCOVProfilerPass(gcovOptions(CG)));
    CG.CoverageNotesFile.clear();
    CG.CoverageDataFile.clear();
  }
  if (CG.hasProfileClangInstr()) {
    MPM.addPass(InstrProfilingLoweringPass(profileOptions(CG)));
    CG.setProfileInstr(llvm::driver::ProfileInstrKind::ProfileNone);
  }
  if (CG.InstrumentFunctions)
    MPM.addPass(createModuleToFunctionPassAdaptor(EntryExitInstrumenterPass(/*PostInlining=*/false)));
}
