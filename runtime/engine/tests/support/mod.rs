//! A client for tests: what the runtime in a program does, in the test's own process, with nothing left out that the
//! daemon could notice.

#![allow(dead_code, reason = "each test file uses another part")]

pub mod payload;
pub mod program;

use autojit_engine::compile::Pool;
use autojit_engine::engine::Engine;
use autojit_engine::server::Daemon;
use autojit_engine::twins::Twins;
use autojit_protocol::PROTOCOL_VERSION;
use autojit_protocol::control::{
    BUFFER_OFFSET, BUFFER_SIZE, CONTROL_MAGIC, Control, Fixup, Reply, Request, op, state,
};
use autojit_protocol::hello::{HELLO_MAGIC, Hello, Welcome, want};
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
use rustix::thread::futex;
use std::io::{IoSliceMut, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// One daemon for all tests of a file.
pub fn daemon() -> Arc<Daemon> {
    static DAEMON: OnceLock<Arc<Daemon>> = OnceLock::new();
    let daemon = DAEMON.get_or_init(|| Daemon::new(64 << 20, Engine::default()).unwrap());
    daemon.clone()
}

/// Code has keys, but nobody has any code before.
pub fn keyed_pool() -> Pool {
    Pool::new(false, Some(Twins::default()))
}

/// One that links by JITLink.
fn jitlink_daemon() -> Arc<Daemon> {
    static DAEMON: OnceLock<Arc<Daemon>> = OnceLock::new();
    let engine = || Engine { pool: Pool::new(true, None), ..Engine::default() };
    let daemon = DAEMON.get_or_init(|| Daemon::new(64 << 20, engine()).unwrap());
    daemon.clone()
}

/// Where the arena goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Beside the program, as the runtime tries to.
    Near,
    /// Out of reach of any 32-bit displacement.
    Far,
    /// As the first, linked by JITLink.
    NearByJitLink,
    FarByJitLink,
}

impl Place {
    pub const ALL: [Place; 4] = [Place::Near, Place::Far, Place::NearByJitLink, Place::FarByJitLink];

    pub fn is_near(self) -> bool {
        matches!(self, Place::Near | Place::NearByJitLink)
    }
}

pub struct Client {
    control: *mut Control,
    arena: *mut u8,
    arena_size: usize,
    pub welcome: Welcome,
}

// SAFETY: addresses of mappings that the client owns.
unsafe impl Send for Client {}

pub fn hello(want: u32) -> Vec<u8> {
    Hello::of_tool(want, std::process::id()).bytes().to_vec()
}

/// Reads a Welcome with its descriptors. `None` at the end of the connection.
pub fn receive_welcome(stream: &UnixStream) -> Option<(Welcome, Vec<OwnedFd>)> {
    let mut bytes = [0u8; size_of::<Welcome>()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = RecvAncillaryBuffer::new(&mut space);
    let got =
        recvmsg(stream, &mut [IoSliceMut::new(&mut bytes)], &mut ancillary, RecvFlags::CMSG_CLOEXEC).ok()?;
    if got.bytes != bytes.len() {
        return None;
    }
    let mut descriptors = Vec::new();
    for message in ancillary.drain() {
        if let RecvAncillaryMessage::ScmRights(fds) = message {
            descriptors.extend(fds);
        }
    }
    // SAFETY: any bytes are a valid Welcome.
    Some((unsafe { bytes.as_ptr().cast::<Welcome>().read_unaligned() }, descriptors))
}

fn map(fd: &OwnedFd, at: usize, size: usize, prot: ProtFlags) -> *mut u8 {
    // SAFETY: a hint only, so that nothing is replaced.
    let address = unsafe { mmap(at as *mut _, size, prot, MapFlags::SHARED, fd, 0) };
    address.unwrap().cast()
}

impl Client {
    pub fn connect(stream: UnixStream, place: Place) -> Client {
        (&stream).write_all(&hello(want::SESSION)).unwrap();
        let (welcome, fds) = receive_welcome(&stream).expect("a welcome");
        assert_eq!((welcome.magic, welcome.version, welcome.error), (HELLO_MAGIC, PROTOCOL_VERSION, 0));
        assert_eq!(fds.len(), 2);
        let control_size = welcome.control_size as usize;
        let control = map(&fds[0], 0, control_size, ProtFlags::READ | ProtFlags::WRITE).cast::<Control>();
        // SAFETY: just mapped.
        assert_eq!(unsafe { (*control).magic }, CONTROL_MAGIC);
        let arena_size = welcome.code_size as usize;
        let hint = match place {
            Place::Near | Place::NearByJitLink => {
                (Client::connect as fn(_, _) -> _ as usize).next_multiple_of(4096) + (256 << 20)
            }
            Place::Far | Place::FarByJitLink => 0x1000_0000_0000,
        };
        let arena = map(&fds[1], hint, arena_size, ProtFlags::READ | ProtFlags::EXEC);
        Client { control, arena, arena_size, welcome }
    }

    /// Connected to the tests' daemon, and started.
    pub fn start(place: Place) -> Client {
        match place {
            Place::Near | Place::Far => Client::of(&daemon(), place),
            Place::NearByJitLink | Place::FarByJitLink => Client::of(&jitlink_daemon(), place),
        }
    }

    pub fn of(daemon: &Arc<Daemon>, place: Place) -> Client {
        let (ours, theirs) = UnixStream::pair().unwrap();
        daemon.serve(theirs);
        Client::connected(ours, place)
    }

    pub fn connected(ours: UnixStream, place: Place) -> Client {
        let mut client = Client::connect(ours, place);
        let base = client.arena as u64;
        let reply = client.call(
            Request { op: op::START, args: [base, 0, 0, client.arena_size as u64], ..Request::default() },
            &[],
        );
        assert_eq!(reply.status, 0);
        client
    }

    pub fn arena(&self) -> std::ops::Range<u64> {
        self.arena as u64..self.arena as u64 + self.arena_size as u64
    }

    /// Sends a request with this in the transfer buffer. Panics if the session is closed.
    pub fn call(&mut self, request: Request, buffer: &[u8]) -> Reply {
        self.try_call(request, buffer).expect("the session is open")
    }

    pub fn try_call(&mut self, request: Request, buffer: &[u8]) -> Option<Reply> {
        assert!(buffer.len() <= BUFFER_SIZE);
        // SAFETY: the control memory is mapped as long as the client lives, and the daemon waits for this thread.
        unsafe {
            std::ptr::copy_nonoverlapping(
                buffer.as_ptr(),
                self.control.cast::<u8>().add(BUFFER_OFFSET),
                buffer.len(),
            );
            (&raw mut (*self.control).request).write_volatile(request);
            let word = &(*self.control).state;
            if word
                .compare_exchange(state::IDLE, state::REQUEST, Ordering::Release, Ordering::Relaxed)
                .is_err()
            {
                return None;
            }
            let _ = futex::wake(word, futex::Flags::empty(), 1);
            loop {
                match word.load(Ordering::Acquire) {
                    state::REPLY => break,
                    state::CLOSED => return None,
                    seen => {
                        let _ = futex::wait(word, futex::Flags::empty(), seen, None);
                    }
                }
            }
            let reply = (&raw const (*self.control).reply).read_volatile();
            word.store(state::IDLE, Ordering::Release);
            Some(reply)
        }
    }

    /// The message of the last reply that was not OK.
    pub fn message(&self, reply: &Reply) -> String {
        // SAFETY: as in `call`.
        let bytes = unsafe {
            std::slice::from_raw_parts(self.control.cast::<u8>().add(BUFFER_OFFSET), reply.len as usize)
        };
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    /// The fixups of the last reply.
    pub fn fixups(&self, count: usize) -> Vec<Fixup> {
        assert!(count <= BUFFER_SIZE / size_of::<Fixup>());
        // SAFETY: as in `call`; any bytes are valid fixups.
        let read = |at: usize| unsafe {
            self.control.cast::<u8>().add(BUFFER_OFFSET).cast::<Fixup>().add(at).read_volatile()
        };
        (0..count).map(read).collect()
    }

    pub fn is_closed_within(&self, patience: Duration) -> bool {
        let began = std::time::Instant::now();
        // SAFETY: as in `call`.
        while unsafe { (*self.control).state.load(Ordering::Acquire) } != state::CLOSED {
            if began.elapsed() > patience {
                return false;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        true
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // The arena stays mapped: tests keep pointers to code.
        // SAFETY: mapped by `connect`.
        let _ = unsafe { munmap(self.control.cast(), self.welcome.control_size as usize) };
    }
}
