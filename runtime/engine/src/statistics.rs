//! What the daemon has done so far, for `autojit daemon status`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[derive(Default)]
pub struct Statistics {
    compiled: AtomicU64,
    found: AtomicU64,
    ahead: AtomicU64,
    prepared: AtomicU64,
    compile_nanoseconds: AtomicU64,
    link_nanoseconds: AtomicU64,
}

/// A copy at one moment.
pub struct Snapshot {
    pub compiled: u64,
    pub found: u64,
    /// Linked without having been asked for.
    pub ahead: u64,
    /// Compiled without having been asked for.
    pub prepared: u64,
    pub compile_time: Duration,
    pub link_time: Duration,
}

impl Statistics {
    /// Counts a function that was linked, and how long it took to get and to link its code.
    pub fn count(&self, was_compiled: bool, compile: Duration, link: Duration) {
        let add = |to: &AtomicU64, what: u64| to.fetch_add(what, Ordering::Relaxed);
        if was_compiled {
            add(&self.compiled, 1);
            add(&self.compile_nanoseconds, compile.as_nanos() as u64);
        } else {
            add(&self.found, 1);
        }
        add(&self.link_nanoseconds, link.as_nanos() as u64);
    }

    /// Counts functions that were linked along with one that was asked for.
    pub fn count_ahead(&self, functions: usize) {
        self.ahead.fetch_add(functions as u64, Ordering::Relaxed);
    }

    pub fn count_prepared(&self) {
        self.prepared.fetch_add(1, Ordering::Relaxed);
    }

    pub fn snapshot(&self) -> Snapshot {
        let get = |what: &AtomicU64| what.load(Ordering::Relaxed);
        Snapshot {
            compiled: get(&self.compiled),
            found: get(&self.found),
            ahead: get(&self.ahead),
            prepared: get(&self.prepared),
            compile_time: Duration::from_nanos(get(&self.compile_nanoseconds)),
            link_time: Duration::from_nanos(get(&self.link_nanoseconds)),
        }
    }
}
