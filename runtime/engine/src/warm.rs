//! All warm modules, by the hash of their payload.
//!
//! What LLVM keeps of a module that is open is ten times its payload and more. So modules that were not used for long are
//! closed first, and only then forgotten, with their payloads and code.

use crate::module::Module;
use autojit_protocol::Hash;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// MiB of what is kept of modules.
const DEFAULT_LIMIT: usize = 256;

/// Modules are gone through at most so often.
const INTERVAL: Duration = Duration::from_millis(100);

#[derive(Default)]
struct Inner {
    modules: FxHashMap<Hash, (Arc<Module>, u64)>,
    /// Counts uses, to tell which were the last.
    clock: u64,
    trimmed: Option<Instant>,
}

pub struct Warm {
    inner: Mutex<Inner>,
    /// Bytes of payloads, of code, and of what is open, that stay in memory though no session uses them.
    limit: usize,
}

impl Default for Warm {
    fn default() -> Warm {
        Warm::new(DEFAULT_LIMIT << 20)
    }
}

impl Warm {
    pub fn new(limit: usize) -> Warm {
        Warm { inner: Mutex::default(), limit }
    }

    /// As the environment wants it.
    pub fn configured() -> Warm {
        let wanted = std::env::var("AUTOJIT_MEMORY").ok().and_then(|value| value.parse().ok());
        Warm::new(wanted.unwrap_or(DEFAULT_LIMIT).saturating_mul(1 << 20))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, hash: &Hash) -> Option<Arc<Module>> {
        let mut inner = self.inner();
        inner.clock += 1;
        let now = inner.clock;
        let (module, used) = inner.modules.get_mut(hash)?;
        *used = now;
        Some(module.clone())
    }

    /// Adds a module, or returns the one that another session added meanwhile.
    pub fn insert(&self, module: Module) -> Arc<Module> {
        let kept = {
            let mut inner = self.inner();
            inner.clock += 1;
            let now = inner.clock;
            let (kept, used) = inner.modules.entry(module.hash).or_insert_with(|| (Arc::new(module), now));
            *used = now;
            kept.clone()
        };
        self.trim();
        kept
    }

    /// The one that was used last is the last one.
    pub fn all(&self) -> Vec<Arc<Module>> {
        let mut all: Vec<(u64, Arc<Module>)> =
            self.inner().modules.values().map(|(module, used)| (*used, module.clone())).collect();
        all.sort_unstable_by_key(|(used, _)| *used);
        all.into_iter().map(|(_, module)| module).collect()
    }

    /// Closes those modules that were not used for the longest time, also ones that sessions have; then, if that is not enough,
    /// forgets those that no session has.
    pub fn trim(&self) {
        let (closed, gone) = {
            let mut inner = self.inner();
            let now = Instant::now();
            if inner.trimmed.is_some_and(|last| now - last < INTERVAL) {
                return;
            }
            inner.trimmed = Some(now);
            inner.over(self.limit)
        };
        for module in &closed {
            module.close();
        }
        if !closed.is_empty() || !gone.is_empty() {
            drop((closed, gone));
            // SAFETY: it looks for pages of free memory, under the allocator's own locks.
            unsafe { libc::malloc_trim(0) };
        }
    }
}

/// A module as it is gone through.
struct Candidate<'a> {
    used: u64,
    hash: Hash,
    module: &'a Arc<Module>,
    is_unused: bool,
    /// Bytes that are given back if it is closed.
    open: usize,
    /// Bytes that are given back if it is forgotten.
    kept: usize,
}

impl Candidate<'_> {
    fn of<'a>((hash, (module, used)): (&Hash, &'a (Arc<Module>, u64))) -> Candidate<'a> {
        Candidate {
            used: *used,
            hash: *hash,
            module,
            is_unused: Arc::strong_count(module) == 1,
            open: module.open_size(),
            kept: module.size() + module.compiled().1,
        }
    }
}

impl Inner {
    /// Takes out modules until the rest is well within the limit. Those to be closed, and those that are forgotten.
    fn over(&mut self, limit: usize) -> (Vec<Arc<Module>>, Vec<Arc<Module>>) {
        let mut all: Vec<Candidate<'_>> = self.modules.iter().map(Candidate::of).collect();
        let of_unused = all.iter().filter(|module| module.is_unused).map(|module| module.kept);
        let mut size: usize = of_unused.chain(all.iter().map(|module| module.open)).sum();
        if size <= limit {
            return (Vec::new(), Vec::new());
        }
        let goal = limit - limit / 4;
        all.sort_unstable_by_key(|module| module.used);
        let mut closed = Vec::new();
        for module in all.iter().filter(|module| module.open != 0) {
            if size <= goal {
                break;
            }
            size -= module.open;
            closed.push(module.module.clone());
        }
        let mut forgotten = Vec::new();
        for module in all.iter().filter(|module| module.is_unused) {
            if size <= goal {
                break;
            }
            size -= module.kept;
            forgotten.push(module.hash);
        }
        let gone = forgotten.iter().filter_map(|hash| self.modules.remove(hash)).map(|(module, _)| module);
        (closed, gone.collect())
    }
}
