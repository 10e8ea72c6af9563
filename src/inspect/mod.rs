//! `autojit inspect`: file, sections, records, text.

pub mod container;
mod print;
pub mod report;

use anyhow::{Context, Result};
use report::FileReport;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Reports on every file; one that can't be read costs the exit status, not the others' reports.
pub fn run(files: &[PathBuf], json: bool) -> Result<ExitCode> {
    let mut reports = Vec::new();
    let mut status = ExitCode::SUCCESS;
    for path in files {
        match inspect(path) {
            Ok(report) => reports.push(report),
            Err(error) => {
                eprintln!("autojit: error: {error:#}");
                status = ExitCode::FAILURE;
            }
        }
    }
    let text = match (json, reports.as_slice()) {
        (false, all) => tables(all),
        (true, []) if files.len() == 1 => String::new(),
        (true, [only]) if files.len() == 1 => serde_json::to_string(only)? + "\n",
        (true, all) => serde_json::to_string(all)? + "\n",
    };
    match io::stdout().write_all(text.as_bytes()) {
        // A reader that has seen enough, such as head, is no error.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("cannot write"),
        _ => Ok(status),
    }
}

/// The tables, with an empty line between them; files without lazy code are a list of lines.
fn tables(reports: &[FileReport]) -> String {
    let mut out = String::new();
    for (i, report) in reports.iter().enumerate() {
        if i > 0 && !(report.modules.is_empty() && reports[i - 1].modules.is_empty()) {
            out.push('\n');
        }
        out += &print::table(report);
    }
    out
}

fn inspect(path: &Path) -> Result<FileReport> {
    let name = path.display().to_string();
    let bytes = fs::read(path).with_context(|| name.clone())?;
    let mut modules = Vec::new();
    for part in container::parts(path, &bytes).with_context(|| name.clone())? {
        let title = part.member.as_ref().map_or_else(|| name.clone(), |member| format!("{name}({member})"));
        modules.extend(report::modules(&part).context(title)?);
    }
    Ok(FileReport { file: name, modules })
}
