//! A program was linked: its modules are opened, and what it will start with is compiled, before it is run; and if it was
//! debugged before, what the debugger wants to know is made.
//!
//! The path comes from a process of the same user, and the file can be anything: it is read as every file of unknown
//! origin, and what is taken from it are payloads that have their hash, which a session would have brought as well.

use crate::debug;
use crate::engine::Engine;
use crate::log::log;
use crate::module::Module;
use autojit_protocol::record::{ModuleRecord, RECORD_ALIGN, RECORD_MAGIC, RECORD_SECTION};
use object::read::ReadCache;
use object::read::elf::ElfFile64;
use object::{Endianness, Object, ObjectSection};
use rustix::fs::{Mode, OFlags, open};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::mem::offset_of;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const LONGEST_PATH: u64 = 4096;

/// Bytes of payloads that are opened for one program. Of a larger one the first modules are: those of its own objects, in
/// front of libraries.
const MOST_PAYLOAD: usize = 64 << 20;

const NICE: i32 = 19;

/// Reads the path from the connection, and does what can be done ahead.
pub fn run(engine: &Arc<Engine>, stream: &UnixStream) {
    crate::priority::lower(NICE);
    let mut path = Vec::new();
    if stream.take(LONGEST_PATH).read_to_end(&mut path).is_err() {
        return;
    }
    let path = Path::new(OsStr::from_bytes(&path));
    let began = Instant::now();
    let modules = modules(engine, path).unwrap_or_default();
    if modules.is_empty() {
        return;
    }
    let program = engine.announced.add(&modules);
    log!("prefetch: {} modules of {} in {:?}", modules.len(), path.display(), began.elapsed());
    if let Some((module, main)) = program.find("main") {
        engine.ahead.expected(engine, &program, &module, main);
    }
    describe(engine, path);
}

/// Describes a program to which a debugger was attached before: after an edit it will be again.
fn describe(engine: &Engine, path: &Path) {
    let is_known = path.canonicalize().is_ok_and(|path| engine.described.knows_program(&path));
    if !is_known {
        return;
    }
    let began = Instant::now();
    let units = debug::describe_ahead(path, (&engine.described, engine.cache.as_ref()));
    log!("prefetch: described {units} units of {} in {:?}", path.display(), began.elapsed());
}

/// The lazy modules of a file, opened.
fn modules(engine: &Engine, path: &Path) -> Option<Vec<Arc<Module>>> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    let file = File::from(open(path, flags, Mode::empty()).ok()?);
    if !file.metadata().ok()?.is_file() {
        return None;
    }
    let range = records(&file)?;
    let mut modules = Vec::new();
    let (mut at, mut room) = (range.start, MOST_PAYLOAD);
    while let Some((record, size)) = next_record(&file, &mut at, range.end) {
        let payload_size = usize::try_from(record.payload_size).ok()?;
        if payload_size > room {
            break;
        }
        room -= payload_size;
        if let Some(known) = engine.warm.get(&record.hash) {
            modules.push(known);
        } else {
            let mut payload = vec![0; payload_size];
            let start = at + ModuleRecord::payload_offset(record.import_count) as u64;
            file.read_exact_at(&mut payload, start).ok()?;
            if blake3::hash(&payload) == blake3::Hash::from_bytes(record.hash) {
                modules.extend(engine.add(record.hash, payload).ok());
            }
        }
        at += size;
    }
    Some(modules)
}

/// Where in the file the records are.
fn records(file: &File) -> Option<Range<u64>> {
    let cache = ReadCache::new(file);
    let elf = ElfFile64::<Endianness, _>::parse(&cache).ok()?;
    let (start, size) = elf.section_by_name(RECORD_SECTION)?.file_range()?;
    Some(start..start.checked_add(size)?)
}

/// The next record from `at` on, which is moved to its start, and its size.
fn next_record(file: &File, at: &mut u64, end: u64) -> Option<(ModuleRecord, u64)> {
    loop {
        let mut bytes = [0; size_of::<ModuleRecord>()];
        if end.checked_sub(*at)? < bytes.len() as u64 {
            return None;
        }
        file.read_exact_at(&mut bytes, *at).ok()?;
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
