//! The object with the table of names that the linker resolves for the runtime (`protocol/late.rs`).

use super::new_object;
use anyhow::Result;
use autojit_protocol::late::{NAMES_SECTION, NAMES_SYMBOL, NamedSymbol};
use object::write::{Relocation, StandardSegment, Symbol, SymbolFlags, SymbolSection};
use object::{RelocationFlags, SectionKind, SymbolKind, SymbolScope, elf};

pub fn object(names: &[&[u8]]) -> Result<Vec<u8>> {
    let mut object = new_object::begin();
    let segment = object.segment_name(StandardSegment::Data).to_vec();
    let section = object.add_section(segment, NAMES_SECTION.as_bytes().to_vec(), SectionKind::ReadOnlyData);
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
    new_object::finish(object)
}
