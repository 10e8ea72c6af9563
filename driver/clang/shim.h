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
  const char *input;       // as given on the command line
  const char *output;      // object file; NULL if unnamed
  uint8_t opt_level;       // 0 to 3
  uint8_t size_level;      // 0, 1 (-Os), 2 (-Oz)
  uint8_t fp_fusion;       // llvm::FPOpFusion::FPOpFusionMode
  uint8_t passes;          // optional passes: CodegenOptions::passes of the protocol
  uint8_t math;            // CodegenOptions::math of the protocol
  uint8_t races;           // CodegenOptions::races of the protocol
  uint8_t interposable;    // not 0: PIC code of a library, whose definitions others may override
  uint8_t binds_functions; // not 0: but not functions (-fno-semantic-interposition)
  uint8_t function_sections;
  uint8_t branch_protection; // -fcf-protection=branch: indirect branch targets need endbr64
  uint8_t keep_inline; // not 0: inline functions keep their symbols, so that the linker chooses one of each
  uint8_t debug_info;  // not 0: -g was asked for and left out of the module
  // Takes a function, variable or alias out of its module without destroying it. If passes follow, it refers
  // to nothing any more.
  void (*detach)(LLVMValueRef value);
  // Makes `to` known as bound in its object as far as `from` is.
  void (*copy_locality)(LLVMValueRef to, LLVMValueRef from);
  // The name of a global's comdat; NULL if it has none.
  const char *(*comdat)(LLVMValueRef value);
  // Not 0: the inline assembly that a call runs is known to be right, and names no symbol.
  int (*plain_assembly)(LLVMValueRef call);
  // Not 0: what stands in the two words in front of the function's entry (-fsanitize=function).
  int (*type_check)(LLVMValueRef function, uint32_t words[2]);
  // Hands the module's bitcode to `take`: as it is, and returns 0, or, if `compress` is not 0 and that is
  // shorter, in a zstd frame, and returns the size of the bitcode.
  uint64_t (*write_bitcode)(LLVMModuleRef module, int compress, void *user,
                            void (*take)(void *user, const char *data, size_t size));
  // Where a function is defined, as "file:line:column", by its symbol; NULL if unknown or if
  // AjConfig.locations is 0.
  const char *(*locate)(const void *locations, const char *symbol);
  const void *locations;
  // How to compile the unit again for a debugger; recipe_folder is NULL if it can't be.
  const char *recipe_folder;
  const char *const *recipe_args; // of -cc1, which is the first
  size_t recipe_arg_count;
  const uint64_t *recipe_files; // hashes of the files read, in order
  size_t recipe_file_count;
  uint32_t line_count; // of the source file; 0: #line gives other numbers, or there is no recipe
  uint8_t again;       // not 0: the unit's second compile; what there was to say was said
  uint8_t describe;    // not 0: leave the code and its debug information, for AjConfig.debug_object
  uint8_t lines;       // not 0: the payload has the lines of its functions
} AjUnit;

// A linker that is about to be run.
typedef struct {
  const char *linker; // its path
  size_t count;
  const char *const *args;
  uint8_t lto;           // not 0: link-time optimization was asked for (-flto)
  int8_t opt_level;      // 0 to 3: clang's -O for link-time optimization; -1: none was given
  const char *complaint; // what the linker wrote to stderr when it failed; NULL the first time
} AjLink;

// Results of AjHooks.edit_link.
enum {
  AJ_LINK_READY = 0,
  AJ_LINK_ERROR = 1,     // which was reported
  AJ_LINK_MAY_RETRY = 2, // ready; if the linker fails, ask again with its complaint
  AJ_LINK_AS_IT_IS = 3,  // there is nothing to be done about the complaint
};

// Results of AjHooks.transform.
enum {
  AJ_TRANSFORM_LAZY = 0,
  AJ_TRANSFORM_STATIC = 1, // done, and nothing is lazy
  AJ_TRANSFORM_ERROR = 2,  // something stayed static that must not, which was reported
};

typedef struct {
  void *user;
  // Turns `module` into its skeleton. Called on the thread of the job. One of AJ_TRANSFORM_*.
  int (*transform)(void *user, const AjUnit *unit, LLVMModuleRef module);
  // A compile job to an object that is not made lazy, and why (a stable reason code). Returns not 0 if that
  // is to be an error.
  int (*refused)(void *user, const char *input, const char *reason);
  // Calls run(arg, i) for all i below count, in parallel.
  void (*run_parallel)(void *user, size_t count, void (*run)(void *arg, size_t i), void *arg);
  // A linker that makes a program or library, when everything that it reads exists. Calls push(arg, string)
  // for each of its new arguments; strings are copied. One of AJ_LINK_*.
  int (*edit_link)(void *user, const AjLink *link, void (*push)(void *arg, const char *), void *arg);
} AjHooks;

typedef struct {
  const char *self;  // path of this executable, run for jobs in a process of their own
  const char *clang; // path that clang's driver takes for its own: decides the install it looks around in
  const char *program_dir; // further directory in which tools (ld.lld) are looked for; may be NULL
  const char *real_clang;  // clang to hand over to what is not built into this one; may be NULL
  int lazy;                // 0: plain clang behaviour
  int locations;           // not 0: keep where functions are defined, for remarks
  // With -cc1: compile to the object that describes the unit to a debugger, at this path, and list the files
  // read at the other one. NULL: an ordinary compile.
  const char *debug_object;
  const char *debug_files;
  int debug_as_lazy;   // not 0: with code as the daemon makes it when a function is first called
  int debug_variables; // not 0: without the code
  int debug_payload;   // not 0: the payload is wanted, with debug information, and not the object
} AjConfig;

// Hands a zstd frame of the bytes to the function, with the pointer before it.
void aj_compress(const char *data, size_t size, void *user, void (*take)(void *, const char *, size_t));

// Removes the file if a signal ends the process.
void aj_remove_on_signal(const char *path);

// A module of bitcode on a link line.
typedef struct {
  const char *name; // for messages
  const char *data;
  size_t size;
  const char *cpu;      // of functions that name none; may be empty
  const char *features; // likewise
  uint8_t opt_level;    // 0 to 3
  uint8_t library;      // not 0: a shared library is made, whose definitions others may override
  uint8_t again;        // not 0: with its debug information, because nothing in it is lazy
  uint8_t describe;     // not 0: leave the code and its debug information, for a debugger
  uint8_t as_lazy;      // not 0: with `describe`, as AjConfig.debug_as_lazy
} AjBitcode;

typedef struct {
  void *user;
  // As in AjHooks.
  int (*transform)(void *user, const AjUnit *unit, LLVMModuleRef module);
  // Takes the object, which lives for the call.
  void (*object)(void *user, const char *data, size_t size);
  // Why there is none.
  void (*problem)(void *user, const char *text);
} AjBitcodeHooks;

enum {
  AJ_BITCODE_DONE = 0,   // `object` was called
  AJ_BITCODE_LEAVE = 1,  // only link-time optimization can compile it
  AJ_BITCODE_FAILED = 2, // it is wrong
};

// Names the symbols of bitcode that a linker sees. Not 0: it can't be read.
int aj_bitcode_symbols(const char *data, size_t size,
                       void (*push)(void *arg, const char *name, size_t name_size, int is_undefined),
                       void *arg);

// Compiles bitcode to an object with lazy functions. May be called on several threads at once.
int aj_bitcode_compile(const AjBitcode *bitcode, const AjBitcodeHooks *hooks);

// Runs clang's driver, or with -cc1 or -cc1as as first argument that tool. Returns the exit status.
int aj_clang_main(int argc, const char *const *argv, const AjConfig *config, const AjHooks *hooks);

#ifdef __cplusplus
}
#endif
#endif
