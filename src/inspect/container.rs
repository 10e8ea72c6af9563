//! Files to sections: takes objects, programs, libraries and archives of objects apart.

use anyhow::{Context, Result, bail};
use autojit_protocol::late::NOTE_SECTION;
use autojit_protocol::record::{RECORD_SECTION, STATIC_SECTION};
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection};
use std::fs;
use std::path::Path;

/// What one object of a file holds for us.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its name, if it is a member of an archive.
    pub member: Option<String>,
    /// Contents of the sections of module records.
    pub records: Vec<Vec<u8>>,
    /// A note says that it is bound late.
    pub is_late: bool,
    /// Contents of the sections about static functions.
    pub statics: Vec<Vec<u8>>,
}

/// The objects in a file that stands at `path`.
pub fn parts(path: &Path, bytes: &[u8]) -> Result<Vec<Part>> {
    if !bytes.starts_with(&object::archive::MAGIC) && !bytes.starts_with(&object::archive::THIN_MAGIC) {
        if !is_elf(bytes) {
            bail!("not an ELF object file, program, library or archive");
        }
        return Ok(vec![part(None, bytes)?]);
    }
    let archive = ArchiveFile::parse(bytes).context("damaged archive")?;
    let mut parts = Vec::new();
    for member in archive.members() {
        let member = member.context("damaged archive")?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        let outside;
        let data = if member.is_thin() {
            outside = fs::read(path.with_file_name(&name)).with_context(|| format!("member {name}"))?;
            &outside
        } else {
            member.data(bytes).with_context(|| format!("member {name}"))?
        };
        // Archives may hold anything; what is no object has no lazy code.
        if is_elf(data) {
            parts.push(part(Some(name.clone()), data).with_context(|| format!("member {name}"))?);
        }
    }
    Ok(parts)
}

fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(&object::elf::ELFMAG)
}

fn part(member: Option<String>, bytes: &[u8]) -> Result<Part> {
    let file = object::File::parse(bytes).context("damaged object file")?;
    let mut part = Part { member, ..Part::default() };
    for section in file.sections() {
        let into = match section.name_bytes() {
            Ok(name) if name == RECORD_SECTION.as_bytes() => &mut part.records,
            Ok(name) if name == NOTE_SECTION.as_bytes() => {
                part.is_late = true;
                continue;
            }
            Ok(name) if name == STATIC_SECTION.as_bytes() => &mut part.statics,
            _ => continue,
        };
        into.push(section.data().context("damaged object file")?.to_vec());
    }
    Ok(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::write::{self, Object};
    use object::{Architecture, BinaryFormat, Endianness, SectionKind};

    fn elf(sections: &[(&str, &[u8])]) -> Vec<u8> {
        let mut o = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
        for (name, data) in sections {
            let id: write::SectionId = o.add_section(vec![], name.as_bytes().to_vec(), SectionKind::Other);
            o.append_section_data(id, data, 1);
        }
        o.write().unwrap()
    }

    fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut bytes = b"!<arch>\n".to_vec();
        for (name, data) in members {
            let header =
                format!("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", format!("{name}/"), 0, 0, 0, 644, data.len());
            bytes.extend_from_slice(header.as_bytes());
            bytes.extend_from_slice(data);
            bytes.resize(bytes.len().next_multiple_of(2), b'\n');
        }
        bytes
    }

    #[test]
    fn both_sections_of_an_object_are_found() {
        let bytes =
            elf(&[(".autojit", b"first"), (".text", b"x"), (".autojit.static", b"text"), (".autojit", b"2")]);
        let found = parts(Path::new("a.o"), &bytes).unwrap();
        let records = vec![b"first".to_vec(), b"2".to_vec()];
        assert_eq!(found, [Part { member: None, records, is_late: false, statics: vec![b"text".to_vec()] }]);
    }

    #[test]
    fn archive_members_that_are_no_objects_are_passed_over() {
        let object = elf(&[(".autojit", b"r")]);
        let bytes = archive(&[("readme", b"hello"), ("a.o", &object), ("b.o", &elf(&[]))]);
        let found = parts(Path::new("a.a"), &bytes).unwrap();
        let names: Vec<_> = found.iter().map(|p| (p.member.as_deref(), p.records.len())).collect();
        assert_eq!(names, [(Some("a.o"), 1), (Some("b.o"), 0)]);
    }

    #[test]
    fn other_and_damaged_files_are_errors() {
        let error = |bytes: &[u8]| format!("{:#}", parts(Path::new("f"), bytes).unwrap_err());
        assert!(error(b"int main;").contains("not an ELF object"));
        assert!(error(b"").contains("not an ELF object"));
        assert!(error(b"\x7fELF\x02").contains("damaged object file"));
        assert!(error(b"!<arch>\nshort").contains("damaged archive"));
        let whole = elf(&[(".autojit", &[0; 100])]);
        for n in 4..whole.len() {
            let _ = parts(Path::new("f"), &whole[..n]);
        }
    }
}
