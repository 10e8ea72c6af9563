//! `autojit report`: a page for a browser of what a run has compiled, from the trace that it left.
//!
//! One file without references to others: it can be mailed, and looked at in years.

mod model;
mod program;

use anyhow::{Context, Result, bail};
use model::Model;
use rustix::fs::{FlockOperation, flock};
use serde_json::Value;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for a program that has just ended to be written down.
const PATIENCE: Duration = Duration::from_secs(2);

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

pub fn run(trace: &Path, output: Option<PathBuf>) -> Result<ExitCode> {
    let name = trace.display().to_string();
    let events = read(trace).with_context(|| name.clone())?;
    let mut model = Model::of(&events);
    if model.is_empty() {
        bail!("{name}: not a trace of autojit");
    }
    for note in program::add(&mut model) {
        eprintln!("autojit: note: {note}");
    }
    model.resolve();
    let title = trace.file_name().unwrap_or_default().to_string_lossy();
    let page = page(&title, &serde_json::to_string(&model)?);
    let output = output.unwrap_or_else(|| trace.with_extension("html"));
    if output == Path::new("-") {
        io::stdout().write_all(page.as_bytes()).context("cannot write")?;
        return Ok(ExitCode::SUCCESS);
    }
    if output == trace {
        bail!("{name}: the page would take the place of the trace; say -o FILE");
    }
    fs::write(&output, page).with_context(|| format!("cannot write {}", output.display()))?;
    println!("{}", output.display());
    Ok(ExitCode::SUCCESS)
}

/// The page with its data in it. In a script nothing but `</` has a meaning of its own.
fn page(title: &str, data: &str) -> String {
    let title: String = title.chars().filter(|c| !matches!(c, '<' | '>' | '&')).collect();
    PAGE.replace("@TITLE@", &title)
        .replace("@STYLE@", STYLE)
        .replace("@SCRIPT@", SCRIPT)
        .replace("@DATA@", &data.replace('<', "\\u003c"))
}

/// The events of a trace, when nobody writes them any more.
fn read(path: &Path) -> Result<Vec<Value>> {
    let mut file = File::open(path)?;
    let began = Instant::now();
    while flock(&file, FlockOperation::NonBlockingLockShared).is_ok()
        && flock(&file, FlockOperation::NonBlockingLockExclusive).is_err()
    {
        if began.elapsed() > PATIENCE {
            eprintln!("autojit: note: the program still runs, and the page shows what has happened so far");
            break;
        }
        thread::sleep(Duration::from_millis(20));
    }
    let mut text = Vec::new();
    file.read_to_end(&mut text)?;
    Ok(events(&String::from_utf8_lossy(&text)))
}

/// Events of an array, which may be cut off: they stand one in a line.
fn events(text: &str) -> Vec<Value> {
    if let Ok(Value::Array(all)) = serde_json::from_str(text) {
        return all;
    }
    let lines = text.lines().map(|line| line.trim_start_matches('[').trim_end_matches(','));
    lines.filter_map(|line| serde_json::from_str(line).ok()).filter(Value::is_object).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_that_is_cut_off_is_read_up_to_there() {
        let whole = "[\n{\"name\":\"a\"},\n{\"name\":\"b\"}\n]\n";
        assert_eq!(events(whole).len(), 2);
        assert_eq!(events(&whole[..whole.len() - 3]).len(), 2);
        assert_eq!(events(&whole[..whole.len() - 6]).len(), 1);
        assert!(events("hello").is_empty() && events("").is_empty() && events("7").is_empty());
    }

    #[test]
    fn data_stays_data() {
        let page = page("t</title><script>", "{\"name\":\"</script><b>\"}");
        assert!(!page.contains("</script><b>") && !page.contains("t</title><script>"));
        assert_eq!(page.matches("</script>").count(), 2);
    }
}
