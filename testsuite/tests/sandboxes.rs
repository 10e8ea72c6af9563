//! Programs in containers and sandboxes, and what starts these: a program that a namespace begins with, one that adopts orphans, a
//! supervisor that waits for all there is, places without `/dev/null` or without room for a socket. And compilers in such places:
//! without `/proc`, where files in memory are refused, where little is allowed.
//!
//! Nothing there runs a daemon yet, so that the program starts one, and the same command runs what clang has built.

use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::bench::{Bench, add, add_if, expect, run};
use autojit_testsuite::process::{self, Outcome, Status, TIME_LIMIT};
use autojit_testsuite::suite::{self, Condition};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

/// Waits for all children that it has, which call functions of their own.
const WAITS: &str = r#"
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>
static int work(int n) { return n + 1; }
int main(void) {
  int children = 0, status, sum = 0;
  for (int i = 0; i < 3; ++i)
    if (fork() == 0)
      _exit(work(i));
  while (wait(&status) > 0) {
    ++children;
    sum += WEXITSTATUS(status);
  }
  printf("%d children, %d\n", children, sum);
  return 7;
}
"#;

/// Takes longer to compile than a program waits before it asks whether the daemon is alive.
fn slow() -> String {
    let lines: String = (0..6000).map(|i| format!("  if (v == {i} + x) x += {i};\n")).collect();
    format!(
        "#include <stdio.h>\nvolatile int v;\nint main(void) {{\n  int x = v;\n{lines}  return printf(\"%d\\n\", x);\n}}\n"
    )
}

/// Runs a program, waits for all processes that become its children, and ends as the program did.
const SUPERVISES: &str = r#"
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  pid_t child = fork(), ended;
  if (child == 0)
    return execv(argv[1], argv + 1);
  int status, of_child = 0;
  while ((ended = wait(&status)) > 0)
    if (ended == child)
      of_child = WEXITSTATUS(status);
  return of_child;
}
"#;

/// Becomes a program to which orphans belong.
const ADOPTS: &str = r#"
#include <sys/prctl.h>
#include <unistd.h>
int main(int argc, char **argv) {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  return execv(argv[1], argv + 1);
}
"#;

/// Becomes a program to which a system call, by its number, is refused.
const REFUSES: &str = r#"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>
int main(int argc, char **argv) {
  struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, atoi(argv[1]), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog filter = {4, code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
    return 126;
  return execv(argv[2], argv + 2);
}
"#;

const MEMFD_CREATE: &str = "319";
const PIDFD_OPEN: &str = "434";

const NAMESPACES: [&str; 6] =
    ["unshare", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"];

fn main() -> ExitCode {
    suite::main(|suite| {
        let has_namespaces = has_namespaces();
        let condition = || match has_namespaces {
            true => Condition::Lazy,
            false => Condition::Not("no namespaces for this user".to_owned()),
        };
        add_if(suite, "first of its namespace", condition(), |bench| compare(bench, WAITS, &NAMESPACES));
        add_if(suite, "supervisor in a namespace that waits for all", condition(), |bench| {
            let supervisor = helper(bench, "supervises", SUPERVISES)?;
            compare(bench, WAITS, &[&NAMESPACES[..], &[text(&supervisor)?]].concat())
        });
        add(suite, "orphans are its own", |bench| {
            let adopts = helper(bench, "adopts", ADOPTS)?;
            compare(bench, WAITS, &[text(&adopts)?])
        });
        add_if(suite, "daemon of another namespace", condition(), daemon_elsewhere);
        add_if(suite, "no /dev/null", condition(), |bench| {
            let script = "mount -t tmpfs none /dev && exec \"$0\"";
            compare(bench, WAITS, &["unshare", "--map-root-user", "--mount", "/bin/sh", "-c", script])
        });
        add_if(suite, "no room for a socket", condition(), |bench| {
            let script =
                "mount -t tmpfs none $XDG_RUNTIME_DIR && mount -o remount,ro $XDG_RUNTIME_DIR && exec \"$0\"";
            compare(bench, &slow(), &["unshare", "--map-root-user", "--mount", "/bin/sh", "-c", script])
        });
        add(suite, "no pidfd_open", |bench| {
            let refuses = helper(bench, "refuses", REFUSES)?;
            compare(bench, WAITS, &[text(&refuses)?, PIDFD_OPEN])
        });
        for (name, option, limit, unit) in [
            ("address space", 'v', 120_000, 1024),
            ("processor time", 't', 50, 1),
            ("descriptors", 'n', 40, 1),
        ] {
            add(suite, &format!("little {name}"), move |bench| limited(bench, option, limit, unit));
        }
        add_if(suite, "compiler without /proc", condition(), |bench| {
            let script = "mount -t tmpfs none /proc && exec \"$0\" \"$@\"";
            compiler(bench, &["unshare", "--map-root-user", "--mount", "/bin/sh", "-c", script])
        });
        add(suite, "compiler where files in memory are refused", |bench| {
            let refuses = helper(bench, "refuses", REFUSES)?;
            compiler(bench, &[text(&refuses)?, MEMFD_CREATE])?;
            let mut command = bench.sandbox.command(&refuses);
            command
                .env("TMPDIR", "/no/such/folder")
                .arg(MEMFD_CREATE)
                .arg(&bench.context.toolchains.tested.cc);
            let found = run_in(bench, &mut command, "misses.o -o misses")?;
            let words =
                "autojit-cc: error: cannot link: no file in memory can be made here, and no temporary one";
            ensure!(found.stderr_text().starts_with(words), "{found}");
            Ok(())
        });
        add(suite, "compiler with few descriptors", |bench| {
            compiler(bench, &["/bin/bash", "-c", "ulimit -n 16 && exec \"$0\" \"$@\""])?;
            many_modules(bench, "ulimit -n 64 && exec \"$0\" \"$@\"")
        });
        add(suite, "compiler that may write small files", |bench| {
            compiler(bench, &["/bin/bash", "-c", "ulimit -f 150 && exec \"$0\" \"$@\""])?;
            smaller_than_the_runtime(bench)
        });
        Ok(())
    })
}

/// A program does not wait for a daemon that can't see it.
fn daemon_elsewhere(bench: &Bench<'_>) -> Result<()> {
    let toolchains = &bench.context.toolchains;
    let expected = run(bench.sandbox.command(build(bench, &toolchains.reference.cc, "reference", WAITS)?))?;
    let program = build(bench, &toolchains.tested.cc, "program", WAITS)?;
    bench.sandbox.stop()?;
    let mut inside = bench.sandbox.command(NAMESPACES[0]);
    inside.args(&NAMESPACES[1..]).args(["/bin/sh", "-c", "\"$0\"; sleep 100"]).arg(&program);
    let mut inside = inside.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let folder = bench.sandbox.runtime_dir().join("autojit");
    let is_there = (0..500).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        fs::read_dir(&folder).is_ok_and(|entries| entries.count() > 0)
    });
    let began = Instant::now();
    let found = run(bench.sandbox.command(&program));
    let took = began.elapsed();
    inside.kill()?;
    inside.wait()?;
    bench.sandbox.wait_for_daemons(0, Duration::from_secs(10))?;
    ensure!(is_there, "no daemon in the namespace");
    expect(&expected, &found?, "outside of it")?;
    // Before it was 10 s for each process.
    ensure!(took < Duration::from_secs(9), "it took {took:?}");
    Ok(())
}

/// A program with such a limit runs where no daemon does, and leaves none behind that has the limit: it would fail others.
fn limited(bench: &Bench<'_>, option: char, limit: u64, unit: u64) -> Result<()> {
    compare(bench, WAITS, &["/bin/bash", "-c", &format!("ulimit -{option} {limit} && exec \"$0\"")])?;
    bench.sandbox.wait_for_daemons(0, Duration::from_secs(1))?;
    let bytes = (limit * unit).to_string();
    for daemon in bench.sandbox.daemons()? {
        let limits = fs::read_to_string(format!("/proc/{}/limits", daemon.as_raw_nonzero()))?;
        ensure!(!limits.split_whitespace().any(|word| word == bytes), "{limits}");
    }
    let run = |name: &str| bench.run(&bench.dir.join(name));
    expect(&run("reference")?, &run("program")?, "without the limit")
}

/// What most cases need.
fn has_namespaces() -> bool {
    let mut command = Command::new(NAMESPACES[0]);
    command.args(&NAMESPACES[1..]).args(["--mount", "/bin/sh", "-c", "mount -t tmpfs none /dev"]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

fn text(path: &Path) -> Result<&str> {
    path.to_str().context("not UTF-8")
}

/// A program by clang.
fn helper(bench: &Bench<'_>, name: &str, source: &str) -> Result<PathBuf> {
    build(bench, &bench.context.toolchains.reference.cc, name, source)
}

fn build(bench: &Bench<'_>, cc: &Path, name: &str, source: &str) -> Result<PathBuf> {
    let file = bench.dir.join(name).with_extension("c");
    fs::write(&file, source)?;
    let program = bench.dir.join(name);
    let mut command = bench.sandbox.command(cc);
    command.arg("-O0").arg(&file).arg("-o").arg(&program);
    run(command)?.expect_success("compile")?;
    Ok(program)
}

/// Runs both programs behind these words, ours where no daemon runs.
fn compare(bench: &Bench<'_>, source: &str, words: &[&str]) -> Result<()> {
    let toolchains = &bench.context.toolchains;
    let run_behind = |program: &Path| {
        let mut command = bench.sandbox.command(words[0]);
        command.args(&words[1..]).arg(program);
        run(command)
    };
    let expected = run_behind(&build(bench, &toolchains.reference.cc, "reference", source)?)?;
    let program = build(bench, &toolchains.tested.cc, "program", source)?;
    bench.sandbox.stop()?;
    expect(&expected, &run_behind(&program)?, "started with nothing")
}

/// A compiler behind these words links what clang links there, says what is missing, and leaves nothing.
fn compiler(bench: &Bench<'_>, words: &[&str]) -> Result<()> {
    let toolchains = &bench.context.toolchains;
    fs::write(bench.dir.join("waits.c"), WAITS)?;
    fs::write(bench.dir.join("misses.c"), "int nope(int);\nint main(void) { return nope(1); }\n")?;
    let behind = |words: &[&str], cc: &Path, line: &str| {
        let mut all = words.iter().map(Path::new).chain([cc]);
        let mut command = bench.sandbox.command(all.next().context("no command")?);
        run_in(bench, command.args(all), line)
    };
    let (clang, ours) = (&toolchains.reference.cc, &toolchains.tested.cc);
    for linker in ["bfd", "lld"] {
        let line = format!("-fuse-ld={linker} waits.c -o ");
        let expected = behind(words, clang, &format!("{line}reference"))?;
        expected.expect_success("clang")?;
        expect(&expected, &behind(words, ours, &format!("{line}program"))?, linker)?;
        let expected = bench.run(&bench.dir.join("reference"))?;
        expect(&expected, &bench.run(&bench.dir.join("program"))?, linker)?;
        behind(words, ours, "-c misses.c")?.expect_success("compile")?;
        let line = format!("-fuse-ld={linker} misses.o -o misses");
        let expected = behind(&[], ours, &line)?;
        ensure!(expected.stderr_text().contains("'nope' is needed by 'main'"), "{expected}");
        let found = behind(words, ours, &line)?;
        ensure!(found == expected, "{linker}: {found}\nwithout limits: {expected}");
    }
    let left: Vec<_> = fs::read_dir(bench.sandbox.path().join("tmp"))?.flatten().map(|f| f.path()).collect();
    ensure!(left.is_empty(), "it left {left:?}");
    Ok(())
}

fn run_in(bench: &Bench<'_>, command: &mut Command, line: &str) -> Result<Outcome> {
    process::run(command.current_dir(bench.dir).args(line.split(' ')), b"", TIME_LIMIT)
}

/// More files are made than there may be descriptors.
fn many_modules(bench: &Bench<'_>, script: &str) -> Result<()> {
    let names: Vec<String> = (0..80).map(|i| format!("f{i}")).collect();
    for name in &names {
        fs::write(bench.dir.join(name).with_extension("c"), format!("int {name}(void) {{ return 1; }}\n"))?;
    }
    let declared: String = names.iter().map(|name| format!("int {name}(void);\n")).collect();
    let sum = names.iter().map(|name| format!("{name}()")).collect::<Vec<_>>().join(" + ");
    fs::write(bench.dir.join("all.c"), format!("{declared}int main(void) {{ return {sum}; }}\n"))?;
    let files = |extension: &str| names.iter().map(|name| format!(" {name}.{extension}")).collect::<String>();
    let cc = &bench.context.toolchains.tested.cc;
    let line = format!("-flto -c all.c{}", files("c"));
    run_in(bench, &mut bench.sandbox.command(cc), &line)?.expect_success("compile")?;
    for linker in ["bfd", "lld"] {
        let line = format!("-fuse-ld={linker} all.o{} -o all", files("o"));
        let mut command = bench.sandbox.command("/bin/bash");
        run_in(bench, command.args(["-c", script]).arg(cc), &line)?.expect_success(linker)?;
        let status = bench.run(&bench.dir.join("all"))?.status;
        ensure!(status == Status::Exit(80), "{status}");
    }
    Ok(())
}

/// Where no file can have the runtime, that is said, and a program without lazy code is linked.
fn smaller_than_the_runtime(bench: &Bench<'_>) -> Result<()> {
    let toolchains = &bench.context.toolchains;
    let limited = |cc: &Path, line: &str| {
        let mut command = bench.sandbox.command("/bin/bash");
        run_in(bench, command.args(["-c", "ulimit -f 50 && exec \"$0\" \"$@\""]).arg(cc), line)
    };
    let cc = &toolchains.tested.cc;
    limited(cc, "-c waits.c -o lazy.o")?.expect_success("compile")?;
    let found = limited(cc, "lazy.o -o lazy")?;
    let text = found.stderr_text();
    let is_said = text.starts_with("autojit-cc: error: cannot link: ") && text.contains("(ulimit -f)");
    ensure!(found.status == Status::Exit(1) && is_said, "{found}");
    limited(&toolchains.reference.cc, "-c waits.c -o plain.o")?.expect_success("clang")?;
    limited(cc, "plain.o -o plain")?.expect_success("link")?;
    expect(&bench.run(&bench.dir.join("reference"))?, &bench.run(&bench.dir.join("plain"))?, "plain")
}
