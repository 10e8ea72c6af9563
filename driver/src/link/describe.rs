//! Debug information of what was made from bitcode: how to compile a module once more, and doing it.
//!
//! A module that stands in an archive is looked up there again, by its hash: archives stay where they are, as sources do
//! (rustc's `.rlib` files). An object by itself is gone after the link, and so is kept in the note.

use super::archive::{Members, is_archive};
use super::compile::{self, Compiled, Options};
use super::memory::Mapped;
use crate::clang::Bitcode;
use crate::options::DebugInfo;
use crate::unit::Session;
use anyhow::{Context, Result, bail};
use std::ffi::CString;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// What a module's note says.
pub struct Recipe<'a> {
    args: Vec<CString>,
    files: Vec<u64>,
    embedded: Option<&'a [u8]>,
}

/// The same that the front end's recipes have for files (`driver/clang/recipe.cpp`).
fn hash(bytes: &[u8]) -> u64 {
    let mut first = [0; 8];
    blake3::Hasher::new().update(bytes).finalize_xof().fill(&mut first);
    u64::from_le_bytes(first)
}

impl<'a> Recipe<'a> {
    pub fn new(
        name: &str,
        bytes: &'a [u8],
        archive: Option<&Path>,
        options: &Options,
        session: &Session,
    ) -> Recipe<'a> {
        let stays = session.options.debug_info == DebugInfo::Lazy;
        let archive = archive.filter(|_| stays).and_then(|path| std::path::absolute(path).ok());
        let hash = hash(bytes);
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let how = format!(
            "--autojit-debug-bitcode-how={hash:016x},{},{},{},{}",
            options.opt_level,
            u8::from(options.library),
            text(options.cpu.to_bytes()),
            text(options.features.to_bytes())
        );
        let mut args = vec![how.into_bytes()];
        if let Some(path) = &archive {
            args.push([b"--autojit-debug-bitcode=", path.as_os_str().as_bytes()].concat());
        }
        // For messages.
        let short = name.rsplit('/').next().unwrap_or(name);
        args.extend([b"-main-file-name".to_vec(), short.as_bytes().to_vec()]);
        Recipe {
            args: args.into_iter().filter_map(|arg| CString::new(arg).ok()).collect(),
            files: archive.iter().map(|_| hash).collect(),
            embedded: archive.is_none().then_some(bytes),
        }
    }

    pub fn bitcode(&self) -> Bitcode<'_> {
        Bitcode { args: &self.args, files: &self.files, embedded: self.embedded }
    }
}

/// `--autojit-debug-bitcode`: compiles the module again that a recipe is for, for the compile daemon.
pub fn run(session: &Session) -> Result<()> {
    let ours = &session.options;
    let path = ours.debug_bitcode.as_deref().context("no bitcode")?;
    let (how, object, files) = (&ours.debug_bitcode_how, &ours.debug_object, &ours.debug_files);
    let (Some(how), Some(object), Some(files)) = (how, object, files) else {
        bail!("--autojit-debug-bitcode goes with the other options of a compile for a debugger");
    };
    let mut how = how.splitn(5, ',');
    let mut next = || how.next().context("a damaged recipe");
    let wanted = u64::from_str_radix(next()?, 16)?;
    let options = Options {
        opt_level: next()?.parse()?,
        library: next()? == "1",
        cpu: CString::new(next()?)?,
        features: CString::new(next()?)?,
    };
    let content = Mapped::open(path).with_context(|| path.display().to_string())?;
    let members = if is_archive(&content) { Members::of(path, &content)? } else { Members::default() };
    let found = match is_archive(&content) {
        true => members.iter(&content).map(|member| member.data).find(|data| hash(data) == wanted),
        false => Some(&*content).filter(|data| hash(data) == wanted),
    };
    let list = format!("{:016x} {}\0", found.map_or(0, hash), path.display());
    fs::write(files, list).with_context(|| files.display().to_string())?;
    let bytes = found.with_context(|| format!("{} was made again", path.display()))?;
    match compile::module(&path.display().to_string(), bytes, None, &options, session) {
        Compiled::Object(bytes) => {
            let mut file = fs::File::create(object).with_context(|| object.display().to_string())?;
            file.write_all(&bytes).with_context(|| object.display().to_string())
        }
        Compiled::Leave(problem) | Compiled::Failed(problem) => bail!("{problem}"),
    }
}
