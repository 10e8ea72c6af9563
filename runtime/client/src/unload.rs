//! A lazy library that is unloaded (`dlclose`) leaves nothing behind: its unwind tables are taken back from the unwinder, its session
//! ends, and its arenas go. A process that loads and unloads plugins all day would get slower and slower otherwise.
//!
//! Finalizers run when a library is unloaded and when the process exits, and in that case other threads may go on in the library's
//! code. A function that is registered for the exit as the library's own tells the two from each other: when the process exits it is called before
//! all finalizers. Ours are called before those without a number, and after all of the library's own, which may call lazy functions.
//!
//! Only in the runtime of libraries that have the compiler's start-up files (`autojit_rt_library.o`): they run what is registered for
//! the exit when the library goes. Off with `AUTOJIT_UNLOAD=keep`.

#![cfg_attr(not(autojit_rt_library), allow(dead_code, reason = "programs are not unloaded"))]

use crate::arch;
use crate::debugger;
use crate::dynamic;
use crate::lock;
use crate::session;
use crate::sys;
use crate::unwind;
use core::ffi::c_void;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

/// Whether this runtime is that of a library that may be unloaded.
pub const IS_POSSIBLE: bool = cfg!(autojit_rt_library);

/// What the finalizers are called for.
mod stage {
    pub const LOADED: u32 = 0;
    /// The process exits, or nobody knows.
    pub const STAYS: u32 = 1;
    pub const GOES: u32 = 2;
}

static STAGE: AtomicU32 = AtomicU32::new(stage::LOADED);

/// Called when the library is initialized, before any of its own constructors.
pub fn watch_exit() {
    // A library that the process starts with stays until the exit, and what is registered before the program's own start is called last then,
    // behind all finalizers.
    if !arch::program_has_begun() {
        return STAGE.store(stage::STAYS, Relaxed);
    }
    let library = arch::dso_handle();
    let is_watched = match arch::at_exit() {
        // SAFETY: the C library's function, called as any constructor may; it forgets ours when it finalizes the library.
        Some(register) if !library.is_null() => unsafe {
            register(exits, core::ptr::null_mut(), library) == 0
        },
        _ => false,
    };
    // In a name space of its own (dlmopen) the library has a C library of its own, which does not see the exit.
    if !is_watched || !dynamic::lists_own() {
        STAGE.store(stage::STAYS, Relaxed);
    }
}

fn decide(now: u32) {
    let _ = STAGE.compare_exchange(stage::LOADED, now, Relaxed, Relaxed);
}

unsafe extern "C" fn exits(_: *mut c_void) {
    decide(stage::STAYS);
}

/// The first of the library's finalizers (`../unload.rs`).
#[cfg_attr(autojit_rt_library, unsafe(no_mangle))]
pub extern "C" fn __autojit_begin_to_unload() {
    decide(stage::GOES);
}

/// The last of the library's finalizers.
pub extern "C" fn end() {
    // What a debugger was told of stays.
    if STAGE.load(Relaxed) != stage::GOES || debugger::was_told() {
        return;
    }
    let signals = sys::block_signals();
    let held = lock::enter();
    let is_wanted = !held.nested && held.with(|runtime| !runtime.environment.is(b"AUTOJIT_UNLOAD", b"keep"));
    if is_wanted && unwind::take_back(&held) {
        session::give_back_all(&held);
        held.leave_for_ever();
    } else {
        held.leave();
    }
    sys::restore_signals(signals);
}
