//! Functions of which other modules have the same, by what their code depends on (`llvm/content.h`).
//!
//! Each unit has its own copies of the inline functions and template instances that it uses, and a unit that was changed has most
//! functions as they were. Whoever comes second takes the first one's code: of a session's copies one is compiled, and after
//! a change the functions that were changed.

use crate::module::{Code, Module};
use crate::template::{Key, Symbol, Template};
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

/// Functions from which on those of modules that are gone are looked for.
const FIRST_CLEANING: usize = 1 << 14;

#[derive(Default)]
struct Inner {
    places: FxHashMap<Key, (Weak<Module>, u32)>,
    /// So many places there are when those of modules that are gone are taken out next.
    next_cleaning: usize,
}

impl Inner {
    fn note(&mut self, module: &Arc<Module>, index: u32, template: &Template) {
        let Some(key) = template.key() else { return };
        let place = self.places.entry(key).or_default();
        if place.0.strong_count() == 0 {
            *place = (Arc::downgrade(module), index);
        }
        if self.places.len() >= self.next_cleaning.max(FIRST_CLEANING) {
            self.places.retain(|_, (module, _)| module.strong_count() > 0);
            self.next_cleaning = self.places.len() * 2;
        }
    }
}

#[derive(Default)]
pub struct Twins {
    inner: Mutex<Inner>,
    found: AtomicU64,
}

impl Twins {
    /// `AUTOJIT_TWINS=off`: each module's functions are compiled.
    pub fn configured() -> Option<Twins> {
        let is_on = std::env::var_os("AUTOJIT_TWINS").is_none_or(|value| value != "off");
        is_on.then(Twins::default)
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Functions whose code was another one's.
    pub fn found(&self) -> u64 {
        self.found.load(Ordering::Relaxed)
    }

    /// The code of a function is there.
    pub fn note(&self, module: &Arc<Module>, index: u32, template: &Template) {
        self.inner().note(module, index, template);
    }

    /// All code that a module has.
    pub fn note_all(&self, module: &Arc<Module>) {
        let mut inner = self.inner();
        module.compiled_functions(|index, template| inner.note(module, index, template));
    }

    /// What another module has compiled of such a function, as code of this one.
    pub fn find(&self, key: &Key, module: &Module, index: u32) -> Option<Template> {
        let (twin, function) = {
            let inner = self.inner();
            let (twin, function) = inner.places.get(key)?;
            (twin.upgrade()?, *function)
        };
        let Some(Code::Template(template)) = twin.ready(function) else { return None };
        let symbols: Option<Vec<Symbol>> = template.symbols().map(|s| same(&twin, s, module)).collect();
        let template = template.adapted(index, &symbols?, module.function_count(), module.import_count())?;
        self.found.fetch_add(1, Ordering::Relaxed);
        Some(template)
    }
}

/// What a symbol of one module is in another. `None` if that does not have it.
fn same(from: &Module, symbol: Symbol, to: &Module) -> Option<Symbol> {
    let name = match symbol {
        Symbol { function: Some(function), .. } => from.function_symbol(function),
        Symbol { import, .. } => from.import_symbol(import?),
    };
    let symbol = Symbol { function: to.function_index(name), import: to.import_index(name) };
    (symbol.function.is_some() || symbol.import.is_some()).then_some(symbol)
}
