//! A module of this image: its record, its slots, and making it known to the daemon.

use crate::fatal::Line;
use crate::image::Image;
use crate::late::Table;
use crate::lock::Runtime;
use crate::request::{self, Failure};
use autojit_protocol::HASH_SIZE;
use autojit_protocol::control::{BUFFER_SIZE, OWN_STUB, Request, op};
use autojit_protocol::late::{BY_NAME, BY_NAME_WEAK};
use autojit_protocol::record::{ModuleRecord, RECORD_ALIGN, Reference};
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::Relaxed;

/// A lazy function as its stub names it.
pub struct Function {
    pub record: &'static ModuleRecord,
    /// Its slot, counted in the module.
    pub index: u32,
    /// The module's slot block: our word, then the slots.
    block: usize,
    /// Set if it is a late stub: then `index` is not below the record's count of slots.
    pub late: Option<Table>,
}

/// Address that a PC-relative field refers to.
fn relative(field: &i32) -> usize {
    (&raw const *field as usize).wrapping_add_signed(*field as isize)
}

/// A record that is whole; one that is damaged ends the program.
fn checked(record: *const ModuleRecord) -> &'static ModuleRecord {
    if !(record as usize).is_multiple_of(RECORD_ALIGN) {
        damaged();
    }
    // SAFETY: the module's trampoline passes its record, or the daemon found it in this image's file. It lives as long as
    // the image, and any bytes are a valid value.
    let record = unsafe { &*record };
    if record.check().is_err() {
        damaged();
    }
    record
}

impl Function {
    /// Finds the function of a slot. A record that is damaged ends the program.
    pub fn of(record: *const ModuleRecord, slot: *const AtomicU64) -> Function {
        let record = checked(record);
        let block = relative(&record.slots_offset);
        let offset = (slot as usize).wrapping_sub(block + size_of::<AtomicU64>());
        let index = offset / size_of::<AtomicU64>();
        let table = Table::of(record);
        let late_count = table.map_or(0, Table::count);
        let all = record.slot_count as usize + late_count as usize;
        if !offset.is_multiple_of(size_of::<AtomicU64>()) || index >= all {
            damaged();
        }
        let late = table.filter(|_| index >= record.slot_count as usize);
        Function { record, index: index as u32, block, late }
    }

    /// Address of the module's first slot.
    pub fn slots(&self) -> usize {
        self.block + size_of::<AtomicU64>()
    }

    /// The first function of a module.
    pub fn first_of(record: *const ModuleRecord) -> Function {
        let record = checked(record);
        Function { record, index: 0, block: relative(&record.slots_offset), late: None }
    }

    /// All lazy functions of the module, each with its slot.
    pub fn all(&self) -> impl Iterator<Item = (Function, &'static AtomicU64)> + use<> {
        let (record, block, slots) = (self.record, self.block, self.slots());
        (0..record.slot_count).map(move |index| {
            // SAFETY: the slot block has so many slots, and lives as long as the image.
            let slot = unsafe { &*(slots as *const AtomicU64).add(index as usize) };
            (Function { record, index, block, late: None }, slot)
        })
    }

    /// The same, if there is such a record. `record`: mapped, as large as one.
    pub fn first_of_any(record: *const ModuleRecord) -> Option<Function> {
        let is_aligned = (record as usize).is_multiple_of(RECORD_ALIGN);
        // SAFETY: the caller's; any bytes are a valid value.
        let is_record = is_aligned && unsafe { &*record }.check().is_ok();
        is_record.then(|| Function::first_of(record))
    }

    /// Address of the record.
    pub fn address(&self) -> usize {
        &raw const *self.record as usize
    }

    pub fn trampoline(&self) -> usize {
        relative(&self.record.trampoline_offset)
    }

    /// The runtime's own word in front of the slots; see record.rs.
    fn word(&self) -> &AtomicU64 {
        // SAFETY: the first word of the slot block.
        unsafe { &*(self.block as *const AtomicU64) }
    }

    /// Whether the session knows the module.
    pub fn is_open(&self, runtime: &Runtime) -> bool {
        (self.word().load(Relaxed) >> 32) as u32 == runtime.session.generation
    }

    /// The module's number in the session, which it is made known to if it is not.
    pub fn module(&self, runtime: &mut Runtime) -> Result<u32, Failure> {
        if self.is_open(runtime) {
            return Ok((self.word().load(Relaxed) as u32).wrapping_sub(1));
        }
        let number = self.open(runtime)?;
        self.word()
            .store(u64::from(runtime.session.generation) << 32 | u64::from(number.wrapping_add(1)), Relaxed);
        Ok(number)
    }

    #[cold]
    #[inline(never)]
    fn open(&self, runtime: &mut Runtime) -> Result<u32, Failure> {
        let record = self.record;
        request::fill(runtime.session.control, record.hash.as_ptr(), HASH_SIZE);
        let places = [self.slots() as u64, self.trampoline() as u64, self.address() as u64];
        let request = Request {
            op: op::OPEN_MODULE,
            index: record.slot_count,
            count: record.import_count,
            args: [record.payload_size, places[0], places[1], places[2]],
            ..Request::default()
        };
        let reply = request::ask(runtime, &request)?;
        runtime.session.has_more |= reply.values[2] != 0;
        if runtime.session.first_module.is_null() {
            runtime.session.first_module = record;
            runtime.session.first_identity = reply.values[3];
        }
        let module = reply.values[0] as u32;
        if reply.values[1] != 0 {
            self.send_payload(runtime, module)?;
        }
        self.send_imports(runtime, module)?;
        Ok(module)
    }

    fn send_payload(&self, runtime: &mut Runtime, module: u32) -> Result<(), Failure> {
        let start = self.address() + ModuleRecord::payload_offset(self.record.import_count);
        let size = self.record.payload_size as usize;
        let mut sent = 0;
        // At least one piece: the last makes the daemon check the hash.
        loop {
            let piece = (size - sent).min(BUFFER_SIZE);
            request::fill(runtime.session.control, (start + sent) as *const u8, piece);
            let args = [sent as u64, piece as u64, 0, 0];
            request::ask(runtime, &Request { op: op::PAYLOAD, module, args, ..Request::default() })?;
            sent += piece;
            if sent == size {
                return Ok(());
            }
        }
    }

    fn send_imports(&self, runtime: &mut Runtime, module: u32) -> Result<(), Failure> {
        const PIECE: u32 = (BUFFER_SIZE / size_of::<u64>()) as u32;
        let image = if self.record.import_count == 0 { None } else { Image::own() };
        let mut index = 0;
        while index < self.record.import_count {
            let count = (self.record.import_count - index).min(PIECE);
            let to = request::buffer(runtime.session.control).cast();
            // SAFETY: the buffer has room for a piece.
            unsafe { self.write_imports(image.as_ref(), index, count, to) };
            let request = Request { op: op::IMPORTS, module, index, count, ..Request::default() };
            request::ask(runtime, &request)?;
            index += count;
        }
        Ok(())
    }

    /// Writes the addresses of `count` imports from `index` on, of which there are as many.
    ///
    /// # Safety
    /// There is room for so many at `to`.
    pub unsafe fn write_imports(&self, image: Option<&Image>, index: u32, count: u32, to: *mut u64) {
        let table = (self.address() + size_of::<ModuleRecord>()) as *const i32;
        let late = Table::of(self.record);
        let references = self.references();
        for i in 0..count {
            // SAFETY: the table has import_count entries behind the record; the caller's room.
            unsafe {
                let entry = &*table.add((index + i) as usize);
                let target =
                    if references.is_some() { 0 } else { self.target(index + i, entry, late.as_ref()) };
                to.add(i as usize).write(self.marked(image, target));
            }
        }
        for reference in references.unwrap_or_default() {
            let i = reference.index.wrapping_sub(index);
            if i < count {
                // SAFETY: as above.
                unsafe {
                    let target = self.target(reference.index, &reference.offset, None);
                    to.add(i as usize).write(self.marked(image, target));
                }
            }
        }
    }

    /// The address, with a mark if a stub of this module is there.
    fn marked(&self, image: Option<&Image>, target: u64) -> u64 {
        const SIZE: usize = 12;
        const ENDBR: u32 = 0xfa1e_0ff3;
        /// `mov slot(%rip), %r11`, in the lower three bytes.
        const MOV: u32 = 0x1d8b4c;
        if !image.is_some_and(|image| image.contains(target as usize, SIZE)) {
            return target;
        }
        // SAFETY: a part of the file that is mapped.
        let bytes = unsafe { (target as *const [u8; SIZE]).read_unaligned() };
        let word = |at: usize| {
            let [a, b, c, d, ..] = bytes.get(at..).unwrap_or_default() else { return 0 };
            u32::from_le_bytes([*a, *b, *c, *d])
        };
        let start = if word(0) == ENDBR { 4 } else { 0 };
        let slot = (target as usize + start + 7).wrapping_add_signed(word(start + 3) as i32 as isize);
        let is_own =
            slot.wrapping_sub(self.slots()) < self.record.slot_count as usize * size_of::<AtomicU64>();
        if word(start) & 0xff_ffff == MOV && is_own { target | OWN_STUB } else { target }
    }

    /// What import `number`, which `entry` is for, means.
    fn target(&self, number: u32, entry: &i32, late: Option<&Table>) -> u64 {
        let target = relative(entry);
        if number < self.record.direct_count {
            return target as u64;
        }
        if let (Some(late), BY_NAME | BY_NAME_WEAK) = (late, *entry) {
            return late.import(number, *entry);
        }
        // SAFETY: an entry from direct_count on refers to a GOT entry, which the loader has filled in.
        unsafe { (target as *const u64).read_unaligned() }
    }

    /// The references that the linker left behind the record, if this module's imports are there; see record.rs.
    fn references(&self) -> Option<&'static [Reference]> {
        if self.record.references_offset == 0 {
            return None;
        }
        let end = relative(&self.record.references_offset);
        let start = self.record.references_start().map(|offset| self.address() + offset);
        match start.and_then(|start| Some((start, end.checked_sub(start)?))) {
            Some((start, size)) if size.is_multiple_of(size_of::<Reference>()) => {
                // SAFETY: the linker put the sections of that name one after the other; both ends are in this image.
                Some(unsafe {
                    core::slice::from_raw_parts(start as *const Reference, size / size_of::<Reference>())
                })
            }
            _ => damaged(),
        }
    }
}

#[cold]
#[inline(never)]
fn damaged() -> ! {
    Line::new(b"damaged module record: the program's file was changed after it was linked; build it again")
        .die()
}
