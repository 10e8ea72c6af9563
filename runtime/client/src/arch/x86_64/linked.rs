//! What the runtime has to know of the image that it is linked into: symbols that the linker resolves.

use super::{
    AtExit, DeregisterFrameInfo, FindRecord, IgnoreSync, RegisterFrameInfo, RegisterIndex, RegisterSection,
};
use crate::debugger::{Descriptor, at_start};
use crate::mem;
use core::arch::{asm, global_asm};
use core::ffi::{CStr, c_void};

global_asm!(
    // The daemon's path, which the driver writes into its copy of the archive. Empty: look in $PATH.
    ".pushsection .rodata.__autojit_daemon_path, \"a\", @progbits",
    ".weak __autojit_daemon_path",
    ".hidden __autojit_daemon_path",
    ".type __autojit_daemon_path, @object",
    "__autojit_daemon_path: .zero 1024",
    ".size __autojit_daemon_path, 1024",
    ".popsection",
    // The driver's table of names comes in its place. Empty: one without a name.
    ".pushsection .rodata.__autojit_names, \"a\", @progbits",
    ".weak __autojit_names",
    ".hidden __autojit_names",
    ".type __autojit_names, @object",
    ".p2align 3",
    "__autojit_names: .zero 8",
    ".size __autojit_names, 8",
    ".popsection",
    // Debuggers know these two by name. Theirs is the breakpoint, so it must not be inlined; ours is the data.
    ".pushsection .text.__jit_debug_register_code, \"ax\", @progbits",
    ".weak __jit_debug_register_code",
    ".hidden __jit_debug_register_code",
    ".type __jit_debug_register_code, @function",
    ".p2align 4",
    "__jit_debug_register_code:",
    ".cfi_startproc",
    "ret",
    ".cfi_endproc",
    ".size __jit_debug_register_code, . - __jit_debug_register_code",
    ".popsection",
    ".pushsection .data.__jit_debug_descriptor, \"aw\", @progbits",
    ".weak __jit_debug_descriptor",
    ".hidden __jit_debug_descriptor",
    ".type __jit_debug_descriptor, @object",
    ".p2align 3",
    "__jit_debug_descriptor: .long 1, 0",
    ".quad 0, 0",
    ".size __jit_debug_descriptor, 24",
    ".popsection",
    ".pushsection .data.rel.ro.__autojit_ignore_sync, \"aw\", @progbits",
    ".weak __autojit_ignore_sync",
    ".hidden __autojit_ignore_sync",
    ".type __autojit_ignore_sync, @object",
    ".p2align 3",
    "__autojit_ignore_sync: .quad 0, 0",
    ".size __autojit_ignore_sync, 16",
    ".popsection",
    // In front of all constructors: the first may be what is to be debugged.
    ".pushsection .init_array.0, \"aw\", @init_array",
    ".p2align 3",
    // Where all calls come in (`loader.rs`).
    ".weak __autojit_load",
    ".hidden __autojit_load",
    ".reloc ., R_X86_64_NONE, __autojit_load",
    ".quad .Lautojit.at_start",
    ".popsection",
    ".pushsection .text.autojit.at_start, \"ax\", @progbits",
    ".Lautojit.at_start:",
    "endbr64",
    "jmp {at_start}",
    ".popsection",
    at_start = sym at_start,
);

// By the shortest name of this number (BFD looks at names next), in the object that stands in front of all others: the last one that is called.
#[cfg(autojit_rt_library)]
global_asm!(
    ".pushsection .fini_array.0, \"aw\", @fini_array",
    ".p2align 3",
    ".quad .Lautojit.unload",
    ".popsection",
    ".pushsection .text.autojit.unload, \"ax\", @progbits",
    ".Lautojit.unload:",
    "endbr64",
    "jmp {end}",
    ".popsection",
    end = sym crate::unload::end,
);

/// The path that was linked in, or an empty one.
pub fn built_in_daemon_path() -> &'static CStr {
    let path: *const [u8; 1024];
    // SAFETY: only takes the address of a symbol, which is always defined, with this size.
    unsafe {
        asm!("lea {}, [rip + __autojit_daemon_path]", out(reg) path, options(pure, nomem, nostack, preserves_flags));
        mem::c_string(&*path).unwrap_or(c"")
    }
}

/// An address in the image that this runtime is linked into.
pub fn own_image() -> usize {
    // As a constant it would be an address for the loader to relocate.
    core::hint::black_box(at_start as *const () as usize)
}

/// The table of names that the driver has added to the link, or our empty one.
pub fn linked_names() -> *const autojit_protocol::late::NamedSymbol {
    let table;
    // SAFETY: only takes the address of a symbol, which is always defined.
    unsafe {
        asm!("lea {}, [rip + __autojit_names]", out(reg) table, options(pure, nomem, nostack, preserves_flags));
    }
    table
}

/// Where this image would announce code: the list, and the function in which debuggers stop.
pub fn debug_interface() -> (*mut Descriptor, *const u8) {
    let (descriptor, function);
    // SAFETY: only takes the addresses of symbols, which are always defined.
    unsafe {
        asm!("lea {}, [rip + __jit_debug_descriptor]", "lea {}, [rip + __jit_debug_register_code]",
            out(reg) descriptor, out(reg) function, options(pure, nomem, nostack, preserves_flags));
    }
    (descriptor, function)
}

/// The address of a symbol that the program may not have: null then. `hidden`: it is this image's own.
macro_rules! weak_address {
    ($symbol:literal $(, $hidden:ident)?) => {{
        let address: *const c_void;
        // SAFETY: loads a GOT entry, which is null if the weak symbol is not defined.
        unsafe {
            asm!(
                concat!(".weak ", $symbol),
                $(concat!(".", stringify!($hidden), " ", $symbol),)?
                concat!("mov {}, [rip + ", $symbol, "@GOTPCREL]"),
                out(reg) address,
                options(pure, readonly, nostack, preserves_flags)
            );
        }
        address
    }};
}

/// A function that the program may not have.
macro_rules! weak_function {
    ($symbol:literal) => {{
        let function = weak_address!($symbol);
        // SAFETY: null is None; anything else is a function of the type that its name says.
        unsafe { core::mem::transmute(function) }
    }};
}

/// `_r_debug`: what the dynamic linker tells debuggers, or null.
pub fn dynamic_list() -> *const c_void {
    weak_address!("_r_debug")
}

/// The dynamic section of this image, which a library has.
pub fn own_dynamic() -> *const c_void {
    let section;
    // SAFETY: only takes the address of a symbol, which the linker defines.
    unsafe {
        asm!(".weak _DYNAMIC", ".hidden _DYNAMIC", "lea {}, [rip + _DYNAMIC]", out(reg) section,
            options(pure, nomem, nostack, preserves_flags));
    }
    section
}

/// The ELF header of this image, if it is mapped with it.
pub fn image_header() -> Option<*const u8> {
    let header: *const u8;
    // SAFETY: only takes the address of a symbol. If the linker does not define the weak symbol that is 0 for it, which
    // in a program that was moved is no header either.
    unsafe {
        asm!(".weak __ehdr_start", ".hidden __ehdr_start", "lea {}, [rip + __ehdr_start]", out(reg) header,
            options(pure, nomem, nostack, preserves_flags));
    }
    (!header.is_null()).then_some(header)
}

/// libgcc's registration, if the program has it. Not `__register_frame`, which calls malloc: the first call of a
/// function may come from a signal handler that interrupted malloc.
pub fn register_frame_info() -> Option<RegisterFrameInfo> {
    weak_function!("__register_frame_info")
}

/// libgcc's search.
pub fn find_record() -> Option<FindRecord> {
    weak_function!("_Unwind_Find_FDE")
}

/// What takes a registration with libgcc back.
pub fn deregister_frame_info() -> Option<DeregisterFrameInfo> {
    weak_function!("__deregister_frame_info")
}

/// What registers a function for the exit (Itanium C++ ABI, 3.3.6.3).
pub fn at_exit() -> Option<AtExit> {
    weak_function!("__cxa_atexit")
}

/// Whether the program's own start-up code runs, or has run: glibc's `_start` takes the number of arguments from the stack, aligns it, saves two
/// words and calls, so that the third word below where the dynamic linker says that the stack begins then has an address in that code. Before,
/// in initializers that the dynamic linker calls, it has none.
pub fn program_has_begun() -> bool {
    const AT_ENTRY: u64 = 9;
    /// Bytes of `_start`, at most.
    const LARGEST: u64 = 64;
    let place: *const *const u64 = weak_address!("__libc_stack_end").cast();
    let get: Option<unsafe extern "C" fn(u64) -> u64> = weak_function!("getauxval");
    let (false, Some(get)) = (place.is_null(), get) else { return false };
    // SAFETY: the dynamic linker's variable, and the main thread's stack, which stays; a function that only answers.
    let (word, entry) = unsafe { ((*place).sub(3).read(), get(AT_ENTRY)) };
    word > entry && word - entry < LARGEST
}

/// By what the C library knows this library, in the compiler's start-up files. Null: they are not there.
pub fn dso_handle() -> *mut c_void {
    weak_address!("__dso_handle", hidden).cast_mut()
}

/// LLVM libunwind's, whose `__register_frame` takes one entry only.
pub fn libunwind_register_section() -> Option<RegisterSection> {
    weak_function!("__unw_add_dynamic_eh_frame_section")
}

/// `_U_dyn_register` of nongnu.org's libunwind.
pub fn register_index() -> Option<RegisterIndex> {
    weak_function!("_U_dyn_register")
}

/// What tells the thread sanitizer that the locks of this thread order nothing, and that they do again; of a program that is linked with
/// it (`thread_sanitizer.rs`).
pub fn ignore_sync() -> Option<(IgnoreSync, IgnoreSync)> {
    let functions: *const [Option<IgnoreSync>; 2];
    // SAFETY: takes the address of two words: zeros or, from that member of the archive, functions of this type.
    unsafe {
        asm!("lea {}, [rip + __autojit_ignore_sync]", out(reg) functions, options(pure, nomem, nostack, preserves_flags));
        let [begin, end] = *functions;
        begin.zip(end)
    }
}
