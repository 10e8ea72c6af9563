//! The code arena of a session: code goes in one piece after the other and is never taken out.

use crate::limits;
use crate::memory::{SharedMemory, Sharing};
use rustix::io::Errno;
use rustix::mm::{Advice, madvise};
use rustix::process::{Resource, getrlimit};
use std::os::fd::OwnedFd;
use std::ptr::NonNull;

/// Default size. Pages that are never written cost nothing.
const DEFAULT_MIB: usize = 64;

/// Above this, code at one end cannot reach the other, and linking gets slow stubs within the arena.
const MAX_MIB: usize = 1024;

/// The start stays empty: some sanitizers read a few bytes in front of a function.
const PAD: usize = 64;

pub const PAGE: usize = 4096;

/// Pieces of this size get their pages by one call, and not by a fault for each.
const POPULATED: usize = 16 * PAGE;

/// Ends of the user's half of the address space.
const LOWEST: u64 = PAGE as u64;
const HIGHEST: u64 = 1 << 47;

pub struct Arena {
    memory: SharedMemory,
    used: usize,
    /// A page that the client has written to shows nothing new: each piece gets pages of its own.
    is_debugged: bool,
    /// Where the client has it mapped, and how many bytes; known after [`Arena::place`].
    base: Option<u64>,
    mapped: usize,
}

/// Bytes of a new arena, from `AUTOJIT_ARENA_MIB`.
pub fn configured_size() -> usize {
    let wished = std::env::var("AUTOJIT_ARENA_MIB").ok().and_then(|value| value.parse().ok());
    let wished = limits::arena(wished.unwrap_or(DEFAULT_MIB).clamp(1, MAX_MIB) << 20);
    // Memory for others is a file.
    let largest = getrlimit(Resource::Fsize).current.and_then(|limit| usize::try_from(limit).ok());
    largest.map_or(wished, |largest| wished.min(largest.next_multiple_of(PAGE) - PAGE).max(PAGE))
}

impl Arena {
    pub fn create(session: u64, size: usize) -> Result<(Arena, OwnedFd), Errno> {
        let (memory, fd) =
            SharedMemory::create(&format!("autojit-code-{session}"), size, Sharing::ReadExecute)?;
        Ok((Arena { memory, used: PAD, is_debugged: false, base: None, mapped: size }, fd))
    }

    /// Sets the client's address of the arena, and how many bytes it has room for, once. False if that cannot be.
    pub fn place(&mut self, base: u64, mapped: u64) -> bool {
        let fits = base >= LOWEST
            && base.is_multiple_of(PAGE as u64)
            && (1..=self.memory.size() as u64).contains(&mapped)
            && base.checked_add(mapped).is_some_and(|end| end <= HIGHEST);
        if self.base.is_some() || !fits {
            return false;
        }
        self.base = Some(base);
        self.mapped = mapped as usize;
        true
    }

    /// A debugger is attached to the client, and sets breakpoints.
    pub fn is_debugged(&mut self) {
        self.is_debugged = true;
    }

    pub fn bounds(&self) -> (u64, u64) {
        let base = self.base.unwrap_or(0);
        (base, base + self.mapped as u64)
    }

    /// Room for `size` bytes: where the daemon writes them and where the client runs them.
    pub fn allocate(&mut self, size: usize, alignment: usize) -> Option<(NonNull<u8>, u64)> {
        let base = self.base?;
        let alignment = if self.is_debugged { alignment.max(PAGE) } else { alignment };
        // The base is page-aligned only, so larger alignments count from address 0.
        let at = (base + self.used as u64).checked_next_multiple_of(alignment as u64)?;
        let offset = usize::try_from(at - base).ok()?;
        let end = offset.checked_add(size)?;
        if end > self.mapped {
            return None;
        }
        self.used = end;
        // SAFETY: offset <= end <= size of the mapping.
        let place = unsafe { self.memory.start().add(offset) };
        if size >= POPULATED {
            populate(place, size);
        }
        Some((place, at))
    }

    /// Room for `size` bytes, as a slice to write to.
    ///
    /// # Safety
    /// The slice must not be used after the arena is gone.
    pub unsafe fn claim<'m>(&mut self, size: usize, alignment: usize) -> Option<(&'m mut [u8], u64)> {
        let (place, address) = self.allocate(size, alignment)?;
        // SAFETY: `allocate` returned that much room of the mapping, which nothing else in this process uses (it is given out
        // once; only what JITLink was given is rolled back); the client can only read it.
        Some((unsafe { std::slice::from_raw_parts_mut(place.as_ptr(), size) }, address))
    }

    /// Bytes that were written, by the client's address.
    pub fn bytes(&self, address: u64, size: u64) -> Option<&[u8]> {
        let offset = usize::try_from(address.checked_sub(self.base?)?).ok()?;
        let end = offset.checked_add(usize::try_from(size).ok()?)?;
        if end > self.used {
            return None;
        }
        // SAFETY: within the mapping, which is never unmapped while `self` lives; what is within `used` is written before the
        // session goes on, and only by its thread, which is this one; the client can only read it.
        Some(unsafe { std::slice::from_raw_parts(self.memory.start().as_ptr().add(offset), end - offset) })
    }

    pub fn used(&self) -> usize {
        self.used
    }

    /// Gives back what was allocated since `used` was read.
    pub fn roll_back(&mut self, used: usize) {
        debug_assert!(used <= self.used);
        self.used = used;
    }

    /// Copies finished code into the arena.
    pub fn write(&mut self, code: &[u8], alignment: usize) -> Option<u64> {
        let (place, address) = self.allocate(code.len(), alignment)?;
        // SAFETY: `allocate` returned that much room, which nothing else uses; the client can only read it.
        unsafe { place.copy_from_nonoverlapping(NonNull::from(code).cast(), code.len()) };
        Some(address)
    }
}

/// Lets the pages be there that the range touches. Kernels before 5.14 can't, and nothing depends on it.
fn populate(place: NonNull<u8>, size: usize) {
    let before = place.addr().get() % PAGE;
    // SAFETY: the page's start is within the mapping, whose start is a page's; what pages hold is not changed.
    let _ = unsafe { madvise(place.as_ptr().sub(before).cast(), before + size, Advice::LinuxPopulateWrite) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arena_ends() {
        let (mut arena, _fd) = Arena::create(1, 1 << 20).unwrap();
        assert!(arena.allocate(1, 1).is_none(), "no base yet");
        const SIZE: u64 = 1 << 20;
        assert!(!arena.place(0, SIZE) && !arena.place(4097, SIZE) && !arena.place(HIGHEST - 4096, SIZE));
        assert!(!arena.place(0x7000_0000, 0) && !arena.place(0x7000_0000, SIZE + 1));
        assert!(arena.place(0x7000_0000, SIZE / 2));
        assert!(!arena.place(0x7000_0000, SIZE), "only once");
        assert_eq!(arena.write(b"abc", 16), Some(0x7000_0040));
        assert_eq!(arena.write(b"abc", 16), Some(0x7000_0050));
        assert!(arena.allocate(1 << 19, 1).is_none(), "that much is not mapped");
        assert!(arena.allocate(usize::MAX, 1).is_none());
        assert!(arena.allocate(1, 1 << 40).is_none());
        assert_eq!(arena.used(), 0x53);
    }

    #[test]
    fn the_client_cannot_shrink_or_write_the_arena() {
        let (_arena, fd) = Arena::create(1, 1 << 20).unwrap();
        assert!(ftruncate_fails(&fd));
        // SAFETY: a new mapping; it is expected to fail.
        let writable = unsafe {
            rustix::mm::mmap(
                std::ptr::null_mut(),
                4096,
                rustix::mm::ProtFlags::WRITE,
                rustix::mm::MapFlags::SHARED,
                &fd,
                0,
            )
        };
        assert_eq!(writable.err(), Some(Errno::PERM));
    }

    fn ftruncate_fails(fd: &OwnedFd) -> bool {
        rustix::fs::ftruncate(fd, 0) == Err(Errno::PERM)
    }
}
