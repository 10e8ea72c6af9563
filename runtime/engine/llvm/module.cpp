#include "module.h"
#include "errors.h"
#include "guard.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/DebugInfoMetadata.h"
#include "llvm/Support/Compression.h"
#include "llvm/Support/raw_ostream.h"
#include <atomic>

using namespace llvm;

AjModule::AjModule() {
  static std::atomic<uint64_t> Count;
  Number = ++Count;
  Context.setDiagnosticHandler(std::make_unique<autojit::ErrorCollector>(Diagnostics));
  Context.setDiscardValueNames(true);
}

AjStatus aj_expand(const char *Frame, size_t Size, size_t ExpandedSize, AjBytes *Expanded, AjBytes *Error) {
  return autojit::guarded(Error, [&] {
    if (!compression::zstd::isAvailable())
      return autojit::fail(Error, "this LLVM was built without zstd");
    AjBytes Result{static_cast<char *>(std::malloc(ExpandedSize)), ExpandedSize};
    if (!Result.data)
      return autojit::fail(Error, "out of memory");
    size_t Found = ExpandedSize;
    llvm::Error E = compression::zstd::decompress(arrayRefFromStringRef(StringRef(Frame, Size)),
                                                  reinterpret_cast<uint8_t *>(Result.data), Found);
    if (!E && Found == ExpandedSize) {
      *Expanded = Result;
      return AJ_OK;
    }
    std::free(Result.data);
    std::string Why = E ? toString(std::move(E)) : "a frame of another size";
    return autojit::fail(Error, "its bitcode cannot be expanded: " + Why);
  });
}

/// What a unit says beside its functions would be in each function's object.
static void describeFunctionsOnly(Module &M) {
  for (DICompileUnit *Unit : M.debug_compile_units()) {
    Unit->replaceEnumTypes(nullptr);
    Unit->replaceRetainedTypes(nullptr);
    Unit->replaceGlobalVariables(nullptr);
    Unit->replaceImportedEntities(nullptr);
    Unit->replaceMacros(nullptr);
  }
}

AjStatus aj_module_open(const char *Bitcode, size_t Size, int How, AjModule **Result, AjBytes *Error) {
  return autojit::guarded(Error, [&] {
    auto Opened = std::make_unique<AjModule>();
    auto Buffer = MemoryBuffer::getMemBuffer(StringRef(Bitcode, Size), "payload",
                                             /*RequiresNullTerminator=*/false);
    auto Module = getOwningLazyBitcodeModule(std::move(Buffer), Opened->Context);
    if (!Module)
      return autojit::fail(Error, Module.takeError());
    Opened->Module = std::move(*Module);
    if (!Opened->Diagnostics.empty())
      return autojit::fail(Error, Opened->Diagnostics);
    Opened->Described = (How & AJ_MODULE_DESCRIBED) != 0;
    Opened->KeepsSimplified = !(How & AJ_MODULE_SIMPLIFY_AGAIN);
    if (Opened->Described)
      describeFunctionsOnly(*Opened->Module);
    *Result = Opened.release();
    return AJ_OK;
  });
}

void aj_module_close(AjModule *Module) { delete Module; }

AjBytes aj_module_source_name(const AjModule *Module) {
  return autojit::copyBytes(Module->Module->getSourceFileName());
}
