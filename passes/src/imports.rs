//! The import table: every symbol that lazy code refers to, and how its object gets at the address.
//!
//! The entries are the references that a normal object would have, so that archives are searched, missing symbols
//! reported and hidden symbols bound as ever.

use crate::Unit;
use crate::classify::{Plan, is_bound_here};
use crate::ir::{Linkage, Value, Visibility};
use crate::references::{GlobalKind, Graph, Id};
use crate::scan::Facts;
use crate::thread_locals::Accessors;
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
    /// What only the table refers to as far as assembly is not looked into, so that it could be optimized away.
    pub kept: Vec<Value>,
}

pub fn collect(graph: &Graph, facts: &Facts, plan: &Plan, accessors: &Accessors, unit: &Unit) -> Imports {
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
    // Bodies that may be inlined: what they need of this object can be had for nothing, anything else must not be
    // asked of the linker for their sake.
    for &from in &plan.bodies.payload_only {
        for to in graph.global(from).refers_to.iter().map(|r| r.to) {
            let global = graph.global(to);
            if global.kind == GlobalKind::Variable
                && global.value.is_local()
                && !global.value.is_thread_local()
            {
                needed.insert(to, false);
            }
        }
    }
    if unit.optimizes() {
        // The engine lets an alias be what it stands for, so that it is not taken for something else.
        let aliases: Vec<Id> =
            needed.keys().copied().filter(|&id| graph.global(id).kind == GlobalKind::Alias).collect();
        for target in aliases.into_iter().filter_map(|alias| graph.aliased(alias)) {
            needed.insert(target, false);
        }
    }
    let can_vanish = |id: &Id| {
        let global = graph.global(*id);
        // A declaration tells the assembler that the symbol may be missing, or is hidden.
        let tells = global.value.linkage() == Linkage::LLVMExternalWeakLinkage
            || global.value.visibility() != Visibility::Default;
        if global.value.is_declaration() && tells && accessors.name(*id).is_none() {
            return true;
        }
        let value = global.value;
        // Of a declaration only the mark is lost, that the symbol may be missing or must be in this image.
        let is_marked =
            value.visibility() != Visibility::Default || value.linkage() == Linkage::LLVMExternalWeakLinkage;
        let is_elsewhere = value.is_declaration() || graph.is_inline_only(*id);
        (if is_elsewhere { is_marked } else { value.is_local() || value.is_discardable() })
            && !plan.is_lazy(*id)
            && accessors.name(*id).is_none()
            && !plan.stub_aliases.iter().any(|(alias, _)| alias == id)
    };
    let kept = if unit.optimizes() {
        needed.keys().filter(|id| can_vanish(id)).map(|&id| graph.global(id).value).collect()
    } else {
        Vec::new()
    };
    let mut entries: Vec<Import> = needed
        .iter()
        .map(|(&id, &only_called)| match accessors.name(id) {
            Some(accessor) => Import { name: accessor.to_string(), form: Form::Relative, private: false },
            None => Import {
                name: graph.global(id).name.clone(),
                form: form(graph, plan, id, only_called, unit),
                private: graph.global(id).value.linkage() == Linkage::LLVMPrivateLinkage,
            },
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
    Imports { entries, direct_count, kept }
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
            let elsewhere = value.linkage() == Linkage::LLVMAvailableExternallyLinkage;
            let defined = plan.is_lazy(id) || (!value.is_declaration() && !elsewhere);
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
