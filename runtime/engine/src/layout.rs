//! From the relocatable object that the code generator wrote to a [`Template`](crate::template).
//!
//! The objects are LLVM's own, of one kind: small position-independent code, unwind tables, constants. What is not
//! expected here (a section that would be written to, a relocation of another code model) is no error: the object is then
//! kept as it is, and JITLink links it.

use crate::template::{Fixup, Key, Kind, Parts, Symbol};
use object::read::elf::ElfFile64;
use object::{
    Endianness, Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget, SectionIndex,
    SectionKind, SymbolIndex, elf,
};
use std::collections::HashMap;

/// What names mean in the module.
pub trait Names {
    fn function(&self, name: &str) -> Option<u32>;
    fn import(&self, name: &str) -> Option<u32>;
    /// The function that the object has a body of under this name.
    fn body(&self, name: &str) -> Option<u32>;
}

/// What cannot be laid out, as a text for the log.
type Unexpected = &'static str;

type File<'a> = ElfFile64<'a, Endianness>;

/// Where a section went.
#[derive(Clone, Copy)]
enum Home {
    Code(usize),
    Frames(usize),
}

struct Layout<'a, N> {
    file: File<'a>,
    names: &'a N,
    homes: HashMap<SectionIndex, Home>,
    known: HashMap<SymbolIndex, u32>,
    parts: Parts,
}

/// Lays an object out.
pub fn lay_out(object: &[u8], key: Key, names: &impl Names) -> Result<Vec<u8>, Unexpected> {
    let file = File::parse(object).map_err(|_| "no ELF object")?;
    let parts = Parts { key, code_alignment: 16, ..Parts::default() };
    let mut layout = Layout { file, names, homes: HashMap::new(), known: HashMap::new(), parts };
    layout.place_sections()?;
    layout.find_bodies()?;
    layout.relocate()?;
    Ok(layout.parts.bytes())
}

const EH_FRAME: &str = ".eh_frame";

impl<N: Names> Layout<'_, N> {
    fn place_sections(&mut self) -> Result<(), Unexpected> {
        // Code in front: what is called should be close together.
        for want_code in [true, false] {
            for section in self.file.sections() {
                if (section.kind() == SectionKind::Text) == want_code {
                    let flags = section.elf_section_header().sh_flags.get(Endianness::Little);
                    let data = section.data().map_err(|_| "a section without data")?;
                    let name = section.name().unwrap_or_default();
                    if flags & u64::from(elf::SHF_ALLOC) == 0
                        || section.size() == 0
                        || name.starts_with(".note")
                    {
                        continue;
                    }
                    let is_written = flags & u64::from(elf::SHF_WRITE) != 0;
                    // Pointers that are never written after linking: to the personality, to type information.
                    if is_written && name != ".data" && !name.starts_with(".data.") {
                        return Err("a writable section");
                    }
                    if data.len() as u64 != section.size() {
                        return Err("a section without data");
                    }
                    let home = if name == EH_FRAME {
                        let at = self.parts.frames.len();
                        self.parts.frames.extend_from_slice(data);
                        if data.len() % 4 != 0 {
                            return Err("an odd unwind table");
                        }
                        Home::Frames(at)
                    } else {
                        let alignment = section.align().max(1);
                        let size = self.parts.code.len().next_multiple_of(alignment as usize);
                        let fill = if want_code { 0xcc } else { 0 };
                        self.parts.code.resize(size, fill);
                        self.parts.code.extend_from_slice(data);
                        self.parts.code_alignment = self.parts.code_alignment.max(alignment as u32);
                        Home::Code(size)
                    };
                    self.homes.insert(section.index(), home);
                }
            }
        }
        Ok(())
    }

    fn find_bodies(&mut self) -> Result<(), Unexpected> {
        for symbol in self.file.symbols().filter(|symbol| symbol.is_definition()) {
            let Some(function) = symbol.name().ok().and_then(|name| self.names.body(name)) else { continue };
            let Some(Home::Code(start)) = symbol.section_index().and_then(|s| self.homes.get(&s)) else {
                return Err("a body outside of the code");
            };
            self.parts.bodies.push((function, (start + symbol.address() as usize) as u32));
        }
        if self.parts.bodies.is_empty() { Err("no body") } else { Ok(()) }
    }

    fn relocate(&mut self) -> Result<(), Unexpected> {
        let mut all = Vec::new();
        for section in self.file.sections() {
            let Some(&home) = self.homes.get(&section.index()) else { continue };
            for (offset, relocation) in section.relocations() {
                let RelocationFlags::Elf { r_type } = relocation.flags() else {
                    return Err("no ELF relocation");
                };
                let RelocationTarget::Symbol(symbol) = relocation.target() else {
                    return Err("a relocation without a symbol");
                };
                all.push((home, offset as usize, r_type, symbol, relocation.addend()));
            }
        }
        for (home, offset, r_type, symbol, addend) in all {
            match self.own(symbol)? {
                Some((to, value)) => self.relocate_own(home, offset, r_type, to, value as i64 + addend)?,
                None => self.relocate_outside(home, offset, r_type, symbol, addend)?,
            }
        }
        Ok(())
    }

    /// Where a symbol of the object itself is: in the frames or not, and its offset there.
    fn own(&self, symbol: SymbolIndex) -> Result<Option<(bool, usize)>, Unexpected> {
        let symbol = self.file.symbol_by_index(symbol).map_err(|_| "an unknown symbol")?;
        let Some(section) = symbol.section_index() else { return Ok(None) };
        let value = symbol.address() as usize;
        match self.homes.get(&section) {
            Some(Home::Code(start)) => Ok(Some((false, start + value))),
            Some(Home::Frames(start)) => Ok(Some((true, start + value))),
            None => Err("a symbol of a section that is left out"),
        }
    }

    fn push(
        &mut self,
        home: Home,
        offset: usize,
        kind: Kind,
        symbol: u32,
        addend: i64,
    ) -> Result<(), Unexpected> {
        let (in_frames, start) = match home {
            Home::Code(start) => (false, start),
            Home::Frames(start) => (true, start),
        };
        let addend = i32::try_from(addend).map_err(|_| "a large addend")?;
        self.parts.fixups.push(Fixup { in_frames, at: start + offset, kind, symbol, addend });
        Ok(())
    }

    fn relocate_own(
        &mut self,
        home: Home,
        offset: usize,
        r_type: u32,
        to_frames: bool,
        target: i64,
    ) -> Result<(), Unexpected> {
        let (in_frames, at) = match home {
            Home::Code(start) => (false, start + offset),
            Home::Frames(start) => (true, start + offset),
        };
        if r_type == elf::R_X86_64_64 && !to_frames {
            return self.push(home, offset, Kind::OwnAbsolute, 0, target);
        }
        let is_short = match r_type {
            elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => true,
            elf::R_X86_64_PC64 => false,
            elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX if !in_frames && !to_frames => {
                // mov foo@GOTPCREL(%rip), %reg -> lea foo(%rip), %reg
                let opcode = at.checked_sub(2).and_then(|at| self.parts.code.get_mut(at));
                let opcode = opcode.filter(|opcode| **opcode == MOV).ok_or("a GOT entry of its own")?;
                *opcode = LEA;
                true
            }
            _ => return Err("an unexpected relocation"),
        };
        if in_frames != to_frames {
            let kind = if is_short { Kind::OwnRelative32 } else { Kind::OwnRelative64 };
            if to_frames {
                return Err("code that refers to its unwind table");
            }
            return self.push(home, offset, kind, 0, target);
        }
        // Within one piece the distance is known.
        let segment = if in_frames { &mut self.parts.frames } else { &mut self.parts.code };
        let distance = target - at as i64;
        let bytes = distance.to_le_bytes();
        let width = if is_short { 4 } else { 8 };
        if is_short && i32::try_from(distance).is_err() {
            return Err("a far reference");
        }
        segment
            .get_mut(at..at + width)
            .ok_or("a relocation outside of its section")?
            .copy_from_slice(&bytes[..width]);
        Ok(())
    }

    fn relocate_outside(
        &mut self,
        home: Home,
        offset: usize,
        r_type: u32,
        symbol: SymbolIndex,
        addend: i64,
    ) -> Result<(), Unexpected> {
        let kind = match r_type {
            elf::R_X86_64_PLT32 => Kind::Call,
            elf::R_X86_64_PC32 => Kind::Relative32,
            elf::R_X86_64_PC64 => Kind::Relative64,
            elf::R_X86_64_64 => Kind::Absolute,
            elf::R_X86_64_GOTPCREL => Kind::Cell,
            elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX => match home {
                Home::Code(start)
                    if addend == -4
                        && offset >= 2
                        && self.parts.code.get(start + offset - 2) == Some(&MOV) =>
                {
                    Kind::Load
                }
                _ => Kind::Cell,
            },
            _ => return Err("an unexpected relocation"),
        };
        let number = self.outside(symbol)?;
        self.push(home, offset, kind, number, addend)
    }

    /// The number of an undefined symbol in the template.
    fn outside(&mut self, symbol: SymbolIndex) -> Result<u32, Unexpected> {
        if let Some(&number) = self.known.get(&symbol) {
            return Ok(number);
        }
        let name = self.file.symbol_by_index(symbol).and_then(|symbol| symbol.name());
        let name = name.map_err(|_| "a symbol without a name")?;
        let meaning = Symbol { function: self.names.function(name), import: self.names.import(name) };
        if meaning.function.is_none() && meaning.import.is_none() {
            return Err("an unknown name");
        }
        let number = self.parts.symbols.len() as u32;
        self.parts.symbols.push(meaning);
        self.known.insert(symbol, number);
        Ok(number)
    }
}

pub const MOV: u8 = 0x8b;
pub const LEA: u8 = 0x8d;
