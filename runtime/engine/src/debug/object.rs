//! A relocatable object that describes a unit, as clang wrote it.

use ::object::LittleEndian;
use ::object::elf;
use ::object::read::elf::{FileHeader, Rela, SectionHeader, Sym};
use autojit_protocol::Hash;
use autojit_protocol::debug::IDENTITY_SECTION;

type Header = elf::FileHeader64<LittleEndian>;

/// Numbers of sections and symbols are those of the file.
pub struct Object<'a> {
    pub sections: Vec<Section<'a>>,
    pub symbols: Vec<Symbol<'a>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Code,
    /// Constants, unwind information of one function, pointers to type information.
    Data,
    EhFrame,
    /// Debug information.
    Debug,
    /// Symbol tables and the like, notes.
    Other,
}

pub struct Section<'a> {
    pub name: &'a str,
    pub kind: Kind,
    pub align: u64,
    pub data: &'a [u8],
    pub relocations: Vec<Relocation>,
}

pub struct Relocation {
    pub offset: usize,
    pub symbol: usize,
    pub kind: u32,
    pub addend: i64,
}

#[derive(Clone, Copy)]
pub struct Symbol<'a> {
    pub name: &'a str,
    /// `None` if it is not defined here.
    pub section: Option<usize>,
    pub value: u64,
    pub size: u64,
    pub is_function: bool,
    pub is_weak: bool,
    pub is_global: bool,
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "a name in it is not UTF-8".to_owned())
}

fn kind(name: &str, section_type: u32, flags: u64) -> Kind {
    let is_allocated = flags & u64::from(elf::SHF_ALLOC) != 0;
    match () {
        () if name == ".eh_frame" => Kind::EhFrame,
        () if is_allocated && flags & u64::from(elf::SHF_EXECINSTR) != 0 => Kind::Code,
        () if is_allocated && section_type == elf::SHT_PROGBITS => Kind::Data,
        () if name.starts_with(".debug_") => Kind::Debug,
        () => Kind::Other,
    }
}

impl<'a> Object<'a> {
    pub fn parse(bytes: &'a [u8]) -> Result<Object<'a>, String> {
        Object::read(bytes).map_err(|error| error.to_string())?
    }

    fn read(bytes: &'a [u8]) -> ::object::Result<Result<Object<'a>, String>> {
        let header = Header::parse(bytes)?;
        let endian = header.endian()?;
        let table = header.sections(endian, bytes)?;
        let mut sections = Vec::with_capacity(table.len());
        for section in table.iter() {
            let name = match text(table.section_name(endian, section)?) {
                Ok(name) => name,
                Err(problem) => return Ok(Err(problem)),
            };
            let section_type = section.sh_type(endian);
            let data = if section_type == elf::SHT_NOBITS { &[] } else { section.data(endian, bytes)? };
            sections.push(Section {
                name,
                kind: kind(name, section_type, section.sh_flags(endian)),
                align: section.sh_addralign(endian).max(1),
                data,
                relocations: Vec::new(),
            });
        }
        for section in table.iter() {
            let Some((relocations, _)) = section.rela(endian, bytes)? else { continue };
            let Some(target) = sections.get_mut(section.sh_info(endian) as usize) else { continue };
            target.relocations = relocations
                .iter()
                .map(|r| Relocation {
                    offset: r.r_offset(endian) as usize,
                    symbol: r.r_sym(endian, false) as usize,
                    kind: r.r_type(endian, false),
                    addend: r.r_addend(endian),
                })
                .collect();
        }
        let table = table.symbols(endian, bytes, elf::SHT_SYMTAB)?;
        let mut symbols = Vec::with_capacity(table.len());
        for (index, symbol) in table.enumerate() {
            let name = match text(table.symbol_name(endian, symbol)?) {
                Ok(name) => name,
                Err(problem) => return Ok(Err(problem)),
            };
            symbols.push(Symbol {
                name,
                section: table.symbol_section(endian, symbol, index)?.map(|s| s.0),
                value: symbol.st_value(endian),
                size: symbol.st_size(endian),
                is_function: symbol.st_type() == elf::STT_FUNC,
                is_weak: symbol.st_bind() == elf::STB_WEAK,
                is_global: symbol.st_bind() != elf::STB_LOCAL,
            });
        }
        Ok(Ok(Object { sections, symbols }))
    }

    /// The section of a function, and where in it the function begins: words may stand in front.
    pub fn function(&self, name: &str) -> Option<(usize, u64)> {
        let symbol = self.symbols.iter().find(|s| s.is_function && s.section.is_some() && s.name == name)?;
        Some((symbol.section?, symbol.value))
    }

    /// The same with another name for a symbol that it defines.
    pub fn renamed(mut self, from: &str, to: &'a str) -> Object<'a> {
        for symbol in self.symbols.iter_mut().filter(|s| s.section.is_some() && s.name == from) {
            symbol.name = to;
        }
        self
    }

    /// Which functions and imports the unit had in this compile.
    pub fn identity(&self) -> Option<Hash> {
        self.sections.iter().find(|s| s.name == IDENTITY_SECTION)?.data.try_into().ok()
    }
}
