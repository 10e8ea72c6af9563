//! Modules that take the place of others: units that were edited, or whose headers were, and compiled again. What a program used of the
//! module before it will use of the new one.
//!
//! Nothing says which module was the one before: it is the one that has most of the same public functions.

use crate::engine::Engine;
use crate::module::Module;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

/// Lets modules of which no program has used anything so far expect what was used of their predecessors. Returns those functions.
pub fn inherit(engine: &Engine, modules: &[Arc<Module>]) -> Vec<(Arc<Module>, u32)> {
    let is_new = |module: &Arc<Module>| used(module).is_empty();
    let new: Vec<&Arc<Module>> = modules.iter().filter(|module| is_new(module)).collect();
    if new.is_empty() {
        return Vec::new();
    }
    let mut old: Vec<(Vec<u32>, Arc<Module>)> =
        engine.warm.all().into_iter().map(|module| (used(&module), module)).collect();
    old.retain(|(used, _)| !used.is_empty());
    let mut by_name: HashMap<&str, Vec<usize>> = HashMap::new();
    for (number, (_, module)) in old.iter().enumerate() {
        for (_, name) in module.public_functions() {
            by_name.entry(name).or_default().push(number);
        }
    }
    let mut inherited = Vec::new();
    for module in new {
        let Some(before) = predecessor(module, &by_name, old.len()) else { continue };
        let (used, before) = &old[before];
        let same =
            used.iter().filter_map(|&function| module.function_index(before.function_symbol(function)));
        let functions: Vec<u32> = same.collect();
        let mut profile = module.profile.lock().unwrap_or_else(PoisonError::into_inner);
        profile.inherit(&functions);
        inherited.extend(functions.into_iter().map(|function| (module.clone(), function)));
    }
    inherited
}

/// What the last program used of a module.
fn used(module: &Module) -> Vec<u32> {
    let profile = module.profile.lock().unwrap_or_else(PoisonError::into_inner);
    profile.last().collect()
}

/// The number of the module that has most of the same public functions, at least half of them. Of several versions of a unit, which
/// all have the same, it is the last one.
fn predecessor(module: &Module, by_name: &HashMap<&str, Vec<usize>>, count: usize) -> Option<usize> {
    let mut common = vec![0; count];
    let mut functions = 0;
    for (_, name) in module.public_functions() {
        functions += 1;
        for &number in by_name.get(name).into_iter().flatten() {
            common[number] += 1;
        }
    }
    let (best, most) = common.into_iter().enumerate().max_by_key(|(_, common)| *common)?;
    (most > 0 && most * 2 >= functions).then_some(best)
}
