#include "content.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/InlineAsm.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/Metadata.h"
#include "llvm/IR/Operator.h"
#include "llvm/Support/BLAKE3.h"
#include <cstring>

using namespace llvm;
using autojit::Digest;
using autojit::Digests;

namespace {

/// Words that say one thing only: whatever has no fixed length has its length in front.
class Words {
public:
  void add(uint64_t Word) { All.push_back(Word); }

  void add(StringRef Text) {
    add(Text.size());
    size_t Start = All.size();
    All.resize(Start + (Text.size() + 7) / 8);
    if (!Text.empty())
      std::memcpy(&All[Start], Text.data(), Text.size());
  }

  void add(const APInt &Value) {
    add(Value.getBitWidth());
    All.append(Value.getRawData(), Value.getRawData() + Value.getNumWords());
  }

  void add(const Digest &Of) { All.append(Of.begin(), Of.end()); }

  Digest digest() const {
    auto *Bytes = reinterpret_cast<const uint8_t *>(All.data());
    std::array<uint8_t, sizeof(Digest)> Hash =
        BLAKE3::hash<sizeof(Digest)>(ArrayRef(Bytes, All.size() * sizeof(uint64_t)));
    Digest Result;
    std::memcpy(Result.data(), Hash.data(), sizeof(Digest));
    return Result;
  }

private:
  SmallVector<uint64_t, 1024> All;
};

class Writer {
public:
  explicit Writer(Digests &Known, const TargetLibraryInfoImpl *Library = nullptr)
      : Known(Known), Library(Library) {}

  Words Out;
  /// The optimizer may make a call of the C library of something that is none, or of another one.
  bool UsesLibrary = false;
  /// Nothing was met that is not known here.
  bool IsComplete = true;

  void flags(const Module &M) {
    Out.add(M.getTargetTriple().str());
    Out.add(M.getDataLayoutStr());
    SmallVector<Module::ModuleFlagEntry, 16> Flags;
    M.getModuleFlagsMetadata(Flags);
    Out.add(Flags.size());
    for (const auto &Flag : Flags) {
      Out.add(Flag.Behavior);
      Out.add(Flag.Key->getString());
      metadata(*Flag.Val);
    }
  }

  /// The function, and all that it leads to, but the bodies of other functions.
  void body(const Function &F) {
    Body = &F;
    place(F);
    // The list grows with what each of them refers to.
    for (size_t I = 0; I != Globals.size() && IsComplete; ++I)
      global(*Globals[I]);
  }

private:
  void type(const Type *T) {
    auto At = Known.Types.find(T);
    if (At != Known.Types.end())
      return Out.add(At->second);
    Digest Of = typeDigest(*T);
    Known.Types[T] = Of;
    Out.add(Of);
  }

  Digest typeDigest(const Type &T) {
    Writer Own(Known);
    Own.Out.add(T.getTypeID());
    if (auto *Int = dyn_cast<IntegerType>(&T)) {
      Own.Out.add(Int->getBitWidth());
    } else if (auto *Pointer = dyn_cast<PointerType>(&T)) {
      Own.Out.add(Pointer->getAddressSpace());
    } else if (auto *Array = dyn_cast<ArrayType>(&T)) {
      Own.Out.add(Array->getNumElements());
    } else if (auto *Vector = dyn_cast<VectorType>(&T)) {
      Own.Out.add(Vector->getElementCount().getKnownMinValue());
    } else if (auto *Struct = dyn_cast<StructType>(&T)) {
      Own.Out.add(Struct->isPacked());
      Own.Out.add(Struct->isOpaque());
    } else if (auto *Signature = dyn_cast<FunctionType>(&T)) {
      Own.Out.add(Signature->isVarArg());
    } else if (isa<TargetExtType>(T)) {
      // Parameters and properties. No target that is known here has them, but intrinsics might.
      Own.Out.add(T.getTargetExtName());
      Own.Out.add(cast<TargetExtType>(T).getNumIntParameters());
      for (unsigned Parameter : cast<TargetExtType>(T).int_params())
        Own.Out.add(Parameter);
    }
    // Types have no cycles since pointers do not say what they point to.
    Own.Out.add(T.getNumContainedTypes());
    for (const Type *Part : T.subtypes())
      Own.type(Part);
    return Own.Out.digest();
  }

  void attribute(Attribute A) {
    if (A.isStringAttribute()) {
      Out.add(A.getKindAsString());
      Out.add(A.getValueAsString());
      return;
    }
    Out.add(A.getKindAsEnum());
    if (A.isIntAttribute())
      return Out.add(A.getValueAsInt());
    if (A.isTypeAttribute()) {
      Out.add(A.getValueAsType() != nullptr);
      if (A.getValueAsType())
        type(A.getValueAsType());
      return;
    }
    if (A.isConstantRangeAttribute()) {
      Out.add(A.getRange().getLower());
      Out.add(A.getRange().getUpper());
    } else if (A.isConstantRangeListAttribute()) {
      Out.add(A.getInitializes().size());
      for (const ConstantRange &Range : A.getInitializes()) {
        Out.add(Range.getLower());
        Out.add(Range.getUpper());
      }
    }
  }

  void attributes(AttributeSet Set) {
    Out.add(Set.getNumAttributes());
    for (Attribute A : Set) {
      // Texts and kinds that are numbers can't be taken for each other.
      Out.add(A.isStringAttribute());
      attribute(A);
    }
  }

  void attributes(AttributeList List) {
    auto At = Known.Attributes.find(List.getRawPointer());
    if (At != Known.Attributes.end())
      return Out.add(At->second);
    Writer Own(Known);
    Own.Out.add(List.getNumAttrSets());
    for (unsigned Index : List.indexes())
      Own.attributes(List.getAttributes(Index));
    Digest Of = Own.Out.digest();
    Known.Attributes[List.getRawPointer()] = Of;
    Out.add(Of);
  }

  void alignment(MaybeAlign Of) { Out.add(Of ? Of->value() : 0); }

  // --- Metadata

  void metadata(const Metadata &M) {
    Out.add(M.getMetadataID());
    if (auto *Text = dyn_cast<MDString>(&M))
      return Out.add(Text->getString());
    if (auto *Value = dyn_cast<ValueAsMetadata>(&M))
      return operand(*Value->getValue());
    auto *Node = dyn_cast<MDTuple>(&M);
    if (!Node) {
      IsComplete = false;
      return;
    }
    // Nodes of loops name themselves.
    auto [At, IsNew] = Nodes.try_emplace(Node, Nodes.size());
    Out.add(At->second);
    if (!IsNew)
      return;
    Out.add(Node->isDistinct());
    Out.add(Node->getNumOperands());
    for (const MDOperand &Operand : Node->operands()) {
      Out.add(Operand != nullptr);
      if (Operand)
        metadata(*Operand);
    }
  }

  /// Of an instruction or a global.
  template <class T> void attachments(const T &Of) {
    SmallVector<std::pair<unsigned, MDNode *>, 4> All;
    Of.getAllMetadata(All);
    Out.add(All.size());
    for (auto [Kind, Node] : All) {
      if (Kind >= Known.MetadataKinds.size()) {
        Known.MetadataKinds.clear();
        Of.getContext().getMDKindNames(Known.MetadataKinds);
      }
      Out.add(Known.MetadataKinds[Kind]);
      metadata(*Node);
    }
  }

  // --- Values

  /// What an operand can be.
  enum Tag : uint64_t { Local, Symbol, Assembly, Described, Plain, Integer, Float, Data, Parts, Expression };

  void operand(const Value &V) {
    if (auto *C = dyn_cast<Constant>(&V))
      return constant(*C);
    if (auto *Code = dyn_cast<InlineAsm>(&V))
      return assembly(*Code);
    if (auto *Wrapped = dyn_cast<MetadataAsValue>(&V)) {
      Out.add(Described);
      return metadata(*Wrapped->getMetadata());
    }
    // An instruction may refer to a later one.
    auto At = Locals.find(&V);
    if (At == Locals.end()) {
      IsComplete = false;
      return;
    }
    Out.add(Local);
    Out.add(At->second);
  }

  void assembly(const InlineAsm &Code) {
    Out.add(Assembly);
    type(Code.getFunctionType());
    Out.add(Code.getAsmString());
    Out.add(Code.getConstraintString());
    Out.add(Code.hasSideEffects());
    Out.add(Code.isAlignStack());
    Out.add(Code.getDialect());
    Out.add(Code.canThrow());
  }

  void constant(const Constant &C) {
    if (auto *Object = dyn_cast<GlobalValue>(&C)) {
      Out.add(Symbol);
      return Out.add(place(*Object));
    }
    if (auto *Int = dyn_cast<ConstantInt>(&C)) {
      Out.add(Integer);
      type(C.getType());
      return Out.add(Int->getValue());
    }
    if (auto *FP = dyn_cast<ConstantFP>(&C)) {
      Out.add(Float);
      type(C.getType());
      return Out.add(FP->getValueAPF().bitcastToAPInt());
    }
    if (auto *Elements = dyn_cast<ConstantDataSequential>(&C)) {
      Out.add(Data);
      type(C.getType());
      return Out.add(Elements->getRawDataValues());
    }
    if (isa<ConstantAggregateZero, ConstantPointerNull, UndefValue, ConstantTokenNone>(C)) {
      Out.add(Plain);
      Out.add(C.getValueID());
      return type(C.getType());
    }
    auto *Computed = dyn_cast<ConstantExpr>(&C);
    if (!Computed && !isa<ConstantAggregate>(C)) {
      IsComplete = false;
      return;
    }
    Out.add(Computed ? Expression : Parts);
    type(C.getType());
    if (Computed) {
      Out.add(Computed->getOpcode());
      Out.add(Computed->getRawSubclassOptionalData());
    }
    if (auto *Address = dyn_cast<GEPOperator>(&C)) {
      type(Address->getSourceElementType());
      std::optional<ConstantRange> Range = Address->getInRange();
      Out.add(Range.has_value());
      if (Range) {
        Out.add(Range->getLower());
        Out.add(Range->getUpper());
      }
    }
    Out.add(C.getNumOperands());
    for (const Use &U : C.operands())
      operand(*U.get());
  }

  /// The number of a global, in the order in which they are met.
  uint64_t place(const GlobalValue &G) {
    auto [At, IsNew] = Places.try_emplace(&G, Places.size());
    if (IsNew)
      Globals.push_back(&G);
    return At->second;
  }

  void global(const GlobalValue &G) {
    Out.add(&G == Body);
    // The linker, the engine that is, goes by names; of what is part of the object, by the object.
    Out.add(&G == Body || G.hasPrivateLinkage() ? StringRef() : G.getName());
    Out.add(G.getValueID());
    Out.add(G.getLinkage());
    Out.add(G.getVisibility());
    Out.add(G.isDSOLocal());
    Out.add(static_cast<uint64_t>(G.getUnnamedAddr()));
    Out.add(G.getThreadLocalMode());
    Out.add(G.getAddressSpace());
    Out.add(G.isDeclaration());
    type(G.getValueType());
    auto *Object = dyn_cast<GlobalObject>(&G);
    if (!Object || Object->hasComdat() || G.hasPartition() || G.hasSanitizerMetadata()) {
      IsComplete = false;
      return;
    }
    Out.add(Object->getSection());
    if (auto *F = dyn_cast<Function>(&G))
      function(*F);
    else if (auto *Variable = dyn_cast<GlobalVariable>(&G))
      variable(*Variable);
    else
      IsComplete = false;
  }

  void variable(const GlobalVariable &Variable) {
    alignment(Variable.getAlign());
    attachments(Variable);
    Out.add(Variable.isConstant());
    Out.add(Variable.isExternallyInitialized());
    std::optional<CodeModel::Model> Model = Variable.getCodeModel();
    Out.add(Model ? *Model + 1 : 0);
    attributes(Variable.getAttributes());
    if (Variable.hasInitializer())
      constant(*Variable.getInitializer());
  }

  void function(const Function &F) {
    Out.add(F.getCallingConv());
    noteLibrary(F);
    if (&F != Body)
      return attributes(autojit::attributesBefore(F));
    attributes(F.getAttributes());
    alignment(F.getAlign());
    attachments(F);
    Out.add(F.hasGC() ? StringRef(F.getGC()) : StringRef());
    for (bool Has : {F.hasPersonalityFn(), F.hasPrefixData(), F.hasPrologueData()})
      Out.add(Has);
    if (F.hasPersonalityFn())
      constant(*F.getPersonalityFn());
    if (F.hasPrefixData() || F.hasPrologueData() || F.getSubprogram()) {
      IsComplete = false;
      return;
    }
    auto Number = [&](const Value &V) { Locals.try_emplace(&V, Locals.size()); };
    for (const Argument &A : F.args())
      Number(A);
    for (const BasicBlock &Block : F) {
      Number(Block);
      for (const Instruction &I : Block)
        Number(I);
    }
    Out.add(F.size());
    for (const BasicBlock &Block : F) {
      if (Block.hasAddressTaken())
        IsComplete = false;
      Out.add(Block.size());
      for (const Instruction &I : Block)
        instruction(I);
    }
  }

  /// What the optimizer knows of the function by its name.
  void noteLibrary(const Function &F) {
    if (!Library)
      return;
    if (F.isIntrinsic()) {
      UsesLibrary |= F.getReturnType()->isFPOrFPVectorTy();
      return;
    }
    TargetLibraryInfo Names(*Library);
    LibFunc Known;
    StringRef Name = F.getName();
    if (!Names.getLibFunc(Name, Known))
      return;
    Out.add(Names.has(Known));
    // Of `new` and `delete` nothing else becomes.
    UsesLibrary |= !Name.starts_with("_Zn") && !Name.starts_with("_Zd");
  }

  void instruction(const Instruction &I) {
    Out.add(I.getOpcode());
    type(I.getType());
    // nsw, exact, fast-math and the like.
    Out.add(I.getRawSubclassOptionalData());
    details(I);
    Out.add(I.getNumOperands());
    for (const Use &U : I.operands())
      operand(*U.get());
    if (I.hasMetadata())
      attachments(I);
    if (I.hasDbgRecords())
      IsComplete = false;
  }

  void access(bool IsVolatile, Align Alignment, AtomicOrdering Order, SyncScope::ID Scope) {
    for (uint64_t Part : {uint64_t(IsVolatile), Alignment.value(), uint64_t(Order), uint64_t(Scope)})
      Out.add(Part);
  }

  /// What is neither an operand nor a flag.
  void details(const Instruction &I) {
    switch (I.getOpcode()) {
    case Instruction::Alloca: {
      auto &A = cast<AllocaInst>(I);
      type(A.getAllocatedType());
      alignment(A.getAlign());
      Out.add(A.isUsedWithInAlloca());
      return Out.add(A.isSwiftError());
    }
    case Instruction::Load: {
      auto &L = cast<LoadInst>(I);
      return access(L.isVolatile(), L.getAlign(), L.getOrdering(), L.getSyncScopeID());
    }
    case Instruction::Store: {
      auto &S = cast<StoreInst>(I);
      return access(S.isVolatile(), S.getAlign(), S.getOrdering(), S.getSyncScopeID());
    }
    case Instruction::AtomicCmpXchg: {
      auto &X = cast<AtomicCmpXchgInst>(I);
      Out.add(X.isWeak());
      Out.add(static_cast<uint64_t>(X.getFailureOrdering()));
      return access(X.isVolatile(), X.getAlign(), X.getSuccessOrdering(), X.getSyncScopeID());
    }
    case Instruction::AtomicRMW: {
      auto &R = cast<AtomicRMWInst>(I);
      Out.add(R.getOperation());
      return access(R.isVolatile(), R.getAlign(), R.getOrdering(), R.getSyncScopeID());
    }
    case Instruction::Fence: {
      Out.add(static_cast<uint64_t>(cast<FenceInst>(I).getOrdering()));
      return Out.add(cast<FenceInst>(I).getSyncScopeID());
    }
    case Instruction::ICmp:
    case Instruction::FCmp:
      return Out.add(cast<CmpInst>(I).getPredicate());
    case Instruction::GetElementPtr:
      return type(cast<GetElementPtrInst>(I).getSourceElementType());
    case Instruction::ExtractValue:
      return indices(cast<ExtractValueInst>(I).getIndices());
    case Instruction::InsertValue:
      return indices(cast<InsertValueInst>(I).getIndices());
    case Instruction::ShuffleVector: {
      ArrayRef<int> Mask = cast<ShuffleVectorInst>(I).getShuffleMask();
      Out.add(Mask.size());
      for (int Lane : Mask)
        Out.add(static_cast<uint64_t>(Lane));
      return;
    }
    case Instruction::PHI:
      for (const BasicBlock *From : cast<PHINode>(I).blocks())
        operand(*From);
      return;
    case Instruction::Switch:
      for (const auto &Case : cast<SwitchInst>(I).cases())
        constant(*Case.getCaseValue());
      return;
    case Instruction::LandingPad:
      return Out.add(cast<LandingPadInst>(I).isCleanup());
    case Instruction::Call:
      Out.add(cast<CallInst>(I).getTailCallKind());
      return call(cast<CallBase>(I));
    case Instruction::Invoke:
      return call(cast<CallBase>(I));
    case Instruction::CallBr:
      Out.add(cast<CallBrInst>(I).getNumIndirectDests());
      return call(cast<CallBase>(I));
    default:
      // Arithmetic, casts, branches and so on are what their operands, types and flags say.
      return;
    }
  }

  void indices(ArrayRef<unsigned> All) {
    Out.add(All.size());
    for (unsigned Index : All)
      Out.add(Index);
  }

  void call(const CallBase &Call) {
    type(Call.getFunctionType());
    Out.add(Call.getCallingConv());
    attributes(Call.getAttributes());
    Out.add(Call.getNumOperandBundles());
    for (unsigned I = 0; I != Call.getNumOperandBundles(); ++I) {
      OperandBundleUse Bundle = Call.getOperandBundleAt(I);
      Out.add(Bundle.getTagName());
      Out.add(Bundle.Inputs.size());
    }
  }

  Digests &Known;
  const TargetLibraryInfoImpl *Library;
  const Function *Body = nullptr;
  SmallVector<const GlobalValue *, 16> Globals;
  DenseMap<const GlobalValue *, uint64_t> Places;
  DenseMap<const Value *, uint64_t> Locals;
  DenseMap<const MDNode *, uint64_t> Nodes;
};

/// Notes what came along as the bitcode has it.
void learn(const autojit::Origins &From, const TargetLibraryInfoImpl &Library, Digests &Known) {
  for (const autojit::FreshFunction &Fresh : From.Fresh) {
    auto *F = dyn_cast_or_null<Function>(Fresh.New);
    if (!F)
      continue;
    Writer Own(Known, &Library);
    Own.Out.add(Fresh.Original->getName());
    Own.body(*F);
    if (Own.IsComplete)
      Known.Companions[Fresh.Original] = {Own.Out.digest(), Own.UsesLibrary};
    else
      Known.Companions.erase(Fresh.Original);
  }
}

/// Adds all that came along. False if something of it is not known.
bool addCompanions(const autojit::Origins &From, const Digests &Known, Writer &To) {
  SmallVector<Digest, 16> All;
  for (const Function *Old : From.Along) {
    auto At = Known.Companions.find(Old);
    if (At == Known.Companions.end())
      return false;
    All.push_back(At->second.Own);
    To.UsesLibrary |= At->second.UsesLibrary;
  }
  sort(All);
  To.Out.add(All.size());
  for (const Digest &Of : All)
    To.Out.add(Of);
  return true;
}

} // namespace

namespace autojit {

std::optional<Digest> contentOf(const Function &Body, const Origins &From, const Circumstances &How,
                                Digests &Known) {
  if (!Known.Flags) {
    Writer Flags(Known);
    Flags.flags(*Body.getParent());
    if (!Flags.IsComplete)
      return std::nullopt;
    Known.Flags = Flags.Out.digest();
  }
  learn(From, How.Library, Known);
  Writer All(Known, &How.Library);
  All.Out.add(*Known.Flags);
  All.Out.add(StringRef(reinterpret_cast<const char *>(&How.Options), sizeof(How.Options)));
  All.body(Body);
  if (!All.IsComplete || !addCompanions(From, Known, All))
    return std::nullopt;
  All.Out.add(All.UsesLibrary);
  All.Out.add(All.UsesLibrary ? How.Missing : How.MissingLoops);
  return All.Out.digest();
}

Digest digestOf(ArrayRef<StringRef> Texts) {
  Words All;
  for (StringRef Text : Texts)
    All.add(Text);
  return All.digest();
}

} // namespace autojit
