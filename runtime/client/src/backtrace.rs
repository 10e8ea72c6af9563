//! Programs that print their own stack, as Rust's standard library does: which file says what their lazy code is.
//!
//! They ask `dl_iterate_phdr` for what is loaded and read those files. `phdr.rs`, which the driver puts in front of that
//! function, adds one image more: the code arena, with a file that the daemon makes of what is compiled at that moment.

use crate::debugger;
use crate::lock;
use crate::mem;
use crate::request;
use crate::sys;
use autojit_protocol::control::{Request, op};

/// Room for a path.
const PATH: usize = 64;

/// Writes the path of the file, NUL-terminated, and the first and last address of the arena. False if there is none.
///
/// # Safety
/// Both pointers are valid for writes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __autojit_backtrace(path: *mut [u8; PATH], extent: *mut [u64; 2]) -> bool {
    let signals = sys::block_signals();
    let held = lock::enter();
    let mut found = false;
    if !held.nested && held.is_open() {
        held.with(|runtime| {
            if runtime.environment.get(b"AUTOJIT_BACKTRACE") == Some(b"off") {
                return;
            }
            // A request of constants alone would be a table of addresses, which the loader had to relocate.
            let image = core::hint::black_box(debugger::at_start as *const () as u64);
            let request = Request { op: op::BACKTRACE, args: [image, 0, 0, 0], ..Request::default() };
            // Without an answer the frames have no names, and the next function that is needed finds out why.
            let Ok(reply) = request::ask(runtime, &request) else { return };
            let [length, start, end, _] = reply.values;
            if length == 0 || length as usize >= PATH {
                return;
            }
            // SAFETY: the daemon wrote so many bytes into the buffer, which is larger; the rest is the caller's promise.
            unsafe {
                let text = request::buffer(runtime.session.control);
                mem::copy(path.cast(), text, length as usize);
                path.cast::<u8>().add(length as usize).write(0);
                extent.write([start, end]);
            }
            found = true;
        });
    }
    held.leave();
    sys::restore_signals(signals);
    found
}
