// What keeps a failure of LLVM inside one request.
#ifndef AUTOJIT_GUARD_H
#define AUTOJIT_GUARD_H

#include "engine.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

namespace autojit {

AjBytes copyBytes(llvm::StringRef Text);

/// Sets the error text and returns AJ_FAILED.
AjStatus fail(AjBytes *Error, llvm::StringRef Text);
AjStatus fail(AjBytes *Error, llvm::Error E);

/// Runs Fn so that a crash or a fatal error in LLVM ends Fn and not the process.
AjStatus guarded(AjBytes *Error, llvm::function_ref<AjStatus()> Fn);

void installGuard();

} // namespace autojit

#endif
