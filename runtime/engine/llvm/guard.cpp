#include "guard.h"
#include "llvm/Support/CrashRecoveryContext.h"
#include "llvm/Support/ErrorHandling.h"
#include <cstdlib>
#include <cstring>

using namespace llvm;

namespace autojit {

AjBytes copyBytes(StringRef Text) {
  auto *Data = static_cast<char *>(malloc(Text.size() + 1));
  if (!Data)
    return {nullptr, 0};
  memcpy(Data, Text.data(), Text.size());
  Data[Text.size()] = 0;
  return {Data, Text.size()};
}

AjStatus fail(AjBytes *Error, StringRef Text) {
  *Error = copyBytes(Text);
  return AJ_FAILED;
}

AjStatus fail(AjBytes *Error, llvm::Error E) { return fail(Error, toString(std::move(E))); }

// Why the fatal error handler was called on this thread. A plain array: it is written while LLVM is
// going down.
static thread_local char FatalReason[1024];

static void onFatalError(void *, const char *Reason, bool) {
  strncpy(FatalReason, Reason, sizeof(FatalReason) - 1);
  if (auto *Current = CrashRecoveryContext::GetCurrent())
    Current->HandleExit(70);
}

void installGuard() {
  install_fatal_error_handler(onFatalError);
  CrashRecoveryContext::Enable();
}

AjStatus guarded(AjBytes *Error, function_ref<AjStatus()> Fn) {
  FatalReason[0] = 0;
  AjStatus Status = AJ_CRASHED;
  CrashRecoveryContext Context;
  if (Context.RunSafely([&] { Status = Fn(); }))
    return Status;
  *Error = copyBytes(FatalReason[0] ? StringRef(FatalReason) : "it crashed");
  return AJ_CRASHED;
}

} // namespace autojit

extern "C" void aj_bytes_free(AjBytes Bytes) { free(Bytes.data); }
