//! `autojit`: what a lazy object holds, and what the daemon is doing. For people and scripts; nothing of the
//! toolchain runs it.

mod cache;
mod daemon;
mod inspect;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(version, about = "Inspects lazy objects and programs, and controls the compile daemon")]
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
    /// Talks to this user's compile daemon
    Daemon {
        #[command(subcommand)]
        action: daemon::Action,
    },
    /// Looks after the compiled functions that are kept on disk
    Cache {
        #[command(subcommand)]
        action: cache::Action,
    },
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Inspect { files, json } => inspect::run(&files, json),
        Command::Daemon { action } => daemon::run(action),
        Command::Cache { action } => cache::run(action),
    };
    result.unwrap_or_else(|error| {
        eprintln!("autojit: error: {error:#}");
        ExitCode::FAILURE
    })
}
