//! A home of its own for every test run: private runtime, cache and home folders, so that the tests neither use nor
//! disturb the daemon of the person who runs them, and always start cold.

use crate::process::{self, Outcome, TIME_LIMIT};
use crate::toolchain::{Toolchain, Tools};
use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

pub struct Sandbox {
    root: tempfile::TempDir,
    tools: Option<Tools>,
}

impl Sandbox {
    pub fn new(toolchain: &Toolchain) -> Result<Sandbox> {
        // A short path: the socket's name must fit into 108 bytes.
        let root = tempfile::Builder::new().prefix("ajt").tempdir_in("/tmp")?;
        for name in ["run", "cache", "home", "tmp"] {
            let dir = root.path().join(name);
            fs::create_dir(&dir)?;
            fs::set_permissions(&dir, fs::Permissions::from_mode(0o700))?;
        }
        Ok(Sandbox { root, tools: toolchain.autojit.clone() })
    }

    pub fn runtime_dir(&self) -> PathBuf {
        self.root.path().join("run")
    }

    pub fn path(&self) -> &Path {
        self.root.path()
    }

    /// A command that sees nothing of the caller's environment but `PATH`.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let root = self.root.path();
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("LC_ALL", "C")
            .env("HOME", root.join("home"))
            .env("XDG_CACHE_HOME", root.join("cache"))
            .env("XDG_RUNTIME_DIR", root.join("run"))
            .env("TMPDIR", root.join("tmp"));
        command
    }

    /// The processes of autojitd that belong to this sandbox. Recognized by what they were started with or hold
    /// open, so that it doesn't matter what the daemon makes of its environment.
    pub fn daemons(&self) -> Result<Vec<Pid>> {
        let Some(tools) = &self.tools else { return Ok(Vec::new()) };
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let entry = entry?;
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let proc = entry.path();
            // A process may end while we look at it: then it is none.
            let is_daemon = fs::read_link(proc.join("exe")).is_ok_and(|exe| exe == tools.daemon);
            if is_daemon && self.owns(&proc) {
                found.extend(Pid::from_raw(pid));
            }
        }
        Ok(found)
    }

    fn owns(&self, proc: &Path) -> bool {
        let root = self.root.path();
        let needle = root.as_os_str().as_encoded_bytes();
        let in_environment = fs::read(proc.join("environ"))
            .is_ok_and(|bytes| bytes.windows(needle.len()).any(|window| window == needle));
        in_environment
            || fs::read_dir(proc.join("fd")).is_ok_and(|descriptors| {
                descriptors.flatten().any(|fd| fs::read_link(fd.path()).is_ok_and(|to| to.starts_with(root)))
            })
    }

    /// The tool `autojit`.
    pub fn tool(&self) -> Result<Command> {
        let tools = self.tools.as_ref().context("no daemon with this compiler")?;
        Ok(self.command(&tools.tool))
    }

    /// Runs `autojit daemon ACTION`.
    pub fn daemon(&self, action: &str) -> Result<Outcome> {
        process::run(self.tool()?.args(["daemon", action]), b"", TIME_LIMIT)
    }

    /// Stops the daemon the official way, and fails if one is left after that.
    pub fn stop(&self) -> Result<()> {
        if self.daemons()?.is_empty() {
            return Ok(());
        }
        let outcome = self.daemon("stop")?;
        let left = self.wait_for_daemons(0, Duration::from_secs(5))?;
        self.kill_daemons()?;
        outcome.expect_success("autojit daemon stop")?;
        ensure!(left.is_empty(), "autojit daemon stop: {} daemons are left", left.len());
        Ok(())
    }

    /// SIGKILL for every daemon of this sandbox, and waits for their ends. Returns how many there were.
    pub fn kill_daemons(&self) -> Result<usize> {
        let daemons = self.daemons()?;
        for &pid in &daemons {
            // It may have left by itself.
            let _ = kill_process(pid, Signal::KILL);
        }
        let deadline = Instant::now() + Duration::from_secs(5);
        while self.daemons()?.iter().any(|pid| daemons.contains(pid)) {
            ensure!(Instant::now() < deadline, "a daemon survives SIGKILL");
            thread::sleep(Duration::from_millis(1));
        }
        Ok(daemons.len())
    }

    /// Waits until there are `count` daemons, and returns those that there are in the end.
    pub fn wait_for_daemons(&self, count: usize, limit: Duration) -> Result<Vec<Pid>> {
        let deadline = Instant::now() + limit;
        loop {
            let daemons = self.daemons()?;
            if daemons.len() == count || Instant::now() >= deadline {
                return Ok(daemons);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        // Nothing more can be done about an error here, and tests that care call `stop`.
        drop(self.kill_daemons());
    }
}
