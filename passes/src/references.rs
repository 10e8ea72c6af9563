//! Who refers to what in a module.
//!
//! Read off the use lists of the globals: that touches each reference to a global once, while a walk over all
//! operands of all instructions would touch twenty times as many.

use crate::ir::{Ir, Kind, Opcode, Value};
use std::collections::HashMap;

/// Number of a global in the graph.
pub type Id = u32;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GlobalKind {
    /// A function whose body this module emits.
    Definition,
    /// A function that is only declared, or available_externally.
    Declaration,
    Variable,
    Alias,
    Ifunc,
}

/// A function, variable, alias or ifunc, and what it refers to.
pub struct Global {
    pub value: Value,
    pub kind: GlobalKind,
    pub name: String,
    /// What this one's body or initializer refers to.
    pub refers_to: Vec<Reference>,
}

impl Global {
    pub fn is_declared_function(&self) -> bool {
        self.kind == GlobalKind::Declaration
    }
}

#[derive(Clone, Copy, Debug)]
pub struct Reference {
    pub to: Id,
    /// It is called, and only called.
    pub only_called: bool,
}

pub struct Graph {
    pub ir: Ir,
    pub globals: Vec<Global>,
    /// The module's own.
    assembly: String,
    ids: HashMap<Value, Id>,
}

impl Graph {
    pub fn of(ir: Ir) -> Graph {
        let mut graph = Graph { ir, globals: Vec::new(), assembly: ir.inline_asm(), ids: HashMap::new() };
        for f in ir.functions() {
            let emitted =
                !f.is_declaration() && f.linkage() != crate::ir::Linkage::LLVMAvailableExternallyLinkage;
            graph.add(f, if emitted { GlobalKind::Definition } else { GlobalKind::Declaration });
        }
        ir.variables().for_each(|v| graph.add(v, GlobalKind::Variable));
        ir.aliases().for_each(|v| graph.add(v, GlobalKind::Alias));
        ir.ifuncs().for_each(|v| graph.add(v, GlobalKind::Ifunc));
        graph.find_references();
        graph
    }

    fn add(&mut self, value: Value, kind: GlobalKind) {
        self.ids.insert(value, self.globals.len() as Id);
        self.globals.push(Global { value, kind, name: value.name(), refers_to: Vec::new() });
    }

    pub fn id(&self, value: Value) -> Option<Id> {
        self.ids.get(&value).copied()
    }

    pub fn global(&self, id: Id) -> &Global {
        &self.globals[id as usize]
    }

    /// A function whose body is only there to be inlined (`available_externally`).
    pub fn is_inline_only(&self, id: Id) -> bool {
        let global = self.global(id);
        global.kind == GlobalKind::Declaration && !global.value.is_declaration()
    }

    /// Whether the module's own assembly names the symbol, and so may define it.
    pub fn is_in_assembly(&self, id: Id) -> bool {
        !self.assembly.is_empty() && self.assembly.contains(&self.global(id).name)
    }

    /// The function or variable that an alias is another name of, also over further aliases. None for a place
    /// within one.
    pub fn aliased(&self, alias: Id) -> Option<Id> {
        let mut id = alias;
        // Aliases make no circles.
        while self.global(id).kind == GlobalKind::Alias {
            id = self.id(self.global(id).value.aliasee()?)?;
        }
        Some(id)
    }

    /// The reverse of the references.
    pub fn users(&self) -> Vec<Vec<Id>> {
        let mut users = vec![Vec::new(); self.globals.len()];
        for (from, global) in self.globals.iter().enumerate() {
            for reference in &global.refers_to {
                users[reference.to as usize].push(from as Id);
            }
        }
        users
    }

    /// The functions that this module emits, in its order.
    pub fn definitions(&self) -> impl Iterator<Item = Id> + '_ {
        self.ids_where(|g| g.kind == GlobalKind::Definition)
    }

    pub fn ids_where(&self, wanted: impl Fn(&Global) -> bool + 'static) -> impl Iterator<Item = Id> + '_ {
        self.globals.iter().enumerate().filter(move |(_, g)| wanted(g)).map(|(i, _)| i as Id)
    }

    fn find_references(&mut self) {
        for to in 0..self.globals.len() as Id {
            let value = self.globals[to as usize].value;
            for user in value.users() {
                self.note_user(value, user, to, 0);
            }
        }
    }

    /// Follows a use of `to` upwards: through constants, to the globals and functions that contain it.
    /// `used` is what `user` uses: the global itself, or a constant that contains it.
    fn note_user(&mut self, used: Value, user: Value, to: Id, depth: u32) {
        match user.kind() {
            Kind::Instruction => {
                if let Some(from) = user.function_of_instruction().and_then(|f| self.id(f)) {
                    self.note(from, Reference { to, only_called: depth == 0 && only_calls(user, used) });
                }
            }
            Kind::Function | Kind::Variable | Kind::Alias | Kind::Ifunc => {
                if let Some(from) = self.id(user) {
                    self.note(from, Reference { to, only_called: false });
                }
            }
            // A constant: its users refer to what it contains. The use lists have no cycles here.
            _ => {
                for next in user.users() {
                    self.note_user(user, next, to, depth + 1);
                }
            }
        }
    }

    fn note(&mut self, from: Id, new: Reference) {
        let list = &mut self.globals[from as usize].refers_to;
        // Uses of one global come in one run, so that a repeated one is (nearly always) the last.
        match list.last_mut() {
            Some(last) if last.to == new.to => last.only_called &= new.only_called,
            _ => list.push(new),
        }
    }
}

/// Whether the instruction uses `used` as what it calls and as nothing else.
fn only_calls(user: Value, used: Value) -> bool {
    matches!(user.opcode(), Opcode::LLVMCall | Opcode::LLVMInvoke)
        && user.called_value() == Some(used)
        && (0..user.argument_count()).all(|i| user.operand(i) != Some(used))
}
