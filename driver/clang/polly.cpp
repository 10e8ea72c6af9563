// Stands in for Polly, which clang's code generation asks for by name.
//
// Polly's static library is a package of its own and adds to every start; command lines that ask for it are
// handed to the LLVM installation's clang (cc1.cpp).

#include "llvm/Plugins/PassPlugin.h"

llvm::PassPluginLibraryInfo getPollyPluginInfo() {
  return {LLVM_PLUGIN_API_VERSION, "Polly", "none", [](llvm::PassBuilder &) {}, nullptr};
}
