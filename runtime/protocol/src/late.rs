//! Late binding: what an object carries whose lazy code names symbols that the linker never hears of.
//!
//! An import that is looked up by name has no relocation in the import table. A function that is only called is entered
//! by a **late stub** in the object, which looks like a lazy function's and has a slot behind theirs; all else has one of
//! [`BY_NAME`] in the place of its entry. The table of the stubs, to which [`crate::record::ModuleRecord::late_offset`]
//! leads, stands in [`LATE_SECTION`]:
//!
//! ```text
//!   u32 count
//!   u32 file_size
//!   LateStub stubs[count]
//!   u8 file[file_size]              name of the source file, for messages
//! ```
//!
//! Names that the linker knows and nobody exports (hidden ones, those of a static program) come from a table that the
//! driver adds to the link: [`NamedSymbol`]s in [`NAMES_SECTION`] from [`NAMES_SYMBOL`] on, up to one without a name.

use core::mem::size_of;

/// Section of the stubs' table.
pub const LATE_SECTION: &str = ".autojit.late";

/// Note by which the driver and people tell a late-bound object. Owner [`NOTE_OWNER`], type [`NOTE_BINDING`]; the
/// descriptor is a word: [`BINDING_LATE`].
pub const NOTE_SECTION: &str = ".note.autojit";
pub const NOTE_OWNER: &str = "autojit";
pub const NOTE_BINDING: u32 = 1;
pub const BINDING_LATE: u32 = 1;

/// Import entries behind the direct ones that are no offset of a GOT entry, which is a multiple of 4 and not 0: the symbol
/// is looked up when the module is opened.
pub const BY_NAME: i32 = 1;
/// The same for a weak symbol, which may be missing.
pub const BY_NAME_WEAK: i32 = 2;

/// Address of an import that is missing and must not be.
pub const MISSING: u64 = u64::MAX;

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct LateStub {
    /// Its import.
    pub import: u32,
    /// `stub - &address`.
    pub address: i32,
}

/// Section, and symbol at its start, of names that the driver looked up for the runtime.
pub const NAMES_SECTION: &str = ".autojit.names";
pub const NAMES_SYMBOL: &str = "__autojit_names";

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NamedSymbol {
    /// `name - &name`, NUL-terminated; 0 ends the table.
    pub name: i32,
    /// `GOT entry - &entry`.
    pub entry: i32,
}

const _: () = assert!(size_of::<LateStub>() == 8 && size_of::<NamedSymbol>() == 8);

/// A name out of a payload's tables, without checking the rest of it. Never panics.
pub fn import_name(payload: &[u8], index: u32) -> Option<&[u8]> {
    name(payload, true, index)
}

/// The same for a lazy function.
pub fn function_name(payload: &[u8], index: u32) -> Option<&[u8]> {
    name(payload, false, index)
}

fn name(payload: &[u8], is_import: bool, index: u32) -> Option<&[u8]> {
    use crate::payload::{FunctionEntry, ImportEntry, PayloadHeader};
    let word = |at: usize| -> Option<usize> {
        let bytes = payload.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    };
    let (functions, imports, callees) = (word(8)?, word(12)?, word(16)?);
    let first_import = size_of::<PayloadHeader>() + functions * size_of::<FunctionEntry>();
    let strings = first_import + imports * size_of::<ImportEntry>() + callees * 4;
    let index = index as usize;
    let entry = match is_import {
        true if index < imports => first_import + index * size_of::<ImportEntry>(),
        false if index < functions => size_of::<PayloadHeader>() + index * size_of::<FunctionEntry>(),
        _ => return None,
    };
    let start = strings + word(entry)?;
    payload.get(start..start + word(entry + 4)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;

    #[test]
    fn names_are_found_and_nothing_else() {
        let mut payload = crate::payload::PAYLOAD_MAGIC.to_vec();
        for word in [2u32, 1, 1, 9, 0, 0, 0, 0, 0, 0] {
            payload.extend_from_slice(&word.to_le_bytes());
        }
        for (at, size) in [(0u32, 1u32), (1, 3)] {
            payload.extend([at, size, 0, 0, 0, 0].iter().flat_map(|w: &u32| w.to_le_bytes()));
        }
        payload.extend([4u32, 5, 1].iter().flat_map(|w| w.to_le_bytes()));
        payload.extend_from_slice(b"fbarmissg");
        assert_eq!(function_name(&payload, 0), Some(&b"f"[..]));
        assert_eq!(function_name(&payload, 1), Some(&b"bar"[..]));
        assert_eq!(import_name(&payload, 0), Some(&b"missg"[..]));
        assert_eq!((function_name(&payload, 2), import_name(&payload, 1)), (None, None));
        let all: Vec<bool> = (0..payload.len()).map(|n| import_name(&payload[..n], 0).is_none()).collect();
        assert!(all.iter().all(|none| *none));
    }
}
