//! Lets debug information say that a function also has its stub's addresses.
//!
//! A debugger that looks a function up by name finds the program's symbol, which is the stub, and the function in the
//! debug information: two places, and it would stop in both. So the stub becomes a part of the function: a second range,
//! behind the one that it begins with. Then both names lead to one place, the first line of the body.
//!
//! clang writes a function's bounds as DW_AT_low_pc (an index, or in DWARF 4 the address) and DW_AT_high_pc (four bytes). The latter
//! is turned into DW_AT_ranges, which takes four bytes as well, so that nothing moves; new lists go behind the unit's own. A function
//! has no DW_AT_low_pc beside DW_AT_ranges (DWARF 5, section 2.17), and valgrind reads no unit with one: it becomes DW_AT_entry_pc.

use std::collections::HashMap;

const TAG_COMPILE_UNIT: u64 = 0x11;
const TAG_SUBPROGRAM: u64 = 0x2e;

const AT_LOW_PC: u64 = 0x11;
const AT_HIGH_PC: u64 = 0x12;
const AT_ENTRY_PC: u8 = 0x52;
const AT_RANGES: u8 = 0x55;

const FORM_ADDR: u64 = 0x01;
const FORM_DATA4: u64 = 0x06;
const FORM_SEC_OFFSET: u8 = 0x17;
const FORM_ADDRX: u64 = 0x1b;
const FORM_RNGLISTX: u64 = 0x23;
const FORM_IMPLICIT_CONST: u64 = 0x21;

const UNIT_COMPILE: u8 = 1;
const HEADER_SIZE: usize = 12;

/// The versions that there are: what their range lists look like, and where they stand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    Four,
    Five,
}

impl Version {
    pub const ALL: [Version; 2] = [Version::Five, Version::Four];

    /// That of a unit, by the first bytes of its `.debug_info`.
    pub fn of(info: &[u8]) -> Option<Version> {
        match info.get(4..6)? {
            [4, 0] => Some(Version::Four),
            [5, 0] => Some(Version::Five),
            _ => None,
        }
    }

    /// The section of range lists.
    pub fn ranges(self) -> &'static str {
        match self {
            Version::Four => ".debug_ranges",
            Version::Five => ".debug_rnglists",
        }
    }
}

const RLE_END_OF_LIST: u8 = 0;
const RLE_START_LENGTH: u8 = 7;

/// Most bytes that a function adds to the range lists: it stands in its own and in the unit's, with two ranges. (In DWARF 4, where
/// these take 16 bytes, as the base and the end of a list do.)
pub const ROOM_PER_FUNCTION: usize = 2 * 2 * 16 + 2 * 16;
/// The same for a unit: a header or a base, the end of its list.
pub const ROOM_PER_UNIT: usize = 2 * 16;

/// The parts of one unit's debug information that this is about, with final addresses in them.
pub struct Parts<'a> {
    pub abbrev: &'a mut [u8],
    pub info: &'a mut [u8],
    /// Empty in DWARF 4.
    pub addr: &'a [u8],
    /// Grows.
    pub lists: &'a mut Vec<u8>,
    /// Offset of these range lists among all units'.
    pub lists_base: u32,
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn uleb(&mut self) -> Option<u64> {
        let (mut value, mut shift) = (0, 0);
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            shift += 7;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
    }

    fn word(&mut self, size: usize) -> Option<u64> {
        let bytes = self.bytes.get(self.at..self.at.checked_add(size)?)?;
        self.at += size;
        Some(bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    /// Skips an attribute's value.
    fn skip(&mut self, form: u64) -> Option<()> {
        let size = match form {
            0x0b | 0x0c | 0x11 | 0x25 | 0x29 => 1,
            0x05 | 0x12 | 0x26 | 0x2a => 2,
            0x27 | 0x2b => 3,
            0x06 | 0x0e | 0x10 | 0x13 | 0x17 | 0x1c | 0x1d | 0x1f | 0x28 | 0x2c => 4,
            0x01 | 0x07 | 0x14 | 0x20 | 0x24 => 8,
            0x1e => 16,
            0x19 | FORM_IMPLICIT_CONST => 0,
            0x0d | 0x0f | 0x15 | 0x1a | 0x1b | 0x22 | FORM_RNGLISTX => {
                self.uleb()?;
                0
            }
            0x09 | 0x18 => self.uleb()? as usize,
            0x0a => self.word(1)? as usize,
            0x03 => self.word(2)? as usize,
            0x04 => self.word(4)? as usize,
            0x08 => self.bytes.get(self.at..)?.iter().position(|&b| b == 0)? + 1,
            _ => return None,
        };
        self.at = self.at.checked_add(size).filter(|&at| at <= self.bytes.len())?;
        Some(())
    }
}

struct Abbreviation {
    tag: u64,
    /// Name, form, and where in the section these two stand.
    attributes: Vec<(u64, u64, usize)>,
}

impl Abbreviation {
    /// The place of what says where the code ends, if it can be turned into a list.
    fn bounds(&self) -> Option<usize> {
        let is_start = |form| matches!(form, FORM_ADDR | FORM_ADDRX);
        let has_start = self.attributes.iter().any(|a| a.0 == AT_LOW_PC && is_start(a.1));
        let end = self.attributes.iter().find(|a| (a.0, a.1) == (AT_HIGH_PC, FORM_DATA4))?;
        (has_start && matches!(self.tag, TAG_SUBPROGRAM | TAG_COMPILE_UNIT)).then_some(end.2)
    }

    /// The place of what says where a function begins, if that is only one of its ranges.
    fn start(&self) -> Option<usize> {
        self.bounds()?;
        let start = self.attributes.iter().find(|a| a.0 == AT_LOW_PC)?;
        (self.tag == TAG_SUBPROGRAM).then_some(start.2)
    }
}

fn abbreviations(section: &[u8]) -> Option<HashMap<u64, Abbreviation>> {
    let mut reader = Reader { bytes: section, at: 0 };
    let mut all = HashMap::new();
    loop {
        let code = reader.uleb()?;
        if code == 0 {
            return Some(all);
        }
        let tag = reader.uleb()?;
        reader.word(1)?;
        let mut attributes = Vec::new();
        loop {
            let place = reader.at;
            let (name, form) = (reader.uleb()?, reader.uleb()?);
            if form == FORM_IMPLICIT_CONST {
                reader.uleb()?;
            }
            if (name, form) == (0, 0) {
                break;
            }
            attributes.push((name, form, place));
        }
        all.insert(code, Abbreviation { tag, attributes });
    }
}

/// In DWARF 4 a list is of addresses from the unit's on, unless it begins with another base: 0.
fn start_list(list: &mut Vec<u8>, version: Version) {
    if version == Version::Four {
        list.extend_from_slice(&u64::MAX.to_le_bytes());
        list.extend_from_slice(&[0; 8]);
    }
}

fn end_list(list: &mut Vec<u8>, version: Version) {
    match version {
        Version::Four => list.extend_from_slice(&[0; 16]),
        Version::Five => list.push(RLE_END_OF_LIST),
    }
}

fn push_range(list: &mut Vec<u8>, version: Version, start: u64, mut size: u64) {
    if version == Version::Four {
        list.extend_from_slice(&start.to_le_bytes());
        list.extend_from_slice(&(start + size).to_le_bytes());
        return;
    }
    list.push(RLE_START_LENGTH);
    list.extend_from_slice(&start.to_le_bytes());
    loop {
        let byte = (size & 0x7f) as u8;
        size >>= 7;
        list.push(if size == 0 { byte } else { byte | 0x80 });
        if size == 0 {
            return;
        }
    }
}

/// The functions found in the unit, and its own entry.
#[derive(Default)]
struct Found {
    /// Start, size, and where in the section the size stands.
    functions: Vec<(u64, u64, usize)>,
    /// Where the unit's size, or its list's place, stands, or the number of its list.
    unit_bounds: Option<usize>,
    unit_list: Option<usize>,
}

fn find(parts: &Parts<'_>, version: Version, abbreviations: &HashMap<u64, Abbreviation>) -> Option<Found> {
    let mut reader = Reader { bytes: parts.info, at: 0 };
    let end = reader.word(4)? as usize + 4;
    reader.word(2)?;
    // The kind of the unit (in DWARF 5), the place of the abbreviations, the size of addresses.
    let is_compile_unit = version == Version::Four || reader.word(1)? == u64::from(UNIT_COMPILE);
    reader.word(5)?;
    if !is_compile_unit || end > parts.info.len() {
        return None;
    }
    let mut found = Found::default();
    while reader.at < end {
        let code = reader.uleb()?;
        if code == 0 {
            continue;
        }
        let abbreviation = abbreviations.get(&code)?;
        let has_bounds = abbreviation.bounds().is_some();
        let (mut start, mut size) = (None, None);
        for &(name, form, _) in &abbreviation.attributes {
            let place = reader.at;
            let mut value = Reader { bytes: parts.info, at: place };
            match (name, form) {
                (AT_LOW_PC, FORM_ADDRX) => {
                    let index = value.uleb()? as usize;
                    // Behind the header of the address table.
                    start = Some(Reader { bytes: parts.addr, at: 8 + index * 8 }.word(8)?);
                }
                (AT_LOW_PC, FORM_ADDR) => start = Some(value.word(8)?),
                (name, form)
                    if (name, form) == (u64::from(AT_RANGES), u64::from(FORM_SEC_OFFSET))
                        && abbreviation.tag == TAG_COMPILE_UNIT =>
                {
                    found.unit_bounds = Some(place);
                }
                (AT_HIGH_PC, FORM_DATA4) => size = Some((value.word(4)?, place)),
                (_, FORM_RNGLISTX) if abbreviation.tag == TAG_COMPILE_UNIT => {
                    found.unit_list = Some(value.uleb()? as usize);
                }
                _ => {}
            }
            reader.skip(form)?;
        }
        match (has_bounds, start, size) {
            (true, Some(_), Some((_, place))) if abbreviation.tag == TAG_COMPILE_UNIT => {
                found.unit_bounds = Some(place);
            }
            (true, Some(start), Some((size, place))) => found.functions.push((start, size, place)),
            _ => {}
        }
    }
    Some(found)
}

/// `stub`: address and size of the stub of the function that starts at an address. `None` if the unit is not
/// written as it is expected to be; it is then as it was.
pub fn add_stubs(parts: &mut Parts<'_>, stub: impl Fn(u64) -> Option<(u64, u64)>) -> Option<()> {
    let version = Version::of(parts.info)?;
    let abbreviations = abbreviations(parts.abbrev)?;
    let found = find(parts, version, &abbreviations)?;
    // With lines only, what inlines nothing is in the unit's own bounds alone.
    if found.functions.is_empty() || found.unit_list.is_none() && found.unit_bounds.is_none() {
        return None;
    }
    if version == Version::Five && parts.lists.is_empty() {
        parts.lists.extend_from_slice(&[0, 0, 0, 0, 5, 0, 8, 0, 0, 0, 0, 0]);
    }
    let mut unit_list = Vec::new();
    start_list(&mut unit_list, version);
    for &(start, size, place) in &found.functions {
        let list = parts.lists.len() as u32 + parts.lists_base;
        start_list(parts.lists, version);
        // What was left out of the program is at 0.
        if start != 0 {
            let before = parts.lists.len();
            push_range(parts.lists, version, start, size);
            if let Some((address, size)) = stub(start) {
                push_range(parts.lists, version, address, size);
            }
            unit_list.extend_from_slice(&parts.lists[before..]);
        }
        end_list(parts.lists, version);
        parts.info[place..place + 4].copy_from_slice(&list.to_le_bytes());
    }
    let list = parts.lists.len();
    parts.lists.extend_from_slice(&unit_list);
    end_list(parts.lists, version);
    if let Some(place) = found.unit_bounds {
        let list = list as u32 + parts.lists_base;
        parts.info[place..place + 4].copy_from_slice(&list.to_le_bytes());
    }
    if let Some(index) = found.unit_list {
        let place = HEADER_SIZE + index * 4;
        let offset = (list - HEADER_SIZE) as u32;
        parts.lists.get_mut(place..place + 4)?.copy_from_slice(&offset.to_le_bytes());
    }
    if version == Version::Five {
        let size = parts.lists.len() as u32 - 4;
        parts.lists[..4].copy_from_slice(&size.to_le_bytes());
    }
    for place in abbreviations.values().filter_map(Abbreviation::bounds) {
        parts.abbrev[place..place + 2].copy_from_slice(&[AT_RANGES, FORM_SEC_OFFSET]);
    }
    for place in abbreviations.values().filter_map(Abbreviation::start) {
        parts.abbrev[place] = AT_ENTRY_PC;
    }
    Some(())
}
