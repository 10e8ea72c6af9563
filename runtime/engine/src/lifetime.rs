//! Which sessions live, and when one is over.
//!
//! A session's client has no connection that could break. Its end shows in two ways: the process is gone (its pidfd becomes
//! readable; where there are none, it is looked for now and then), or it has not got the control memory mapped any more, after an exec. A library that is unloaded ends its session; where
//! it can't, its mappings stay, and the session is over when another one has modules in its place.

use crate::control::ControlMemory;
use rustix::event::epoll;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open, test_kill_process};
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::ops::Range;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// How often to look for sessions that a process has left behind.
pub const CHECK_INTERVAL: Duration = Duration::from_secs(15);

/// A client maps its memory within microseconds after the handshake.
const TIME_TO_START: Duration = Duration::from_secs(60);

/// How often to look again for a mapping that is missing.
const LOOKS: usize = 2;

struct Living {
    pid: Pid,
    control: Arc<ControlMemory>,
    is_mapped: Arc<AtomicBool>,
    since: Instant,
    /// Where its modules' slots are in the process.
    slots: Vec<Range<u64>>,
    /// Stays in the epoll set until it is closed with this entry.
    _process: Option<OwnedFd>,
}

#[derive(Default)]
pub struct Sessions {
    living: Mutex<HashMap<u64, Living>>,
}

impl Sessions {
    /// Watches over a new session. `events` becomes readable, with the session's number, when its process ends.
    pub fn add(
        &self,
        number: u64,
        pid: Pid,
        control: Arc<ControlMemory>,
        is_mapped: Arc<AtomicBool>,
        events: &OwnedFd,
    ) -> rustix::io::Result<()> {
        let process = match pidfd_open(pid, PidfdFlags::empty()) {
            // Old kernels, and sandboxes.
            Err(Errno::NOSYS | Errno::PERM) => None,
            result => Some(result?),
        };
        if let Some(process) = &process {
            epoll::add(events, process, epoll::EventData::new_u64(number), epoll::EventFlags::IN)?;
        }
        let living =
            Living { pid, control, is_mapped, since: Instant::now(), slots: Vec::new(), _process: process };
        self.living.lock().expect("no panic under this lock").insert(number, living);
        Ok(())
    }

    /// The session's thread is done.
    pub fn remove(&self, number: u64) {
        let gone = self.living.lock().expect("no panic under this lock").remove(&number);
        drop(gone);
    }

    pub fn count(&self) -> usize {
        self.living.lock().expect("no panic under this lock").len()
    }

    pub fn is_open(&self, number: u64) -> bool {
        self.living.lock().expect("no panic under this lock").contains_key(&number)
    }

    /// Tells a session, by its number, that its process is gone. Its thread then ends.
    pub fn close(&self, number: u64) {
        if let Some(session) = self.living.lock().expect("no panic under this lock").remove(&number) {
            session.control.close();
        }
    }

    /// Notes where a module of a session has its slots. Whatever had slots there before in the same process was
    /// unloaded, or replaced by an exec: those sessions are closed.
    pub fn claim(&self, number: u64, slots: Range<u64>) {
        let mut living = self.living.lock().expect("no panic under this lock");
        let Some(pid) = living.get(&number).map(|session| session.pid) else { return };
        let overlaps = |other: &Range<u64>| other.start < slots.end && slots.start < other.end;
        let gone: Vec<u64> = living
            .iter()
            .filter(|(other, session)| {
                **other != number && session.pid == pid && session.slots.iter().any(overlaps)
            })
            .map(|(other, _)| *other)
            .collect();
        for other in gone {
            if let Some(session) = living.remove(&other) {
                session.control.close();
            }
        }
        if let Some(session) = living.get_mut(&number) {
            session.slots.push(slots);
        }
    }

    pub fn close_all(&self) {
        for session in self.living.lock().expect("no panic under this lock").values() {
            session.control.close();
        }
    }

    /// Closes those sessions (of one process, or of all) that are not in their process any more.
    pub fn close_abandoned(&self, of: Option<Pid>) {
        let mut candidates: HashMap<Pid, Vec<(u64, bool)>> = HashMap::new();
        for (number, session) in self.living.lock().expect("no panic under this lock").iter() {
            let is_mapped = session.is_mapped.load(Ordering::Acquire);
            let is_due = is_mapped || session.since.elapsed() > TIME_TO_START;
            if is_due && of.is_none_or(|pid| pid == session.pid) {
                candidates.entry(session.pid).or_default().push((*number, is_mapped));
            }
        }
        for (pid, sessions) in candidates {
            let is_gone = || test_kill_process(pid) == Err(Errno::SRCH);
            let Some(mut mapped) = mapped_sessions(pid).or_else(|| is_gone().then(Vec::new)) else {
                continue;
            };
            // The list comes in pieces: what another thread of the process maps meanwhile can hide a mapping between two of them.
            for _ in 0..LOOKS {
                if sessions.iter().any(|(number, is_mapped)| *is_mapped && !mapped.contains(number)) {
                    mapped.extend(mapped_sessions(pid).unwrap_or_default());
                }
            }
            for (number, is_mapped) in sessions {
                if !is_mapped || !mapped.contains(&number) {
                    self.close(number);
                }
            }
        }
    }
}

/// Numbers of the sessions whose control memory a process has mapped. `None` if that cannot be told.
fn mapped_sessions(pid: Pid) -> Option<Vec<u64>> {
    const NAME: &[u8] = b"/memfd:autojit-control-";
    let mut maps = BufReader::new(File::open(format!("/proc/{}/maps", pid.as_raw_nonzero())).ok()?);
    let mut found = Vec::new();
    // Bytes, not text: other mappings' paths can be anything.
    let mut line = Vec::new();
    while maps.read_until(b'\n', &mut line).ok()? > 0 {
        if let Some(at) = line.windows(NAME.len()).position(|window| window == NAME) {
            let digits: String = line[at + NAME.len()..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .map(|&b| b as char)
                .collect();
            found.extend(digits.parse::<u64>());
        }
        line.clear();
    }
    Some(found)
}
