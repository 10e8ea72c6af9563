//! The system calls in use, typed, with EINTR handled. `errno` is not touched: it is the program's.

use crate::arch::{number, syscall};
use core::ffi::c_void;
use core::mem::MaybeUninit;
use core::sync::atomic::AtomicU32;

/// An errno value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Errno(pub i32);

impl Errno {
    pub const PERM: Errno = Errno(1);
    pub const NOENT: Errno = Errno(2);
    pub const SRCH: Errno = Errno(3);
    pub const INTR: Errno = Errno(4);
    pub const AGAIN: Errno = Errno(11);
    pub const ACCES: Errno = Errno(13);
    pub const NOTDIR: Errno = Errno(20);
    pub const INVAL: Errno = Errno(22);
    pub const MFILE: Errno = Errno(24);
    pub const NFILE: Errno = Errno(23);
    pub const NAMETOOLONG: Errno = Errno(36);
    pub const PROTO: Errno = Errno(71);
    pub const NOBUFS: Errno = Errno(105);
    pub const NOMEM: Errno = Errno(12);
}

pub type Result<T> = core::result::Result<T, Errno>;

/// Makes a system call and repeats it as long as it is interrupted. The last argument is always 0: what there is of it stands in one place,
/// and not in each of fifty.
///
/// # Safety
/// As [`syscall`].
#[inline(always)]
unsafe fn call(number: usize, args: [usize; 6]) -> Result<usize> {
    let [first, second, third, fourth, fifth, sixth] = args;
    debug_assert!(sixth == 0);
    // SAFETY: the caller's promise.
    unsafe { call_with(number, first, second, third, fourth, fifth) }
}

/// # Safety
/// As [`syscall`].
#[inline(never)]
unsafe fn call_with(
    number: usize,
    first: usize,
    second: usize,
    third: usize,
    fourth: usize,
    fifth: usize,
) -> Result<usize> {
    loop {
        // SAFETY: the caller's promise.
        let result = unsafe { syscall(number, [first, second, third, fourth, fifth, 0]) };
        match usize::try_from(result) {
            Ok(value) => return Ok(value),
            Err(_) if result == -(Errno::INTR.0 as isize) => {}
            Err(_) => return Err(Errno(result.unsigned_abs() as i32)),
        }
    }
}

/// A descriptor that is closed when dropped.
pub struct Fd(pub i32);

impl Fd {
    fn arg(&self) -> usize {
        self.0 as usize
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours. Not repeated on EINTR: Linux has closed it by then.
        unsafe { syscall(number::CLOSE, [self.0 as usize, 0, 0, 0, 0, 0]) };
    }
}

const AT_FDCWD: usize = -100isize as usize;
const O_RDWR: usize = 0o2;
const O_CREAT: usize = 0o100;
const O_NOCTTY: usize = 0o400;
const O_APPEND: usize = 0o2_000;
const O_NONBLOCK: usize = 0o4_000;
const O_NOFOLLOW: usize = 0o400_000;
const O_CLOEXEC: usize = 0o2_000_000;
const O_DIRECTORY: usize = 0o200_000;
const O_PATH: usize = 0o10_000_000;

/// What a file is opened for.
#[derive(Clone, Copy)]
pub enum Open {
    Read,
    ReadWrite,
    /// A directory, only to name things in it.
    Path,
    /// A file to add to, which is made if there is none.
    Append,
    /// The same in a folder where others may have put a symbolic link in its place.
    AppendHere,
}

/// Opens `path` (NUL-terminated), close-on-exec.
pub fn open(path: &core::ffi::CStr, how: Open) -> Result<Fd> {
    let flags = match how {
        Open::Read => 0,
        Open::ReadWrite => O_RDWR,
        Open::Path => O_PATH | O_DIRECTORY,
        Open::Append => O_RDWR | O_CREAT | O_APPEND | O_NOCTTY | O_NONBLOCK,
        Open::AppendHere => O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK,
    };
    const MODE: usize = 0o666;
    let args = [AT_FDCWD, path.as_ptr() as usize, flags | O_CLOEXEC, MODE, 0, 0];
    // SAFETY: the path is NUL-terminated.
    let fd = unsafe { call(number::OPENAT, args)? };
    Ok(Fd(fd as i32))
}

/// Locks a file for all who have this descriptor, without waiting for an exclusive lock.
pub fn lock(fd: &Fd, exclusive: bool) -> Result<()> {
    const LOCK_SH: usize = 1;
    const LOCK_EX_NB: usize = 2 | 4;
    let how = if exclusive { LOCK_EX_NB } else { LOCK_SH };
    // SAFETY: no memory is passed.
    unsafe { call(number::FLOCK, [fd.arg(), how, 0, 0, 0, 0]).map(|_| ()) }
}

/// Makes a file empty.
pub fn truncate(fd: &Fd) -> Result<()> {
    // SAFETY: no memory is passed.
    unsafe { call(number::FTRUNCATE, [fd.arg(), 0, 0, 0, 0, 0]).map(|_| ()) }
}

pub fn read(fd: &Fd, buffer: &mut [u8]) -> Result<usize> {
    // SAFETY: the buffer is writable for its length.
    unsafe { call(number::READ, [fd.arg(), buffer.as_mut_ptr() as usize, buffer.len(), 0, 0, 0]) }
}

/// Writes to standard error, whether it is open or not.
pub fn write_stderr(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: the bytes are readable for their length.
        let written = unsafe { call(number::WRITE, [2, bytes.as_ptr() as usize, bytes.len(), 0, 0, 0]) };
        match written {
            Ok(n) if n > 0 => bytes = bytes.get(n..).unwrap_or_default(),
            _ => return,
        }
    }
}

/// Size of a memfd, by seeking to its end: nobody reads or writes it through its position.
pub fn size(fd: &Fd) -> Result<usize> {
    const SEEK_END: usize = 2;
    // SAFETY: no memory is passed.
    unsafe { call(number::LSEEK, [fd.arg(), 0, SEEK_END, 0, 0, 0]) }
}

/// Owner and mode of a file.
pub struct Status {
    pub mode: u32,
    pub uid: u32,
}

/// `stat`, or `lstat`.
pub fn status(path: &core::ffi::CStr, follow: bool) -> Result<Status> {
    const AT_SYMLINK_NOFOLLOW: usize = 0x100;
    // struct stat of x86-64 is 144 bytes: st_mode at 24, st_uid at 28.
    let mut stat = MaybeUninit::<[u32; 36]>::uninit();
    // SAFETY: the path is NUL-terminated and the buffer has the size of struct stat, which success fills in.
    unsafe {
        call(
            number::NEWFSTATAT,
            [
                AT_FDCWD,
                path.as_ptr() as usize,
                stat.as_mut_ptr() as usize,
                if follow { 0 } else { AT_SYMLINK_NOFOLLOW },
                0,
                0,
            ],
        )?;
        let stat = stat.assume_init_ref();
        Ok(Status { mode: stat[6], uid: stat[7] })
    }
}

pub const PROT_READ: usize = 1;
pub const PROT_WRITE: usize = 2;
pub const PROT_EXEC: usize = 4;
pub const MAP_SHARED: usize = 1;
pub const MAP_PRIVATE: usize = 2;
pub const MAP_ANONYMOUS: usize = 0x20;
pub const MAP_NORESERVE: usize = 0x4000;
pub const MAP_FIXED_NOREPLACE: usize = 0x10_0000;
const MAP_FIXED: usize = 0x10;

/// Maps a private view of `fd`, from its start, over what is mapped there.
///
/// # Safety
/// Nobody uses that memory, or finds in the file what was in the memory.
pub unsafe fn map_over(address: usize, size: usize, protection: usize, fd: &Fd) -> Result<usize> {
    // SAFETY: the caller's promise.
    unsafe { call(number::MMAP, [address, size, protection, MAP_PRIVATE | MAP_FIXED, fd.arg(), 0]) }
}

/// Maps `fd` from its start, or anonymous memory. Never replaces a mapping: `flags` has no MAP_FIXED.
pub fn map(address: usize, size: usize, protection: usize, flags: usize, fd: Option<&Fd>) -> Result<usize> {
    let fd = fd.map_or(usize::MAX, Fd::arg);
    // SAFETY: a new mapping changes no memory that is in use.
    unsafe { call(number::MMAP, [address, size, protection, flags, fd, 0]) }
}

/// Zeros that can be written to.
pub fn map_zeros(size: usize) -> Result<usize> {
    map(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, None)
}

/// # Safety
/// Nothing may refer to the mapping any more.
pub unsafe fn unmap(address: usize, size: usize) {
    // SAFETY: the caller's promise. A failure leaves it mapped, which is harmless.
    let _ = unsafe { call(number::MUNMAP, [address, size, 0, 0, 0, 0]) };
}

/// A new process does not see this mapping.
pub const MADV_DONTFORK: usize = 10;
/// A new process sees zeros here.
pub const MADV_WIPEONFORK: usize = 18;

/// Advice that changes only what a forked child sees.
pub fn advise_fork(address: usize, size: usize, advice: usize) -> Result<()> {
    // SAFETY: the two kinds of advice in use don't change this process' memory.
    unsafe { call(number::MADVISE, [address, size, advice, 0, 0, 0]).map(|_| ()) }
}

/// Whether something is mapped at an address, a multiple of the page size.
pub fn is_mapped(address: usize) -> bool {
    let mut resident = 0u8;
    // SAFETY: one byte for the one page that is asked about.
    unsafe { call(number::MINCORE, [address, 1, &raw mut resident as usize, 0, 0, 0]).is_ok() }
}

const SIG_SETMASK: usize = 2;

/// Blocks all signals of this thread and returns the mask to restore.
pub fn block_signals() -> u64 {
    let all = u64::MAX;
    let mut old = 0u64;
    // SAFETY: both are sets of 8 bytes, as the last argument says.
    let _ = unsafe {
        call(
            number::RT_SIGPROCMASK,
            [SIG_SETMASK, (&raw const all) as usize, (&raw mut old) as usize, 8, 0, 0],
        )
    };
    old
}

pub fn restore_signals(mask: u64) {
    // SAFETY: as above.
    let _ = unsafe { call(number::RT_SIGPROCMASK, [SIG_SETMASK, (&raw const mask) as usize, 0, 8, 0, 0]) };
}

fn number_of(number: usize) -> u32 {
    // SAFETY: the calls this is used for have no arguments and cannot fail.
    unsafe { syscall(number, [0; 6]) as u32 }
}

pub fn getpid() -> u32 {
    number_of(number::GETPID)
}

pub fn gettid() -> u32 {
    number_of(number::GETTID)
}

pub fn geteuid() -> u32 {
    number_of(number::GETEUID)
}

/// Is this program more powerful than the one who started it?
pub fn is_set_user_id() -> bool {
    number_of(number::GETUID) != geteuid() || number_of(number::GETGID) != number_of(number::GETEGID)
}

/// Does the process exist? One that may not be signalled does.
pub fn process_exists(pid: u32) -> bool {
    // SAFETY: signal 0 only checks.
    unsafe { call(number::KILL, [pid as usize, 0, 0, 0, 0, 0]) != Err(Errno::SRCH) }
}

/// Whether children of other processes may become ours: as the first of a container, or as it has asked for.
pub fn adopts_orphans() -> bool {
    const PR_GET_CHILD_SUBREAPER: usize = 37;
    let mut asked_for = 0i32;
    // SAFETY: room for the answer.
    let _ = unsafe { call(number::PRCTL, [PR_GET_CHILD_SUBREAPER, &raw mut asked_for as usize, 0, 0, 0, 0]) };
    asked_for != 0 || getpid() == 1
}

/// Reaps one child that has no SIGCHLD.
pub fn reap(pid: usize) {
    const WALL: usize = 0x4000_0000;
    // SAFETY: no status is asked for.
    let _ = unsafe { call(number::WAIT4, [pid, 0, WALL, 0, 0, 0]) };
}

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

impl Timespec {
    fn milliseconds(ms: u32) -> Timespec {
        Timespec { seconds: i64::from(ms / 1000), nanoseconds: i64::from(ms % 1000) * 1_000_000 }
    }
}

pub fn sleep(ms: u32) {
    let time = Timespec::milliseconds(ms);
    // SAFETY: the time is valid. Nothing interrupts: signals are blocked.
    let _ = unsafe { call(number::NANOSLEEP, [(&raw const time) as usize, 0, 0, 0, 0, 0]) };
}

/// Milliseconds of the monotonic clock.
pub fn now() -> u64 {
    let mut time = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: the time is writable; clock 1 is CLOCK_MONOTONIC.
    let _ = unsafe { call(number::CLOCK_GETTIME, [1, (&raw mut time) as usize, 0, 0, 0, 0]) };
    (time.seconds as u64) * 1000 + (time.nanoseconds as u64) / 1_000_000
}

/// Whether a futex is woken across processes.
#[derive(Clone, Copy)]
pub enum Futex {
    Shared = 0,
    Private = 128,
}

/// Sleeps while `word` is `value`, at most `timeout_ms`. Returns for any reason: look again.
pub fn futex_wait(word: &AtomicU32, value: u32, kind: Futex, timeout_ms: Option<u32>) {
    let time = timeout_ms.map(Timespec::milliseconds);
    let time = time.as_ref().map_or(0, |time| (&raw const *time) as usize);
    // SAFETY: word and time are valid; a plain wait.
    unsafe { syscall(number::FUTEX, [word.as_ptr() as usize, kind as usize, value as usize, time, 0, 0]) };
}

pub fn futex_wake(word: &AtomicU32, kind: Futex) {
    // SAFETY: wakes one waiter.
    unsafe { syscall(number::FUTEX, [word.as_ptr() as usize, 1 | kind as usize, 1, 0, 0, 0]) };
}

const AF_UNIX: usize = 1;
const SOCK_STREAM: usize = 1;
const SOCK_CLOEXEC: usize = 0o2_000_000;
const SOL_SOCKET: usize = 1;

pub fn stream_socket() -> Result<Fd> {
    // SAFETY: no memory is passed.
    let fd = unsafe { call(number::SOCKET, [AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, 0, 0, 0])? };
    Ok(Fd(fd as i32))
}

pub fn socket_pair() -> Result<(Fd, Fd)> {
    let mut pair = [-1i32; 2];
    // SAFETY: room for two descriptors.
    unsafe {
        call(number::SOCKETPAIR, [AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.as_mut_ptr() as usize, 0, 0])?;
    }
    Ok((Fd(pair[0]), Fd(pair[1])))
}

/// Limits how long sending, receiving and connecting may take.
pub fn set_timeouts(fd: &Fd, seconds: i64) -> Result<()> {
    const SO_RCVTIMEO: usize = 20;
    const SO_SNDTIMEO: usize = 21;
    let time = [seconds, 0i64];
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
        // SAFETY: a struct timeval, whose size is passed.
        unsafe {
            call(
                number::SETSOCKOPT,
                [fd.arg(), SOL_SOCKET, option, time.as_ptr() as usize, size_of_val(&time), 0],
            )?;
        }
    }
    Ok(())
}

/// User at the other end of a Unix socket.
pub fn peer_uid(fd: &Fd) -> Result<u32> {
    const SO_PEERCRED: usize = 17;
    // struct ucred: pid, uid, gid.
    let mut credentials = [0u32; 3];
    let mut size = size_of_val(&credentials) as u32;
    // SAFETY: a struct ucred and its size.
    unsafe {
        call(
            number::GETSOCKOPT,
            [
                fd.arg(),
                SOL_SOCKET,
                SO_PEERCRED,
                credentials.as_mut_ptr() as usize,
                (&raw mut size) as usize,
                0,
            ],
        )?;
    }
    Ok(credentials[1])
}

#[repr(C)]
pub struct SocketAddress {
    pub family: u16,
    pub path: [u8; 108],
}

impl SocketAddress {
    pub const fn new() -> SocketAddress {
        SocketAddress { family: 0, path: [0; 108] }
    }

    pub fn clear(&mut self) {
        // SAFETY: all of the array.
        unsafe { crate::mem::zero(self.path.as_mut_ptr(), self.path.len()) };
    }
}

/// Connects to the address, whose family is filled in here.
pub fn connect(fd: &Fd, address: &mut SocketAddress) -> Result<()> {
    address.family = AF_UNIX as u16;
    // SAFETY: the address and its size.
    unsafe {
        call(
            number::CONNECT,
            [fd.arg(), (&raw const *address) as usize, size_of::<SocketAddress>(), 0, 0, 0],
        )?;
    }
    Ok(())
}

pub fn send(fd: &Fd, bytes: &[u8]) -> Result<usize> {
    const MSG_NOSIGNAL: usize = 0x4000;
    // SAFETY: the bytes are readable for their length.
    unsafe { call(number::SENDTO, [fd.arg(), bytes.as_ptr() as usize, bytes.len(), MSG_NOSIGNAL, 0, 0]) }
}

#[repr(C)]
struct IoVec {
    base: *mut u8,
    length: usize,
}

#[repr(C)]
struct MessageHeader {
    name: *mut c_void,
    name_length: u32,
    iov: *mut IoVec,
    iov_count: usize,
    control: *mut c_void,
    control_length: usize,
    flags: i32,
}

/// One control message with room for two descriptors: length, level, type, data.
#[repr(C)]
struct RightsMessage {
    length: usize,
    level: i32,
    kind: i32,
    fds: [i32; 2],
}

/// Sends bytes, with the descriptors that there are. All of both or nothing, as far as a new socket goes.
pub fn send_with(fd: &Fd, bytes: &[u8], fds: &[Option<Fd>; 2]) -> Result<usize> {
    const MSG_NOSIGNAL: usize = 0x4000;
    const SCM_RIGHTS: i32 = 1;
    let mut iov = IoVec { base: bytes.as_ptr().cast_mut(), length: bytes.len() };
    let mut rights = RightsMessage {
        length: core::mem::offset_of!(RightsMessage, fds),
        level: SOL_SOCKET as i32,
        kind: SCM_RIGHTS,
        fds: [-1; 2],
    };
    for (place, fd) in rights.fds.iter_mut().zip(fds.iter().flatten()) {
        *place = fd.0;
        rights.length += size_of::<i32>();
    }
    let header = MessageHeader {
        name: core::ptr::null_mut(),
        name_length: 0,
        iov: &raw mut iov,
        iov_count: 1,
        control: (&raw mut rights).cast(),
        control_length: size_of::<RightsMessage>(),
        flags: 0,
    };
    // SAFETY: the header describes the two buffers, which are only read.
    unsafe { call(number::SENDMSG, [fd.arg(), (&raw const header) as usize, MSG_NOSIGNAL, 0, 0, 0]) }
}

/// Receives bytes, and up to two descriptors that come with them.
pub fn receive(fd: &Fd, bytes: &mut [u8], fds: &mut [Option<Fd>; 2]) -> Result<usize> {
    const MSG_CMSG_CLOEXEC: usize = 0x4000_0000;
    const SCM_RIGHTS: i32 = 1;
    let mut iov = IoVec { base: bytes.as_mut_ptr(), length: bytes.len() };
    let mut rights = RightsMessage { length: 0, level: 0, kind: 0, fds: [-1; 2] };
    let mut header = MessageHeader {
        name: core::ptr::null_mut(),
        name_length: 0,
        iov: &raw mut iov,
        iov_count: 1,
        control: (&raw mut rights).cast(),
        control_length: size_of::<RightsMessage>(),
        flags: 0,
    };
    // SAFETY: the header describes the two buffers.
    let received =
        unsafe { call(number::RECVMSG, [fd.arg(), (&raw mut header) as usize, MSG_CMSG_CLOEXEC, 0, 0, 0])? };
    let head = core::mem::offset_of!(RightsMessage, fds);
    if header.control_length >= head && rights.level == SOL_SOCKET as i32 && rights.kind == SCM_RIGHTS {
        // More than two do not fit and are not handed over by the kernel.
        for (i, place) in fds.iter_mut().enumerate() {
            if rights.length >= head + (i + 1) * size_of::<i32>()
                && let Some(&fd) = rights.fds.get(i)
            {
                *place = Some(Fd(fd));
            }
        }
    }
    Ok(received)
}

#[repr(C)]
pub struct Limit {
    pub soft: u64,
    pub hard: u64,
}

/// What [`limit`] is about (getrlimit(2)).
pub const RLIMIT_NOFILE: usize = 7;
pub const RLIMIT_AS: usize = 9;

/// Sets a limit, if there is a new one, and returns the old.
pub fn limit(resource: usize, new: Option<&Limit>) -> Result<Limit> {
    let mut old = Limit { soft: 0, hard: 0 };
    let new = new.map_or(0, |new| (&raw const *new) as usize);
    // SAFETY: two structures of the right layout, or null.
    unsafe { call(number::PRLIMIT64, [0, resource, new, (&raw mut old) as usize, 0, 0])? };
    Ok(old)
}

pub fn exit_group(status: usize) -> ! {
    loop {
        // SAFETY: does not return.
        unsafe { syscall(number::EXIT_GROUP, [status, 0, 0, 0, 0, 0]) };
    }
}

/// What only the child that becomes the daemon may do: it changes the process, which is the program's elsewhere.
pub mod child {
    use super::{Errno, Fd, call, number, syscall};

    pub const SIGCHLD: usize = 17;

    /// 0 in the child; its number, or -errno, in the parent. `signal`: what tells of its end, or 0.
    pub fn fork(signal: usize) -> isize {
        // SAFETY: without flags the child has memory of its own.
        unsafe { syscall(number::CLONE, [signal, 0, 0, 0, 0, 0]) }
    }

    /// A descriptor for who needs any.
    pub fn placeholder() -> Result<Fd, Errno> {
        // SAFETY: no memory is passed.
        unsafe { call(number::EVENTFD2, [0; 6]).map(|fd| Fd(fd as i32)) }
    }

    /// Ends this process at once.
    pub fn kill() {
        const SIGKILL: usize = 9;
        // SAFETY: no memory is passed.
        let _ = unsafe {
            call(number::GETPID, [0; 6]).and_then(|pid| call(number::KILL, [pid, SIGKILL, 0, 0, 0, 0]))
        };
    }

    /// A session of its own: no terminal, no signals from one.
    pub fn leave_terminal() {
        // SAFETY: no memory is passed.
        let _ = unsafe { call(number::SETSID, [0; 6]) };
    }

    /// Makes `fd` descriptor `to`, which stays open across exec.
    pub fn keep_as(fd: i32, to: i32) -> Result<(), Errno> {
        const F_SETFD: usize = 2;
        if fd == to {
            // SAFETY: no memory is passed.
            unsafe { call(number::FCNTL, [fd as usize, F_SETFD, 0, 0, 0, 0]).map(|_| ()) }
        } else {
            // SAFETY: no memory is passed.
            unsafe { call(number::DUP3, [fd as usize, to as usize, 0, 0, 0, 0]).map(|_| ()) }
        }
    }

    /// Closes descriptors `first` to `last`. Fails on kernels before 5.9.
    pub fn close_range(first: usize, last: usize) -> Result<(), Errno> {
        // SAFETY: the child's own table of descriptors.
        unsafe { call(number::CLOSE_RANGE, [first, last, 0, 0, 0, 0]).map(|_| ()) }
    }

    /// # Safety
    /// A NUL-terminated path, NULL-terminated arrays of NUL-terminated strings.
    pub unsafe fn execve(path: *const u8, argv: *const *const u8, envp: *const *const u8) -> Errno {
        // SAFETY: the caller's promise.
        let result = unsafe { call(number::EXECVE, [path as usize, argv as usize, envp as usize, 0, 0, 0]) };
        result.err().unwrap_or(Errno::INVAL)
    }
}
