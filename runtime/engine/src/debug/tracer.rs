//! Who debugs a process.

use rustix::process::Pid;
use std::fs;

/// What drives LLDB for an editor, with a thread of its own. That interrupts LLDB while it steps over the breakpoint where the dynamic linker says
/// that libraries come and go; LLDB lets the process go on then without it, and misses the libraries that come next.
const ADAPTERS: [&str; 3] = ["lldb-dap", "lldb-vscode", "codelldb"];

/// The process that debugs another one.
pub struct Tracer {
    /// 0: there is none.
    pub pid: u32,
    pub name: String,
}

impl Tracer {
    pub fn of(pid: Pid) -> Tracer {
        let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_nonzero())).unwrap_or_default();
        let tracer = field(&status, "TracerPid:");
        let name = fs::read_to_string(format!("/proc/{tracer}/comm")).unwrap_or_default();
        Tracer { pid: tracer.parse().unwrap_or(0), name: name.trim_end().to_owned() }
    }

    /// Whether the debugger is on this machine, and reads what is in the dynamic linker's list. What LLDB starts to trace a process has an end of a connection from it; for one on another
    /// machine the same is started by a platform server.
    pub fn reads_files(&self) -> bool {
        let read = |name: &str| fs::read(format!("/proc/{}/{name}", self.pid)).unwrap_or_default();
        match self.reader() {
            Reader::Gdb => self.name.starts_with("gdb") && self.name != "gdbserver",
            Reader::Lldb if self.name.starts_with("lldb-server") => {
                let status = String::from_utf8_lossy(&read("status")).into_owned();
                let parent = field(&status, "PPid:");
                // The platform server, or LLDB itself in some program.
                let platform = fs::read_to_string(format!("/proc/{parent}/comm")).unwrap_or_default();
                let has_connection = read("cmdline").split(|&b| b == 0).any(|arg| arg.starts_with(b"--fd"));
                has_connection
                    && !platform.starts_with("lldb-server")
                    && !ADAPTERS.iter().any(|name| platform.starts_with(name))
            }
            Reader::Lldb | Reader::Valgrind => false,
        }
    }

    pub fn reader(&self) -> Reader {
        match self.pid {
            0 => Reader::Valgrind,
            _ if self.name.starts_with("lldb") => Reader::Lldb,
            _ => Reader::Gdb,
        }
    }
}

/// Of a file like `/proc/PID/status`.
fn field<'a>(status: &'a str, name: &str) -> &'a str {
    status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().trim()
}

/// Who reads a description.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    Gdb,
    Lldb,
    /// Or whatever reads like it.
    Valgrind,
}

impl Reader {
    /// Whether functions without debug information are of use to it: GDB can't get past code that nothing describes. LLDB can, and would stop
    /// in a function with two names, that of the stub and that of the body, twice.
    pub fn wants_names(self) -> bool {
        self != Reader::Lldb
    }
}
