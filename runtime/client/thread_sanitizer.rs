//! How the thread sanitizer is told that what follows orders nothing, for programs that are linked with it: the driver asks the linker for
//! this member of the archive. In all others zeros stand for this (`src/arch`): a weak reference would do, but gold takes one to a
//! hidden symbol that is not defined for the start of the program.

#![no_std]

core::arch::global_asm!(
    ".pushsection .data.rel.ro.__autojit_ignore_sync, \"aw\", @progbits",
    ".globl __autojit_thread_sanitizer, __autojit_ignore_sync",
    ".hidden __autojit_thread_sanitizer, __autojit_ignore_sync",
    ".type __autojit_ignore_sync, @object",
    ".p2align 3",
    "__autojit_thread_sanitizer:",
    "__autojit_ignore_sync: .quad AnnotateIgnoreSyncBegin, AnnotateIgnoreSyncEnd",
    ".size __autojit_ignore_sync, 16",
    ".popsection",
);
