// JITLink into memory that two processes share: written here, run there.
//
// All of an object (code, constants, unwind tables, what is left of a GOT) goes into one piece of
// memory that the program maps read+execute. There is no writable data in a lazy function's object:
// variables stay in the program.
#include "guard.h"
#include "llvm/ExecutionEngine/JITLink/ELF_x86_64.h"
#include "llvm/ExecutionEngine/JITLink/x86_64.h"

using namespace llvm;
using namespace llvm::jitlink;

namespace {

struct Outcome {
  AjLinked Linked = {};
  bool NoRoom = false;
  bool Finished = false;
  std::string Problem;
};

/// One allocation per object; nothing is ever protected, finalized or given back.
class ArenaMemory : public JITLinkMemoryManager {
public:
  ArenaMemory(const AjLinkTarget &Target, Outcome &Result) : Target(Target), Result(Result) {}

  void allocate(const JITLinkDylib *, LinkGraph &G, OnAllocatedFunction OnAllocated) override {
    BasicLayout Layout(G);
    uint64_t Size = 0;
    Align Alignment(16);
    for (auto &[Group, Segment] : Layout.segments()) {
      Size = alignTo(Size, Segment.Alignment) + Segment.ContentSize + Segment.ZeroFillSize;
      Alignment = std::max(Alignment, Segment.Alignment);
    }
    char *Working = nullptr;
    uint64_t Address = 0;
    if (!Target.allocate(Target.context, Size, Alignment.value(), &Working, &Address)) {
      Result.NoRoom = true;
      return OnAllocated(createStringError("no room"));
    }
    uint64_t Offset = 0;
    for (auto &[Group, Segment] : Layout.segments()) {
      Offset = alignTo(Offset, Segment.Alignment);
      Segment.Addr = orc::ExecutorAddr(Address + Offset);
      Segment.WorkingMem = Working + Offset;
      Offset += Segment.ContentSize + Segment.ZeroFillSize;
    }
    if (Error E = Layout.apply())
      return OnAllocated(std::move(E));
    OnAllocated(std::make_unique<InFlight>());
  }

  void deallocate(std::vector<FinalizedAlloc>, OnDeallocatedFunction OnDeallocated) override {
    OnDeallocated(Error::success());
  }

private:
  class InFlight : public InFlightAlloc {
    void abandon(OnAbandonedFunction OnAbandoned) override { OnAbandoned(Error::success()); }
    void finalize(OnFinalizedFunction OnFinalized) override {
      OnFinalized(FinalizedAlloc(orc::ExecutorAddr(1)));
    }
  };

  const AjLinkTarget &Target;
  Outcome &Result;
};

/// Turns every reference to the outside into an address, and takes the way over GOT and PLT out
/// where the address is near. JITLink does the latter too, but late, when the table entries have
/// their place already.
class Resolver {
public:
  Resolver(const AjLinkTarget &Target, LinkGraph &G) : Target(Target), G(G) {}

  Error run() {
    for (Symbol *S : G.defined_symbols())
      if (S->hasName() && *S->getName() == AJ_BODY_SYMBOL)
        Body = S;
    for (Block *B : G.blocks())
      for (Edge &E : B->edges())
        if (E.isRelocation() && E.getTarget().isExternal())
          if (Error Problem = resolve(*B, E))
            return Problem;
    SmallVector<Symbol *, 16> Externals;
    for (Symbol *S : G.external_symbols())
      Externals.push_back(S);
    for (Symbol *S : Externals)
      G.removeExternalSymbol(*S);
    return Error::success();
  }

private:
  Error resolve(Block &B, Edge &E) {
    bool IsCall = E.getKind() == x86_64::BranchPCRel32;
    Symbol *&Known = (IsCall ? Callees : Pointees)[&E.getTarget()];
    if (!Known) {
      StringRef Name = *E.getTarget().getName();
      uint64_t Address = 0;
      switch (Target.resolve(Target.context, Name.data(), Name.size(), IsCall, &Address)) {
      case AJ_ADDRESS:
        Known = &G.addAbsoluteSymbol(Name, orc::ExecutorAddr(Address), 0, Linkage::Strong, Scope::Local,
                                     /*IsLive=*/true);
        break;
      case AJ_BODY:
        Known = Body;
        break;
      case AJ_UNKNOWN:
        break;
      }
      if (!Known)
        return createStringError("nothing is known of the symbol " + Name);
    }
    E.setTarget(*Known);
    if (Known->isAbsolute() && isNear(Known->getAddress().getValue()))
      shorten(B, E);
    return Error::success();
  }

  /// Whether the address is in reach of a 32-bit displacement from anywhere in the arena.
  bool isNear(uint64_t Address) const {
    constexpr int64_t Reach = (1LL << 31) - 4096;
    int64_t FromLow = Address - Target.low, FromHigh = Address - Target.high;
    return -Reach < FromLow && FromLow < Reach && -Reach < FromHigh && FromHigh < Reach;
  }

  void shorten(Block &B, Edge &E) {
    switch (E.getKind()) {
    case x86_64::BranchPCRel32:
      E.setKind(x86_64::PCRel32);
      break;
    case x86_64::RequestGOTAndTransformToPCRel32GOTLoadRelaxable:
    case x86_64::RequestGOTAndTransformToPCRel32GOTLoadREXRelaxable: {
      // mov foo@GOTPCREL(%rip), %reg -> lea foo(%rip), %reg
      constexpr char Mov = '\x8b', Lea = '\x8d';
      if (E.getOffset() < 2 || B.getContent()[E.getOffset() - 2] != Mov)
        break;
      B.getMutableContent(G)[E.getOffset() - 2] = Lea;
      E.setKind(x86_64::PCRel32);
      break;
    }
    default:
      break;
    }
  }

  const AjLinkTarget &Target;
  LinkGraph &G;
  Symbol *Body = nullptr;
  DenseMap<Symbol *, Symbol *> Callees, Pointees;
};

/// Notes and the like, which nobody reads in an arena.
Error dropUnneeded(LinkGraph &G) {
  SmallVector<Section *, 4> Unneeded;
  for (Section &S : G.sections())
    if (S.getMemLifetime() == orc::MemLifetime::NoAlloc || S.getName().starts_with(".note"))
      Unneeded.push_back(&S);
  for (Section *S : Unneeded) {
    SmallVector<Symbol *, 4> Symbols(S->symbols().begin(), S->symbols().end());
    for (Symbol *Sym : Symbols)
      G.removeDefinedSymbol(*Sym);
    SmallVector<Block *, 4> Blocks(S->blocks().begin(), S->blocks().end());
    for (Block *B : Blocks)
      G.removeBlock(*B);
    G.removeSection(*S);
  }
  return Error::success();
}

/// The only writable sections are those of pointers that are never written after linking: to the
/// personality function, to type information.
Error refuseWritable(LinkGraph &G) {
  for (Section &S : G.sections()) {
    if ((S.getMemProt() & orc::MemProt::Write) == orc::MemProt::None || S.blocks().empty())
      continue;
    if (S.getName() == ".data" || S.getName().starts_with(".data."))
      continue;
    return createStringError("lazy code with writable data in " + S.getName());
  }
  return Error::success();
}

class Link : public JITLinkContext {
public:
  Link(const AjLinkTarget &Target, Outcome &Result)
      : JITLinkContext(nullptr), Target(Target), Result(Result), Memory(Target, Result) {}

  JITLinkMemoryManager &getMemoryManager() override { return Memory; }

  void notifyFailed(Error Err) override { Result.Problem = toString(std::move(Err)); }

  void lookup(const LookupMap &Symbols, std::unique_ptr<JITLinkAsyncLookupContinuation> Continue) override {
    // The resolver left no external symbol; only a pass of JITLink's own can have made one.
    Continue->run(createStringError("nothing is known of the symbol " + *Symbols.begin()->first));
  }

  Error notifyResolved(LinkGraph &G) override {
    for (Symbol *S : G.defined_symbols())
      if (S->hasName() && *S->getName() == AJ_BODY_SYMBOL)
        Result.Linked.body = S->getAddress().getValue();
    if (Section *Frames = G.findSectionByName(".eh_frame")) {
      // JITLink has put a terminator behind the last record: 4 bytes.
      SectionRange Range(*Frames);
      if (Range.getSize() > 4) {
        Result.Linked.eh_frame = Range.getStart().getValue();
        Result.Linked.eh_frame_size = Range.getSize();
      }
    }
    return Result.Linked.body ? Error::success() : createStringError("the object has no body");
  }

  void notifyFinalized(JITLinkMemoryManager::FinalizedAlloc Alloc) override {
    Alloc.release();
    Result.Finished = true;
  }

  Error modifyPassConfig(LinkGraph &, PassConfiguration &Config) override {
    Config.PrePrunePasses.insert(Config.PrePrunePasses.begin(), dropUnneeded);
    auto &Passes = Config.PostPrunePasses;
    Passes.insert(Passes.begin(), [this](LinkGraph &G) { return Resolver(Target, G).run(); });
    Passes.push_back(refuseWritable);
    return Error::success();
  }

private:
  const AjLinkTarget &Target;
  Outcome &Result;
  ArenaMemory Memory;
};

} // namespace

AjStatus aj_link(const char *Object, size_t Size, const AjLinkTarget *Target, AjLinked *Linked,
                 AjBytes *Error) {
  return autojit::guarded(Error, [&] {
    auto Graph = createLinkGraphFromELFObject_x86_64(
        MemoryBufferRef(StringRef(Object, Size), "lazy function"), std::make_shared<orc::SymbolStringPool>());
    if (!Graph)
      return autojit::fail(Error, Graph.takeError());
    Outcome Result;
    link_ELF_x86_64(std::move(*Graph), std::make_unique<Link>(*Target, Result));
    if (Result.NoRoom)
      return AJ_NO_ROOM;
    if (!Result.Finished)
      return autojit::fail(Error, Result.Problem);
    *Linked = Result.Linked;
    return AJ_OK;
  });
}
