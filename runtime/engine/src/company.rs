//! Whether anybody but daemons is left in this PID namespace.
//!
//! Sandboxes (firejail) last as long as their last process, and containers end with their first: a daemon that some
//! program in there has started must not be the one that they wait for. So while it has nothing to do it looks, less and less often, whether
//! there is anybody beside the namespace's first process.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::time::{Duration, Instant};

const SHORTEST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(60);

/// When to look next.
pub struct Company {
    pause: Duration,
    next: Instant,
}

impl Company {
    /// `None` in the system's own namespace, where there is always somebody.
    pub fn in_sandbox() -> Option<Company> {
        // Linux, include/linux/proc_ns.h: PROC_PID_INIT_INO.
        const SYSTEM: u64 = 0xefff_fffc;
        let namespace = fs::metadata("/proc/self/ns/pid").ok()?.ino();
        (namespace != SYSTEM).then(|| Company { pause: SHORTEST, next: Instant::now() + SHORTEST })
    }

    /// There was something to do.
    pub fn begin(&mut self) {
        *self = Company { pause: SHORTEST, next: Instant::now() + SHORTEST };
    }

    /// Time until it is worth a look.
    pub fn wait(&self, now: Instant) -> Duration {
        self.next.saturating_duration_since(now)
    }

    /// Looks, if it is time.
    pub fn is_gone(&mut self, now: Instant) -> bool {
        if now < self.next {
            return false;
        }
        self.pause = (self.pause * 2).min(LONGEST);
        self.next = now + self.pause;
        is_alone().unwrap_or(false)
    }
}

/// `None`: /proc does not tell.
fn is_alone() -> Option<bool> {
    let own = std::process::id();
    // It may be that of another namespace.
    let numbered = fs::read_link("/proc/self").ok()?;
    if numbered.to_str()?.parse() != Ok(own) {
        return None;
    }
    let name = |pid: u32| fs::read(format!("/proc/{pid}/comm")).ok();
    let daemons = name(own);
    let mut numbers = fs::read_dir("/proc").ok()?.filter_map(|e| e.ok()?.file_name().to_str()?.parse().ok());
    Some(numbers.all(|pid: u32| pid == 1 || pid == own || name(pid) == daemons))
}
