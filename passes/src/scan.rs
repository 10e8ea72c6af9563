//! One look at each body: what it needs that the use lists do not show.

use crate::Unit;
use crate::callers;
use crate::inlining;
use crate::ir::{self, Block, Ir, Kind, Linkage, Opcode, Type, TypeKind, Value};
use crate::libcalls::{self, Needs};
use crate::reason::Reason;
use crate::references::{Global, GlobalKind, Graph, Id};
use std::collections::{BTreeSet, HashMap, HashSet};

/// What is known about each definition, by its number in the graph.
pub struct Facts {
    pub functions: HashMap<Id, Function>,
}

#[derive(Default)]
pub struct Function {
    /// The first thing found that forbids laziness.
    pub reason: Option<Reason>,
    /// Instructions in the body.
    pub size: u32,
    pub has_loop: bool,
    /// Runtime functions that code generation may call.
    pub libcalls: BTreeSet<String>,
    /// What it calls may have to be inlined into it, or it into its callers, for it to be correct at all.
    pub must_fold: bool,
    /// Inline assembly that may name symbols.
    pub assembly: Vec<String>,
    /// What clang is to warn of, and what the function itself has in its frame, in bytes.
    pub frame_limit: Option<u64>,
    pub frame: u64,
    /// It writes to memory that is not its own frame's.
    has_store: bool,
    /// -fno-builtin: the optimizer makes no calls of library functions.
    no_builtins: bool,
}

impl Function {
    pub fn refuse(&mut self, reason: Reason) {
        self.reason.get_or_insert(reason);
    }
}

/// Enum attributes that matter, looked up once.
struct Attributes {
    naked: u32,
    coroutine: u32,
    ssp: [u32; 3],
    outer_thunk: u32,
}

/// Lets clang compile what may have a frame that it is to warn of. `inlined`: bytes of the frames of functions that become a part of this one.
pub fn check_frame(facts: &mut Function, inlined: u64) {
    // Spills and outgoing arguments come on top of the variables: only a frame far below the limit is certain.
    let most = facts.frame + inlined + 16 * u64::from(facts.size) + 256;
    if facts.frame_limit.is_some_and(|limit| most > limit) {
        facts.refuse(Reason::FrameSize);
        // What is inlined makes a frame larger, or takes arrays out of it.
        facts.must_fold = true;
    }
}

pub fn scan(graph: &Graph, unit: &Unit) -> Facts {
    let attributes = Attributes {
        naked: ir::attribute_kind("naked"),
        coroutine: ir::attribute_kind("presplitcoroutine"),
        ssp: ["ssp", "sspstrong", "sspreq"].map(ir::attribute_kind),
        outer_thunk: ir::attribute_kind("fn_ret_thunk_extern"),
    };
    let mut facts = Facts {
        functions: graph.definitions().map(|id| (id, function(graph, id, &attributes, unit))).collect(),
    };
    intrinsics(graph, &mut facts, unit);
    refused_callees(graph, &mut facts, unit);
    if unit.optimizes() {
        facts.functions.values_mut().for_each(made_libcalls);
        inlining::refuse_callers(graph, &mut facts);
    }
    facts
}

fn function(graph: &Graph, id: Id, attributes: &Attributes, unit: &Unit) -> Function {
    let global = graph.global(id);
    let value = global.value;
    let mut facts = Function::default();
    if value.has_enum_attribute(attributes.naked) {
        facts.refuse(Reason::Naked);
    }
    if value.has_enum_attribute(attributes.coroutine) {
        facts.refuse(Reason::Coroutine);
    }
    if value.has_enum_attribute(attributes.outer_thunk) {
        facts.refuse(Reason::Libcall);
    }
    if (0..).map_while(|n| value.parameter(n)).any(|parameter| is_bfloat(parameter.type_of())) {
        facts.refuse(Reason::Libcall);
    }
    // Those of which we know that %r11 is free at entry: C's, and fastcc and coldcc, which are the same on x86-64
    // (coroutines are made of functions with fastcc).
    if !matches!(value.calling_convention(), 0 | 8 | 9)
        || value.string_attribute("no_caller_saved_registers").is_some()
    {
        facts.refuse(Reason::CallingConvention);
    }
    if value.has_section() && !is_initializer(global) {
        facts.refuse(Reason::Section);
    }
    let patchable =
        ["patchable-function", "patchable-function-entry", "fentry-call", "xray-instruction-threshold"];
    if value.has_prefix_or_prologue()
        || value.has_gc()
        || patchable.iter().any(|key| value.string_attribute(key).is_some())
    {
        facts.refuse(Reason::Attributes);
    }
    if !is_writable_name(&global.name) {
        facts.refuse(Reason::Name);
    }
    if attributes.ssp.iter().any(|&kind| value.has_enum_attribute(kind)) {
        facts.libcalls.insert("__stack_chk_fail".to_string());
    }
    facts.no_builtins = value.string_attribute("no-builtins").is_some();
    let features = value.string_attribute("target-features").unwrap_or_default();
    facts.frame_limit = value.string_attribute("warn-stack-size").and_then(|v| v.parse().ok());
    let mut seen = HashSet::new();
    for block in value.blocks() {
        seen.insert(block);
        if block.address_users().any(|user| user.function_of_instruction() != Some(value)) {
            facts.refuse(Reason::BlockAddress);
        }
        for instruction in block.instructions() {
            facts.size += 1;
            instruction_facts(instruction, graph.ir, unit, &mut facts);
            if facts.frame_limit.is_some() && instruction.opcode() == Opcode::LLVMAlloca {
                facts.frame += graph.ir.size_of(instruction.allocated_type());
            }
        }
        if !facts.has_loop
            && let Some(last) = block.terminator()
        {
            facts.has_loop = last.successors().any(|s| seen.contains(&s));
        }
        if unit.optimizes()
            && let Some(last) = block.terminator()
            && last.loop_properties().iter().any(|name| is_wish(name))
        {
            facts.refuse(Reason::LoopPragma);
            facts.must_fold = true;
        }
    }
    let lacks = |feature: &str| features.split(',').any(|f| f == feature);
    if (lacks("-sse") || lacks("-sse2")) && uses_float_registers(value) {
        facts.refuse(Reason::CallingConvention);
    }
    check_frame(&mut facts, 0);
    facts
}

/// A transformation of a loop that the program asks for: it is warned of if it is not done (-Wpass-failed).
fn is_wish(property: &str) -> bool {
    let wishes = ["vectorize.", "interleave.", "unroll.", "unroll_and_jam.", "distribute."];
    let wish =
        property.strip_prefix("llvm.loop.").filter(|rest| wishes.iter().any(|wish| rest.starts_with(wish)));
    wish.is_some_and(|rest| !rest.ends_with(".disable"))
}

/// Whether floating values are passed or returned, which is an error if the processor's registers for them are not to be used.
fn uses_float_registers(function: Value) -> bool {
    let is_float =
        |ty: Type| matches!(ty.scalar().kind(), TypeKind::LLVMFloatTypeKind | TypeKind::LLVMDoubleTypeKind);
    let mut instructions = function.blocks().flat_map(Block::instructions);
    instructions.any(|i| {
        is_float(i.type_of())
            || (0..i.operand_count()).filter_map(|n| i.operand(n)).any(|o| is_float(o.type_of()))
    })
}

/// One of the functions that clang makes for the initialization of C++ variables. Their section is only a hint to the
/// linker that they run at program start; what does is static as a constructor, and what threads run is lazy.
fn is_initializer(global: &Global) -> bool {
    global.value.is_local()
        && ["__cxx_global_", "_GLOBAL__"].iter().any(|prefix| global.name.starts_with(prefix))
        && global.value.section() == ".text.startup"
}

/// Names that can stand between double quotes in assembly. (`\x01` in front means: as it is.)
fn is_writable_name(name: &str) -> bool {
    let name = name.strip_prefix('\u{1}').unwrap_or(name);
    !name.is_empty() && name.chars().all(|c| !c.is_control() && c != '"' && c != '\\' && c != '\u{fffd}')
}

fn instruction_facts(i: Value, ir: Ir, unit: &Unit, facts: &mut Function) {
    use Opcode::*;
    match i.opcode() {
        LLVMCall | LLVMInvoke => {
            if is_bfloat(i.type_of()) {
                facts.refuse(Reason::Libcall);
            }
            if let Some((text, constraints)) = i.called_value().and_then(Value::inline_asm)
                && !is_barrier(&text, &constraints)
                && !unit.hooks.is_plain_assembly(i)
            {
                facts.must_fold |= has_pending_immediate(i, &constraints);
                facts.assembly.push(text);
                facts.refuse(Reason::InlineAsm);
            }
        }
        LLVMCallBr => {
            facts.assembly.extend(i.called_value().and_then(Value::inline_asm).map(|(text, _)| text));
            facts.refuse(Reason::InlineAsm);
        }
        LLVMResume => {
            facts.libcalls.insert("_Unwind_Resume".to_string());
        }
        LLVMUDiv | LLVMSDiv => wide_division(i, ["__divti3", "__udivti3"], facts),
        LLVMURem | LLVMSRem => wide_division(i, ["__modti3", "__umodti3"], facts),
        LLVMFRem => {
            let name = match i.type_of().scalar().kind() {
                TypeKind::LLVMFloatTypeKind => "fmodf",
                TypeKind::LLVMDoubleTypeKind => "fmod",
                TypeKind::LLVMX86_FP80TypeKind => "fmodl",
                _ => return facts.refuse(Reason::Libcall),
            };
            facts.libcalls.insert(name.to_string());
        }
        LLVMFNeg | LLVMFAdd | LLVMFSub | LLVMFMul | LLVMFDiv => soft_float(i.type_of(), facts),
        LLVMFCmp | LLVMFPTrunc | LLVMFPExt => {
            soft_float(i.type_of(), facts);
            if let Some(operand) = i.operand(0) {
                soft_float(operand.type_of(), facts);
            }
        }
        LLVMFPToSI | LLVMFPToUI => {
            if let Some(from) = i.operand(0) {
                float_and_int(i.opcode(), from.type_of(), i.type_of(), facts);
            }
        }
        LLVMSIToFP | LLVMUIToFP => {
            if let Some(from) = i.operand(0) {
                float_and_int(i.opcode(), i.type_of(), from.type_of(), facts);
            }
        }
        LLVMAtomicRMW | LLVMAtomicCmpXchg
            if i.operand(1).is_some_and(|v| is_soft(v.type_of()) || needs_library(i, v.type_of(), ir)) =>
        {
            facts.refuse(Reason::Libcall);
        }
        LLVMLoad if is_bfloat(i.type_of()) || i.is_atomic() && needs_library(i, i.type_of(), ir) => {
            facts.refuse(Reason::Libcall);
        }
        LLVMStore => {
            let is_call = |ty| is_bfloat(ty) || i.is_atomic() && needs_library(i, ty, ir);
            if i.operand(0).is_some_and(|v| is_call(v.type_of())) {
                facts.refuse(Reason::Libcall);
            }
            facts.has_store |=
                !i.operand(1).is_some_and(|at| at.kind() == Kind::Instruction && at.opcode() == LLVMAlloca);
        }
        _ => {}
    }
}

/// An empty text without operands: a compiler barrier, which can't be wrong and names nothing.
fn is_barrier(text: &str, constraints: &str) -> bool {
    text.trim().is_empty() && constraints.split(',').all(|c| c.is_empty() || c.starts_with('~'))
}

/// Whether the assembly wants a constant that is none yet: it will be one when the function is inlined.
fn has_pending_immediate(call: Value, constraints: &str) -> bool {
    let is_immediate = |c: &str| !c.is_empty() && c.bytes().all(|b| b"inseIJKLMNOZG".contains(&b));
    constraints.split(',').any(is_immediate)
        && (0..call.argument_count()).filter_map(|i| call.operand(i)).any(|argument| {
            matches!(argument.kind(), Kind::Instruction | Kind::Other) && !argument.is_constant()
        })
}

/// Whether an atomic operation is a call of libatomic's: no instruction does it in one piece.
fn needs_library(operation: Value, ty: Type, ir: Ir) -> bool {
    is_wide(ty) || u64::from(operation.alignment()) < ir.size_of(ty)
}

fn is_wide(ty: Type) -> bool {
    ty.int_width() > 64 || matches!(ty.kind(), TypeKind::LLVMFP128TypeKind | TypeKind::LLVMX86_FP80TypeKind)
}

/// `names`: for numbers with a sign and without. Code generation takes the other one where it knows the sign bit to be 0.
fn wide_division(i: Value, names: [&str; 2], facts: &mut Function) {
    match i.type_of().scalar().int_width() {
        0..=64 => {}
        65..=128 => facts.libcalls.extend(names.map(str::to_string)),
        // Expanded in place by a pass of its own, which may ask for more.
        _ => facts.refuse(Reason::Libcall),
    }
}

/// Types whose arithmetic is done by functions, depending on the processor.
fn is_soft(ty: Type) -> bool {
    use TypeKind::*;
    matches!(
        ty.scalar().kind(),
        LLVMHalfTypeKind | LLVMBFloatTypeKind | LLVMFP128TypeKind | LLVMPPC_FP128TypeKind
    )
}

/// Where the processor has no such numbers they are rounded by a function even where they are only passed on.
fn is_bfloat(ty: Type) -> bool {
    ty.scalar().kind() == TypeKind::LLVMBFloatTypeKind
}

fn soft_float(ty: Type, facts: &mut Function) {
    if is_soft(ty) {
        facts.refuse(Reason::Libcall);
    }
}

/// Conversions between floating types and integers of more than 64 bits.
fn float_and_int(opcode: Opcode, float: Type, int: Type, facts: &mut Function) {
    use Opcode::*;
    if is_soft(float) {
        return facts.refuse(Reason::Libcall);
    }
    match int.scalar().int_width() {
        0..=64 => return,
        65..=128 => {}
        _ => return facts.refuse(Reason::Libcall),
    }
    let letter = match float.scalar().kind() {
        TypeKind::LLVMFloatTypeKind => "sf",
        TypeKind::LLVMDoubleTypeKind => "df",
        TypeKind::LLVMX86_FP80TypeKind => "xf",
        _ => return facts.refuse(Reason::Libcall),
    };
    // As with divisions: with a sign and without.
    facts.libcalls.extend(match opcode {
        LLVMFPToSI | LLVMFPToUI => [format!("__fix{letter}ti"), format!("__fixuns{letter}ti")],
        _ => [format!("__floatti{letter}"), format!("__floatunti{letter}")],
    });
}

/// Intrinsics, and what code generation replaces calls by, seen from the declarations: there are few of those.
fn intrinsics(graph: &Graph, facts: &mut Facts, unit: &Unit) {
    let names: Vec<Option<Needs>> = graph
        .globals
        .iter()
        .map(|g| match g.kind {
            GlobalKind::Declaration if g.name.starts_with("llvm.") => Some(libcalls::of_intrinsic(&g.name)),
            GlobalKind::Declaration if unit.optimizes() => libcalls::of_function(&g.name),
            _ => None,
        })
        .collect();
    let copying = large_copies(graph, unit);
    for (&id, function) in &mut facts.functions {
        for reference in &graph.global(id).refers_to {
            let Some(needs) = &names[reference.to as usize] else { continue };
            let callee = graph.global(reference.to);
            match needs {
                Needs::Nothing => {}
                Needs::Unknown => function.refuse(Reason::Libcall),
                Needs::Builtin(_) if function.no_builtins => {}
                Needs::Calls(calls) | Needs::Builtin(calls) => {
                    function.libcalls.extend(calls.iter().map(|c| c.to_string()))
                }
                Needs::Memory(name) => {
                    if *name != "memcpy" || copying.contains(&id) {
                        function.libcalls.insert(name.to_string());
                    }
                }
                Needs::Math(name, feature) => match libcalls::math_name(name, &callee.name) {
                    None => function.refuse(Reason::Libcall),
                    Some(symbol) => {
                        let features = graph.global(id).value.string_attribute("target-features");
                        let in_place = !symbol.ends_with('l')
                            && feature
                                .is_some_and(|f| features.is_some_and(|all| all.split(',').any(|x| x == f)));
                        if !in_place {
                            function.libcalls.insert(symbol);
                        }
                    }
                },
            }
        }
    }
}

/// Functions that the optimizer makes calls of, where it may.
fn made_libcalls(function: &mut Function) {
    if function.has_loop && function.has_store && !function.no_builtins {
        function.libcalls.extend(["memcpy", "memmove", "memset"].map(str::to_string));
    }
    for suffix in ["", "f", "l"] {
        let has = |name: &str| function.libcalls.contains(&format!("{name}{suffix}"));
        if has("sin") && has("cos") {
            function.libcalls.insert(format!("sincos{suffix}"));
        }
    }
}

/// Functions with a copy that is not of a constant size so small that it is always expanded in place.
fn large_copies(graph: &Graph, unit: &Unit) -> HashSet<Id> {
    let limit = if unit.size_level > 0 { libcalls::SMALL_COPY / 4 } else { libcalls::SMALL_COPY };
    let is_small =
        |call: Value| call.operand(2).and_then(Value::as_constant_int).is_some_and(|size| size <= limit);
    graph
        .globals
        .iter()
        .filter(|g| g.kind == GlobalKind::Declaration && g.name.starts_with("llvm.memcpy."))
        .flat_map(|g| g.value.users())
        .filter(|&call| !is_small(call))
        .filter_map(|call| call.function_of_instruction().and_then(|f| graph.id(f)))
        .collect()
}

/// Why code that refers to this function can't be lazy, if so.
pub fn refused_callee(function: Value) -> Option<Reason> {
    if ["dontcall-error", "dontcall-warn"].iter().any(|key| function.string_attribute(key).is_some()) {
        return Some(Reason::DontCall);
    }
    if callers::is_refused(function) {
        return Some(Reason::Caller);
    }
    // stdcall, fastcall and vectorcall: code generation alone knows the symbol's name.
    matches!(function.calling_convention(), 64 | 65 | 80).then_some(Reason::CallingConvention)
}

/// Names of data that the optimizer, which sees one function at a time, would take for other data.
fn refused_alias(graph: &Graph, alias: Value) -> Option<Reason> {
    let is_fixed = !matches!(alias.linkage(), Linkage::LLVMWeakAnyLinkage | Linkage::LLVMLinkOnceAnyLinkage);
    let target = graph.id(alias).and_then(|id| graph.aliased(id)).map(|id| graph.global(id).kind);
    match target {
        // The addresses of functions are compared at run time.
        Some(GlobalKind::Definition | GlobalKind::Declaration | GlobalKind::Ifunc) => None,
        Some(GlobalKind::Variable) if is_fixed => None,
        _ => Some(Reason::Alias),
    }
}

/// Functions whose mere presence in code is an error or a warning.
fn refused_callees(graph: &Graph, facts: &mut Facts, unit: &Unit) {
    let has_shadow_stack = graph.ir.has_flag("cf-protection-return");
    let reasons: Vec<Option<Reason>> = graph
        .globals
        .iter()
        .map(|g| match g.kind {
            GlobalKind::Declaration if has_shadow_stack && g.name == "llvm.eh.sjlj.setjmp" => {
                Some(Reason::ShadowStack)
            }
            GlobalKind::Declaration | GlobalKind::Definition => refused_callee(g.value),
            GlobalKind::Alias if unit.optimizes() => refused_alias(graph, g.value),
            _ => None,
        })
        .collect();
    for (&id, function) in &mut facts.functions {
        for reference in &graph.global(id).refers_to {
            if let Some(reason) = reasons[reference.to as usize] {
                function.must_fold |= reason == Reason::DontCall;
                function.refuse(reason);
            }
        }
    }
}
