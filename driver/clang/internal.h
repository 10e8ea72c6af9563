// What the files of the shim share.
#ifndef AUTOJIT_CLANG_INTERNAL_H
#define AUTOJIT_CLANG_INTERNAL_H

#include "shim.h"
#include "llvm/ADT/ArrayRef.h"
#include <memory>
#include <string>

namespace clang {
class CompilerInstance;
class CompilerInvocation;
class FrontendAction;
} // namespace clang
namespace llvm {
class raw_ostream;
}

namespace autojit {

struct Shim {
  const AjConfig &Config;
  const AjHooks &Hooks;
};

// Why the unit must be compiled as clang does it, as a stable reason code; nullptr if it can be lazy.
const char *refusal(const clang::CompilerInvocation &Invocation);

// The action for what the invocation asks for; nullptr (with or without a diagnostic) if there is none.
std::unique_ptr<clang::FrontendAction> createAction(clang::CompilerInstance &CI);

// The action that compiles to an object and notes where each function is defined.
class Locations;
std::unique_ptr<clang::FrontendAction> createLocatingAction(std::shared_ptr<Locations> Notes);
std::shared_ptr<Locations> makeLocations();
const char *locate(const Locations &Notes, const char *Symbol);

// Whether createAction knows the action; the others are left to a whole clang.
bool knowsAction(const clang::CompilerInvocation &Invocation);

// A -cc1 job. `Args` starts after "-cc1". Diagnostics go to `Diagnostics`, or to stderr if that is null.
int runCC1(const Shim &S, llvm::ArrayRef<const char *> Args, const char *Argv0,
           llvm::raw_ostream *Diagnostics);

// A -cc1as job. `Args` starts after "-cc1as".
int runCC1As(llvm::ArrayRef<const char *> Args, const char *Argv0);

} // namespace autojit
#endif
