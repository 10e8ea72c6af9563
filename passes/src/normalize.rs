//! Makes every global of a module one that assembly can name.

use crate::classify::is_movable;
use crate::ir::{Ir, Linkage, Value};

/// Names the nameless, and turns private globals (whose symbols the assembler forgets) into internal ones where
/// lazy code may have to import them.
pub fn normalize(ir: Ir) {
    let globals: Vec<Value> =
        ir.functions().chain(ir.variables()).chain(ir.aliases()).chain(ir.ifuncs()).collect();
    for (index, global) in globals.into_iter().enumerate() {
        if global.name().is_empty() {
            global.set_name(&format!("autojit.unnamed.{index}"));
        }
        if global.linkage() == Linkage::LLVMPrivateLinkage && !is_movable(global) {
            global.set_linkage(Linkage::LLVMInternalLinkage);
        }
    }
}
