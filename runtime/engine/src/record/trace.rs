//! `AUTOJIT_TRACE`: Chrome's trace events, as a JSON array (Trace Event Format, which Perfetto reads too).
//!
//! Several sessions, of several daemons even, add to one file: each write adds whole events at its end. The array is closed
//! when nobody writes any more, and opened again if somebody comes later; readers of the format do without the bracket.

use super::clock;
use rustix::fs::{FlockOperation, flock};
use rustix::process::Pid;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Ends the array.
const END: &str = "\n]\n";

/// Held while a file is opened or closed. Two daemons that do this with one file at once are not foreseen.
static DOOR: Mutex<()> = Mutex::new(());

/// An open trace. Closed when the session and all that works ahead for it are done.
pub struct Trace {
    file: File,
    session: u64,
    pid: u32,
}

/// Where an event is shown.
#[derive(Clone, Copy)]
pub struct Track {
    pid: u32,
    thread: u64,
}

impl Track {
    /// The process as a whole, or its first thread.
    pub fn process(trace: &Trace) -> Track {
        Track { pid: trace.pid, thread: trace.pid.into() }
    }

    /// A thread of the client; 0: unknown.
    pub fn thread(trace: &Trace, thread: u64) -> Track {
        Track { pid: trace.pid, thread: if thread == 0 { trace.pid.into() } else { thread } }
    }

    /// The calling thread of this daemon.
    pub fn worker() -> Track {
        let thread = rustix::thread::gettid().as_raw_nonzero().get();
        Track { pid: std::process::id(), thread: thread as u64 }
    }
}

pub struct Event(Value);

impl Event {
    fn new(track: Track, phase: &str, category: &str, name: &str, at: u64, args: Value) -> Event {
        Event(json!({
            "ph": phase, "cat": category, "name": name, "pid": track.pid, "tid": track.thread,
            "ts": at as f64 / 1000.0, "args": args,
        }))
    }

    /// Something that took time.
    pub fn span(
        track: Track,
        category: &str,
        name: &str,
        began: Instant,
        time: Duration,
        args: Value,
    ) -> Event {
        let mut event = Event::new(track, "X", category, name, clock::at(began), args);
        event.0["dur"] = (time.as_nanos() as f64 / 1000.0).into();
        event
    }

    pub fn instant(track: Track, category: &str, name: &str, at: Instant, args: Value) -> Event {
        let mut event = Event::new(track, "i", category, name, clock::at(at), args);
        event.0["s"] = "t".into();
        event
    }

    fn process_name(pid: u32, name: &str) -> Event {
        Event(json!({ "ph": "M", "name": "process_name", "pid": pid, "tid": pid, "args": { "name": name } }))
    }

    pub fn thread_name(track: Track, name: &str) -> Event {
        Event(json!({
            "ph": "M", "name": "thread_name", "pid": track.pid, "tid": track.thread, "args": { "name": name },
        }))
    }
}

impl Trace {
    /// Begins a session's part. `None` if the file can't be written after all.
    pub fn begin(file: File, session: u64, pid: Pid) -> Option<Trace> {
        let pid = pid.as_raw_nonzero().get() as u32;
        let trace = Trace { file, session, pid };
        let executable = std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
        let name = executable.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let begin = json!({ "session": session, "executable": executable.to_string_lossy() });
        let door = DOOR.lock().unwrap_or_else(PoisonError::into_inner);
        let size = trace.file.metadata().ok().filter(|metadata| metadata.is_file())?.len();
        if size == 0 {
            (&trace.file).write_all(b"[").ok()?;
        } else if trace.is_closed(size) {
            trace.file.set_len(size - END.len() as u64).ok()?;
        }
        let first = [
            Event::process_name(pid, &name),
            Event::process_name(std::process::id(), "autojitd"),
            Event::instant(Track::process(&trace), "session", "session begins", Instant::now(), begin),
        ];
        let text = first.each_ref().map(|event| event.0.to_string()).join(",\n");
        let separator = if size == 0 { "\n" } else { ",\n" };
        (&trace.file).write_all(format!("{separator}{text}").as_bytes()).ok()?;
        drop(door);
        Some(trace)
    }

    fn is_closed(&self, size: u64) -> bool {
        let mut tail = [0; END.len()];
        size.checked_sub(tail.len() as u64)
            .is_some_and(|at| self.file.read_exact_at(&mut tail, at).is_ok() && tail == *END.as_bytes())
    }

    pub fn process(&self) -> u32 {
        self.pid
    }

    /// Adds events, in one write. What can't be written (the disk is full) is lost.
    pub fn write(&self, events: &[Event]) {
        if events.is_empty() {
            return;
        }
        let text: String = events.iter().map(|event| format!(",\n{}", event.0)).collect();
        let _ = (&self.file).write_all(text.as_bytes());
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        let args = json!({ "session": self.session });
        self.write(&[Event::instant(Track::process(self), "session", "session ends", Instant::now(), args)]);
        let _door = DOOR.lock().unwrap_or_else(PoisonError::into_inner);
        if flock(&self.file, FlockOperation::NonBlockingLockExclusive).is_ok() {
            let _ = (&self.file).write_all(END.as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A file as a client opens it.
    fn open(path: &std::path::Path) -> File {
        let file = File::options().read(true).append(true).create(true).open(path).unwrap();
        flock(&file, FlockOperation::NonBlockingLockShared).unwrap();
        file
    }

    fn events(path: &std::path::Path) -> Option<Vec<Value>> {
        serde_json::from_slice(&std::fs::read(path).unwrap()).ok()
    }

    #[test]
    fn sessions_share_a_file_which_is_json_when_they_are_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("trace");
        let pid = rustix::process::getpid();
        let begin = |session| Trace::begin(open(&path), session, pid).unwrap();
        let first = begin(1);
        let second = begin(2);
        first.write(&[Event::instant(Track::worker(), "c", "one \"event\"", Instant::now(), json!({}))]);
        drop(first);
        assert!(events(&path).is_none(), "the second still writes");
        drop(second);
        let count = |name: &str| events(&path).unwrap().iter().filter(|event| event["name"] == name).count();
        assert_eq!((count("session begins"), count("session ends"), count("one \"event\"")), (2, 2, 1));
        drop(begin(3));
        assert_eq!((count("session begins"), count("session ends")), (3, 3));
    }
}
