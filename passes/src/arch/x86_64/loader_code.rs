//! The loader's instructions, for the build script: it has them assembled, so that no compile does (a tenth of the instructions
//! that compiling an empty `main` takes).
//!
//! What a call goes through that the runtime was not loaded for yet; all registers but flags stay. At `start` what begins with an
//! image. Symbols that are not defined here are what the object has under `.Lautojit.` and that name, `descriptor` and `register_code`
//! what debuggers look for, `message_size` and `daemon_size` numbers, and names with underscores the program's.
//!
//! On the loader's own stack: the file's header at 0, its descriptor in ebp, the mapping in rbx.

use autojit_protocol::loader::{IMAGE_MAGIC, ImageHeader, ImageProgram};
use std::fmt::Write;
use std::mem::offset_of;

/// Functions of unwinders, and where their addresses go.
pub const UNWINDERS: [(usize, &str); 4] = [
    (offset_of!(ImageProgram, register_frame_info), "__register_frame_info"),
    (offset_of!(ImageProgram, add_section), "__unw_add_dynamic_eh_frame_section"),
    (offset_of!(ImageProgram, register_index), "_U_dyn_register"),
    (offset_of!(ImageProgram, find_record), "_Unwind_Find_FDE"),
];

pub fn assembly() -> String {
    let header = |field: usize| format!("{field}(%rsp)");
    let data = header(offset_of!(ImageHeader, data));
    let size = header(offset_of!(ImageHeader, size));
    let program = header(offset_of!(ImageHeader, program));
    let materialize = header(offset_of!(ImageHeader, materialize));
    let at_start = header(offset_of!(ImageHeader, at_start));
    let header_size = size_of::<ImageHeader>();
    let mut out = format!(
        "\
cmpq $0, entries(%rip)
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
callq load
popq %r11
popq %r10
popq %r9
popq %r8
popq %rdi
popq %rsi
popq %rdx
popq %rcx
popq %rax
cmpq $0, entries(%rip)
je 2f
1: notrack jmpq *entries(%rip)
2: movl $1, %eax
movl $2, %edi
leaq message(%rip), %rsi
movl $message_size, %edx
syscall
movl $1, %eax
leaq newline(%rip), %rsi
movl $1, %edx
syscall
movl $231, %eax
movl $127, %edi
syscall
start: endbr64
cmpq $0, entries(%rip)
jne 1f
pushq %rax
callq load
popq %rax
1: cmpq $0, entries+8(%rip)
je 2f
notrack jmpq *entries+8(%rip)
2: retq
load:
pushq %rbx
pushq %rbp
subq ${header_size}, %rsp
movl $2, %eax
leaq runtime(%rip), %rdi
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
    write_field(offset_of!(ImageProgram, header), "leaq __ehdr_start(%rip), %rax");
    write_field(offset_of!(ImageProgram, descriptor), "leaq descriptor(%rip), %rax");
    write_field(offset_of!(ImageProgram, register_code), "leaq register_code(%rip), %rax");
    write_field(offset_of!(ImageProgram, daemon), "leaq daemon(%rip), %rax");
    write_field(offset_of!(ImageProgram, daemon_size), "movl $daemon_size, %eax");
    for (field, function) in UNWINDERS {
        write_field(field, &format!("movq {function}@GOTPCREL(%rip), %rax"));
    }
    let _ = write!(
        out,
        "\
movl {materialize}, %ecx
addq %rbx, %rcx
xorl %eax, %eax
lock cmpxchgq %rcx, entries(%rip)
jne 7f
movl {at_start}, %eax
addq %rbx, %rax
movq %rax, entries+8(%rip)
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
"
    );
    out
}
