// The C interface between the driver in Rust and clang's libraries.
//
// Thin on purpose: clang decides what a command line means and does all work that is not ours; the callbacks
// in AjHooks are the places where autojit takes part. C++ because neither clang's driver nor its front end
// has a C interface.
#ifndef AUTOJIT_CLANG_SHIM_H
#define AUTOJIT_CLANG_SHIM_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct LLVMOpaqueModule *LLVMModuleRef;
typedef struct LLVMOpaqueValue *LLVMValueRef;

// What the transform must know about a translation unit beside its module.
typedef struct {
  const char *input;    // as given on the command line
  const char *output;   // object file; NULL if unnamed
  uint8_t opt_level;    // 0 to 3
  uint8_t size_level;   // 0, 1 (-Os), 2 (-Oz)
  uint8_t fp_fusion;    // llvm::FPOpFusion::FPOpFusionMode
  uint8_t passes;       // optional passes: CodegenOptions::passes of the protocol
  uint8_t math;         // CodegenOptions::math of the protocol
  uint8_t interposable; // not 0: PIC code of a library, whose definitions others may override
  uint8_t function_sections;
  uint8_t branch_protection; // -fcf-protection=branch: indirect branch targets need endbr64
  uint8_t debug_info;        // not 0: -g was asked for and left out of the module
  // Takes a function, variable or alias out of its module without destroying it. If passes follow, it refers
  // to nothing any more.
  void (*detach)(LLVMValueRef value);
  // Makes `to` known as bound in its object as far as `from` is.
  void (*copy_locality)(LLVMValueRef to, LLVMValueRef from);
  // The name of a global's comdat; NULL if it has none.
  const char *(*comdat)(LLVMValueRef value);
  // Where a function is defined, as "file:line:column", by its symbol; NULL if unknown or if
  // AjConfig.locations is 0.
  const char *(*locate)(const void *locations, const char *symbol);
  const void *locations;
} AjUnit;

typedef struct {
  void *user;
  // Turns `module` into its skeleton. Called on the thread of the job. Not 0: something stayed static that
  // must not, which was reported.
  int (*transform)(void *user, const AjUnit *unit, LLVMModuleRef module);
  // A compile job to an object that is not made lazy, and why (a stable reason code). Returns not 0 if that
  // is to be an error.
  int (*refused)(void *user, const char *input, const char *reason);
  // Calls run(arg, i) for all i below count, in parallel.
  void (*run_parallel)(void *user, size_t count, void (*run)(void *arg, size_t i), void *arg);
  // The arguments of a linker that makes a program or library. Calls push(arg, string) for each of the new
  // ones; strings are copied. Not 0: an error, which was reported.
  int (*edit_link)(void *user, size_t count, const char *const *args, void (*push)(void *arg, const char *),
                   void *arg);
} AjHooks;

typedef struct {
  const char *self;  // path of this executable, run for jobs in a process of their own
  const char *clang; // path that clang's driver takes for its own: decides the install it looks around in
  const char *program_dir; // further directory in which tools (ld.lld) are looked for; may be NULL
  const char *real_clang;  // clang to hand over to what is not built into this one; may be NULL
  int lazy;                // 0: plain clang behaviour
  int locations;           // not 0: keep where functions are defined, for remarks
} AjConfig;

// Runs clang's driver, or with -cc1 or -cc1as as first argument that tool. Returns the exit status.
int aj_clang_main(int argc, const char *const *argv, const AjConfig *config, const AjHooks *hooks);

#ifdef __cplusplus
}
#endif
#endif
