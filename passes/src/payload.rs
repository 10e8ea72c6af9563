//! Writing the payload.
//!
//! The bitcode is that of the module itself, with everything taken off for the moment that only the object needs:
//! initializers and module assembly. Static functions keep their bodies in it; the engine ignores them.

use crate::Unit;
use crate::classify::Plan;
use crate::imports::Imports;
use crate::ir::{Ir, Linkage, Value};
use crate::known::Known;
use crate::references::{GlobalKind, Graph, Id};
use crate::scan::Facts;
use autojit_protocol::payload::{
    CodegenOptions, FUNCTION_BOUND_HERE, FUNCTION_HAS_LOOP, FUNCTION_INLINE, FUNCTION_PUBLIC, PAYLOAD_MAGIC,
    padding,
};
use std::collections::{HashMap, HashSet};

/// A count of the payload exceeds 32 bits.
#[derive(Debug, thiserror::Error)]
#[error("the unit is too large for a lazy payload")]
pub struct PayloadTooLarge;

/// Names and tables in front of the bitcode, put together.
#[derive(Default)]
struct Tables {
    functions: Vec<u8>,
    imports: Vec<u8>,
    callees: Vec<u8>,
    callee_count: u32,
    strings: Vec<u8>,
}

impl Tables {
    fn name(&mut self, name: &str) -> Result<[u32; 2], PayloadTooLarge> {
        let offset = u32::try_from(self.strings.len()).map_err(|_| PayloadTooLarge)?;
        let size = u32::try_from(name.len()).map_err(|_| PayloadTooLarge)?;
        self.strings.extend_from_slice(name.as_bytes());
        Ok([offset, size])
    }
}

fn push(bytes: &mut Vec<u8>, words: &[u32]) {
    for word in words {
        bytes.extend_from_slice(&word.to_le_bytes());
    }
}

pub fn build(
    graph: &Graph,
    facts: &Facts,
    plan: &Plan,
    imports: &Imports,
    unit: &Unit,
) -> Result<Vec<u8>, PayloadTooLarge> {
    let count = |n: usize| u32::try_from(n).map_err(|_| PayloadTooLarge);
    let mut tables = Tables::default();
    // Calls into other modules, which the engine follows when it compiles ahead.
    let functions = count(plan.lazy.len())?;
    let mut imported = HashMap::new();
    for (index, import) in imports.entries.iter().enumerate() {
        let place = functions.checked_add(count(index)?).ok_or(PayloadTooLarge)?;
        imported.insert(import.name.as_str(), place);
    }
    for lazy in &plan.lazy {
        let global = graph.global(lazy.id);
        let name = tables.name(&global.name)?;
        let start = tables.callee_count;
        let callee = |to| {
            let other = || Some(graph.global(to)).filter(|g| g.is_declared_function());
            plan.slot(to).or_else(|| imported.get(other()?.name.as_str()).copied())
        };
        for callee in global.refers_to.iter().filter_map(|r| callee(r.to)) {
            push(&mut tables.callees, &[callee]);
            tables.callee_count = tables.callee_count.checked_add(1).ok_or(PayloadTooLarge)?;
        }
        let known = facts.functions.get(&lazy.id);
        let mut flags = 0;
        flags |= if lazy.public { FUNCTION_PUBLIC } else { 0 };
        flags |= if lazy.bound_here { FUNCTION_BOUND_HERE } else { 0 };
        flags |= if known.is_some_and(|f| f.has_loop) { FUNCTION_HAS_LOOP } else { 0 };
        flags |= if graph.global(lazy.id).value.is_discardable() { FUNCTION_INLINE } else { 0 };
        let size = known.map_or(0, |f| f.size);
        push(&mut tables.functions, &[name[0], name[1], start, tables.callee_count - start, size, flags]);
    }
    for import in &imports.entries {
        let name = tables.name(&import.name)?;
        push(&mut tables.imports, &name);
    }
    let (bitcode, expanded_size) = bitcode(graph, plan, unit);

    let options = CodegenOptions {
        opt_level: unit.opt_level,
        size_level: unit.size_level,
        fp_fusion: unit.fp_fusion,
        fast_isel: u8::from(unit.opt_level == 0),
        passes: unit.passes,
        math: unit.math,
        lines: u8::from(unit.lines),
        races: u8::from(unit.races),
    };
    let mut out = Vec::with_capacity(bitcode.len() + tables.strings.len() + tables.functions.len() + 4096);
    out.extend_from_slice(&PAYLOAD_MAGIC);
    push(
        &mut out,
        &[
            count(plan.lazy.len())?,
            count(imports.entries.len())?,
            tables.callee_count,
            count(tables.strings.len())?,
        ],
    );
    for size in [bitcode.len() as u64, expanded_size] {
        out.extend_from_slice(&size.to_le_bytes());
    }
    out.extend_from_slice(&[options.opt_level, options.size_level, options.fp_fusion, options.fast_isel]);
    out.extend_from_slice(&[options.passes, options.math]);
    out.extend_from_slice(&[options.lines, options.races]);
    for table in [&tables.functions, &tables.imports, &tables.callees, &tables.strings] {
        out.extend_from_slice(table);
    }
    out.resize(out.len() + padding(out.len()), 0);
    out.extend_from_slice(&bitcode);
    Ok(out)
}

/// The bitcode of the module without what only the object needs, and `expanded_size` of the payload's header. The module
/// is afterwards as it was.
fn bitcode(graph: &Graph, plan: &Plan, unit: &Unit) -> (Vec<u8>, u64) {
    let ir: Ir = graph.ir;
    let assembly = ir.inline_asm();
    ir.set_inline_asm("");
    // What an alias or ifunc stands for must stay a definition.
    let pinned: HashSet<Value> = ir.aliases().filter_map(Value::aliasee).collect();
    let stripped: Vec<Id> = graph
        .ids_where(|g| g.kind == GlobalKind::Variable)
        .filter(|id| !plan.moved.contains(id))
        .filter(|&id| {
            let v = graph.global(id).value;
            !pinned.contains(&v) && !v.has_comdat() && v.initializer().is_some()
        })
        .collect();
    // What initializers refer to the engine looks at itself.
    let known = Known::of(graph, &stripped, unit, |_| true);
    let stripped: Vec<(Value, Option<Value>, Linkage, bool)> = stripped
        .into_iter()
        .map(|id| graph.global(id).value)
        .map(|v| (v, v.initializer(), v.linkage(), v.is_constant_variable()))
        .collect();
    for (variable, ..) in &stripped {
        known.declare(*variable);
    }
    let written = ir.bitcode(unit.hooks.write_bitcode, unit.compress);
    for (variable, initializer, linkage, is_constant) in stripped {
        variable.set_linkage(linkage);
        variable.set_constant(is_constant);
        variable.set_initializer(initializer);
    }
    ir.set_inline_asm(&assembly);
    written
}
