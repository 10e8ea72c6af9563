//! A module's functions compiled once more, for what debug information says of them.

use super::{Module, expanded};
use crate::compile::Pool;
use crate::llvm::{self, Bytes, Failure};
use autojit_protocol::payload::Payload;

impl Module {
    /// For what is said of the functions as they are compiled here. `other`: a payload that differs from this one only in that it has
    /// debug information; without it this one has the lines.
    pub fn described(&self, other: Option<&[u8]>) -> Result<Described<'_>, Failure> {
        let other = other.map(Payload::parse).transpose();
        let other =
            other.map_err(|_| Failure::Refused("compiled once more, it has no payload".to_owned()))?;
        if other.is_some_and(|other| names(&other) != names(&self.payload)) {
            return Err(Failure::Refused("compiled once more, it has other functions".to_owned()));
        }
        let payload = other.as_ref().unwrap_or(&self.payload);
        let bitcode: Box<[u8]> = match payload.header().expanded_size {
            0 => payload.bitcode().into(),
            _ => expanded(payload)?.as_ref().into(),
        };
        // SAFETY: the bytes stay where they are and unchanged as long as the context lives, which they outlive.
        let context = unsafe { llvm::Module::open_described(&bitcode)? };
        Ok(Described { module: self, context: Some(context), _bitcode: bitcode })
    }
}

/// Functions and imports.
fn names<'a>(payload: &'a Payload<'_>) -> [Vec<Option<&'a str>>; 2] {
    let header = payload.header();
    let mut functions: Vec<_> = (0..header.function_count).map(|i| payload.function_name(i)).collect();
    let mut imports: Vec<_> = (0..header.import_count).map(|i| payload.import_name(i)).collect();
    functions.sort_unstable();
    imports.sort_unstable();
    [functions, imports]
}

/// A module whose functions are compiled once more, for what debug information says of them.
pub struct Described<'a> {
    module: &'a Module,
    /// None after a crash.
    context: Option<llvm::Module>,
    /// Last, so that it outlives what borrows from it.
    _bitcode: Box<[u8]>,
}

impl Described<'_> {
    /// The object of a function, with its debug information. In it, its name is [`llvm::BODY_SYMBOL`].
    pub fn object(&mut self, index: u32, pool: &Pool) -> Result<Bytes, Failure> {
        let name = self.module.function_name(index);
        let Some(context) = &mut self.context else {
            return Err(Failure::Refused("the code generator failed before".to_owned()));
        };
        let result = pool.compile(context, self.module.payload.options(), name, self.module);
        if matches!(result, Err(Failure::Crashed(_))) {
            llvm::leak(self.context.take());
        }
        Ok(result?.object)
    }
}
