//! The import table: every symbol that lazy code refers to, and how its object gets at the address.
//!
//! The entries are the references that a normal object would have, so that archives are searched, missing symbols
//! reported and hidden symbols bound as ever.

use crate::Unit;
use crate::classify::{Plan, has_local_label, is_bound_here};
use crate::ir::{Linkage, Value, Visibility};
use crate::races::Runtime;
use crate::references::{GlobalKind, Graph, Id};
use crate::scan::Facts;
use crate::stand_ins::StandIns;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// How an entry holds its symbol.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Form {
    /// `sym - .`: the symbol is bound in this object.
    Relative,
    /// `sym@PLT - .`: it is only called.
    Plt,
    /// `sym@GOTPCREL`: its address may matter, or be null.
    Got,
    /// The late stub of a function that is only called.
    LateStub,
    /// Looked up when the module is opened.
    ByName,
    /// Likewise, but it may be missing.
    ByNameWeak,
}

impl Form {
    /// The entry holds the target's address, and not that of a place where it is found.
    fn is_direct(self) -> bool {
        matches!(self, Form::Relative | Form::Plt | Form::LateStub)
    }

    /// The linker does not hear of the symbol.
    pub fn is_late(self) -> bool {
        matches!(self, Form::LateStub | Form::ByName | Form::ByNameWeak)
    }
}

pub struct Import {
    /// As in the bitcode.
    pub name: String,
    pub form: Form,
    /// What the assembler knows it by, if not by its name.
    pub label: Option<String>,
    /// Number of its late stub. A function whose address is taken has one for the case that it is missing.
    pub stub: Option<u32>,
}

pub struct Imports {
    /// Entries that hold the target itself come first.
    pub entries: Vec<Import>,
    pub direct_count: usize,
    /// With -ffunction-sections: what each public function needs, by its slot. Empty otherwise.
    pub of_functions: BTreeMap<usize, Needed>,
    /// Those that are kept with any function: of what is linked whole.
    pub of_all: BTreeSet<usize>,
    /// What only the table refers to as far as assembly is not looked into, so that it could be optimized away.
    pub kept: Vec<Value>,
}

/// What a function needs of the table.
#[derive(Default)]
pub struct Needed {
    pub entries: BTreeSet<usize>,
    /// Slots of inline functions that may be inlined into it: what they need it needs, even if the linker takes another object's
    /// definition of such a function, and drops this one's stub.
    pub inlined: BTreeSet<usize>,
}

pub fn collect(graph: &Graph, facts: &Facts, plan: &Plan, stand_ins: &StandIns, unit: &Unit) -> Imports {
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
        if global.value.is_declaration() && tells && stand_ins.name(*id).is_none() {
            return true;
        }
        let value = global.value;
        // Of a declaration only the mark is lost, that the symbol may be missing or must be in this image.
        let is_marked =
            value.visibility() != Visibility::Default || value.linkage() == Linkage::LLVMExternalWeakLinkage;
        let is_elsewhere = value.is_declaration() || graph.is_inline_only(*id);
        (if is_elsewhere { is_marked } else { value.is_local() || value.is_discardable() })
            && !plan.is_lazy(*id)
            && stand_ins.name(*id).is_none()
            && !plan.stub_aliases.iter().any(|(alias, _)| alias == id)
    };
    let kept = if unit.optimizes() {
        let by_linker = |id: &&Id| !form(graph, plan, **id, needed[*id], unit).is_late();
        needed
            .keys()
            .filter(|id| can_vanish(id))
            .filter(by_linker)
            .map(|&id| graph.global(id).value)
            .collect()
    } else {
        Vec::new()
    };
    let mut entries: Vec<Import> = needed
        .iter()
        .map(|(&id, &only_called)| match stand_ins.name(id) {
            Some(stand_in) => {
                Import { name: stand_in.to_string(), form: Form::Relative, label: None, stub: None }
            }
            None => {
                let form = form(graph, plan, id, only_called, unit);
                let is_function = graph.global(id).kind == GlobalKind::Declaration;
                Import {
                    name: graph.global(id).name.clone(),
                    form,
                    label: label(graph, plan, id, unit),
                    stub: (matches!(form, Form::LateStub | Form::ByName) && is_function).then_some(0),
                }
            }
        })
        .collect();
    let named: BTreeSet<String> = entries.iter().map(|i| i.name.clone()).collect();
    let runtime = match unit.races {
        true => Runtime::of(plan.lazy.iter().map(|f| graph.global(f.id).value)),
        false => Runtime::default(),
    };
    libcalls.extend(runtime.functions.iter().map(String::as_str));
    entries.extend(libcalls.into_iter().filter(|name| !named.contains(*name)).map(|name| {
        // What belongs to the compiler is always there, and in part hidden.
        let is_late = unit.late && !name.starts_with('_');
        Import {
            name: name.to_string(),
            form: if is_late { Form::LateStub } else { Form::Plt },
            label: None,
            stub: is_late.then_some(0),
        }
    }));
    let addresses = runtime.addresses.iter().filter(|name| !named.contains(*name));
    entries.extend(addresses.map(|name| Import {
        name: name.clone(),
        form: Form::Got,
        label: None,
        stub: None,
    }));
    // Stable: within a form the order stays that of the module.
    entries.sort_by_key(|i| !i.form.is_direct());
    let direct_count = entries.iter().filter(|i| i.form.is_direct()).count();
    for (number, stub) in entries.iter_mut().filter_map(|i| i.stub.as_mut()).enumerate() {
        *stub = number as u32;
    }
    let mut imports =
        Imports { entries, direct_count, of_functions: BTreeMap::new(), of_all: BTreeSet::new(), kept };
    if unit.function_sections && !unit.late {
        let is_check = |name: &String| runtime.functions.contains(name) || runtime.addresses.contains(name);
        let numbered = imports.entries.iter().enumerate();
        imports.of_all = numbered.filter(|(_, i)| is_check(&i.name)).map(|(index, _)| index).collect();
        imports.of_functions = of_functions(graph, facts, plan, stand_ins, &imports, unit);
    }
    imports
}

/// Distributes the entries to the public functions: what a function refers to by itself, and by what it takes along in the
/// payload. Another public function keeps its own entries; of those that may be inlined it is said which they are.
fn of_functions(
    graph: &Graph,
    facts: &Facts,
    plan: &Plan,
    stand_ins: &StandIns,
    imports: &Imports,
    unit: &Unit,
) -> BTreeMap<usize, Needed> {
    let indices: HashMap<&str, usize> =
        imports.entries.iter().enumerate().map(|(index, import)| (import.name.as_str(), index)).collect();
    let index_of = |id: Id| {
        let name = stand_ins.name(id).unwrap_or(&graph.global(id).name);
        indices.get(name).copied()
    };
    let mut result = BTreeMap::new();
    for (slot, function) in plan.lazy.iter().enumerate().filter(|(_, function)| function.public) {
        let Needed { mut entries, mut inlined } = Needed::default();
        let mut seen: HashSet<Id> = HashSet::from([function.id]);
        let mut work = vec![function.id];
        while let Some(from) = work.pop() {
            if let Some(function) = facts.functions.get(&from) {
                entries.extend(function.libcalls.iter().filter_map(|name| indices.get(name.as_str())));
            }
            for to in graph.global(from).refers_to.iter().map(|reference| reference.to) {
                entries.extend(index_of(to));
                // What an alias stands for is an entry of its own.
                let meant = graph.aliased(to);
                entries.extend(meant.and_then(index_of));
                let same =
                    meant.filter(|&id| unit.optimizes() && graph.global(id).value.is_same_everywhere());
                inlined.extend(same.and_then(|id| plan.slot(id)).map(|slot| slot as usize));
                let is_within = !is_import(graph, plan, to) || plan.bodies.payload_only.contains(&to);
                if is_within && seen.insert(to) {
                    work.push(to);
                }
            }
        }
        inlined.retain(|&other| other != slot && plan.lazy[other].public);
        result.insert(slot, Needed { entries, inlined });
    }
    result
}

/// A function that uses data which nobody may provide can't be compiled then. So it is not inlined into others, which could
/// do without it. (A function that is missing has a stub.)
pub fn keep_missing_data_apart(graph: &Graph, plan: &Plan, unit: &Unit) {
    if !unit.late || !unit.optimizes() {
        return;
    }
    let inlined = crate::ir::attribute_kind("alwaysinline");
    for lazy in &plan.lazy {
        let function = graph.global(lazy.id);
        let may_lack = function.refers_to.iter().any(|r| {
            graph.global(r.to).kind == GlobalKind::Variable
                && is_import(graph, plan, r.to)
                && form(graph, plan, r.to, false, unit) == Form::ByName
        });
        if may_lack && !function.value.has_enum_attribute(inlined) {
            function.value.add_enum_attribute("noinline");
        }
    }
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

/// Whether another object defines the symbol.
fn is_elsewhere(graph: &Graph, plan: &Plan, id: Id) -> bool {
    let global = graph.global(id);
    let is_declared = global.value.is_declaration() || graph.is_inline_only(id);
    let is_symbol = matches!(global.kind, GlobalKind::Declaration | GlobalKind::Variable);
    // Symbols of module-level assembly look as if they were elsewhere.
    is_symbol
        && is_declared
        && !plan.is_lazy(id)
        && !global.name.starts_with('\u{1}')
        && !graph.is_in_assembly(id)
}

/// What the assembler knows a global by, if not by its name.
fn label(graph: &Graph, plan: &Plan, id: Id, unit: &Unit) -> Option<String> {
    let global = graph.global(id);
    // LLVM's private prefix on ELF, and what its code has for a function that is bound to its unit.
    if global.value.linkage() == Linkage::LLVMPrivateLinkage {
        return Some(format!(".L{}", global.name));
    }
    let label = || plan.slot(id).map_or_else(|| format!(".L{}$local", global.name), own_label);
    has_local_label(global, unit).then(label)
}

/// Of a stub that its unit refers to.
pub fn own_label(slot: u32) -> String {
    format!(".Lautojit.own.{slot}")
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
    if unit.late && is_elsewhere(graph, plan, id) && value.visibility() == Visibility::Default {
        return match (weak, global.kind == GlobalKind::Declaration && only_called) {
            (true, _) => Form::ByNameWeak,
            (false, true) => Form::LateStub,
            (false, false) => Form::ByName,
        };
    }
    let protected = unit.interposable && value.visibility() == Visibility::Protected;
    let function =
        matches!(global.kind, GlobalKind::Definition | GlobalKind::Declaration | GlobalKind::Ifunc);
    // What a library may be linked of that was compiled for a program: its calls, but not the addresses of what others may define.
    let is_called_by_name = function && only_called && !hidden && !has_local_label(global, unit);
    if here && !weak && !protected && !is_called_by_name {
        Form::Relative
    } else if function && only_called && !weak {
        Form::Plt
    } else {
        Form::Got
    }
}
