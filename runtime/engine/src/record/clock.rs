//! The clock of what is recorded: CLOCK_MONOTONIC, which perf and other processes have as well.

use rustix::time::{ClockId, clock_gettime};
use std::time::Instant;

/// Nanoseconds.
pub fn now() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// The clock at an earlier moment.
pub fn at(moment: Instant) -> u64 {
    now() - moment.elapsed().as_nanos() as u64
}
