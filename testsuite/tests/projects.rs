//! Real projects, from their unmodified sources, built the way their own build systems do it, by clang and by autojit:
//! the builds succeed, their own checks pass, and everything that the programs write is the same byte for byte.
//!
//! The sources come with cargo (`src/sources.rs`); nothing is downloaded here.

use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::inspect::Report;
use autojit_testsuite::process::{self, Outcome, Status};
use autojit_testsuite::sources;
use autojit_testsuite::suite::{self, Condition, Context, Suite, WorkDir};
use autojit_testsuite::toolchain::Toolchain;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::Duration;

/// A whole build on a loaded machine.
const BUILD_LIMIT: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    suite::main(|suite| {
        add(suite, "bzip2 by its Makefile", bzip2);
        add(suite, "bzip2 as a shared library", bzip2_shared);
        add(suite, "lua", lua);
        add(suite, "sqlite", sqlite);
        add(suite, "zlib by its configure script", zlib);
        add(suite, "zstd", zstd);
        Ok(())
    })
}

/// Adds a case for each optimization level.
fn add(suite: &mut Suite, name: &str, case: fn(&Context, &Side<'_>, &Side<'_>) -> Result<()>) {
    for level in ["-O0", "-O2"] {
        suite.add(format!("{name}, {level}"), Condition::Always, move |context| {
            WorkDir::with(|dir| {
                let side = |toolchain, name: &str| {
                    let side = Side { context, toolchain, dir: dir.join(name), level };
                    fs::create_dir(&side.dir)?;
                    Ok::<_, anyhow::Error>(side)
                };
                let toolchains = &context.toolchains;
                case(context, &side(&toolchains.reference, "clang")?, &side(&toolchains.tested, "autojit")?)
            })
        });
    }
}

/// One compiler and the folder that it builds in.
struct Side<'a> {
    context: &'a Context,
    toolchain: &'a Toolchain,
    dir: PathBuf,
    level: &'static str,
}

impl Side<'_> {
    /// A command in the folder, with the compiler as `CC`, as builds are told by users.
    fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = self.context.sandbox.command(program.as_ref());
        command.current_dir(&self.dir).env("CC", &self.toolchain.cc);
        command
    }

    fn run(&self, mut command: Command, input: &[u8]) -> Result<Outcome> {
        process::run(&mut command, input, BUILD_LIMIT)
    }

    /// Runs a shell command that must succeed, with the level that is tested for `-O0`.
    fn shell(&self, line: &str) -> Result<Outcome> {
        let line = &line.replace("-O0", self.level);
        let mut command = self.command("/bin/sh");
        command.args(["-e", "-c", line]);
        let outcome = self.run(command, b"")?;
        outcome.expect_success(&format!("cd {} && {line}", self.dir.display()))?;
        Ok(outcome)
    }

    fn read(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.dir.join(name);
        fs::read(&path).with_context(|| path.display().to_string())
    }

    /// At least so many functions of the file are lazy: a build that silently falls back is no success.
    fn expect_lazy(&self, file: &str, at_least: usize) -> Result<()> {
        let Some(tools) = &self.toolchain.autojit else { return Ok(()) };
        let report = Report::of(&self.context.sandbox, tools, &self.dir.join(file))?;
        let lazy: usize = report.modules.iter().map(|module| module.functions.len()).sum();
        ensure!(lazy >= at_least, "{file}: only {lazy} functions are lazy");
        Ok(())
    }
}

/// Runs the same shell command on both sides; it must print the same and end the same, whichever way that is.
fn same(reference: &Side<'_>, tested: &Side<'_>, line: &str) -> Result<Outcome> {
    let run = |side: &Side<'_>| {
        let mut command = side.command("/bin/sh");
        command.args(["-c", line]);
        side.run(command, b"")
    };
    let (expected, found) = (run(reference)?, run(tested)?);
    ensure!(expected == found, "{line}\n=== clang: {expected}\n=== autojit: {found}");
    Ok(found)
}

/// Bytes of several kinds: noise, words, runs and zeros. The same in every run.
fn sample(size: usize) -> Vec<u8> {
    const WORDS: [&str; 8] =
        ["lazy ", "function ", "body ", "compile ", "call ", "daemon\n", "of the ", "a "];
    let mut bytes = Vec::with_capacity(size + 512);
    let mut state: u64 = 42;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    while bytes.len() < size {
        let n = next() % 400 + 1;
        match next() % 8 {
            0 => bytes.extend((0..n).map(|_| next() as u8)),
            1 => bytes.resize(bytes.len() + n, next() as u8),
            2 => bytes.resize(bytes.len() + n / 4, 0),
            _ => (0..n / 8).for_each(|_| bytes.extend(WORDS[next() % 8].bytes())),
        }
    }
    bytes.truncate(size);
    bytes
}

fn bzip2(_: &Context, reference: &Side<'_>, tested: &Side<'_>) -> Result<()> {
    let sources = sources::package("bzip2-sys")?.join("bzip2-1.0.8");
    let data = sample(25 << 20);
    for side in [reference, tested] {
        sources::copy(&sources, &side.dir)?;
        // Its `all` runs the sample checks too.
        side.shell(r#"make -j2 "CC=$CC" CFLAGS="-O0 -g -D_FILE_OFFSET_BITS=64""#)?;
        side.shell(r#"make "CC=$CC" CFLAGS="-O0 -g -D_FILE_OFFSET_BITS=64" check"#)?;
        fs::write(side.dir.join("data"), &data)?;
        side.shell("./bzip2 -k9 data && ./bzip2 -dc data.bz2 > data.back && ./bzip2 -t data.bz2")?;
        ensure!(side.read("data.back")? == data, "decompression gives other bytes");
    }
    tested.expect_lazy("bzip2", 60)?;
    tested.expect_lazy("libbz2.a", 30)?;
    ensure!(reference.read("data.bz2")? == tested.read("data.bz2")?, "compression gives other bytes");
    for line in [
        "./bzip2 --help",
        "./bzip2 -V < /dev/null",
        "./bzip2 -tvv data.bz2 sample1.bz2",
        "head -c 100000 data | ./bzip2 -zc -1 -s | od -An -tx1 | md5sum",
        "./bzip2 -dc sample2.bz2 | md5sum",
        "head -c 5000 data.bz2 > short.bz2; ./bzip2 -dk short.bz2",
        "echo no bzip2 file > wrong.bz2; ./bzip2 -d wrong.bz2",
        "./bzip2 missing; ./bzip2 -k data",
        "head -c 3000000 data.bz2 > part.bz2; ./bzip2recover part.bz2; ls rec*part.bz2; cat rec*part.bz2 | md5sum",
    ] {
        same(reference, tested, line)?;
    }
    Ok(())
}

fn bzip2_shared(_: &Context, reference: &Side<'_>, tested: &Side<'_>) -> Result<()> {
    let sources = sources::package("bzip2-sys")?.join("bzip2-1.0.8");
    for side in [reference, tested] {
        sources::copy(&sources, &side.dir)?;
        let flags = "-fpic -fPIC -O0 -g -D_FILE_OFFSET_BITS=64";
        side.shell(&format!(r#"make -f Makefile-libbz2_so "CC=$CC" CFLAGS="{flags}""#))?;
        // With the library, and not with code of its own.
        side.shell("rm -f libbz2.a && $CC -O0 bzip2.c -o with_library ./libbz2.so.1.0.8")?;
    }
    tested.expect_lazy("libbz2.so.1.0.8", 30)?;
    for line in [
        "./bzip2-shared < sample3.ref | md5sum",
        "LD_LIBRARY_PATH=. ./with_library -9 < sample1.ref | cmp - sample1.bz2; ldd ./with_library | grep -c bz2",
        "LD_LIBRARY_PATH=. ./with_library -d < sample2.bz2 | cmp - sample2.ref",
    ] {
        same(reference, tested, line)?;
    }
    Ok(())
}

fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/projects")
}

fn lua(_: &Context, reference: &Side<'_>, tested: &Side<'_>) -> Result<()> {
    let sources = sources::package("lua-src")?.join("lua-5.4.7");
    let programs = programs();
    for side in [reference, tested] {
        sources::copy(&sources, &side.dir)?;
        for file in ["lua_main.c", "lua_module.c"] {
            fs::copy(programs.join(file), side.dir.join(file))?;
        }
        sources::copy(&programs.join("lua"), &side.dir.join("scripts"))?;
        side.shell(
            "files=$(ls l*.c | grep -v lua_module.c)
             $CC -std=gnu99 -O0 -g -DLUA_USE_LINUX -I. -c $files
             $CC -O0 -o lua l*.o -lm -ldl -Wl,-E
             $CC -O0 -fPIC -shared -I. lua_module.c -o libcounter.so",
        )?;
    }
    tested.expect_lazy("lua", 800)?;
    for script in ["basics", "strings", "tables", "coroutines", "system"] {
        let outcome = same(reference, tested, &format!("./lua scripts/{script}.lua"))?;
        let expected = if script == "system" { Status::Exit(1) } else { Status::SUCCESS };
        ensure!(outcome.status == expected, "{script}.lua is wrong: {outcome}");
    }
    same(reference, tested, "./lua scripts/*.lua").map(drop)
}

fn sqlite(_: &Context, reference: &Side<'_>, tested: &Side<'_>) -> Result<()> {
    const OPTIONS: &str = "-DSQLITE_ENABLE_FTS3 -DSQLITE_ENABLE_FTS3_PARENTHESIS -DSQLITE_ENABLE_FTS5 \
        -DSQLITE_ENABLE_RTREE -DSQLITE_ENABLE_DBSTAT_VTAB -DSQLITE_ENABLE_COLUMN_METADATA -DSQLITE_ENABLE_STAT4 \
        -DSQLITE_ENABLE_MATH_FUNCTIONS -DSQLITE_SOUNDEX -DSQLITE_THREADSAFE=1 -DSQLITE_ENABLE_API_ARMOR";
    let sources = sources::package("libsqlite3-sys")?.join("sqlite3");
    for side in [reference, tested] {
        for file in ["sqlite3.c", "sqlite3.h"] {
            fs::copy(sources.join(file), side.dir.join(file))?;
        }
        fs::copy(programs().join("sqlite_test.c"), side.dir.join("sqlite_test.c"))?;
        side.shell(&format!("$CC -O0 -g {OPTIONS} -c sqlite3.c && $CC -O0 -g -I. -c sqlite_test.c"))?;
        side.shell("$CC sqlite_test.o sqlite3.o -o sqlite_test -lm -lpthread -ldl")?;
    }
    tested.expect_lazy("sqlite_test", 2000)?;
    let outcome = same(reference, tested, "./sqlite_test")?;
    outcome.expect_success("sqlite_test")?;
    ensure!(outcome.stdout_text().ends_with(" statements, 0 bytes in use\n"), "not all was run: {outcome}");
    Ok(())
}

fn zstd(_: &Context, reference: &Side<'_>, tested: &Side<'_>) -> Result<()> {
    let sources = sources::package("zstd-sys")?.join("zstd/lib");
    for side in [reference, tested] {
        sources::copy(&sources, &side.dir)?;
        fs::copy(programs().join("zstd_test.c"), side.dir.join("zstd_test.c"))?;
        // One of its decoders is an assembly file.
        side.shell(
            "$CC -O0 -g -DZSTD_MULTITHREAD -I. -c zstd_test.c common/*.c compress/*.c decompress/*.[cS] dictBuilder/*.c",
        )?;
        side.shell("$CC *.o -o zstd_test -lpthread")?;
    }
    tested.expect_lazy("zstd_test", 700)?;
    same(reference, tested, "./zstd_test")?.expect_success("zstd_test")
}

fn zlib(_: &Context, reference: &Side<'_>, tested: &Side<'_>) -> Result<()> {
    let sources = sources::package("libz-sys")?.join("src/zlib");
    let data = sample(3 << 20);
    for side in [reference, tested] {
        sources::copy(&sources, &side.dir)?;
        // It is from before C23; and tests must not depend on how many warnings there are.
        side.shell(r#"CFLAGS="-O0 -g -std=gnu99 -w" ./configure"#)?;
        side.shell("make -j2 && make test && make infcover && ./infcover")?;
        fs::write(side.dir.join("data"), &data)?;
    }
    tested.expect_lazy("libz.a", 100)?;
    tested.expect_lazy("libz.so", 100)?;
    for line in [
        "grep -v '^#' zconf.h | md5sum",
        "./example check.gz; ./examplesh check.gz; ./example64 check.gz",
        "for level in 1 6 9; do ./minigzip -$level < data | md5sum; done",
        "./minigzip < data | ./minigzip -d | cmp - data",
        "LD_LIBRARY_PATH=. ./minigzipsh -9 < data > packed.gz; ./minigzip -d < packed.gz | cmp - data; md5sum < packed.gz",
        "echo no gzip file | ./minigzip -d; gzip -dc < packed.gz | cmp - data",
        "./infcover | tail -5",
    ] {
        same(reference, tested, line)?;
    }
    Ok(())
}
