//! `memcpy`, `memmove` and `memset` for programs that have none.
//!
//! The object of a lazy function refers to what the optimizer may call, before anyone knows whether it does: a loop may become a
//! call of `memset`. Where clang's build needs no C library (-nostdlib), ours must not either. This is an archive member of its
//! own, searched after all libraries: nothing takes it that has these functions.

#![no_std]

mod property;

use core::arch::global_asm;

/// A hidden weak function in a section of its own.
macro_rules! function {
    ($name:literal, $($line:literal),+ $(,)?) => {
        global_asm!(
            concat!(".pushsection .text.", $name, ", \"ax\", @progbits"),
            concat!(".weak ", $name),
            concat!(".hidden ", $name),
            concat!(".type ", $name, ", @function"),
            ".p2align 4",
            concat!($name, ":"),
            ".cfi_startproc",
            "endbr64",
            $($line,)+
            "ret",
            ".cfi_endproc",
            concat!(".size ", $name, ", . - ", $name),
            ".popsection",
        );
    };
}

function!("memcpy", "mov rax, rdi", "mov rcx, rdx", "rep movsb");

// Backwards if the target begins within the source.
function!(
    "memmove",
    "mov rax, rdi",
    "mov rcx, rdx",
    "mov r8, rdi",
    "sub r8, rsi",
    "cmp r8, rdx",
    "jb 2f",
    "rep movsb",
    "ret",
    "2:",
    "lea rdi, [rdi + rdx - 1]",
    "lea rsi, [rsi + rdx - 1]",
    "std",
    "rep movsb",
    "cld",
);

function!("memset", "mov r8, rdi", "mov eax, esi", "mov rcx, rdx", "rep stosb", "mov rax, r8");

property::property_note!();
