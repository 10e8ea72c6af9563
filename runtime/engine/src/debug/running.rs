//! The description that is made together with the code: for a program that starts under a debugger.

use super::bare::Bare;
use super::link::{self, Incomplete, Input, Output};
use super::object::Object;
use super::recompile::Purpose;
use super::{
    Caches, Debugging, Described, Made, OTHER_FUNCTIONS, Unit, in_parallel, is_same, locals, make_with, name,
    units,
};
use crate::arena::Arena;
use crate::loaded::Loaded;
use crate::log::log;
use crate::module::Module;
use autojit_protocol::control::Fixup;
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// What is to be described.
#[derive(Clone, Copy)]
enum Source<'a> {
    Unit(Unit<'a>),
    /// A module, by its number in the session, of which only names are known, and how to unwind its functions.
    Bare(usize),
}

impl Source<'_> {
    /// Of the module in the session.
    fn number(&self) -> usize {
        match self {
            Source::Unit(unit) => unit.number,
            Source::Bare(number) => *number,
        }
    }

    fn is_bare(&self) -> bool {
        matches!(self, Source::Bare(_))
    }

    /// For messages.
    fn name(&self) -> String {
        match self {
            Source::Unit(unit) => name(unit.recipe),
            Source::Bare(_) => "a unit without -g".to_owned(),
        }
    }
}

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
    /// What it refers to is out of reach. Units of programs that are no PIE refer to shared libraries as if they were near, all
    /// refer so to what is their own, and the arena may be far away. Lazy code does not.
    is_far: bool,
}

impl Way {
    fn options(&self) -> Vec<String> {
        let avoided = self.avoided.iter().map(|name| format!("--autojit-debug-without={name}"));
        avoided.chain(self.is_far.then(|| "--autojit-debug-as-lazy".to_owned())).collect()
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

impl Attempt {
    /// Returns whether a unit is now compiled in another way. (A payload is compiled with what the program has.)
    fn learn(&mut self, function: Incomplete, units: &[Source<'_>]) -> bool {
        !units[function.input].is_bare() && self.ways[function.input].learn(function)
    }
}

impl Debugging {
    /// The units of the modules that are open, and the modules that have none; and those that are for later.
    fn sources(&self, modules: &[Loaded], caches: Caches<'_>) -> (Vec<Source<'_>>, Vec<Bare>) {
        let units = units(&self.image, modules, |_| true);
        let mut sources: Vec<Source<'_>> = units.into_iter().map(Source::Unit).collect();
        let known: HashSet<usize> = sources.iter().map(Source::number).collect();
        let mut later = Vec::new();
        let mut patience = Bare::PATIENCE;
        for (number, loaded) in modules.iter().enumerate() {
            let Some(module) = loaded.ready().filter(|_| !self.bare.is_empty() && !known.contains(&number))
            else {
                continue;
            };
            let bare = Bare::of(module.clone());
            let left = if bare.is_made(caches) { Some(patience) } else { patience.checked_sub(bare.cost()) };
            match left {
                Some(left) => {
                    patience = left;
                    sources.push(Source::Bare(number));
                }
                None => later.push(bare),
            }
        }
        (sources, later)
    }

    /// Units that can't be compiled once more have names at least. Returns whether there are such.
    fn replace_lost(&self, units: &mut [Source<'_>], made: &[Made], remarks: &mut Vec<String>) -> bool {
        let mut is_changed = false;
        for (source, made) in units.iter_mut().zip(made) {
            if let (Source::Unit(unit), Err(problem)) = (&source, made)
                && self.tracer.reader().wants_names()
            {
                remarks.push(format!("{}: {problem}", source.name()));
                *source = Source::Bare(unit.number);
                is_changed = true;
            }
        }
        is_changed
    }

    /// Makes the description of all modules that are open.
    pub fn describe(
        &mut self,
        modules: &mut [Loaded],
        arena: &mut Arena,
        caches: Caches<'_>,
    ) -> Option<Described> {
        let (mut units, later) = self.sources(modules, caches);
        let mut attempt = Attempt { ways: units.iter().map(|_| Way::default()).collect(), is_last: false };
        let (mut lost, mut remarks) = (Vec::new(), Vec::new());
        let linked = loop {
            let numbers: Vec<usize> = (0..units.len()).collect();
            let made = in_parallel(&numbers, |&number| match &units[number] {
                Source::Unit(unit) => make_with(unit, caches, Purpose::Run, &attempt.ways[number].options()),
                Source::Bare(module) => {
                    let module = modules[*module].ready().ok_or("its module is not open")?;
                    Bare::of(module.clone()).make(caches)
                }
            });
            if self.replace_lost(&mut units, &made, &mut lost) {
                continue;
            }
            remarks.clear();
            match self.link(&units, &made, &attempt, modules, arena, &mut remarks) {
                Outcome::Linked(output, units) => break Some((output, units)),
                Outcome::Nothing => break None,
                Outcome::Incomplete(functions) => {
                    // All of them, even if one is enough.
                    let learned: Vec<bool> =
                        functions.into_iter().map(|f| attempt.learn(f, &units)).collect();
                    attempt.is_last = !learned.contains(&true);
                }
            }
        };
        let mut fixups = Vec::new();
        if let Some((output, inputs)) = &linked {
            for &(input, index, code) in &output.functions {
                let loaded = &mut modules[units[inputs[input]].number()];
                loaded.set_described_code(index, code);
                fixups.push(Fixup { slot: loaded.slot_address(index), code });
            }
        }
        drop(units);
        caches.0.note_program(&self.image.path);
        self.remarks.append(&mut lost);
        self.remarks.append(&mut remarks);
        self.fixups = fixups;
        self.later = later;
        let (output, _) = linked?;
        self.shared = output.shared;
        Some(Described { file: output.file, file_size: output.file_size, eh_frame: output.eh_frame })
    }

    fn link(
        &self,
        units: &[Source<'_>],
        made: &[Made],
        attempt: &Attempt,
        modules: &[Loaded],
        arena: &mut Arena,
        remarks: &mut Vec<String>,
    ) -> Outcome {
        let mut ready = Vec::new();
        for (number, (unit, made)) in units.iter().zip(made).enumerate() {
            let module = modules[unit.number()].ready().cloned();
            let object = made.as_ref().map_err(Clone::clone).and_then(|kept| {
                let object = Object::parse(&kept.object)?;
                let module = module.as_deref().ok_or("its module is not open")?;
                let fits = unit.is_bare() || is_same(&object, module);
                fits.then_some(object).ok_or_else(|| OTHER_FUNCTIONS.into())
            });
            match (object, module) {
                (Ok(object), Some(module)) => ready.push(Ready { unit: number, object, module }),
                (Err(problem), _) => remark(remarks, unit, &problem),
                _ => {}
            }
        }
        while !ready.is_empty() {
            let inputs: Vec<Input<'_>> = ready
                .iter()
                .map(|Ready { unit, object, module }| {
                    let (locals, stub_size) = match &units[*unit] {
                        Source::Unit(unit) => (locals(&self.image, &unit.note), unit.note.header.stub_size),
                        Source::Bare(_) => Default::default(),
                    };
                    Input {
                        object,
                        module,
                        loaded: &modules[units[*unit].number()],
                        locals,
                        stub_size: stub_size.into(),
                        is_bare: units[*unit].is_bare(),
                        is_other: attempt.ways[*unit].is_far,
                    }
                })
                .collect();
            let mut incomplete = Vec::new();
            let linked =
                link::link(&inputs, &self.image, &self.libraries, self.tracer.reader(), arena, |functions| {
                    incomplete.extend_from_slice(functions);
                    attempt.is_last
                });
            // What the linker has dropped needs what nobody has to define: nothing is to be learned from that, or to be said.
            incomplete.retain(|function| function.is_far || !inputs[function.input].lacks(&function.symbol));
            for function in &mut incomplete {
                let Ready { unit, module, .. } = &ready[function.input];
                if attempt.is_last && !units[*unit].is_bare() {
                    let unit = units[*unit].name();
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
                    remark(remarks, &units[unit], &failure.problem);
                    if failure.input.is_none() {
                        break;
                    }
                }
            }
        }
        Outcome::Nothing
    }
}

/// Nobody expects names and nothing else, and so misses them.
fn remark(remarks: &mut Vec<String>, of: &Source<'_>, problem: &str) {
    match of {
        Source::Unit(_) => remarks.push(format!("{}: {problem}", of.name())),
        Source::Bare(_) => log!("no names of a module's functions: {problem}"),
    }
}

/// Whether that may be a function of the C library: not one of C++.
fn is_plain(symbol: &str) -> bool {
    !symbol.starts_with("_Z") && symbol.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}
