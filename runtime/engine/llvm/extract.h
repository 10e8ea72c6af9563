// Takes one function out of a module.
#ifndef AUTOJIT_EXTRACT_H
#define AUTOJIT_EXTRACT_H

#include "engine.h"
#include "mention.h"
#include "simplified.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace autojit {

/// What the optimizer may see besides the function itself.
struct Company {
  /// Whether the program can supply the symbol, for calls only or also for its address.
  llvm::function_ref<bool(llvm::StringRef Name, bool IsCall)> Usable;
  /// Whether a function of the module may be inlined, as far as the module's summary tells.
  llvm::function_ref<AjInlining(llvm::StringRef Name)> MayInline;
  /// Functions found not to be fit for it, to be kept between calls.
  llvm::DenseSet<const llvm::Function *> &Unfit;
  /// Functions that were simplified before.
  const Simplified &Known;
  /// What those mention that came along before, to be kept between calls.
  Mentions &Mentioned;
  /// Not only constants, but also functions that can be inlined.
  bool WithFunctions;
  /// Functions keep their debug information.
  bool Described;
};

/// Reads the body of Source and moves it into a new module of the same context, as an external
/// function named Name. Everything it refers to, itself included, becomes a declaration that may be
/// anywhere in the address space, but for private unnamed_addr constants, which come along.
///
/// With company, what may be inlined or looked into comes along as well, available_externally, and
/// the function calls itself directly. `From` is set to where all of it is from.
///
/// Bodies are moved, not copied: that is less work, and they can be read from the bitcode again at
/// any time. Debug information is left behind, unless they are `Described`.
llvm::Expected<std::unique_ptr<llvm::Module>> extractFunction(llvm::Function &Source, llvm::StringRef Name,
                                                              bool Described, const Company *Along,
                                                              Origins *From);

/// Loops in these must not become calls of them.
bool isLibraryLoop(llvm::StringRef Name);

/// A function or variable of the same type, external and default in all else, as which an alias or ifunc is a
/// symbol like any other.
llvm::GlobalValue *declareLike(const llvm::GlobalValue &Old, llvm::StringRef Name, llvm::Module &Target);

/// The body can't be read from the bitcode once more: labels in it have their address taken.
bool isReadOnce(const llvm::Function &Source);

} // namespace autojit

#endif
