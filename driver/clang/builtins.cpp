// The names of builtins, entered when a source names them.
//
// clang enters the 3,600 builtins of the target into the table of identifiers of every unit: a tenth of the
// compile of a small file, most of it for memory that is never looked at again. The table asks a lookup for
// names that it does not have, which is how precompiled headers bring theirs; the one here answers with the
// builtin of that name. So the linker puts `__wrap_` in front of clang's function (build.rs at the top), for
// C and C++ for x86-64; all else is left to it.
//
// AUTOJIT_BUILTINS=all enters them all; =check compares what each name is with what clang makes of it.
#include "clang/Basic/Builtins.h"
#include "internal.h"
#include "clang/Basic/DiagnosticOptions.h"
#include "clang/Basic/IdentifierTable.h"
#include "clang/Basic/LangOptions.h"
#include "clang/Basic/TargetBuiltins.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Lex/PreprocessorOptions.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/TargetParser/Triple.h"
#include <array>
#include <cstdlib>

using namespace clang;
using llvm::StringRef;

namespace {

namespace general {
#define GET_BUILTIN_STR_TABLE
#include "clang/Basic/Builtins.inc"
#undef GET_BUILTIN_STR_TABLE
constexpr Builtin::Info Infos[] = {
#define GET_BUILTIN_INFOS
#include "clang/Basic/Builtins.inc"
#undef GET_BUILTIN_INFOS
};
} // namespace general

namespace x86 {
#define GET_BUILTIN_STR_TABLE
#include "clang/Basic/BuiltinsX86.inc"
#undef GET_BUILTIN_STR_TABLE
constexpr Builtin::Info Infos[] = {
#define GET_BUILTIN_INFOS
#include "clang/Basic/BuiltinsX86.inc"
#undef GET_BUILTIN_INFOS
};
constexpr Builtin::Info PrefixedInfos[] = {
#define GET_BUILTIN_PREFIXED_INFOS
#include "clang/Basic/BuiltinsX86.inc"
#undef GET_BUILTIN_PREFIXED_INFOS
};
} // namespace x86

namespace x86_64 {
#define GET_BUILTIN_STR_TABLE
#include "clang/Basic/BuiltinsX86_64.inc"
#undef GET_BUILTIN_STR_TABLE
constexpr Builtin::Info Infos[] = {
#define GET_BUILTIN_INFOS
#include "clang/Basic/BuiltinsX86_64.inc"
#undef GET_BUILTIN_INFOS
};
constexpr Builtin::Info PrefixedInfos[] = {
#define GET_BUILTIN_PREFIXED_INFOS
#include "clang/Basic/BuiltinsX86_64.inc"
#undef GET_BUILTIN_PREFIXED_INFOS
};
} // namespace x86_64

// Those that follow each other in clang's numbers, and share a table of strings.
struct Shard {
  unsigned FirstID;
  const Builtin::Info *Infos;
  unsigned Count;
  const char *Strings;
  const char *Prefix;
};

constexpr const char *X86Prefix = "__builtin_ia32_";
constexpr unsigned X86First = Builtin::FirstTSBuiltin;
constexpr unsigned X86Prefixed = X86First + std::size(x86::Infos);
constexpr unsigned X86_64First = X86::FirstX86_64Builtin;
constexpr unsigned X86_64Prefixed = X86_64First + std::size(x86_64::Infos);
constexpr unsigned End = X86::LastTSBuiltin;

constexpr Shard Shards[] = {
    {1, general::Infos, std::size(general::Infos), general::BuiltinStringsStorage, ""},
    {X86First, x86::Infos, std::size(x86::Infos), x86::BuiltinStringsStorage, ""},
    {X86Prefixed, x86::PrefixedInfos, std::size(x86::PrefixedInfos), x86::BuiltinStringsStorage, X86Prefix},
    {X86_64First, x86_64::Infos, std::size(x86_64::Infos), x86_64::BuiltinStringsStorage, ""},
    {X86_64Prefixed, x86_64::PrefixedInfos, std::size(x86_64::PrefixedInfos), x86_64::BuiltinStringsStorage,
     X86Prefix},
};
static_assert(1 + std::size(general::Infos) == X86First);
static_assert(X86Prefixed + std::size(x86::PrefixedInfos) == X86_64First);
static_assert(X86_64Prefixed + std::size(x86_64::PrefixedInfos) == End);

// FNV-1a, of a string that goes on.
constexpr uint32_t hashMore(uint32_t Hash, const char *Text, size_t Length) {
  for (size_t I = 0; I != Length; ++I)
    Hash = (Hash ^ static_cast<unsigned char>(Text[I])) * 16777619u;
  return Hash;
}

constexpr uint32_t EmptyHash = 2166136261u;

constexpr size_t length(const char *Text) {
  size_t Length = 0;
  while (Text[Length])
    ++Length;
  return Length;
}

// Where to look for a name: numbers of builtins by the hash of their names, in the next free place; zero
// ends.
constexpr uint32_t TableSize = 8192;
static_assert(End < TableSize / 2);
using Table = std::array<uint16_t, TableSize>;

constexpr Table makeTable() {
  Table Result{};
  for (const Shard &S : Shards) {
    const uint32_t Prefix = hashMore(EmptyHash, S.Prefix, length(S.Prefix));
    for (unsigned I = 0; I != S.Count; ++I) {
      const char *Name = S.Strings + S.Infos[I].Offsets.Name.value();
      uint32_t At = hashMore(Prefix, Name, length(Name)) % TableSize;
      while (Result[At])
        At = (At + 1) % TableSize;
      Result[At] = S.FirstID + I;
    }
  }
  return Result;
}

constexpr Table ByName = makeTable();

const Shard &shardOf(unsigned ID) {
  const Shard *S = std::end(Shards) - 1;
  while (ID < S->FirstID)
    --S;
  return *S;
}

// Zero, if it is not the name of one.
unsigned find(StringRef Name) {
  for (uint32_t At = hashMore(EmptyHash, Name.data(), Name.size()) % TableSize; unsigned ID = ByName[At];
       At = (At + 1) % TableSize) {
    const Shard &S = shardOf(ID);
    StringRef Rest = Name;
    if (Rest.consume_front(S.Prefix) && Rest == S.Strings + S.Infos[ID - S.FirstID].Offsets.Name.value())
      return ID;
  }
  return 0;
}

// Whether the language has it, for C and C++.
bool isSupported(unsigned ID, const LangOptions &Lang) {
  const Shard &S = shardOf(ID);
  const Builtin::Info &I = S.Infos[ID - S.FirstID];
  StringRef Attributes = S.Strings + I.Offsets.Attributes.value();
  if (Lang.NoBuiltin && Attributes.contains('f'))
    return false;
  if (Lang.NoMathBuiltin && I.Header.ID == HeaderDesc::MATH_H)
    return false;
  if (!Lang.CPlusPlus20 && Attributes.contains('G'))
    return false;
  constexpr unsigned Others = CUDA_LANG | OCL_GAS | OCL_PIPE | OCL_DSE | ALL_OCL_LANGUAGES | HLSL_LANG;
  if ((I.Langs & Others) || I.Langs == OBJC_LANG)
    return false;
  if ((!Lang.GNUMode && (I.Langs & GNU_LANG)) || (!Lang.MicrosoftExt && (I.Langs & MS_LANG)) ||
      (!Lang.Coroutines && (I.Langs & COR_LANG)) || (!Lang.OpenMP && I.Langs == OMP_LANG) ||
      (!Lang.C23 && I.Langs == C23_LANG) || (!Lang.CPlusPlus && I.Langs == CXX_LANG))
    return false;
  return true;
}

class Names : public IdentifierIterator {
  unsigned ID = 0;
  std::string Name;
  const LangOptions &Lang;

public:
  explicit Names(const LangOptions &Lang) : Lang(Lang) {}

  StringRef Next() override {
    while (++ID != End)
      if (isSupported(ID, Lang)) {
        const Shard &S = shardOf(ID);
        Name = std::string(S.Prefix) + (S.Strings + S.Infos[ID - S.FirstID].Offsets.Name.value());
        return Name;
      }
    ID = End - 1;
    return {};
  }
};

class Lookup : public IdentifierInfoLookup {
  IdentifierTable &Identifiers;

public:
  const LangOptions &Lang;

  Lookup(IdentifierTable &Identifiers, const LangOptions &Lang) : Identifiers(Identifiers), Lang(Lang) {}

  unsigned builtin(StringRef Name) const {
    unsigned ID = find(Name);
    return ID && isSupported(ID, Lang) ? ID : 0;
  }

  IdentifierInfo *get(StringRef Name) override {
    unsigned ID = builtin(Name);
    if (!ID)
      return nullptr;
    IdentifierInfo &Info = Identifiers.getOwn(Name);
    Info.setBuiltinID(ID);
    return &Info;
  }

  // For what suggests names.
  IdentifierIterator *getIdentifiers() override { return new Names(Lang); }
};

// Of the unit that this thread compiles, if it is one of those that ask.
thread_local autojit::BuiltinNames *Current = nullptr;

bool asks(const CompilerInstance &CI) {
  const FrontendOptions &FE = CI.getFrontendOpts();
  const LangOptions &Lang = CI.getLangOpts();
  // Modules and precompiled headers put a lookup of their own in the place of this one.
  bool Imports = Lang.Modules || Lang.CPlusPlusModules || !FE.ModuleFiles.empty() ||
                 !CI.getPreprocessorOpts().ImplicitPCHInclude.empty();
  // Lines in diagnostics are only coloured where the table asks nobody.
  bool Colours = CI.getDiagnosticOpts().ShowColors;
  return FE.ProgramAction == frontend::EmitObj && !Imports && !Colours && FE.AuxTriple.empty() &&
         Lang.NoBuiltinFuncs.empty() &&
         llvm::Triple(CI.getTargetOpts().Triple).getArch() == llvm::Triple::x86_64 &&
         llvm::all_of(FE.Inputs, [](const FrontendInputFile &F) {
           Language L = F.getKind().getLanguage();
           return L == Language::C || L == Language::CXX;
         });
}

void check(const Lookup &Ours, const IdentifierTable &Theirs) {
  unsigned Known = 0;
  for (const auto &Entry : Theirs) {
    unsigned ID = Entry.second->getBuiltinID();
    Known += ID != 0;
    if (Ours.builtin(Entry.first()) != ID)
      llvm::report_fatal_error("the builtin '" + Entry.first() + "' is not what clang says");
  }
  Names All(Ours.Lang);
  while (!All.Next().empty())
    --Known;
  if (Known)
    llvm::report_fatal_error("builtins are not those that clang has");
}

} // namespace

// What the linker calls the two: clang's, and what calls of it come to. Programs that link without the option
// have neither.
extern "C" void initializeAll(Builtin::Context &, IdentifierTable &, const LangOptions &) __asm__(
    "__real__ZN5clang7Builtin7Context18initializeBuiltinsERNS_15IdentifierTableERKNS_11LangOptionsE")
    __attribute__((weak));
extern "C" void initialize(Builtin::Context &, IdentifierTable &, const LangOptions &) __asm__(
    "__wrap__ZN5clang7Builtin7Context18initializeBuiltinsERNS_15IdentifierTableERKNS_11LangOptionsE");

void initialize(Builtin::Context &Builtins, IdentifierTable &Identifiers, const LangOptions &Lang) {
  if (!Current || Identifiers.getExternalIdentifierLookup())
    return initializeAll(Builtins, Identifiers, Lang);
  auto Names = std::make_unique<Lookup>(Identifiers, Lang);
  if (Current->Checks) {
    IdentifierTable Theirs;
    initializeAll(Builtins, Theirs, Lang);
    check(*Names, Theirs);
  }
  // Keywords, and what options name.
  for (const auto &Entry : Identifiers)
    if (unsigned ID = Names->builtin(Entry.first()))
      Entry.second->setBuiltinID(ID);
  Identifiers.setExternalIdentifierLookup(Names.get());
  Current->Lookups.push_back(std::move(Names));
}

autojit::BuiltinNames::BuiltinNames(const CompilerInstance &CI) {
  const char *Value = std::getenv("AUTOJIT_BUILTINS");
  StringRef Wanted = Value ? Value : "";
  Checks = Wanted == "check";
  if (Wanted != "all" && asks(CI))
    Current = this;
}

autojit::BuiltinNames::~BuiltinNames() { Current = nullptr; }
