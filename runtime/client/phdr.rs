//! `dl_iterate_phdr` for programs whose own code reads the debug information of what it finds there: Rust's. After what is
//! loaded it names the code arena, and the file that describes it (`src/backtrace.rs`).
//!
//! The driver hands the linker `--wrap=dl_iterate_phdr` where it makes bitcode lazy, so that only the program's own calls come
//! here; unwinders, which look for tables that this image does not have, are libraries of their own. Where it wraps it for the reports
//! of sanitizers, these alone are told of the arena (`symbolizer.rs`). An archive member that nothing takes that does not need it.

#![no_std]

mod ask;
mod images;

use ask::Symbolizer;
use autojit_protocol::control::op;
use core::ffi::{c_int, c_void};
use core::sync::atomic::Ordering::Relaxed;
use images::{Callback, Info, Phdr};

unsafe extern "C" {
    fn __real_dl_iterate_phdr(callback: Callback, data: *mut c_void) -> c_int;
}

const PT_LOAD: u32 = 1;
const READ_EXECUTE: u32 = 5;

// That of a program without one; `symbolizer.rs` has a strong definition.
core::arch::global_asm!(
    ".pushsection .bss.__autojit_symbolizer, \"aw\", @nobits",
    ".weak __autojit_symbolizer",
    ".hidden __autojit_symbolizer",
    ".type __autojit_symbolizer, @object",
    ".p2align 3",
    "__autojit_symbolizer: .zero 32",
    ".size __autojit_symbolizer, 32",
    ".popsection",
);

/// That of this program, if it has one.
fn symbolizer() -> Option<&'static Symbolizer> {
    unsafe extern "C" {
        static __autojit_symbolizer: Symbolizer;
    }
    // SAFETY: there is one, above, or the other one, of atomic words.
    let symbolizer = unsafe { &__autojit_symbolizer };
    (symbolizer.is_there.load(Relaxed) != 0).then_some(symbolizer)
}

/// # Safety
/// As of the function that it stands for.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_dl_iterate_phdr(callback: Callback, data: *mut c_void) -> c_int {
    // SAFETY: the caller's arguments.
    let result = unsafe { __real_dl_iterate_phdr(callback, data) };
    if result != 0 {
        return result;
    }
    let symbolizer = symbolizer();
    if let Some(symbolizer) = symbolizer {
        symbolizer.start.store(0, Relaxed);
        symbolizer.end.store(0, Relaxed);
        if symbolizer.thread.load(Relaxed) != ask::thread() {
            return 0;
        }
    }
    let Some(runtime) = ask::runtime() else { return 0 };
    let mut path = [0; 1024];
    let mut extent = [0; 2];
    // SAFETY: both live here.
    if unsafe { runtime(op::BACKTRACE, 0, path.as_mut_ptr(), path.len(), &raw mut extent) } == 0 {
        return 0;
    }
    let [start, end] = extent;
    if let Some(symbolizer) = symbolizer {
        symbolizer.start.store(start, Relaxed);
        symbolizer.end.store(end, Relaxed);
    }
    let segment = Phdr {
        kind: PT_LOAD,
        flags: READ_EXECUTE,
        offset: 0,
        address: 0,
        physical: 0,
        file_size: 0,
        size: end.wrapping_sub(start),
        align: 4096,
    };
    let mut info = Info {
        bias: start,
        name: path.as_ptr().cast(),
        segments: &raw const segment,
        segment_count: 1,
        additions: 0,
        removals: 0,
        tls_module: 0,
        tls_data: core::ptr::null(),
    };
    // SAFETY: as the C library calls it; what it gets lives as long as the call, as there.
    unsafe { callback(&raw mut info, size_of::<Info>(), data) }
}
