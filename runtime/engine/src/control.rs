//! The daemon's end of the control memory.
//!
//! The client can write any of it at any time. So everything is copied out once, with accesses that assume nothing,
//! and only the copy is looked at.

use crate::memory::{SharedMemory, Sharing};
use autojit_protocol::control::{
    BUFFER_OFFSET, BUFFER_SIZE, CONTROL_MAGIC, CONTROL_SIZE, Control, Reply, Request, state,
};
use rustix::io::Errno;
use rustix::thread::futex;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// How long to look for the next request before going to sleep: a program's first calls often come in a row, and to wake
/// a sleeping thread takes longer than to answer.
const SPIN: Duration = Duration::from_micros(20);

/// Sleeps end now and then: should a wake-up be lost, the thread still sees that its session is over.
const LONGEST_SLEEP: rustix::fs::Timespec = rustix::fs::Timespec { tv_sec: 30, tv_nsec: 0 };

pub struct ControlMemory {
    memory: SharedMemory,
}

impl ControlMemory {
    pub fn create(session: u64) -> Result<(ControlMemory, OwnedFd), Errno> {
        let name = format!("autojit-control-{session}");
        let (memory, fd) = SharedMemory::create(&name, CONTROL_SIZE, Sharing::ReadWrite)?;
        let control = memory.start().cast::<Control>().as_ptr();
        // SAFETY: page-aligned and larger than a Control; no client has it yet.
        unsafe {
            (*control).magic = CONTROL_MAGIC;
            (*control).daemon_pid = rustix::process::getpid().as_raw_nonzero().get() as u32;
        }
        Ok((ControlMemory { memory }, fd))
    }

    fn control(&self) -> *mut Control {
        self.memory.start().cast().as_ptr()
    }

    fn state(&self) -> &AtomicU32 {
        // SAFETY: mapped as long as `self` lives; an AtomicU32 may be written by others.
        unsafe { &(*self.control()).state }
    }

    /// Waits for a request. `None`: the session is over.
    pub fn next_request(&self) -> Option<Request> {
        let began = Instant::now();
        loop {
            let seen = self.state().load(Ordering::Acquire);
            match seen {
                state::REQUEST => {
                    // SAFETY: in bounds and aligned; any bytes are a valid Request. Volatile: the client may write
                    // meanwhile, and what is read must not be read again.
                    return Some(unsafe { (&raw const (*self.control()).request).read_volatile() });
                }
                state::CLOSED => return None,
                _ if began.elapsed() < SPIN => std::hint::spin_loop(),
                _ => {
                    let _ = futex::wait(self.state(), futex::Flags::empty(), seen, Some(&LONGEST_SLEEP));
                }
            }
        }
    }

    /// Hands the reply to the client.
    pub fn answer(&self, reply: Reply, arena_used: usize) {
        // SAFETY: in bounds and aligned; volatile as the client may look at any time.
        unsafe {
            (&raw mut (*self.control()).reply).write_volatile(reply);
            (&raw mut (*self.control()).arena_used).write_volatile(arena_used as u64);
        }
        // Not if the session was closed meanwhile, so that this stays visible.
        let _ =
            self.state().compare_exchange(state::REQUEST, state::REPLY, Ordering::Release, Ordering::Relaxed);
        let _ = futex::wake(self.state(), futex::Flags::empty(), u32::MAX);
    }

    /// Ends the session, for its thread and for the client.
    pub fn close(&self) {
        self.state().store(state::CLOSED, Ordering::Release);
        let _ = futex::wake(self.state(), futex::Flags::empty(), u32::MAX);
    }

    /// A copy of the first `size` bytes of the transfer buffer. `None` if it has fewer.
    pub fn read_buffer(&self, size: usize) -> Option<Vec<u8>> {
        if size > BUFFER_SIZE {
            return None;
        }
        let mut copy = Vec::with_capacity(size);
        // SAFETY: within the mapping and within the vector's room. If the client writes meanwhile the copy is a mix, which
        // is no worse than any other bytes that it could send.
        unsafe {
            let buffer = self.memory.start().add(BUFFER_OFFSET);
            std::ptr::copy_nonoverlapping(buffer.as_ptr(), copy.as_mut_ptr(), size);
            copy.set_len(size);
        }
        Some(copy)
    }

    /// Puts as much of `bytes` into the transfer buffer as fits, and returns how much that is.
    pub fn write_buffer(&self, bytes: &[u8]) -> usize {
        let size = bytes.len().min(BUFFER_SIZE);
        // SAFETY: within the mapping; the client only loses by writing there at the same time.
        unsafe {
            let buffer = self.memory.start().add(BUFFER_OFFSET);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), buffer.as_ptr(), size);
        }
        size
    }
}
