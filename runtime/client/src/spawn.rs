//! Starting a daemon so that the program never notices: no child, no SIGCHLD, no descriptor, no tracer's event.
//!
//! Two children share our memory (CLONE_VM) and run one after the other on a small stack while this thread waits: the
//! first only starts the second and is reaped here; the second becomes the daemon and belongs to init from then on.
//! Not with CLONE_VFORK: that tells a tracer about the end of the wait even if the child is untraced, and LLDB, which has
//! seen no beginning, then sets each breakpoint a second time and never gets past one again. The kernel clears a word instead.
//! A copy of the process (fork) would cost milliseconds in a large program; only valgrind and qemu, which know no such clone, get it. Both have descriptors of their own (no
//! CLONE_FILES), so the second can close all the program's: a pipe that a daemon keeps open never ends.
//!
//! Orphans go to the first process of a container, or to whoever has asked for them (PR_SET_CHILD_SUBREAPER). If that is the program itself,
//! the daemon would be its child after all, and waited for with the others. There the first child stays, as the daemon's parent: a child without a
//! signal for its end is waited for with `__WCLONE` only. It is a copy, since it outlives our stack, and maybe this library.

use crate::arch;
use crate::environment::{Environment, Path};
use crate::fatal::Line;
use crate::lock::Runtime;
use crate::sys::{self, Errno, Fd, Futex, Open, child};
use core::ffi::c_void;
use core::ptr::null;
use core::sync::atomic::{AtomicU32, Ordering};

const CLONE_VM: usize = 0x100;
/// Clears a word, and wakes who waits for that, when the child leaves this memory: it ends or executes another program.
const CLONE_CHILD_CLEARTID: usize = 0x20_0000;
/// A tracer with follow-fork does not get the daemon, which would keep `strace -f` waiting. No exit signal: no SIGCHLD.
const CLONE_UNTRACED: usize = 0x80_0000;

/// What `clone` returns where its flags are not known.
const EINVAL: isize = -(Errno::INVAL.0 as isize);

const ENTRIES: usize = 64;
const HALF: usize = 4096;
/// The descriptor that the daemon finds its socket on.
const SOCKET: i32 = 3;

#[repr(C, align(16))]
struct Stacks([[u8; HALF]; 2]);

/// What the children work with; in memory that they share with us.
pub struct Launch {
    argv: [*const u8; 4],
    envp: [*const u8; ENTRIES + 1],
    path: Path,
    socket: i32,
    /// The first child stays.
    stays: bool,
    /// Why there is no daemon; 0 if there is one. (All zeros, so that it lies in .bss.)
    error: Errno,
    /// The path to try first, if it is not null.
    named: *const u8,
    /// Look in `$PATH`, too?
    search: bool,
    environment: *const Environment,
    stacks: Stacks,
}

impl Launch {
    pub const fn new() -> Launch {
        Launch {
            argv: [null(); 4],
            envp: [null(); ENTRIES + 1],
            path: Path::new(),
            socket: 0,
            stays: false,
            error: Errno(0),
            named: null(),
            search: false,
            environment: null(),
            stacks: Stacks([[0; HALF]; 2]),
        }
    }
}

/// The daemon's name, for messages.
pub fn name(runtime: &Runtime) -> &[u8] {
    let named =
        runtime.environment.get(b"AUTOJIT_DAEMON_PATH").unwrap_or(arch::built_in_daemon_path().to_bytes());
    if named.is_empty() { b"autojitd" } else { named }
}

/// Starts a daemon and returns our end of the socket pair, on which it answers first.
pub fn start(runtime: &mut Runtime, private: bool) -> Fd {
    let (ours, theirs) = match sys::socket_pair() {
        Ok(pair) => pair,
        Err(error) => Line::new(b"cannot reach the compile daemon").errno(error).die(),
    };
    let launch = &mut runtime.launch;
    let mode = if private { c"--private" } else { c"--serve" };
    launch.argv = [c"autojitd".as_ptr().cast(), mode.as_ptr().cast(), c"3".as_ptr().cast(), null()];
    // The last entry stays null.
    let mut variables = runtime.environment.iter();
    for place in launch.envp.iter_mut().take(ENTRIES) {
        *place = variables.next().map_or(null(), |variable| variable.as_ptr().cast());
    }
    let asked_for = runtime.environment.get_c(b"AUTOJIT_DAEMON_PATH").filter(|path| !path.is_empty());
    let named = asked_for.unwrap_or(arch::built_in_daemon_path());
    launch.named = if named.is_empty() { null() } else { named.as_ptr().cast() };
    launch.search = asked_for.is_none() && !sys::is_set_user_id();
    launch.environment = &raw const runtime.environment;
    launch.socket = theirs.0;
    launch.error = Errno(0);
    launch.stays = sys::adopts_orphans();
    let stays = launch.stays;
    let launch = &raw mut *launch;
    let pid = if stays { fork(launch, 0, intermediate) } else { clone(launch, 0, intermediate) };
    if pid < 0 {
        runtime.launch.error = Errno(-pid as i32);
    } else if !stays {
        sys::reap(pid as usize);
    }
    drop(theirs);
    let error = runtime.launch.error;
    if error != Errno(0) {
        Line::new(b"cannot start the compile daemon ").add(name(runtime)).errno(error).die();
    }
    ours
}

/// Starts `entry` on one of the two stacks and waits until it ends or executes another program.
fn clone(launch: *mut Launch, stack: usize, entry: unsafe extern "C" fn(*mut c_void) -> i32) -> isize {
    const FLAGS: usize = CLONE_VM | CLONE_CHILD_CLEARTID | CLONE_UNTRACED;
    let is_here = AtomicU32::new(1);
    let pid = if arch::is_on_valgrind() {
        EINVAL
    } else {
        // SAFETY: the stacks are unused: the lock is held, and each child has one to itself until this function returns.
        unsafe {
            let top = (&raw mut (*launch).stacks).cast::<u8>().add((stack + 1) * HALF);
            arch::clone_on_stack(FLAGS, top, &raw const is_here, entry, launch.cast())
        }
    };
    if pid == EINVAL {
        return fork(launch, child::SIGCHLD, entry);
    }
    while pid > 0 && is_here.load(Ordering::Acquire) != 0 {
        sys::futex_wait(&is_here, 1, Futex::Shared, None);
    }
    pid
}

/// The same where that is not known, or with a child that stays: it has a copy of the memory, and nobody waits.
fn fork(launch: *mut Launch, signal: usize, entry: unsafe extern "C" fn(*mut c_void) -> i32) -> isize {
    let pid = child::fork(signal);
    if pid == 0 {
        // SAFETY: what the entries want. An error stays unknown to the parents, who see that nobody answers.
        unsafe { entry(launch.cast()) };
        // Not by an exit, for which valgrind would report what the program has allocated.
        child::kill();
    }
    pid
}

/// The child that is reaped at once, so that the daemon is nobody's child; or stays as long as that, without anything of the program.
///
/// # Safety
/// `launch` is the `Launch` that `start` has filled in.
unsafe extern "C" fn intermediate(launch: *mut c_void) -> i32 {
    let launch = launch.cast::<Launch>();
    let pid = clone(launch, 1, become_daemon);
    // SAFETY: the only one who runs; see above.
    let launch = unsafe { &mut *launch };
    if pid < 0 {
        launch.error = Errno(-pid as i32);
    } else if launch.stays {
        let _ = child::close_range(0, u32::MAX as usize);
        sys::reap(pid as usize);
    }
    0
}

/// # Safety
/// As `intermediate`.
unsafe extern "C" fn become_daemon(launch: *mut c_void) -> i32 {
    // SAFETY: the parents wait, so nobody else uses it.
    let launch = unsafe { &mut *launch.cast::<Launch>() };
    launch.error = exec(launch).err().unwrap_or(Errno(0));
    1
}

/// Returns only on failure.
fn exec(launch: &mut Launch) -> Result<(), Errno> {
    child::leave_terminal();
    child::keep_as(launch.socket, SOCKET)?;
    // Without close_range (before Linux 5.9) the daemon closes them; it does so anyway.
    let _ = child::close_range(SOCKET as usize + 1, u32::MAX as usize);
    let _ = child::close_range(0, 2);
    // The lowest free descriptors: 0, 1, 2. Without a /dev/null any other, since programs in Rust do not start with closed ones. Never
    // dropped: not closed.
    for place in 0..3 {
        if let Ok(null) = sys::open(c"/dev/null", Open::ReadWrite).or_else(|_| child::placeholder()) {
            let _ = child::keep_as(null.0, place);
            core::mem::forget(null);
        }
    }
    let mut result = Errno::NOENT;
    // SAFETY: the path and the arrays are as execve wants them.
    let mut attempt = |path: *const u8| unsafe {
        match child::execve(path, launch.argv.as_ptr(), launch.envp.as_ptr()) {
            Errno::NOENT | Errno::NOTDIR => {}
            error => result = error,
        }
    };
    if !launch.named.is_null() {
        attempt(launch.named);
    }
    // SAFETY: nobody changes the environment meanwhile.
    let environment = unsafe { &*launch.environment };
    if launch.search {
        let path = environment.get(b"PATH").unwrap_or(b"/usr/local/bin:/usr/bin:/bin");
        for directory in path.split(|&byte| byte == b':').filter(|directory| directory.first() == Some(&b'/'))
        {
            launch.path.clear();
            if launch.path.add(directory) && launch.path.add(b"/autojitd") {
                attempt(launch.path.as_c().as_ptr().cast());
            }
        }
    }
    Err(result)
}
