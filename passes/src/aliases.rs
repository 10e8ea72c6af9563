//! Other names of variables, where the engine optimizes.
//!
//! It sees names, and takes two of them for two variables: what is written by one would not be read by the other. So code uses the
//! variable itself, if the other name leads there for sure, and otherwise an address that the optimizer knows nothing of.

use crate::Unit;
use crate::addresses::{instructions, replace};
use crate::classify::{is_bound_here, may_be_overridden};
use crate::ir::{Linkage, Opcode, TypeKind, Value};
use crate::references::{GlobalKind, Graph, Id};

/// Replaces aliases of variables in the functions that are named by `is_changed`.
pub fn resolve(graph: &Graph, unit: &Unit, is_changed: impl Fn(Id) -> bool) {
    for id in aliases(graph) {
        let alias = graph.global(id).value;
        let variable = variable(graph, id, unit);
        let users = instructions(alias)
            .into_iter()
            .filter(|user| user.function_of_instruction().and_then(|f| graph.id(f)).is_some_and(&is_changed));
        for user in users.filter(|user| takes_addresses(*user)) {
            replace(user, alias, |before| variable.unwrap_or_else(|| alias.hidden_before(before)));
        }
    }
}

/// Aliases of variables and of places within them.
fn aliases(graph: &Graph) -> impl Iterator<Item = Id> + '_ {
    graph.ids_where(|g| {
        g.kind == GlobalKind::Alias
            && g.value.value_type().kind() != TypeKind::LLVMFunctionTypeKind
            && !g.value.is_thread_local()
    })
}

/// The variable that an alias is another name of, whatever other objects define.
pub fn variable(graph: &Graph, alias: Id, unit: &Unit) -> Option<Value> {
    let is_bound = |value: Value| {
        matches!(
            value.linkage(),
            Linkage::LLVMExternalLinkage | Linkage::LLVMInternalLinkage | Linkage::LLVMPrivateLinkage
        ) && !may_be_overridden(value, unit)
    };
    let target = graph.global(graph.aliased(alias)?);
    let is_sure = target.kind == GlobalKind::Variable
        && is_bound(graph.global(alias).value)
        && is_bound_here(target, unit);
    is_sure.then_some(target.value)
}

/// Whether any address can be among the instruction's operands. The others want names.
fn takes_addresses(instruction: Value) -> bool {
    match instruction.opcode() {
        Opcode::LLVMLandingPad | Opcode::LLVMCatchPad | Opcode::LLVMCleanupPad => false,
        Opcode::LLVMCall | Opcode::LLVMInvoke | Opcode::LLVMCallBr => {
            instruction.called_value().is_none_or(|callee| callee.inline_asm().is_none())
        }
        _ => true,
    }
}
