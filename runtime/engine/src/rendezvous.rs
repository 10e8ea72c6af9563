//! How a daemon becomes the daemon: directory, lock, socket.
//!
//! The lock decides, and is held for life. The socket is bound and listening under another name before it gets its own,
//! so that whoever finds it can connect.

use crate::cache::directory::open_private;
use autojit_protocol::rendezvous::{LOCK_NAME, SOCKET_NAME, runtime_directory};
use rustix::fs::{AtFlags, FlockOperation, Mode, OFlags, flock, openat, renameat, statat, unlinkat};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, connect, listen, socket_with,
};
use std::fs::DirBuilder;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long the winner may take from the lock to the socket.
const PATIENCE: Duration = Duration::from_secs(2);

/// What became of the attempt to be the daemon.
pub enum Claim {
    Ours(Published),
    /// Another daemon holds the lock and can be connected to.
    Taken,
    /// No directory, no permission, or a holder of the lock that cannot be reached.
    Impossible,
}

pub struct Published {
    directory: OwnedFd,
    /// Held until the process ends.
    _lock: OwnedFd,
    pub listener: OwnedFd,
    pub path: PathBuf,
    /// Device and inode of the socket, to tell it from another's.
    identity: Option<(u64, u64)>,
}

/// Opens the directory, which must be the user's alone; makes it if there is none.
fn open_directory(path: &PathBuf) -> Result<OwnedFd, Errno> {
    // An error shows in opening it.
    let _ = DirBuilder::new().recursive(true).mode(0o700).create(path);
    open_private(path)
}

/// An address of a name in the directory that is short however long the directory's path is.
fn address(directory: &OwnedFd, name: &str) -> Result<SocketAddrUnix, Errno> {
    SocketAddrUnix::new(format!("/proc/self/fd/{}/{name}", directory.as_raw_fd()))
}

fn new_socket() -> Result<OwnedFd, Errno> {
    socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)
}

fn is_reachable(directory: &OwnedFd) -> bool {
    let attempt = || connect(&new_socket()?, &address(directory, SOCKET_NAME)?);
    attempt().is_ok()
}

pub fn claim() -> Claim {
    let Some(path) = runtime_directory() else { return Claim::Impossible };
    let Ok(directory) = open_directory(&path) else { return Claim::Impossible };
    let flags = OFlags::CREATE | OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let Ok(lock) = openat(&directory, LOCK_NAME, flags, Mode::RUSR | Mode::WUSR) else {
        return Claim::Impossible;
    };
    let began = Instant::now();
    // A holder without a socket is one that is about to publish it, or about to leave.
    while flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        if is_reachable(&directory) {
            return Claim::Taken;
        }
        if began.elapsed() > PATIENCE {
            return Claim::Impossible;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    let Ok(listener) = new_socket() else { return Claim::Impossible };
    let mut published =
        Published { directory, _lock: lock, listener, path: path.join(SOCKET_NAME), identity: None };
    match published.publish() {
        Ok(()) => Claim::Ours(published),
        Err(_) => Claim::Impossible,
    }
}

impl Published {
    /// Binds a new listening socket and gives it its name; a stale one is replaced.
    pub fn publish(&mut self) -> Result<(), Errno> {
        let unpublished = format!("{SOCKET_NAME}.new");
        let _ = unlinkat(&self.directory, &unpublished, AtFlags::empty());
        let listener = new_socket()?;
        bind(&listener, &address(&self.directory, &unpublished)?)?;
        listen(&listener, 4096)?;
        rustix::io::ioctl_fionbio(&listener, true)?;
        renameat(&self.directory, &unpublished, &self.directory, SOCKET_NAME)?;
        self.listener = listener;
        self.identity = self.found();
        Ok(())
    }

    /// Whether somebody took the name away. (There are those who remove old files, and sockets do not become newer.)
    pub fn is_lost(&self) -> bool {
        self.identity.is_some() && self.found().is_none()
    }

    fn found(&self) -> Option<(u64, u64)> {
        let found = statat(&self.directory, SOCKET_NAME, AtFlags::SYMLINK_NOFOLLOW).ok()?;
        Some((found.st_dev, found.st_ino))
    }

    /// Takes the name away, so that nobody finds the socket any more. Connections that came before are still there.
    pub fn withdraw(&self) {
        if self.identity.is_some() && self.found() == self.identity {
            let _ = unlinkat(&self.directory, SOCKET_NAME, AtFlags::empty());
        }
    }
}
