//! What goes wrong around a program: its daemon is killed, missing, or not there yet; its file is damaged; its
//! environment is empty. The program goes on as if nothing had happened, or says in one line why it can't.
//!
//! Every case has a sandbox, and so a daemon, of its own.

use anyhow::{Context as _, Result, ensure};
use autojit_protocol::record::{ModuleRecord, RECORD_SECTION};
use autojit_protocol::rendezvous::SOCKET_NAME;
use autojit_testsuite::bench::{Bench, add, expect, run};
use autojit_testsuite::process::{self, Outcome, Status};
use autojit_testsuite::random::Random;
use autojit_testsuite::suite;
use object::{Object, ObjectSection};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

fn main() -> ExitCode {
    suite::main(|suite| {
        for seed in 0..6 {
            let name = format!("daemon killed at any moment, run {seed}");
            add(suite, &name, move |bench| kill_at_random(bench, seed));
        }
        add(suite, "daemon killed between two first calls", kill_between);
        add(suite, "daemon stopped during a run", stop_during_run);
        add(suite, "daemon killed under many programs", kill_under_many);
        add(suite, "no daemon binary", no_daemon_binary);
        add(suite, "daemon binary that ends at once", useless_daemon);
        add(suite, "daemon binary that does nothing", silent_daemon);
        add(suite, "runtime folder removed under a running daemon", runtime_folder_removed);
        add(suite, "socket removed under a running daemon", socket_removed);
        add(suite, "runtime folder open to others", runtime_folder_open);
        add(suite, "damaged record header", damaged_header);
        add(suite, "damaged payload", damaged_payload);
        add(suite, "fifty programs at once, from cold", fifty_at_once);
        add(suite, "copied elsewhere", copied_elsewhere);
        add(suite, "stripped", stripped);
        add(suite, "objects through ld -r, strip and ar", objects_handled);
        add(suite, "private daemon", private_daemon);
        add(suite, "daemon holds nothing of its starter", pipe_ends);
        add(suite, "empty environment", empty_environment);
        add(suite, "daemon says how it is, and stops", status_and_stop);
        Ok(())
    })
}

/// The one way to give up: a line on stderr and exit status 127.
fn expect_refusal(found: &Outcome, what: &str) -> Result<()> {
    let text = found.stderr_text();
    ensure!(
        found.status == Status::Exit(127) && text.lines().count() == 1 && text.starts_with("autojit"),
        "{what}: not one line and exit status 127: {found}"
    );
    Ok(())
}

/// Runs the program while another thread does `disturb` again and again, and returns the number of times.
fn run_disturbed(
    bench: &Bench<'_>,
    program: &Path,
    mut disturb: impl FnMut() -> Result<usize> + Send,
) -> Result<(Outcome, usize)> {
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let disturber = scope.spawn(|| {
            let mut count = 0;
            while !done.load(Ordering::Relaxed) {
                let disturbed = disturb()?;
                // After its end nothing disturbs it.
                if !done.load(Ordering::Relaxed) {
                    count += disturbed;
                }
            }
            Ok::<_, anyhow::Error>(count)
        });
        let outcome = bench.run(program);
        done.store(true, Ordering::Relaxed);
        let count = disturber.join().map_err(|_| anyhow::anyhow!("the disturber panicked"))??;
        Ok((outcome?, count))
    })
}

fn kill_at_random(bench: &Bench<'_>, seed: u64) -> Result<()> {
    let (program, expected) = bench.build("faults/slow_walk")?;
    let mut numbers = Random::of(seed);
    // Rare enough that no function loses its daemon three times in a row.
    let (found, kills) = run_disturbed(bench, &program, || {
        thread::sleep(Duration::from_micros(60_000 + numbers.below(150_000) as u64));
        bench.sandbox.kill_daemons()
    })?;
    ensure!(kills > 0, "no daemon was there to be killed: {found}");
    expect(&expected, &found, &format!("after {kills} daemons were killed"))
}

fn kill_between(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("hello")?;
    for round in 0..5 {
        expect(&expected, &bench.run(&program)?, &format!("round {round}"))?;
        ensure!(bench.sandbox.kill_daemons()? == 1, "no daemon after round {round}");
        ensure!(bench.sandbox.wait_for_daemons(0, Duration::from_secs(5))?.is_empty(), "it does not die");
    }
    Ok(())
}

fn stop_during_run(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("faults/slow_walk")?;
    let (found, stops) = run_disturbed(bench, &program, || {
        thread::sleep(Duration::from_millis(150));
        let running = bench.sandbox.daemons()?.len();
        if running > 0 {
            bench.sandbox.daemon("stop")?;
        }
        Ok(running)
    })?;
    ensure!(stops > 0, "no daemon was there to be stopped: {found}");
    expect(&expected, &found, &format!("after {stops} daemons were stopped"))
}

fn kill_under_many(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("faults/slow_walk")?;
    thread::scope(|scope| {
        let runs: Vec<_> = (0..8).map(|_| scope.spawn(|| bench.run(&program))).collect();
        let mut kills = 0;
        for pause in [100, 250, 400] {
            thread::sleep(Duration::from_millis(pause));
            kills += bench.sandbox.kill_daemons()?;
        }
        ensure!(kills > 0, "no daemon was there to be killed");
        for run in runs {
            let found = run.join().map_err(|_| anyhow::anyhow!("a run panicked"))??;
            expect(&expected, &found, "one of many")?;
        }
        Ok(())
    })
}

fn no_daemon_binary(bench: &Bench<'_>) -> Result<()> {
    let (program, _) = bench.build("hello")?;
    let mut command = bench.sandbox.command(&program);
    command.env("AUTOJIT_DAEMON_PATH", "/nonexistent");
    let found = run(command)?;
    expect_refusal(&found, "missing daemon")?;
    ensure!(found.stderr_text().contains("/nonexistent"), "the path is not in the message: {found}");
    ensure!(found.stdout.is_empty(), "output: {found}");
    let mut private = bench.sandbox.command(&program);
    private.env("AUTOJIT_DAEMON_PATH", "/nonexistent").env("AUTOJIT_DAEMON", "private");
    expect_refusal(&run(private)?, "missing private daemon")
}

fn useless_daemon(bench: &Bench<'_>) -> Result<()> {
    let (program, _) = bench.build("hello")?;
    let mut command = bench.sandbox.command(&program);
    command.env("AUTOJIT_DAEMON_PATH", "/bin/false");
    expect_refusal(&run(command)?, "daemon that ends at once")
}

fn silent_daemon(bench: &Bench<'_>) -> Result<()> {
    let (program, _) = bench.build("hello")?;
    let script = bench.dir.join("daemon");
    fs::write(&script, "#!/bin/sh\nexec sleep 100 2>/dev/null\n")?;
    fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    let mut command = bench.sandbox.command(&program);
    command.env("AUTOJIT_DAEMON_PATH", &script);
    let found = process::run(&mut command, b"", Duration::from_secs(45))?;
    expect_refusal(&found, "daemon that does not answer")
}

fn runtime_folder_removed(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("hello")?;
    expect(&expected, &bench.run(&program)?, "before")?;
    fs::remove_dir_all(bench.sandbox.runtime_dir().join("autojit"))?;
    for round in 0..3 {
        expect(&expected, &bench.run(&program)?, &format!("after, round {round}"))?;
    }
    // The first daemon can't be reached any more, and nobody can tell it to stop.
    bench.sandbox.kill_daemons()?;
    Ok(())
}

/// The daemon has the lock: nobody else can take its place.
fn socket_removed(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("hello")?;
    expect(&expected, &bench.run(&program)?, "before")?;
    let daemons = bench.sandbox.daemons()?;
    let socket = bench.sandbox.runtime_dir().join("autojit").join(SOCKET_NAME);
    fs::remove_file(&socket)?;
    let deadline = Instant::now() + Duration::from_secs(60);
    while !socket.exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    ensure!(socket.exists(), "the daemon has not noticed");
    expect(&expected, &bench.run(&program)?, "after")?;
    ensure!(bench.sandbox.daemons()? == daemons, "another daemon is there");
    Ok(())
}

fn runtime_folder_open(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("hello")?;
    let folder = bench.sandbox.runtime_dir().join("autojit");
    fs::create_dir(&folder)?;
    fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o777))?;
    let found = bench.run(&program)?;
    // Either it refuses or it does without the folder; what it must not do is trust it.
    if found.status != Status::Exit(127) {
        expect(&expected, &found, "with a runtime folder that others can write to")?;
    }
    let sockets = fs::read_dir(&folder)?.count();
    ensure!(sockets == 0, "the daemon listens where others can replace its socket");
    bench.sandbox.kill_daemons()?;
    Ok(())
}

/// Where in the file the record of the first module stands, and how long header, imports and payload are.
fn record(program: &[u8]) -> Result<(usize, ModuleRecord)> {
    let file = object::File::parse(program)?;
    let section = file.section_by_name(RECORD_SECTION).context("no section of ours")?;
    let (offset, _) = section.file_range().context("nothing in it")?;
    let record = ModuleRecord::parse(section.data()?).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    Ok((usize::try_from(offset)?, record))
}

/// Runs the program once for each offset, with the byte there changed. What a change is allowed to do: nothing, or end
/// the program in order.
fn damage(bench: &Bench<'_>, offsets: impl Fn(usize, &ModuleRecord) -> Vec<usize>) -> Result<()> {
    let (program, expected) = bench.build("hello")?;
    let original = fs::read(&program)?;
    let (start, record) = record(&original)?;
    let mut refusals = 0;
    for (number, offset) in offsets(start, &record).into_iter().enumerate() {
        let mut bytes = original.clone();
        bytes[offset] ^= if number % 2 == 0 { 0xff } else { 1 << (number / 2 % 8) };
        let damaged = bench.dir.join(format!("damaged{number}"));
        fs::write(&damaged, bytes)?;
        fs::set_permissions(&damaged, fs::metadata(&program)?.permissions())?;
        let found = bench.run(&damaged)?;
        if found != expected {
            expect_refusal(&found, &format!("byte {} of the record changed", offset - start))?;
            refusals += 1;
        }
        fs::remove_file(damaged)?;
    }
    ensure!(refusals > 0, "no change was noticed");
    ensure!(bench.sandbox.daemons()?.len() <= 1, "daemons pile up");
    // The daemon is none the worse for it.
    expect(&expected, &bench.run(&program)?, "the undamaged program afterwards")
}

fn damaged_header(bench: &Bench<'_>) -> Result<()> {
    // The fields after these 64 bytes are the linker's: no checksum can cover them.
    damage(bench, |start, _| (start..start + 64).collect())
}

fn damaged_payload(bench: &Bench<'_>) -> Result<()> {
    damage(bench, |start, record| {
        let payload = start + ModuleRecord::payload_offset(record.import_count);
        let mut numbers = Random::of(1);
        let anywhere = (0..60).map(|_| payload + numbers.below(record.payload_size as usize));
        (payload..payload + 40).chain(anywhere).collect()
    })
}

fn fifty_at_once(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("functions/pointer_tables")?;
    for round in 0..2 {
        thread::scope(|scope| {
            let runs: Vec<_> = (0..50).map(|_| scope.spawn(|| bench.run(&program))).collect();
            for run in runs {
                let found = run.join().map_err(|_| anyhow::anyhow!("a run panicked"))??;
                expect(&expected, &found, &format!("one of fifty, round {round}"))?;
            }
            Ok::<_, anyhow::Error>(())
        })?;
        // Those that lost the race leave by themselves.
        let daemons = bench.sandbox.wait_for_daemons(1, Duration::from_secs(5))?;
        ensure!(daemons.len() == 1, "{} daemons", daemons.len());
    }
    Ok(())
}

fn copied_elsewhere(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("hello")?;
    let folder = bench.dir.join("some where/else");
    fs::create_dir_all(&folder)?;
    let copy = folder.join("another name");
    fs::copy(&program, &copy)?;
    fs::remove_file(&program)?;
    let mut command = bench.sandbox.command(&copy);
    command.current_dir("/");
    expect(&expected, &run(command)?, "a copy")
}

fn stripped(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("functions/pointer_tables")?;
    for tool in ["strip", "llvm-strip"] {
        let tool = match tool {
            "strip" => PathBuf::from(tool),
            tool => bench.context.toolchains.llvm_bin.join(tool),
        };
        let mut command = bench.sandbox.command(tool);
        command.arg("--strip-all").arg(&program);
        run(command)?.expect_success("strip")?;
        expect(&expected, &bench.run(&program)?, "stripped")?;
    }
    Ok(())
}

/// What builds do to objects before they are linked.
fn objects_handled(bench: &Bench<'_>) -> Result<()> {
    let programs = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs/c/functions");
    let build = |cc: &Path, name: &str| {
        let dir = bench.dir.join(name);
        fs::create_dir(&dir)?;
        let script = r#"
            "$CC" -O0 -g -c "$DIR/pointers.c" -o a.o
            "$CC" -O0 -g -c "$DIR/pointers_other.c" -o b.o
            ld -r a.o b.o -o both.o && strip --strip-debug both.o
            "$CC" both.o -o relocated && ./relocated
            objcopy --strip-unneeded a.o && strip -g b.o && ar rcs lib.a b.o && ranlib lib.a
            "$CC" a.o lib.a -o archived && ./archived
            "$CC" -Wl,--whole-archive lib.a -Wl,--no-whole-archive a.o -o whole && ./whole
            objcopy --add-gnu-debuglink=both.o whole linked && ./linked"#;
        let mut command = bench.sandbox.command("/bin/sh");
        command.args(["-e", "-c", script]).current_dir(&dir).env("CC", cc).env("DIR", &programs);
        run(command)
    };
    let expected = build(&bench.context.toolchains.reference.cc, "clang")?;
    expected.expect_success("clang's objects")?;
    expect(&expected, &build(&bench.context.toolchains.tested.cc, "autojit")?, "with these objects")
}

fn private_daemon(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("faults/slow_walk")?;
    let private = || {
        let mut command = bench.sandbox.command(&program);
        command.env("AUTOJIT_DAEMON", "private");
        command
    };
    expect(&expected, &run(private())?, "with a private daemon")?;
    let left = bench.sandbox.wait_for_daemons(0, Duration::from_secs(5))?;
    ensure!(left.is_empty(), "a private daemon outlives its program");
    ensure!(!bench.sandbox.runtime_dir().join("autojit").exists(), "a private daemon makes itself known");
    // Two programs have two.
    thread::scope(|scope| {
        let runs: Vec<_> = (0..2).map(|_| scope.spawn(|| run(private()))).collect();
        let daemons = bench.sandbox.wait_for_daemons(2, Duration::from_secs(10))?;
        for run in runs {
            let found = run.join().map_err(|_| anyhow::anyhow!("a run panicked"))??;
            expect(&expected, &found, "one of two private ones")?;
        }
        ensure!(daemons.len() == 2, "{} private daemons for two programs", daemons.len());
        Ok(())
    })?;
    // One that is killed is replaced.
    let mut numbers = Random::of(7);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let killer = scope.spawn(|| {
            let mut kills = 0;
            while !done.load(Ordering::Relaxed) {
                // The first one early, the others so rarely that no function loses three in a row on a busy machine.
                let pause = if kills == 0 { 60 } else { 400 };
                thread::sleep(Duration::from_millis(pause + numbers.below(60) as u64));
                kills += bench.sandbox.kill_daemons()?;
            }
            Ok::<_, anyhow::Error>(kills)
        });
        let mut cold = private();
        // Else the second of them would have everything with one request.
        cold.env("AUTOJIT_WARM_START", "off").env("AUTOJIT_CACHE", "off").env("AUTOJIT_SPECULATION", "0");
        let found = run(cold);
        done.store(true, Ordering::Relaxed);
        let kills = killer.join().map_err(|_| anyhow::anyhow!("the killer panicked"))??;
        ensure!(kills > 0, "no daemon was killed");
        expect(&expected, &found?, &format!("after {kills} private daemons were killed"))
    })
}

/// `program | cat` ends with the program, though the daemon that it started lives on.
fn pipe_ends(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("hello")?;
    let mut command = bench.sandbox.command("/bin/sh");
    command.arg("-c").arg(format!(
        "exec 9>{}; {} 2>&1 | cat",
        bench.dir.join("lock").display(),
        program.display()
    ));
    let begin = Instant::now();
    let found = process::run(&mut command, b"", Duration::from_secs(20))?;
    expect(&expected, &found, "through a pipe")?;
    ensure!(begin.elapsed() < Duration::from_secs(10), "takes {:?}", begin.elapsed());
    let daemons = bench.sandbox.daemons()?;
    ensure!(daemons.len() == 1, "{} daemons", daemons.len());
    for pid in daemons {
        let proc = PathBuf::from(format!("/proc/{}", pid.as_raw_nonzero()));
        ensure!(fs::read_link(proc.join("cwd"))? == Path::new("/"), "the daemon keeps the working directory");
        for fd in fs::read_dir(proc.join("fd"))? {
            let path = fd?.path();
            let target = fs::read_link(&path).unwrap_or_default();
            ensure!(!target.starts_with(bench.dir), "the daemon keeps {} open", target.display());
            ensure!(
                !target.to_string_lossy().starts_with("pipe:"),
                "the daemon keeps a pipe: {}",
                path.display()
            );
        }
    }
    Ok(())
}

fn empty_environment(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("hello")?;
    let mut command = Command::new(&program);
    command.env_clear();
    expect(&expected, &run(command)?, "with an empty environment")?;
    let mut command = Command::new(&program);
    command.env_clear().env("HOME", "relative/path").env("XDG_RUNTIME_DIR", "");
    expect(&expected, &run(command)?, "with useless variables")?;
    let mut command = Command::new(&program);
    command.env_clear().env("XDG_CACHE_HOME", bench.sandbox.path().join("cache"));
    expect(&expected, &run(command)?, "with a cache folder only")?;
    ensure!(bench.sandbox.path().join("cache/autojit/run").is_dir(), "no runtime folder in the cache folder");
    bench.sandbox.kill_daemons()?;
    let mut command = bench.sandbox.command(&program);
    command.env("XDG_RUNTIME_DIR", "/does/not/exist");
    let found = run(command)?;
    if found.status != Status::Exit(127) {
        expect(&expected, &found, "with a runtime folder that does not exist")?;
    } else {
        expect_refusal(&found, "with a runtime folder that does not exist")?;
    }
    bench.sandbox.kill_daemons()?;
    Ok(())
}

fn status_and_stop(bench: &Bench<'_>) -> Result<()> {
    let (program, expected) = bench.build("hello")?;
    let cold = bench.sandbox.daemon("status")?;
    ensure!(bench.sandbox.daemons()?.is_empty(), "asking for the status starts a daemon: {cold}");
    expect(&expected, &bench.run(&program)?, "run")?;
    let warm = bench.sandbox.daemon("status")?;
    warm.expect_success("autojit daemon status")?;
    let daemons = bench.sandbox.daemons()?;
    let pid = daemons.first().context("no daemon")?.as_raw_nonzero().to_string();
    ensure!(warm.stdout_text().contains(&pid), "its process {pid} is not in the status: {warm}");
    bench.sandbox.daemon("stop")?.expect_success("autojit daemon stop")?;
    ensure!(bench.sandbox.wait_for_daemons(0, Duration::from_secs(5))?.is_empty(), "it does not stop");
    let again = bench.sandbox.daemon("stop")?;
    ensure!(!matches!(again.status, Status::Signal(_) | Status::TimedOut), "stop without a daemon: {again}");
    expect(&expected, &bench.run(&program)?, "run after stop")
}
