//! Files in memory: those that are read, and those that are made.

use anyhow::{Context, Result};
use autojit_engine::memory::file_in_memory;
use rustix::fs::MemfdFlags;
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::Write;
use std::ops::Deref;
use std::os::fd::AsRawFd;
use std::path::Path;
use std::ptr;

/// A file that is mapped read-only. Of an archive only the pages that are looked at are read.
pub struct Mapped {
    start: *mut std::ffi::c_void,
    size: usize,
}

// SAFETY: the mapping is never written through and belongs to no thread.
unsafe impl Send for Mapped {}
// SAFETY: as above.
unsafe impl Sync for Mapped {}

impl Mapped {
    pub fn open(path: &Path) -> Result<Mapped> {
        let name = || format!("cannot read {}", path.display());
        Mapped::of(&File::open(path).with_context(name)?).with_context(name)
    }

    pub fn of(file: &File) -> Result<Mapped> {
        let metadata = file.metadata()?;
        let size = usize::try_from(metadata.len())?;
        if !metadata.is_file() || size == 0 {
            return Ok(Mapped { start: ptr::null_mut(), size: 0 });
        }
        let flags = rustix::mm::MapFlags::PRIVATE;
        // SAFETY: a new mapping, at an address that the kernel chooses.
        let start =
            unsafe { rustix::mm::mmap(ptr::null_mut(), size, rustix::mm::ProtFlags::READ, flags, file, 0)? };
        Ok(Mapped { start, size })
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.size == 0 {
            return &[];
        }
        // SAFETY: mapped for as long as `self` lives. Whoever truncates or rewrites inputs of a link while it runs breaks
        // the link, here as in the linker, which maps them as well.
        unsafe { std::slice::from_raw_parts(self.start.cast(), self.size) }
    }
}

impl Drop for Mapped {
    fn drop(&mut self) {
        if self.size != 0 {
            // SAFETY: the mapping is ours, and no borrow outlives `self`. If it fails it just stays.
            let _ = unsafe { rustix::mm::munmap(self.start, self.size) };
        }
    }
}

/// A file without a name, which child processes inherit.
pub fn create(name: &CStr, bytes: &[u8]) -> Result<File> {
    let fd = file_in_memory(name, MemfdFlags::empty(), MemfdFlags::NOEXEC_SEAL)
        .context("cannot make a file in memory")?;
    let mut file = File::from(fd);
    file.write_all(bytes).context("cannot write a file in memory")?;
    Ok(file)
}

/// The path by which a child process finds the file.
pub fn path(file: &File) -> CString {
    CString::new(format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap_or_default()
}
