//! What is compiled to know what the code of units is: the whole of a unit, or each function by itself.

use super::object::Object;
use super::{Caches, Made as Compiled, Purpose, Unit, in_parallel, make_all};
use crate::compile::Pool;
use crate::llvm::{BODY_SYMBOL, Bytes};
use crate::loaded::Loaded;
use std::collections::HashMap;

/// How it is known what the code of a unit is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// From an object of the whole unit: at -O0 a function's code is always the same, and one that is in the program is all there is.
    Together,
    /// Each function is compiled by itself, of a payload with debug information; another object has the variables.
    OneByOne,
    /// The same of the module's own payload. Nothing is known of variables.
    Lines,
}

impl Plan {
    fn of(unit: &Unit<'_>, loaded: &Loaded) -> Plan {
        match loaded.ready() {
            Some(module) if module.has_lines() => Plan::Lines,
            Some(module) if module.optimizes() && unit.note.object.is_empty() => Plan::OneByOne,
            _ => Plan::Together,
        }
    }
}

/// A function that is compiled by itself.
pub(super) struct Single {
    /// Number of its unit.
    pub unit: usize,
    pub index: u32,
    pub address: u64,
    /// None: it could not be compiled.
    object: Option<Bytes>,
}

impl Single {
    /// Its object, in which it has its own name.
    pub fn parsed<'a>(&'a self, units: &[Unit<'_>], modules: &'a [Loaded]) -> Option<Object<'a>> {
        let module = modules[units[self.unit].number].ready()?;
        let object = Object::parse(self.object.as_deref()?).ok()?;
        Some(object.renamed(BODY_SYMBOL, module.function_name(self.index)))
    }
}

/// What was compiled.
pub(super) struct Made {
    /// Units that have an object, which follows in the same order.
    pub whole: Vec<usize>,
    pub objects: Vec<Compiled>,
    pub singles: Vec<Single>,
}

/// Compiles what is to be known of the units. `address`: where a module's function has its code.
pub(super) fn make(
    units: &[Unit<'_>],
    modules: &[Loaded],
    caches: Caches<'_>,
    address: &dyn Fn(&Loaded, u32) -> Option<u64>,
) -> Made {
    let plans: Vec<Plan> = units.iter().map(|unit| Plan::of(unit, &modules[unit.number])).collect();
    let planned = |plan: Plan| -> Vec<usize> { (0..units.len()).filter(|&i| plans[i] == plan).collect() };
    let (together, apart) = (planned(Plan::Together), planned(Plan::OneByOne));
    let compiles = together.iter().map(|&i| (units[i], Purpose::Compare));
    let compiles = compiles.chain(apart.iter().map(|&i| (units[i], Purpose::Variables)));
    let compiles = compiles.chain(apart.iter().map(|&i| (units[i], Purpose::Payload)));
    let mut objects = make_all(compiles, caches);
    let payloads = objects.split_off(together.len() + apart.len());
    let payloads: HashMap<usize, Compiled> = apart.iter().copied().zip(payloads).collect();
    let mut singles = Vec::new();
    for unit in planned(Plan::Lines).into_iter().chain(apart.iter().copied()) {
        let loaded = &modules[units[unit].number];
        let single = |index| Some(Single { unit, index, address: address(loaded, index)?, object: None });
        singles.extend((0..loaded.slot_count).filter_map(single));
    }
    let made = compile(&singles, units, modules, &payloads);
    singles.iter_mut().zip(made).for_each(|(single, object)| single.object = object);
    Made { whole: [together, apart].concat(), objects, singles }
}

/// Functions that are compiled one after the other: to open a module takes as long as to compile some.
const PIECE: usize = 64;

/// The objects of functions that are compiled one by one, on all processors.
fn compile(
    singles: &[Single],
    units: &[Unit<'_>],
    modules: &[Loaded],
    payloads: &HashMap<usize, Compiled>,
) -> Vec<Option<Bytes>> {
    let of_units = singles.chunk_by(|a, b| a.unit == b.unit);
    let pieces: Vec<&[Single]> = of_units.flat_map(|of_unit| of_unit.chunks(PIECE)).collect();
    let compile = |piece: &&[Single]| -> Vec<Option<Bytes>> {
        let unit = piece[0].unit;
        let payload = match payloads.get(&unit) {
            Some(Ok(kept)) => Ok(Some(&kept.object[..])),
            Some(Err(_)) => Err(()),
            None => Ok(None),
        };
        let module = modules[units[unit].number].ready();
        let mut described = module.and_then(|module| module.described(payload.ok()?).ok());
        // Of its own, and dropped first: LLVM's analysis of variables refers to the last function's until the next one or the end.
        let pool = Pool::default();
        let object = |single: &Single| described.as_mut()?.object(single.index, &pool).ok();
        piece.iter().map(object).collect()
    };
    in_parallel(&pieces, compile).into_iter().flatten().collect()
}
