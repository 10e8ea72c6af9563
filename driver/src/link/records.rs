//! The module records in objects.

use super::symbols;
use autojit_engine::store;
use autojit_protocol::loader::LOADER_SECTION;
use autojit_protocol::payload::{Payload, stored};
use autojit_protocol::record::{ModuleRecord, RECORD_ALIGN, RECORD_SECTION};
use memchr::memmem;
use object::read::elf::ElfFile64;
use object::{Object, ObjectKind, ObjectSection};
use std::borrow::Cow;

pub type Elf<'a> = ElfFile64<'a, object::Endianness>;

/// A record, and what it has in its payload's place: that, or a reference into the user's store.
pub struct Record<'a> {
    pub header: ModuleRecord,
    pub payload: &'a [u8],
}

impl<'a> Record<'a> {
    /// The payload's bytes, if they can be had, and are one.
    pub fn bytes(&self) -> Option<Cow<'a, [u8]>> {
        let bytes = match stored(self.payload) {
            Some(_) => Cow::Owned(store::resolve(self.payload.to_vec()).ok()?),
            None => Cow::Borrowed(self.payload),
        };
        Payload::parse(&bytes).is_ok().then_some(bytes)
    }
}

/// An object file; `None` for anything else.
pub fn object(bytes: &[u8]) -> Option<Elf<'_>> {
    Elf::parse(bytes).ok().filter(|file| file.kind() == ObjectKind::Relocatable)
}

/// The records of an object. (After `ld -r` there are several in a section, with gaps.)
pub fn of<'a>(file: &Elf<'a>) -> Vec<Record<'a>> {
    let mut records = Vec::new();
    for section in file.sections().filter(|section| section.name() == Ok(RECORD_SECTION)) {
        let Ok(data) = section.data() else { continue };
        let mut at = 0;
        while at < data.len() {
            let whole = ModuleRecord::parse(&data[at..]).ok();
            let found = whole.and_then(|header| Some((header, header.total_size()?)));
            let Some((header, size)) = found else {
                at += RECORD_ALIGN;
                continue;
            };
            let payload = &data[at + ModuleRecord::payload_offset(header.import_count)..at + size];
            records.push(Record { header, payload });
            at = (at + size).next_multiple_of(RECORD_ALIGN);
        }
    }
    records
}

/// Whether these bytes are an object with lazy functions.
pub fn has_any(bytes: &[u8]) -> bool {
    symbols::is_elf(bytes) && object(bytes).is_some_and(|file| !of(&file).is_empty())
}

/// Whether an object is lazy only by payloads in the user's store, and has a loader for the runtime in that file. (So is one that is not
/// lazy at all.)
pub fn is_stored_with_loader(bytes: &[u8], runtime: &[u8]) -> bool {
    let Some(file) = symbols::is_elf(bytes).then(|| object(bytes)).flatten() else { return true };
    let records = of(&file);
    let has_loader = || {
        let loaders = file.sections().filter(|section| section.name() == Ok(LOADER_SECTION));
        let mut code = loaders.filter_map(|section| section.data().ok());
        code.any(|code| memmem::find(code, runtime).is_some())
    };
    records.is_empty() || records.iter().all(|record| stored(record.payload).is_some()) && has_loader()
}

/// Whether the payloads are in the user's store that an object refers to.
pub fn are_complete(bytes: &[u8]) -> bool {
    let is_there = |record: &Record<'_>| {
        stored(record.payload).is_none() || store::resolve(record.payload.to_vec()).is_ok()
    };
    object(bytes).is_none_or(|file| of(&file).iter().all(is_there))
}

/// The symbols that a payload's import table is for. (LLVM's mark for "take this name as it is" is no part of them.)
pub fn imports(payload: &[u8]) -> impl Iterator<Item = &str> {
    let payload = Payload::parse(payload).ok();
    payload.into_iter().flat_map(imports_of)
}

fn imports_of(payload: Payload<'_>) -> impl Iterator<Item = &str> {
    let names = (0..payload.header().import_count).filter_map(move |i| payload.import_name(i));
    names.map(|name| name.trim_start_matches('\u{1}'))
}
