//! A module in a session: what the client said about its place in the program, and the code made there so far.

use crate::module::Module;
use autojit_protocol::Hash;
use autojit_protocol::control::OWN_STUB;
use autojit_protocol::late::MISSING;
use std::sync::Arc;

/// Addresses of a module in its client.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Slot 0.
    pub slots: u64,
    /// The module's trampoline.
    pub trampoline: u64,
    /// The record.
    pub record: u64,
}

pub struct Loaded {
    pub hash: Hash,
    pub slot_count: u32,
    pub import_count: u32,
    pub payload_size: u64,
    /// Addresses in the client.
    place: Place,
    /// Pieces of the payload that came so far, unless the module was warm.
    pub incoming: Vec<u8>,
    pub module: Option<Arc<Module>>,
    /// The payload came with this session, and with it what the disk cache has of the module.
    pub was_received: bool,
    /// Addresses of the imports that are known.
    pub imports: Vec<u64>,
    /// Whether they are stubs of the module.
    own_stubs: Vec<bool>,
    /// A bit for each slot that was filled when the client said so; as many as there are words.
    pub filled: Vec<u64>,
    /// Code address by function, 0 if it has none. (Pages of zeros that are never touched cost nothing.)
    code: Vec<u64>,
    /// Call stubs of functions that had no code when they were first called.
    call_stubs: Vec<u64>,
    /// Functions that have code, in the order in which they got it.
    linked: Vec<u32>,
    /// Those that the program has called, as far as that is known: of those that were placed because they are near, it is
    /// not.
    used: Vec<u32>,
    /// Nothing of the module was asked for so far.
    pub is_fresh: bool,
    /// What is placed together is what the image used before.
    pub is_recalled: bool,
    /// Of that, what has no code yet: it may be compiled just now.
    pub expected: Vec<u32>,
}

impl Loaded {
    pub fn new(
        hash: Hash,
        (slot_count, import_count, payload_size): (u32, u32, u64),
        place: Place,
    ) -> Loaded {
        Loaded {
            hash,
            slot_count,
            import_count,
            payload_size,
            place,
            incoming: Vec::new(),
            module: None,
            was_received: false,
            imports: Vec::new(),
            own_stubs: Vec::new(),
            filled: Vec::new(),
            code: vec![0; slot_count as usize],
            call_stubs: vec![0; slot_count as usize],
            linked: Vec::new(),
            used: Vec::new(),
            is_fresh: true,
            is_recalled: false,
            expected: Vec::new(),
        }
    }

    /// Takes the module, if it has the counts that the client announced.
    pub fn adopt(&mut self, module: Arc<Module>) -> bool {
        let fits = module.function_count() == self.slot_count
            && module.import_count() == self.import_count
            && module.size() as u64 == self.payload_size;
        if fits {
            self.module = Some(module);
            self.incoming = Vec::new();
        }
        fits
    }

    /// Takes addresses of imports, as the client sends them.
    pub fn take_imports(&mut self, addresses: impl Iterator<Item = u64>) {
        for address in addresses {
            let is_own = address != MISSING && address & OWN_STUB != 0;
            self.imports.push(if is_own { address & !OWN_STUB } else { address });
            self.own_stubs.push(is_own);
        }
    }

    /// Whether a reference to the function from its own module may go to the body itself: not if the image has another function of its
    /// name, which is called instead.
    pub fn is_direct(&self, module: &Module, index: u32, is_call: bool) -> bool {
        module.is_direct(index, is_call) && !module.own_import(index).is_some_and(|i| self.is_overridden(i))
    }

    /// Whether there is such another one for any function of the module.
    pub fn has_overridden(&self, module: &Module) -> bool {
        module.own_imports().any(|import| self.is_overridden(import))
    }

    fn is_overridden(&self, own_import: u32) -> bool {
        self.own_stubs.get(own_import as usize) == Some(&false)
    }

    /// The module, once everything is known that its code can refer to.
    pub fn ready(&self) -> Option<&Arc<Module>> {
        self.module.as_ref().filter(|_| self.imports.len() == self.import_count as usize)
    }

    /// Whether the client has code of the function from an earlier session.
    pub fn is_filled(&self, index: u32) -> bool {
        let word = self.filled.get((index / u64::BITS) as usize);
        word.is_some_and(|word| word & 1 << (index % u64::BITS) != 0)
    }

    pub fn place(&self) -> Place {
        self.place
    }

    pub fn slot_address(&self, index: u32) -> u64 {
        self.place.slots.wrapping_add(u64::from(index) * 8)
    }

    pub fn code(&self, index: u32) -> Option<u64> {
        self.code.get(index as usize).copied().filter(|address| *address != 0)
    }

    /// The functions that have code, with its address.
    pub fn placed(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        (0..self.slot_count).filter_map(|index| Some((index, self.code(index)?)))
    }

    pub fn set_code(&mut self, index: u32, address: u64) {
        if let Some(place) = self.code.get_mut(index as usize) {
            *place = address;
            self.linked.push(index);
        }
    }

    /// Sets the code that a debugger was told of. That says nothing about what the program uses.
    pub fn set_described_code(&mut self, index: u32, address: u64) {
        if let Some(place) = self.code.get_mut(index as usize) {
            *place = address;
        }
    }

    /// The function's code did not become complete.
    pub fn forget_code(&mut self, index: u32) {
        if let Some(place) = self.code.get_mut(index as usize) {
            *place = 0;
            self.linked.retain(|other| *other != index);
        }
    }

    /// Functions that have code, in the order in which they got it.
    pub fn linked(&self) -> &[u32] {
        &self.linked
    }

    /// Notes functions that the program uses.
    pub fn note_used(&mut self, functions: &[u32]) {
        self.used.extend_from_slice(functions);
    }

    pub fn used(&self) -> &[u32] {
        &self.used
    }

    pub fn call_stub(&self, index: u32) -> Option<u64> {
        self.call_stubs.get(index as usize).copied().filter(|address| *address != 0)
    }

    pub fn set_call_stub(&mut self, index: u32, address: u64) {
        if let Some(place) = self.call_stubs.get_mut(index as usize) {
            *place = address;
        }
    }
}
