//! What the archive members that stand in front of a C library's function share: the way to the runtime.

use core::arch::asm;
use core::ffi::{c_char, c_int, c_void};
use core::sync::atomic::AtomicU64;

/// `__autojit_ask` (`src/backtrace.rs`): an `op` of the protocol, an address or 0, room for a text, and what else there is to say.
/// Returns the length of the text; 0: there is no answer.
pub type Ask = unsafe extern "C" fn(u32, u64, *mut u8, usize, *mut [u64; 2]) -> usize;

/// The runtime, if this program or library has lazy code. It is not taken from the archive for the question alone.
pub fn runtime() -> Option<Ask> {
    let address: *const ();
    // SAFETY: loads the entry that the linker makes for a weak symbol: its address, or 0 if there is none.
    unsafe {
        asm!(".weak __autojit_ask", ".hidden __autojit_ask", "mov {}, [rip + __autojit_ask@GOTPCREL]", out(reg) address,
            options(nostack, preserves_flags, pure, readonly));
    }
    if address.is_null() {
        return None;
    }
    // SAFETY: that is the function behind this symbol.
    Some(unsafe { core::mem::transmute::<*const (), Ask>(address) })
}

/// What `symbolizer.rs` and `phdr.rs` tell each other.
#[allow(dead_code, reason = "not every member has to do with it")]
#[repr(C)]
pub struct Symbolizer {
    /// Not 0: this is one.
    pub is_there: AtomicU64,
    /// Which thread lists images for a sanitizer's report, or 0.
    pub thread: AtomicU64,
    /// The addresses that the list of images describes; both are 0 if none.
    pub start: AtomicU64,
    pub end: AtomicU64,
}

/// A number that no other thread has (psABI, 3.4.6: where the thread pointer points, it stands itself).
#[allow(dead_code, reason = "as above")]
pub fn thread() -> u64 {
    let pointer;
    // SAFETY: reads a word of the thread control block, which each thread has.
    unsafe { asm!("mov {}, fs:0", out(reg) pointer, options(nostack, preserves_flags, readonly)) };
    pointer
}

/// `Dl_info` (glibc, `dlfcn.h`).
#[repr(C)]
#[allow(dead_code, reason = "not every member has to do with it")]
pub struct Info {
    pub file: *const c_char,
    pub base: *mut c_void,
    pub name: *const c_char,
    pub address: *mut c_void,
}

impl Info {
    #[allow(dead_code, reason = "as above")]
    pub const EMPTY: Info = Info {
        file: core::ptr::null(),
        base: core::ptr::null_mut(),
        name: core::ptr::null(),
        address: core::ptr::null_mut(),
    };
}
