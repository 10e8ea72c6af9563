//! What is looked at from outside: the memory and the files of a process that runs, or of one that left a core file.

use super::image::Mapping;
use ::object::LittleEndian;
use ::object::elf;
use ::object::read::elf::{FileHeader, ProgramHeader};
use rustix::process::Pid;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

type Header = elf::FileHeader64<LittleEndian>;

pub enum Memory {
    Process {
        pid: Pid,
        memory: File,
    },
    Core {
        bytes: Vec<u8>,
        /// Start, size in the file, offset in the file.
        areas: Vec<(u64, u64, u64)>,
    },
}

/// A word of the auxiliary vector: where the program starts.
const AT_ENTRY: u64 = 9;

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

impl Memory {
    pub fn of_process(pid: Pid) -> std::io::Result<Memory> {
        let memory = File::open(format!("/proc/{}/mem", pid.as_raw_nonzero()))?;
        Ok(Memory::Process { pid, memory })
    }

    /// `None` if it is not a core file.
    pub fn of_core(bytes: Vec<u8>) -> Option<Memory> {
        let header = Header::parse(&bytes[..]).ok()?;
        let endian = header.endian().ok()?;
        if header.e_type(endian) != elf::ET_CORE {
            return None;
        }
        let areas = header
            .program_headers(endian, &bytes[..])
            .ok()?
            .iter()
            .filter(|s| s.p_type(endian) == elf::PT_LOAD)
            .map(|s| (s.p_vaddr(endian), s.p_filesz(endian), s.p_offset(endian)))
            .collect();
        Some(Memory::Core { bytes, areas })
    }

    /// `None` if not all of it is there.
    pub fn read(&self, address: u64, size: usize) -> Option<Vec<u8>> {
        match self {
            Memory::Process { memory, .. } => {
                let mut bytes = vec![0; size];
                memory.read_exact_at(&mut bytes, address).ok()?;
                Some(bytes)
            }
            Memory::Core { bytes, areas } => areas.iter().find_map(|&(start, in_file, offset)| {
                let distance = address.checked_sub(start)?;
                if distance.checked_add(size as u64)? > in_file {
                    return None;
                }
                let at = usize::try_from(offset.checked_add(distance)?).ok()?;
                Some(bytes.get(at..at.checked_add(size)?)?.to_vec())
            }),
        }
    }

    pub fn read_word(&self, address: u64) -> Option<u64> {
        word(&self.read(address, 8)?, 0)
    }

    /// Everything that is mapped, as far as it is known. `program`: the file of a core's program, which may have moved.
    pub fn mappings(&self, program: Option<&Path>) -> Vec<Mapping> {
        match self {
            Memory::Process { pid, .. } => super::image::mappings(*pid),
            Memory::Core { bytes, .. } => {
                let mut all = files_of_core(bytes).unwrap_or_default();
                let entry = note_of_core(bytes, elf::NT_AUXV).and_then(|vector| {
                    vector
                        .as_chunks::<16>()
                        .0
                        .iter()
                        .find_map(|pair| (word(pair, 0)? == AT_ENTRY).then(|| word(pair, 8)).flatten())
                });
                let of_program = all.iter().find(|m| entry.is_some_and(|e| (m.start..m.end).contains(&e)));
                if let (Some(old), Some(new)) = (of_program.map(|m| m.path.clone()), program) {
                    all.iter_mut().filter(|m| m.path == old).for_each(|m| m.path = new.to_owned());
                }
                all
            }
        }
    }

    /// The file of a mapping.
    pub fn file(&self, mapping: &Mapping) -> Option<Vec<u8>> {
        match self {
            Memory::Process { pid, .. } => super::image::open(*pid, mapping),
            Memory::Core { .. } => std::fs::read(&mapping.path).ok(),
        }
    }
}

/// What a note of a kind says.
fn note_of_core(bytes: &[u8], kind: u32) -> Option<&[u8]> {
    let header = Header::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    header.program_headers(endian, bytes).ok()?.iter().find_map(|segment| {
        let mut notes = segment.notes(endian, bytes).ok()??;
        while let Ok(Some(note)) = notes.next() {
            if note.n_type(endian) == kind {
                return Some(note.desc());
            }
        }
        None
    })
}

/// NT_FILE: counts, then start, end and page for each, then the names.
fn files_of_core(bytes: &[u8]) -> Option<Vec<Mapping>> {
    use std::os::unix::ffi::OsStrExt;
    let note = note_of_core(bytes, elf::NT_FILE)?;
    let (count, page) = (usize::try_from(word(note, 0)?).ok()?, word(note, 8)?);
    let names = note.get(16_usize.checked_add(count.checked_mul(24)?)?..)?;
    let names = names.split(|&b| b == 0);
    (0..count)
        .zip(names)
        .map(|(number, name)| {
            let at = 16 + number * 24;
            let path = PathBuf::from(std::ffi::OsStr::from_bytes(name));
            let offset = word(note, at + 16)?.checked_mul(page)?;
            Some(Mapping { start: word(note, at)?, end: word(note, at + 8)?, offset, inode: 0, path })
        })
        .collect()
}
