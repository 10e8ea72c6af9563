//! A session: this image of this process and one daemon, joined by the control memory and the code arena.

use crate::announce;
use crate::arena;
use crate::daemon;
use crate::descriptors;
use crate::dynamic;
use crate::fatal::Line;
use crate::lock::{Held, PAGE_SIZE, Runtime};
use crate::request::{self, Failure};
use crate::sys;
use crate::unload;
use autojit_protocol::control::{CONTROL_MAGIC, CONTROL_SIZE, Control, Request, op, state};
use autojit_protocol::record::ModuleRecord;
use core::ops::Range;
use core::sync::atomic::Ordering::Release;

/// The session of this process, if the lock's page says that there is one.
pub struct Session {
    pub control: *mut Control,
    /// Counted up in this process and its children, from 1.
    pub generation: u32,
    /// Addresses of the code arena.
    pub arena: Range<usize>,
    /// So much of it is in use.
    pub used: usize,
    /// Ends of earlier arenas that have nothing in them, the last ones: address and size.
    rests: [(usize, usize); 4],
    /// Earlier arenas, the last ones: address and size of what is in use.
    earlier: [(usize, usize); 4],
    /// Ours alone: no socket to find it by.
    pub private: bool,
    pub daemon_pid: u32,
    pub instance: u64,
    /// The daemon records what happens.
    pub recorded: bool,
    /// The daemon knows of other modules that the image will use; see `recall`.
    pub has_more: bool,
    /// Requests made so far, in all sessions.
    pub requests: u32,
    /// What the daemon called the image in the first session, and the first module of that: what later sessions (of forked
    /// children above all) use, the next run starts with.
    pub first_identity: u64,
    pub first_module: *const ModuleRecord,
}

impl Session {
    pub const NONE: Session = Session {
        control: core::ptr::null_mut(),
        generation: 0,
        arena: 0..0,
        used: 0,
        rests: [(0, 0); 4],
        earlier: [(0, 0); 4],
        private: false,
        daemon_pid: 0,
        instance: 0,
        recorded: false,
        has_more: false,
        requests: 0,
        first_identity: 0,
        first_module: core::ptr::null(),
    };

    /// The arena, if there is one, gets nothing more. What is not in use is kept in mind, and no more a part of it.
    fn note_rest(&mut self) {
        let end =
            self.used.checked_next_multiple_of(PAGE_SIZE).and_then(|used| self.arena.start.checked_add(used));
        let Some(end) = end.filter(|&end| self.used != 0 && end < self.arena.end) else { return };
        self.rests.rotate_right(1);
        self.rests[0] = (end, self.arena.end - end);
        self.arena.end = end;
    }

    /// There is to be another arena: a library has to remember this one.
    fn note_earlier(&mut self) {
        if unload::IS_POSSIBLE && !self.arena.is_empty() {
            self.earlier.rotate_right(1);
            self.earlier[0] = (self.arena.start, self.arena.end - self.arena.start);
        }
    }
}

/// Makes sure that there is a session. `image`: an address in the program or library; `is_late`: what asks has symbols to
/// look up.
pub fn ensure(held: &Held, image: usize, is_late: bool) -> Result<(), Failure> {
    if held.is_open() {
        return Ok(());
    }
    let opened = held.with(|runtime| open(runtime, image, is_late));
    held.set_open(true);
    opened
}

#[cold]
#[inline(never)]
fn open(runtime: &mut Runtime, image: usize, is_late: bool) -> Result<(), Failure> {
    let _room = descriptors::make_room();
    if is_late {
        dynamic::prepare();
    }
    let contact = daemon::reach(runtime);
    let [Some(control), Some(code)] = contact.fds else {
        Line::new(b"the compile daemon sent no memory").die();
    };
    let code_size = contact.welcome.code_size as usize;
    let sizes_are_right = contact.welcome.control_size == CONTROL_SIZE as u64
        && sys::size(&control).is_ok_and(|size| size >= CONTROL_SIZE)
        && sys::size(&code).is_ok_and(|size| size >= code_size)
        && code_size != 0
        && code_size.is_multiple_of(4096);
    if !sizes_are_right {
        Line::new(b"the compile daemon sent memory of the wrong size").die();
    }
    let protection = sys::PROT_READ | sys::PROT_WRITE;
    let address = match sys::map(0, CONTROL_SIZE, protection, sys::MAP_SHARED, Some(&control)) {
        Ok(address) => address,
        Err(error) => Line::new(b"cannot map the control memory").errno(error).die(),
    };
    // A forked child has no business there. (Code stays: the child runs it.)
    let _ = sys::advise_fork(address, CONTROL_SIZE, sys::MADV_DONTFORK);
    let far = runtime.environment.is(b"AUTOJIT_ARENA", b"far");
    let (code_address, code_size) =
        arena::map(&code, code_size, image, far, announce::debugger_is_attached());
    let session = &mut runtime.session;
    session.note_rest();
    session.note_earlier();
    session.used = 0;
    session.control = core::ptr::with_exposed_provenance_mut(address);
    session.generation += 1;
    session.arena = code_address..code_address + code_size;
    session.private = contact.private;
    session.recorded = contact.recorded;
    session.has_more = false;
    session.instance = contact.welcome.instance;
    // SAFETY: mapped just now, CONTROL_SIZE bytes.
    let magic = unsafe { (&raw const (*session.control).magic).read_volatile() };
    // SAFETY: as above.
    session.daemon_pid = unsafe { (&raw const (*session.control).daemon_pid).read_volatile() };
    if magic != CONTROL_MAGIC {
        Line::new(b"the compile daemon sent memory of another kind").die();
    }
    let session = &runtime.session;
    // SAFETY: null, or a record of this image, which is loaded.
    if let Some(record) = unsafe { session.first_module.as_ref() } {
        request::fill(session.control, record.hash.as_ptr(), record.hash.len());
    }
    let args = [code_address as u64, session.first_identity, session.first_module as u64, code_size as u64];
    request::ask(runtime, &Request { op: op::START, args, ..Request::default() }).map(|_| ())
}

/// Gives the session up; its code stays.
#[cold]
#[inline(never)]
pub fn close(held: &Held) {
    if !held.is_open() {
        return;
    }
    held.set_open(false);
    held.with(|runtime| {
        let control = runtime.session.control;
        runtime.session.control = core::ptr::null_mut();
        // SAFETY: mapped, and used here only while the session is open. The daemon, if it lives, learns that it is
        // over.
        unsafe {
            (*control).state.store(state::CLOSED, Release);
            sys::futex_wake(&(*control).state, sys::Futex::Shared);
            sys::unmap(control as usize, CONTROL_SIZE);
        }
    });
}

/// Ends the session and gives back what its code, and that of earlier ones, has left of the arenas. Whatever needs the daemon once more
/// gets another one.
pub fn give_back_arenas(held: &Held) {
    close(held);
    held.with(|runtime| {
        runtime.session.note_rest();
        // SAFETY: ends of arenas, into which nothing was placed; the sessions that could do so are over.
        unsafe { unmap_all(&mut runtime.session.rests) };
    });
}

/// Ends the session and gives back all arenas, those of which the process is a copy as well. For an image whose code nobody calls any more.
pub fn give_back_all(held: &Held) {
    give_back_arenas(held);
    held.with(|runtime| {
        let session = &mut runtime.session;
        session.note_earlier();
        session.arena = 0..0;
        // SAFETY: arenas, or what is left of them, of code that nobody calls.
        unsafe { unmap_all(&mut session.earlier) };
    });
}

/// # Safety
/// Nobody uses what these addresses and sizes say.
unsafe fn unmap_all(ranges: &mut [(usize, usize); 4]) {
    for (start, size) in core::mem::take(ranges) {
        if size != 0 {
            // SAFETY: the caller's.
            unsafe { sys::unmap(start, size) };
        }
    }
}
