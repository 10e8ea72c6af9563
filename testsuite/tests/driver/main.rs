//! Command lines: whatever clang prints, writes and returns, autojit-cc prints, writes and returns.
//!
//! Both compilers run in a folder of the same path and with the same files, one after the other. Then output, status and
//! the set of new files are compared; texts byte by byte, objects by what they define, programs by what they do. What
//! only autojit has comes after the table.

mod bitcode;
mod builtins;
mod compare;
mod debug_information;
mod installation;
mod linking;
mod optimization;
mod places;
mod streams;
mod switches;
mod tables;

use anyhow::Result;
use autojit_testsuite::suite::{self, Condition, Context, WorkDir};
use compare::{compare, scrub};
use std::path::Path;
use std::process::ExitCode;
use tables::{CASES, Case, SCRUBBED};

/// A case that there is nothing to compare with: it gets an empty folder.
pub type Own = fn(&Context, &Path) -> Result<()>;

fn main() -> ExitCode {
    suite::main(|suite| {
        for Case(name, line, stdin) in CASES {
            suite.add(*name, Condition::Always, move |context| {
                WorkDir::with(|dir| compare(context, dir, line, stdin, &|text| text))
            });
        }
        for Case(name, line, stdin) in SCRUBBED {
            suite.add(*name, Condition::Always, move |context| {
                WorkDir::with(|dir| compare(context, dir, line, stdin, &|text| scrub(context, &text)))
            });
        }
        let own = [
            bitcode::CASES,
            builtins::CASES,
            debug_information::CASES,
            installation::CASES,
            linking::CASES,
            optimization::CASES,
            places::CASES,
            streams::CASES,
            switches::CASES,
        ];
        for &(name, case) in own.into_iter().flatten() {
            suite.add(name, Condition::Lazy, move |context| WorkDir::with(|dir| case(context, dir)));
        }
        Ok(())
    })
}
