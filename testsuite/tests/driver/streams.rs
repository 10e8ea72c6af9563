//! Pipes, and jobs that end badly.

use crate::Own;
use crate::compare::{autojit, compare_files, debug_sections, run_in};
use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::process::{self, Status, TIME_LIMIT};
use autojit_testsuite::suite::Context;
use autojit_testsuite::toolchain::Toolchain;
use std::fs;
use std::path::Path;
use std::time::Duration;

pub const CASES: &[(&str, Own)] = &[
    ("pipes are read once", pipes_are_read_once),
    ("errors of code generation end a job, not the driver", errors_of_code_generation),
    ("output that nobody reads ends us as it ends clang", output_that_nobody_reads),
    ("what jobs take is reported", what_jobs_take),
];

fn what_jobs_take(context: &Context, dir: &Path) -> Result<()> {
    let found = autojit(context, dir, "-fproc-stat-report=report -c hello.c part.c")?;
    found.outcome.expect_success("compile")?;
    let report = fs::read_to_string(found.dir.join("report"))?;
    for (line, object) in report.lines().zip(["hello.o", "part.o"]) {
        let fields: Vec<&str> = line.split(',').collect();
        let [_, name, total, user, memory] = fields[..] else { anyhow::bail!("{report}") };
        let number = |text: &str| text.parse::<u64>().with_context(|| report.clone());
        ensure!(name.trim_matches('"') == object && number(total)? >= number(user)?, "{report}");
        ensure!(number(memory)? > 1000, "{report}");
    }
    ensure!(report.lines().count() == 2, "{report}");
    Ok(())
}

fn pipes_are_read_once(context: &Context, dir: &Path) -> Result<()> {
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
        let main = format!("\"$@\" -g -DPIPED=7 -DPIPE='</dev/null>' -x c -c <(cat {source}.c) -o made.o");
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
}

fn errors_of_code_generation(context: &Context, dir: &Path) -> Result<()> {
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
}

fn output_that_nobody_reads(context: &Context, dir: &Path) -> Result<()> {
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
}
