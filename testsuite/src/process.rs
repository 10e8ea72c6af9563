//! Runs one command to its end, within a time limit, and keeps everything that can be seen of it from outside.
//!
//! Output goes through pipes and is read to its end, not only to the end of the process: a daemon that keeps its
//! starter's stdout open is a bug that users notice (`program | cat` hangs), and here it runs into the time limit.

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process_group};
use std::fmt;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Exit(i32),
    Signal(i32),
    /// It, or its output, did not end in time; it has been killed.
    TimedOut,
}

impl Status {
    pub const SUCCESS: Status = Status::Exit(0);

    fn of(status: ExitStatus) -> Status {
        match (status.code(), status.signal()) {
            (Some(code), _) => Status::Exit(code),
            (None, Some(signal)) => Status::Signal(signal),
            (None, None) => Status::TimedOut,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Exit(code) => write!(f, "exit status {code}"),
            Status::Signal(signal) => write!(f, "signal {signal}"),
            Status::TimedOut => f.write_str("no end within the time limit"),
        }
    }
}

/// What a command did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub status: Status,
}

impl Outcome {
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// An error that shows everything, unless the command ended well.
    pub fn expect_success(&self, what: &str) -> Result<()> {
        anyhow::ensure!(self.status == Status::SUCCESS, "{what}: {self}");
        Ok(())
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.status)?;
        for (name, bytes) in [("stdout", &self.stdout), ("stderr", &self.stderr)] {
            if !bytes.is_empty() {
                write!(f, "\n--- {name}\n{}", excerpt(bytes))?;
            }
        }
        Ok(())
    }
}

/// A text that is fit to be shown: binary output and floods are cut.
pub fn excerpt(bytes: &[u8]) -> String {
    const LIMIT: usize = 4000;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LIMIT)]);
    if bytes.len() > LIMIT { format!("{text}... ({} bytes)", bytes.len()) } else { text.into_owned() }
}

/// Time that a single command gets, on a loaded machine too.
pub const TIME_LIMIT: Duration = Duration::from_secs(240);

/// Runs `command` with `stdin` as its whole input.
pub fn run(command: &mut Command, stdin: &[u8], limit: Duration) -> Result<Outcome> {
    let deadline = Instant::now() + limit;
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A group of its own, so that the time limit takes its children along.
    command.process_group(0);
    let mut child = spawn(command, deadline).with_context(|| format!("can't run {}", show(command)))?;
    let mut pipe = child.stdin.take().context("no stdin")?;
    let input = stdin.to_vec();
    // A program that does not read its input is no error of ours.
    let writer = thread::spawn(move || drop(pipe.write_all(&input)));
    let stdout = collect(child.stdout.take().context("no stdout")?);
    let stderr = collect(child.stderr.take().context("no stderr")?);

    let mut outputs = [Vec::new(), Vec::new()];
    let mut in_time = true;
    for (receiver, output) in [&stdout, &stderr].into_iter().zip(&mut outputs) {
        in_time &= drain(receiver, output, deadline);
    }
    let status = match wait(&mut child, deadline)? {
        Some(status) if in_time => status,
        _ => {
            kill_group(&child);
            child.wait()?;
            Status::TimedOut
        }
    };
    if status != Status::TimedOut {
        drop(writer.join());
    }
    let [stdout, stderr] = outputs;
    Ok(Outcome { stdout, stderr, status })
}

/// A program that has just been written may still be open for writing in a child that another thread is about to start.
fn spawn(command: &mut Command, deadline: Instant) -> std::io::Result<Child> {
    loop {
        match command.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy && Instant::now() < deadline => {
                thread::sleep(Duration::from_millis(1));
            }
            result => return result,
        }
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(n @ 1..) = pipe.read(&mut buffer) {
            if sender.send(buffer[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

/// Whether the end of the output came before the deadline.
fn drain(receiver: &Receiver<Vec<u8>>, output: &mut Vec<u8>, deadline: Instant) -> bool {
    use std::sync::mpsc::RecvTimeoutError::*;
    loop {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(chunk) => output.extend(chunk),
            Err(Disconnected) => return true,
            Err(Timeout) => return false,
        }
    }
}

fn wait(child: &mut Child, deadline: Instant) -> Result<Option<Status>> {
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(Status::of(status)));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        thread::sleep(Duration::from_millis(1));
    }
}

fn kill_group(child: &Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may have ended by itself in the meantime.
        let _ = kill_process_group(pid, Signal::KILL);
    }
}

/// A command as a person would type it.
pub fn show(command: &Command) -> String {
    let words =
        std::iter::once(command.get_program()).chain(command.get_args()).map(|word| word.to_string_lossy());
    let line = shell_words::join(words);
    match command.get_current_dir() {
        Some(dir) => format!("cd {} && {line}", shell_words::quote(&dir.to_string_lossy())),
        None => line,
    }
}
