//! Bitcode on a link line (-flto).

use crate::Own;
use crate::compare::{lazy_functions, list, run_in};
use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::process::{self, Status, TIME_LIMIT};
use autojit_testsuite::suite::Context;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

pub const CASES: &[(&str, Own)] = &[
    ("bitcode on a link line is lazy when asked", lazy_when_asked),
    ("bitcode that needs the whole program is left to the linker", left_to_the_linker),
    ("objects from bitcode that need the store are kept apart", kept_apart),
    ("objects from bitcode are kept", kept),
];

fn lazy_when_asked(context: &Context, dir: &Path) -> Result<()> {
    let files = [
        ("main.c", "int part(int);\nint main(void) { return part(20) - 42; }\n"),
        ("part.c", "int part(int x) { return 2 * x + 2; }\n"),
        ("unneeded.c", "int missing(void);\nint unneeded(void) { return missing(); }\n"),
    ];
    for (name, text) in files {
        fs::write(dir.join(name), text)?;
    }
    for lto in ["full", "thin"] {
        run_in(context, dir, &format!("-O1 -flto={lto} -c main.c part.c unneeded.c"))?
            .expect_success("compile")?;
        let archiver = context.toolchains.llvm_bin.join("llvm-ar");
        let mut command = context.sandbox.command(archiver);
        command.current_dir(dir).args(["rcs", "libpart.a", "part.o", "unneeded.o"]);
        process::run(&mut command, b"", TIME_LIMIT)?.expect_success("llvm-ar")?;
        for linker in ["bfd", "gold", "lld"] {
            // Without -flto nobody asked for optimization; with it that has to be said.
            for (options, lazy) in [("", 2), ("--autojit-lto=lazy -flto", 2), ("-flto", 0)] {
                let line = format!("-fuse-ld={linker} {options} -v main.o -L. -lpart -o program");
                let outcome = run_in(context, dir, &line)?;
                outcome.expect_success(&line)?;
                let is_plugin = outcome.stderr_text().contains("-plugin-opt");
                ensure!(linker == "lld" || is_plugin == (lazy == 0), "{line}: plugin: {outcome}");
                let mut program = context.sandbox.command(dir.join("program"));
                process::run(&mut program, b"", TIME_LIMIT)?.expect_success(&line)?;
                ensure!(
                    lazy_functions(context, &dir.join("program"))? == lazy,
                    "{line}: not {lazy} are lazy"
                );
            }
        }
    }
    // In one go, where the objects are made by the same command.
    for linker in ["bfd", "lld"] {
        let line = format!("-fuse-ld={linker} -flto --autojit-lto=lazy main.c part.c -o program");
        run_in(context, dir, &line)?.expect_success(&line)?;
        ensure!(lazy_functions(context, &dir.join("program"))? == 2, "{line}: not lazy");
    }
    Ok(())
}

fn left_to_the_linker(context: &Context, dir: &Path) -> Result<()> {
    let text = "struct A { virtual int f(); virtual ~A(); };\nint A::f() { return 3; }\nA::~A() {}\n\
                struct B : A { int f() override { return 4; } };\n\
                int call(A *a) { return a->f(); }\nint main() { B b; return call(&b) - 4; }\n";
    fs::write(dir.join("virtual.cpp"), text)?;
    let options = "-fuse-ld=lld -flto -fvisibility=hidden -fsanitize=cfi-vcall --autojit-lto=lazy";
    let line = format!("{options} virtual.cpp -lstdc++ -o program");
    run_in(context, dir, &line)?.expect_success(&line)?;
    let mut program = context.sandbox.command(dir.join("program"));
    process::run(&mut program, b"", TIME_LIMIT)?.expect_success(&line)?;
    ensure!(lazy_functions(context, &dir.join("program"))? == 0, "lazy");
    let outcome = run_in(context, dir, &format!("--autojit-strict {line}"))?;
    ensure!(outcome.status != Status::SUCCESS, "--autojit-strict accepts it");
    Ok(())
}

fn kept_apart(context: &Context, dir: &Path) -> Result<()> {
    fs::write(dir.join("main.c"), "int main(void) { return 0; }")?;
    run_in(context, dir, "-flto -c main.c")?.expect_success("compile")?;
    let refers = |option: &str| -> Result<bool> {
        let mut command = context.sandbox.command(&context.toolchains.tested.cc);
        command.current_dir(dir).args(["main.o", "-o", "program", option]);
        command.env("XDG_CACHE_HOME", dir.join("cache"));
        process::run(&mut command, b"", TIME_LIMIT)?.expect_success("link")?;
        let program = fs::read(dir.join("program"))?;
        Ok(program.windows(7).any(|word| word == b"AJSTORE"))
    };
    ensure!(refers("--autojit-store=cache")?, "no reference into the store");
    ensure!(!refers("--autojit-store=embed")?, "the other link's object");
    ensure!(refers("--autojit-store=cache")?, "the other link's object, the second time");
    // What is gone from the store comes back with the next link.
    fs::remove_dir_all(dir.join("cache/autojit/payloads"))?;
    ensure!(refers("--autojit-store=cache")?, "no reference into the store, the third time");
    let mut program = context.sandbox.command(dir.join("program"));
    program.env("XDG_CACHE_HOME", dir.join("cache")).env("AUTOJIT_DAEMON", "private");
    process::run(&mut program, b"", TIME_LIMIT)?
        .expect_success("run")
        .context("the payload is not in the store")?;
    Ok(())
}

fn kept(context: &Context, dir: &Path) -> Result<()> {
    fs::write(dir.join("main.c"), "int part(int); int main(void) { return part(1) - 2; }")?;
    fs::write(dir.join("part.c"), "int part(int x) { return x + 1; }")?;
    run_in(context, dir, "-flto -c main.c part.c")?.expect_success("compile")?;
    let link = |cache: &str, output: &str| -> Result<Vec<u8>> {
        let mut command = context.sandbox.command(&context.toolchains.tested.cc);
        command.current_dir(dir).args(["main.o", "part.o", "-o", output]);
        command.env("XDG_CACHE_HOME", dir.join("cache")).env("AUTOJIT_CACHE", cache);
        process::run(&mut command, b"", TIME_LIMIT)?.expect_success("link")?;
        let mut program = context.sandbox.command(dir.join(output));
        process::run(&mut program, b"", TIME_LIMIT)?.expect_success(output)?;
        Ok(fs::read(dir.join(output))?)
    };
    let packs = || -> Result<Vec<PathBuf>> {
        let files = list(dir, Path::new("cache"))?;
        Ok(files.into_iter().filter(|file| file.extension().is_some_and(|e| e == "pack")).collect())
    };
    let plain = link("off", "plain")?;
    ensure!(!dir.join("cache").exists(), "a cache that is off is written");
    ensure!(link("on", "first")? == plain, "an object that is to be kept is another one");
    let kept = packs()?;
    ensure!(kept.len() == 2, "not two objects are kept: {kept:?}");
    let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for file in &kept {
        fs::File::options().write(true).open(dir.join(file))?.set_modified(old)?;
    }
    ensure!(link("on", "second")? == plain, "a kept object is another one");
    for file in &kept {
        ensure!(fs::metadata(dir.join(file))?.modified()? > old, "{} was not used", file.display());
        let bytes = fs::read(dir.join(file))?;
        fs::write(dir.join(file), &bytes[..bytes.len() - 20])?;
    }
    ensure!(link("on", "third")? == plain, "a damaged object was used");
    fs::write(dir.join("part.c"), "int part(int x) { return 2 * x; }")?;
    run_in(context, dir, "-flto -c part.c")?.expect_success("compile")?;
    ensure!(link("on", "fourth")? != plain, "an object of other bitcode was used");
    ensure!(packs()?.len() == 3, "{:?}", packs()?);
    Ok(())
}
