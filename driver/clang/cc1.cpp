// A compile job in this process.
//
// A unit that can be lazy is compiled by the very action that clang would use, with one pass more
// (lazify.cpp), and with all of the unit's options and diagnostics.

#include "internal.h"
#include "clang/CodeGen/ObjectFilePCHContainerWriter.h"
#include "clang/Frontend/CompilerInstance.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "clang/Frontend/FrontendAction.h"
#include "clang/Frontend/FrontendDiagnostic.h"
#include "clang/Frontend/TextDiagnosticBuffer.h"
#include "clang/Frontend/TextDiagnosticPrinter.h"
#include "clang/Options/OptionUtils.h"
#include "clang/Options/Options.h"
#include "clang/Serialization/ObjectFilePCHContainerReader.h"
#include "llvm/ADT/Statistic.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Support/BuryPointer.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/TimeProfiler.h"
#include "llvm/Support/Timer.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Triple.h"
#include <atomic>

using namespace clang;
using namespace llvm;

namespace {

/// Where a thread reports errors that code generation does not return from.
thread_local DiagnosticsEngine *Reporting;

/// Several jobs run at a time, and one handler is there for all of them.
bool CatchesForAll;
std::atomic<bool> HasLeftFiles;

/// As clang's. The driver's crash recovery goes on with it as with a crash.
void onFatalError(void *, const char *Message, bool GenCrashDiag) {
  if (DiagnosticsEngine *To = std::exchange(Reporting, nullptr))
    To->Report(diag::err_fe_error_backend) << Message;
  if (CatchesForAll) {
    // The files of other jobs must stay.
    HasLeftFiles = true;
  } else {
    remove_fatal_error_handler();
    sys::RunInterruptHandlers();
  }
  sys::Process::Exit(GenCrashDiag ? 70 : 1);
}

/// For as long as it lives.
class FatalErrors {
public:
  explicit FatalErrors(DiagnosticsEngine &Diags) {
    Reporting = &Diags;
    if (!CatchesForAll)
      install_fatal_error_handler(onFatalError);
  }
  ~FatalErrors() {
    Reporting = nullptr;
    if (!CatchesForAll)
      remove_fatal_error_handler();
  }
  FatalErrors(const FatalErrors &) = delete;
  FatalErrors &operator=(const FatalErrors &) = delete;
};

bool parseLLVMArgs(const std::vector<std::string> &Given) {
  std::vector<const char *> Argv{"clang (LLVM option parsing)"};
  for (const std::string &A : Given)
    Argv.push_back(A.c_str());
  return cl::ParseCommandLineOptions(Argv.size(), Argv.data());
}

bool execute(const autojit::Shim &S, CompilerInstance &CI, autojit::Attempt &This) {
  FrontendOptions &FE = CI.getFrontendOpts();
  if (FE.ShowHelp) {
    getDriverOptTable().printHelp(outs(), "clang -cc1 [options] file...",
                                  "LLVM 'Clang' Compiler: http://clang.llvm.org", /*ShowHidden=*/false,
                                  /*ShowAllAliases=*/false, opt::Visibility(options::CC1Option));
    return true;
  }
  if (FE.ShowVersion) {
    cl::PrintVersionMessage();
    return true;
  }
  CI.LoadRequestedPlugins();
  if (!FE.LLVMArgs.empty())
    parseLLVMArgs(FE.LLVMArgs);
  std::shared_ptr<autojit::Locations> Notes;
  // A warning that is an error (-Werror) is none here.
  if (CI.getDiagnostics().hasUnrecoverableErrorOccurred())
    return false;
  if (!autojit::makeLazy(S, CI, Notes, This))
    return false;
  std::unique_ptr<FrontendAction> Action =
      Notes ? autojit::createLocatingAction(Notes) : autojit::createAction(CI);
  if (!Action)
    return false;
  autojit::BuiltinNames Names(CI);
  bool Success = CI.ExecuteAction(*Action);
  if (FE.DisableFree)
    BuryPointer(std::move(Action));
  return Success;
}

// Runs the job in the LLVM installation's clang, and comes back: others may follow it in this process.
int handOver(const char *Clang, ArrayRef<const char *> Args) {
  SmallVector<StringRef, 64> Argv{Clang, "-cc1"};
  Argv.append(Args.begin(), Args.end());
  std::string Problem;
  int Status = sys::ExecuteAndWait(Clang, Argv, /*Env=*/std::nullopt, /*Redirects=*/{}, /*SecondsToWait=*/0,
                                   /*MemoryLimit=*/0, &Problem);
  if (Status < 0)
    errs() << "autojit-cc: error: cannot run '" << Clang << "': " << Problem << "\n";
  return Status < 0 ? 1 : Status;
}

} // namespace

static int runCC1(const autojit::Shim &S, ArrayRef<const char *> Args, const char *Argv0,
                  raw_ostream *Diagnostics, autojit::Attempt &This) {
  using namespace autojit;
  auto PCH = std::make_shared<PCHContainerOperations>();
  PCH->registerWriter(std::make_unique<ObjectFilePCHContainerWriter>());
  PCH->registerReader(std::make_unique<ObjectFilePCHContainerReader>());

  // What is wrong with the arguments is said once the real diagnostics engine exists.
  DiagnosticOptions EarlyOptions;
  auto *Early = new TextDiagnosticBuffer;
  DiagnosticsEngine EarlyDiags(DiagnosticIDs::create(), EarlyOptions, Early);
  auto Invocation = std::make_shared<CompilerInvocation>();
  bool Valid = CompilerInvocation::CreateFromArgs(*Invocation, Args, EarlyDiags, Argv0);
  bool Foreign =
      !knowsAction(*Invocation) || !Triple(Invocation->getTargetOpts().Triple).isX86() ||
      any_of(Invocation->getFrontendOpts().LLVMArgs, [](StringRef A) { return A.contains("polly"); });
  if (Valid && Foreign && S.Config.real_clang && !Diagnostics)
    return handOver(S.Config.real_clang, Args);

  bool Describes = S.Config.debug_object != nullptr;
  bool HasRecipe = hasRecipe(*Invocation);
  IntrusiveRefCntPtr<vfs::FileSystem> Files = vfs::getRealFileSystem();
  if (This.KeepsDebugInfo) {
    if (This.Read)
      Files = asRead(std::move(Files), *This.Read);
    // They were written.
    Invocation->getDependencyOutputOpts() = {};
  } else if (S.Config.lazy && Invocation->getFrontendOpts().ProgramAction == frontend::EmitObj &&
             Invocation->getCodeGenOpts().getDebugInfo() != llvm::codegenoptions::NoDebugInfo) {
    This.Read = makeReads(/*KeepHashes=*/HasRecipe, /*KeepPaths=*/Describes);
    Files = noting(std::move(Files), This.Read);
  }
  if (Describes) {
    dropOutputs(*Invocation);
    Invocation->getFrontendOpts().OutputFile = S.Config.debug_object;
    Valid &= This.Read && HasRecipe;
  }

  auto CI = std::make_unique<CompilerInstance>(std::move(Invocation), std::move(PCH));
  FrontendOptions &FE = CI->getFrontendOpts();
  if (!FE.TimeTracePath.empty())
    timeTraceProfilerInitialize(FE.TimeTraceGranularity, Argv0, FE.TimeTraceVerbose);
  if ((FE.PrintSupportedCPUs || FE.PrintSupportedExtensions || FE.PrintEnabledExtensions) &&
      S.Config.real_clang)
    return handOver(S.Config.real_clang, Args);
  HeaderSearchOptions &Headers = CI->getHeaderSearchOpts();
  if (Headers.UseBuiltinIncludes && Headers.ResourceDir.empty())
    Headers.ResourceDir = GetResourcesPath(S.Config.clang);

  CI->createVirtualFileSystem(std::move(Files), Early);
  if (Diagnostics) {
    Diagnostics->enable_colors(CI->getDiagnosticOpts().ShowColors);
    CI->setVerboseOutputStream(*Diagnostics);
    CI->createDiagnostics(new TextDiagnosticPrinter(*Diagnostics, CI->getDiagnosticOpts()));
  } else {
    CI->createDiagnostics();
  }
  FatalErrors Fatal(CI->getDiagnostics());
  Early->FlushDiagnostics(CI->getDiagnostics());
  if (!Valid)
    return 1;

  bool Success;
  {
    TimeTraceScope Scope("ExecuteCompiler");
    bool Timed = CI->getCodeGenOpts().TimePasses;
    if (Timed)
      CI->createFrontendTimer();
    TimeRegion Region(Timed ? &CI->getFrontendTimer() : nullptr);
    Success = execute(S, *CI, This);
    // What was written may be written. (Standard input, as such, is read past the file system.)
    This.LacksDebugInfo &=
        Success && FE.Inputs.front().getFile() != "-" && sys::fs::is_regular_file(FE.OutputFile);
    if (Describes && !writeReads(*This.Read, S.Config.debug_files))
      Success = false;
  }
  if (!Diagnostics) {
    std::unique_ptr<raw_ostream> Info = CreateInfoOutputFile();
    if (CI->getCodeGenOpts().TimePassesJson) {
      *Info << "{\n";
      TimerGroup::printAllJSONValues(*Info, "");
      *Info << "\n}\n";
    } else if (!CI->getCodeGenOpts().TimePassesStatsFile) {
      TimerGroup::printAll(*Info);
    }
    TimerGroup::clearAll();
  }
  if (timeTraceProfilerEnabled()) {
    if (auto Out = CI->createOutputFile(FE.TimeTracePath, /*Binary=*/false, /*RemoveFileOnSignal=*/false,
                                        /*UseTemporary=*/false)) {
      timeTraceProfilerWrite(*Out);
      Out.reset();
      CI->clearOutputFiles(/*EraseFiles=*/false);
    }
    timeTraceProfilerCleanup();
  }
  if (FE.DisableFree) {
    // The consumer alone is destroyed: it may have output to finish. The process ends soon.
    CI->getDiagnosticClient().~DiagnosticConsumer();
    BuryPointer(std::move(CI));
  }
  return !Success;
}

int autojit::runCC1(const Shim &S, ArrayRef<const char *> Args, const char *Argv0, raw_ostream *Diagnostics) {
  Attempt First;
  int Status = ::runCC1(S, Args, Argv0, Diagnostics, First);
  if (!First.LacksDebugInfo)
    return Status;
  // Data and static code alone: no daemon is ever asked for such a unit. What there is to say was said.
  Attempt Second{/*KeepsDebugInfo=*/true, /*LacksDebugInfo=*/false, First.Read};
  // If it fails where the first did not, the object without debug information stays.
  ::runCC1(S, Args, Argv0, &nulls(), Second);
  return Status;
}

void autojit::catchFatalErrors(bool Catches) {
  CatchesForAll = Catches;
  if (Catches)
    install_fatal_error_handler(onFatalError);
  else
    remove_fatal_error_handler();
  if (HasLeftFiles.exchange(false))
    sys::RunInterruptHandlers();
}
