//! Tells the compile daemon of a program that was just linked, so that it can compile its first functions while the user
//! reaches for the return key.
//!
//! It costs the build a connect and two writes, some 30 microseconds. Nothing here waits, fails, or starts a daemon: where
//! none is running, or the runtime directory is not the user's alone, nothing happens.

use crate::link::{makes_library, makes_object};
use autojit_protocol::hello::{Hello, want};
use autojit_protocol::rendezvous::{SOCKET_NAME, is_private, runtime_directory};
use rustix::net::{
    AddressFamily, SendFlags, SocketAddrUnix, SocketFlags, SocketType, connect, send, socket_with,
};
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The program that a linker with these arguments makes; nothing if it makes something else.
pub fn program(args: &[&CStr]) -> Option<PathBuf> {
    let is_other = |arg: &&CStr| makes_library(arg.to_bytes()) || makes_object(arg.to_bytes());
    if args.iter().any(is_other) {
        return None;
    }
    let at = args.iter().position(|arg| arg.to_bytes() == b"-o")?;
    Some(PathBuf::from(OsStr::from_bytes(args.get(at + 1)?.to_bytes())))
}

/// Announces a linked program.
pub fn announce(program: &Path) {
    // For nobody but the one who tries it out: it failed if there is no daemon, or the daemon is busy.
    let _ = try_announce(program);
}

fn try_announce(program: &Path) -> Option<()> {
    let place = runtime_directory()?;
    let found = std::fs::symlink_metadata(&place).ok()?;
    if !is_private(&found, rustix::process::geteuid().as_raw()) {
        return None;
    }
    let program = std::path::absolute(program).ok()?;
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None).ok()?;
    connect(&socket, &SocketAddrUnix::new(place.join(SOCKET_NAME)).ok()?).ok()?;
    let mut message = Hello::of_tool(want::PREFETCH, std::process::id()).bytes().to_vec();
    message.extend(program.as_os_str().as_bytes());
    send(&socket, &message, SendFlags::NOSIGNAL).ok()?;
    Some(())
}
