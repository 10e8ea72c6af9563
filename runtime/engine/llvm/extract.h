// Takes one function out of a module.
#ifndef AUTOJIT_EXTRACT_H
#define AUTOJIT_EXTRACT_H

#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace autojit {

/// Reads the body of Source and moves it into a new module of the same context, as an external
/// function named Name. Everything it refers to, itself included, becomes a declaration that may be
/// anywhere in the address space, but for private unnamed_addr constants, which come along.
///
/// The body is moved, not copied: that is less work, and Source can be read from the bitcode again
/// at any time.
llvm::Expected<std::unique_ptr<llvm::Module>> extractFunction(llvm::Function &Source,
                                                              llvm::StringRef Name);

} // namespace autojit

#endif
