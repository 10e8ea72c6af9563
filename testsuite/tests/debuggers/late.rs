//! Processes that run already, and core files.

use crate::bench::{Bench, LIMIT, commands, script};
use crate::transcripts::{mask, mask_lldb, same};
use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::process;
use autojit_testsuite::toolchain::Toolchain;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

/// A program of one side that waits in the middle of its lazy functions, until its input ends, and its folder.
fn waiting(bench: &Bench<'_>, side: &str, toolchain: &Toolchain, level: &str) -> Result<(PathBuf, Child)> {
    let folder = bench.folder(side, &["late.c"])?;
    bench.compile(toolchain, &folder, &["-g", level, "late.c", "-o", "program"])?;
    let mut command = bench.0.sandbox.command("./program");
    // The daemon starts with the program, and what it compiles ahead depends on how busy the machine is.
    command.env("AUTOJIT_SPECULATION", "0");
    let mut child = command.current_dir(&folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().context("no output")?).read_line(&mut line)?;
    ensure!(line == "ready\n", "{line}");
    Ok((folder, child))
}

/// The commands that `autojit debug` prints.
fn printed(bench: &Bench<'_>, folder: &Path, args: &[&str]) -> Result<Vec<String>> {
    let mut tool = bench.0.sandbox.tool()?;
    let outcome = process::run(
        tool.current_dir(folder).arg("debug").args(args).args(["--output", "described"]),
        b"",
        LIMIT,
    )?;
    outcome.expect_success("autojit debug")?;
    ensure!(outcome.stderr_text().is_empty(), "{outcome}");
    Ok(outcome.stdout_text().lines().map(str::to_owned).collect())
}

/// They know the functions that were called, at -O0.
fn late_commands(bench: &Bench<'_>, folder: &Path, args: &[&str]) -> Result<Vec<String>> {
    let commands = printed(bench, folder, args)?;
    ensure!(commands.iter().any(|line| line.contains("program: 3 functions")), "{commands:?}");
    Ok(commands)
}

/// From where the commands begin that both sides have.
fn after_attaching(text: &str, prompt: &str) -> String {
    text.find(prompt).map_or(String::new(), |at| text[at..].to_owned())
}

pub fn attached_late(bench: &Bench<'_>) -> Result<()> {
    let commands = script("late.gdb")?;
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let (folder, mut child) = waiting(bench, side, toolchain, "-O0")?;
        let pid = child.id().to_string();
        let mut all =
            if toolchain.autojit.is_some() { late_commands(bench, &folder, &[&pid])? } else { Vec::new() };
        all.extend(commands.iter().cloned());
        all.push("kill".to_owned());
        let text = bench.gdb(&folder, &["-p", &pid], &all)?;
        let _ = child.kill();
        child.wait()?;
        transcripts.push(mask(&after_attaching(&text, "> bt\n"), &folder));
    }
    ensure!(transcripts[0].iter().any(|l| l == "Value returned is $7 = 26"), "{:?}", transcripts[0]);
    same(&transcripts[0], &transcripts[1])
}

/// Functions and lines of a stack, without what is not of the program's source.
fn frames(text: &str) -> Vec<String> {
    let of_source = |line: &str| {
        let (head, place) = line.split_once(" at late.c:")?;
        let head = head.split_once(" (")?.0;
        let name = head.rsplit(' ').next()?;
        Some(format!("{name} {place}"))
    };
    text.lines().filter(|line| line.starts_with('#')).filter_map(of_source).collect()
}

/// Above -O0 each function is optimized by itself, so that its variables may be elsewhere; but not what it is.
pub fn attached_late_optimized(bench: &Bench<'_>, level: &str) -> Result<()> {
    let mut found = Vec::new();
    for (side, toolchain) in bench.sides() {
        let (folder, mut child) = waiting(bench, side, toolchain, level)?;
        let pid = child.id().to_string();
        let mut all =
            if toolchain.autojit.is_some() { printed(bench, &folder, &[&pid])? } else { Vec::new() };
        all.extend(
            ["bt", "frame function main", "print limit", "ptype struct job", "kill"].map(str::to_owned),
        );
        let text = bench.gdb(&folder, &["-p", &pid], &all)?;
        let _ = child.kill();
        child.wait()?;
        let text = after_attaching(&text, "> bt\n");
        let values: Vec<String> =
            text.lines().filter(|line| line.starts_with('$')).map(str::to_owned).collect();
        found.push((frames(&text), values, text.contains("const char *name;")));
    }
    ensure!(found[0].0.len() > 1 && found[0].1 == ["$1 = 10"], "{found:?}");
    ensure!(found[0] == found[1], "clang: {:?}\nautojit: {:?}", found[0], found[1]);
    Ok(())
}

pub fn core_file(bench: &Bench<'_>) -> Result<()> {
    let (gdb, lldb) = (script("core.gdb")?, script("core.lldb")?);
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let (folder, mut child) = waiting(bench, side, toolchain, "-O0")?;
        let pid = child.id().to_string();
        bench.gdb(&folder, &["-p", &pid], &commands(&["generate-core-file core", "kill"]))?;
        let _ = child.kill();
        child.wait()?;
        let more = |args: &[&str]| match toolchain.autojit.is_some() {
            true => late_commands(bench, &folder, args),
            false => Ok(Vec::new()),
        };
        let all = [more(&["core", "./program"])?, gdb.clone()].concat();
        let text = bench.gdb(&folder, &["./program", "core"], &all)?;
        let mut lines = mask(&after_attaching(&text, "> bt\n"), &folder);
        let all = [more(&["core", "./program", "--lldb"])?, lldb.clone()].concat();
        let text = bench.lldb_session(&folder, &["./program", "-c", "core"], &all)?;
        lines.extend(mask_lldb(&after_attaching(&text, "(lldb) bt\n"), &folder));
        transcripts.push(lines);
    }
    ensure!(transcripts[0].iter().any(|l| l.contains("weight = 26")), "{:?}", transcripts[0]);
    ensure!(transcripts[0].iter().any(|l| l == "(int) weight = 26"), "{:?}", transcripts[0]);
    same(&transcripts[0], &transcripts[1])
}
