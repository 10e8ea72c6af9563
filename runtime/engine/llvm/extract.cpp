#include "extract.h"
#include "candidate.h"
#include "compile.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/InstIterator.h"
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
  Declarer(Module &Target, ValueToValueMapTy &Map, const autojit::Company *Along)
      : Target(Target), Map(Map), Along(Along) {}

  ValueMapper *Mapper = nullptr;
  std::string Refusal;
  /// Functions in the order in which they were declared: the original and the new one.
  SmallVector<std::pair<Function *, Function *>, 16> Declared;
  DenseMap<const Function *, Function *> Originals;

  Value *materialize(Value *V) override {
    auto *Old = dyn_cast<GlobalValue>(V);
    if (!Old || Old->getParent() == &Target)
      return nullptr;
    if (Old->isThreadLocal())
      Refusal = ("thread-local variable in lazy code: " + Old->getName()).str();
    if (auto *Variable = dyn_cast<GlobalVariable>(Old)) {
      if (comesAlong(*Variable))
        return copy(*Variable, GlobalValue::PrivateLinkage);
      if (Along && autojit::isKnownConstant(*Variable, *Along))
        return copy(*Variable, GlobalValue::AvailableExternallyLinkage);
      return declare(*Variable);
    }
    if (auto *F = dyn_cast<Function>(Old))
      return declare(*F);
    if (Value *Aliased = Along ? aliased(*Old) : nullptr)
      return Aliased;
    // Aliases and ifuncs are symbols like any other from here.
    return mayBeAnother(autojit::declareLike(*Old, Old->getName(), Target));
  }

private:
  /// What the alias stands for, if it stands for that and the program can supply it.
  Value *aliased(GlobalValue &Old) {
    auto *Alias = dyn_cast<GlobalAlias>(&Old);
    if (!Alias || Alias->isInterposable())
      return nullptr;
    auto *Base = dyn_cast<GlobalObject>(Alias->stripPointerCastsAndAliases());
    // Two names of which one may lead to another definition are not for the same thing.
    if (!Base || Base->getParent() != Alias->getParent() || isa<GlobalIFunc>(Base) ||
        Base->isInterposable() || !Alias->isDSOLocal() || !Base->isDSOLocal() ||
        !Along->Usable(Base->getName(), /*IsCall=*/false))
      return nullptr;
    if (Value *Known = Map.lookup(Base))
      return Known;
    Value *New = materialize(Base);
    if (New)
      Map[Base] = New;
    return New;
  }

  /// Keeps the optimizer from deciding whether this is the same as another global.
  GlobalValue *mayBeAnother(GlobalValue *New) {
    if (Along)
      New->setUnnamedAddr(GlobalValue::UnnamedAddr::Global);
    return New;
  }

  // Declarations are external, of default visibility and not dso_local whatever the originals are,
  // so that code reaches them through the GOT and over the PLT: the arena may be far away from the
  // program. But the optimizer must know which of them may be missing.

  static GlobalValue::LinkageTypes linkage(const GlobalValue &Old) {
    return Old.hasExternalWeakLinkage() ? GlobalValue::ExternalWeakLinkage : GlobalValue::ExternalLinkage;
  }

  Value *declare(Function &Old) {
    auto *New =
        Function::Create(Old.getFunctionType(), linkage(Old), Old.getAddressSpace(), Old.getName(), &Target);
    if (Old.isInterposable())
      mayBeAnother(New);
    New->setCallingConv(Old.getCallingConv());
    New->setAttributes(Old.getAttributes());
    // A function of the module's own that is called like one of the library is not that.
    if (Along && Old.hasLocalLinkage())
      New->addFnAttr(Attribute::NoBuiltin);
    Declared.emplace_back(&Old, New);
    Originals[New] = &Old;
    return New;
  }

  GlobalVariable *variable(GlobalVariable &Old, GlobalValue::LinkageTypes Linkage) {
    auto *New = new GlobalVariable(Target, Old.getValueType(), Old.isConstant(), Linkage, nullptr,
                                   Old.getName(), nullptr, Old.getThreadLocalMode(), Old.getAddressSpace());
    New->setAlignment(Old.getAlign());
    New->setAttributes(Old.getAttributes());
    return New;
  }

  Value *declare(GlobalVariable &Old) {
    // The payload has zeros for a value where the size may be asked for, which is known of definitions.
    if (Old.hasAvailableExternallyLinkage() && Old.hasInitializer() && !Old.isConstant()) {
      auto *New = variable(Old, GlobalValue::AvailableExternallyLinkage);
      New->setInitializer(Constant::getNullValue(Old.getValueType()));
      return New;
    }
    GlobalVariable *New = variable(Old, linkage(Old));
    if (Old.isInterposable())
      mayBeAnother(New);
    return New;
  }

  Value *copy(GlobalVariable &Old, GlobalValue::LinkageTypes Linkage) {
    auto *New = variable(Old, Linkage);
    New->setUnnamedAddr(Old.getUnnamedAddr());
    Mapper->scheduleMapGlobalInitializer(*New, *Old.getInitializer());
    return New;
  }

  Module &Target;
  ValueToValueMapTy &Map;
  const autojit::Company *Along;
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
  auto *F = Function::Create(Source.getFunctionType(), GlobalValue::ExternalLinkage, Source.getAddressSpace(),
                             Name, &Target);
  F->setCallingConv(Source.getCallingConv());
  F->setAttributes(Source.getAttributes());
  F->setAlignment(Source.getAlign());
  if (Source.hasGC())
    F->setGC(Source.getGC());
  if (Source.hasPersonalityFn())
    F->setPersonalityFn(Source.getPersonalityFn());
  return F;
}

/// Moves the body into F, which has the same type. Returns whether labels in it have their address
/// taken.
bool moveBody(Function &Source, Function &F, ValueToValueMapTy &Map) {
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
  F.copyMetadata(&Source, 0);
  F.stealArgumentListFrom(Source);
  F.splice(F.end(), &Source);
  Source.clearMetadata();
  // Constants with labels were read with the module and would name blocks that are gone.
  Source.setIsMaterializable(!HasLabels);
  return HasLabels;
}

/// Lets direct calls of the function that is being compiled be calls of the body.
void callDirectly(Function &Stub, Function &Body) {
  for (Use &U : make_early_inc_range(Stub.uses())) {
    auto *Call = dyn_cast<CallBase>(U.getUser());
    if (Call && Call->isCallee(&U) && Call->getFunctionType() == Body.getFunctionType())
      U.set(&Body);
  }
}

/// Tells code generation of the units whose functions are in the module.
void listUnits(Module &M) {
  SetVector<DICompileUnit *> Units;
  auto Add = [&](const DISubprogram *Of) {
    if (Of && Of->getUnit())
      Units.insert(Of->getUnit());
  };
  for (Function &F : M) {
    Add(F.getSubprogram());
    for (const Instruction &I : instructions(F))
      for (const DILocation *At = I.getDebugLoc(); At; At = At->getInlinedAt())
        Add(At->getScope()->getSubprogram());
  }
  if (Units.empty())
    return;
  NamedMDNode *All = M.getOrInsertNamedMetadata("llvm.dbg.cu");
  for (DICompileUnit *Unit : Units)
    All->addOperand(Unit);
}

class Extraction {
public:
  Extraction(Function &Source, Module &Target, bool Described, const autojit::Company *Along)
      : Source(Source), Declare(Target, Map, Along),
        // Metadata belongs to the context: it is not copied.
        Mapper(Map, RF_IgnoreMissingLocals | (Described ? RF_NoModuleLevelChanges : RF_None), nullptr,
               &Declare),
        Along(Along) {
    Declare.Mapper = &Mapper;
  }

  Error run(Function &F) {
    moveBody(Source, F, Map);
    Mapper.remapFunction(F);
    if (Along && Along->WithFunctions)
      if (Error E = invite(F))
        return E;
    if (!Declare.Refusal.empty())
      return createStringError(Declare.Refusal);
    if (Along && !Source.isInterposable())
      for (auto [Old, New] : Declare.Declared)
        if (Old == &Source)
          callDirectly(*New, F);
    return verify(F);
  }

  autojit::Origins origins() const {
    autojit::Origins Result;
    for (const auto &[Old, New] : Map)
      if (auto *Global = dyn_cast<GlobalValue>(const_cast<Value *>(Old)); Global && New)
        Result.Globals.emplace_back(New, Global);
    for (auto [Old, New] : Fresh)
      Result.Fresh.push_back({New, Old});
    Result.Along = Invited;
    return Result;
  }

private:
  /// Bodies for what is called, or passed to what comes along, and may be inlined; and so on for that
  /// (mention.h).
  Error invite(const Function &F) {
    SetVector<Function *> Asked;
    SmallVector<std::pair<Function *, Function *>, 8> Passed;
    auto Ask = [&](const autojit::Mentioned &By) {
      Asked.insert_range(By.Called);
      append_range(Passed, By.Passed);
    };
    Ask(mentionedBy(F));
    // The list grows with each of them.
    for (size_t I = 0; I != Asked.size(); ++I) {
      Function *Old = Asked[I];
      if (Old != &Source)
        if (Error E = bring(*Old))
          return E;
      if (Invited.contains(Old))
        Ask(Along->Mentioned.find(Old)->second);
      // What is passed to those that came along may be called there.
      if (I + 1 == Asked.size())
        for (auto [To, Function] : Passed)
          if (Invited.contains(To))
            Asked.insert(Function);
    }
    // What was not here is mentioned by a body that came later.
    for (size_t I = 0; I != Declare.Declared.size(); ++I)
      if (Function *Old = Declare.Declared[I].first; Invited.contains(Old))
        if (Error E = bring(*Old))
          return E;
    return Error::success();
  }

  /// Gives a function its body, if that may be inlined.
  Error bring(Function &Old) {
    auto *New = cast_or_null<Function>(Map.lookup(&Old));
    if (!New) {
      // All that mentions it is simplified. If it came along then, it may be a part of that.
      if (Along->Mentioned.contains(&Old))
        Invited.insert(&Old);
      return Error::success();
    }
    if (!New->isDeclaration())
      return Error::success();
    Expected<bool> Fit = autojit::isCandidate(Old, *Along);
    if (!Fit || !*Fit)
      return Fit.takeError();
    Invited.insert(&Old);
    New->setLinkage(GlobalValue::AvailableExternallyLinkage);
    if (Function *Known = Along->Known.lookup(&Old)) {
      autojit::copySimplified(*Known, *New, Map);
      Mapper.remapFunction(*New);
      return Error::success();
    }
    if (Old.hasPersonalityFn())
      New->setPersonalityFn(Old.getPersonalityFn());
    moveBody(Old, *New, Map);
    Mapper.remapFunction(*New);
    if (Error E = verify(*New))
      return E;
    Fresh.emplace_back(&Old, New);
    Along->Mentioned[&Old] = mentionedBy(*New);
    return Error::success();
  }

  autojit::Mentioned mentionedBy(const Function &F) {
    return autojit::mentionedBy(F, [&](const Function &New) { return Declare.Originals.lookup(&New); });
  }

  static Error verify(Function &F) {
    std::string Problems;
    raw_string_ostream OS(Problems);
    if (verifyFunction(F, &OS))
      return createStringError("its bitcode is broken: " + Problems);
    return Error::success();
  }

  Function &Source;
  ValueToValueMapTy Map;
  Declarer Declare;
  ValueMapper Mapper;
  const autojit::Company *Along;
  /// Functions whose bodies came along as the bitcode has them.
  SmallVector<std::pair<Function *, Function *>, 16> Fresh;
  /// All whose bodies came along, or are a part of others that did.
  SetVector<Function *> Invited;
};

} // namespace

namespace autojit {

bool isLibraryLoop(StringRef Name) {
  return Name == "memset" || Name == "memcpy" || Name == "memmove" || Name == "strlen" || Name == "wcslen" ||
         Name == "memcmp" || Name == "bcmp";
}

GlobalValue *declareLike(const GlobalValue &Old, StringRef Name, Module &Target) {
  if (auto *Type = dyn_cast<FunctionType>(Old.getValueType()))
    return Function::Create(Type, GlobalValue::ExternalLinkage, Old.getAddressSpace(), Name, &Target);
  return new GlobalVariable(Target, Old.getValueType(), /*isConstant=*/false, GlobalValue::ExternalLinkage,
                            nullptr, Name, nullptr, Old.getThreadLocalMode(), Old.getAddressSpace());
}

Expected<std::unique_ptr<Module>> extractFunction(Function &Source, StringRef Name, bool Described,
                                                  const Company *Along, Origins *From) {
  if (Error E = Source.materialize())
    return E;
  if (Source.isDeclaration())
    return createStringError("it has no body");
  if (Source.getSubprogram() && !Described)
    stripDebugInfo(Source);

  auto Result = std::make_unique<Module>(Source.getName(), Source.getContext());
  copyModuleProperties(*Source.getParent(), *Result);
  Function *F = createShell(Source, *Result, Name);
  if (Along && isLibraryLoop(Source.getName()))
    F->addFnAttr("no-builtins");
  Extraction Work(Source, *Result, Described, Along);
  if (Error E = Work.run(*F))
    return E;
  if (From)
    *From = Work.origins();
  if (Described)
    listUnits(*Result);
  return Result;
}

bool isReadOnce(const Function &Source) { return Source.empty() && !Source.isMaterializable(); }

} // namespace autojit
