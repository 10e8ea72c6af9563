//! Real debuggers, in batch mode: what they say about a program of autojit is what they say about clang's.
//!
//! The commands of a session stand in a file, one in a line. The same session is run on both programs, built from the same
//! sources in two folders of one name, and the transcripts are compared line by line, without what must differ:
//! addresses and process numbers; what is said about breakpoints before the program runs (lazy code is not known
//! to the debugger before that, and such breakpoints wait for it); with LLDB, frames below `main`.

use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::bench;
use autojit_testsuite::process::{self, TIME_LIMIT};
use autojit_testsuite::sources;
use autojit_testsuite::suite::{self, Suite};
use autojit_testsuite::toolchain::{Toolchain, is_cxx, rust_tool};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// A session: its debugger may read megabytes of debug information, on a loaded machine.
const LIMIT: Duration = Duration::from_secs(120);

fn main() -> ExitCode {
    suite::main(|suite| {
        for (name, flags) in
            [("PIE", &[][..]), ("no PIE", &["-fno-pie", "-no-pie"]), ("static", &["-static"])]
        {
            add(suite, &format!("gdb, C, {name}"), move |b| {
                b.same_session("tour.gdb", &["tour.c", "other.c"], flags)
            });
            add(suite, &format!("lldb, C, {name}"), move |b| {
                b.same_session("tour.lldb", &["tour.c", "other.c"], flags)
            });
        }
        for (name, flags) in [("PIE", &["-O2"][..]), ("no PIE", &["-O2", "-fno-pie", "-no-pie"])] {
            add(suite, &format!("gdb, C, -O2, thread-local variables, {name}"), move |b| {
                b.same_session("threaded.gdb", &["threaded.c", "threaded_other.c"], flags)
            });
        }
        for (script, files) in [
            ("tour.gdb", &["tour.c", "other.c"][..]),
            ("tour.lldb", &["tour.c", "other.c"]),
            ("classes.gdb", &["classes.cpp"]),
            ("classes.lldb", &["classes.cpp"]),
        ] {
            add(suite, &format!("{script}, DWARF 4"), move |b| b.same_session(script, files, &["-gdwarf-4"]));
        }
        add(suite, "gdb, C, DWARF of two versions", dwarf_of_two_versions);
        add(suite, "gdb, C, values and places", |b| {
            b.same_session("values.gdb", &["tour.c", "other.c"], &[])
        });
        add(suite, "lldb, C, two runs", |b| b.same_session("twice.lldb", &["twice.c", "twice_other.c"], &[]));
        add(suite, "gdb, C, two runs", |b| b.same_session("twice.gdb", &["twice.c", "twice_other.c"], &[]));
        add(suite, "gdb, C++, objects and exceptions", |b| {
            b.same_session("objects.gdb", &["classes.cpp"], &[])
        });
        add(suite, "gdb, C++, without -g", |b| {
            b.sessions("nameless.gdb", &["nameless.cpp"], [&[], &[]], true)
        });
        for flags in [&["-O2"][..], &["-O2", "-fsanitize=undefined"], &["-O1", "-fsanitize=function"]] {
            add(suite, &format!("gdb, C, without -g, {}", flags.join(" ")), move |b| {
                b.sessions("nameless_optimized.gdb", &["nameless.c"], [flags, flags], true)
            });
        }
        add(suite, "gdb, C++, thread-local members", |b| {
            b.same_session("members.gdb", &["members.cpp"], &["-pthread"])
        });
        add(suite, "gdb, C++, functions as template arguments", |b| {
            b.same_session("arguments.gdb", &["arguments.cpp"], &["-std=c++17"])
        });
        add(suite, "gdb, C, mapped paths", |b| {
            b.same_session("tour.gdb", &["tour.c", "other.c"], &["-ffile-prefix-map=FOLDER=."])
        });
        add(suite, "gdb, C++", |b| b.same_session("classes.gdb", &["classes.cpp"], &[]));
        add(suite, "lldb, C++", |b| b.same_session("classes.lldb", &["classes.cpp"], &[]));
        for sanitizer in ["undefined", "address"] {
            add(suite, &format!("gdb, C++, {sanitizer} sanitizer"), move |b| {
                b.same_session("classes.gdb", &["classes.cpp"], &[&format!("-fsanitize={sanitizer}")])
            });
        }
        for level in ["-O1", "-O2", "-Os"] {
            add(suite, &format!("gdb, C, static functions that are not lazy, {level}"), move |b| {
                b.same_session("statics.gdb", &["statics.c"], &[level, "-Wl,--no-as-needed", "-lm"])
            });
            add(suite, &format!("gdb, C, what is known of variables, {level}"), move |b| {
                b.same_session("known.gdb", &["known.c"], &[level])
            });
            add(suite, &format!("gdb, C, {level}"), move |b| {
                b.same_session("optimized.gdb", &["optimized.c"], &[level])
            });
        }
        for script in ["tour.gdb", "tour.lldb"] {
            add(suite, &format!("{script}, all debug information in the objects"), move |b| {
                b.without_sources(script, &["tour.c", "other.c"], "-g", "--autojit-debug-info=full")
            });
        }
        add(suite, "gdb, C++, all debug information in the objects", |b| {
            b.without_sources("classes.gdb", &["classes.cpp"], "-g", "--autojit-debug-info=full")
        });
        add(suite, "gdb, lines in the objects", |b| {
            b.sessions(
                "lines.gdb",
                &["tour.c", "other.c"],
                [&["-gline-tables-only"], &["-g", "--autojit-debug-info=line"]],
                false,
            )
        });
        for script in ["bzip2.gdb", "bzip2.lldb"] {
            add(suite, script, move |b| {
                let sources = sources::package("bzip2-sys")?.join("bzip2-1.0.8");
                b.same_project(script, &sources, BZIP2, &[], "-k bzip2.c")
            });
        }
        for script in ["sqlite.gdb", "sqlite.lldb"] {
            add(suite, script, move |b| {
                let sources = sources::package("libsqlite3-sys")?.join("sqlite3");
                b.same_project(script, &sources, SQLITE, &["sqlite_test.c"], "")
            });
        }
        add(suite, "gdb, C, linked by lld", |b| {
            b.same_session("tour.gdb", &["tour.c", "other.c"], &["-fuse-ld=lld"])
        });
        for (name, flags) in [("program", &["-pthread"][..]), ("static program", &["-pthread", "-static"])] {
            add(suite, &format!("gdb, thread-local variables of a {name}"), move |b| {
                b.same_session("threads.gdb", &["threads.c"], flags)
            });
        }
        for level in ["-O1", "-O2"] {
            add(suite, &format!("gdb, thread-local variables, {level}"), move |b| {
                b.same_session("threads_optimized.gdb", &["threads.c"], &["-pthread", level])
            });
        }
        for (name, flags) in [
            ("PIE", &[][..]),
            ("no PIE", &["-fno-pie", "-no-pie"]),
            ("sections dropped", &["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"]),
            ("compressed", &["-gz"]),
            ("compressed by zstd", &["-gz=zstd"]),
            ("DWARF of 64 bits", &["-gdwarf64"]),
            ("-ftrapv", &["-ftrapv"]),
            ("lld", &["-fuse-ld=lld"]),
        ] {
            add(suite, &format!("gdb, C, places, {name}"), move |b| {
                b.same_session("places.gdb", &["places.c", "places_main.c"], flags)
            });
        }
        for level in ["-O1", "-O2", "-Os"] {
            add(suite, &format!("gdb, C, places, {level}"), move |b| {
                b.same_session("places_optimized.gdb", &["places.c", "places_main.c"], &[level])
            });
        }
        add(suite, "gdb, C++20", |b| b.same_session("classes.gdb", &["classes.cpp"], &["-std=c++20"]));
        for level in ["-O0", "-O1"] {
            add(suite, &format!("gdb, C++20, coroutine, {level}"), move |b| {
                b.same_session("coroutine.gdb", &["coroutine.cpp"], &["-std=c++20", level])
            });
        }
        add(suite, "gdb, precompiled header", precompiled_header);
        add(suite, "gdb, debug information in a file of its own", separate_file);
        add(suite, "gdb, lines before the program runs", lines_before);
        add(suite, "gdb, Rust", rust);
        add(suite, "gdb, Rust, all debug information in the objects", rust_without_sources);
        add(suite, "gdb, second session is from memory", second_session);
        add(suite, "gdb, changed file", changed_file);
        add(suite, "gdb, described ahead after a link", described_ahead);
        add(suite, "gdb, unit without -g among others", mixed);
        add(suite, "gdb, library and its program", library);
        for debugger in ["gdb", "lldb"] {
            add(suite, &format!("{debugger}, step into a library"), move |b| step_into_library(b, debugger));
        }
        add(suite, "gdb, five plugins", plugins);
        add(suite, "plugins that are unloaded", unloaded_plugins);
        add(suite, "gdb, many units", many_units);
        for (name, flags, plain) in [
            ("PIE", &["-fPIE", "-pie"][..], false),
            ("no PIE", &["-fno-pie", "-no-pie"], false),
            ("plain program", &[], true),
        ] {
            add(suite, &format!("lldb, two libraries, {name}"), move |b| libraries(b, flags, plain));
        }
        add(suite, "gdb, attached late", attached_late);
        for level in ["-O1", "-O2", "-O3"] {
            add(suite, &format!("gdb, attached late, {level}"), move |b| attached_late_optimized(b, level));
        }
        add(suite, "core file", core_file);
        add(suite, "without a debugger", without);
        Ok(())
    })
}

const BZIP2: &str = "bzip2.c blocksort.c huffman.c crctable.c randtable.c compress.c decompress.c bzlib.c \
    -D_FILE_OFFSET_BITS=64";
const SQLITE: &str = "sqlite_test.c sqlite3.c -DSQLITE_ENABLE_COLUMN_METADATA -lm -lpthread -ldl";

/// Stands between what a debugger says and its errors.
const ERRORS: &str = "\n=== errors\n";

struct Bench<'a>(&'a bench::Bench<'a>);

fn add(suite: &mut Suite, name: &str, case: impl FnOnce(&Bench<'_>) -> Result<()> + Send + 'static) {
    bench::add(suite, name, move |bench| case(&Bench(bench)));
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("debuggers")
}

fn project_sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/projects")
}

/// The commands of a session.
fn script(name: &str) -> Result<Vec<String>> {
    Ok(fs::read_to_string(sources().join(name))?.lines().map(str::to_owned).collect())
}

fn commands(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|l| (*l).to_owned()).collect()
}

impl Bench<'_> {
    fn sides(&self) -> [(&'static str, &Toolchain); 2] {
        let toolchains = &self.0.context.toolchains;
        [("clang", &toolchains.reference), ("autojit", &toolchains.tested)]
    }

    /// A folder of one side, with copies of the sources.
    fn folder(&self, side: &str, files: &[&str]) -> Result<PathBuf> {
        let folder = self.0.dir.join(side);
        fs::create_dir_all(&folder)?;
        for file in files {
            fs::copy(sources().join(file), folder.join(file))?;
        }
        Ok(folder)
    }

    fn compile(&self, toolchain: &Toolchain, folder: &Path, args: &[&str]) -> Result<()> {
        let is_cxx = args.iter().any(|a| is_cxx(Path::new(a)));
        let mut command = self.0.sandbox.command(if is_cxx { &toolchain.cxx } else { &toolchain.cc });
        command.current_dir(folder).args(["-O0"]).args(args);
        process::run(&mut command, b"", TIME_LIMIT)?.expect_success("compile").map(drop)
    }

    fn session(&self, folder: &Path, program: &str, commands: &[String]) -> Result<String> {
        self.gdb(folder, &[program], commands)
    }

    fn gdb(&self, folder: &Path, args: &[&str], commands: &[String]) -> Result<String> {
        let mut command: Command = self.0.sandbox.command("gdb");
        command.current_dir(folder).args(["-nx", "-batch"]);
        for line in ["set breakpoint pending on", "set width 0", "set startup-with-shell off"] {
            command.args(["-ex", line]);
        }
        for line in commands {
            command.args(["-ex", &format!("echo > {line}\\n"), "-ex", line]);
        }
        let outcome = process::run(command.args(args), b"", LIMIT)?;
        // What gdb says before the program runs about what it does not know yet comes last, as errors.
        Ok(format!("{}{ERRORS}{}", outcome.stdout_text(), outcome.stderr_text()))
    }

    fn lldb_session(&self, folder: &Path, args: &[&str], commands: &[String]) -> Result<String> {
        // No colours, and nothing of what the user has in a home folder.
        let mut command: Command = self.0.sandbox.command("lldb-22");
        command.current_dir(folder).args(["-x", "-b", "-X"]);
        for line in commands {
            command.args(["-o", line]);
        }
        let outcome = process::run(command.args(args), b"", LIMIT)?;
        Ok(format!("{}{ERRORS}{}", outcome.stdout_text(), outcome.stderr_text()))
    }

    /// Runs a session on both programs, made of the same sources, and compares.
    fn same_session(&self, name: &str, files: &[&str], flags: &[&str]) -> Result<()> {
        let flags = [&["-g"], flags].concat();
        self.sessions(name, files, [&flags, &flags], true)
    }

    /// The same for programs that bring all along that is said about them: the sources are gone.
    fn without_sources(&self, name: &str, files: &[&str], flags: &str, kind: &str) -> Result<()> {
        self.sessions(name, files, [&[flags], &[flags, kind]], false)
    }

    /// Runs a session on both builds of a project, with arguments for the program. `more`: files of this suite's projects.
    fn same_project(
        &self,
        name: &str,
        sources: &Path,
        build: &str,
        more: &[&str],
        arguments: &str,
    ) -> Result<()> {
        let mut commands = script(name)?;
        let run = commands.iter_mut().find(|line| *line == "run").context("a session without a run")?;
        *run = format!("run {arguments}");
        let mut transcripts = Vec::new();
        for (side, toolchain) in self.sides() {
            let folder = self.0.dir.join(side);
            sources::copy(sources, &folder)?;
            for file in more {
                fs::copy(project_sources().join(file), folder.join(file))?;
            }
            self.compile(
                toolchain,
                &folder,
                &["-g", "-o", "program"]
                    .into_iter()
                    .chain(build.split(' ').filter(|w| !w.is_empty()))
                    .collect::<Vec<_>>(),
            )?;
            transcripts.push(self.transcript(name, &folder, &commands)?);
        }
        compare(&transcripts[0], &transcripts[1])
    }

    fn transcript(&self, name: &str, folder: &Path, commands: &[String]) -> Result<Vec<String>> {
        Ok(match name.ends_with(".lldb") {
            true => mask_lldb(&self.lldb_session(folder, &["./program"], commands)?, folder),
            false => mask(&self.session(folder, "./program", commands)?, folder),
        })
    }

    fn sessions(&self, name: &str, files: &[&str], flags: [&[&str]; 2], keep: bool) -> Result<()> {
        let commands = script(name)?;
        let mut transcripts = Vec::new();
        for ((side, toolchain), flags) in self.sides().into_iter().zip(flags) {
            let folder = self.folder(side, files)?;
            let flags: Vec<String> =
                flags.iter().map(|flag| flag.replace("FOLDER", &folder.to_string_lossy())).collect();
            let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
            self.compile(toolchain, &folder, &[&flags, files, &["-o", "program"]].concat())?;
            for file in files.iter().filter(|_| !keep) {
                fs::remove_file(folder.join(file))?;
            }
            transcripts.push(self.transcript(name, &folder, &commands)?);
        }
        compare(&transcripts[0], &transcripts[1])
    }
}

fn compare(reference: &[String], tested: &[String]) -> Result<()> {
    let is_stop = |l: &&String| {
        l.starts_with("Breakpoint ")
            || l.contains(" hit Breakpoint ")
            || l.contains("stop reason = breakpoint")
    };
    let stops = reference.iter().filter(is_stop).count();
    ensure!(stops >= 2, "clang's program never stopped:\n{}", reference.join("\n"));
    same(reference, tested)
}

fn same(reference: &[String], tested: &[String]) -> Result<()> {
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
fn mask(text: &str, folder: &Path) -> Vec<String> {
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
fn mask_lldb(text: &str, folder: &Path) -> Vec<String> {
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

/// A program and a crate, by rustc and its own linker or ours.
fn build_rust(bench: &Bench<'_>, side: &str, flags: &[&str]) -> Result<PathBuf> {
    let folder = bench.folder(side, &["shapes.rs", "rusty.rs"])?;
    let linker = format!("linker={}", bench.0.context.toolchains.tested.cc.display());
    let lazy = ["-C", &linker, "-C", "linker-plugin-lto"];
    let lazy = if side == "autojit" { &lazy[..] } else { &[] };
    for args in
        [&["--crate-type=rlib", "shapes.rs"][..], &["-L.", "--extern=shapes", "rusty.rs", "-o", "program"]]
    {
        let mut rustc = bench.0.sandbox.command(rust_tool("rustc")?);
        rustc.current_dir(&folder).args(["-g", "-C", "dwarf-version=5", "--edition=2024"]);
        let outcome = process::run(rustc.args(lazy).args(flags).args(args), b"", TIME_LIMIT)?;
        outcome.expect_success("rustc")?;
    }
    Ok(folder)
}

/// What of a transcript is the same for a program of which nothing calls back into plain code.
fn mask_rust(text: &str, folder: &Path) -> Vec<String> {
    // Each side has hashes of its own in symbols.
    let is_hash = |word: &str| word.len() == 17 && word.starts_with('h');
    let without_hash = |line: String| match line.split_once("::h") {
        Some((before, after)) if is_hash(&format!("h{}", after.split(' ').next().unwrap_or_default())) => {
            format!("{before}{}", after.get(16..).unwrap_or_default())
        }
        _ => line,
    };
    mask(text, folder)
        .into_iter()
        .filter(|l| !l.starts_with("(More stack frames"))
        .map(without_hash)
        .collect()
}

fn rust(bench: &Bench<'_>) -> Result<()> {
    let commands = script("rusty.gdb")?;
    let mut transcripts = Vec::new();
    for side in ["clang", "autojit"] {
        let folder = build_rust(bench, side, &[])?;
        transcripts.push(mask_rust(&bench.session(&folder, "./program", &commands)?, &folder));
    }
    compare(&transcripts[0], &transcripts[1])
}

/// Neither the sources nor the crates are there any more.
fn rust_without_sources(bench: &Bench<'_>) -> Result<()> {
    let kept = ["-C", "link-arg=--autojit-debug-info=full"];
    let folder = build_rust(bench, "autojit", &kept)?;
    let commands = script("rusty.gdb")?;
    let expected = mask_rust(&bench.session(&folder, "./program", &commands)?, &folder);
    bench.0.sandbox.stop()?;
    fs::remove_file(folder.join("libshapes.rlib"))?;
    let found = mask_rust(&bench.session(&folder, "./program", &commands)?, &folder);
    compare(&expected, &found)
}

fn second_session(bench: &Bench<'_>) -> Result<()> {
    let folder = bench.folder("autojit", &["tour.c", "other.c"])?;
    bench.compile(
        &bench.0.context.toolchains.tested,
        &folder,
        &["-g", "tour.c", "other.c", "-o", "program"],
    )?;
    let commands = commands(&["break helper", "run", "bt 1"]);
    let first = mask(&bench.session(&folder, "./program", &commands)?, &folder);
    ensure!(first.iter().any(|l| l.contains("helper (n=0) at tour.c:24")), "{first:?}");
    // The object is kept; but the files are looked at each time.
    let second = mask(&bench.session(&folder, "./program", &commands)?, &folder);
    ensure!(first == second, "{first:?}\n{second:?}");
    Ok(())
}

/// With debug information clang reads what a precompiled header was made of.
fn precompiled_header(bench: &Bench<'_>) -> Result<()> {
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["tour.c", "other.c"])?;
        fs::write(folder.join("inner.h"), "static inline int in_header(int x) { return x + 1; }\n")?;
        fs::write(folder.join("all.h"), "#include <stdio.h>\n#include <string.h>\n#include \"inner.h\"\n")?;
        bench.compile(toolchain, &folder, &["-g", "-x", "c-header", "all.h", "-o", "all.h.pch"])?;
        let flags = ["-g", "-include", "all.h", "tour.c", "other.c", "-o", "program"];
        bench.compile(toolchain, &folder, &flags)?;
        transcripts.push(bench.transcript("tour.gdb", &folder, &script("tour.gdb")?)?);
    }
    compare(&transcripts[0], &transcripts[1])
}

/// As distributions have it: `objcopy --only-keep-debug`, `strip` and a link from the one to the other.
fn separate_file(bench: &Bench<'_>) -> Result<()> {
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["tour.c", "other.c"])?;
        bench.compile(toolchain, &folder, &["-g", "tour.c", "other.c", "-o", "program"])?;
        for (tool, args) in [
            ("objcopy", &["--only-keep-debug", "program", "program.debug"][..]),
            ("strip", &["-g", "program"]),
            ("objcopy", &["--add-gnu-debuglink=program.debug", "program"]),
        ] {
            let mut command = bench.0.sandbox.command(tool);
            process::run(command.current_dir(&folder).args(args), b"", TIME_LIMIT)?.expect_success(tool)?;
        }
        transcripts.push(bench.transcript("tour.gdb", &folder, &script("tour.gdb")?)?);
    }
    compare(&transcripts[0], &transcripts[1])
}

/// Nobody has to allow breakpoints to be pending.
fn lines_before(bench: &Bench<'_>) -> Result<()> {
    let mut commands = vec!["set breakpoint pending off".to_owned()];
    commands.extend(["break places.c:40", "break places.c:26", "tbreak places_main.c:10"].map(str::to_owned));
    commands.extend(["run", "bt", "continue", "bt", "continue", "bt", "info breakpoints"].map(str::to_owned));
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["places.c", "places_main.c"])?;
        bench.compile(toolchain, &folder, &["-g", "places.c", "places_main.c", "-o", "program"])?;
        transcripts.push(bench.transcript("lines.gdb", &folder, &commands)?);
    }
    compare(&transcripts[0], &transcripts[1])
}

fn changed_file(bench: &Bench<'_>) -> Result<()> {
    let folder = bench.folder("autojit", &["tour.c", "other.c"])?;
    bench.compile(
        &bench.0.context.toolchains.tested,
        &folder,
        &["-g", "tour.c", "other.c", "-o", "program"],
    )?;
    let source = fs::read_to_string(folder.join("tour.c"))?;
    fs::write(folder.join("tour.c"), format!("/* new */\n{source}"))?;
    let text = bench.session(
        &folder,
        "./program",
        &commands(&["break other_count", "run", "info scope other_count"]),
    )?;
    ensure!(
        text.contains("autojit: no debug information for tour.c: ") && text.contains("tour.c was changed"),
        "no remark:\n{text}"
    );
    ensure!(text.contains("1 64 120 two") && text.contains("exited normally"), "it does not run on:\n{text}");
    // Undone, it is known again; the other unit was all the time.
    fs::write(folder.join("tour.c"), source)?;
    let text = bench.session(&folder, "./program", &commands(&["break work", "run"]))?;
    ensure!(text.contains("work (n=3, p=") && text.contains("at tour.c:50"), "{text}");
    Ok(())
}

fn described_ahead(bench: &Bench<'_>) -> Result<()> {
    let folder = bench.folder("autojit", &["tour.c", "other.c"])?;
    let tested = &bench.0.context.toolchains.tested;
    let build = || bench.compile(tested, &folder, &["-g", "tour.c", "other.c", "-o", "program"]);
    build()?;
    let log = bench.0.dir.join("log");
    let mut program = bench.0.sandbox.command(folder.join("program"));
    process::run(program.env("AUTOJIT_LOG", &log), b"", TIME_LIMIT)?.expect_success("the program")?;
    let described =
        || fs::read_to_string(&log).map(|text| text.matches("prefetch: described 2 units").count());
    // Nobody has debugged it yet.
    build()?;
    let commands = commands(&["break helper", "run", "bt 1"]);
    let first = mask(&bench.session(&folder, "./program", &commands)?, &folder);
    ensure!(described()? == 0, "described though nobody wants to know");
    fs::write(folder.join("other.c"), fs::read_to_string(folder.join("other.c"))? + "\nint added;\n")?;
    build()?;
    let started = Instant::now();
    while described()? == 0 {
        ensure!(started.elapsed() < LIMIT, "it is not described: {}", fs::read_to_string(&log)?);
        std::thread::sleep(Duration::from_millis(20));
    }
    let second = mask(&bench.session(&folder, "./program", &commands)?, &folder);
    ensure!(first == second, "{first:?}\n{second:?}");
    Ok(())
}

fn mixed(bench: &Bench<'_>) -> Result<()> {
    let commands =
        commands(&["break factorial", "break other_count", "run", "bt 1", "finish", "continue", "bt 1"]);
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["tour.c", "other.c"])?;
        bench.compile(toolchain, &folder, &["-g", "-c", "tour.c"])?;
        bench.compile(toolchain, &folder, &["-c", "other.c"])?;
        bench.compile(toolchain, &folder, &["tour.o", "other.o", "-o", "program"])?;
        transcripts.push(mask(&bench.session(&folder, "./program", &commands)?, &folder));
    }
    compare(&transcripts[0], &transcripts[1])
}

/// A program that waits in the middle of its lazy functions, until its input ends.
fn waiting(bench: &Bench<'_>, folder: &Path) -> Result<Child> {
    let mut command = bench.0.sandbox.command("./program");
    // The daemon starts with the program, and what it compiles ahead depends on how busy the machine is.
    command.env("AUTOJIT_SPECULATION", "0");
    let mut child = command.current_dir(folder).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().context("no output")?).read_line(&mut line)?;
    ensure!(line == "ready\n", "{line}");
    Ok(child)
}

/// The commands that `autojit debug` prints.
fn late_commands(bench: &Bench<'_>, folder: &Path, args: &[&str]) -> Result<Vec<String>> {
    let mut tool = bench.0.sandbox.tool()?;
    let outcome = process::run(
        tool.current_dir(folder).arg("debug").args(args).args(["--output", "described"]),
        b"",
        LIMIT,
    )?;
    outcome.expect_success("autojit debug")?;
    ensure!(outcome.stderr_text().is_empty(), "{outcome}");
    ensure!(outcome.stdout_text().contains("program: 3 functions"), "{outcome}");
    Ok(outcome.stdout_text().lines().map(str::to_owned).collect())
}

/// From where the commands begin that both sides have.
fn after_attaching(text: &str, prompt: &str) -> String {
    text.find(prompt).map_or(String::new(), |at| text[at..].to_owned())
}

fn attached_late(bench: &Bench<'_>) -> Result<()> {
    let commands = script("late.gdb")?;
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["late.c"])?;
        bench.compile(toolchain, &folder, &["-g", "late.c", "-o", "program"])?;
        let mut child = waiting(bench, &folder)?;
        let pid = child.id().to_string();
        let mut all =
            if toolchain.autojit.is_some() { late_commands(bench, &folder, &[&pid])? } else { Vec::new() };
        all.extend(commands.iter().cloned());
        all.push("kill".to_owned());
        let text = bench.gdb(&folder, &["-p", &pid], &all)?;
        let _ = child.kill();
        child.wait()?;
        transcripts.push(mask(&after_attaching(&text, "> bt\n"), &folder));
    }
    ensure!(transcripts[0].iter().any(|l| l == "Value returned is $7 = 26"), "{:?}", transcripts[0]);
    same(&transcripts[0], &transcripts[1])
}

/// Functions and lines of a stack, without what is not of the program's source.
fn frames(text: &str) -> Vec<String> {
    let of_source = |line: &str| {
        let (head, place) = line.split_once(" at late.c:")?;
        let head = head.split_once(" (")?.0;
        let name = head.rsplit(' ').next()?;
        Some(format!("{name} {place}"))
    };
    text.lines().filter(|line| line.starts_with('#')).filter_map(of_source).collect()
}

/// Above -O0 each function is optimized by itself, so that its variables may be elsewhere; but not what it is.
fn attached_late_optimized(bench: &Bench<'_>, level: &str) -> Result<()> {
    let mut found = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["late.c"])?;
        bench.compile(toolchain, &folder, &["-g", level, "late.c", "-o", "program"])?;
        let mut child = waiting(bench, &folder)?;
        let pid = child.id().to_string();
        let mut all = Vec::new();
        if toolchain.autojit.is_some() {
            let mut tool = bench.0.sandbox.tool()?;
            let tool = tool.current_dir(&folder).args(["debug", &pid, "--output", "described"]);
            let outcome = process::run(tool, b"", LIMIT)?;
            outcome.expect_success("autojit debug")?;
            ensure!(outcome.stderr_text().is_empty(), "{outcome}");
            all.extend(outcome.stdout_text().lines().map(str::to_owned));
        }
        all.extend(
            ["bt", "frame function main", "print limit", "ptype struct job", "kill"].map(str::to_owned),
        );
        let text = bench.gdb(&folder, &["-p", &pid], &all)?;
        let _ = child.kill();
        child.wait()?;
        let text = after_attaching(&text, "> bt\n");
        let values: Vec<String> =
            text.lines().filter(|line| line.starts_with('$')).map(str::to_owned).collect();
        found.push((frames(&text), values, text.contains("const char *name;")));
    }
    ensure!(found[0].0.len() > 1 && found[0].1 == ["$1 = 10"], "{found:?}");
    ensure!(found[0] == found[1], "clang: {:?}\nautojit: {:?}", found[0], found[1]);
    Ok(())
}

fn core_file(bench: &Bench<'_>) -> Result<()> {
    let (gdb, lldb) = (script("core.gdb")?, script("core.lldb")?);
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["late.c"])?;
        bench.compile(toolchain, &folder, &["-g", "late.c", "-o", "program"])?;
        let mut child = waiting(bench, &folder)?;
        let pid = child.id().to_string();
        bench.gdb(&folder, &["-p", &pid], &commands(&["generate-core-file core", "kill"]))?;
        let _ = child.kill();
        child.wait()?;
        let more = |args: &[&str]| match toolchain.autojit.is_some() {
            true => late_commands(bench, &folder, args),
            false => Ok(Vec::new()),
        };
        let all = [more(&["core", "./program"])?, gdb.clone()].concat();
        let text = bench.gdb(&folder, &["./program", "core"], &all)?;
        let mut lines = mask(&after_attaching(&text, "> bt\n"), &folder);
        let all = [more(&["core", "./program", "--lldb"])?, lldb.clone()].concat();
        let text = bench.lldb_session(&folder, &["./program", "-c", "core"], &all)?;
        lines.extend(mask_lldb(&after_attaching(&text, "(lldb) bt\n"), &folder));
        transcripts.push(lines);
    }
    ensure!(transcripts[0].iter().any(|l| l.contains("weight = 26")), "{:?}", transcripts[0]);
    ensure!(transcripts[0].iter().any(|l| l == "(int) weight = 26"), "{:?}", transcripts[0]);
    same(&transcripts[0], &transcripts[1])
}

fn library(bench: &Bench<'_>) -> Result<()> {
    let commands = commands(&[
        "break main",
        "break library_sum",
        "run",
        "next",
        "continue",
        "bt",
        "info args",
        "next",
        "print total",
        "finish",
        "continue",
        "print table",
    ]);
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["library.c", "user.c"])?;
        bench.compile(toolchain, &folder, &["-g", "-fPIC", "-shared", "library.c", "-o", "libsum.so"])?;
        bench.compile(
            toolchain,
            &folder,
            &["-g", "user.c", "-L.", "-lsum", "-Wl,-rpath,$ORIGIN", "-o", "program"],
        )?;
        transcripts.push(mask(&bench.session(&folder, "./program", &commands)?, &folder));
    }
    compare(&transcripts[0], &transcripts[1])
}

/// Each lazy library has its code above itself, as far as there is room: GDB then steps over stubs.
fn plugins(bench: &Bench<'_>) -> Result<()> {
    const PLUGIN: &str = "static int count;\nint run(int by) {\n  int doubled = by * 2;\n  count++;\n  return doubled;\n}\n\n\
                          int more(int by) {\n  return run(by) + 1;\n}\n";
    const PROGRAM: &str = "#include <dlfcn.h>\n\nint main(void) {\n  int all = 0;\n  char name[] = \"./libp0.so\";\n  \
                           for (int i = 0; i < 5; i++) {\n    name[6] = (char)('0' + i);\n    \
                           void *plugin = dlopen(name, RTLD_NOW);\n    int (*run)(int) = (int (*)(int))dlsym(plugin, \"run\");\n    \
                           int (*more)(int) = (int (*)(int))dlsym(plugin, \"more\");\n    all += run(i);\n    all += more(i);\n  }\n  \
                           return all - 45;\n}\n";
    let steps = ["next"; 40].into_iter().chain(["step"; 12]);
    let script: Vec<&str> =
        ["break main", "run"].into_iter().chain(steps).chain(["bt", "info locals"]).collect();
    let commands = commands(&script);
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &[])?;
        fs::write(folder.join("plugin.c"), PLUGIN)?;
        fs::write(folder.join("program.c"), PROGRAM)?;
        for i in 0..5 {
            let name = format!("libp{i}.so");
            bench.compile(toolchain, &folder, &["-g", "-fPIC", "-shared", "plugin.c", "-o", &name])?;
        }
        bench.compile(toolchain, &folder, &["-g", "program.c", "-ldl", "-o", "program"])?;
        transcripts.push(mask(&bench.session(&folder, "./program", &commands)?, &folder));
    }
    ensure!(transcripts[0].iter().any(|line| line.contains("main ()")), "{:?}", transcripts[0]);
    same(&transcripts[0], &transcripts[1])
}

/// Whoever waits for many units is told so, and waits once.
fn many_units(bench: &Bench<'_>) -> Result<()> {
    let folder = bench.folder("autojit", &[])?;
    let mut arguments = vec!["-g".to_owned(), "main.c".to_owned(), "-o".to_owned(), "program".to_owned()];
    fs::write(folder.join("main.c"), "int f1(int);\nint main(void) { return f1(2) - 3; }\n")?;
    for i in 1..20 {
        fs::write(folder.join(format!("f{i}.c")), format!("int f{i}(int x) {{ return x + {i}; }}\n"))?;
        arguments.push(format!("f{i}.c"));
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    bench.compile(&bench.0.context.toolchains.tested, &folder, &arguments)?;
    for is_told in [true, false] {
        let text = bench.session(&folder, "./program", &commands(&["break f1", "run", "bt"]))?;
        ensure!(text.contains("f1 (x=2) at f1.c:1"), "{text}");
        ensure!(text.contains("the debug information of 20 units, once") == is_told, "{text}");
    }
    Ok(())
}

/// Code that lies far from a library gets there by a detour, which nobody sees.
fn step_into_library(bench: &Bench<'_>, debugger: &str) -> Result<()> {
    let is_gdb = debugger == "gdb";
    let start = match is_gdb {
        true => ["break caller.c:9", "break cfun if x > 100", "run"],
        false => ["breakpoint set -f caller.c -l 9", "breakpoint set -f callee.c -l 3 -c 'x > 100'", "run"],
    };
    let frames = if is_gdb { "bt" } else { "frame info" };
    let steps = ["step", frames, "step", "step", "step", "step", frames, "finish", "next", "next"];
    let commands = commands(&start.into_iter().chain(steps).collect::<Vec<_>>());
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["caller.c", "callee.c"])?;
        bench.compile(
            toolchain,
            &folder,
            &["-g", "-fPIC", "-shared", "callee.c", "-Wl,-soname,libcallee.so", "-o", "libcallee.so"],
        )?;
        bench.compile(
            toolchain,
            &folder,
            &["-g", "caller.c", "libcallee.so", "-Wl,-rpath,$ORIGIN", "-o", "program"],
        )?;
        transcripts.push(match is_gdb {
            true => mask(&bench.session(&folder, "./program", &commands)?, &folder),
            false => mask_lldb(&bench.lldb_session(&folder, &["./program"], &commands)?, &folder),
        });
    }
    let text = transcripts[0].join("\n");
    ensure!(text.contains("cfun (x=2)") || text.contains("cfun(x=2)"), "{text}");
    same(&transcripts[0], &transcripts[1])
}

/// What a debugger was told of a plugin stays when the plugin is gone, and the next one is told of behind it.
fn unloaded_plugins(bench: &Bench<'_>) -> Result<()> {
    const PROGRAM: &str = "#include <dlfcn.h>\n#include <stdio.h>\n\nint main(void) {\n  for (int i = 0; i < 4; i++) {\n    \
                           void *plugin = dlopen(i % 2 ? \"./small.so\" : \"./big.so\", RTLD_NOW);\n    \
                           int (*f)(int) = (int (*)(int))dlsym(plugin, \"f\");\n    printf(\"%d\\n\", f(i));\n    \
                           dlclose(plugin);\n  }\n  return 0;\n}\n";
    let folder = bench.folder("autojit", &[])?;
    let tested = &bench.0.context.toolchains.tested;
    // The first one is larger, so that where it was there is nothing any more.
    fs::write(folder.join("big.c"), "static char big[5000000];\nint f(int x) { return big[x] + x; }\n")?;
    fs::write(folder.join("small.c"), "int f(int x) { return x + 10; }\n")?;
    fs::write(folder.join("program.c"), PROGRAM)?;
    for flags in [&["-g"][..], &[]] {
        for name in ["big", "small"] {
            let (source, library) = (format!("{name}.c"), format!("{name}.so"));
            let rest = ["-fPIC", "-shared", &source, "-o", &library];
            bench.compile(tested, &folder, &[flags, &rest].concat())?;
        }
        bench.compile(tested, &folder, &[flags, &["program.c", "-o", "program"]].concat())?;
        let text = bench.lldb_session(&folder, &["./program"], &commands(&["run"]))?;
        ensure!(text.contains("13") && text.contains("exited with status = 0"), "{text}");
        let text = bench.session(&folder, "./program", &commands(&["run"]))?;
        ensure!(text.contains("13") && text.contains("exited normally"), "{text}");
    }
    Ok(())
}

/// Units of one program may have debug information of different versions.
fn dwarf_of_two_versions(bench: &Bench<'_>) -> Result<()> {
    let commands = script("tour.gdb")?;
    for newer in ["tour.c", "other.c"] {
        let mut transcripts = Vec::new();
        for (side, toolchain) in bench.sides() {
            let folder = bench.folder(side, &["tour.c", "other.c"])?;
            for file in ["tour.c", "other.c"] {
                let version = if file == newer { "-gdwarf-5" } else { "-gdwarf-4" };
                bench.compile(toolchain, &folder, &[version, "-c", file])?;
            }
            bench.compile(toolchain, &folder, &["tour.o", "other.o", "-o", "program"])?;
            transcripts.push(bench.transcript("tour.gdb", &folder, &commands)?);
            fs::remove_dir_all(folder)?;
        }
        compare(&transcripts[0], &transcripts[1])?;
    }
    Ok(())
}

/// All images announce their code in one place, where LLDB looks. `plain`: the program is clang's.
fn libraries(bench: &Bench<'_>, flags: &[&str], plain: bool) -> Result<()> {
    const MORE: &str = "int library_sum(int count);\nstatic int half(int number) {\n  return number / 2;\n}\n\n\
                        int library_more(int count) {\n  int more = library_sum(count);\n  return half(more) + 1;\n}\n";
    const PROGRAM: &str = "int library_more(int count);\n\nint main(void) {\n  int found = library_more(4);\n  \
                           return found - 16;\n}\n";
    let commands = commands(&[
        "settings set plugin.jit-loader.gdb.enable on",
        "breakpoint set -n library_sum",
        "breakpoint set -n half",
        "run",
        "bt",
        "frame variable count",
        "next",
        "frame variable",
        "finish",
        "continue",
        "bt",
        "frame variable",
        "finish",
        "frame variable",
        "finish",
        "next",
        "frame variable",
        "continue",
    ]);
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["library.c"])?;
        fs::write(folder.join("more.c"), MORE)?;
        fs::write(folder.join("program.c"), PROGRAM)?;
        let library = ["-g", "-fPIC", "-shared", "-Wl,-rpath,$ORIGIN"];
        bench.compile(toolchain, &folder, &[&library[..], &["library.c", "-o", "libsum.so"]].concat())?;
        bench.compile(
            toolchain,
            &folder,
            &[&library[..], &["more.c", "-L.", "-lsum", "-o", "libmore.so"]].concat(),
        )?;
        let compiler = if plain { &bench.0.context.toolchains.reference } else { toolchain };
        let program = ["-g", "program.c", "-L.", "-lmore", "-lsum", "-Wl,-rpath,$ORIGIN", "-o", "program"];
        bench.compile(compiler, &folder, &[flags, &program].concat())?;
        let mut transcript = mask_lldb(&bench.lldb_session(&folder, &["./program"], &commands)?, &folder);
        for line in &mut transcript {
            *line = line.replace("libsum.so`", "program`").replace("libmore.so`", "program`");
        }
        transcripts.push(transcript);
    }
    ensure!(transcripts[0].iter().any(|l| l.contains("half(number=30)")), "{:?}", transcripts[0]);
    same(&transcripts[0], &transcripts[1])
}

/// Nothing of all this is to be seen when there is no debugger.
fn without(bench: &Bench<'_>) -> Result<()> {
    let folder = bench.folder("autojit", &["tour.c", "other.c"])?;
    let tested = &bench.0.context.toolchains.tested;
    bench.compile(tested, &folder, &["-g", "tour.c", "other.c", "-o", "program"])?;
    let outcome = process::run(&mut bench.0.sandbox.command(folder.join("program")), b"", TIME_LIMIT)?;
    outcome.expect_success("the program")?;
    ensure!(outcome.stderr_text().is_empty(), "{outcome}");
    for name in ["first.o", "second.o"] {
        bench.compile(tested, &folder, &["-g", "-c", "tour.c", "-o", name])?;
    }
    ensure!(fs::read(folder.join("first.o"))? == fs::read(folder.join("second.o"))?, "objects differ");
    Ok(())
}
