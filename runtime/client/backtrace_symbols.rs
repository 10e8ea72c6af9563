//! glibc's `backtrace_symbols` and `backtrace_symbols_fd` for programs with lazy code: lines for lazy functions, as the C library
//! writes them for exported ones. An archive member that nothing takes that does not need it; the driver hands the linker
//! `--wrap` for both.

#![no_std]

mod ask;

use ask::{__real_dladdr, Info};
use autojit_protocol::control::op;
use core::ffi::{c_char, c_int, c_void};

unsafe extern "C" {
    fn __real_backtrace_symbols(addresses: *const *mut c_void, count: c_int) -> *mut *mut c_char;
    fn __real_backtrace_symbols_fd(addresses: *const *mut c_void, count: c_int, fd: c_int);
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
    fn write(fd: c_int, bytes: *const c_void, count: usize) -> isize;
}

const NAME: usize = 1024;
/// Of a line that we write: names are cut.
const LINE: usize = NAME + 512;

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
unsafe fn line(runtime: ask::Ask, address: *const c_void, bytes: *mut u8, space: bool) -> usize {
    let mut name = [0u8; NAME];
    let mut values = [0; 2];
    let mut info = Info::EMPTY;
    // SAFETY: all live here; the image that has this function is loaded.
    unsafe {
        if runtime(op::SYMBOL, address as u64, (&raw mut name).cast(), NAME, &raw mut values) == 0
            || __real_dladdr(__wrap_backtrace_symbols as *const c_void, &raw mut info) == 0
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

/// # Safety
/// `text` is NUL-terminated.
unsafe fn length(text: *const c_char) -> usize {
    let mut length = 0;
    // SAFETY: up to the NUL.
    while unsafe { *text.add(length) } != 0 {
        length += 1;
    }
    length
}

/// # Safety
/// As of the function that it stands for.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_backtrace_symbols(
    addresses: *const *mut c_void,
    count: c_int,
) -> *mut *mut c_char {
    // SAFETY: the caller's arguments; the result is one block of memory with an array of `count` texts in front.
    unsafe {
        let plain = __real_backtrace_symbols(addresses, count);
        let Some(runtime) = ask::runtime() else { return plain };
        if plain.is_null() {
            return plain;
        }
        let count = count as usize;
        // What is in no image has an address alone.
        let is_unknown = |i: usize| **plain.add(i) == b'[' as c_char;
        let mut size = count * size_of::<*mut c_char>();
        for i in 0..count {
            size += if is_unknown(i) { LINE } else { 0 } + length(*plain.add(i)) + 1;
        }
        let block = malloc(size).cast::<*mut c_char>();
        if block.is_null() {
            return plain;
        }
        let mut at = block.add(count).cast::<u8>();
        for i in 0..count {
            block.add(i).write(at.cast());
            let mut written = if is_unknown(i) { line(runtime, *addresses.add(i), at, true) } else { 0 };
            if written == 0 {
                let text = *plain.add(i);
                written = length(text);
                text.cast::<u8>().copy_to_nonoverlapping(at, written + 1);
            }
            at = at.add(written + 1);
        }
        free(plain.cast());
        block
    }
}

/// # Safety
/// As of the function that it stands for.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_backtrace_symbols_fd(addresses: *const *mut c_void, count: c_int, fd: c_int) {
    // SAFETY: the caller's arguments; it may be in a signal handler, and so may all of this.
    unsafe {
        let Some(runtime) = ask::runtime() else { return __real_backtrace_symbols_fd(addresses, count, fd) };
        let mut bytes = [0u8; LINE];
        let bytes = (&raw mut bytes).cast::<u8>();
        for i in 0..count as usize {
            let mut info = Info::EMPTY;
            let written = match __real_dladdr(*addresses.add(i), &raw mut info) {
                0 => line(runtime, *addresses.add(i), bytes, false),
                _ => 0,
            };
            if written == 0 {
                __real_backtrace_symbols_fd(addresses.add(i), 1, fd);
                continue;
            }
            bytes.add(written).write(b'\n');
            write(fd, bytes.cast(), written + 1);
        }
    }
}
