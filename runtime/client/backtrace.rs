//! glibc's `backtrace` for programs with lazy code: it loads libgcc's unwinder when it is called first, too late for the tables of lazy
//! functions to be announced to it. A program that takes this archive member, which nothing does that does not call
//! `backtrace`, is linked with the unwinder; the driver hands the linker `--wrap=backtrace` where it can be.

#![no_std]

use core::arch::global_asm;

global_asm!(
    ".pushsection .text.__wrap_backtrace, \"ax\", @progbits",
    ".weak __wrap_backtrace",
    ".hidden __wrap_backtrace",
    ".type __wrap_backtrace, @function",
    ".p2align 4",
    "__wrap_backtrace:",
    ".cfi_startproc",
    "endbr64",
    // Refers to the unwinder: no more is wanted.
    "mov rax, [rip + __register_frame_info@GOTPCREL]",
    "jmp __real_backtrace@PLT",
    ".cfi_endproc",
    ".size __wrap_backtrace, . - __wrap_backtrace",
    ".popsection",
    ".pushsection .note.gnu.property, \"a\", @note",
    ".p2align 3",
    ".long 4, 16, 5",
    ".asciz \"GNU\"",
    ".long 0xc0000002, 4, 3, 0",
    ".popsection",
);
