//! The section group of the loaders that lazy objects have for links which are not ours (`protocol/src/loader.rs`), without a
//! loader in it: the driver puts it in front of all inputs, and the first group of a name is the one that stays.
//!
//! An object of its own because linkers that make one object of several (`ld -r`) let go of what makes a group exclusive.

#![no_std]

mod property;

core::arch::global_asm!(
    ".pushsection .text.autojit.load, \"axG\", @progbits, __autojit_materialize, comdat",
    ".popsection",
);

property::property_note!();
