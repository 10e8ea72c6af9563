//! Leaves behind what the daemon was born with: it is started by whichever program happened to be first, and must keep
//! nothing of it alive or open, nor be stopped by its limits.

use rustix::fs::{Mode, OFlags};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use std::os::fd::RawFd;

/// Once, while there is one thread only.
pub fn leave_everything(foreground: bool) {
    reset_signals();
    raise_limits();
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    if !foreground {
        silence();
        let _ = rustix::process::setsid();
        let _ = rustix::process::chdir("/");
    }
    // If memory runs out, programs lose less by losing the daemon than the other way round.
    let _ = std::fs::write("/proc/self/oom_score_adj", "200");
}

/// To be called first, while there is no descriptor of our own. Keeps `kept` and the standard streams open.
pub fn close_descriptors(kept: Option<RawFd>) {
    let open: Vec<RawFd> = match std::fs::read_dir("/proc/self/fd") {
        Ok(entries) => entries.flatten().filter_map(|e| e.file_name().to_str()?.parse().ok()).collect(),
        Err(_) => (0..1024).collect(),
    };
    for fd in open {
        if fd > 2 && Some(fd) != kept {
            // SAFETY: nothing in this process has opened a descriptor yet, so that nobody owns it. (The one of the listing
            // above is closed already, and closing it again is an error without effect.)
            unsafe { rustix::io::close(fd) };
        }
    }
}

fn silence() {
    if let Ok(null) = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty()) {
        let _ = dup2_stdin(&null);
        let _ = dup2_stdout(&null);
        let _ = dup2_stderr(&null);
    }
}

/// Nothing blocked; every disposition the default one, but for SIGPIPE, and for those that Rust's standard library has set
/// by now (stack overflow).
fn reset_signals() {
    const KEPT: [i32; 3] = [libc::SIGBUS, libc::SIGSEGV, libc::SIGPIPE];
    // SAFETY: an empty set, and default dispositions, which nothing here relies on being others. (For SIGKILL, SIGSTOP and
    // the C library's own signals these calls do nothing.)
    unsafe {
        let mut none = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
        for signal in (1..=libc::SIGRTMAX()).filter(|signal| !KEPT.contains(signal)) {
            libc::signal(signal, libc::SIG_DFL);
        }
    }
}

fn raise_limits() {
    for resource in [Resource::Nofile, Resource::As, Resource::Data, Resource::Cpu, Resource::Fsize] {
        let Rlimit { maximum, .. } = getrlimit(resource);
        let _ = setrlimit(resource, Rlimit { current: maximum, maximum });
    }
}
