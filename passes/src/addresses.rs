//! Addresses of globals that are computed and not named: in the place of constants, in front of the instructions that use
//! them.

use crate::ir::{Block, Kind, Value};
use std::collections::HashSet;

/// The instructions that use `value`, each once, also from within constants. In an order that only the input decides:
/// what is put in front of one place comes out in it.
pub fn instructions(value: Value) -> Vec<Value> {
    let (mut found, mut seen, mut work) = (Vec::new(), HashSet::new(), vec![value]);
    while let Some(used) = work.pop() {
        for user in used.users().filter(|&user| seen.insert(user)) {
            match user.kind() {
                Kind::Instruction => found.push(user),
                Kind::OtherConstant => work.push(user),
                _ => {}
            }
        }
    }
    found
}

/// Lets the instruction use what `compute` puts in front of the instruction that it is given, and not the global, nor a place within it that a
/// constant names.
pub fn replace(user: Value, global: Value, compute: impl Fn(Value) -> Value) {
    // A phi's operand is computed where control comes from, once for all edges from there.
    let mut known: Vec<(Option<Block>, Value, Value)> = Vec::new();
    for index in 0..user.operand_count() {
        let Some(operand) = user.operand(index).filter(|o| leads_to(*o, global)) else { continue };
        let from = user.incoming_block(index);
        let address = match known.iter().find(|k| k.0 == from && k.1 == operand) {
            Some(&(_, _, address)) => address,
            None => {
                let before = from.and_then(Block::terminator).unwrap_or(user);
                address_before(operand, global, &compute, before)
            }
        };
        known.push((from, operand, address));
        user.set_operand(index, address);
    }
}

/// Whether a constant is the global or a place within it.
fn leads_to(constant: Value, global: Value) -> bool {
    constant == global
        || (constant.is_constant_gep() && constant.operand(0).is_some_and(|base| leads_to(base, global)))
}

/// Computes what the constant stands for.
fn address_before(constant: Value, global: Value, compute: &impl Fn(Value) -> Value, before: Value) -> Value {
    match constant.operand(0) {
        Some(base) if constant != global => {
            constant.gep_before(address_before(base, global, compute, before), before)
        }
        _ => compute(before),
    }
}
