//! C++ projects whose sources come as Debian packages (`scripts/setup.sh --tests` installs them): their own tests, built
//! by clang and by autojit, must say the same. They take minutes, and run with `AUTOJIT_TEST_ALL` set.

use anyhow::{Result, bail};
use autojit_testsuite::process::{self, Outcome};
use autojit_testsuite::suite::{self, Condition, Context, Suite, WorkDir, difference};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// One build of a whole test program and its run, on a loaded machine.
const LIMIT: Duration = Duration::from_secs(600);

const GOOGLETEST: &str = "/usr/src/googletest/googletest";

/// Tests of googletest itself, those that its CMakeLists.txt builds with `gtest_main`, and further sources of each.
const WITH_MAIN: [(&str, &str); 10] = [
    ("gtest_unittest", ""),
    ("gtest_pred_impl_unittest", ""),
    ("gtest_main_unittest", ""),
    ("gtest_prod_test", "production.cc"),
    ("googletest-death-test-test", ""),
    ("googletest-filepath-test", ""),
    ("googletest-message-test", ""),
    ("googletest-options-test", ""),
    ("googletest-port-test", ""),
    ("googletest-printers-test", ""),
];

/// Those with a `main` of their own.
const WITHOUT_MAIN: [&str; 5] = [
    "googletest-listener-test",
    "gtest-unittest-api_test",
    "gtest_environment_test",
    "gtest_stress_test",
    "gtest_throw_on_failure_ex_test",
];

fn main() -> ExitCode {
    suite::main(|suite| {
        add(suite, "googletest", GOOGLETEST, googletest());
        Ok(())
    })
}

/// A case that runs shell lines with `$CXX` as either compiler; everything that they print is compared.
fn add(suite: &mut Suite, name: &str, sources: &'static str, lines: Vec<String>) {
    let condition = if std::env::var_os("AUTOJIT_TEST_ALL").is_none() {
        Condition::Not("takes minutes: set AUTOJIT_TEST_ALL".to_owned())
    } else if !Path::new(sources).exists() {
        Condition::Not(format!("{sources} is not installed"))
    } else {
        Condition::Always
    };
    suite.add(name, condition, move |context| WorkDir::with(|dir| compare(context, dir, &lines)));
}

fn compare(context: &Context, dir: &Path, lines: &[String]) -> Result<()> {
    let run = |name: &str, cxx: &Path, line: &str| -> Result<Outcome> {
        let folder = dir.join(name);
        std::fs::create_dir_all(&folder)?;
        let mut command = context.sandbox.command("/bin/sh");
        command.current_dir(folder).env("CXX", cxx).args(["-e", "-c", line]);
        process::run(&mut command, b"", LIMIT)
    };
    let toolchains = &context.toolchains;
    for line in lines {
        let expected = run("clang", &toolchains.reference.cxx, line)?;
        expected.expect_success(line)?;
        let found = run("autojit", &toolchains.tested.cxx, line)?;
        if let Some(difference) = difference(&expected, &found, toolchains) {
            bail!("{line}: {difference}");
        }
    }
    Ok(())
}

fn googletest() -> Vec<String> {
    let g = GOOGLETEST;
    let compile = format!("$CXX -std=c++14 -O0 -g -w -pthread -I{g} -I{g}/include");
    // What differs from run to run, in output that is compared: times, thread and process numbers, addresses.
    let run = "--gtest_print_time=0 2>&1 | sed -E 's/0x[0-9a-f]+/ADDRESS/g; s/[0-9]{4,}/NUMBER/g; s/[0-9]+ ms/TIME/'";
    let mut lines = vec![format!("{compile} -c {g}/src/gtest-all.cc {g}/src/gtest_main.cc")];
    for (test, more) in WITH_MAIN {
        let more = if more.is_empty() { String::new() } else { format!("{g}/test/{more}") };
        let objects = "gtest-all.o gtest_main.o";
        lines.push(format!("{compile} {g}/test/{test}.cc {more} {objects} -o {test}"));
        lines.push(format!("./{test} {run}"));
    }
    for test in WITHOUT_MAIN {
        lines.push(format!("{compile} {g}/test/{test}.cc gtest-all.o -o {test}"));
        // The order of its threads is anyone's.
        let sort = if test == "gtest_stress_test" { "| sort" } else { "" };
        lines.push(format!("./{test} {run} {sort}"));
    }
    lines
}
