// Which units can be lazy.
//
// A unit is refused as a whole when an option changes what code generation makes in a way that the payload
// does not record, or when the object must hold what only code generation knows. Each refusal has a reason
// code that users and tests see. Adding a mode means removing its line here.

#include "internal.h"
#include "clang/Basic/CodeGenOptions.h"
#include "clang/Basic/LangOptions.h"
#include "clang/Basic/Sanitizers.h"
#include "clang/Basic/TargetOptions.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "clang/Frontend/FrontendOptions.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/TargetParser/Triple.h"

using namespace clang;
using namespace llvm;

namespace {

bool isRegularOrNew(StringRef Path) {
  sys::fs::file_status Status;
  if (Path == "-" || Path.empty())
    return false;
  return sys::fs::status(Path, Status) || Status.type() == sys::fs::file_type::regular_file;
}

// Checks that the front end puts into the IR, and whose reports say by themselves where in the source they
// are.
SanitizerMask selfDescribing() {
  return SanitizerKind::Undefined | SanitizerKind::Integer | SanitizerKind::Nullability |
         SanitizerKind::ImplicitConversion | SanitizerKind::FloatDivideByZero;
}

bool hasForeignSanitizer(const CodeGenOptions &CG, const LangOptions &Lang) {
  SanitizerMask Known = selfDescribing();
  // Reports name what the program has of lazy code, not what its libraries have.
  bool ForLibrary = Lang.PICLevel != 0 && !Lang.PIE;
  if (!ForLibrary) {
    Known |= SanitizerKind::Leak | autojit::sanitizersInPasses();
  }
  if (Lang.Sanitize.Mask & ~Known)
    return true;
  // A minimal report is nothing but the code's address; the rest is decided by passes of clang's pipeline.
  return CG.SanitizeMinimalRuntime || CG.SanitizeStats || CG.hasSanitizeCoverage() ||
         CG.hasSanitizeBinaryMetadata() || CG.AllowRuntimeCheckSkipHotCutoff ||
         CG.SanitizeSkipHotCutoffs.getAllScaled(1000000).has_value();
}

// Counters and calls that the front end, or a pass in front of the transform, puts into the IR stay what they
// are in lazy code. What looks at addresses of code, or is put in by code generation, does not.
bool hasForeignInstrumentation(const CodeGenOptions &CG) {
  return (CG.getProfileInstr() != llvm::driver::ProfileInstrKind::ProfileNone &&
          !CG.hasProfileClangInstr()) ||
         CG.getProfileUse() != llvm::driver::ProfileInstrKind::ProfileNone ||
         CG.InstrumentFunctionsAfterInlining || CG.InstrumentFunctionEntryBare || CG.InstrumentForProfiling ||
         CG.XRayInstrumentFunctions || CG.PatchableFunctionEntryCount || !CG.SampleProfileFile.empty();
}

// Names that code generation calls, and that nothing in the IR tells of.
bool usesOuterSymbols(const CodeGenOptions &CG) {
  return CG.StackProtectorGuard == "global" || !CG.StackProtectorGuardSymbol.empty();
}

// Stubs jump to their functions.
bool guardsJumps(const clang::TargetOptions &Target) {
  return any_of(Target.FeaturesAsWritten, [](StringRef Feature) {
    return Feature.starts_with("+retpoline") || Feature.starts_with("+harden-sls") ||
           Feature.starts_with("+lvi-") || Feature == "+seses";
  });
}

} // namespace

const char *autojit::refusal(const CompilerInvocation &Invocation) {
  const CodeGenOptions &CG = Invocation.getCodeGenOpts();
  const LangOptions &Lang = Invocation.getLangOpts();
  const FrontendOptions &FE = Invocation.getFrontendOpts();
  Triple Target(Invocation.getTargetOpts().Triple);

  struct Rule {
    bool Applies;
    const char *Reason;
  };
  const Rule Rules[] = {
      {!Target.isX86_64() || !Target.isOSLinux() || Target.isX32() || Target.isAndroid(), "target"},
      // The compiler is asked questions with the null device or a pipe: nothing is run, so nothing is gained.
      {FE.Inputs.size() != 1 || !FE.Inputs.front().isFile() || !isRegularOrNew(FE.Inputs.front().getFile()) ||
           !isRegularOrNew(FE.OutputFile),
       "not-a-file"},
      {FE.Inputs.empty() || (FE.Inputs.front().getKind().getLanguage() != Language::C &&
                             FE.Inputs.front().getKind().getLanguage() != Language::CXX),
       "language"},
      {bool(Lang.Freestanding), "freestanding"},
      {CG.CodeModel != "default" && CG.CodeModel != "small", "code-model"},
      {hasForeignSanitizer(CG, Lang), "sanitizer"},
      {hasForeignInstrumentation(CG), "instrumented"},
      {!CG.SplitDwarfFile.empty() || !CG.SplitDwarfOutput.empty(), "split-dwarf"},
      {CG.getEmbedBitcode() != CodeGenOptions::Embed_Off || CG.FatLTO || CG.PrepareForLTO ||
           CG.PrepareForThinLTO,
       "lto"},
      {!FE.LLVMArgs.empty() || !FE.Plugins.empty() || !FE.AddPluginActions.empty() ||
           !CG.PassPlugins.empty() || !CG.LinkBitcodeFiles.empty(),
       "plugin"},
      {Lang.OpenMPIsTargetDevice || Lang.CUDA || !FE.AuxTriple.empty(), "offload"},
      {CG.BBAddrMap || CG.CallGraphSection || CG.StackSizeSection || !CG.StackUsageOutput.empty() ||
           CG.EmitSFrameUnwind || CG.FunctionReturnThunks || CG.IndirectBranchCSPrefix ||
           CG.EnableSegmentedStacks || CG.SpeculativeLoadHardening || CG.SplitMachineFunctions ||
           CG.DisableIntegratedAS || CG.ControlFlowGuard ||
           (!CG.BBSections.empty() && CG.BBSections != "none") || CG.X86Sse2Avx || CG.NoPLT ||
           CG.LoopAlignment || CG.HotPatch || CG.JMCInstrument || CG.EmulatedTLS || CG.SoftFloat ||
           CG.getVecLib() != llvm::driver::VectorLibrary::NoLibrary || CG.TimePasses ||
           !FE.StatsFile.empty() || !CG.OptRecordFile.empty() || CG.MergeFunctions ||
           CG.PseudoProbeForProfiling || CG.OptimizationRemark.hasValidPattern() ||
           CG.OptimizationRemarkMissed.hasValidPattern() || CG.OptimizationRemarkAnalysis.hasValidPattern() ||
           CG.DisableLLVMPasses || CG.WholeProgramVTables || CG.VirtualFunctionElimination ||
           usesOuterSymbols(CG) || guardsJumps(Invocation.getTargetOpts()) ||
           !CG.MemoryProfileOutput.empty() || !CG.MemoryProfileUsePath.empty() || Lang.SemanticInterposition,
       "unsupported-option"},
  };
  for (const Rule &R : Rules)
    if (R.Applies)
      return R.Reason;
  return nullptr;
}
