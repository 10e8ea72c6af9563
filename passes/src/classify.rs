//! Which functions are lazy, which of those are private, and which constants move to the payload.

use crate::Unit;
use crate::escape::Escapes;
use crate::inlining::{self, Bodies};
use crate::ir::{Kind, Linkage, Value, Visibility};
use crate::reason::Reason;
use crate::references::{Global, GlobalKind, Graph, Id};
use crate::scan::Facts;
use std::collections::{HashMap, HashSet};

/// A lazy function. Its place in [`Plan::lazy`] is its slot.
pub struct Lazy {
    pub id: Id,
    /// Has a stub in the object.
    pub public: bool,
    /// References to it from this module always mean this definition.
    pub bound_here: bool,
}

pub struct Plan {
    pub lazy: Vec<Lazy>,
    slots: HashMap<Id, u32>,
    statics: HashMap<Id, Reason>,
    /// Private constants without an identity that one lazy function uses and nothing else: defined in the payload,
    /// as a part of that function.
    pub moved: HashSet<Id>,
    pub bodies: Bodies,
    /// Aliases of lazy functions, which become symbols of the stub.
    pub stub_aliases: Vec<(Id, Id)>,
}

impl Plan {
    pub fn slot(&self, id: Id) -> Option<u32> {
        self.slots.get(&id).copied()
    }

    pub fn is_lazy(&self, id: Id) -> bool {
        self.slots.contains_key(&id)
    }

    /// Static functions with their reasons, in the order of the module.
    pub fn reasons(&self, graph: &Graph) -> Vec<(String, Reason)> {
        graph
            .definitions()
            .filter_map(|id| Some((graph.global(id).name.clone(), *self.statics.get(&id)?)))
            .collect()
    }
}

/// Whether references from this module always mean this definition.
pub fn is_bound_here(global: &Global, unit: &Unit) -> bool {
    let strong = matches!(
        global.value.linkage(),
        Linkage::LLVMExternalLinkage | Linkage::LLVMInternalLinkage | Linkage::LLVMPrivateLinkage
    );
    let defined = match global.kind {
        GlobalKind::Definition => true,
        GlobalKind::Variable => !global.value.is_declaration(),
        _ => false,
    };
    defined && strong && (!may_be_overridden(global.value, unit) || has_local_label(global, unit))
}

/// Whether another image's definition of the symbol may count at run time.
pub fn may_be_overridden(value: Value, unit: &Unit) -> bool {
    unit.interposable && !value.is_local() && value.visibility() == Visibility::Default
}

/// Whether the unit's own references are to another label than the function's symbol (LLVM's `canBenefitFromLocalAlias`).
pub fn has_local_label(global: &Global, unit: &Unit) -> bool {
    unit.binds_functions
        && global.kind == GlobalKind::Definition
        && global.value.linkage() == Linkage::LLVMExternalLinkage
        && global.value.visibility() == Visibility::Default
        && unit.hooks.comdat_name(global.value).is_none()
}

pub fn classify(graph: &Graph, facts: &Facts, unit: &Unit) -> Plan {
    let mut statics: HashMap<Id, Reason> =
        facts.functions.iter().filter_map(|(&id, f)| Some((id, f.reason?))).collect();
    constructors(graph, &mut statics);
    ifuncs(graph, &mut statics);
    if let Some(limit) = unit.lazy_first {
        let rest: Vec<Id> =
            graph.definitions().filter(|id| !statics.contains_key(id)).skip(limit as usize).collect();
        statics.extend(rest.into_iter().map(|id| (id, Reason::LazyFirst)));
    }
    let lazy: Vec<Id> = graph.definitions().filter(|id| !statics.contains_key(id)).collect();
    let is_lazy: HashSet<Id> = lazy.iter().copied().collect();

    let bodies = if unit.optimizes() { inlining::bodies(graph, facts, &is_lazy) } else { Bodies::default() };
    let moved = moved_constants(graph, &lazy, &is_lazy, &bodies, unit);
    let mut public = needs_stub(graph, &is_lazy, &moved, &bodies, unit);
    public.extend(named_in_assembly(graph, facts, &lazy));
    let stub_aliases = graph
        .ids_where(|g| g.kind == GlobalKind::Alias)
        .filter_map(|alias| {
            let target = graph.aliased(alias)?;
            is_lazy.contains(&target).then_some((alias, target))
        })
        .collect();
    Plan {
        slots: lazy.iter().enumerate().map(|(slot, &id)| (id, slot as u32)).collect(),
        lazy: lazy
            .iter()
            .map(|&id| Lazy {
                id,
                public: public.contains(&id),
                bound_here: is_bound_here(graph.global(id), unit),
            })
            .collect(),
        statics,
        moved,
        bodies,
        stub_aliases,
    }
}

/// A constant that may be anywhere, as long as nobody keeps its address ([`crate::escape`]): a copy in the payload is as good.
pub fn is_movable(global: Value) -> bool {
    global.kind() == Kind::Variable
        && global.linkage() == Linkage::LLVMPrivateLinkage
        && global.is_unnamed_addr()
        && global.is_constant_variable()
        && !global.has_section()
        && !global.is_thread_local()
        && global.initializer().is_some()
}

/// The constants that go along with the one function that uses them. A constant that several use stays in the object:
/// C leaves open whether equal literals of a unit are one, but with clang they are, and programs compare them.
///
/// The same goes for a constant of a function that is inlined into others: that is still one constant.
fn moved_constants(
    graph: &Graph,
    lazy: &[Id],
    is_lazy: &HashSet<Id>,
    bodies: &Bodies,
    unit: &Unit,
) -> HashSet<Id> {
    let users = if unit.optimizes() { graph.users() } else { Vec::new() };
    let is_inlined =
        |id: &Id| users.get(*id as usize).is_some_and(|users| users.iter().any(|user| user != id));
    let mut owner: HashMap<Id, Id> = HashMap::new();
    let mut shared: HashSet<Id> = HashSet::new();
    for &function in lazy {
        for constant in closure(graph, std::iter::once(function)) {
            if *owner.entry(constant).or_insert(function) != function {
                shared.insert(constant);
            }
        }
    }
    let stays = |id: &Id| match is_lazy.contains(id) {
        true => bodies.copies.contains(id) || is_inlined(id),
        // One that nothing uses stays as well.
        false => !is_movable(graph.global(*id).value) || !owner.contains_key(id),
    };
    let mut escapes = Escapes::default();
    let escaping = owner.keys().filter(|id| !shared.contains(id));
    let escaping: HashSet<Id> =
        escaping.copied().filter(|id| escapes.of_constant(graph.global(*id).value)).collect();
    shared.extend(escaping);
    let others = (0..graph.globals.len() as Id).filter(stays).chain(shared.iter().copied());
    let kept = closure(graph, others);
    owner.into_keys().filter(|id| !kept.contains(id) && !shared.contains(id)).collect()
}

/// The movable constants that these globals refer to, directly or through other movable constants.
fn closure(graph: &Graph, roots: impl Iterator<Item = Id>) -> HashSet<Id> {
    let mut found = HashSet::new();
    let mut work: Vec<Id> = roots.collect();
    while let Some(id) = work.pop() {
        for reference in &graph.global(id).refers_to {
            if is_movable(graph.global(reference.to).value) && found.insert(reference.to) {
                work.push(reference.to);
            }
        }
    }
    found
}

/// Lazy functions that need a stub: the linker or someone else may see them, or their address is taken, or
/// something that is not lazy code refers to them.
fn needs_stub(
    graph: &Graph,
    is_lazy: &HashSet<Id>,
    moved: &HashSet<Id>,
    bodies: &Bodies,
    unit: &Unit,
) -> HashSet<Id> {
    let visible = |id: &Id| {
        let value = graph.global(*id).value;
        !value.is_local() && (unit.keep_inline || !value.is_discardable())
    };
    let mut public: HashSet<Id> = is_lazy.iter().copied().filter(visible).collect();
    for (from, global) in graph.globals.iter().enumerate() {
        let from = from as Id;
        if bodies.payload_only.contains(&from) {
            // The engine inlines it only where that needs no symbol.
            continue;
        }
        for reference in &global.refers_to {
            let by_call = is_lazy.contains(&from) && !bodies.copies.contains(&from) && reference.only_called;
            let dead = moved.contains(&from) && !is_lazy.contains(&reference.to);
            if is_lazy.contains(&reference.to) && !by_call && !dead {
                public.insert(reference.to);
            }
        }
    }
    public
}

/// The functions that assembly may refer to by their names, for which nothing speaks but the text.
fn named_in_assembly(graph: &Graph, facts: &Facts, lazy: &[Id]) -> Vec<Id> {
    let texts: HashSet<&str> =
        facts.functions.values().flat_map(|function| &function.assembly).map(String::as_str).collect();
    let is_named = |id: &Id| {
        let name = &*graph.global(*id).name;
        graph.is_in_assembly(*id) || texts.iter().any(|text| text.contains(name))
    };
    lazy.iter().copied().filter(is_named).collect()
}

/// Constructors and destructors run anyway; so do the internal functions that only they call. (Those whose address they
/// hand on, as tests register themselves, may never be called.)
fn constructors(graph: &Graph, statics: &mut HashMap<Id, Reason>) {
    let lists = graph.globals.iter().filter(|g| {
        g.kind == GlobalKind::Variable && matches!(&*g.name, "llvm.global_ctors" | "llvm.global_dtors")
    });
    let mut work: Vec<Id> = Vec::new();
    for list in lists {
        work.extend(list.refers_to.iter().map(|r| r.to).filter(|&id| is_definition(graph, id)));
    }
    if work.is_empty() {
        return;
    }
    let users = graph.users();
    while let Some(id) = work.pop() {
        statics.entry(id).or_insert(Reason::Constructor);
        for reference in &graph.global(id).refers_to {
            let callee = reference.to;
            let only_here = reference.only_called
                && is_definition(graph, callee)
                && graph.global(callee).value.is_local()
                && !statics.contains_key(&callee)
                && users[callee as usize].iter().all(|user| statics.get(user) == Some(&Reason::Constructor));
            if only_here {
                work.push(callee);
            }
        }
    }
}

/// Resolvers run before their object is relocated: nothing that they may reach can wait for the daemon.
fn ifuncs(graph: &Graph, statics: &mut HashMap<Id, Reason>) {
    let mut work: Vec<Id> = graph
        .ids_where(|g| g.kind == GlobalKind::Ifunc)
        .filter_map(|id| graph.id(graph.global(id).value.resolver()?))
        .collect();
    let mut seen: HashSet<Id> = HashSet::new();
    while let Some(id) = work.pop() {
        if !seen.insert(id) {
            continue;
        }
        if is_definition(graph, id) {
            statics.insert(id, Reason::Ifunc);
        }
        // Only what is called: a resolver returns the addresses of the functions that are worth being lazy.
        let called = graph.global(id).refers_to.iter().filter(|r| r.only_called);
        work.extend(called.map(|r| r.to));
    }
}

fn is_definition(graph: &Graph, id: Id) -> bool {
    graph.global(id).kind == GlobalKind::Definition
}
