//! A program or library of a client, as its file tells: what its units keep for debuggers, and where its symbols are.

use super::apart::Apart;
use ::object::LittleEndian;
use ::object::elf;
use ::object::read::elf::{FileHeader, ProgramHeader, SectionHeader, Sym};
use autojit_protocol::debug::{NOTE_SECTION, Note};
use rustix::process::Pid;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

type Header = elf::FileHeader64<LittleEndian>;

pub struct Image {
    pub path: PathBuf,
    bytes: Vec<u8>,
    /// What is added to a link-time address to get that in the process.
    bias: u64,
    /// Addresses, in the process, of symbols that are not local to a unit.
    globals: HashMap<String, u64>,
    notes: Vec<u8>,
    apart: Apart,
}

/// A line of `/proc/PID/maps` with a file.
pub struct Mapping {
    pub start: u64,
    pub end: u64,
    pub offset: u64,
    pub inode: u64,
    pub path: PathBuf,
}

pub fn mappings(pid: Pid) -> Vec<Mapping> {
    let maps = fs::read(format!("/proc/{}/maps", pid.as_raw_nonzero())).unwrap_or_default();
    let parse = |line: &[u8]| {
        let mut fields = line.splitn(6, |&b| b == b' ');
        let mut field = || std::str::from_utf8(fields.next()?).ok();
        let (start, end) = field()?.split_once('-')?;
        let (start, end) = (u64::from_str_radix(start, 16).ok()?, u64::from_str_radix(end, 16).ok()?);
        field()?;
        let offset = u64::from_str_radix(field()?, 16).ok()?;
        field()?;
        let inode = field()?.parse().ok()?;
        let path = fields.next()?;
        let path = &path[path.iter().position(|&b| b != b' ')?..];
        let path = PathBuf::from(std::ffi::OsStr::from_bytes(path));
        Some(Mapping { start, end, offset, inode, path })
    };
    maps.split(|&b| b == b'\n').filter_map(parse).collect()
}

/// The file of a mapping, if it is still the one that was mapped.
pub fn open(pid: Pid, mapping: &Mapping) -> Option<Vec<u8>> {
    let pid = pid.as_raw_nonzero();
    let in_its_root = Path::new(&format!("/proc/{pid}/root")).join(mapping.path.strip_prefix("/").ok()?);
    [PathBuf::from(format!("/proc/{pid}/exe")), in_its_root].into_iter().find_map(|path| {
        let mut file = File::open(path).ok()?;
        if file.metadata().ok()?.ino() != mapping.inode {
            return None;
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).ok()?;
        Some(bytes)
    })
}

/// The section of a program or library that has the notes.
pub fn notes(bytes: &[u8]) -> Option<&[u8]> {
    let header = Header::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, bytes).ok()?;
    let (_, section) = sections.section_by_name(endian, NOTE_SECTION.as_bytes())?;
    let is_compressed = section.sh_flags(endian) & u64::from(elf::SHF_COMPRESSED) != 0;
    if is_compressed { None } else { section.data(endian, bytes).ok() }
}

pub fn each_note(section: &[u8]) -> impl Iterator<Item = Note<'_>> {
    let mut rest = section;
    std::iter::from_fn(move || {
        let (note, after) = Note::first(rest)?;
        rest = after;
        Some(note)
    })
}

/// What is added to an address in the file to get that in the process. `mapping`: one of the file's mappings. `all`: at least all
/// of them.
pub fn bias(bytes: &[u8], mapping: &Mapping, all: &[Mapping]) -> Option<u64> {
    let header = Header::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let page = |address: u64| address & !0xfff;
    let segments = header.program_headers(endian, bytes).ok()?.iter();
    let segments: Vec<_> = segments
        .filter(|segment| segment.p_type(endian) == elf::PT_LOAD && segment.p_filesz(endian) != 0)
        .map(|s| (page(s.p_offset(endian)), s.p_offset(endian) + s.p_filesz(endian), page(s.p_vaddr(endian))))
        .collect();
    // Segments may share a page of the file (lld places them so): where one is mapped, the others must be as well.
    let fits = |bias: u64| {
        segments.iter().all(|&(file, _, at)| {
            let at = at.wrapping_add(bias);
            all.iter().any(|m| {
                (m.start..m.end).contains(&at)
                    && m.path == mapping.path
                    && m.offset.wrapping_add(at - m.start) == file
            })
        })
    };
    let holders = segments.iter().filter(|(file, end, _)| (*file..*end).contains(&mapping.offset));
    holders
        .map(|&(file, _, at)| mapping.start.wrapping_sub(at.wrapping_add(mapping.offset - file)))
        .find(|&bias| fits(bias))
}

impl Image {
    /// The image that has `address`. `None` if there is nothing to be had of it, for whatever reason.
    pub fn of_process(pid: Pid, address: u64) -> Option<Image> {
        let mappings = mappings(pid);
        let mapping = mappings.iter().find(|m| (m.start..m.end).contains(&address))?;
        let bytes = open(pid, mapping)?;
        Image::read(bytes, mapping, &mappings)
    }

    /// `mapping`: one of its mappings. `all`: at least all of them.
    pub fn read(bytes: Vec<u8>, mapping: &Mapping, all: &[Mapping]) -> Option<Image> {
        let bias = bias(&bytes, mapping, all)?;
        let header = Header::parse(&bytes[..]).ok()?;
        let endian = header.endian().ok()?;
        let notes = notes(&bytes)?.to_vec();
        let sections = header.sections(endian, &bytes[..]).ok()?;
        let symbols = sections.symbols(endian, &bytes[..], elf::SHT_SYMTAB).ok()?;
        let mut globals = HashMap::new();
        for symbol in symbols.iter() {
            // A hidden symbol of several units is local in the linked file.
            let is_shared = symbol.st_bind() != elf::STB_LOCAL || symbol.st_visibility() != elf::STV_DEFAULT;
            if !is_shared || symbol.st_shndx(endian) == elf::SHN_UNDEF {
                continue;
            }
            let is_thread_local = symbol.st_type() == elf::STT_TLS;
            let bias = if is_thread_local { 0 } else { bias };
            if let Ok(name) = std::str::from_utf8(symbols.symbol_name(endian, symbol).ok()?) {
                globals.insert(name.to_owned(), symbol.st_value(endian).wrapping_add(bias));
            }
        }
        let apart = Apart::of(&notes);
        Some(Image { path: mapping.path.clone(), bias, globals, notes, apart, bytes })
    }

    /// What its units keep for debuggers.
    pub fn notes(&self) -> impl Iterator<Item = Note<'_>> {
        each_note(&self.notes).map(|note| self.apart.complete(note))
    }

    /// An address in the process.
    pub fn address(&self, at_link_time: u64) -> u64 {
        at_link_time.wrapping_add(self.bias)
    }

    pub fn global(&self, name: &str) -> Option<u64> {
        self.globals.get(name).copied()
    }

    /// All that is loaded of it, in the process.
    pub fn extent(&self) -> Range<u64> {
        let segments = || {
            let header = Header::parse(&self.bytes[..]).ok()?;
            let endian = header.endian().ok()?;
            let all = header.program_headers(endian, &self.bytes[..]).ok()?;
            let loaded = all.iter().filter(|s| s.p_type(endian) == elf::PT_LOAD);
            let start = loaded.clone().map(|s| s.p_vaddr(endian)).min()?;
            let end = loaded.map(|s| s.p_vaddr(endian).saturating_add(s.p_memsz(endian))).max()?;
            Some(self.address(start)..self.address(end))
        };
        segments().unwrap_or_default()
    }

    /// Bytes of the file that are loaded at an address of the process.
    pub fn loaded(&self, address: u64, size: u64) -> Option<&[u8]> {
        let header = Header::parse(&self.bytes[..]).ok()?;
        let endian = header.endian().ok()?;
        let wanted = address.wrapping_sub(self.bias);
        header.program_headers(endian, &self.bytes[..]).ok()?.iter().find_map(|segment| {
            let offset = wanted.checked_sub(segment.p_vaddr(endian))?;
            let is_inside = segment.p_type(endian) == elf::PT_LOAD
                && offset.checked_add(size)? <= segment.p_filesz(endian);
            let start = usize::try_from(segment.p_offset(endian) + offset).ok().filter(|_| is_inside)?;
            self.bytes.get(start..start + size as usize)
        })
    }

    /// The slot that a stub at this address jumps through. `None` if there is no stub.
    pub fn slot_of_stub(&self, stub: u64) -> Option<u64> {
        const ENDBR: [u8; 4] = [0xf3, 0x0f, 0x1e, 0xfa];
        const MOV: [u8; 3] = [0x4c, 0x8b, 0x1d];
        let mut at = stub;
        if self.loaded(at, 4)? == ENDBR {
            at += 4;
        }
        let code = self.loaded(at, 7)?;
        if code[..3] != MOV {
            return None;
        }
        let distance = i32::from_le_bytes([code[3], code[4], code[5], code[6]]);
        Some((at + 7).wrapping_add_signed(distance.into()))
    }
}
