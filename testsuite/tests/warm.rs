//! What is kept from one run of a program for the next ones: compiled code, and which functions it uses; and what is
//! compiled before the first run.
//!
//! Every case has a sandbox, and so a daemon and a cache, of its own.

use anyhow::{Result, ensure};
use autojit_testsuite::bench::{Bench, add, expect, run};
use autojit_testsuite::process::{Outcome, Status};
use autojit_testsuite::random::Random;
use autojit_testsuite::suite;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    suite::main(|suite| {
        add(suite, "second run after a restart compiles nothing", second_run);
        add(suite, "second run opens all modules at once", recalled);
        add(suite, "children get at once what others before them used", children);
        add(suite, "a program linked anew is another one", linked_anew);
        add(suite, "functions that several units have are compiled once", twins);
        add(suite, "a program that was edited is prepared for what it did before", edited);
        add(suite, "a program is prepared when it is linked", prefetch);
        add(suite, "children of a server without its environment", titles);
        add(suite, "a server that gives up root compiles what it calls", given_up);
        add(suite, "cache in pieces", damaged_cache);
        add(suite, "a daemon that keeps little in memory", little_memory);
        add(suite, "cache that cannot be written", cache_not_writable);
        add(suite, "payloads in the store", stored);
        add(suite, "a program with payloads in the store is small", stored_is_small);
        add(suite, "a store that cannot be written", store_not_writable);
        Ok(())
    })
}

fn cache(bench: &Bench<'_>, action: &str) -> Result<Outcome> {
    let mut command = bench.sandbox.tool()?;
    command.args(["cache", action]);
    run(command)
}

fn second_run(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("faults/slow_walk")?;
    // Only what is called is compiled, so that it can be counted.
    let run_plainly = || {
        let mut command = bench.sandbox.command(&program);
        command.env("AUTOJIT_SPECULATION", "0");
        run(command)
    };
    expect(&expected, &run_plainly()?, "first run")?;
    let compiled = bench.reported("functions compiled")?;
    ensure!(compiled > 10, "only {compiled} functions");
    bench.sandbox.stop()?;
    expect(&expected, &run_plainly()?, "second run")?;
    ensure!(bench.reported("functions compiled")? == 0, "compiled again");
    ensure!(bench.reported("functions ahead")? == compiled - 1, "not linked at once");
    ensure!(cache(bench, "verify")?.status == Status::Exit(0), "the cache is damaged");
    bench.sandbox.stop()?;
    let stats = cache(bench, "stats")?;
    ensure!(stats.stdout_text().contains(&format!("functions             {compiled}\n")), "{stats}");
    cache(bench, "clear")?.expect_success("autojit cache clear")?;
    expect(&expected, &run_plainly()?, "run after clearing")?;
    ensure!(bench.reported("functions compiled")? == compiled, "not compiled after clearing");
    bench.sandbox.stop()?;
    let mut without = bench.sandbox.command(&program);
    without.env("AUTOJIT_CACHE", "off").env("AUTOJIT_SPECULATION", "0");
    expect(&expected, &run(without)?, "run without the cache")?;
    ensure!(bench.reported("functions compiled")? == compiled, "used a cache that is off");
    Ok(())
}

/// Two units with the same inline functions, and one of them changed.
fn twins(bench: &Bench<'_>) -> Result<()> {
    let folder = bench.sandbox.path();
    let header = "#include <vector>
        inline int sum(const std::vector<int> &all) { int s = 0; for (int one : all) s += one; return s; }
        template <class T> T twice(T of) { return of + of; }
        int second(int);";
    fs::write(folder.join("shared.h"), header)?;
    let main = r#"#include "shared.h"
        #include <cstdio>
        int main() { std::printf("%d %d\n", twice(sum({1, 2, 3})), second(4)); }"#;
    fs::write(folder.join("main.cpp"), main)?;
    let program = |number: &str, twins: &str| -> Result<String> {
        let source =
            format!("#include \"shared.h\"\nint second(int n) {{ return twice(sum({{n, {number}}})); }}");
        fs::write(folder.join("second.cpp"), source)?;
        let program = folder.join(format!("twins-{number}"));
        let mut command = bench.sandbox.command(&bench.context.toolchains.tested.cxx);
        command
            .current_dir(folder)
            .args(["main.cpp", "second.cpp", "--autojit-prefetch=off", "-o"])
            .arg(&program);
        run(command)?.expect_success("compile")?;
        let mut command = bench.sandbox.command(&program);
        command.env("AUTOJIT_SPECULATION", "0").env("AUTOJIT_CACHE", "off").env("AUTOJIT_TWINS", twins);
        Ok(run(command)?.stdout_text())
    };
    ensure!(program("5", "off")? == "12 18\n", "wrong result");
    let all = bench.reported("functions compiled")?;
    ensure!(bench.reported("shared by modules")? == 0, "shared though that is off");
    bench.sandbox.stop()?;
    ensure!(program("5", "on")? == "12 18\n", "wrong result");
    let shared = bench.reported("shared by modules")?;
    ensure!(shared > 10 && shared < all, "{shared} of {all} functions are shared");
    // All that is new is the one function that was changed.
    ensure!(program("6", "on")? == "12 20\n", "wrong result after a change");
    let functions = bench.reported("functions compiled")? - all;
    let more = bench.reported("shared by modules")? - shared;
    ensure!(functions > 10 && more == functions - 1, "{more} of {functions} functions were the same");
    Ok(())
}

/// Functions that are too far from main to be compiled ahead, but were called before the edit.
fn edited(bench: &Bench<'_>) -> Result<()> {
    const DEPTH: usize = 12;
    let folder = bench.sandbox.path();
    let chain = |last: &str| {
        let calls = (1..=DEPTH).map(|n| format!("int f{n}(int a) {{ return f{}(a) + {n}; }}\n", n - 1));
        format!("int f0(int a) {{ return a + {last}; }}\n{}", calls.collect::<String>())
    };
    let main =
        format!("#include <stdio.h>\nint f{DEPTH}(int);\nint main() {{ printf(\"%d\\n\", f{DEPTH}(1)); }}");
    fs::write(folder.join("main.c"), main)?;
    let (hello, _) = bench.build("hello")?;
    let mut command = bench.sandbox.command(&hello);
    command.env("AUTOJIT_SPECULATION", "0").env("AUTOJIT_TWINS", "off");
    run(command)?.expect_success("hello")?;
    let program = folder.join("edited");
    let link = |last: &str, prefetch: &str| -> Result<()> {
        fs::write(folder.join("chain.c"), chain(last))?;
        let mut command = bench.sandbox.command(&bench.context.toolchains.tested.cc);
        command.current_dir(folder).args(["main.c", "chain.c", prefetch, "-o"]).arg(&program);
        run(command)?.expect_success("compile")
    };
    link("100", "--autojit-prefetch=off")?;
    ensure!(bench.run(&program)?.stdout_text() == "179\n", "wrong result");
    let (compiled, ahead) = (bench.reported("functions compiled")?, bench.reported("compiled ahead")?);
    link("200", "--autojit-prefetch=on")?;
    // main was compiled before.
    let all = DEPTH as u64 + 1;
    let began = Instant::now();
    while bench.reported("compiled ahead")? < ahead + all && began.elapsed() < Duration::from_secs(20) {
        thread::sleep(Duration::from_millis(5));
    }
    ensure!(bench.run(&program)?.stdout_text() == "279\n", "wrong result after the edit");
    let more = bench.reported("functions compiled")? - compiled;
    ensure!(more == 0, "{more} functions were compiled only when they were called");
    Ok(())
}

fn titles(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("process/titles")?;
    let mut command = bench.sandbox.command(&program);
    command.env("AUTOJIT_SPECULATION", "0");
    expect(&expected, &run(command)?, "the server")?;
    // main, before and after, whoever calls them.
    let found = bench.reported("functions compiled")?;
    ensure!(found == 3, "{found} functions: the child had another daemon");
    Ok(())
}

/// Many programs, one after the other: their modules are known, but few of them stay open. What was closed is opened again.
fn little_memory(bench: &Bench<'_>) -> Result<()> {
    const PROGRAMS: usize = 40;
    let source = bench.dir.join("one.c");
    fs::write(
        &source,
        "int first(void) { return N; }\nint second(void) { return N + 100; }\n\
         int main(int count, char **arguments) {\n (void)arguments;\n\
         return (count > 1 ? second : first)();\n}\n",
    )?;
    let program = |i: usize| bench.dir.join(format!("program{i}"));
    for i in 0..PROGRAMS {
        let mut command = bench.sandbox.command(&bench.context.toolchains.tested.cc);
        command.arg("--autojit-prefetch=off").arg(format!("-DN={i}")).arg(&source).arg("-o").arg(program(i));
        run(command)?.expect_success("compile")?;
    }
    let started = |i: usize, argument: Option<&str>| {
        let mut command = bench.sandbox.command(program(i));
        command.args(argument).env("AUTOJIT_SPECULATION", "0").env("AUTOJIT_CACHE", "off");
        command.env("AUTOJIT_MEMORY", "1");
        run(command).map(|outcome| outcome.status)
    };
    for i in 0..PROGRAMS {
        let status = started(i, None)?;
        ensure!(status == Status::Exit(i as i32), "program {i}: {status:?}");
    }
    // It is not looked after more than ten times a second.
    thread::sleep(Duration::from_millis(200));
    let status = started(0, Some("second"))?;
    ensure!(status == Status::Exit(100), "once more: {status:?}");
    ensure!(
        bench.reported("modules")? == PROGRAMS as u64,
        "modules were forgotten, though closing them suffices"
    );
    let opened = bench.reported("opened")?;
    ensure!(opened < 1024, "{opened} KiB are open");
    let compiled = bench.reported("functions compiled")?;
    ensure!(compiled == 2 * PROGRAMS as u64 + 1, "{compiled} functions: some were compiled twice");
    Ok(())
}

fn given_up(bench: &Bench<'_>) -> Result<()> {
    let source = bench.dir.join("server.c");
    fs::write(
        &source,
        "#include <unistd.h>\nint one(void) { return 1; }\nint two(void) { return 2; }\n\
         int main(int count, char **arguments) {\n (void)arguments;\n setuid(65534);\n\
         return (count > 1 ? two : one)();\n}\n",
    )?;
    let program = bench.dir.join("server");
    let mut command = bench.sandbox.command(&bench.context.toolchains.tested.cc);
    command.arg("--autojit-prefetch=off").arg(&source).arg("-o").arg(&program);
    run(command)?.expect_success("compile")?;
    let mut command = bench.sandbox.command(&program);
    command.env("AUTOJIT_SPECULATION", "0");
    ensure!(run(command)?.status == Status::Exit(1), "the server");
    let found = bench.reported("functions compiled")?;
    ensure!(found == 2, "{found} functions: not just main and one");
    Ok(())
}

/// Two units and a program that uses both. `order`: how they stand on the link line; what `variant` says changes a body, and
/// nothing else.
fn of_three_units(bench: &Bench<'_>, order: [&str; 3], variant: u32) -> Result<PathBuf> {
    let sources = [
        (
            "main.c",
            "int first(int), second(int);\nint main(void) { return first(1) + second(2); }\n".to_owned(),
        ),
        (
            "first.c",
            "static int inner(int a) { return a + 10; }\nint first(int a) { return inner(a); }\n".to_owned(),
        ),
        (
            "second.c",
            format!("int table[4] = {{1, 2, 3}};\nint second(int a) {{ return table[a] + {variant}; }}\n"),
        ),
    ];
    for (name, text) in &sources {
        fs::write(bench.dir.join(name), text)?;
    }
    let program = bench.dir.join("program");
    let mut command = bench.sandbox.command(&bench.context.toolchains.tested.cc);
    command.current_dir(bench.dir).arg("--autojit-prefetch=off").args(order).arg("-o").arg(&program);
    run(command)?.expect_success("compile")?;
    Ok(program)
}

/// Runs the program, whose daemon guesses nothing. The exit status, and what the daemon wrote about it.
fn logged(bench: &Bench<'_>, program: &Path) -> Result<(Status, String)> {
    let log = bench.dir.join("log");
    let before = fs::read_to_string(&log).unwrap_or_default().len();
    let mut command = bench.sandbox.command(program);
    command.env("AUTOJIT_SPECULATION", "0").env("AUTOJIT_LOG", &log);
    let found = run(command)?;
    // The session ends after the program.
    let began = Instant::now();
    loop {
        let text = fs::read_to_string(&log).unwrap_or_default().split_off(before);
        if text.contains(": over,") || began.elapsed() > Duration::from_secs(10) {
            return Ok((found.status, text));
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn requests(log: &str) -> usize {
    log.lines().filter(|line| line.contains(" others ")).count()
}

fn recalled(bench: &Bench<'_>) -> Result<()> {
    let program = of_three_units(bench, ["main.c", "first.c", "second.c"], 1)?;
    let (status, log) = logged(bench, &program)?;
    ensure!(status == Status::Exit(15) && requests(&log) == 4, "first run: {status:?}\n{log}");
    for round in 0..3 {
        let (status, log) = logged(bench, &program)?;
        let is_recalled = log.contains("recalled 2 modules, 3 functions");
        ensure!(
            status == Status::Exit(15) && is_recalled && requests(&log) == 1,
            "run {round}: {status:?}\n{log}"
        );
    }
    // Once the daemon has nothing in memory, modules come with their payloads, one by one, and then stay.
    bench.sandbox.stop()?;
    let (status, log) = logged(bench, &program)?;
    ensure!(status == Status::Exit(15) && !log.contains("compiled"), "after a restart: {status:?}\n{log}");
    let (status, log) = logged(bench, &program)?;
    ensure!(
        status == Status::Exit(15) && log.contains("recalled 2 modules"),
        "after that: {status:?}\n{log}"
    );
    bench.sandbox.stop()?;
    for round in 0..2 {
        let mut command = bench.sandbox.command(&program);
        let log = bench.dir.join("off");
        command.env("AUTOJIT_WARM_START", "off").env("AUTOJIT_SPECULATION", "0").env("AUTOJIT_LOG", &log);
        ensure!(run(command)?.status == Status::Exit(15), "run {round} without warm start");
        ensure!(!fs::read_to_string(log)?.contains("recalled"), "recalled though that is off");
    }
    Ok(())
}

/// A server with one child after the other, each of which does the same; between them there is time to note what one used.
fn children(bench: &Bench<'_>) -> Result<()> {
    const CHILDREN: usize = 5;
    let sources = [
        (
            "main.c",
            "#include <stdlib.h>\n#include <sys/wait.h>\n#include <unistd.h>\nint first(int), second(int);\n\
             static int work(int a) { return first(a) + second(a); }\n\
             int main(int count, char **arguments) {\n\
             for (int i = atoi(arguments[count - 1]); i > 0; i--) {\n  int status;\n  pid_t child = fork();\n\
             if (child == 0) _exit(work(1));\n  waitpid(child, &status, 0);\n\
             if (WEXITSTATUS(status) != 14) return 1;\n  usleep(100000);\n }\n return 0;\n}\n",
        ),
        ("first.c", "static int inner(int a) { return a + 10; }\nint first(int a) { return inner(a); }\n"),
        (
            "second.c",
            "static int inner(int a) { return a + 1; }\nint second(int a) { return inner(a) + 1; }\n",
        ),
    ];
    for (name, text) in &sources {
        fs::write(bench.dir.join(name), text)?;
    }
    let program = bench.dir.join("program");
    let mut command = bench.sandbox.command(&bench.context.toolchains.tested.cc);
    command.current_dir(bench.dir).arg("--autojit-prefetch=off");
    command.args(["main.c", "first.c", "second.c", "-o"]).arg(&program);
    run(command)?.expect_success("compile")?;
    let logged = || -> Result<String> {
        let log = bench.dir.join("log");
        let mut command = bench.sandbox.command(&program);
        command.arg(CHILDREN.to_string()).env("AUTOJIT_SPECULATION", "0").env("AUTOJIT_LOG", &log);
        run(command)?.expect_success("the server")?;
        Ok(fs::read_to_string(log)?)
    };
    let log = logged()?;
    // `work` and the four behind it, by the first child; then the others, by `work`.
    let found = (requests(&log), log.matches("recalled 2 modules, 4 functions").count());
    ensure!(found == (1 + 5 + (CHILDREN - 1), CHILDREN - 1), "first run: {found:?}\n{log}");
    let before = bench.reported("functions found")?;
    logged()?;
    let asked = bench.reported("functions found")? - before;
    ensure!(asked == 1, "second run: {asked} requests, though the server has all that its children use");
    Ok(())
}

fn linked_anew(bench: &Bench<'_>) -> Result<()> {
    let orders = [
        ["main.c", "first.c", "second.c"],
        ["main.c", "second.c", "first.c"],
        ["second.c", "main.c", "first.c"],
        ["first.c", "second.c", "main.c"],
    ];
    for (round, order) in orders.into_iter().cycle().take(8).enumerate() {
        let variant = round as u32 / 2;
        let program = of_three_units(bench, order, variant)?;
        for _ in 0..2 {
            let (status, log) = logged(bench, &program)?;
            ensure!(status == Status::Exit(14 + variant as i32), "{order:?}, {variant}: {status:?}\n{log}");
        }
    }
    Ok(())
}

/// Files of the cache.
fn packs(bench: &Bench<'_>) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for build in fs::read_dir(bench.sandbox.path().join("cache/autojit/objects"))? {
        for pack in fs::read_dir(build?.path())? {
            found.push(pack?.path());
        }
    }
    Ok(found)
}

fn damaged_cache(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("faults/slow_walk")?;
    let mut numbers = Random::of(7);
    for round in 0..8 {
        expect(&expected, &bench.run(&program)?, &format!("round {round}"))?;
        bench.sandbox.stop()?;
        let found = packs(bench)?;
        ensure!(!found.is_empty(), "nothing is kept");
        for pack in &found {
            let mut bytes = fs::read(pack)?;
            for _ in 0..4 {
                let at = numbers.below(bytes.len());
                bytes[at] ^= 1 << numbers.below(8);
            }
            if round % 3 == 2 {
                bytes.truncate(numbers.below(bytes.len()));
            }
            fs::write(pack, bytes)?;
        }
        let verified = cache(bench, "verify")?;
        ensure!(verified.status == Status::Exit(1), "damage in round {round} was not found: {verified}");
    }
    expect(&expected, &bench.run(&program)?, "last run")
}

/// Two units, and what their program is built by.
fn stored_program(bench: &Bench<'_>, options: &[&str]) -> Result<Command> {
    let main =
        "#include <stdio.h>\nint work(int);\nint main(void) { return printf(\"%d\\n\", work(5)) < 0; }\n";
    fs::write(bench.dir.join("main.c"), main)?;
    fs::write(bench.dir.join("work.c"), "int work(int n) { return n ? n * work(n - 1) : 1; }\n")?;
    let mut command = bench.sandbox.command(&bench.context.toolchains.tested.cc);
    command.current_dir(bench.dir).args(["main.c", "work.c", "-o", "program", "--autojit-prefetch=off"]);
    command.args(options);
    Ok(command)
}

fn stored(bench: &Bench<'_>) -> Result<()> {
    let program = bench.dir.join("program");
    for options in [&["-O0", "-g"][..], &["-O2"], &["--autojit-binding=late"]] {
        run(stored_program(bench, options)?)?.expect_success("compile")?;
        let size = fs::metadata(&program)?.len();
        let expected = bench.run(&program)?;
        run(stored_program(bench, &[options, &["--autojit-store=cache"]].concat())?)?
            .expect_success("compile")?;
        let smaller = fs::metadata(&program)?.len();
        let is_late = options.contains(&"--autojit-binding=late");
        ensure!(is_late || smaller + 2000 < size, "{options:?}: {smaller} bytes of {size}");
        expect(&expected, &bench.run(&program)?, "with a store")?;
        // The programs stay whole when the code goes.
        bench.sandbox.stop()?;
        cache(bench, "clear")?.expect_success("autojit cache clear")?;
        expect(&expected, &bench.run(&program)?, "after clearing the cache")?;
    }
    let store = bench.sandbox.path().join("cache/autojit/payloads");
    let change = |change: &dyn Fn(&Path) -> std::io::Result<()>| -> Result<()> {
        bench.sandbox.stop()?;
        for payload in fs::read_dir(&store)? {
            change(&payload?.path())?;
        }
        Ok(())
    };
    let expect_failure = |words: &str| -> Result<()> {
        let found = bench.run(&program)?;
        let text = found.stderr_text();
        let is_said = text.starts_with("autojit: error: ") && text.contains(words);
        ensure!(is_said && found.status == Status::Exit(127), "not refused with '{words}': {found}");
        Ok(())
    };
    let rebuild = || run(stored_program(bench, &["--autojit-store=cache"])?)?.expect_success("compile");
    rebuild()?;
    ensure!(cache(bench, "verify")?.status == Status::Exit(0), "the store is damaged");
    change(&|path| {
        let mut bytes = fs::read(path)?;
        bytes[60] ^= 1;
        fs::write(path, bytes)
    })?;
    expect_failure("is damaged; build the program again")?;
    ensure!(cache(bench, "verify")?.status == Status::Exit(1), "damage is not found");
    rebuild()?;
    ensure!(bench.run(&program)?.stdout_text() == "120\n", "a build does not repair the store");
    change(&|path| fs::remove_file(path))?;
    expect_failure("can't be read from")
}

fn stored_is_small(bench: &Bench<'_>) -> Result<()> {
    let program = bench.dir.join("program");
    let mut without = stored_program(bench, &["-O0", "-g"])?;
    without.arg("--autojit-off");
    run(without)?.expect_success("compile")?;
    let expected = bench.run(&program)?;
    // With the runtime in the program, or loaded.
    let expect_runtime = |what: &str, options: &[&str], is_within: bool| -> Result<()> {
        let mut command = stored_program(bench, &["-O0", "-g", "--autojit-store=cache"])?;
        command.args(options);
        let built = run(command)?;
        built.expect_success("compile")?;
        ensure!(built.stderr_text().is_empty(), "{what}: {built}");
        let has_note = |bytes: &[u8]| bytes.windows(22).any(|name| name == b".note.autojit.runtime\0");
        ensure!(has_note(&fs::read(&program)?) == is_within, "{what}: where is the runtime?");
        bench.sandbox.stop()?;
        expect(&expected, &bench.run(&program)?, what)
    };
    expect_runtime("loaded", &[], false)?;
    expect_runtime("loaded by a static program", &["-static"], false)?;
    expect_runtime("linked by lld", &["-fuse-ld=lld"], false)?;
    expect_runtime("linked by gold", &["-fuse-ld=gold"], false)?;
    // Without room between code and data they would be in one segment, with a warning.
    let constant = "static void at_start(void) {}\n__attribute__((section(\".preinit_array\"), used))\n\
                    static void (*const entry)(void) = at_start;\n";
    fs::write(bench.dir.join("constant.c"), constant)?;
    expect_runtime("constants among the data", &["-fno-pie", "-no-pie", "constant.c"], false)?;
    expect_runtime("switched off", &["--autojit-loader=off"], true)?;
    fs::write(bench.dir.join("other.c"), "int other(void) { return 1; }\n")?;
    let mut embedded = bench.sandbox.command(&bench.context.toolchains.tested.cc);
    embedded.current_dir(bench.dir).args(["-c", "other.c"]);
    run(embedded)?.expect_success("compile")?;
    expect_runtime("an object with its payload", &["other.o"], true)?;
    let asks = "#include <dlfcn.h>\nint asks(void *at) { Dl_info info; return dladdr(at, &info); }\n";
    fs::write(bench.dir.join("asks.c"), asks)?;
    expect_runtime("names of addresses are asked for", &["-D_GNU_SOURCE", "asks.c"], true)
}

fn store_not_writable(bench: &Bench<'_>) -> Result<()> {
    let mut compile = stored_program(bench, &["--autojit-store=cache"])?;
    compile.env("XDG_CACHE_HOME", "/dev/null").env("HOME", "/dev/null");
    let built = run(compile)?;
    built.expect_success("compile")?;
    ensure!(built.stderr_text().contains("the object keeps it"), "nothing is said: {built}");
    ensure!(bench.run(&bench.dir.join("program"))?.stdout_text() == "120\n", "the program is not whole");
    Ok(())
}

fn cache_not_writable(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("hello")?;
    let place = bench.sandbox.path().join("cache/autojit");
    fs::write(&place, "a file where the directory would be")?;
    for round in 0..2 {
        expect(&expected, &bench.run(&program)?, &format!("round {round}"))?;
        bench.sandbox.stop()?;
    }
    Ok(())
}

/// Functions that main of the next program calls.
const CALLED: u64 = 80;

/// Links a program while a daemon runs, and returns how many functions were compiled before it is started.
fn link_and_wait(bench: &Bench<'_>, option: &str, patience: Duration) -> Result<(PathBuf, u64)> {
    // Another unit each time, so that nothing is known of it.
    let mut source = String::new();
    for i in 0..CALLED {
        source += &format!("int f{i}(int x) {{ return x + {i} + (int)sizeof \"{option}\"; }}\n");
    }
    let calls: String = (0..CALLED).map(|i| format!(" + f{i}(1)")).collect();
    source += &format!("int main(void) {{ return 0 * (0{calls}); }}\n");
    let (file, program) = (bench.dir.join("program.c"), bench.dir.join(format!("linked{option}")));
    fs::write(&file, source)?;
    // What an earlier program has queued may still be under way.
    let mut before = bench.reported("compiled ahead")?;
    loop {
        thread::sleep(Duration::from_millis(100));
        match bench.reported("compiled ahead")? {
            now if now == before => break,
            now => before = now,
        }
    }
    let mut command = bench.sandbox.command(&bench.context.toolchains.tested.cc);
    command.arg(option).arg(file).arg("-o").arg(&program);
    run(command)?.expect_success("compile")?;
    let began = Instant::now();
    while bench.reported("compiled ahead")? - before <= CALLED && began.elapsed() < patience {
        thread::sleep(Duration::from_millis(5));
    }
    Ok((program, bench.reported("compiled ahead")? - before))
}

fn prefetch(bench: &Bench<'_>) -> Result<()> {
    let (hello, _) = bench.build("hello")?;
    bench.run(&hello)?.expect_success("hello")?;
    let (_, prepared) = link_and_wait(bench, "--autojit-prefetch=off", Duration::from_millis(500))?;
    ensure!(prepared == 0, "{prepared} functions were compiled though that is off");
    let (program, prepared) = link_and_wait(bench, "--autojit-prefetch=on", Duration::from_secs(20))?;
    ensure!(prepared == CALLED + 1, "{prepared} functions were compiled ahead");
    let before = bench.reported("functions compiled")?;
    bench.run(&program)?.expect_success("the program")?;
    let compiled = bench.reported("functions compiled")? - before;
    ensure!(compiled == 0, "{compiled} functions were compiled again");
    bench.sandbox.stop()?;
    // Nobody is told, and no daemon is started for it.
    let (again, _) = bench.build("hello")?;
    ensure!(bench.sandbox.daemons()?.is_empty(), "a link starts a daemon");
    bench.run(&again)?.expect_success("hello")
}
