// The C interface between the compile daemon (Rust) and LLVM.
//
// Everything that the LLVM C API does not offer and that the engine needs: lazy bitcode with errors
// as text, moving one function into a module of its own, a code generator that is set up once,
// JITLink into somebody else's memory. No function here prints, exits or throws. What LLVM reports
// as fatal, and what makes it crash, comes back as AJ_CRASHED; the objects that took part are then
// in an unknown state and must be leaked, not freed.
#ifndef AUTOJIT_ENGINE_H
#define AUTOJIT_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// A buffer on the C heap; freed with aj_bytes_free.
typedef struct AjBytes {
  char *data;
  size_t size;
} AjBytes;

typedef enum AjStatus {
  AJ_OK = 0,
  /// `error` says why; nothing else happened.
  AJ_FAILED = 1,
  /// LLVM crashed or called its fatal error handler; `error` says what is known.
  AJ_CRASHED = 2,
  /// The allocate callback had no room.
  AJ_NO_ROOM = 3,
} AjStatus;

void aj_bytes_free(AjBytes bytes);

/// Once per process, before anything else.
void aj_init(void);

// --- Modules
// ------------------------------------------------------------------------------------------------------

/// Bitcode that is read function by function, in an LLVM context of its own. One thread at a time.
typedef struct AjModule AjModule;

/// Expands a zstd frame (RFC 8878) of exactly `expanded_size` bytes.
AjStatus aj_expand(const char *frame, size_t size, size_t expanded_size, AjBytes *expanded, AjBytes *error);

/// Bits of what aj_module_open takes.
enum {
  /// The debug information that the module has of functions goes into their objects. The code is the same.
  AJ_MODULE_DESCRIBED = 1,
  /// What is inlined is simplified each time, and not once: to find out whether a fault is there.
  AJ_MODULE_SIMPLIFY_AGAIN = 2,
};

/// `bitcode` must live as long as the module.
AjStatus aj_module_open(const char *bitcode, size_t size, int how, AjModule **module, AjBytes *error);
void aj_module_close(AjModule *module);

/// Name of the source file that the module was made of, as the compiler was given it.
AjBytes aj_module_source_name(const AjModule *module);

/// The name of a function as its language writes it; what is not mangled stays as it is.
AjBytes aj_demangle(const char *name, size_t size);

/// The lines of a relocatable object's functions, from its debug information, as text: `F size name` for a
/// function, then `L offset line path` for each place in it where a line begins.
AjStatus aj_lines(const char *object, size_t size, AjBytes *lines, AjBytes *error);

// --- Code generation
// ----------------------------------------------------------------------------------------------

typedef struct AjOptions {
  uint8_t opt_level;
  uint8_t size_level;
  uint8_t fp_fusion;
  uint8_t fast_isel;
  uint8_t passes;
  uint8_t math;
  uint8_t races; ///< not 0: functions get the thread sanitizer's checks behind the optimizer
} AjOptions;

/// Bits of AjOptions.passes.
enum {
  AJ_PASSES_UNROLL = 1,
  AJ_PASSES_VECTORIZE_LOOPS = 2,
  AJ_PASSES_VECTORIZE_BLOCKS = 4,
  AJ_PASSES_INTERCHANGE_LOOPS = 8,
  AJ_PASSES_FUSE_LOOPS = 16,
  AJ_PASSES_DEVIRTUALIZE = 32,
};

/// Bits of AjOptions.math.
enum {
  AJ_MATH_NO_INFINITIES = 1,
  AJ_MATH_NO_NANS = 2,
  AJ_MATH_NO_SIGNED_ZEROS = 4,
  AJ_MATH_NO_LIBRARY = 8,
};

/// A target machine with its pass pipeline, for modules of one target triple. Costly to make, so it
/// is kept. One thread at a time, but not bound to a module.
typedef struct AjCompiler AjCompiler;

/// A compiler for the module's triple. Only x86-64 ELF is known.
AjStatus aj_compiler_new(const AjModule *module, AjOptions options, AjCompiler **compiler, AjBytes *error);
void aj_compiler_free(AjCompiler *compiler);

/// Whether the compiler was made for the triple and the alignment of the stack that the module has.
int aj_compiler_fits(const AjCompiler *compiler, const AjModule *module);

/// Name of the compiled function in the object. It is not the function's own, which is left
/// undefined even in the function itself: whether a reference means this body or the stub is for
/// the link to decide.
#define AJ_BODY_SYMBOL "autojit.body"

typedef enum AjInlining {
  /// It is no lazy function.
  AJ_INLINING_NOT_LAZY = 0,
  /// It is large, or what comes along with it: only if its source demands it.
  AJ_INLINING_IF_FORCED = 1,
  AJ_INLINING_WANTED = 2,
} AjInlining;

/// What the code of a function depends on, as a number; see content.h. Zeros: not known.
typedef struct AjKey {
  uint32_t words[4];
} AjKey;

/// Which symbols the program can supply.
typedef struct AjSymbols {
  void *context;
  /// `is_call`: it need not be the function's address, as long as it gets there.
  int (*knows)(void *context, const char *name, size_t name_size, int is_call);
  /// Whether a function of the module is worth to be inlined.
  AjInlining (*may_inline)(void *context, const char *name, size_t name_size);
  /// Whether code and data outside of the payload may refer to a lazy function.
  int (*is_public)(void *context, const char *name, size_t name_size);
  /// Whether the code of such a function is there already. Null: nobody cares, there is no key then.
  int (*is_known)(void *context, const AjKey *key);
} AjSymbols;

/// Compiles one function to a position-independent relocatable ELF object. The body leaves the
/// module; asking for the function once more reads it from the bitcode again. Above -O0 it is
/// optimized as clang would, with what it can inline of the module; the object refers to nothing
/// that the program can't supply. Without an object, and without an error, its code is known.
AjStatus aj_compile(AjModule *module, AjCompiler *compiler, const char *name, size_t name_size,
                    const AjSymbols *symbols, AjBytes *object, AjKey *key, AjBytes *error);

/// Compiles all lazy functions of the module in one object, each in a section of its own, and above -O0 as
/// clang does a unit. They have their own names there. Afterwards the module can't be used any more.
AjStatus aj_compile_whole(AjModule *module, AjCompiler *compiler, const AjSymbols *symbols, AjBytes *object,
                          AjBytes *error);

// --- Linking
// ------------------------------------------------------------------------------------------------------

typedef enum AjResolved {
  AJ_ADDRESS = 0,
  /// The symbol is the function in the object itself.
  AJ_BODY = 1,
  AJ_UNKNOWN = 2,
} AjResolved;

typedef struct AjLinkTarget {
  void *context;
  /// Room for the linked object: where to write it, and the address that it will have. Returns 0 if
  /// there is none.
  int (*allocate)(void *context, size_t size, size_t alignment, char **working, uint64_t *address);
  /// What a symbol means. `is_call`: it is only called by this reference, so any entry to the
  /// function will do.
  AjResolved (*resolve)(void *context, const char *name, size_t name_size, int is_call, uint64_t *address);
  /// Bounds of the addresses that allocate returns.
  uint64_t low;
  uint64_t high;
} AjLinkTarget;

typedef struct AjLinked {
  uint64_t body;
  /// Zero-terminated .eh_frame, or 0.
  uint64_t eh_frame;
  uint64_t eh_frame_size;
} AjLinked;

AjStatus aj_link(const char *object, size_t size, const AjLinkTarget *target, AjLinked *linked,
                 AjBytes *error);

#ifdef __cplusplus
}
#endif

#endif
