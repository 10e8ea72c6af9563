//! The two compilers: the one under test and the clang it is measured by.
//!
//! | variable | meaning | default |
//! |---|---|---|
//! | `AUTOJIT_BIN_DIR` | folder with `autojit-cc`, `autojit-c++`, `autojitd` and `autojit` | `target/release` of the workspace |
//! | `AUTOJIT_REFERENCE_CC` | clang to compare with | `/usr/lib/llvm-22/bin/clang` |
//! | `AUTOJIT_CC` | any other compiler in place of `autojit-cc`: a test of the tests | |
//!
//! The C++ compiler is the one beside the C compiler, with `clang++` in the place of `clang` in its name.
//!
//! With `AUTOJIT_CC=clang-22` everything that is about laziness and the daemon is left out, and all the rest must
//! pass: what fails then is a fault of the tests.

use anyhow::{Context, Result, ensure};
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One compiler and the tools that belong to it.
#[derive(Clone, Debug)]
pub struct Toolchain {
    pub cc: PathBuf,
    /// The same for C++.
    pub cxx: PathBuf,
    /// The other programs of autojit; none with a plain clang.
    pub autojit: Option<Tools>,
}

#[derive(Clone, Debug)]
pub struct Tools {
    /// The `autojit` tool.
    pub tool: PathBuf,
    pub daemon: PathBuf,
}

/// Both of them.
#[derive(Clone, Debug)]
pub struct Toolchains {
    pub reference: Toolchain,
    pub tested: Toolchain,
    /// LLVM's own tools of the same version: `llvm-ar`, `ld.lld`.
    pub llvm_bin: PathBuf,
}

impl Toolchain {
    /// The compiler for a source, by its name.
    pub fn compiler_of(&self, source: &Path) -> &Path {
        if is_cxx(source) { &self.cxx } else { &self.cc }
    }
}

/// Whether a source is C++, by its name.
pub fn is_cxx(source: &Path) -> bool {
    source.extension().is_some_and(|extension| extension == "cpp" || extension == "cppm")
}

impl Toolchains {
    pub fn from_env() -> Result<Toolchains> {
        let reference = env::var_os("AUTOJIT_REFERENCE_CC")
            .map_or_else(|| PathBuf::from("/usr/lib/llvm-22/bin/clang"), PathBuf::from);
        let reference = find(&reference)?;
        let llvm_bin =
            reference.canonicalize()?.parent().context("the reference compiler has no folder")?.to_owned();
        let tested = match env::var_os("AUTOJIT_CC") {
            Some(cc) => plain(find(Path::new(&cc))?)?,
            None => autojit(&bin_dir())?,
        };
        Ok(Toolchains { reference: plain(reference)?, tested, llvm_bin })
    }

    /// Whether there is laziness to be tested at all.
    pub fn is_lazy(&self) -> bool {
        self.tested.autojit.is_some()
    }
}

/// A clang, with the C++ compiler beside it.
fn plain(cc: PathBuf) -> Result<Toolchain> {
    let name = cc.file_name().and_then(|name| name.to_str()).context("a compiler without a name")?;
    let cxx = cc.with_file_name(name.replacen("clang", "clang++", 1));
    ensure!(cxx.is_file(), "{}: not found", cxx.display());
    Ok(Toolchain { cc, cxx, autojit: None })
}

fn bin_dir() -> PathBuf {
    if let Some(dir) = env::var_os("AUTOJIT_BIN_DIR") {
        return dir.into();
    }
    workspace().join("target/release")
}

/// The root of the source tree.
pub fn workspace() -> PathBuf {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest).to_owned()
}

fn autojit(dir: &Path) -> Result<Toolchain> {
    let dir = dir.canonicalize().with_context(|| {
        format!("{}: no toolchain here; run `cargo build --release` or set AUTOJIT_BIN_DIR", dir.display())
    })?;
    let program = |name: &str| {
        let path = dir.join(name);
        ensure!(
            path.is_file(),
            "{}: not found; run `cargo build --release` or set AUTOJIT_BIN_DIR",
            path.display()
        );
        Ok(path)
    };
    Ok(Toolchain {
        cc: program("autojit-cc")?,
        cxx: program("autojit-c++")?,
        autojit: Some(Tools { tool: program("autojit")?, daemon: program("autojitd")? }),
    })
}

/// An absolute path for a program that is named by path or looked for in `$PATH`.
fn find(program: &Path) -> Result<PathBuf> {
    if program.components().count() > 1 {
        ensure!(program.is_file(), "{}: not found", program.display());
        return Ok(std::path::absolute(program)?);
    }
    env::var_os("PATH")
        .iter()
        .flat_map(env::split_paths)
        .map(|dir| dir.join(program))
        .find(|path| path.is_file())
        .with_context(|| format!("{}: not found in $PATH", program.display()))
}

/// The toolchain's own rustc and cargo, past rustup, which wants an environment.
pub fn rust_tool(name: &str) -> Result<PathBuf> {
    let output = Command::new("rustc").args(["--print", "sysroot"]).output().context("rustc")?;
    ensure!(output.status.success(), "rustc --print sysroot: {}", output.status);
    Ok(Path::new(std::str::from_utf8(&output.stdout)?.trim_end()).join("bin").join(name))
}
