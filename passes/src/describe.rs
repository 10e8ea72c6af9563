//! The other use of the analysis: a module that was compiled with debug information, for a debugger.
//!
//! Here the code stays, and becomes an ordinary object with all its debug information. What the object of the program has
//! already is only declared, so that code and debug information refer to the program's: variables, and constants that are
//! not the functions' own. Static functions stay too, for what is said about them; the engine lays them over those of the
//! program, which lazy code calls. Those were compiled elsewhere: the optimizer may not change how they are called, nor bring some of them into lazy
//! code, where they would not be what they are in the program.

use crate::aliases;
use crate::arch::escape;
use crate::classify::{Plan, is_bound_here};
use crate::imports::Imports;
use crate::ir::{Ir, Kind, Linkage, Value};
use crate::known::Known;
use crate::reason::Reason;
use crate::references::{Global, GlobalKind, Graph, Id};
use crate::scan::Facts;
use crate::{Unit, analyze, import, ir, thread_locals};
use autojit_protocol::debug::{IDENTITY_SECTION, identity};
use inkwell::module::Module;
use std::collections::{BTreeSet, HashSet};

/// Turns the module into what the engine links for a debugger. `missing`: library functions that the program does not have, so that
/// the optimizer must not turn a call of another one into one of them (printf into puts). `-fno-builtin-puts` would not do: clang
/// takes it for the calls of the source alone, and for functions that it has a builtin for.
pub fn describe(module: &Module<'_>, unit: &Unit, missing: &[String]) {
    // SAFETY: as in `lazify`.
    let ir = unsafe { ir::Ir::new(module.as_mut_ptr()) };
    let (graph, facts, plan) = analyze(ir, unit);
    for name in missing {
        let attribute = format!("no-builtin-{name}");
        graph.definitions().for_each(|id| graph.global(id).value.add_string_attribute(&attribute, ""));
    }
    let (stand_ins, imports) = import(&graph, &facts, &plan, unit);
    // Lazy code calls those of the program.
    let mut called: Vec<Value> = stand_ins.functions.clone();
    called.iter().for_each(|function| function.add_enum_attribute("noinline"));
    if unit.optimizes() {
        let is_static = |id: &Id| !plan.is_lazy(*id) && !plan.bodies.payload_only.contains(id);
        let inlined = ir::attribute_kind("alwaysinline");
        for id in graph.definitions().filter(is_static) {
            let function = graph.global(id).value;
            if stays_where_it_is(&graph, &facts, &plan, id) && !function.has_enum_attribute(inlined) {
                function.add_enum_attribute("noinline");
            }
            called.push(function);
        }
    }
    if unit.optimizes() {
        keep_frame_of_main(&graph, &plan);
    }
    let mut functions: Vec<&str> = plan.lazy.iter().map(|f| graph.global(f.id).name.as_str()).collect();
    let mut imported: Vec<&str> = imports.entries.iter().map(|i| i.name.as_str()).collect();
    let mut hasher = blake3::Hasher::new();
    identity(&mut functions, &mut imported, |bytes| {
        hasher.update(bytes);
    });

    // Each in a section of its own, by which the engine tells lazy functions from static ones. (Initializers stand together.)
    let lazy = plan.lazy.iter().map(|f| graph.global(f.id).value);
    lazy.filter(|function| function.has_section()).for_each(Value::clear_section);
    ir.set_inline_asm("");
    // What is called over a stub stays, and is called as the ABI has it.
    let public = plan.lazy.iter().filter(|f| f.public).map(|f| graph.global(f.id).value);
    let can_vanish =
        |function: &Value| unit.optimizes() && (function.is_local() || function.is_discardable());
    let mut kept: Vec<Value> = public.chain(called.iter().copied()).filter(can_vanish).collect();
    if unit.optimizes() {
        kept.extend(listed(&graph));
    }
    // Its address is that of the stub to itself, too: the assembler settles by itself what is local.
    let addressed = plan.lazy.iter().filter(|f| f.public).map(|f| graph.global(f.id).value);
    addressed.filter(|f| f.is_local()).for_each(|f| f.set_linkage(Linkage::LLVMExternalLinkage));
    kept.extend(declare_data(&graph, &plan, &imports, unit));
    ir.keep(&kept);
    let identity = escape(hasher.finalize().as_bytes());
    let note = format!(".section {IDENTITY_SECTION},\"\",@progbits\n.ascii \"{identity}\"\n.text\n");
    ir.append_inline_asm(&note);
}

/// `main` is described as a function without a caller, so that stacks end there. Of such a frame GDB does not know where it begins: what it finds by that,
/// as the variables of a function that puts arguments on the stack, it would not have.
fn keep_frame_of_main(graph: &Graph, plan: &Plan) {
    let main =
        plan.lazy.iter().map(|function| graph.global(function.id)).find(|global| global.name == "main");
    if let Some(main) = main {
        main.value.add_string_attribute("frame-pointer", "all");
    }
}

/// Whether a static function is not the same as a part of lazy code: it looks who calls it, or names what only the program can name: a thread-local
/// variable, or a literal, which has no symbol.
fn stays_where_it_is(graph: &Graph, facts: &Facts, plan: &Plan, id: Id) -> bool {
    let looks = facts.functions.get(&id).is_some_and(|f| matches!(f.reason, Some(Reason::Caller)));
    let is_out_of_reach = |to: Id| is_nameless(graph, plan, to) || thread_locals::is_thread_local(graph, to);
    looks || graph.global(id).refers_to.iter().any(|reference| is_out_of_reach(reference.to))
}

/// Whether only the program has the variable, and no symbol for it.
fn is_nameless(graph: &Graph, plan: &Plan, id: Id) -> bool {
    let global = graph.global(id);
    global.kind == GlobalKind::Variable
        && global.value.linkage() == Linkage::LLVMPrivateLinkage
        && !plan.moved.contains(&id)
}

/// What the unit would keep by LLVM's lists (constructors, `__attribute__((used))`), which are about to go. That is where
/// static code starts from, so that the variables which only that mentions stay too.
fn listed(graph: &Graph) -> impl Iterator<Item = Value> + '_ {
    let lists = graph.ids_where(|g| g.kind == GlobalKind::Variable && g.name.starts_with("llvm."));
    let ids: BTreeSet<u32> = lists.flat_map(|id| graph.global(id).refers_to.iter().map(|r| r.to)).collect();
    ids.into_iter().map(|id| graph.global(id)).filter(|g| !g.value.is_declaration()).map(|g| g.value)
}

/// Leaves the names of what the program has, and takes away what only belongs to a whole object. Returns the variables of which the
/// optimizer knows so much that it could do without them.
fn declare_data(graph: &Graph, plan: &Plan, imports: &Imports, unit: &Unit) -> Vec<Value> {
    let stays = |id: &Id| {
        let value = graph.global(*id).value;
        !value.name().starts_with("llvm.") && !plan.moved.contains(id) && value.initializer().is_some()
    };
    let staying: Vec<Id> = graph.ids_where(|g| g.kind == GlobalKind::Variable).filter(stays).collect();
    // As for lazy code: what it can't reach the program may have no name for.
    let imported: HashSet<&str> = imports.entries.iter().map(|import| import.name.as_str()).collect();
    let is_nameable = |to: Id| plan.moved.contains(&to) || imported.contains(graph.global(to).name.as_str());
    let known = Known::of(graph, &staying, unit, is_nameable);
    if unit.optimizes() {
        aliases::resolve(graph, unit, |_| true);
    }
    for id in graph.ids_where(|g| matches!(g.kind, GlobalKind::Alias | GlobalKind::Ifunc)) {
        declare_other_name(graph, id, unit);
    }
    for id in graph.ids_where(|g| g.kind == GlobalKind::Variable) {
        let variable = graph.global(id).value;
        if variable.name().starts_with("llvm.") {
            detach(variable, unit);
        }
    }
    for variable in staying.into_iter().map(|id| graph.global(id).value) {
        if unit.optimizes() && variable.is_interposable() {
            variable.set_unnamed_addr();
        }
        known.declare(variable);
        variable.remove_comdat();
    }
    debug_assert!(graph.ir.variables().all(|v| v.kind() == Kind::Variable));
    known.variables().collect()
}

/// Leaves the name of an alias or ifunc, but for that of a function that is compiled here.
fn declare_other_name(graph: &Graph, id: Id, unit: &Unit) {
    let ir: Ir = graph.ir;
    let global = graph.global(id);
    let target = graph.aliased(id).map(|target| graph.global(target));
    // Where another object may define what the alias is for, it does not define the alias.
    let is_this = |target: &Global| is_bound_here(target, unit) || target.value.is_same_everywhere();
    let is_compiled_here = target.filter(|t| t.kind == GlobalKind::Definition).is_some_and(is_this);
    if global.kind == GlobalKind::Alias && is_compiled_here {
        return;
    }
    let new = match target.map(|target| target.kind) {
        Some(GlobalKind::Variable) | None if global.kind == GlobalKind::Alias => {
            ir.declare_variable_like(global.value)
        }
        _ => ir.declare_like(global.value),
    };
    if unit.optimizes() {
        new.set_unnamed_addr();
    }
    global.value.set_name("");
    new.set_name(&global.name);
    global.value.replace_all_uses_with(new);
    detach(global.value, unit);
}

fn detach(value: Value, unit: &Unit) {
    // SAFETY: the value is in the module and stays alive; nothing that is emitted refers to it.
    unsafe { (unit.hooks.detach)(value.as_raw()) }
}
