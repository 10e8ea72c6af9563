//! Output that nobody reads any more.

/// Lets a write into such a pipe end the process, as that of any other tool (`autojit-cc -E file.c | head`), and that of the linker and
/// whatever else is started. Rust programs start with that ignored.
pub fn end_when_closed() {
    // SAFETY: the default action; no code of ours runs when the signal comes.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}
