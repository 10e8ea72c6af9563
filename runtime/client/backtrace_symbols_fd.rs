//! glibc's `backtrace_symbols_fd` for programs with lazy code. An archive member that nothing takes that does not need it; the driver
//! hands the linker `--wrap`.

#![no_std]

mod ask;
mod line;

use ask::Info;
use core::ffi::{c_int, c_void};
use line::{LINE, image_of, line};

unsafe extern "C" {
    fn __real_backtrace_symbols_fd(addresses: *const *mut c_void, count: c_int, fd: c_int);
    fn write(fd: c_int, bytes: *const c_void, count: usize) -> isize;
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
        for i in 0..count.max(0) as usize {
            let mut info = Info::EMPTY;
            let written = match image_of(*addresses.add(i), &raw mut info) {
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
