//! What the daemon has done so far, for `autojit daemon status`.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[derive(Default)]
pub struct Statistics {
    compiled: AtomicU64,
    found: AtomicU64,
    compile_nanoseconds: AtomicU64,
    link_nanoseconds: AtomicU64,
}

/// A copy at one moment.
pub struct Snapshot {
    pub compiled: u64,
    pub found: u64,
    pub compile_time: Duration,
    pub link_time: Duration,
}

impl Statistics {
    /// Counts a function that was linked, and how long it took to get and to link its object.
    pub fn count(&self, was_compiled: bool, compile: Duration, link: Duration) {
        let add = |to: &AtomicU64, what: u64| to.fetch_add(what, Ordering::Relaxed);
        if was_compiled {
            add(&self.found, 1);
        } else {
            add(&self.compiled, 1);
            add(&self.compile_nanoseconds, compile.as_nanos() as u64);
        }
        add(&self.link_nanoseconds, link.as_nanos() as u64);
    }

    pub fn snapshot(&self) -> Snapshot {
        let get = |what: &AtomicU64| what.load(Ordering::Relaxed);
        Snapshot {
            compiled: get(&self.compiled),
            found: get(&self.found),
            compile_time: Duration::from_nanos(get(&self.compile_nanoseconds)),
            link_time: Duration::from_nanos(get(&self.link_nanoseconds)),
        }
    }
}
