//! A program was linked: its modules are opened, and what it will start with is compiled, before it is run; and if it was
//! debugged before, what the debugger wants to know is made.
//!
//! The path comes from a process of the same user, and the file can be anything: it is read as every file of unknown
//! origin, and what is taken from it are payloads that have their hash, which a session would have brought as well.

use crate::debug;
use crate::engine::Engine;
use crate::log::log;
use crate::module::Module;
use crate::records;
use crate::successors;
use autojit_protocol::record::ModuleRecord;
use rustix::fs::{Mode, OFlags, open};
use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
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
    let inherited = successors::inherit(engine, &modules);
    if !inherited.is_empty() {
        log!("prefetch: {} functions that were used before {} was changed", inherited.len(), path.display());
    }
    engine.ahead.expected(engine, &program, program.find("main"), inherited);
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
    let range = records::section(&file)?;
    let mut modules = Vec::new();
    let (mut at, mut room) = (range.start, MOST_PAYLOAD);
    let read = |at, bytes: &mut [u8]| file.read_exact_at(bytes, at).ok();
    while let Some((record, size)) = records::next(&read, &mut at, range.end) {
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
