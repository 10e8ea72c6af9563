//! Functions of the thread sanitizer's runtime that its checks call, where the engine puts these into lazy functions
//! (`CodegenOptions::races`).
//!
//! Nothing in the IR tells of them when the transform sees it, so that they are foretold, as [`crate::libcalls`] are: all that LLVM's pass
//! (ThreadSanitizer.cpp) may name. They are a few dozen for each object, and the runtime that has them is linked whole.

use crate::ir::{self, Block, Opcode, Value};
use std::collections::BTreeSet;

/// What the checks of a unit's lazy functions refer to.
#[derive(Default)]
pub struct Runtime {
    pub functions: BTreeSet<String>,
    /// Functions whose address is taken.
    pub addresses: BTreeSet<String>,
}

impl Runtime {
    pub fn of(lazy: impl Iterator<Item = Value>) -> Runtime {
        let mut runtime = Runtime::default();
        let (mut has_accesses, mut has_atomics) = (false, false);
        let [checked, nounwind] = ["sanitize_thread", "nounwind"].map(ir::attribute_kind);
        for function in lazy {
            if function.has_enum_attribute(checked) {
                has_accesses = true;
                // That it is left is told of exceptions, too.
                if !function.has_enum_attribute(nounwind) {
                    runtime.functions.insert("_Unwind_Resume".to_owned());
                    if !function.has_personality() {
                        runtime.addresses.insert("__gcc_personality_v0".to_owned());
                    }
                }
            }
            // Those of functions without checks, too.
            has_atomics = has_atomics || function.blocks().flat_map(Block::instructions).any(is_atomic);
        }
        if has_accesses {
            runtime.add_accesses();
        }
        if has_atomics {
            runtime.add_atomics();
        }
        runtime
    }

    fn add_accesses(&mut self) {
        for access in ["read", "write"] {
            self.functions.extend(["1", "2", "4", "8", "16"].map(|size| format!("__tsan_{access}{size}")));
            let sizes = ["2", "4", "8", "16"];
            self.functions.extend(sizes.map(|size| format!("__tsan_unaligned_{access}{size}")));
        }
        let others = ["func_entry", "func_exit", "vptr_read", "vptr_update", "memcpy", "memmove", "memset"];
        self.functions.extend(others.map(|name| format!("__tsan_{name}")));
    }

    fn add_atomics(&mut self) {
        let others = ["load", "store", "exchange", "compare_exchange_val"].map(str::to_owned).into_iter();
        let fetches = ["add", "sub", "and", "or", "xor", "nand"].map(|what| format!("fetch_{what}"));
        for operation in others.chain(fetches) {
            let bits = ["8", "16", "32", "64", "128"];
            self.functions.extend(bits.map(|bits| format!("__tsan_atomic{bits}_{operation}")));
        }
        self.functions.extend(["thread", "signal"].map(|which| format!("__tsan_atomic_{which}_fence")));
    }
}

fn is_atomic(instruction: Value) -> bool {
    match instruction.opcode() {
        Opcode::LLVMAtomicRMW | Opcode::LLVMAtomicCmpXchg | Opcode::LLVMFence => true,
        Opcode::LLVMLoad | Opcode::LLVMStore => instruction.is_atomic(),
        _ => false,
    }
}
