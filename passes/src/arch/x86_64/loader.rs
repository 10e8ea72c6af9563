//! The loader: how a lazy object finds the runtime if another driver links it (protocol/loader.rs).

use super::super::escape;
use crate::Loader;
use crate::ir::Linkage;
use crate::references::Graph;
use autojit_protocol::loader::{
    IMAGE_MAGIC, ImageHeader, ImageProgram, LOADER_DATA_SECTION, LOADER_GROUP, LOADER_SECTION,
};
use std::fmt::Write;
use std::mem::offset_of;

/// What a call goes through that the runtime was not loaded for yet; all registers but flags stay. Variables: the address of the
/// runtime's entry, that of its function for the start of an image, and what debuggers look for (`jit_descriptor`).
///
/// On the loader's own stack: the file's header at 0, its descriptor in ebp, the mapping in rbx.
///
/// `graph`: what the module has names for. The assembly's symbols are the module's, too.
pub fn loader(out: &mut String, loader: &Loader, graph: &Graph, is_late: bool) {
    let of_module = |name: &str| graph.globals.iter().find(|global| symbol_name(&global.name) == name);
    // Debuggers find these by their names. One that the module has itself is its own business: what debuggers see of it then is not
    // lazy code, unless our own link adds the runtime.
    let interface = |name: &'static str, other: &'static str| match of_module(name).is_some() {
        true => other,
        false => name,
    };
    let descriptor = interface("__jit_debug_descriptor", ".Lautojit.jit_descriptor");
    let register_code = interface("__jit_debug_register_code", ".Lautojit.jit_register_code");
    let header = |field: usize| format!("{field}(%rsp)");
    let data = header(offset_of!(ImageHeader, data));
    let size = header(offset_of!(ImageHeader, size));
    let program = header(offset_of!(ImageHeader, program));
    let materialize = header(offset_of!(ImageHeader, materialize));
    let at_start = header(offset_of!(ImageHeader, at_start));
    let header_size = size_of::<ImageHeader>();
    let _ = write!(
        out,
        "\
.section {LOADER_SECTION},\"axG\",@progbits,{LOADER_GROUP},comdat
.p2align 4
cmpq $0, .Lautojit.entries(%rip)
jne 1f
pushq %rax
pushq %rcx
pushq %rdx
pushq %rsi
pushq %rdi
pushq %r8
pushq %r9
pushq %r10
pushq %r11
callq .Lautojit.load
popq %r11
popq %r10
popq %r9
popq %r8
popq %rdi
popq %rsi
popq %rdx
popq %rcx
popq %rax
cmpq $0, .Lautojit.entries(%rip)
je 2f
1: notrack jmpq *.Lautojit.entries(%rip)
2: movl $1, %eax
movl $2, %edi
leaq .Lautojit.message(%rip), %rsi
movl $.Lautojit.message_end-.Lautojit.message, %edx
syscall
movl $1, %eax
leaq .Lautojit.newline(%rip), %rsi
movl $1, %edx
syscall
movl $231, %eax
movl $127, %edi
syscall
.Lautojit.start: endbr64
cmpq $0, .Lautojit.entries(%rip)
jne 1f
pushq %rax
callq .Lautojit.load
popq %rax
1: cmpq $0, .Lautojit.entries+8(%rip)
je 2f
notrack jmpq *.Lautojit.entries+8(%rip)
2: retq
.Lautojit.load:
pushq %rbx
pushq %rbp
subq ${header_size}, %rsp
movl $2, %eax
leaq .Lautojit.runtime(%rip), %rdi
movl $0x80000, %esi
xorl %edx, %edx
syscall
testl %eax, %eax
js 9f
movl %eax, %ebp
xorl %eax, %eax
movl %ebp, %edi
movq %rsp, %rsi
movl ${header_size}, %edx
syscall
cmpq ${header_size}, %rax
jne 8f
movabsq ${IMAGE_MAGIC}, %rax
cmpq %rax, (%rsp)
jne 8f
movl $9, %eax
xorl %edi, %edi
movl {size}, %esi
movl $5, %edx
movl $2, %r10d
movl %ebp, %r8d
xorl %r9d, %r9d
syscall
cmpq $-4096, %rax
jae 8f
movq %rax, %rbx
movl $9, %eax
movl {data}, %edi
movl {size}, %esi
subq %rdi, %rsi
addq %rbx, %rdi
movl $3, %edx
movl $0x32, %r10d
movq $-1, %r8
xorl %r9d, %r9d
syscall
cmpq $-4096, %rax
jae 7f
movl {program}, %edx
addq %rbx, %rdx
"
    );
    let mut write_field = |field: usize, load: &str| {
        let _ = writeln!(out, "{load}\nmovq %rax, {field}(%rdx)");
    };
    write_field(
        offset_of!(ImageProgram, header),
        ".weak __ehdr_start\n.hidden __ehdr_start\nleaq __ehdr_start(%rip), %rax",
    );
    write_field(offset_of!(ImageProgram, descriptor), &format!("leaq {descriptor}(%rip), %rax"));
    write_field(offset_of!(ImageProgram, register_code), &format!("leaq {register_code}(%rip), %rax"));
    write_field(offset_of!(ImageProgram, daemon), "leaq .Lautojit.daemon(%rip), %rax");
    write_field(
        offset_of!(ImageProgram, daemon_size),
        &format!("movl ${}, %eax", loader.daemon.to_bytes_with_nul().len()),
    );
    for (field, function) in [
        (offset_of!(ImageProgram, register_frame_info), "__register_frame_info"),
        (offset_of!(ImageProgram, add_section), "__unw_add_dynamic_eh_frame_section"),
        (offset_of!(ImageProgram, register_index), "_U_dyn_register"),
        (offset_of!(ImageProgram, find_record), "_Unwind_Find_FDE"),
    ] {
        // What the module refers to must be there, and what brings it is taken for that.
        let is_strong = of_module(function).is_some_and(|global| {
            !global.value.is_declaration()
                || !is_late && global.value.linkage() != Linkage::LLVMExternalWeakLinkage
        });
        let weak = if is_strong { String::new() } else { format!(".weak {function}\n") };
        write_field(field, &format!("{weak}movq {function}@GOTPCREL(%rip), %rax"));
    }
    let (runtime, daemon) = (escape(loader.runtime.to_bytes()), escape(loader.daemon.to_bytes()));
    let _ = write!(
        out,
        "\
movl {materialize}, %ecx
addq %rbx, %rcx
xorl %eax, %eax
lock cmpxchgq %rcx, .Lautojit.entries(%rip)
jne 7f
movl {at_start}, %eax
addq %rbx, %rax
movq %rax, .Lautojit.entries+8(%rip)
jmp 8f
7: movl $11, %eax
movq %rbx, %rdi
movl {size}, %esi
syscall
8: movl $3, %eax
movl %ebp, %edi
syscall
9: addq ${header_size}, %rsp
popq %rbp
popq %rbx
retq
.p2align 4
.type {register_code},@function
{register_code}: retq
.size {register_code}, .-{register_code}
.Lautojit.message: .ascii \"autojit: error: the runtime is missing or of another version (link with autojit-cc to do without it): \"
.Lautojit.runtime: .ascii \"{runtime}\"
.Lautojit.message_end: .byte 0
.Lautojit.daemon: .asciz \"{daemon}\"
.Lautojit.newline: .ascii \"\\n\"
.section {LOADER_DATA_SECTION},\"awG\",@progbits,{LOADER_GROUP},comdat
.p2align 3
.Lautojit.entries: .quad 0, 0
.type {descriptor},@object
{descriptor}: .long 1, 0
.quad 0, 0
.size {descriptor}, 24
.section .init_array.0,\"awG\",@init_array,{LOADER_GROUP},comdat
.p2align 3
.quad .Lautojit.start
"
    );
}

/// Without LLVM's mark for "take this name as it is".
fn symbol_name(name: &str) -> &str {
    name.strip_prefix('\u{1}').unwrap_or(name)
}
