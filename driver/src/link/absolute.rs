//! Absolute symbols (`_binary_data_size` of embedded files), where GNU ld would make addresses of them.
//!
//! clang's code loads a symbol's address from the linker's table by an instruction; of what is absolute, the linker turns that into one
//! with the number in it. The import entries of lazy code (`passes/src/arch/x86_64.rs`) are no instructions, so that there is a
//! place in the table, and for a symbol that a position-independent image exports, or hides by a version script, GNU ld 2.40 adds the image's address to the number, or fails. So there the
//! entries of such symbols lead to words of our own. LLVM's linker has it right.

use super::extend::{self, Content, Symbol};
use super::inputs::{Input, Inputs};
use super::{Line, records, rewrite, symbols};
use anyhow::Result;
use autojit_protocol::record::RECORD_SECTION;
use object::read::elf::{FileHeader, SectionHeader, Sym};
use object::{LittleEndian, elf};
use std::collections::{BTreeMap, HashMap};
use std::mem::{offset_of, size_of};

type Header = elf::FileHeader64<LittleEndian>;
type Entry = elf::Rela64<LittleEndian>;

const LE: LittleEndian = LittleEndian;

/// What decides which symbols others see: how such options begin, behind one hyphen or two.
const DECIDE: [&[u8]; 4] = [b"export-dynamic", b"Bsymbolic", b"version-script", b"dynamic-list"];

/// Changes the lazy objects in which there are such entries.
pub fn place(inputs: &mut Inputs, line: &mut Line) -> Result<()> {
    let decides = |word: &[u8]| {
        let name = word.strip_prefix(b"-").map(|name| name.strip_prefix(b"-").unwrap_or(name));
        word == b"-E" || name.is_some_and(|name| DECIDE.iter().any(|option| name.starts_with(option)))
    };
    if inputs.is_lld || !inputs.words().any(decides) {
        return Ok(());
    }
    let numbers = numbers(inputs);
    if numbers.is_empty() {
        return Ok(());
    }
    rewrite::members(inputs, line, |object| with_words(object, &numbers), |_| {}).map(drop)
}

/// The absolute symbols that objects define, but those that others define as well.
fn numbers(inputs: &Inputs) -> HashMap<Vec<u8>, u64> {
    let mut found: HashMap<Vec<u8>, u64> = HashMap::new();
    let objects = || inputs.iter().flat_map(Input::members).map(|member| member.data);
    for bytes in objects() {
        each_definition(bytes, |name, section, value| {
            if section == elf::SHN_ABS {
                found.entry(name.to_vec()).or_insert(value);
            }
        });
    }
    if !found.is_empty() {
        for bytes in objects() {
            each_definition(bytes, |name, section, value| {
                if section != elf::SHN_ABS || found.get(name).is_some_and(|known| *known != value) {
                    found.remove(name);
                }
            });
        }
    }
    found
}

/// Calls `with` the name, section and value of each global symbol that an object defines.
fn each_definition(bytes: &[u8], mut with: impl FnMut(&[u8], u16, u64)) {
    let read = || {
        let header = Header::parse(bytes).ok().filter(|header| header.e_type(LE) == elf::ET_REL)?;
        header.sections(LE, bytes).ok()?.symbols(LE, bytes, elf::SHT_SYMTAB).ok()
    };
    let Some(table) = symbols::is_elf(bytes).then(read).flatten() else { return };
    for symbol in table.iter() {
        let section = symbol.st_shndx(LE);
        if section != elf::SHN_UNDEF
            && symbol.st_bind() != elf::STB_LOCAL
            && let Ok(name) = table.symbol_name(LE, symbol)
        {
            with(name, section, symbol.st_value(LE));
        }
    }
}

/// The object with words for the numbers that its import entries lead to. `None` if there are none.
fn with_words(bytes: &[u8], numbers: &HashMap<Vec<u8>, u64>) -> Option<Vec<u8>> {
    if !records::has_any(bytes) {
        return None;
    }
    let header = Header::parse(bytes).ok()?;
    let sections = header.sections(LE, bytes).ok()?;
    let table = sections.symbols(LE, bytes, elf::SHT_SYMTAB).ok()?;
    // By name: which word, and where the relocations are.
    let mut entries: BTreeMap<&[u8], Vec<usize>> = BTreeMap::new();
    for (_, section) in sections.enumerate() {
        let of = object::SectionIndex(section.sh_info(LE) as usize);
        let is_records = || {
            let section = sections.section(of).ok()?;
            sections.section_name(LE, section).ok().filter(|name| *name == RECORD_SECTION.as_bytes())
        };
        let Some((relocations, _)) =
            section.rela(LE, bytes).ok().flatten().filter(|_| is_records().is_some())
        else {
            continue;
        };
        for (number, relocation) in relocations.iter().enumerate() {
            let symbol = object::SymbolIndex(relocation.r_sym(LE, false) as usize);
            if relocation.r_type(LE, false) == elf::R_X86_64_GOTPCREL
                && let Ok(symbol) = table.symbol(symbol)
                && let Ok(name) = table.symbol_name(LE, symbol)
                && numbers.contains_key(name)
            {
                let at = section.sh_offset(LE) as usize + number * size_of::<Entry>();
                entries.entry(name).or_default().push(at + offset_of!(Entry, r_info));
            }
        }
    }
    if entries.is_empty() {
        return None;
    }
    let mut words = Content::default();
    for name in entries.keys() {
        let symbol = [b"__autojit_absolute.", *name].concat();
        words.symbols.push(Symbol { name: symbol, offset: words.bytes.len() as u64, size: 8 });
        words.bytes.extend_from_slice(&numbers[*name].to_le_bytes());
    }
    let mut out = extend::add_section(bytes, ".rodata.autojit", &words)?;
    for (number, places) in entries.values().enumerate() {
        let symbol = u32::try_from(table.len() + number).ok()?;
        let info = elf::Rela64::<LittleEndian>::r_info(LE, false, symbol, elf::R_X86_64_PC32);
        for &at in places {
            out[at..at + 8].copy_from_slice(object::pod::bytes_of(&info));
        }
    }
    Some(out)
}
