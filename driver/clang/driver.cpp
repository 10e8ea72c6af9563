// clang's driver on the exact argument vector.
//
// clang builds the list of jobs and runs it; only three things differ: compile jobs run in this process (in
// parallel if there are several), jobs that need a process of their own run this executable, and the linker
// gets the runtime.

#include "clang/Driver/Driver.h"
#include "internal.h"
#include "clang/Basic/DiagnosticOptions.h"
#include "clang/Basic/Stack.h"
#include "clang/Driver/Compilation.h"
#include "clang/Driver/Tool.h"
#include "clang/Driver/ToolChain.h"
#include "clang/Frontend/ChainedDiagnosticConsumer.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "clang/Frontend/SerializedDiagnosticPrinter.h"
#include "clang/Frontend/TextDiagnosticPrinter.h"
#include "clang/Frontend/Utils.h"
#include "clang/Options/Options.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/Errno.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/StringSaver.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Support/Timer.h"
#include "llvm/Support/VirtualFileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

using namespace clang;
using namespace clang::driver;
using namespace llvm;

namespace {

using Args = SmallVector<const char *, 256>;

// Compile jobs of one command, run ahead of the driver's walk over its job list.
//
// clang's driver runs jobs one after the other. When it asks for the first compile job, all are run, each
// with its diagnostics in a buffer; every later request just hands out its result. So the order of messages
// and the handling of failures stay clang's.
class ParallelJobs {
public:
  ParallelJobs(const autojit::Shim &S, const Compilation &C) : S(S) {
    if (std::find_if(C.getArgs().begin(), C.getArgs().end(), writesToTheTerminal) != C.getArgs().end())
      return;
    // What another job makes does not exist yet (-no-integrated-cpp, modules).
    StringSet<> Made;
    for (const Command &J : C.getJobs())
      for (const std::string &O : J.getOutputFilenames())
        Made.insert(O);
    auto Waits = [&](const Command &J) {
      return any_of(J.getInputInfos(),
                    [&](const InputInfo &I) { return I.isFilename() && Made.contains(I.getFilename()); });
    };
    for (const Command &J : C.getJobs())
      if (J.InProcess && isObjectJob(J) && !Waits(J))
        Jobs.push_back({&J, 0, std::string()});
    // Two files of one name in two folders have the same output, and -MF names one file for all: the last one
    // wins, as if one came after the other.
    StringSet<> Outputs;
    bool Distinct = all_of(Jobs, [&](const Job &J) {
      for (StringRef Option : {"-dependency-file", "-serialize-diagnostic-file", "-diagnostic-log-file"}) {
        auto All = ArrayRef<const char *>(J.Source->getArguments());
        auto At = find_if(All, [&](const char *A) { return Option == A; });
        if (At != All.end() && At + 1 != All.end() && !Outputs.insert(At[1]).second)
          return false;
      }
      return all_of(J.Source->getOutputFilenames(),
                    [&](const std::string &O) { return Outputs.insert(O).second; });
    });
    if (Jobs.size() < 2 || !Distinct)
      Jobs.clear();
  }

  // Runs everything at the first call. Returns nullopt for a job that is not one of these.
  std::optional<int> take(ArrayRef<const char *> Argv) {
    for (Job &J : Jobs) {
      if (!ArrayRef<const char *>(J.Source->getArguments()).equals(Argv.drop_front()))
        continue;
      if (!std::exchange(Started, true)) {
        autojit::catchFatalErrors(true);
        S.Hooks.run_parallel(S.Hooks.user, Jobs.size(), run, this);
        autojit::catchFatalErrors(false);
      }
      errs() << J.Diagnostics;
      return J.Status;
    }
    return std::nullopt;
  }

private:
  struct Job {
    const Command *Source;
    int Status;
    std::string Diagnostics;
  };

  static bool isObjectJob(const Command &J) {
    return !J.getArguments().empty() && StringRef(J.getArguments().front()) == "-cc1" &&
           is_contained(map_range(J.getArguments(), [](const char *A) { return StringRef(A); }), "-emit-obj");
  }

  // Options whose output is not a diagnostic and so can't be kept apart per job, and those that set global
  // state.
  static bool writesToTheTerminal(const opt::Arg *A) {
    for (auto Id : {options::OPT_v, options::OPT_H, options::OPT_ftime_report, options::OPT_ftime_report_EQ,
                    options::OPT_ftime_trace, options::OPT_ftime_trace_EQ, options::OPT_mllvm,
                    options::OPT_print_stats, options::OPT_fplugin_EQ, options::OPT_fdiagnostics_format_EQ,
                    options::OPT_save_stats, options::OPT_save_stats_EQ})
      if (A->getOption().matches(Id))
        return true;
    return false;
  }

  static void run(void *Self, size_t I) {
    auto &P = *static_cast<ParallelJobs *>(Self);
    Job &J = P.Jobs[I];
    raw_string_ostream OS(J.Diagnostics);
    CrashRecoveryContext CRC;
    CRC.DumpStackAndCleanupOnFailure = true;
    bool Survived = CRC.RunSafely([&] {
      noteBottomOfStack(/*ForceSet=*/true);
      auto All = ArrayRef<const char *>(J.Source->getArguments());
      J.Status = autojit::runCC1(P.S, All.drop_front(), J.Source->getExecutable(), &OS);
    });
    if (!Survived)
      J.Status = CRC.RetCode;
  }

  const autojit::Shim &S;
  std::vector<Job> Jobs;
  bool Started = false;
};

int runTool(const autojit::Shim &S, SmallVectorImpl<const char *> &Argv) {
  cl::ResetAllOptionOccurrences();
  BumpPtrAllocator A;
  cl::ExpansionContext Expansion(A, cl::TokenizeGNUCommandLine);
  if (Error E = Expansion.expandResponseFiles(Argv)) {
    errs() << toString(std::move(E)) << '\n';
    return 1;
  }
  StringRef Tool = Argv[1];
  if (Tool == "-cc1")
    return autojit::runCC1(S, ArrayRef<const char *>(Argv).drop_front(2), Argv[0], nullptr);
  if (Tool == "-cc1as")
    return autojit::runCC1As(ArrayRef<const char *>(Argv).drop_front(2), Argv[0]);
  errs() << "error: unknown integrated tool '" << Tool << "'. Valid tools include '-cc1' and '-cc1as'.\n";
  return 1;
}

bool isLink(const Command &J) {
  return J.getSource().getKind() == Action::LinkJobClass && J.getCreator().isLinkJob();
}

// What -O means for link-time optimization, as clang tells linkers under -flto; -1 without -O.
int8_t linkLevel(const opt::ArgList &Args) {
  const opt::Arg *A = Args.getLastArg(options::OPT_O_Group);
  if (!A)
    return -1;
  if (A->getOption().matches(options::OPT_O0))
    return 0;
  if (A->getOption().matches(options::OPT_O4) || A->getOption().matches(options::OPT_Ofast))
    return 3;
  StringRef Level = A->getValue();
  if (Level.empty() || Level == "g")
    return 1;
  if (Level == "s" || Level == "z")
    return 2;
  int8_t Number;
  return Level.getAsInteger(10, Number) ? -1 : std::min<int8_t>(Number, 3);
}

// A linker whose arguments are completed when all that it reads exists: what has to be done to its inputs is
// for the inputs to say. It is printed (-v) just before it is run, so whichever comes first completes it.
class LinkCommand : public Command {
public:
  LinkCommand(const Command &Plain, const autojit::Shim &S, Compilation &C) : Command(Plain), S(S), C(C) {}

  void Print(raw_ostream &OS, const char *Terminator, bool Quote, CrashReportInfo *CrashInfo) const override {
    complete();
    if (Complete)
      Complete->Print(OS, Terminator, Quote, CrashInfo);
  }

  int Execute(ArrayRef<std::optional<StringRef>> Redirects, std::string *ErrMsg,
              bool *ExecutionFailed) const override {
    complete();
    if (!Complete)
      return 1;
    if (!MayRetry || !Redirects.empty())
      return Complete->Execute(Redirects, ErrMsg, ExecutionFailed);
    // What the linker has to say is looked at before it is shown.
    int Complaint = memfd_create("complaint", MFD_CLOEXEC);
    SmallString<64> File(("/proc/self/fd/" + Twine(Complaint)).str());
    if (Complaint < 0 || !sys::fs::exists(File)) {
      if (Complaint >= 0)
        ::close(std::exchange(Complaint, -1));
      // As the files that the linker reads (driver/src/link/memory.rs).
      if (sys::fs::createTemporaryFile("autojit-complaint", "txt", File))
        return Complete->Execute(Redirects, ErrMsg, ExecutionFailed);
      sys::RemoveFileOnSignal(File);
    }
    int Result = Complete->Execute({std::nullopt, std::nullopt, StringRef(File)}, ErrMsg, ExecutionFailed);
    std::string Text;
    if (ErrorOr<std::unique_ptr<MemoryBuffer>> Buffer = MemoryBuffer::getFileAsStream(File))
      Text = (*Buffer)->getBuffer().str();
    if (Complaint >= 0)
      ::close(Complaint);
    else
      sys::fs::remove(File);
    if (Result > 0 && edit(Text.c_str()))
      return Complete->Execute(Redirects, ErrMsg, ExecutionFailed);
    errs() << Text;
    return Result;
  }

private:
  void complete() const {
    if (!std::exchange(Tried, true))
      edit(nullptr);
  }

  // Takes the arguments that belong to a first try, or to another one after a complaint. False if there are
  // none.
  bool edit(const char *Complaint) const {
    struct Push {
      const opt::ArgList &Owner;
      opt::ArgStringList New;
    } P{C.getArgs(), {}};
    AjLink Link{getExecutable(),        getArguments().size(),
                getArguments().data(),  C.getDriver().isUsingLTO(),
                linkLevel(C.getArgs()), Complaint};
    int Answer = S.Hooks.edit_link(
        S.Hooks.user, &Link,
        [](void *Arg, const char *Text) {
          auto &P = *static_cast<Push *>(Arg);
          P.New.push_back(P.Owner.MakeArgString(Text));
        },
        &P);
    MayRetry = Answer == AJ_LINK_MAY_RETRY;
    if (Answer == AJ_LINK_ERROR || Answer == AJ_LINK_AS_IT_IS)
      return false;
    // With what clang's driver has noted meanwhile: a response file, redirections.
    Complete.emplace(static_cast<const Command &>(*this));
    Complete->replaceArguments(std::move(P.New));
    // What was added, or taken out of response files to be changed, may be too much for a command line.
    if (Complete->getResponseFileSupport().ResponseKind != ResponseFileSupport::RF_None &&
        !sys::commandLineFitsWithinSystemLimits(Complete->getExecutable(), Complete->getArguments())) {
      std::string File = C.getDriver().GetTemporaryPath("response", "txt");
      Complete->setResponseFile(C.addTempFile(C.getArgs().MakeArgString(File)));
    }
    return true;
  }

  const autojit::Shim &S;
  Compilation &C;
  mutable bool Tried = false;
  mutable bool MayRetry = false;
  mutable std::optional<Command> Complete;
};

// Gives jobs of their own process this executable, and the linker the runtime.
void editJobs(const autojit::Shim &S, Compilation &C) {
  bool Host = C.getDefaultToolChain().getTriple().getArch() == Triple::x86_64 &&
              C.getDefaultToolChain().getTriple().isOSLinux();
  SmallVector<std::unique_ptr<Command>, 4> Jobs;
  for (Command &J : C.getJobs()) {
    StringRef First = J.getArguments().empty() ? "" : J.getArguments().front();
    if (First == "-cc1" || First == "-cc1as")
      J.replaceExecutable(S.Config.self);
    if (First == "-cc1")
      // The time and memory of a job are those of its process.
      J.InProcess = C.getDriver().CC1Main && !C.getDriver().CCPrintProcessStats;
  }
  if (!S.Config.lazy || !Host || none_of(C.getJobs(), isLink))
    return;
  for (Command &J : C.getJobs())
    Jobs.push_back(isLink(J) ? std::make_unique<LinkCommand>(J, S, C) : nullptr);
  // Only commands that link are new ones; a list of jobs can't be changed in place.
  auto &All = const_cast<JobList::list_type &>(C.getJobs().getJobs());
  for (auto [New, Old] : zip_equal(Jobs, All))
    if (New)
      Old = std::move(New);
}

// The environment variables by which clang's driver is told to log what it does.
bool readLogVariables(Driver &D) {
  auto Check = [](auto &&SetOption, StringRef Variable, std::string *File) {
    const char *Value = ::getenv(Variable.str().c_str());
    if (!Value)
      return;
    SetOption();
    if (const char *Name = ::getenv((Variable + "_FILE").str().c_str()); File && Name)
      *File = Name;
  };
  Check([&] { D.CCPrintOptions = true; }, "CC_PRINT_OPTIONS", &D.CCPrintOptionsFilename);
  Check([&] { D.CCLogDiagnostics = true; }, "CC_LOG_DIAGNOSTICS", &D.CCLogDiagnosticsFilename);
  Check([&] { D.CCPrintProcessStats = true; }, "CC_PRINT_PROC_STAT", &D.CCPrintStatReportFilename);
  if (D.CCPrintProcessStats && D.CCPrintStatReportFilename.empty())
    if (const char *Name = ::getenv("CC_PRINT_PROC_STAT_FILE"))
      D.CCPrintStatReportFilename = Name;
  return true;
}

bool executes(const Compilation &C) {
  return !C.getArgs().hasArg(options::OPT__HASH_HASH_HASH) && !C.containsError();
}

[[noreturn]] void handOver(const char *Clang, const Args &Argv) {
  std::vector<char *> New;
  for (const char *A : Argv)
    if (A)
      New.push_back(const_cast<char *>(A));
  New.push_back(nullptr);
  ::execv(Clang, New.data());
  errs() << "autojit-cc: error: cannot run '" << Clang << "': " << sys::StrError(errno) << "\n";
  ::_exit(1);
}

// Whether it asks what the targets are, or their processors, of which this executable has one.
bool asksForTargets(const char *Argument) {
  StringRef Name(Argument ? Argument : "");
  if (!Name.consume_front("-"))
    return false;
  Name.consume_front("-");
  return is_contained({"print-targets", "print-supported-cpus", "print-supported-extensions",
                       "print-enabled-extensions", "mcpu=help", "mtune=help", "mcpu=?", "mtune=?"},
                      Name);
}

int runDriver(const autojit::Shim &S, Args &Argv, const Args &Original, vfs::FileSystem &VFS,
              BumpPtrAllocator &Alloc) {
  StringSaver Saver(Alloc);
  StringSet<> Saved;
  if (const char *Override = ::getenv("CCC_OVERRIDE_OPTIONS"))
    applyOverrideOptions(Argv, Override, Saved, "CCC_OVERRIDE_OPTIONS", &errs());

  std::unique_ptr<DiagnosticOptions> DiagOpts = CreateAndPopulateDiagOpts(Argv);
  DiagOpts->DiagnosticSuppressionMappingsFile.clear();
  auto *Printer = new TextDiagnosticPrinter(errs(), *DiagOpts);
  Printer->setPrefix(sys::path::stem(Argv[0]).str());
  DiagnosticsEngine Diags(DiagnosticIDs::create(), *DiagOpts, Printer);
  if (!DiagOpts->DiagnosticSerializationFile.empty())
    Diags.setClient(new ChainedDiagnosticConsumer(
        Diags.takeClient(), serialized_diags::create(DiagOpts->DiagnosticSerializationFile, *DiagOpts,
                                                     /*MergeChildRecords=*/true)));
  ProcessWarningOptions(Diags, *DiagOpts, VFS, /*ReportDiags=*/false);

  Driver D(S.Config.clang, sys::getDefaultTargetTriple(), Diags, "clang LLVM compiler", &VFS);
  ParsedClangName Name = ToolChain::getTargetAndModeFromProgramName(Argv[0]);
  // The installation's clang knows more of them than this one.
  Name.TargetIsValid |= Triple(Name.TargetPrefix).getArch() != Triple::UnknownArch;
  D.setTargetAndMode(Name);
  if (S.Config.program_dir)
    D.PrefixDirs.push_back(S.Config.program_dir);
  // The name decides the mode (c++), and a target in front of it the target, before any option can.
  SmallVector<const char *, 2> FromName;
  if (Name.TargetIsValid)
    FromName.push_back(Saver.save("--target=" + Name.TargetPrefix).data());
  if (Name.DriverMode)
    FromName.push_back(Name.DriverMode);
  Argv.insert(Argv.begin() + 1, FromName.begin(), FromName.end());
  readLogVariables(D);

  std::optional<ParallelJobs> Parallel;
  auto CC1Main = [&](SmallVectorImpl<const char *> &Job) {
    if (Parallel)
      if (std::optional<int> Status = Parallel->take(ArrayRef<const char *>(Job)))
        return *Status;
    return runTool(S, Job);
  };
  bool InProcess = true;
  for (const char *A : Argv)
    if (A)
      InProcess = StringSwitch<bool>(A)
                      .Case("-fno-integrated-cc1", false)
                      .Case("-fintegrated-cc1", true)
                      .Default(InProcess);
  if (InProcess) {
    D.CC1Main = CC1Main;
    CrashRecoveryContext::Enable();
  }

  if (S.Config.real_clang && any_of(Argv, asksForTargets)) {
    Diags.getClient()->finish();
    handOver(S.Config.real_clang, Original);
  }
  std::unique_ptr<Compilation> C(D.BuildCompilation(Argv));
  if (!C)
    return 1;
  if (S.Config.real_clang && !C->getDefaultToolChain().getTriple().isX86() && !C->getJobs().empty()) {
    Diags.getClient()->finish();
    handOver(S.Config.real_clang, Original);
  }

  int Result = 1, Failed = 0;
  if (!C->containsError()) {
    if (executes(*C)) {
      editJobs(S, *C);
      Parallel.emplace(S, *C);
    }
    SmallVector<std::pair<int, const Command *>, 4> Failing;
    Result = D.ExecuteCompilation(*C, Failing);
    for (const auto &[Status, Job] : Failing) {
      if (!Result)
        Result = Status;
      Failed = Status;
      if (Status < 0 || Status == 70 || Status > 128) {
        D.generateCompilationDiagnostics(*C, *Job);
        // What a fatal error of code generation ends with, clang makes a plain failure.
        if (Status == 70)
          Result = 1;
        break;
      }
    }
  }
  Diags.getClient()->finish();
  TimerGroup::printAll(errs());
  TimerGroup::clearAll();
  if (Failed > 128 && Failed != 255) {
    sys::unregisterHandlers();
    ::raise(Failed - 128);
  }
  return Result;
}

} // namespace

void autojit::initializeTarget() {
  static const bool Done = [] {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMInitializeX86AsmParser();
    return true;
  }();
  (void)Done;
}

void aj_remove_on_signal(const char *path) { sys::RemoveFileOnSignal(path); }

int aj_clang_main(int argc, const char *const *argv, const AjConfig *config, const AjHooks *hooks) {
  noteBottomOfStack();
  autojit::Shim S{*config, *hooks};
  if (sys::Process::FixupStandardFileDescriptors())
    return 1;
  autojit::initializeTarget();

  Args Argv(argv, argv + argc);
  const Args Original = Argv;
  BumpPtrAllocator Alloc;
  auto VFS = vfs::getRealFileSystem();
  if (Error E = expandResponseFiles(Argv, /*ClangCLMode=*/false, Alloc, VFS.get())) {
    errs() << toString(std::move(E)) << '\n';
    return 1;
  }
  if (Argv.size() >= 2 && StringRef(Argv[1]).starts_with("-cc1"))
    return runTool(S, Argv);
  return runDriver(S, Argv, Original, *VFS, Alloc);
}
