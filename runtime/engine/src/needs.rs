//! What a module needs once it is optimized: for the compiler driver, when a link misses a symbol.
//!
//! The payload of a unit is not optimized, so that its object asks for everything that the source mentions. clang's would not
//! ask for what is only mentioned in code that cannot be reached (`if (__builtin_constant_p(n) && n > 8) too_large();`).

use crate::compile::Pool;
use crate::debug::Object;
use crate::module::{Code, Module};
use autojit_protocol::Hash;
use std::collections::HashSet;
use std::time::Duration;

/// Which of the named imports the code of a module does not refer to, when everything is compiled that can be called. Empty
/// if that can't be told.
pub fn unneeded<'a>(hash: Hash, payload: &[u8], names: &[&'a str]) -> Vec<&'a str> {
    let Ok(module) = Module::new(hash, payload.to_vec()) else { return Vec::new() };
    let named: Vec<(u32, &str)> =
        names.iter().filter_map(|name| Some((module.import_index(name)?, *name))).collect();
    let needed = needed_by_functions(&module);
    let mut left: HashSet<u32> = named.iter().map(|(import, _)| *import).collect();
    left.retain(|import| needed.as_ref().is_none_or(|needed| needed.contains(import)));
    if !left.is_empty() && module.optimizes() {
        // If it can't be compiled, the linker's words stand.
        if let Some(needed) = needed_by_whole(&module) {
            left.retain(|import| needed.contains(import));
        }
    }
    named.into_iter().filter(|(import, _)| !left.contains(import)).map(|(_, name)| name).collect()
}

/// What functions ask for that can be called, each compiled as it would be when it is. `None` if one can't be.
fn needed_by_functions(module: &Module) -> Option<HashSet<u32>> {
    let mut needed = HashSet::new();
    let pool = Pool::default();
    // Others are there only if one of these refers to them.
    let mut work: Vec<u32> = module.public_functions().map(|(function, _)| function).collect();
    let mut seen: HashSet<u32> = work.iter().copied().collect();
    while let Some(function) = work.pop() {
        let (Ok(Code::Template(template)), _) = module.code(function, &pool, Duration::ZERO) else {
            return None;
        };
        for symbol in template.symbols() {
            needed.extend(symbol.import);
            work.extend(symbol.function.filter(|function| seen.insert(*function)));
        }
    }
    Some(needed)
}

/// What the functions ask for when they are compiled together.
fn needed_by_whole(module: &Module) -> Option<HashSet<u32>> {
    let bytes = module.compile_whole().ok()?;
    let object = Object::parse(&bytes).ok()?;
    let undefined = object.symbols.iter().filter(|symbol| symbol.section.is_none());
    Some(undefined.filter_map(|symbol| module.import_index(symbol.name)).collect())
}
