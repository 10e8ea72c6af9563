//! Stubs, trampoline and module record for x86-64, as assembly (psABI: AMD64 supplement, sections 3.2 and 4.4).
//!
//! %r11 belongs to neither side at a function's entry, so that a stub may use it and everything else (arguments, the
//! count of vector registers in %al, the static chain in %r10) goes through. The layouts are described in
//! docs/architecture.md and in the protocol's `record` module.

mod loader;

use crate::Unit;
use crate::classify::{Plan, has_local_label};
use crate::debug;
use crate::imports::{Form, Import, Imports, own_label};
use crate::ir::{Linkage, Visibility, attribute_kind};
use crate::references::{Global, Graph};
use crate::stub_lines::{NOWHERE, Runs, Shape, Source, Stands};
use autojit_protocol::Hash;
use autojit_protocol::debug::{
    NOTE_MAGIC, NOTE_SECTION as RECIPE_SECTION, NoteHeader, STUB_SECTION, THREAD_LOCAL_MARK,
};
use autojit_protocol::late::{
    BINDING_LATE, BY_NAME, BY_NAME_WEAK, LATE_SECTION, NOTE_BINDING, NOTE_OWNER, NOTE_SECTION,
};
use autojit_protocol::loader::LOADER_START;
use autojit_protocol::recipe::Recipe;
use autojit_protocol::record::{
    ModuleRecord, RECORD_MAGIC, RECORD_SECTION, REFERENCE_START, REFERENCES_END, SLOT_SECTION,
    TRAMPOLINE_SECTION,
};
use std::collections::BTreeSet;
use std::ffi::CStr;
use std::fmt::{Display, Write};

/// Everything that the object holds for its lazy functions, but for the payload's bytes: those follow in the same
/// section as a global of the module, because an assembler takes long over megabytes of text.
pub fn object_assembly(
    graph: &Graph,
    plan: &Plan,
    imports: &Imports,
    payload: &[u8],
    hash: &Hash,
    unit: &Unit,
) -> String {
    let mut out = String::with_capacity(plan.lazy.len() * 256 + imports.entries.len() * 48 + 1024);
    let mut runs = Runs::default();
    // Those in one section one behind the other, with one record in the unwind tables.
    let (alone, shared): (Vec<usize>, Vec<usize>) = (0..plan.lazy.len())
        .filter(|&slot| plan.lazy[slot].public)
        .partition(|&slot| is_alone(graph, plan, slot, unit));
    let unwound = attribute_kind("uwtable");
    for row in std::iter::once(&shared[..]).chain(alone.chunks(1)) {
        // For functions that are to be found in the tables by their addresses, or by a place in them.
        let is_unwound = |&slot: &usize| graph.global(plan.lazy[slot].id).value.has_enum_attribute(unwound);
        let has_frame = row.iter().any(is_unwound);
        for (number, &slot) in row.iter().enumerate() {
            let stub_of = Stub { slot, opens_frame: has_frame && number == 0 };
            stub(&mut out, graph, plan, imports, stub_of, unit, &mut runs);
        }
        if has_frame {
            out.push_str(".cfi_endproc\n");
        }
    }
    trampoline(&mut out, unit);
    let late: Vec<usize> =
        (0..imports.entries.len()).filter(|&i| imports.entries[i].stub.is_some()).collect();
    late_stubs(&mut out, late.len(), plan.lazy.len(), unit);
    if let Some(loader) = unit.loader {
        loader::loader(&mut out, loader, graph, unit.late);
    }
    slots(&mut out, plan.lazy.len() + late.len());
    record(&mut out, plan, imports, payload, hash, unit);
    if unit.late {
        late_table(&mut out, &late, &graph.ir.source_file());
    }
    references(&mut out, imports);
    if let Some(recipe) = unit.recipe {
        let kept = unit.recipe_name.unwrap_or(recipe);
        debug_note(&mut out, graph, &debug::locals(graph, plan, imports, unit), kept, hash, unit);
        let source = Recipe::parse(recipe).and_then(|recipe| Source::of(recipe, unit.line_count));
        runs.write(&mut out, &stub_shape(unit), source.as_ref());
    }
    out.push_str(".text\n");
    out
}

/// Entries of functions of other objects, behind the trampoline, in whose section they stand. Their slots come after those
/// of the lazy functions.
fn late_stubs(out: &mut String, count: usize, first_slot: usize, unit: &Unit) {
    for stub in 0..count {
        let _ = writeln!(out, ".balign 16\n.Lautojit.late.{stub}:");
        jump(out, first_slot + stub, unit);
    }
}

/// The table that leads from late stubs to names, and the note by which the driver knows the object.
fn late_table(out: &mut String, imports: &[usize], file: &str) {
    let _ = writeln!(
        out,
        ".section {LATE_SECTION},\"a\",@progbits\n.p2align 2\n.Lautojit.late_table:\n.long {}, {}",
        imports.len(),
        file.len()
    );
    for (stub, import) in imports.iter().enumerate() {
        let _ = writeln!(out, ".long {import}\n.long .Lautojit.late.{stub}-.");
    }
    let _ = writeln!(
        out,
        ".ascii \"{}\"\n.section {NOTE_SECTION},\"a\",@note\n.p2align 2\n.long {}, 4, {NOTE_BINDING}\n\
         .asciz \"{NOTE_OWNER}\"\n.p2align 2\n.long {BINDING_LATE}",
        super::escape(file.as_bytes()),
        NOTE_OWNER.len() + 1,
    );
}

/// What a stub does. As bytes, which the assembler takes as they are, where it looks for an instruction's encoding among thousands:
///
/// ```text
///    endbr64                  with branch protection
///    movq  SLOT(%rip), %r11
///    testq %r11, %r11
///    je    1f
///    jmpq  *%r11
/// 1: leaq  SLOT(%rip), %r11
///    jmp   .Lautojit.trampoline
/// ```
fn jump(out: &mut String, slot: usize, unit: &Unit) {
    if unit.branch_protection {
        out.push_str(".ascii \"\\363\\017\\036\\372\"\n");
    }
    // From the end of four bytes.
    let slot = format!(".long .Lautojit.slots+{}-.", slot as i64 * 8 - 4);
    let _ = writeln!(
        out,
        ".ascii \"\\114\\213\\035\"\n{slot}\n\
         .ascii \"\\115\\205\\333\\164\\003\\101\\377\\343\\114\\215\\035\"\n{slot}\n\
         .ascii \"\\351\"\n.long .Lautojit.trampoline-4-."
    );
}

/// A symbol for the assembler: always quoted, since C identifiers may hold any letter.
fn symbol(name: &str) -> String {
    format!("\"{}\"", name.strip_prefix('\u{1}').unwrap_or(name))
}

/// Whether the stub has a section of its own.
fn is_alone(graph: &Graph, plan: &Plan, slot: usize, unit: &Unit) -> bool {
    unit.function_sections || unit.hooks.comdat_name(graph.global(plan.lazy[slot].id).value).is_some()
}

struct Stub {
    slot: usize,
    /// A record of the unwind tables begins with it. The stack is all the time as at a function's entry.
    opens_frame: bool,
}

fn stub(
    out: &mut String,
    graph: &Graph,
    plan: &Plan,
    imports: &Imports,
    stub: Stub,
    unit: &Unit,
    runs: &mut Runs,
) {
    let Stub { slot, opens_frame } = stub;
    let lazy = &plan.lazy[slot];
    let global = graph.global(lazy.id);
    let name = symbol(&global.name);
    let plain = global.name.strip_prefix('\u{1}').unwrap_or(&global.name);
    let group = unit.hooks.comdat_name(global.value);
    let is_alone = is_alone(graph, plan, slot, unit);
    if let Some(group) = group {
        let name = if unit.recipe.is_some() { STUB_SECTION.into() } else { format!(".text.{plain}") };
        let _ = writeln!(out, ".section \"{name}\",\"axG\",@progbits,{},comdat", symbol(&group));
    } else if unit.recipe.is_some() {
        let _ = write!(out, ".section {STUB_SECTION},\"ax\",@progbits");
        let _ = if unit.function_sections { writeln!(out, ",unique,{slot}") } else { writeln!(out) };
    } else if unit.function_sections {
        let _ = writeln!(out, ".section \".text.{plain}\",\"ax\",@progbits");
    } else {
        out.push_str(".text\n");
    }
    binding(out, global, &name);
    // One cache line holds two stubs; their code is 27 bytes, 31 with endbr64. The stub's address is the
    // function's: it is aligned as that was asked to be.
    let align = global.value.alignment().max(ALIGNMENT);
    let _ = writeln!(out, ".balign {align}\n.type {name},@function");
    let type_check = unit.hooks.type_check_words(global.value);
    if let Some([signature, hash]) = type_check {
        // As clang's: the function itself is 8 bytes off its alignment.
        let _ = writeln!(out, ".long {signature}, {hash}");
    }
    if unit.recipe.is_some() {
        let place = match () {
            () if is_alone => Stands::Alone,
            () if type_check.is_some() => Stands::Apart,
            () if align > ALIGNMENT => Stands::First,
            () => Stands::Next,
        };
        runs.add(out, slot, place);
    }
    if opens_frame {
        out.push_str(".cfi_startproc\n");
    }
    let _ = writeln!(out, "{name}:");
    if has_local_label(global, unit) {
        let _ = writeln!(out, "{}:", own_label(slot as u32));
    }
    for &(alias, _) in plan.stub_aliases.iter().filter(|(_, target)| *target == lazy.id) {
        let alias = graph.global(alias);
        let alias_name = symbol(&alias.name);
        binding(out, alias, &alias_name);
        let _ = writeln!(out, ".type {alias_name},@function\n.set {alias_name}, {name}");
    }
    if imports.of_functions.contains_key(&slot) {
        // Keeps the function's references if the linker keeps the function.
        keep_references(out, slot);
    }
    jump(out, slot, unit);
    let _ = writeln!(out, ".size {name}, .-{name}");
}

const ALIGNMENT: u32 = 16;

/// Bytes of a stub.
fn stub_size(unit: &Unit) -> u32 {
    if unit.branch_protection { 31 } else { 27 }
}

fn stub_shape(unit: &Unit) -> Shape {
    let size = stub_size(unit);
    // `leaq` and `jmp`.
    Shape { size, slow: size - 12, distance: size.next_multiple_of(ALIGNMENT) }
}

/// Linkage and visibility of a stub's symbol: those of the function.
fn binding(out: &mut String, global: &Global, name: &str) {
    match global.value.linkage() {
        Linkage::LLVMInternalLinkage | Linkage::LLVMPrivateLinkage => return,
        Linkage::LLVMWeakAnyLinkage
        | Linkage::LLVMWeakODRLinkage
        | Linkage::LLVMLinkOnceAnyLinkage
        | Linkage::LLVMLinkOnceODRLinkage => {
            let _ = writeln!(out, ".weak {name}");
        }
        _ => {
            let _ = writeln!(out, ".globl {name}");
        }
    }
    match global.value.visibility() {
        Visibility::Default => {}
        Visibility::Hidden => {
            let _ = writeln!(out, ".hidden {name}");
        }
        Visibility::Protected => {
            let _ = writeln!(out, ".protected {name}");
        }
    }
}

/// One per module, in a section of its own so that it stays if stubs in other sections are discarded.
fn trampoline(out: &mut String, unit: &Unit) {
    let _ = writeln!(
        out,
        ".section {TRAMPOLINE_SECTION},\"ax\",@progbits\n\
         .p2align 4\n\
         .Lautojit.trampoline:\n\
         pushq %r11\n\
         leaq .Lautojit.record(%rip), %r11"
    );
    let _ = writeln!(out, ".hidden {LOADER_START}\njmp {LOADER_START}");
    if unit.recipe.is_some() {
        let _ = writeln!(out, "{NOWHERE}: int3");
    }
}

fn slots(out: &mut String, count: usize) {
    let _ = writeln!(
        out,
        ".section {SLOT_SECTION},\"aw\",@nobits\n.p2align 3\n.Lautojit.slot_block:\n.zero 8\n.Lautojit.slots:\n.zero {}",
        count * 8
    );
}

/// Metadata of the module: local symbols, and for each the label that is to stand for its address or 0.
const LOCALS: &CStr = c"autojit.locals";
const LOCAL_LABEL: &str = ".Lautojit.local.";

fn debug_note(out: &mut String, graph: &Graph, locals: &[&Global], recipe: &[u8], hash: &Hash, unit: &Unit) {
    let mark_size = |local: &Global| usize::from(local.value.is_thread_local());
    let names_size: usize = locals.iter().map(|local| symbol(&local.name).len() - 1 + mark_size(local)).sum();
    let (object, expanded_size) = unit.described.map_or((&[][..], 0), |d| (&d.frame[..], d.size));
    let size = size_of::<NoteHeader>() + locals.len() * 8 + names_size + recipe.len() + object.len();
    let _ = writeln!(
        out,
        ".section {RECIPE_SECTION},\"\",@progbits\n.p2align 3\n.ascii \"{}\"\n.quad {size}\n.ascii \"{}\"\n\
         .quad .Lautojit.record\n.long {}, {names_size}, {}, {}\n.quad {}, {expanded_size}",
        super::escape(&NOTE_MAGIC),
        super::escape(hash),
        locals.len(),
        recipe.len(),
        stub_size(unit),
        object.len(),
    );
    for (i, local) in locals.iter().enumerate() {
        let name = &local.name;
        if unit.optimizes() {
            // Set when the optimizer is done: it may have no use for the variable.
            let _ = writeln!(out, ".quad {LOCAL_LABEL}{i}");
            graph.ir.add_note(LOCALS, &[name, &format!("{LOCAL_LABEL}{i}")]);
        } else if local.value.is_thread_local() {
            let _ = writeln!(out, ".quad {}@DTPOFF + 1", symbol(name));
        } else {
            let _ = writeln!(out, ".quad {}", symbol(name));
        }
    }
    for local in locals {
        if local.value.is_thread_local() {
            let _ = writeln!(out, ".byte {THREAD_LOCAL_MARK}");
        }
        let _ = writeln!(out, ".asciz {}", symbol(&local.name));
    }
    for piece in [recipe, object] {
        let _ = writeln!(out, ".ascii \"{}\"", super::escape(piece));
    }
    out.push_str(".p2align 3\n");
}

fn record(out: &mut String, plan: &Plan, imports: &Imports, payload: &[u8], hash: &Hash, unit: &Unit) {
    let mut record = ModuleRecord {
        magic: RECORD_MAGIC,
        checksum: 0,
        import_count: imports.entries.len() as u32,
        direct_count: imports.direct_count as u32,
        slot_count: plan.lazy.len() as u32,
        payload_size: payload.len() as u64,
        hash: *hash,
        slots_offset: 0,
        trampoline_offset: 0,
        late_offset: 0,
        references_offset: 0,
    };
    record.checksum = record.expected_checksum();
    let late = if unit.late { ".Lautojit.late_table-." } else { "0" };
    let _ = writeln!(
        out,
        ".section {RECORD_SECTION},\"a\",@progbits\n.p2align 4\n.Lautojit.record:\n.ascii \"{}\"\n.long {}, {}, {}, {}\n\
         .quad {}\n.ascii \"{}\"\n.long .Lautojit.slot_block-.\n.long .Lautojit.trampoline-.\n.long {late}, {}",
        super::escape(&record.magic),
        record.checksum,
        record.import_count,
        record.direct_count,
        record.slot_count,
        record.payload_size,
        super::escape(&record.hash),
        if imports.of_functions.is_empty() { "0" } else { ".Lautojit.references.end-." },
    );
    if imports.of_functions.is_empty() {
        imports.entries.iter().for_each(|import| entry(out, import));
    } else {
        let _ = writeln!(out, ".zero {}", imports.entries.len() * 4);
    }
    out.push_str(".p2align 4\n");
}

fn entry(out: &mut String, import: &Import) {
    let name = symbol(import.label.as_deref().unwrap_or(&import.name));
    let _ = match import.form {
        Form::Relative => writeln!(out, ".long {name}-."),
        Form::Plt => writeln!(out, ".long {name}@PLT-."),
        Form::Got => writeln!(out, ".long {name}@GOTPCREL"),
        Form::LateStub => writeln!(out, ".long .Lautojit.late.{}-.", import.stub.unwrap_or_default()),
        Form::ByName => writeln!(out, ".long {BY_NAME}"),
        Form::ByNameWeak => writeln!(out, ".long {BY_NAME_WEAK}"),
    };
}

/// Lets the linker keep references with what stands here.
fn keep_references(out: &mut String, label: impl Display) {
    let _ = writeln!(out, ".reloc ., R_X86_64_NONE, .Lautojit.references.{label}");
}

/// The references of each function, in sections of their own that have the record's name, so that linkers put what is
/// left of them behind the record; the last, which the record keeps, marks their end.
fn references(out: &mut String, imports: &Imports) {
    if imports.of_functions.is_empty() {
        return;
    }
    let start = |out: &mut String, number: usize, label: &dyn Display, index: u32| {
        let _ = writeln!(
            out,
            ".section {RECORD_SECTION},\"a\",@progbits,unique,{number}\n.p2align 3\n\
             .Lautojit.references.{label}:\n.long {index}, .Lautojit.record-."
        );
    };
    let fill = |out: &mut String, entries: &BTreeSet<usize>| {
        for &index in entries {
            let _ = writeln!(out, ".long {index}");
            entry(out, &imports.entries[index]);
        }
    };
    let mut count = 0;
    for (slot, needed) in &imports.of_functions {
        start(out, count, slot, REFERENCE_START);
        needed.inlined.iter().for_each(|other| keep_references(out, other));
        fill(out, &needed.entries);
        count += 1;
    }
    if !imports.of_all.is_empty() {
        start(out, count, &"all", REFERENCE_START);
        fill(out, &imports.of_all);
        count += 1;
    }
    // Another index, or a linker that folds identical sections takes it for that of a function without references.
    start(out, count, &"end", REFERENCES_END);
    if !imports.of_all.is_empty() {
        keep_references(out, "all");
    }
}
