#include "extract.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Transforms/Utils/ValueMapper.h"

using namespace llvm;

namespace {

/// Only constants whose address means nothing can exist once per function that uses them.
bool comesAlong(const GlobalVariable &Variable) {
  return Variable.hasInitializer() && Variable.isConstant() && Variable.hasPrivateLinkage() &&
         Variable.hasGlobalUnnamedAddr() && !Variable.isThreadLocal();
}

/// Makes what the function refers to, when the mapper comes upon it.
class Declarer : public ValueMaterializer {
public:
  explicit Declarer(Module &Target) : Target(Target) {}

  ValueMapper *Mapper = nullptr;
  std::string Refusal;

  Value *materialize(Value *V) override {
    auto *Old = dyn_cast<GlobalValue>(V);
    if (!Old || Old->getParent() == &Target)
      return nullptr;
    if (Old->isThreadLocal())
      Refusal = ("thread-local variable in lazy code: " + Old->getName()).str();
    if (auto *Variable = dyn_cast<GlobalVariable>(Old))
      return comesAlong(*Variable) ? copy(*Variable) : declare(*Variable);
    if (auto *F = dyn_cast<Function>(Old))
      return declare(*F);
    // Aliases and ifuncs are symbols like any other from here.
    if (auto *Type = dyn_cast<FunctionType>(Old->getValueType()))
      return Function::Create(Type, GlobalValue::ExternalLinkage, Old->getAddressSpace(),
                              Old->getName(), &Target);
    return new GlobalVariable(Target, Old->getValueType(), /*isConstant=*/false,
                              GlobalValue::ExternalLinkage, nullptr, Old->getName(), nullptr,
                              GlobalValue::NotThreadLocal, Old->getAddressSpace());
  }

private:
  // Declarations are external, of default visibility and not dso_local whatever the originals are,
  // so that code reaches them through the GOT and over the PLT: the arena may be far away from the
  // program.

  Value *declare(Function &Old) {
    auto *New = Function::Create(Old.getFunctionType(), GlobalValue::ExternalLinkage,
                                 Old.getAddressSpace(), Old.getName(), &Target);
    New->setCallingConv(Old.getCallingConv());
    New->setAttributes(Old.getAttributes());
    return New;
  }

  GlobalVariable *variable(GlobalVariable &Old, GlobalValue::LinkageTypes Linkage) {
    auto *New =
        new GlobalVariable(Target, Old.getValueType(), Old.isConstant(), Linkage, nullptr,
                           Old.getName(), nullptr, Old.getThreadLocalMode(), Old.getAddressSpace());
    New->setAlignment(Old.getAlign());
    New->setAttributes(Old.getAttributes());
    return New;
  }

  Value *declare(GlobalVariable &Old) { return variable(Old, GlobalValue::ExternalLinkage); }

  Value *copy(GlobalVariable &Old) {
    auto *New = variable(Old, GlobalValue::PrivateLinkage);
    New->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    Mapper->scheduleMapGlobalInitializer(*New, *Old.getInitializer());
    return New;
  }

  Module &Target;
};

void copyModuleProperties(const Module &Source, Module &Target) {
  Target.setSourceFileName(Source.getSourceFileName());
  Target.setTargetTriple(Source.getTargetTriple());
  Target.setDataLayout(Source.getDataLayout());
  SmallVector<Module::ModuleFlagEntry, 16> Flags;
  Source.getModuleFlagsMetadata(Flags);
  for (const auto &Flag : Flags)
    Target.addModuleFlag(Flag.Behavior, Flag.Key->getString(), Flag.Val);
  Target.setPICLevel(PICLevel::BigPIC);
}

/// The function's shell in the new module. Linkage, visibility, comdat, section, prefix and
/// prologue data belong to the stub in the object and stay there.
Function *createShell(Function &Source, Module &Target, StringRef Name) {
  auto *F = Function::Create(Source.getFunctionType(), GlobalValue::ExternalLinkage,
                             Source.getAddressSpace(), Name, &Target);
  F->setCallingConv(Source.getCallingConv());
  F->setAttributes(Source.getAttributes());
  F->setAlignment(Source.getAlign());
  if (Source.hasGC())
    F->setGC(Source.getGC());
  if (Source.hasPersonalityFn())
    F->setPersonalityFn(Source.getPersonalityFn());
  return F;
}

} // namespace

namespace autojit {

Expected<std::unique_ptr<Module>> extractFunction(Function &Source, StringRef Name) {
  if (Error E = Source.materialize())
    return E;
  if (Source.isDeclaration())
    return createStringError("it has no body");
  if (Source.getSubprogram())
    stripDebugInfo(Source);

  auto Result = std::make_unique<Module>(Source.getName(), Source.getContext());
  copyModuleProperties(*Source.getParent(), *Result);
  Function *F = createShell(Source, *Result, Name);

  ValueToValueMapTy Map;
  bool HasLabels = false;
  for (BasicBlock &Block : Source) {
    if (!Block.hasAddressTaken())
      continue;
    // A label moves with its block, though a reference to the function does not become one to the
    // body.
    HasLabels = true;
    auto *Label = BlockAddress::get(&Source, &Block);
    Map[Label] = Label;
  }
  F->copyMetadata(&Source, 0);
  F->stealArgumentListFrom(Source);
  F->splice(F->end(), &Source);
  if (Source.hasPersonalityFn())
    Source.setPersonalityFn(nullptr);
  Source.clearMetadata();
  // Constants with labels were read with the module and would name blocks that are gone.
  Source.setIsMaterializable(!HasLabels);

  Declarer Declare(*Result);
  ValueMapper Mapper(Map, RF_IgnoreMissingLocals, nullptr, &Declare);
  Declare.Mapper = &Mapper;
  Mapper.remapFunction(*F);
  if (!Declare.Refusal.empty())
    return createStringError(Declare.Refusal);

  std::string Problems;
  raw_string_ostream OS(Problems);
  if (verifyFunction(*F, &OS))
    return createStringError("its bitcode is broken: " + Problems);
  return Result;
}

} // namespace autojit
