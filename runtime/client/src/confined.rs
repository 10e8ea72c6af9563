//! A process that is about to lock itself in: it leaves its file system (`chroot`), limits its descriptors or its memory, has the
//! kernel refuse system calls, locks its memory, or forks children after it has given up its user. What is called for the first time after that could
//! not be compiled any more, above all in the children, which need sessions of their own. So all functions of the process's images
//! are materialized before.
//!
//! Members of the archive stand in front of these functions of the C library (`confining.rs`), in programs that use them. They have
//! each image complete itself (`complete.rs`), of which each has a runtime and says where this is.

use crate::arch;
use crate::lock::{self, Held};
use crate::materialize;
use crate::module::Function;
use crate::request::{self, Failure};
use crate::session;
use crate::sys;
use autojit_protocol::control::{Request, op};
use autojit_protocol::record::ModuleRecord;
#[cfg(autojit_rt_archive)]
use autojit_protocol::record::NOTE_COMPLETE;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed};

/// Not 0: every function has its code, here and in children.
static DONE: AtomicU32 = AtomicU32::new(0);

/// How often the daemon may be lost, or the arena full.
const ATTEMPTS: u32 = 8;

// Where the images of the process find `complete`: a note (ELF gABI, "Note Section"), whose descriptor is the distance, and that to
// the image's header.
#[cfg(autojit_rt_archive)]
core::arch::global_asm!(
    ".pushsection .note.autojit.runtime, \"a\", @note",
    ".p2align 2",
    ".long 8, 8, {kind}",
    ".asciz \"autojit\"",
    ".weak __ehdr_start",
    ".hidden __ehdr_start",
    ".long {complete} - ., __ehdr_start - .",
    ".popsection",
    kind = const NOTE_COMPLETE,
    complete = sym complete,
);

/// What is to be done: `Need` in `complete.rs`.
mod work {
    pub const SESSION: u32 = 1;
    pub const MEMORY: u32 = 2;
}

/// Materializes all functions of this image, or sees to it that there is a session: for a process that does not lose it by what it does
/// next.
#[cfg_attr(not(autojit_rt_archive), expect(dead_code, reason = "the note's"))]
extern "C" fn complete(what: u32) {
    if DONE.load(Relaxed) != 0 && what != work::MEMORY {
        return;
    }
    let signals = sys::block_signals();
    let held = lock::enter();
    if what == work::SESSION {
        // One that is lost meanwhile is opened when it is needed.
        let _ = session::ensure(&held, arch::own_image(), true);
    } else if !held.nested {
        let mut attempts = 0;
        while DONE.load(Relaxed) == 0 && attempts < ATTEMPTS {
            attempts += 1;
            match all(&held) {
                Ok(()) => DONE.store(1, Relaxed),
                Err(_) => session::close(&held),
            }
        }
        if what == work::MEMORY {
            session::give_back_arenas(&held);
        }
    }
    held.leave();
    sys::restore_signals(signals);
}

fn all(held: &Held) -> Result<(), Failure> {
    let image = arch::own_image();
    session::ensure(held, image, true)?;
    let mut index = 0;
    while let Some(record) = record(held, image, index)? {
        let module = Function::first_of(record);
        materialize::complete(held, &module)?;
        // What is left is made one by one, or can't be.
        for (function, slot) in module.all() {
            if slot.load(Acquire) == 0 {
                materialize::ahead(held, &function, slot)?;
            }
        }
        index += 1;
    }
    Ok(())
}

/// Where a module of the image has its record.
fn record(held: &Held, image: usize, index: u32) -> Result<Option<*const ModuleRecord>, Failure> {
    held.with(|runtime| {
        let request =
            Request { op: op::IMAGE_RECORDS, index, args: [image as u64, 0, 0, 0], ..Request::default() };
        // A daemon that does not know the request has nothing to say.
        let count = request::ask_ahead(runtime, &request)?.map_or(0, |reply| reply.values[0]);
        // SAFETY: the start of the buffer, where the daemon has put addresses.
        let address = unsafe { request::buffer(runtime.session.control).cast::<u64>().read_volatile() };
        Ok((count != 0 && address != 0).then_some(address as *const ModuleRecord))
    })
}
