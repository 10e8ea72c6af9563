//! A program or library of a client, as its file tells: what its units keep for debuggers, and where its symbols are.

use super::apart::Apart;
use crate::records;
use ::object::LittleEndian;
use ::object::elf;
use ::object::read::elf::{FileHeader, ProgramHeader, Sym};
use ::object::{Object, ObjectSection};
use autojit_protocol::debug::{NOTE_SECTION, Note};
use rustix::process::Pid;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Read;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub(super) type Header = elf::FileHeader64<LittleEndian>;

pub struct Image {
    pub path: PathBuf,
    bytes: Vec<u8>,
    /// What is added to a link-time address to get that in the process.
    bias: u64,
    /// Addresses, in the process, of symbols that are not local to a unit.
    globals: HashMap<String, u64>,
    /// And of those that are, or may be; `None`: of several.
    locals: HashMap<String, Option<u64>>,
    notes: Vec<u8>,
    apart: Apart,
    /// By their slots.
    stubs: OnceLock<HashMap<u64, u64>>,
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
pub fn notes(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    // Linkers compress it with all other debug information (-gz).
    ::object::File::parse(bytes).ok()?.section_by_name(NOTE_SECTION)?.uncompressed_data().ok()
}

/// The file with the debug information of a program that was stripped of it, where GDB looks for it, too (its manual, "Separate Debug
/// Files").
fn separate(bytes: &[u8], path: &Path) -> Option<Vec<u8>> {
    const GLOBAL: &str = "/usr/lib/debug";
    let file = ::object::File::parse(bytes).ok()?;
    let id = file.build_id().ok()?;
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let by_id = id
        .and_then(<[u8]>::split_first)
        .map(|(first, rest)| format!("{GLOBAL}/.build-id/{}/{}.debug", hex(&[*first]), hex(rest)).into());
    let folder = path.parent()?;
    let link = file.gnu_debuglink().ok()?.map(|(name, _)| Path::new(OsStr::from_bytes(name)));
    let by_name = link.into_iter().flat_map(|name| {
        let beside = folder.strip_prefix("/").unwrap_or(folder);
        [folder.join(name), folder.join(".debug").join(name), Path::new(GLOBAL).join(beside).join(name)]
    });
    by_id.into_iter().chain(by_name).filter(|place: &PathBuf| place != path).find_map(|place| {
        let found = fs::read(place).ok()?;
        let is_its = ::object::File::parse(&found[..]).ok()?.build_id().ok()? == id;
        (is_its && notes(&found).is_some()).then_some(found)
    })
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
    /// The image that has `address`, whether its units keep something for debuggers or not. `None` if its file can't be had.
    pub fn of_process(pid: Pid, address: u64) -> Option<Image> {
        let mappings = mappings(pid);
        let mapping = mappings.iter().find(|m| (m.start..m.end).contains(&address))?;
        let bytes = open(pid, mapping)?;
        Image::read(bytes, mapping, &mappings)
    }

    /// `mapping`: one of its mappings. `all`: at least all of them.
    pub fn read(bytes: Vec<u8>, mapping: &Mapping, all: &[Mapping]) -> Option<Image> {
        let bias = bias(&bytes, mapping, all)?;
        let separate = if notes(&bytes).is_some() { None } else { separate(&bytes, &mapping.path) };
        let with_notes = separate.as_deref().unwrap_or(&bytes);
        let header = Header::parse(with_notes).ok()?;
        let endian = header.endian().ok()?;
        let notes = notes(with_notes).unwrap_or_default().into_owned();
        let sections = header.sections(endian, with_notes).ok()?;
        let symbols = sections.symbols(endian, with_notes, elf::SHT_SYMTAB).ok()?;
        let (mut globals, mut locals) = (HashMap::new(), HashMap::new());
        // Symbols that are hidden, or that a version script keeps in the file, are local in it: lld and gold leave the hidden ones
        // their visibility, and BFD puts all of them behind those of the units, as if they were a file without a name.
        let mut is_behind = false;
        for symbol in symbols.iter() {
            let Ok(name) = std::str::from_utf8(symbols.symbol_name(endian, symbol).ok()?) else { continue };
            if symbol.st_type() == elf::STT_FILE {
                is_behind = name.is_empty();
            }
            // What an indirect function's symbol has is where its resolver is.
            if matches!(symbol.st_type(), elf::STT_FILE | elf::STT_SECTION | elf::STT_GNU_IFUNC)
                || symbol.st_shndx(endian) == elf::SHN_UNDEF
            {
                continue;
            }
            let is_thread_local = symbol.st_type() == elf::STT_TLS;
            let bias = if is_thread_local { 0 } else { bias };
            let address = symbol.st_value(endian).wrapping_add(bias);
            let is_local = symbol.st_bind() == elf::STB_LOCAL;
            if !is_local || is_behind || symbol.st_visibility() != elf::STV_DEFAULT {
                globals.insert(name.to_owned(), address);
            } else {
                let known = locals.entry(name.to_owned()).or_insert(Some(address));
                *known = known.filter(|&known| known == address);
            }
        }
        let apart = Apart::of(&notes);
        Some(Image {
            path: mapping.path.clone(),
            bias,
            globals,
            locals,
            notes,
            apart,
            bytes,
            stubs: OnceLock::new(),
        })
    }

    /// What is added to addresses in the file.
    pub fn bias(&self) -> u64 {
        self.bias
    }

    pub fn has_notes(&self) -> bool {
        !self.notes.is_empty()
    }

    /// What its units keep for debuggers.
    pub fn notes(&self) -> impl Iterator<Item = Note<'_>> {
        each_note(&self.notes).map(|note| self.apart.complete(note))
    }

    /// Addresses, in the process, of the records of its modules.
    pub fn records(&self) -> Vec<u64> {
        records::of_image(&self.bytes, self.bias).unwrap_or_default()
    }

    /// An address in the process.
    pub fn address(&self, at_link_time: u64) -> u64 {
        at_link_time.wrapping_add(self.bias)
    }

    pub fn global(&self, name: &str) -> Option<u64> {
        self.globals.get(name).copied()
    }

    /// Of a symbol that is global in its unit, and may be local in the file.
    pub fn was_global(&self, name: &str) -> Option<u64> {
        self.global(name).or_else(|| self.locals.get(name).copied().flatten())
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

    /// The stub that jumps through a slot. `None` if the linker has dropped it, or its section is not in the file.
    pub fn stub_of_slot(&self, slot: u64) -> Option<u64> {
        self.stubs.get_or_init(|| self.find_stubs()).get(&slot).copied()
    }

    /// All that looks like a stub, by its slot. (A load of something else is no slot that anybody asks for.)
    fn find_stubs(&self) -> HashMap<u64, u64> {
        /// Stubs have twice this alignment, but for the words that some have in front.
        const STEP: usize = 8;
        let segments = || {
            let header = Header::parse(&self.bytes[..]).ok()?;
            let endian = header.endian().ok()?;
            let all = header.program_headers(endian, &self.bytes[..]).ok()?.iter();
            let code = all.filter(|s| s.p_type(endian) == elf::PT_LOAD && s.p_flags(endian) & elf::PF_X != 0);
            Some(
                code.map(|s| (self.address(s.p_vaddr(endian)), s.data(endian, &self.bytes[..]).ok()))
                    .collect(),
            )
        };
        let segments: Vec<(u64, Option<&[u8]>)> = segments().unwrap_or_default();
        let mut stubs = HashMap::new();
        for (start, data) in segments.into_iter().filter_map(|(start, data)| Some((start, data?))) {
            // Segments start anywhere in a page.
            let first = start.next_multiple_of(STEP as u64).wrapping_sub(start) as usize;
            for at in (first..data.len()).step_by(STEP) {
                let stub = start + at as u64;
                if let Some(slot) = slot_of_stub(&data[at..], stub) {
                    stubs.insert(slot, stub);
                }
            }
        }
        stubs
    }
}

/// The slot that a stub, whose bytes and more these are, jumps through. `None` if it is no stub.
fn slot_of_stub(bytes: &[u8], stub: u64) -> Option<u64> {
    const ENDBR: [u8; 4] = [0xf3, 0x0f, 0x1e, 0xfa];
    const MOV: [u8; 3] = [0x4c, 0x8b, 0x1d];
    let code = bytes.strip_prefix(&ENDBR).unwrap_or(bytes);
    let distance = i32::from_le_bytes(code.strip_prefix(&MOV)?.get(..4)?.try_into().ok()?);
    let end = stub + (bytes.len() - code.len()) as u64 + 7;
    Some(end.wrapping_add_signed(distance.into()))
}
