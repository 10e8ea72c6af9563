//! The link line: the linker that clang would run, with clang's arguments and what lazy code needs.
//!
//! In the order in which a line goes through it: [`inputs`] finds the files that the linker will read ([`response`],
//! [`search`], [`script`]); [`bitcode`] turns modules of bitcode into lazy objects ([`compile`],
//! [`symbols`], [`archive`]); [`absolute`] puts numbers where GNU ld would take them for addresses; [`late`] adds what names need that are looked up at
//! run time ([`names`]; [`records`] reads lazy objects); [`runtime`] adds the runtime, unless the program is one of [`stored`] code that loads it; [`main_source`] tells GDB where to begin. If the linker then misses symbols, [`inline`] looks whether
//! clang's objects would have them ([`extend`]), [`unneeded`] whether they would ask for them ([`rewrite`] puts other objects in the place of some), and [`missing`] says who does. Files that are made
//! here live until the linker is done, in memory ([`memory`]): where that can be, nothing is written outside the build's outputs.

mod absolute;
mod archive;
mod bitcode;
mod compile;
mod describe;
mod extend;
mod inline;
mod inputs;
mod kept;
mod late;
mod main_source;
mod memory;
mod missing;
mod names;
mod new_object;
mod records;
pub mod response;
mod rewrite;
mod runtime;
mod script;
mod search;
mod stored;
mod symbols;
mod unneeded;
mod wrapped;

pub use describe::run as describe;

use crate::toolchain::Toolchain;
use crate::unit::Session;
use anyhow::Result;
use inputs::{Input, Inputs};
pub use memory::Made;
use runtime::Runtime;
use std::ffi::{CStr, CString};
use std::io::IsTerminal;

/// What the linker is to be called with.
#[derive(Default)]
pub struct Line {
    pub args: Vec<CString>,
    /// Files that the linker opens: keep until it is done.
    pub files: Vec<Made>,
    /// If the linker fails, [`retry`] may know better.
    pub may_retry: bool,
    /// What has to stand behind all inputs.
    pub last: Vec<CString>,
    /// Options by which the runtime's functions take the place of others.
    pub wrapped: Vec<String>,
}

/// Whether this option makes the linker make a shared library.
pub fn makes_library(option: &[u8]) -> bool {
    matches!(option, b"-shared" | b"--shared" | b"-Bshareable")
}

/// Whether it makes the linker make a relocatable object.
pub fn makes_object(option: &[u8]) -> bool {
    matches!(option, b"-r" | b"--relocatable" | b"-i")
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
    Ok(complete_for(plain, toolchain, session, None)?.0)
}

/// What to do after the linker has failed.
pub enum Retry {
    /// Call it once more.
    With(Line),
    /// The fault is the program's: what there is to say beside the linker's words.
    No(String),
}

/// Other arguments, after the linker has failed with this complaint.
pub fn retry(plain: &Plain<'_>, toolchain: &Toolchain, session: &Session, complaint: &str) -> Result<Retry> {
    let (line, is_other) = complete_for(plain, toolchain, session, Some(complaint))?;
    if is_other {
        return Ok(Retry::With(line));
    }
    let args: Vec<CString> = plain.args.iter().map(|&a| a.to_owned()).collect();
    Ok(Retry::No(missing::notes(&Inputs::of(plain.linker, &args), complaint)))
}

/// The arguments, and whether something was done about a complaint.
fn complete_for(
    plain: &Plain<'_>,
    toolchain: &Toolchain,
    session: &Session,
    complaint: Option<&str>,
) -> Result<(Line, bool)> {
    let args: Vec<CString> = plain.args.iter().map(|&a| a.to_owned()).collect();
    let mut line = Line { args, ..Line::default() };
    // A relocatable link makes an object; what it needs comes in when that is linked.
    if plain.args.iter().any(|a| makes_object(a.to_bytes())) {
        return Ok((line, false));
    }
    let mut inputs = Inputs::of(plain.linker, &line.args);
    let is_made = session.options.lto.is_lazy(plain.is_lto)
        && bitcode::make_lazy(&mut inputs, &mut line, plain, session)?;
    let is_lazy =
        is_made || inputs.iter().flat_map(Input::members).any(|member| records::has_any(member.data));
    if is_lazy {
        line.wrapped = wrapped::options(plain, &inputs, is_made);
    }
    let is_other = match complaint {
        Some(complaint) => {
            inline::define(&mut inputs, &mut line, complaint, session)?
                | unneeded::weaken(&mut inputs, &mut line, complaint, session)?
        }
        None => false,
    };
    if is_lazy {
        absolute::place(&mut inputs, &mut line)?;
    }
    late::complete(&mut inputs, &mut line, session)?;
    line.may_retry = complaint.is_none() && is_lazy;
    let runtime = Runtime::of(toolchain)?;
    if let Some(runtime) = runtime.as_ref().filter(|_| is_lazy) {
        if stored::is_by_loader(&inputs, &line, toolchain, session) {
            stored::spare_room(&mut inputs, plain.linker);
        } else {
            runtime.add_objects(&mut inputs, &mut line)?;
        }
        main_source::name(&inputs, &mut line)?;
    }
    line.args = inputs.line();
    if line.may_retry && inputs.is_lld && std::io::stderr().is_terminal() {
        // It writes into a file, for us to look at first.
        line.args.insert(0, c"--color-diagnostics=always".to_owned());
    }
    if let Some(runtime) = runtime {
        runtime.add_archive(&mut line)?;
    }
    Ok((line, is_other))
}
