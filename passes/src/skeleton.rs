//! Taking the bodies out of the module.

use crate::Unit;
use crate::arch;
use crate::classify::{Plan, may_be_overridden};
use crate::imports::Imports;
use crate::ir::{Ir, Linkage, Value};
use crate::references::{Graph, Id};
use crate::stand_ins::StandIns;
use autojit_protocol::Hash;
use autojit_protocol::record::RECORD_ALIGN;
use std::collections::HashMap;

/// Replaces every lazy function by a declaration of its stub's symbol, and adds stubs, record and payload.
pub fn carve(
    graph: &Graph,
    plan: &Plan,
    imports: &Imports,
    stand_ins: &StandIns,
    payload: &[u8],
    hash: &Hash,
    unit: &Unit,
) {
    let ir = graph.ir;
    let assembly = arch::object_assembly(graph, plan, imports, payload, hash, unit);
    let aliases: Vec<Id> = plan.stub_aliases.iter().map(|&(alias, _)| alias).collect();
    // Nothing but detached bodies refers to a private function.
    let leaves = |id: &Id| !plan.bodies.copies.contains(id);
    let mut declared: HashMap<Id, Value> = HashMap::new();
    for id in plan.lazy.iter().filter(|f| f.public).map(|f| f.id).filter(leaves) {
        let global = graph.global(id);
        declared.insert(id, replace(ir, global.value, global.value, &global.name, unit));
    }
    for &(alias, target) in &plan.stub_aliases {
        let global = graph.global(alias);
        let like = graph.global(target).value;
        // A library's hidden name of a public function is there for those who must not get another image's.
        let is_sure = |value: Value| !value.is_interposable() && !may_be_overridden(value, unit);
        let is_same = unit.optimizes()
            && is_sure(global.value)
            && is_sure(like)
            && global.value.value_type() == like.value_type();
        match declared.get(&target).filter(|_| is_same) {
            Some(&same) => global.value.replace_all_uses_with(same),
            None => {
                let is_weak = global.value.is_interposable();
                let new = replace(ir, global.value, like, &global.name, unit);
                // The optimizer takes two declarations for two functions, if it may rely on them. (Of a symbol that is not weak this
                // would make one that is.)
                if unit.optimizes() && is_weak {
                    new.set_linkage(Linkage::LLVMExternalWeakLinkage);
                }
            }
        }
    }
    for &id in &plan.bodies.copies {
        // The stub is the definition.
        graph.global(id).value.make_available_externally();
    }
    // Above -O0 bodies are destroyed, and their references with them.
    let intrinsics = if unit.optimizes() { Vec::new() } else { separate_intrinsics(graph, plan) };
    let gone = plan.lazy.iter().map(|f| f.id).filter(leaves);
    let gone = gone.chain(aliases).chain(plan.moved.iter().copied()).chain(intrinsics);
    let gone = gone.chain(plan.bodies.payload_only.iter().copied());
    for id in gone {
        // SAFETY: the value is in the module, `detach` takes it out and leaves it alive, so that the references
        // between detached bodies stay valid.
        unsafe { (unit.hooks.detach)(graph.global(id).value.as_raw()) };
    }
    let bytes = ir.add_bytes(payload, c"autojit.payload", c".autojit", RECORD_ALIGN as u32);
    let mut kept: Vec<Value> = stand_ins.functions.iter().chain(&imports.kept).copied().collect();
    kept.extend(unit.optimizes().then_some(bytes));
    if !kept.is_empty()
        && let Some(old) = ir.keep(&kept)
    {
        // SAFETY: as above; nothing refers to a list of this kind.
        unsafe { (unit.hooks.detach)(old.as_raw()) };
    }
    ir.append_inline_asm(&assembly);
}

/// Lets a new declaration with `old`'s name and the type of `like` take the place of `old` everywhere.
fn replace(ir: Ir, old: Value, like: Value, name: &str, unit: &Unit) -> Value {
    let new = ir.declare_like(like);
    new.copy_function_attributes(like);
    if old.is_local() && unit.optimizes() {
        // It may be called like a function of the C library, which it is not.
        new.add_enum_attribute("nobuiltin");
    }
    new.copy_visibility(old);
    // SAFETY: both are globals of the module.
    unsafe { (unit.hooks.copy_locality)(new.as_raw(), old.as_raw()) };
    old.set_name("");
    new.set_name(name);
    old.replace_all_uses_with(new);
    new
}

/// Takes the intrinsics of detached bodies away from code generation, which walks over all users of an intrinsic's
/// declaration. Static functions that use one get a declaration of their own. Returns what is to be detached.
fn separate_intrinsics(graph: &Graph, plan: &Plan) -> Vec<Id> {
    let intrinsics: Vec<Id> =
        graph.ids_where(|g| g.name.starts_with("llvm.") && g.is_declared_function()).collect();
    for &id in &intrinsics {
        let old = graph.global(id).value;
        let is_static = |user: &Value| {
            let function = user.function_of_instruction().and_then(|f| graph.id(f));
            function.is_none_or(|f| !plan.is_lazy(f))
        };
        let users: Vec<Value> = old.users().filter(is_static).collect();
        if users.is_empty() {
            continue;
        }
        let new = graph.ir.declare_like(old);
        new.copy_function_attributes(old);
        old.set_name("");
        new.set_name(&graph.global(id).name);
        users.into_iter().for_each(|user| user.replace_operand(old, new));
    }
    intrinsics
}
