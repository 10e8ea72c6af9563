//! The file that a debugger is given: an ELF executable whose sections lie in memory as they lie in the file, so that the
//! code in it is the code that runs.

use std::ops::Range;

/// A section of an input: the input's number and its own.
pub type Place = (usize, usize);

const PT_LOAD: u32 = 1;

/// Type, flags and alignment of a section.
#[derive(Clone, Copy)]
pub struct Kind {
    section_type: u32,
    flags: u64,
}

const PROGBITS: u32 = 1;
const SYMTAB: u32 = 2;
const STRTAB: u32 = 3;
const NOBITS: u32 = 8;
const ALLOC: u64 = 2;
const EXECUTABLE: u64 = 4;

pub const TEXT: Kind = Kind { section_type: PROGBITS, flags: ALLOC | EXECUTABLE };
/// What functions are in at which GDB shall not stop by their names.
pub const UNSTOPPABLE: Kind = RODATA;
pub const RODATA: Kind = Kind { section_type: PROGBITS, flags: ALLOC };
/// Allocated, or debuggers look for it in slower ways.
pub const EH_FRAME: Kind = Kind { section_type: PROGBITS, flags: ALLOC };
pub const DEBUG: Kind = Kind { section_type: PROGBITS, flags: 0 };

const HEADER: usize = 64;
const SEGMENT: usize = 56;
/// The file's own, and the image.
const SEGMENTS: usize = 2;
const SECTION: usize = 64;
const SYMBOL: usize = 24;

/// A finished file for valgrind, which wants a segment to write to and one to run, and no other. Returns where the former is
/// to be mapped, from the start of the file: in the page behind it.
pub fn with_data(file: &mut [u8], base: u64) -> Option<u64> {
    const PAGE: u64 = 4096;
    const READ_WRITE: u32 = 6;
    let address = base + (file.len() as u64).next_multiple_of(PAGE);
    let header = file.get_mut(HEADER + SEGMENT..HEADER + 2 * SEGMENT)?;
    header[4..8].copy_from_slice(&READ_WRITE.to_le_bytes());
    let words = [0, address, address, PAGE, PAGE, PAGE];
    for (field, word) in header[8..].chunks_exact_mut(8).zip(words) {
        field.copy_from_slice(&word.to_le_bytes());
    }
    Some(address)
}

#[derive(Clone, Copy)]
pub struct Symbol<'a> {
    pub name: &'a str,
    pub place: Place,
    pub address: u64,
    pub size: u64,
    pub is_global: bool,
}

#[derive(Clone)]
struct Section {
    name: String,
    kind: Kind,
    align: usize,
    start: usize,
    end: usize,
    /// Its addresses, if it has no bytes in the file.
    elsewhere: Option<Range<u64>>,
}

#[derive(Clone)]
pub struct File {
    pub bytes: Vec<u8>,
    sections: Vec<Section>,
    /// `e_type`.
    file_type: u16,
}

/// With absolute addresses.
const EXECUTABLE_FILE: u16 = 2;
/// With addresses that count from where a list of libraries says.
const SHARED_FILE: u16 = 3;

impl File {
    pub fn new() -> File {
        let bytes = vec![0; HEADER + SEGMENTS * SEGMENT];
        File { bytes, sections: Vec::new(), file_type: EXECUTABLE_FILE }
    }

    /// As a library has it.
    pub fn make_shared(&mut self) {
        self.file_type = SHARED_FILE;
    }

    fn align(&mut self, align: usize) -> usize {
        self.bytes.resize(self.bytes.len().next_multiple_of(align), 0);
        self.bytes.len()
    }

    pub fn start_section(&mut self, name: &str, kind: Kind, align: usize) -> usize {
        let start = self.align(align);
        self.sections.push(Section {
            name: name.to_owned(),
            kind,
            align,
            start,
            end: start,
            elsewhere: None,
        });
        self.sections.len() - 1
    }

    /// A section of code that is somewhere and not in the file.
    pub fn section_elsewhere(&mut self, name: &str, addresses: Range<u64>) {
        let number = self.start_section(name, Kind { section_type: NOBITS, ..TEXT }, 1);
        self.sections[number].elsewhere = Some(addresses);
    }

    pub fn end_section(&mut self, section: usize) {
        self.sections[section].end = self.bytes.len();
    }

    /// Where the bytes are.
    pub fn append(&mut self, bytes: &[u8], align: usize) -> usize {
        let at = self.align(align);
        self.bytes.extend_from_slice(bytes);
        at
    }

    pub fn reserve(&mut self, align: usize, size: usize) -> usize {
        let at = self.align(align);
        self.bytes.resize(at + size, 0);
        at
    }

    /// Distance of a place from the start of its section.
    pub fn offset_in_section(&self, at: usize) -> usize {
        let section = self.sections.iter().rev().find(|s| s.start <= at);
        section.map_or(0, |s| at - s.start)
    }

    /// Bytes of the whole file, if `room` more are appended to it.
    pub fn size_with(&self, symbols: &[Symbol<'_>], room: usize) -> usize {
        let names: usize = symbols.iter().map(|s| s.name.len() + 1).sum();
        let sections = self.sections.len() + 5;
        let section_names: usize = self.sections.iter().map(|s| s.name.len() + 1).sum();
        self.bytes.len()
            + room
            + names
            + section_names
            + (symbols.len() + 1) * SYMBOL
            + sections * SECTION
            + 256
    }

    /// The file as it is to lie at `base`. `image`: where the image is whose variables and stubs it describes.
    pub fn finish(mut self, base: u64, image: Range<u64>, symbols: &[Symbol<'_>]) -> Vec<u8> {
        let loaded =
            self.sections.iter().filter(|s| s.kind.flags & ALLOC != 0).map(|s| s.end).max().unwrap_or(0);
        let text = self.sections.iter().position(|s| s.kind.flags & EXECUTABLE != 0).unwrap_or(0) as u16 + 1;
        let mut names = vec![0];
        let table = self.start_section(".symtab", Kind { section_type: SYMTAB, flags: 0 }, 8);
        self.reserve(1, SYMBOL);
        for symbol in symbols {
            let name = names.len() as u32;
            names.extend_from_slice(symbol.name.as_bytes());
            names.push(0);
            const FUNCTION: u8 = 2;
            self.bytes.extend_from_slice(&name.to_le_bytes());
            self.bytes.extend_from_slice(&[u8::from(symbol.is_global) << 4 | FUNCTION, 0]);
            let has = |s: &Section| {
                let inside = || base + s.start as u64..base + s.end as u64;
                let is_loaded = s.kind.flags & ALLOC != 0;
                is_loaded && s.elsewhere.clone().unwrap_or_else(inside).contains(&symbol.address)
            };
            let section = self.sections.iter().position(has).map_or(text, |s| s as u16 + 1);
            self.bytes.extend_from_slice(&section.to_le_bytes());
            self.bytes.extend_from_slice(&symbol.address.to_le_bytes());
            self.bytes.extend_from_slice(&symbol.size.to_le_bytes());
        }
        self.end_section(table);
        let strings = self.start_section(".strtab", Kind { section_type: STRTAB, flags: 0 }, 1);
        self.bytes.extend_from_slice(&names);
        self.end_section(strings);
        let section_names = self.start_section(".shstrtab", Kind { section_type: STRTAB, flags: 0 }, 1);
        let mut names = vec![0u8];
        let offsets: Vec<u32> = self
            .sections
            .iter()
            .map(|s| {
                let at = names.len() as u32;
                names.extend_from_slice(s.name.as_bytes());
                names.push(0);
                at
            })
            .collect();
        self.bytes.extend_from_slice(&names);
        self.end_section(section_names);

        let headers = self.reserve(8, SECTION);
        let locals = symbols.iter().filter(|s| !s.is_global).count() as u32 + 1;
        for (number, (section, name)) in self.sections.iter().zip(offsets).enumerate() {
            let size = (section.end - section.start) as u64;
            let (address, size) = match &section.elsewhere {
                Some(addresses) => (addresses.start, addresses.end - addresses.start),
                None if section.kind.flags & ALLOC != 0 => (base + section.start as u64, size),
                None => (0, size),
            };
            let is_table = number == table;
            let (link, info, entry) =
                if is_table { (strings as u32 + 1, locals, SYMBOL as u64) } else { (0, 0, 0) };
            for word in [name, section.kind.section_type] {
                self.bytes.extend_from_slice(&word.to_le_bytes());
            }
            for word in [section.kind.flags, address, section.start as u64, size] {
                self.bytes.extend_from_slice(&word.to_le_bytes());
            }
            for word in [link, info] {
                self.bytes.extend_from_slice(&word.to_le_bytes());
            }
            for word in [section.align as u64, entry] {
                self.bytes.extend_from_slice(&word.to_le_bytes());
            }
        }
        self.write_header((base, image), headers, loaded, section_names as u16 + 1);
        self.bytes
    }

    fn write_header(&mut self, (base, image): (u64, Range<u64>), sections: usize, loaded: usize, names: u16) {
        let mut header = Vec::with_capacity(HEADER + SEGMENTS * SEGMENT);
        header.extend_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        const X86_64: u16 = 62;
        header.extend_from_slice(&self.file_type.to_le_bytes());
        header.extend_from_slice(&X86_64.to_le_bytes());
        header.extend_from_slice(&1u32.to_le_bytes());
        for word in [0, HEADER as u64, sections as u64] {
            header.extend_from_slice(&word.to_le_bytes());
        }
        header.extend_from_slice(&0u32.to_le_bytes());
        let count = self.sections.len() as u16 + 1;
        for word in [HEADER as u16, SEGMENT as u16, SEGMENTS as u16, SECTION as u16, count, names] {
            header.extend_from_slice(&word.to_le_bytes());
        }
        const READ_EXECUTE: u32 = 5;
        let mut segment = |words: [u64; 6]| {
            header.extend_from_slice(&PT_LOAD.to_le_bytes());
            header.extend_from_slice(&READ_EXECUTE.to_le_bytes());
            words.iter().for_each(|word| header.extend_from_slice(&word.to_le_bytes()));
        };
        segment([0, base, base, loaded as u64, loaded as u64, 4096]);
        // LLDB takes an address in debug information for one in the process only if a segment of the same file has it. Of
        // two segments it takes that with the higher start, so that with this byte more the image's own go first.
        let start = image.start.saturating_sub(1);
        segment([0, start, start, 0, image.end.saturating_sub(start), 1]);
        self.bytes[..header.len()].copy_from_slice(&header);
    }
}
