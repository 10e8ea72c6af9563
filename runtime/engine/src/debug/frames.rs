//! Unwind information of an object, record by record: only that of functions that exist is kept.

use super::object::{Object, Section};

/// A record of `.eh_frame`.
pub struct Record {
    pub start: usize,
    /// With its length field.
    pub size: usize,
    /// `None` for a common record (CIE).
    pub frame: Option<Frame>,
}

/// What a function's record (FDE) refers to.
pub struct Frame {
    /// Its common record, by place in the section.
    pub common: usize,
    /// Section of the function.
    pub function: usize,
}

/// The records, in order. `None` if they are not what clang writes.
pub fn records(object: &Object<'_>, section: &Section<'_>) -> Option<Vec<Record>> {
    let word = |at: usize| Some(u32::from_le_bytes(section.data.get(at..at + 4)?.try_into().ok()?));
    let mut all = Vec::new();
    let mut at = 0;
    while at + 4 <= section.data.len() {
        let length = word(at)? as usize;
        if length == 0 {
            break;
        }
        let id = word(at + 4)? as usize;
        let frame = match id {
            0 => None,
            // The distance back from here.
            _ => {
                let found = section.relocations.binary_search_by_key(&(at + 8), |r| r.offset).ok()?;
                let start = &section.relocations[found];
                let function = object.symbols.get(start.symbol)?.section?;
                Some(Frame { common: (at + 4).checked_sub(id)?, function })
            }
        };
        all.push(Record { start: at, size: length + 4, frame });
        at += length + 4;
    }
    Some(all)
}

/// A function's record for `.debug_frame`, with a common record of its own in front.
pub struct Outermost {
    pub bytes: Vec<u8>,
    /// Where the function's address is to be written, eight bytes.
    pub start_at: usize,
}

/// Says what records of `.eh_frame` say, and that the function has no caller (DWARF 5, section 6.4.4: the return address is undefined).
/// `size`: of the function, in bytes. `None` if the records are not what clang writes.
pub fn outermost(common: &[u8], record: &[u8], size: u64) -> Option<Outermost> {
    const RETURN_ADDRESS: u8 = 16;
    const UNDEFINED: u8 = 0x07;
    const NOP: u8 = 0;
    // Behind length and id: a version, the augmentation, alignments of code and data, and the number of the return address.
    let augmentation = common.get(9..)?.split(|&b| b == 0).next()?;
    let mut rest = common.get(9 + augmentation.len() + 1..)?;
    let numbers = rest.get(..3)?;
    if common[8] != 1 || augmentation.first() != Some(&b'z') || numbers != [1, 0x78, RETURN_ADDRESS] {
        return None;
    }
    rest = &rest[3..];
    let initial = rest.get(1 + usize::from(*rest.first()?)..)?;
    // Behind length, id, start and size, each four bytes: the augmentation's data.
    let own = record.get(16..)?;
    let own = own.get(1 + usize::from(*own.first()?)..)?;

    let mut bytes = Vec::new();
    let mut add = |parts: &[&[u8]]| {
        let start = bytes.len();
        bytes.extend_from_slice(&[0; 4]);
        parts.iter().for_each(|part| bytes.extend_from_slice(part));
        bytes.resize(bytes.len().next_multiple_of(8), NOP);
        let length = (bytes.len() - start - 4) as u32;
        bytes[start..start + 4].copy_from_slice(&length.to_le_bytes());
        start
    };
    add(&[&[0xff; 4], &[1, 0], numbers, initial, &[UNDEFINED, RETURN_ADDRESS]]);
    let start = add(&[&[0; 4], &[0; 8], &size.to_le_bytes(), own]);
    Some(Outermost { bytes, start_at: start + 8 })
}

/// Bytes of [`of_jumps`].
pub const JUMPS_SIZE: usize = 48;

/// A common record and one of `size` bytes of code from `start` on that only jumps: the return address is on top of the stack. `at`: the address that
/// the records will have.
pub fn of_jumps(at: u64, start: u64, size: u64) -> [u8; JUMPS_SIZE] {
    const RECORD: usize = JUMPS_SIZE / 2;
    // Version 1, pointers of four bytes relative to themselves, the frame begins at %rsp + 8, the return address is at -8 from there.
    const COMMON: [u8; 14] = [1, b'z', b'R', 0, 1, 0x78, 16, 1, 0x1b, 0x0c, 7, 8, 0x90, 1];
    let length = (RECORD as u32 - 4).to_le_bytes();
    let field = at + RECORD as u64 + 8;
    let mut bytes = [0; JUMPS_SIZE];
    bytes[..4].copy_from_slice(&length);
    bytes[8..8 + COMMON.len()].copy_from_slice(&COMMON);
    let record = &mut bytes[RECORD..];
    record[..4].copy_from_slice(&length);
    record[4..8].copy_from_slice(&(RECORD as u32 + 4).to_le_bytes());
    record[8..12].copy_from_slice(&(start.wrapping_sub(field) as u32).to_le_bytes());
    record[12..16].copy_from_slice(&(size as u32).to_le_bytes());
    bytes
}
