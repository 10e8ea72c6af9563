#include "llvm/Demangle/Demangle.h"
#include "guard.h"

using namespace llvm;

AjBytes aj_demangle(const char *Name, size_t Size) {
  AjBytes Result = {nullptr, 0};
  AjBytes Problem = {nullptr, 0};
  // Names come from clients.
  autojit::guarded(&Problem, [&] {
    Result = autojit::copyBytes(demangle(StringRef(Name, Size)));
    return AJ_OK;
  });
  aj_bytes_free(Problem);
  return Result.data ? Result : autojit::copyBytes(StringRef(Name, Size));
}
