//! The description that is made together with the code: for a program that starts under a debugger.

use super::link::{self, Incomplete, Input, Output};
use super::object::Object;
use super::recompile::Purpose;
use super::{
    Caches, Debugging, Described, Made, OTHER_FUNCTIONS, Unit, in_parallel, is_same, locals, make_with, name,
    units,
};
use crate::arena::Arena;
use crate::loaded::Loaded;
use crate::module::Module;
use autojit_protocol::control::Fixup;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A unit that can be linked.
struct Ready<'a> {
    /// Its number.
    unit: usize,
    object: Object<'a>,
    module: Arc<Module>,
}

/// What came of linking.
enum Outcome {
    /// The units that are in it.
    Linked(Output, Vec<usize>),
    Nothing,
    /// Functions, by number of the unit, that need what the program does not have.
    Incomplete(Vec<Incomplete>),
}

/// How a unit is compiled, as far as it is not as it was.
#[derive(Default)]
struct Way {
    /// The optimizer makes calls of its own (memcmp to bcmp, fprintf to fputc) to functions that nobody linked: those that it must not
    /// call.
    avoided: BTreeSet<String>,
    /// What it refers to is out of reach. Units of programs that are no PIE refer to shared libraries as if they were near; lazy code
    /// does not.
    is_far: bool,
}

impl Way {
    fn options(&self) -> Vec<String> {
        let position = ["-mrelocation-model", "pic"].into_iter().filter(|_| self.is_far);
        let avoided = self.avoided.iter().map(|name| format!("-fno-builtin-{name}"));
        avoided.chain(position.map(str::to_owned)).collect()
    }

    /// Returns whether the unit is now compiled in another way.
    fn learn(&mut self, function: Incomplete) -> bool {
        match function.is_far {
            true => !std::mem::replace(&mut self.is_far, true),
            false => is_plain(&function.symbol) && self.avoided.insert(function.symbol),
        }
    }
}

struct Attempt {
    /// By unit.
    ways: Vec<Way>,
    /// Functions that need what the program does not have are left out.
    is_last: bool,
}

impl Debugging {
    /// Makes the description of all modules that are open.
    pub fn describe(
        &mut self,
        modules: &mut [Loaded],
        arena: &mut Arena,
        caches: Caches<'_>,
    ) -> Option<Described> {
        let units = units(&self.image, modules, |_| true);
        let mut attempt = Attempt { ways: units.iter().map(|_| Way::default()).collect(), is_last: false };
        let mut remarks = Vec::new();
        let linked = loop {
            let numbers: Vec<usize> = (0..units.len()).collect();
            let made = in_parallel(&numbers, |&number| {
                make_with(&units[number], caches, Purpose::Run, &attempt.ways[number].options())
            });
            remarks.clear();
            match self.link(&units, &made, &attempt, modules, arena, &mut remarks) {
                Outcome::Linked(output, units) => break Some((output, units)),
                Outcome::Nothing => break None,
                Outcome::Incomplete(functions) => {
                    // All of them, even if one is enough.
                    let learned: Vec<bool> =
                        functions.into_iter().map(|f| attempt.ways[f.input].learn(f)).collect();
                    attempt.is_last = !learned.contains(&true);
                }
            }
        };
        let mut fixups = Vec::new();
        if let Some((output, inputs)) = &linked {
            for &(input, index, code) in &output.functions {
                let loaded = &mut modules[units[inputs[input]].number];
                loaded.set_described_code(index, code);
                fixups.push(Fixup { slot: loaded.slot_address(index), code });
            }
        }
        drop(units);
        caches.0.note_program(&self.image.path);
        self.remarks.append(&mut remarks);
        self.fixups = fixups;
        linked.map(|(o, _)| Described { file: o.file, file_size: o.file_size, eh_frame: o.eh_frame })
    }

    fn link(
        &self,
        units: &[Unit<'_>],
        made: &[Made],
        attempt: &Attempt,
        modules: &[Loaded],
        arena: &mut Arena,
        remarks: &mut Vec<String>,
    ) -> Outcome {
        let mut ready = Vec::new();
        for (number, (unit, made)) in units.iter().zip(made).enumerate() {
            let module = modules[unit.number].ready().cloned();
            let object = made.as_ref().map_err(Clone::clone).and_then(|kept| {
                let object = Object::parse(&kept.object)?;
                let module = module.as_deref().ok_or("its module is not open")?;
                is_same(&object, module).then_some(object).ok_or_else(|| OTHER_FUNCTIONS.into())
            });
            match (object, module) {
                (Ok(object), Some(module)) => ready.push(Ready { unit: number, object, module }),
                (Err(problem), _) => remarks.push(format!("{}: {problem}", name(unit.recipe))),
                _ => {}
            }
        }
        while !ready.is_empty() {
            let inputs: Vec<Input<'_>> = ready
                .iter()
                .map(|Ready { unit, object, module }| Input {
                    object,
                    module,
                    loaded: &modules[units[*unit].number],
                    locals: locals(&self.image, &units[*unit].note),
                    stub_size: units[*unit].note.header.stub_size.into(),
                    is_other: attempt.ways[*unit].is_far,
                })
                .collect();
            let mut incomplete = Vec::new();
            let linked = link::link(
                &inputs,
                &self.image,
                &self.libraries,
                !self.tracer.is_lldb(),
                arena,
                |functions| {
                    incomplete.extend_from_slice(functions);
                    attempt.is_last
                },
            );
            for function in &mut incomplete {
                let Ready { unit, module, .. } = &ready[function.input];
                if attempt.is_last {
                    let unit = name(units[*unit].recipe);
                    let (function, symbol) = (module.function_name(function.function), &function.symbol);
                    remarks.push(format!(
                        "{function} of {unit}: it needs {symbol}, which is not in the program or too far away"
                    ));
                }
                function.input = *unit;
            }
            match linked {
                Ok(Some(output)) => {
                    return Outcome::Linked(output, ready.iter().map(|ready| ready.unit).collect());
                }
                Ok(None) => return Outcome::Incomplete(incomplete),
                Err(failure) => {
                    drop(inputs);
                    let unit = ready.remove(failure.input.unwrap_or(0)).unit;
                    remarks.push(format!("{}: {}", name(units[unit].recipe), failure.problem));
                    if failure.input.is_none() {
                        break;
                    }
                }
            }
        }
        Outcome::Nothing
    }
}

/// Whether that may be a function of the C library: not one of C++.
fn is_plain(symbol: &str) -> bool {
    !symbol.starts_with("_Z") && symbol.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
