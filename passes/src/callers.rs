//! Functions of the C library that look at who calls them.
//!
//! `dlsym(RTLD_NEXT, ...)` searches behind the image that its return address is in, `dlopen` has that image's search path,
//! and so on. Lazy code is in no image: it calls a function of the object, which calls them.

use crate::classify::Plan;
use crate::ir::{Linkage, Value};
use crate::references::{Graph, Id};
use crate::stand_ins::{StandIns, lazy_users};

/// Names and types (`Ir::function_type`), as glibc's <dlfcn.h> and <link.h> have them.
const FUNCTIONS: &[(&str, &str)] = &[
    ("dl_iterate_phdr", "ipp"),
    ("dlmopen", "plpi"),
    ("dlopen", "ppi"),
    ("dlsym", "ppp"),
    ("dlvsym", "pppp"),
];

/// Whether a function that calls this one can't be lazy: it may be missing, which the object's caller never is.
pub fn is_refused(callee: Value) -> bool {
    callee.linkage() == Linkage::LLVMExternalWeakLinkage
        && FUNCTIONS.iter().any(|(name, _)| callee.name() == *name)
}

/// Puts the object's callers into the lazy functions, in the place of these functions.
pub fn rewrite(graph: &Graph, plan: &Plan, stand_ins: &mut StandIns) {
    let by_data =
        |id: Id| plan.moved.iter().any(|&data| graph.global(data).refers_to.iter().any(|r| r.to == id));
    for (id, letters) in graph.globals.iter().enumerate().filter_map(|(id, global)| {
        let known = FUNCTIONS.iter().find(|(name, _)| *name == global.name);
        known.filter(|_| global.is_declared_function()).map(|(_, letters)| (id as Id, letters))
    }) {
        let target = graph.global(id).value;
        let ty = graph.ir.function_type(letters);
        // A program may have one of its own with such a name.
        let is_it = target.value_type() == ty || target.is_unprototyped();
        let (users, Some(like)) = lazy_users(graph, plan, target) else { continue };
        if !is_it || by_data(id) {
            continue;
        }
        let name = format!("autojit.call.{}", graph.global(id).name);
        let caller = graph.ir.add_caller(&name, ty, target, like);
        users.into_iter().for_each(|user| user.replace_operand(target, caller));
        stand_ins.add(id, caller);
    }
}
