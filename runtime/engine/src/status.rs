//! The text behind `autojit daemon status`.

use crate::server::Daemon;
use std::fmt::Write;

pub fn report(daemon: &Daemon) -> String {
    let modules = daemon.engine.warm.all();
    let payloads: usize = modules.iter().map(|module| module.size()).sum();
    let objects: usize = modules.iter().map(|module| module.compiled().1).sum();
    let done = daemon.engine.statistics.snapshot();
    let mut text = String::new();
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "{name:<22}{value}");
    };
    line("process", std::process::id().to_string());
    line("up for", format!("{} s", daemon.began.elapsed().as_secs()));
    line("sessions", daemon.sessions.count().to_string());
    line("modules", modules.len().to_string());
    line("payloads", format!("{} KiB", payloads / 1024));
    line("objects", format!("{} KiB", objects / 1024));
    line("functions compiled", done.compiled.to_string());
    line("functions found", done.found.to_string());
    line("time compiling", format!("{:.3} s", done.compile_time.as_secs_f64()));
    line("time linking", format!("{:.3} s", done.link_time.as_secs_f64()));
    text
}
