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
// by then. So what is inlined is still in functions of its own, also what other units define as well (members
// of std::string), in which these passes put no checks: the unit takes those over.

#include "internal.h"
#include "clang/Basic/CodeGenOptions.h"
#include "clang/Basic/LangOptions.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InlineAsm.h"
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

bool isCall(const Use &U) {
  auto *Call = dyn_cast<CallBase>(U.getUser());
  return Call && Call->isCallee(&U);
}

// Makes what other units define the unit's own, as far as it calls it. The address stays that of the others'.
class TakeOverPass : public PassInfoMixin<TakeOverPass> {
public:
  PreservedAnalyses run(Module &M, ModuleAnalysisManager &) {
    for (Function &F : make_early_inc_range(M)) {
      bool IsChecked =
          F.hasFnAttribute(Attribute::SanitizeAddress) || F.hasFnAttribute(Attribute::SanitizeMemory);
      if (!F.hasAvailableExternallyLinkage() || !IsChecked)
        continue;
      auto IsAddress = [](const Use &U) { return !isCall(U) && !isa<BlockAddress>(U.getUser()); };
      if (any_of(F.uses(), IsAddress)) {
        auto *Theirs =
            Function::Create(F.getFunctionType(), GlobalValue::ExternalLinkage, F.getAddressSpace(), "", &M);
        Theirs->setAttributes(F.getAttributes());
        Theirs->setCallingConv(F.getCallingConv());
        Theirs->setVisibility(F.getVisibility());
        Theirs->takeName(&F);
        F.setName(Theirs->getName() + ".own");
        F.replaceUsesWithIf(Theirs, IsAddress);
      }
      F.setLinkage(GlobalValue::InternalLinkage);
    }
    return PreservedAnalyses::none();
  }

  static bool isRequired() { return true; }
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
  if (Lang.Sanitize.has(SanitizerKind::Thread)) {
    MPM.addPass(ModuleThreadSanitizerPass());
    Lang.Sanitize.clear();
    PB.registerOptimizerLastEPCallback([](ModulePassManager &Last, OptimizationLevel, ThinOrFullLTOPhase) {
      Last.addPass(createModuleToFunctionPassAdaptor(ThreadSanitizerPass()));
    });
    return;
  }
  MPM.addPass(TakeOverPass());
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
