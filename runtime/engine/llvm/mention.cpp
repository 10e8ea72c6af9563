#include "mention.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace autojit {

Mentioned mentionedBy(const Function &F, function_ref<Function *(const Function &)> Original) {
  SmallSetVector<Function *, 8> Directly;
  SmallSetVector<Function *, 8> InConstants;
  SmallVector<const Constant *, 16> Left;
  SmallPtrSet<const Constant *, 16> Visited;
  auto Look = [&](const Value *V, bool IsDirect) {
    auto *C = dyn_cast<Constant>(V);
    if (!C || isa<ConstantData>(C))
      return;
    auto *Other = dyn_cast<Function>(C);
    if (!Other) {
      if (Visited.insert(C).second)
        Left.push_back(C);
    } else if (Function *Old = Other->isIntrinsic() ? nullptr : Original(*Other)) {
      (IsDirect ? Directly : InConstants).insert(Old);
    }
  };
  for (const Instruction &I : instructions(F))
    for (const Use &U : I.operands())
      Look(U.get(), /*IsDirect=*/true);
  // Operands of variables are their values, if they came along.
  while (!Left.empty())
    for (const Use &U : Left.pop_back_val()->operands())
      Look(U.get(), /*IsDirect=*/false);
  return {{Directly.begin(), Directly.end()}, {InConstants.begin(), InConstants.end()}};
}

bool seesItsOwnOnly(const Function &F, const SetVector<Function *> &Along, const Function &Compiled,
                    const Mentions &All) {
  SmallSetVector<const Function *, 16> Own;
  SmallVector<const Function *, 16> InConstants;
  Own.insert(&F);
  // It grows.
  for (size_t I = 0; I != Own.size(); ++I) {
    auto At = All.find(Own[I]);
    if (At == All.end())
      return false;
    for (Function *Other : At->second.Directly) {
      if (Other == &Compiled)
        return false;
      if (Along.contains(Other))
        Own.insert(Other);
    }
    append_range(InConstants, At->second.InConstants);
  }
  return none_of(InConstants, [&](const Function *Other) {
    return Other == &Compiled || (Along.contains(const_cast<Function *>(Other)) && !Own.contains(Other));
  });
}

} // namespace autojit
