//! What a module needs once it is optimized: for the compiler driver, when a link misses a symbol.
//!
//! The payload of a unit is not optimized, so that its object asks for everything that the source mentions. clang's would not
//! ask for what is only mentioned in code that cannot be reached (`if (__builtin_constant_p(n) && n > 8) too_large();`).

use crate::compile::Pool;
use crate::llvm::Whole;
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
    if !left.is_empty() && module.is_optimized() {
        let look = |whole: &Whole| left.retain(|import| whole.refers_to(module.import_name(*import)));
        // If it fails, the linker's words stand.
        let _ = module.optimized(look);
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
