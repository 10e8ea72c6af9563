//! The end, or a remark before it: one line on standard error and exit status 127, the shell's "could not run it".
//!
//! Not a signal: a program whose compile daemon is gone did not crash. The line is put together in `.bss` and
//! written at once, so that lines of several processes don't mix.

use crate::sys::{self, Errno};
use core::cell::UnsafeCell;

const SIZE: usize = 4096;

struct Buffer(UnsafeCell<[u8; SIZE]>);

// SAFETY: written by the thread that holds the lock and is about to end the process.
unsafe impl Sync for Buffer {}

static BUFFER: Buffer = Buffer(UnsafeCell::new([0; SIZE]));

/// A line being put together. What does not fit is left out.
pub struct Line {
    length: usize,
}

impl Line {
    #[cold]
    pub fn new(what: &[u8]) -> Line {
        let mut line = Line { length: 0 };
        line.add(b"autojit: error: ").add(what);
        line
    }

    /// A line that does not end the program.
    #[cold]
    pub fn remark(what: &[u8]) -> Line {
        let mut line = Line { length: 0 };
        line.add(b"autojit: ").add(what);
        line
    }

    #[cold]
    #[inline(never)]
    pub fn add(&mut self, text: &[u8]) -> &mut Line {
        for &byte in text {
            // Room for the newline is kept. A message of several lines becomes one.
            if self.length < SIZE - 1 {
                let byte = if byte == b'\n' { b' ' } else { byte };
                // SAFETY: in bounds, and ours (see Buffer).
                unsafe { BUFFER.0.get().cast::<u8>().add(self.length).write(byte) };
                self.length += 1;
            }
        }
        self
    }

    #[cold]
    pub fn number(&mut self, value: u64) -> &mut Line {
        if value >= 10 {
            self.number(value / 10);
        }
        self.add(&[b'0' + (value % 10) as u8])
    }

    /// First bytes of a hash, enough to find the module again.
    #[cold]
    pub fn hash(&mut self, hash: &[u8]) -> &mut Line {
        for &byte in hash.iter().take(8) {
            for nibble in [byte >> 4, byte & 15] {
                self.add(&[if nibble < 10 { b'0' + nibble } else { b'a' - 10 + nibble }]);
            }
        }
        self
    }

    #[cold]
    pub fn errno(&mut self, error: Errno) -> &mut Line {
        self.add(b": ");
        // In one string and not in a table, which would need dynamic relocations in the user's program: the number, then the text.
        const NAMES: &[u8] = b"\
        \x01Operation not permitted\0\
        \x02No such file or directory\0\
        \x08Exec format error\0\
        \x0bResource temporarily unavailable\0\
        \x0cCannot allocate memory\0\
        \x0dPermission denied\0\
        \x14Not a directory\0\
        \x15Is a directory\0\
        \x16Invalid argument\0\
        \x17Too many open files in system\0\
        \x18Too many open files\0\
        \x1bFile too large\0\
        \x1cNo space left on device\0\
        \x1eRead-only file system\0\
        \x20Broken pipe\0\
        \x24File name too long\0\
        \x28Too many levels of symbolic links\0\
        \x47Protocol error\0\
        \x68Connection reset by peer\0\
        \x6eConnection timed out\0\
        \x6fConnection refused\0";
        let mut rest = NAMES;
        let mut known = false;
        while let [number, after @ ..] = rest {
            let end = after.iter().position(|&byte| byte == 0).unwrap_or(after.len());
            let (text, next) = after.split_at_checked(end).unwrap_or_default();
            if i32::from(*number) == error.0 {
                known = true;
                self.add(text);
            }
            rest = next.get(1..).unwrap_or_default();
        }
        if !known {
            self.add(b"error ").number(error.0 as u64);
        }
        self
    }

    #[cold]
    pub fn print(&mut self) {
        // SAFETY: `length` is below SIZE, and the buffer ours (see Buffer).
        let line = unsafe {
            let start = BUFFER.0.get().cast::<u8>();
            start.add(self.length).write(b'\n');
            core::slice::from_raw_parts(start, self.length + 1)
        };
        sys::write_stderr(line);
    }

    #[cold]
    pub fn die(&mut self) -> ! {
        self.print();
        sys::exit_group(127)
    }
}
