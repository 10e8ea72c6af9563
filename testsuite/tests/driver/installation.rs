//! What the compiler, and what it has linked, find of their installation.

use crate::Own;
use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::process::{self, Status, TIME_LIMIT};
use autojit_testsuite::suite::Context;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

pub const CASES: &[(&str, Own)] = &[
    ("an installed tree finds what belongs to clang", installed_tree),
    ("a program of another linker says which file it misses", missing_runtime),
    ("called by another name", another_name),
];

fn installed_tree(context: &Context, dir: &Path) -> Result<()> {
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
}

fn missing_runtime(context: &Context, dir: &Path) -> Result<()> {
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
}

fn another_name(context: &Context, dir: &Path) -> Result<()> {
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
    // A target in front, of which this compiler knows nothing.
    let toolchains = &context.toolchains;
    let target = |compiler: &Path, folder: &str| {
        let link = dir.join(folder).join("aarch64-linux-gnu-clang");
        fs::create_dir(dir.join(folder))?;
        symlink(compiler, &link)?;
        process::run(context.sandbox.command(&link).arg("-dumpmachine"), b"", TIME_LIMIT)
    };
    let (expected, found) =
        (target(&toolchains.reference.cc, "clang")?, target(&toolchains.tested.cc, "ours")?);
    ensure!(expected == found, "{found}, with clang {expected}");
    Ok(())
}
