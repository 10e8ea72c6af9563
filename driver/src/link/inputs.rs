//! The inputs of a linker, read off its arguments as it will read them.

use super::memory::Mapped;
use super::script::{self, Item};
use super::search::{self, Search};
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Options of GNU-like linkers whose value is the next argument. (With `=`, and for those of one letter also right behind
/// it, the value is part of the argument.)
const WITH_VALUE: &[&[u8]] = &[
    b"-o",
    b"-L",
    b"-l",
    b"-e",
    b"-u",
    b"-z",
    b"-m",
    b"-T",
    b"-h",
    b"-f",
    b"-F",
    b"-y",
    b"-Y",
    b"-A",
    b"-b",
    b"-c",
    b"-G",
    b"-I",
    b"-R",
    b"-P",
    b"-a",
    b"--output",
    b"--library-path",
    b"--library",
    b"--entry",
    b"--undefined",
    b"--require-defined",
    b"--script",
    b"-dT",
    b"--default-script",
    b"--soname",
    b"-soname",
    b"--rpath",
    b"-rpath",
    b"--rpath-link",
    b"-rpath-link",
    b"--dynamic-linker",
    b"-dynamic-linker",
    b"--version-script",
    b"-version-script",
    b"--dynamic-list",
    b"-dynamic-list",
    b"--retain-symbols-file",
    b"--wrap",
    b"-wrap",
    b"--defsym",
    b"-defsym",
    b"--Map",
    b"-Map",
    b"--plugin",
    b"-plugin",
    b"--plugin-opt",
    b"-plugin-opt",
    b"--sysroot",
    b"--hash-style",
    b"-hash-style",
    b"--build-id-style",
    b"--format",
    b"--mri-script",
    b"--auxiliary",
    b"--filter",
    b"--fini",
    b"-fini",
    b"--init",
    b"-init",
    b"--section-start",
    b"--Tbss",
    b"-Tbss",
    b"--Tdata",
    b"-Tdata",
    b"--Ttext",
    b"-Ttext",
    b"-Ttext-segment",
    b"--trace-symbol",
    b"--exclude-libs",
    b"-exclude-libs",
    b"--export-dynamic-symbol",
    b"-export-dynamic-symbol",
    b"--export-dynamic-symbol-list",
    b"--just-symbols",
    b"--dependency-file",
    b"--out-implib",
    b"--task-link",
    b"--unresolved-symbols",
    b"-assert",
    b"--oformat",
    b"-mllvm",
    b"--mllvm",
    b"--thread-count",
    b"--symbol-ordering-file",
    b"--image-base",
    b"--package-metadata",
];

/// A file that the linker reads.
pub struct Input {
    pub path: PathBuf,
    /// All members are taken if it is an archive.
    pub is_whole: bool,
    /// A shared library that nobody refers to is left out.
    pub as_needed: bool,
    /// --whole-archive and its end are to be put around it.
    pub wrap: bool,
    pub content: Mapped,
    /// What the linker is to read in its place.
    pub replacement: Option<CString>,
}

impl Input {
    /// The name for messages.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }
}

/// A piece of the line.
enum Piece {
    Text(CString),
    Input(Box<Input>),
}

/// An argument (with its value, if it has one), or what stands for it.
struct Argument {
    text: Vec<CString>,
    /// What it means if it names inputs: one, or those of a linker script.
    pieces: Vec<Piece>,
}

pub struct Inputs {
    arguments: Vec<Argument>,
    /// To be put in front of the first input.
    pub prefix: Vec<CString>,
    pub is_shared: bool,
    pub is_static: bool,
}

/// What options before an input say about it.
#[derive(Clone, Copy, Default)]
struct State {
    only_static: bool,
    whole_archive: bool,
    as_needed: bool,
}

/// The arguments with those from response files in their places.
fn expand(args: &[&CStr], depth: u32, out: &mut Vec<CString>) {
    for argument in args {
        let file = argument.to_bytes().strip_prefix(b"@").map(|name| Path::new(OsStr::from_bytes(name)));
        let words = file
            .filter(|_| depth < DEEPEST)
            .and_then(|path| std::fs::read(path).ok())
            .and_then(|bytes| shell_words::split(std::str::from_utf8(&bytes).ok()?).ok())
            .and_then(|words| words.into_iter().map(|w| CString::new(w).ok()).collect::<Option<Vec<_>>>());
        match words {
            Some(words) => {
                let words: Vec<&CStr> = words.iter().map(CString::as_c_str).collect();
                expand(&words, depth + 1, out);
            }
            // What is no readable response file is a file of that name.
            None => out.push((*argument).to_owned()),
        }
    }
}

impl Inputs {
    pub fn of(args: &[&CStr]) -> Inputs {
        let mut expanded = Vec::new();
        expand(args, 0, &mut expanded);
        let args: Vec<&CStr> = expanded.iter().map(CString::as_c_str).collect();
        let values = |short: &[u8], long: &[u8]| -> Vec<&[u8]> {
            let mut found = Vec::new();
            for (i, a) in args.iter().enumerate() {
                let a = a.to_bytes();
                if a == short || a == long {
                    found.extend(args.get(i + 1).map(|v| v.to_bytes()));
                } else if let Some(value) = a.strip_prefix(long).and_then(|v| v.strip_prefix(b"=")) {
                    found.push(value);
                } else if let Some(value) =
                    a.strip_prefix(short).filter(|v| !short.is_empty() && !v.is_empty())
                {
                    found.push(value);
                }
            }
            found
        };
        let sysroot = values(b"--sysroot", b"--sysroot").last().copied().unwrap_or_default();
        let search =
            Search::new(&values(b"-L", b"--library-path"), sysroot.strip_prefix(b"=").unwrap_or(sysroot));
        let mut inputs =
            Inputs { arguments: Vec::new(), prefix: Vec::new(), is_shared: false, is_static: false };
        let mut states = vec![State::default()];
        let mut rest = args.iter();
        while let Some(&argument) = rest.next() {
            let bytes = argument.to_bytes();
            let mut text = vec![argument.to_owned()];
            if WITH_VALUE.contains(&bytes)
                && let Some(value) = rest.next()
            {
                text.push((*value).to_owned());
            }
            let Some(state) = states.last_mut() else { break };
            match bytes {
                b"-static" | b"--static" | b"-Bstatic" | b"--Bstatic" | b"-dn" | b"-non_shared" => {
                    state.only_static = true;
                    inputs.is_static |= matches!(bytes, b"-static" | b"--static");
                }
                b"-Bdynamic" | b"--Bdynamic" | b"-dy" | b"-call_shared" => state.only_static = false,
                b"-shared" | b"--shared" | b"-Bshareable" => inputs.is_shared = true,
                b"--whole-archive" | b"-whole-archive" => state.whole_archive = true,
                b"--no-whole-archive" | b"-no-whole-archive" => state.whole_archive = false,
                b"--as-needed" | b"-as-needed" => state.as_needed = true,
                b"--no-as-needed" | b"-no-as-needed" => state.as_needed = false,
                b"--push-state" | b"-push-state" => {
                    let copy = *state;
                    states.push(copy);
                }
                b"--pop-state" | b"-pop-state" if states.len() > 1 => {
                    states.pop();
                }
                _ => {}
            }
            let state = states.last().copied().unwrap_or_default();
            let file = match library_name(&text) {
                Some(name) => search.library(name, state.only_static),
                None if bytes.starts_with(b"-") => None,
                None => Some(search::path(argument).to_path_buf()),
            };
            let pieces = file.map_or_else(Vec::new, |path| pieces(path, state, &search));
            inputs.arguments.push(Argument { text, pieces });
        }
        inputs
    }

    pub fn iter(&self) -> impl Iterator<Item = &Input> {
        self.arguments.iter().flat_map(|a| &a.pieces).filter_map(|piece| match piece {
            Piece::Input(input) => Some(&**input),
            Piece::Text(_) => None,
        })
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Input> {
        self.arguments.iter_mut().flat_map(|a| &mut a.pieces).filter_map(|piece| match piece {
            Piece::Input(input) => Some(&mut **input),
            Piece::Text(_) => None,
        })
    }

    /// All words of the line that are not inputs: options and their values.
    pub fn words(&self) -> impl Iterator<Item = &CString> {
        self.arguments.iter().filter(|a| a.pieces.is_empty()).flat_map(|a| &a.text)
    }

    /// Whether all symbols of a program are exported anyway.
    pub fn exports_all(&self) -> bool {
        self.words().any(|w| matches!(w.to_bytes(), b"-E" | b"--export-dynamic" | b"-export-dynamic"))
    }

    /// The texts of files that options name: version scripts, lists of symbols.
    pub fn scripts(&self) -> impl Iterator<Item = Vec<u8>> {
        const LARGEST: u64 = 16 << 20;
        self.words().filter_map(|word| {
            let word = word.to_bytes();
            let name = word.split(|&b| b == b'=').next_back()?;
            let path = Path::new(OsStr::from_bytes(name));
            let is_text = std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() < LARGEST);
            is_text.then(|| std::fs::read(path).ok()).flatten().filter(|bytes| script::is_script(bytes))
        })
    }

    /// Takes out options, with their values.
    pub fn remove(&mut self, unwanted: impl Fn(&[u8], Option<&[u8]>) -> bool) {
        self.arguments.retain(|a| {
            let mut words = a.text.iter().map(|t| t.to_bytes());
            words.next().is_none_or(|first| !unwanted(first, words.next()))
        });
    }

    /// The arguments, with what was replaced.
    pub fn line(&self) -> Vec<CString> {
        let mut line = Vec::new();
        let mut prefix = self.prefix.iter();
        for argument in &self.arguments {
            if !argument.pieces.is_empty() {
                line.extend(prefix.by_ref().cloned());
            }
            let is_changed = argument.pieces.iter().any(
                |piece| matches!(piece, Piece::Input(input) if input.wrap || input.replacement.is_some()),
            );
            if !is_changed {
                line.extend(argument.text.iter().cloned());
                continue;
            }
            for piece in &argument.pieces {
                match piece {
                    Piece::Text(text) => line.push(text.clone()),
                    Piece::Input(input) => {
                        let around = |text: &CStr| input.wrap.then(|| text.to_owned());
                        line.extend(around(c"--whole-archive"));
                        match &input.replacement {
                            Some(file) => line.push(file.clone()),
                            // `-lNAME` stays what it is.
                            None if argument.pieces.len() == 1 => line.extend(argument.text.iter().cloned()),
                            None => line.extend(CString::new(input.path.as_os_str().as_bytes())),
                        }
                        line.extend(around(c"--no-whole-archive"));
                    }
                }
            }
        }
        line.extend(prefix.cloned());
        line
    }
}

/// NAME of `-lNAME`, `-l NAME`, `--library=NAME` or `--library NAME`.
fn library_name(text: &[CString]) -> Option<&[u8]> {
    let first = text.first()?.to_bytes();
    if matches!(first, b"-l" | b"--library") {
        return text.get(1).map(|value| value.to_bytes());
    }
    first.strip_prefix(b"--library=").or_else(|| first.strip_prefix(b"-l"))
}

/// What a file stands for. One that can't be read is left to the linker, which will say so.
fn pieces(path: PathBuf, state: State, search: &Search) -> Vec<Piece> {
    let mut pieces = Vec::new();
    add(path, state, search, 0, &mut pieces);
    pieces
}

/// Scripts that name scripts, and response files that name response files, at most.
const DEEPEST: u32 = 8;

fn add(path: PathBuf, state: State, search: &Search, depth: u32, pieces: &mut Vec<Piece>) {
    let Ok(content) = Mapped::open(&path) else { return };
    if !script::is_script(&content) || content.starts_with(b"!<") || depth == DEEPEST {
        let (is_whole, as_needed) = (state.whole_archive, state.as_needed);
        let input = Input { path, is_whole, as_needed, wrap: false, content, replacement: None };
        return pieces.push(Piece::Input(Box::new(input)));
    }
    let text = |t: &CStr| Piece::Text(t.to_owned());
    let beside = path.parent().map(Path::to_path_buf);
    let (outer, mut state) = (state, state);
    for item in script::inputs(&content) {
        match item {
            Item::StartGroup => pieces.push(text(c"--start-group")),
            Item::EndGroup => pieces.push(text(c"--end-group")),
            Item::StartAsNeeded => {
                state.as_needed = true;
                pieces.extend([text(c"--push-state"), text(c"--as-needed")]);
            }
            Item::EndAsNeeded => {
                state.as_needed = outer.as_needed;
                pieces.push(text(c"--pop-state"));
            }
            Item::Input(name) => {
                let found = match name.strip_prefix(b"-l") {
                    Some(library) => search.library(library, state.only_static),
                    None => search.script_input(name, beside.as_deref()),
                };
                if let Some(found) = found {
                    add(found, state, search, depth + 1, pieces);
                }
            }
        }
    }
}
