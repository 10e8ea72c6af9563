//! `backtrace`: see `unwinder.rs`.

#![no_std]

mod property;
mod unwinder;

unwinder::with_unwinder!("backtrace");
property::property_note!();
