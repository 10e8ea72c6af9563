//! A module that is kept warm: a payload, its bitcode opened for lazy reading, and the objects compiled so far.
//!
//! Modules are shared by all sessions. One function of a module is compiled at a time (an LLVM context is for one
//! thread); other modules go on in parallel. Objects are not linked, so every session can use them.

use crate::compile::Pool;
use crate::llvm::{self, Bytes, Failure, Symbols};
use autojit_protocol::Hash;
use autojit_protocol::payload::{FUNCTION_BOUND_HERE, FUNCTION_PUBLIC, FunctionEntry, Payload, PayloadError};
use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

pub struct Module {
    pub hash: Hash,
    /// Borrows from `bytes`.
    payload: Payload<'static>,
    /// Lazy functions and imports by the name that they have in an object file.
    functions: HashMap<&'static str, u32>,
    imports: HashMap<&'static str, u32>,
    /// Opened with the first function; `None` as well after LLVM crashed over it.
    llvm: Mutex<Option<llvm::Module>>,
    objects: Vec<OnceLock<Result<Bytes, Failure>>>,
    /// Last, so that it outlives what borrows from it. Never changed.
    bytes: Vec<u8>,
}

/// LLVM's mark for "take this name as it is" is not part of the symbol.
fn symbol(name: &str) -> &str {
    name.strip_prefix('\x01').unwrap_or(name)
}

impl Module {
    pub fn new(hash: Hash, bytes: Vec<u8>) -> Result<Module, PayloadError> {
        // SAFETY: the heap buffer of `bytes` stays where it is and unchanged as long as the module lives (the field is
        // private and never written), and no borrow leaves the module with a longer lifetime.
        let stable: &'static [u8] = unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
        let payload = Payload::parse(stable)?;
        let header = payload.header();
        let functions =
            (0..header.function_count).filter_map(|i| Some((symbol(payload.function_name(i)?), i)));
        let imports = (0..header.import_count).filter_map(|i| Some((symbol(payload.import_name(i)?), i)));
        Ok(Module {
            hash,
            functions: functions.collect(),
            imports: imports.collect(),
            llvm: Mutex::new(None),
            objects: (0..header.function_count).map(|_| OnceLock::new()).collect(),
            payload,
            bytes,
        })
    }

    pub fn function_count(&self) -> u32 {
        self.payload.header().function_count
    }

    pub fn import_count(&self) -> u32 {
        self.payload.header().import_count
    }

    pub fn size(&self) -> usize {
        self.bytes.len()
    }

    pub fn function(&self, index: u32) -> Option<FunctionEntry> {
        self.payload.function(index)
    }

    pub fn function_name(&self, index: u32) -> &str {
        self.payload.function_name(index).unwrap_or("?")
    }

    pub fn function_index(&self, symbol: &str) -> Option<u32> {
        self.functions.get(symbol).copied()
    }

    pub fn import_index(&self, symbol: &str) -> Option<u32> {
        self.imports.get(symbol).copied()
    }

    /// Whether the function was compiled before.
    pub fn is_compiled(&self, index: u32) -> bool {
        self.objects[index as usize].get().is_some()
    }

    /// Functions compiled so far, and the bytes of their objects.
    pub fn compiled(&self) -> (usize, usize) {
        self.objects
            .iter()
            .filter_map(OnceLock::get)
            .fold((0, 0), |(count, size), object| (count + 1, size + object.as_ref().map_or(0, |o| o.len())))
    }

    /// The relocatable object of a function, which is compiled if it was not before. A function that cannot be
    /// compiled is not tried again.
    pub fn object(&self, index: u32, pool: &Pool) -> Result<&[u8], Failure> {
        let cell = &self.objects[index as usize];
        if cell.get().is_none() {
            // A poisoned lock means a bug of ours while the module was open; it can be opened again.
            let mut guard = self.llvm.lock().unwrap_or_else(PoisonError::into_inner);
            // While this thread waited, another one may have done it.
            if cell.get().is_none() {
                let result = self.compile(&mut guard, index, pool);
                if matches!(result, Err(Failure::Crashed(_)))
                    && let Some(broken) = guard.take()
                {
                    llvm::leak(broken);
                }
                let _ = cell.set(result);
            }
        }
        match cell.get() {
            Some(Ok(object)) => Ok(object),
            Some(Err(failure)) => Err(failure.clone()),
            None => unreachable!("set above"),
        }
    }

    fn compile(&self, opened: &mut Option<llvm::Module>, index: u32, pool: &Pool) -> Result<Bytes, Failure> {
        let module = match opened {
            Some(module) => module,
            // SAFETY: `bytes` is never changed and is dropped after `llvm`.
            None => opened.insert(unsafe { llvm::Module::open(self.payload.bitcode()) }?),
        };
        pool.compile(module, self.payload.options(), self.function_name(index), self)
    }
}

impl Symbols for Module {
    /// What linking can resolve.
    fn knows(&self, name: &str, is_call: bool) -> bool {
        let name = symbol(name);
        self.imports.contains_key(name)
            || is_call
                && self
                    .function_index(name)
                    .and_then(|index| self.function(index))
                    .is_some_and(|f| f.flags & FUNCTION_PUBLIC == 0 || f.flags & FUNCTION_BOUND_HERE != 0)
    }

    fn lazy_size(&self, name: &str) -> Option<u32> {
        self.function_index(symbol(name)).and_then(|index| self.function(index)).map(|f| f.size)
    }
}
