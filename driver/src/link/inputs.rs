//! The inputs of a linker, read off its arguments as it will read them.

use super::archive::{self, Member, Members};
use super::makes_library;
use super::memory::{Made, Mapped};
use super::response::{self, Word};
use super::script::{self, Item};
use super::search::{self, Search};
use anyhow::{Context, Result};
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

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
    /// Between --start-lib and --end-lib, where an object is taken only if it is needed.
    pub in_lib: bool,
    /// A shared library that nobody refers to is left out.
    pub as_needed: bool,
    /// --exclude-libs: what the archive defines is not exported.
    pub is_hidden: bool,
    /// To be linked whole, by what is put around it.
    pub wrap: bool,
    content: Mapped,
    members: OnceLock<Members>,
    /// What the linker is to read in its place.
    replacement: Option<CString>,
}

impl Input {
    /// The name for messages.
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    pub fn is_archive(&self) -> bool {
        archive::is_archive(&self.content)
    }

    /// Whether the linker takes only what something needs.
    pub fn is_by_need(&self) -> bool {
        !self.is_whole && (self.is_archive() || self.in_lib)
    }

    /// The members of an archive, or the file itself.
    pub fn members(&self) -> impl Iterator<Item = Member<'_>> {
        // An archive that can't be read is left to the linker, which will say what is wrong.
        let members = self.members.get_or_init(|| match self.is_archive() {
            true => Members::of(&self.path, &self.content).unwrap_or_default(),
            false => Members::single(&self.content),
        });
        members.iter(&self.content)
    }
}

/// A piece of the line.
enum Piece {
    Text(CString),
    Input(Box<Input>),
}

/// An argument (with its value, if it has one), or what stands for it.
struct Argument {
    text: Vec<Word>,
    /// What it means if it names inputs: one, or those of a linker script.
    pieces: Vec<Piece>,
}

pub struct Inputs {
    /// The arguments as they were given, and their words.
    given: Vec<CString>,
    expanded: Vec<Word>,
    arguments: Vec<Argument>,
    /// To be put in front of the first input.
    pub prefix: Vec<CString>,
    pub is_shared: bool,
    pub is_static: bool,
    /// Whether LLVM's linker reads the line.
    pub is_lld: bool,
}

/// What options before an input say about it.
#[derive(Clone, Copy, Default)]
struct State {
    only_static: bool,
    whole_archive: bool,
    as_needed: bool,
    in_lib: bool,
}

impl Inputs {
    pub fn of(linker: &CStr, args: &[CString]) -> Inputs {
        let is_lld =
            search::path(linker).file_name().is_some_and(|n| n.as_bytes().windows(3).any(|w| w == b"lld"));
        let expanded = response::expand(args, !is_lld);
        let words: Vec<&[u8]> = expanded.iter().map(Word::bytes).collect();
        let sysroot = values(&words, b"", b"--sysroot").last().copied().unwrap_or_default();
        let sysroot = sysroot.strip_prefix(b"=").unwrap_or(sysroot);
        let mut search = Search::new(&values(&words, b"-L", b"--library-path"), sysroot);
        let mut hidden = values(&words, b"", b"--exclude-libs");
        hidden.extend(values(&words, b"", b"-exclude-libs"));
        let is_hidden = |path: &Path| {
            let name = path.file_name().unwrap_or_default().as_bytes();
            let mut names = hidden.iter().flat_map(|list| list.split(|b| matches!(b, b',' | b':')));
            names.any(|n| n == b"ALL" || n == name || Some(n) == name.strip_suffix(b".a"))
        };
        let mut inputs = Inputs {
            given: args.to_vec(),
            expanded: Vec::new(),
            arguments: Vec::new(),
            prefix: Vec::new(),
            is_shared: false,
            is_static: false,
            is_lld,
        };
        let mut states = vec![State::default()];
        // No part of what --push-state keeps.
        let mut in_lib = false;
        let mut rest = expanded.iter();
        while let Some(argument) = rest.next() {
            let bytes = argument.bytes();
            let mut text = vec![argument.clone()];
            if WITH_VALUE.contains(&bytes) {
                text.extend(rest.next().cloned());
            }
            let Some(state) = states.last_mut() else { break };
            match bytes {
                b"-static" | b"--static" | b"-Bstatic" | b"--Bstatic" | b"-dn" | b"-non_shared" => {
                    state.only_static = true;
                    inputs.is_static |= matches!(bytes, b"-static" | b"--static");
                }
                b"-Bdynamic" | b"--Bdynamic" | b"-dy" | b"-call_shared" => state.only_static = false,
                option if makes_library(option) => inputs.is_shared = true,
                b"--whole-archive" | b"-whole-archive" => state.whole_archive = true,
                b"--no-whole-archive" | b"-no-whole-archive" => state.whole_archive = false,
                b"--as-needed" | b"-as-needed" => state.as_needed = true,
                b"--no-as-needed" | b"-no-as-needed" => state.as_needed = false,
                b"--start-lib" | b"-start-lib" => in_lib = true,
                b"--end-lib" | b"-end-lib" => in_lib = false,
                b"--push-state" | b"-push-state" => {
                    let copy = *state;
                    states.push(copy);
                }
                b"--pop-state" | b"-pop-state" if states.len() > 1 => {
                    states.pop();
                }
                _ => {}
            }
            let state = State { in_lib, ..states.last().copied().unwrap_or_default() };
            let file = match library_name(&text) {
                Some(name) => search.library(name, state.only_static),
                None if bytes.starts_with(b"-") => None,
                None => Some(search::path(&argument.text).to_path_buf()),
            };
            let pieces = file.map_or_else(Vec::new, |path| pieces(path, state, &mut search));
            inputs.arguments.push(Argument { text, pieces });
        }
        inputs.iter_mut().for_each(|input| input.is_hidden = input.is_archive() && is_hidden(&input.path));
        inputs.expanded = expanded;
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
    pub fn words(&self) -> impl Iterator<Item = &[u8]> {
        self.arguments.iter().filter(|a| a.pieces.is_empty()).flat_map(|a| &a.text).map(Word::bytes)
    }

    /// Whether all symbols of a program are exported anyway.
    pub fn exports_all(&self) -> bool {
        self.words().any(|w| matches!(w, b"-E" | b"--export-dynamic" | b"-export-dynamic"))
    }

    /// The texts of files that options name: version scripts, lists of symbols.
    pub fn scripts(&self) -> impl Iterator<Item = Vec<u8>> {
        const LARGEST: u64 = 16 << 20;
        self.words().filter_map(|word| {
            let name = word.split(|&b| b == b'=').next_back()?;
            let path = Path::new(OsStr::from_bytes(name));
            let is_text = std::fs::metadata(path).is_ok_and(|m| m.is_file() && m.len() < LARGEST);
            is_text.then(|| std::fs::read(path).ok()).flatten().filter(|bytes| script::is_script(bytes))
        })
    }

    /// Lets the linker read another file in the place of an input.
    pub fn replace(&mut self, number: usize, file: &Made) -> Result<()> {
        let input = self.iter_mut().nth(number).context("an input is gone")?;
        input.content = file.map()?;
        input.members = OnceLock::new();
        let path = file.path();
        input.replacement = Some(path.clone());
        if input.is_hidden {
            // By its name, which is another one now.
            let name = path.to_bytes().rsplit(|&b| b == b'/').next().unwrap_or_default();
            self.prefix.push(CString::new([b"--exclude-libs=", name].concat())?);
        }
        Ok(())
    }

    /// Takes out options, with their values.
    pub fn remove(&mut self, unwanted: impl Fn(&[u8], Option<&[u8]>) -> bool) {
        self.arguments.retain(|a| {
            let mut words = a.text.iter().map(Word::bytes);
            words.next().is_none_or(|first| !unwanted(first, words.next()))
        });
    }

    /// The arguments, with what was added, replaced and taken out.
    pub fn line(&self) -> Vec<CString> {
        response::fold(&self.given, &self.expanded, &self.new_words())
    }

    fn new_words(&self) -> Vec<Word> {
        let mut line = Vec::new();
        let mut prefix = self.prefix.iter().cloned().map(Word::new);
        for argument in &self.arguments {
            if !argument.pieces.is_empty() {
                line.extend(prefix.by_ref());
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
                    Piece::Text(text) => line.push(Word::new(text.clone())),
                    Piece::Input(input) => {
                        let (before, after) = match input.in_lib && !input.is_archive() {
                            true => (c"--end-lib", c"--start-lib"),
                            false => (c"--whole-archive", c"--no-whole-archive"),
                        };
                        let around = |text: &CStr| input.wrap.then(|| Word::new(text.to_owned()));
                        line.extend(around(before));
                        match &input.replacement {
                            Some(file) => line.push(Word::new(file.clone())),
                            // `-lNAME` stays what it is.
                            None if argument.pieces.len() == 1 => line.extend(argument.text.iter().cloned()),
                            None => {
                                line.extend(CString::new(input.path.as_os_str().as_bytes()).map(Word::new));
                            }
                        }
                        line.extend(around(after));
                    }
                }
            }
        }
        line.extend(prefix);
        line
    }
}

/// The values of an option, in order: behind it, or after `=`, or right behind the short form.
fn values<'a>(words: &[&'a [u8]], short: &[u8], long: &[u8]) -> Vec<&'a [u8]> {
    let mut found = Vec::new();
    let mut rest = words.iter();
    while let Some(&word) = rest.next() {
        if word == short || word == long {
            found.extend(rest.next());
        } else if let Some(value) = word.strip_prefix(long).and_then(|v| v.strip_prefix(b"=")) {
            found.push(value);
        } else if let Some(value) = word.strip_prefix(short).filter(|_| !short.is_empty()) {
            found.push(value);
        }
    }
    found
}

/// NAME of `-lNAME`, `-l NAME`, `--library=NAME` or `--library NAME`.
fn library_name(text: &[Word]) -> Option<&[u8]> {
    let first = text.first()?.bytes();
    if matches!(first, b"-l" | b"--library") {
        return text.get(1).map(Word::bytes);
    }
    first.strip_prefix(b"--library=").or_else(|| first.strip_prefix(b"-l"))
}

/// What a file stands for. One that can't be read is left to the linker, which will say so.
fn pieces(path: PathBuf, state: State, search: &mut Search) -> Vec<Piece> {
    let mut pieces = Vec::new();
    add(path, state, search, 0, &mut pieces);
    pieces
}

/// Scripts that name scripts, at most.
const DEEPEST: u32 = 8;

fn add(path: PathBuf, state: State, search: &mut Search, depth: u32, pieces: &mut Vec<Piece>) {
    let Ok(content) = Mapped::open(&path) else { return };
    if !script::is_script(&content) || archive::is_archive(&content) || depth == DEEPEST {
        return pieces.push(Piece::Input(Box::new(Input {
            path,
            is_whole: state.whole_archive,
            in_lib: state.in_lib,
            as_needed: state.as_needed,
            is_hidden: false,
            wrap: false,
            content,
            members: OnceLock::new(),
            replacement: None,
        })));
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
            Item::SearchDir(folder) => search.add(folder),
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
