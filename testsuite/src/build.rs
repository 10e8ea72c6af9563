//! Builds one program with one of the two compilers, as its directives say.

use crate::directives::{Directives, Library, LinkMode};
use crate::process::{self, Outcome, Status, TIME_LIMIT};
use crate::suite::Context;
use crate::toolchain::{Toolchain, is_cxx};
use anyhow::{Context as _, Result};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How a program is built, beside what its directives say.
#[derive(Clone, Debug)]
pub struct Config {
    pub link: LinkMode,
    /// Such as `O0` or `O0+g`.
    pub opt: String,
}

/// One command and what came of it.
pub struct Step {
    pub command: String,
    pub outcome: Outcome,
}

/// Everything that one compiler made of a program.
#[derive(Default)]
pub struct Build {
    /// In order; only the last can have failed.
    pub steps: Vec<Step>,
    /// Objects that are the compiler's own, and not a plain part of a mixed program.
    pub objects: Vec<PathBuf>,
    /// Linked files: shared libraries, and the program last.
    pub linked: Vec<PathBuf>,
    /// The program, if it came to that.
    pub program: Option<PathBuf>,
}

impl Build {
    pub fn succeeded(&self) -> bool {
        self.steps.iter().all(|step| step.outcome.status == Status::SUCCESS)
    }

    /// The commands, for those who want to repeat them.
    pub fn replay(&self) -> String {
        self.steps.iter().map(|step| format!("\n  {}", step.command)).collect()
    }
}

/// One compiler at work in a folder of its own.
pub struct Builder<'a> {
    pub context: &'a Context,
    pub toolchain: &'a Toolchain,
    /// The working directory of all commands. Outputs are named relative to it, so that both compilers get the same
    /// command lines and write the same messages.
    pub dir: PathBuf,
    pub config: &'a Config,
    pub directives: &'a Directives,
    build: Build,
}

impl<'a> Builder<'a> {
    pub fn new(
        context: &'a Context,
        toolchain: &'a Toolchain,
        dir: PathBuf,
        config: &'a Config,
        directives: &'a Directives,
    ) -> Result<Builder<'a>> {
        fs::create_dir_all(&dir)?;
        Ok(Builder { context, toolchain, dir, config, directives, build: Build::default() })
    }

    /// Builds the program of `source`, up to the first command that fails.
    pub fn build(mut self, source: &Path) -> Result<Build> {
        self.attempt(source)?;
        Ok(self.build)
    }

    /// What the compiler says about the laziness of the main source.
    pub fn remarks(&self, source: &Path) -> Result<Outcome> {
        let mut command = self.compiler(self.toolchain, source, self.config.link.compile_flags());
        command.arg("--autojit-remarks").arg("-c").arg(source).args(["-o", "remarks.o"]);
        process::run(&mut command, b"", TIME_LIMIT)
    }

    /// `None` when a command has failed.
    fn attempt(&mut self, source: &Path) -> Result<Option<()>> {
        let home = source.parent().context("a source without a folder")?;
        let directives = self.directives;
        for library in &directives.shared {
            for source in &library.sources {
                if self.shared_library(home, library, source)?.is_none() {
                    return Ok(None);
                }
            }
        }
        let mut inputs = Vec::new();
        let main = PathBuf::from(source.file_name().context("a source without a name")?);
        let own = std::iter::once(&main).chain(&directives.extra).map(|source| (source, false));
        for (source, plain) in own.chain(directives.plain.iter().map(|source| (source, true))) {
            match self.compile(home, source, plain, self.config.link.compile_flags())? {
                Some(object) => inputs.push(object),
                None => return Ok(None),
            }
        }
        for (number, library) in directives.archives.iter().enumerate() {
            match self.archive(home, library, number)? {
                Some(archive) => inputs.push(archive),
                None => return Ok(None),
            }
        }
        let name = main.file_stem().context("a source without a name")?.to_owned();
        self.link_program(&name, &inputs, self.linker(&main))
    }

    /// Compiles one source, given relative to `home`, to an object in `self.dir` with the same relative path.
    fn compile(
        &mut self,
        home: &Path,
        source: &Path,
        plain: bool,
        flags: &[&str],
    ) -> Result<Option<PathBuf>> {
        let object = source.with_extension("o");
        if let Some(folder) = object.parent() {
            fs::create_dir_all(self.dir.join(folder))?;
        }
        let toolchain = if plain { &self.context.toolchains.reference } else { self.toolchain };
        let mut command = self.compiler(toolchain, source, flags);
        if self.directives.strict && toolchain.autojit.is_some() {
            command.arg("--autojit-strict");
        }
        command.arg("-c").arg(home.join(source)).arg("-o").arg(&object);
        let done = self.step(command)?;
        if done.is_some() && !plain {
            self.build.objects.push(self.dir.join(&object));
        }
        Ok(done.map(|()| object))
    }

    fn archive(&mut self, home: &Path, library: &Library, number: usize) -> Result<Option<PathBuf>> {
        let mut objects = Vec::new();
        for source in &library.sources {
            match self.compile(home, source, library.plain, self.config.link.compile_flags())? {
                Some(object) => objects.push(object),
                None => return Ok(None),
            }
        }
        let archive = PathBuf::from(format!("libarchive{number}.a"));
        let mut command = self.command(&self.context.toolchains.llvm_bin.join("llvm-ar"));
        command.arg("rcs").arg(&archive).args(objects);
        Ok(self.step(command)?.map(|()| archive))
    }

    fn shared_library(&mut self, home: &Path, library: &Library, source: &Path) -> Result<Option<()>> {
        let Some(object) = self.compile(home, source, library.plain, &["-fPIC"])? else { return Ok(None) };
        let mut output = OsString::from("lib");
        output.push(source.file_stem().context("a source without a name")?);
        output.push(".so");
        let toolchain = if library.plain { &self.context.toolchains.reference } else { self.toolchain };
        let mut command = self.command(toolchain.compiler_of(source));
        command.args(["-shared", "-o"]).arg(&output).arg(object);
        let done = self.step(command)?;
        if done.is_some() {
            self.build.linked.push(self.dir.join(output));
        }
        Ok(done)
    }

    /// The compiler that links the program: C++'s if any part of it is C++.
    fn linker(&self, main: &Path) -> &'a Path {
        let directives = self.directives;
        let archived = directives.archives.iter().flat_map(|library| &library.sources);
        let all = directives.extra.iter().chain(&directives.plain).chain(archived);
        let any = is_cxx(main) || all.into_iter().any(|source| is_cxx(source));
        if any { &self.toolchain.cxx } else { &self.toolchain.cc }
    }

    fn link_program(&mut self, name: &OsString, inputs: &[PathBuf], linker: &Path) -> Result<Option<()>> {
        let is_shared = self.config.link == LinkMode::Shared;
        let mut output = name.clone();
        if is_shared {
            output = OsString::from("lib");
            output.push(name);
            output.push(".so");
        }
        let mut command = self.command(linker);
        command.args(self.config.link.link_flags()).arg("-o").arg(&output);
        command.args(inputs).args(&self.directives.link_flags);
        if self.step(command)?.is_none() {
            return Ok(None);
        }
        self.build.linked.push(self.dir.join(&output));
        if is_shared {
            // The start files' reference to `main` is all that it takes.
            let mut command = self.command(linker);
            command.arg("-o").arg(name).arg("-Wl,-rpath,$ORIGIN").arg(Path::new(".").join(&output));
            command.args(&self.directives.link_flags);
            if self.step(command)?.is_none() {
                return Ok(None);
            }
            self.build.linked.push(self.dir.join(name));
        }
        self.build.program = Some(self.dir.join(name));
        Ok(Some(()))
    }

    /// A compiler with all its options, still without input and output.
    fn compiler(&self, toolchain: &Toolchain, source: &Path, flags: &[&str]) -> Command {
        let mut command = self.command(toolchain.compiler_of(source));
        command.args(self.config.opt.split('+').map(|word| format!("-{word}")));
        command.args(flags).args(&self.directives.flags);
        command
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = self.context.sandbox.command(program);
        command.current_dir(&self.dir);
        command
    }

    /// Runs a command; `None` when it fails.
    fn step(&mut self, mut command: Command) -> Result<Option<()>> {
        let outcome = process::run(&mut command, b"", TIME_LIMIT)?;
        let succeeded = outcome.status == Status::SUCCESS;
        self.build.steps.push(Step { command: process::show(&command), outcome });
        Ok(succeeded.then_some(()))
    }
}
