//! Runs both compilers in a folder of the same path and with the same files, and compares what they leave.

use anyhow::{Context as _, Result, bail, ensure};
use autojit_testsuite::inspect::Report;
use autojit_testsuite::process::{self, Outcome, TIME_LIMIT};
use autojit_testsuite::suite::{self, Context};
use autojit_testsuite::symbols::{self, Table};
use autojit_testsuite::toolchain::Toolchain;
use object::{Object, ObjectSection};
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// The files that every case starts with.
const FILES: &[(&str, &str)] = &[
    // Data and a function that can't be lazy, and something to warn of.
    (
        "data.c",
        "static int unused;\n\
        int numbers[] = {1, 2, 3};\n\
        struct point { int x, y; } origin = {4, 5};\n\
        __attribute__((constructor)) static void start(void) { int local = origin.x; numbers[0] = local; }\n",
    ),
    ("hello.c", "#include <stdio.h>\nint main(void) { printf(\"hello\\n\"); return 0; }\n"),
    ("part.c", "#include \"part.h\"\nint part(int x) { return x * FACTOR; }\n"),
    ("part.h", "#define FACTOR 3\nint part(int x);\n"),
    ("uses.c", "#include \"part.h\"\nint main(void) { return part(14) - 42; }\n"),
    ("warns.c", "int main(void) { int unused = 3.5; return 0; }\n"),
    ("wrong.c", "int main(void) { return missing; }\nint f(void) { return \"x\" * 2; }\n"),
    ("nothere.c", "#include <no/such/file.h>\nint main(void) { return 0; }\n"),
    ("stop.c", "#error stop here\n"),
    (
        "macros.c",
        "int a = A, b =\n#ifdef B\n1\n#else\n2\n#endif\n;\nint main(void) { return a * 10 + b - 52; }\n",
    ),
    (
        "code.s",
        "\t.globl\tfrom_assembly\nfrom_assembly:\n\tmovl\t$5, %eax\n\tret\n\t.section .note.GNU-stack,\"\",@progbits\n",
    ),
    ("pre.S", "#define NAME from_preprocessed\n\t.globl\tNAME\nNAME:\n\tret\n"),
    ("bad.s", "\tthis is no instruction\n"),
    ("broken.s.c", "int f(void) { __asm__(\"no such instruction\"); return 0; }\n"),
    ("options.rsp", "-c -DA=5 \"-DSPACE=a b\"\n-o response.o"),
    ("data.txt", "int main(void) { return 0; }\n"),
    ("sub/hello.c", "int sub(void) { return 1; }\n"),
];

/// What one compiler did in its folder.
pub struct Compiled {
    pub outcome: Outcome,
    /// Where the folder is now.
    pub dir: PathBuf,
    /// Files that were not there before.
    pub files: BTreeSet<PathBuf>,
}

pub fn compare(
    context: &Context,
    dir: &Path,
    line: &str,
    stdin: &str,
    edit: &dyn Fn(String) -> String,
) -> Result<()> {
    let toolchains = &context.toolchains;
    let expected = compile(context, &toolchains.reference, dir, "clang", line, stdin)?;
    let found = compile(context, &toolchains.tested, dir, "autojit", line, stdin)?;
    let edited = |outcome: &Outcome| Outcome {
        stdout: edit(outcome.stdout_text()).into_bytes(),
        stderr: edit(outcome.stderr_text()).into_bytes(),
        status: outcome.status,
    };
    if let Some(difference) =
        suite::difference(&edited(&expected.outcome), &edited(&found.outcome), toolchains)
    {
        bail!("{difference}");
    }
    ensure!(
        expected.files == found.files,
        "other files are written:\nclang: {:?}\nautojit: {:?}",
        expected.files,
        found.files
    );
    for file in &expected.files {
        compare_files(context, &expected.dir, &found.dir, file)
            .with_context(|| file.display().to_string())?;
    }
    Ok(())
}

/// Compiles in a fresh `dir/work`, which then gets the name `keep`: both compilers see the same paths.
pub fn compile(
    context: &Context,
    toolchain: &Toolchain,
    dir: &Path,
    keep: &str,
    line: &str,
    stdin: &str,
) -> Result<Compiled> {
    let work = dir.join("work");
    for (name, text) in FILES {
        let path = work.join(name);
        fs::create_dir_all(path.parent().context("a file without a folder")?)?;
        fs::write(path, text)?;
    }
    let before = list(&work, Path::new(""))?;
    let mut command = context.sandbox.command(&toolchain.cc);
    command.current_dir(&work).args(shell_words::split(line)?);
    let outcome = process::run(&mut command, stdin.as_bytes(), TIME_LIMIT)?;
    let dir = dir.join(keep);
    fs::rename(work, &dir)?;
    let files = list(&dir, Path::new(""))?.difference(&before).cloned().collect();
    Ok(Compiled { outcome, dir, files })
}

pub fn list(root: &Path, below: &Path) -> Result<BTreeSet<PathBuf>> {
    let mut found = BTreeSet::new();
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let path = below.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            found.extend(list(root, &path)?);
        } else {
            found.insert(path);
        }
    }
    Ok(found)
}

pub fn compare_files(context: &Context, expected: &Path, found: &Path, file: &Path) -> Result<()> {
    let (expected_file, found_file) = (expected.join(file), found.join(file));
    let bytes = fs::read(&expected_file)?;
    if !bytes.starts_with(b"\x7fELF") {
        // The time trace holds times.
        let is_equal = bytes == fs::read(&found_file)? || bytes.starts_with(b"{\"traceEvents");
        ensure!(is_equal, "contents differ");
        return Ok(());
    }
    let mode = |path: &Path| Ok::<_, anyhow::Error>(fs::metadata(path)?.permissions().mode());
    ensure!(mode(&expected_file)? == mode(&found_file)?, "modes differ");
    let extension = file.extension().unwrap_or_default();
    if extension == "o" {
        return symbols::compare(&expected_file, &found_file, Table::Object, &HashSet::new(), false);
    }
    symbols::compare(&expected_file, &found_file, Table::Dynamic, &HashSet::new(), false)?;
    if extension != "so" {
        let run = |path: &Path| process::run(&mut context.sandbox.command(path), b"", TIME_LIMIT);
        let (expected, found) = (run(&expected_file)?, run(&found_file)?);
        ensure!(expected == found, "programs differ\n=== clang: {expected}\n=== autojit: {found}");
    }
    Ok(())
}

/// Takes out of printed command lines what may differ: names of temporary files, what autojit adds to a link, and
/// whether a compile among other jobs gets a process of its own.
pub fn scrub(context: &Context, text: &str) -> String {
    let tested = context.toolchains.tested.cc.to_string_lossy();
    let reference = context.toolchains.reference.cc.to_string_lossy();
    let temporary = context.sandbox.path().join("tmp").to_string_lossy().into_owned();
    let text = text.replace(&*tested, "CC").replace(&*reference, "CC");
    let scrub_line = |line: &str| {
        let mut ours = false;
        let mut words = Vec::new();
        for word in line.split(' ') {
            let bare = word.trim_matches('"');
            // The runtime, in front of all inputs.
            if bare.starts_with("/proc/self/fd/") {
                continue;
            }
            // What else is ours of a link line stands between these two.
            ours |= bare == "--push-state";
            if !ours {
                // `/tmp/hello-1a2b3c.o`: the part between the last `-` and the dot is random.
                let is_temporary = word.contains(&temporary);
                let extension = word.rsplit('.').next().unwrap_or_default();
                words.push(if is_temporary { format!("TEMPORARY.{extension}") } else { word.to_owned() });
            }
            ours &= bare != "--pop-state";
        }
        words.join(" ") + "\n"
    };
    text.lines().filter(|line| line.trim() != "(in-process)").map(scrub_line).collect()
}

/// Names and sizes of an object's debug information.
pub fn debug_sections(object: &Path) -> Result<Vec<(String, u64)>> {
    let bytes = fs::read(object)?;
    let mut sections = Vec::new();
    for section in object::File::parse(&*bytes)?.sections() {
        let name = section.name()?;
        if name.starts_with(".debug") {
            sections.push((name.to_owned(), section.size()));
        }
    }
    Ok(sections)
}

/// How many functions of an object or program are lazy.
pub fn lazy_functions(context: &Context, file: &Path) -> Result<usize> {
    let tools = context.toolchains.tested.autojit.as_ref().context("no autojit")?;
    let report = Report::of(&context.sandbox, tools, file)?;
    Ok(report.modules.iter().map(|module| module.functions.len()).sum())
}

pub fn autojit(context: &Context, dir: &Path, line: &str) -> Result<Compiled> {
    compile(context, &context.toolchains.tested, dir, "autojit", line, "")
}

pub fn run_in(context: &Context, dir: &Path, line: &str) -> Result<Outcome> {
    let mut command = context.sandbox.command(&context.toolchains.tested.cc);
    command.current_dir(dir).args(shell_words::split(line)?);
    process::run(&mut command, b"", TIME_LIMIT)
}
