//! A process that is about to lock itself in: it leaves its file system (`chroot`), gives up its user, limits its descriptors or
//! its memory, or has the kernel refuse system calls. What it calls for the first time after that could not be compiled any more,
//! above all in the children that it forks, which need sessions of their own. So all functions of this image are materialized
//! before.
//!
//! Members of the archive stand in front of these functions of the C library (`confining.rs`), in programs that use them, and come
//! here.

use crate::debugger;
use crate::lock::{self, Held};
use crate::materialize;
use crate::module::Function;
use crate::request::{self, Failure};
use crate::session;
use crate::sys;
use autojit_protocol::control::{Request, op};
use autojit_protocol::record::ModuleRecord;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::{Acquire, Relaxed};

/// Not 0: every function has its code, here and in children.
static DONE: AtomicU32 = AtomicU32::new(0);

/// How often the daemon may be lost, or the arena full.
const ATTEMPTS: u32 = 8;

/// Which function is called, by its arguments: the numbers in `archive.rs`.
mod family {
    pub const PRCTL: u32 = 1;
    pub const SYSCALL: u32 = 2;
    pub const SETRLIMIT: u32 = 3;
    pub const PRLIMIT: u32 = 4;
    pub const SETUID: u32 = 5;
}

const PR_SET_SECCOMP: u64 = 22;

/// System calls that have no function of their own, or one that is rarely used.
mod number {
    pub const PIVOT_ROOT: u64 = 155;
    pub const SECCOMP: u64 = 317;
    pub const LANDLOCK_RESTRICT_SELF: u64 = 446;
}

/// `rlim_t` soft and hard (getrlimit(2)).
#[repr(C)]
struct Limits {
    soft: u64,
    hard: u64,
}

const RLIMIT_DATA: u64 = 2;
const RLIMIT_NOFILE: u64 = 7;
const RLIMIT_AS: u64 = 9;

/// With so many descriptors allowed a session finds room.
const ENOUGH_DESCRIPTORS: u64 = 64;

/// Called before one of the functions, with its first three arguments.
#[unsafe(no_mangle)]
extern "C" fn __autojit_confine(first: u64, second: u64, third: u64, family: u32) {
    if DONE.load(Relaxed) != 0 || !confines([first, second, third], family) {
        return;
    }
    let signals = sys::block_signals();
    let held = lock::enter();
    if !held.nested && DONE.load(Relaxed) == 0 {
        for _ in 0..ATTEMPTS {
            if all(&held).is_ok() {
                DONE.store(1, Relaxed);
                break;
            }
            session::close(&held);
        }
    }
    held.leave();
    sys::restore_signals(signals);
}

/// Whether a session could not be opened any more after such a call.
fn confines(arguments: [u64; 3], family: u32) -> bool {
    let [first, second, third] = arguments;
    match family {
        family::PRCTL => first & 0xffff_ffff == PR_SET_SECCOMP,
        family::SYSCALL => {
            matches!(first, number::PIVOT_ROOT | number::SECCOMP | number::LANDLOCK_RESTRICT_SELF)
        }
        family::SETRLIMIT => limits(first, second),
        family::PRLIMIT => limits(second, third),
        // A user without power changes nothing.
        family::SETUID => sys::geteuid() == 0 && !matches!(first as u32, 0 | u32::MAX),
        _ => true,
    }
}

fn limits(resource: u64, new: u64) -> bool {
    if new == 0 {
        return false;
    }
    // SAFETY: the caller of setrlimit passes a pointer to such a structure.
    let hard = unsafe { (&raw const (*(new as *const Limits)).hard).read_unaligned() };
    match resource & 0xffff_ffff {
        RLIMIT_NOFILE => hard < ENOUGH_DESCRIPTORS,
        RLIMIT_AS | RLIMIT_DATA => hard != u64::MAX,
        _ => false,
    }
}

/// Materializes all functions of this image.
fn all(held: &Held) -> Result<(), Failure> {
    let image = core::hint::black_box(debugger::at_start as *const () as usize);
    session::ensure(held, image, true)?;
    let mut index = 0;
    while let Some(record) = record(held, image, index)? {
        for (function, slot) in Function::first_of(record).all() {
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
