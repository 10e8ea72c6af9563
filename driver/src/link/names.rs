//! The object with the table of names that the linker resolves for the runtime (`protocol/late.rs`).

use anyhow::Result;
use autojit_protocol::late::{NAMES_SECTION, NAMES_SYMBOL, NamedSymbol};
use object::write::{Object, Relocation, StandardSegment, Symbol, SymbolFlags, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionFlags, SectionKind, SymbolKind,
    SymbolScope, elf,
};

/// "May run with control-flow enforcement": without it the linker would take that from the whole program.
const PROPERTY: &[u32] = &[4, 16, 5, u32::from_le_bytes(*b"GNU\0"), 0xc000_0002, 4, 3, 0];

pub fn object(names: &[&[u8]]) -> Result<Vec<u8>> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let segment = object.segment_name(StandardSegment::Data).to_vec();
    let section =
        object.add_section(segment.clone(), NAMES_SECTION.as_bytes().to_vec(), SectionKind::ReadOnlyData);
    let entry = size_of::<NamedSymbol>();
    let mut data = vec![0; entry * (names.len() + 1)];
    for (i, name) in names.iter().enumerate() {
        let distance = i32::try_from(data.len() - i * entry)?;
        data[i * entry..i * entry + 4].copy_from_slice(&distance.to_le_bytes());
        data.extend_from_slice(name);
        data.push(0);
    }
    object.append_section_data(section, &data, 8);
    let symbol = |name: &[u8], section, scope| Symbol {
        name: name.to_vec(),
        value: 0,
        size: 0,
        kind: if section == SymbolSection::Undefined { SymbolKind::Unknown } else { SymbolKind::Data },
        scope,
        weak: false,
        section,
        flags: SymbolFlags::None,
    };
    object.add_symbol(symbol(NAMES_SYMBOL.as_bytes(), SymbolSection::Section(section), SymbolScope::Linkage));
    for (i, name) in names.iter().enumerate() {
        let symbol = object.add_symbol(symbol(name, SymbolSection::Undefined, SymbolScope::Unknown));
        let flags = RelocationFlags::Elf { r_type: elf::R_X86_64_GOTPCREL };
        let offset = (i * entry + 4) as u64;
        object.add_relocation(section, Relocation { offset, symbol, addend: 0, flags })?;
    }
    let property = object.add_section(segment.clone(), b".note.gnu.property".to_vec(), SectionKind::Note);
    let bytes: Vec<u8> = PROPERTY.iter().flat_map(|word| word.to_le_bytes()).collect();
    object.append_section_data(property, &bytes, 8);
    object.section_mut(property).flags = SectionFlags::Elf { sh_flags: u64::from(elf::SHF_ALLOC) };
    object.add_section(segment, b".note.GNU-stack".to_vec(), SectionKind::Other);
    Ok(object.write()?)
}
