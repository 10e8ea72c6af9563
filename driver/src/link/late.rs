//! Late binding on the link line: what the names need that lazy code looks up when the program runs.
//!
//! Nothing on the line refers to those names. So archives with late-bound members are linked whole; names that objects
//! define are exported from a program's dynamic symbol table; and names that no such table will have (hidden ones, those of
//! static programs and of libraries, whose own definitions come first, members of other archives, libraries under
//! --as-needed) get a reference and a place in a table of our own ([`names`]). A line without late-bound objects stays as
//! it is.

use super::inputs::{Input, Inputs};
use super::records::{self, Elf};
use super::{Line, memory, names, symbols};
use crate::unit::Session;
use anyhow::Result;
use autojit_protocol::late::{BINDING_LATE, NOTE_SECTION};
use object::{Object, ObjectKind, ObjectSection, ObjectSymbol, SymbolKind, SymbolScope};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::CString;
use std::os::unix::fs::MetadataExt;

/// More exported names than this are not named one by one: all are exported, as by -rdynamic.
const MOST_EXPORTS: usize = 512;

/// Who defines a name, the best for us first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Definer {
    /// An object, so that it is in the link anyway.
    Object,
    /// The same, hidden.
    Hidden,
    /// A library that the program will have.
    Library,
    /// A library that is left out if nobody refers to it.
    AsNeeded,
    /// A member of an archive, which is left out if nobody refers to it.
    Member,
}

/// Completes the line for late-bound objects, if there are any.
pub fn complete(inputs: &mut Inputs, line: &mut Line, session: &Session) -> Result<()> {
    let mut needed: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut seen = HashSet::new();
    for input in inputs.iter_mut() {
        let names = late_names(input);
        let Some(names) = names else { continue };
        needed.extend(names);
        // A second mention of an archive would define everything twice.
        if input.is_by_need() {
            let file = std::fs::metadata(&input.path).map(|m| (m.dev(), m.ino()));
            if file.map_or(true, |file| seen.insert(file)) {
                input.wrap = true;
                input.is_whole = true;
                if session.options.remarks {
                    eprintln!(
                        "{}: remark: all of it is linked, for its late-bound members [-Rautojit=late-binding]",
                        input.name()
                    );
                }
            }
        }
    }
    if needed.is_empty() {
        return Ok(());
    }
    let definers = definers(inputs, &needed);
    let is_program = !inputs.is_shared && !inputs.is_static;
    let mut exports = Vec::new();
    let mut references = Vec::new();
    for name in &needed {
        match definers.get(name) {
            Some(Definer::Object) if is_program => exports.push(name),
            None | Some(Definer::Library) => {}
            Some(_) => references.push(name.as_slice()),
        }
    }
    if session.options.remarks {
        let (exported, referred) = (exports.len(), references.len());
        eprintln!(
            "link: remark: for late-bound code {exported} symbols are exported and {referred} referred to \
             [-Rautojit=late-binding]"
        );
    }
    if exports.len() > MOST_EXPORTS {
        inputs.prefix.push(c"--export-dynamic".to_owned());
    } else if !inputs.exports_all() {
        for name in exports {
            inputs.prefix.push(CString::new([b"--export-dynamic-symbol=", name.as_slice()].concat())?);
        }
    }
    if !references.is_empty() {
        let object = memory::create(c"late.o", &names::object(&references)?)?;
        inputs.prefix.push(object.path());
        line.files.push(object);
    }
    Ok(())
}

/// The names that late-bound objects in an input look up; None if it has no such object.
fn late_names(input: &Input) -> Option<Vec<Vec<u8>>> {
    let mut all: Option<Vec<Vec<u8>>> = None;
    for names in input.members().filter_map(|member| names_of_object(member.data)) {
        all.get_or_insert_default().extend(names);
    }
    all
}

fn names_of_object(bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    if !symbols::is_elf(bytes) {
        return None;
    }
    let file = records::object(bytes)?;
    let note = file.section_by_name(NOTE_SECTION)?.data().ok()?;
    // One note per module: owner and type are the same in all, the binding is each one's last word.
    let is_late = note.chunks_exact(4).any(|word| word == BINDING_LATE.to_le_bytes());
    if !is_late {
        return None;
    }
    let mut names = Vec::new();
    let records = records::of(&file);
    for record in &records {
        if let Some(payload) = record.bytes() {
            names.extend(records::imports(&payload).map(|name| name.as_bytes().to_vec()));
        }
    }
    if records.len() == 1 {
        // What an object defines itself it does not look up.
        let own: HashSet<&[u8]> =
            file.symbols().filter(|s| !s.is_undefined()).filter_map(|s| s.name_bytes().ok()).collect();
        names.retain(|name| !own.contains(name.as_slice()));
    }
    Some(names)
}

fn definers(inputs: &Inputs, needed: &BTreeSet<Vec<u8>>) -> HashMap<Vec<u8>, Definer> {
    let mut found: HashMap<Vec<u8>, Definer> = HashMap::new();
    for input in inputs.iter() {
        let kind = match (input.is_by_need(), input.is_hidden) {
            (true, _) => Definer::Member,
            (false, true) => Definer::Hidden,
            (false, false) => Definer::Object,
        };
        let library = if input.as_needed { Definer::AsNeeded } else { Definer::Library };
        for member in input.members().filter(|member| symbols::is_elf(member.data)) {
            add_definitions(member.data, kind, library, needed, &mut found);
        }
    }
    found
}

/// `object`: what it is if it is an object; `library`: if it is a shared library.
fn add_definitions(
    bytes: &[u8],
    object: Definer,
    library: Definer,
    needed: &BTreeSet<Vec<u8>>,
    found: &mut HashMap<Vec<u8>, Definer>,
) {
    let Ok(file) = Elf::parse(bytes) else { return };
    let is_library = file.kind() == ObjectKind::Dynamic;
    let symbols = if is_library { file.dynamic_symbols() } else { file.symbols() };
    for symbol in symbols {
        let is_usable = symbol.is_global() && !symbol.is_undefined() && symbol.kind() != SymbolKind::Tls;
        let Some(name) = symbol.name_bytes().ok().filter(|n| is_usable && needed.contains(*n)) else {
            continue;
        };
        let definer = match object {
            _ if is_library => library,
            Definer::Object if symbol.scope() == SymbolScope::Linkage => Definer::Hidden,
            other => other,
        };
        found.entry(name.to_vec()).and_modify(|old| *old = (*old).min(definer)).or_insert(definer);
    }
}
