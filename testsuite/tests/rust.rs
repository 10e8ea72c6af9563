//! Rust, built by stable rustc with `-C linker=autojit-cc -C linker-plugin-lto` and nothing else, against rustc's own builds.
//!
//! Programs of one file (`programs/rust/`), a library for C, a workspace of cargo with a proc-macro and a build script; and
//! with AUTOJIT_TEST_ALL programs from crates.io whose own tests are run (cargo downloads them when they are asked for: they
//! bring hundreds of packages along, which nothing else here needs).

use anyhow::{Context as _, Result, bail, ensure};
use autojit_testsuite::inspect::Report;
use autojit_testsuite::process::{self, Outcome};
use autojit_testsuite::sources;
use autojit_testsuite::suite::{self, Condition, Context, WorkDir};
use autojit_testsuite::toolchain::rust_tool;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

const BUILD_LIMIT: Duration = Duration::from_secs(300);

/// The crates.io programs with all their dependencies and tests.
const LONG_LIMIT: Duration = Duration::from_secs(3600);

/// Name of the source, what it must exit with, and how many functions must be lazy at the least.
const PROGRAMS: &[(&str, i32, usize)] =
    &[("basics", 0, 300), ("panics", 3, 100), ("threads", 0, 300), ("numbers", 0, 50)];

/// Name and options.
const MODES: &[(&str, &[&str])] = &[
    ("debug", &["-g"]),
    ("release", &["-O"]),
    ("size", &["-C", "opt-level=z", "-C", "codegen-units=1"]),
    ("units", &["-C", "codegen-units=64"]),
    ("static", &["-C", "target-feature=+crt-static"]),
    ("no-pie", &["-C", "relocation-model=static"]),
    ("bfd", &["-C", "link-arg=-fuse-ld=bfd"]),
    ("gold", &["-C", "link-arg=-fuse-ld=gold"]),
];

/// Programs of crates.io that have tests of their own: name, version, SHA-256 of the package.
const CRATES: &[(&str, &str, &str)] = &[
    ("ripgrep", "14.1.1", "f77b8032dc584527975f34aa5a897d0ef5a785573fda778771a614ff9da501d9"),
    ("fd-find", "10.2.0", "de08defa195af894cc295a43bfc65ba28903e492fd5f32f7a24bf75eafd9bf34"),
    ("hexyl", "0.16.0", "43d56dd04872b6c6d429f18d2e03df95f853feb618c7cd8bf22d0e6851ce5ef8"),
];

fn main() -> ExitCode {
    suite::main(|suite| {
        for &(name, status, lazy) in PROGRAMS {
            for &(mode, options) in MODES {
                suite.add(format!("{name}, {mode}"), Condition::Lazy, move |context| {
                    WorkDir::with(|dir| program(context, dir, name, options, status, lazy))
                });
            }
        }
        for (mode, options) in [("-g", &["-g"][..]), ("no -g", &[]), ("-O -g", &["-O", "-g"])] {
            suite.add(format!("backtraces, {mode}"), Condition::Lazy, move |context| {
                WorkDir::with(|dir| backtraces(context, dir, options))
            });
        }
        suite.add("a library for C", Condition::Lazy, |context| WorkDir::with(|dir| library(context, dir)));
        suite.add("a workspace of cargo", Condition::Lazy, |context| {
            WorkDir::with(|dir| workspace(context, dir))
        });
        for &(name, version, hash) in CRATES {
            let condition = match env::var_os("AUTOJIT_TEST_ALL") {
                Some(_) => Condition::Lazy,
                None => Condition::Not("takes long: AUTOJIT_TEST_ALL=1".to_owned()),
            };
            suite.add(format!("{name} and its tests"), condition, move |context| {
                WorkDir::with(|dir| crate_tests(context, dir, name, version, hash))
            });
        }
        Ok(())
    })
}

/// rustc's options that make everything lazy.
fn lazy_flags(context: &Context) -> Vec<String> {
    let linker = context.toolchains.tested.cc.display();
    vec![format!("-Clinker={linker}"), "-Clinker-plugin-lto".to_owned()]
}

fn sources_of(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/rust").join(name)
}

fn run(command: &mut Command, limit: Duration) -> Result<Outcome> {
    process::run(command, b"", limit)
}

fn expect_lazy(context: &Context, file: &Path, at_least: usize) -> Result<()> {
    let Some(tools) = &context.toolchains.tested.autojit else { return Ok(()) };
    let report = Report::of(&context.sandbox, tools, file)?;
    let lazy: usize = report.modules.iter().map(|module| module.functions.len()).sum();
    ensure!(lazy >= at_least, "{}: only {lazy} functions are lazy", file.display());
    Ok(())
}

/// Compiles with rustc alone and with autojit; both must say the same.
fn compile(context: &Context, dir: &Path, source: &str, options: &[&str]) -> Result<[PathBuf; 2]> {
    let files = ["plain", "lazy"].map(|name| dir.join(name));
    let mut said = Vec::new();
    for (file, extra) in files.iter().zip([vec![], lazy_flags(context)]) {
        let mut command = context.sandbox.command(rust_tool("rustc")?);
        command.current_dir(dir).arg("--edition=2024").args(options).args(extra);
        command.arg(sources_of(source)).arg("-o").arg(file);
        let outcome = run(&mut command, BUILD_LIMIT)?;
        outcome.expect_success(&format!("rustc {source} {options:?}"))?;
        said.push(outcome.stderr_text());
    }
    ensure!(
        said[0] == said[1],
        "rustc {source} {options:?}\n=== rustc: {}\n=== autojit: {}",
        said[0],
        said[1]
    );
    Ok(files)
}

/// What a program prints of its stack.
fn backtraces(context: &Context, dir: &Path, options: &[&str]) -> Result<()> {
    let files = compile(context, dir, "backtraces.rs", options)?;
    let said = |file: &Path, case: &str, switch: &str| {
        let mut command = context.sandbox.command(file);
        command.arg(case).env("RUST_BACKTRACE", "1").env("AUTOJIT_BACKTRACE", switch);
        let outcome = run(&mut command, process::TIME_LIMIT)?;
        outcome.expect_success("the program")?;
        // The number of a thread is the system's.
        let is_stable = |line: &&str| !line.starts_with("thread '");
        let text = outcome.stderr_text();
        Ok::<_, anyhow::Error>(text.lines().filter(is_stable).map(str::to_owned).collect::<Vec<_>>())
    };
    for case in ["index", "closure", "thread", "captured"] {
        let (expected, found) = (said(&files[0], case, "on")?, said(&files[1], case, "on")?);
        ensure!(expected.iter().any(|l| l.contains("backtraces::")), "{case}: no names: {expected:#?}");
        if options.contains(&"-O") {
            // Lines and what was inlined are only known of code that is made in the same way once more.
            let is_named = |l: &&String| l.contains("backtraces::") && !l.contains("<unknown>");
            ensure!(found.iter().any(|l| is_named(&l)), "{case}: {found:#?}");
        } else {
            ensure!(expected == found, "{case}\n=== rustc: {expected:#?}\n=== autojit: {found:#?}");
        }
        let off = said(&files[1], case, "off")?;
        ensure!(off.iter().any(|l| l.contains("<unknown>")), "{case}: named though off: {off:#?}");
    }
    Ok(())
}

fn program(
    context: &Context,
    dir: &Path,
    name: &str,
    options: &[&str],
    status: i32,
    lazy: usize,
) -> Result<()> {
    let files = compile(context, dir, &format!("{name}.rs"), options)?;
    // Above -O0 rustc has inlined before.
    let optimized = options.iter().any(|o| o.starts_with("-O") || o.starts_with("opt-level"));
    expect_lazy(context, &files[1], if optimized { 5 } else { lazy })?;
    let [expected, found] = files.map(|file| run(&mut context.sandbox.command(&file), process::TIME_LIMIT));
    let (expected, found) = (expected?, found?);
    ensure!(expected == found, "=== rustc: {expected}\n=== autojit: {found}");
    ensure!(found.status == process::Status::Exit(status), "wrong end: {found}");
    Ok(())
}

fn library(context: &Context, dir: &Path) -> Result<()> {
    for options in [&["-g"][..], &["-O"]] {
        let files = compile(context, dir, "library.rs", options)?;
        expect_lazy(context, &files[1], 5)?;
        let user = dir.join("user");
        let mut command = context.sandbox.command(&context.toolchains.reference.cc);
        command.arg(sources_of("library.c")).arg("-o").arg(&user);
        run(&mut command, BUILD_LIMIT)?.expect_success("library.c")?;
        let [expected, found] =
            files.map(|file| run(context.sandbox.command(&user).arg(file), process::TIME_LIMIT));
        let (expected, found) = (expected?, found?);
        found.expect_success("the user of the library")?;
        ensure!(expected == found, "=== rustc: {expected}\n=== autojit: {found}");
    }
    Ok(())
}

/// Both ways to build with cargo.
struct Cargo<'a> {
    context: &'a Context,
    source: PathBuf,
    home: PathBuf,
}

impl Cargo<'_> {
    fn run(&self, arguments: &[&str], lazy: bool, target: &Path, limit: Duration) -> Result<Outcome> {
        let bin = rust_tool("cargo")?;
        let mut command = self.context.sandbox.command(&bin);
        command.current_dir(&self.source).args(arguments).env("CARGO_TARGET_DIR", target);
        command.env("CARGO_HOME", &self.home).env("RUSTC", rust_tool("rustc")?);
        command.env("RUSTDOC", rust_tool("rustdoc")?).env("CARGO_TERM_COLOR", "never");
        if lazy {
            // Build scripts and proc-macros too: without --target the flags are for all.
            let flags = lazy_flags(self.context);
            command.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f"));
            command.env("CARGO_ENCODED_RUSTDOCFLAGS", flags.join("\x1f"));
        }
        run(&mut command, limit)
    }
}

fn workspace(context: &Context, dir: &Path) -> Result<()> {
    let source = dir.join("source");
    sources::copy(&sources_of("workspace"), &source)?;
    let cargo = Cargo { context, source, home: dir.join("home") };
    let mut results = Vec::new();
    for (name, lazy) in [("plain", false), ("lazy", true)] {
        let target = dir.join(name);
        let outcome = cargo.run(&["run", "--offline"], lazy, &target, BUILD_LIMIT)?;
        outcome.expect_success("cargo run")?;
        let program = outcome.stdout_text();
        let outcome = cargo.run(&["test", "--offline"], lazy, &target, BUILD_LIMIT)?;
        outcome.expect_success("cargo test")?;
        let tests = verdicts(&outcome.stdout_text());
        // A test that fails says where, and how.
        let failing = ["test", "--offline", "--lib", "--", "--ignored"];
        let outcome = cargo.run(&failing, lazy, &target, BUILD_LIMIT)?;
        let text = outcome.stdout_text();
        ensure!(text.contains("src/lib.rs:") && text.contains("on purpose"), "no reason: {outcome}");
        results.push((program, tests, verdicts(&text)));
    }
    ensure!(results[0] == results[1], "=== rustc: {:?}\n=== autojit: {:?}", results[0], results[1]);
    ensure!(results[0].1.len() >= 6, "too few tests: {:?}", results[0].1);
    expect_lazy(context, &dir.join("lazy/debug/lazy-workspace"), 100)?;
    let libraries = fs::read_dir(dir.join("lazy/debug/deps"))?.filter_map(|entry| {
        let path = entry.ok()?.path();
        path.extension().is_some_and(|e| e == "so").then_some(path)
    });
    libraries.into_iter().try_for_each(|library| expect_lazy(context, &library, 50))
}

/// What became of each test, in no order.
fn verdicts(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text
        .lines()
        .filter(|line| line.starts_with("test "))
        .map(|line| line.split(" (line ").next().unwrap_or(line).split("; finished").next().unwrap_or(line))
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

/// The sources of a package, which cargo downloads if they are not there yet: as a dependency of a package without code.
fn package(
    context: &Context,
    dir: &Path,
    home: &Path,
    name: &str,
    version: &str,
    hash: &str,
) -> Result<PathBuf> {
    let source = dir.join("wants");
    fs::create_dir_all(source.join("src"))?;
    fs::write(source.join("src/lib.rs"), "")?;
    let manifest = format!(
        "[package]\nname = \"wants\"\nedition = \"2024\"\n[dependencies]\n{name} = \"={version}\"\n[workspace]\n"
    );
    fs::write(source.join("Cargo.toml"), manifest)?;
    let cargo = Cargo { context, source: source.clone(), home: home.to_owned() };
    let fetch = ["fetch", "--target", "x86_64-unknown-linux-gnu"];
    cargo.run(&fetch, false, &dir.join("none"), BUILD_LIMIT)?.expect_success("cargo fetch")?;
    let lock = fs::read_to_string(source.join("Cargo.lock"))?;
    ensure!(lock.contains(hash), "{name} {version} is not the one that is known");
    let folder = format!("{name}-{version}");
    for registry in fs::read_dir(home.join("registry/src"))? {
        let found = registry?.path().join(&folder);
        if found.is_dir() {
            // A copy: cargo trusts that what it has downloaded stays as it is.
            let copy = dir.join(&folder);
            sources::copy(&found, &copy)?;
            return Ok(copy);
        }
    }
    bail!("cargo did not download {folder}")
}

fn crate_tests(context: &Context, dir: &Path, name: &str, version: &str, hash: &str) -> Result<()> {
    // Packages that are there already need not come again.
    let home = env::var_os("CARGO_HOME").map(PathBuf::from);
    let home = home.or_else(|| Some(PathBuf::from(env::var_os("HOME")?).join(".cargo")));
    let home = home.context("no home folder")?;
    let source = package(context, dir, &home, name, version, hash)?;
    let cargo = Cargo { context, source, home };
    let mut results = Vec::new();
    for (side, lazy) in [("plain", false), ("lazy", true)] {
        let arguments = ["test", "--locked", "--no-fail-fast"];
        let outcome = cargo.run(&arguments, lazy, &dir.join(side), LONG_LIMIT)?;
        let found = verdicts(&outcome.stdout_text());
        ensure!(!found.is_empty(), "no tests: {outcome}");
        results.push(found);
        fs::write(dir.join(format!("{side}.log")), &outcome.stdout)?;
    }
    let [expected, found] = [&results[0], &results[1]];
    let other: Vec<_> = found.iter().filter(|line| !expected.contains(line)).collect();
    ensure!(expected == found, "{} of {} tests differ: {other:#?}", other.len(), found.len());
    Ok(())
}
