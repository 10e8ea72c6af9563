//! Thread-local variables in lazy code.
//!
//! How a thread finds its copy of a variable is between the object and the linker, which may relax one model to
//! another. So lazy code never names such a variable: it calls an **accessor**, a function that is compiled now, in
//! the object that the linker sees, and returns the address. That is right for every model, for every dialect and in
//! every kind of image.
//!
//! Static functions are left as they are.

use crate::addresses;
use crate::classify::Plan;
use crate::ir::{Kind, Value};
use crate::reason::Reason;
use crate::references::{GlobalKind, Graph, Id};
use crate::scan::Facts;
use crate::stand_ins::{StandIns, lazy_users};

/// Finds the functions that can't use accessors: with `skip`, all of a module with a thread-local variable.
pub fn refuse(graph: &Graph, facts: &mut Facts, skip: bool) {
    let variables: Vec<Id> = variables(graph).collect();
    if skip && !variables.is_empty() {
        facts.functions.values_mut().for_each(|f| f.refuse(Reason::ThreadLocal));
        return;
    }
    let mut refused = Vec::new();
    for id in variables {
        let value = graph.global(id).value;
        // A place within a variable under a name of its own: only code generation finds it.
        let reachable = is_whole_variable(value);
        for user in value.users() {
            collect_unreachable(value, user, reachable, &mut refused);
        }
    }
    for id in refused.into_iter().filter_map(|f| graph.id(f)) {
        if let Some(function) = facts.functions.get_mut(&id) {
            function.refuse(Reason::ThreadLocal);
        }
    }
}

/// Thread-local variables, and aliases of them.
fn variables(graph: &Graph) -> impl Iterator<Item = Id> + '_ {
    (0..graph.globals.len() as Id).filter(|&id| is_thread_local(graph, id))
}

/// Whether it is a thread-local variable, or an alias of one.
pub fn is_thread_local(graph: &Graph, id: Id) -> bool {
    let global = graph.global(id);
    match global.kind {
        GlobalKind::Variable => global.value.is_thread_local(),
        // Aliases stand for each other at most in a row.
        GlobalKind::Alias => global.refers_to.iter().any(|r| is_thread_local(graph, r.to)),
        _ => false,
    }
}

/// A variable, or an alias of one.
fn is_whole_variable(value: Value) -> bool {
    match value.kind() {
        Kind::Variable => true,
        Kind::Alias => value.aliasee().is_some_and(is_whole_variable),
        _ => false,
    }
}

/// The functions in which an address that a thread computes can't take the place of `used`.
fn collect_unreachable(used: Value, user: Value, reachable: bool, found: &mut Vec<Value>) {
    match user.kind() {
        Kind::Instruction if !reachable => found.extend(user.function_of_instruction()),
        Kind::OtherConstant => {
            let reachable = reachable && is_place_within(user, used);
            for next in user.users() {
                collect_unreachable(user, next, reachable, found);
            }
        }
        _ => {}
    }
}

/// Whether a constant is an address at a fixed distance from `base`.
fn is_place_within(constant: Value, base: Value) -> bool {
    constant.is_constant_gep() && constant.operand(0) == Some(base)
}

/// Puts calls of accessors into the lazy functions, in the place of the variables.
pub fn rewrite(graph: &Graph, plan: &Plan, stand_ins: &mut StandIns) {
    for id in variables(graph) {
        let global = graph.global(id);
        let (users, Some(like)) = lazy_users(graph, plan, global.value) else { continue };
        let name = format!("autojit.tls.{}", global.name.trim_start_matches('\u{1}'));
        let accessor = graph.ir.add_accessor(&name, global.value, like);
        for user in users {
            replace(user, global.value, accessor);
        }
        stand_ins.add(id, accessor);
    }
}

/// Lets the instruction use what the accessor returns and not the variable.
fn replace(user: Value, variable: Value, accessor: Value) {
    if user.is_thread_local_address() && user.operand(0) == Some(variable) {
        let call = accessor.call_before(user);
        call.copy_return_attributes(user);
        user.replace_all_uses_with(call);
        user.erase_instruction();
        return;
    }
    addresses::replace(user, variable, |before| accessor.call_before(before));
}
