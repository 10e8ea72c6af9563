//! The frame of every test program here: finds the toolchains, runs the cases, takes the daemon down at the end.

use crate::process::Outcome;
use crate::sandbox::Sandbox;
use crate::toolchain::Toolchains;
use anyhow::{Context as _, Result};
use libtest_mimic::{Arguments, Failed, Trial};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use std::fs;
use std::os::fd::{BorrowedFd, RawFd};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// What all cases share.
pub struct Context {
    pub toolchains: Toolchains,
    /// The sandbox, and so the daemon, that all cases use which don't bring their own.
    pub sandbox: Sandbox,
}

/// A list of cases that grows.
pub struct Suite {
    pub context: Arc<Context>,
    trials: Vec<Trial>,
}

/// When a case can't run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    Always,
    /// Needs a toolchain that is lazy; left out when the tests are tested with a plain clang.
    Lazy,
    /// Can't run here, for a reason that is shown.
    Not(String),
}

impl Suite {
    pub fn add(
        &mut self,
        name: impl Into<String>,
        condition: Condition,
        case: impl FnOnce(&Context) -> Result<()> + Send + 'static,
    ) {
        let context = Arc::clone(&self.context);
        let trial = Trial::test(name, move || case(&context).map_err(|error| Failed::from(explain(&error))));
        let obstacle = match condition {
            Condition::Always => None,
            Condition::Lazy if self.context.toolchains.is_lazy() => None,
            Condition::Lazy => Some("needs autojit".to_owned()),
            Condition::Not(reason) => Some(reason),
        };
        self.trials.push(match obstacle {
            None => trial,
            Some(reason) => trial.with_kind(reason).with_ignored_flag(true),
        });
    }
}

/// An error with its causes, and without the Rust backtrace that means nothing here.
fn explain(error: &anyhow::Error) -> String {
    let causes: Vec<_> = error.chain().map(ToString::to_string).collect();
    causes.join("\n")
}

/// The `main` of a test program: `register` adds the cases.
pub fn main(register: impl FnOnce(&mut Suite) -> Result<()>) -> ExitCode {
    match run(register) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {}", explain(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(register: impl FnOnce(&mut Suite) -> Result<()>) -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    keep_descriptors()?;
    let toolchains = Toolchains::from_env()?;
    let sandbox = Sandbox::new(&toolchains.tested)?;
    let context = Arc::new(Context { toolchains, sandbox });
    let mut suite = Suite { context: Arc::clone(&context), trials: Vec::new() };
    register(&mut suite)?;
    let conclusion = libtest_mimic::run(&arguments, suite.trials);
    context.sandbox.stop().context("at the end of all tests")?;
    Ok(conclusion.exit_code())
}

/// Sees to it that programs start with three descriptors, and not with those that cargo or a shell left open for us:
/// some look at the number that `open` returns.
fn keep_descriptors() -> Result<()> {
    let numbers: Vec<RawFd> = fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&number| number > 2)
        .collect();
    for number in numbers {
        // SAFETY: the descriptor is only used in this call, at a time when there is no other thread; the one of the
        // folder that was read is closed by now, and then the call fails.
        let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
        match fcntl_setfd(descriptor, FdFlags::CLOEXEC) {
            Ok(()) | Err(Errno::BADF) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// A folder for one case. It goes away when the case has passed, and stays to be looked at when it hasn't.
pub struct WorkDir {
    dir: Option<tempfile::TempDir>,
    path: PathBuf,
}

impl WorkDir {
    pub fn new() -> Result<WorkDir> {
        let dir = tempfile::Builder::new().prefix("autojit-test-").tempdir()?;
        let path = dir.path().canonicalize()?;
        Ok(WorkDir { dir: Some(dir), path })
    }

    pub fn path(&self) -> &std::path::Path {
        &self.path
    }

    /// Runs `case` in the folder and decides what becomes of it.
    pub fn with(case: impl FnOnce(&std::path::Path) -> Result<()>) -> Result<()> {
        let mut work = WorkDir::new()?;
        let result = case(work.path());
        if result.is_err()
            && let Some(dir) = work.dir.take()
        {
            // Kept on purpose: the path is in the message.
            let _: PathBuf = dir.keep();
        }
        result.with_context(|| format!("in {}", work.path.display()))
    }
}

/// Text of the compiler under test as the reference would have written it: its name and place are all that may differ.
pub fn normalize(text: &str, toolchains: &Toolchains) -> String {
    let (reference, tested) = (&toolchains.reference, &toolchains.tested);
    let stem = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
    let mut text = text.to_owned();
    for (reference, tested) in [(&reference.cc, &tested.cc), (&reference.cxx, &tested.cxx)] {
        let (reference, tested) = (reference.to_string_lossy(), tested.to_string_lossy());
        text = text
            .replace(&*tested, &reference)
            .replace(&format!("{}: ", stem(&tested)), &format!("{}: ", stem(&reference)));
    }
    text
}

/// The first difference between what the two compilers, or the two programs, did.
pub fn difference(reference: &Outcome, tested: &Outcome, toolchains: &Toolchains) -> Option<String> {
    for (name, expected, found) in
        [("stderr", &reference.stderr, &tested.stderr), ("stdout", &reference.stdout, &tested.stdout)]
    {
        let matches = expected == found
            || normalize(&String::from_utf8_lossy(expected), toolchains)
                == normalize(&String::from_utf8_lossy(found), toolchains);
        if !matches {
            return Some(format!("{name} differs\n=== clang: {reference}\n=== autojit: {tested}"));
        }
    }
    (reference.status != tested.status)
        .then(|| format!("ends differ\n=== clang: {reference}\n=== autojit: {tested}"))
}
