//! A C library: `library.c` loads it and calls it.
#![crate_type = "cdylib"]

use std::cell::Cell;
use std::ffi::{CStr, c_char};

thread_local!(static CALLS: Cell<i32> = const { Cell::new(0) });

pub static mut EXPORTED: i32 = 5;

/// # Safety
/// `text` is a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lazy_length(text: *const c_char) -> usize {
    CALLS.set(CALLS.get() + 1);
    unsafe { CStr::from_ptr(text) }.to_string_lossy().chars().count()
}

#[unsafe(no_mangle)]
pub extern "C" fn lazy_calls() -> i32 {
    CALLS.get()
}

#[unsafe(no_mangle)]
pub extern "C" fn lazy_panic(n: i32) -> i32 {
    std::panic::set_hook(Box::new(|_| {}));
    std::panic::catch_unwind(|| if n > 2 { panic!("no") } else { n }).unwrap_or(-1)
}
