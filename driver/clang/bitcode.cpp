// Bitcode that comes to the linker: objects of `rustc -C linker-plugin-lto` and of `clang -flto`.
//
// Each module is turned into a native object by itself: the same transform as for a unit of the front end,
// then code generation with the options that the link-time optimizer of LLVM's linker would use.
// Whole-program optimization is not done: what is compiled when it is called has no use for it, and symbols
// keep the meaning that they have among native objects. The few things that only a look at the whole program
// can compile are left to the linker.

#include "errors.h"
#include "internal.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/DebugInfo.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/InstrTypes.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/IR/Module.h"
#include "llvm/LTO/LTO.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/CodeGen.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Target/TargetOptions.h"
#include "llvm/TargetParser/SubtargetFeature.h"
#include "llvm/Transforms/IPO/AlwaysInliner.h"

using namespace llvm;

namespace {

// Virtual tables and control flow integrity: a test of a type is lowered by what knows all members of the
// type.
bool needsWholeProgram(const Module &M) {
  return any_of(M.functions(), [](const Function &F) {
    switch (F.getIntrinsicID()) {
    case Intrinsic::type_test:
    case Intrinsic::public_type_test:
    case Intrinsic::type_checked_load:
    case Intrinsic::type_checked_load_relative:
      return true;
    default:
      return false;
    }
  });
}

// rustc asks for calls through the GOT, which are no calls to those who bind them: the linker and the engine
// choose between direct calls, the PLT and the GOT by themselves.
void allowPLT(Module &M) {
  for (Function &F : M) {
    F.removeFnAttr(Attribute::NonLazyBind);
    for (Instruction &I : instructions(F))
      if (auto *Call = dyn_cast<CallBase>(&I))
        Call->removeFnAttr(Attribute::NonLazyBind);
  }
  NamedMDNode *Flags = M.getModuleFlagsMetadata();
  if (!Flags)
    return;
  SmallVector<MDNode *, 16> Kept;
  for (MDNode *Flag : Flags->operands()) {
    auto *Name = Flag->getNumOperands() > 1 ? dyn_cast_or_null<MDString>(Flag->getOperand(1)) : nullptr;
    if (!Name || Name->getString() != "RtLibUseGOT")
      Kept.push_back(Flag);
  }
  Flags->clearOperands();
  for (MDNode *Flag : Kept)
    Flags->addOperand(Flag);
}

std::unique_ptr<TargetMachine> machine(const Module &M, const AjBitcode &In, std::string &Problem) {
  const Triple &T = M.getTargetTriple();
  const Target *Known = TargetRegistry::lookupTarget(T, Problem);
  if (!Known)
    return nullptr;
  TargetOptions Options;
  Options.UseInitArray = true;
  Options.FunctionSections = true;
  Options.DataSections = true;
  SubtargetFeatures Features(In.features);
  Features.getDefaultSubtargetFeatures(T);
  bool Fixed = M.getPICLevel() == PICLevel::NotPIC;
  constexpr CodeGenOptLevel Levels[] = {CodeGenOptLevel::None, CodeGenOptLevel::Less,
                                        CodeGenOptLevel::Default, CodeGenOptLevel::Aggressive};
  return std::unique_ptr<TargetMachine>(Known->createTargetMachine(
      T, In.cpu, Features.getString(), Options, Fixed ? Reloc::Static : Reloc::PIC_, M.getCodeModel(),
      Levels[In.opt_level & 3]));
}

OptimizationLevel pipelineLevel(unsigned Level) {
  constexpr const OptimizationLevel *Levels[] = {&OptimizationLevel::O0, &OptimizationLevel::O1,
                                                 &OptimizationLevel::O2, &OptimizationLevel::O3};
  return *Levels[Level & 3];
}

// Runs passes over the module, as the link-time optimizer's for a single module.
void run(Module &M, TargetMachine &Machine, function_ref<void(PassBuilder &, ModulePassManager &)> Add) {
  PassBuilder Builder(&Machine);
  LoopAnalysisManager Loops;
  FunctionAnalysisManager Functions;
  CGSCCAnalysisManager CallGraph;
  ModuleAnalysisManager Modules;
  Builder.registerModuleAnalyses(Modules);
  Builder.registerCGSCCAnalyses(CallGraph);
  Builder.registerFunctionAnalyses(Functions);
  Builder.registerLoopAnalyses(Loops);
  Builder.crossRegisterProxies(Loops, Functions, CallGraph, Modules);
  ModulePassManager Passes;
  Add(Builder, Passes);
  Passes.run(M, Modules);
}

// Where the sources of a module with debug information are. Nothing: it has none.
std::string folder(const Module &M) {
  for (const DICompileUnit *Unit : M.debug_compile_units())
    return Unit->getDirectory().str();
  return {};
}

AjUnit describe(const Module &M, const AjBitcode &In) {
  AjUnit U = autojit::unitHooks(/*PassesFollow=*/true);
  U.input = In.name;
  U.opt_level = In.opt_level;
  U.fp_fusion = FPOpFusion::Standard;
  // AJ_PASSES_* of the engine: unrolling and both vectorizers, as from -O2 on.
  U.passes = In.opt_level >= 2 ? 7 : 0;
  U.interposable = In.library;
  U.function_sections = 1;
  auto *Protected = mdconst::extract_or_null<ConstantInt>(M.getModuleFlag("cf-protection-branch"));
  U.branch_protection = Protected && !Protected->isZero();
  return U;
}

bool generate(Module &M, TargetMachine &Machine, SmallVectorImpl<char> &Object) {
  raw_svector_ostream Stream(Object);
  legacy::PassManager Passes;
  TargetLibraryInfoImpl Library(M.getTargetTriple());
  Passes.add(new TargetLibraryInfoWrapperPass(Library));
  if (Machine.addPassesToEmitFile(Passes, Stream, nullptr, CodeGenFileType::ObjectFile))
    return false;
  Passes.run(M);
  return true;
}

} // namespace

int aj_bitcode_symbols(const char *Data, size_t Size, void (*Push)(void *, const char *, size_t, int),
                       void *Arg) {
  auto File = lto::InputFile::create(MemoryBufferRef(StringRef(Data, Size), "bitcode"));
  if (!File) {
    consumeError(File.takeError());
    return 1;
  }
  for (const lto::InputFile::Symbol &S : (*File)->symbols())
    Push(Arg, S.getName().data(), S.getName().size(), S.isUndefined());
  return 0;
}

int aj_bitcode_compile(const AjBitcode *In, const AjBitcodeHooks *Hooks) {
  auto Fail = [&](const std::string &Text) {
    Hooks->problem(Hooks->user, Text.c_str());
    return AJ_BITCODE_FAILED;
  };
  // For the daemon's compiles, which do without clang's driver.
  autojit::initializeTarget();
  std::string Errors;
  LLVMContext Context;
  Context.setDiagnosticHandler(std::make_unique<autojit::ErrorCollector>(Errors));
  auto Parsed = parseBitcodeFile(MemoryBufferRef(StringRef(In->data, In->size), In->name), Context);
  if (!Parsed) {
    // Newer than this LLVM, or several modules in one: if the linker can read it, good.
    Hooks->problem(Hooks->user, toString(Parsed.takeError()).c_str());
    return AJ_BITCODE_LEAVE;
  }
  Module &M = **Parsed;
  const Triple &T = M.getTargetTriple();
  if (T.getArch() != Triple::x86_64 || !T.isOSLinux() || T.isX32())
    return Hooks->problem(Hooks->user, "it is not for x86-64 Linux"), AJ_BITCODE_LEAVE;
  if (needsWholeProgram(M))
    return Hooks->problem(Hooks->user, "it tests types, which takes the whole program"), AJ_BITCODE_LEAVE;
  if (!Errors.empty())
    return Fail(Errors);

  std::string Problem;
  std::unique_ptr<TargetMachine> Machine = machine(M, *In, Problem);
  if (!Machine)
    return Fail(Problem);
  AjUnit Unit = describe(M, *In);
  std::string Folder = folder(M);
  Unit.again = In->again;
  Unit.describe = In->describe;
  if (In->describe) {
    // As the front end is told to (lazify.cpp).
    M.setModuleFlag(Module::Max, "Dwarf Version", 5);
    autojit::declareThreadLocals(M);
  } else if (!In->again) {
    Unit.debug_info = StripDebugInfo(M);
    Unit.recipe_folder = Folder.empty() ? nullptr : Folder.c_str();
  }
  allowPLT(M);
  run(M, *Machine, [](PassBuilder &, ModulePassManager &MPM) { MPM.addPass(AlwaysInlinerPass()); });
  int Result = Hooks->transform(Hooks->user, &Unit, reinterpret_cast<LLVMModuleRef>(&M));
  if (Result == AJ_TRANSFORM_ERROR)
    return Fail("not everything is lazy, as --autojit-strict asks");
  if (Result == AJ_TRANSFORM_STATIC && Unit.debug_info) {
    AjBitcode Again = *In;
    Again.again = 1;
    return aj_bitcode_compile(&Again, Hooks);
  }
  if (In->opt_level)
    run(M, *Machine, [&](PassBuilder &Builder, ModulePassManager &MPM) {
      MPM.addPass(Builder.buildPerModuleDefaultPipeline(pipelineLevel(In->opt_level)));
      autojit::addLocals(MPM);
    });
  else if (In->as_lazy)
    autojit::referAsLazy(M);
  SmallVector<char, 0> Object;
  if (!generate(M, *Machine, Object))
    return Fail("the target cannot write objects");
  if (!Errors.empty())
    return Fail(Errors);
  Hooks->object(Hooks->user, Object.data(), Object.size());
  return AJ_BITCODE_DONE;
}
