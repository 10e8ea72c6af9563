//! Modules of which nothing was ever called: no daemon has seen them, but the program has them.

use super::model::{Function, Model};
use crate::inspect::{container, report};
use anyhow::Result;
use autojit_engine::llvm::demangle;
use autojit_protocol::Hash;
use autojit_protocol::debug::{NOTE_SECTION, Note};
use autojit_protocol::payload::{FUNCTION_PUBLIC, Payload};
use autojit_protocol::recipe::Recipe;
use object::{Object, ObjectSection};
use std::collections::HashMap;
use std::path::Path;

/// Adds what the executables of a trace have beyond what it knows. Returns what is to be said.
pub fn add(model: &mut Model) -> Vec<String> {
    let mut executables: Vec<String> =
        model.processes.iter().map(|process| process.executable.clone()).collect();
    executables.sort_unstable();
    executables.dedup();
    let mut notes = Vec::new();
    for path in executables {
        match modules(Path::new(&path)) {
            // A program without lazy code, with a library that has some.
            Ok(found) if found.is_empty() => {}
            Ok(found) if !found.iter().any(|(id, ..)| model.has_module(id)) => {
                notes.push(format!(
                    "{path} is not the program that ran: modules that were not called are missing"
                ));
            }
            Ok(found) => {
                for (id, source, functions) in found {
                    model.add_module(&id, source, true, functions);
                }
            }
            Err(error) => notes.push(format!("{path}: {error:#}: modules that were not called are missing")),
        }
    }
    notes
}

type Found = (String, String, Vec<Function>);

fn modules(path: &Path) -> Result<Vec<Found>> {
    let bytes = std::fs::read(path)?;
    let sources = sources(&bytes);
    let mut found = Vec::new();
    for part in container::parts(path, &bytes)? {
        for section in &part.records {
            report::read_records(section, |record, payload, at| {
                let bytes = report::resolved(record, payload, at)?;
                let payload = report::checked(record, &bytes, at)?;
                let source = sources.get(&record.hash).cloned().unwrap_or_default();
                found.push((report::hex_digits(&record.hash)[..16].to_owned(), source, functions(&payload)));
                Ok(())
            })?;
        }
    }
    Ok(found)
}

fn functions(payload: &Payload<'_>) -> Vec<Function> {
    let plain = |name: &str| name.strip_prefix('\x01').unwrap_or(name).to_owned();
    (0..payload.header().function_count)
        .map(|index| {
            let symbol = plain(payload.function_name(index).unwrap_or("?"));
            let entry = payload.function(index);
            let imported = payload.imported_callees(index).filter_map(|import| payload.import_name(import));
            Function {
                name: demangle(&symbol),
                symbol,
                size: entry.map_or(0, |entry| entry.size.into()),
                public: entry.is_some_and(|entry| entry.flags & FUNCTION_PUBLIC != 0),
                calls: payload.callees(index).map(|callee| callee as usize).collect(),
                named_calls: imported.map(plain).collect(),
                ..Function::default()
            }
        })
        .collect()
}

/// Names of source files, which units that were compiled with -g keep.
fn sources(bytes: &[u8]) -> HashMap<Hash, String> {
    let mut sources = HashMap::new();
    let file = object::File::parse(bytes).ok();
    let section = file.as_ref().and_then(|file| file.section_by_name(NOTE_SECTION)?.uncompressed_data().ok());
    let section = section.unwrap_or_default();
    let mut rest = &section[..];
    while let Some((note, after)) = Note::first(rest) {
        rest = after;
        let Some(recipe) = Recipe::parse(note.recipe) else { continue };
        let mut arguments = recipe.arguments().skip_while(|argument| *argument != b"-main-file-name");
        if let Some(name) = arguments.nth(1) {
            sources.insert(note.header.hash, String::from_utf8_lossy(name).into_owned());
        }
    }
    sources
}
