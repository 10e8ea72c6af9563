//! Who may work: one thread of the process at a time, with all its signals blocked.
//!
//! Lock and "there is a session" live in a page of their own that the kernel wipes in a forked child, so that a
//! child starts unlocked and without a session even if another thread of its parent was in here. `pthread_atfork`
//! would need libc and miss raw `fork`; comparing process numbers on each call costs a system call and takes a
//! `vfork` child for a new process. It is the fallback for kernels (and valgrind) without MADV_WIPEONFORK.

use crate::environment::Environment;
use crate::fatal::Line;
use crate::session::Session;
use crate::spawn::Launch;
use crate::sys::{self, Futex};
use core::cell::UnsafeCell;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicPtr, AtomicU32};

/// Everything that the runtime remembers, and its buffers: there is no room for those on the stack.
pub struct Runtime {
    pub session: Session,
    pub environment: Environment,
    pub launch: Launch,
    pub path: crate::environment::Path,
    pub address: sys::SocketAddress,
}

struct Cell(UnsafeCell<Runtime>);

// SAFETY: only reached through `Held::with`.
unsafe impl Sync for Cell {}

static RUNTIME: Cell = Cell(UnsafeCell::new(Runtime {
    session: Session::NONE,
    environment: Environment::new(),
    launch: Launch::new(),
    path: crate::environment::Path::new(),
    address: sys::SocketAddress::new(),
}));

pub const PAGE_SIZE: usize = 4096;

/// The page that a forked child finds zeroed. Zero in all fields is the right state for a new process.
struct Page {
    /// 0 free, 1 taken, 2 taken and waited for.
    lock: AtomicU32,
    /// 1 if `Runtime::session` is a session of this process.
    open: AtomicU32,
    /// Thread that is in a foreign function while it holds the lock, or 0; with [`BUSY`] while somebody uses the state
    /// meanwhile, with [`WANTED`] once it is back.
    abroad: AtomicU32,
    /// Without MADV_WIPEONFORK: the process that the page belongs to. Else 0.
    owner: AtomicU32,
}

static PAGE: AtomicPtr<Page> = AtomicPtr::new(core::ptr::null_mut());

/// No thread has these bits in its number.
const BUSY: u32 = 1 << 31;
/// The thread wants its state back: nobody else takes it.
const WANTED: u32 = 1 << 30;

/// How long to sleep at most until looking again: a wake-up may go to somebody who has no use for it.
const MILLISECONDS: u32 = 1;

/// The lock, held, or the state of a thread that holds it and is abroad.
pub struct Held {
    page: &'static Page,
    /// That thread, or 0.
    lender: u32,
    /// This call came out of a foreign function that the same thread called with the lock held.
    pub nested: bool,
}

#[cold]
#[inline(never)]
fn make_page() -> *mut Page {
    let address = match sys::map_zeros(PAGE_SIZE) {
        Ok(address) => address,
        Err(error) => Line::new(b"no memory for the runtime").errno(error).die(),
    };
    let page = core::ptr::with_exposed_provenance_mut::<Page>(address);
    if sys::advise_fork(address, PAGE_SIZE, sys::MADV_WIPEONFORK).is_err() {
        // SAFETY: mapped just now, zeroed, large enough and aligned.
        unsafe { (*page).owner.store(sys::getpid(), Relaxed) };
    }
    match PAGE.compare_exchange(core::ptr::null_mut(), page, Release, Acquire) {
        Ok(_) => page,
        Err(winner) => {
            // SAFETY: nobody else knows this page.
            unsafe { sys::unmap(address, PAGE_SIZE) };
            winner
        }
    }
}

fn page() -> &'static Page {
    let mut page = PAGE.load(Acquire);
    if page.is_null() {
        page = make_page();
    }
    // SAFETY: never unmapped once published.
    let page = unsafe { &*page };
    let owner = page.owner.load(Relaxed);
    if owner != 0 {
        let pid = sys::getpid();
        if pid != owner && page.owner.compare_exchange(owner, pid, Relaxed, Relaxed).is_ok() {
            page.open.store(0, Relaxed);
            page.abroad.store(0, Relaxed);
            page.lock.store(0, Release);
        }
    }
    page
}

/// Takes the lock. Signals must be blocked.
pub fn enter() -> Held {
    let page = page();
    if page.lock.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
        let abroad = page.abroad.load(Relaxed) & !(BUSY | WANTED);
        if abroad != 0 && abroad == sys::gettid() && borrow(page, abroad) {
            return Held { page, lender: abroad, nested: true };
        }
        while page.lock.swap(2, Acquire) != 0 {
            sys::futex_wait(&page.lock, 2, Futex::Private, None);
        }
    }
    Held { page, lender: 0, nested: false }
}

/// As [`enter`], for a thread that may hold a lock for which the one in here waits abroad (a sanitizer's, while it reports):
/// it takes the state over from that one.
pub fn enter_beside() -> Held {
    let page = page();
    if page.lock.compare_exchange(0, 1, Acquire, Relaxed).is_ok() {
        return Held { page, lender: 0, nested: false };
    }
    // From here on it is taken as one that others wait for: the wake-up may have been meant for them.
    loop {
        let abroad = page.abroad.load(Relaxed) & !BUSY;
        if abroad != 0 && abroad & WANTED == 0 && borrow(page, abroad) {
            return Held { page, lender: abroad, nested: abroad == sys::gettid() };
        }
        if page.lock.swap(2, Acquire) == 0 {
            break;
        }
        // Nobody is told when a thread goes abroad.
        sys::futex_wait(&page.lock, 2, Futex::Private, Some(MILLISECONDS));
    }
    Held { page, lender: 0, nested: false }
}

/// Takes the state of a thread that is abroad, when nobody else has it. Returns false if it is back, or about to be.
fn borrow(page: &Page, lender: u32) -> bool {
    loop {
        match page.abroad.compare_exchange(lender, lender | BUSY, Acquire, Relaxed) {
            Ok(_) => return true,
            Err(now) if now == lender | BUSY => {
                sys::futex_wait(&page.abroad, now, Futex::Private, Some(MILLISECONDS));
            }
            Err(_) => return false,
        }
    }
}

impl Held {
    /// As [`Held::leave`], and lets those go first who wait: somebody who asks again and again would keep them waiting for ever.
    pub fn leave_politely(self) {
        let page = self.page;
        let waited_for = page.lock.load(Relaxed) == 2;
        self.leave();
        if waited_for {
            sys::sleep(MILLISECONDS);
        }
    }

    pub fn leave(self) {
        if self.lender != 0 {
            self.page.abroad.fetch_and(!BUSY, Release);
            sys::futex_wake(&self.page.abroad, Futex::Private);
        } else if self.page.lock.swap(0, Release) == 2 {
            sys::futex_wake(&self.page.lock, Futex::Private);
        }
    }

    /// For the last one of all: the page goes.
    pub fn leave_for_ever(self) {
        let page: *const Page = self.page;
        PAGE.store(core::ptr::null_mut(), Relaxed);
        self.leave();
        // SAFETY: a page of its own. Nobody else is in a library that is being unloaded.
        unsafe { sys::unmap(page as usize, PAGE_SIZE) };
    }

    /// Works on the state. `work` must not call foreign code: that may come back here.
    pub fn with<R>(&self, work: impl FnOnce(&mut Runtime) -> R) -> R {
        // SAFETY: the lock is held by this thread, or by one that is in foreign code, so not inside `with`, and does not come back
        // before this one has given the state back.
        work(unsafe { &mut *RUNTIME.0.get() })
    }

    /// Calls foreign code, which may make a first call of a lazy function itself, or wait for another thread that asks
    /// something here. What there is in the session's buffers is lost. Not for a [`Held`] that is nested or beside.
    pub fn abroad(&self, call: impl FnOnce()) {
        let thread = sys::gettid();
        self.page.abroad.store(thread, Release);
        call();
        self.page.abroad.fetch_or(WANTED, Relaxed);
        while let Err(now) = self.page.abroad.compare_exchange(thread | WANTED, 0, Acquire, Relaxed) {
            // A child that was forked there has a page of its own.
            if now == 0 {
                break;
            }
            sys::futex_wait(&self.page.abroad, now, Futex::Private, Some(MILLISECONDS));
        }
    }

    /// Does this process have a session?
    pub fn is_open(&self) -> bool {
        self.page.open.load(Relaxed) != 0
    }

    pub fn set_open(&self, open: bool) {
        self.page.open.store(u32::from(open), Relaxed);
    }
}
