//! Symbols that clang's objects would not ask for, because clang removes the only code that mentions them.
//!
//! A payload is not optimized, so that the import table of its object has everything that the source mentions. A
//! linker seldom minds; programs that fail to link on purpose (`if (__builtin_constant_p(n) && n > 8) too_large();`)
//! make it, and even at -O0 code generation leaves out what can't be reached and loads that nobody uses. So when a link
//! fails, the units that ask for what the linker has named are compiled, which is what clang would have done, and what their code does not
//! refer to becomes a weak reference. Of everything else the linker's words stand.

use super::inputs::Inputs;
use super::records::{self, Elf};
use super::{Line, rewrite, symbols};
use crate::unit::Session;
use anyhow::Result;
use autojit_engine::llvm::demangle;
use autojit_engine::needs;
use autojit_protocol::record::RECORD_SECTION;
use object::read::elf::ElfSymbol64;
use object::{Endianness, Object, ObjectSection, ObjectSymbol, RelocationTarget, SymbolIndex, elf};
use std::collections::HashSet;

type Symbol<'data, 'file> = ElfSymbol64<'data, 'file, Endianness>;

/// Makes references weak that the linker has complained about and that no code needs. False if there are none.
pub fn weaken(inputs: &mut Inputs, line: &mut Line, complaint: &str, session: &Session) -> Result<bool> {
    let say = |name: &str| {
        if session.options.remarks {
            eprintln!("{name}: remark: symbols that are missing are not needed [-Rautojit=unneeded-symbols]");
        }
    };
    rewrite::members(inputs, line, |object| weakened(object, complaint), say)
}

/// The object with weak references to what it does not need, if there is such a thing.
fn weakened(bytes: &[u8], complaint: &str) -> Option<Vec<u8>> {
    let file = symbols::is_elf(bytes).then(|| records::object(bytes)).flatten()?;
    let missing: Vec<Symbol<'_, '_>> = file
        .symbols()
        .filter(|symbol| symbol.is_undefined() && symbol.is_global() && !symbol.is_weak())
        .filter(|symbol| symbol.name().is_ok_and(|name| is_named(complaint, name)))
        .collect();
    if missing.is_empty() {
        return None;
    }
    let used = used_by_static_code(&file);
    let names: Vec<&str> =
        missing.iter().filter(|s| !used.contains(&s.index())).filter_map(|s| s.name().ok()).collect();
    // What no import table has is asked for in a way that is not known here: it stays.
    let mut unneeded: HashSet<&str> = HashSet::new();
    let mut needed: HashSet<&str> = HashSet::new();
    for record in records::of(&file) {
        let payload = record.bytes()?;
        let imports: HashSet<&str> = records::imports(&payload).collect();
        let of_record: Vec<&str> = names.iter().copied().filter(|name| imports.contains(name)).collect();
        let free = needs::unneeded(record.header.hash, &payload, &of_record);
        needed.extend(of_record.iter().filter(|name| !free.contains(name)));
        unneeded.extend(free);
    }
    unneeded.retain(|name| !needed.contains(name));
    if unneeded.is_empty() {
        return None;
    }
    let mut changed = bytes.to_vec();
    let table = file.elf_symbol_table();
    let start = file.elf_section_table().section(table.section()).ok()?.sh_offset.get(file.endian());
    for symbol in missing.iter().filter(|s| s.name().is_ok_and(|name| unneeded.contains(name))) {
        // st_info is the fifth byte of an entry; its upper half is the binding (gABI, Symbol Table).
        let at = usize::try_from(start).ok()? + symbol.index().0 * SYMBOL_SIZE + 4;
        let info = changed.get_mut(at)?;
        *info = elf::STB_WEAK << 4 | *info & 0xf;
    }
    Some(changed)
}

const SYMBOL_SIZE: usize = size_of::<elf::Sym64<Endianness>>();

/// Whether a text has the symbol, as it is or as people write it.
fn is_named(text: &str, name: &str) -> bool {
    let is_part =
        |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$'));
    let has = |word: &str| {
        text.match_indices(word).any(|(at, _)| {
            let bytes = text.as_bytes();
            let before = at.checked_sub(1).and_then(|before| bytes.get(before));
            !is_part(before) && !is_part(bytes.get(at + word.len()))
        })
    };
    has(name) || name.starts_with("_Z") && text.contains(&demangle(name))
}

/// Symbols that something in the object refers to beside import tables and debug information.
fn used_by_static_code(file: &Elf<'_>) -> HashSet<SymbolIndex> {
    let is_code = |name: &str| name != RECORD_SECTION && !name.starts_with(".debug");
    let sections = file.sections().filter(|section| section.name().is_ok_and(is_code));
    let targets =
        sections.flat_map(|section| section.relocations().map(|(_, r)| r.target()).collect::<Vec<_>>());
    targets
        .filter_map(|target| match target {
            RelocationTarget::Symbol(index) => Some(index),
            _ => None,
        })
        .collect()
}
