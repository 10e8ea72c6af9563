//! Random C programs that csmith writes: built by clang and by autojit-cc they must print the same checksum.
//!
//! `AUTOJIT_TEST_CSMITH` says which seeds: 1 to a number, or `501-2000`; `AUTOJIT_TEST_OPT` names the levels.

use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::process::{self, Outcome, Status, TIME_LIMIT};
use autojit_testsuite::random;
use autojit_testsuite::suite::{self, Condition, Context, Suite, WorkDir};
use autojit_testsuite::toolchain::Toolchain;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Duration;

const INCLUDE: &str = "/usr/include/csmith";
const PROGRAMS: u64 = 500;
/// Programs of one test, one after the other.
const BATCH: u64 = 20;
/// csmith's programs end at once or hardly ever.
const RUN_LIMIT: Duration = Duration::from_secs(2);

fn main() -> ExitCode {
    suite::main(register)
}

fn register(suite: &mut Suite) -> Result<()> {
    let seeds = random::seeds("AUTOJIT_TEST_CSMITH", PROGRAMS)?;
    let levels = random::levels("O0 O2");
    let installed = Path::new(INCLUDE).join("csmith.h").exists();
    for first in seeds.clone().step_by(BATCH as usize) {
        let last = (first + BATCH - 1).min(*seeds.end());
        let condition = match installed {
            true => Condition::Always,
            false => Condition::Not("csmith and libcsmith-dev are not installed".to_owned()),
        };
        let levels = levels.clone();
        suite.add(format!("seeds {first} to {last}"), condition, move |context| {
            WorkDir::with(|dir| {
                (first..=last).try_for_each(|seed| {
                    check(context, dir, seed, &levels).with_context(|| format!("seed {seed}"))
                })
            })
        });
    }
    Ok(())
}

fn check(context: &Context, dir: &Path, seed: u64, levels: &[String]) -> Result<()> {
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
    let [reference, tested] = [format!("{seed}.clang"), format!("{seed}.autojit")];
    build(&context.toolchains.reference, "-O0", &reference)?;
    let unoptimized = execute(&reference, RUN_LIMIT)?;
    // A loop that does not end is undefined, and optimized into anything.
    if unoptimized.status == Status::TimedOut {
        return Ok(());
    }
    for level in levels {
        let expected = match level.as_str() {
            "-O0" => unoptimized.clone(),
            _ => {
                build(&context.toolchains.reference, level, &reference)?;
                execute(&reference, RUN_LIMIT)?
            }
        };
        build(&context.toolchains.tested, level, &tested)?;
        let found = execute(&tested, TIME_LIMIT)?;
        ensure!(
            expected == found,
            "at {level} the programs differ\n=== clang: {expected}\n=== autojit: {found}"
        );
    }
    Ok(())
}
