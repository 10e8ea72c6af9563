//! The module record: what a lazy object carries in its `.autojit` section.
//!
//! One record per object, in a read-only allocated section, so that `strip` keeps it and it is paged in only when
//! read. The linker concatenates the records of all objects; each is self-contained and position-independent: all
//! its fields are constants, but for two 32-bit PC-relative offsets and the import entries, which the linker fills
//! in. None of them needs a dynamic relocation.
//!
//! ```text
//!   ModuleRecord                    fixed size, aligned to RECORD_ALIGN
//!   i32 imports[import_count]       target - &entry; the first direct_count are the target's address, the rest
//!                                   the address of a pointer (a GOT entry) to the target
//!   (padding to RECORD_ALIGN)
//!   u8 payload[payload_size]        see `payload`
//!   (padding to 8 bytes)
//!   Reference references[]          only if references_offset is not 0, and then instead of the import entries
//! ```
//!
//! With -ffunction-sections a function that the linker discards (--gc-sections) must take its references along. So
//! each public function has references of its own, in an input section that only its stub keeps alive; the linker
//! lines up those that are left behind the record. An import that nothing refers to has no address.
//!
//! The slots live in a zero-filled section (`.bss.autojit`), one block per module:
//!
//! ```text
//!   u64 state                       SlotBlock::state, the client runtime's word
//!   u64 slots[slot_count]           code address of lazy function i of this module, 0 until materialized
//! ```

use crate::Hash;
use core::mem::size_of;

/// First eight bytes of every record; the last is the format's version.
pub const RECORD_MAGIC: [u8; 8] = *b"AUTOJIT\x01";

/// Alignment of a record and of the payload in it.
pub const RECORD_ALIGN: usize = 16;

/// Section of the records. Its name is no C identifier, so that no `__start_` symbol keeps it alive.
pub const RECORD_SECTION: &str = ".autojit";

/// Section for people and `autojit inspect`: which functions are static and why. Not loaded, and gone after `strip`.
pub const STATIC_SECTION: &str = ".autojit.static";

/// Type of a note of the name "autojit" that a program or library has in memory: its descriptor is the distance, 32 bits and signed,
/// from there to a function without arguments that materializes all functions of the image; and one to the image's ELF header.
pub const NOTE_COMPLETE: u32 = 0x100;

/// Kind of the note by which images find where debuggers learn of code: four distances of 4 bytes, each from its own place, to
/// `__jit_debug_descriptor`, `__jit_debug_register_code`, a lock (a word), and the image's ELF header.
pub const NOTE_DEBUGGER: u32 = 0x101;

/// Section of the slot blocks; the `.bss.` prefix lets every linker script merge it with `.bss`.
pub const SLOT_SECTION: &str = ".bss.autojit";

/// Section of the code that stubs jump to as long as a slot is zero.
pub const TRAMPOLINE_SECTION: &str = ".text.autojit";

/// Fixed part of a module record. All integers are little-endian, as on the only target so far.
#[repr(C, align(16))]
#[derive(Clone, Copy, Debug)]
pub struct ModuleRecord {
    /// [`RECORD_MAGIC`].
    pub magic: [u8; 8],
    /// FNV-1a of the record's constant fields, see [`ModuleRecord::expected_checksum`].
    pub checksum: u32,
    /// Entries in the import table.
    pub import_count: u32,
    /// How many of them, from the start, hold the target itself and not its GOT entry.
    pub direct_count: u32,
    /// Lazy functions of the module, public and private: the number of slots.
    pub slot_count: u32,
    /// Bytes of the payload.
    pub payload_size: u64,
    /// BLAKE3 of the payload.
    pub hash: Hash,
    /// `slot block - &slots_offset`, filled in by the linker.
    pub slots_offset: i32,
    /// `module trampoline - &trampoline_offset`, filled in by the linker.
    pub trampoline_offset: i32,
    /// `table of late stubs - &late_offset` (see `late`), filled in by the linker; 0 if the module is bound early.
    pub late_offset: i32,
    /// `end of the references - &references_offset`, filled in by the linker; 0 if the import entries are in the table.
    pub references_offset: i32,
}

/// What a function's section refers to, see the module's documentation.
#[repr(C, align(8))]
#[derive(Clone, Copy, Debug)]
pub struct Reference {
    /// Number of the import, or [`REFERENCE_START`].
    pub index: u32,
    /// As an import entry: `target - &offset`. At a start the target is the record.
    pub offset: i32,
}

/// The index of the reference that begins a function's references: it names the module's record, so that no linker takes
/// those of two modules for the same.
pub const REFERENCE_START: u32 = u32::MAX;

/// The index of the one behind the last.
pub const REFERENCES_END: u32 = u32::MAX - 1;

const _: () = assert!(size_of::<ModuleRecord>() == 80);

/// Why bytes are not a module record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordError {
    /// Does not start with [`RECORD_MAGIC`].
    Magic,
    /// A constant field was changed.
    Checksum,
    /// The counts contradict each other or leave the bytes that are there.
    Bounds,
}

impl ModuleRecord {
    /// Offset of the payload from the start of the record.
    pub const fn payload_offset(import_count: u32) -> usize {
        let end = size_of::<ModuleRecord>() + import_count as usize * 4;
        (end + RECORD_ALIGN - 1) & !(RECORD_ALIGN - 1)
    }

    /// Offset of the references from the start of the record. `None` on overflow.
    pub fn references_start(&self) -> Option<usize> {
        self.total_size()?.checked_next_multiple_of(size_of::<Reference>())
    }

    /// Bytes of the whole record: header, imports and payload. `None` on overflow.
    pub fn total_size(&self) -> Option<usize> {
        let payload = usize::try_from(self.payload_size).ok()?;
        Self::payload_offset(self.import_count).checked_add(payload)
    }

    /// The checksum that belongs to the constant fields (FNV-1a, 32 bits). The relocated fields are left out.
    pub fn expected_checksum(&self) -> u32 {
        let mut h = Fnv1a::new();
        h.write(&self.magic);
        h.write(&self.import_count.to_le_bytes());
        h.write(&self.direct_count.to_le_bytes());
        h.write(&self.slot_count.to_le_bytes());
        h.write(&self.payload_size.to_le_bytes());
        h.write(&self.hash);
        h.finish()
    }

    /// Checks everything that can be checked without knowing how many bytes follow.
    pub fn check(&self) -> Result<(), RecordError> {
        if self.magic != RECORD_MAGIC {
            return Err(RecordError::Magic);
        }
        if self.checksum != self.expected_checksum() {
            return Err(RecordError::Checksum);
        }
        if self.direct_count > self.import_count || self.total_size().is_none() {
            return Err(RecordError::Bounds);
        }
        Ok(())
    }

    /// Reads the record at the start of `bytes`, which need not be aligned.
    pub fn parse(bytes: &[u8]) -> Result<ModuleRecord, RecordError> {
        let record = ModuleRecord::parse_header(bytes)?;
        match record.total_size() {
            Some(n) if n <= bytes.len() => Ok(record),
            _ => Err(RecordError::Bounds),
        }
    }

    /// The same, without asking for imports and payload to be there.
    pub fn parse_header(bytes: &[u8]) -> Result<ModuleRecord, RecordError> {
        if bytes.len() < size_of::<ModuleRecord>() {
            return Err(RecordError::Bounds);
        }
        // SAFETY: the slice is long enough, every bit pattern is a valid ModuleRecord (integers and arrays of
        // them, no padding), and read_unaligned asks for no alignment.
        let record = unsafe { bytes.as_ptr().cast::<ModuleRecord>().read_unaligned() };
        record.check()?;
        Ok(record)
    }
}

/// FNV-1a, 32 bits (draft-eastlake-fnv): enough against accidents, small enough for the client runtime.
pub struct Fnv1a(u32);

impl Fnv1a {
    #[allow(clippy::new_without_default, reason = "an empty hash is no default value of anything")]
    pub const fn new() -> Fnv1a {
        Fnv1a(0x811c_9dc5)
    }

    pub fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.0 = (self.0 ^ u32::from(b)).wrapping_mul(0x0100_0193);
        }
    }

    pub const fn finish(&self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::vec::Vec;

    fn record() -> ModuleRecord {
        let mut r = ModuleRecord {
            magic: RECORD_MAGIC,
            checksum: 0,
            import_count: 3,
            direct_count: 1,
            slot_count: 2,
            payload_size: 5,
            hash: [7; 32],
            slots_offset: -100,
            trampoline_offset: 12,
            late_offset: 0,
            references_offset: 0,
        };
        r.checksum = r.expected_checksum();
        r
    }

    fn bytes(r: &ModuleRecord, extra: usize) -> Vec<u8> {
        // SAFETY: a ModuleRecord has no padding; the slice covers exactly the value.
        let raw =
            unsafe { core::slice::from_raw_parts((&raw const *r).cast::<u8>(), size_of::<ModuleRecord>()) };
        let mut v = raw.to_vec();
        v.resize(size_of::<ModuleRecord>() + extra, 0);
        v
    }

    #[test]
    fn a_record_is_read_back() {
        let r = record();
        let b = bytes(&r, 16 + 5);
        let p = ModuleRecord::parse(&b).unwrap();
        assert_eq!((p.import_count, p.slot_count, p.payload_size), (3, 2, 5));
        assert_eq!(ModuleRecord::payload_offset(3), 96);
    }

    #[test]
    fn every_truncation_is_refused() {
        let b = bytes(&record(), 16 + 5);
        for n in 0..b.len() {
            assert_eq!(ModuleRecord::parse(&b[..n]).unwrap_err(), RecordError::Bounds, "{n} bytes");
        }
    }

    #[test]
    fn a_flipped_bit_in_a_constant_field_is_found() {
        let good = bytes(&record(), 16 + 5);
        for bit in 0..64 * 8 {
            let mut b = good.clone();
            b[bit / 8] ^= 1 << (bit % 8);
            assert!(ModuleRecord::parse(&b).is_err(), "bit {bit}");
        }
    }
}
