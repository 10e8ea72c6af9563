//! What the object keeps for debuggers: the note in `.debug.autojit` (the protocol's `debug` module).

use crate::Unit;
use crate::classify::Plan;
use crate::imports::Imports;
use crate::ir::Linkage;
use crate::references::{Global, GlobalKind, Graph};
use std::collections::HashSet;

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
