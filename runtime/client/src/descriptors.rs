//! Room for the few descriptors that opening a session needs, in a process that has used up all it may have.
//!
//! The soft limit is raised for that moment, if the hard one allows. Only if there is no room: another thread could
//! see it, or fork.

use crate::sys::{self, Errno, Limit};

/// How many are open at once, at most: a socket pair or a socket and its directory, the two of the session, and two files
/// that something is recorded in.
const NEEDED: usize = 7;

/// The limit to put back, if it was raised.
pub struct Room(Option<Limit>);

/// Whether so many more can be opened. Each call keeps one open.
#[inline(never)]
fn is_there(more: usize) -> bool {
    if more == 0 {
        return true;
    }
    match sys::stream_socket() {
        Ok(_one) => is_there(more - 1),
        Err(error) => error != Errno::MFILE,
    }
}

/// Makes room if there is none.
pub fn make_room() -> Room {
    if is_there(NEEDED) {
        return Room(None);
    }
    let Ok(limit) = sys::limit(sys::RLIMIT_NOFILE, None) else { return Room(None) };
    let soft = limit.soft.saturating_add(NEEDED as u64).min(limit.hard);
    Room(sys::limit(sys::RLIMIT_NOFILE, Some(&Limit { soft, hard: limit.hard })).ok())
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(limit) = &self.0 {
            let _ = sys::limit(sys::RLIMIT_NOFILE, Some(limit));
        }
    }
}
