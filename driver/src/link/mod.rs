//! The link line: the linker that clang would run, with clang's arguments and what lazy code needs.
//!
//! In the order in which a line goes through it: [`inputs`] finds the files that the linker will read ([`response`],
//! [`search`], [`script`]); [`bitcode`] turns modules of bitcode into lazy objects ([`compile`],
//! [`symbols`], [`archive`]); [`late`] adds what names need that are looked up at
//! run time ([`names`]); [`runtime`] adds the runtime. Files that are made
//! here live in memory ([`memory`]) until the linker is done; nothing is written outside the build's outputs.

mod archive;
mod bitcode;
mod compile;
mod inputs;
mod kept;
mod late;
mod memory;
mod names;
mod response;
mod runtime;
mod script;
mod search;
mod symbols;

use crate::toolchain::Toolchain;
use crate::unit::Session;
use anyhow::Result;
use inputs::Inputs;
use std::ffi::{CStr, CString};
use std::fs::File;

/// What the linker is to be called with.
#[derive(Default)]
pub struct Line {
    pub args: Vec<CString>,
    /// Files in memory, which the linker opens by their descriptors: keep until the linker is done.
    pub files: Vec<File>,
}

/// The linker as clang would run it.
pub struct Plain<'a> {
    pub linker: &'a CStr,
    pub args: &'a [&'a CStr],
    /// -flto was given.
    pub is_lto: bool,
    /// clang's -O, if one was given.
    pub opt_level: Option<u8>,
}

/// The arguments of the linker with everything in its place.
pub fn complete(plain: &Plain<'_>, toolchain: &Toolchain, session: &Session) -> Result<Line> {
    let args: Vec<CString> = plain.args.iter().map(|&a| a.to_owned()).collect();
    let mut line = Line { args, files: Vec::new() };
    // A relocatable link makes an object; what it needs comes in when that is linked.
    if plain.args.iter().any(|a| matches!(a.to_bytes(), b"-r" | b"--relocatable" | b"-i")) {
        return Ok(line);
    }
    let mut inputs = Inputs::of(plain.linker, &line.args);
    if session.options.lto.is_lazy(plain.is_lto) {
        bitcode::make_lazy(&mut inputs, &mut line, plain, session)?;
    }
    late::complete(&mut inputs, &mut line, session)?;
    line.args = inputs.line();
    runtime::add(&mut line, toolchain)?;
    Ok(line)
}
