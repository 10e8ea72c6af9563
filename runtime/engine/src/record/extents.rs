//! Where functions end: their unwind tables tell.

use crate::arena::Arena;
use crate::place::Frames;
use std::collections::HashMap;

/// The code of a function, without constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    pub start: u64,
    pub size: u64,
}

/// Pointer encodings (LSB, "DWARF Exception Header Encoding").
const ABSOLUTE: u8 = 0x00;
const SIGNED_4: u8 = 0x0b;
const SIGNED_8: u8 = 0x0c;
const RELATIVE: u8 = 0x10;

/// A reader that stops at the end.
#[derive(Clone, Copy)]
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, size: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(size)?;
        self.0 = tail;
        Some(head)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn word(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }

    /// Passes over a number of 7 bits in a byte.
    fn skip_leb(&mut self) -> Option<()> {
        while self.byte()? & 0x80 != 0 {}
        Some(())
    }

    fn string(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|byte| *byte == 0)?;
        let string = self.take(end);
        self.byte()?;
        string
    }

    /// A number in one of the encodings that clang uses.
    fn encoded(&mut self, encoding: u8) -> Option<u64> {
        match encoding & 0x0f {
            ABSOLUTE | SIGNED_8 => Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?)),
            SIGNED_4 => Some(i64::from(self.word()? as i32) as u64),
            _ => None,
        }
    }
}

/// The encoding of addresses, from a common record behind its identifier.
fn address_encoding(mut record: Bytes<'_>) -> Option<u8> {
    record.byte()?;
    let augmentation = record.string()?;
    record.skip_leb()?;
    record.skip_leb()?;
    record.skip_leb()?;
    if augmentation.first() != Some(&b'z') {
        return augmentation.is_empty().then_some(ABSOLUTE);
    }
    record.skip_leb()?;
    for letter in &augmentation[1..] {
        match letter {
            b'R' => return record.byte(),
            b'L' => drop(record.byte()?),
            b'P' => {
                let encoding = record.byte()?;
                record.encoded(encoding)?;
            }
            b'S' | b'B' => {}
            _ => return None,
        }
    }
    Some(ABSOLUTE)
}

/// The functions that a table at `address` is about.
fn read(table: &[u8], address: u64) -> Vec<Extent> {
    let mut found = Vec::new();
    let mut encodings = HashMap::new();
    let mut rest = Bytes(table);
    loop {
        let at = table.len() - rest.0.len();
        let Some(length @ 1..0xffff_fff0) = rest.word() else { return found };
        let Some(record) = rest.take(length as usize) else { return found };
        let mut record = Bytes(record);
        let extent = match record.word() {
            Some(0) => {
                encodings.insert(at, address_encoding(record));
                continue;
            }
            // The distance back to the common record.
            Some(distance) => (|| {
                let encoding = (*encodings.get(&(at + 4).checked_sub(distance as usize)?)?)?;
                let start = record.encoded(encoding)?;
                let place = if encoding & 0x70 == RELATIVE { address + at as u64 + 8 } else { 0 };
                Some(Extent { start: start.wrapping_add(place), size: record.encoded(encoding)? })
            })(),
            None => None,
        };
        found.extend(extent);
    }
}

/// The functions that were placed together, by their start.
pub struct Extents(HashMap<u64, Extent>);

impl Extents {
    /// `starts`: of the functions. One without unwind information goes as far as the next, with its constants.
    pub fn of(arena: &Arena, frames: Frames, starts: impl Iterator<Item = u64>) -> Extents {
        let table = arena.bytes(frames.address, frames.size).unwrap_or_default();
        let mut known: HashMap<u64, Extent> =
            read(table, frames.address).into_iter().map(|extent| (extent.start, extent)).collect();
        let mut starts: Vec<u64> = starts.collect();
        let end = if frames.address != 0 { frames.address } else { arena.bounds().0 + arena.used() as u64 };
        starts.push(end);
        starts.sort_unstable();
        for pair in starts.windows(2) {
            let size = pair[1] - pair[0];
            known.entry(pair[0]).or_insert(Extent { start: pair[0], size });
        }
        Extents(known)
    }

    /// `None` if no function starts there.
    pub fn at(&self, address: u64) -> Option<Extent> {
        self.0.get(&address).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A common record with a personality, and a function's of 0x23 bytes at 0x1000; the table is at 0x2000.
    fn table() -> Vec<u8> {
        let mut table = 24u32.to_le_bytes().to_vec();
        table.extend([0, 0, 0, 0, 1]);
        table.extend(b"zPLR\0");
        table.extend([1, 0x78, 16, 7, 0x9b, 1, 2, 3, 4, 0x1b, 0x1b, 0]);
        table.resize(28, 0);
        table.extend(16u32.to_le_bytes());
        table.extend(32u32.to_le_bytes());
        table.extend((0x1000i32 - (0x2000 + 36)).to_le_bytes());
        table.extend(0x23u32.to_le_bytes());
        table.resize(48, 0);
        table.extend([0; 4]);
        table
    }

    #[test]
    fn a_function_is_as_long_as_its_unwind_record_says() {
        assert_eq!(read(&table(), 0x2000), [Extent { start: 0x1000, size: 0x23 }]);
    }

    #[test]
    fn damage_makes_no_panic() {
        let whole = table();
        for size in 0..whole.len() {
            read(&whole[..size], 0x2000);
        }
        for bit in 0..whole.len() * 8 {
            let mut bad = whole.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            read(&bad, 0x2000);
        }
    }
}
