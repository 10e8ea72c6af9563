//! The source file that GDB begins with.
//!
//! `list`, and `break LINE` without a file, mean the file with `main`. GDB sees from the debug information of `main` which that is, but a lazy one has none before
//! it runs; then GDB takes the last unit of debug information in the program. So a unit with the name of `main`'s source is put behind
//! all others. There is a type in it because GDB keeps no unit that has nothing.

use super::inputs::{Input, Inputs};
use super::{Line, memory, new_object, records, symbols};
use anyhow::Result;
use autojit_passes::stub_lines::{ABBREVIATIONS_AT, Source, source_of};
use object::write::{Relocation, StandardSegment};
use object::{Object, ObjectSection, ObjectSymbol, RelocationFlags, SectionKind, elf};

/// Adds such a unit to a program whose `main` is lazy and not in the last of its units.
pub fn name(inputs: &Inputs, line: &mut Line) -> Result<()> {
    if inputs.is_shared {
        return Ok(());
    }
    let mut members = inputs.iter().filter(|input| !input.is_by_need()).flat_map(Input::members);
    let Some(main) = members.find(|member| defines_main(member.data)) else { return Ok(()) };
    let sections = (section(main.data, ".debug_info"), section(main.data, ".debug_line_str"));
    let (Some(info), Some(strings)) = sections else { return Ok(()) };
    let Some(source) = source_of(info, strings) else { return Ok(()) };
    let is_main = |member: &[u8]| std::ptr::eq(member, main.data);
    let behind = inputs.iter().flat_map(Input::members).skip_while(|member| !is_main(member.data)).skip(1);
    if behind.into_iter().all(|member| section(member.data, ".debug_info").is_none()) {
        return Ok(());
    }
    let object = memory::create(c"main_source.o", &object(&source)?)?;
    line.last.push(object.path());
    line.files.push(object);
    Ok(())
}

fn defines_main(bytes: &[u8]) -> bool {
    let Some(file) = symbols::is_elf(bytes).then(|| records::object(bytes)).flatten() else { return false };
    file.symbols()
        .any(|symbol| symbol.is_global() && symbol.is_definition() && symbol.name_bytes() == Ok(b"main"))
}

/// The section of this name in an object, if it has one.
fn section<'a>(bytes: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let file = symbols::is_elf(bytes).then(|| records::object(bytes)).flatten()?;
    file.section_by_name(name)?.data().ok()
}

fn object(source: &Source<'_>) -> Result<Vec<u8>> {
    let mut object = new_object::begin();
    let segment = object.segment_name(StandardSegment::Debug).to_vec();
    let (unit, abbreviations) = source.bare_unit();
    let info = object.add_section(segment.clone(), b".debug_info".to_vec(), SectionKind::Debug);
    object.append_section_data(info, &unit, 1);
    let abbrev = object.add_section(segment, b".debug_abbrev".to_vec(), SectionKind::Debug);
    object.append_section_data(abbrev, abbreviations, 1);
    let symbol = object.section_symbol(abbrev);
    let flags = RelocationFlags::Elf { r_type: elf::R_X86_64_32 };
    object.add_relocation(info, Relocation { offset: ABBREVIATIONS_AT as u64, symbol, addend: 0, flags })?;
    new_object::finish(object)
}
