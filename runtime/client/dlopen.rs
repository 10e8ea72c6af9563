//! `dlopen`: see `unwinder.rs`.

#![no_std]

mod property;
mod unwinder;

unwinder::with_unwinder!("dlopen");
property::property_note!();
