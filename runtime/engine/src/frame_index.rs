//! The index of an unwind table: where each function and its record are, for unwinders that search one
//! ([`autojit_protocol::frames`]).

use autojit_protocol::frames::{FrameIndex, INDEX_ALIGN, INDEX_MAGIC, IndexEntry};

/// `DW_EH_PE_pcrel | DW_EH_PE_sdata4` (LSB, "DWARF Exception Header Encoding").
const RELATIVE_32: u8 = 0x1b;

/// Bytes of an index.
pub const fn size(functions: usize) -> usize {
    size_of::<FrameIndex>() + functions * size_of::<IndexEntry>()
}

/// Adds the index behind the table that starts at `frames` and ends, with its terminator, where the bytes do. Nothing if a record is not
/// what LLVM writes for code of less than 2 GiB.
pub fn add(bytes: &mut Vec<u8>, frames: usize) {
    let here = bytes.len().next_multiple_of(INDEX_ALIGN);
    if let Some(index) = index(bytes, frames, here) {
        bytes.resize(here, 0);
        bytes.extend_from_slice(&index);
    }
}

/// The index for the table at `frames`, to stand at `here`.
pub fn index(bytes: &[u8], frames: usize, here: usize) -> Option<Vec<u8>> {
    let (functions, end) = functions(bytes, frames)?;
    let relative = |place: usize| ((place as i64 - here as i64) as i32).to_le_bytes();
    let mut index = Vec::with_capacity(size(functions.len()));
    index.extend_from_slice(&INDEX_MAGIC.to_le_bytes());
    index.extend_from_slice(&(functions.len() as u32).to_le_bytes());
    index.extend_from_slice(&relative(end));
    for (start, record) in functions {
        index.extend_from_slice(&relative(start));
        index.extend_from_slice(&relative(record));
    }
    Some(index)
}

/// Starts of functions with their records, in ascending order, and the end of the last function.
fn functions(bytes: &[u8], frames: usize) -> Option<(Vec<(usize, usize)>, usize)> {
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let (mut functions, mut end, mut at) = (Vec::new(), 0, frames);
    loop {
        let length = word(at)? as usize;
        if length == 0 {
            break;
        }
        let id = word(at + 4)? as usize;
        if id == 0 {
            if encoding(bytes.get(at + 8..at + 4 + length)?)? != RELATIVE_32 {
                return None;
            }
        } else {
            let start = (at + 8).checked_add_signed(word(at + 8)? as i32 as isize)?;
            functions.push((start, at));
            end = end.max(start + word(at + 12)? as usize);
        }
        at += 4 + length;
    }
    functions.sort_unstable();
    (!functions.is_empty()).then_some((functions, end))
}

/// How a common record, from its version on, has addresses of functions encoded.
fn encoding(record: &[u8]) -> Option<u8> {
    let (&version, rest) = record.split_first()?;
    let length = rest.iter().position(|&byte| byte == 0)?;
    let letters = rest[..length].strip_prefix(b"z")?;
    let mut rest = &rest[length + 1..];
    // Alignment of code and of data, the return address' register, the size of what follows. The register is a byte in version 1.
    for _ in 0..2 {
        rest = behind_leb128(rest)?;
    }
    rest = if version == 1 { rest.get(1..)? } else { behind_leb128(rest)? };
    rest = behind_leb128(rest)?;
    for letter in letters {
        let (&encoding, after) = rest.split_first()?;
        rest = match letter {
            b'R' => return Some(encoding),
            b'L' => after,
            // A pointer of 4 or 8 bytes follows.
            b'P' if encoding & 0xf == 0xb || encoding & 0xf == 3 => after.get(4..)?,
            b'P' => after.get(8..)?,
            b'S' | b'B' => rest,
            _ => return None,
        };
    }
    None
}

fn behind_leb128(bytes: &[u8]) -> Option<&[u8]> {
    let last = bytes.iter().position(|byte| byte & 0x80 == 0)?;
    bytes.get(last + 1..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_by_their_places() {
        let mut bytes = vec![0x90; 64];
        let frames = bytes.len();
        // With a personality, as C++ has it: "zPLR", 1, -8, 16, 7 bytes.
        let mut common =
            vec![0, 0, 0, 0, 1, b'z', b'P', b'L', b'R', 0, 1, 0x78, 16, 7, 0x9b, 0, 0, 0, 0, 0x1b, 0x1b];
        common.resize(24, 0);
        bytes.extend_from_slice(&(common.len() as u32).to_le_bytes());
        bytes.extend_from_slice(&common);
        for (start, size) in [(32i32, 20u32), (0, 16)] {
            let at = bytes.len();
            bytes.extend_from_slice(&16u32.to_le_bytes());
            bytes.extend_from_slice(&((at + 4 - frames) as u32).to_le_bytes());
            bytes.extend_from_slice(&(start - (at as i32 + 8)).to_le_bytes());
            bytes.extend_from_slice(&size.to_le_bytes());
            bytes.extend_from_slice(&[0; 4]);
        }
        bytes.extend_from_slice(&[0; 4]);
        let (functions, end) = functions(&bytes, frames).unwrap();
        assert_eq!(functions, [(0, frames + 48), (32, frames + 28)]);
        assert_eq!(end, 52);
        add(&mut bytes, frames);
        let here = frames + 28 + 20 + 20 + 4;
        assert_eq!(bytes.len(), here.next_multiple_of(8) + 16 + 2 * 8);
        assert_eq!(bytes[here.next_multiple_of(8)..][..8], *b"AJFRAMES");
    }

    #[test]
    fn other_encodings_have_no_index() {
        let mut bytes = vec![12, 0, 0, 0, 0, 0, 0, 0, 1, b'z', b'R', 0, 1, 0x78, 16, 1, 0x1c, 0, 0, 0];
        let before = bytes.clone();
        add(&mut bytes, 0);
        assert_eq!(bytes, before);
    }
}
