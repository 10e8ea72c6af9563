//! The control memory: a memfd that client and daemon map, through which all requests of a session go.
//!
//! One request is under way at a time: the client holds its session lock, fills in [`Request`], sets the state to
//! [`state::REQUEST`] and wakes the daemon's thread; the daemon fills in [`Reply`], sets [`state::REPLY`] and wakes
//! the client. Both sleep in a (shared, not private) futex on `state`. The client sets [`state::IDLE`] when it has
//! taken the reply. The daemon copies a request before it looks at it: a hostile client may write at any time.

use crate::Hash;
use core::sync::atomic::AtomicU32;

/// Bytes of the control memory.
pub const CONTROL_SIZE: usize = 4096 + BUFFER_SIZE;

/// Bytes of the transfer buffer, which starts at [`BUFFER_OFFSET`].
pub const BUFFER_SIZE: usize = 1 << 20;

/// Offset of the transfer buffer: a page of its own onwards.
pub const BUFFER_OFFSET: usize = 4096;

/// Values of [`Control::state`].
pub mod state {
    pub const IDLE: u32 = 0;
    pub const REQUEST: u32 = 1;
    pub const REPLY: u32 = 2;
    /// The daemon gave the session up (it is stopping): open another one.
    pub const CLOSED: u32 = 3;
}

/// Set in an import's address that is a stub of the same module. That of a function of the module is not where the linker took another
/// definition (`-z muldefs`, `objcopy --weaken`): then its callers in the module don't call it either.
pub const OWN_STUB: u64 = 1 << 63;

/// Values of [`Request::op`].
pub mod op {
    /// First request of a session. `args[0]`: address at which the client mapped the code arena, `args[3]`: so many bytes of it. If the image had a session
    /// before, in this process or the one that forked it, `args[1]`: the identity that the first one had, as OPEN_MODULE told it;
    /// `args[2]`: address of the record of its first module, whose payload's hash is in the buffer.
    pub const START: u32 = 1;
    /// Announces a module. Buffer: the payload's hash. `index`: slot count, `count`: import count, `args[0]`:
    /// payload size, `args[1]`: address of slot 0, `args[2]`: address of the module trampoline, `args[3]`: address of
    /// the record. Reply: `values[0]` module number, `values[1]` 1 if the daemon needs the payload; of the session's first module
    /// `values[2]` 1 if RECALL has more, `values[3]` the identity of the image.
    pub const OPEN_MODULE: u32 = 2;
    /// A piece of the payload, in order. `module`; `args[0]`: offset, `args[1]`: bytes in the buffer.
    /// The last piece makes the daemon check the hash.
    pub const PAYLOAD: u32 = 3;
    /// Import addresses, with [`super::OWN_STUB`]. `module`; `index`: first import, `count`: how many u64 in the buffer.
    /// The module is ready once all are known (at once if it has none).
    pub const IMPORTS: u32 = 4;
    /// Asks for a function. `module`, `index`: its slot, `args[0]`: 1 if a debugger is attached, `args[1]`: the
    /// calling thread if something is recorded. Reply: `values[0]` code address; `values[1]`, `values[2]`:
    /// address and size of a zero-terminated `.eh_frame` to register, or 0; `values[3]`: number of [`super::Fixup`]s
    /// in the buffer.
    pub const MATERIALIZE: u32 = 5;
    /// Which other modules the image used when it ran before. `index`: first wanted. Reply: `values[0]` how many
    /// [`super::Recalled`] in the buffer, none of them behind [`super::ANSWERS`]; `values[1]` how many there are.
    pub const RECALL: u32 = 6;
    /// Announces modules with all that OPEN_MODULE and IMPORTS say, and asks for what the image will probably use of them.
    /// `count`: how many [`super::Announcement`]s there are in the buffer from [`super::ANSWERS`] on, each with its import
    /// addresses behind it, and with a bit for each slot, in u64, which is set if the slot is filled; `args[0]`: their bytes; `args[1]`: upper half of the word in front of the slots of an
    /// opened module, whose lower half is to be the module's number, and one. Reply: as MATERIALIZE's without an address.
    pub const OPEN_RECALLED: u32 = 7;
    /// The process is about to lock itself in. `args[0]`: an address in the image; `index`: first record wanted. Reply: `values[0]`
    /// how many u64 in the buffer: addresses of the records of all modules of the image, as its file tells. None are the last.
    pub const IMAGE_RECORDS: u32 = 8;
    /// Likewise: all functions of a module. `module`. Reply: as MATERIALIZE's without an address. Functions that can't be compiled,
    /// or not placed with others, are left.
    pub const COMPLETE: u32 = 9;
    /// A debugger is attached. `args[0]`: an address in the image; `index`: first record wanted. Reply: `values[0]`
    /// how many u64 in the buffer: addresses of the records of the modules that can be described. None are the last. `values[1]`, if
    /// `index` is 0: how many units have to be compiled for that.
    pub const DEBUG_RECORDS: u32 = 16;
    /// Describes all open modules of the image. Reply: `values[0]`, `values[1]` address and size of an ELF file in the
    /// arena, or 0; `values[2]` a zero-terminated `.eh_frame` to register; `values[3]` not 0: the debugger reads the dynamic
    /// linker's list, see DEBUG_LIBRARY.
    pub const DEBUG_DESCRIBE: u32 = 17;
    /// `index`: first slot wanted. Reply: `values[0]` how many [`super::Fixup`]s in the buffer. None are the last.
    pub const DEBUG_SLOTS: u32 = 18;
    /// `index`: a line for the user about what is not described. Reply: `values[0]` its bytes in the buffer; 0: no
    /// such line.
    pub const DEBUG_REMARK: u32 = 19;
    /// `args[0]`, `args[1]`: address and size of the file of DEBUG_DESCRIBE. Makes a real file of it. Reply: `values[0]` bytes of its
    /// path in the buffer, with a NUL, or 0; `values[1]`: address of the page for its other segment, which can be written to.
    pub const DEBUG_FILE: u32 = 22;
    /// `args[0]`, `args[1]`: likewise. Makes a file of it that is to be in the dynamic linker's list, as if it were a library, and stays.
    /// Reply: `values[0]` bytes in the buffer, or 0: its path, and from `values[1]` on that of a library to load and unload, so that the
    /// debugger looks, both with a NUL; `values[2]`: what is to be added to addresses in the file.
    pub const DEBUG_LIBRARY: u32 = 23;
    /// The program prints its stack. `args[0]`: an address in the image. Reply: `values[0]` bytes of a path in the buffer, or 0:
    /// of an ELF file that describes what is compiled; `values[1]`, `values[2]` where the arena starts and ends.
    pub const BACKTRACE: u32 = 20;
    /// `args[0]`: an address. Reply: `values[0]` bytes of a name in the buffer, the lazy function's whose code is there, or 0: there is
    /// none; `values[1]` the address of its code.
    pub const SYMBOL: u32 = 21;
}

/// Values of [`Reply::status`]. All but OK come with a message in the buffer, `len` bytes of UTF-8.
pub mod status {
    pub const OK: u32 = 0;
    /// The request makes no sense to the daemon.
    pub const BAD_REQUEST: u32 = 1;
    /// The payload does not have the announced hash, or is not one.
    pub const BAD_PAYLOAD: u32 = 2;
    /// The body could not be compiled or linked.
    pub const COMPILE_FAILED: u32 = 3;
    /// No room in the code arena: open another session and ask again. What is there stays.
    pub const ARENA_FULL: u32 = 4;
}

/// Client to daemon.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Request {
    pub op: u32,
    pub module: u32,
    pub index: u32,
    pub count: u32,
    pub args: [u64; 4],
}

/// Daemon to client.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Reply {
    pub status: u32,
    /// Bytes of message in the buffer, if `status` is not OK.
    pub len: u32,
    pub values: [u64; 4],
}

/// A slot to fill beside the one that was asked for.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Fixup {
    /// Address of the slot in the client.
    pub slot: u64,
    /// Address of the code.
    pub code: u64,
}

/// A module that the image used when it ran before.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Recalled {
    /// Address of its record in the client, if the image is the same. The client looks whether it is.
    pub record: u64,
    /// Start of the payload's hash.
    pub hash: [u8; 8],
}

/// A module as the client makes it known with others.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Announcement {
    pub hash: Hash,
    pub payload_size: u64,
    /// Address of slot 0.
    pub slots: u64,
    /// Address of the module trampoline.
    pub trampoline: u64,
    /// Address of the record.
    pub record: u64,
    pub slot_count: u32,
    /// So many u64 follow.
    pub import_count: u32,
}

/// Words of bits for so many slots.
pub const fn filled_words(slot_count: u32) -> usize {
    slot_count.div_ceil(u64::BITS) as usize
}

/// Offset in the transfer buffer of what the client says about the recalled modules in front of it.
pub const ANSWERS: usize = BUFFER_SIZE / 8;

/// `b"AJCTRL\0\x01"`, little-endian.
pub const CONTROL_MAGIC: u64 = u64::from_le_bytes(*b"AJCTRL\0\x01");

/// Start of the control memory.
#[repr(C)]
pub struct Control {
    /// [`CONTROL_MAGIC`].
    pub magic: u64,
    /// The daemon's process number, as the daemon sees it.
    pub daemon_pid: u32,
    /// Futex word, one of [`state`].
    pub state: AtomicU32,
    pub request: Request,
    pub reply: Reply,
    /// With the reply: so many bytes from the arena's start are in use.
    pub arena_used: u64,
}

const _: () = assert!(core::mem::size_of::<Control>() <= BUFFER_OFFSET);
