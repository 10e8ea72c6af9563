//! The names of lazy code in the reports of sanitizers.
//!
//! Their runtime looks for an address among the images that `dl_iterate_phdr` names, and gives the image's file to a symbolizer.
//! It remembers the images. So where it asks for an address of lazy code that is not described yet, this lets it list the
//! images anew, and `phdr.rs` names the code arena among them; to nobody else, because a leak checker lists images while the
//! threads of the process stand still, one of them maybe in the runtime.
//!
//! An archive member that nothing takes that does not need it; the driver hands the linker `--wrap` where a sanitizer's
//! runtime is linked.

#![no_std]

mod ask;

use autojit_protocol::control::op;
use core::ffi::c_void;
use core::sync::atomic::Ordering::Relaxed;

core::arch::global_asm!(
    ".pushsection .data.__autojit_symbolizer, \"aw\", @progbits",
    ".globl __autojit_symbolizer",
    ".hidden __autojit_symbolizer",
    ".type __autojit_symbolizer, @object",
    ".p2align 3",
    "__autojit_symbolizer: .quad 1, 0, 0, 0",
    ".size __autojit_symbolizer, 32",
    ".popsection",
);

unsafe extern "C" {
    /// What `phdr.rs` and this tell each other.
    static __autojit_symbolizer: ask::Symbolizer;
    #[link_name = "__real__ZN11__sanitizer10Symbolizer11SymbolizePCEm"]
    fn symbolize(symbolizer: *mut c_void, address: u64) -> *mut c_void;
    #[link_name = "__real__ZN11__sanitizer10Symbolizer27GetModuleNameAndOffsetForPCEmPPKcPm"]
    fn find_module(
        symbolizer: *mut c_void,
        address: u64,
        name: *mut *const core::ffi::c_char,
        offset: *mut u64,
    ) -> bool;
    #[link_name = "_ZN11__sanitizer10Symbolizer20InvalidateModuleListEv"]
    fn invalidate_module_list(symbolizer: *mut c_void);
}

/// Lets `ask` see the images of lazy code, if that is what `address` belongs to.
///
/// # Safety
/// The symbolizer is the sanitizer's own.
unsafe fn with_lazy_code<R>(symbolizer: *mut c_void, address: u64, ask: impl FnOnce() -> R) -> R {
    // SAFETY: the one above, of atomic words.
    let state = unsafe { &__autojit_symbolizer };
    let is_described = (state.start.load(Relaxed)..state.end.load(Relaxed)).contains(&address);
    if !is_described && is_lazy(address) {
        // SAFETY: the caller's symbolizer.
        unsafe { invalidate_module_list(symbolizer) };
    }
    state.thread.store(ask::thread(), Relaxed);
    let answer = ask();
    state.thread.store(0, Relaxed);
    answer
}

/// `SymbolizedStack *__sanitizer::Symbolizer::SymbolizePC(uptr)`.
///
/// # Safety
/// As of the function that it stands for.
#[unsafe(export_name = "__wrap__ZN11__sanitizer10Symbolizer11SymbolizePCEm")]
unsafe extern "C" fn symbolize_lazy(symbolizer: *mut c_void, address: u64) -> *mut c_void {
    // SAFETY: the caller's arguments.
    unsafe { with_lazy_code(symbolizer, address, || symbolize(symbolizer, address)) }
}

/// `bool __sanitizer::Symbolizer::GetModuleNameAndOffsetForPC(uptr, const char **, uptr *)`: what suppressions by an image's name ask.
///
/// # Safety
/// As of the function that it stands for.
#[unsafe(export_name = "__wrap__ZN11__sanitizer10Symbolizer27GetModuleNameAndOffsetForPCEmPPKcPm")]
unsafe extern "C" fn find_lazy_module(
    symbolizer: *mut c_void,
    address: u64,
    name: *mut *const core::ffi::c_char,
    offset: *mut u64,
) -> bool {
    // SAFETY: the caller's arguments.
    unsafe { with_lazy_code(symbolizer, address, || find_module(symbolizer, address, name, offset)) }
}

fn is_lazy(address: u64) -> bool {
    let Some(runtime) = ask::runtime() else { return false };
    let mut name = [0; 1024];
    let mut values = [0; 2];
    // SAFETY: both live here.
    unsafe { runtime(op::SYMBOL, address, name.as_mut_ptr(), name.len(), &raw mut values) != 0 }
}
