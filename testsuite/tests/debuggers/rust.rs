//! Programs of Rust.

use crate::bench::{Bench, script};
use crate::transcripts::{compare, mask};
use anyhow::Result;
use autojit_testsuite::process::{self, TIME_LIMIT};
use autojit_testsuite::toolchain::rust_tool;
use std::fs;
use std::path::{Path, PathBuf};

/// A program and a crate, by rustc and its own linker or ours.
fn build_rust(bench: &Bench<'_>, side: &str, flags: &[&str]) -> Result<PathBuf> {
    let folder = bench.folder(side, &["shapes.rs", "rusty.rs"])?;
    let linker = format!("linker={}", bench.0.context.toolchains.tested.cc.display());
    let lazy = ["-C", &linker, "-C", "linker-plugin-lto"];
    let lazy = if side == "autojit" { &lazy[..] } else { &[] };
    for args in
        [&["--crate-type=rlib", "shapes.rs"][..], &["-L.", "--extern=shapes", "rusty.rs", "-o", "program"]]
    {
        let mut rustc = bench.0.sandbox.command(rust_tool("rustc")?);
        rustc.current_dir(&folder).args(["-g", "-C", "dwarf-version=5", "--edition=2024"]);
        let outcome = process::run(rustc.args(lazy).args(flags).args(args), b"", TIME_LIMIT)?;
        outcome.expect_success("rustc")?;
    }
    Ok(folder)
}

/// What of a transcript is the same for a program of which nothing calls back into plain code.
fn mask_rust(text: &str, folder: &Path) -> Vec<String> {
    // Each side has hashes of its own in symbols.
    let is_hash = |word: &str| word.len() == 17 && word.starts_with('h');
    let without_hash = |line: String| match line.split_once("::h") {
        Some((before, after)) if is_hash(&format!("h{}", after.split(' ').next().unwrap_or_default())) => {
            format!("{before}{}", after.get(16..).unwrap_or_default())
        }
        _ => line,
    };
    mask(text, folder)
        .into_iter()
        .filter(|l| !l.starts_with("(More stack frames"))
        .map(without_hash)
        .collect()
}

pub fn rust(bench: &Bench<'_>) -> Result<()> {
    let commands = script("rusty.gdb")?;
    let mut transcripts = Vec::new();
    for side in ["clang", "autojit"] {
        let folder = build_rust(bench, side, &[])?;
        transcripts.push(mask_rust(&bench.session(&folder, "./program", &commands)?, &folder));
    }
    compare(&transcripts[0], &transcripts[1])
}

/// Neither the sources nor the crates are there any more.
pub fn rust_without_sources(bench: &Bench<'_>) -> Result<()> {
    let kept = ["-C", "link-arg=--autojit-debug-info=full"];
    let folder = build_rust(bench, "autojit", &kept)?;
    let commands = script("rusty.gdb")?;
    let expected = mask_rust(&bench.session(&folder, "./program", &commands)?, &folder);
    bench.0.sandbox.stop()?;
    fs::remove_file(folder.join("libshapes.rlib"))?;
    let found = mask_rust(&bench.session(&folder, "./program", &commands)?, &folder);
    compare(&expected, &found)
}
