// What may come along with a function that is compiled, to be inlined or folded.
#ifndef AUTOJIT_CANDIDATE_H
#define AUTOJIT_CANDIDATE_H

#include "extract.h"

namespace autojit {

/// How much may come along with one function. Sizes are instructions before optimization, of which
/// about a third remains.
struct Budget {
  /// Calls of calls.
  static constexpr unsigned Generations = 4;
  /// LLVM inlines up to some 45 instructions after optimization, more if arguments are constant.
  static constexpr unsigned Largest = 300;

  unsigned Generation = 0;
  unsigned Instructions = 3000;
};

/// Whether the function's body may be inlined where all that the program has is what Along says. If
/// so, the body is there and its size is taken off the budget.
llvm::Expected<bool> isCandidate(llvm::Function &F, const Company &Along, Budget &Left);

/// Whether the optimizer may look into the constant, which stays where it is.
bool isKnownConstant(const llvm::GlobalVariable &Variable, const Company &Along);

} // namespace autojit

#endif
