// LLVM's pipeline for one function and what came along with it.
#ifndef AUTOJIT_OPTIMIZE_H
#define AUTOJIT_OPTIMIZE_H

#include "engine.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Passes/PassBuilder.h"

namespace llvm {
class TargetMachine;
}

namespace autojit {

/// clang's pipeline for -O1 and above, in its two halves.
class Optimizer {
public:
  Optimizer(llvm::TargetMachine &Machine, const AjOptions &Options,
            const llvm::TargetLibraryInfoImpl &Library);

  /// From callees to callers: simplification and inlining. Functions that were simplified before are left
  /// as they are.
  void simplify(llvm::Module &M);

  /// Has to be called where the module was changed in between.
  void forget();

  /// Loops and vectors, and what only serves code generation. Functions that came along are dropped.
  void finish(llvm::Module &M);

private:
  llvm::OptimizationLevel Level;
  llvm::PassInstrumentationCallbacks Callbacks;
  llvm::PassBuilder Builder;
  llvm::LoopAnalysisManager Loops;
  llvm::FunctionAnalysisManager Functions;
  llvm::CGSCCAnalysisManager CallGraph;
  llvm::ModuleAnalysisManager Modules;
};

} // namespace autojit

#endif
