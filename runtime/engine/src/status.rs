//! The text behind `autojit daemon status`.

use crate::server::Daemon;
use std::fmt::Write;

pub fn report(daemon: &Daemon) -> String {
    let modules = daemon.engine.warm.all();
    let payloads: usize = modules.iter().map(|module| module.size()).sum();
    let opened: usize = modules.iter().map(|module| module.open_size()).sum();
    let code: usize = modules.iter().map(|module| module.compiled().1).sum();
    let done = daemon.engine.statistics.snapshot();
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<22}{value}");
    };
    line("process", std::process::id().to_string());
    line("up for", format!("{} s", daemon.began.elapsed().as_secs()));
    line("sessions", daemon.sessions.count().to_string());
    if let Some(memory) = resident_memory() {
        line("memory", format!("{memory} KiB"));
    }
    line("modules", modules.len().to_string());
    line("opened", format!("{} KiB", opened / 1024));
    line("payloads", format!("{} KiB", payloads / 1024));
    line("code", format!("{} KiB", code / 1024));
    line("functions compiled", done.compiled.to_string());
    line("functions found", done.found.to_string());
    line("functions ahead", done.ahead.to_string());
    line("compiled ahead", done.prepared.to_string());
    let shared = daemon.engine.pool.twins.as_ref().map_or(0, |twins| twins.found());
    line("shared by modules", shared.to_string());
    let asked = (done.compiled + done.found).max(1);
    line("requests found ready", format!("{} %", done.found * 100 / asked));
    line("time compiling", format!("{:.3} s", done.compile_time.as_secs_f64()));
    line("time linking", format!("{:.3} s", done.link_time.as_secs_f64()));
    text
}

/// Kibibytes of memory that the process has.
fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
