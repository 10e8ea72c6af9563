//! The code of an arena as libgcc's unwinder finds it: one object, whose list of records grows.
//!
//! libgcc takes unwind tables one by one (`__register_frame_info`) and puts each into order when it first searches it, in memory of
//! malloc and with its own lock held. A program that unwinds where it must not allocate, in an allocator or in a signal handler that
//! interrupted one, would hang where clang's does not; so would one whose malloc is lazy, when libgcc calls it. And each throw would go
//! through all tables.
//!
//! So an arena has one object. It is registered with a table that has no records, and so is in its place among others without a call of
//! malloc; then it is made what libgcc makes of one that it has put into order (`struct object` and `struct fde_vector` of
//! unwind-dw2-fde.h, the same from GCC 3 to 12). From then on records are added at the end of its list, without any call. An unwinder that
//! does not find the first of them (libgcc since GCC 13 notes where tables belong when they are registered, and does not allocate later) gets tables one
//! by one.

use crate::arch::{DeregisterFrameInfo, FindRecord, RegisterFrameInfo};
use crate::sys;
use autojit_protocol::frames::{FrameIndex, IndexEntry};
use core::ops::Range;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::{Relaxed, Release};

/// libgcc's `struct object`.
#[repr(C)]
struct Object {
    start: AtomicUsize,
    text_base: usize,
    data_base: usize,
    /// A table, or, of a sorted object, a [`List`].
    records: AtomicUsize,
    /// Bits, from the lowest: sorted, from an array, of mixed encoding; 8 for the encoding of addresses; the rest counts.
    state: AtomicUsize,
    next: usize,
}

/// Sorted, addresses are `DW_EH_PE_pcrel | DW_EH_PE_sdata4`.
const SORTED: usize = 1 | 0x1b << 3;

/// libgcc's `struct fde_vector`; the records' addresses follow, by ascending addresses of functions.
#[repr(C)]
struct List {
    /// 0, which is the end of a table to somebody who takes it for one.
    table: usize,
    count: AtomicUsize,
}

/// A table without records: a common one (CIE) of 8 bytes, and the end.
const EMPTY: [u8; 16] = [8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0x78, 0, 0, 0, 0];

/// An empty table, and what was registered with it.
#[repr(C)]
struct Table {
    bytes: [u8; EMPTY.len()],
    /// Null unless tables are found by the object's list.
    object: *mut Object,
    list: usize,
    list_size: usize,
}

/// Takes back what was registered by means of a piece of memory: one that was given to libgcc, for a table, or to [`Arena::start_opening`].
/// False: libgcc does not let go of it.
///
/// # Safety
/// The memory is large enough for either, and all zero if it was not used. Nobody calls the code any more.
pub unsafe fn take_back(memory: *mut u8, deregister: DeregisterFrameInfo) -> bool {
    // SAFETY: the caller's. libgcc reads objects under its own lock, and each store leaves something that it understands. What it has put into
    // order itself begins with the table, too.
    unsafe {
        if (*memory.cast::<Table>()).bytes == EMPTY {
            let table = &*memory.cast::<Table>();
            let Some(object) = table.object.as_ref() else { return false };
            object.state.store(SORTED & !1, Release);
            object.records.store(memory as usize, Release);
            deregister(memory);
            object.records.store(0, Relaxed);
            sys::unmap(table.list, table.list_size);
            return true;
        }
        let object = &*memory.cast::<Object>();
        let mut table = object.records.load(Relaxed);
        if table != 0 && object.state.load(Relaxed) & 1 != 0 {
            table = (*(table as *const List)).table;
        }
        // An object with a list of ours has none there: it goes with its table.
        if table != 0 {
            deregister(table as *const u8);
        }
    }
    true
}

/// Bytes of an arena for each record that there is room for.
const BYTES_PER_RECORD: usize = 32;

/// `struct dwarf_eh_bases`.
#[repr(C)]
pub struct Bases([usize; 3]);

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// Tables are registered one by one. The first, as a variable of the runtime has to be all zero.
    Closed,
    /// Nothing was registered yet.
    New,
    /// Records can be added.
    Open,
}

pub struct Arena {
    bounds: Range<usize>,
    state: State,
    list: *mut List,
    room: usize,
    /// Start of the last function in the list.
    last: usize,
}

/// What became of a table.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Added {
    Yes,
    /// Not before the arena is opened.
    NotOpen,
    /// It has to be registered by itself.
    No,
}

impl Arena {
    pub const NONE: Arena =
        Arena { bounds: 0..0, state: State::Closed, list: core::ptr::null_mut(), room: 0, last: 0 };

    pub const fn new(bounds: Range<usize>) -> Arena {
        Arena { bounds, state: State::New, ..Arena::NONE }
    }

    /// One whose tables are registered one by one.
    pub const fn closed(bounds: Range<usize>) -> Arena {
        Arena { bounds, ..Arena::NONE }
    }

    pub fn bounds(&self) -> Range<usize> {
        self.bounds.start..self.bounds.end
    }

    /// Lets the unwinder find what a table has. Calls nothing.
    pub fn add(&mut self, index: Option<&FrameIndex>) -> Added {
        match (self.state, index) {
            (State::Open, Some(index)) if self.append(index) => Added::Yes,
            (State::New, Some(_)) => Added::NotOpen,
            _ => Added::No,
        }
    }

    /// Adds what a table has to the list, if there is room for it there, and it comes last.
    pub fn append(&mut self, index: &FrameIndex) -> bool {
        let base = &raw const *index as usize;
        let entries = (base + size_of::<FrameIndex>()) as *const IndexEntry;
        let at = |place: i32| base.wrapping_add_signed(place as isize);
        let count = index.count as usize;
        // SAFETY: the daemon's index, whose entries are behind it; the list is mapped, with room for so many, and its count is
        // written here alone.
        unsafe {
            let list = &*self.list;
            let before = list.count.load(Relaxed);
            if count > self.room - before || at((*entries).start) < self.last {
                return false;
            }
            let records = self.list.add(1).cast::<AtomicUsize>();
            for i in 0..count {
                let entry = &*entries.add(i);
                (*records.add(before + i)).store(at(entry.record), Relaxed);
                self.last = at(entry.start);
            }
            // Who searches meanwhile does so in the shorter list.
            list.count.store(before + count, Release);
        }
        true
    }

    /// Makes the list. Until [`Arena::opened`] tables are registered by themselves.
    pub fn start_opening(&mut self, memory: [*mut u8; 2]) -> Option<Opening> {
        self.state = State::Closed;
        self.room = (self.bounds.end - self.bounds.start) / BYTES_PER_RECORD;
        let size = size_of::<List>() + self.room * size_of::<usize>();
        let flags = sys::MAP_PRIVATE | sys::MAP_ANONYMOUS | sys::MAP_NORESERVE;
        let list = sys::map(0, size, sys::PROT_READ | sys::PROT_WRITE, flags, None).ok()?;
        self.list = list as *mut List;
        let [object, table] = memory;
        Some(Opening { start: self.bounds.start, list, list_size: size, object: object.cast(), table })
    }

    /// Whether the unwinder finds what is in the list.
    pub fn opened(&mut self, is_found: bool) -> Added {
        if is_found {
            self.state = State::Open;
            return Added::Yes;
        }
        // SAFETY: mapped when the opening was started.
        unsafe { (*self.list).count.store(0, Release) };
        Added::No
    }
}

/// An arena's object on its way. Its functions call the unwinder.
pub struct Opening {
    start: usize,
    list: usize,
    list_size: usize,
    object: *mut Object,
    table: *mut u8,
}

impl Opening {
    /// Registers the object.
    pub fn register(&self, register: RegisterFrameInfo, find: FindRecord) {
        let mut bases = Bases([0; 3]);
        // SAFETY: object and table have memory that is large enough and theirs for ever. libgcc knows the object from here on, and reads
        // it under its own lock; each store leaves something that it understands, for a list begins as a table ends.
        unsafe {
            self.table.copy_from_nonoverlapping(EMPTY.as_ptr(), EMPTY.len());
            register(self.table, self.object.cast());
            let object = &*self.object;
            // By this it is put into its place, at the first search.
            object.start.store(self.start, Release);
            find(self.start as *const u8, &mut bases);
            object.records.store(self.list, Release);
        }
    }

    /// The list is found: who takes the object back has to know of it.
    pub fn note(&self) {
        let table = self.table.cast::<Table>();
        // SAFETY: the table's memory, which is large enough.
        unsafe {
            (*table).object = self.object;
            (*table).list = self.list;
            (*table).list_size = self.list_size;
        }
    }

    /// Lets the list be searched. Whether what it has is found.
    pub fn publish(&self, index: &FrameIndex, find: FindRecord) -> bool {
        let mut bases = Bases([0; 3]);
        let base = &raw const *index as usize;
        let at = |place: i32| base.wrapping_add_signed(place as isize);
        // A thread that searches at this moment may write the state that it has seen before.
        const ATTEMPTS: u32 = 3;
        (0..ATTEMPTS).any(|_| {
            // SAFETY: as above; the index has an entry.
            unsafe {
                (*self.object).state.store(SORTED, Release);
                let first = &*((base + size_of::<FrameIndex>()) as *const IndexEntry);
                find(at(first.start) as *const u8, &mut bases) as usize == at(first.record)
            }
        })
    }
}
