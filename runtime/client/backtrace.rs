//! `backtrace`: see `unwinder.rs`.

#![no_std]

#[path = "unwinder.rs"]
mod unwinder;

unwinder::with_unwinder!("backtrace");
