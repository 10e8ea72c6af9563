//! Memory that is shared with a client: a sealed memfd and the daemon's mapping of it.
//!
//! The seals keep a client from making the file smaller, which would turn the daemon's next access into SIGBUS.

use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, ftruncate, memfd_create};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::path::Arg;
use std::os::fd::OwnedFd;
use std::ptr::NonNull;

pub struct SharedMemory {
    start: NonNull<u8>,
    size: usize,
}

// SAFETY: an address range of the process, not of a thread.
unsafe impl Send for SharedMemory {}
// SAFETY: it hands out addresses only; whoever accesses them has to care for races, also with the client.
unsafe impl Sync for SharedMemory {}

/// Whether the client may write or execute.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    ReadWrite,
    ReadExecute,
}

/// A file without a name. `exec`: `EXEC` or `NOEXEC_SEAL`, of which systems can demand one (`vm.memfd_noexec`), and which kernels before 6.3
/// do not know: those make every such file executable.
pub fn file_in_memory(name: impl Arg + Copy, flags: MemfdFlags, exec: MemfdFlags) -> Result<OwnedFd, Errno> {
    match memfd_create(name, flags | exec) {
        Err(Errno::INVAL) => memfd_create(name, flags),
        result => result,
    }
}

impl SharedMemory {
    /// New memory, zero-filled, and the descriptor to send to the client.
    pub fn create(name: &str, size: usize, sharing: Sharing) -> Result<(SharedMemory, OwnedFd), Errno> {
        let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
        let exec = match sharing {
            Sharing::ReadWrite => MemfdFlags::NOEXEC_SEAL,
            Sharing::ReadExecute => MemfdFlags::EXEC,
        };
        let fd = file_in_memory(name, flags, exec)?;
        ftruncate(&fd, size as u64)?;
        // SAFETY: a new mapping at an address that the kernel chooses.
        let start = unsafe {
            mmap(
                std::ptr::null_mut(),
                size,
                ProtFlags::READ | ProtFlags::WRITE,
                MapFlags::SHARED | MapFlags::NORESERVE,
                &fd,
                0,
            )?
        };
        let memory = SharedMemory { start: NonNull::new(start.cast()).ok_or(Errno::NOMEM)?, size };
        let fixed_size = SealFlags::SHRINK | SealFlags::GROW;
        if sharing == Sharing::ReadExecute {
            // This mapping stays the only one that can write.
            fcntl_add_seals(&fd, fixed_size | SealFlags::FUTURE_WRITE | SealFlags::SEAL)?;
        } else {
            fcntl_add_seals(&fd, fixed_size | SealFlags::SEAL)?;
        }
        Ok((memory, fd))
    }

    pub fn start(&self) -> NonNull<u8> {
        self.start
    }

    pub fn size(&self) -> usize {
        self.size
    }
}

impl Drop for SharedMemory {
    fn drop(&mut self) {
        // SAFETY: the range was mapped by `create` and nothing borrows from it longer than the value lives.
        let _ = unsafe { munmap(self.start.as_ptr().cast(), self.size) };
    }
}
