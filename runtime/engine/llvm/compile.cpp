// From a function in bitcode to a relocatable object.
#include "extract.h"
#include "guard.h"
#include "module.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Analysis/TargetTransformInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"

using namespace llvm;

struct AjCompiler {
  AjOptions Options;
  Triple TargetTriple;
  std::unique_ptr<TargetMachine> Machine;
  SmallVector<char, 0> Object;
  raw_svector_ostream Stream{Object};
  /// The code generation passes of -O0. Setting them up costs as much as a small function does, so
  /// they are kept (llc's -compile-twice makes sure that passes can be run again).
  std::unique_ptr<legacy::PassManager> Kept;
};

namespace {

/// What clang sets for Linux on x86-64, without what only shapes object files.
TargetOptions targetOptions(const AjOptions &Options) {
  TargetOptions Result;
  Result.UseInitArray = true;
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

OptimizationLevel pipelineLevel(const AjOptions &Options) {
  if (Options.size_level == 1)
    return OptimizationLevel::Os;
  if (Options.size_level >= 2)
    return OptimizationLevel::Oz;
  switch (Options.opt_level) {
  case 1:
    return OptimizationLevel::O1;
  case 2:
    return OptimizationLevel::O2;
  default:
    return OptimizationLevel::O3;
  }
}

/// clang's pipeline for -O1 and above.
void optimize(Module &M, AjCompiler &Compiler, const TargetLibraryInfoImpl &Library) {
  PipelineTuningOptions Tuning;
  bool Vectorize = Compiler.Options.opt_level >= 2 && Compiler.Options.size_level < 2;
  Tuning.LoopVectorization = Vectorize;
  Tuning.SLPVectorization = Vectorize;
  PassBuilder Builder(Compiler.Machine.get(), Tuning);
  LoopAnalysisManager Loops;
  FunctionAnalysisManager Functions;
  CGSCCAnalysisManager CallGraph;
  ModuleAnalysisManager Modules;
  Functions.registerPass([&] { return TargetLibraryAnalysis(Library); });
  Builder.registerModuleAnalyses(Modules);
  Builder.registerCGSCCAnalyses(CallGraph);
  Builder.registerFunctionAnalyses(Functions);
  Builder.registerLoopAnalyses(Loops);
  Builder.crossRegisterProxies(Loops, Functions, CallGraph, Modules);
  Builder.buildPerModuleDefaultPipeline(pipelineLevel(Compiler.Options)).run(M, Modules);
}

/// The C library as far as the program has it. The optimizer would otherwise make calls of its own
/// (memcmp to bcmp, printf to puts) to functions that nobody linked.
TargetLibraryInfoImpl suppliedLibrary(const Triple &T, const AjSymbols &Symbols) {
  TargetLibraryInfoImpl Result(T);
  TargetLibraryInfo Names(Result);
  for (unsigned I = 0; I != NumLibFuncs; ++I) {
    auto Function = static_cast<LibFunc>(I);
    if (!Names.has(Function))
      continue;
    StringRef Name = Names.getName(Function);
    if (!Symbols.knows(Symbols.context, Name.data(), Name.size()))
      Result.setUnavailable(Function);
  }
  return Result;
}

std::unique_ptr<legacy::PassManager> codeGeneration(AjCompiler &Compiler,
                                                    const TargetLibraryInfoImpl &Library) {
  auto Passes = std::make_unique<legacy::PassManager>();
  Passes->add(new TargetLibraryInfoWrapperPass(Library));
  Passes->add(createTargetTransformInfoWrapperPass(Compiler.Machine->getTargetIRAnalysis()));
  bool Failed = Compiler.Machine->addPassesToEmitFile(
      *Passes, Compiler.Stream, nullptr, CodeGenFileType::ObjectFile, /*DisableVerify=*/true);
  return Failed ? nullptr : std::move(Passes);
}

/// Fills Compiler.Object.
void generate(Module &M, AjCompiler &Compiler, const AjSymbols &Symbols) {
  Compiler.Object.clear();
  if (Compiler.Options.opt_level == 0) {
    // Nothing at -O0 looks at what the library has.
    Compiler.Kept->run(M);
    return;
  }
  TargetLibraryInfoImpl Library = suppliedLibrary(Compiler.TargetTriple, Symbols);
  optimize(M, Compiler, Library);
  codeGeneration(Compiler, Library)->run(M);
}

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

AjStatus aj_compiler_new(const AjModule *Module, AjOptions Options, AjCompiler **Result,
                         AjBytes *Error) {
  return autojit::guarded(Error, [&] {
    auto Compiler = std::make_unique<AjCompiler>();
    Compiler->Options = Options;
    Compiler->TargetTriple = Module->Module->getTargetTriple();
    const Triple &T = Compiler->TargetTriple;
    if (T.getArch() != Triple::x86_64 || !T.isOSBinFormatELF() || !T.isArch64Bit() || T.isX32())
      return autojit::fail(Error, "no code generator for target " + T.str());
    std::string Problem;
    const Target *Known = TargetRegistry::lookupTarget(T, Problem);
    if (!Known)
      return autojit::fail(Error, Problem);
    // Without a CPU: every function names its own.
    Compiler->Machine.reset(Known->createTargetMachine(
        T, "", "", targetOptions(Options), Reloc::PIC_, CodeModel::Small, codeGenLevel(Options)));
    Compiler->Machine->setO0WantsFastISel(Options.fast_isel);
    Compiler->Kept = codeGeneration(*Compiler, TargetLibraryInfoImpl(T));
    if (!Compiler->Kept)
      return autojit::fail(Error, "the target cannot write objects");
    *Result = Compiler.release();
    return AJ_OK;
  });
}

void aj_compiler_free(AjCompiler *Compiler) { delete Compiler; }

int aj_compiler_fits(const AjCompiler *Compiler, const AjModule *Module) {
  return Compiler->TargetTriple == Module->Module->getTargetTriple();
}

AjStatus aj_compile(AjModule *Module, AjCompiler *Compiler, const char *Name, size_t NameSize,
                    const AjSymbols *Symbols, AjBytes *Object, AjBytes *Error) {
  return autojit::guarded(Error, [&] {
    Module->Diagnostics.clear();
    Function *Source = Module->Module->getFunction(StringRef(Name, NameSize));
    if (!Source)
      return autojit::fail(Error, "it is not in the bitcode");
    auto Extracted = autojit::extractFunction(*Source, AJ_BODY_SYMBOL);
    if (!Extracted)
      return autojit::fail(Error, Extracted.takeError());
    generate(**Extracted, *Compiler, *Symbols);
    if (!Module->Diagnostics.empty())
      return autojit::fail(Error, Module->Diagnostics);
    *Object = autojit::copyBytes(StringRef(Compiler->Object.data(), Compiler->Object.size()));
    return AJ_OK;
  });
}
