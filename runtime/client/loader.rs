//! The section group of the loaders that lazy objects have for links which are not ours (`protocol/src/loader.rs`), with a way to
//! the runtime that is linked in their place: the driver puts it in front of all inputs, and the first group of a name is the one
//! that stays.
//!
//! An object of its own because linkers that make one object of several (`ld -r`) let go of what makes a group exclusive.

#![no_std]

mod property;

core::arch::global_asm!(
    ".pushsection autojit_load, \"axG\", @progbits, __autojit_load, comdat",
    // The runtime's object refers to it, lest the section be collected.
    ".globl __autojit_load",
    ".hidden __autojit_load",
    ".hidden __autojit_materialize",
    "__autojit_load: jmp __autojit_materialize",
    ".popsection",
);

property::property_note!();
