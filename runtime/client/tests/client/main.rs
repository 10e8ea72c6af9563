//! The runtime in real programs, against a fake daemon.
//!
//! Each test links a program of `programs/` with a lazy module written in assembly and the archive, runs it with a
//! directory of its own to meet the daemon in, and looks at what the program and the daemon did. This test program is the
//! daemon, too: the runtime starts it with `--serve` or `--private`. Hence its own little harness; it knows a filter
//! (part of a test's name) and `--list`.

#[path = "../../archive.rs"]
mod archive;
mod cases;
mod fake_daemon;
mod module;

use std::panic::catch_unwind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};
use std::thread;
use std::time::Instant;

/// Where the archive was built, for all tests.
static ARCHIVE: LazyLock<PathBuf> = LazyLock::new(|| {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("archive");
    std::fs::create_dir_all(&out).unwrap();
    let client = Path::new(env!("CARGO_MANIFEST_DIR"));
    let [archive, _] = archive::build(
        Path::new(option_env!("RUSTC").unwrap_or("rustc")),
        &llvm(),
        &client.join("../protocol/src"),
        &client.join("src"),
        &out,
    )
    .unwrap();
    archive
});

/// Folder of the LLVM tools.
fn llvm() -> PathBuf {
    let prefix = std::env::var_os("LLVM_SYS_221_PREFIX");
    prefix.map_or_else(|| PathBuf::from("/usr/lib/llvm-22"), PathBuf::from).join("bin")
}

/// Runs a tool that must succeed; what it printed.
fn tool(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    assert!(output.status.success(), "{command:?}:\n{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode @ ("--serve" | "--private"), fd] =
        arguments.iter().map(String::as_str).collect::<Vec<_>>()[..]
    {
        fake_daemon::run(mode, fd);
    }
    let filters: Vec<_> = arguments.iter().filter(|a| !a.starts_with('-')).collect();
    let chosen: Vec<_> = cases::ALL
        .iter()
        .filter(|(name, _)| filters.is_empty() || filters.iter().any(|f| name.contains(f.as_str())))
        .collect();
    if arguments.iter().any(|a| a == "--list") {
        chosen.iter().for_each(|(name, _)| println!("{name}: test"));
        return ExitCode::SUCCESS;
    }
    LazyLock::force(&ARCHIVE);
    let next = AtomicUsize::new(0);
    let failed = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((name, test)) = chosen.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let start = Instant::now();
                    let result = catch_unwind(test);
                    println!(
                        "test {name} ... {} ({} ms)",
                        if result.is_ok() { "ok" } else { "FAILED" },
                        start.elapsed().as_millis()
                    );
                    if result.is_err() {
                        failed.lock().unwrap().push(*name);
                    }
                }
            });
        }
    });
    let failed = failed.into_inner().unwrap();
    println!("\n{} passed; {} failed: {failed:?}", chosen.len() - failed.len(), failed.len());
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
