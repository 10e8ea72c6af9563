// What may come along with a function that is compiled, to be inlined or folded.
#ifndef AUTOJIT_CANDIDATE_H
#define AUTOJIT_CANDIDATE_H

#include "extract.h"

namespace autojit {

/// Whether the function's body may be inlined where all that the program has is what Along says. If
/// so, the body is there, in the function or in Along.Known.
///
/// That depends on the function alone and not on the one that calls it: how large it is, and how much comes
/// along with it in turn.
llvm::Expected<bool> isCandidate(llvm::Function &F, const Company &Along);

/// Whether the optimizer may look into the constant, which stays where it is.
bool isKnownConstant(const llvm::GlobalVariable &Variable, const Company &Along);

} // namespace autojit

#endif
