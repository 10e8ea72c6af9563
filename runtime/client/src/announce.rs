//! Where code is announced to debuggers: a list and a function in which they stop (GDB manual, "JIT Compilation Interface").
//!
//! Each image has both, but LLDB looks at one list only, that of the first image in which it finds one, and GDB takes a further
//! list for that of a further compiler. So the images that a process starts with share the first list among them, which is found by
//! a note. Those that are loaded later join in, but do not begin one for others: they may be unloaded again.

use crate::arch;
use crate::debugger::{Descriptor, Entry};
use crate::dynamic;
use crate::image::Phdr;
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
    ".long 8, 12, {kind}",
    ".asciz \"autojit\"",
    ".long __jit_debug_descriptor - ., __jit_debug_register_code - ., {lock} - .",
    ".popsection",
    kind = const NOTE_DEBUGGER,
    lock = sym LOCK,
);

/// The note, with the header of all notes (ELF gABI, "Note Section").
#[repr(C)]
struct Note {
    name_size: u32,
    size: u32,
    kind: u32,
    name: [u8; 8],
    descriptor: i32,
    function: i32,
    lock: i32,
}

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
    unsafe fn of_note(note: *const Note) -> Interface {
        let to = |distance: *const i32| {
            // SAFETY: the caller's.
            (distance as usize).wrapping_add_signed(unsafe { distance.read_unaligned() } as isize)
        };
        // SAFETY: takes addresses only.
        let [descriptor, function, lock] = unsafe {
            [&raw const (*note).descriptor, &raw const (*note).function, &raw const (*note).lock].map(to)
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

fn interface() -> Interface {
    match SHARED.load(Relaxed) {
        0 => Interface::own(),
        // SAFETY: found by `join`, in an image that stays.
        note => unsafe { Interface::of_note(note as *const Note) },
    }
}

/// Looks for the list that this image is to use. Called when it is initialized.
pub fn join() {
    let note = dynamic::of_first_images(|headers, bias| {
        // SAFETY: the headers of an image that is loaded.
        headers
            .iter()
            .filter(|header| header.kind == PT_NOTE)
            .find_map(|header| unsafe { in_notes(header, bias) })
    });
    SHARED.store(note.map_or(0, |note| note as usize), Relaxed);
}

/// # Safety
/// The segment is in memory.
unsafe fn in_notes(header: &Phdr, bias: usize) -> Option<*const Note> {
    let (start, size) = (bias.wrapping_add(header.address as usize), header.size as usize);
    let align = if header.align == 8 { 8 } else { 4 };
    let up = |n: usize| n.wrapping_add(align - 1) & !(align - 1);
    let mut at = 0;
    while at + size_of::<Note>() <= size {
        let note = (start + at) as *const Note;
        // SAFETY: within the notes.
        let Note { name_size, size: described, kind, name, .. } = unsafe { note.read_unaligned() };
        if kind == NOTE_DEBUGGER
            && described == 12
            && u64::from_le_bytes(name) == u64::from_le_bytes(*b"autojit\0")
        {
            return Some(note);
        }
        at = at.checked_add(up(up(12 + name_size as usize).wrapping_add(described as usize)))?;
    }
    None
}

/// Whether a debugger has its breakpoint where code is announced.
pub fn debugger_is_attached() -> bool {
    const INT3: u8 = 0xcc;
    // SAFETY: the first byte of a function.
    unsafe { interface().function.read_volatile() == INT3 }
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
