//! What the object keeps for debuggers: the note in `.debug_autojit` (the protocol's `debug` module).

use crate::Unit;
use crate::classify::Plan;
use crate::imports::Imports;
use crate::ir::Linkage;
use crate::references::{Global, GlobalKind, Graph};
use std::collections::HashSet;

/// A recipe's bytes. `words`: the folder, options of ours, then `-cc1` and its arguments.
pub fn recipe_bytes(words: &[Vec<u8>], files: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // An empty argument would end the list: it means nothing to the front end either.
    for word in words.iter().filter(|w| !w.is_empty()) {
        bytes.extend_from_slice(word);
        bytes.push(0);
    }
    bytes.push(0);
    files.iter().for_each(|hash| bytes.extend_from_slice(&hash.to_le_bytes()));
    bytes
}

/// The symbols of this object that debug information or the debugger may need, and that nobody finds by name: those
/// that are local, but for what the import table has.
pub fn locals<'a>(graph: &'a Graph, plan: &Plan, imports: &Imports, unit: &Unit) -> Vec<&'a Global> {
    let known: HashSet<&str> = imports.entries.iter().map(|i| i.name.as_str()).collect();
    let is_wanted = |id: u32, global: &Global| {
        let exists = match (global.kind, plan.slot(id)) {
            (GlobalKind::Definition, Some(slot)) => plan.lazy[slot as usize].public,
            (GlobalKind::Definition, None) => true,
            (GlobalKind::Variable, _) => !plan.moved.contains(&id) && !global.value.is_declaration(),
            _ => false,
        };
        exists
            && global.value.linkage() == Linkage::LLVMInternalLinkage
            // A local symbol of a group that the linker drops can't be named.
            && unit.hooks.comdat_name(global.value).is_none()
            && !known.contains(global.name.as_str())
    };
    let globals = graph.globals.iter().enumerate();
    globals.filter(|(id, global)| is_wanted(*id as u32, global)).map(|(_, global)| global).collect()
}
