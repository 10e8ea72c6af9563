//! The shared libraries of a process, as far as their symbols go: code that is made for a description may call what the program
//! itself has no use for (functions of libstdc++ below those that were inlined, what the optimizer likes better than what was
//! written). Of the program itself, its indirect functions: a static one has the C library's.

use super::image::{self, Header, mappings};
use super::memory::Memory;
use ::object::elf;
use ::object::read::elf::{FileHeader, Rela, SectionHeader, Sym};
use rustix::process::Pid;
use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// They are read when the first name is asked for.
pub struct Libraries {
    pid: Pid,
    /// A file that is not one of them: the program's or library's that asks.
    except: PathBuf,
    /// Addresses by name. Of several libraries that have a name it is that of the last in memory: mostly the one that was
    /// loaded first.
    symbols: OnceLock<HashMap<String, u64>>,
}

impl Libraries {
    pub fn of_process(pid: Pid, except: &Path) -> Libraries {
        Libraries { pid, except: except.to_owned(), symbols: OnceLock::new() }
    }

    pub fn get(&self, name: &str) -> Option<u64> {
        self.symbols.get_or_init(|| self.read()).get(name).copied()
    }

    fn read(&self) -> HashMap<String, u64> {
        let mappings = mappings(self.pid);
        let mut found = Found::default();
        let mut seen = HashSet::new();
        for mapping in &mappings {
            if !mapping.path.is_absolute() || !seen.insert(mapping.inode) {
                continue;
            }
            let Some(bytes) = image::open(self.pid, mapping) else { continue };
            let Some(bias) = image::bias(&bytes, mapping, &mappings) else { continue };
            // What can't be read has nothing.
            if mapping.path == self.except {
                let _ = add_indirect(&mut found, &bytes, bias);
            } else {
                let _ = add(&mut found, &bytes, bias);
            }
            let _ = add_slots(&mut found.slots, &bytes, bias);
        }
        let Found { mut symbols, indirect, slots } = found;
        if let Ok(memory) = Memory::of_process(self.pid) {
            for name in indirect {
                let called =
                    slots.get(&name).and_then(|&slot| memory.read_word(slot)).filter(|&word| word != 0);
                if let Some(address) = called {
                    symbols.entry(name).or_insert(address);
                }
            }
        }
        symbols
    }
}

#[derive(Default)]
struct Found {
    symbols: HashMap<String, u64>,
    /// Names of indirect functions: what they are, their resolvers say.
    indirect: HashSet<String>,
    /// Words of global offset tables by which somebody calls a symbol: what that resolver has said, or the way to ask it.
    slots: HashMap<String, u64>,
}

/// Adds the words by which a file refers to functions of others (psABI, 4.4: relocation types).
fn add_slots(slots: &mut HashMap<String, u64>, bytes: &[u8], bias: u64) -> Option<()> {
    let header = Header::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, bytes).ok()?;
    let symbols = sections.symbols(endian, bytes, elf::SHT_DYNSYM).ok()?;
    for section in sections.iter() {
        let Some((relocations, _)) = section.rela(endian, bytes).ok()? else { continue };
        for relocation in relocations {
            let kind = relocation.r_type(endian, false);
            let Some(index) = relocation.symbol(endian, false) else { continue };
            if !matches!(kind, elf::R_X86_64_GLOB_DAT | elf::R_X86_64_JUMP_SLOT) {
                continue;
            }
            let symbol = symbols.symbol(index).ok()?;
            if let Ok(name) = std::str::from_utf8(symbols.symbol_name(endian, symbol).ok()?) {
                let slot = relocation.r_offset(endian).wrapping_add(bias);
                let place = slots.entry(name.to_owned()).or_insert(slot);
                // These are there from the start.
                if kind == elf::R_X86_64_GLOB_DAT {
                    *place = slot;
                }
            }
        }
    }
    Some(())
}

/// Adds the indirect functions of a file that it calls itself (psABI, 4.4: `R_X86_64_IRELATIVE`).
fn add_indirect(found: &mut Found, bytes: &[u8], bias: u64) -> Option<()> {
    let header = Header::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, bytes).ok()?;
    let mut by_resolver = HashMap::new();
    for section in sections.iter() {
        let Some((relocations, _)) = section.rela(endian, bytes).ok()? else { continue };
        for relocation in relocations.iter().filter(|r| r.r_type(endian, false) == elf::R_X86_64_IRELATIVE) {
            let slot = relocation.r_offset(endian).wrapping_add(bias);
            by_resolver.insert(relocation.r_addend(endian).cast_unsigned(), slot);
        }
    }
    let symbols = sections.symbols(endian, bytes, elf::SHT_SYMTAB).ok()?;
    for symbol in symbols.iter().filter(|symbol| symbol.st_type() == elf::STT_GNU_IFUNC) {
        let name = std::str::from_utf8(symbols.symbol_name(endian, symbol).ok()?);
        if let (Ok(name), Some(&slot)) = (name, by_resolver.get(&symbol.st_value(endian))) {
            found.indirect.insert(name.to_owned());
            found.slots.insert(name.to_owned(), slot);
        }
    }
    Some(())
}

/// Adds what a file defines for others.
fn add(found: &mut Found, bytes: &[u8], bias: u64) -> Option<()> {
    let header = Header::parse(bytes).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, bytes).ok()?;
    let symbols = sections.symbols(endian, bytes, elf::SHT_DYNSYM).ok()?;
    let versions = sections.versions(endian, bytes).ok()?;
    for (index, symbol) in symbols.enumerate() {
        let is_indirect = symbol.st_type() == elf::STT_GNU_IFUNC;
        let is_fixed = matches!(symbol.st_type(), elf::STT_FUNC | elf::STT_OBJECT | elf::STT_NOTYPE);
        let is_default =
            versions.as_ref().is_none_or(|versions| !versions.version_index(endian, index).is_hidden());
        if symbol.st_shndx(endian) == elf::SHN_UNDEF
            || symbol.st_bind() == elf::STB_LOCAL
            || !(is_fixed || is_indirect)
            || !is_default
        {
            continue;
        }
        if let Ok(name) = std::str::from_utf8(symbols.symbol_name(endian, symbol).ok()?) {
            if is_indirect {
                found.indirect.insert(name.to_owned());
            } else {
                found.symbols.insert(name.to_owned(), symbol.st_value(endian).wrapping_add(bias));
            }
        }
    }
    Some(())
}
