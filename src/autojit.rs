//! `autojit`: what a lazy object holds, what a run has compiled, and what the daemon is doing. For people and scripts; nothing of the
//! toolchain runs it.

mod cache;
mod daemon;
mod debug;
mod inspect;
mod pipe;
mod report;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(version, about = "Inspects lazy objects, programs and runs, and controls the compile daemon")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Shows which functions of a file are compiled when they are first called, and why the others are not
    Inspect {
        /// Objects, archives, shared libraries or programs
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Print JSON: an object for one file, an array of them for several
        #[arg(long)]
        json: bool,
    },
    /// Makes a page for a browser of a trace that a program has left (AUTOJIT_TRACE=FILE)
    Report {
        /// The trace
        #[arg(value_name = "TRACE")]
        trace: PathBuf,
        /// Where the page goes; `-` is standard output [default: the trace's name, with .html]
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
    },
    /// Talks to this user's compile daemon
    Daemon {
        #[command(subcommand)]
        action: daemon::Action,
    },
    /// Makes what is compiled already known to a debugger that attaches late, or to one that reads a core file: prints the commands for it
    Debug {
        #[command(flatten)]
        what: debug::Arguments,
    },
    /// Looks after the compiled functions that are kept on disk
    Cache {
        #[command(subcommand)]
        action: cache::Action,
    },
}

fn main() -> ExitCode {
    pipe::end_when_closed();
    let result = match Cli::parse().command {
        Command::Inspect { files, json } => inspect::run(&files, json),
        Command::Report { trace, output } => report::run(&trace, output),
        Command::Daemon { action } => daemon::run(action),
        Command::Debug { what } => debug::run(&what),
        Command::Cache { action } => cache::run(action),
    };
    result.unwrap_or_else(|error| {
        eprintln!("autojit: error: {error:#}");
        ExitCode::FAILURE
    })
}
