//! What autojit's own options do.

use crate::Own;
use crate::compare::{autojit, compile, lazy_functions, list, run_in};
use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::process::{self, Status, TIME_LIMIT};
use autojit_testsuite::suite::Context;
use std::fs;
use std::path::Path;

pub const CASES: &[(&str, Own)] = &[
    ("autojit-off gives clang's object", off_gives_clangs_object),
    ("autojit-off gives a plain program", off_gives_a_plain_program),
    ("unknown autojit option", unknown_option),
    ("autojit option without its value", option_without_value),
    ("autojit-help lists the options", help),
    ("remarks name function, place and reason", remarks),
    ("lazy-first limits the lazy functions", lazy_first),
    ("options of ours may stand in response files", response_files),
    ("compress decides about the payload", compress),
    ("tls decides about thread-local variables", thread_locals),
    ("save-dir keeps what a replay needs", save_dir),
];

fn off_gives_clangs_object(context: &Context, dir: &Path) -> Result<()> {
    let toolchains = &context.toolchains;
    for options in ["", " -g", " -O2", " -fPIC"] {
        let expected =
            compile(context, &toolchains.reference, dir, "clang", &format!("-c part.c{options}"), "")?;
        let line = format!("--autojit-off -c part.c{options}");
        let found = compile(context, &toolchains.tested, dir, "autojit", &line, "")?;
        let objects = [expected, found].map(|result| fs::read(result.dir.join("part.o")));
        let [expected, found] = objects;
        ensure!(expected? == found?, "objects differ with{options}");
        fs::remove_dir_all(dir.join("clang"))?;
        fs::remove_dir_all(dir.join("autojit"))?;
    }
    Ok(())
}

fn off_gives_a_plain_program(context: &Context, dir: &Path) -> Result<()> {
    let found = autojit(context, dir, "--autojit-off hello.c -o program")?;
    found.outcome.expect_success("compile")?;
    let bytes = fs::read(found.dir.join("program"))?;
    ensure!(!bytes.windows(9).any(|window| window == b"__autojit"), "something of ours is in it");
    Ok(())
}

fn unknown_option(context: &Context, dir: &Path) -> Result<()> {
    let found = autojit(context, dir, "--autojit-remark -c hello.c")?;
    let text = found.outcome.stderr_text();
    ensure!(found.outcome.status != Status::SUCCESS, "accepted");
    ensure!(text.contains("--autojit-remark") && text.contains("--autojit-remarks"), "no near names: {text}");
    ensure!(text.lines().count() == 1 && found.files.is_empty(), "more than one line, or files: {text}");
    Ok(())
}

fn option_without_value(context: &Context, dir: &Path) -> Result<()> {
    for line in [
        "--autojit-lazy-first -c hello.c",
        "--autojit-lazy-first=many -c hello.c",
        "--autojit-off=1 -c hello.c",
    ] {
        let found = autojit(context, dir, line)?;
        ensure!(found.outcome.status != Status::SUCCESS, "{line}: accepted");
        ensure!(found.outcome.stderr_text().contains("autojit-cc: error:"), "{line}: {}", found.outcome);
        fs::remove_dir_all(found.dir)?;
    }
    Ok(())
}

fn help(context: &Context, dir: &Path) -> Result<()> {
    let found = autojit(context, dir, "--autojit-help")?;
    found.outcome.expect_success("--autojit-help")?;
    for option in ["binding", "off", "remarks", "strict", "lazy-first", "lto", "tls", "save-dir"] {
        let option = format!("--autojit-{option}");
        ensure!(found.outcome.stdout_text().contains(&option), "{option} is not in it: {}", found.outcome);
    }
    Ok(())
}

fn remarks(context: &Context, dir: &Path) -> Result<()> {
    let text =
        "int f(int x) {\n  __asm__(\"incl %0\" : \"+r\"(x));\n  return x; }\nint g(void) { return 1; }\n";
    fs::write(dir.join("remark.c"), text)?;
    let outcome = run_in(context, dir, "--autojit-remarks -c remark.c")?;
    outcome.expect_success("remarks are no errors")?;
    let remarks = outcome.stderr_text();
    ensure!(
        remarks.contains("remark.c:1:5: remark: ") && remarks.contains("'f'"),
        "no place or name: {remarks}"
    );
    ensure!(remarks.contains("inline-asm") && !remarks.contains("'g'"), "no reason, or too much: {remarks}");
    let strict = run_in(context, dir, "--autojit-strict -c remark.c -o strict.o")?;
    ensure!(strict.status == Status::Exit(1), "strict is not strict: {strict}");
    ensure!(!dir.join("strict.o").exists(), "strict leaves an object");
    Ok(())
}

fn lazy_first(context: &Context, dir: &Path) -> Result<()> {
    fs::write(
        dir.join("many.c"),
        "int a(void){return 1;}\nint b(void){return 2;}\nint c(void){return 3;}\n",
    )?;
    for first in 0..4 {
        run_in(context, dir, &format!("--autojit-lazy-first={first} -c many.c"))?
            .expect_success("compile")?;
        let tools = context.toolchains.tested.autojit.as_ref().context("no tools")?;
        let report = autojit_testsuite::inspect::Report::of(&context.sandbox, tools, &dir.join("many.o"))?;
        let lazy: usize = report.modules.iter().map(|module| module.functions.len()).sum();
        ensure!(lazy == first, "{lazy} are lazy, not {first}");
    }
    Ok(())
}

fn response_files(context: &Context, dir: &Path) -> Result<()> {
    fs::write(dir.join("x.c"), "int f(void) { return X; }\n")?;
    fs::write(dir.join("inner"), "--autojit-off '-DX=7 + 1'")?;
    fs::write(dir.join("options"), "-O1\n@inner -c\n")?;
    run_in(context, dir, "@options x.c -o found.o")?.expect_success("compile")?;
    let mut clang = context.sandbox.command(&context.toolchains.reference.cc);
    clang.current_dir(dir).args(["-O1", "-DX=7 + 1", "-c", "x.c", "-o", "expected.o"]);
    process::run(&mut clang, b"", TIME_LIMIT)?.expect_success("clang")?;
    ensure!(fs::read(dir.join("expected.o"))? == fs::read(dir.join("found.o"))?, "objects differ");
    fs::write(dir.join("options"), "--autojit-no-such-option")?;
    let text = run_in(context, dir, "@options -c x.c")?.stderr_text();
    ensure!(text.contains("--autojit-no-such-option"), "{text}");
    Ok(())
}

fn compress(context: &Context, dir: &Path) -> Result<()> {
    let body = "int i, s = 0; for (i = 0; i < n; i++) s += i % 7 ? s * 3 + i : puts(\"x\"); return s;";
    let functions: String = (0..50).map(|n| format!("int f{n}(int n) {{ {body} }}\n")).collect();
    fs::write(dir.join("some.c"), format!("#include <stdio.h>\n{functions}int main() {{ return f7(0); }}"))?;
    let mut sizes = Vec::new();
    for option in ["", "--autojit-compress=zstd", "--autojit-compress=none"] {
        run_in(context, dir, &format!("{option} some.c -o some"))?.expect_success("compile")?;
        ensure!(lazy_functions(context, &dir.join("some"))? == 51, "{option}: not all is lazy");
        sizes.push(fs::metadata(dir.join("some"))?.len());
        let mut program = context.sandbox.command(dir.join("some"));
        process::run(&mut program, b"", TIME_LIMIT)?.expect_success(option)?;
    }
    ensure!(sizes[0] == sizes[1] && sizes[0] < sizes[2], "sizes of the programs: {sizes:?}");
    Ok(())
}

fn thread_locals(context: &Context, dir: &Path) -> Result<()> {
    fs::write(dir.join("tls.c"), "_Thread_local int x;\nint a(void){return x;}\nint b(void){return 2;}\n")?;
    for (option, expected) in [("", 2), ("--autojit-tls=lazy", 2), ("--autojit-tls=skip", 0)] {
        let outcome = run_in(context, dir, &format!("{option} --autojit-remarks -c tls.c"))?;
        outcome.expect_success("compile")?;
        let tools = context.toolchains.tested.autojit.as_ref().context("no tools")?;
        let report = autojit_testsuite::inspect::Report::of(&context.sandbox, tools, &dir.join("tls.o"))?;
        let lazy: usize = report.modules.iter().map(|module| module.functions.len()).sum();
        ensure!(lazy == expected, "{option}: {lazy} are lazy, not {expected}");
        let remarks = outcome.stderr_text().matches("[-Rautojit=thread-local]").count();
        ensure!(remarks == 2 - expected, "{option}: {outcome}");
    }
    Ok(())
}

fn save_dir(context: &Context, dir: &Path) -> Result<()> {
    run_in(context, dir, "--version")?.expect_success("--version")?;
    fs::write(dir.join("kept.c"), "int f(void) { return 1; }\n")?;
    run_in(context, dir, "--autojit-save-dir=saved -c kept.c")?.expect_success("compile")?;
    let files = list(dir, Path::new("saved"))?;
    ensure!(files.len() >= 4, "command, IR before and after, payload? {files:?}");
    Ok(())
}
