// How a unit becomes lazy: the transform among clang's passes.
//
// At -O0 it comes behind them, so that it sees what clang would give to code generation, above in front of
// them, so that lazy code is not optimized now. What it leaves goes through clang's passes and code
// generation, with all of the unit's options.

#include "internal.h"
#include "clang/Basic/SourceManager.h"
#include "clang/Basic/SourceManagerInternals.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "clang/Options/Options.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/GlobalAlias.h"
#include "llvm/IR/GlobalIFunc.h"
#include "llvm/IR/GlobalVariable.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/PassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/Transforms/Utils/ModuleUtils.h"

using namespace clang;
using namespace llvm;
using autojit::Attempt;

namespace {

// Leaves what there is besides functions.
void dropCode(llvm::Module &M) {
  for (Function &F : M) {
    F.deleteBody();
    F.setComdat(nullptr);
  }
  auto DropName = [](auto &Symbol, Constant *Of) {
    Symbol.replaceAllUsesWith(Of);
    Symbol.eraseFromParent();
  };
  for (GlobalAlias &A : make_early_inc_range(M.aliases()))
    if (isa_and_present<Function>(A.getAliaseeObject()))
      DropName(A, A.getAliasee());
  for (GlobalIFunc &I : make_early_inc_range(M.ifuncs()))
    DropName(I, I.getResolver());
  // Nobody refers to what is declared now.
  SmallVector<GlobalValue *> Described;
  for (GlobalVariable &G : M.globals())
    if (G.hasMetadata(LLVMContext::MD_dbg))
      Described.push_back(&G);
  appendToCompilerUsed(M, Described);
}

// Whether bitcode of the module can be read back. clang passes pointers of other address spaces to functions
// that do not take such, which code generation does not mind.
bool isReadable(const llvm::Module &M) {
  return none_of(M.globals(), [](const GlobalVariable &G) { return G.getAddressSpace() != 0; }) ||
         !verifyModule(M);
}

// Drops functions that are there because the debug information alone mentions them (as template arguments),
// and those that only they call: a description is of the same functions as the payload.
void dropMentioned(llvm::Module &M) {
  if (M.debug_compile_units_begin() == M.debug_compile_units_end())
    return;
  // It may know their names.
  bool HasAssembly = !M.getModuleInlineAsm().empty();
  auto CanGo = [&](const Function &F) {
    const Comdat *C = F.getComdat();
    return !F.isDeclaration() && F.isDiscardableIfUnused() && (!C || C->getName() == F.getName()) &&
           !(HasAssembly && F.hasLocalLinkage());
  };
  SmallSetVector<Function *, 8> Work;
  for (Function &F : M) {
    if (!CanGo(F))
      continue;
    // As a pointer to a member it is a part of a constant.
    bool IsMentioned = F.use_empty() ? F.isUsedByMetadata()
                                     : all_of(F.users(), [](const User *U) { return isa<Constant>(U); });
    if (!IsMentioned)
      continue;
    F.removeDeadConstantUsers();
    if (F.use_empty())
      Work.insert(&F);
  }
  while (!Work.empty()) {
    Function *F = Work.pop_back_val();
    SmallSetVector<Function *, 8> Callees;
    for (Instruction &I : instructions(*F))
      for (Value *Operand : I.operands())
        if (auto *Callee = dyn_cast<Function>(Operand->stripPointerCasts()); Callee && Callee != F)
          Callees.insert(Callee);
    F->eraseFromParent();
    for (Function *Callee : Callees)
      if (CanGo(*Callee) && Callee->use_empty())
        Work.insert(Callee);
  }
}

// Lines of the file that is compiled; 0 if it says itself which lines it has.
uint32_t lineCount(SourceManager &SM) {
  FileID Main = SM.getMainFileID();
  for (const auto &[File, Entries] : SM.getLineTable())
    if (File == Main && !Entries.empty())
      return 0;
  StringRef Text = SM.getBufferData(Main);
  return Text.count('\n') + !Text.ends_with("\n");
}

class LazifyPass : public PassInfoMixin<LazifyPass> {
public:
  LazifyPass(const autojit::Shim &S, const AjUnit &Unit, std::shared_ptr<autojit::Recipe> How,
             CompilerInstance &CI, Attempt &This)
      : S(S), Unit(Unit), How(std::move(How)), CI(CI), This(This) {}

  PreservedAnalyses run(llvm::Module &M, ModuleAnalysisManager &MAM) {
    // Results about functions must not outlive them.
    MAM.getResult<FunctionAnalysisManagerModuleProxy>(M).getManager().clear();
    if (How) {
      How->describe(Unit);
      Unit.line_count = lineCount(CI.getSourceManager());
    }
    autojit::sayPlacesInCode(M);
    if (Unit.describe) {
      autojit::declareThreadLocals(M);
      // In front of the entry of a stub. Code begins where its section does.
      for (Function &F : M)
        F.setMetadata(LLVMContext::MD_func_sanitize, nullptr);
    }
    int Result = isReadable(M) ? S.Hooks.transform(S.Hooks.user, &Unit, reinterpret_cast<LLVMModuleRef>(&M))
                 : S.Hooks.refused(S.Hooks.user, Unit.input, "invalid-code") == 0 ? AJ_TRANSFORM_STATIC
                                                                                  : AJ_TRANSFORM_ERROR;
    if (Unit.describe) {
      // Whether what must not be called is called the build has looked at.
      for (Function &F : M)
        for (StringRef Kind : {"dontcall-error", "dontcall-warn"})
          F.removeFnAttr(Kind);
    }
    This.LacksDebugInfo =
        Result == AJ_TRANSFORM_STATIC && Unit.debug_info && !Unit.describe && !This.KeepsDebugInfo;
    if (S.Config.debug_variables)
      dropCode(M);
    // What debuggers are told of it is made when one asks.
    if (Unit.lines)
      stripNonLineTableDebugInfo(M);
    // The skeleton is of no interest.
    if (S.Config.debug_payload)
      StripDebugInfo(M);
    // An error here, as everywhere behind the front end, makes clang remove the object.
    if (Result == AJ_TRANSFORM_ERROR) {
      DiagnosticsEngine &Diags = CI.getDiagnostics();
      Diags.Report(Diags.getCustomDiagID(DiagnosticsEngine::Error,
                                         "not everything is lazy, as --autojit-strict asks"));
    }
    return PreservedAnalyses::none();
  }

  static bool isRequired() { return true; }

private:
  autojit::Shim S;
  AjUnit Unit;
  std::shared_ptr<autojit::Recipe> How;
  CompilerInstance &CI;
  Attempt &This;
};

// In front of all others, some of which drop constants that nothing but metadata refers to.
class DropMentionedPass : public PassInfoMixin<DropMentionedPass> {
public:
  PreservedAnalyses run(llvm::Module &M, ModuleAnalysisManager &) {
    dropMentioned(M);
    return PreservedAnalyses::none();
  }

  static bool isRequired() { return true; }
};

// Takes away the debug information that only instrumentation needed.
class DropLinesPass : public PassInfoMixin<DropLinesPass> {
public:
  PreservedAnalyses run(llvm::Module &M, ModuleAnalysisManager &) {
    StripDebugInfo(M);
    return PreservedAnalyses::none();
  }

  static bool isRequired() { return true; }
};

class AsLazyPass : public PassInfoMixin<AsLazyPass> {
public:
  PreservedAnalyses run(llvm::Module &M, ModuleAnalysisManager &) {
    autojit::referAsLazy(M);
    return PreservedAnalyses::none();
  }

  static bool isRequired() { return true; }
};

// Destroying the bodies of a big unit takes tens of milliseconds, for nothing: the process ends soon.
void detach(LLVMValueRef Raw) {
  auto *V = reinterpret_cast<Value *>(Raw);
  if (auto *F = dyn_cast<Function>(V))
    F->removeFromParent();
  else if (auto *G = dyn_cast<GlobalVariable>(V))
    G->removeFromParent();
  else if (auto *A = dyn_cast<GlobalAlias>(V))
    A->removeFromParent();
  else
    cast<GlobalIFunc>(V)->removeFromParent();
}

void copyLocality(LLVMValueRef To, LLVMValueRef From) {
  cast<GlobalValue>(reinterpret_cast<Value *>(To))
      ->setDSOLocal(cast<GlobalValue>(reinterpret_cast<Value *>(From))->isDSOLocal());
}

const char *comdatName(LLVMValueRef Raw) {
  const Comdat *C = cast<GlobalValue>(reinterpret_cast<Value *>(Raw))->getComdat();
  // Names are keys of the module's table of comdats, which ends them with NUL.
  return C ? C->getName().data() : nullptr;
}

int typeCheck(LLVMValueRef Raw, uint32_t Words[2]) {
  const MDNode *Check =
      cast<Function>(reinterpret_cast<Value *>(Raw))->getMetadata(LLVMContext::MD_func_sanitize);
  if (!Check)
    return 0;
  for (unsigned I = 0; I != 2; ++I)
    Words[I] = mdconst::extract<ConstantInt>(Check->getOperand(I))->getZExtValue();
  return 1;
}

// Where passes follow: they look at the users of globals, and must not come upon code that is in no module.
void detachAndDrop(LLVMValueRef Raw) {
  auto *V = reinterpret_cast<Value *>(Raw);
  if (auto *F = dyn_cast<Function>(V))
    F->dropAllReferences();
  else if (auto *G = dyn_cast<GlobalVariable>(V))
    G->dropAllReferences();
  else
    cast<GlobalValue>(V)->dropAllReferences();
  detach(Raw);
}

// The optional passes, as clang's back end sets them from the options.
uint8_t optionalPasses(const CodeGenOptions &CG) {
  return CG.UnrollLoops | CG.VectorizeLoop << 1 | CG.VectorizeSLP << 2 | CG.InterchangeLoops << 3 |
         CG.FuseLoops << 4 | CG.DevirtualizeSpeculatively << 5;
}

uint8_t mathOptions(const CodeGenOptions &CG, const LangOptions &Lang) {
  return Lang.NoHonorInfs | Lang.NoHonorNaNs << 1 | Lang.NoSignedZero << 2 | !CG.SimplifyLibCalls << 3;
}

const char *locateIn(const void *Notes, const char *Symbol) {
  return Notes ? autojit::locate(*static_cast<const autojit::Locations *>(Notes), Symbol) : nullptr;
}

AjUnit describe(const CompilerInvocation &Invocation) {
  const CodeGenOptions &CG = Invocation.getCodeGenOpts();
  const LangOptions &Lang = Invocation.getLangOpts();
  const FrontendOptions &FE = Invocation.getFrontendOpts();
  AjUnit U = autojit::unitHooks(/*PassesFollow=*/CG.OptimizationLevel != 0);
  U.input = FE.Inputs.front().getFile().data();
  U.output = FE.OutputFile.c_str();
  U.opt_level = CG.OptimizationLevel;
  U.size_level = CG.OptimizeSize;
  // As clang's code generation sets it: all but "fast" is left to the IR.
  U.fp_fusion =
      Lang.getDefaultFPContractMode() == LangOptions::FPM_Fast ? FPOpFusion::Fast : FPOpFusion::Standard;
  U.passes = CG.OptimizationLevel ? optionalPasses(CG) : 0;
  U.math = mathOptions(CG, Lang);
  U.races = CG.OptimizationLevel && Lang.Sanitize.has(SanitizerKind::Thread);
  U.interposable = Lang.PICLevel != 0 && !Lang.PIE;
  U.binds_functions = U.interposable && !Lang.SemanticInterposition && !Lang.HalfNoSemanticInterposition;
  U.function_sections = CG.FunctionSections;
  U.branch_protection = CG.CFProtectionBranch;
  // gcov's counters belong to the unit whose copy of an inline function runs.
  U.keep_inline = autojit::countsForGcov(CG);
  U.debug_info = CG.getDebugInfo() != llvm::codegenoptions::NoDebugInfo;
  return U;
}

} // namespace

bool autojit::makeLazy(const autojit::Shim &S, CompilerInstance &CI,
                       std::shared_ptr<autojit::Locations> &Notes, Attempt &This) {
  CompilerInvocation &Invocation = CI.getInvocation();
  if (!S.Config.lazy || CI.getFrontendOpts().ProgramAction != frontend::EmitObj)
    return true;
  if (const char *Reason = autojit::refusal(Invocation))
    return S.Hooks.refused(S.Hooks.user, CI.getFrontendOpts().Inputs.front().getFile().str().c_str(),
                           Reason) == 0;
  CodeGenOptions &CG = CI.getCodeGenOpts();
  AjUnit Unit = describe(Invocation);
  if (S.Config.locations) {
    Notes = autojit::makeLocations();
    Unit.locations = Notes.get();
  }
  Unit.again = This.KeepsDebugInfo;
  bool ForGcov = autojit::countsForGcov(CG);
  // These put lines into variables, or other code where they know them.
  bool KnowsLines = CI.getLangOpts().Sanitize.has(SanitizerKind::Address) ||
                    (CI.getLangOpts().Sanitize.has(SanitizerKind::Memory) && CG.SanitizeMemoryTrackOrigins);
  std::shared_ptr<autojit::Recipe> How;
  Unit.describe = S.Config.debug_object && !S.Config.debug_payload;
  // Where reports show stacks. At -O0 it is known by another compile what the code is.
  bool KeepsLines = Unit.opt_level && Unit.debug_info && !CI.getLangOpts().Sanitize.empty();
  if (S.Config.debug_payload) {
    // With all that the front end makes.
  } else if (Unit.describe) {
    // What is linked by the daemon: each function by itself, and nothing that it would have to unpack.
    CG.FunctionSections = true;
    CG.UniqueSectionNames = true;
    CG.setCompressDebugSections(DebugCompressionType::None);
    // Those that the daemon can link.
    CG.DwarfVersion = CG.DwarfVersion < 5 ? 4 : 5;
    CG.Dwarf64 = false;
    if (S.Config.debug_as_lazy)
      CG.RelocationModel = Reloc::PIC_;
    // Each function beside its lines: debuggers could not tell stub and body for one otherwise.
    if (CG.getDebugInfo() == llvm::codegenoptions::DebugLineTablesOnly)
      CG.DebugInfoForProfiling = true;
  } else if (!This.KeepsDebugInfo) {
    if (This.Read && autojit::hasRecipe(Invocation))
      How = std::make_shared<autojit::Recipe>(Invocation, This.Read, CI.getVirtualFileSystem());
    // Debug information is made when a debugger asks for it; at -O0 it changes no byte of the code.
    // Of some instrumentation lines are a part: counted ones, and those of variables in a report.
    if (!KnowsLines && !KeepsLines)
      CG.setDebugInfo(ForGcov ? std::min(CG.getDebugInfo(), llvm::codegenoptions::DebugLineTablesOnly)
                              : llvm::codegenoptions::NoDebugInfo);
    Unit.lines = KeepsLines;
  }
  bool DropsLines = (ForGcov || KnowsLines) && !KeepsLines && !S.Config.debug_object && !This.KeepsDebugInfo;
  // Changes nothing at -O0 but would forbid every later tier.
  CG.DisableO0ImplyOptNone = true;
  // -fverify-intermediate-code: the verifier follows references into bodies that were taken out of the
  // module.
  CG.VerifyModule = false;
  CG.PassBuilderCallbacks.push_back([&S, Unit, How, &CI, DropsLines, &This](PassBuilder &PB) {
    if (Unit.opt_level) {
      auto First = std::make_shared<ModulePassManager>();
      autojit::addInstrumentation(*First, CI.getCodeGenOpts());
      PB.registerPipelineStartEPCallback([&PB, &S, Unit, How, &CI, DropsLines, First,
                                          &This](ModulePassManager &MPM, OptimizationLevel Level) {
        MPM.addPass(DropMentionedPass());
        MPM.addPass(std::move(*First));
        // As at -O0. So what such a function refers to is known, and nothing is left that is only correct
        // once it is inlined.
        autojit::addAlwaysInliner(MPM);
        if (CI.getLangOpts().Sanitize.hasOneOf(autojit::sanitizersInPasses()))
          autojit::addSanitizers(MPM, PB, Level, CI.getLangOpts());
        if (DropsLines)
          MPM.addPass(DropLinesPass());
        MPM.addPass(LazifyPass(S, Unit, How, CI, This));
        if (How)
          PB.registerOptimizerLastEPCallback(
              [](ModulePassManager &MPM, OptimizationLevel, ThinOrFullLTOPhase) { autojit::addLocals(MPM); });
      });
      return;
    }
    // At the end of the pipeline, behind what clang puts there itself: the sanitizers.
    PB.registerPipelineStartEPCallback([&PB, &S, Unit, How, &CI, DropsLines, &This](ModulePassManager &MPM,
                                                                                    OptimizationLevel) {
      MPM.addPass(DropMentionedPass());
      PB.registerOptimizerLastEPCallback([&S, Unit, How, &CI, DropsLines, &This](
                                             ModulePassManager &MPM, OptimizationLevel, ThinOrFullLTOPhase) {
        if (DropsLines)
          MPM.addPass(DropLinesPass());
        MPM.addPass(LazifyPass(S, Unit, How, CI, This));
        if (S.Config.debug_as_lazy)
          MPM.addPass(AsLazyPass());
      });
    });
  });
  return true;
}

AjUnit autojit::unitHooks(bool PassesFollow) {
  AjUnit U{};
  U.detach = PassesFollow ? detachAndDrop : detach;
  U.copy_locality = copyLocality;
  U.comdat = comdatName;
  U.plain_assembly = isPlainAssembly;
  U.type_check = typeCheck;
  U.write_bitcode = writeBitcode;
  U.locate = locateIn;
  return U;
}
