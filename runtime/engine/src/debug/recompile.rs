//! Compiling a unit once more, from what its object keeps, with all debug information.
//!
//! In a process of its own, because that is where the front end is, and because nothing that goes wrong there may
//! matter to the daemon. What it read is compared with what was read when the program was built.

use super::apart;
use autojit_protocol::recipe::Recipe;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The object of a compile, and the files that it was made of.
pub struct Described {
    pub object: Vec<u8>,
    pub files: Vec<PathBuf>,
}

/// Why there is no debug information, for the user.
pub type Problem = String;

/// The compiler that belongs to this daemon.
pub fn compiler() -> Result<PathBuf, Problem> {
    let daemon = std::env::current_exe().map_err(|e| format!("the compiler can't be found: {e}"))?;
    let folder = daemon.parent().unwrap_or(Path::new("/"));
    let places = [folder.join("autojit-cc"), folder.join("../../bin/autojit-cc")];
    places.into_iter().find(|p| p.is_file()).ok_or_else(|| "there is no autojit-cc beside the daemon".into())
}

/// A folder of this user alone that goes with the value.
fn folder() -> Result<tempfile::TempDir, Problem> {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(PathBuf::from).filter(|p| p.is_dir());
    let place = runtime.unwrap_or_else(std::env::temp_dir);
    tempfile::Builder::new()
        .prefix("autojit-debug-")
        .tempdir_in(&place)
        .map_err(|e| format!("no folder for the compile in {}: {e}", place.display()))
}

/// What the code of the object is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To run.
    Run,
    /// To be the same as what runs already.
    Compare,
    /// None: what there is besides functions.
    Variables,
    /// To make that of it: the payload, with debug information, and not the object.
    Payload,
}

/// The object that describes a unit, for the compiler driver to keep it; with the lines only, if that is wanted.
pub fn compile(recipe: &[u8], line_only: bool) -> Result<Vec<u8>, Problem> {
    let recipe = Recipe::parse(recipe).ok_or("a broken recipe")?;
    let lines = ["-debug-info-kind=line-tables-only".to_owned()];
    let further = if line_only { &lines[..] } else { &[] };
    recompile(recipe, None, Purpose::Compare, further).map(|described| described.object)
}

/// `bitcode`: what is compiled, if the unit brings it along. `further`: options of the front end.
pub fn recompile(
    recipe: Recipe<'_>,
    bitcode: Option<&[u8]>,
    purpose: Purpose,
    further: &[String],
) -> Result<Described, Problem> {
    if let Some(problem) = apart::missing(recipe) {
        return Err(problem.into());
    }
    let folder = folder()?;
    let object = folder.path().join("object");
    let list = folder.path().join("files");
    let payload = folder.path().join("payload");
    let option = |name: &str, path: &Path| {
        let mut option = std::ffi::OsString::from(name);
        option.push(path);
        option
    };
    let module = folder.path().join("bitcode");
    if let Some(bitcode) = bitcode {
        std::fs::write(&module, bitcode).map_err(|e| format!("{}: {e}", module.display()))?;
    }
    let output = Command::new(compiler()?)
        .arg(option("--autojit-debug-object=", &object))
        .arg(option("--autojit-debug-files=", &list))
        .args((purpose == Purpose::Compare).then_some("--autojit-debug-as-lazy"))
        .args((purpose == Purpose::Variables).then_some("--autojit-debug-variables"))
        .args((purpose == Purpose::Payload).then(|| option("--autojit-debug-payload=", &payload)))
        .args(bitcode.map(|_| option("--autojit-debug-bitcode=", &module)))
        .args(recipe.arguments().map(OsStr::from_bytes))
        .args(further)
        .current_dir(OsStr::from_bytes(recipe.folder()))
        .env("PWD", OsStr::from_bytes(recipe.folder()))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .output()
        .map_err(|e| {
            format!(
                "it can't be compiled in {}: {e}",
                Path::new(OsStr::from_bytes(recipe.folder())).display()
            )
        })?;
    // Files that changed explain errors as well.
    let read = std::fs::read(&list).ok();
    let files = match bitcode {
        Some(_) => Some(Vec::new()),
        None => read.as_deref().map(|list| check(list, recipe)).transpose()?,
    };
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let line = words.lines().find(|l| l.contains("error:")).unwrap_or("the compiler failed");
        return Err(format!("it no longer compiles: {line}"));
    }
    let files = files.ok_or("the compiler left no list of files")?;
    let object = if purpose == Purpose::Payload { payload } else { object };
    let object = std::fs::read(&object).map_err(|e| format!("the compiler left no object: {e}"))?;
    Ok(Described { object, files })
}

/// The files that were read, if they are those of the build. With debug information clang also reads what a precompiled header was
/// made of (and checks it).
fn check(list: &[u8], recipe: Recipe<'_>) -> Result<Vec<PathBuf>, Problem> {
    let reads_more = recipe.arguments().any(|argument| argument == b"-include-pch");
    let mut wanted = recipe.files().peekable();
    let mut files = Vec::new();
    let mut other = None;
    for entry in list.split(|&b| b == 0).filter(|e| !e.is_empty()) {
        let (hash, path) = entry.split_at_checked(17).ok_or("the list of files is damaged")?;
        let hash = std::str::from_utf8(&hash[..16]).ok().and_then(|h| u64::from_str_radix(h, 16).ok());
        let path = PathBuf::from(OsStr::from_bytes(path));
        if hash.is_none() || wanted.next_if(|wanted| hash == Some(*wanted)).is_none() {
            other.get_or_insert_with(|| path.clone());
        }
        files.push(path);
    }
    let is_complete = wanted.next().is_none();
    match other.filter(|_| !is_complete || !reads_more) {
        Some(path) => Err(format!("{} was changed after the program was built", path.display())),
        None if !is_complete => Err("a file that it included is gone".into()),
        None => Ok(files),
    }
}
