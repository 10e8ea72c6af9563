//! All warm modules, by the hash of their payload.

use crate::module::Module;
use autojit_protocol::Hash;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex};

/// Bytes of payloads and code that stay in memory though no session uses them. What LLVM makes of a payload is a few times as
/// large.
const UNUSED_LIMIT: usize = 256 << 20;

#[derive(Default)]
struct Inner {
    modules: FxHashMap<Hash, (Arc<Module>, u64)>,
    /// Counts uses, to tell which were the last.
    clock: u64,
}

#[derive(Default)]
pub struct Warm {
    inner: Mutex<Inner>,
}

impl Warm {
    pub fn get(&self, hash: &Hash) -> Option<Arc<Module>> {
        let mut inner = self.inner.lock().expect("no panic under this lock");
        inner.clock += 1;
        let now = inner.clock;
        let (module, used) = inner.modules.get_mut(hash)?;
        *used = now;
        Some(module.clone())
    }

    /// Adds a module, or returns the one that another session added meanwhile.
    pub fn insert(&self, module: Module) -> Arc<Module> {
        let mut inner = self.inner.lock().expect("no panic under this lock");
        inner.clock += 1;
        let now = inner.clock;
        let (kept, used) = inner.modules.entry(module.hash).or_insert_with(|| (Arc::new(module), now));
        *used = now;
        let kept = kept.clone();
        let gone = inner.evict();
        drop(inner);
        drop(gone);
        kept
    }

    pub fn all(&self) -> Vec<Arc<Module>> {
        let inner = self.inner.lock().expect("no panic under this lock");
        inner.modules.values().map(|(module, _)| module.clone()).collect()
    }
}

impl Inner {
    /// Takes out the unused modules that have been so the longest, until the rest is within the limit.
    fn evict(&mut self) -> Vec<Arc<Module>> {
        let mut unused: Vec<_> = self
            .modules
            .iter()
            .filter(|(_, (module, _))| Arc::strong_count(module) == 1)
            .map(|(hash, (module, used))| (*used, *hash, module.size() + module.compiled().1))
            .collect();
        let mut size: usize = unused.iter().map(|(_, _, size)| size).sum();
        unused.sort_unstable();
        let mut gone = Vec::new();
        for (_, hash, bytes) in unused {
            if size <= UNUSED_LIMIT {
                break;
            }
            size -= bytes;
            gone.extend(self.modules.remove(&hash).map(|(module, _)| module));
        }
        gone
    }
}
