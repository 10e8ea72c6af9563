//! Late binding: symbols of lazy code that the linker never heard of, looked up by name when they are needed.
//!
//! A function that is only called is looked up at its first call, by way of its late stub; what else lazy code names, when
//! its module is made known to the daemon. First in the table that the driver linked into this image, then in the
//! libraries of the process ([`dynamic`]).

use crate::arch;
use crate::dynamic;
use crate::fatal::Line;
use crate::mem;
use crate::module::Function;
use autojit_protocol::late::{self, BY_NAME, LateStub, MISSING, NamedSymbol};
use autojit_protocol::record::ModuleRecord;
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Acquire;

/// Address that a PC-relative field refers to.
fn relative(field: &i32) -> usize {
    (&raw const *field as usize).wrapping_add_signed(*field as isize)
}

/// What a late-bound module has about its names.
#[derive(Clone, Copy)]
pub struct Table {
    record: &'static ModuleRecord,
    /// Address of the table of late stubs.
    start: usize,
}

impl Table {
    /// None if the module is bound early.
    pub fn of(record: &'static ModuleRecord) -> Option<Table> {
        (record.late_offset != 0).then(|| Table { record, start: relative(&record.late_offset) })
    }

    fn word(self, at: usize) -> u32 {
        // SAFETY: the table is part of the image, aligned to 4, with two words in front.
        unsafe { ((self.start + at) as *const u32).read() }
    }

    pub fn count(self) -> u32 {
        self.word(0)
    }

    fn stub(self, index: u32) -> Option<&'static LateStub> {
        let stubs = (self.start + 8) as *const LateStub;
        // SAFETY: `count` of them stand behind the two words.
        (index < self.count()).then(|| unsafe { &*stubs.add(index as usize) })
    }

    /// The name of the source file.
    pub fn file(self) -> &'static [u8] {
        let start = self.start + 8 + self.count() as usize * size_of::<LateStub>();
        // SAFETY: the name's bytes stand behind the stubs.
        unsafe { core::slice::from_raw_parts(start as *const u8, self.word(4) as usize) }
    }

    fn payload(self) -> &'static [u8] {
        let start = &raw const *self.record as usize + ModuleRecord::payload_offset(self.record.import_count);
        // SAFETY: the record's payload follows it.
        unsafe { core::slice::from_raw_parts(start as *const u8, self.record.payload_size as usize) }
    }

    /// The name of an import, without LLVM's mark for "take this name as it is".
    fn import_name(self, index: u32) -> &'static [u8] {
        let name = late::import_name(self.payload(), index).unwrap_or_default();
        name.strip_prefix(b"\x01").unwrap_or(name)
    }

    /// The address to give for an import whose entry says that it is to be looked up.
    pub fn import(self, index: u32, entry: i32) -> u64 {
        let found = look_up(self.import_name(index), self.start, false);
        match found {
            Some(address) => address as u64,
            None if entry != BY_NAME => 0,
            // A function that is called by its address after all stops the program then.
            None => (0..self.count())
                .filter_map(|i| self.stub(i))
                .find(|stub| stub.import == index)
                .map_or(MISSING, |stub| relative(&stub.address) as u64),
        }
    }
}

/// The address of the function that a late stub stands for. Ends the program if nothing provides it; `caller`: where the
/// call returns to.
pub fn resolve(function: &Function, table: Table, caller: usize) -> u64 {
    let stub = table.stub(function.index.wrapping_sub(function.record.slot_count));
    let name = stub.map_or(&b""[..], |stub| table.import_name(stub.import));
    match look_up(name, table.start, true) {
        Some(address) => address as u64,
        None => missing(function, table, name, caller),
    }
}

fn look_up(name: &[u8], image: usize, is_call: bool) -> Option<usize> {
    linked(name).or_else(|| dynamic::look_up(name, image, is_call))
}

/// A name that the driver resolved at link time.
fn linked(name: &[u8]) -> Option<usize> {
    let mut next = arch::linked_names();
    loop {
        // SAFETY: null, or an element of the table, which ends with one without a name.
        let symbol: &NamedSymbol = unsafe { next.as_ref()? };
        if symbol.name == 0 {
            return None;
        }
        // SAFETY: a NUL-terminated string of the image.
        if unsafe { mem::is_text(relative(&symbol.name) as *const u8, name) } {
            // SAFETY: a GOT entry, which the loader has filled in.
            let address = unsafe { (relative(&symbol.entry) as *const usize).read() };
            return (address != 0).then_some(address);
        }
        next = next.wrapping_add(1);
    }
}

/// The lazy function whose code a call came from: the nearest one below. Only lazy code of the module itself calls a late
/// stub.
fn caller_name(function: &Function, table: Table, caller: usize) -> &'static [u8] {
    let mut nearest = (0, &b"lazy code"[..]);
    for index in 0..function.record.slot_count {
        let slot = function.slots() + index as usize * size_of::<AtomicU64>();
        // SAFETY: a slot of the module.
        let code = unsafe { &*(slot as *const AtomicU64) }.load(Acquire) as usize;
        if code > nearest.0
            && code < caller
            && let Some(name) = late::function_name(table.payload(), index)
        {
            nearest = (code, name);
        }
    }
    nearest.1.strip_prefix(b"\x01").unwrap_or(nearest.1)
}

#[cold]
#[inline(never)]
fn missing(function: &Function, table: Table, name: &[u8], caller: usize) -> ! {
    let caller = caller_name(function, table, caller);
    Line::new(b"symbol '")
        .add(name)
        .add(b"' is missing: function '")
        .add(caller)
        .add(b"' of ")
        .add(table.file())
        .add(b" calls it, and neither the program nor a library that is loaded defines it")
        .die()
}
