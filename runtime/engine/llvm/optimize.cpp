#include "optimize.h"
#include "simplified.h"
#include "llvm/Analysis/LazyCallGraph.h"
#include "llvm/Analysis/LoopInfo.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/IPO/Annotation2Metadata.h"
#include "llvm/Transforms/IPO/ForceFunctionAttrs.h"
#include "llvm/Transforms/Instrumentation/ThreadSanitizer.h"
#include "llvm/Transforms/Scalar/AnnotationRemarks.h"
#include "llvm/Transforms/Scalar/LowerConstantIntrinsics.h"

using namespace llvm;

namespace {

OptimizationLevel pipelineLevel(const AjOptions &Options) {
  if (Options.size_level == 1)
    return OptimizationLevel::Os;
  if (Options.size_level >= 2)
    return OptimizationLevel::Oz;
  switch (Options.opt_level) {
  case 1:
    return OptimizationLevel::O1;
  case 2:
    return OptimizationLevel::O2;
  default:
    return OptimizationLevel::O3;
  }
}

PipelineTuningOptions tuning(const AjOptions &Options) {
  PipelineTuningOptions Tuning;
  auto Has = [&](unsigned Bit) { return (Options.passes & Bit) != 0; };
  Tuning.LoopUnrolling = Has(AJ_PASSES_UNROLL);
  Tuning.LoopInterleaving = Has(AJ_PASSES_UNROLL);
  Tuning.LoopVectorization = Has(AJ_PASSES_VECTORIZE_LOOPS);
  Tuning.SLPVectorization = Has(AJ_PASSES_VECTORIZE_BLOCKS);
  Tuning.LoopInterchange = Has(AJ_PASSES_INTERCHANGE_LOOPS);
  Tuning.LoopFusion = Has(AJ_PASSES_FUSE_LOOPS);
  Tuning.DevirtualizeSpeculatively = Has(AJ_PASSES_DEVIRTUALIZE);
  Tuning.CallGraphProfile = false;
  return Tuning;
}

/// Whether a pass would run in a function that came along simplified, or in a part of it.
bool isDone(const Any &Place) {
  if (const auto *F = any_cast<const Function *>(&Place))
    return autojit::isSimplified(**F);
  if (const auto *L = any_cast<const Loop *>(&Place))
    return autojit::isSimplified(*(*L)->getHeader()->getParent());
  if (const auto *C = any_cast<const LazyCallGraph::SCC *>(&Place))
    return (*C)->size() == 1 && autojit::isSimplified((*C)->begin()->getFunction());
  return false;
}

} // namespace

namespace autojit {

Optimizer::Optimizer(TargetMachine &Machine, const AjOptions &Options, const TargetLibraryInfoImpl &Library)
    : Level(pipelineLevel(Options)), Builder(&Machine, tuning(Options), std::nullopt, &Callbacks) {
  Callbacks.registerShouldRunOptionalPassCallback([](StringRef, const Any &Place) { return !isDone(Place); });
  Functions.registerPass([&] { return TargetLibraryAnalysis(Library); });
  Builder.registerModuleAnalyses(Modules);
  Builder.registerCGSCCAnalyses(CallGraph);
  Builder.registerFunctionAnalyses(Functions);
  Builder.registerLoopAnalyses(Loops);
  Builder.crossRegisterProxies(Loops, Functions, CallGraph, Modules);
  if (Options.races)
    Builder.registerOptimizerLastEPCallback(
        [](ModulePassManager &Passes, OptimizationLevel, ThinOrFullLTOPhase) {
          Passes.addPass(createModuleToFunctionPassAdaptor(ThreadSanitizerPass()));
        });
}

// What PassBuilder::buildPerModuleDefaultPipeline puts together, cut where links with ThinLTO cut it.

void Optimizer::simplify(Module &M) {
  ModulePassManager Passes;
  Passes.addPass(Annotation2MetadataPass());
  Passes.addPass(ForceFunctionAttrsPass());
  Passes.addPass(Builder.buildModuleSimplificationPipeline(Level, ThinOrFullLTOPhase::None));
  Passes.run(M, Modules);
}

void Optimizer::forget() {
  Loops.clear();
  Functions.clear();
  CallGraph.clear();
  Modules.clear();
}

void Optimizer::finish(Module &M) {
  ModulePassManager Passes;
  // Nearly the first of what follows, but before that the definitions go which say how large variables are.
  Passes.addPass(createModuleToFunctionPassAdaptor(LowerConstantIntrinsicsPass()));
  Passes.addPass(Builder.buildModuleOptimizationPipeline(Level, ThinOrFullLTOPhase::None));
  Passes.addPass(createModuleToFunctionPassAdaptor(AnnotationRemarksPass()));
  Passes.run(M, Modules);
}

} // namespace autojit
