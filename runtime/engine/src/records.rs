//! The module records of a program or library, found in its file: the linker has put them one behind the other.

use crate::debug;
use autojit_protocol::record::{ModuleRecord, RECORD_ALIGN, RECORD_MAGIC, RECORD_SECTION};
use object::read::ReadCache;
use object::read::elf::ElfFile64;
use object::{Endianness, Object, ObjectSection};
use rustix::process::Pid;
use std::fs::File;
use std::mem::offset_of;
use std::ops::Range;

/// Where in the file they are.
pub fn section(file: &File) -> Option<Range<u64>> {
    let cache = ReadCache::new(file);
    let elf = ElfFile64::<Endianness, _>::parse(&cache).ok()?;
    let (start, size) = elf.section_by_name(RECORD_SECTION)?.file_range()?;
    Some(start..start.checked_add(size)?)
}

/// The next record from `at` on, which is moved to its start, and its size. `read` fills a buffer with what is at a place.
pub fn next(
    read: &impl Fn(u64, &mut [u8]) -> Option<()>,
    at: &mut u64,
    end: u64,
) -> Option<(ModuleRecord, u64)> {
    loop {
        let mut bytes = [0; size_of::<ModuleRecord>()];
        if end.checked_sub(*at)? < bytes.len() as u64 {
            return None;
        }
        read(*at, &mut bytes)?;
        // Objects' sections may be padded to a larger alignment than theirs, and references may follow.
        if !bytes.starts_with(&RECORD_MAGIC) {
            *at += RECORD_ALIGN as u64;
            continue;
        }
        // SAFETY: as many bytes as a ModuleRecord has, of which any are valid; no alignment needed.
        let record = unsafe { bytes.as_ptr().cast::<ModuleRecord>().read_unaligned() };
        record.check().ok()?;
        let payload_end = record.total_size()? as u64;
        let references_end =
            offset_of!(ModuleRecord, references_offset) as i64 + i64::from(record.references_offset);
        let size = payload_end.max(u64::try_from(references_end).unwrap_or(0));
        let size = size.checked_next_multiple_of(RECORD_ALIGN as u64)?;
        return (payload_end <= end - *at).then_some((record, size));
    }
}

/// Addresses, in the process, of the records of the image that has `address`. None if its file can't be had, or is no longer the
/// one that was mapped.
pub fn of_process(pid: Pid, address: u64) -> Vec<u64> {
    find(pid, address).unwrap_or_default()
}

fn find(pid: Pid, address: u64) -> Option<Vec<u64>> {
    let mappings = debug::mappings(pid);
    let mapping = mappings.iter().find(|m| (m.start..m.end).contains(&address))?;
    let bytes = debug::open(pid, mapping)?;
    of_image(&bytes, debug::bias(&bytes, mapping, &mappings)?)
}

/// The same of a file whose addresses are so much higher in the process.
pub fn of_image(bytes: &[u8], bias: u64) -> Option<Vec<u64>> {
    let elf = ElfFile64::<Endianness>::parse(bytes).ok()?;
    let section = elf.section_by_name(RECORD_SECTION)?;
    let (start, data) = (section.address().wrapping_add(bias), section.data().ok()?);
    let read = |at: u64, to: &mut [u8]| {
        let at = usize::try_from(at).ok()?;
        to.copy_from_slice(data.get(at..at + to.len())?);
        Some(())
    };
    let (mut records, mut at) = (Vec::new(), 0);
    while let Some((_, size)) = next(&read, &mut at, data.len() as u64) {
        records.push(start.wrapping_add(at));
        at += size;
    }
    Some(records)
}
