//! The environment, as the kernel keeps it in `/proc/self/environ`: libc's `environ` may not exist, or be changed by
//! another thread at this moment. Only variables that concern us or the daemon are kept.

use crate::mem;
use crate::sys::{self, Open};
use core::ffi::CStr;

/// What the daemon gets to see. Nothing that changes how a program is loaded (`LD_*`), and no TMPDIR: the daemon
/// outlives the build or test that set it.
const KEPT: [u8; 24] = *b"HOME=PATH=XDG_..AUTOJIT_";

/// The prefixes in [`KEPT`]: one string and arithmetic, because a table of strings would need dynamic relocations.
fn is_kept(variable: &[u8]) -> bool {
    [(0, 5), (5, 10), (10, 14), (16, 24)].into_iter().any(|(start, end)| {
        KEPT.get(start..end).is_some_and(|prefix| mem::strip_prefix(variable, prefix).is_some())
    })
}

const CAPACITY: usize = 16 * 1024;
const CHUNK: usize = 4096;

/// The kept variables, NUL-terminated, one after the other.
pub struct Environment {
    kept: [u8; CAPACITY],
    /// End of the last complete variable.
    length: usize,
    /// Bytes of the variable that is being read, behind `length`; beyond CAPACITY, they are only counted.
    partial: usize,
    /// It was read, by this process or one that this was forked from.
    is_known: bool,
    chunk: [u8; CHUNK],
}

impl Environment {
    pub const fn new() -> Environment {
        Environment { kept: [0; CAPACITY], length: 0, partial: 0, is_known: false, chunk: [0; CHUNK] }
    }

    /// Reads the environment, or makes it empty: if it can't be read, and for a set-user-ID program, which must not
    /// believe it. It is read once: servers write their titles over it (`setproctitle`), before they fork.
    pub fn load(&mut self, believe: bool) {
        if believe && self.is_known {
            return;
        }
        (self.length, self.partial, self.is_known) = (0, 0, false);
        if !believe {
            return;
        }
        let Ok(fd) = sys::open(c"/proc/self/environ", Open::Read) else { return };
        loop {
            match sys::read(&fd, &mut self.chunk) {
                Ok(n) if n > 0 => self.take(n),
                result => {
                    self.is_known = result.is_ok();
                    return;
                }
            }
        }
    }

    /// Takes in the first `n` bytes of the chunk.
    fn take(&mut self, n: usize) {
        for i in 0..n.min(CHUNK) {
            let byte = self.chunk[i];
            if let Some(place) = self.kept.get_mut(self.length + self.partial) {
                *place = byte;
            }
            self.partial += 1;
            if byte == 0 {
                let end = self.length + self.partial;
                if self.kept.get(self.length..end).is_some_and(is_kept) {
                    self.length = end;
                }
                self.partial = 0;
            }
        }
    }

    /// The kept variables, as C strings.
    pub fn iter(&self) -> impl Iterator<Item = &CStr> {
        let mut rest = self.kept.get(..self.length).unwrap_or_default();
        core::iter::from_fn(move || {
            let variable = mem::c_string(rest)?;
            rest = rest.get(variable.to_bytes_with_nul().len()..)?;
            Some(variable)
        })
    }

    /// The value of a variable, as a C string.
    pub fn get_c(&self, name: &[u8]) -> Option<&CStr> {
        self.iter().find_map(|variable| {
            let value = mem::strip_prefix(variable.to_bytes_with_nul(), name)?.strip_prefix(b"=")?;
            mem::c_string(value)
        })
    }

    pub fn get(&self, name: &[u8]) -> Option<&[u8]> {
        self.get_c(name).map(CStr::to_bytes)
    }

    pub fn is(&self, name: &[u8], value: &[u8]) -> bool {
        self.get(name).and_then(|found| mem::strip_prefix(found, value)).is_some_and(<[u8]>::is_empty)
    }
}

/// Bytes of a path without its NUL.
const LONGEST: usize = 4095;

/// A path being put together, NUL-terminated.
pub struct Path {
    bytes: [u8; LONGEST + 1],
    length: usize,
}

impl Path {
    pub const fn new() -> Path {
        Path { bytes: [0; LONGEST + 1], length: 0 }
    }

    pub fn clear(&mut self) {
        self.truncate(0);
    }

    /// Takes off what was added since the path had this length.
    pub fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
        if let Some(place) = self.bytes.get_mut(self.length) {
            *place = 0;
        }
    }

    pub fn length(&self) -> usize {
        self.length
    }

    /// Adds to the path; false, and nothing added, if it does not fit or holds a NUL.
    #[must_use]
    pub fn add(&mut self, text: &[u8]) -> bool {
        let before = self.length;
        for &byte in text {
            match self.bytes.get_mut(self.length) {
                // One is for the NUL.
                Some(place) if byte != 0 && self.length < LONGEST => *place = byte,
                _ => {
                    self.truncate(before);
                    return false;
                }
            }
            self.length += 1;
        }
        self.truncate(self.length);
        true
    }

    /// Adds a number that is not negative.
    #[must_use]
    pub fn add_number(&mut self, value: i32) -> bool {
        let digit = b'0' + (value % 10) as u8;
        (value < 10 || self.add_number(value / 10)) && self.add(&[digit])
    }

    pub fn as_c(&self) -> &CStr {
        mem::c_string(&self.bytes).unwrap_or(c"")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(bytes: &[u8], chunk: usize) -> Box<Environment> {
        let mut environment = Box::new(Environment::new());
        for piece in bytes.chunks(chunk) {
            environment.chunk[..piece.len()].copy_from_slice(piece);
            environment.take(piece.len());
        }
        environment
    }

    #[test]
    fn only_what_the_daemon_needs_is_kept_however_it_is_cut() {
        let bytes =
            b"A=1\0HOME=/h\0LD_PRELOAD=x\0HOMEX=2\0AUTOJIT_DAEMON=private\0XDG_A=\0PATH=/bin:/x\0XDG\0";
        for chunk in 1..=bytes.len() {
            let e = environment(bytes, chunk);
            let kept: Vec<_> = e.iter().map(|v| v.to_str().unwrap()).collect();
            assert_eq!(kept, ["HOME=/h", "AUTOJIT_DAEMON=private", "XDG_A=", "PATH=/bin:/x"]);
            assert_eq!(e.get(b"HOME"), Some(&b"/h"[..]));
            assert_eq!(e.get(b"XDG_A"), Some(&b""[..]));
            assert_eq!(e.get(b"AUTOJIT_DAEMON_PATH"), None);
            assert_eq!(e.get(b"LD_PRELOAD"), None);
        }
    }

    #[test]
    fn a_variable_that_does_not_fit_is_left_out() {
        let mut bytes = b"HOME=/h\0AUTOJIT_X=".to_vec();
        bytes.resize(CAPACITY + 100, b'x');
        bytes.extend_from_slice(b"\0PATH=/bin\0");
        let e = environment(&bytes, CHUNK);
        assert_eq!((e.get(b"HOME"), e.get(b"PATH")), (Some(&b"/h"[..]), Some(&b"/bin"[..])));
        assert_eq!(e.get(b"AUTOJIT_X"), None);
    }

    #[test]
    fn paths_are_put_together() {
        let mut path = Path::new();
        assert!(path.add(b"/proc/self/fd/") && path.add_number(0) && path.add(b"/") && path.add_number(1207));
        assert_eq!(path.as_c(), c"/proc/self/fd/0/1207");
        path.truncate(5);
        assert_eq!(path.as_c(), c"/proc");
        assert!(!path.add(&[b'x'; 4096]) && !path.add(b"a\0b"));
        assert_eq!(path.as_c(), c"/proc");
        assert!(path.add(&[b'x'; 4090]));
        assert_eq!(path.as_c().count_bytes(), 4095);
    }
}
