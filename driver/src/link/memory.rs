//! Files in memory: those that are read, and those that are made.
//!
//! What is made has no name: the linker inherits it. A temporary file takes its place where that can't be: a sandbox
//! refuses such files, `/proc` is missing, by which they are opened, or so many are needed that the linker could open no others.

use crate::clang::remove_on_signal;
use anyhow::{Context, Result, bail};
use autojit_engine::memory::file_in_memory;
use rustix::fs::MemfdFlags;
use rustix::process::{Resource, getrlimit};
use std::ffi::{CStr, CString};
use std::fs::File;
use std::io::Write;
use std::ops::Deref;
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;
use std::sync::{LazyLock, OnceLock};
use tempfile::TempPath;

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

/// A file that child processes can read, for as long as the value lives.
pub enum Made {
    Memory(File),
    Temporary(TempPath),
}

impl Made {
    /// The path by which they find it.
    pub fn path(&self) -> CString {
        let path = match self {
            Made::Memory(file) => path_of(file).into_bytes(),
            Made::Temporary(path) => path.as_os_str().as_bytes().to_vec(),
        };
        CString::new(path).unwrap_or_default()
    }

    pub fn map(&self) -> Result<Mapped> {
        match self {
            Made::Memory(file) => Mapped::of(file),
            Made::Temporary(path) => Mapped::open(path),
        }
    }
}

fn path_of(file: &File) -> String {
    format!("/proc/self/fd/{}", file.as_raw_fd())
}

/// What this process may have.
struct Limits {
    /// Bytes of a file that it writes.
    size: Option<u64>,
    /// Descriptors of files in memory are below this one.
    descriptors: Option<u64>,
}

static LIMITS: LazyLock<Limits> = LazyLock::new(|| Limits {
    size: getrlimit(Resource::Fsize).current,
    // The linker has the same limit. bfd opens 10 of its inputs at a time, or an eighth of the limit.
    descriptors: getrlimit(Resource::Nofile).current.map(|all| (all / 2).min(all.saturating_sub(32))),
});

pub fn create(name: &CStr, bytes: &[u8]) -> Result<Made> {
    // Writing more would end the process.
    if let Some(most) = LIMITS.size
        && most < bytes.len() as u64
    {
        let (name, size) = (name.to_string_lossy(), bytes.len() / 1024);
        bail!("{name} has {size} KiB, and this process may write files of {} (ulimit -f)", most / 1024);
    }
    match in_memory(name, bytes) {
        Some(file) => Ok(Made::Memory(file)),
        None => {
            temporary(bytes).context("no file in memory can be made here, and no temporary one ($TMPDIR)")
        }
    }
}

fn in_memory(name: &CStr, bytes: &[u8]) -> Option<File> {
    static IS_REACHABLE: OnceLock<bool> = OnceLock::new();
    let fd = file_in_memory(name, MemfdFlags::empty(), MemfdFlags::NOEXEC_SEAL).ok()?;
    let mut file = File::from(fd);
    let has_room = LIMITS.descriptors.is_none_or(|end| (file.as_raw_fd() as u64) < end);
    if !has_room || !IS_REACHABLE.get_or_init(|| File::open(path_of(&file)).is_ok()) {
        return None;
    }
    file.write_all(bytes).ok()?;
    Some(file)
}

fn temporary(bytes: &[u8]) -> Result<Made> {
    let mut file = tempfile::Builder::new().prefix("autojit-").tempfile()?;
    remove_on_signal(file.path());
    file.write_all(bytes)?;
    Ok(Made::Temporary(file.into_temp_path()))
}
