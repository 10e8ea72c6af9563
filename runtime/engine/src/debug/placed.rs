//! A description of code that has its places already: for a debugger that comes late ([`super::attached`]), and for a program
//! that prints its own stack.
//!
//! Each unit compiled once more ([`super::recompile`]) says what its code is; that is compared with the code that is there, but for
//! what a linker fills in. Above -O0 a function by itself is often optimized in another way than with all of its unit: then it is
//! compiled once more by itself, as it was when it was called, of a payload with debug information ([`Module::described`]).

use super::elf::{File, Symbol};
use super::image::{self, Image};
use super::object::{Kind, Object};
use super::singles::{self, Made};
use super::{Caches, Locals, Problem, Unit, is_same, link, locals, name, units};
use crate::arena::Arena;
use crate::loaded::Loaded;
use ::object::elf;
use autojit_protocol::rendezvous::runtime_directory;
use rustix::process::Pid;
use std::collections::HashSet;
use std::ops::Range;
use std::path::PathBuf;
use tempfile::TempDir;

/// Where code is.
pub(super) struct Code<'a> {
    /// Of a module's function. `None`: it has none.
    pub address: &'a dyn Fn(&Loaded, u32) -> Option<u64>,
    /// What is taken from addresses in the file.
    pub bias: u64,
    /// What stands there. `None`: that is not known, and taken for right.
    pub bytes: &'a dyn Fn(u64, usize) -> Option<Vec<u8>>,
    /// An address from the first number on, for so many bytes, where the process has nothing.
    pub free: &'a dyn Fn(u64, u64) -> u64,
    /// GDB is to read the description.
    pub is_gdb: bool,
}

pub(super) struct Description {
    /// An ELF file with absolute addresses. `None`: nothing can be described.
    pub file: Option<Vec<u8>>,
    pub functions: usize,
    /// What is not described, and why.
    pub remarks: Vec<String>,
}

/// Functions that are described, by module and number.
type Known = HashSet<(usize, u32)>;

/// Describes the units' functions. `others`: what else is to have a name, given what is described.
pub(super) fn describe_placed<'a>(
    image: &Image,
    units: &[Unit<'_>],
    modules: &[Loaded],
    caches: Caches<'_>,
    code: &Code<'_>,
    others: &dyn Fn(&Known) -> Vec<Symbol<'a>>,
) -> Description {
    let mut remarks = Vec::new();
    let locals: Vec<Locals<'_>> = units.iter().map(|unit| locals(image, &unit.note)).collect();
    let mut inputs = Vec::new();
    let mut numbers = Vec::new();
    let Made { whole, objects: made, singles } = singles::make(units, modules, caches, code.address);
    let objects: Vec<Result<Object<'_>, Problem>> = made
        .iter()
        .map(|made| made.as_ref().map_err(Clone::clone).and_then(|kept| Object::parse(&kept.object)))
        .collect();
    let input = |number: usize, object, module| link::Input {
        object,
        module,
        loaded: &modules[units[number].number],
        locals: locals[number].clone(),
        stub_size: units[number].note.header.stub_size.into(),
        is_other: false,
        is_bare: false,
    };
    for (&number, object) in whole.iter().zip(&objects) {
        let unit = &units[number];
        let loaded = &modules[unit.number];
        let Some(module) = loaded.ready() else { continue };
        let problem = match object {
            Ok(object) if is_same(object, module) => {
                inputs.push(input(number, object, module));
                numbers.push(number);
                continue;
            }
            Ok(_) => super::OTHER_FUNCTIONS,
            Err(problem) => problem.as_str(),
        };
        remarks.push(format!("{}: {problem}", name(unit.recipe)));
    }
    let mut placed: Vec<Vec<u64>> = Vec::new();
    let mut known = Known::new();
    let mut unlike = 0;
    for (input, &unit) in inputs.iter().zip(&numbers) {
        let mut addresses = vec![0; input.loaded.slot_count as usize];
        for symbol in input.object.symbols.iter().filter(|s| s.is_function) {
            let Some(section) = symbol.section.filter(|&s| input.object.sections[s].kind == Kind::Code)
            else {
                continue;
            };
            let Some(index) = input.module.function_index(symbol.name) else { continue };
            let Some(address) = (code.address)(input.loaded, index) else { continue };
            if is_code(code.bytes, address, input.object, section) {
                addresses[index as usize] = address.wrapping_sub(code.bias);
                known.insert((units[unit].number, index));
            } else {
                unlike += 1;
            }
        }
        placed.push(addresses);
    }
    let objects: Vec<Option<Object<'_>>> =
        singles.iter().map(|single| single.parsed(units, modules)).collect();
    for (object, single) in objects.iter().zip(&singles) {
        let unit = &units[single.unit];
        let loaded = &modules[unit.number];
        let start = |object: &Object<'_>| {
            let (section, value) = object.function(loaded.ready()?.function_name(single.index))?;
            let start = single.address.wrapping_sub(value);
            is_code(code.bytes, start, object, section).then_some(start)
        };
        let found = object.as_ref().and_then(|object| Some((object, start(object)?)));
        let (Some((object, start)), Some(module)) = (found, loaded.ready()) else {
            unlike += 1;
            continue;
        };
        inputs.push(input(single.unit, object, module));
        let mut addresses = vec![0; loaded.slot_count as usize];
        addresses[single.index as usize] = start.wrapping_sub(code.bias);
        placed.push(addresses);
        known.insert((unit.number, single.index));
    }
    if unlike > 0 {
        remarks.push(format!("{unlike} functions whose code was made in another way"));
    }
    let address = |input: usize, index: u32| {
        placed.get(input)?.get(index as usize).copied().filter(|&address| address != 0)
    };
    let others = others(&known);
    let file = match link::describe(&inputs, image, &address, code, &others) {
        _ if known.is_empty() && others.is_empty() => None,
        Ok(file) => Some(file),
        Err(failure) => {
            remarks.push(failure.problem);
            None
        }
    };
    Description { file, functions: known.len(), remarks }
}

/// Whether the code at an address is that of a section, but for what a linker fills in. Code that is not
/// known is believed.
pub(super) fn is_code(
    there: &dyn Fn(u64, usize) -> Option<Vec<u8>>,
    address: u64,
    object: &Object<'_>,
    section: usize,
) -> bool {
    let section = &object.sections[section];
    let Some(mut there) = there(address, section.data.len()) else { return true };
    let mut made = section.data.to_vec();
    for relocation in &section.relocations {
        let size = if matches!(relocation.kind, elf::R_X86_64_64 | elf::R_X86_64_PC64) { 8 } else { 4 };
        for bytes in [&mut there, &mut made] {
            if let Some(field) = bytes.get_mut(relocation.offset..relocation.offset + size) {
                field.fill(0);
            }
            // The instruction and its operand: the way over a table may have been made a direct one.
            if matches!(relocation.kind, elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX)
                && let Some(instruction) =
                    relocation.offset.checked_sub(2).and_then(|at| bytes.get_mut(at..relocation.offset))
            {
                instruction.fill(0);
            }
        }
    }
    there == made
}

/// A file that describes what a session has compiled so far, and the folder that goes with it: with lines where a unit brings along how to make
/// them, with names else. Its addresses count from the start of the arena. It is called as the client's image is, for reports that show
/// that, and no other one had its path: readers remember files by their paths. `address`: in that image.
pub fn file(
    pid: Pid,
    address: u64,
    modules: &[Loaded],
    arena: &Arena,
    caches: Caches<'_>,
) -> Option<(PathBuf, TempDir)> {
    let bytes = describe_session(pid, address, modules, arena, caches)?;
    let mapping = image::mappings(pid).into_iter().find(|m| (m.start..m.end).contains(&address))?;
    let folder = tempfile::Builder::new().prefix("described-").tempdir_in(runtime_directory()?).ok()?;
    let path = folder.path().join(mapping.path.file_name()?);
    std::fs::write(&path, bytes).ok()?;
    Some((path, folder))
}

fn describe_session(
    pid: Pid,
    address: u64,
    modules: &[Loaded],
    arena: &Arena,
    caches: Caches<'_>,
) -> Option<Vec<u8>> {
    // Rust's standard library takes an image that lies where it was linked to for the program itself.
    let (bias, end) = arena.bounds();
    let used = bias + arena.used() as u64;
    let others = |known: &Known| names(modules, known, bias..used);
    let code = Code {
        address: &|loaded, index| loaded.code(index),
        bias,
        bytes: &|address, size| arena.bytes(address, size as u64).map(<[u8]>::to_vec),
        free: &|_, _| end.wrapping_sub(bias),
        is_gdb: false,
    };
    let names_only = || {
        let symbols = others(&Known::new());
        let mut file = File::new();
        file.section_elsewhere(".text", 0..end.wrapping_sub(bias));
        (!symbols.is_empty()).then(|| file.finish(end.wrapping_sub(bias), 0..0, &symbols))
    };
    let image = Image::of_process(pid, address).filter(Image::has_notes);
    let Some(image) = image else { return names_only() };
    let units = units(&image, modules, |loaded| loaded.placed().next().is_some());
    describe_placed(&image, &units, modules, caches, &code, &others).file.or_else(names_only)
}

/// Symbols of all functions that have code and are not `known`; each ends where the next one starts. `code`: where code is.
fn names<'a>(modules: &'a [Loaded], known: &Known, code: Range<u64>) -> Vec<Symbol<'a>> {
    let mut symbols = Vec::new();
    for (number, loaded) in modules.iter().enumerate() {
        let Some(module) = loaded.ready() else { continue };
        for (index, address) in loaded.placed().filter(|&(index, _)| !known.contains(&(number, index))) {
            let (name, address) = (module.function_name(index), address.wrapping_sub(code.start));
            symbols.push(Symbol { name, place: (0, 0), address, size: 0, is_global: false });
        }
    }
    symbols.sort_by_key(|symbol| symbol.address);
    let end = code.end.wrapping_sub(code.start);
    let next: Vec<u64> = symbols.iter().skip(1).map(|s| s.address).chain([end]).collect();
    for (symbol, next) in symbols.iter_mut().zip(next) {
        symbol.size = next.saturating_sub(symbol.address);
    }
    symbols
}
