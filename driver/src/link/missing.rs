//! Who needs the symbols that a linker has missed. A linker names the function that refers to a symbol; of lazy code it sees the import
//! table alone (`u.o:(.autojit+0x54): undefined reference to ...`). The payload knows the functions.

use super::inputs::{Input, Inputs};
use super::records::{self, Record};
use autojit_engine::llvm::demangle;
use autojit_protocol::payload::Payload;
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write;

/// So many functions are named for each symbol, and so many symbols: people repair one and try again.
const MOST_FUNCTIONS: usize = 3;
const MOST_SYMBOLS: usize = 20;

/// Lines for people, to follow the linker's words. Empty if those are about something else.
pub fn notes(inputs: &Inputs, complaint: &str) -> String {
    let missing = symbols(complaint);
    let mut users: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if !missing.is_empty() {
        for (input, member) in inputs.iter().flat_map(|input| input.members().map(move |m| (input, m))) {
            let Some(file) = records::object(member.data) else { continue };
            for record in records::of(&file) {
                add_users(&record, &missing, &place(input, member.name), &mut users);
            }
        }
    }
    let mut text = String::new();
    for (symbol, users) in users.iter().take(MOST_SYMBOLS) {
        let (shown, rest) = users.split_at(users.len().min(MOST_FUNCTIONS));
        let _ = write!(text, "autojit-cc: note: '{symbol}' is needed by {}", shown.join(", "));
        let _ = if rest.is_empty() { writeln!(text) } else { writeln!(text, " and {} more", rest.len()) };
    }
    text
}

/// The symbols that linkers have missed, as they are or as people write them.
pub fn symbols(complaint: &str) -> HashSet<&str> {
    complaint.lines().filter_map(missing_symbol).collect()
}

/// The symbol that a line of GNU's linkers or LLVM's is about, as it is or as people write it.
fn missing_symbol(line: &str) -> Option<&str> {
    if let Some((_, symbol)) = line.split_once("symbol not found: ") {
        return Some(symbol.trim_end());
    }
    let (_, rest) = line.split_once("undefined ").or_else(|| line.split_once("required symbol "))?;
    match rest.split_once(['`', '\'']) {
        Some((_, quoted)) => quoted.rsplit_once('\'').map(|(symbol, _)| symbol),
        None => rest.rsplit_once("symbol: ").map(|(_, symbol)| symbol.trim_end()),
    }
}

fn place(input: &Input, member: &[u8]) -> String {
    match input.is_archive() {
        true => format!("{}({})", input.name(), String::from_utf8_lossy(member)),
        false => input.name(),
    }
}

fn add_users(
    record: &Record<'_>,
    missing: &HashSet<&str>,
    place: &str,
    users: &mut BTreeMap<String, Vec<String>>,
) {
    let bytes = record.bytes();
    let Some(payload) = bytes.as_deref().and_then(|bytes| Payload::parse(bytes).ok()) else { return };
    for import in 0..payload.header().import_count {
        let Some(name) = payload.import_name(import).map(|name| name.trim_start_matches('\u{1}')) else {
            continue;
        };
        let shown = readable(name);
        if !missing.contains(name) && !missing.contains(shown.as_str()) {
            continue;
        }
        let callers = (0..payload.header().function_count)
            .filter(|&function| payload.imported_callees(function).any(|callee| callee == import))
            .filter_map(|function| payload.function_name(function))
            .map(|function| format!("'{}' ({place})", readable(function)));
        let list = users.entry(shown).or_default();
        let before = list.len();
        list.extend(callers);
        if list.len() == before {
            // Not called: its address or, of a variable, its value.
            list.push(format!("lazy code of {place}"));
        }
    }
}

/// As people write it.
pub fn readable(name: &str) -> String {
    if name.starts_with("_Z") { demangle(name) } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::missing_symbol;

    #[test]
    fn symbols_are_found_in_the_words_of_all_linkers() {
        for (line, symbol) in [
            ("/usr/bin/ld: u.o:(.autojit+0x54): undefined reference to `nope'", Some("nope")),
            ("u.o(.autojit+0x54): error: undefined reference to 'f(char const*)'", Some("f(char const*)")),
            ("ld.lld: error: undefined symbol: ns::f(int)", Some("ns::f(int)")),
            ("ld.lld: error: undefined hidden symbol: f", Some("f")),
            ("ld.lld: error: --defsym:1: symbol not found: _Z1fv", Some("_Z1fv")),
            ("/usr/bin/ld: required symbol `_Z1fv' not defined", Some("_Z1fv")),
            (">>> referenced by u.o:(.autojit+0x54)", None),
        ] {
            assert_eq!(missing_symbol(line), symbol, "{line}");
        }
    }
}
