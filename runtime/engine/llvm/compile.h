// A target machine with what is kept for it between functions.
#ifndef AUTOJIT_COMPILE_H
#define AUTOJIT_COMPILE_H

#include "content.h"
#include "engine.h"
#include "module.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Analysis/TargetLibraryInfo.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/TargetParser/Triple.h"
#include <list>
#include <memory>

/// The code generation passes, and what of the C library they may use. Setting them up costs as
/// much as a small function does, so they are kept (llc's -compile-twice makes sure that passes can
/// be run again).
struct Generator {
  /// The module that they are for; 0: any, at -O0, where nothing looks at the library.
  uint64_t Module;
  llvm::TargetLibraryInfoImpl Library;
  /// Of the names of what the library does not have, of all and of what loops may become.
  autojit::Digest Missing;
  autojit::Digest MissingLoops;
  std::unique_ptr<llvm::legacy::PassManager> Passes;
};

struct AjCompiler {
  AjOptions Options;
  llvm::Triple TargetTriple;
  /// -mstack-alignment, or 0. The machine looks at this flag of a module once for all functions with a
  /// processor and its features.
  unsigned StackAlignment = 0;
  std::unique_ptr<llvm::TargetMachine> Machine;
  llvm::SmallVector<char, 0> Object;
  llvm::raw_svector_ostream Stream{Object};
  /// The last one used stands first.
  std::list<Generator> Generators;
};

namespace autojit {

/// For functions of a module, above -O0. Null if the target can't write objects.
Generator *findGenerator(AjCompiler &Compiler, const AjModule &Module, const AjSymbols &Symbols);

/// Fills Compiler.Object.
void generate(llvm::Module &M, AjCompiler &Compiler, Generator &How);

} // namespace autojit

#endif
