//! Threads that give way to others.

/// Lowers the calling thread's priority.
pub fn lower(nice: i32) {
    // SAFETY: no memory is involved. On Linux the value is one thread's own, and 0 means the calling one.
    unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, nice) };
}
