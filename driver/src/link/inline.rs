//! Inline functions and instances of templates that another unit asks for.
//!
//! C++ has each unit define those that it uses ([basic.def.odr]), and so lazy objects have no symbols for those that only
//! their own lazy code calls. A program in which a unit relies on another one's is wrong, but with clang's objects it is linked. So when a
//! link misses such a symbol, each object that has the function gets a stub and a symbol for it, as it has for others: every function of
//! a payload has a slot.

use super::extend::{self, Content, Relocation, Symbol};
use super::inputs::Inputs;
use super::records::{self, Elf};
use super::{Line, missing, rewrite, symbols};
use crate::unit::Session;
use anyhow::Result;
use autojit_protocol::debug::STUB_SECTION;
use autojit_protocol::payload::{FUNCTION_INLINE, FUNCTION_PUBLIC, Payload};
use autojit_protocol::record::{RECORD_SECTION, SLOT_SECTION, TRAMPOLINE_SECTION};
use object::{Object, ObjectSection, ObjectSymbol, SymbolKind, elf};
use std::collections::HashSet;

/// Defines what the linker has missed, where there is such a function. False if there is none.
pub fn define(inputs: &mut Inputs, line: &mut Line, complaint: &str, session: &Session) -> Result<bool> {
    let missing = missing::symbols(complaint);
    if missing.is_empty() {
        return Ok(false);
    }
    let say = |name: &str| {
        if session.options.remarks {
            eprintln!(
                "{name}: remark: inline functions get symbols, for units that don't define them [-Rautojit=inline-symbols]"
            );
        }
    };
    rewrite::members(inputs, line, |object| with_symbols(object, &missing), say)
}

/// The object with symbols for those of its functions that are missing, if it has any.
fn with_symbols(bytes: &[u8], missing: &HashSet<&str>) -> Option<Vec<u8>> {
    let file = symbols::is_elf(bytes).then(|| records::object(bytes)).flatten()?;
    // Of several modules in one object it is not known where the parts of each are.
    let [record] = &records::of(&file)[..] else { return None };
    let payload = record.bytes()?;
    let payload = Payload::parse(&payload).ok()?;
    let is_without_symbol = |&slot: &u32| {
        let flags = payload.function(slot).map_or(0, |function| function.flags);
        flags & (FUNCTION_INLINE | FUNCTION_PUBLIC) == FUNCTION_INLINE
    };
    let is_missing =
        |name: &str| missing.contains(name) || missing.contains(missing::readable(name).as_str());
    let slots = (0..payload.header().function_count).filter(is_without_symbol);
    let functions: Vec<(u32, &str)> = slots
        .filter_map(|slot| Some((slot, payload.function_name(slot)?.trim_start_matches('\u{1}'))))
        .filter(|(_, name)| is_missing(name))
        .collect();
    if functions.is_empty() {
        return None;
    }
    let slots = file.section_by_name(SLOT_SECTION)?;
    if slots.size() != 8 * (1 + u64::from(record.header.slot_count)) {
        return None;
    }
    let (slots, trampoline) =
        (section_symbol(&file, SLOT_SECTION)?, section_symbol(&file, TRAMPOLINE_SECTION)?);
    let mut code = Content { is_code: true, ..Content::default() };
    for (slot, name) in functions {
        add_stub(&mut code, name, 8 * (1 + i64::from(slot)), slots, trampoline);
    }
    // Of the functions that others inline or take along, references are kept with those alone.
    for symbol in section_symbols(&file, RECORD_SECTION) {
        code.relocations.push(Relocation { offset: 0, symbol, kind: elf::R_X86_64_NONE, addend: 0 });
    }
    let has_stubs = file.section_by_name(STUB_SECTION).is_some();
    extend::add_section(bytes, if has_stubs { STUB_SECTION } else { ".text" }, &code)
}

/// The same that `passes/src/arch/x86_64.rs` writes, with an `endbr64` for all.
fn add_stub(code: &mut Content, name: &str, slot: i64, slots: u32, trampoline: u32) {
    const SIZE: u64 = 31;
    code.bytes.resize(code.bytes.len().next_multiple_of(16), 0xcc);
    let start = code.bytes.len() as u64;
    let mut relative = |offset, symbol, kind, addend| {
        code.relocations.push(Relocation { offset: start + offset, symbol, kind, addend: addend - 4 });
    };
    relative(7, slots, elf::R_X86_64_PC32, slot);
    relative(22, slots, elf::R_X86_64_PC32, slot);
    relative(27, trampoline, elf::R_X86_64_PLT32, 0);
    code.bytes.extend_from_slice(&[
        0xf3, 0x0f, 0x1e, 0xfa, // endbr64
        0x4c, 0x8b, 0x1d, 0, 0, 0, 0, // movq slot(%rip), %r11
        0x4d, 0x85, 0xdb, // testq %r11, %r11
        0x74, 0x03, // je
        0x41, 0xff, 0xe3, // jmpq *%r11
        0x4c, 0x8d, 0x1d, 0, 0, 0, 0, // leaq slot(%rip), %r11
        0xe9, 0, 0, 0, 0, // jmp trampoline
    ]);
    code.symbols.push(Symbol { name: name.as_bytes().to_vec(), offset: start, size: SIZE });
}

fn section_symbol(file: &Elf<'_>, name: &str) -> Option<u32> {
    section_symbols(file, name).next()
}

fn section_symbols<'a>(file: &'a Elf<'a>, name: &'a str) -> impl Iterator<Item = u32> {
    let of_section = move |index| file.section_by_index(index).is_ok_and(|s| s.name() == Ok(name));
    let symbols = file.symbols().filter(|symbol| symbol.kind() == SymbolKind::Section);
    symbols
        .filter(move |symbol| symbol.section_index().is_some_and(of_section))
        .filter_map(|symbol| u32::try_from(symbol.index().0).ok())
}
