//! Lets debug information say that a function also has its stub's addresses.
//!
//! A debugger that looks a function up by name finds the program's symbol, which is the stub, and the function in the
//! debug information: two places, and it would stop in both. So the stub becomes a part of the function: a second range,
//! behind the one that it begins with. Then both names lead to one place, the first line of the body.
//!
//! clang writes a function's bounds as DW_AT_low_pc (an index) and DW_AT_high_pc (four bytes). The latter is turned into
//! DW_AT_ranges, which takes four bytes as well, so that nothing moves; new lists go behind the unit's own.

use std::collections::HashMap;

const TAG_COMPILE_UNIT: u64 = 0x11;
const TAG_SUBPROGRAM: u64 = 0x2e;

const AT_LOW_PC: u64 = 0x11;
const AT_HIGH_PC: u64 = 0x12;
const AT_RANGES: u8 = 0x55;

const FORM_DATA4: u64 = 0x06;
const FORM_SEC_OFFSET: u8 = 0x17;
const FORM_ADDRX: u64 = 0x1b;
const FORM_RNGLISTX: u64 = 0x23;
const FORM_IMPLICIT_CONST: u64 = 0x21;

const UNIT_COMPILE: u8 = 1;
const VERSION: u16 = 5;
const HEADER_SIZE: usize = 12;

const RLE_END_OF_LIST: u8 = 0;
const RLE_START_LENGTH: u8 = 7;

/// Most bytes that a function adds to the range lists: it stands in its own and in the unit's, with two ranges.
pub const ROOM_PER_FUNCTION: usize = 2 * (2 * (1 + 8 + 5) + 1);
/// The same for a unit: a header, the end of its list.
pub const ROOM_PER_UNIT: usize = HEADER_SIZE + 8;

/// The parts of one unit's debug information that this is about, with final addresses in them.
pub struct Parts<'a> {
    pub abbrev: &'a mut [u8],
    pub info: &'a mut [u8],
    pub addr: &'a [u8],
    /// Grows.
    pub rnglists: &'a mut Vec<u8>,
    /// Offset of these range lists among all units'.
    pub rnglists_base: u32,
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
        let has_start = self.attributes.iter().any(|a| (a.0, a.1) == (AT_LOW_PC, FORM_ADDRX));
        let end = self.attributes.iter().find(|a| (a.0, a.1) == (AT_HIGH_PC, FORM_DATA4))?;
        (has_start && matches!(self.tag, TAG_SUBPROGRAM | TAG_COMPILE_UNIT)).then_some(end.2)
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

fn push_range(list: &mut Vec<u8>, start: u64, mut size: u64) {
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
    /// The unit's size, or the number of its list.
    unit_bounds: Option<usize>,
    unit_list: Option<usize>,
}

fn find(parts: &Parts<'_>, abbreviations: &HashMap<u64, Abbreviation>) -> Option<Found> {
    let mut reader = Reader { bytes: parts.info, at: 0 };
    let end = reader.word(4)? as usize + 4;
    let (version, kind) = (reader.word(2)?, reader.word(1)?);
    reader.word(5)?;
    if version != u64::from(VERSION) || kind != u64::from(UNIT_COMPILE) || end > parts.info.len() {
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
    let abbreviations = abbreviations(parts.abbrev)?;
    let found = find(parts, &abbreviations)?;
    if found.unit_list.is_none() && found.unit_bounds.is_none() {
        return None;
    }
    if parts.rnglists.is_empty() {
        parts.rnglists.extend_from_slice(&[0, 0, 0, 0, VERSION as u8, 0, 8, 0, 0, 0, 0, 0]);
    }
    let mut unit_list = Vec::new();
    for &(start, size, place) in &found.functions {
        let list = parts.rnglists.len() as u32 + parts.rnglists_base;
        let before = parts.rnglists.len();
        // What was left out of the program is at 0.
        if start != 0 {
            push_range(parts.rnglists, start, size);
            if let Some((address, size)) = stub(start) {
                push_range(parts.rnglists, address, size);
            }
        }
        unit_list.extend_from_slice(&parts.rnglists[before..]);
        parts.rnglists.push(RLE_END_OF_LIST);
        parts.info[place..place + 4].copy_from_slice(&list.to_le_bytes());
    }
    let list = parts.rnglists.len();
    parts.rnglists.extend_from_slice(&unit_list);
    parts.rnglists.push(RLE_END_OF_LIST);
    if let Some(place) = found.unit_bounds {
        let list = list as u32 + parts.rnglists_base;
        parts.info[place..place + 4].copy_from_slice(&list.to_le_bytes());
    }
    if let Some(index) = found.unit_list {
        let place = HEADER_SIZE + index * 4;
        let offset = (list - HEADER_SIZE) as u32;
        parts.rnglists.get_mut(place..place + 4)?.copy_from_slice(&offset.to_le_bytes());
    }
    let size = parts.rnglists.len() as u32 - 4;
    parts.rnglists[..4].copy_from_slice(&size.to_le_bytes());
    for place in abbreviations.values().filter_map(Abbreviation::bounds) {
        parts.abbrev[place..place + 2].copy_from_slice(&[AT_RANGES, FORM_SEC_OFFSET]);
    }
    Some(())
}
