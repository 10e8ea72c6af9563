// What the code of a function depends on, as a key by which other modules find it.
//
// Inline functions and instances of templates are in each unit that uses them, and a unit that was changed
// has most functions as they were. Code generation takes six times as long as to read a function, so that
// it is worth to look whether the same was compiled before.
//
// Two functions with one key have the same object but for the names of their constants. The key covers the
// function as it is taken out of its module: instructions with all that they carry, declarations of what
// it refers to, under their names, constants that come along, the module's flags. Names of types and of
// the function itself are left out. Something that is not known here gives no key.
//
// Of functions that come along to be inlined, the key covers what the bitcode has, though they may come
// as they were simplified for another one: that is kept beside them. It covers all that came along with
// those, too, as they may be a part of them (mention.h).
#ifndef AUTOJIT_CONTENT_H
#define AUTOJIT_CONTENT_H

#include "engine.h"
#include "simplified.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/Module.h"
#include <array>
#include <optional>

namespace autojit {

using Digest = std::array<uint64_t, 2>;

/// A function that came along.
struct Companion {
  Digest Own;
  /// Something in it may become a call of the C library that it is not.
  bool UsesLibrary;
};

/// Digests of what belongs to a context, and is met again and again.
struct Digests {
  llvm::DenseMap<const llvm::Type *, Digest> Types;
  llvm::DenseMap<const void *, Digest> Attributes;
  llvm::SmallVector<llvm::StringRef, 0> MetadataKinds;
  /// Of the module's flags.
  std::optional<Digest> Flags;
  /// Those whose content is known, by the functions of the bitcode.
  llvm::DenseMap<const llvm::Function *, Companion> Companions;
};

/// What is the same for all functions that are compiled for a module.
struct Circumstances {
  AjOptions Options;
  const llvm::TargetLibraryInfoImpl &Library;
  /// What is missing of it; and of that what also code may ask for that calls nothing of it.
  Digest Missing;
  Digest MissingLoops;
};

/// The key of what is compiled as Body, in a module of its own. `From`: where all in it is from. `Known`: of
/// the context that it is in.
std::optional<Digest> contentOf(const llvm::Function &Body, const Origins &From, const Circumstances &How,
                                Digests &Known);

/// Of texts.
Digest digestOf(llvm::ArrayRef<llvm::StringRef> Texts);

} // namespace autojit

#endif
