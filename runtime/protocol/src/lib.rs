//! What the two halves of the runtime agree on: the bytes in an object file, the bytes on the socket and the
//! bytes in shared memory.
//!
//! `no_std`, no dependency and no LLVM, because the client runtime that uses it lives inside other people's
//! programs. Everything that is read from outside goes through a bounds-checked reader here, so that the daemon,
//! the client and `autojit inspect` cannot disagree about what is valid.
//!
//! Feature `std`: what only the tools and the daemon need ([`rendezvous::runtime_directory`], [`rendezvous::is_private`]).

#![no_std]

#[cfg(feature = "std")]
extern crate std;

pub mod control;
pub mod debug;
pub mod frames;
pub mod hello;
pub mod late;
pub mod loader;
pub mod payload;
pub mod recipe;
pub mod record;
pub mod rendezvous;

/// Version of everything in this crate. It is part of the socket's name, so that two versions never meet.
pub const PROTOCOL_VERSION: u32 = 7;

/// The code generator behind the protocol: two daemons with different ones are different daemons.
pub const ENGINE_ID: &str = "llvm22.1";

/// Bytes of a content hash (BLAKE3, its full default output).
pub const HASH_SIZE: usize = 32;

/// Identity of a module: the hash of its payload.
pub type Hash = [u8; HASH_SIZE];
