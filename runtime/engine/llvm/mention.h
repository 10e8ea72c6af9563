// Which functions another one refers to, as the bitcode has it: these it may call, sooner or later, and some
// of them may become a part of it.
#ifndef AUTOJIT_MENTION_H
#define AUTOJIT_MENTION_H

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/IR/Function.h"
#include <utility>

namespace autojit {

/// Functions of the module that is read.
struct Mentioned {
  /// They come along with it if they may be inlined.
  llvm::SmallVector<llvm::Function *, 4> Called;
  /// Passed to a function, which is the first of both: if that comes along, the other one may be called
  /// there, and comes along, too. (A function that registers hundreds of others only hands them on.)
  llvm::SmallVector<std::pair<llvm::Function *, llvm::Function *>, 2> Passed;
  /// Elsewhere in instructions, or in the values of constants, as in tables.
  llvm::SmallVector<llvm::Function *, 4> Otherwise;
};

/// Of all functions that ever came along with another one.
using Mentions = llvm::DenseMap<const llvm::Function *, Mentioned>;

/// What F refers to. `Original`: for a function the one that it stands for, or null.
Mentioned mentionedBy(const llvm::Function &F,
                      llvm::function_ref<llvm::Function *(const llvm::Function &)> Original);

/// Whether a function that is simplified in the company of others sees no more than it would in any other
/// company: itself, and those that come along with it. If not, it is not fit to be kept for others.
/// `Along`: functions that came along, with it or with others. `Compiled`: the one that is compiled.
bool seesItsOwnOnly(const llvm::Function &F, const llvm::SetVector<llvm::Function *> &Along,
                    const llvm::Function &Compiled, const Mentions &All);

} // namespace autojit

#endif
