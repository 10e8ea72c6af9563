//! Makes every global of a module one that assembly can name.

use crate::classify::is_movable;
use crate::ir::{Ir, Kind, Linkage, Value};
use std::collections::HashSet;

/// Names the nameless, and turns private globals (whose symbols the assembler forgets) into internal ones where
/// lazy code may have to import them.
pub fn normalize(ir: Ir) {
    let unclear = constants_with_thread_locals(ir);
    let globals: Vec<Value> =
        ir.functions().chain(ir.variables()).chain(ir.aliases()).chain(ir.ifuncs()).collect();
    for (index, global) in globals.into_iter().enumerate() {
        if global.name().is_empty() {
            global.set_name(&format!("autojit.unnamed.{index}"));
        }
        let can_go = || match global.kind() {
            Kind::Alias => is_for_data(global),
            _ => is_movable(global) && !unclear.contains(&global),
        };
        if global.linkage() == Linkage::LLVMPrivateLinkage && !can_go() {
            global.set_linkage(Linkage::LLVMInternalLinkage);
        }
    }
}

/// Whether no code refers to it. (Sanitizers list variables under private aliases, which debuggers must not take for their names.)
fn is_for_data(global: Value) -> bool {
    let mut work: Vec<Value> = global.users().collect();
    let mut seen: HashSet<Value> = work.iter().copied().collect();
    while let Some(user) = work.pop() {
        match user.kind() {
            Kind::Variable => {}
            Kind::Alias | Kind::OtherConstant => work.extend(user.users().filter(|&user| seen.insert(user))),
            _ => return false,
        }
    }
    true
}

/// Variables whose initializers name a thread-local one. No front end makes them; what they hold is for the code
/// generator and the linker to say, so they stay with the object.
fn constants_with_thread_locals(ir: Ir) -> HashSet<Value> {
    let mut work: Vec<Value> = ir.variables().filter(|v| v.is_thread_local()).collect();
    let (mut seen, mut found) = (HashSet::new(), HashSet::new());
    while let Some(used) = work.pop() {
        for user in used.users().filter(|&user| seen.insert(user)) {
            match user.kind() {
                Kind::Variable => {
                    found.insert(user);
                }
                Kind::Alias | Kind::OtherConstant => work.push(user),
                _ => {}
            }
        }
    }
    found
}
