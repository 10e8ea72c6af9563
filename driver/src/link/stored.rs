//! Programs of which the user's store has every payload (`--autojit-store=cache`): they are made as small as can be.
//!
//! They run from this user's files anyway. So they get the runtime as links by other drivers do, from a file of the
//! installation, by the loader that stands in each lazy object (`autojit_protocol::loader`). Those that need more of the runtime's archive,
//! which refers to the runtime itself, and libraries, which may be unloaded, have it within as all others.

use super::inputs::{Input, Inputs};
use super::{Line, records, symbols};
use crate::options::Toggle;
use crate::toolchain::Toolchain;
use crate::unit::Session;
use object::{Object, ObjectSection, SectionFlags, elf};
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// Whether what this link makes is such a program.
pub fn is_by_loader(inputs: &Inputs, line: &Line, toolchain: &Toolchain, session: &Session) -> bool {
    // Other loaders look for the runtime where it may be no more.
    let Some(loader) = toolchain.loader().filter(|_| session.options.loader == Toggle::On) else {
        return false;
    };
    let is_fit = |bytes: &[u8]| records::is_stored_with_loader(bytes, loader.runtime.to_bytes());
    !inputs.is_shared
        && line.wrapped.is_empty()
        && inputs.iter().flat_map(Input::members).all(|member| is_fit(member.data))
}

/// Lets the linker spare the room between what is read and what is run.
pub fn spare_room(inputs: &mut Inputs, linker: &CStr) {
    // LLVM's needs none, gold does not know the option, and a linker's own name does not tell whose it is.
    let linker = Path::new(OsStr::from_bytes(linker.to_bytes())).canonicalize().unwrap_or_default();
    let is_bfd = linker.to_string_lossy().ends_with("bfd");
    let is_said = inputs.words().any(|word| word.ends_with(b"separate-code"));
    let mut members = inputs.iter().flat_map(Input::members);
    if is_bfd && !is_said && !members.any(|member| has_constants_among_data(member.data)) {
        drop(members);
        inputs.prefix.extend([c"-z".to_owned(), c"noseparate-code".to_owned()]);
    }
}

/// Sections that the linker puts where the data is, whatever they are.
const DATA: [&[u8]; 8] =
    [b".preinit_array", b".init_array", b".fini_array", b".ctors", b".dtors", b".data", b".tdata", b".jcr"];

/// Whether an object has such a section that is not for writing: it would bring code and data into one segment.
fn has_constants_among_data(bytes: &[u8]) -> bool {
    let Some(file) = symbols::is_elf(bytes).then(|| records::object(bytes)).flatten() else { return false };
    file.sections().any(|section| {
        let SectionFlags::Elf { sh_flags } = section.flags() else { return false };
        let is_constant = sh_flags & u64::from(elf::SHF_ALLOC | elf::SHF_WRITE) == u64::from(elf::SHF_ALLOC);
        is_constant && section.name_bytes().is_ok_and(|name| DATA.iter().any(|data| name.starts_with(data)))
    })
}
