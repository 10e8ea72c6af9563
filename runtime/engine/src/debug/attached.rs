//! For a debugger that comes late, to a running process or to a core file: a description of what is compiled already.
//!
//! Nobody is asked for it, neither the process nor a daemon, because there may be none any more: the slots of an image say
//! where the code of its functions is. [`super::placed`] does the rest.

use super::image::{Image, Mapping};
use super::memory::Memory;
use super::placed::{Code, Description, describe_placed};
use super::{Cache, Unit, record};
use crate::loaded::{Loaded, Place};
use crate::module::Module;
use ::object::elf;
use autojit_protocol::recipe::Recipe;
use autojit_protocol::record::{ModuleRecord, Reference};
use rustix::process::Pid;
use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::mem::{offset_of, size_of};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What became of an image.
pub struct Report {
    pub image: PathBuf,
    /// An ELF file with absolute addresses. `None`: nothing of it can be described.
    pub file: Option<Vec<u8>>,
    pub functions: usize,
    /// What is not described, and why.
    pub remarks: Vec<String>,
}

/// Why there is nothing to look at.
#[derive(Debug)]
pub enum Failure {
    Process(std::io::Error),
    Core(PathBuf, std::io::Error),
    NoCore(PathBuf),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Process(error) => write!(f, "the process can't be read: {error}"),
            Failure::Core(path, error) => write!(f, "{} can't be read: {error}", path.display()),
            Failure::NoCore(path) => write!(f, "{} is no core file of x86-64", path.display()),
        }
    }
}

impl std::error::Error for Failure {}

/// Describes the images of a running process that have lazy code with debug information, for GDB or for LLDB.
pub fn process(pid: i32, is_gdb: bool) -> Result<Vec<Report>, Failure> {
    let pid = Pid::from_raw(pid).ok_or_else(|| Failure::Process(std::io::ErrorKind::NotFound.into()))?;
    Ok(all(&Memory::of_process(pid).map_err(Failure::Process)?, None, is_gdb))
}

/// The same for a process that left a core file.
pub fn core(path: &Path, program: &Path, is_gdb: bool) -> Result<Vec<Report>, Failure> {
    let bytes = fs::read(path).map_err(|error| Failure::Core(path.to_owned(), error))?;
    let memory = Memory::of_core(bytes).ok_or_else(|| Failure::NoCore(path.to_owned()))?;
    Ok(all(&memory, Some(program), is_gdb))
}

fn all(memory: &Memory, program: Option<&Path>, is_gdb: bool) -> Vec<Report> {
    let mappings = memory.mappings(program);
    let mut seen = HashSet::new();
    let mut reports = Vec::new();
    for mapping in &mappings {
        if !seen.insert(&mapping.path) {
            continue;
        }
        let Some(bytes) = memory.file(mapping).filter(|b| b.starts_with(&elf::ELFMAG)) else { continue };
        if !is_same_file(memory, mapping, &bytes) {
            reports.push(Report {
                image: mapping.path.clone(),
                file: None,
                functions: 0,
                remarks: vec!["the file is not the one that the process had".into()],
            });
            continue;
        }
        if let Some(image) = Image::read(bytes, mapping, &mappings).filter(Image::has_notes) {
            reports.extend(describe(memory, &mappings, mapping, &image, is_gdb));
        }
    }
    reports
}

/// A core file has the start of each file, and in it the build's hash.
fn is_same_file(memory: &Memory, mapping: &Mapping, bytes: &[u8]) -> bool {
    const START: usize = 1024;
    let Some(file) = usize::try_from(mapping.offset).ok().and_then(|at| bytes.get(at..at + START)) else {
        return true;
    };
    mapping.offset != 0 || memory.read(mapping.start, START).is_none_or(|start| start == file)
}

/// A module as the daemon would know it from the client.
fn load(memory: &Memory, image: &Image, at: u64, slots: u64) -> Option<Loaded> {
    let record = ModuleRecord::parse_header(image.loaded(at, size_of::<ModuleRecord>() as u64)?).ok()?;
    let payload = at + ModuleRecord::payload_offset(record.import_count) as u64;
    let module = Module::new(record.hash, image.loaded(payload, record.payload_size)?.to_vec()).ok()?;
    let counts = (record.slot_count, record.import_count, record.payload_size);
    let mut loaded = Loaded::new(record.hash, counts, Place { slots, trampoline: 0, record: at });
    if !loaded.adopt(Arc::new(module)) {
        return None;
    }
    let entry = |place: u64| {
        let bytes = image.loaded(place, 4)?;
        Some(i32::from_le_bytes(bytes.try_into().ok()?))
    };
    let target = |number: u32, place: u64| {
        let target = place.wrapping_add_signed(entry(place)?.into());
        if number < record.direct_count { Some(target) } else { memory.read_word(target) }
    };
    let mut imports = vec![0; record.import_count as usize];
    if record.references_offset == 0 {
        let table = at + size_of::<ModuleRecord>() as u64;
        for (number, import) in (0..).zip(&mut imports) {
            *import = target(number, table + u64::from(number) * 4).unwrap_or(0);
        }
    } else {
        let field = at + offset_of!(ModuleRecord, references_offset) as u64;
        let end = field.wrapping_add_signed(record.references_offset.into());
        let mut place = at + record.references_start()? as u64;
        while place + size_of::<Reference>() as u64 <= end {
            let number = entry(place)?.cast_unsigned();
            if let Some(import) = imports.get_mut(number as usize) {
                *import = target(number, place + offset_of!(Reference, offset) as u64).unwrap_or(0);
            }
            place += size_of::<Reference>() as u64;
        }
    }
    loaded.imports = imports;
    Some(loaded)
}

fn describe(
    memory: &Memory,
    mappings: &[Mapping],
    mapping: &Mapping,
    image: &Image,
    is_gdb: bool,
) -> Option<Report> {
    let mut units = Vec::new();
    let mut modules = Vec::new();
    for note in image.notes() {
        let Some((at, slots)) = record(image, &note) else { continue };
        let Some(recipe) = Recipe::parse(note.recipe) else { continue };
        let Some(loaded) = load(memory, image, at, slots) else { continue };
        units.push(Unit { note, recipe, number: modules.len() });
        modules.push(loaded);
    }
    if units.is_empty() {
        return None;
    }
    let code = Code {
        address: &|loaded, index| memory.read_word(loaded.slot_address(index)).filter(|&a| a != 0),
        bias: 0,
        bytes: &|address, size| memory.read(address, size),
        free: &|near, size| free(mappings, near, size),
        is_gdb,
    };
    let described =
        describe_placed(image, &units, &modules, (&Cache::default(), None), &code, &|_| Vec::new());
    let Description { file, functions, remarks } = described;
    Some(Report { image: mapping.path.clone(), file, functions, remarks })
}

/// An address from `near` on where nothing is mapped that is known.
fn free(mappings: &[Mapping], near: u64, size: u64) -> u64 {
    let mut at = near.next_multiple_of(4096);
    while let Some(taken) = mappings.iter().find(|m| m.start < at.saturating_add(size) && at < m.end) {
        at = taken.end;
    }
    at
}
