// The integrated assembler: a -cc1as job.
//
// clang's driver makes such a job of every assembler file, in a process of its own. clang's own tool for it
// is part of the clang executable and in no library, so this one is written against the public interfaces of
// LLVM's MC layer. It takes every option that the driver passes to the tool and answers with the same bytes
// and the same words.
//
// The object is made in memory and gets its name only when it is whole: an interrupted or failing job leaves
// no half of an object behind for make to take.

#include "internal.h"
#include "clang/Basic/Diagnostic.h"
#include "clang/Basic/DiagnosticDriver.h"
#include "clang/Basic/DiagnosticFrontend.h"
#include "clang/Basic/DiagnosticOptions.h"
#include "clang/Frontend/TextDiagnosticPrinter.h"
#include "clang/Options/OptionUtils.h"
#include "clang/Options/Options.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/MC/MCAsmBackend.h"
#include "llvm/MC/MCAsmInfo.h"
#include "llvm/MC/MCCodeEmitter.h"
#include "llvm/MC/MCContext.h"
#include "llvm/MC/MCInstPrinter.h"
#include "llvm/MC/MCInstrInfo.h"
#include "llvm/MC/MCObjectFileInfo.h"
#include "llvm/MC/MCObjectWriter.h"
#include "llvm/MC/MCParser/MCAsmParser.h"
#include "llvm/MC/MCParser/MCTargetAsmParser.h"
#include "llvm/MC/MCRegisterInfo.h"
#include "llvm/MC/MCStreamer.h"
#include "llvm/MC/MCSubtargetInfo.h"
#include "llvm/MC/MCTargetOptions.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FormattedStream.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/Timer.h"
#include "llvm/Support/VirtualFileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"
#include <cstdlib>

using namespace clang;
using namespace clang::options;
using namespace llvm;

namespace {

enum class Output { Assembly, Nothing, Object };

// What the options ask for, beside what MCTargetOptions holds and what is plainly read from the argument
// list.
struct Job {
  Triple Target;
  Output Kind = Output::Assembly;
  std::string Input = "-";
  std::string OutputPath;
  std::string DwoPath;
  unsigned DwarfVersion = 2;
  unsigned AsmVariant = 0;
  MCTargetOptions MC;
};

std::string join(const opt::ArgList &Args, opt::OptSpecifier Id) {
  return llvm::join(Args.getAllArgValues(Id), ",");
}

// Reports what clang's option table does not know, and options without their value.
void checkSpelling(const opt::OptTable &Table, const opt::ArgList &Args, unsigned MissingIndex,
                   unsigned MissingCount, DiagnosticsEngine &Diags) {
  if (MissingCount)
    Diags.Report(diag::err_drv_missing_argument) << Args.getArgString(MissingIndex) << MissingCount;
  for (const opt::Arg *A : Args.filtered(OPT_UNKNOWN)) {
    std::string Spelling = A->getAsString(Args), Nearest;
    if (Table.findNearest(Spelling, Nearest, opt::Visibility(CC1AsOption)) > 1)
      Diags.Report(diag::err_drv_unknown_argument) << Spelling;
    else
      Diags.Report(diag::err_drv_unknown_argument_with_suggestion) << Spelling << Nearest;
  }
}

// The options that go to LLVM as they are.
void readTargetOptions(const opt::ArgList &Args, MCTargetOptions &MC) {
  MC.MCRelaxAll = Args.hasArg(OPT_mrelax_all);
  MC.MCNoExecStack = Args.hasArg(OPT_mno_exec_stack);
  MC.MCFatalWarnings = Args.hasArg(OPT_massembler_fatal_warnings);
  MC.MCNoWarn = Args.hasArg(OPT_massembler_no_warn);
  MC.MCNoTypeCheck = Args.hasArg(OPT_mno_type_check);
  MC.MCSaveTempLabels = Args.hasArg(OPT_msave_temp_labels);
  MC.MCIncrementalLinkerCompatible = Args.hasArg(OPT_mincremental_linker_compatible);
  MC.ShowMCEncoding = Args.hasArg(OPT_show_encoding);
  MC.ShowMCInst = Args.hasArg(OPT_show_inst);
  MC.AsmVerbose = true; // the two above are comments
  MC.Dwarf64 = Args.hasArg(OPT_gdwarf64);
  MC.Crel = Args.hasArg(OPT_crel);
  MC.ImplicitMapSyms = Args.hasArg(OPT_mmapsyms_implicit);
  MC.X86RelaxRelocations = !Args.hasArg(OPT_mrelax_relocations_no);
  MC.X86Sse2Avx = Args.hasArg(OPT_msse2avx);
  MC.EmitCompactUnwindNonCanonical = Args.hasArg(OPT_femit_compact_unwind_non_canonical);
  MC.EmitSFrameUnwind = Args.hasArg(OPT_gsframe);
  MC.ABIName = Args.getLastArgValue(OPT_target_abi).str();
  MC.AsSecureLogFile = Args.getLastArgValue(OPT_as_secure_log_file).str();
  MC.IASSearchPaths = Args.getAllArgValues(OPT_I);
  MC.EmitDwarfUnwind = StringSwitch<EmitDwarfUnwindType>(Args.getLastArgValue(OPT_femit_dwarf_unwind_EQ))
                           .Case("always", EmitDwarfUnwindType::Always)
                           .Case("no-compact-unwind", EmitDwarfUnwindType::NoCompactUnwind)
                           .Default(EmitDwarfUnwindType::Default);
  MC.CompressDebugSections =
      StringSwitch<DebugCompressionType>(Args.getLastArgValue(OPT_compress_debug_sections_EQ))
          .Case("zlib", DebugCompressionType::Zlib)
          .Case("zstd", DebugCompressionType::Zstd)
          .Default(DebugCompressionType::None);
}

Job readJob(const opt::ArgList &Args, DiagnosticsEngine &Diags) {
  Job J;
  if (const opt::Arg *A = Args.getLastArg(OPT_triple))
    J.Target = Triple(Triple::normalize(A->getValue()));
  else
    J.Target = Triple(sys::getDefaultTargetTriple());
  if (const opt::Arg *A = Args.getLastArg(OPT_filetype)) {
    StringRef Kind = A->getValue();
    J.Kind =
        StringSwitch<Output>(Kind).Case("null", Output::Nothing).Case("obj", Output::Object).Default(J.Kind);
    if (J.Kind == Output::Assembly && Kind != "asm")
      Diags.Report(diag::err_drv_invalid_value) << A->getAsString(Args) << Kind;
  }
  bool HaveInput = false;
  for (const opt::Arg *A : Args.filtered(OPT_INPUT)) {
    if (std::exchange(HaveInput, true))
      Diags.Report(diag::err_drv_unknown_argument) << A->getAsString(Args);
    else
      J.Input = A->getValue();
  }
  J.OutputPath = Args.getLastArgValue(OPT_o, "-").str();
  J.DwoPath = Args.getLastArgValue(OPT_split_dwarf_output).str();
  J.DwarfVersion = getLastArgIntValue(Args, OPT_dwarf_version_EQ, 2, Diags);
  J.AsmVariant = getLastArgIntValue(Args, OPT_output_asm_variant, 0, Diags);
  readTargetOptions(Args, J.MC);
  return J;
}

// What debug information made for assembler source says about where it comes from.
void describeSource(const opt::ArgList &Args, const Job &J, StringRef Source, MCContext &Ctx) {
  SmallString<128> Directory(Args.getLastArgValue(OPT_fdebug_compilation_dir_EQ));
  if (Directory.empty())
    (void)sys::fs::current_path(Directory);
  Ctx.setCompilationDir(Directory);
  for (StringRef Map : Args.getAllArgValues(OPT_fdebug_prefix_map_EQ)) {
    auto [From, To] = Map.split('=');
    Ctx.addDebugPrefixMapEntry(From.str(), To.str());
  }
  if (StringRef Name = Args.getLastArgValue(OPT_main_file_name); !Name.empty())
    Ctx.setMainFileName(Name);
  Ctx.setDwarfDebugFlags(Args.getLastArgValue(OPT_dwarf_debug_flags));
  Ctx.setDwarfDebugProducer(Args.getLastArgValue(OPT_dwarf_debug_producer));
  Ctx.setDwarfFormat(J.MC.Dwarf64 ? dwarf::DWARF64 : dwarf::DWARF32);
  Ctx.setDwarfVersion(J.DwarfVersion);
  if (Args.hasArg(OPT_debug_info_kind_EQ)) {
    Ctx.setGenDwarfForAssembly(true);
    Ctx.setGenDwarfRootFile(J.Input, Source);
  }
}

// The results of a job, not yet in files.
struct Results {
  SmallVector<char, 0> Main;
  SmallVector<char, 0> Dwo;
};

// Assembles into `Out`. Returns true on success; else it has been said why.
bool assemble(const opt::ArgList &Args, const Job &J, DiagnosticsEngine &Diags, Results &Out) {
  std::string LookupError;
  const Target *T = TargetRegistry::lookupTarget(J.Target, LookupError);
  if (!T) {
    Diags.Report(diag::err_target_unknown_triple) << J.Target.str();
    return false;
  }
  ErrorOr<std::unique_ptr<MemoryBuffer>> Buffer = MemoryBuffer::getFileOrSTDIN(J.Input, /*IsText=*/true);
  if (!Buffer) {
    Diags.Report(diag::err_fe_error_reading) << J.Input << Buffer.getError().message();
    return false;
  }
  SourceMgr Sources;
  StringRef Source = (*Buffer)->getBuffer();
  Sources.AddNewSourceBuffer(std::move(*Buffer), SMLoc());
  Sources.setIncludeDirs(J.MC.IASSearchPaths);
  Sources.setVirtualFileSystem(vfs::getRealFileSystem());

  StringRef CPU = Args.getLastArgValue(OPT_target_cpu);
  std::string Features = join(Args, OPT_target_feature);
  std::unique_ptr<MCRegisterInfo> Registers(T->createMCRegInfo(J.Target));
  std::unique_ptr<MCAsmInfo> AsmInfo(T->createMCAsmInfo(*Registers, J.Target, J.MC));
  std::unique_ptr<MCInstrInfo> Instructions(T->createMCInstrInfo());
  std::unique_ptr<MCSubtargetInfo> Subtarget(T->createMCSubtargetInfo(J.Target, CPU, Features));
  if (!Subtarget) {
    Diags.Report(diag::err_fe_unable_to_create_subtarget) << CPU << Features.empty() << Features;
    return false;
  }
  MCContext Ctx(J.Target, AsmInfo.get(), Registers.get(), Subtarget.get(), &Sources, &J.MC);
  bool PIC = Args.getLastArgValue(OPT_mrelocation_model, "pic") == "pic";
  std::unique_ptr<MCObjectFileInfo> Sections(T->createMCObjectFileInfo(Ctx, PIC));
  Ctx.setObjectFileInfo(Sections.get());
  describeSource(Args, J, Source, Ctx);

  raw_svector_ostream Main(Out.Main), Dwo(Out.Dwo);
  std::unique_ptr<MCStreamer> Streamer;
  if (J.Kind == Output::Nothing) {
    Streamer.reset(T->createNullStreamer(Ctx));
  } else {
    std::unique_ptr<MCAsmBackend> Backend(T->createMCAsmBackend(*Subtarget, *Registers, J.MC));
    std::unique_ptr<MCCodeEmitter> Emitter;
    if (J.Kind == Output::Object || J.MC.ShowMCEncoding)
      Emitter.reset(T->createMCCodeEmitter(*Instructions, Ctx));
    if (J.Kind == Output::Object) {
      std::unique_ptr<MCObjectWriter> Writer =
          J.DwoPath.empty() ? Backend->createObjectWriter(Main) : Backend->createDwoObjectWriter(Main, Dwo);
      Streamer.reset(T->createMCObjectStreamer(J.Target, Ctx, std::move(Backend), std::move(Writer),
                                               std::move(Emitter), *Subtarget));
    } else {
      std::unique_ptr<MCInstPrinter> Printer(
          T->createMCInstPrinter(J.Target, J.AsmVariant, *AsmInfo, *Instructions, *Registers));
      Streamer.reset(T->createAsmStreamer(Ctx, std::make_unique<formatted_raw_ostream>(Main),
                                          std::move(Printer), std::move(Emitter), std::move(Backend)));
    }
  }

  std::unique_ptr<MCAsmParser> Parser(createMCAsmParser(Sources, Ctx, *Streamer, *AsmInfo));
  std::unique_ptr<MCTargetAsmParser> TargetParser(
      T->createMCAsmParser(*Subtarget, *Parser, *Instructions, J.MC));
  if (!TargetParser) {
    Diags.Report(diag::err_target_unknown_triple) << J.Target.str();
    return false;
  }
  for (StringRef Definition : Args.getAllArgValues(OPT_defsym)) {
    auto [Name, Text] = Definition.split('=');
    int64_t Value = 0;
    (void)Text.getAsInteger(0, Value); // clang's driver has checked it
    Ctx.setSymbolValue(Parser->getStreamer(), Name, Value);
  }
  Parser->setTargetParser(*TargetParser);
  bool Failed = Parser->Run(Args.hasArg(OPT_n));
  return !Failed;
}

// Puts bytes where a path says: beside it first and then renamed, unless it is a device, a pipe or stdout.
bool write(StringRef Path, ArrayRef<char> Bytes, DiagnosticsEngine &Diags) {
  auto Report = [&](std::error_code EC) {
    Diags.Report(diag::err_fe_unable_to_open_output) << Path << EC.message();
    return false;
  };
  sys::fs::file_status Status;
  bool Exists = !sys::fs::status(Path, Status);
  if (Exists && Path != "-") {
    // A rename would need only the directory to be writable.
    if (std::error_code EC = sys::fs::access(Path, sys::fs::AccessMode::Write))
      return Report(EC);
    if (Status.type() != sys::fs::file_type::regular_file) {
      std::error_code EC;
      raw_fd_ostream Direct(Path, EC);
      if (EC)
        return Report(EC);
      Direct.write(Bytes.data(), Bytes.size());
      Direct.close();
      EC = Direct.error();
      Direct.clear_error();
      return EC ? Report(EC) : true;
    }
  }
  if (Error E = writeToOutput(Path, [&](raw_ostream &OS) {
        OS.write(Bytes.data(), Bytes.size());
        return Error::success();
      }))
    return Report(errorToErrorCode(std::move(E)));
  return true;
}

// What an earlier run left must not be taken for the result of this one.
void removeOutput(StringRef Path) {
  sys::fs::file_status Status;
  if (Path != "-" && !sys::fs::status(Path, Status) && Status.type() == sys::fs::file_type::regular_file)
    (void)sys::fs::remove(Path);
}

bool parseLLVMArgs(const opt::ArgList &Args) {
  std::vector<const char *> Argv{"clang (LLVM option parsing)"};
  for (const opt::Arg *A : Args.filtered(OPT_mllvm))
    Argv.push_back(A->getValue());
  return Argv.size() == 1 || cl::ParseCommandLineOptions(Argv.size(), Argv.data());
}

void onFatalError(void *User, const char *Message, bool) {
  static_cast<DiagnosticsEngine *>(User)->Report(diag::err_fe_error_backend) << Message;
  sys::RunInterruptHandlers();
  ::exit(1);
}

} // namespace

int autojit::runCC1As(ArrayRef<const char *> Argv, const char *) {
  DiagnosticOptions DiagOpts;
  auto *Printer = new TextDiagnosticPrinter(errs(), DiagOpts);
  Printer->setPrefix("clang -cc1as");
  DiagnosticsEngine Diags(DiagnosticIDs::create(), DiagOpts, Printer);
  ScopedFatalErrorHandler OnFatalError(onFatalError, &Diags);

  const opt::OptTable &Table = getDriverOptTable();
  unsigned MissingIndex, MissingCount;
  opt::InputArgList Args =
      Table.ParseArgs(Argv, MissingIndex, MissingCount, opt::Visibility(options::CC1AsOption));
  checkSpelling(Table, Args, MissingIndex, MissingCount, Diags);
  Job J = readJob(Args, Diags);
  if (Diags.hasErrorOccurred())
    return 1;
  if (Args.hasArg(OPT_help)) {
    Table.printHelp(outs(), "clang -cc1as [options] file...", "Clang Integrated Assembler",
                    /*ShowHidden=*/false,
                    /*ShowAllAliases=*/false, opt::Visibility(options::CC1AsOption));
    return 0;
  }
  if (Args.hasArg(OPT_version)) {
    cl::PrintVersionMessage();
    return 0;
  }
  if (!parseLLVMArgs(Args))
    return 1;

  Results Out;
  bool Done = assemble(Args, J, Diags, Out) && write(J.OutputPath, Out.Main, Diags) &&
              (J.DwoPath.empty() || write(J.DwoPath, Out.Dwo, Diags));
  if (!Done) {
    removeOutput(J.OutputPath);
    removeOutput(J.DwoPath);
  }
  TimerGroup::printAll(errs());
  return Done ? 0 : 1;
}
