//! Links a lazy function's object into a session: which address each of its symbols gets.

use crate::arena::Arena;
use crate::llvm::{self, Failure, LinkTarget, Linked, Meaning};
use crate::loaded::Loaded;
use crate::module::Module;
use crate::stub;
use autojit_protocol::payload::{FUNCTION_BOUND_HERE, FUNCTION_PUBLIC};
use std::ptr::NonNull;

struct Surroundings<'a> {
    arena: &'a mut Arena,
    loaded: &'a mut Loaded,
    module: &'a Module,
    /// The function that is being linked.
    index: u32,
    /// How full the arena was before the object went in.
    before: Option<usize>,
    full: bool,
}

impl Surroundings<'_> {
    /// A lazy function of the module by itself, past the import table. `None` if there is no such way.
    fn call(&mut self, index: u32) -> Option<Meaning> {
        if index == self.index {
            return Some(Meaning::Body);
        }
        self.loaded.code(index).map(Meaning::Address)
    }

    fn call_stub(&mut self, index: u32) -> Option<u64> {
        if let Some(known) = self.loaded.call_stub(index) {
            return Some(known);
        }
        let code = stub::call_stub(self.loaded.slot_address(index), self.loaded.trampoline);
        let address = self.arena.write(&code, stub::ALIGNMENT);
        match address {
            Some(address) => self.loaded.set_call_stub(index, address),
            None => self.full = true,
        }
        address
    }
}

impl LinkTarget for Surroundings<'_> {
    fn allocate(&mut self, size: usize, alignment: usize) -> Option<(NonNull<u8>, u64)> {
        self.before = Some(self.arena.used());
        self.arena.allocate(size, alignment)
    }

    fn bounds(&self) -> (u64, u64) {
        self.arena.bounds()
    }

    /// docs/architecture.md, section 5. A private function has no address that a program could compare, so that any
    /// entry to it will do; it may be referred to by other than calls, under -fno-plt.
    fn resolve(&mut self, name: &str, is_call: bool) -> Meaning {
        let function = self.module.function_index(name);
        let flags = function.and_then(|index| self.module.function(index)).map_or(0, |entry| entry.flags);
        let is_private = function.is_some() && flags & FUNCTION_PUBLIC == 0;
        let is_bound_here = is_private || flags & FUNCTION_BOUND_HERE != 0;
        if let Some(index) = function
            && is_bound_here
            && (is_call || is_private)
            && let Some(meaning) = self.call(index)
        {
            return meaning;
        }
        if let Some(import) = self.module.import_index(name) {
            return Meaning::Address(self.loaded.imports[import as usize]);
        }
        match function {
            Some(index) if is_private || (is_call && is_bound_here) => {
                self.call_stub(index).map_or(Meaning::Unknown, Meaning::Address)
            }
            _ => Meaning::Unknown,
        }
    }
}

/// Links `object`, function `index` of the module, into the arena.
pub fn link(
    object: &[u8],
    arena: &mut Arena,
    loaded: &mut Loaded,
    module: &Module,
    index: u32,
) -> Result<Linked, Failure> {
    let mut surroundings = Surroundings { arena, loaded, module, index, before: None, full: false };
    let result = llvm::link(object, &mut surroundings);
    match (&result, surroundings.before) {
        (Ok(linked), _) => surroundings.loaded.set_code(index, linked.body),
        // All call stubs were written before it.
        (Err(_), Some(before)) => surroundings.arena.roll_back(before),
        (Err(_), None) => {}
    }
    if surroundings.full { Err(Failure::NoRoom) } else { result }
}
