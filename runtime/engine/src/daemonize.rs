//! Leaves behind what the daemon was born with: it is started by whichever program happened to be first, and must keep
//! nothing of it alive or open, nor be stopped by its limits.

use rustix::fs::{Mode, OFlags};
use rustix::process::{Resource, Rlimit, getpriority_process, getrlimit, setpriority_process, setrlimit};
use rustix::stdio::{dup2_stderr, dup2_stdin, dup2_stdout};
use rustix::thread::{CpuSet, sched_setaffinity};
use std::os::fd::RawFd;

/// Once, while there is one thread only.
pub fn leave_everything(foreground: bool) {
    reset_signals();
    raise_limits();
    if !foreground {
        take_all_processors();
    }
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
    match kept.and_then(|fd| libc::c_uint::try_from(fd).ok()).filter(|fd| *fd > 2) {
        Some(kept) => {
            close_range(3, kept - 1);
            close_range(kept.saturating_add(1), libc::c_uint::MAX);
        }
        None => close_range(3, libc::c_uint::MAX),
    }
}

fn close_range(first: libc::c_uint, last: libc::c_uint) {
    // SAFETY: nothing in this process has opened a descriptor yet, so that nobody owns these.
    if first > last || unsafe { libc::close_range(first, last, 0) } == 0 {
        return;
    }
    // Kernels before 5.9 do it one by one.
    for fd in first..=last.min(4096) {
        // SAFETY: as above.
        unsafe { libc::close(fd as RawFd) };
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
    // What is too large for a file is an error of the call.
    const IGNORED: i32 = libc::SIGXFSZ;
    // SAFETY: an empty set, and default dispositions, which nothing here relies on being others. (For SIGKILL, SIGSTOP and
    // the C library's own signals these calls do nothing.)
    unsafe {
        let mut none = std::mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::sigprocmask(libc::SIG_SETMASK, &none, std::ptr::null_mut());
        for signal in (1..=libc::SIGRTMAX()).filter(|signal| !KEPT.contains(signal)) {
            libc::signal(signal, libc::SIG_DFL);
        }
        libc::signal(IGNORED, libc::SIG_IGN);
    }
}

/// Others than who started it may wait for it: as far as this user may, it is where and as urgent as any program.
fn take_all_processors() {
    let mut all = CpuSet::new();
    (0..CpuSet::MAX_CPU).for_each(|processor| all.set(processor));
    let _ = sched_setaffinity(None, &all);
    if getpriority_process(None).is_ok_and(|nice| nice > 0) {
        let _ = setpriority_process(None, 0);
    }
}

/// As far as it may: whoever came first may be limited.
fn raise_limits() {
    for resource in [Resource::Nofile, Resource::As, Resource::Data, Resource::Cpu, Resource::Fsize] {
        let Rlimit { maximum, .. } = getrlimit(resource);
        let unlimited = Rlimit { current: None, maximum: None };
        if setrlimit(resource, unlimited).is_err() {
            let _ = setrlimit(resource, Rlimit { current: maximum, maximum });
        }
    }
}
