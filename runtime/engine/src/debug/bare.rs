//! Modules whose units keep nothing for debuggers: names of their functions, and how to unwind them.
//!
//! GDB can't get past code that nothing describes, so that also the stacks of functions with debug information would end there. The payload
//! compiled as one object has what a program without `-g` has.

use super::image::Image;
use super::{Caches, Made, recompile};
use crate::engine::Engine;
use crate::limits;
use crate::log::log;
use crate::module::Module;
use crate::priority;
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

/// Records of an image's modules that have no notes.
pub(super) fn records(image: &Image) -> Vec<u64> {
    let noted: HashSet<u64> = image.notes().map(|note| image.address(note.header.record)).collect();
    let mut all = image.records();
    all.retain(|record| !noted.contains(record));
    all
}

/// A module of that kind.
pub struct Bare(Arc<Module>);

impl Bare {
    /// Microseconds to compile such modules that a debugger may have to wait for.
    pub(super) const PATIENCE: u64 = 5_000_000;

    pub(super) fn of(module: Arc<Module>) -> Bare {
        Bare(module)
    }

    fn name(&self) -> Vec<u8> {
        [b"bare", &self.0.hash[..]].concat()
    }

    /// Microseconds to compile it, about; measured with SQLite.
    pub(super) fn cost(&self) -> u64 {
        let per_function = if self.0.optimizes() { 7_000 } else { 300 };
        u64::from(self.0.function_count()) * per_function
    }

    pub(super) fn is_made(&self, (cache, disk): Caches<'_>) -> bool {
        cache.has(&self.name(), disk)
    }

    pub(super) fn make(&self, (cache, disk): Caches<'_>) -> Made {
        let make = || {
            let object = self.0.compile_whole().map_err(|failure| failure.to_string())?;
            Ok(recompile::Described { object: object.to_vec(), files: Vec::new() })
        };
        cache.get_or_make(&self.name(), Path::new("/"), disk, make)
    }
}

/// Makes, when there is nothing else to do, what took too long for a debugger to wait for: the next session has it.
pub fn make_later(engine: &Arc<Engine>, all: Vec<Bare>) {
    const NICE: i32 = 19;
    if all.is_empty() {
        return;
    }
    let engine = engine.clone();
    let work = move || {
        priority::lower(NICE);
        let began = Instant::now();
        let caches = (&engine.described, engine.cache.as_ref());
        let made = all.iter().filter(|bare| bare.make(caches).is_ok()).count();
        log!("described {made} modules without -g for later, {:?}", began.elapsed());
    };
    // If there is no thread to be had, the next session tries again.
    let _ = std::thread::Builder::new().name("later".into()).stack_size(limits::stack()).spawn(work);
}
