//! Links a lazy function's relocatable object into a session by JITLink: the way for objects that have no
//! [template](crate::template).

use crate::llvm::{self, Failure, LinkTarget, Meaning};
use crate::place::{Frames, Site};
use crate::template::Symbol;
use std::ptr::NonNull;

struct Linking<'s, 'a> {
    site: &'s mut Site<'a>,
    /// The function that is being linked.
    index: u32,
    /// How full the arena was before the object went in.
    before: Option<usize>,
    /// Where else a symbol may be.
    outside: &'s dyn Fn(&str) -> Option<u64>,
    /// Why a symbol that is known could not be had: JITLink would only say that it is not there.
    failure: Option<Failure>,
}

impl LinkTarget for Linking<'_, '_> {
    fn allocate(&mut self, size: usize, alignment: usize) -> Option<(NonNull<u8>, u64)> {
        self.before = Some(self.site.arena.used());
        self.site.arena.allocate(size, alignment)
    }

    fn bounds(&self) -> (u64, u64) {
        self.site.arena.bounds()
    }

    fn resolve(&mut self, name: &str, is_call: bool) -> Meaning {
        let module = self.site.module;
        let symbol = Symbol { function: module.function_index(name), import: module.import_index(name) };
        if symbol.function == Some(self.index) && module.is_direct(self.index, is_call) {
            return Meaning::Body;
        }
        match self.site.resolve(symbol, is_call) {
            Ok(address) => Meaning::Address(address),
            Err(failure @ (Failure::NoRoom | Failure::Missing(_))) => {
                if !matches!(self.failure, Some(Failure::NoRoom)) {
                    self.failure = Some(failure);
                }
                Meaning::Unknown
            }
            // JITLink names what is unknown.
            Err(_) => match (self.outside)(name) {
                Some(address) => Meaning::Address(address),
                None => Meaning::Unknown,
            },
        }
    }
}

impl Site<'_> {
    /// Links `object`, function `index` of the module, into the arena. `outside`: the addresses of symbols that the module does not
    /// know.
    pub fn link(
        &mut self,
        object: &[u8],
        index: u32,
        outside: &dyn Fn(&str) -> Option<u64>,
    ) -> Result<Frames, Failure> {
        let mut linking = Linking { site: self, index, before: None, outside, failure: None };
        let result = llvm::link(object, &mut linking);
        let Linking { before, failure, .. } = linking;
        match (&result, before) {
            (Ok(linked), _) => self.loaded.set_code(index, linked.body),
            // All call stubs were written before it.
            (Err(_), Some(before)) => self.arena.roll_back(before),
            (Err(_), None) => {}
        }
        match failure {
            Some(Failure::NoRoom) => return Err(Failure::NoRoom),
            Some(failure) if result.is_err() => return Err(failure),
            _ => {}
        }
        result.map(|linked| Frames { address: linked.eh_frame, size: linked.eh_frame_size })
    }
}
