// A module whose functions are read from bitcode one by one.
#ifndef AUTOJIT_MODULE_H
#define AUTOJIT_MODULE_H

#include "content.h"
#include "engine.h"
#include "mention.h"
#include "simplified.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include <cstdint>
#include <memory>
#include <string>

struct AjModule {
  /// No other module of this process has it, before or after.
  uint64_t Number;
  /// Errors that LLVM reported through the context since the last look.
  std::string Diagnostics;
  llvm::LLVMContext Context;
  std::unique_ptr<llvm::Module> Module;
  /// Functions that can't be inlined into others, as far as was looked.
  llvm::DenseSet<const llvm::Function *> Unfit;
  autojit::Mentions Mentioned;
  /// Functions as they were simplified, to be inlined into others. Parts of the module.
  autojit::Simplified Simplified;
  /// Whether to keep such.
  bool KeepsSimplified = true;
  /// Functions keep their debug information.
  bool Described = false;
  autojit::Digests Digests;

  AjModule();
};

#endif
