//! The file that holds what is kept of one module: compiled functions, and which of them programs use.
//!
//! One file per module and not per function: a program needs hundreds of functions at once, and hundreds of small files
//! take longer to open than the functions to compile. Records are only ever appended, in one write each time; each has its
//! hash, so that a torn or damaged one is noticed, and reading ends there.
//!
//! ```text
//!   PackHeader
//!   RecordHeader, data, padding to 8       as often as there are records
//! ```

use autojit_protocol::Hash;
use std::ops::Range;

const MAGIC: [u8; 8] = *b"AJPACK\0\x01";
const RECORD_MAGIC: u32 = u32::from_le_bytes(*b"AJRC");

/// Bytes of a header: magic, build identity, hash of the payload.
pub const HEADER_SIZE: usize = 8 + 16 + 32;

/// Bytes of a record's header: magic, kind, size, hash.
const RECORD_HEADER_SIZE: usize = 4 + 4 + 8 + 32;

/// Identity of the code generator: another one makes other code.
pub type Build = [u8; 16];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A [`crate::template::Template`].
    Code = 1,
    /// A [`crate::profile`].
    Profile = 2,
    /// A unit described to debuggers, see `crate::debug`. Its pack has the name of its recipe's hash.
    Described = 3,
    /// An object that the compiler driver has made from bitcode. Its pack is named by what it was made from.
    Object = 4,
    /// The modules of an image, see [`crate::image`]; in the pack of the one that asks first.
    Image = 5,
    /// How a unit is compiled, see `crate::debug::apart`.
    Recipe = 6,
}

/// A record within the bytes of its pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    pub kind: Kind,
    pub data: Range<usize>,
}

/// What a pack holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Contents {
    pub records: Vec<Record>,
    /// Bytes up to the end of the last good record; what follows is damaged.
    pub good: usize,
}

pub fn header(build: &Build, module: &Hash) -> Vec<u8> {
    [&MAGIC[..], build, module].concat()
}

fn digest(kind: u32, data: &[u8]) -> Hash {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&kind.to_le_bytes());
    hasher.update(&(data.len() as u64).to_le_bytes());
    hasher.update(data);
    *hasher.finalize().as_bytes()
}

/// Appends a record to a buffer.
pub fn append(to: &mut Vec<u8>, kind: Kind, data: &[u8]) {
    to.extend_from_slice(&RECORD_MAGIC.to_le_bytes());
    to.extend_from_slice(&(kind as u32).to_le_bytes());
    to.extend_from_slice(&(data.len() as u64).to_le_bytes());
    to.extend_from_slice(&digest(kind as u32, data));
    to.extend_from_slice(data);
    to.resize(to.len().next_multiple_of(8), 0);
}

/// Reads a pack. `None` if it is not the module's, or of another build.
pub fn parse(bytes: &[u8], build: &Build, module: &Hash) -> Option<Contents> {
    if bytes.get(..HEADER_SIZE)? != header(build, module) {
        return None;
    }
    let mut contents = Contents { records: Vec::new(), good: HEADER_SIZE };
    while let Some((record, end)) = record(bytes, contents.good) {
        contents.records.extend(record);
        contents.good = end;
    }
    Some(contents)
}

/// The record at `start`, if its kind is known, and where the next one starts. `None` if it is damaged or not there.
fn record(bytes: &[u8], start: usize) -> Option<(Option<Record>, usize)> {
    let header = bytes.get(start..)?.get(..RECORD_HEADER_SIZE)?;
    let word = |at: usize| u32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
    if word(0) != RECORD_MAGIC {
        return None;
    }
    let size = usize::try_from(u64::from(word(8)) | u64::from(word(12)) << 32).ok()?;
    let begin = start + RECORD_HEADER_SIZE;
    let end = begin.checked_add(size)?;
    let next = end.checked_next_multiple_of(8)?;
    let data = bytes.get(begin..end)?;
    if next > bytes.len() || header[16..] != digest(word(4), data) {
        return None;
    }
    let kind = [Kind::Code, Kind::Profile, Kind::Described, Kind::Object, Kind::Image, Kind::Recipe]
        .into_iter()
        .find(|kind| *kind as u32 == word(4));
    Some((kind.map(|kind| Record { kind, data: begin..end }), next))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILD: Build = [1; 16];
    const MODULE: Hash = [2; 32];

    fn pack() -> Vec<u8> {
        let mut bytes = header(&BUILD, &MODULE);
        append(&mut bytes, Kind::Code, b"first");
        append(&mut bytes, Kind::Profile, b"");
        append(&mut bytes, Kind::Code, &[7; 100]);
        bytes
    }

    #[test]
    fn records_are_read_back() {
        let bytes = pack();
        let contents = parse(&bytes, &BUILD, &MODULE).unwrap();
        let found: Vec<_> = contents.records.iter().map(|r| (r.kind, &bytes[r.data.clone()])).collect();
        assert_eq!(found, [(Kind::Code, &b"first"[..]), (Kind::Profile, b""), (Kind::Code, &[7; 100])]);
        assert_eq!(contents.good, bytes.len());
    }

    #[test]
    fn another_build_or_module_is_a_miss() {
        assert_eq!(parse(&pack(), &[9; 16], &MODULE), None);
        assert_eq!(parse(&pack(), &BUILD, &[9; 32]), None);
        assert_eq!(parse(b"", &BUILD, &MODULE), None);
    }

    #[test]
    fn a_damaged_record_ends_the_pack() {
        let good = pack();
        let second = parse(&good, &BUILD, &MODULE).unwrap().records[1].data.start - RECORD_HEADER_SIZE;
        for at in second..good.len() {
            let mut bytes = good.clone();
            bytes[at] ^= 0x40;
            let contents = parse(&bytes, &BUILD, &MODULE).unwrap();
            let is_padding = contents.records.len() == 3;
            assert!(is_padding || (contents.good < good.len() && contents.records.len() < 3), "byte {at}");
        }
        for size in HEADER_SIZE..good.len() {
            let contents = parse(&good[..size], &BUILD, &MODULE).unwrap();
            assert!(contents.good <= size && contents.records.len() < 3);
        }
    }
}
