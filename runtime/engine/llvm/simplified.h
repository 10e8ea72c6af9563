// Functions as simplification leaves them, kept to be inlined into others.
//
// The first half of LLVM's pipeline, which simplifies and inlines, works from callees to callers. To run it
// for each function over all that can be inlined into it would simplify those callees again and again: of
// C++ programs, five times each. So a callee that was simplified stays in the module that it came from, as
// a function without a name, and comes along as that from then on.
//
// What comes along depends on a function alone, not on who calls it (see candidate.h and mention.h), so that
// it does not matter with whom a callee was simplified. One that may have seen more is not kept.
#ifndef AUTOJIT_SIMPLIFIED_H
#define AUTOJIT_SIMPLIFIED_H

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/ValueHandle.h"
#include "llvm/Transforms/Utils/ValueMapper.h"
#include <vector>

namespace autojit {

/// Simplified functions by those whose bodies they have, all in one module.
using Simplified = llvm::DenseMap<const llvm::Function *, llvm::Function *>;

/// A function that came along as the bitcode has it.
struct FreshFunction {
  llvm::WeakVH New;
  llvm::Function *Original;
  /// It is fit to be kept when it is simplified (mention.h). Not looked at where nothing is kept.
  bool MayBeKept = false;
};

/// What a new module has of the one that is read.
struct Origins {
  /// Its globals with those that they stand for.
  std::vector<std::pair<llvm::WeakVH, llvm::GlobalValue *>> Globals;
  std::vector<FreshFunction> Fresh;
  /// Originals of all functions that came along, or would have if they were not a part of a simplified one
  /// already.
  llvm::SetVector<llvm::Function *> Along;
};

/// Whether the function came along simplified: passes have nothing to do in it.
bool isSimplified(const llvm::Function &F);

/// The attributes that the function had before it came along.
llvm::AttributeList attributesBefore(const llvm::Function &F);

/// Gives F, which must have the same type, the body of a simplified function. References in it are still
/// those of the other module.
void copySimplified(llvm::Function &Kept, llvm::Function &F, llvm::ValueToValueMapTy &Map);

/// Keeps functions that came along from being dropped where all calls of them are inlined.
void holdFresh(llvm::Module &M, const Origins &From);

/// Moves functions that came along, and were simplified by now, back to where they are from. What they
/// leave behind is declarations.
void keepFresh(llvm::Module &M, const Origins &From, Simplified &Kept, bool Described);

} // namespace autojit

#endif
