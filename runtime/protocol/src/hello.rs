//! The handshake on the Unix stream socket, before shared memory takes over.
//!
//! The client sends a [`Hello`], the daemon answers with a [`Welcome`] and, for a session, two descriptors
//! (SCM_RIGHTS): the control memory and the code arena. Then both close the socket. Either side checks the other's
//! user by SO_PEERCRED first.

/// `b"AJHELLO\x01"`, little-endian.
pub const HELLO_MAGIC: u64 = u64::from_le_bytes(*b"AJHELLO\x01");

/// What the client wants.
pub mod want {
    /// A session: answered with two descriptors.
    pub const SESSION: u32 = 1;
    /// Just the daemon's instance number, to learn whether the daemon of a session is still there.
    pub const PROBE: u32 = 2;
    /// `autojit daemon status`: after the Welcome comes text until end of file.
    pub const STATUS: u32 = 3;
    /// `autojit daemon stop`: the daemon ends after the Welcome.
    pub const STOP: u32 = 4;
    /// A program was linked: after the Hello comes its path, until end of file. There is no Welcome.
    pub const PREFETCH: u32 = 5;
}

/// What a session is to record. The client opens the files, with its own rights and in its own folder, for reading and
/// appending, and holds a shared lock (`flock`) on each as long as they are written. The descriptors come in this order.
pub mod record {
    /// Chrome's trace events, JSON.
    pub const TRACE: u32 = 1;
    /// `/tmp/perf-PID.map`.
    pub const PERF_MAP: u32 = 2;
    /// `jit-PID.dump`. Not together with PERF_MAP.
    pub const JITDUMP: u32 = 4;
    /// Most descriptors of one Hello.
    pub const MOST: usize = 2;
}

/// Client to daemon.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Hello {
    /// [`HELLO_MAGIC`].
    pub magic: u64,
    /// [`crate::PROTOCOL_VERSION`].
    pub version: u32,
    /// One of [`want`].
    pub want: u32,
    /// The process as the client sees it; for what is recorded only, the daemon trusts SO_PEERCRED alone.
    pub pid: u32,
    /// Files that come with the first byte (SCM_RIGHTS) and that the daemon is to write; bits of [`record`].
    pub record: u32,
}

impl Hello {
    /// What a tool of this version says that wants no session.
    pub fn of_tool(want: u32, pid: u32) -> Hello {
        Hello { magic: HELLO_MAGIC, version: crate::PROTOCOL_VERSION, want, pid, record: 0 }
    }

    /// As it is sent.
    pub fn bytes(&self) -> [u8; size_of::<Hello>()] {
        let mut bytes = [0; size_of::<Hello>()];
        let (magic, words) = bytes.split_at_mut(size_of::<u64>());
        magic.copy_from_slice(&self.magic.to_le_bytes());
        let (words, _) = words.as_chunks_mut::<4>();
        for (word, value) in words.iter_mut().zip([self.version, self.want, self.pid, self.record]) {
            *word = value.to_le_bytes();
        }
        bytes
    }
}

/// Daemon to client.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Welcome {
    /// [`HELLO_MAGIC`].
    pub magic: u64,
    /// [`crate::PROTOCOL_VERSION`].
    pub version: u32,
    /// 0, or an errno value: why there is no session.
    pub error: u32,
    /// Random per daemon process.
    pub instance: u64,
    /// Number of the session in this daemon.
    pub session: u64,
    /// Bytes of the control memory: always [`crate::control::CONTROL_SIZE`].
    pub control_size: u64,
    /// Bytes of the code arena, a multiple of the page size.
    pub code_size: u64,
}
