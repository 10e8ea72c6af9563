//! The client runtime: what `__autojit_materialize` in every lazy program or library is made of.
//!
//! It runs inside other people's programs, at any moment: in a signal handler, before constructors, between `fork`
//! and `exec`, on an 8 KiB stack, without a libc. So it makes its system calls itself, keeps its buffers in `.bss`
//! under its lock, and owns no thread, no descriptor and no heap. The order to read it in is the order of a call:
//! `arch` (entry) -> `materialize` -> `lock` -> `session` (`descriptors`, `daemon`, `recording`, `socket`, `spawn`, `arena`) -> `module` ->
//! `recall` -> `request` -> `unwind`; `late` and `dynamic` beside `module`, for symbols that
//! are bound late, and `image` beside `recall`.
//!
//! rustix would have given us the system calls; but its arguments are generic over buffers and paths, its `vfork`
//! is `fork`, and every byte of this crate is linked into every user's binary. About thirty calls are less to read.
//!
//! As a workspace member this is an ordinary library, for clippy and the unit tests. The archive is made from the
//! same sources with `--cfg autojit_rt_archive` (see `archive.rs`).

#![cfg_attr(not(test), no_std)]

mod announce;
mod arch;
mod arena;
mod backtrace;
mod confined;
mod daemon;
mod debugger;
mod descriptors;
mod dynamic;
mod environment;
mod fatal;
mod image;
mod late;
mod listed;
mod lock;
mod materialize;
mod mem;
mod module;
#[path = "../notes.rs"]
mod notes;
mod recall;
mod recording;
mod request;
mod session;
mod socket;
mod sorted;
mod spawn;
mod sys;
mod unload;
mod unwind;

/// Nothing here panics; if something did, there would be nobody to tell and nothing to unwind.
#[cfg(autojit_rt_archive)]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    fatal::Line::new(b"bug in the runtime of autojit; please report it").die()
}
