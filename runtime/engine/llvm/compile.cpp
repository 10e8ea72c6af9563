// From a function in bitcode to a relocatable object.
#include "compile.h"
#include "content.h"
#include "extract.h"
#include "guard.h"
#include "module.h"
#include "optimize.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include <cstring>

using namespace llvm;

/// Of so many modules a compiler keeps its passes: a program calls back and forth between some.
static constexpr size_t KeptGenerators = 4;

namespace {

/// What clang sets for Linux on x86-64, without what only shapes object files.
TargetOptions targetOptions(const AjOptions &Options) {
  TargetOptions Result;
  Result.UseInitArray = true;
  Result.NoInfsFPMath = (Options.math & AJ_MATH_NO_INFINITIES) != 0;
  Result.NoNaNsFPMath = (Options.math & AJ_MATH_NO_NANS) != 0;
  Result.NoSignedZerosFPMath = (Options.math & AJ_MATH_NO_SIGNED_ZEROS) != 0;
  Result.AllowFPOpFusion = static_cast<FPOpFusion::FPOpFusionMode>(Options.fp_fusion % 3);
  return Result;
}

CodeGenOptLevel codeGenLevel(const AjOptions &Options) {
  switch (Options.opt_level) {
  case 0:
    return CodeGenOptLevel::None;
  case 1:
    return CodeGenOptLevel::Less;
  case 2:
    return CodeGenOptLevel::Default;
  default:
    return CodeGenOptLevel::Aggressive;
  }
}

/// The C library as far as the program has it. The optimizer would otherwise make calls of its own
/// (memcmp to bcmp, printf to puts) to functions that nobody linked.
/// `Missing`: names of what it does not have.
TargetLibraryInfoImpl suppliedLibrary(const AjCompiler &Compiler, const Module &Source,
                                      const AjSymbols &Symbols, SmallVectorImpl<StringRef> &Missing) {
  TargetLibraryInfoImpl Result(Compiler.TargetTriple);
  if (Compiler.Options.math & AJ_MATH_NO_LIBRARY) {
    Result.disableAllFunctions();
    return Result;
  }
  TargetLibraryInfo Names(Result);
  for (unsigned I = 0; I != NumLibFuncs; ++I) {
    auto Function = static_cast<LibFunc>(I);
    if (!Names.has(Function))
      continue;
    StringRef Name = Names.getName(Function);
    const auto *Own = Source.getNamedValue(Name);
    if ((Own && Own->hasLocalLinkage()) ||
        !Symbols.knows(Symbols.context, Name.data(), Name.size(), /*is_call=*/false)) {
      Result.setUnavailable(Function);
      Missing.push_back(Name);
    }
  }
  return Result;
}

std::unique_ptr<legacy::PassManager> codeGeneration(AjCompiler &Compiler,
                                                    const TargetLibraryInfoImpl &Library) {
  auto Passes = std::make_unique<legacy::PassManager>();
  Passes->add(new TargetLibraryInfoWrapperPass(Library));
  Passes->add(createTargetTransformInfoWrapperPass(Compiler.Machine->getTargetIRAnalysis()));
  bool Failed = Compiler.Machine->addPassesToEmitFile(*Passes, Compiler.Stream, nullptr,
                                                      CodeGenFileType::ObjectFile, /*DisableVerify=*/true);
  return Failed ? nullptr : std::move(Passes);
}

/// Null if the target can't write objects.
Generator *makeGenerator(AjCompiler &Compiler, uint64_t Module, TargetLibraryInfoImpl Library,
                         ArrayRef<StringRef> Missing) {
  SmallVector<StringRef, 8> Loops;
  copy_if(Missing, std::back_inserter(Loops), autojit::isLibraryLoop);
  auto Passes = codeGeneration(Compiler, Library);
  if (!Passes)
    return nullptr;
  auto &All = Compiler.Generators;
  if (All.size() == KeptGenerators)
    All.pop_back();
  All.push_front(
      {Module, std::move(Library), autojit::digestOf(Missing), autojit::digestOf(Loops), std::move(Passes)});
  return &All.front();
}

} // namespace

Generator *autojit::findGenerator(AjCompiler &Compiler, const AjModule &Module, const AjSymbols &Symbols) {
  auto &All = Compiler.Generators;
  auto Known = find_if(All, [&](const Generator &G) { return G.Module == Module.Number; });
  if (Known == All.end()) {
    SmallVector<StringRef, 0> Missing;
    auto Library = suppliedLibrary(Compiler, *Module.Module, Symbols, Missing);
    return makeGenerator(Compiler, Module.Number, std::move(Library), Missing);
  }
  All.splice(All.begin(), All, Known);
  return &All.front();
}

void autojit::generate(Module &M, AjCompiler &Compiler, Generator &How) {
  Compiler.Object.clear();
  How.Passes->run(M);
}

namespace {

/// Whether somebody has compiled the function before, in whatever module; and its key, if it has one.
bool isKnown(const Module &Extracted, const autojit::Origins &From, AjModule &Opened,
             const AjCompiler &Compiler, const AjSymbols &Symbols, const Generator &How, AjKey &Key) {
  const Function *Body = Extracted.getFunction(AJ_BODY_SYMBOL);
  // What is described differs in each module.
  if (!Body || Opened.Described || !Symbols.is_known)
    return false;
  auto Digest = autojit::contentOf(
      *Body, From, {Compiler.Options, How.Library, How.Missing, How.MissingLoops}, Opened.Digests);
  if (!Digest)
    return false;
  static_assert(sizeof(*Digest) == sizeof(Key));
  std::memcpy(&Key, Digest->data(), sizeof(Key));
  return Symbols.is_known(Symbols.context, &Key) != 0;
}

/// How much of optimization is left after it led to something that the program does not have.
enum class Effort { All, NoInlining, NoPasses };

/// One function on its way through the optimizer.
class Optimized {
public:
  Optimized(AjModule &Module, AjCompiler &Compiler, const AjSymbols &Symbols)
      : Opened(Module), Compiler(Compiler), Symbols(Symbols) {}

  /// Without an error, the function is compiled or known. `Key`: its key, if it has one.
  Error run(Function &Source, AjKey &Key) {
    How = autojit::findGenerator(Compiler, Opened, Symbols);
    if (!How)
      return createStringError("the target cannot write objects");
    for (Effort E : {Effort::All, Effort::NoInlining, Effort::NoPasses}) {
      Opened.Diagnostics.clear();
      if (Error Problem = attempt(Source, E, Key))
        return Problem;
      if (IsKnown)
        return Error::success();
      if (!Opened.Diagnostics.empty())
        continue;
      Expected<bool> Complete = isComplete();
      if (!Complete)
        return Complete.takeError();
      if (*Complete)
        return Error::success();
    }
    return createStringError(Opened.Diagnostics.empty() ? "it needs " + Missing : Opened.Diagnostics);
  }

private:
  Error attempt(Function &Source, Effort E, AjKey &Key) {
    autojit::Origins From;
    auto Extracted = extract(Source, E, From);
    if (!Extracted)
      return Extracted.takeError();
    // With less effort it is not what others with this content have.
    Key = {};
    if (E == Effort::All)
      IsKnown = isKnown(**Extracted, From, Opened, Compiler, Symbols, *How, Key);
    if (IsKnown)
      return Error::success();
    if (E != Effort::NoPasses)
      optimize(**Extracted, Source, From);
    autojit::generate(**Extracted, Compiler, *How);
    return Error::success();
  }

  /// clang's pipeline for -O1 and above.
  void optimize(Module &M, const Function &Source, autojit::Origins &From) {
    autojit::Optimizer Passes(*Compiler.Machine, Compiler.Options, How->Library);
    if (Opened.KeepsSimplified) {
      for (autojit::FreshFunction &Fresh : From.Fresh)
        Fresh.MayBeKept = autojit::seesItsOwnOnly(*Fresh.Original, From.Along, Source, Opened.Mentioned);
      autojit::holdFresh(M, From);
    }
    Passes.simplify(M);
    if (Opened.KeepsSimplified) {
      autojit::keepFresh(M, From, Opened.Simplified, Opened.Described);
      // Even if nothing was fresh: what is compiled may not depend on what was compiled before.
      Passes.forget();
    }
    Passes.finish(M);
  }

  Expected<std::unique_ptr<Module>> extract(Function &Source, Effort E, autojit::Origins &From) {
    if (Spare) {
      auto Again = CloneModule(*Spare);
      for (Function &F : *Again)
        if (F.hasAvailableExternallyLinkage())
          F.deleteBody();
      return Again;
    }
    auto Usable = [&](StringRef Name, bool IsCall) {
      return Symbols.knows(Symbols.context, Name.data(), Name.size(), IsCall) != 0;
    };
    auto MayInline = [&](StringRef Name) {
      return Symbols.may_inline(Symbols.context, Name.data(), Name.size());
    };
    autojit::Company Along{Usable,           MayInline,        Opened.Unfit,    Opened.Simplified,
                           Opened.Mentioned, E == Effort::All, Opened.Described};
    auto Result = autojit::extractFunction(Source, AJ_BODY_SYMBOL, Opened.Described, &Along, &From);
    if (Result && autojit::isReadOnce(Source))
      Spare = CloneModule(**Result);
    return Result;
  }

  /// Whether the program has everything that the object refers to.
  Expected<bool> isComplete() {
    auto File = object::ObjectFile::createELFObjectFile(
        MemoryBufferRef(StringRef(Compiler.Object.data(), Compiler.Object.size()), "lazy function"));
    if (!File)
      return File.takeError();
    for (const object::SymbolRef &Symbol : (*File)->symbols()) {
      Expected<uint32_t> Flags = Symbol.getFlags();
      if (!Flags)
        return Flags.takeError();
      if (!(*Flags & object::SymbolRef::SF_Undefined) || (*Flags & object::SymbolRef::SF_FormatSpecific))
        continue;
      Expected<StringRef> Name = Symbol.getName();
      if (!Name)
        return Name.takeError();
      if (Name->empty() || *Name == "_GLOBAL_OFFSET_TABLE_" ||
          Symbols.knows(Symbols.context, Name->data(), Name->size(), /*is_call=*/true))
        continue;
      Missing = Name->str();
      return false;
    }
    return true;
  }

  AjModule &Opened;
  AjCompiler &Compiler;
  const AjSymbols &Symbols;
  Generator *How = nullptr;
  /// Of a function that can't be read again: what there was before optimization.
  std::unique_ptr<Module> Spare;
  std::string Missing;
  bool IsKnown = false;
};

} // namespace

void aj_init(void) {
  autojit::installGuard();
  LLVMInitializeX86TargetInfo();
  LLVMInitializeX86Target();
  LLVMInitializeX86TargetMC();
  LLVMInitializeX86AsmPrinter();
  // Inline assembly is parsed when the object is written.
  LLVMInitializeX86AsmParser();
}

AjStatus aj_compiler_new(const AjModule *Module, AjOptions Options, AjCompiler **Result, AjBytes *Error) {
  return autojit::guarded(Error, [&] {
    auto Compiler = std::make_unique<AjCompiler>();
    Compiler->Options = Options;
    Compiler->TargetTriple = Module->Module->getTargetTriple();
    Compiler->StackAlignment = Module->Module->getOverrideStackAlignment();
    const Triple &T = Compiler->TargetTriple;
    if (T.getArch() != Triple::x86_64 || !T.isOSBinFormatELF() || !T.isArch64Bit() || T.isX32())
      return autojit::fail(Error, "no code generator for target " + T.str());
    std::string Problem;
    const Target *Known = TargetRegistry::lookupTarget(T, Problem);
    if (!Known)
      return autojit::fail(Error, Problem);
    // Without a CPU: every function names its own.
    Compiler->Machine.reset(Known->createTargetMachine(T, "", "", targetOptions(Options), Reloc::PIC_,
                                                       CodeModel::Small, codeGenLevel(Options)));
    Compiler->Machine->setO0WantsFastISel(Options.fast_isel);
    if (!Options.opt_level && !makeGenerator(*Compiler, 0, TargetLibraryInfoImpl(T), {}))
      return autojit::fail(Error, "the target cannot write objects");
    *Result = Compiler.release();
    return AJ_OK;
  });
}

void aj_compiler_free(AjCompiler *Compiler) { delete Compiler; }

int aj_compiler_fits(const AjCompiler *Compiler, const AjModule *Module) {
  return Compiler->TargetTriple == Module->Module->getTargetTriple() &&
         Compiler->StackAlignment == Module->Module->getOverrideStackAlignment();
}

AjStatus aj_compile(AjModule *Module, AjCompiler *Compiler, const char *Name, size_t NameSize,
                    const AjSymbols *Symbols, AjBytes *Object, AjKey *Key, AjBytes *Problem) {
  return autojit::guarded(Problem, [&] {
    Module->Diagnostics.clear();
    Compiler->Object.clear();
    Function *Source = Module->Module->getFunction(StringRef(Name, NameSize));
    if (!Source)
      return autojit::fail(Problem, "it is not in the bitcode");
    if (Compiler->Options.opt_level) {
      if (Error E = Optimized(*Module, *Compiler, *Symbols).run(*Source, *Key))
        return autojit::fail(Problem, std::move(E));
    } else {
      auto Extracted = autojit::extractFunction(*Source, AJ_BODY_SYMBOL, Module->Described, nullptr, nullptr);
      if (!Extracted)
        return autojit::fail(Problem, Extracted.takeError());
      // Nothing at -O0 looks at what the library has.
      Generator &How = Compiler->Generators.front();
      if (!isKnown(**Extracted, {}, *Module, *Compiler, *Symbols, How, *Key))
        autojit::generate(**Extracted, *Compiler, How);
      if (!Module->Diagnostics.empty())
        return autojit::fail(Problem, Module->Diagnostics);
    }
    *Object = autojit::copyBytes(StringRef(Compiler->Object.data(), Compiler->Object.size()));
    return AJ_OK;
  });
}
