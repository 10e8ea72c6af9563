//! Which daemon to talk to, and how to get to it: the shared one of this user, or one for this session alone.
//!
//! There are no fixed waits: whoever starts a daemon talks to it over a socket pair from the first moment. Only if it
//! turns out that another one is just starting there is something to wait for, in short steps.

use crate::environment::{Environment, Path};
use crate::fatal::Line;
use crate::lock::Runtime;
use crate::recording::{self, Recording};
use crate::socket::{self, Refusal};
use crate::spawn;
use crate::sys::{self, Errno, Fd, Open};
use autojit_protocol::hello::{Welcome, want};
use autojit_protocol::rendezvous;

/// A daemon that agreed to a session.
pub struct Contact {
    pub welcome: Welcome,
    /// Control memory and code arena.
    pub fds: [Option<Fd>; 2],
    pub private: bool,
    /// Something is recorded.
    pub recorded: bool,
}

/// Longest time to look for a daemon that another program is starting.
const PATIENCE_MS: u64 = 10_000;
/// After this time, look whether it is still being started.
const RESTART_MS: u64 = 1_000;
/// Longest time for one step of the handshake.
const HANDSHAKE_SECONDS: i64 = 10;
/// Longest time for the answer to a probe.
const PROBE_SECONDS: i64 = 2;

/// Puts the socket's directory together; the length of its base, or `None` if there is no place to meet.
fn directory(environment: &Environment, path: &mut Path) -> Option<usize> {
    let (base, below) = rendezvous::directory(rendezvous::Environment {
        xdg_runtime_dir: environment.get(b"XDG_RUNTIME_DIR"),
        xdg_cache_home: environment.get(b"XDG_CACHE_HOME"),
        home: environment.get(b"HOME"),
    })?;
    path.clear();
    (path.add(base) && path.add(below.as_bytes())).then_some(base.len())
}

/// Is the directory this user's alone, or can it be made so? Else anybody may answer there.
fn directory_is_ours(environment: &Environment, path: &mut Path) -> bool {
    const TYPE: u32 = 0o170_000;
    const DIRECTORY: u32 = 0o040_000;
    let user = sys::geteuid();
    let Some(base) = directory(environment, path) else { return false };
    match sys::status(path.as_c(), false) {
        Ok(status) => status.mode & TYPE == DIRECTORY && status.mode & 0o077 == 0 && status.uid == user,
        Err(Errno::NOENT) => {
            // The daemon will make it; but not in the home of another user (after `su`).
            path.truncate(base);
            sys::status(path.as_c(), true).is_ok_and(|s| s.mode & TYPE == DIRECTORY && s.uid == user)
        }
        Err(_) => false,
    }
}

fn connect(runtime: &mut Runtime, seconds: i64) -> sys::Result<Fd> {
    directory(&runtime.environment, &mut runtime.path).ok_or(Errno::NOENT)?;
    socket::connect(&mut runtime.path, &mut runtime.address, seconds)
}

#[inline(never)]
fn agree(socket: &Fd, private: bool, recording: &Recording) -> Result<Contact, Refusal> {
    let mut fds = [None, None];
    let welcome = socket::shake_hands(socket, want::SESSION, recording, &mut fds)?;
    Ok(Contact { welcome, fds, private, recorded: recording.kinds != 0 })
}

fn ask_shared(runtime: &mut Runtime, recording: &Recording) -> Result<Contact, Refusal> {
    let socket = connect(runtime, HANDSHAKE_SECONDS).map_err(Refusal::Connection)?;
    agree(&socket, false, recording)
}

fn ask_new(runtime: &mut Runtime, private: bool, recording: &Recording) -> Result<Contact, Refusal> {
    let socket = spawn::start(runtime, private);
    sys::set_timeouts(&socket, HANDSHAKE_SECONDS).map_err(Refusal::Connection)?;
    agree(&socket, private, recording)
}

/// Finds or starts a daemon. Reads the environment. Does not return without a session.
#[cold]
#[inline(never)]
pub fn reach(runtime: &mut Runtime) -> Contact {
    runtime.environment.load(!sys::is_set_user_id());
    let recording = &recording::open(runtime);
    let private = runtime.environment.is(b"AUTOJIT_DAEMON", b"private")
        || !directory_is_ours(&runtime.environment, &mut runtime.path);
    if !private && let Some(contact) = reach_shared(runtime, recording) {
        return contact;
    }
    match ask_new(runtime, true, recording) {
        Ok(contact) => contact,
        Err(refusal) => {
            let mut line = match refusal {
                Refusal::Connection(_) => Line::new(b"the compile daemon does not answer: "),
                Refusal::Daemon(_) => Line::new(b"the compile daemon gives no session: "),
            };
            let (Refusal::Connection(error) | Refusal::Daemon(error)) = refusal;
            line.add(spawn::name(runtime)).errno(error).die()
        }
    }
}

/// The shared daemon, started if there is none. `None` if this user can't have one.
fn reach_shared(runtime: &mut Runtime, recording: &Recording) -> Option<Contact> {
    let start = sys::now();
    let mut restart = start;
    let mut pause = 1;
    loop {
        match ask_shared(runtime, recording) {
            Ok(contact) => return Some(contact),
            Err(Refusal::Daemon(_) | Refusal::Connection(Errno::PERM)) => return None,
            Err(Refusal::Connection(_)) => {}
        }
        let now = sys::now();
        if now - start > PATIENCE_MS {
            return None;
        }
        if now >= restart {
            match ask_new(runtime, false, recording) {
                Ok(contact) => return Some(contact),
                Err(Refusal::Daemon(_)) => return None,
                // Another one was first, and listens or is about to; or there is no place for the socket.
                Err(Refusal::Connection(_)) => {}
            }
            directory(&runtime.environment, &mut runtime.path)?;
            if sys::status(runtime.path.as_c(), false).is_err() {
                return None;
            }
            restart = sys::now() + RESTART_MS;
        } else {
            sys::sleep(pause);
            pause = (pause * 2).min(50);
        }
    }
}

/// Does the process run, or at least exist? A dead one that init has not reaped yet takes signals, too.
fn is_running(pid: u32, path: &mut Path) -> bool {
    if !sys::process_exists(pid) {
        return false;
    }
    path.clear();
    if !(path.add(b"/proc/") && path.add_number(pid as i32) && path.add(b"/stat")) {
        return true;
    }
    // "123 (autojitd) S ...": a process' name has at most 15 bytes, and any of them.
    let mut text = [0; 40];
    let Ok(file) = sys::open(path.as_c(), Open::Read) else { return true };
    let Ok(_) = sys::read(&file, &mut text) else { return true };
    let name_end = text.iter().rposition(|&byte| byte == b')').unwrap_or(0);
    !matches!(text.get(name_end + 2), Some(b'Z' | b'X'))
}

/// Does the daemon of this session still live? In doubt, yes.
#[cold]
#[inline(never)]
pub fn is_alive(runtime: &mut Runtime) -> bool {
    if runtime.session.private {
        return is_running(runtime.session.daemon_pid, &mut runtime.path);
    }
    let socket = match connect(runtime, PROBE_SECONDS) {
        Ok(socket) => socket,
        // Another user's, since this process has given up root's power; or it had no place for a socket.
        Err(Errno::ACCES | Errno::PERM | Errno::NOENT) => {
            return is_running(runtime.session.daemon_pid, &mut runtime.path);
        }
        // No descriptor free, or a daemon too busy to accept: says nothing.
        Err(Errno::MFILE | Errno::NFILE | Errno::NOMEM | Errno::NOBUFS | Errno::AGAIN) => return true,
        Err(_) => return false,
    };
    match socket::shake_hands(&socket, want::PROBE, &Recording::NONE, &mut [None, None]) {
        Ok(welcome) => welcome.instance == runtime.session.instance,
        Err(Refusal::Connection(Errno::AGAIN)) => true,
        Err(_) => false,
    }
}
