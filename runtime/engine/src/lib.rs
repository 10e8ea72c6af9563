//! The compile daemon `autojitd`.
//!
//! From the outside in: [`daemonize`] and [`rendezvous`] make a process the daemon ([`limits`]: one with little room),
//! [`server`] takes connections, [`handshake`] opens a session on one, [`session`] answers its requests over [`control`] memory, [`warm`] holds the
//! modules, [`compile`] makes an object of a function, [`layout`] a [`template`] of the object, which a [`batch`]
//! puts into its [`place`] in the session's [`arena`]; [`twins`] finds what another module has compiled; [`cache`] keeps it for the next daemon, [`record`] writes down what happens.
//! [`needs`] is for the compiler driver. [`llvm`] is the only way to LLVM.

pub mod ahead;
pub mod announced;
pub mod arena;
mod batch;
pub mod cache;
mod command;
mod company;
pub mod compile;
pub mod control;
mod daemonize;
pub mod debug;
pub mod engine;
mod frame_index;
mod graph;
pub mod handshake;
mod image;
mod inlining;
mod islands;
mod layout;
pub mod lifetime;
mod limits;
mod link;
pub mod llvm;
mod loaded;
mod log;
pub mod memory;
pub mod module;
pub mod needs;
mod place;
mod prefetch;
mod priority;
mod profile;
mod record;
mod records;
pub mod rendezvous;
pub mod server;
pub mod session;
mod statistics;
mod status;
pub mod store;
mod stub;
pub mod successors;
mod template;
pub mod twins;
pub mod warm;

pub use command::main;
