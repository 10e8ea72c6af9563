//! The symbols that others can see, of an object or a linked file: they must be clang's, apart from our own prefix.

use anyhow::{Context, Result, ensure};
use object::elf;
use object::{Object, ObjectSymbol, SymbolFlags, SymbolSection};
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;

/// What is ours in a symbol table, and nobody else's.
pub const PREFIX: &str = "__autojit";

/// Names that code generation makes up for itself: ours, and the pointers to personality functions, which an object has
/// if it has code that throws.
fn is_internal(name: &str) -> bool {
    name.starts_with(PREFIX) || name.starts_with("DW.ref.")
}

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
        if symbol.section() == SymbolSection::Undefined || symbol.is_local() || is_internal(name) {
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

/// An error that names the differences between the tables of two files. `dropped` are inline functions that need no
/// symbol: all who refer to them define them. When clang optimizes it drops others, depending on what it inlined:
/// `optimized` leaves what all who refer to it define out of account.
pub fn compare(
    reference: &Path,
    tested: &Path,
    table: Table,
    dropped: &HashSet<String>,
    optimized: bool,
) -> Result<()> {
    let mut expected = definitions(reference, table)?;
    let mut found = definitions(tested, table)?;
    if optimized {
        for set in [&mut expected, &mut found] {
            set.retain(|line| !line.contains(" weak "));
        }
    }
    expected.retain(|line| {
        let is_dropped = |(name, kind): (&str, &str)| kind.starts_with("func weak") && dropped.contains(name);
        found.contains(line) || !line.split_once(": ").is_some_and(is_dropped)
    });
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
