//! Programs that print their own stack: what their lazy code is called, and which file describes it.
//!
//! The C library's functions for that know images. Members of the archive stand in front of them, in programs that
//! use them, and ask here: `phdr.rs` (Rust's standard library looks for debug information by itself), `dladdr.rs`, `backtrace_symbols.rs`.

use crate::arch;
use crate::lock;
use crate::mem;
use crate::request;
use crate::sys;
use autojit_protocol::control::{Request, op};

/// Asks the daemon about an address, or about this image if that is 0. Writes the text of the answer, NUL-terminated, if there is
/// room for all of it (of a name, as much as there is room for), and two further values. Returns the length of the text; 0: there is no answer.
///
/// # Safety
/// There are `room` bytes at `text`, and `values` is valid for writes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __autojit_ask(
    what: u32,
    address: u64,
    text: *mut u8,
    room: usize,
    values: *mut [u64; 2],
) -> usize {
    let signals = sys::block_signals();
    let held = lock::enter_beside();
    let mut written = 0;
    if !held.nested && held.is_open() {
        held.with(|runtime| {
            if runtime.environment.is(b"AUTOJIT_BACKTRACE", b"off") {
                return;
            }
            let image = arch::own_image() as u64;
            let address = if address == 0 { image } else { address };
            let request = Request { op: what, args: [address, 0, 0, 0], ..Request::default() };
            // Without an answer the frames have no names, and the next function that is needed finds out why.
            let Ok(reply) = request::ask(runtime, &request) else { return };
            let mut length = reply.values[0] as usize;
            if length >= room {
                // A part of a name is better than none.
                if what != op::SYMBOL {
                    return;
                }
                length = room - 1;
            }
            // SAFETY: the daemon wrote so many bytes into the buffer, which is larger; the rest is the caller's promise.
            unsafe {
                mem::copy(text, request::buffer(runtime.session.control), length);
                text.add(length).write(0);
                values.write([reply.values[1], reply.values[2]]);
            }
            written = length;
        });
    }
    held.leave_politely();
    sys::restore_signals(signals);
    written
}
