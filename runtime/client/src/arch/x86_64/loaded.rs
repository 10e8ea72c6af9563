//! What the runtime has to know of the image that it was loaded for: the loader's words (protocol/loader.rs).

use super::{
    AtExit, DeregisterFrameInfo, FindRecord, IgnoreSync, RegisterFrameInfo, RegisterIndex, RegisterSection,
};
use crate::debugger::{Descriptor, at_start};
use crate::mem;
use autojit_protocol::late::NamedSymbol;
use autojit_protocol::loader::{IMAGE_MAGIC, ImageProgram};
use core::arch::{asm, global_asm};
use core::ffi::{CStr, c_void};

global_asm!(
    // `ImageHeader`. The linker script (archive.rs) puts it first.
    ".pushsection .autojit.header, \"a\", @progbits",
    ".globl __autojit_header",
    "__autojit_header:",
    ".quad {magic}",
    ".long __autojit_data - __autojit_header",
    ".long __autojit_end - __autojit_header",
    ".long __autojit_program - __autojit_header",
    ".long __autojit_materialize - __autojit_header",
    ".long .Lautojit.at_start - __autojit_header",
    ".long 0",
    ".popsection",
    ".pushsection .bss.autojit.program, \"aw\", @nobits",
    ".p2align 3",
    ".globl __autojit_program",
    ".hidden __autojit_program",
    "__autojit_program: .zero {size}",
    ".popsection",
    ".pushsection .text.autojit.at_start, \"ax\", @progbits",
    ".Lautojit.at_start: jmp {at_start}",
    ".popsection",
    magic = const IMAGE_MAGIC,
    size = const size_of::<ImageProgram>(),
    at_start = sym at_start,
);

fn program() -> &'static ImageProgram {
    let program: *const ImageProgram;
    // SAFETY: takes an address; the loader has filled what is there, for ever.
    unsafe {
        asm!("lea {}, [rip + __autojit_program]", out(reg) program, options(pure, nomem, nostack, preserves_flags));
        &*program
    }
}

/// The path that the loader knows.
pub fn built_in_daemon_path() -> &'static CStr {
    let ImageProgram { daemon, daemon_size, .. } = program();
    // SAFETY: a string in the loader's section.
    let bytes = unsafe { core::slice::from_raw_parts(*daemon as *const u8, *daemon_size as usize) };
    mem::c_string(bytes).unwrap_or(c"")
}

/// An address in the image.
pub fn own_image() -> usize {
    program().register_code as usize
}

/// No driver has added a table of names to the link: one without a name.
pub fn linked_names() -> *const NamedSymbol {
    static NONE: [u64; 1] = [0];
    (&raw const NONE).cast()
}

/// Where this image would announce code: the list, and the function in which debuggers stop.
pub fn debug_interface() -> (*mut Descriptor, *const u8) {
    let program = program();
    (program.descriptor as *mut Descriptor, program.register_code as *const u8)
}

/// An image that another driver has linked announces its code by itself.
pub fn dynamic_list() -> *const c_void {
    core::ptr::null()
}

/// The ELF header of the image, if it is mapped with it.
pub fn image_header() -> Option<*const u8> {
    let header = program().header as *const u8;
    (!header.is_null()).then_some(header)
}

/// libgcc's registration, if the program has it.
pub fn register_frame_info() -> Option<RegisterFrameInfo> {
    // SAFETY: null is None; anything else is a function of this type.
    unsafe { core::mem::transmute(program().register_frame_info) }
}

/// libgcc's search.
pub fn find_record() -> Option<FindRecord> {
    // SAFETY: as above.
    unsafe { core::mem::transmute(program().find_record) }
}

// Another driver's library stays as it is when it is unloaded (`unload.rs`).

/// What takes a registration with libgcc back.
pub fn deregister_frame_info() -> Option<DeregisterFrameInfo> {
    None
}

/// What registers a function for the exit.
pub fn at_exit() -> Option<AtExit> {
    None
}

/// Whether the program's own start-up code has run: nobody asks.
pub fn program_has_begun() -> bool {
    false
}

/// The dynamic section of the image.
pub fn own_dynamic() -> *const c_void {
    core::ptr::null()
}

/// By what the C library knows this library.
pub fn dso_handle() -> *mut c_void {
    core::ptr::null_mut()
}

/// LLVM libunwind's.
pub fn libunwind_register_section() -> Option<RegisterSection> {
    // SAFETY: as above.
    unsafe { core::mem::transmute(program().add_section) }
}

/// `_U_dyn_register` of nongnu.org's libunwind.
pub fn register_index() -> Option<RegisterIndex> {
    // SAFETY: as above.
    unsafe { core::mem::transmute(program().register_index) }
}

/// Who links with the thread sanitizer by another driver has its words for nothing.
pub fn ignore_sync() -> Option<(IgnoreSync, IgnoreSync)> {
    None
}
