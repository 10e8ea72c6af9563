// What the files of the shim share.
#ifndef AUTOJIT_CLANG_INTERNAL_H
#define AUTOJIT_CLANG_INTERNAL_H

#include "shim.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/IntrusiveRefCntPtr.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/IR/PassManager.h"
#include <memory>
#include <string>
#include <vector>

namespace clang {
class CodeGenOptions;
class CompilerInstance;
class CompilerInvocation;
class FrontendAction;
class IdentifierInfoLookup;
class LangOptions;
class SanitizerMask;
} // namespace clang
namespace llvm {
class OptimizationLevel;
class PassBuilder;
class raw_ostream;
namespace vfs {
class FileSystem;
}
} // namespace llvm

namespace autojit {

struct Shim {
  const AjConfig &Config;
  const AjHooks &Hooks;
};

// Why the unit must be compiled as clang does it, as a stable reason code; nullptr if it can be lazy.
const char *refusal(const clang::CompilerInvocation &Invocation);

// Makes LLVM know the processor that code is made for. What was done is not done again.
void initializeTarget();

// An AjUnit with its callbacks set. `PassesFollow`: the skeleton is looked at by further passes, or
// destroyed.
AjUnit unitHooks(bool PassesFollow);

// Whether the unit counts for gcov, which needs the lines of debug information when its counters are made.
bool countsForGcov(const clang::CodeGenOptions &CG);

// A report names the functions of stack frames by the addresses that they have written there. Code writes its
// own place: the function's address is that of its stub, which has no lines.
void sayPlacesInCode(llvm::Module &M);

// Inlines what must be inlined, at -O1 and above.
void addAlwaysInliner(llvm::ModulePassManager &MPM);

// The instrumentation that clang does in the IR, where the transform comes in front of all of clang's passes
// (-O1 and above). Takes from `CG` what clang would otherwise do a second time.
void addInstrumentation(llvm::ModulePassManager &MPM, clang::CodeGenOptions &CG);

// While there is one, the unit that this thread compiles has its builtins entered as it names them, if it can
// (builtins.cpp).
class BuiltinNames {
public:
  explicit BuiltinNames(const clang::CompilerInstance &CI);
  ~BuiltinNames();
  BuiltinNames(const BuiltinNames &) = delete;
  BuiltinNames &operator=(const BuiltinNames &) = delete;

  bool Checks;
  // Those that tables of identifiers ask.
  std::vector<std::unique_ptr<clang::IdentifierInfoLookup>> Lookups;
};

// Those whose checks passes put in: the transform comes behind them.
clang::SanitizerMask sanitizersInPasses();

// Likewise for these.
void addSanitizers(llvm::ModulePassManager &MPM, llvm::PassBuilder &PB, llvm::OptimizationLevel Level,
                   clang::LangOptions &Lang);

// Tells the debug note of an optimized unit which of the local symbols that it names are left. For the end of
// the pipeline.
void addLocals(llvm::ModulePassManager &MPM);

// Lets debug information say of thread-local variables their types and symbols only. Where a thread has them
// is known of the images that are loaded, and not of what a debugger is told of at run time; by the symbol,
// it finds them in the program.
void declareThreadLocals(llvm::Module &M);

// Makes references what they are where a function is compiled by itself (runtime/engine/llvm/extract.cpp): to
// symbols that may be anywhere.
void referAsLazy(llvm::Module &M);

// Whether the inline assembly that this instruction runs can wait until the function is called. Not 0: yes.
int isPlainAssembly(LLVMValueRef Call);

// AjUnit.write_bitcode, see shim.h.
uint64_t writeBitcode(LLVMModuleRef Module, int Compress, void *User,
                      void (*Take)(void *User, const char *Data, size_t Size));

// The action for what the invocation asks for; nullptr (with or without a diagnostic) if there is none.
std::unique_ptr<clang::FrontendAction> createAction(clang::CompilerInstance &CI);

// The action that compiles to an object and notes where each function is defined.
class Locations;
std::unique_ptr<clang::FrontendAction> createLocatingAction(std::shared_ptr<Locations> Notes);
std::shared_ptr<Locations> makeLocations();
const char *locate(const Locations &Notes, const char *Symbol);

// The files that a compile reads: their hashes, and the content of those that can't be read again.
class Reads;
std::shared_ptr<Reads> makeReads(bool KeepHashes, bool KeepPaths);
llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> noting(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> FS,
                                                       std::shared_ptr<Reads> Notes);
// For another compile of the same: with what was read of pipes.
llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> asRead(llvm::IntrusiveRefCntPtr<llvm::vfs::FileSystem> FS,
                                                       const Reads &Notes);
// For each file its hash and its path.
bool writeReads(const Reads &Notes, llvm::StringRef Path);

// Whether the unit's object keeps how to compile it for a debugger.
bool hasRecipe(const clang::CompilerInvocation &Invocation);

// Takes out of an invocation everything by which it would write a file or run somebody's code.
void dropOutputs(clang::CompilerInvocation &Invocation);

// How to compile a unit once more.
class Recipe {
public:
  Recipe(const clang::CompilerInvocation &Invocation, std::shared_ptr<Reads> Notes,
         llvm::vfs::FileSystem &FS);
  // Fills in the unit's recipe, with what was read up to now, if all of it can be read again. It points into
  // this object.
  void describe(AjUnit &Unit);

private:
  std::vector<std::string> Arguments;
  std::vector<const char *> Pointers;
  std::string Folder;
  std::shared_ptr<Reads> Notes;
};

// Whether createAction knows the action; the others are left to a whole clang.
bool knowsAction(const clang::CompilerInvocation &Invocation);

// A -cc1 job. `Args` starts after "-cc1". Diagnostics go to `Diagnostics`, or to stderr if that is null.
int runCC1(const Shim &S, llvm::ArrayRef<const char *> Args, const char *Argv0,
           llvm::raw_ostream *Diagnostics);

// Makes fatal errors of code generation end a job and not the process, while several run at a time;
// afterwards, with false, removes what jobs have left that did not end well.
void catchFatalErrors(bool Catches);

// A -cc1as job. `Args` starts after "-cc1as".
int runCC1As(llvm::ArrayRef<const char *> Args, const char *Argv0);

// One of the compiles of a unit.
struct Attempt {
  // The debug information stays: this is the second one of a unit of which nothing is lazy.
  bool KeepsDebugInfo = false;
  // Found out: debug information that was asked for was left out, and no daemon can make it.
  bool LacksDebugInfo = false;
  // What was read, if the unit has debug information.
  std::shared_ptr<Reads> Read;
};

// Makes the unit lazy, or says why not. Returns false if that is an error. `Notes` is where functions' places
// will be found, or null.
bool makeLazy(const Shim &S, clang::CompilerInstance &CI, std::shared_ptr<Locations> &Notes, Attempt &This);

} // namespace autojit
#endif
