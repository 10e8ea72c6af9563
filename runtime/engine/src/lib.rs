//! The compile daemon `autojitd`.
//!
//! From the outside in: [`daemonize`] and [`rendezvous`] make a process the daemon, [`server`] takes connections,
//! [`handshake`] opens a session on one, [`session`] answers its requests over [`control`] memory, [`warm`] holds the
//! modules, [`compile`] makes an object of a function, [`link`] puts it into the session's [`arena`]. [`llvm`] is the
//! only way to LLVM.

pub mod arena;
mod command;
pub mod compile;
pub mod control;
mod daemonize;
pub mod handshake;
pub mod lifetime;
mod link;
pub mod llvm;
mod loaded;
mod log;
pub mod memory;
pub mod module;
pub mod rendezvous;
pub mod server;
pub mod session;
mod statistics;
mod status;
mod stub;
pub mod warm;

pub use command::main;
