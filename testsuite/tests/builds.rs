//! Build systems and what stands around a compiler: each folder of `testsuite/builds` is a small project with a script
//! `run.sh`, which is run with clang and with autojit as `cc` and `c++` in the same place. All that it prints must be the same,
//! and what it names with `lazy FILE...` must have lazy functions.
//!
//! Comment lines at a script's beginning say what it needs: `# needs: PROGRAM...`, `# needs-file: FILE`.

use anyhow::{Context as _, Result, bail};
use autojit_testsuite::process::{self, Outcome, Status};
use autojit_testsuite::suite::{self, Condition, Context, Suite, WorkDir, difference};
use autojit_testsuite::toolchain::Toolchain;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, fs};

/// A whole script, on a loaded machine.
const LIMIT: Duration = Duration::from_secs(600);

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/builds");

fn main() -> ExitCode {
    suite::main(|suite| {
        let mut folders: Vec<PathBuf> =
            fs::read_dir(FOLDER)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
        folders.sort();
        folders.into_iter().try_for_each(|folder| add(suite, folder))
    })
}

fn add(suite: &mut Suite, folder: PathBuf) -> Result<()> {
    let name = folder.file_name().context("a folder without a name")?.to_string_lossy().into_owned();
    let script = fs::read_to_string(folder.join("run.sh")).with_context(|| name.clone())?;
    let condition = match missing(&script) {
        Some(missing) => Condition::Not(format!("{missing} is not installed")),
        None => Condition::Always,
    };
    suite.add(name, condition, move |context| WorkDir::with(|dir| compare(context, dir, &folder)));
    Ok(())
}

/// What a script needs and the machine does not have.
fn missing(script: &str) -> Option<&str> {
    let is_program = |name: &str| {
        env::split_paths(&env::var_os("PATH").unwrap_or_default()).any(|path| path.join(name).exists())
    };
    script.lines().take_while(|line| line.starts_with('#')).find_map(|line| {
        let needs = |prefix| line.strip_prefix(prefix).unwrap_or_default().split_whitespace();
        needs("# needs:")
            .find(|name| !is_program(name))
            .or_else(|| needs("# needs-file:").find(|file| !Path::new(file).exists()))
    })
}

fn compare(context: &Context, dir: &Path, folder: &Path) -> Result<()> {
    let toolchains = &context.toolchains;
    let expected = run(context, dir, folder, &toolchains.reference)?;
    expected.expect_success("run.sh with clang")?;
    let found = run(context, dir, folder, &toolchains.tested)?;
    if let Some(difference) = difference(&expected, &found, toolchains) {
        bail!("{difference}");
    }
    Ok(())
}

/// Runs the script in a copy of its folder. Both compilers get the same names and places, so that nothing that a build
/// system writes down differs.
fn run(context: &Context, dir: &Path, folder: &Path, toolchain: &Toolchain) -> Result<Outcome> {
    let (tools, work) = (dir.join("tools"), dir.join("work"));
    for old in [&tools, &work] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    fs::create_dir(&tools)?;
    symlink(&toolchain.cc, tools.join("cc"))?;
    symlink(&toolchain.cxx, tools.join("c++"))?;
    copy(folder, &work)?;
    let lazy = match &toolchain.autojit {
        None => "lazy() { :; }".to_owned(),
        Some(autojit) => format!(
            "lazy() {{ for file; do {} inspect \"$file\" | head -n 1 | grep -qE ': [1-9][0-9]* lazy' || \
             {{ echo \"nothing lazy in $file\"; exit 1; }}; done; }}",
            autojit.tool.display()
        ),
    };
    let path = format!("{}:{}", tools.display(), env::var("PATH").unwrap_or_default());
    let mut command = context.sandbox.command("/bin/bash");
    command.current_dir(&work).env("PATH", path).env("CC", "cc").env("CXX", "c++");
    command.args(["-e", "-o", "pipefail", "-c", &format!("exec 2>errors\n{lazy}\n. ./run.sh")]);
    let mut outcome = process::run(&mut command, b"", LIMIT)?;
    if outcome.status != Status::SUCCESS {
        // What it said is of interest only then.
        outcome.stderr = fs::read(work.join("errors"))?;
    }
    Ok(outcome)
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
