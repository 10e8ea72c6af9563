//! Building the programs of both sides, and running sessions on them.

use crate::transcripts::{compare, mask, mask_lldb};
use anyhow::{Context as _, Result};
use autojit_testsuite::process::{self, TIME_LIMIT};
use autojit_testsuite::suite::Suite;
use autojit_testsuite::toolchain::{Toolchain, is_cxx};
use autojit_testsuite::{bench, sources};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A session: its debugger may read megabytes of debug information, on a loaded machine.
pub const LIMIT: Duration = Duration::from_secs(120);

/// Stands between what a debugger says and its errors.
pub const ERRORS: &str = "\n=== errors\n";

pub struct Bench<'a>(pub &'a bench::Bench<'a>);

pub fn add(suite: &mut Suite, name: &str, case: impl FnOnce(&Bench<'_>) -> Result<()> + Send + 'static) {
    bench::add(suite, name, move |bench| case(&Bench(bench)));
}

pub fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("debuggers")
}

fn project_sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/projects")
}

/// The commands of a session.
pub fn script(name: &str) -> Result<Vec<String>> {
    Ok(fs::read_to_string(sources().join(name))?.lines().map(str::to_owned).collect())
}

pub fn commands(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|l| (*l).to_owned()).collect()
}

impl Bench<'_> {
    pub fn sides(&self) -> [(&'static str, &Toolchain); 2] {
        let toolchains = &self.0.context.toolchains;
        [("clang", &toolchains.reference), ("autojit", &toolchains.tested)]
    }

    /// A folder of one side, with copies of the sources.
    pub fn folder(&self, side: &str, files: &[&str]) -> Result<PathBuf> {
        let folder = self.0.dir.join(side);
        fs::create_dir_all(&folder)?;
        for file in files {
            fs::copy(sources().join(file), folder.join(file))?;
        }
        Ok(folder)
    }

    pub fn compile(&self, toolchain: &Toolchain, folder: &Path, args: &[&str]) -> Result<()> {
        let is_cxx = args.iter().any(|a| is_cxx(Path::new(a)));
        let mut command = self.0.sandbox.command(if is_cxx { &toolchain.cxx } else { &toolchain.cc });
        command.current_dir(folder).args(["-O0"]).args(args);
        process::run(&mut command, b"", TIME_LIMIT)?.expect_success("compile").map(drop)
    }

    pub fn session(&self, folder: &Path, program: &str, commands: &[String]) -> Result<String> {
        self.gdb(folder, &[program], commands)
    }

    pub fn gdb(&self, folder: &Path, args: &[&str], commands: &[String]) -> Result<String> {
        let mut command: Command = self.0.sandbox.command("gdb");
        command.current_dir(folder).args(["-nx", "-batch"]);
        for line in ["set breakpoint pending on", "set width 0", "set startup-with-shell off"] {
            command.args(["-ex", line]);
        }
        for line in commands {
            command.args(["-ex", &format!("echo > {line}\\n"), "-ex", line]);
        }
        let outcome = process::run(command.args(args), b"", LIMIT)?;
        // What gdb says before the program runs about what it does not know yet comes last, as errors.
        Ok(format!("{}{ERRORS}{}", outcome.stdout_text(), outcome.stderr_text()))
    }

    pub fn lldb_session(&self, folder: &Path, args: &[&str], commands: &[String]) -> Result<String> {
        // No colours, and nothing of what the user has in a home folder.
        let mut command: Command = self.0.sandbox.command("lldb-22");
        command.current_dir(folder).args(["-x", "-b", "-X"]);
        for line in commands {
            command.args(["-o", line]);
        }
        let outcome = process::run(command.args(args), b"", LIMIT)?;
        Ok(format!("{}{ERRORS}{}", outcome.stdout_text(), outcome.stderr_text()))
    }

    /// Runs a session on both programs, made of the same sources, and compares.
    pub fn same_session(&self, name: &str, files: &[&str], flags: &[&str]) -> Result<()> {
        let flags = [&["-g"], flags].concat();
        self.sessions(name, files, [&flags, &flags], true)
    }

    /// The same for programs that bring all along that is said about them: the sources are gone.
    pub fn without_sources(&self, name: &str, files: &[&str], flags: &str, kind: &str) -> Result<()> {
        self.sessions(name, files, [&[flags], &[flags, kind]], false)
    }

    /// Runs a session on both builds of a project, with arguments for the program. `more`: files of this suite's projects.
    pub fn same_project(
        &self,
        name: &str,
        sources: &Path,
        build: &str,
        more: &[&str],
        arguments: &str,
    ) -> Result<()> {
        let mut commands = script(name)?;
        let run = commands.iter_mut().find(|line| *line == "run").context("a session without a run")?;
        *run = format!("run {arguments}");
        let mut transcripts = Vec::new();
        for (side, toolchain) in self.sides() {
            let folder = self.0.dir.join(side);
            sources::copy(sources, &folder)?;
            for file in more {
                fs::copy(project_sources().join(file), folder.join(file))?;
            }
            self.compile(
                toolchain,
                &folder,
                &["-g", "-o", "program"]
                    .into_iter()
                    .chain(build.split(' ').filter(|w| !w.is_empty()))
                    .collect::<Vec<_>>(),
            )?;
            transcripts.push(self.transcript(name, &folder, &commands)?);
        }
        compare(&transcripts[0], &transcripts[1])
    }

    pub fn transcript(&self, name: &str, folder: &Path, commands: &[String]) -> Result<Vec<String>> {
        Ok(match name.ends_with(".lldb") {
            true => mask_lldb(&self.lldb_session(folder, &["./program"], commands)?, folder),
            false => mask(&self.session(folder, "./program", commands)?, folder),
        })
    }

    pub fn sessions(&self, name: &str, files: &[&str], flags: [&[&str]; 2], keep: bool) -> Result<()> {
        let commands = script(name)?;
        let mut transcripts = Vec::new();
        for ((side, toolchain), flags) in self.sides().into_iter().zip(flags) {
            let folder = self.folder(side, files)?;
            let flags: Vec<String> =
                flags.iter().map(|flag| flag.replace("FOLDER", &folder.to_string_lossy())).collect();
            let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
            self.compile(toolchain, &folder, &[&flags, files, &["-o", "program"]].concat())?;
            for file in files.iter().filter(|_| !keep) {
                fs::remove_file(folder.join(file))?;
            }
            transcripts.push(self.transcript(name, &folder, &commands)?);
        }
        compare(&transcripts[0], &transcripts[1])
    }
}
