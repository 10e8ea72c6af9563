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
