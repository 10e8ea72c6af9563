//! Cases with a sandbox of their own, and so with a daemon that starts cold and that they may stop or kill.

use crate::process::{self, Outcome, TIME_LIMIT};
use crate::sandbox::Sandbox;
use crate::suite::{Condition, Context, Suite, WorkDir};
use anyhow::{Context as _, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

pub struct Bench<'a> {
    pub context: &'a Context,
    pub sandbox: Sandbox,
    /// Gone after the case.
    pub dir: &'a Path,
}

/// Adds a case that has a bench.
pub fn add(suite: &mut Suite, name: &str, case: impl FnOnce(&Bench<'_>) -> Result<()> + Send + 'static) {
    add_if(suite, name, Condition::Lazy, case);
}

/// Likewise, on a condition.
pub fn add_if(
    suite: &mut Suite,
    name: &str,
    condition: Condition,
    case: impl FnOnce(&Bench<'_>) -> Result<()> + Send + 'static,
) {
    suite.add(name, condition, move |context| {
        WorkDir::with(|dir| {
            let sandbox = Sandbox::new(&context.toolchains.tested)?;
            let bench = Bench { context, sandbox, dir };
            case(&bench)?;
            bench.sandbox.stop()
        })
    });
}

impl Bench<'_> {
    /// Builds `programs/c/NAME.c` by both compilers. The path of ours, and what it must do.
    pub fn build(&self, name: &str) -> Result<(PathBuf, Outcome)> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/c").join(name).with_extension("c");
        let toolchains = &self.context.toolchains;
        let program = |cc: &Path, output: &str| {
            let output = self.dir.join(output);
            let mut command = self.sandbox.command(cc);
            command.arg("-pthread").arg(&source).arg("-o").arg(&output);
            run(command)?.expect_success("compile")?;
            Ok::<_, anyhow::Error>(output)
        };
        let reference = program(&toolchains.reference.cc, "reference")?;
        let expected = self.run(&reference)?;
        Ok((program(&toolchains.tested.cc, "program")?, expected))
    }

    pub fn run(&self, program: &Path) -> Result<Outcome> {
        run(self.sandbox.command(program))
    }

    /// A number in the daemon's report.
    pub fn reported(&self, name: &str) -> Result<u64> {
        let report = self.sandbox.daemon("status")?;
        let text = report.stdout_text();
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().next());
        number.and_then(|number| number.parse().ok()).with_context(|| format!("no {name}: {report}"))
    }
}

pub fn run(mut command: Command) -> Result<Outcome> {
    process::run(&mut command, b"", TIME_LIMIT)
}

/// That a program did what clang's does.
pub fn expect(expected: &Outcome, found: &Outcome, what: &str) -> Result<()> {
    ensure!(expected == found, "{what}\n=== clang: {expected}\n=== autojit: {found}");
    Ok(())
}
