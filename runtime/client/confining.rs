//! A function of the C library by which a process locks itself in: first all that it may call is compiled (`complete.rs`).
//! Made once for each such function (`archive.rs`): nothing takes it that does not call that one. The driver hands the linker
//! `--wrap`.

#![no_std]

mod property;

use core::arch::global_asm;

// The function's arguments stay where they are, those on the stack too: what is called in the end sees its caller's call.
global_asm!(
    concat!(".pushsection .text.__wrap_", env!("AUTOJIT_FUNCTION"), ", \"ax\", @progbits"),
    concat!(".weak __wrap_", env!("AUTOJIT_FUNCTION")),
    concat!(env!("AUTOJIT_VISIBILITY"), " __wrap_", env!("AUTOJIT_FUNCTION")),
    concat!(".type __wrap_", env!("AUTOJIT_FUNCTION"), ", @function"),
    ".hidden __autojit_complete_process",
    ".p2align 4",
    concat!("__wrap_", env!("AUTOJIT_FUNCTION"), ":"),
    ".cfi_startproc",
    "endbr64",
    "push rdi",
    ".cfi_adjust_cfa_offset 8",
    "push rsi",
    ".cfi_adjust_cfa_offset 8",
    "push rdx",
    ".cfi_adjust_cfa_offset 8",
    "push rcx",
    ".cfi_adjust_cfa_offset 8",
    "push r8",
    ".cfi_adjust_cfa_offset 8",
    "push r9",
    ".cfi_adjust_cfa_offset 8",
    // How many vector registers a variadic function gets.
    "push rax",
    ".cfi_adjust_cfa_offset 8",
    concat!("mov ecx, ", env!("AUTOJIT_FAMILY")),
    "call __autojit_complete_process",
    "pop rax",
    ".cfi_adjust_cfa_offset -8",
    "pop r9",
    ".cfi_adjust_cfa_offset -8",
    "pop r8",
    ".cfi_adjust_cfa_offset -8",
    "pop rcx",
    ".cfi_adjust_cfa_offset -8",
    "pop rdx",
    ".cfi_adjust_cfa_offset -8",
    "pop rsi",
    ".cfi_adjust_cfa_offset -8",
    "pop rdi",
    ".cfi_adjust_cfa_offset -8",
    concat!("jmp __real_", env!("AUTOJIT_FUNCTION"), "@PLT"),
    ".cfi_endproc",
    concat!(".size __wrap_", env!("AUTOJIT_FUNCTION"), ", . - __wrap_", env!("AUTOJIT_FUNCTION")),
    ".popsection",
);

property::property_note!();
