//! Debuggers as editors drive them: lldb-dap, by the Debug Adapter Protocol (microsoft.github.io/debug-adapter-protocol).
//!
//! An adapter's own thread talks to the debugger while that steps over its breakpoints, and some are lost then if there are many at once.

use anyhow::{Context as _, Result, bail, ensure};
use autojit_testsuite::process::{self, TIME_LIMIT};
use autojit_testsuite::suite::{self, Condition, Context, WorkDir};
use autojit_testsuite::toolchain::Toolchain;
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio};

/// With much debug information: to read it takes the debugger a while.
const PROGRAM: &str = "#include <iostream>\n#include <map>\n#include <string>\n#include <thread>\n#include <vector>\n\
                       extern \"C\" int shape(int);\nstatic std::map<std::string, std::vector<int>> all;\nstatic int deeper(int n) {\n  int twice = n * 2;\n  return shape(twice) + 1 + (int)all.size();\n}\n\n\
                       int main(void) {\n  int sum = 0;\n  for (int i = 0; i < 3; i++)\n    sum += deeper(i);\n  return sum - 15;\n}\n";
const SHAPE: &str = "int more(int);\nint shape(int n) {\n  int area = more(n);\n  return area;\n}\n";
const MORE: &str = "int more(int n) {\n  return n + 1;\n}\n";

/// Sessions in a row: what goes wrong does so now and then.
const SESSIONS: usize = 12;

fn main() -> ExitCode {
    suite::main(|suite| {
        let condition = match Path::new("/usr/bin/lldb-dap-22").exists() {
            true => Condition::Lazy,
            false => Condition::Not("lldb-dap-22 is not installed".to_owned()),
        };
        suite.add("lldb-dap, a program with two libraries", condition, |context| {
            WorkDir::with(|dir| libraries(context, dir))
        });
        Ok(())
    })
}

fn libraries(context: &Context, dir: &Path) -> Result<()> {
    let toolchains = &context.toolchains;
    let expected = session(context, &build(context, &toolchains.reference, &dir.join("clang"))?)?;
    ensure!(expected.len() == 9 && expected[1].contains("shape:3 deeper(int):10 main:16"), "{expected:?}");
    let tested = build(context, &toolchains.tested, &dir.join("autojit"))?;
    for number in 1..=SESSIONS {
        let found = session(context, &tested)?;
        ensure!(found == expected, "session {number}: {found:?}\nwith clang: {expected:?}");
    }
    Ok(())
}

/// Returns the program.
fn build(context: &Context, toolchain: &Toolchain, dir: &Path) -> Result<std::path::PathBuf> {
    fs::create_dir(dir)?;
    for (name, text) in [("program.cpp", PROGRAM), ("shape.c", SHAPE), ("more.c", MORE)] {
        fs::write(dir.join(name), text)?;
    }
    for line in [
        "-shared -fPIC -x c more.c -o libmore.so",
        "-shared -fPIC -x c shape.c -L. -lmore -o libshape.so",
        "program.cpp -L. -lshape -lmore -o program",
    ] {
        let mut command = context.sandbox.command(&toolchain.cxx);
        command.current_dir(dir).args(["-g", "-Wl,-rpath,$ORIGIN"]).args(line.split(' '));
        process::run(&mut command, b"", TIME_LIMIT)?.expect_success(line)?;
    }
    Ok(dir.join("program"))
}

/// Stops at each round in the program and in a library. Returns where, with the frames down to main.
fn session(context: &Context, program: &Path) -> Result<Vec<String>> {
    let folder = program.parent().context("no folder")?;
    let mut adapter = Adapter::start(context.sandbox.command("lldb-dap-22").current_dir(folder))?;
    adapter.request("initialize", json!({"adapterID": "lldb", "linesStartAt1": true}))?;
    let launched = adapter.send(
        "launch",
        json!({"program": program, "cwd": folder, "initCommands": ["settings set symbols.enable-external-lookup false"]}),
    )?;
    adapter.event("initialized")?;
    for (file, line) in [("program.cpp", 9), ("shape.c", 3)] {
        let source = json!({"source": {"path": folder.join(file)}, "breakpoints": [{"line": line}]});
        adapter.request("setBreakpoints", source)?;
    }
    let names = ["more", "deeper"].map(|name| json!({"name": name}));
    adapter.request("setFunctionBreakpoints", json!({"breakpoints": names}))?;
    adapter.request("configurationDone", json!({}))?;
    adapter.answer(launched)?;
    let mut stops = Vec::new();
    loop {
        let event = adapter.event_of(&["stopped", "exited"])?;
        if event["event"] == "exited" {
            break;
        }
        let thread = &event["body"]["threadId"];
        // Nobody has asked for a step: LLDB was interrupted in one of its own (docs/limits.md).
        if event["body"]["reason"] == "step" {
            adapter.request("continue", json!({"threadId": thread}))?;
            continue;
        }
        let answer = adapter.request("stackTrace", json!({"threadId": thread, "levels": 8}))?;
        let frames = answer["body"]["stackFrames"].as_array().context("no frames")?;
        let mut stack = Vec::new();
        for frame in frames {
            let name = frame["name"].as_str().unwrap_or_default();
            stack.push(format!("{name}:{}", frame["line"]));
            if name == "main" {
                break;
            }
        }
        stops.push(stack.join(" "));
        adapter.request("continue", json!({"threadId": thread}))?;
    }
    adapter.send("disconnect", json!({"terminateDebuggee": true}))?;
    Ok(stops)
}

struct Adapter {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    sent: u64,
    /// What came while something else was waited for.
    messages: Vec<Value>,
}

impl Adapter {
    fn start(command: &mut Command) -> Result<Adapter> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn()?;
        let (input, output) = (process.stdin.take(), process.stdout.take());
        let (input, output) = input.zip(output).context("no pipes")?;
        Ok(Adapter { process, input, output: BufReader::new(output), sent: 0, messages: Vec::new() })
    }

    fn send(&mut self, command: &str, arguments: Value) -> Result<u64> {
        self.sent += 1;
        let message =
            json!({"seq": self.sent, "type": "request", "command": command, "arguments": arguments});
        let text = message.to_string();
        write!(self.input, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        self.input.flush()?;
        Ok(self.sent)
    }

    fn request(&mut self, command: &str, arguments: Value) -> Result<Value> {
        let number = self.send(command, arguments)?;
        self.answer(number).with_context(|| command.to_owned())
    }

    fn answer(&mut self, number: u64) -> Result<Value> {
        let answer =
            self.wait_for(|message| message["type"] == "response" && message["request_seq"] == number)?;
        ensure!(answer["success"] == true, "{answer}");
        Ok(answer)
    }

    fn event(&mut self, name: &str) -> Result<Value> {
        self.event_of(&[name])
    }

    fn event_of(&mut self, names: &[&str]) -> Result<Value> {
        self.wait_for(|message| {
            message["type"] == "event" && names.iter().any(|name| message["event"] == *name)
        })
    }

    fn wait_for(&mut self, is_wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        if let Some(at) = self.messages.iter().position(&is_wanted) {
            return Ok(self.messages.remove(at));
        }
        loop {
            let message = self.read()?;
            if is_wanted(&message) {
                return Ok(message);
            }
            self.messages.push(message);
        }
    }

    fn read(&mut self) -> Result<Value> {
        let mut length = None;
        loop {
            let mut line = String::new();
            if self.output.read_line(&mut line)? == 0 {
                bail!("the adapter is gone");
            }
            match line.trim() {
                "" => break,
                line => length = line.strip_prefix("Content-Length: ").map(str::parse::<usize>).or(length),
            }
        }
        let mut text = vec![0; length.context("no length")??];
        self.output.read_exact(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    }
}

impl Drop for Adapter {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
