#include "simplified.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace llvm;

static constexpr StringLiteral Mark = "autojit-simplified";

namespace {

/// Moves functions home from a module of which they were a part for a while.
class Return : public ValueMaterializer {
public:
  Return(Module &Home, const autojit::Origins &From, bool Described)
      : Home(Home), Mapper(Map,
                           RF_IgnoreMissingLocals | RF_NullMapMissingGlobalValues |
                               (Described ? RF_NoModuleLevelChanges : RF_None),
                           nullptr, this) {
    for (const auto &[New, Old] : From.Globals) {
      // An alias and what it stands for may have become one.
      if (!New || (isa<GlobalAlias>(Old) && Map.count(New)))
        continue;
      Map[New] = Old;
      keepAlignment(*New, *Old);
    }
  }

  /// Whether everything that the function refers to is there or can be had.
  bool canReturn(const Function &F) {
    auto IsKnown = [&](const Use &U) { return isKnown(U.get()); };
    return all_of(F.operands(), IsKnown) &&
           all_of(instructions(F), [&](const Instruction &I) { return all_of(I.operands(), IsKnown); });
  }

  Function *move(Function &From) {
    auto *To = Function::Create(From.getFunctionType(), GlobalValue::InternalLinkage, From.getAddressSpace(),
                                "", &Home);
    To->setCallingConv(From.getCallingConv());
    To->setAttributes(From.getAttributes());
    if (From.hasPersonalityFn())
      To->setPersonalityFn(From.getPersonalityFn());
    To->copyMetadata(&From, 0);
    To->stealArgumentListFrom(From);
    To->splice(To->end(), &From);
    Mapper.remapFunction(*To);
    return To;
  }

  Value *materialize(Value *V) override {
    if (auto *F = dyn_cast<Function>(V))
      return F->getParent() == &Home || !isNewDeclaration(*F) ? nullptr : declare(*F);
    auto *Variable = dyn_cast<GlobalVariable>(V);
    if (!Variable || Variable->getParent() == &Home || !isNewConstant(*Variable))
      return nullptr;
    auto *New = new GlobalVariable(Home, Variable->getValueType(), /*isConstant=*/true,
                                   GlobalValue::PrivateLinkage, nullptr, "");
    New->setAlignment(Variable->getAlign());
    New->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    Mapper.scheduleMapGlobalInitializer(*New, *Variable->getInitializer());
    return New;
  }

private:
  /// Of constants that each function has its own copy of, a pass may have made more of what it saw.
  static void keepAlignment(const Value &New, GlobalValue &Old) {
    const auto *Copy = dyn_cast<GlobalVariable>(&New);
    auto *Original = dyn_cast<GlobalVariable>(&Old);
    if (!Copy || !Original || !Copy->hasPrivateLinkage())
      return;
    MaybeAlign Least = Copy->getAlign();
    if (Least && *Least > Original->getAlign().valueOrOne())
      Original->setAlignment(Least);
  }

  static bool isNewDeclaration(const Function &F) { return F.isDeclaration() && !F.hasLocalLinkage(); }

  static bool isNewConstant(const GlobalVariable &Variable) {
    return Variable.isConstant() && Variable.hasInitializer() && Variable.hasPrivateLinkage() &&
           Variable.hasGlobalUnnamedAddr() && !Variable.isThreadLocal();
  }

  bool isKnown(const Value *V) {
    if (Map.count(V) || !isa<Constant>(V))
      return true;
    if (isa<BlockAddress>(V))
      return false;
    if (auto *F = dyn_cast<Function>(V))
      return isNewDeclaration(*F);
    if (isa<GlobalValue>(V) && !(isa<GlobalVariable>(V) && isNewConstant(*cast<GlobalVariable>(V))))
      return false;
    return all_of(cast<Constant>(V)->operands(), [&](const Use &U) { return isKnown(U.get()); });
  }

  /// A function that the optimizer thought of.
  Value *declare(Function &F) {
    if (Value *Known = Home.getNamedValue(F.getName()))
      return Known;
    auto *New = Function::Create(F.getFunctionType(), GlobalValue::ExternalLinkage, F.getAddressSpace(),
                                 F.getName(), &Home);
    New->setCallingConv(F.getCallingConv());
    New->setAttributes(F.getAttributes());
    return New;
  }

  Module &Home;
  ValueToValueMapTy Map;
  ValueMapper Mapper;
};

/// Those of the functions that are still there.
SmallVector<std::pair<Function *, const autojit::FreshFunction *>, 16> living(const autojit::Origins &From) {
  SmallVector<std::pair<Function *, const autojit::FreshFunction *>, 16> Result;
  for (const autojit::FreshFunction &Fresh : From.Fresh)
    if (auto *F = dyn_cast_or_null<Function>(Fresh.New); F && F->hasAvailableExternallyLinkage())
      Result.emplace_back(F, &Fresh);
  return Result;
}

} // namespace

namespace autojit {

bool isSimplified(const Function &F) { return F.hasFnAttribute(Mark); }

AttributeList attributesBefore(const Function &F) {
  return F.getAttributes().removeFnAttribute(F.getContext(), Mark);
}

void copySimplified(Function &Kept, Function &F, ValueToValueMapTy &Map) {
  for (auto [Old, New] : zip(Kept.args(), F.args()))
    Map[&Old] = &New;
  for (BasicBlock &Block : Kept)
    Map[&Block] = CloneBasicBlock(&Block, Map, "", &F);
  F.copyMetadata(&Kept, 0);
  if (Kept.hasPersonalityFn())
    F.setPersonalityFn(Kept.getPersonalityFn());
  F.addFnAttr(Mark);
}

void holdFresh(Module &M, const Origins &From) {
  SmallVector<GlobalValue *, 16> Held;
  for (auto [New, Fresh] : living(From))
    if (Fresh->MayBeKept)
      Held.push_back(New);
  appendToCompilerUsed(M, Held);
}

void keepFresh(Module &M, const Origins &From, Simplified &Kept, bool Described) {
  if (auto *Held = M.getNamedGlobal("llvm.compiler.used"))
    Held->eraseFromParent();
  auto All = living(From);
  if (All.empty())
    return;
  Return Way(*All.front().second->Original->getParent(), From, Described);
  for (auto [New, Fresh] : All) {
    if (Fresh->MayBeKept && Way.canReturn(*New))
      Kept[Fresh->Original] = Way.move(*New);
    else
      New->deleteBody();
    New->setPersonalityFn(nullptr);
    New->clearMetadata();
    New->setLinkage(GlobalValue::ExternalLinkage);
  }
}

} // namespace autojit
