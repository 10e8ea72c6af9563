//! `dladdr` for programs with lazy code: it knows lazy functions, too. They are said to be in the image that this is linked into,
//! where they were written. An archive member that nothing takes that does not need it; the driver hands the linker
//! `--wrap=dladdr`.

#![no_std]

mod ask;

use ask::Info;
use autojit_protocol::control::op;
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int, c_void};

unsafe extern "C" {
    /// The C library's own.
    fn __real_dladdr(address: *const c_void, info: *mut Info) -> c_int;
}

const ROOM: usize = 4096;

/// Names live as long as their image for callers of `dladdr`; of lazy functions the last ones asked for.
const NAMES: usize = 16;

struct Names(UnsafeCell<[[u8; ROOM]; NAMES]>);

// SAFETY: each call writes to a place of its own, until so many others came; as with C's static buffers, it is up to the caller to
// look at a name before.
unsafe impl Sync for Names {}

static RECENT: Names = Names(UnsafeCell::new([[0; ROOM]; NAMES]));
static NEXT: core::sync::atomic::AtomicUsize = core::sync::atomic::AtomicUsize::new(0);

/// # Safety
/// As of the function that it stands for.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_dladdr(address: *const c_void, info: *mut Info) -> c_int {
    // SAFETY: the caller's arguments.
    let found = unsafe { __real_dladdr(address, info) };
    if found != 0 {
        return found;
    }
    let Some(runtime) = ask::runtime() else { return 0 };
    let place = NEXT.fetch_add(1, core::sync::atomic::Ordering::Relaxed) % NAMES;
    let mut values = [0; 2];
    // SAFETY: the room is a whole name's; see `Names`. The image that has this function is loaded.
    unsafe {
        let name = RECENT.0.get().cast::<u8>().add(place * ROOM);
        if runtime(op::SYMBOL, address as u64, name, ROOM, &raw mut values) == 0
            || __real_dladdr(__wrap_dladdr as *const c_void, info) == 0
        {
            return 0;
        }
        (*info).name = name.cast();
        (*info).address = values[0] as *mut c_void;
    }
    1
}
