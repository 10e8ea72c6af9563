//! What is written down about a run (`AUTOJIT_TRACE`), and the page that `autojit report` makes of it;
//! what profilers get (`AUTOJIT_PERF`).

use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::bench;
use autojit_testsuite::process::{self, Outcome, Status, TIME_LIMIT};
use autojit_testsuite::suite::{self, Condition, Suite};
use autojit_testsuite::toolchain::is_cxx;
use rustix::fs::{FlockOperation, flock};
use serde_json::Value;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

fn main() -> ExitCode {
    suite::main(|suite| {
        add(suite, "trace: what, why and from where", trace_of_a_run);
        add(suite, "trace: compiled ahead", trace_ahead);
        add(suite, "trace: processes and libraries share a file", trace_shared);
        add(suite, "trace: a file for each process", trace_each);
        add(suite, "trace: a file that can't be written", trace_impossible);
        add(suite, "report: a page without a trace of others", report);
        add(suite, "report: what is no trace", report_of_nothing);
        let browser = tool(&["chromium", "chromium-browser", "google-chrome"]);
        add_with(suite, "report: in a browser", browser, report_in_browser);
        add(suite, "perf: a map of a process", perf_map);
        add(suite, "perf: a dump with code and lines", perf_dump);
        add(suite, "perf: a dump without lines, of several libraries", perf_dump_without_lines);
        add(suite, "perf: no such kind of file", perf_of_no_kind);
        add_with(
            suite,
            "perf: annotated lines",
            tool(&["perf"]).filter(|perf| can_record(perf)),
            perf_annotates,
        );
        add_with(suite, "valgrind: the same errors as clang's", tool(&["valgrind"]), memcheck);
        add_with(suite, "valgrind: variables of DWARF 4", tool(&["valgrind"]), variables);
        add_with(suite, "valgrind: callgrind", tool(&["valgrind"]), callgrind);
        Ok(())
    })
}

/// The first of these programs that is installed.
fn tool(names: &[&'static str]) -> Option<&'static str> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_there = |name: &&str| std::env::split_paths(&path).any(|folder| folder.join(name).is_file());
    names.iter().copied().find(is_there)
}

/// Whether programs may be sampled here.
fn can_record(perf: &str) -> bool {
    let mut command = Command::new(perf);
    command.args(["record", "-q", "-e", "cpu-clock", "-o", "/dev/null", "true"]);
    command.output().is_ok_and(|output| output.status.success())
}

/// Adds a case that needs a tool, which is left out where there is none.
fn add_with(
    suite: &mut Suite,
    name: &str,
    tool: Option<&'static str>,
    case: fn(&Bench<'_>, &'static str) -> Result<()>,
) {
    match tool {
        Some(tool) => add(suite, name, move |bench| case(bench, tool)),
        None => suite.add(
            name,
            Condition::Not("the tool is not installed, or may not work here".to_owned()),
            |_| Ok(()),
        ),
    }
}

struct Bench<'a>(&'a bench::Bench<'a>);

fn add(suite: &mut Suite, name: &str, case: impl FnOnce(&Bench<'_>) -> Result<()> + Send + 'static) {
    bench::add(suite, name, move |bench| case(&Bench(bench)));
}

fn source(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("profiling").join(name)
}

impl Bench<'_> {
    fn run(&self, command: &mut Command) -> Result<Outcome> {
        process::run(command.current_dir(self.0.dir), b"", TIME_LIMIT)
    }

    /// Builds `output` of a source with autojit-cc.
    fn build(&self, name: &str, flags: &[&str], output: &str) -> Result<()> {
        let tested = &self.0.context.toolchains.tested;
        let compiler = if is_cxx(Path::new(name)) { &tested.cxx } else { &tested.cc };
        let mut command = self.0.sandbox.command(compiler);
        // What is compiled before the first run depends on time.
        command.args(["-O0", "--autojit-prefetch=off"]).args(flags).arg(source(name)).args(["-o", output]);
        self.run(&mut command)?.expect_success("compile")
    }

    fn program(&self, program: &str, arguments: &[&str], variables: &[(&str, &str)]) -> Result<Outcome> {
        let mut command = self.0.sandbox.command(self.0.dir.join(program));
        self.run(command.args(arguments).envs(variables.iter().copied()))
    }

    /// The events of a file that nobody writes any more.
    fn events(&self, file: &str) -> Result<Vec<Value>> {
        let path = self.0.dir.join(file);
        let open = File::open(&path).with_context(|| path.display().to_string())?;
        flock(&open, FlockOperation::LockExclusive)?;
        let text = fs::read_to_string(&path)?;
        serde_json::from_str(&text).with_context(|| format!("{file} is not JSON: {text}"))
    }
}

/// The one event about a function in a category.
fn event<'e>(events: &'e [Value], category: &str, name: &str) -> Result<&'e Value> {
    let found: Vec<_> = events.iter().filter(|e| e["cat"] == category && e["name"] == name).collect();
    ensure!(found.len() == 1, "{} events of {category} {name}: {events:#?}", found.len());
    Ok(found[0])
}

/// Why the function was brought in, and from where.
fn why(events: &[Value], name: &str) -> Result<(String, String)> {
    let event = event(events, "function", name)?;
    let text = |key: &str| event["args"][key].as_str().unwrap_or_default().to_owned();
    ensure!(event["args"]["bytes"].as_u64().is_some_and(|bytes| (4..400).contains(&bytes)), "size: {event}");
    ensure!(event["ts"].as_f64().is_some() && event["pid"].is_u64(), "{event}");
    Ok((text("why"), text("from")))
}

const NO_SPECULATION: (&str, &str) = ("AUTOJIT_SPECULATION", "0");
const TRACE: (&str, &str) = ("AUTOJIT_TRACE", "trace.json");

fn expect(events: &[Value], expected: &[(&str, &str, &str)]) -> Result<()> {
    for &(name, reason, origin) in expected {
        let (why, from) = why(events, name)?;
        ensure!((&*why, &*from) == (reason, origin), "{name}: {why}, {from}");
    }
    Ok(())
}

fn trace_of_a_run(bench: &Bench<'_>) -> Result<()> {
    bench.build("tour.c", &[], "tour")?;
    bench.program("tour", &[], &[NO_SPECULATION, TRACE])?.expect_success("run")?;
    let events = bench.events("trace.json")?;
    let all = ["main", "first", "second", "third"];
    expect(&events, &all.map(|name| (name, "called", "compiled")))?;
    for name in all {
        let event = event(&events, "function", name)?;
        let [total, compile, link] = [&event["dur"], &event["args"]["compile"], &event["args"]["link"]]
            .map(|time| time.as_f64().unwrap_or(-1.0));
        ensure!(compile > 20.0 && link > 0.0 && total >= compile + link - 1.0, "{event}");
    }
    ensure!(event(&events, "function", "never").is_err(), "never called");
    let table = events.iter().find(|e| e["cat"] == "table").context("no table of functions")?;
    ensure!(table["args"]["source"].as_str().is_some_and(|name| name.ends_with("tour.c")), "{table}");
    let functions = table["args"]["functions"].as_array().context("no functions")?;
    let at = |name: &str| functions.iter().position(|f| f["symbol"] == name).context("not in the table");
    let calls = &functions[at("unused")?]["calls"];
    ensure!(*calls == Value::from(vec![at("never")?]), "unused calls {calls}");
    ensure!(
        functions[at("main")?]["calls"].as_array().is_some_and(|c| c.contains(&"printf".into())),
        "printf"
    );

    // From memory, all at once; then by another daemon. A file of an earlier run goes.
    bench.program("tour", &[], &[TRACE])?.expect_success("second run")?;
    let events = bench.events("trace.json")?;
    expect(&events, &[("main", "called", "memory"), ("third", "warm start", "memory")])?;
    bench.0.sandbox.stop()?;
    bench.program("tour", &[], &[NO_SPECULATION, TRACE])?.expect_success("third run")?;
    let events = bench.events("trace.json")?;
    expect(&events, &[("main", "called", "disk cache"), ("third", "warm start", "disk cache")])?;
    event(&events, "session", "session ends").map(drop)
}

fn trace_ahead(bench: &Bench<'_>) -> Result<()> {
    bench.build("tour.c", &[], "tour")?;
    let ahead = [("AUTOJIT_SPECULATION", "3"), ("AUTOJIT_SPECULATION_THREADS", "1"), TRACE];
    // Waits in main, for longer than it takes.
    bench.program("tour", &["a", "b"], &ahead)?.expect_success("run")?;
    let events = bench.events("trace.json")?;
    let second = event(&events, "ahead", "second")?;
    let arguments = &second["args"];
    ensure!(arguments["why"] == "speculated" && arguments["with"] == "main", "{second}");
    let first = event(&events, "function", "first")?;
    ensure!(second["pid"] != first["pid"] && arguments["process"] == first["pid"], "{second}");
    ensure!(second["dur"].as_f64().is_some_and(|time| time > 20.0), "{second}");
    ensure!(first["args"]["speculated"] == true, "{first}");
    expect(&events, &[("first", "called", "memory"), ("second", "linked along", "memory")])
}

fn trace_shared(bench: &Bench<'_>) -> Result<()> {
    fs::create_dir(bench.0.dir.join("folder"))?;
    bench.build("tour.c", &["-fPIC", "-shared", "-Dmain=inner"], "libtour.so")?;
    fs::write(
        bench.0.dir.join("outer.c"),
        "int inner(int, char **);\nint main(int c, char **v) { return inner(c, v); }\n",
    )?;
    let flags = ["-L.", "-ltour", "-Wl,-rpath,$ORIGIN"];
    let mut command = bench.0.sandbox.command(&bench.0.context.toolchains.tested.cc);
    bench.run(command.args(["outer.c", "-o", "outer"]).args(flags))?.expect_success("link")?;
    let relative = [NO_SPECULATION, ("AUTOJIT_TRACE", "folder/trace.json")];
    bench.program("outer", &["fork"], &relative)?.expect_success("run")?;
    let events = bench.events("folder/trace.json")?;
    let process = |name: &str| Ok::<_, anyhow::Error>(event(&events, "function", name)?["pid"].clone());
    ensure!(process("main")? == process("inner")?, "one process");
    ensure!(process("inner")? != process("in_child")?, "two processes");
    let sessions = events.iter().filter(|e| e["name"] == "session begins").count();
    ensure!(sessions == 3, "{sessions} sessions");
    Ok(())
}

fn trace_each(bench: &Bench<'_>) -> Result<()> {
    bench.build("tour.c", &[], "tour")?;
    bench
        .program("tour", &["fork"], &[NO_SPECULATION, ("AUTOJIT_TRACE", "t%p.json")])?
        .expect_success("run")?;
    let mut found = Vec::new();
    for entry in fs::read_dir(bench.0.dir)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if let Some(Ok(pid)) =
            name.strip_prefix('t').and_then(|rest| rest.strip_suffix(".json")).map(str::parse::<u64>)
        {
            let events = bench.events(&name)?;
            ensure!(events.iter().any(|e| e["pid"] == pid), "{name}: {events:?}");
            let names = ["main", "in_child"].map(|name| event(&events, "function", name).is_ok());
            found.push(names);
        }
    }
    found.sort_unstable();
    ensure!(found == [[false, true], [true, false]], "{found:?}");
    Ok(())
}

fn trace_impossible(bench: &Bench<'_>) -> Result<()> {
    bench.build("tour.c", &[], "tour")?;
    for (file, reason) in [
        ("none/trace", "No such file or directory"),
        ("/", "Is a directory"),
        ("/proc/self/oom_score", "Permission denied"),
        ("/dev/null", "Invalid argument"),
    ] {
        // Root may write everything.
        if reason == "Permission denied" && rustix::process::geteuid().is_root() {
            continue;
        }
        let found = bench.program("tour", &["fork"], &[("AUTOJIT_TRACE", file)])?;
        ensure!(found.status == Status::SUCCESS && found.stdout_text() == "9\n7\n", "{found}");
        let expected = format!("autojit: cannot write {file}: {reason}; the program runs without\n");
        ensure!(found.stderr_text() == expected, "{found}");
    }
    Ok(())
}

/// Runs a program of which a whole unit is never called, and makes a page of the trace.
fn make_report(bench: &Bench<'_>) -> Result<String> {
    fs::write(bench.0.dir.join("cold.c"), "int never(int);\nint cold_one(int x) { return never(x); }\n")?;
    bench.build("tour.c", &["-g", "cold.c"], "tour")?;
    bench.program("tour", &[], &[NO_SPECULATION, TRACE])?.expect_success("run")?;
    let mut command = bench.0.sandbox.tool()?;
    let outcome = bench.run(command.args(["report", "trace.json"]))?;
    outcome.expect_success("report")?;
    ensure!(outcome.stdout_text() == "trace.html\n" && outcome.stderr_text().is_empty(), "{outcome}");
    Ok(fs::read_to_string(bench.0.dir.join("trace.html"))?)
}

fn report(bench: &Bench<'_>) -> Result<()> {
    let page = make_report(bench)?;
    for outside in ["src=", "href=", "url(", "import ", "https:"] {
        ensure!(!page.contains(outside), "the page refers to others: {outside}");
    }
    ensure!(page.matches("http:").count() == 2, "beside the two names of languages there is an address");
    for name in ["\"third\"", "\"never\"", "\"cold_one\"", "cold.c"] {
        ensure!(page.contains(name), "{name} is not in the page");
    }
    // A daemon that died has left no end; and the page can go elsewhere.
    let trace = fs::read_to_string(bench.0.dir.join("trace.json"))?;
    fs::write(bench.0.dir.join("cut.json"), &trace[..trace.len() - 30])?;
    let mut command = bench.0.sandbox.tool()?;
    let outcome = bench.run(command.args(["report", "cut.json", "-o", "-"]))?;
    outcome.expect_success("cut off")?;
    ensure!(outcome.stdout_text().contains("\"third\""), "{outcome}");
    // Another program in its place.
    fs::write(bench.0.dir.join("tour"), "another one")?;
    let outcome = bench.run(bench.0.sandbox.tool()?.args(["report", "trace.json"]))?;
    outcome.expect_success("another program")?;
    ensure!(outcome.stderr_text().contains("modules that were not called are missing"), "{outcome}");
    Ok(())
}

fn report_of_nothing(bench: &Bench<'_>) -> Result<()> {
    fs::write(bench.0.dir.join("other.json"), "[{\"ph\": \"X\", \"name\": \"x\"}]")?;
    for (file, reason) in [("other.json", "not a trace of autojit"), ("none.json", "No such file")] {
        let outcome = bench.run(bench.0.sandbox.tool()?.args(["report", file]))?;
        ensure!(outcome.status == Status::Exit(1) && outcome.stderr_text().contains(reason), "{outcome}");
        ensure!(
            outcome.stderr_text().starts_with("autojit: error: ") && !bench.0.dir.join("other.html").exists(),
            "{outcome}"
        );
    }
    Ok(())
}

fn report_in_browser(bench: &Bench<'_>, browser: &'static str) -> Result<()> {
    let page = make_report(bench)?;
    // The head of the column "function", once: sorted by name.
    let click = "<script>document.querySelector('th').click()</script>";
    fs::write(bench.0.dir.join("sorted.html"), page.replace("</body>", &format!("{click}</body>")))?;
    let mut orders = Vec::new();
    for file in ["trace.html", "sorted.html"] {
        let mut command = bench.0.sandbox.command(browser);
        command.args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--virtual-time-budget=2000",
            "--dump-dom",
        ]);
        command.arg(format!("--user-data-dir={}", bench.0.dir.join("browser").display()));
        let url = format!("file://{}", bench.0.dir.join(file).display());
        let outcome = bench.run(command.arg(url))?;
        outcome.expect_success("browser")?;
        let found = outcome.stdout_text();
        let rows: Vec<&str> = found.split("<tr").skip(2).collect();
        let row = |name: &str| {
            let row = rows.iter().find(|row| row.contains(&format!("</i>{name}</td>")));
            row.with_context(|| format!("no row of {name}: {found}"))
        };
        ensure!(row("third")?.contains("<td>called</td><td>compiled</td>"), "{}", row("third")?);
        for cold in ["never", "unused", "cold_one"] {
            ensure!(row(cold)?.contains("<td>never</td>"), "{}", row(cold)?);
        }
        ensure!(row("cold_one")?.contains("<td>cold.c</td>"), "{}", row("cold_one")?);
        // Three are never compiled, and in_child; the others, and the bars of the time line.
        ensure!(found.matches("class=\"node cold\"").count() == 4, "never compiled in the graph: {found}");
        ensure!(found.matches("class=\"node\"").count() == 4, "compiled in the graph: {found}");
        ensure!(found.matches("class=\"compiled\"").count() == 4, "bars: {found}");
        orders.push(["third", "first", "main", "second"].map(|name| {
            rows.iter().position(|row| row.contains(&format!("</i>{name}</td>"))).unwrap_or_default()
        }));
    }
    // By time, and by name.
    ensure!(orders[0] == [3, 1, 0, 2] && orders[1] == [6, 1, 3, 5], "{orders:?}");
    Ok(())
}

/// Process and address that where.c prints.
fn place(outcome: &Outcome) -> Result<(u32, u64)> {
    outcome.expect_success("run")?;
    let text = outcome.stdout_text();
    let (pid, address) = text.trim().split_once(" 0x").context("what it printed")?;
    Ok((pid.parse()?, u64::from_str_radix(address, 16)?))
}

fn perf_map(bench: &Bench<'_>) -> Result<()> {
    for flags in [&[][..], &["-fno-asynchronous-unwind-tables"]] {
        bench.build("where.c", flags, "where")?;
        let (pid, address) = place(&bench.program("where", &[], &[("AUTOJIT_PERF", "map")])?)?;
        let path = PathBuf::from(format!("/tmp/perf-{pid}.map"));
        let text = fs::read_to_string(&path)?;
        fs::remove_file(&path)?;
        let mut all = Vec::new();
        for line in text.lines() {
            let mut fields = line.splitn(3, ' ');
            let mut number = || u64::from_str_radix(fields.next().unwrap_or_default(), 16);
            all.push((number()?, number()?, fields.next().context("a line without a name")?));
        }
        all.sort_unstable();
        ensure!(
            all.iter().map(|(.., name)| *name).collect::<std::collections::BTreeSet<_>>()
                == ["callee", "caller", "main"].into(),
            "{text}"
        );
        ensure!(all.windows(2).all(|pair| pair[0].0 + pair[0].1 <= pair[1].0), "they overlap: {text}");
        let found = all.iter().find(|(start, size, _)| (*start..start + size).contains(&address));
        ensure!(found.is_some_and(|(.., name)| *name == "caller"), "{address:#x} is not in caller: {text}");
    }
    Ok(())
}

/// A function of a dump.
#[derive(Debug)]
struct Dumped {
    name: String,
    start: u64,
    code: Vec<u8>,
    index: u64,
    /// Address, line, file.
    lines: Vec<(u64, u32, String)>,
}

/// Reads a dump as tools/perf/Documentation/jitdump-specification.txt of the kernel's sources says.
fn read_dump(bytes: &[u8], pid: u32) -> Result<Vec<Dumped>> {
    let word = |at: usize| {
        Ok::<_, anyhow::Error>(u32::from_le_bytes(bytes.get(at..at + 4).context("cut off")?.try_into()?))
    };
    let long = |at: usize| {
        Ok::<_, anyhow::Error>(u64::from_le_bytes(bytes.get(at..at + 8).context("cut off")?.try_into()?))
    };
    let string = |at: usize| {
        let rest = bytes.get(at..).context("cut off")?;
        let end = rest.iter().position(|byte| *byte == 0).context("no end of a name")?;
        Ok::<_, anyhow::Error>(String::from_utf8(rest[..end].to_vec())?)
    };
    let header = [word(0)?, word(4)?, word(8)?, word(12)?, word(20)?];
    ensure!(header == [0x4A69_5444, 1, 40, 62, pid] && long(32)? == 0, "header {header:x?}");
    let mut all = Vec::new();
    let mut lines = (0, Vec::new());
    let (mut at, mut time) = (40, long(24)?);
    while at < bytes.len() {
        let (id, size) = (word(at)?, word(at + 4)? as usize);
        ensure!(long(at + 8)? >= time, "time goes back");
        time = long(at + 8)?;
        let body = at + 16;
        match id {
            0 => {
                let start = long(body + 16)?;
                ensure!(word(body)? == pid && long(body + 8)? == start, "a load record");
                let name = string(body + 40)?;
                let code = body + 41 + name.len()..body + 41 + name.len() + long(body + 24)? as usize;
                ensure!(code.end == at + size, "{name}: size");
                let code = bytes.get(code).context("cut off")?.to_vec();
                let lines = std::mem::take(&mut lines);
                ensure!(lines.1.is_empty() || lines.0 == start, "{name}: lines of another function");
                all.push(Dumped { name, start, code, index: long(body + 32)?, lines: lines.1 });
            }
            2 => {
                lines.0 = long(body)?;
                let mut entry = body + 16;
                for _ in 0..long(body + 8)? {
                    let file = string(entry + 16)?;
                    let length = file.len();
                    lines.1.push((long(entry)?, word(entry + 8)?, file));
                    entry += 17 + length;
                }
                ensure!(entry == at + size, "lines: size");
            }
            other => anyhow::bail!("record {other}"),
        }
        at += size;
    }
    let mut indices: Vec<u64> = all.iter().map(|function| function.index).collect();
    indices.sort_unstable();
    indices.dedup();
    ensure!(indices.len() == all.len(), "two functions with one number");
    Ok(all)
}

fn dump_of(bench: &Bench<'_>, program: &str, pid: u32) -> Result<Vec<Dumped>> {
    let path = bench.0.dir.join(format!("jit-{pid}.dump"));
    read_dump(&fs::read(&path)?, pid).with_context(|| format!("{program}: {}", path.display()))
}

const DUMP: (&str, &str) = ("AUTOJIT_PERF", "jitdump");

fn perf_dump(bench: &Bench<'_>) -> Result<()> {
    bench.build("where.c", &["-g"], "where")?;
    // Compiled for it, then from memory and all at once.
    for _ in 0..2 {
        let (pid, address) = place(&bench.program("where", &[], &[DUMP])?)?;
        let all = dump_of(bench, "where", pid)?;
        let text = fs::read_to_string(source("where.c"))?;
        let line_of =
            |what: &str| text.lines().position(|line| line.contains(what)).map(|number| number as u32 + 1);
        for (name, first, last) in [
            ("main", "int main(", "return 0;"),
            ("caller", "void *caller(", "return found;"),
            ("callee", "void *callee(", "void *callee("),
        ] {
            let function =
                all.iter().find(|function| function.name == name).with_context(|| format!("no {name}"))?;
            // push %rbp; or leave and ret at its end.
            ensure!(function.code[0] == 0x55 && function.code.last() == Some(&0xc3), "{function:x?}");
            let lines: Vec<u32> = function.lines.iter().map(|(_, line, _)| *line).collect();
            ensure!(
                lines.first().copied() == line_of(first) && lines.last().copied() == line_of(last),
                "{name}: {lines:?}"
            );
            let end = function.start + function.code.len() as u64;
            for (at, _, file) in &function.lines {
                ensure!(
                    (function.start..end).contains(at) && *file == source("where.c").to_string_lossy(),
                    "{function:x?}"
                );
            }
            if name == "caller" {
                ensure!((function.start..end).contains(&address), "{address:x} {function:x?}");
                let line =
                    function.lines.iter().rev().find(|(at, ..)| *at < address).map(|(_, line, _)| *line);
                ensure!(line == line_of("= callee()"), "line of the call: {line:?}");
            }
        }
    }
    Ok(())
}

fn perf_dump_without_lines(bench: &Bench<'_>) -> Result<()> {
    bench.build("where.c", &["-fPIC", "-shared", "-Dmain=inner"], "libwhere.so")?;
    fs::write(bench.0.dir.join("outer.c"), "int inner(void);\nint main(void) { return inner(); }\n")?;
    let mut command = bench.0.sandbox.command(&bench.0.context.toolchains.tested.cc);
    let flags = ["-L.", "-lwhere", "-Wl,-rpath,$ORIGIN"];
    bench.run(command.args(["-g", "outer.c", "-o", "outer"]).args(flags))?.expect_success("link")?;
    // Lines only of a unit that is as it was.
    fs::write(bench.0.dir.join("outer.c"), "int main(void) { return 1; }\n")?;
    let (pid, _) = place(&bench.program("outer", &[], &[DUMP])?)?;
    let all = dump_of(bench, "outer", pid)?;
    let mut names: Vec<&str> = all.iter().map(|function| function.name.as_str()).collect();
    names.sort_unstable();
    ensure!(names == ["callee", "caller", "inner", "main"], "{names:?}");
    ensure!(all.iter().all(|function| function.lines.is_empty()), "{all:x?}");
    Ok(())
}

fn perf_of_no_kind(bench: &Bench<'_>) -> Result<()> {
    bench.build("tour.c", &[], "tour")?;
    let found = bench.program("tour", &["fork"], &[("AUTOJIT_PERF", "dump")])?;
    ensure!(found.status == Status::SUCCESS && found.stdout_text() == "9\n7\n", "{found}");
    ensure!(found.stderr_text() == "autojit: AUTOJIT_PERF is neither map nor jitdump: dump\n", "{found}");
    Ok(())
}

fn perf_annotates(bench: &Bench<'_>, perf: &'static str) -> Result<()> {
    bench.build("hot.c", &["-g"], "hot")?;
    let perf = |arguments: &[&str]| -> Result<String> {
        let mut command = bench.0.sandbox.command(perf);
        let outcome = bench.run(command.args(arguments).envs([DUMP]))?;
        outcome.expect_success(arguments[0])?;
        Ok(outcome.stdout_text())
    };
    perf(&["record", "-q", "-k", "1", "-e", "cpu-clock", "-o", "data", "./hot"])?;
    perf(&["inject", "--jit", "-i", "data", "-o", "injected"])?;
    let report = perf(&["report", "--stdio", "-i", "injected"])?;
    let first = report.lines().find(|line| !line.starts_with('#') && !line.trim().is_empty());
    ensure!(first.is_some_and(|line| line.ends_with("[.] inner")), "{report}");
    let lines = perf(&["annotate", "--stdio", "-l", "-i", "injected", "inner"])?;
    let hottest = "x * 1664525u + 1013904223u";
    let text = fs::read_to_string(source("hot.c"))?;
    let number = text.lines().position(|line| line.contains(hottest)).context("the line")? + 1;
    ensure!(lines.contains(hottest) && lines.contains(&format!("hot.c:{number}")), "{lines}");
    Ok(())
}

/// Builds a program with errors by both compilers. Their names: clang's first.
fn bad_programs(bench: &Bench<'_>) -> Result<[&'static str; 2]> {
    let toolchains = &bench.0.context.toolchains;
    fs::copy(source("bad.c"), bench.0.dir.join("bad.c"))?;
    for (side, compiler) in [("clang", &toolchains.reference.cc), ("autojit", &toolchains.tested.cc)] {
        let mut command = bench.0.sandbox.command(compiler);
        command.args(["-O0", "-g", "bad.c", "-o", side]);
        bench.run(&mut command)?.expect_success("compile")?;
    }
    Ok(["clang", "autojit"])
}

/// What memcheck says, with functions and lines.
fn memcheck(bench: &Bench<'_>, valgrind: &'static str) -> Result<()> {
    let mut reports = Vec::new();
    for side in bad_programs(bench)? {
        // There is no daemon yet: valgrind sees one being started.
        bench.0.sandbox.stop()?;
        let mut command = bench.0.sandbox.command(valgrind);
        let outcome = bench.run(command.arg("--leak-check=full").arg(format!("./{side}")))?;
        outcome.expect_success(side)?;
        let said = outcome.stderr_text();
        // "==PID== text"; what valgrind says about debug information that it can't read has other marks.
        let mut lines = said.lines().filter_map(|line| line.strip_prefix("==")?.split_once("== "));
        // A process that starts the daemon has a report of its own.
        let process = lines.find(|line| line.1.starts_with("Command:")).context("no report")?.0;
        let lines = lines.filter(|line| line.0 == process);
        let lines = lines.map(|(_, text)| text.trim());
        let report: Vec<String> = lines
            .filter(|line| !line.is_empty() && !line.starts_with("Command: "))
            .map(|line| {
                let words = line.split(' ').map(|word| match word {
                    _ if word.starts_with("0x") && word.ends_with(':') => "ADDRESS:",
                    _ if word.starts_with("0x") => "ADDRESS",
                    _ => word,
                });
                words.collect::<Vec<_>>().join(" ")
            })
            .collect();
        reports.push((report, outcome.stdout_text()));
    }
    ensure!(reports[0] == reports[1], "{reports:#?}");
    ensure!(reports[1].0.iter().any(|line| line.starts_with("ERROR SUMMARY: 5 errors")), "{reports:#?}");
    ensure!(reports[1].0.iter().any(|line| line.contains("ADDRESS: beyond (bad.c:")), "{reports:#?}");
    Ok(())
}

/// All that valgrind reads of debug information, in the version that it knows whole: a complaint is an error in it.
fn variables(bench: &Bench<'_>, valgrind: &'static str) -> Result<()> {
    let source = "#include <stdio.h>\nstatic int table[5];\n\
                  __attribute__((noinline)) static int beyond(int n) { int few[4] = {1, 2, 3, n}; return few[n & 3] + table[n % 5]; }\n\
                  int main(void) { return printf(\"%d\\n\", beyond(2)) < 0; }\n";
    fs::write(bench.0.dir.join("known.c"), source)?;
    for level in ["-O0", "-O2"] {
        let mut compile = bench.0.sandbox.command(&bench.0.context.toolchains.tested.cc);
        compile.current_dir(bench.0.dir).args(["-gdwarf-4", level, "known.c", "-o", "known"]);
        bench.run(&mut compile)?.expect_success("compile")?;
        let mut command = bench.0.sandbox.command(valgrind);
        let outcome = bench.run(command.args(["-q", "--read-var-info=yes", "./known"]))?;
        ensure!(outcome.stderr_text().is_empty() && outcome.stdout_text() == "3\n", "{level}: {outcome}");
    }
    Ok(())
}

/// Costs of the program's own functions, which are those of clang's code.
fn callgrind(bench: &Bench<'_>, valgrind: &'static str) -> Result<()> {
    let mut costs = Vec::new();
    for side in bad_programs(bench)? {
        bench.run(&mut bench.0.sandbox.command(format!("./{side}")))?.expect_success(side)?;
        let mut command = bench.0.sandbox.command(valgrind);
        command.args(["--tool=callgrind", "--callgrind-out-file=costs"]).arg(format!("./{side}"));
        bench.run(&mut command)?.expect_success(side)?;
        let mut command = bench.0.sandbox.command("callgrind_annotate");
        let text = bench.run(command.args(["--threshold=100", "costs"]))?.stdout_text().to_owned();
        // `37 ( 0.03%)  bad.c:main [program]`
        let functions = text.lines().filter(|line| line.contains("bad.c:") && line.ends_with(']'));
        let mut functions: Vec<String> = functions
            .filter_map(|line| {
                let name = line.split("bad.c:").nth(1)?.split(' ').next()?;
                Some(format!("{name} {}", line.split_whitespace().next()?))
            })
            .collect();
        functions.sort();
        costs.push(functions);
    }
    // What calls the C library first has the dynamic linker find it, and costs the program's own table.
    for name in ["main ", "beyond ", "after "] {
        let cost = |side: usize| costs[side].iter().find(|line| line.starts_with(name));
        ensure!(cost(0).is_some() && cost(0) == cost(1), "{name}: {costs:#?}");
    }
    Ok(())
}
