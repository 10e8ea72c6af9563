//! What inlining changes, at -O1 and above.
//!
//! Functions that clang marks `always_inline` are inlined before the transform, as at -O0. All other inlining into
//! lazy functions is done by the engine, which finds the bodies in the payload. Into static functions hardly anything
//! must be inlined, with one exception: code that is an error unless it folds away (`BUILD_BUG_ON`, assembly that wants
//! a constant). There clang's own pipeline has to see all that it would see.

use crate::ir::{Ir, Kind, Linkage, Opcode, Value, attribute_kind};
use crate::reason::Reason;
use crate::references::{GlobalKind, Graph, Id};
use crate::scan::{Facts, check_frame, refused_callee};
use std::collections::HashSet;

/// Instructions above which a function is not worth a copy for inlining.
const LARGEST_COPY: u32 = 500;

/// Bodies by where they must be.
#[derive(Default)]
pub struct Bodies {
    /// Lazy functions of which the skeleton keeps an `available_externally` copy.
    pub copies: HashSet<Id>,
    /// `available_externally` functions that only lazy code can reach: the payload alone has them.
    pub payload_only: HashSet<Id>,
}

/// Makes inline functions of C this unit's own. C leaves it open whether a call means the inline definition or the external
/// one, which a program whose calls clang inlines need not have; here it would be asked for, since it is not known yet
/// what will be inlined. Those of C++ do exist elsewhere (explicit instantiations), and one whose address is taken must.
pub fn own_inline_functions(ir: Ir) {
    let noinline = attribute_kind("noinline");
    let is_ours = |function: &Value| {
        let is_inline_only = function.linkage() == Linkage::LLVMAvailableExternallyLinkage
            && !function.has_enum_attribute(noinline);
        is_inline_only && !function.name().starts_with("_Z") && is_only_called(*function)
    };
    let functions: Vec<Value> = ir.functions().filter(is_ours).collect();
    functions.into_iter().for_each(|function| function.set_linkage(Linkage::LLVMInternalLinkage));
}

/// Called, and nothing else. One that nobody calls is none.
fn is_only_called(function: Value) -> bool {
    let mut calls = HashSet::new();
    let mut users = function.users().peekable();
    users.peek().is_some()
        && users.all(|user| {
            user.kind() == Kind::Instruction
                && matches!(user.opcode(), Opcode::LLVMCall | Opcode::LLVMInvoke)
                && user.called_value() == Some(function)
                // A second use of it by the same call is an argument.
                && calls.insert(user)
        })
}

/// Whether clang's optimizer may bring a function that others can call by its symbol into its callers.
fn may_be_inlined(graph: &Graph, facts: &Facts, id: Id) -> bool {
    let value = graph.global(id).value;
    facts.functions.get(&id).is_some_and(|function| function.size <= LARGEST_COPY)
        && !is_replaceable(value.linkage())
        && !value.has_enum_attribute(attribute_kind("noinline"))
}

/// Refuses functions whose frames may be too large (`-Wframe-larger-than=`) once their callees are inlined.
fn refuse_large_frames(graph: &Graph, facts: &mut Facts) {
    let limited: Vec<Id> = graph
        .definitions()
        .filter(|id| facts.functions.get(id).is_some_and(|f| f.frame_limit.is_some()))
        .collect();
    for &id in &limited {
        let (mut seen, mut work, mut inlined) = (HashSet::from([id]), vec![id], 0);
        while let Some(caller) = work.pop() {
            for callee in graph.global(caller).refers_to.iter().map(|reference| reference.to) {
                if may_be_inlined(graph, facts, callee) && seen.insert(callee) {
                    inlined += facts.functions[&callee].frame;
                    work.push(callee);
                }
            }
        }
        facts.functions.entry(id).and_modify(|function| check_frame(function, inlined));
    }
}

/// Lets those be static, too, into which a function that must fold has to be inlined, or may be: what is an error or a warning in the one is
/// another one in the copy.
pub fn refuse_callers(graph: &Graph, facts: &mut Facts) {
    refuse_large_frames(graph, facts);
    let users = graph.users();
    let mut seen: HashSet<Id> = HashSet::new();
    let mut work: Vec<(Id, Reason)> = Vec::new();
    for id in 0..graph.globals.len() as Id {
        if let Some(function) = facts.functions.get(&id) {
            work.extend(function.reason.filter(|_| function.must_fold).map(|reason| (id, reason)));
        } else if graph.is_inline_only(id) {
            let callees = graph.global(id).refers_to.iter().map(|r| graph.global(r.to));
            let dont_call = callees
                .filter(|g| matches!(g.kind, GlobalKind::Declaration | GlobalKind::Definition))
                .any(|g| refused_callee(g.value) == Some(Reason::DontCall));
            work.extend(dont_call.then_some((id, Reason::DontCall)));
        }
    }
    while let Some((id, reason)) = work.pop() {
        let value = graph.global(id).value;
        let vanishes = value.is_local() || value.is_discardable() || graph.is_inline_only(id);
        // A loop that can't be as a pragma wants it is warned of once, at least.
        let is_copied = || reason != Reason::LoopPragma && may_be_inlined(graph, facts, id);
        if !(vanishes || is_copied()) || !seen.insert(id) {
            continue;
        }
        for &user in &users[id as usize] {
            if let Some(function) = facts.functions.get_mut(&user) {
                function.must_fold = true;
                function.refuse(reason);
                work.push((user, reason));
            } else if graph.is_inline_only(user) {
                work.push((user, reason));
            }
        }
    }
}

/// Finds the bodies' places, given which functions are lazy.
pub fn bodies(graph: &Graph, facts: &Facts, is_lazy: &HashSet<Id>) -> Bodies {
    let mut bodies = Bodies::default();
    let must_fold = |id: &Id| facts.functions.get(id).is_some_and(|f| f.must_fold) && !is_lazy.contains(id);
    let mut work: Vec<Id> = graph.definitions().filter(must_fold).collect();
    while let Some(id) = work.pop() {
        for callee in graph.global(id).refers_to.iter().filter(|r| r.only_called).map(|r| r.to) {
            let fits = is_lazy.contains(&callee)
                && facts.functions.get(&callee).is_some_and(|f| f.size <= LARGEST_COPY)
                && !is_replaceable(graph.global(callee).value.linkage());
            if fits && bodies.copies.insert(callee) {
                work.push(callee);
            }
        }
    }
    let in_skeleton =
        |id: &Id| (!is_lazy.contains(id) || bodies.copies.contains(id)) && !graph.is_inline_only(*id);
    let mut reached: HashSet<Id> = HashSet::new();
    let mut work: Vec<Id> = (0..graph.globals.len() as Id).filter(in_skeleton).collect();
    while let Some(id) = work.pop() {
        for to in graph.global(id).refers_to.iter().map(|r| r.to) {
            if graph.is_inline_only(to) && reached.insert(to) {
                work.push(to);
            }
        }
    }
    bodies.payload_only = (0..graph.globals.len() as Id)
        .filter(|id| graph.is_inline_only(*id) && !reached.contains(id))
        .collect();
    bodies
}

/// Another definition may take the place of this one and do something else.
fn is_replaceable(linkage: Linkage) -> bool {
    matches!(linkage, Linkage::LLVMWeakAnyLinkage | Linkage::LLVMLinkOnceAnyLinkage)
}
