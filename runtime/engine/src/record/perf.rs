//! `AUTOJIT_PERF`: where functions are, for Linux's perf.
//!
//! A map (`/tmp/perf-PID.map`) is a line of text for each function. A dump (`jit-PID.dump`, in the kernel's sources:
//! tools/perf/Documentation/jitdump-specification.txt) has the code, and the lines if the unit was compiled with -g;
//! `perf inject --jit` makes ELF files of it.

use super::clock;
use super::extents::Extent;
use crate::debug::Line;
use autojit_protocol::hello::record;
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// A function that was put somewhere.
pub struct Symbol<'a> {
    pub name: String,
    pub extent: Extent,
    pub code: &'a [u8],
    pub lines: &'a [Line],
}

pub struct Map(File);

impl Map {
    pub fn begin(file: File) -> Map {
        Map(file)
    }

    pub fn add(&self, symbols: &[Symbol<'_>]) {
        let mut text = String::new();
        for Symbol { name, extent, .. } in symbols {
            let _ = writeln!(text, "{:x} {:x} {name}", extent.start, extent.size);
        }
        let _ = (&self.0).write_all(text.as_bytes());
    }
}

const MAGIC: u32 = u32::from_be_bytes(*b"JiTD");
const VERSION: u32 = 1;
const HEADER_SIZE: u32 = 40;
/// EM_X86_64.
const MACHINE: u32 = 62;
const LOAD: u32 = 0;
const DEBUG_INFO: u32 = 2;

/// Held while a dump is begun.
static DOOR: Mutex<()> = Mutex::new(());

pub struct Dump {
    file: File,
    pid: u32,
    /// Number of the next function; those of one file differ.
    next: u64,
}

/// Puts integers together.
#[derive(Default)]
struct Bytes(Vec<u8>);

impl Bytes {
    fn words(&mut self, words: &[u32]) -> &mut Bytes {
        words.iter().for_each(|word| self.0.extend(word.to_le_bytes()));
        self
    }

    fn longs(&mut self, longs: &[u64]) -> &mut Bytes {
        longs.iter().for_each(|long| self.0.extend(long.to_le_bytes()));
        self
    }

    fn string(&mut self, text: &str) -> &mut Bytes {
        self.0.extend(text.bytes().filter(|byte| *byte != 0));
        self.0.push(0);
        self
    }

    fn record(&mut self, id: u32, body: &Bytes) {
        self.words(&[id, body.0.len() as u32 + 16]).longs(&[clock::now()]);
        self.0.extend_from_slice(&body.0);
    }
}

impl Dump {
    /// Begins a session's part of its process's dump. `pid`: as the process sees itself.
    pub fn begin(file: File, session: u64, pid: u32) -> Option<Dump> {
        let _door = DOOR.lock().unwrap_or_else(PoisonError::into_inner);
        if file.metadata().ok()?.len() == 0 {
            let mut header = Bytes::default();
            header.words(&[MAGIC, VERSION, HEADER_SIZE, MACHINE, 0, pid]).longs(&[clock::now(), 0]);
            (&file).write_all(&header.0).ok()?;
        }
        Some(Dump { file, pid, next: session << 32 })
    }

    pub fn add(&mut self, symbols: &[Symbol<'_>]) {
        let mut all = Bytes::default();
        for symbol in symbols {
            let Extent { start, size } = symbol.extent;
            if !symbol.lines.is_empty() {
                let mut body = Bytes::default();
                body.longs(&[start, symbol.lines.len() as u64]);
                for Line { offset, line, file } in symbol.lines {
                    body.longs(&[start + offset]).words(&[*line, 0]).string(file);
                }
                all.record(DEBUG_INFO, &body);
            }
            let mut body = Bytes::default();
            body.words(&[self.pid, self.pid]).longs(&[start, start, size, self.next]).string(&symbol.name);
            body.0.extend_from_slice(symbol.code);
            all.record(LOAD, &body);
            self.next += 1;
        }
        // One write, so that the records of two libraries do not mix.
        let _ = (&self.file).write_all(&all.0);
    }
}

/// What is written for perf.
pub enum Perf {
    Map(Map),
    Dump(Dump),
}

impl Perf {
    pub fn begin(kind: u32, file: File, session: u64, pid: u32) -> Option<Perf> {
        match kind {
            record::PERF_MAP => Some(Perf::Map(Map::begin(file))),
            _ => Dump::begin(file, session, pid).map(Perf::Dump),
        }
    }

    pub fn wants_lines(&self) -> bool {
        matches!(self, Perf::Dump(_))
    }

    pub fn add(&mut self, symbols: &[Symbol<'_>]) {
        match self {
            Perf::Map(map) => map.add(symbols),
            Perf::Dump(dump) => dump.add(symbols),
        }
    }
}
