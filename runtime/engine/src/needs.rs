//! What a module needs once it is optimized: for the compiler driver, when a link misses a symbol.
//!
//! The payload of a unit is not optimized, so that its object asks for everything that the source mentions. clang's would not
//! ask for what is only mentioned in code that cannot be reached (`if (__builtin_constant_p(n) && n > 8) too_large();`).

use crate::compile::Pool;
use crate::module::{Code, Module};
use autojit_protocol::Hash;
use std::collections::HashSet;
use std::time::Duration;

/// Which of the named imports the code of a module does not refer to, when everything is compiled that can be called. Empty
/// if that can't be told.
pub fn unneeded<'a>(hash: Hash, payload: &[u8], names: &[&'a str]) -> Vec<&'a str> {
    let Ok(module) = Module::new(hash, payload.to_vec()) else { return Vec::new() };
    let mut left: Vec<(u32, &str)> =
        names.iter().filter_map(|name| Some((module.import_index(name)?, *name))).collect();
    let pool = Pool::default();
    // Others are there only if one of these refers to them.
    let mut work: Vec<u32> = module.public_functions().map(|(function, _)| function).collect();
    let mut seen: HashSet<u32> = work.iter().copied().collect();
    while let Some(function) = work.pop().filter(|_| !left.is_empty()) {
        let (Ok(Code::Template(template)), _) = module.code(function, &pool, Duration::ZERO) else {
            return Vec::new();
        };
        for symbol in template.symbols() {
            left.retain(|(import, _)| Some(*import) != symbol.import);
            work.extend(symbol.function.filter(|function| seen.insert(*function)));
        }
    }
    left.into_iter().map(|(_, name)| name).collect()
}
