//! glibc's `backtrace_symbols` for programs with lazy code. An archive member that nothing takes that does not need it; the driver
//! hands the linker `--wrap`.

#![no_std]

mod ask;
mod line;

use core::ffi::{c_char, c_int, c_void};
use line::{LINE, line};

unsafe extern "C" {
    fn __real_backtrace_symbols(addresses: *const *mut c_void, count: c_int) -> *mut *mut c_char;
    fn malloc(size: usize) -> *mut c_void;
    fn free(memory: *mut c_void);
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
        let count = count.max(0) as usize;
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
