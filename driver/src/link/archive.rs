//! Archives: reading members, and writing one with other members.
//!
//! Written by hand and not by LLVM, because the index needs the members' symbols, which are known here already.

use super::memory::Mapped;
use anyhow::Result;
use object::read::archive::ArchiveFile;
use std::ffi::OsStr;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

#[derive(Clone, Copy)]
pub struct Member<'a> {
    pub name: &'a [u8],
    pub data: &'a [u8],
}

enum Data {
    /// In the archive.
    Within(Range<usize>),
    /// The file that a thin archive names.
    File(Mapped),
}

/// Where the members of an archive are.
#[derive(Default)]
pub struct Members(Vec<(Vec<u8>, Data)>);

pub fn is_archive(bytes: &[u8]) -> bool {
    bytes.starts_with(&object::archive::MAGIC) || bytes.starts_with(&object::archive::THIN_MAGIC)
}

impl Members {
    /// The members of an archive that stands at `path`.
    pub fn of(path: &Path, bytes: &[u8]) -> Result<Members> {
        let mut members = Vec::new();
        for member in ArchiveFile::parse(bytes)?.members() {
            let member = member?;
            let data = if member.is_thin() {
                Data::File(Mapped::open(&path.with_file_name(OsStr::from_bytes(member.name())))?)
            } else {
                // That it lies within the archive is checked with it.
                let size = member.data(bytes)?.len();
                let start = usize::try_from(member.file_range().0)?;
                Data::Within(start..start + size)
            };
            members.push((member.name().to_vec(), data));
        }
        Ok(Members(members))
    }

    /// A file that is no archive.
    pub fn single(bytes: &[u8]) -> Members {
        Members(vec![(Vec::new(), Data::Within(0..bytes.len()))])
    }

    /// The members; `bytes`: what they were found in.
    pub fn iter<'a>(&'a self, bytes: &'a [u8]) -> impl Iterator<Item = Member<'a>> {
        self.0.iter().map(|(name, data)| Member {
            name,
            data: match data {
                Data::Within(range) => bytes.get(range.clone()).unwrap_or_default(),
                Data::File(file) => file,
            },
        })
    }
}

/// A member to be written, with the symbols that make linkers take it.
pub struct NewMember<'a> {
    pub name: &'a [u8],
    pub data: &'a [u8],
    pub symbols: Vec<Vec<u8>>,
}

const HEADER: usize = 60;

/// An archive with an index, in the format of GNU ar.
pub fn write(members: &[NewMember<'_>]) -> Vec<u8> {
    let mut names = Vec::new();
    let mut fields = Vec::new();
    for member in members {
        if member.name.len() < 16 && !member.name.contains(&b'/') {
            fields.push([member.name, b"/"].concat());
        } else {
            fields.push(format!("/{}", names.len()).into_bytes());
            names.extend_from_slice(member.name);
            names.extend_from_slice(b"/\n");
        }
    }
    let count: usize = members.iter().map(|m| m.symbols.len()).sum();
    let text: usize = members.iter().flat_map(|m| &m.symbols).map(|s| s.len() + 1).sum();
    let padded = |size: usize| size.next_multiple_of(2);
    let start = |word: usize| {
        let index = HEADER + padded(word + word * count + text);
        let names = if names.is_empty() { 0 } else { HEADER + padded(names.len()) };
        object::archive::MAGIC.len() + index + names
    };
    let total: usize = members.iter().map(|m| HEADER + padded(m.data.len())).sum();
    // Offsets of 32 bits as long as they do.
    let (word, index_name): (usize, &[u8]) =
        if start(4) + total < u32::MAX as usize { (4, b"/") } else { (8, b"/SYM64/") };

    let mut out = Vec::with_capacity(start(word) + total);
    out.extend_from_slice(&object::archive::MAGIC);
    let mut index = Vec::new();
    let number =
        |index: &mut Vec<u8>, n: usize| index.extend_from_slice(&(n as u64).to_be_bytes()[8 - word..]);
    number(&mut index, count);
    let mut at = start(word);
    for member in members {
        member.symbols.iter().for_each(|_| number(&mut index, at));
        at += HEADER + padded(member.data.len());
    }
    for symbol in members.iter().flat_map(|m| &m.symbols) {
        index.extend_from_slice(symbol);
        index.push(0);
    }
    add(&mut out, index_name, &index);
    if !names.is_empty() {
        add(&mut out, b"//", &names);
    }
    for (member, field) in members.iter().zip(&fields) {
        add(&mut out, field, member.data);
    }
    out
}

fn add(out: &mut Vec<u8>, name: &[u8], data: &[u8]) {
    let name = String::from_utf8_lossy(name);
    out.extend_from_slice(
        format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", 0, 0, 0, 644, data.len()).as_bytes(),
    );
    out.extend_from_slice(data);
    if !data.len().is_multiple_of(2) {
        out.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_with_its_index() {
        let long = b"a-name-of-more-than-fifteen-letters.o";
        let new = [
            NewMember { name: b"a.o", data: b"first", symbols: vec![b"f".to_vec(), b"g".to_vec()] },
            NewMember { name: long, data: b"second", symbols: vec![b"h".to_vec()] },
        ];
        let bytes = write(&new);
        let read = Members::of(Path::new("x.a"), &bytes).unwrap();
        let found: Vec<_> = read.iter(&bytes).map(|m| (m.name, m.data)).collect();
        assert_eq!(found, [(&b"a.o"[..], &b"first"[..]), (&long[..], &b"second"[..])]);
        let archive = ArchiveFile::parse(&*bytes).unwrap();
        let mut index = Vec::new();
        for symbol in archive.symbols().unwrap().unwrap() {
            let symbol = symbol.unwrap();
            let member = archive.member(symbol.offset()).unwrap();
            index.push((symbol.name().to_vec(), member.data(&*bytes).unwrap()));
        }
        let expected: [(Vec<u8>, &[u8]); 3] =
            [(b"f".to_vec(), b"first"), (b"g".to_vec(), b"first"), (b"h".to_vec(), b"second")];
        assert_eq!(index, expected);
    }
}
