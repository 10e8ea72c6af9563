//! What a module needs once it is optimized: for the compiler driver, when a link misses a symbol.
//!
//! The payload of a unit is not optimized, so that its object asks for everything that the source mentions. clang's would not
//! ask for what is only mentioned in code that cannot be reached (`if (__builtin_constant_p(n) && n > 8) too_large();`).
//! Some of that, as that a function does not return, is only known of the whole unit.

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
    let all = named.iter().map(|(import, _)| *import).collect();
    // Above -O0 clang looks at the unit as a whole, too.
    let whole = module.optimizes().then(|| unneeded_by_whole(&module, &all)).flatten();
    let unneeded = whole.or_else(|| unneeded_by_functions(&module, all)).unwrap_or_default();
    named.into_iter().filter(|(import, _)| unneeded.contains(import)).map(|(_, name)| name).collect()
}

/// Those that no function asks for that can be called, each compiled as it would be when it is. `None` if one can't be.
fn unneeded_by_functions(module: &Module, mut left: HashSet<u32>) -> Option<HashSet<u32>> {
    let pool = Pool::default();
    // Others are there only if one of these refers to them.
    let mut work: Vec<u32> = module.public_functions().map(|(function, _)| function).collect();
    let mut seen: HashSet<u32> = work.iter().copied().collect();
    while let Some(function) = work.pop().filter(|_| !left.is_empty()) {
        let (Ok(Code::Template(template)), _) = module.code(function, &pool, Duration::ZERO) else {
            return None;
        };
        for symbol in template.symbols() {
            if let Some(import) = symbol.import {
                left.remove(&import);
            }
            work.extend(symbol.function.filter(|function| seen.insert(*function)));
        }
    }
    Some(left)
}

/// Those that nothing asks for when all functions are compiled together.
fn unneeded_by_whole(module: &Module, named: &HashSet<u32>) -> Option<HashSet<u32>> {
    let bytes = module.compile_whole().ok()?;
    let object = Object::parse(&bytes).ok()?;
    let undefined = object.symbols.iter().filter(|symbol| symbol.section.is_none());
    let needed: HashSet<u32> = undefined.filter_map(|symbol| module.import_index(symbol.name)).collect();
    Some(named - &needed)
}
