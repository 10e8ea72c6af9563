#include "mention.h"
#include "llvm/ADT/SmallPtrSet.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InstIterator.h"

using namespace llvm;

namespace autojit {

Mentioned mentionedBy(const Function &F, function_ref<Function *(const Function &)> Original) {
  SmallSetVector<Function *, 8> Called;
  SmallSetVector<std::pair<Function *, Function *>, 8> Passed;
  SmallSetVector<Function *, 8> Otherwise;
  SmallVector<const Constant *, 16> Left;
  SmallPtrSet<const Constant *, 16> Visited;
  // Null for what is no function, or one that does not come from the module.
  auto OriginalOf = [&](const Value *V) -> Function * {
    auto *Other = dyn_cast<Function>(V);
    return Other && !Other->isIntrinsic() ? Original(*Other) : nullptr;
  };
  auto Look = [&](const Value *V) {
    auto *C = dyn_cast<Constant>(V);
    if (!C || isa<ConstantData>(C))
      return;
    if (Function *Old = OriginalOf(C))
      Otherwise.insert(Old);
    else if (!isa<Function>(C) && Visited.insert(C).second)
      Left.push_back(C);
  };
  for (const Instruction &I : instructions(F)) {
    auto *Call = dyn_cast<CallBase>(&I);
    Function *Callee = Call ? OriginalOf(Call->getCalledOperand()) : nullptr;
    if (Callee)
      Called.insert(Callee);
    for (const Use &U : I.operands()) {
      if (Call && Call->isCallee(&U) && Callee)
        continue;
      Function *Old = Callee && Call->isArgOperand(&U) ? OriginalOf(U.get()) : nullptr;
      if (Old)
        Passed.insert({Callee, Old});
      else
        Look(U.get());
    }
  }
  // Operands of variables are their values, if they came along.
  while (!Left.empty())
    for (const Use &U : Left.pop_back_val()->operands())
      Look(U.get());
  return {
      {Called.begin(), Called.end()}, {Passed.begin(), Passed.end()}, {Otherwise.begin(), Otherwise.end()}};
}

bool seesItsOwnOnly(const Function &F, const SetVector<Function *> &Along, const Function &Compiled,
                    const Mentions &All) {
  SmallSetVector<const Function *, 16> Own;
  SmallVector<const Function *, 16> Others;
  Own.insert(&F);
  // It grows.
  for (size_t I = 0; I != Own.size(); ++I) {
    auto At = All.find(Own[I]);
    if (At == All.end())
      return false;
    for (Function *Callee : At->second.Called) {
      if (Callee == &Compiled)
        return false;
      if (Along.contains(Callee))
        Own.insert(Callee);
    }
    for (auto [To, Passed] : At->second.Passed) {
      if (Along.contains(To) && Along.contains(Passed))
        Own.insert(Passed);
      else
        Others.push_back(Passed);
    }
    append_range(Others, At->second.Otherwise);
  }
  return none_of(Others, [&](const Function *Other) {
    return Other == &Compiled || (Along.contains(const_cast<Function *>(Other)) && !Own.contains(Other));
  });
}

} // namespace autojit
