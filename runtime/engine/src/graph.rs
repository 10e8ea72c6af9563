//! The call graph over the modules of a program, from the summaries beside their bitcode (ThinLTO's combined index), and where
//! functions are optimized from their code.

use crate::module::{Callee, Module};
use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, PoisonError, RwLock};

/// Functions that are looked at in one search.
const LARGEST_SEARCH: usize = 4096;

#[derive(Default)]
struct Inner {
    modules: Vec<Arc<Module>>,
    /// Public functions by the hash of their names: where a reference from another module goes. Two names with one hash are
    /// possible and harmless: something is compiled that nobody needs.
    definitions: HashMap<u64, (u32, u32)>,
}

/// A function that may be called soon.
pub struct Near {
    pub module: Arc<Module>,
    pub function: u32,
    /// How many calls away.
    pub calls: u32,
}

/// The modules of a program as far as they are known.
#[derive(Default)]
pub struct Program {
    inner: RwLock<Inner>,
    hasher: RandomState,
}

impl Program {
    pub fn add(&self, module: &Arc<Module>) {
        let mut inner = self.inner.write().unwrap_or_else(PoisonError::into_inner);
        if inner.modules.iter().any(|known| known.hash == module.hash) {
            return;
        }
        let number = inner.modules.len() as u32;
        for (function, name) in module.public_functions() {
            inner.definitions.entry(self.hasher.hash_one(name)).or_insert((number, function));
        }
        inner.modules.push(module.clone());
    }

    /// A public function, and its module.
    pub fn find(&self, name: &str) -> Option<(Arc<Module>, u32)> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let (number, function) = *inner.definitions.get(&self.hasher.hash_one(name))?;
        Some((inner.modules.get(number as usize)?.clone(), function))
    }

    /// Functions that this one calls, directly or over others, in no more than `distance` calls, as far as that is known; the
    /// nearest first, each with its distance.
    pub fn near(&self, module: &Arc<Module>, function: u32, distance: u32, most: usize) -> Vec<Near> {
        let inner = self.inner.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        let mut seen = HashSet::from([(Arc::as_ptr(module), function)]);
        let mut next = VecDeque::from([(module, function, 0)]);
        while let Some((module, function, calls)) = next.pop_front() {
            if calls > 0 {
                found.push(Near { module: module.clone(), function, calls });
            }
            if calls == distance || found.len() >= most {
                continue;
            }
            let callees = module.called(function).into_iter().filter_map(|callee| match callee {
                Callee::Own(function) => Some((module, function)),
                Callee::Imported(name) => {
                    let (number, function) = *inner.definitions.get(&self.hasher.hash_one(name))?;
                    Some((inner.modules.get(number as usize)?, function))
                }
            });
            for (module, function) in callees {
                if seen.len() < LARGEST_SEARCH && seen.insert((Arc::as_ptr(module), function)) {
                    next.push_back((module, function, calls + 1));
                }
            }
        }
        found.truncate(most);
        found
    }
}
