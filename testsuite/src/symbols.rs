//! The symbols that others can see, of an object or a linked file: they must be clang's, apart from our own prefix.

use anyhow::{Context, Result, ensure};
use object::elf;
use object::{Object, ObjectSymbol, SymbolFlags, SymbolSection};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// What is ours in a symbol table, and nobody else's.
pub const PREFIX: &str = "__autojit";

/// Which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The definitions that an object offers to the linker.
    Object,
    /// The definitions that a program or library offers to the dynamic linker.
    Dynamic,
}

/// The definitions in a table, each as a line such as `f: func global default`.
pub fn definitions(file: &Path, table: Table) -> Result<BTreeSet<String>> {
    let bytes = fs::read(file).with_context(|| file.display().to_string())?;
    let parsed = object::File::parse(&*bytes).with_context(|| file.display().to_string())?;
    let mut found = BTreeSet::new();
    let symbols: Vec<_> = match table {
        Table::Object => parsed.symbols().collect(),
        Table::Dynamic => parsed.dynamic_symbols().collect(),
    };
    for symbol in symbols {
        let name = symbol.name()?;
        if symbol.section() == SymbolSection::Undefined || symbol.is_local() || name.starts_with(PREFIX) {
            continue;
        }
        let SymbolFlags::Elf { st_info, st_other } = symbol.flags() else { continue };
        let kind = match st_info & 0xf {
            _ if symbol.is_common() => "common",
            elf::STT_FUNC => "func",
            elf::STT_OBJECT => "object",
            elf::STT_TLS => "tls",
            elf::STT_GNU_IFUNC => "ifunc",
            _ => "notype",
        };
        let binding = if st_info >> 4 == elf::STB_WEAK { "weak" } else { "global" };
        let visibility = match st_other & 3 {
            elf::STV_DEFAULT => "default",
            elf::STV_INTERNAL => "internal",
            elf::STV_HIDDEN => "hidden",
            _ => "protected",
        };
        // The size of data is part of the interface: copy relocations go by it.
        let size = if kind == "func" || kind == "ifunc" { 0 } else { symbol.size() };
        found.insert(format!("{name}: {kind} {binding} {visibility} {size}"));
    }
    Ok(found)
}

/// An error that names the differences between the tables of two files.
pub fn compare(reference: &Path, tested: &Path, table: Table) -> Result<()> {
    let expected = definitions(reference, table)?;
    let found = definitions(tested, table)?;
    let lines = |set: Vec<&String>| set.iter().map(|line| format!("\n  {line}")).collect::<String>();
    ensure!(
        expected == found,
        "{}: symbols differ ({table:?})\nonly clang's:{}\nonly ours:{}",
        tested.display(),
        lines(expected.difference(&found).collect()),
        lines(found.difference(&expected).collect())
    );
    Ok(())
}
