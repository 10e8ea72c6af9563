//! `autojit debug`: for debuggers that come late.
//!
//! A debugger that is there from the start is told of lazy code by the program itself. One that attaches later, or reads a core
//! file, gets files to read.

use anyhow::{Context, Result, bail, ensure};
use autojit_engine::debug::attached::{self, Report};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// Number of a running process, or a core file
    #[arg(value_name = "PID|CORE")]
    what: String,
    /// The program that left the core file
    #[arg(value_name = "PROGRAM")]
    program: Option<PathBuf>,
    /// Commands for LLDB instead of GDB
    #[arg(long)]
    lldb: bool,
    /// Folder for the files that the debugger is to read [default: a new one in the folder for temporary files]
    #[arg(long, value_name = "FOLDER")]
    output: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    let number: Option<i32> = arguments.what.parse().ok();
    let reports = match (number, &arguments.program) {
        (Some(pid), None) => attached::process(pid, !arguments.lldb)?,
        (_, Some(program)) => attached::core(Path::new(&arguments.what), program, !arguments.lldb)?,
        (None, None) => bail!("a core file needs its program: autojit debug CORE PROGRAM"),
    };
    ensure!(!reports.is_empty(), "no program or library in it has lazy code that was compiled with -g");
    for report in &reports {
        for remark in &report.remarks {
            eprintln!("autojit: no debug information for {remark} ({})", report.image.display());
        }
    }
    let described: Vec<(&Report, &Vec<u8>)> =
        reports.iter().filter_map(|report| Some((report, report.file.as_ref()?))).collect();
    if described.is_empty() {
        eprintln!("autojit: nothing is compiled that can be described");
        return Ok(ExitCode::FAILURE);
    }
    let folder = match &arguments.output {
        Some(folder) => folder.clone(),
        None => tempfile::Builder::new().prefix("autojit-debug-").tempdir().context("no folder")?.keep(),
    };
    let failed = |path: &Path| format!("cannot write {}", path.display());
    fs::create_dir_all(&folder).with_context(|| failed(&folder))?;
    for (number, (report, bytes)) in described.iter().enumerate() {
        let image = report.image.file_name().unwrap_or_default().to_string_lossy();
        let path = folder.join(format!("{image}.{number}.debug"));
        fs::write(&path, bytes).with_context(|| failed(&path))?;
        let path = path.display();
        println!("# {}: {} functions", report.image.display(), report.functions);
        if arguments.lldb {
            println!("target modules add \"{path}\"");
            println!("target modules load --file \"{path}\" --slide 0");
        } else {
            println!("add-symbol-file \"{path}\"");
        }
    }
    Ok(ExitCode::SUCCESS)
}
