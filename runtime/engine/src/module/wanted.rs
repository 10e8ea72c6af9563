//! A function that is to be compiled, and what the names mean that it refers to: to the code generator, and in the object that it makes.

use super::{Module, symbol};
use crate::layout::Names;
use crate::llvm::{self, Inlining, Symbols};
use crate::template::{Key, Template};
use crate::twins::Twins;
use std::cell::RefCell;

pub(super) struct Wanted<'a> {
    pub module: &'a Module,
    pub index: u32,
    twins: Option<&'a Twins>,
    found: RefCell<Option<Template>>,
}

impl<'a> Wanted<'a> {
    pub fn new(module: &'a Module, index: u32, twins: Option<&'a Twins>) -> Wanted<'a> {
        Wanted { module, index, twins, found: RefCell::default() }
    }

    /// The code, if another module has the same function.
    pub fn found(&self) -> Option<Template> {
        self.found.borrow().clone()
    }
}

impl Symbols for Wanted<'_> {
    fn knows(&self, name: &str, is_call: bool) -> bool {
        self.module.knows(name, is_call)
    }

    fn may_inline(&self, name: &str) -> Inlining {
        self.module.may_inline(name)
    }

    fn is_public(&self, name: &str) -> bool {
        Symbols::is_public(self.module, name)
    }

    fn wants_key(&self) -> bool {
        self.twins.is_some()
    }

    fn is_known(&self, key: &Key) -> bool {
        let found = self.twins.and_then(|twins| twins.find(key, self.module, self.index));
        let is_known = found.is_some();
        self.found.replace(found);
        is_known
    }
}

impl Names for Wanted<'_> {
    fn function(&self, name: &str) -> Option<u32> {
        self.module.function_index(name)
    }

    fn import(&self, name: &str) -> Option<u32> {
        self.module.import_index(name)
    }

    fn body(&self, name: &str) -> Option<u32> {
        (name == llvm::BODY_SYMBOL).then_some(self.index)
    }
}

impl Symbols for Module {
    /// What linking can resolve.
    fn knows(&self, name: &str, is_call: bool) -> bool {
        let name = symbol(name);
        let is_own = || self.function_index(name).is_some_and(|index| self.is_direct(index, true));
        self.import_index(name).is_some() || is_call && is_own()
    }

    fn may_inline(&self, name: &str) -> Inlining {
        match self.function_index(symbol(name)) {
            None => Inlining::NotLazy,
            Some(index) if self.inlinable().get(index as usize) == Some(&true) => Inlining::Wanted,
            Some(_) => Inlining::IfForced,
        }
    }

    fn is_public(&self, name: &str) -> bool {
        self.function_index(symbol(name)).is_none_or(|index| Module::is_public(self, index))
    }
}
