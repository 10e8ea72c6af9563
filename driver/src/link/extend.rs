//! An object with more in it: a section, what it refers to, and symbols, behind what there is.
//!
//! Nothing that is there moves or gets another number, so that groups, relocations and tables of symbols stay right (ELF gABI,
//! chapter 4).

use object::{LittleEndian, U16, U32, U64, elf};
use std::mem::{offset_of, size_of};

/// What is to be added.
#[derive(Default)]
pub struct Content {
    pub is_code: bool,
    pub bytes: Vec<u8>,
    pub relocations: Vec<Relocation>,
    pub symbols: Vec<Symbol>,
}

/// A relocation with a symbol that the object has.
pub struct Relocation {
    pub offset: u64,
    pub symbol: u32,
    pub kind: u32,
    pub addend: i64,
}

/// A weak symbol: of a function, for all to call, or of constants, hidden.
pub struct Symbol {
    pub name: Vec<u8>,
    pub offset: u64,
    pub size: u64,
}

type Header = elf::FileHeader64<LittleEndian>;
type Section = elf::SectionHeader64<LittleEndian>;

const LE: LittleEndian = LittleEndian;
const ALIGN: u64 = 16;

/// The object with a section of this name. `None` if it is too large for numbers of 16 bits, or damaged.
pub fn add_section(object: &[u8], name: &str, new: &Content) -> Option<Vec<u8>> {
    let (header, _) = object::pod::from_bytes::<Header>(object).ok()?;
    let start = usize::try_from(header.e_shoff.get(LE)).ok()?;
    let count = usize::from(header.e_shnum.get(LE));
    if count == 0 || count + 2 >= usize::from(elf::SHN_LORESERVE) {
        return None;
    }
    let (sections, _) = object::pod::slice_from_bytes::<Section>(object.get(start..)?, count).ok()?;
    let mut sections = sections.to_vec();
    let content = |section: &Section| {
        let start = usize::try_from(section.sh_offset.get(LE)).ok()?;
        let size = usize::try_from(section.sh_size.get(LE)).ok()?;
        Some(object.get(start..start.checked_add(size)?)?.to_vec())
    };
    let is_table = |section: &&Section| section.sh_type.get(LE) == elf::SHT_SYMTAB;
    let symbol_table = sections.iter().position(|section| is_table(&section))?;
    let mut symbols = content(&sections[symbol_table])?;
    let strings = sections[symbol_table].sh_link.get(LE) as usize;
    let mut text = content(sections.get(strings)?)?;
    let names = usize::from(header.e_shstrndx.get(LE));
    // Compilers of today have one table for both.
    let mut other_text = if names == strings { None } else { Some(content(sections.get(names)?)?) };

    let add = |text: &mut Vec<u8>, name: &[u8]| {
        let at = u32::try_from(text.len()).ok()?;
        text.extend_from_slice(name);
        text.push(0);
        Some(at)
    };
    let new_name = add(other_text.as_mut().unwrap_or(&mut text), name.as_bytes())?;
    let table_name = add(other_text.as_mut().unwrap_or(&mut text), format!(".rela{name}").as_bytes())?;
    let (kind, visibility) =
        if new.is_code { (elf::STT_FUNC, elf::STV_DEFAULT) } else { (elf::STT_OBJECT, elf::STV_HIDDEN) };
    for symbol in &new.symbols {
        let symbol = elf::Sym64::<LittleEndian> {
            st_name: U32::new(LE, add(&mut text, &symbol.name)?),
            st_info: elf::STB_WEAK << 4 | kind,
            st_other: visibility,
            st_shndx: U16::new(LE, count as u16),
            st_value: U64::new(LE, symbol.offset),
            st_size: U64::new(LE, symbol.size),
        };
        symbols.extend_from_slice(object::pod::bytes_of(&symbol));
    }
    let mut relocations = Vec::new();
    for relocation in &new.relocations {
        let entry = elf::Rela64::<LittleEndian> {
            r_offset: U64::new(LE, relocation.offset),
            r_info: elf::Rela64::r_info(LE, false, relocation.symbol, relocation.kind),
            r_addend: object::I64::new(LE, relocation.addend),
        };
        relocations.extend_from_slice(object::pod::bytes_of(&entry));
    }

    let mut out = object.to_vec();
    let mut place = |bytes: &[u8]| {
        out.resize(out.len().next_multiple_of(ALIGN as usize), 0);
        let at = out.len() as u64;
        out.extend_from_slice(bytes);
        (U64::new(LE, at), U64::new(LE, bytes.len() as u64))
    };
    let mut replaced = vec![(symbol_table, symbols), (strings, text)];
    replaced.extend(other_text.map(|text| (names, text)));
    for (number, bytes) in &replaced {
        (sections[*number].sh_offset, sections[*number].sh_size) = place(bytes);
    }
    let mut section = |name, kind, flags: u32, bytes: &[u8]| {
        let (sh_offset, sh_size) = place(bytes);
        Section {
            sh_name: U32::new(LE, name),
            sh_type: U32::new(LE, kind),
            sh_flags: U64::new(LE, flags.into()),
            sh_addr: U64::new(LE, 0),
            sh_offset,
            sh_size,
            sh_link: U32::new(LE, 0),
            sh_info: U32::new(LE, 0),
            sh_addralign: U64::new(LE, ALIGN),
            sh_entsize: U64::new(LE, 0),
        }
    };
    let flags = elf::SHF_ALLOC | if new.is_code { elf::SHF_EXECINSTR } else { 0 };
    let new_section = section(new_name, elf::SHT_PROGBITS, flags, &new.bytes);
    let mut table = section(table_name, elf::SHT_RELA, elf::SHF_INFO_LINK, &relocations);
    table.sh_link = U32::new(LE, symbol_table as u32);
    table.sh_info = U32::new(LE, count as u32);
    table.sh_entsize = U64::new(LE, size_of::<elf::Rela64<LittleEndian>>() as u64);
    sections.extend([new_section, table]);
    let (start, _) = place(object::pod::bytes_of_slice(&sections));
    let count = U16::new(LE, sections.len() as u16);
    let mut write = |at: usize, bytes: &[u8]| out[at..at + bytes.len()].copy_from_slice(bytes);
    write(offset_of!(Header, e_shoff), object::pod::bytes_of(&start));
    write(offset_of!(Header, e_shnum), object::pod::bytes_of(&count));
    Some(out)
}
