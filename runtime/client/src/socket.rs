//! The handshake on the daemon's Unix socket.

use crate::recording::Recording;
use crate::sys::{self, Errno, Fd, Open, Result};
use autojit_protocol::PROTOCOL_VERSION;
use autojit_protocol::hello::{HELLO_MAGIC, Hello, Welcome};
use autojit_protocol::rendezvous::SOCKET_NAME;

/// Connects to the daemon's socket in the directory that `path` holds, and checks that it is this user's.
pub fn connect(
    path: &mut crate::environment::Path,
    address: &mut sys::SocketAddress,
    seconds: i64,
) -> Result<Fd> {
    let socket = sys::stream_socket()?;
    sys::set_timeouts(&socket, seconds)?;
    // A socket's path is limited to 107 bytes; a longer one is reached through its directory's descriptor.
    let mut directory = None;
    if path.length() + 1 + SOCKET_NAME.len() >= address.path.len() {
        let fd = sys::open(path.as_c(), Open::Path)?;
        path.clear();
        if !(path.add(b"/proc/self/fd/") && path.add_number(fd.0)) {
            return Err(Errno::NAMETOOLONG);
        }
        directory = Some(fd);
    }
    if !(path.add(b"/") && path.add(SOCKET_NAME.as_bytes())) {
        return Err(Errno::NAMETOOLONG);
    }
    address.clear();
    for (place, &byte) in address.path.iter_mut().zip(path.as_c().to_bytes()) {
        *place = byte;
    }
    let connected = sys::connect(&socket, address);
    drop(directory);
    connected?;
    if sys::peer_uid(&socket)? != sys::geteuid() {
        return Err(Errno::PERM);
    }
    Ok(socket)
}

/// Why there is no session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The connection failed or ended.
    Connection(Errno),
    /// The daemon answered that it cannot.
    Daemon(Errno),
}

/// Says what we want, and what is to be recorded, and reads the answer, with the descriptors that come with it.
pub fn shake_hands(
    socket: &Fd,
    want: u32,
    recording: &Recording,
    fds: &mut [Option<Fd>; 2],
) -> core::result::Result<Welcome, Refusal> {
    let hello = Hello {
        magic: HELLO_MAGIC,
        version: PROTOCOL_VERSION,
        want,
        pid: sys::getpid(),
        record: recording.kinds,
    };
    let mut welcome =
        Welcome { magic: 0, version: 0, error: 0, instance: 0, session: 0, control_size: 0, code_size: 0 };
    // SAFETY: both are structures of integers without padding: bytes may be read and written.
    let (question, answer) = unsafe {
        (
            core::slice::from_raw_parts((&raw const hello).cast::<u8>(), size_of::<Hello>()),
            core::slice::from_raw_parts_mut((&raw mut welcome).cast::<u8>(), size_of::<Welcome>()),
        )
    };
    let mut sent = 0;
    while let Some(rest @ [_, ..]) = question.get(sent..) {
        let result = if sent == 0 && recording.kinds != 0 {
            sys::send_with(socket, rest, &recording.files)
        } else {
            sys::send(socket, rest)
        };
        sent += result.map_err(Refusal::Connection)?;
    }
    let mut received = 0;
    while let Some(rest @ [_, ..]) = answer.get_mut(received..) {
        match sys::receive(socket, rest, fds).map_err(Refusal::Connection)? {
            0 => return Err(Refusal::Connection(Errno(104))),
            n => received += n,
        }
    }
    if welcome.magic != HELLO_MAGIC || welcome.version != PROTOCOL_VERSION {
        return Err(Refusal::Daemon(Errno::PROTO));
    }
    if welcome.error != 0 {
        return Err(Refusal::Daemon(Errno(welcome.error as i32)));
    }
    Ok(welcome)
}
