//! Symbols that code generation asks for and that the module does not know: the last resort.
//!
//! The import table has what the transform foresees (`passes/src/scan.rs`, `libcalls.rs`). Where it does not foresee a call of code
//! generation's own, a program would stop that runs when it is compiled by clang. What it calls is then mostly there: in the image itself, whose
//! file tells, or in a library of the process.

use super::image::{self, Header, mappings};
use super::libraries::Libraries;
use ::object::elf;
use ::object::read::elf::{FileHeader, Sym};
use rustix::process::Pid;
use std::collections::HashMap;
use std::path::Path;

pub struct Outside {
    /// By name; `None`: several have it.
    image: HashMap<String, Option<u64>>,
    libraries: Libraries,
}

impl Outside {
    /// `address`: in the image that asks.
    pub fn of_process(pid: Pid, address: u64) -> Outside {
        let image = symbols(pid, address).unwrap_or_default();
        Outside { image, libraries: Libraries::of_process(pid, Path::new("")) }
    }

    pub fn get(&self, name: &str) -> Option<u64> {
        self.image.get(name).copied().flatten().or_else(|| self.libraries.get(name))
    }
}

/// What the image defines, those of its symbols among it that are local since it was linked.
fn symbols(pid: Pid, address: u64) -> Option<HashMap<String, Option<u64>>> {
    let mappings = mappings(pid);
    let mapping = mappings.iter().find(|m| (m.start..m.end).contains(&address))?;
    let bytes = image::open(pid, mapping)?;
    let bias = image::bias(&bytes, mapping, &mappings)?;
    let header = Header::parse(&bytes[..]).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, &bytes[..]).ok()?;
    let table = sections.symbols(endian, &bytes[..], elf::SHT_SYMTAB).ok()?;
    let mut found: HashMap<String, Option<u64>> = HashMap::new();
    for symbol in table.iter() {
        let is_wanted = matches!(symbol.st_type(), elf::STT_FUNC | elf::STT_OBJECT | elf::STT_NOTYPE);
        if !is_wanted || symbol.st_shndx(endian) == elf::SHN_UNDEF {
            continue;
        }
        let Ok(name) = std::str::from_utf8(table.symbol_name(endian, symbol).ok()?) else { continue };
        let address = symbol.st_value(endian).wrapping_add(bias);
        found.entry(name.to_owned()).and_modify(|known| *known = None).or_insert(Some(address));
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[unsafe(no_mangle)]
    extern "C" fn autojit_test_of_outside() {}

    #[test]
    fn symbols_of_this_process_are_found() {
        let own = autojit_test_of_outside as *const () as u64;
        let outside = Outside::of_process(rustix::process::getpid(), own);
        assert_eq!(outside.get("autojit_test_of_outside"), Some(own));
        assert!(outside.get("getpid").is_some());
        // glibc's are different ones on different processors.
        for (name, address) in
            [("strlen", libc::strlen as *const () as u64), ("memcpy", libc::memcpy as *const () as u64)]
        {
            assert_eq!(outside.get(name), Some(address), "{name}");
        }
        assert_eq!(outside.get("no_such_symbol_anywhere"), None);
    }
}
