//! Where code is announced to debuggers: a list and a function in which they stop (GDB manual, "JIT Compilation Interface").
//!
//! Each image has both, but LLDB looks at one list only, that of the first image in which it finds one, and GDB takes a further
//! list for that of a further compiler. So the images that a process starts with share the first list among them, which is found by
//! a note. Those that are loaded later join in, but do not begin one for others: they may be unloaded again.

use crate::arch;
use crate::debugger::{Descriptor, Entry};
use crate::dynamic;
use crate::notes;
use crate::sys;
use autojit_protocol::record::NOTE_DEBUGGER;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicU32, AtomicUsize};

const PT_NOTE: u32 = 4;

/// `JIT_REGISTER_FN`.
const REGISTER: u32 = 1;

/// Of several images that announce code at a time, one does.
static LOCK: AtomicU32 = AtomicU32::new(0);

#[cfg(all(autojit_rt_archive, not(autojit_rt_loaded)))]
core::arch::global_asm!(
    ".pushsection .note.autojit.runtime, \"a\", @note",
    ".p2align 2",
    ".long 8, 16, {kind}",
    ".asciz \"autojit\"",
    ".weak __ehdr_start",
    ".hidden __ehdr_start",
    ".long __jit_debug_descriptor - ., __jit_debug_register_code - ., {lock} - ., __ehdr_start - .",
    ".popsection",
    kind = const NOTE_DEBUGGER,
    lock = sym LOCK,
);

/// What the note says: distances to the list, the function, the lock and the image's header.
type Places = [i32; 4];

/// Where to announce.
#[derive(Clone, Copy)]
struct Interface {
    descriptor: *mut Descriptor,
    function: *const u8,
    lock: *const AtomicU32,
}

impl Interface {
    fn own() -> Interface {
        let (descriptor, function) = arch::debug_interface();
        Interface { descriptor, function, lock: &raw const LOCK }
    }

    /// # Safety
    /// The note is in memory, and its image stays.
    unsafe fn of_note(places: *const Places) -> Interface {
        let first = places.cast::<i32>();
        let moved = MOVED.load(Relaxed);
        // SAFETY: the caller's.
        let [descriptor, function, lock] = unsafe {
            [first, first.add(1), first.add(2)].map(|place| notes::target(place).wrapping_sub(moved))
        };
        Interface {
            descriptor: descriptor as *mut Descriptor,
            function: function as *const u8,
            lock: lock as *const AtomicU32,
        }
    }
}

/// The note of the image whose list this one uses; 0: its own.
static SHARED: AtomicUsize = AtomicUsize::new(0);

/// How far that note was moved in its image.
static MOVED: AtomicUsize = AtomicUsize::new(0);

fn interface() -> Interface {
    match SHARED.load(Relaxed) {
        0 => Interface::own(),
        // SAFETY: found by `join`, in an image that stays.
        note => unsafe { Interface::of_note(note as *const Places) },
    }
}

/// Looks for the list that this image is to use. Called when it is initialized.
pub fn join() {
    let note = dynamic::of_first_images(|headers, bias| {
        headers.iter().filter(|header| header.kind == PT_NOTE).find_map(|header| {
            let start = bias.wrapping_add(header.address as usize);
            // SAFETY: the headers of an image that is loaded.
            unsafe {
                let note: *const Places =
                    notes::find(start, header.size as usize, header.align, NOTE_DEBUGGER)?;
                MOVED.store(notes::moved(note, bias), Relaxed);
                Some(note)
            }
        })
    });
    SHARED.store(note.map_or(0, |note| note as usize), Relaxed);
}

/// Whether a debugger has its breakpoint where code is announced, or where the dynamic linker says that libraries come and go: LLDB looks
/// at one image's list of code.
pub fn debugger_is_attached() -> bool {
    const INT3: u8 = 0xcc;
    // SAFETY: the first byte of a function.
    let has_breakpoint = |function: *const u8| unsafe { function.read_volatile() == INT3 };
    has_breakpoint(interface().function) || dynamic::debug_function().is_some_and(has_breakpoint)
}

/// Links an entry into the list and calls the function in which the debugger stops.
///
/// # Safety
/// The entry stays as it is from now on.
pub unsafe fn announce(entry: *mut Entry) {
    let Interface { descriptor, function, lock } = interface();
    // SAFETY: a static of an image that stays.
    let lock = unsafe { &*lock };
    while lock.compare_exchange_weak(0, 1, Acquire, Relaxed).is_err() {
        sys::sleep(1);
    }
    // SAFETY: the descriptor is that of an image of ours, or one that the program brought along for code of its own: then what is in
    // the list stays. The lock keeps other images out.
    unsafe {
        (*entry).next = (*descriptor).first;
        if !(*entry).next.is_null() {
            (*(*entry).next).previous = entry;
        }
        (*descriptor).first = entry;
        (*descriptor).relevant = entry;
        (*descriptor).action = REGISTER;
        arch::announce_code(function);
    }
    lock.store(0, Release);
}
