//! The place where code of a module goes in a session, and what the symbols of the code mean there.

use crate::arena::Arena;
use crate::batch::{Batch, Part, Source};
use crate::islands::Islands;
use crate::llvm::Failure;
use crate::loaded::Loaded;
use crate::module::Module;
use crate::stub;
use crate::template::{Symbol, Template};
use autojit_protocol::late::MISSING;

/// Where code of one module goes.
pub struct Site<'a> {
    pub arena: &'a mut Arena,
    pub islands: &'a mut Islands,
    pub loaded: &'a mut Loaded,
    pub module: &'a Module,
}

/// The unwind table of what was placed: zero-terminated, or 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    pub address: u64,
    pub size: u64,
}

impl Site<'_> {
    /// Places templates of the module in one piece.
    pub fn place(&mut self, templates: &[Template]) -> Result<Frames, Failure> {
        let batch = Batch::of(&[Source { loaded: self.loaded, module: self.module, templates }]);
        let part = Part { loaded: self.loaded, module: self.module };
        batch.place(self.arena, self.islands, &mut [part])
    }

    /// Whether an address is in reach of a 32-bit displacement from anywhere in the arena.
    pub fn is_near(&self, address: u64) -> bool {
        const REACH: u64 = (1 << 31) - 4096;
        let (low, high) = self.arena.bounds();
        address.abs_diff(low) < REACH && address.abs_diff(high) < REACH
    }

    pub fn cell(&mut self, value: u64) -> Result<u64, Failure> {
        self.islands.cell(self.arena, value).ok_or(Failure::NoRoom)
    }

    pub fn jump(&mut self, target: u64) -> Result<u64, Failure> {
        self.islands.jump(self.arena, target).ok_or(Failure::NoRoom)
    }

    /// The address of a symbol: docs/architecture.md, section 6. A private function has no address that a program could
    /// compare, so that any entry to it will do; it may be referred to by other than calls, under -fno-plt.
    pub fn resolve(&mut self, symbol: Symbol, is_call: bool) -> Result<u64, Failure> {
        let is_direct = |index: &u32| self.loaded.is_direct(self.module, *index, is_call);
        if let Some(index) = symbol.function.filter(is_direct) {
            if let Some(code) = self.loaded.code(index) {
                return Ok(code);
            }
            if symbol.import.is_none() {
                return self.call_stub(index);
            }
        }
        let import = symbol.import.and_then(|import| self.loaded.imports.get(import as usize));
        if let (Some(&MISSING), Some(index)) = (import, symbol.import) {
            return Err(Failure::Missing(self.module.import_name(index).to_owned()));
        }
        import.copied().ok_or_else(|| {
            let name = symbol.function.map_or("?", |index| self.module.function_name(index));
            Failure::Refused(format!("nothing is known of the symbol {name}"))
        })
    }

    fn call_stub(&mut self, index: u32) -> Result<u64, Failure> {
        if let Some(known) = self.loaded.call_stub(index) {
            return Ok(known);
        }
        let code = stub::call_stub(self.loaded.slot_address(index), self.loaded.place().trampoline);
        let address = self.arena.write(&code, stub::ALIGNMENT).ok_or(Failure::NoRoom)?;
        self.loaded.set_call_stub(index, address);
        Ok(address)
    }
}
