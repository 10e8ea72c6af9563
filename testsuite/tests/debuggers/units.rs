//! Units of all kinds: with precompiled headers, stripped, changed, of several versions, without debug information.

use crate::bench::{Bench, LIMIT, commands, script};
use crate::transcripts::{compare, mask};
use anyhow::{Result, ensure};
use autojit_testsuite::process::{self, TIME_LIMIT};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The program of the tour in its folder, by autojit.
fn tour(bench: &Bench<'_>) -> Result<PathBuf> {
    let folder = bench.folder("autojit", &["tour.c", "other.c"])?;
    build(bench, &folder)?;
    Ok(folder)
}

fn build(bench: &Bench<'_>, folder: &Path) -> Result<()> {
    let tested = &bench.0.context.toolchains.tested;
    bench.compile(tested, folder, &["-g", "tour.c", "other.c", "-o", "program"])
}

pub fn second_session(bench: &Bench<'_>) -> Result<()> {
    let folder = tour(bench)?;
    let commands = commands(&["break helper", "run", "bt 1"]);
    let first = mask(&bench.session(&folder, "./program", &commands)?, &folder);
    ensure!(first.iter().any(|l| l.contains("helper (n=0) at tour.c:24")), "{first:?}");
    // The object is kept; but the files are looked at each time.
    let second = mask(&bench.session(&folder, "./program", &commands)?, &folder);
    ensure!(first == second, "{first:?}\n{second:?}");
    Ok(())
}

/// With debug information clang reads what a precompiled header was made of.
pub fn precompiled_header(bench: &Bench<'_>) -> Result<()> {
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["tour.c", "other.c"])?;
        fs::write(folder.join("inner.h"), "static inline int in_header(int x) { return x + 1; }\n")?;
        fs::write(folder.join("all.h"), "#include <stdio.h>\n#include <string.h>\n#include \"inner.h\"\n")?;
        bench.compile(toolchain, &folder, &["-g", "-x", "c-header", "all.h", "-o", "all.h.pch"])?;
        let flags = ["-g", "-include", "all.h", "tour.c", "other.c", "-o", "program"];
        bench.compile(toolchain, &folder, &flags)?;
        transcripts.push(bench.transcript("tour.gdb", &folder, &script("tour.gdb")?)?);
    }
    compare(&transcripts[0], &transcripts[1])
}

/// As distributions have it: `objcopy --only-keep-debug`, `strip` and a link from the one to the other.
pub fn separate_file(bench: &Bench<'_>) -> Result<()> {
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["tour.c", "other.c"])?;
        bench.compile(toolchain, &folder, &["-g", "tour.c", "other.c", "-o", "program"])?;
        for (tool, args) in [
            ("objcopy", &["--only-keep-debug", "program", "program.debug"][..]),
            ("strip", &["-g", "program"]),
            ("objcopy", &["--add-gnu-debuglink=program.debug", "program"]),
        ] {
            let mut command = bench.0.sandbox.command(tool);
            process::run(command.current_dir(&folder).args(args), b"", TIME_LIMIT)?.expect_success(tool)?;
        }
        transcripts.push(bench.transcript("tour.gdb", &folder, &script("tour.gdb")?)?);
    }
    compare(&transcripts[0], &transcripts[1])
}

/// Nobody has to allow breakpoints to be pending.
pub fn lines_before(bench: &Bench<'_>) -> Result<()> {
    let mut commands = vec!["set breakpoint pending off".to_owned()];
    commands.extend(["break places.c:40", "break places.c:26", "tbreak places_main.c:10"].map(str::to_owned));
    // Behind the last one.
    commands.extend(["break places.c:5000", "run", "break 5000", "advance 5000"].map(str::to_owned));
    commands.extend(["bt", "continue", "bt", "continue", "bt", "info breakpoints"].map(str::to_owned));
    same_lines(bench, &["places.c", "places_main.c"], &commands)
}

/// Without a name, those of the file with `main` are meant, wherever it stands.
pub fn lines_of_main(bench: &Bench<'_>) -> Result<()> {
    let commands = commands(&[
        "set breakpoint pending off",
        "list 4,6",
        "tbreak 10",
        "info source",
        "run",
        "bt",
        "break 11",
        "continue",
        "bt",
        "info line 9",
    ]);
    for files in [["places.c", "places_main.c"], ["places_main.c", "places.c"]] {
        same_lines(bench, &files, &commands)?;
    }
    Ok(())
}

fn same_lines(bench: &Bench<'_>, files: &[&str], commands: &[String]) -> Result<()> {
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, files)?;
        bench.compile(toolchain, &folder, &[&["-g", "-o", "program"], files].concat())?;
        transcripts.push(bench.transcript("lines.gdb", &folder, commands)?);
    }
    compare(&transcripts[0], &transcripts[1])
}

pub fn changed_file(bench: &Bench<'_>) -> Result<()> {
    let folder = tour(bench)?;
    let source = fs::read_to_string(folder.join("tour.c"))?;
    fs::write(folder.join("tour.c"), format!("/* new */\n{source}"))?;
    let text = bench.session(
        &folder,
        "./program",
        &commands(&["break other_count", "run", "info scope other_count"]),
    )?;
    ensure!(
        text.contains("autojit: no debug information for tour.c: ") && text.contains("tour.c was changed"),
        "no remark:\n{text}"
    );
    ensure!(text.contains("1 64 120 two") && text.contains("exited normally"), "it does not run on:\n{text}");
    // Undone, it is known again; the other unit was all the time.
    fs::write(folder.join("tour.c"), source)?;
    let text = bench.session(&folder, "./program", &commands(&["break work", "run"]))?;
    ensure!(text.contains("work (n=3, p=") && text.contains("at tour.c:50"), "{text}");
    Ok(())
}

pub fn described_ahead(bench: &Bench<'_>) -> Result<()> {
    let folder = tour(bench)?;
    let log = bench.0.dir.join("log");
    let mut program = bench.0.sandbox.command(folder.join("program"));
    process::run(program.env("AUTOJIT_LOG", &log), b"", TIME_LIMIT)?.expect_success("the program")?;
    let described =
        || fs::read_to_string(&log).map(|text| text.matches("prefetch: described 2 units").count());
    // Nobody has debugged it yet.
    build(bench, &folder)?;
    let commands = commands(&["break helper", "run", "bt 1"]);
    let first = mask(&bench.session(&folder, "./program", &commands)?, &folder);
    ensure!(described()? == 0, "described though nobody wants to know");
    fs::write(folder.join("other.c"), fs::read_to_string(folder.join("other.c"))? + "\nint added;\n")?;
    build(bench, &folder)?;
    let started = Instant::now();
    while described()? == 0 {
        ensure!(started.elapsed() < LIMIT, "it is not described: {}", fs::read_to_string(&log)?);
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = mask(&bench.session(&folder, "./program", &commands)?, &folder);
    ensure!(first == second, "{first:?}\n{second:?}");
    Ok(())
}

pub fn mixed(bench: &Bench<'_>) -> Result<()> {
    let commands =
        commands(&["break factorial", "break other_count", "run", "bt 1", "finish", "continue", "bt 1"]);
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["tour.c", "other.c"])?;
        bench.compile(toolchain, &folder, &["-g", "-c", "tour.c"])?;
        bench.compile(toolchain, &folder, &["-c", "other.c"])?;
        bench.compile(toolchain, &folder, &["tour.o", "other.o", "-o", "program"])?;
        transcripts.push(mask(&bench.session(&folder, "./program", &commands)?, &folder));
    }
    compare(&transcripts[0], &transcripts[1])
}

/// Units of one program may have debug information of different versions.
pub fn dwarf_of_two_versions(bench: &Bench<'_>) -> Result<()> {
    let commands = script("tour.gdb")?;
    for newer in ["tour.c", "other.c"] {
        let mut transcripts = Vec::new();
        for (side, toolchain) in bench.sides() {
            let folder = bench.folder(side, &["tour.c", "other.c"])?;
            for file in ["tour.c", "other.c"] {
                let version = if file == newer { "-gdwarf-5" } else { "-gdwarf-4" };
                bench.compile(toolchain, &folder, &[version, "-c", file])?;
            }
            bench.compile(toolchain, &folder, &["tour.o", "other.o", "-o", "program"])?;
            transcripts.push(bench.transcript("tour.gdb", &folder, &commands)?);
            fs::remove_dir_all(folder)?;
        }
        compare(&transcripts[0], &transcripts[1])?;
    }
    Ok(())
}

/// Nothing of all this is to be seen when there is no debugger.
pub fn without(bench: &Bench<'_>) -> Result<()> {
    let folder = tour(bench)?;
    let tested = &bench.0.context.toolchains.tested;
    let outcome = process::run(&mut bench.0.sandbox.command(folder.join("program")), b"", TIME_LIMIT)?;
    outcome.expect_success("the program")?;
    ensure!(outcome.stderr_text().is_empty(), "{outcome}");
    for name in ["first.o", "second.o"] {
        bench.compile(tested, &folder, &["-g", "-c", "tour.c", "-o", name])?;
    }
    ensure!(fs::read(folder.join("first.o"))? == fs::read(folder.join("second.o"))?, "objects differ");
    Ok(())
}

/// Whoever waits for many units is told so, and waits once.
pub fn many_units(bench: &Bench<'_>) -> Result<()> {
    let folder = bench.folder("autojit", &[])?;
    let mut arguments = vec!["-g".to_owned(), "main.c".to_owned(), "-o".to_owned(), "program".to_owned()];
    fs::write(folder.join("main.c"), "int f1(int);\nint main(void) { return f1(2) - 3; }\n")?;
    for i in 1..20 {
        fs::write(folder.join(format!("f{i}.c")), format!("int f{i}(int x) {{ return x + {i}; }}\n"))?;
        arguments.push(format!("f{i}.c"));
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    bench.compile(&bench.0.context.toolchains.tested, &folder, &arguments)?;
    for is_told in [true, false] {
        let text = bench.session(&folder, "./program", &commands(&["break f1", "run", "bt"]))?;
        ensure!(text.contains("f1 (x=2) at f1.c:1"), "{text}");
        ensure!(text.contains("the debug information of 20 units, once") == is_told, "{text}");
    }
    Ok(())
}
