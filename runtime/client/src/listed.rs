//! A description in the dynamic linker's list, as if it were a shared library.
//!
//! GDB drops what the interface for compilers at run time told it of when the process ends, and trips over that in several ways (see
//! `engine/src/debug/listed.rs`). What is in the list it treats as a library: kept until the next run, and its breakpoints wait.
//! GDB looks at the whole list when a library is unloaded, so one is.
//!
//! Only while the image is initialized, when `dlopen` can be called. Off with `AUTOJIT_GDB=jit`.

use crate::arch;
use crate::dynamic::{self, Listed};
use crate::lock::{PAGE_SIZE, Runtime};
use crate::mem;
use crate::request;
use crate::sys;
use core::ffi::{c_char, c_void};

/// The first minor version of glibc 2 in which the functions are in the C library itself.
const GLIBC: u32 = 34;

const RTLD_NOW: i32 = 2;

type Open = unsafe extern "C" fn(*const c_char, i32) -> *mut c_void;
type Close = unsafe extern "C" fn(*mut c_void) -> i32;

/// What is to be done when the runtime's lock is free: a debugger is to look.
#[must_use]
pub struct Pending {
    library: *const c_char,
    open: Open,
    close: Close,
}

/// What stays when the image is unloaded.
#[repr(C)]
struct Page {
    listed: Listed,
    paths: [u8; PAGE_SIZE - size_of::<Listed>()],
}

/// Adds the file whose path the buffer has, and behind it, at `library`, that of the library. `length`: both, with a NUL each. `base`: what
/// is added to addresses in the file.
pub fn add(runtime: &Runtime, length: usize, library: usize, base: usize) -> Option<Pending> {
    if runtime.environment.is(b"AUTOJIT_GDB", b"jit") {
        return None;
    }
    let open = dynamic::of_glibc(GLIBC, b"dlopen")?;
    let close = dynamic::of_glibc(GLIBC, b"dlclose")?;
    let page = sys::map_zeros(PAGE_SIZE).ok()? as *mut Page;
    // SAFETY: a new page; the buffer has so many bytes. The functions are those of their names.
    unsafe {
        let paths = &raw mut (*page).paths;
        if length > (*paths).len() || library >= length {
            return None;
        }
        let from = request::buffer(runtime.session.control);
        mem::copy(paths.cast::<u8>(), from, length);
        let paths = paths.cast::<c_char>();
        dynamic::list_file(&raw mut (*page).listed, paths, (base, arch::own_image()))?;
        Some(Pending {
            library: paths.add(library),
            open: core::mem::transmute::<usize, Open>(open),
            close: core::mem::transmute::<usize, Close>(close),
        })
    }
}

impl Pending {
    /// Makes the debugger look.
    pub fn show(self) {
        // SAFETY: the C library's functions, called as anybody may while an image is initialized.
        unsafe {
            let handle = (self.open)(self.library, RTLD_NOW);
            if !handle.is_null() {
                (self.close)(handle);
            }
        }
    }
}
