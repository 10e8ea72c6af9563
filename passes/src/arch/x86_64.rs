//! Stubs, trampoline and module record for x86-64, as assembly (psABI: AMD64 supplement, sections 3.2 and 4.4).
//!
//! %r11 belongs to neither side at a function's entry, so that a stub may use it and everything else (arguments, the
//! count of vector registers in %al, the static chain in %r10) goes through. The layouts are described in
//! docs/architecture.md and in the protocol's `record` module.

use crate::Unit;
use crate::classify::{Lazy, Plan};
use crate::imports::{Form, Imports};
use crate::ir::{Linkage, Visibility};
use crate::references::{Global, Graph};
use autojit_protocol::Hash;
use autojit_protocol::record::{ModuleRecord, RECORD_MAGIC, RECORD_SECTION, SLOT_SECTION};
use std::fmt::Write;

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
    for (slot, lazy) in plan.lazy.iter().enumerate().filter(|(_, lazy)| lazy.public) {
        stub(&mut out, graph, plan, lazy, slot, unit);
    }
    trampoline(&mut out);
    slots(&mut out, plan.lazy.len());
    record(&mut out, plan, imports, payload, hash);
    out.push_str(".text\n");
    out
}

/// A symbol for the assembler: always quoted, since C identifiers may hold any letter.
fn symbol(name: &str) -> String {
    format!("\"{}\"", name.strip_prefix('\u{1}').unwrap_or(name))
}

fn stub(out: &mut String, graph: &Graph, plan: &Plan, lazy: &Lazy, slot: usize, unit: &Unit) {
    let global = graph.global(lazy.id);
    let name = symbol(&global.name);
    let plain = global.name.strip_prefix('\u{1}').unwrap_or(&global.name);
    if let Some(group) = unit.hooks.comdat_name(global.value) {
        let _ = writeln!(out, ".section \".text.{plain}\",\"axG\",@progbits,{},comdat", symbol(&group));
    } else if unit.function_sections {
        let _ = writeln!(out, ".section \".text.{plain}\",\"ax\",@progbits");
    } else {
        out.push_str(".text\n");
    }
    binding(out, global, &name);
    // One cache line holds two stubs; their code is 27 bytes, 31 with endbr64. The stub's address is the
    // function's: it is aligned as that was asked to be.
    let align = global.value.alignment().max(16);
    let _ = writeln!(out, ".balign {align}\n.type {name},@function\n{name}:");
    for &(alias, _) in plan.stub_aliases.iter().filter(|(_, target)| *target == lazy.id) {
        let alias = graph.global(alias);
        let alias_name = symbol(&alias.name);
        binding(out, alias, &alias_name);
        let _ = writeln!(out, ".type {alias_name},@function\n.set {alias_name}, {name}");
    }
    if unit.branch_protection {
        out.push_str("endbr64\n");
    }
    let at = format!(".Lautojit.slots+{}(%rip)", slot * 8);
    let _ = writeln!(
        out,
        "movq {at}, %r11\ntestq %r11, %r11\nje 1f\njmpq *%r11\n1: leaq {at}, %r11\njmp .Lautojit.trampoline\n\
         .size {name}, .-{name}"
    );
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
fn trampoline(out: &mut String) {
    out.push_str(
        ".section .text.autojit,\"ax\",@progbits\n\
         .p2align 4\n\
         .hidden __autojit_materialize\n\
         .Lautojit.trampoline:\n\
         pushq %r11\n\
         leaq .Lautojit.record(%rip), %r11\n\
         jmp __autojit_materialize\n",
    );
}

fn slots(out: &mut String, count: usize) {
    let _ = writeln!(
        out,
        ".section {SLOT_SECTION},\"aw\",@nobits\n.p2align 3\n.Lautojit.slot_block:\n.zero 8\n.Lautojit.slots:\n.zero {}",
        count * 8
    );
}

fn record(out: &mut String, plan: &Plan, imports: &Imports, payload: &[u8], hash: &Hash) {
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
        reserved: [0; 2],
    };
    record.checksum = record.expected_checksum();
    let bytes = |bytes: &[u8]| bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(",");
    let _ = writeln!(
        out,
        ".section {RECORD_SECTION},\"a\",@progbits\n.p2align 4\n.Lautojit.record:\n.byte {}\n.long {}, {}, {}, {}\n\
         .quad {}\n.byte {}\n.long .Lautojit.slot_block-.\n.long .Lautojit.trampoline-.\n.long 0, 0",
        bytes(&record.magic),
        record.checksum,
        record.import_count,
        record.direct_count,
        record.slot_count,
        record.payload_size,
        bytes(&record.hash),
    );
    for import in &imports.entries {
        // LLVM's private prefix on ELF.
        let name = if import.private { symbol(&format!(".L{}", import.name)) } else { symbol(&import.name) };
        let _ = match import.form {
            Form::Relative => writeln!(out, ".long {name}-."),
            Form::Plt => writeln!(out, ".long {name}@PLT-."),
            Form::Got => writeln!(out, ".long {name}@GOTPCREL"),
        };
    }
    out.push_str(".p2align 4\n");
}
