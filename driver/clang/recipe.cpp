// What a unit can be compiled from once more, for a debugger.
//
// Debug information is not made when a unit is built: it costs as much as all else. Instead the object keeps
// the front end's arguments and a hash of every file that was read, in the order in which they were: the same
// compile reads the same files in the same order, so no name has to be kept. Files are seen below clang's
// file manager, because only there nothing can be missed (precompiled headers, module maps, overlays).
//
// What is no regular file (a pipe, a terminal) can't be read once more: a unit that was made of such has no
// recipe, and if it is compiled a second time at once, it gets what was read the first time.

#include "internal.h"
#include "clang/Frontend/CompilerInvocation.h"
#include "clang/Lex/HeaderSearchOptions.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/VirtualFileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <map>

using namespace clang;
using namespace llvm;

namespace autojit {

class Reads {
public:
  void note(StringRef Path, StringRef Bytes) {
    if (!KeepHashes)
      return;
    auto Hash = BLAKE3::hash<8>(ArrayRef(reinterpret_cast<const uint8_t *>(Bytes.data()), Bytes.size()));
    Hashes.push_back(support::endian::read64le(Hash.data()));
    if (KeepPaths)
      Paths.push_back(Path.str());
  }

  std::vector<uint64_t> Hashes;
  bool KeepHashes = false;
  /// Only if they are wanted: for a compile that is checked.
  std::vector<std::string> Paths;
  bool KeepPaths = false;
  /// What is no regular file, and what was read of it. Opening it may be too much already.
  std::map<std::string, std::string> Streams;
  /// Whether a debugger can have the same from all files. (/dev/null is always empty.)
  bool Repeatable = true;
};

} // namespace autojit

namespace {

class NotedFile : public vfs::File {
public:
  NotedFile(std::unique_ptr<vfs::File> Inner, std::shared_ptr<autojit::Reads> Notes, std::string Path)
      : Inner(std::move(Inner)), Notes(std::move(Notes)), Path(std::move(Path)) {
    // clang asks for it next, and it is kept.
    ErrorOr<vfs::Status> Status = this->Inner->status();
    if (!Status || Status->isRegularFile() || Status->isDirectory())
      return;
    IsStream = true;
    this->Notes->Streams.try_emplace(this->Path);
    this->Notes->Repeatable &= Status->getType() == sys::fs::file_type::character_file;
  }

  ErrorOr<vfs::Status> status() override { return Inner->status(); }
  ErrorOr<std::string> getName() override { return Inner->getName(); }
  std::error_code close() override { return Inner->close(); }

  ErrorOr<std::unique_ptr<MemoryBuffer>> getBuffer(const Twine &Name, int64_t Size, bool NeedsNull,
                                                   bool Volatile) override {
    auto Buffer = Inner->getBuffer(Name, Size, NeedsNull, Volatile);
    if (!Buffer)
      return Buffer;
    StringRef Bytes = (*Buffer)->getBuffer();
    Notes->note(Path, Bytes);
    if (IsStream) {
      Notes->Streams[Path] += Bytes;
      Notes->Repeatable &= Bytes.empty();
    }
    return Buffer;
  }

private:
  std::unique_ptr<vfs::File> Inner;
  std::shared_ptr<autojit::Reads> Notes;
  std::string Path;
  bool IsStream = false;
};

class NotingFileSystem : public vfs::ProxyFileSystem {
public:
  NotingFileSystem(IntrusiveRefCntPtr<vfs::FileSystem> FS, std::shared_ptr<autojit::Reads> Notes)
      : ProxyFileSystem(std::move(FS)), Notes(std::move(Notes)) {}

  ErrorOr<std::unique_ptr<vfs::File>> openFileForRead(const Twine &Path) override {
    auto File = ProxyFileSystem::openFileForRead(Path);
    if (!File)
      return File;
    return std::make_unique<NotedFile>(std::move(*File), Notes, Path.str());
  }

private:
  std::shared_ptr<autojit::Reads> Notes;
};

} // namespace

std::shared_ptr<autojit::Reads> autojit::makeReads(bool KeepHashes, bool KeepPaths) {
  auto Notes = std::make_shared<Reads>();
  Notes->KeepHashes = KeepHashes;
  Notes->KeepPaths = KeepPaths;
  return Notes;
}

IntrusiveRefCntPtr<vfs::FileSystem> autojit::noting(IntrusiveRefCntPtr<vfs::FileSystem> FS,
                                                    std::shared_ptr<Reads> Notes) {
  return makeIntrusiveRefCnt<NotingFileSystem>(std::move(FS), std::move(Notes));
}

IntrusiveRefCntPtr<vfs::FileSystem> autojit::asRead(IntrusiveRefCntPtr<vfs::FileSystem> FS,
                                                    const Reads &Notes) {
  if (Notes.Streams.empty())
    return FS;
  auto Kept = makeIntrusiveRefCnt<vfs::InMemoryFileSystem>();
  if (ErrorOr<std::string> Current = FS->getCurrentWorkingDirectory())
    Kept->setCurrentWorkingDirectory(*Current);
  for (const auto &[Path, Bytes] : Notes.Streams)
    Kept->addFile(Path, /*ModificationTime=*/0, MemoryBuffer::getMemBufferCopy(Bytes, Path));
  auto All = makeIntrusiveRefCnt<vfs::OverlayFileSystem>(std::move(FS));
  All->pushOverlay(std::move(Kept));
  return All;
}

void autojit::dropOutputs(CompilerInvocation &Invocation) {
  FrontendOptions &FE = Invocation.getFrontendOpts();
  FE.OutputFile.clear();
  FE.TimeTracePath.clear();
  FE.Plugins.clear();
  FE.LLVMArgs.clear();
  Invocation.getDependencyOutputOpts() = DependencyOutputOptions();
  Invocation.getDiagnosticOpts().DiagnosticSerializationFile.clear();
  Invocation.getDiagnosticOpts().DiagnosticLogFile.clear();
  CodeGenOptions &CG = Invocation.getCodeGenOpts();
  CG.ObjectFilenameForDebug.clear();
  CG.SaveTempsFilePrefix.clear();
  CG.ThinLinkBitcodeFile.clear();
}

bool autojit::hasRecipe(const CompilerInvocation &Invocation) {
  const CodeGenOptions &CG = Invocation.getCodeGenOpts();
  auto Kind = CG.getDebugInfo();
  // Header modules are made anew, with other bytes, whenever clang thinks so. (C++20 has `Modules` without a
  // cache of those.)
  bool HeaderModules = Invocation.getLangOpts().Modules && Invocation.getLangOpts().ImplicitModules &&
                       !Invocation.getHeaderSearchOpts().ModuleCachePath.empty();
  return Kind != codegenoptions::NoDebugInfo && Kind != codegenoptions::LocTrackingOnly && !HeaderModules;
}

autojit::Recipe::Recipe(const CompilerInvocation &Invocation, std::shared_ptr<Reads> Notes,
                        vfs::FileSystem &FS)
    : Notes(std::move(Notes)) {
  CompilerInvocation Copy(Invocation);
  dropOutputs(Copy);
  Arguments = Copy.getCC1CommandLine();
  if (ErrorOr<std::string> Current = FS.getCurrentWorkingDirectory())
    Folder = *Current;
}

void autojit::Recipe::describe(AjUnit &Unit) {
  if (!Notes->Repeatable)
    return;
  Pointers.clear();
  for (const std::string &A : Arguments)
    Pointers.push_back(A.c_str());
  Unit.recipe_folder = Folder.c_str();
  Unit.recipe_args = Pointers.data();
  Unit.recipe_arg_count = Pointers.size();
  Unit.recipe_files = Notes->Hashes.data();
  Unit.recipe_file_count = Notes->Hashes.size();
}

bool autojit::writeReads(const Reads &Notes, StringRef Path) {
  std::error_code Problem;
  raw_fd_ostream OS(Path, Problem);
  if (Problem)
    return false;
  for (size_t I = 0; I != Notes.Hashes.size(); ++I)
    OS << format_hex_no_prefix(Notes.Hashes[I], 16) << ' ' << Notes.Paths[I] << '\0';
  OS.close();
  return !OS.has_error();
}
