//! Objects that are made for a link.

use anyhow::Result;
use object::write::{Object, StandardSegment};
use object::{Architecture, BinaryFormat, Endianness, SectionFlags, SectionKind, elf};

/// "May run with control-flow enforcement": without it the linker would take that from the whole program.
const PROPERTY: &[u32] = &[4, 16, 5, u32::from_le_bytes(*b"GNU\0"), 0xc000_0002, 4, 3, 0];

pub fn begin() -> Object<'static> {
    Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little)
}

/// The object's bytes, with what keeps the linker from taking rights from the program, or giving it some.
pub fn finish(mut object: Object<'_>) -> Result<Vec<u8>> {
    let segment = object.segment_name(StandardSegment::Data).to_vec();
    let property = object.add_section(segment.clone(), b".note.gnu.property".to_vec(), SectionKind::Note);
    let bytes: Vec<u8> = PROPERTY.iter().flat_map(|word| word.to_le_bytes()).collect();
    object.append_section_data(property, &bytes, 8);
    object.section_mut(property).flags = SectionFlags::Elf { sh_flags: u64::from(elf::SHF_ALLOC) };
    object.add_section(segment, b".note.GNU-stack".to_vec(), SectionKind::Other);
    Ok(object.write()?)
}
