//! What all sessions share: warm modules, code generators, the cache, statistics.

use crate::ahead::{Ahead, Settings};
use crate::announced::Announced;
use crate::batch::Batches;
use crate::cache::Cache;
use crate::cache::pack::Kind;
use crate::compile::Pool;
use crate::debug;
use crate::image::{Image, Known};
use crate::llvm::Failure;
use crate::module::{Code, Module, ModuleError};
use crate::statistics::Statistics;
use crate::twins::Twins;
use crate::warm::Warm;
use autojit_protocol::Hash;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// How long a request waits for a thread that compiles the wanted function already. That thread may be one of low priority on
/// a busy machine.
const PATIENCE: Duration = Duration::from_micros(300);

#[derive(Default)]
pub struct Engine {
    pub warm: Warm,
    pub pool: Pool,
    pub statistics: Statistics,
    pub cache: Option<Cache>,
    /// Whether what a program used before is linked with its first request.
    pub warm_start: bool,
    pub ahead: Ahead,
    /// What programs start with.
    pub batches: Batches,
    /// Programs that were announced.
    pub announced: Announced,
    /// Units that were described to debuggers.
    pub described: debug::Cache,
    /// Units that were compiled once more to know the lines of code that runs.
    pub compared: debug::Cache,
}

impl Engine {
    /// As the environment wants it.
    pub fn configured() -> Engine {
        let warm_start = std::env::var_os("AUTOJIT_WARM_START").is_none_or(|value| value != "off");
        let keeps_objects = std::env::var_os("AUTOJIT_LINK").is_some_and(|value| value == "jitlink");
        let pool = Pool::new(keeps_objects, Twins::configured());
        let ahead = Ahead::new(Settings::configured());
        Engine {
            warm: Warm::configured(),
            cache: Cache::open(),
            pool,
            warm_start,
            ahead,
            ..Engine::default()
        }
    }

    /// A checked payload becomes a warm module, with what the cache has of it.
    pub fn add(&self, hash: Hash, payload: Vec<u8>) -> Result<Arc<Module>, ModuleError> {
        let module = Module::new(hash, payload)?;
        if let Some(pack) = self.cache.as_ref().and_then(|cache| cache.read(&hash)) {
            module.adopt(pack);
        }
        let module = self.warm.insert(module);
        if let Some(twins) = &self.pool.twins {
            twins.note_all(&module);
        }
        Ok(module)
    }

    /// The code of a function, and whether it had to be compiled for this.
    pub fn code(&self, module: &Arc<Module>, index: u32) -> (Result<Code, Failure>, bool) {
        let (result, is_new) = module.code(index, &self.pool, PATIENCE);
        if is_new && let Ok(code) = &result {
            self.keep(module, index, code);
        }
        (result, is_new)
    }

    /// Compiles a function that nobody has asked for. False if there was nothing to do.
    pub fn prepare(&self, module: &Arc<Module>, index: u32) -> bool {
        let Some(result) = module.prepare(index, &self.pool) else { return false };
        if let Ok(code) = &result {
            self.keep(module, index, code);
        }
        self.statistics.count_prepared();
        true
    }

    /// For this module's other sessions, for other modules and for later daemons.
    fn keep(&self, module: &Arc<Module>, index: u32, code: &Code) {
        let Code::Template(template) = code else { return };
        if let Some(twins) = &self.pool.twins {
            twins.note(module, index, template);
        }
        if let Some(cache) = &self.cache {
            cache.write(module.hash, Kind::Code, template.bytes().to_vec());
        }
    }

    /// Remembers what an image has used of a module.
    pub fn remember(&self, module: &Module, image: Image, functions: &[u32]) {
        if functions.is_empty() {
            return;
        }
        let mut profile = module.profile.lock().unwrap_or_else(PoisonError::into_inner);
        if profile.note(image, functions)
            && let Some(cache) = &self.cache
        {
            cache.write(module.hash, Kind::Profile, profile.encode(image));
        }
    }

    /// Remembers which modules an image uses, whose first one is `module`.
    pub fn remember_modules(&self, module: &Module, image: Image, modules: &[Known]) {
        let mut images = module.images.lock().unwrap_or_else(PoisonError::into_inner);
        if images.note(image, modules)
            && let Some(cache) = &self.cache
        {
            cache.write(module.hash, Kind::Image, images.encode(image));
        }
    }
}
