//! The compiler driver: one command line from argument vector to exit status.
//!
//! [`options`] takes our own options out of the arguments; what remains is clang's, exactly as given. [`clang`] runs
//! clang's driver and front end in this process and calls back in three places: to transform a module
//! ([`unit`]), to report what was not made lazy ([`remarks`]), and to complete what the linker gets ([`link`]).
//! [`prefetch`] tells the daemon of a new program. [`toolchain`] finds the files that belong to the installation;
//! [`replay`] keeps what a compile can be repeated from.

mod clang;
mod link;
mod options;
mod prefetch;
mod remarks;
mod replay;
mod toolchain;
mod unit;

pub use options::Options;

use anyhow::Result;
use std::ffi::OsString;

/// Runs the command line `args` (with the program's name first) and returns the exit status.
pub fn main(args: Vec<OsString>) -> i32 {
    match run(args) {
        Ok(status) => status,
        Err(error) => {
            eprintln!("autojit-cc: error: {error:#}");
            1
        }
    }
}

fn run(args: Vec<OsString>) -> Result<i32> {
    let (options, rest) = match options::extract(args)? {
        options::Extracted::Run(options, rest) => (options, rest),
        options::Extracted::Help(text) => {
            print!("{text}");
            return Ok(0);
        }
    };
    let toolchain = toolchain::Toolchain::find()?;
    let session = unit::Session::new(options, &rest, &toolchain);
    if session.options.debug_bitcode.is_some() {
        return link::describe(&session).map(|()| 0);
    }
    clang::run(&rest, &toolchain, &session)
}
