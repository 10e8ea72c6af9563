//! The runtime's place on the link line.
//!
//! Where there are lazy inputs, the runtime itself comes first: its object stands in for the loaders that they have for links
//! which are not ours (`autojit_protocol::loader`). What takes the places of other functions comes behind all inputs, as an
//! archive, because only the linker knows what is needed of it; a program without lazy code takes nothing from it. The linker
//! reads copies in memory into which the place of the compile daemon was written: an installation can be moved, and nothing is
//! written outside the build's outputs.

use super::inputs::Inputs;
use super::{Line, memory};
use crate::toolchain::Toolchain;
use anyhow::{Context, Result, bail};
use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection, ObjectSymbol};
use std::ffi::{CStr, CString};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The start-up files that must stay last.
const END_FILES: &[&[u8]] = &[b"crtend.o", b"crtendS.o", b"crtendT.o", b"crtn.o"];

/// The members that are linked in any case: the runtime, and what keeps loaders out.
const OBJECTS: &[&CStr] = &[c"autojit_rt.o", c"autojit_loader.o"];

/// The same for a library that may be unloaded.
const OBJECTS_OF_LIBRARY: &[&CStr] = &[c"autojit_rt_library.o", c"autojit_loader.o", FINALIZER];

/// Its finalizer, which has to be the last one without a number.
const FINALIZER: &CStr = c"autojit_unload.o";

/// The start-up file that runs what is registered for the exit when a library is unloaded.
const BEGIN_FILE: &[u8] = b"crtbeginS.o";

/// The symbol under which the runtime keeps the path of the daemon: a buffer, NUL-terminated.
const DAEMON_PATH: &str = "__autojit_daemon_path";

/// libgcc's unwinder, as clang asks for it.
pub const UNWINDER: &CStr = c"-lgcc_s";

/// The runtime archive, as this link is to have it.
pub struct Runtime {
    /// Where the installation has it.
    path: PathBuf,
    bytes: Vec<u8>,
}

impl Runtime {
    /// That of the installation, if it has one: a copy that knows where the daemon is.
    pub fn of(toolchain: &Toolchain) -> Result<Option<Runtime>> {
        let Some(path) = &toolchain.runtime else { return Ok(None) };
        let mut bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let rooms = daemon_path_ranges(&bytes).with_context(|| format!("{} is damaged", path.display()))?;
        let daemon = toolchain.daemon.as_os_str().as_bytes();
        // A path without room stays out: the runtime then looks for the daemon in $PATH.
        for room in rooms.into_iter().filter(|room| daemon.len() < room.len()) {
            bytes[room.start..room.start + daemon.len()].copy_from_slice(daemon);
        }
        Ok(Some(Runtime { path: path.clone(), bytes }))
    }

    /// Puts the runtime itself in front of all inputs, in place of the loaders of lazy objects.
    pub fn add_objects(&self, inputs: &mut Inputs, line: &mut Line) -> Result<()> {
        let objects = if may_be_unloaded(inputs, &line.args) { OBJECTS_OF_LIBRARY } else { OBJECTS };
        let archive = ArchiveFile::parse(self.bytes.as_slice())?;
        for member in archive.members() {
            let member = member?;
            let Some(name) = objects.iter().find(|name| name.to_bytes() == member.name()) else { continue };
            let object = memory::create(name, member.data(self.bytes.as_slice())?)?;
            if *name == FINALIZER {
                line.last.push(object.path());
            } else {
                inputs.prefix.push(object.path());
            }
            line.files.push(object);
        }
        Ok(())
    }

    /// Adds the archive behind all inputs.
    pub fn add_archive(&self, line: &mut Line) -> Result<()> {
        let archive = match memory::create(c"libautojit_rt.a", &self.bytes) {
            Ok(archive) => {
                let path = archive.path();
                line.files.push(archive);
                path
            }
            // What has the daemon's path stands in front of all inputs, if it is needed.
            Err(_) => CString::new(self.path.as_os_str().as_bytes())?,
        };
        let is_end = |a: &CString| END_FILES.contains(&file_name(a));
        let end = line.args.iter().position(is_end).unwrap_or(line.args.len());
        // Whatever --whole-archive the user's libraries stand under: this one is taken from by need.
        let mut added = std::mem::take(&mut line.last);
        added.extend([c"--push-state".to_owned(), c"--no-whole-archive".to_owned(), archive]);
        for option in &line.wrapped {
            added.push(CString::new(option.as_str())?);
        }
        // Again for what our members ask for; the linker looked at the first one before. In a script, because CMake takes each
        // library on this line for one that the language needs.
        if !line.wrapped.is_empty() && line.args.iter().any(|arg| arg.as_c_str() == UNWINDER) {
            let script = memory::create(c"unwinder", b"INPUT(AS_NEEDED(-lgcc_s))\n")?;
            added.push(script.path());
            line.files.push(script);
        }
        added.push(c"--pop-state".to_owned());
        line.args.splice(end..end, added);
        Ok(())
    }
}

fn file_name(argument: &CStr) -> &[u8] {
    argument.to_bytes().rsplit(|&b| b == b'/').next().unwrap_or_default()
}

/// Whether the link makes a library that does all it has to do when it is unloaded in its finalizers: a function of its own
/// (`-fini`) would come behind ours.
fn may_be_unloaded(inputs: &Inputs, args: &[CString]) -> bool {
    let has_own = |arg: &CString| {
        arg.to_bytes().strip_prefix(b"-").is_some_and(|arg| {
            let name = arg.strip_prefix(b"-").unwrap_or(arg);
            name == b"fini" || name.starts_with(b"fini=")
        })
    };
    inputs.is_shared && args.iter().any(|arg| file_name(arg) == BEGIN_FILE) && !args.iter().any(has_own)
}

/// Where in the archive the buffers for the daemon's path are.
fn daemon_path_ranges(bytes: &[u8]) -> Result<Vec<Range<usize>>> {
    let mut found = Vec::new();
    let archive = ArchiveFile::parse(bytes)?;
    for member in archive.members() {
        let member = member?;
        let start = usize::try_from(member.file_range().0)?;
        let data = member.data(bytes)?;
        let Ok(elf) = object::File::parse(data) else { continue };
        let Some(symbol) = elf.symbols().find(|s| s.name() == Ok(DAEMON_PATH)) else { continue };
        let Some(index) = symbol.section_index() else { continue };
        let Some((offset, _)) = elf.section_by_index(index)?.file_range() else { continue };
        let at = start + usize::try_from(offset + symbol.address())?;
        let end = at + usize::try_from(symbol.size())?;
        if end > bytes.len() {
            bail!("its symbol {DAEMON_PATH} leaves the file");
        }
        found.push(at..end);
    }
    if found.is_empty() {
        bail!("it has no symbol {DAEMON_PATH}")
    }
    Ok(found)
}
