//! Lines of `backtrace_symbols` and `backtrace_symbols_fd` for addresses in lazy code, as the C library writes them for exported
//! functions.

use crate::ask::{self, Info};
use autojit_protocol::control::op;
use core::ffi::{c_int, c_void};

unsafe extern "C" {
    /// The C library's `dladdr`, under a name that stands for that alone: a program may have one of its own, and may be linked with ours in
    /// front.
    fn dladdr1(address: *const c_void, info: *mut Info, extra: *mut *mut c_void, flags: c_int) -> c_int;
}

/// The image that has an address. Returns 0 if there is none.
///
/// # Safety
/// `info` is valid for writes.
pub unsafe fn image_of(address: *const c_void, info: *mut Info) -> c_int {
    // SAFETY: the caller's arguments; with flags of 0 nothing more is written.
    unsafe { dladdr1(address, info, core::ptr::null_mut(), 0) }
}

const NAME: usize = 1024;
/// Bytes of a line that we write: names are cut.
pub const LINE: usize = NAME + 512;

/// A line that is being written, with its NUL.
struct Line {
    bytes: *mut u8,
    length: usize,
}

impl Line {
    /// # Safety
    /// `text` is NUL-terminated.
    unsafe fn add(&mut self, mut text: *const u8, most: usize) {
        let end = (self.length + most).min(LINE - 64);
        // SAFETY: up to the NUL, and below the end of the line.
        unsafe {
            while *text != 0 && self.length < end {
                self.bytes.add(self.length).write(*text);
                self.length += 1;
                text = text.add(1);
            }
        }
    }

    /// Writes a number as `0x1f`.
    fn add_number(&mut self, number: u64) {
        let digits = (64 - number.leading_zeros()).div_ceil(4).max(1);
        // SAFETY: at most 18 bytes of the 64 that `add` leaves, and that are used twice.
        unsafe {
            self.bytes.add(self.length).write(b'0');
            self.bytes.add(self.length + 1).write(b'x');
            self.length += 2;
            for digit in (0..digits).rev() {
                let value = (number >> (digit * 4)) as u8 & 15;
                let letter = if value < 10 { b'0' + value } else { b'a' + value - 10 };
                self.bytes.add(self.length).write(letter);
                self.length += 1;
            }
        }
    }

    fn add_byte(&mut self, byte: u8) {
        // SAFETY: as above: six of them.
        unsafe { self.bytes.add(self.length).write(byte) };
        self.length += 1;
    }
}

/// The line for an address in lazy code, into `bytes`, which has room for [`LINE`]. Returns its length, or 0 if it is not in lazy code.
/// `space`: before the address, as only one of the two has it.
///
/// # Safety
/// The room is there.
pub unsafe fn line(runtime: ask::Ask, address: *const c_void, bytes: *mut u8, space: bool) -> usize {
    let mut name = [0u8; NAME];
    let mut values = [0; 2];
    let mut info = Info::EMPTY;
    // SAFETY: all live here; the image that has this code is loaded.
    unsafe {
        if runtime(op::SYMBOL, address as u64, (&raw mut name).cast(), NAME, &raw mut values) == 0
            || image_of(line as *const c_void, &raw mut info) == 0
            || info.file.is_null()
        {
            return 0;
        }
        let mut line = Line { bytes, length: 0 };
        line.add(info.file.cast(), LINE - NAME - 128);
        line.add_byte(b'(');
        line.add((&raw const name).cast(), NAME);
        line.add_byte(b'+');
        line.add_number((address as u64).wrapping_sub(values[0]));
        line.add_byte(b')');
        if space {
            line.add_byte(b' ');
        }
        line.add_byte(b'[');
        line.add_number(address as u64);
        line.add_byte(b']');
        bytes.add(line.length).write(0);
        line.length
    }
}
