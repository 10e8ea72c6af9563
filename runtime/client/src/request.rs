//! One request and its reply, through the control memory.

use crate::daemon;
use crate::fatal::Line;
use crate::lock::Runtime;
use crate::mem;
use crate::sys::{self, Futex};
use autojit_protocol::control::{BUFFER_OFFSET, BUFFER_SIZE, Control, Fixup, Reply, Request, state, status};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicU32, AtomicU64};

/// Why there is no reply to use. Both ask for another session; what has been compiled stays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The daemon is gone.
    Lost,
    /// The code arena is full.
    Full,
}

/// Looks before sleeping, about 20 microseconds: a function that the daemon has compiled before is answered in five. On two
/// cores such a call takes 28 microseconds with 0 or 200 looks, 11 with 1000, 12 with 5000.
const SPINS: u32 = 1000;
/// First and longest time between two looks whether the daemon lives.
const FIRST_LOOK_MS: u32 = 25;
const LAST_LOOK_MS: u32 = 200;

/// Start of the transfer buffer.
pub fn buffer(control: *mut Control) -> *mut u8 {
    // SAFETY: the control memory is BUFFER_OFFSET + BUFFER_SIZE bytes.
    unsafe { control.cast::<u8>().add(BUFFER_OFFSET) }
}

/// Copies bytes of the image into the transfer buffer, at most BUFFER_SIZE of them.
pub fn fill(control: *mut Control, from: *const u8, size: usize) {
    // SAFETY: the caller passes bytes of a record; the buffer has room.
    unsafe { mem::copy(buffer(control), from, size) };
}

/// Makes a request and waits for the reply. An answer that is an error ends the program with the daemon's words.
pub fn ask(runtime: &mut Runtime, request: &Request) -> Result<Reply, Failure> {
    ask_about(runtime, request, b"")
}

/// The same for requests that say little: what they are about, and where it begins.
#[inline(never)]
pub fn ask_at(runtime: &mut Runtime, op: u32, index: u32, args: [u64; 2]) -> Result<[u64; 4], Failure> {
    let args = [args[0], args[1], 0, 0];
    ask(runtime, &Request { op, index, args, ..Request::default() }).map(|reply| reply.values)
}

/// The same about code of a source file, which is named with the daemon's words if it is known.
pub fn ask_about(runtime: &mut Runtime, request: &Request, file: &[u8]) -> Result<Reply, Failure> {
    let reply = exchange(runtime, request)?;
    match reply.status {
        status::OK => Ok(reply),
        status::ARENA_FULL => Err(Failure::Full),
        _ => {
            let length = (reply.len as usize).min(BUFFER_SIZE);
            // SAFETY: inside the buffer, which the daemon leaves alone until the next request.
            let message = unsafe { core::slice::from_raw_parts(buffer(runtime.session.control), length) };
            let mut line = Line::new(message);
            if !file.is_empty() {
                line.add(b" (").add(file).add(b")");
            }
            line.die()
        }
    }
}

/// The same for what is not needed yet: `None` if the answer is an error.
pub fn ask_ahead(runtime: &mut Runtime, request: &Request) -> Result<Option<Reply>, Failure> {
    let reply = exchange(runtime, request)?;
    match reply.status {
        status::OK => Ok(Some(reply)),
        status::ARENA_FULL => Err(Failure::Full),
        _ => Ok(None),
    }
}

fn exchange(runtime: &mut Runtime, request: &Request) -> Result<Reply, Failure> {
    let control = runtime.session.control;
    runtime.session.requests = runtime.session.requests.wrapping_add(1);
    // SAFETY: mapped for as long as the session is open.
    let word: &AtomicU32 = unsafe { &(*control).state };
    // SAFETY: request and reply are ours while the state is IDLE.
    unsafe { (&raw mut (*control).request).write_volatile(*request) };
    word.compare_exchange(state::IDLE, state::REQUEST, Release, Relaxed).map_err(|_| Failure::Lost)?;
    sys::futex_wake(word, Futex::Shared);
    wait(runtime, word)?;
    // SAFETY: as above, while the state is REPLY.
    let reply = unsafe { (&raw const (*control).reply).read_volatile() };
    // SAFETY: likewise.
    runtime.session.used = unsafe { (&raw const (*control).arena_used).read_volatile() } as usize;
    word.compare_exchange(state::REPLY, state::IDLE, Release, Relaxed).map_err(|_| Failure::Lost)?;
    Ok(reply)
}

/// Fills in the slots that the last reply names.
pub fn store_fixups(runtime: &Runtime, count: u64) {
    let count = (count as usize).min(BUFFER_SIZE / size_of::<Fixup>());
    let fixups = buffer(runtime.session.control).cast::<Fixup>();
    for i in 0..count {
        // SAFETY: inside the buffer; an aligned address from the daemon is in the slot block of an opened module.
        unsafe {
            let Fixup { slot, code } = fixups.add(i).read_volatile();
            if slot != 0 && slot % 8 == 0 && code != 0 {
                (*(slot as *const AtomicU64)).store(code, Release);
            }
        }
    }
}

/// Waits until the state is REPLY.
fn wait(runtime: &mut Runtime, word: &AtomicU32) -> Result<(), Failure> {
    for _ in 0..SPINS {
        match word.load(Acquire) {
            state::REPLY => return Ok(()),
            state::REQUEST => core::hint::spin_loop(),
            _ => return Err(Failure::Lost),
        }
    }
    let mut look = FIRST_LOOK_MS;
    let mut due = sys::now() + u64::from(look);
    loop {
        sys::futex_wait(word, state::REQUEST, Futex::Shared, Some(look));
        match word.load(Acquire) {
            state::REPLY => return Ok(()),
            state::REQUEST => {}
            _ => return Err(Failure::Lost),
        }
        let now = sys::now();
        if now >= due {
            if !daemon::is_alive(runtime) {
                return Err(Failure::Lost);
            }
            look = (look * 2).min(LAST_LOOK_MS);
            due = now + u64::from(look);
        }
    }
}
