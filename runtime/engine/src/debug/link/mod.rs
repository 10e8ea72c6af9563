//! Links the objects that describe an image's units: one piece of memory that is code and, around it, the ELF file that
//! a debugger reads.
//!
//! What a static linker does, with two differences: the program's own symbols have their places already, and static functions
//! are laid over those of the program, for the sake of what is said about them. JITLink would do for the code, but
//! drops or does not understand what is not loaded.
//!
//! An inline function of several units is one function, as in a linked program: that whose stub the linker kept, or the
//! first if it has no stub. What is said about the others is left at address 0, as linkers do.

mod debug_sections;
mod reach;
mod write;

use crate::arena::Arena;
use crate::debug::elf::{self, Place};
use crate::debug::image::Image;
use crate::debug::libraries::Libraries;
use crate::debug::object::{Kind, Object, Relocation, Symbol};
use crate::debug::placed::{Code, is_code};
use crate::debug::{Locals, Reader};
use crate::loaded::Loaded;
use crate::module::Module;
use ::object::elf::{
    R_X86_64_32, R_X86_64_32S, R_X86_64_64, R_X86_64_GOTPCREL, R_X86_64_GOTPCRELX, R_X86_64_PLT32,
    R_X86_64_REX_GOTPCRELX,
};
use autojit_protocol::late::MISSING;
use autojit_protocol::payload::FUNCTION_PUBLIC;
use std::collections::{BTreeMap, HashMap, HashSet};

/// A unit that is described.
pub struct Input<'a> {
    pub object: &'a Object<'a>,
    pub module: &'a Module,
    pub loaded: &'a Loaded,
    /// Addresses of local symbols in the process.
    pub locals: Locals<'a>,
    pub stub_size: u64,
    /// The object was compiled in another way than the program's: static functions may be others.
    pub is_other: bool,
    /// Nothing is said about its functions but their names and how to unwind them.
    pub is_bare: bool,
}

impl Input<'_> {
    /// Whether everybody gets to a function by its stub, although its body is there, so that the stub is the place for a breakpoint. With
    /// debug information GDB takes both for one function; of two symbols it would stop at each.
    fn is_entered_by_stub(&self, index: u32) -> bool {
        self.is_bare && self.module.is_public(index)
    }

    /// Whether lazy code could not have the symbol either, with which it was compiled.
    pub fn lacks(&self, symbol: &str) -> bool {
        let address = self.module.import_index(symbol).and_then(|i| self.loaded.imports.get(i as usize));
        matches!(address, Some(&(0 | MISSING)))
    }
}

/// Where things are in the client.
pub struct Output {
    pub file: u64,
    pub file_size: u64,
    /// Zero-terminated.
    pub eh_frame: u64,
    /// Slots to fill, by the input's number and the function's.
    pub functions: Vec<(usize, u32, u64)>,
    pub shared: Option<Shared>,
}

/// The description as a library that is loaded at an address, for LLDB: it looks at no other in the dynamic linker's list.
pub struct Shared {
    pub bytes: Vec<u8>,
    pub base: u64,
}

/// Why nothing was linked.
#[derive(Debug)]
pub struct Failure {
    /// The unit that is to blame, if one is.
    pub input: Option<usize>,
    pub problem: String,
}

/// A function whose code needs what the program does not have.
#[derive(Clone, Debug)]
pub struct Incomplete {
    /// The unit.
    pub input: usize,
    pub function: u32,
    /// What it needs.
    pub symbol: String,
    /// It is there, but not within reach of the code.
    pub is_far: bool,
}

impl From<&str> for Failure {
    fn from(problem: &str) -> Failure {
        Failure { input: None, problem: problem.to_owned() }
    }
}

fn of(input: usize, problem: impl Into<String>) -> Failure {
    Failure { input: Some(input), problem: problem.into() }
}

/// What a section of an object is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Lazy(u32),
    /// In the program, at this address; 0 if it is not there.
    Static(u64),
    /// Likewise, but the code there is another: it can be called, but nothing is said about it.
    Elsewhere(u64),
    /// A local function that the optimizer has split off from lazy ones (a coroutine's `.resume`): nobody else has it.
    Part,
    Other(Kind),
}

/// What a relocation refers to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Target {
    Address(u64),
    Within(Place, u64),
}

const CALL: u32 = R_X86_64_PLT32;
const THUNK_SIZE: usize = 16;
/// One behind the file stays free, for `elf::with_data`.
const PAGE: usize = 4096;

struct Linker<'a> {
    inputs: &'a [Input<'a>],
    image: &'a Image,
    /// Where else code may find functions.
    libraries: Option<&'a Libraries>,
    roles: Vec<Vec<Role>>,
    /// Sections of lazy functions, by input and function.
    sections: Vec<HashMap<u32, usize>>,
    /// Functions whose stub this is.
    by_stub: HashMap<u64, Place>,
    stubs: HashMap<Place, u64>,
    /// The one that runs, for a function that several units have.
    chosen: HashMap<Place, Place>,
    /// Sections that get into the memory, with their addresses once they have one.
    live: BTreeMap<Place, u64>,
    /// Entries of the table of addresses: what they hold.
    got: BTreeMap<(usize, usize), usize>,
    /// Detours to what is too far away for a call, by that: their numbers and what it is called.
    thunks: BTreeMap<u64, (usize, &'a str)>,
    /// A stack ends at `main`. LLDB shows what called it, GDB doesn't.
    ends_at_main: bool,
    /// Where the file is in memory.
    base: u64,
    /// What addresses in what is written count from.
    origin: u64,
    /// Addresses are to count from here in a second version of the file.
    shared_base: Option<u64>,
    /// Bodies that are entered by their stubs have names that are no place for a breakpoint.
    hides_bodies: bool,
    /// What is not described, by its section.
    left_out: HashSet<Place>,
    /// Functions that can't be linked, by their sections.
    incomplete: BTreeMap<Place, Incomplete>,
    bounds: (u64, u64),
    /// What debug information says of code that is not there. Code may be at 0 itself where addresses count from somewhere; else that is
    /// the number that all debuggers know.
    nowhere: u64,
}

/// A function that needs what the program does not have is left out, with those that can't do without it, if `accept` is content
/// with that; or else nothing is linked. What is left out runs as lazy code does, and is not described.
pub fn link(
    inputs: &[Input<'_>],
    image: &Image,
    libraries: &Libraries,
    reader: Reader,
    arena: &mut Arena,
    mut accept: impl FnMut(&[Incomplete]) -> bool,
) -> Result<Option<Output>, Failure> {
    let mut left_out = HashSet::new();
    loop {
        let mut linker = Linker::new(inputs, image, arena.bounds());
        linker.left_out = left_out;
        linker.libraries = Some(libraries);
        linker.ends_at_main = reader != Reader::Lldb;
        linker.hides_bodies = reader == Reader::Gdb;
        linker.shared_base = (reader == Reader::Lldb).then(|| shared_base(image));
        linker.choose();
        let records = linker.reach()?;
        if linker.incomplete.is_empty() {
            return linker.write(&records, arena).map(Some);
        }
        let (places, incomplete): (Vec<Place>, Vec<Incomplete>) = linker.incomplete.into_iter().unzip();
        if !accept(&incomplete) {
            return Ok(None);
        }
        left_out = linker.left_out;
        left_out.extend(places);
    }
}

/// Describes code that has its places already: `address` says where, by the input's number and the function's. The file is for
/// the disk: no code is in it. `others`: functions that have a name only.
pub fn describe(
    inputs: &[Input<'_>],
    image: &Image,
    address: &dyn Fn(usize, u32) -> Option<u64>,
    code: &Code<'_>,
    others: &[elf::Symbol<'_>],
) -> Result<Vec<u8>, Failure> {
    let mut linker = Linker::new(inputs, image, (0, 0));
    if code.bias != 0 {
        linker.nowhere = u64::MAX;
    }
    linker.ends_at_main = code.is_gdb;
    linker.choose_placed(address);
    linker.write_placed(code.free, others)
}

impl<'a> Linker<'a> {
    fn new(inputs: &'a [Input<'a>], image: &'a Image, bounds: (u64, u64)) -> Linker<'a> {
        let mut linker = Linker {
            inputs,
            image,
            libraries: None,
            roles: Vec::new(),
            sections: Vec::new(),
            by_stub: HashMap::new(),
            stubs: HashMap::new(),
            chosen: HashMap::new(),
            live: BTreeMap::new(),
            got: BTreeMap::new(),
            thunks: BTreeMap::new(),
            ends_at_main: false,
            base: 0,
            origin: 0,
            shared_base: None,
            hides_bodies: false,
            left_out: HashSet::new(),
            incomplete: BTreeMap::new(),
            bounds,
            nowhere: 0,
        };
        linker.classify();
        linker
    }

    /// Takes the functions that have code, with their addresses.
    fn choose_placed(&mut self, code: &dyn Fn(usize, u32) -> Option<u64>) {
        for (place, _, index) in self.lazy_functions() {
            let (number, _) = place;
            if let Some(stub) = self.stub(number, index) {
                self.by_stub.insert(stub, place);
                self.stubs.insert(place, stub);
            }
            if let Some(address) = code(number, index) {
                self.chosen.insert(place, place);
                self.live.insert(place, address);
            }
        }
        // GDB takes a stub and a body for one function only if the stub is the lower.
        let live = &self.live;
        self.stubs.retain(|place, stub| live.get(place).is_some_and(|body| *stub < *body));
        self.drop_copies();
    }

    fn object(&self, input: usize) -> &'a Object<'a> {
        self.inputs[input].object
    }

    /// The address of a symbol that the program has.
    fn outside(&self, input: usize, name: &str, is_global: bool) -> Option<u64> {
        let it = &self.inputs[input];
        let import = it.module.import_index(name).and_then(|i| it.loaded.imports.get(i as usize));
        // Nothing in the program refers to it, or it is looked up by name.
        let import = import.filter(|&&address| address != 0);
        let known = import.or_else(|| it.locals.get(name)).copied();
        let of_image = || if is_global { self.image.was_global(name) } else { self.image.global(name) };
        known.or_else(of_image)
    }

    fn classify(&mut self) {
        for (number, input) in self.inputs.iter().enumerate() {
            let object = input.object;
            let mut roles: Vec<Role> = object.sections.iter().map(|s| Role::Other(s.kind)).collect();
            let mut sections = HashMap::new();
            for symbol in object.symbols.iter().filter(|s| s.is_function) {
                let Some(section) = symbol.section.filter(|&s| object.sections[s].kind == Kind::Code) else {
                    continue;
                };
                if let Some(index) = input.module.function_index(symbol.name) {
                    roles[section] = Role::Lazy(index);
                    sections.insert(index, section);
                } else if roles[section] == Role::Other(Kind::Code) {
                    let address = self.outside(number, symbol.name, symbol.is_global).unwrap_or(0);
                    let start = address.saturating_sub(symbol.value);
                    let is_same = || {
                        let there = |at, size| self.image.loaded(at, size as u64).map(<[u8]>::to_vec);
                        is_code(&there, start, object, section)
                    };
                    let is_another = input.is_other && start != 0 && !is_same();
                    roles[section] = if is_another { Role::Elsewhere(start) } else { Role::Static(start) };
                }
            }
            self.roles.push(roles);
            self.sections.push(sections);
        }
    }

    /// The lazy functions of all inputs, under the symbols that the payloads have.
    fn lazy_functions(&self) -> Vec<(Place, &'a Symbol<'a>, u32)> {
        let mut found = Vec::new();
        for (number, input) in self.inputs.iter().enumerate() {
            for symbol in input.object.symbols.iter().filter(|s| s.is_function) {
                let Some(section) = symbol.section else { continue };
                let Role::Lazy(index) = self.roles[number][section] else { continue };
                if input.module.function_index(symbol.name) == Some(index) {
                    found.push(((number, section), symbol, index));
                }
            }
        }
        found
    }

    /// Code of local functions that the program does not have comes along with those that need it.
    fn take_parts(&mut self) {
        for number in 0..self.inputs.len() {
            for symbol in self.object(number).symbols.iter().filter(|s| s.is_function && !s.is_global) {
                let Some(section) = symbol.section else { continue };
                if self.roles[number][section] == Role::Static(0)
                    && self.outside(number, symbol.name, false).is_none()
                {
                    self.roles[number][section] = Role::Part;
                    self.chosen.insert((number, section), (number, section));
                }
            }
        }
    }

    /// Decides which of the functions run.
    fn choose(&mut self) {
        self.take_parts();
        let mut inline: HashMap<&str, Place> = HashMap::new();
        for (place, symbol, index) in self.lazy_functions() {
            if self.left_out.contains(&place) {
                continue;
            }
            let (number, _) = place;
            let flags = self.inputs[number].module.function(index).map_or(0, |f| f.flags);
            if flags & FUNCTION_PUBLIC == 0 {
                let first = match symbol.is_weak {
                    true => *inline.entry(symbol.name).or_insert(place),
                    false => place,
                };
                self.chosen.insert(place, first);
                self.live.insert(first, 0);
                continue;
            }
            if let Some(stub) = self.stub(number, index) {
                self.by_stub.insert(stub, place);
                self.stubs.insert(place, stub);
                self.live.insert(place, 0);
            } else if symbol.is_weak {
                // Another unit's is the one that the linker kept.
                continue;
            }
            // The linker has dropped the stub of a function that nothing refers to, or only code of the same unit, without it.
            self.chosen.insert(place, place);
        }
        self.drop_copies();
    }

    /// The stub of a function, if the linker kept this unit's.
    fn stub(&self, input: usize, index: u32) -> Option<u64> {
        self.image.stub_of_slot(self.inputs[input].loaded.slot_address(index))
    }

    /// Static copies that gave way to a lazy one, or to an earlier static one.
    fn drop_copies(&mut self) {
        let mut known = HashMap::new();
        for (number, roles) in self.roles.iter_mut().enumerate() {
            for (section, role) in roles.iter_mut().enumerate() {
                if let &mut Role::Static(address) = role
                    && address != 0
                    && (self.by_stub.contains_key(&address)
                        || *known.entry(address).or_insert((number, section)) != (number, section))
                {
                    *role = Role::Elsewhere(address);
                }
            }
        }
    }

    /// The function that a call gets to.
    fn callee(&self, at: u64) -> Target {
        let place = self.by_stub.get(&at).filter(|place| !self.is_behind_stub(**place));
        place.map_or(Target::Address(at), |&place| Target::Within(place, 0))
    }

    fn is_behind_stub(&self, (input, section): Place) -> bool {
        match self.roles[input][section] {
            Role::Lazy(index) => self.inputs[input].is_entered_by_stub(index),
            _ => false,
        }
    }

    /// What a relocation in `from` refers to. `None`: nothing that is there.
    fn target(&self, (input, section): Place, relocation: &Relocation) -> Option<Target> {
        let object = self.object(input);
        let symbol = object.symbols.get(relocation.symbol)?;
        let is_call = relocation.kind == CALL;
        let Some(defined) = symbol.section else {
            // Nobody has to define what is weak: the program did without.
            let of_others = || {
                if symbol.is_weak { Some(0) } else { self.libraries?.get(symbol.name) }
            };
            let address = self.outside(input, symbol.name, true).or_else(of_others)?;
            return Some(if is_call { self.callee(address) } else { Target::Address(address) });
        };
        let from = object.sections[section].kind;
        // In code the distance is counted from behind the field.
        let is_absolute = matches!(relocation.kind, R_X86_64_64 | R_X86_64_32 | R_X86_64_32S);
        let bias = if from == Kind::Code && !is_absolute { 4 } else { 0 };
        let inside = symbol.value.wrapping_add_signed(relocation.addend + bias);
        match self.roles[input][defined] {
            Role::Lazy(index) => {
                let place = (input, defined);
                let chosen = self.chosen.get(&place).copied();
                if matches!(from, Kind::Code | Kind::Data) && inside == 0 {
                    return self.entry(place, index, is_call, chosen);
                }
                // Inside of a function, or in what is said about it: this one or none.
                let is_this = chosen == Some(place);
                is_this.then_some(Target::Within(place, symbol.value))
            }
            Role::Static(0) => None,
            // The program's was optimized by itself, and so is another one.
            Role::Static(_) if from == Kind::Debug && self.inputs[input].module.optimizes() => None,
            Role::Elsewhere(_) if from == Kind::Debug => None,
            Role::Elsewhere(address) if is_call => Some(self.callee(address + symbol.value)),
            Role::Static(address) | Role::Elsewhere(address) => Some(Target::Address(address + symbol.value)),
            Role::Part | Role::Other(_) => Some(Target::Within((input, defined), symbol.value)),
        }
    }

    /// What calls a lazy function of the same unit, or takes its address.
    fn entry(&self, place: Place, index: u32, is_call: bool, chosen: Option<Place>) -> Option<Target> {
        let module = self.inputs[place.0].module;
        let body = chosen.map(|place| Target::Within(place, 0));
        if !module.is_public(index) {
            return body;
        }
        let is_direct = module.is_direct(index, is_call) && body.is_some();
        if is_direct && !self.inputs[place.0].is_entered_by_stub(index) {
            return body;
        }
        let Some(address) = self.outside(place.0, module.function_symbol(index), false) else {
            return body.filter(|_| is_direct);
        };
        Some(if is_call { self.callee(address) } else { Target::Address(address) })
    }

    fn is_near(&self, address: u64) -> bool {
        const REACH: u64 = (1 << 31) - (1 << 20);
        address.abs_diff(self.bounds.0) < REACH && address.abs_diff(self.bounds.1) < REACH
    }
}

/// So that the image itself is not quite at 0, where nothing is.
fn shared_base(image: &Image) -> u64 {
    image.bias().checked_sub(PAGE as u64).unwrap_or(PAGE as u64)
}

/// Whether code gets there by a word in a table, the distance to which is filled in.
fn is_by_table(kind: u32) -> bool {
    matches!(kind, R_X86_64_GOTPCREL | R_X86_64_GOTPCRELX | R_X86_64_REX_GOTPCRELX)
}
