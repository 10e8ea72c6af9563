//! Code generators, kept between functions: to set one up takes longer than to compile a small function.

use crate::llvm::{self, Compiled, Compiler, Failure, Symbols};
use crate::twins::Twins;
use autojit_protocol::payload::CodegenOptions;
use std::sync::Mutex;

/// Idle code generators that are kept. As many can be busy at once as there are threads.
const KEPT: usize = 8;

#[derive(Default)]
pub struct Pool {
    idle: Mutex<Vec<Compiler>>,
    /// Keep objects as they come, for JITLink to link them: `AUTOJIT_LINK=jitlink`.
    pub keeps_objects: bool,
    /// Functions whose code other modules may take, if they may.
    pub twins: Option<Twins>,
}

impl Pool {
    pub fn new(keeps_objects: bool, twins: Option<Twins>) -> Pool {
        Pool { keeps_objects, twins, ..Pool::default() }
    }

    fn take(&self, module: &llvm::Module, options: CodegenOptions) -> Result<Compiler, Failure> {
        let mut idle = self.idle.lock().expect("no panic under this lock");
        if let Some(at) = idle.iter().position(|compiler| compiler.fits(module, options)) {
            return Ok(idle.swap_remove(at));
        }
        drop(idle);
        Compiler::new(module, options)
    }

    fn give_back(&self, compiler: Compiler) {
        let mut idle = self.idle.lock().expect("no panic under this lock");
        idle.push(compiler);
        if idle.len() > KEPT {
            let oldest = idle.remove(0);
            drop(idle);
            drop(oldest);
        }
    }

    pub fn compile(
        &self,
        module: &mut llvm::Module,
        options: CodegenOptions,
        name: &str,
        symbols: &impl Symbols,
    ) -> Result<Compiled, Failure> {
        let mut compiler = self.take(module, options)?;
        let result = compiler.compile(module, name, symbols);
        match result {
            Err(Failure::Crashed(_)) => llvm::leak(compiler),
            _ => self.give_back(compiler),
        }
        result
    }
}
