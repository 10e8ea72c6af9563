//! What the optimizer knows of variables that stay with the program.
//!
//! They become declarations for it, but those that always have their first value keep that, and if sizes matter the others keep
//! theirs.

use crate::Unit;
use crate::aliases;
use crate::ir::{Kind, Linkage, Opcode, Value};
use crate::references::{GlobalKind, Graph, Id};
use std::collections::HashSet;
use std::ffi::CStr;

/// Bytes of a constant up to which the optimizer may look into it.
const LARGEST_CONSTANT: u64 = 4096;

/// What asks for the sizes of objects: `_FORTIFY_SOURCE`, `-fsanitize=object-size`.
const SIZE_QUERIES: [&CStr; 2] = [c"llvm.objectsize.i64.p0", c"llvm.objectsize.i32.p0"];

/// Found before anything is changed: who uses a variable is in others' initializers, too.
#[derive(Default)]
pub struct Known {
    values: HashSet<Value>,
    sizes: HashSet<Value>,
}

impl Known {
    /// What is known of these definitions of variables, if what their initializers refer to can be named.
    pub fn of(graph: &Graph, variables: &[Id], unit: &Unit, is_nameable: impl Fn(Id) -> bool) -> Known {
        if !unit.optimizes() {
            return Known::default();
        }
        // An alias in a constant can't be resolved.
        let is_clear = |to: Id| {
            graph.global(to).kind != GlobalKind::Alias || aliases::variable(graph, to, unit).is_some()
        };
        let sizes_matter = SIZE_QUERIES.iter().any(|name| graph.ir.has_function(name));
        let mut known = Known::default();
        for global in variables.iter().map(|&id| graph.global(id)) {
            let is_within_reach = || global.refers_to.iter().all(|r| is_clear(r.to) && is_nameable(r.to));
            if has_value(graph, global.value) && is_within_reach() {
                known.values.insert(global.value);
            } else if sizes_matter && has_size(global.value) {
                known.sizes.insert(global.value);
            }
        }
        known
    }

    /// The variables that keep something, so that it looks as if they could be done without.
    pub fn variables(&self) -> impl Iterator<Item = Value> + '_ {
        self.values.iter().chain(&self.sizes).copied()
    }

    /// Makes a declaration of a definition, with what is known.
    pub fn declare(&self, variable: Value) {
        if self.values.contains(&variable) {
            variable.set_constant(true);
            variable.set_linkage(Linkage::LLVMAvailableExternallyLinkage);
        } else if self.sizes.contains(&variable) {
            variable.set_initializer(Some(variable.value_type().zero()));
            variable.set_linkage(Linkage::LLVMAvailableExternallyLinkage);
        } else {
            variable.set_initializer(None);
            variable.set_linkage(Linkage::LLVMExternalLinkage);
        }
    }
}

/// Whether the optimizer may rely on the variable's initializer.
fn has_value(graph: &Graph, variable: Value) -> bool {
    (variable.is_constant_variable() || variable.is_local() && is_only_read(variable))
        && matches!(
            variable.linkage(),
            Linkage::LLVMExternalLinkage
                | Linkage::LLVMInternalLinkage
                | Linkage::LLVMPrivateLinkage
                | Linkage::LLVMAvailableExternallyLinkage
        )
        && !variable.is_thread_local()
        && graph.ir.size_of(variable.value_type()) <= LARGEST_CONSTANT
}

/// Whether nothing is done with a place in memory that only its own unit knows but to read from it, so that it has its first value for
/// ever. The optimizer sees that in a whole unit, but not function by function.
fn is_only_read(place: Value) -> bool {
    place.users().all(|user| match user.kind() {
        Kind::Instruction => match user.opcode() {
            Opcode::LLVMLoad => !user.is_volatile() && !user.is_atomic(),
            Opcode::LLVMGetElementPtr => is_only_read(user),
            _ => false,
        },
        _ => user.is_constant_gep() && is_only_read(user),
    })
}

/// Whether code may ask how large the variable is, which is known of definitions that no other one replaces.
fn has_size(variable: Value) -> bool {
    !variable.is_constant_variable()
        && !variable.is_thread_local()
        && matches!(
            variable.linkage(),
            Linkage::LLVMExternalLinkage | Linkage::LLVMInternalLinkage | Linkage::LLVMPrivateLinkage
        )
}
