//! The import table: every symbol that lazy code refers to, and how its object gets at the address.
//!
//! The entries are the references that a normal object would have, so that archives are searched, missing symbols
//! reported and hidden symbols bound as ever.

use crate::Unit;
use crate::classify::{Plan, is_bound_here};
use crate::ir::{Linkage, Visibility};
use crate::references::{GlobalKind, Graph, Id};
use crate::scan::Facts;
use std::collections::{BTreeMap, BTreeSet};

/// How an entry holds its symbol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Form {
    /// `sym - .`: the symbol is bound in this object.
    Relative,
    /// `sym@PLT - .`: it is only called.
    Plt,
    /// `sym@GOTPCREL`: its address may matter, or be null.
    Got,
}

pub struct Import {
    /// As in the bitcode.
    pub name: String,
    pub form: Form,
    /// A private global: the assembler knows it under a name of its own.
    pub private: bool,
}

pub struct Imports {
    /// Entries that hold the target itself come first.
    pub entries: Vec<Import>,
    pub direct_count: usize,
}

pub fn collect(graph: &Graph, facts: &Facts, plan: &Plan, unit: &Unit) -> Imports {
    // Whether a global is only called by all lazy code together; in the order of the module, for determinism.
    let mut needed: BTreeMap<Id, bool> = BTreeMap::new();
    let mut libcalls: BTreeSet<&str> = BTreeSet::new();
    let sources = plan.lazy.iter().map(|f| f.id).chain(plan.moved.iter().copied());
    for from in sources {
        for reference in &graph.global(from).refers_to {
            if is_import(graph, plan, reference.to) {
                *needed.entry(reference.to).or_insert(true) &= reference.only_called;
            }
        }
        if let Some(function) = facts.functions.get(&from) {
            libcalls.extend(function.libcalls.iter().map(String::as_str));
        }
    }
    let mut entries: Vec<Import> = needed
        .iter()
        .map(|(&id, &only_called)| Import {
            name: graph.global(id).name.clone(),
            form: form(graph, plan, id, only_called, unit),
            private: graph.global(id).value.linkage() == Linkage::LLVMPrivateLinkage,
        })
        .collect();
    let named: BTreeSet<String> = entries.iter().map(|i| i.name.clone()).collect();
    entries.extend(libcalls.into_iter().filter(|name| !named.contains(*name)).map(|name| Import {
        name: name.to_string(),
        form: Form::Plt,
        private: false,
    }));
    // Stable: within a form the order stays that of the module.
    entries.sort_by_key(|i| i.form == Form::Got);
    let direct_count = entries.iter().filter(|i| i.form != Form::Got).count();
    Imports { entries, direct_count }
}

/// Whether lazy code gets at this global through the table: not if it is compiled into the payload, an intrinsic,
/// or a private function.
fn is_import(graph: &Graph, plan: &Plan, id: Id) -> bool {
    let global = graph.global(id);
    if plan.moved.contains(&id) || global.name.starts_with("llvm.") {
        return false;
    }
    match plan.slot(id) {
        Some(slot) => plan.lazy[slot as usize].public,
        None => true,
    }
}

fn form(graph: &Graph, plan: &Plan, id: Id, only_called: bool, unit: &Unit) -> Form {
    let global = graph.global(id);
    let value = global.value;
    let hidden = value.is_local() || value.visibility() == Visibility::Hidden;
    let weak = value.linkage() == Linkage::LLVMExternalWeakLinkage;
    let here = match global.kind {
        GlobalKind::Alias => {
            let target = value.aliasee().and_then(|t| graph.id(t));
            hidden || (!unit.interposable && target.is_some())
        }
        GlobalKind::Ifunc => false,
        _ => {
            let defined = plan.is_lazy(id) || !value.is_declaration();
            is_bound_here(global, unit) || (hidden && !weak) || (defined && !unit.interposable)
        }
    };
    let protected = unit.interposable && value.visibility() == Visibility::Protected;
    let function =
        matches!(global.kind, GlobalKind::Definition | GlobalKind::Declaration | GlobalKind::Ifunc);
    if here && !weak && !protected {
        Form::Relative
    } else if function && only_called && !weak {
        Form::Plt
    } else {
        Form::Got
    }
}
