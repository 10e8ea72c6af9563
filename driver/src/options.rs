//! Our own options. All start with `--autojit-`; everything else is clang's and is not looked at.

use crate::link::response;
use anyhow::{Result, bail};
use clap::{CommandFactory, Parser};
use std::ffi::{CString, OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

const PREFIX: &[u8] = b"--autojit-";

/// Options of autojit-cc, beside all of clang's.
#[derive(Parser, Clone, Debug, Default)]
#[command(
    name = "autojit-cc",
    disable_help_flag = true,
    override_usage = "autojit-cc [options of clang] [--autojit-options] file...",
    about = "clang with the function bodies left out of the object file: a body is compiled when it is first called.",
    after_help = "All other options are clang's; see clang --help."
)]
pub struct Options {
    /// Print this help
    #[arg(long = "autojit-help")]
    pub help: bool,

    /// Compile and link as clang does
    #[arg(long = "autojit-off")]
    pub off: bool,

    /// Say on stderr which functions and units are not made lazy, and why
    #[arg(long = "autojit-remarks")]
    pub remarks: bool,

    /// Make it an error if a function or unit can't be made lazy
    #[arg(long = "autojit-strict")]
    pub strict: bool,

    /// Make only the first N functions of each unit lazy, to find the one that goes wrong
    #[arg(long = "autojit-lazy-first", value_name = "N", require_equals = true)]
    pub lazy_first: Option<u32>,

    /// What to do with functions that use thread-local variables
    #[arg(long = "autojit-tls", value_name = "MODE", require_equals = true, value_enum, default_value_t)]
    pub tls: ThreadLocals,

    /// When references of lazy code to other objects are bound
    #[arg(long = "autojit-binding", value_name = "TIME", require_equals = true, value_enum, default_value_t)]
    pub binding: Binding,

    /// How the part of an object that is compiled later is kept
    #[arg(long = "autojit-compress", value_name = "HOW", require_equals = true, value_enum, default_value_t)]
    pub compress: Compress,

    /// Where the part of an object that is compiled later is kept
    #[arg(long = "autojit-store", value_name = "WHERE", require_equals = true, value_enum, default_value_t)]
    pub store: Store,

    /// Where debuggers get what they know of lazy functions (with -g)
    #[arg(
        long = "autojit-debug-info",
        value_name = "KIND",
        require_equals = true,
        value_enum,
        default_value_t
    )]
    pub debug_info: DebugInfo,

    /// What to do with bitcode on a link line (of -flto, or of rustc -C linker-plugin-lto)
    #[arg(long = "autojit-lto", value_name = "MODE", require_equals = true, value_enum, default_value_t)]
    pub lto: Lto,

    /// Let the compile daemon, if one is running, prepare a program as soon as it is linked
    #[arg(
        long = "autojit-prefetch",
        value_name = "WHEN",
        require_equals = true,
        value_enum,
        default_value_t
    )]
    pub prefetch: Toggle,

    /// Let lazy objects find the runtime by themselves if a linker or driver other than autojit-cc links them, or if the user's cache
    /// has all payloads of a program (--autojit-store=cache)
    #[arg(
        long = "autojit-loader",
        value_name = "WHETHER",
        require_equals = true,
        value_enum,
        default_value_t
    )]
    pub loader: Toggle,

    /// Keep what each compile can be replayed from: command, IR before and after, payload
    #[arg(long = "autojit-save-dir", value_name = "DIR", require_equals = true)]
    pub save_dir: Option<PathBuf>,

    /// With -cc1: compile to the object that describes the unit to a debugger (used by the compile daemon)
    #[arg(long = "autojit-debug-object", value_name = "FILE", require_equals = true, hide = true)]
    #[arg(requires = "debug_files")]
    pub debug_object: Option<PathBuf>,

    /// With code as it is made when it is first called, to describe what was
    #[arg(long = "autojit-debug-as-lazy", hide = true, requires = "debug_object")]
    pub debug_as_lazy: bool,

    /// The optimizer makes no calls of these library functions: the program does not have them
    #[arg(long = "autojit-debug-without", value_name = "NAME", require_equals = true, hide = true)]
    #[arg(requires = "debug_object")]
    pub debug_without: Vec<String>,

    /// Without the code
    #[arg(long = "autojit-debug-variables", hide = true, requires = "debug_object")]
    pub debug_variables: bool,

    /// And keep what is made when it is first called itself, with its debug information: the payload
    #[arg(long = "autojit-debug-payload", value_name = "FILE", require_equals = true, hide = true)]
    #[arg(requires = "debug_object")]
    pub debug_payload: Option<PathBuf>,

    /// Do that for a module of bitcode: the one of an archive, or of a file of its own
    #[arg(long = "autojit-debug-bitcode", value_name = "FILE", require_equals = true, hide = true)]
    #[arg(requires = "debug_object")]
    pub debug_bitcode: Option<PathBuf>,

    /// Which module, by its hash, and the options of the link: level, whether a library is made, processor, features
    #[arg(long = "autojit-debug-bitcode-how", value_name = "LIST", require_equals = true, hide = true)]
    #[arg(requires = "debug_bitcode")]
    pub debug_bitcode_how: Option<String>,

    /// The files that this compile read, with their hashes
    #[arg(long = "autojit-debug-files", value_name = "FILE", require_equals = true, hide = true)]
    #[arg(requires = "debug_object")]
    pub debug_files: Option<PathBuf>,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Toggle {
    #[default]
    On,
    Off,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Compress {
    /// In a zstd frame
    #[default]
    Zstd,
    /// As it is
    None,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Store {
    /// In the object
    #[default]
    Embed,
    /// In the user's cache, which the program then needs: for small programs that stay here
    Cache,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DebugInfo {
    /// From the sources, when a debugger asks
    #[default]
    Lazy,
    /// From the object, which has their lines
    Line,
    /// From the object, which has all that clang's has
    Full,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ThreadLocals {
    /// Make them lazy like all others
    #[default]
    Lazy,
    /// Make nothing lazy in a unit that has a thread-local variable
    Skip,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Binding {
    /// By the linker, as all references
    #[default]
    Early,
    /// By name at run time: what is missing stops the program when it is called
    Late,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Lto {
    /// Make it lazy, unless -flto is given with the link
    #[default]
    Auto,
    /// Make it lazy
    Lazy,
    /// Leave it to the linker
    Linker,
}

impl Lto {
    /// Whether bitcode is made lazy by a link; `asked`: with -flto.
    pub fn is_lazy(self, asked: bool) -> bool {
        match self {
            Lto::Auto => !asked,
            Lto::Lazy => true,
            Lto::Linker => false,
        }
    }
}

pub enum Extracted {
    /// Our options, and the arguments that remain, program name first.
    Run(Options, Vec<OsString>),
    /// The text of --autojit-help.
    Help(String),
}

/// Takes our options out of `args`. They may stand anywhere, also in response files.
pub fn extract(args: Vec<OsString>) -> Result<Extracted> {
    let args: Vec<OsString> = args.into_iter().flat_map(opened).collect();
    let (ours, rest): (Vec<OsString>, Vec<OsString>) =
        args.into_iter().partition(|a| a.as_bytes().starts_with(PREFIX));
    if ours.is_empty() {
        return Ok(Extracted::Run(Options::default(), rest));
    }
    let argv = std::iter::once(OsString::from("autojit-cc")).chain(ours.iter().cloned());
    let options = match Options::try_parse_from(argv) {
        Ok(options) => options,
        Err(error) => bail!("{}", explain(&error, &ours)),
    };
    if options.help {
        return Ok(Extracted::Help(Options::command().render_long_help().to_string()));
    }
    Ok(Extracted::Run(options, rest))
}

/// The words of a response file that has options of ours, or that can't be read again; any other argument as it is.
fn opened(argument: OsString) -> Vec<OsString> {
    if argument.as_bytes().first() == Some(&b'@')
        && let Ok(file) = CString::new(argument.as_bytes())
    {
        let words = response::expand(&[file], false);
        if words.iter().any(|word| word.origin.is_none() || word.bytes().starts_with(PREFIX)) {
            return words.iter().map(|word| OsStr::from_bytes(word.bytes()).to_owned()).collect();
        }
    }
    vec![argument]
}

/// One line: what is wrong with our options, and which ones there are.
fn explain(error: &clap::Error, given: &[OsString]) -> String {
    let command = Options::command();
    let name_of = |argument: &clap::Arg| argument.get_long().map(|long| format!("--{long}"));
    let known: Vec<String> = command.get_arguments().filter_map(name_of).collect();
    for argument in given {
        let text = argument.to_string_lossy();
        let name = text.split('=').next().unwrap_or_default();
        if !known.iter().any(|k| k == name) {
            let shown = command.get_arguments().filter(|argument| !argument.is_hide_set());
            let near = nearest(name, &shown.filter_map(name_of).collect::<Vec<_>>());
            return format!("unknown option '{text}'; did you mean {near}? (--autojit-help lists all)");
        }
    }
    let text = error.to_string();
    let mut lines = text.lines().map(str::trim);
    let first = lines.next().unwrap_or_default().trim_start_matches("error: ");
    let values = lines.find(|line| line.starts_with("[possible values")).map(|line| format!(" {line}"));
    format!("{first}{} (--autojit-help explains)", values.unwrap_or_default())
}

/// The known options closest to `name`, by edit distance: up to three.
fn nearest(name: &str, known: &[String]) -> String {
    let mut ranked: Vec<(usize, &String)> = known.iter().map(|k| (distance(name, k), k)).collect();
    ranked.sort();
    let best = ranked.first().map_or(0, |(d, _)| *d);
    let close: Vec<String> =
        ranked.iter().take_while(|(d, _)| *d <= best + 1).take(3).map(|(_, k)| format!("'{k}'")).collect();
    close.join(" or ")
}

/// Levenshtein distance in bytes.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.bytes().enumerate() {
            let change = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(list: &[&str]) -> Vec<OsString> {
        list.iter().map(OsString::from).collect()
    }

    #[test]
    fn ours_are_taken_out_and_the_rest_stays_in_order() {
        let all =
            args(&["autojit-cc", "-c", "--autojit-lazy-first=7", "a.c", "--autojit-strict", "-o", "a.o"]);
        let Ok(Extracted::Run(options, rest)) = extract(all) else { panic!("not taken") };
        assert_eq!((options.lazy_first, options.strict, options.off), (Some(7), true, false));
        assert_eq!(rest, args(&["autojit-cc", "-c", "a.c", "-o", "a.o"]));
    }

    #[test]
    fn an_unknown_one_names_the_near_ones() {
        let Err(error) = extract(args(&["autojit-cc", "--autojit-remark", "a.c"])) else {
            panic!("accepted")
        };
        assert!(error.to_string().contains("'--autojit-remarks'"), "{error}");
    }

    #[test]
    fn a_bad_value_is_explained_in_one_line() {
        let Err(error) = extract(args(&["autojit-cc", "--autojit-lazy-first=x"])) else { panic!("accepted") };
        let text = error.to_string();
        assert!(text.contains("lazy-first") && text.lines().count() == 1, "{text}");
    }

    #[test]
    fn distances() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
