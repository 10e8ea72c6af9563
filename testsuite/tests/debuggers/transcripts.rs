//! Transcripts of sessions, without what must differ.

use crate::bench::ERRORS;
use anyhow::{Result, ensure};
use std::path::Path;

pub fn compare(reference: &[String], tested: &[String]) -> Result<()> {
    let is_stop = |l: &&String| {
        l.starts_with("Breakpoint ")
            || l.contains(" hit Breakpoint ")
            || l.contains("stop reason = breakpoint")
    };
    let stops = reference.iter().filter(is_stop).count();
    ensure!(stops >= 2, "clang's program never stopped:\n{}", reference.join("\n"));
    same(reference, tested)
}

pub fn same(reference: &[String], tested: &[String]) -> Result<()> {
    if let Some(at) = (0..reference.len().max(tested.len())).find(|&i| reference.get(i) != tested.get(i)) {
        let near = |lines: &[String]| {
            lines[at.saturating_sub(4).min(lines.len())..]
                .iter()
                .take(9)
                .cloned()
                .collect::<Vec<_>>()
                .join("\n")
        };
        anyhow::bail!("line {at} differs\n=== clang:\n{}\n=== autojit:\n{}", near(reference), near(tested));
    }
    Ok(())
}

/// What of a transcript must be the same.
pub fn mask(text: &str, folder: &Path) -> Vec<String> {
    let text = text.split(ERRORS).next().unwrap_or_default();
    let text = text.replace(&*folder.to_string_lossy(), "DIR");
    let started = text.find("\n> run").unwrap_or(0);
    text[started..]
        .lines()
        .filter(|l| !l.is_empty())
        // Threads come and go while other things are said.
        .filter(|l| !l.starts_with("[Thread ") && !l.starts_with("[New Thread "))
        // One more line for the stub.
        .filter(|l| !l.starts_with("No line number information available for address"))
        .map(|l| {
            // What describes lazy code is a file of its own.
            let place = [" of DIR/", " of <in-memory"].iter().filter_map(|of| l.find(of)).min();
            let described = l.find("/debugged-").and_then(|at| l[..at].rfind(" of "));
            mask_numbers(&l[..place.or(described).unwrap_or(l.len())])
        })
        // The file is one of the program and one of the description.
        .fold(Vec::new(), |mut lines, line| {
            if !line.starts_with("Line ") || lines.last() != Some(&line) {
                lines.push(line);
            }
            lines
        })
}

/// The same for LLDB, which names the image that a function is in, and of a breakpoint the place by number: a function that has a
/// stub has one more. For the address of a function it looks into the program's file only, so it does not say the line.
pub fn mask_lldb(text: &str, folder: &Path) -> Vec<String> {
    let text = text.split(ERRORS).next().unwrap_or_default();
    let text = text.replace(&*folder.to_string_lossy(), "DIR");
    let started = text.find("\n(lldb) run").unwrap_or(0);
    text[started..]
        .lines()
        .filter(|l| !l.is_empty() && !l.contains("__libc_start") && !l.contains("`_start + "))
        .filter(|l| {
            !l.contains("location added to breakpoint") && !l.contains("locations added to breakpoint")
        })
        .map(|l| mask_numbers(&without_listed(l)))
        .map(|l| {
            let line = l
                .replace("JIT(ADDR)`", "program`")
                .replace("program.0.debug`", "program`")
                .replace("JIT(ADDR)", "DIR/program");
            let line = without_lines_of_addresses(&line);
            match line.split_once("stop reason = breakpoint ") {
                Some((before, place)) => {
                    format!("{before}stop reason = breakpoint {}", place.split('.').next().unwrap_or(place))
                }
                None => line,
            }
        })
        .collect()
}

/// The file that describes lazy code is called as the program is.
fn without_listed(line: &str) -> String {
    let place = || {
        let at = line.find("/listed-")?;
        let start = line[..at].rfind(' ').map_or(0, |space| space + 1);
        let name = at + 1 + line[at + 1..].find('/')?;
        Some(format!("{}DIR{}", &line[..start], &line[name..]))
    };
    place().unwrap_or_else(|| line.to_owned())
}

/// `(program`f at tour.c:1)`, said of an address in data, becomes `(program`f)`.
fn without_lines_of_addresses(line: &str) -> String {
    let mut out = String::new();
    for (number, part) in line.split("(program`").enumerate() {
        if number == 0 {
            out.push_str(part);
            continue;
        }
        let (inside, after) = part.split_once(')').unwrap_or((part, ""));
        out.push_str("(program`");
        out.push_str(inside.split(" at ").next().unwrap_or(inside));
        out.push(')');
        out.push_str(after);
    }
    out
}

/// Addresses, and numbers of processes.
fn mask_numbers(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    let starts = ["0x", "-0x", "(process ", "Process ", "(LWP "];
    while let Some((at, skip)) = starts.iter().filter_map(|s| Some((rest.find(s)?, s.len()))).min() {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let end = from[skip..].find(|c: char| !c.is_ascii_hexdigit()).map_or(from.len(), |n| n + skip);
        out.push_str("ADDR");
        rest = &from[end..];
    }
    out + rest
}
