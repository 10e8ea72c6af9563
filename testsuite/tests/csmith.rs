//! Random C programs that csmith writes: built by clang and by autojit-cc they must print the same checksum.
//!
//! `AUTOJIT_TEST_CSMITH` is how many per level, the seeds being 1 to that number; `AUTOJIT_TEST_OPT` names the levels.

use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::process::{self, Outcome, Status, TIME_LIMIT};
use autojit_testsuite::suite::{self, Condition, Context, Suite, WorkDir};
use autojit_testsuite::toolchain::Toolchain;
use std::env;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

const INCLUDE: &str = "/usr/include/csmith";
const PROGRAMS: u64 = 50;
/// Programs of one test, one after the other.
const BATCH: u64 = 10;
/// csmith's programs end at once or hardly ever.
const RUN_LIMIT: Duration = Duration::from_secs(5);

fn main() -> ExitCode {
    suite::main(register)
}

fn register(suite: &mut Suite) -> Result<()> {
    let count = match env::var("AUTOJIT_TEST_CSMITH") {
        Ok(number) => number.parse().with_context(|| format!("AUTOJIT_TEST_CSMITH={number}"))?,
        Err(_) => PROGRAMS,
    };
    let levels = env::var("AUTOJIT_TEST_OPT").unwrap_or_else(|_| "O0 O2".to_owned());
    let installed = Path::new(INCLUDE).join("csmith.h").exists();
    for level in levels.split_whitespace() {
        for first in (1..=count).step_by(BATCH as usize) {
            let last = count.min(first + BATCH - 1);
            let condition = match installed {
                true => Condition::Always,
                false => Condition::Not("csmith and libcsmith-dev are not installed".to_owned()),
            };
            let flag = format!("-{level}");
            suite.add(format!("seeds {first} to {last}::{level}"), condition, move |context| {
                WorkDir::with(|dir| {
                    (first..=last).try_for_each(|seed| {
                        check(context, dir, seed, &flag).with_context(|| format!("seed {seed}"))
                    })
                })
            });
        }
    }
    Ok(())
}

fn check(context: &Context, dir: &Path, seed: u64, level: &str) -> Result<()> {
    let source = format!("{seed}.c");
    let mut csmith = Command::new("csmith");
    csmith.current_dir(dir).args(["--seed", &seed.to_string(), "--output", &source]);
    process::run(&mut csmith, b"", TIME_LIMIT)?.expect_success("csmith")?;
    let build = |toolchain: &Toolchain, level: &str, name: &str| {
        let mut command = context.sandbox.command(&toolchain.cc);
        command.current_dir(dir).args([level, "-w", "-isystem", INCLUDE, &source, "-o", name]);
        process::run(&mut command, b"", TIME_LIMIT)?.expect_success(&process::show(&command))
    };
    let execute = |name: &str, limit| -> Result<Outcome> {
        let mut command = context.sandbox.command(Path::new(".").join(name));
        command.current_dir(dir);
        process::run(&mut command, b"", limit)
    };
    // A loop that does not end is undefined, and optimized into anything.
    let unoptimized = format!("{seed}.O0");
    build(&context.toolchains.reference, "-O0", &unoptimized)?;
    if execute(&unoptimized, RUN_LIMIT)?.status == Status::TimedOut {
        return Ok(());
    }
    let [reference, tested] = [format!("{seed}.clang"), format!("{seed}.autojit")];
    build(&context.toolchains.reference, level, &reference)?;
    let expected = execute(&reference, RUN_LIMIT)?;
    build(&context.toolchains.tested, level, &tested)?;
    let found = execute(&tested, TIME_LIMIT)?;
    ensure!(expected == found, "the programs differ\n=== clang: {expected}\n=== autojit: {found}");
    Ok(())
}
