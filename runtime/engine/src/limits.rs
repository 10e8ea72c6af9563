//! What is left of the starter's limits once the daemon has raised them as far as it may (`ulimit -v`, `-t`, `-f`, `-n`): a daemon
//! that has little room would fail the programs of others, and so serves the one that started it alone, and reserves less.

use crate::arena::PAGE;
use rustix::process::{Resource, getrlimit};
use std::sync::OnceLock;

/// LLVM recurses over deeply nested code. Only touched pages cost anything.
const STACK: usize = 64 << 20;
const SMALLEST_STACK: usize = 8 << 20;

/// Bytes of address space that are enough for anybody's programs.
const ENOUGH: usize = 2 << 30;

/// Seconds of processor time that a daemon may need in its life.
const ENOUGH_TIME: u64 = 24 * 60 * 60;

/// Bytes of a file: arenas are some.
const ENOUGH_FILE: u64 = 2 << 30;

/// Some for each program.
const ENOUGH_DESCRIPTORS: u64 = 256;

/// Bytes that this process may map, if that is less than enough. (Since Linux 4.7 RLIMIT_DATA counts all that is private and
/// written.)
fn room() -> Option<usize> {
    static ROOM: OnceLock<Option<usize>> = OnceLock::new();
    *ROOM.get_or_init(|| {
        let limits = [Resource::As, Resource::Data].map(|resource| getrlimit(resource).current);
        let least = limits.into_iter().flatten().filter_map(|limit| usize::try_from(limit).ok()).min();
        least.filter(|&room| room < ENOUGH)
    })
}

/// Whether others are better served by a daemon of their own.
pub fn are_tight() -> bool {
    let is_below = |resource, enough| getrlimit(resource).current.is_some_and(|limit| limit < enough);
    room().is_some()
        || is_below(Resource::Cpu, ENOUGH_TIME)
        || is_below(Resource::Fsize, ENOUGH_FILE)
        || is_below(Resource::Nofile, ENOUGH_DESCRIPTORS)
}

/// Bytes of stack for a thread that compiles.
pub fn stack() -> usize {
    room().map_or(STACK, |room| (room / 8).clamp(SMALLEST_STACK, STACK))
}

/// Bytes of an arena, where so many are wished.
pub fn arena(wished: usize) -> usize {
    room().map_or(wished, |room| wished.min(room / 8 / PAGE * PAGE))
}

/// Whether there is room for threads that do what nobody waits for.
pub fn have_room() -> bool {
    room().is_none()
}

/// To be called before there are threads. The C library reserves 64 MiB for the memory of each.
pub fn heed() {
    if !have_room() {
        // SAFETY: sets a number of the allocator's.
        unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    }
}
