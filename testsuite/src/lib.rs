//! The ground that the test files in `tests/` stand on. Every one of them does the same thing in its own field:
//! it does something with clang, does the same with autojit, and compares.
//!
//! - `tests/programs.rs` builds and runs each program below `programs/`; what it is to do with one stands in the
//!   program's head comment ([`directives`]).
//! - `tests/debuggers/` compares the transcripts of debugger sessions, `tests/adapters.rs` what editors are told.
//! - `tests/driver/` compares command lines: text, exit status and files.
//! - `tests/faults.rs` takes the daemon away, damages binaries, starts fifty processes at once.
//! - `tests/csmith.rs`, `tests/edits.rs` and `tests/fuzz.rs` make programs at random ([`random`]).
//! - `tests/warm.rs` looks at what is kept from one run for the next.
//! - `tests/projects.rs` builds bzip2, SQLite, Lua, zlib (by their own build systems) and zstd.
//!
//! Which toolchain is tested, and how to point the tests at another one, is in [`toolchain`].
//!
//! All are libtest-mimic programs, so that each case is a named test of its own: `cargo test -p autojit-testsuite
//! --test programs -- fork` runs those with "fork" in their names, `--list` shows all, and a case that can't run on this
//! machine is listed as ignored with the reason in its name.

pub mod bench;
pub mod build;
pub mod directives;
pub mod inspect;
pub mod process;
pub mod random;
pub mod sandbox;
pub mod sources;
pub mod suite;
pub mod symbols;
pub mod toolchain;
