//! Where objects are made does not show in them, and nothing is written elsewhere.

use crate::Own;
use crate::compare::{autojit, list, run_in};
use anyhow::{Result, ensure};
use autojit_testsuite::process::{self, TIME_LIMIT};
use autojit_testsuite::suite::Context;
use std::fs;
use std::path::Path;

pub const CASES: &[(&str, Own)] = &[
    ("the same object twice", same_object_twice),
    ("the same object in another folder", another_folder),
    ("nothing is written to the home folder", home_folder),
];

fn same_object_twice(context: &Context, dir: &Path) -> Result<()> {
    for options in ["", "-g", "-fPIC", "-ffunction-sections"] {
        let mut objects = Vec::new();
        for _ in 0..3 {
            let found = autojit(context, dir, &format!("-c hello.c {options}"))?;
            found.outcome.expect_success("compile")?;
            objects.push(fs::read(found.dir.join("hello.o"))?);
            fs::remove_dir_all(found.dir)?;
        }
        ensure!(objects.windows(2).all(|pair| pair[0] == pair[1]), "objects differ with {options:?}");
    }
    Ok(())
}

fn another_folder(context: &Context, dir: &Path) -> Result<()> {
    let mut objects = Vec::new();
    for name in ["one", "another/folder"] {
        let dir = dir.join(name);
        fs::create_dir_all(&dir)?;
        fs::write(dir.join("x.c"), "static int f(int x) { return x; }\nint main(void) { return f(0); }\n")?;
        run_in(context, &dir, "-c x.c")?.expect_success("compile")?;
        objects.push(fs::read(dir.join("x.o"))?);
    }
    ensure!(objects[0] == objects[1], "the folder is in the object");
    Ok(())
}

fn home_folder(context: &Context, dir: &Path) -> Result<()> {
    fs::write(dir.join("x.c"), "int main(void) { return 0; }\n")?;
    run_in(context, dir, "--version")?.expect_success("--version")?;
    for line in ["-g x.c -o x", "-flto x.c -o x"] {
        run_in(context, dir, line)?.expect_success(line)?;
        process::run(&mut context.sandbox.command(dir.join("x")), b"", TIME_LIMIT)?;
    }
    let home = list(&context.sandbox.path().join("home"), Path::new(""))?;
    ensure!(home.is_empty(), "{home:?}");
    Ok(())
}
