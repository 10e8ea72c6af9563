//! Functions of the object that lazy code uses in the place of a global, because being in the object matters there.

use crate::addresses::instructions;
use crate::classify::Plan;
use crate::ir::Value;
use crate::references::{Graph, Id};
use std::collections::HashMap;

#[derive(Default)]
pub struct StandIns {
    names: HashMap<Id, String>,
    pub functions: Vec<Value>,
}

impl StandIns {
    pub fn add(&mut self, id: Id, function: Value) {
        self.names.insert(id, function.name());
        self.functions.push(function);
    }

    /// The symbol that lazy code uses in the place of this global.
    pub fn name(&self, id: Id) -> Option<&str> {
        self.names.get(&id).map(String::as_str)
    }
}

/// The instructions of lazy functions that use the value, and the first of these functions.
pub fn lazy_users(graph: &Graph, plan: &Plan, value: Value) -> (Vec<Value>, Option<Value>) {
    let mut users = instructions(value);
    users.retain(|user| slot(graph, plan, *user).is_some());
    let first = users.iter().copied().min_by_key(|user| slot(graph, plan, *user));
    (users, first.and_then(Value::function_of_instruction))
}

/// The slot of the function that an instruction is in, if that is lazy.
fn slot(graph: &Graph, plan: &Plan, instruction: Value) -> Option<u32> {
    plan.slot(graph.id(instruction.function_of_instruction()?)?)
}
