//! The finalizer of a lazy library that is called before the start-up files' finalizer, which runs what is registered for the exit
//! (`src/unload.rs`). Those without a number are called in the order from the last input of the link to the first, so that the driver puts this
//! behind all others.

#![no_std]

mod property;

core::arch::global_asm!(
    ".pushsection .fini_array, \"aw\", @fini_array",
    ".p2align 3",
    ".quad .Lautojit.begin_to_unload",
    ".popsection",
    ".hidden __autojit_begin_to_unload",
    ".pushsection .text.autojit.begin_to_unload, \"ax\", @progbits",
    ".Lautojit.begin_to_unload:",
    "endbr64",
    "jmp __autojit_begin_to_unload",
    ".popsection",
);

property::property_note!();
