//! What a program says about itself: comment lines `//@ name: value` above its first line of code.
//!
//! Without any directive a program is compiled with `-O0` and with `-O2`, and linked as a position-independent executable by both
//! compilers; both must print the same, exit with status 0, define the same symbols, and **every function must be
//! lazy**. Directives change that. Values are split like shell words. A directive can be given more than once.
//!
//! ## How it is built
//!
//! | directive | meaning |
//! |---|---|
//! | `part` | not a program: belongs to another one, which names it |
//! | `flags: -pthread` | options for compiling |
//! | `link-flags: -lm` | options for linking, after the objects |
//! | `links: pie lld` | link modes to run it under, each a test: see [`LinkMode`]; `all` for every one; default `pie` |
//! | `opt: O0 O0+g O2` | optimization (and debug) levels to run it under, each a test; default `O0 O2` |
//! | `extra: b.c` | further sources |
//! | `plain: b.c` | further sources that clang compiles for both programs: lazy and plain objects mixed |
//! | `archive: a.c b.c` | sources that go into one archive, which is linked after the objects |
//! | `plain-archive: a.c b.c` | the same with clang's objects |
//! | `shared: lib.c` | built as `./liblib.so` (a library per source) but not linked: for `dlopen`, or `link-flags: ./liblib.so` |
//! | `plain-shared: lib.c` | the same, compiled by clang |
//! | `compile-fail` | compiling must fail, with clang's text and exit status |
//! | `link-fail: name` | linking must fail, and both linkers must name this symbol |
//! | `needs: avx2` | features of the processor (`/proc/cpuinfo`), without which the test is ignored |
//! | `needs-file: /usr/include/x.h` | files of the system, without which the test is ignored |
//!
//! ## How it is run
//!
//! | directive | meaning |
//! |---|---|
//! | `args: a "b c"` | its arguments |
//! | `stdin: text` | its input; `\n` is a newline |
//! | `env: K=V` | environment variables |
//! | `exit: 3`, `exit: SIGABRT` | how it must end; default 0 |
//! | `ignore-stderr` | its stderr is not compared |
//! | `debugger` | as well under gdb, at -O0 and -O2 with -g (`debuggers/under_gdb.sh`): it must not do anything else there |
//! | `time-limit: 120` | seconds it may take; default 60 |
//!
//! ## What must be lazy (checked at -O0)
//!
//! | directive | meaning |
//! |---|---|
//! | `static: f(inline-asm) g(section)` | **exactly** these functions of all objects are static, for these reasons, beside C++'s initializers; `any`: it doesn't matter |
//! | `lazy: f g` | these are lazy |
//! | `public: f`, `private: f` | these are lazy, and have a stub of their own or none |
//! | `strict` | compiled with `--autojit-strict` |

use anyhow::{Context, Result, bail, ensure};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use crate::process::{Status, TIME_LIMIT};

/// How a program is put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkMode {
    /// `-pie`: what clang does on Debian by itself.
    Pie,
    /// `-fno-pie -no-pie`.
    NoPie,
    /// `-static`.
    Static,
    /// `-static-pie`.
    StaticPie,
    /// Everything, `main` too, in a shared library; the executable has no code of its own.
    Shared,
    /// `-fuse-ld=lld`.
    Lld,
}

impl LinkMode {
    pub const ALL: [LinkMode; 6] = [
        LinkMode::Pie,
        LinkMode::NoPie,
        LinkMode::Static,
        LinkMode::StaticPie,
        LinkMode::Shared,
        LinkMode::Lld,
    ];

    pub fn name(self) -> &'static str {
        match self {
            LinkMode::Pie => "pie",
            LinkMode::NoPie => "no-pie",
            LinkMode::Static => "static",
            LinkMode::StaticPie => "static-pie",
            LinkMode::Shared => "shared",
            LinkMode::Lld => "lld",
        }
    }

    pub fn compile_flags(self) -> &'static [&'static str] {
        match self {
            LinkMode::Pie | LinkMode::Lld | LinkMode::Static => &[],
            LinkMode::NoPie => &["-fno-pie"],
            LinkMode::StaticPie => &["-fPIE"],
            LinkMode::Shared => &["-fPIC"],
        }
    }

    pub fn link_flags(self) -> &'static [&'static str] {
        match self {
            LinkMode::Pie => &[],
            LinkMode::NoPie => &["-no-pie"],
            LinkMode::Static => &["-static"],
            LinkMode::StaticPie => &["-static-pie"],
            LinkMode::Shared => &["-shared"],
            LinkMode::Lld => &["-fuse-ld=lld"],
        }
    }

    /// Whether the dynamic symbols are decided by the objects alone. (In a no-pie program clang's code asks for copy
    /// relocations of external data, which lazy code, being position-independent, does not need.)
    pub fn has_equal_exports(self) -> bool {
        matches!(self, LinkMode::Pie | LinkMode::Shared | LinkMode::Lld)
    }
}

impl FromStr for LinkMode {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> Result<LinkMode> {
        LinkMode::ALL
            .into_iter()
            .find(|mode| mode.name() == name)
            .with_context(|| format!("no link mode {name:?}"))
    }
}

/// Which functions may be static.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statics {
    /// Names and reasons.
    Exactly(BTreeSet<(String, String)>),
    /// All of them, for one reason: the whole module is not eligible.
    All(String),
    Any,
}

/// A library of its own: shared or an archive.
#[derive(Clone, Debug)]
pub struct Library {
    pub sources: Vec<PathBuf>,
    pub plain: bool,
}

#[derive(Clone, Debug)]
pub struct Directives {
    pub part: bool,
    pub flags: Vec<String>,
    pub link_flags: Vec<String>,
    pub links: Vec<LinkMode>,
    pub opts: Vec<String>,
    pub extra: Vec<PathBuf>,
    pub plain: Vec<PathBuf>,
    pub archives: Vec<Library>,
    pub shared: Vec<Library>,
    pub compile_fail: bool,
    pub link_fail: Option<String>,
    pub needs: Vec<String>,
    pub needs_files: Vec<PathBuf>,
    pub args: Vec<String>,
    pub stdin: Vec<u8>,
    pub env: Vec<(String, String)>,
    pub exit: Status,
    pub ignore_stderr: bool,
    pub debugger: bool,
    /// A program that runs the program.
    pub under: Option<PathBuf>,
    pub time_limit: Duration,
    pub statics: Statics,
    pub lazy: Vec<String>,
    pub public: Vec<String>,
    pub private: Vec<String>,
    pub strict: bool,
}

impl Default for Directives {
    fn default() -> Directives {
        Directives {
            part: false,
            flags: Vec::new(),
            link_flags: Vec::new(),
            links: vec![LinkMode::Pie],
            opts: vec!["O0".into(), "O2".into()],
            extra: Vec::new(),
            plain: Vec::new(),
            archives: Vec::new(),
            shared: Vec::new(),
            compile_fail: false,
            link_fail: None,
            needs: Vec::new(),
            needs_files: Vec::new(),
            args: Vec::new(),
            stdin: Vec::new(),
            env: Vec::new(),
            exit: Status::SUCCESS,
            ignore_stderr: false,
            debugger: false,
            under: None,
            time_limit: TIME_LIMIT,
            statics: Statics::Exactly(BTreeSet::new()),
            lazy: Vec::new(),
            public: Vec::new(),
            private: Vec::new(),
            strict: false,
        }
    }
}

impl Directives {
    /// What the program is to be compiled with at a level that the user chose.
    pub fn at_level(&self, level: &str) -> Vec<String> {
        let own = self.opts.iter().filter(|opt| opt.split('+').next() == Some(level));
        let own: Vec<String> = own.cloned().collect();
        if own.is_empty() { vec![level.to_owned()] } else { own }
    }

    pub fn read(path: &Path) -> Result<Directives> {
        let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
        Directives::parse(&text).with_context(|| path.display().to_string())
    }

    pub fn parse(text: &str) -> Result<Directives> {
        let mut directives = Directives::default();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            let Some(directive) = line.strip_prefix("//@") else {
                if line.is_empty() || line.starts_with("//") {
                    continue;
                }
                break;
            };
            let (name, value) = match directive.split_once(':') {
                Some((name, value)) => (name.trim(), Some(value.trim())),
                None => (directive.trim(), None),
            };
            directives.apply(name, value).with_context(|| format!("line {}: {line}", number + 1))?;
        }
        Ok(directives)
    }

    fn apply(&mut self, name: &str, value: Option<&str>) -> Result<()> {
        let Some(value) = value else {
            match name {
                "part" => self.part = true,
                "compile-fail" => self.compile_fail = true,
                "ignore-stderr" => self.ignore_stderr = true,
                "debugger" => self.debugger = true,
                "strict" => self.strict = true,
                _ => bail!("no directive of this name without a value"),
            }
            return Ok(());
        };
        let words = shell_words::split(value)?;
        ensure!(!words.is_empty(), "no value");
        match name {
            "flags" => self.flags.extend(words),
            "link-flags" => self.link_flags.extend(words),
            "links" if words == ["all"] => self.links = LinkMode::ALL.to_vec(),
            "links" => self.links = words.iter().map(|word| word.parse()).collect::<Result<_>>()?,
            "opt" => self.opts = words,
            "extra" => self.extra.extend(paths(words)),
            "plain" => self.plain.extend(paths(words)),
            "archive" => self.archives.push(Library { sources: paths(words).collect(), plain: false }),
            "plain-archive" => self.archives.push(Library { sources: paths(words).collect(), plain: true }),
            "shared" => self.shared.extend(paths(words).map(|s| Library { sources: vec![s], plain: false })),
            "plain-shared" => {
                self.shared.extend(paths(words).map(|s| Library { sources: vec![s], plain: true }));
            }
            "link-fail" => self.link_fail = Some(value.to_owned()),
            "needs" => self.needs.extend(words),
            "needs-file" => self.needs_files.extend(paths(words)),
            "args" => self.args.extend(words),
            "stdin" => self.stdin.extend(value.replace("\\n", "\n").bytes()),
            "env" => {
                for word in words {
                    let (key, value) = word.split_once('=').context("not of the form NAME=VALUE")?;
                    self.env.push((key.to_owned(), value.to_owned()));
                }
            }
            "exit" => self.exit = exit_status(value)?,
            "time-limit" => self.time_limit = Duration::from_secs(value.parse()?),
            "static" => self.add_statics(&words)?,
            "lazy" => self.lazy.extend(words),
            "public" => self.public.extend(words),
            "private" => self.private.extend(words),
            _ => bail!("no directive of this name with a value"),
        }
        Ok(())
    }

    fn add_statics(&mut self, words: &[String]) -> Result<()> {
        for word in words {
            if word == "any" {
                self.statics = Statics::Any;
                continue;
            }
            let (name, reason) = word
                .strip_suffix(')')
                .and_then(|word| word.split_once('('))
                .context("not of the form function(reason)")?;
            if name == "*" {
                self.statics = Statics::All(reason.to_owned());
            } else if let Statics::Exactly(statics) = &mut self.statics {
                statics.insert((name.to_owned(), reason.to_owned()));
            } else {
                bail!("contradicts another `static`");
            }
        }
        Ok(())
    }
}

fn paths(words: Vec<String>) -> impl Iterator<Item = PathBuf> {
    words.into_iter().map(PathBuf::from)
}

/// `3` or the name of a signal.
fn exit_status(text: &str) -> Result<Status> {
    const SIGNALS: [(&str, i32); 5] =
        [("SIGABRT", 6), ("SIGKILL", 9), ("SIGUSR1", 10), ("SIGSEGV", 11), ("SIGTERM", 15)];
    if let Some((_, number)) = SIGNALS.iter().find(|(name, _)| *name == text) {
        return Ok(Status::Signal(*number));
    }
    Ok(Status::Exit(text.parse().context("neither a number nor a known signal")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_end_at_the_first_line_of_code() -> Result<()> {
        let d =
            Directives::parse("// About this.\n//@ args: a 'b c'\n\n//@ exit: 3\nint main;\n//@ strict\n")?;
        assert_eq!(d.args, ["a", "b c"]);
        assert_eq!(d.exit, Status::Exit(3));
        assert!(!d.strict);
        Ok(())
    }

    #[test]
    fn static_functions_come_with_their_reason() -> Result<()> {
        let d = Directives::parse("//@ static: f(naked) g(section)\n")?;
        let expected = [("f", "naked"), ("g", "section")];
        let expected = expected.map(|(f, r)| (f.to_owned(), r.to_owned())).into_iter().collect();
        assert_eq!(d.statics, Statics::Exactly(expected));
        Ok(())
    }

    #[test]
    fn what_is_not_known_is_an_error() {
        for text in ["//@ flag: -g", "//@ links: shard", "//@ exit: SIGNAL", "//@ static: f", "//@ flags:"] {
            assert!(Directives::parse(text).is_err(), "{text}");
        }
    }
}
