//! Taking the bodies out of the module.

use crate::Unit;
use crate::arch;
use crate::classify::Plan;
use crate::imports::Imports;
use crate::ir::{Ir, Value};
use crate::references::{Graph, Id};
use autojit_protocol::Hash;
use autojit_protocol::record::RECORD_ALIGN;

/// Replaces every lazy function by a declaration of its stub's symbol, and adds stubs, record and payload.
pub fn carve(
    graph: &Graph,
    plan: &Plan,
    imports: &Imports,
    payload: &[u8],
    hash: &Hash,
    unit: &Unit,
) {
    let ir = graph.ir;
    let assembly = arch::object_assembly(graph, plan, imports, payload, hash, unit);
    let aliases: Vec<Id> = plan.stub_aliases.iter().map(|&(alias, _)| alias).collect();
    // Nothing but detached bodies refers to a private function.
    for id in plan.lazy.iter().filter(|f| f.public).map(|f| f.id) {
        let global = graph.global(id);
        replace(ir, global.value, global.value, &global.name);
    }
    for &(alias, target) in &plan.stub_aliases {
        let global = graph.global(alias);
        replace(ir, global.value, graph.global(target).value, &global.name);
    }
    let gone = plan.lazy.iter().map(|f| f.id).chain(aliases).chain(plan.only_moved.iter().copied());
    for id in gone {
        // SAFETY: the value is in the module, `detach` takes it out and leaves it alive, so that the references
        // between detached bodies stay valid.
        unsafe { (unit.detach)(graph.global(id).value.as_raw()) };
    }
    ir.append_inline_asm(&assembly);
    ir.add_bytes(payload, c"autojit.payload", c".autojit", RECORD_ALIGN as u32);
}

/// Lets a new declaration with `old`'s name and the type of `like` take the place of `old` everywhere.
fn replace(ir: Ir, old: Value, like: Value, name: &str) {
    let new = ir.declare_like(like);
    new.copy_function_attributes(like);
    new.copy_visibility(old);
    old.set_name("");
    new.set_name(name);
    old.replace_all_uses_with(new);
}
