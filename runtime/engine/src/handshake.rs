//! The first and only exchange on a socket: Hello, Welcome, and the descriptors of a new session.

use autojit_protocol::PROTOCOL_VERSION;
use autojit_protocol::control::CONTROL_SIZE;
use autojit_protocol::hello::{HELLO_MAGIC, Hello, Welcome, record};
use rustix::io::Errno;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use rustix::process::Pid;
use std::fs::File;
use std::io::{IoSlice, IoSliceMut};
use std::mem::{MaybeUninit, size_of};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Duration;

/// A client that got as far as to connect sends its Hello at once, unless it is stopped or hostile.
const PATIENCE: Duration = Duration::from_secs(10);

/// Who connected, and what it wants.
pub struct Visitor {
    pub stream: UnixStream,
    /// As the daemon sees it; `None` if it is in another PID namespace, which the daemon does not see.
    pub pid: Option<Pid>,
    pub want: u32,
    /// As the client sees it.
    pub inner_pid: u32,
    /// What to record, bits of [`record`], and the files for it.
    pub record: u32,
    pub files: Vec<File>,
}

/// Reads the Hello of a peer that is allowed to talk to this daemon.
pub fn greet(stream: UnixStream) -> Result<Visitor, Errno> {
    let peer = credentials(&stream)?;
    if peer.uid != rustix::process::geteuid().as_raw() {
        return Err(Errno::PERM);
    }
    set_socket_timeout(&stream, Timeout::Recv, Some(PATIENCE))?;
    set_socket_timeout(&stream, Timeout::Send, Some(PATIENCE))?;
    let mut bytes = [0; size_of::<Hello>()];
    let files = read_with_files(&stream, &mut bytes)?;
    // SAFETY: as many bytes as a Hello has, of which any are valid; no alignment needed.
    let hello = unsafe { bytes.as_ptr().cast::<Hello>().read_unaligned() };
    if hello.magic != HELLO_MAGIC || hello.version != PROTOCOL_VERSION {
        return Err(Errno::PROTO);
    }
    let Hello { want, pid: inner_pid, record, .. } = hello;
    Ok(Visitor { stream, pid: Pid::from_raw(peer.pid), want, inner_pid, record, files })
}

/// Who is at the other end (unix(7), SO_PEERCRED). Not by rustix, for which there is no process 0.
fn credentials(stream: &UnixStream) -> Result<libc::ucred, Errno> {
    let mut peer = libc::ucred { pid: 0, uid: u32::MAX, gid: u32::MAX };
    let mut size = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the option's value is such a structure, and `size` its size.
    let status = unsafe {
        let place = (&raw mut peer).cast();
        libc::getsockopt(stream.as_raw_fd(), libc::SOL_SOCKET, libc::SO_PEERCRED, place, &mut size)
    };
    if status == 0 {
        Ok(peer)
    } else {
        Err(std::io::Error::last_os_error().raw_os_error().map_or(Errno::IO, Errno::from_raw_os_error))
    }
}

/// Fills `bytes`, and returns the files that came with them.
fn read_with_files(stream: &UnixStream, bytes: &mut [u8]) -> Result<Vec<File>, Errno> {
    let mut files = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(record::MOST))];
        let mut control = RecvAncillaryBuffer::new(&mut space);
        let mut rest = [IoSliceMut::new(&mut bytes[at..])];
        let got = match recvmsg(stream, &mut rest, &mut control, RecvFlags::CMSG_CLOEXEC) {
            Err(Errno::INTR) => continue,
            result => result?.bytes,
        };
        for message in control.drain() {
            if let RecvAncillaryMessage::ScmRights(descriptors) = message {
                files.extend(descriptors.map(File::from));
            }
        }
        if got == 0 {
            return Err(Errno::IO);
        }
        at += got;
    }
    Ok(files)
}

/// A Welcome without a session.
pub fn welcome(instance: u64) -> Welcome {
    Welcome {
        magic: HELLO_MAGIC,
        version: PROTOCOL_VERSION,
        error: 0,
        instance,
        session: 0,
        control_size: CONTROL_SIZE as u64,
        code_size: 0,
    }
}

/// Sends the Welcome, with the descriptors of the control memory and the code arena if there are any.
pub fn send(stream: &UnixStream, welcome: &Welcome, descriptors: &[OwnedFd]) -> Result<(), Errno> {
    // SAFETY: a Welcome has no padding; the slice covers exactly the value.
    let bytes =
        unsafe { std::slice::from_raw_parts((&raw const *welcome).cast::<u8>(), size_of::<Welcome>()) };
    let borrowed: Vec<_> = descriptors.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !borrowed.is_empty() && !control.push(SendAncillaryMessage::ScmRights(&borrowed)) {
        return Err(Errno::INVAL);
    }
    // A new socket's buffer takes a Welcome as a whole.
    let sent = sendmsg(stream, &[IoSlice::new(bytes)], &mut control, SendFlags::NOSIGNAL)?;
    if sent == bytes.len() { Ok(()) } else { Err(Errno::IO) }
}
