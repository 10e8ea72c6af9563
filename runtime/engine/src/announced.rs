//! Programs that the compiler driver has announced after linking them: a session of one knows all of its modules, and
//! not only those that were called so far.

use crate::graph::Program;
use crate::module::Module;
use autojit_protocol::Hash;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// Programs that are remembered: an edit, a link and a run make one. Their modules stay in memory.
const REMEMBERED: usize = 4;

struct Entry {
    modules: HashSet<Hash>,
    program: Arc<Program>,
}

#[derive(Default)]
pub struct Announced {
    entries: Mutex<Vec<Entry>>,
}

impl Announced {
    pub fn add(&self, modules: &[Arc<Module>]) -> Arc<Program> {
        let program = Arc::new(Program::default());
        modules.iter().for_each(|module| program.add(module));
        let modules = modules.iter().map(|module| module.hash).collect();
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| entry.modules != modules);
        entries.push(Entry { modules, program: program.clone() });
        if entries.len() > REMEMBERED {
            entries.remove(0);
        }
        program
    }

    /// The program announced last that this module is a part of.
    pub fn find(&self, module: &Hash) -> Option<Arc<Program>> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.iter().rev().find(|entry| entry.modules.contains(module)).map(|entry| entry.program.clone())
    }
}
