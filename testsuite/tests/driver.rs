//! Command lines: whatever clang prints, writes and returns, autojit-cc prints, writes and returns.
//!
//! Both compilers run in a folder of the same path and with the same files, one after the other. Then output, status and
//! the set of new files are compared; texts byte by byte, objects by what they define, programs by what they do. What
//! only autojit has comes after the table.

use anyhow::{Context as _, Result, bail, ensure};
use autojit_testsuite::inspect::Report;
use autojit_testsuite::process::{self, Outcome, Status, TIME_LIMIT};
use autojit_testsuite::suite::{self, Condition, Context, Suite, WorkDir};
use autojit_testsuite::symbols::{self, Table};
use autojit_testsuite::toolchain::Toolchain;
use object::{Object, ObjectSection, ObjectSymbol};
use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

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

/// Name, command line, input.
struct Case(&'static str, &'static str, &'static str);

/// Everything is compared.
const CASES: &[Case] = &[
    // Questions.
    Case("version", "--version", ""),
    Case("version with inputs", "--version hello.c", ""),
    Case("verbose without inputs", "-v", ""),
    Case("dumpversion", "-dumpversion", ""),
    Case("dumpmachine", "-dumpmachine", ""),
    Case("print-file-name", "-print-file-name=libc.so", ""),
    Case("print-file-name of crt", "-print-file-name=crt1.o -m64", ""),
    Case("print-prog-name", "-print-prog-name=ld", ""),
    Case("print-libgcc", "-print-libgcc-file-name", ""),
    Case("print-target", "-print-target-triple", ""),
    Case("print-multi-os-directory", "-print-multi-os-directory", ""),
    Case("print-supported-cpus", "--print-supported-cpus", ""),
    Case("help", "--help", ""),
    Case("predefined macros", "-dM -E -x c /dev/null", ""),
    Case("include paths", "-E -Wp,-v -x c /dev/null", ""),
    Case("null to null", "-c -o /dev/null -x c /dev/null", ""),
    Case("probe of an option", "-Werror -Wunused-but-set-variable -c -x c /dev/null -o probe.o", ""),
    Case("unknown warning, and errors behind it", "-Werror -Wno-such-warning -c wrong.c", ""),
    Case("unknown warning, preprocessed", "-Werror -Wno-such-warning -E part.c", ""),
    Case("no such plugin", "-fplugin=./none.so -c part.c", ""),
    Case("probe of an unknown warning", "-Werror -Wno-such-warning -c -x c /dev/null -o probe.o", ""),
    Case("probe without output", "-fno-strict-aliasing -S -x c /dev/null -o /dev/null", ""),
    // Other phases.
    Case("preprocess", "-E hello.c", ""),
    Case("preprocess to a file", "-E part.c -o part.i", ""),
    Case("preprocess without lines", "-E -P part.c", ""),
    Case("compile preprocessed", "-x cpp-output -c macros.c -DA=1 -o x.o", ""),
    Case("assembly", "-S part.c", ""),
    Case("assembly to stdout", "-S part.c -o -", ""),
    Case("assembly with debug information", "-S -g part.c", ""),
    Case("IR", "-S -emit-llvm part.c", ""),
    Case("bitcode", "-c -emit-llvm part.c", ""),
    Case("compile bitcode", "-c -emit-llvm part.c -o part.bc", ""),
    Case("syntax only", "-fsyntax-only hello.c", ""),
    Case("syntax only, wrong", "-fsyntax-only wrong.c", ""),
    Case("AST", "-fsyntax-only -Xclang -ast-print part.c", ""),
    Case("precompiled header", "-x c-header -Xclang -fno-pch-timestamp part.h -o part.h.pch", ""),
    Case("other target", "--target=aarch64-linux-gnu -S part.c", ""),
    Case("32 bit", "-m32 -S part.c", ""),
    Case("link time optimization", "-flto -c part.c", ""),
    // Objects and programs.
    Case("object", "-c hello.c", ""),
    Case("object by name", "-c hello.c -o there.o", ""),
    Case("object, options last", "hello.c -o there.o -c -O0 -g", ""),
    Case("object in a folder", "-c hello.c -o sub/there.o", ""),
    Case("object of a source in a folder", "-c sub/hello.c", ""),
    Case("two objects", "-c hello.c part.c", ""),
    Case("two objects, one wrong", "-c wrong.c part.c", ""),
    Case("two objects of one name", "-c hello.c part.c -o both.o", ""),
    Case("many objects with warnings", "-Wall -c warns.c wrong.c nothere.c part.c stop.c", ""),
    Case("same name in two folders", "-c hello.c sub/hello.c", ""),
    Case("program", "hello.c", ""),
    Case("program by name", "-o program hello.c", ""),
    Case("program of several", "part.c uses.c -o program", ""),
    Case("program without inputs", "-o program", ""),
    Case("static program", "-static hello.c -o program", ""),
    Case("shared library", "-shared -fPIC part.c -o libpart.so", ""),
    Case("relocatable", "-r part.c sub/hello.c -o both.o", ""),
    Case("no standard library", "-nostdlib -c part.c", ""),
    Case("assembler source", "-c code.s", ""),
    Case("preprocessed assembler source", "-c pre.S", ""),
    Case("assembler and C", "code.s uses.c part.c -o program", ""),
    Case("wrong assembler source", "-c bad.s", ""),
    Case("wrong inline assembly", "-c broken.s.c", ""),
    Case("integrated assembler off", "-fno-integrated-as -c part.c", ""),
    Case("language by option", "-x c -c data.txt", ""),
    Case("language unknown", "-c data.txt", ""),
    Case("source from stdin", "-x c -c - -o in.o", "int f(void) { return 1; }\n"),
    Case("program from stdin", "-x c - -o program", "int main(void) { return 0; }\n"),
    Case("preprocess stdin", "-E -x c -", "#define A 7\nA\n"),
    Case("error in stdin", "-x c -c - -o in.o", "int f(void) { return x; }\n"),
    Case("stdin without language", "-c -", "int x;\n"),
    Case("null output", "-c hello.c -o /dev/null", ""),
    Case("object to stdout", "-c /dev/null -x c -o -", ""),
    Case("output folder missing", "-c hello.c -o no/such/folder/x.o", ""),
    Case("save-temps", "-save-temps -c part.c", ""),
    Case("save-temps of a program", "-save-temps=obj hello.c -o sub/program", ""),
    Case("pipe", "-pipe -c hello.c", ""),
    Case("debug", "-g -c hello.c", ""),
    Case("optimized", "-O2 -c part.c", ""),
    Case("stack usage", "-fstack-usage -c part.c", ""),
    Case("coverage", "--coverage -c part.c", ""),
    Case("time report is quiet", "-ftime-trace -c part.c -o timed.o", ""),
    // Dependencies.
    Case("M", "-M -nostdinc part.c", ""),
    Case("MM", "-MM part.c", ""),
    Case("MMD", "-MMD -c part.c", ""),
    Case("MMD MP", "-MMD -MP -c part.c -o x.o", ""),
    Case("MD MF MT", "-MD -MF deps.mk -MT target -c part.c", ""),
    Case("one dependency file for two", "-MMD -MF deps.mk -c part.c hello.c", ""),
    Case("no integrated preprocessor, two files", "-no-integrated-cpp -c part.c hello.c", ""),
    Case("verified", "-fverify-intermediate-code -c part.c hello.c", ""),
    Case("diagnostics for machines, two files", "-fdiagnostics-format=sarif -c warns.c hello.c", ""),
    Case("MQ", "-MMD -MQ 'a$b' -c part.c", ""),
    Case("MG", "-MM -MG nothere.c", ""),
    Case("MJ", "-MJ commands.json -c part.c", ""),
    Case("Wp,-MD", "-Wp,-MMD,deps.d -c part.c", ""),
    Case("H", "-H -c part.c", ""),
    // Options.
    Case("D and U", "-DA=5 -DB -UB macros.c -o program", ""),
    Case("undefined macro", "macros.c -o program", ""),
    Case("include", "-include part.h -DA=FACTOR -c macros.c", ""),
    Case("I", "-I sub -isystem . -c part.c", ""),
    Case("response file", "@options.rsp macros.c", ""),
    Case("missing response file", "@missing.rsp hello.c", ""),
    Case("Wa", "-Wa,--noexecstack -c part.c", ""),
    Case("Wl", "-Wl,-O1,--as-needed hello.c -o program", ""),
    Case("Xlinker", "-Xlinker --no-such-linker-option hello.c", ""),
    Case("lld", "-fuse-ld=lld hello.c -o program", ""),
    Case("unknown linker", "-fuse-ld=nosuch hello.c", ""),
    Case("unknown option", "--no-such-option hello.c", ""),
    Case("unknown option, similar", "-fsyntaxonly hello.c", ""),
    Case("unknown f option", "-fno-such-thing -c hello.c", ""),
    Case("unknown m option", "-mno-such-thing -c hello.c", ""),
    Case("unknown standard", "-std=c47 -c hello.c", ""),
    Case("unused option", "-c hello.c -lm", ""),
    Case("ignored gcc option", "-fno-gcse -c hello.c", ""),
    Case("wrong O", "-Obogus -c hello.c", ""),
    Case("missing argument", "hello.c -o", ""),
    Case("missing file", "missing.c", ""),
    Case("missing object", "missing.o hello.c", ""),
    Case("folder as input", "-c sub", ""),
    Case("no input", "", ""),
    Case("no input but options", "-c -g", ""),
    // Diagnostics.
    Case("warning", "-c warns.c", ""),
    Case("more warnings", "-Wall -Wextra -c warns.c", ""),
    Case("Werror", "-Wall -Werror -c warns.c", ""),
    Case("w", "-w -c warns.c", ""),
    Case("Weverything", "-Weverything -c part.c", ""),
    Case("error", "-c wrong.c", ""),
    Case("error in colour", "-fcolor-diagnostics -c wrong.c", ""),
    Case("warning in colour", "-fdiagnostics-color=always -c warns.c", ""),
    Case("no caret", "-fno-caret-diagnostics -fno-diagnostics-show-option -c warns.c", ""),
    Case("parseable", "-fdiagnostics-parseable-fixits -fdiagnostics-print-source-range-info -c wrong.c", ""),
    Case("absolute paths", "-fdiagnostics-absolute-paths -c wrong.c", ""),
    Case("diagnostics for machines", "-fdiagnostics-format=sarif -Wno-sarif-format-unstable -c warns.c", ""),
    Case("missing header", "-c nothere.c", ""),
    Case("error directive", "-c stop.c", ""),
    Case("error limit", "-ferror-limit=1 -c wrong.c", ""),
    Case("diagnostics file", "-serialize-diagnostics part.dia -c part.c", ""),
];

/// What is compared only after names of temporary files, and what autojit adds to a link, have been taken out.
const SCRUBBED: &[Case] = &[
    Case("commands", "-### hello.c", ""),
    Case("commands of a compile", "-### -c -g hello.c part.c", ""),
    Case("verbose compile", "-v -c part.c", ""),
    Case("verbose program", "-v hello.c -o program", ""),
    Case("verbose program, verbose linker", "-v -Wl,-v hello.c -o program", ""),
    Case("commands of a shared library", "-### -shared part.c -o libpart.so", ""),
    // What is handed to the installation's clang.
    Case("analyzed files", "--analyze part.c warns.c", ""),
    Case("files for Polly", "-mllvm -polly -O2 part.c uses.c -o program", ""),
    Case("traced symbol", "part.c uses.c -o program -Wl,--trace-symbol=printf", ""),
    Case("phases", "-ccc-print-phases hello.c", ""),
    Case("bindings", "-ccc-print-bindings hello.c", ""),
    Case("search directories", "-print-search-dirs", ""),
    Case("resource directory", "-print-resource-dir", ""),
];

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
        own_cases(suite);
        Ok(())
    })
}

/// Variables that the optimizer of the skeleton removes, and some that it does not.
const CONSTANTS: &str = "
static const int limit = 10;
static const int table[] = {1, 2, 3};
static volatile int count;
int below(int n) { static const int step = 4; return n + step < limit; }
int entry(int i) { count++; return table[i]; }
__attribute__((constructor)) static void start(void) { count = 3; }
";

/// What one compiler did in its folder.
struct Compiled {
    outcome: Outcome,
    /// Where the folder is now.
    dir: PathBuf,
    /// Files that were not there before.
    files: BTreeSet<PathBuf>,
}

fn compare(
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
fn compile(
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

fn list(root: &Path, below: &Path) -> Result<BTreeSet<PathBuf>> {
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

fn compare_files(context: &Context, expected: &Path, found: &Path, file: &Path) -> Result<()> {
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
fn scrub(context: &Context, text: &str) -> String {
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
fn debug_sections(object: &Path) -> Result<Vec<(String, u64)>> {
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
fn lazy_functions(context: &Context, file: &Path) -> Result<usize> {
    let tools = context.toolchains.tested.autojit.as_ref().context("no autojit")?;
    let report = Report::of(&context.sandbox, tools, file)?;
    Ok(report.modules.iter().map(|module| module.functions.len()).sum())
}

/// What there is nothing to compare with.
fn own_cases(suite: &mut Suite) {
    let mut add = |name: &'static str, case: fn(&Context, &Path) -> Result<()>| {
        suite.add(name, Condition::Lazy, move |context| WorkDir::with(|dir| case(context, dir)));
    };
    add("autojit-off gives clang's object", |context, dir| {
        let toolchains = &context.toolchains;
        for options in ["", " -g", " -O2", " -fPIC"] {
            let expected =
                compile(context, &toolchains.reference, dir, "clang", &format!("-c part.c{options}"), "")?;
            let line = format!("--autojit-off -c part.c{options}");
            let found = compile(context, &toolchains.tested, dir, "autojit", &line, "")?;
            let objects = [expected, found].map(|result| fs::read(result.dir.join("part.o")));
            let [expected, found] = objects;
            ensure!(expected? == found?, "objects differ with{options}");
            fs::remove_dir_all(dir.join("clang"))?;
            fs::remove_dir_all(dir.join("autojit"))?;
        }
        Ok(())
    });
    add("an installed tree finds what belongs to clang", |context, dir| {
        let tree = dir.join("tree");
        for folder in ["bin", "lib/autojit", "lib/clang/22/include"] {
            fs::create_dir_all(tree.join(folder))?;
        }
        let build = context.toolchains.tested.cc.parent().context("no folder")?;
        fs::copy(build.join("autojit-cc"), tree.join("bin/autojit-cc"))?;
        for file in ["libautojit_rt.a", "autojit_rt.bin"] {
            fs::copy(build.join(file), tree.join("lib/autojit").join(file))?;
        }
        fs::write(tree.join("lib/clang/22/include/stddef.h"), "")?;
        let ask = |compiler: &Path, file: &str| -> Result<String> {
            let mut command = context.sandbox.command(compiler);
            command.arg(format!("-print-file-name={file}"));
            Ok(fs::canonicalize(process::run(&mut command, b"", TIME_LIMIT)?.stdout_text().trim())?
                .display()
                .to_string())
        };
        for file in ["LLVMgold.so", "include/stddef.h"] {
            let expected = ask(&context.toolchains.reference.cc, file)?;
            let found = ask(&tree.join("bin/autojit-cc"), file)?;
            ensure!(expected == found, "{file}: {found}, with clang {expected}");
        }
        Ok(())
    });
    add("who needs a missing symbol is said behind the linker's words", |context, dir| {
        let source = "extern \"C\" int nope(int);\nint other(const char *);\nextern int gone;\n\
                      static int inner(int a) { return nope(a) + gone; }\n\
                      int outer(int a) { return other(\"\") + inner(a); }\nint main() { return outer(1); }\n";
        fs::write(dir.join("part.cpp"), source)?;
        let run = |words: &str| {
            let mut command = context.sandbox.command(&context.toolchains.tested.cxx);
            process::run(command.current_dir(dir).args(words.split(' ')), b"", TIME_LIMIT)
        };
        for level in ["-O0", "-O2"] {
            run(&format!("{level} -g -c part.cpp -o part.o"))?.expect_success("compile")?;
            for linker in ["bfd", "gold", "lld"] {
                let found = run(&format!("-fuse-ld={linker} part.o -o part"))?;
                let words = found.stderr_text();
                for note in [
                    "autojit-cc: note: 'nope' is needed by 'inner(int)' (part.o)\n",
                    "autojit-cc: note: 'other(char const*)' is needed by 'outer(int)' (part.o)\n",
                    "autojit-cc: note: 'gone' is needed by lazy code of part.o\n",
                ] {
                    let is_right = found.status == Status::Exit(1) && words.contains(note);
                    ensure!(is_right, "{level} {linker}: {note}{found}");
                }
            }
        }
        Ok(())
    });
    add("a program of another linker says which file it misses", |context, dir| {
        let tree = dir.join("tree");
        fs::create_dir(&tree)?;
        let build = context.toolchains.tested.cc.parent().context("no folder")?;
        for file in ["autojit-cc", "autojit_rt.bin"] {
            fs::copy(build.join(file), tree.join(file))?;
        }
        fs::write(dir.join("one.c"), "int one(void) { return 1; }\nint main(void) { return one(); }\n")?;
        let run = |program: &Path, words: &[&str]| {
            process::run(context.sandbox.command(program).current_dir(dir).args(words), b"", TIME_LIMIT)
        };
        run(&tree.join("autojit-cc"), &["-c", "one.c", "-o", "one.o"])?.expect_success("compile")?;
        run(Path::new("gcc"), &["one.o", "-o", "one"])?.expect_success("link")?;
        let file = tree.join("autojit_rt.bin");
        let expected = format!(
            "autojit: error: the runtime is missing or of another version (link with autojit-cc to do without it): {}\n",
            file.display()
        );
        let mut damaged = fs::read(&file)?;
        damaged[7] ^= 1;
        fs::write(&file, damaged)?;
        for what in ["another version", "no file"] {
            let found = run(&dir.join("one"), &[])?;
            let is_right = found.status == Status::Exit(127) && found.stderr_text() == expected;
            ensure!(is_right, "{what}: {found}");
            let _ = fs::remove_file(&file);
        }
        Ok(())
    });
    add("autojit-off gives a plain program", |context, dir| {
        let found = autojit(context, dir, "--autojit-off hello.c -o program")?;
        found.outcome.expect_success("compile")?;
        let bytes = fs::read(found.dir.join("program"))?;
        ensure!(!bytes.windows(9).any(|window| window == b"__autojit"), "something of ours is in it");
        Ok(())
    });
    add("debug information asks the linker for nothing", |context, dir| {
        fs::write(dir.join("constants.c"), CONSTANTS)?;
        let undefined = |line: &str| {
            run_in(context, dir, line)?.expect_success("compile")?;
            let bytes = fs::read(dir.join("constants.o"))?;
            let mut names = BTreeSet::new();
            for symbol in object::File::parse(&*bytes)?.symbols().filter(ObjectSymbol::is_undefined) {
                names.insert(symbol.name()?.to_owned());
            }
            Ok::<_, anyhow::Error>(names)
        };
        for level in ["-O0", "-O1", "-O2", "-O3", "-Os"] {
            let plain = undefined(&format!("{level} -c constants.c"))?;
            let debug = undefined(&format!("{level} -g -c constants.c"))?;
            ensure!(plain == debug, "{level}: {plain:?}, with -g {debug:?}");
        }
        Ok(())
    });
    add("debug information of a unit without lazy functions", |context, dir| {
        for options in ["-O0 -g", "-O2 -g", "-g -gsplit-dwarf", "-g -fdebug-prefix-map=/a=/b", "-O0"] {
            let toolchains = &context.toolchains;
            let line = format!("{options} -Wall -c data.c");
            let expected = compile(context, &toolchains.reference, dir, "clang", &line, "")?;
            let found = compile(context, &toolchains.tested, dir, "autojit", &line, "")?;
            ensure!(expected.outcome == found.outcome, "{options}: {}{}", expected.outcome, found.outcome);
            let of = |result: &Compiled| debug_sections(&result.dir.join("data.o"));
            let (expected_sections, sections) = (of(&expected)?, of(&found)?);
            ensure!(expected_sections == sections, "{options}: {expected_sections:?} {sections:?}");
            ensure!(sections.is_empty() == (options == "-O0"), "{options}: {sections:?}");
            fs::remove_dir_all(dir.join("clang"))?;
            fs::remove_dir_all(dir.join("autojit"))?;
        }
        Ok(())
    });
    add("pipes are read once", |context, dir| {
        // Of the second kind something is lazy, so that there is no second compile.
        let files = [
            ("data.c", "#include PIPE\nint data = 1 + PIPED;\nint more[PIPED + 1];\n"),
            ("code.c", "#include PIPE\nint lazy(int x) { return x + PIPED; }\n"),
            ("main.c", "int lazy(int);\nint main(void) { return lazy(1) - 8; }\n"),
        ];
        const COMPILES: [&str; 4] = [
            "mkfifo pipe.h; (echo '#define PIPED 7' > pipe.h &); \"$@\" -DPIPE='\"pipe.h\"'",
            "\"$@\" -DPIPE='</dev/null>' -include <(echo '#define PIPED 7')",
            "echo '#define PIPED 7' | \"$@\" -DPIPE='\"/dev/stdin\"'",
            "\"$@\" -DPIPE='</dev/null>' @<(echo -DPIPED=7)",
        ];
        let mut scripts = Vec::new();
        for source in ["data", "code"] {
            scripts.extend(COMPILES.map(|compile| format!("{compile} -g -c {source}.c -o made.o")));
            let main =
                format!("\"$@\" -g -DPIPED=7 -DPIPE='</dev/null>' -x c -c <(cat {source}.c) -o made.o");
            scripts.push(main);
        }
        // Not of bfd, which does not read response files that are pipes.
        scripts.push(
            "\"$@\" -c -DPIPED=7 -DPIPE='</dev/null>' main.c code.c && \
             \"$@\" -fuse-ld=lld main.o -Wl,@<(echo code.o) -o made"
                .to_owned(),
        );
        let run = |toolchain: &Toolchain, option: &str, script: &str| {
            let work = dir.join("work");
            fs::create_dir(&work)?;
            for (name, text) in files {
                fs::write(work.join(name), text)?;
            }
            let mut shell = context.sandbox.command("bash");
            shell.current_dir(&work).args(["-c", script, "bash"]).arg(&toolchain.cc).arg(option);
            process::run(&mut shell, b"", Duration::from_secs(30))
        };
        for (number, script) in scripts.iter().enumerate() {
            let toolchains = &context.toolchains;
            let file = if script.ends_with(".o") { "made.o" } else { "made" };
            let expected = run(&toolchains.reference, "-O0", script)?;
            let clang = dir.join(format!("clang{number}"));
            fs::rename(dir.join("work"), &clang)?;
            for (kind, option) in ["-O0", "--autojit-debug-info=full"].into_iter().enumerate() {
                let found = run(&toolchains.tested, option, script)?;
                ensure!(found == expected, "{option} {script}\nclang: {expected}\nautojit: {found}");
                let ours = dir.join(format!("autojit{number}.{kind}"));
                fs::rename(dir.join("work"), &ours)?;
                compare_files(context, &clang, &ours, Path::new(file)).context(script.clone())?;
                if script.contains("data.c") {
                    let sections = debug_sections(&ours.join(file))?;
                    let of_clang = debug_sections(&clang.join(file))?;
                    ensure!(sections == of_clang, "{script}: {sections:?}, with clang {of_clang:?}");
                }
            }
        }
        Ok(())
    });
    add("mapped paths leave no trace of the folder", |context, dir| {
        let mut objects = Vec::new();
        for place in ["one", "two/deeper"] {
            let folder = dir.join(place);
            fs::create_dir_all(&folder)?;
            fs::write(folder.join("name.h"), "static const char *name = __FILE__;\n")?;
            fs::write(folder.join("a.c"), "#include \"name.h\"\nconst char *get(void) { return name; }\n")?;
            for option in ["-ffile-prefix-map", "-fdebug-prefix-map"] {
                let mut command = context.sandbox.command(&context.toolchains.tested.cc);
                let map = format!("{option}={}=.", folder.display());
                command.current_dir(&folder).args(["-g", "-c", "a.c", &map]);
                process::run(&mut command, b"", TIME_LIMIT)?.expect_success("compile")?;
                objects.push(fs::read(folder.join("a.o"))?);
            }
            let text = String::from_utf8_lossy(&objects[objects.len() - 1]).into_owned();
            ensure!(!text.contains(&*dir.to_string_lossy()), "the object has the folder's path");
        }
        ensure!(objects[0] == objects[2] && objects[1] == objects[3], "the objects differ by the folder");
        Ok(())
    });
    add("a link without lazy code takes nothing of ours", |context, dir| {
        let source = "#include <dlfcn.h>\n#include <execinfo.h>\n\
                      int main(void) { void *frame; return backtrace(&frame, 1) - 1 || dlopen(\"none\", 1); }\n";
        fs::write(dir.join("plain.c"), source)?;
        let has = |name: &str, line: &str| {
            run_in(context, dir, line)?.expect_success("compile")?;
            let bytes = fs::read(dir.join("program"))?;
            Ok::<_, anyhow::Error>(bytes.windows(name.len()).any(|window| window == name.as_bytes()))
        };
        run_in(context, dir, "--autojit-off -c plain.c")?.expect_success("compile")?;
        for name in ["__wrap_", "__autojit", "libgcc_s"] {
            ensure!(!has(name, "plain.o -o program")?, "{name}");
            ensure!(has(name, "plain.c -o program")?, "{name} is not in a lazy program either");
        }
        Ok(())
    });
    add("unknown autojit option", |context, dir| {
        let found = autojit(context, dir, "--autojit-remark -c hello.c")?;
        let text = found.outcome.stderr_text();
        ensure!(found.outcome.status != Status::SUCCESS, "accepted");
        ensure!(
            text.contains("--autojit-remark") && text.contains("--autojit-remarks"),
            "no near names: {text}"
        );
        ensure!(text.lines().count() == 1 && found.files.is_empty(), "more than one line, or files: {text}");
        Ok(())
    });
    add("autojit option without its value", |context, dir| {
        for line in [
            "--autojit-lazy-first -c hello.c",
            "--autojit-lazy-first=many -c hello.c",
            "--autojit-off=1 -c hello.c",
        ] {
            let found = autojit(context, dir, line)?;
            ensure!(found.outcome.status != Status::SUCCESS, "{line}: accepted");
            ensure!(found.outcome.stderr_text().contains("autojit-cc: error:"), "{line}: {}", found.outcome);
            fs::remove_dir_all(found.dir)?;
        }
        Ok(())
    });
    add("errors of code generation end a job, not the driver", |context, dir| {
        // Segmented stacks do not support it, which only code generation says.
        let bad = "int bad(int n, ...) { __builtin_va_list a; __builtin_va_start(a, n); return __builtin_va_arg(a, int); }\n";
        fs::write(dir.join("first.c"), bad)?;
        fs::write(dir.join("second.c"), bad)?;
        fs::write(dir.join("good.c"), "int good(void) { return 1; }\n")?;
        for (line, errors, left) in [
            ("-c first.c", 1, &[][..]),
            ("first.c -o program", 1, &[]),
            ("-c first.c good.c second.c", 2, &["good.o"]),
        ] {
            let outcome = run_in(context, dir, &format!("-fsplit-stack -fno-crash-diagnostics {line}"))?;
            ensure!(outcome.status == Status::Exit(1), "{line}: {outcome}");
            let text = outcome.stderr_text();
            ensure!(text.matches("error in backend").count() == errors, "{line}: {outcome}");
            for entry in fs::read_dir(dir)? {
                let name = entry?.file_name();
                let is_source = Path::new(&name).extension().is_some_and(|e| e == "c");
                ensure!(is_source || left.iter().any(|left| name == *left), "{line}: left {name:?}");
            }
        }
        Ok(())
    });
    add("bitcode on a link line is lazy when asked", |context, dir| {
        let files = [
            ("main.c", "int part(int);\nint main(void) { return part(20) - 42; }\n"),
            ("part.c", "int part(int x) { return 2 * x + 2; }\n"),
            ("unneeded.c", "int missing(void);\nint unneeded(void) { return missing(); }\n"),
        ];
        for (name, text) in files {
            fs::write(dir.join(name), text)?;
        }
        for lto in ["full", "thin"] {
            run_in(context, dir, &format!("-O1 -flto={lto} -c main.c part.c unneeded.c"))?
                .expect_success("compile")?;
            let archiver = context.toolchains.llvm_bin.join("llvm-ar");
            let mut command = context.sandbox.command(archiver);
            command.current_dir(dir).args(["rcs", "libpart.a", "part.o", "unneeded.o"]);
            process::run(&mut command, b"", TIME_LIMIT)?.expect_success("llvm-ar")?;
            for linker in ["bfd", "gold", "lld"] {
                // Without -flto nobody asked for optimization; with it that has to be said.
                for (options, lazy) in [("", 2), ("--autojit-lto=lazy -flto", 2), ("-flto", 0)] {
                    let line = format!("-fuse-ld={linker} {options} -v main.o -L. -lpart -o program");
                    let outcome = run_in(context, dir, &line)?;
                    outcome.expect_success(&line)?;
                    let is_plugin = outcome.stderr_text().contains("-plugin-opt");
                    ensure!(linker == "lld" || is_plugin == (lazy == 0), "{line}: plugin: {outcome}");
                    let mut program = context.sandbox.command(dir.join("program"));
                    process::run(&mut program, b"", TIME_LIMIT)?.expect_success(&line)?;
                    ensure!(
                        lazy_functions(context, &dir.join("program"))? == lazy,
                        "{line}: not {lazy} are lazy"
                    );
                }
            }
        }
        // In one go, where the objects are made by the same command.
        for linker in ["bfd", "lld"] {
            let line = format!("-fuse-ld={linker} -flto --autojit-lto=lazy main.c part.c -o program");
            run_in(context, dir, &line)?.expect_success(&line)?;
            ensure!(lazy_functions(context, &dir.join("program"))? == 2, "{line}: not lazy");
        }
        Ok(())
    });
    add("bitcode that needs the whole program is left to the linker", |context, dir| {
        let text = "struct A { virtual int f(); virtual ~A(); };\nint A::f() { return 3; }\nA::~A() {}\n\
                    struct B : A { int f() override { return 4; } };\n\
                    int call(A *a) { return a->f(); }\nint main() { B b; return call(&b) - 4; }\n";
        fs::write(dir.join("virtual.cpp"), text)?;
        let options = "-fuse-ld=lld -flto -fvisibility=hidden -fsanitize=cfi-vcall --autojit-lto=lazy";
        let line = format!("{options} virtual.cpp -lstdc++ -o program");
        run_in(context, dir, &line)?.expect_success(&line)?;
        let mut program = context.sandbox.command(dir.join("program"));
        process::run(&mut program, b"", TIME_LIMIT)?.expect_success(&line)?;
        ensure!(lazy_functions(context, &dir.join("program"))? == 0, "lazy");
        let outcome = run_in(context, dir, &format!("--autojit-strict {line}"))?;
        ensure!(outcome.status != Status::SUCCESS, "--autojit-strict accepts it");
        Ok(())
    });
    add("autojit-help lists the options", |context, dir| {
        let found = autojit(context, dir, "--autojit-help")?;
        found.outcome.expect_success("--autojit-help")?;
        for option in ["binding", "off", "remarks", "strict", "lazy-first", "lto", "tls", "save-dir"] {
            let option = format!("--autojit-{option}");
            ensure!(
                found.outcome.stdout_text().contains(&option),
                "{option} is not in it: {}",
                found.outcome
            );
        }
        Ok(())
    });
    add("remarks name function, place and reason", |context, dir| {
        let text =
            "int f(int x) {\n  __asm__(\"incl %0\" : \"+r\"(x));\n  return x; }\nint g(void) { return 1; }\n";
        fs::write(dir.join("remark.c"), text)?;
        let outcome = run_in(context, dir, "--autojit-remarks -c remark.c")?;
        outcome.expect_success("remarks are no errors")?;
        let remarks = outcome.stderr_text();
        ensure!(
            remarks.contains("remark.c:1:5: remark: ") && remarks.contains("'f'"),
            "no place or name: {remarks}"
        );
        ensure!(
            remarks.contains("inline-asm") && !remarks.contains("'g'"),
            "no reason, or too much: {remarks}"
        );
        let strict = run_in(context, dir, "--autojit-strict -c remark.c -o strict.o")?;
        ensure!(strict.status == Status::Exit(1), "strict is not strict: {strict}");
        ensure!(!dir.join("strict.o").exists(), "strict leaves an object");
        Ok(())
    });
    add("lazy-first limits the lazy functions", |context, dir| {
        fs::write(
            dir.join("many.c"),
            "int a(void){return 1;}\nint b(void){return 2;}\nint c(void){return 3;}\n",
        )?;
        for first in 0..4 {
            run_in(context, dir, &format!("--autojit-lazy-first={first} -c many.c"))?
                .expect_success("compile")?;
            let tools = context.toolchains.tested.autojit.as_ref().context("no tools")?;
            let report =
                autojit_testsuite::inspect::Report::of(&context.sandbox, tools, &dir.join("many.o"))?;
            let lazy: usize = report.modules.iter().map(|module| module.functions.len()).sum();
            ensure!(lazy == first, "{lazy} are lazy, not {first}");
        }
        Ok(())
    });
    add("objects from bitcode that need the store are kept apart", |context, dir| {
        fs::write(dir.join("main.c"), "int main(void) { return 0; }")?;
        run_in(context, dir, "-flto -c main.c")?.expect_success("compile")?;
        let refers = |option: &str| -> Result<bool> {
            let mut command = context.sandbox.command(&context.toolchains.tested.cc);
            command.current_dir(dir).args(["main.o", "-o", "program", option]);
            command.env("XDG_CACHE_HOME", dir.join("cache"));
            process::run(&mut command, b"", TIME_LIMIT)?.expect_success("link")?;
            let program = fs::read(dir.join("program"))?;
            Ok(program.windows(7).any(|word| word == b"AJSTORE"))
        };
        ensure!(refers("--autojit-store=cache")?, "no reference into the store");
        ensure!(!refers("--autojit-store=embed")?, "the other link's object");
        ensure!(refers("--autojit-store=cache")?, "the other link's object, the second time");
        // What is gone from the store comes back with the next link.
        fs::remove_dir_all(dir.join("cache/autojit/payloads"))?;
        ensure!(refers("--autojit-store=cache")?, "no reference into the store, the third time");
        let mut program = context.sandbox.command(dir.join("program"));
        program.env("XDG_CACHE_HOME", dir.join("cache")).env("AUTOJIT_DAEMON", "private");
        process::run(&mut program, b"", TIME_LIMIT)?
            .expect_success("run")
            .context("the payload is not in the store")?;
        Ok(())
    });
    add("options of ours may stand in response files", |context, dir| {
        fs::write(dir.join("x.c"), "int f(void) { return X; }\n")?;
        fs::write(dir.join("inner"), "--autojit-off '-DX=7 + 1'")?;
        fs::write(dir.join("options"), "-O1\n@inner -c\n")?;
        run_in(context, dir, "@options x.c -o found.o")?.expect_success("compile")?;
        let mut clang = context.sandbox.command(&context.toolchains.reference.cc);
        clang.current_dir(dir).args(["-O1", "-DX=7 + 1", "-c", "x.c", "-o", "expected.o"]);
        process::run(&mut clang, b"", TIME_LIMIT)?.expect_success("clang")?;
        ensure!(fs::read(dir.join("expected.o"))? == fs::read(dir.join("found.o"))?, "objects differ");
        fs::write(dir.join("options"), "--autojit-no-such-option")?;
        let text = run_in(context, dir, "@options -c x.c")?.stderr_text();
        ensure!(text.contains("--autojit-no-such-option"), "{text}");
        Ok(())
    });
    add("output that nobody reads ends us as it ends clang", |context, dir| {
        fs::write(dir.join("large.c"), "int a_variable_with_a_long_name;\n".repeat(100_000))?;
        let ends = |compiler: &Path, line: &str| -> Result<String> {
            let mut shell = context.sandbox.command("bash");
            let script = format!("{} {line}; echo ${{PIPESTATUS[0]}}", compiler.display());
            shell.current_dir(dir).args(["-c", &script]);
            let found = process::run(&mut shell, b"", TIME_LIMIT)?;
            Ok(format!("{}{}", found.stdout_text(), found.stderr_text()))
        };
        let (clang, ours) = (&context.toolchains.reference.cc, &context.toolchains.tested.cc);
        for line in ["-E large.c | head -c 1", "-E -dM large.c | true"] {
            let (expected, found) = (ends(clang, line)?, ends(ours, line)?);
            ensure!(expected == found || line.ends_with("true"), "{line}: {found}, with clang {expected}");
            ensure!(!found.contains("rror"), "{line}: {found}");
        }
        let help = ends(&ours.with_file_name("autojit"), "help 2>&1 | (sleep 0.1; true)")?;
        ensure!(!help.contains("panicked"), "{help}");
        Ok(())
    });
    add("objects from bitcode are kept", |context, dir| {
        fs::write(dir.join("main.c"), "int part(int); int main(void) { return part(1) - 2; }")?;
        fs::write(dir.join("part.c"), "int part(int x) { return x + 1; }")?;
        run_in(context, dir, "-flto -c main.c part.c")?.expect_success("compile")?;
        let link = |cache: &str, output: &str| -> Result<Vec<u8>> {
            let mut command = context.sandbox.command(&context.toolchains.tested.cc);
            command.current_dir(dir).args(["main.o", "part.o", "-o", output]);
            command.env("XDG_CACHE_HOME", dir.join("cache")).env("AUTOJIT_CACHE", cache);
            process::run(&mut command, b"", TIME_LIMIT)?.expect_success("link")?;
            let mut program = context.sandbox.command(dir.join(output));
            process::run(&mut program, b"", TIME_LIMIT)?.expect_success(output)?;
            Ok(fs::read(dir.join(output))?)
        };
        let packs = || -> Result<Vec<PathBuf>> {
            let files = list(dir, Path::new("cache"))?;
            Ok(files.into_iter().filter(|file| file.extension().is_some_and(|e| e == "pack")).collect())
        };
        let plain = link("off", "plain")?;
        ensure!(!dir.join("cache").exists(), "a cache that is off is written");
        ensure!(link("on", "first")? == plain, "an object that is to be kept is another one");
        let kept = packs()?;
        ensure!(kept.len() == 2, "not two objects are kept: {kept:?}");
        let old = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        for file in &kept {
            fs::File::options().write(true).open(dir.join(file))?.set_modified(old)?;
        }
        ensure!(link("on", "second")? == plain, "a kept object is another one");
        for file in &kept {
            ensure!(fs::metadata(dir.join(file))?.modified()? > old, "{} was not used", file.display());
            let bytes = fs::read(dir.join(file))?;
            fs::write(dir.join(file), &bytes[..bytes.len() - 20])?;
        }
        ensure!(link("on", "third")? == plain, "a damaged object was used");
        fs::write(dir.join("part.c"), "int part(int x) { return 2 * x; }")?;
        run_in(context, dir, "-flto -c part.c")?.expect_success("compile")?;
        ensure!(link("on", "fourth")? != plain, "an object of other bitcode was used");
        ensure!(packs()?.len() == 3, "{:?}", packs()?);
        Ok(())
    });
    add("compress decides about the payload", |context, dir| {
        let body = "int i, s = 0; for (i = 0; i < n; i++) s += i % 7 ? s * 3 + i : puts(\"x\"); return s;";
        let functions: String = (0..50).map(|n| format!("int f{n}(int n) {{ {body} }}\n")).collect();
        fs::write(
            dir.join("some.c"),
            format!("#include <stdio.h>\n{functions}int main() {{ return f7(0); }}"),
        )?;
        let mut sizes = Vec::new();
        for option in ["", "--autojit-compress=zstd", "--autojit-compress=none"] {
            run_in(context, dir, &format!("{option} some.c -o some"))?.expect_success("compile")?;
            ensure!(lazy_functions(context, &dir.join("some"))? == 51, "{option}: not all is lazy");
            sizes.push(fs::metadata(dir.join("some"))?.len());
            let mut program = context.sandbox.command(dir.join("some"));
            process::run(&mut program, b"", TIME_LIMIT)?.expect_success(option)?;
        }
        ensure!(sizes[0] == sizes[1] && sizes[0] < sizes[2], "sizes of the programs: {sizes:?}");
        Ok(())
    });
    add("tls decides about thread-local variables", |context, dir| {
        fs::write(
            dir.join("tls.c"),
            "_Thread_local int x;\nint a(void){return x;}\nint b(void){return 2;}\n",
        )?;
        for (option, expected) in [("", 2), ("--autojit-tls=lazy", 2), ("--autojit-tls=skip", 0)] {
            let outcome = run_in(context, dir, &format!("{option} --autojit-remarks -c tls.c"))?;
            outcome.expect_success("compile")?;
            let tools = context.toolchains.tested.autojit.as_ref().context("no tools")?;
            let report = autojit_testsuite::inspect::Report::of(&context.sandbox, tools, &dir.join("tls.o"))?;
            let lazy: usize = report.modules.iter().map(|module| module.functions.len()).sum();
            ensure!(lazy == expected, "{option}: {lazy} are lazy, not {expected}");
            let remarks = outcome.stderr_text().matches("[-Rautojit=thread-local]").count();
            ensure!(remarks == 2 - expected, "{option}: {outcome}");
        }
        Ok(())
    });
    add("save-dir keeps what a replay needs", |context, dir| {
        run_in(context, dir, "--version")?.expect_success("--version")?;
        fs::write(dir.join("kept.c"), "int f(void) { return 1; }\n")?;
        run_in(context, dir, "--autojit-save-dir=saved -c kept.c")?.expect_success("compile")?;
        let files = list(dir, Path::new("saved"))?;
        ensure!(files.len() >= 4, "command, IR before and after, payload? {files:?}");
        Ok(())
    });
    add("the same object twice", |context, dir| {
        for options in ["", "-g", "-fPIC", "-ffunction-sections"] {
            let mut objects = Vec::new();
            for _ in 0..3 {
                let found = autojit(context, dir, &format!("-c hello.c {options}"))?;
                found.outcome.expect_success("compile")?;
                objects.push(fs::read(found.dir.join("hello.o"))?);
                fs::remove_dir_all(found.dir)?;
            }
            ensure!(objects.windows(2).all(|pair| pair[0] == pair[1]), "objects differ with {options:?}");
        }
        Ok(())
    });
    add("the same object in another folder", |context, dir| {
        let mut objects = Vec::new();
        for name in ["one", "another/folder"] {
            let dir = dir.join(name);
            fs::create_dir_all(&dir)?;
            fs::write(
                dir.join("x.c"),
                "static int f(int x) { return x; }\nint main(void) { return f(0); }\n",
            )?;
            run_in(context, &dir, "-c x.c")?.expect_success("compile")?;
            objects.push(fs::read(dir.join("x.o"))?);
        }
        ensure!(objects[0] == objects[1], "the folder is in the object");
        Ok(())
    });
    add("called by another name", |context, dir| {
        let link = dir.join("my-compiler");
        symlink(&context.toolchains.tested.cc, &link)?;
        fs::write(dir.join("x.c"), "#include <stddef.h>\nint main(void) { return sizeof(size_t) - 8; }\n")?;
        let run = |line: &str| {
            let mut command = context.sandbox.command(&link);
            command.current_dir(dir).args(shell_words::split(line)?);
            process::run(&mut command, b"", TIME_LIMIT)
        };
        run("x.c -o x")?.expect_success("compile")?;
        process::run(&mut context.sandbox.command(dir.join("x")), b"", TIME_LIMIT)?.expect_success("run")?;
        let text = run("--no-such-option")?.stderr_text();
        ensure!(text.starts_with("my-compiler: error: "), "{text}");
        Ok(())
    });
    add("nothing is written to the home folder", |context, dir| {
        fs::write(dir.join("x.c"), "int main(void) { return 0; }\n")?;
        run_in(context, dir, "--version")?.expect_success("--version")?;
        for line in ["-g x.c -o x", "-flto x.c -o x"] {
            run_in(context, dir, line)?.expect_success(line)?;
            process::run(&mut context.sandbox.command(dir.join("x")), b"", TIME_LIMIT)?;
        }
        let home = list(&context.sandbox.path().join("home"), Path::new(""))?;
        ensure!(home.is_empty(), "{home:?}");
        Ok(())
    });
}

fn autojit(context: &Context, dir: &Path, line: &str) -> Result<Compiled> {
    compile(context, &context.toolchains.tested, dir, "autojit", line, "")
}

fn run_in(context: &Context, dir: &Path, line: &str) -> Result<Outcome> {
    let mut command = context.sandbox.command(&context.toolchains.tested.cc);
    command.current_dir(dir).args(shell_words::split(line)?);
    process::run(&mut command, b"", TIME_LIMIT)
}
