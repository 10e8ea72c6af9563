//! Links the objects that describe an image's units: one piece of memory that is code and, around it, the ELF file that
//! a debugger reads.
//!
//! What a static linker does, with two differences: the program's own symbols have their places already, and static functions
//! are laid over those of the program, for the sake of what is said about them. JITLink would do for the code, but
//! drops or does not understand what is not loaded.
//!
//! An inline function of several units is one function, as in a linked program: that whose stub the linker kept, or the
//! first if it has no stub. What is said about the others is left at address 0, as linkers do.

use super::Locals;
use super::dwarf::{self, Version};
use super::elf::{self, File, Place};
use super::frames::{self, Record};
use super::image::Image;
use super::object::{Kind, Object, Relocation, Section, Symbol};
use crate::arena::Arena;
use crate::frame_index;
use crate::loaded::Loaded;
use crate::module::Module;
use ::object::elf::{
    R_X86_64_32, R_X86_64_32S, R_X86_64_64, R_X86_64_DTPOFF64, R_X86_64_GOTPCREL, R_X86_64_GOTPCRELX,
    R_X86_64_PC32, R_X86_64_PC64, R_X86_64_PLT32, R_X86_64_REX_GOTPCRELX,
};
use autojit_protocol::frames::INDEX_ALIGN;
use autojit_protocol::payload::{FUNCTION_BOUND_HERE, FUNCTION_PUBLIC};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

/// A unit that is described.
pub struct Input<'a> {
    pub object: &'a Object<'a>,
    pub module: &'a Module,
    pub loaded: &'a Loaded,
    /// Addresses of local symbols in the process.
    pub locals: Locals<'a>,
    pub stub_size: u64,
}

/// Where things are in the client.
pub struct Output {
    pub file: u64,
    pub file_size: u64,
    /// Zero-terminated.
    pub eh_frame: u64,
    /// Slots to fill, by the input's number and the function's.
    pub functions: Vec<(usize, u32, u64)>,
}

/// Why nothing was linked.
#[derive(Debug)]
pub struct Failure {
    /// The unit that is to blame, if one is.
    pub input: Option<usize>,
    pub problem: String,
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
    /// Detours to what is too far away for a call.
    thunks: BTreeMap<u64, usize>,
    bounds: (u64, u64),
    /// What debug information says of code that is not there. Code may be at 0 itself where addresses count from somewhere; else that is
    /// the number that all debuggers know.
    nowhere: u64,
}

pub fn link(inputs: &[Input<'_>], image: &Image, arena: &mut Arena) -> Result<Output, Failure> {
    let mut linker = Linker::new(inputs, image, arena.bounds());
    linker.choose();
    let records = linker.reach()?;
    linker.write(&records, arena)
}

/// Describes code that has its places already: `code` says where, by the input's number and the function's. The file is for
/// the disk: no code is in it. `bias`: what was taken from all addresses. `free`: an address near the code, for so many bytes,
/// where the process has nothing. `others`: functions that have a name only.
pub fn describe(
    inputs: &[Input<'_>],
    image: &Image,
    code: &dyn Fn(usize, u32) -> Option<u64>,
    bias: u64,
    free: &dyn Fn(u64, u64) -> u64,
    others: &[elf::Symbol<'_>],
) -> Result<Vec<u8>, Failure> {
    let mut linker = Linker::new(inputs, image, (0, 0));
    if bias != 0 {
        linker.nowhere = u64::MAX;
    }
    linker.choose_placed(code);
    linker.write_placed(free, others)
}

impl<'a> Linker<'a> {
    fn new(inputs: &'a [Input<'a>], image: &'a Image, bounds: (u64, u64)) -> Linker<'a> {
        let mut linker = Linker {
            inputs,
            image,
            roles: Vec::new(),
            sections: Vec::new(),
            by_stub: HashMap::new(),
            stubs: HashMap::new(),
            chosen: HashMap::new(),
            live: BTreeMap::new(),
            got: BTreeMap::new(),
            thunks: BTreeMap::new(),
            bounds,
            nowhere: 0,
        };
        linker.classify();
        linker
    }

    /// Takes the functions that have code, with their addresses.
    fn choose_placed(&mut self, code: &dyn Fn(usize, u32) -> Option<u64>) {
        for (place, symbol, index) in self.lazy_functions() {
            let (number, _) = place;
            if let Some(stub) = self.stub(number, symbol, index) {
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

    /// Areas that have the code, without the space between arenas.
    fn areas(&self) -> Vec<Range<u64>> {
        const NEAR: u64 = 1 << 20;
        let size = |place: &Place| self.object(place.0).sections[place.1].data.len() as u64;
        let mut functions: Vec<_> = self.live.iter().map(|(p, &at)| at..at.saturating_add(size(p))).collect();
        functions.sort_by_key(|f| f.start);
        let mut areas: Vec<Range<u64>> = Vec::new();
        for function in functions {
            match areas.last_mut() {
                Some(last) if function.start <= last.end.saturating_add(NEAR) => {
                    last.end = last.end.max(function.end);
                }
                _ => areas.push(function),
            }
        }
        areas
    }

    fn write_placed(
        self,
        free: &dyn Fn(u64, u64) -> u64,
        others: &[elf::Symbol<'_>],
    ) -> Result<Vec<u8>, Failure> {
        let mut file = File::new();
        let areas = self.areas();
        for area in &areas {
            file.section_elsewhere(".text", area.clone());
        }
        let records: Vec<_> = (0..self.inputs.len()).map(|n| self.records(n)).collect::<Result<_, _>>()?;
        let frames = file.start_section(".eh_frame", elf::EH_FRAME, 8);
        let frames_size = records.iter().flatten().flat_map(|(_, r)| r).map(|r| r.size).sum::<usize>() + 4;
        let frames_at = file.reserve(8, frames_size);
        file.end_section(frames);
        let base = free(areas.first().map_or(0, |a| a.end), file.bytes.len() as u64);
        let mut at = frames_at;
        for (number, (section, records)) in
            records.iter().enumerate().filter_map(|(n, found)| Some((n, found.as_ref()?)))
        {
            self.copy_frames(&mut file, base, &mut at, (number, *section), records, |offset| offset == 8)?;
        }
        let debug = self.place_debug(&mut file);
        self.write_debug(&mut file, &debug);
        let symbols: Vec<elf::Symbol<'_>> = self
            .symbols()
            .into_iter()
            .map(|s| elf::Symbol { address: self.live.get(&s.place).copied().unwrap_or(0), ..s })
            .chain(others.iter().copied())
            .collect();
        Ok(file.finish(base, self.image.extent(), &symbols))
    }

    fn object(&self, input: usize) -> &'a Object<'a> {
        self.inputs[input].object
    }

    /// The address of a symbol that the program has.
    fn outside(&self, input: usize, name: &str) -> Option<u64> {
        let it = &self.inputs[input];
        let import = it.module.import_index(name).and_then(|i| it.loaded.imports.get(i as usize));
        // Nothing in the program refers to it, or it is looked up by name.
        let import = import.filter(|&&address| address != 0);
        import.or_else(|| it.locals.get(name)).copied().or_else(|| self.image.global(name))
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
                    let address = self.outside(number, symbol.name).unwrap_or(0);
                    roles[section] = Role::Static(address.saturating_sub(symbol.value));
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

    /// Decides which of the functions run.
    fn choose(&mut self) {
        let mut inline: HashMap<&str, Place> = HashMap::new();
        for (place, symbol, index) in self.lazy_functions() {
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
            if let Some(stub) = self.stub(number, symbol, index) {
                self.by_stub.insert(stub, place);
                self.stubs.insert(place, stub);
            } else if symbol.is_weak {
                // Another unit's is the one that the linker kept.
                continue;
            }
            self.chosen.insert(place, place);
            self.live.insert(place, 0);
        }
        self.drop_copies();
    }

    /// The stub of a function, if the linker kept this unit's.
    fn stub(&self, input: usize, symbol: &Symbol<'_>, index: u32) -> Option<u64> {
        let stub = if symbol.is_global { self.image.global(symbol.name) } else { None };
        let stub = stub.or_else(|| self.outside(input, symbol.name));
        let slot = self.inputs[input].loaded.slot_address(index);
        stub.filter(|&s| self.image.slot_of_stub(s) == Some(slot))
    }

    /// Static copies that gave way to a lazy one, or to an earlier static one.
    fn drop_copies(&mut self) {
        let mut known = HashMap::new();
        for (number, roles) in self.roles.iter_mut().enumerate() {
            for (section, role) in roles.iter_mut().enumerate() {
                if let Role::Static(address) = role
                    && (self.by_stub.contains_key(address)
                        || *known.entry(*address).or_insert((number, section)) != (number, section))
                {
                    *role = Role::Static(0);
                }
            }
        }
    }

    /// The function that a call gets to.
    fn callee(&self, at: u64) -> Target {
        self.by_stub.get(&at).map_or(Target::Address(at), |&place| Target::Within(place, 0))
    }

    /// What a relocation in `from` refers to. `None`: nothing that is there.
    fn target(&self, (input, section): Place, relocation: &Relocation) -> Option<Target> {
        let object = self.object(input);
        let symbol = object.symbols.get(relocation.symbol)?;
        let is_call = relocation.kind == CALL;
        let Some(defined) = symbol.section else {
            let address = self.outside(input, symbol.name)?;
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
            Role::Static(address) => Some(Target::Address(address + symbol.value)),
            Role::Other(_) => Some(Target::Within((input, defined), symbol.value)),
        }
    }

    /// What calls a lazy function of the same unit, or takes its address.
    fn entry(&self, place: Place, index: u32, is_call: bool, chosen: Option<Place>) -> Option<Target> {
        let module = self.inputs[place.0].module;
        let flags = module.function(index).map_or(0, |f| f.flags);
        if flags & FUNCTION_PUBLIC == 0 || (is_call && flags & FUNCTION_BOUND_HERE != 0) {
            return chosen.map(|place| Target::Within(place, 0));
        }
        let name = module.function_name(index);
        let address = self.outside(place.0, name.strip_prefix('\x01').unwrap_or(name))?;
        Some(if is_call { self.callee(address) } else { Target::Address(address) })
    }

    fn is_near(&self, address: u64) -> bool {
        const REACH: u64 = (1 << 31) - (1 << 20);
        address.abs_diff(self.bounds.0) < REACH && address.abs_diff(self.bounds.1) < REACH
    }

    /// Unwind information of an input: its section, and the records of the functions that run.
    fn records(&self, number: usize) -> Result<Option<(usize, Vec<Record>)>, Failure> {
        let object = self.object(number);
        let is_frame = |s: &Section<'_>| s.kind == Kind::EhFrame && !s.data.is_empty();
        let Some(section) = object.sections.iter().position(is_frame) else { return Ok(None) };
        let all = frames::records(object, &object.sections[section])
            .ok_or_else(|| of(number, "unwind information of an unknown kind"))?;
        let is_live =
            |f: &frames::Frame| self.chosen.get(&(number, f.function)) == Some(&(number, f.function));
        let used: HashSet<usize> =
            all.iter().filter_map(|r| r.frame.as_ref().filter(|f| is_live(f)).map(|f| f.common)).collect();
        let live = all.into_iter().filter(|r| r.frame.as_ref().map_or(used.contains(&r.start), is_live));
        Ok(Some((section, live.collect())))
    }

    /// Finds all that the lazy functions need, and the records of unwind information to keep, by input.
    fn reach(&mut self) -> Result<Vec<Vec<Record>>, Failure> {
        let mut kept = Vec::new();
        let mut work: Vec<Place> = self.live.keys().copied().collect();
        for number in 0..self.inputs.len() {
            let Some((section, records)) = self.records(number)? else {
                kept.push(Vec::new());
                continue;
            };
            let frame = &self.object(number).sections[section];
            for record in &records {
                let range = record.start..record.start + record.size;
                for relocation in frame.relocations.iter().filter(|r| range.contains(&r.offset)) {
                    self.need((number, section), relocation, &mut work)?;
                }
            }
            kept.push(records);
        }
        while let Some(place) = work.pop() {
            for relocation in &self.object(place.0).sections[place.1].relocations {
                self.need(place, relocation, &mut work)?;
            }
        }
        Ok(kept)
    }

    fn need(&mut self, from: Place, relocation: &Relocation, work: &mut Vec<Place>) -> Result<(), Failure> {
        let target = self.target(from, relocation);
        let Some(target) = target else {
            let symbol = &self.object(from.0).symbols[relocation.symbol];
            let problem = format!("its code needs {}, which is not in the program", symbol.name);
            return Err(of(from.0, problem));
        };
        if is_by_table(relocation.kind) {
            let next = self.got.len();
            self.got.entry((from.0, relocation.symbol)).or_insert(next);
        }
        match target {
            Target::Address(address) if relocation.kind == CALL && !self.is_near(address) => {
                let next = self.thunks.len();
                self.thunks.entry(address).or_insert(next);
            }
            Target::Within(place, _) if !self.live.contains_key(&place) => {
                self.live.insert(place, 0);
                work.push(place);
            }
            _ => {}
        }
        Ok(())
    }

    fn write(mut self, records: &[Vec<Record>], arena: &mut Arena) -> Result<Output, Failure> {
        let mut file = File::new();
        let frames_size = records.iter().flatten().map(|r| r.size).sum::<usize>() + 4;
        // Code, constants, tables.
        let code = self.place(&mut file, ".text", elf::TEXT, |role| matches!(role, Role::Lazy(_)));
        let thunks = file.reserve(16, self.thunks.len() * THUNK_SIZE);
        file.end_section(code);
        let data = self.place(&mut file, ".rodata", elf::RODATA, |role| matches!(role, Role::Other(_)));
        let got = file.reserve(8, self.got.len() * 8);
        file.end_section(data);
        let frames = file.start_section(".eh_frame", elf::EH_FRAME, 8);
        let frames_at = file.reserve(8, frames_size);
        file.end_section(frames);
        // Debuggers would take it for records: in no section.
        let functions = records.iter().flatten().filter(|r| r.frame.is_some()).count();
        let index_at = file.reserve(INDEX_ALIGN, frame_index::size(functions));
        let debug = self.place_debug(&mut file);
        let symbols = self.symbols();
        let lists = self.inputs.iter().flat_map(|i| &i.object.sections).filter(|s| is_ranges(s.name));
        let room = lists.map(|s| s.data.len()).sum::<usize>()
            + self.inputs.len() * dwarf::ROOM_PER_UNIT
            + self.roles.iter().flatten().filter(|r| !matches!(r, Role::Other(_))).count()
                * dwarf::ROOM_PER_FUNCTION;
        let size = file.size_with(&symbols, room);
        let (start, base) = arena
            .allocate(size + 2 * PAGE, PAGE)
            .ok_or("there is no room for the description in the code arena")?;
        for address in self.live.values_mut() {
            *address += base;
        }

        self.write_tables(&mut file, thunks, got);
        self.write_sections(&mut file, base, got, thunks)?;
        self.write_frames(&mut file, base, frames_at, records)?;
        if let Some(index) = frame_index::index(&file.bytes, frames_at, index_at) {
            file.bytes[index_at..index_at + index.len()].copy_from_slice(&index);
        }
        self.write_debug(&mut file, &debug);
        let resolved: Vec<elf::Symbol<'_>> = symbols
            .iter()
            .map(|s| elf::Symbol { address: self.live.get(&s.place).copied().unwrap_or(0), ..*s })
            .collect();
        let bytes = file.finish(base, self.image.extent(), &resolved);
        if bytes.len() > size {
            return Err("the description is larger than was expected".into());
        }
        // SAFETY: `allocate` returned that much room, which nothing else uses; the client can only read it.
        unsafe { start.copy_from_nonoverlapping(std::ptr::NonNull::from(&bytes[..]).cast(), bytes.len()) };
        let functions = self.sections.iter().enumerate().flat_map(|(input, sections)| {
            let chosen = &self.chosen;
            let live = &self.live;
            sections.iter().filter_map(move |(&index, &section)| {
                Some((input, index, *live.get(chosen.get(&(input, section))?)?))
            })
        });
        let functions = functions.collect();
        Ok(Output { file: base, file_size: bytes.len() as u64, eh_frame: base + frames_at as u64, functions })
    }

    /// Gives the live sections of a role their places in the file, which are their addresses once it has one.
    fn place(
        &mut self,
        file: &mut File,
        name: &'static str,
        kind: elf::Kind,
        wanted: impl Fn(Role) -> bool,
    ) -> usize {
        let section = file.start_section(name, kind, 16);
        for (&(input, number), address) in &mut self.live {
            if wanted(self.roles[input][number]) {
                let source = &self.inputs[input].object.sections[number];
                *address = file.append(source.data, source.align as usize) as u64;
            }
        }
        section
    }

    fn write_tables(&self, file: &mut File, thunks: usize, got: usize) {
        for (&address, &number) in &self.thunks {
            // jmp *0f(%rip); 0: .quad address
            let at = thunks + number * THUNK_SIZE;
            file.bytes[at..at + 6].copy_from_slice(&[0xff, 0x25, 0, 0, 0, 0]);
            file.bytes[at + 6..at + 14].copy_from_slice(&address.to_le_bytes());
        }
        for (&(input, symbol), &number) in &self.got {
            let reference = Relocation { offset: 0, symbol, kind: R_X86_64_64, addend: 0 };
            // As from data: the address itself.
            let object = self.object(input);
            let data = object.sections.iter().position(|s| s.kind == Kind::Data);
            let from =
                data.or_else(|| object.sections.iter().position(|s| s.kind == Kind::Code)).unwrap_or(0);
            let value = self.target((input, from), &reference).map_or(0, |t| self.address(t));
            let at = got + number * 8;
            file.bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
        }
    }

    fn address(&self, target: Target) -> u64 {
        match target {
            Target::Address(address) => address,
            Target::Within(place, offset) => {
                self.live.get(&place).map_or(0, |address| address.wrapping_add(offset))
            }
        }
    }

    fn write_sections(&self, file: &mut File, base: u64, got: usize, thunks: usize) -> Result<(), Failure> {
        for (&place, &address) in &self.live {
            let section = &self.object(place.0).sections[place.1];
            for relocation in &section.relocations {
                let at = address + relocation.offset as u64;
                self.relocate(file, base, (got, thunks), place, relocation, at)?;
            }
        }
        Ok(())
    }

    fn relocate(
        &self,
        file: &mut File,
        base: u64,
        (got, thunks): (usize, usize),
        from: Place,
        relocation: &Relocation,
        at: u64,
    ) -> Result<(), Failure> {
        let target = self.target(from, relocation).ok_or("a reference got lost")?;
        let mut value = self.address(target);
        match relocation.kind {
            CALL => {
                if let Target::Address(address) = target
                    && let Some(&number) = self.thunks.get(&address)
                {
                    value = base + (thunks + number * THUNK_SIZE) as u64;
                }
            }
            kind if is_by_table(kind) => {
                let number = self.got.get(&(from.0, relocation.symbol)).ok_or("an address got lost")?;
                value = base + (got + number * 8) as u64;
            }
            _ => {}
        }
        let value = value.wrapping_add_signed(relocation.addend);
        let distance = value.wrapping_sub(at).cast_signed();
        let place = (at - base) as usize;
        let far = |_| of(from.0, "the program and the code arena are too far apart");
        let bytes = &mut file.bytes;
        match relocation.kind {
            R_X86_64_64 => bytes[place..place + 8].copy_from_slice(&value.to_le_bytes()),
            R_X86_64_PC64 => bytes[place..place + 8].copy_from_slice(&distance.to_le_bytes()),
            R_X86_64_32 => {
                let value = u32::try_from(value).map_err(far)?;
                bytes[place..place + 4].copy_from_slice(&value.to_le_bytes());
            }
            R_X86_64_32S => {
                let value = i32::try_from(value.cast_signed()).map_err(far)?;
                bytes[place..place + 4].copy_from_slice(&value.to_le_bytes());
            }
            kind if kind == R_X86_64_PC32 || kind == CALL || is_by_table(kind) => {
                let value = i32::try_from(distance).map_err(far)?;
                bytes[place..place + 4].copy_from_slice(&value.to_le_bytes());
            }
            other => return Err(of(from.0, format!("its code has a relocation of type {other}"))),
        }
        Ok(())
    }

    fn write_frames(
        &self,
        file: &mut File,
        base: u64,
        mut at: usize,
        records: &[Vec<Record>],
    ) -> Result<(), Failure> {
        for (number, records) in records.iter().enumerate() {
            let sections = &self.object(number).sections;
            if let Some(section) = sections.iter().position(|s| s.kind == Kind::EhFrame) {
                self.copy_frames(file, base, &mut at, (number, section), records, |_| true)?;
            }
        }
        Ok(())
    }

    /// Copies the records of an input. `wanted`: which relocations are to be applied, by the offset in a record.
    fn copy_frames(
        &self,
        file: &mut File,
        base: u64,
        at: &mut usize,
        from: Place,
        records: &[Record],
        wanted: impl Fn(usize) -> bool,
    ) -> Result<(), Failure> {
        let source = &self.object(from.0).sections[from.1];
        let mut commons = HashMap::new();
        for record in records {
            let start = *at;
            *at += record.size;
            file.bytes[start..*at].copy_from_slice(&source.data[record.start..][..record.size]);
            match &record.frame {
                None => {
                    commons.insert(record.start, start);
                }
                Some(frame) => {
                    let common = commons.get(&frame.common).ok_or("unwind information is out of order")?;
                    let distance = (start + 4 - common) as u32;
                    file.bytes[start + 4..start + 8].copy_from_slice(&distance.to_le_bytes());
                }
            }
            let first = source.relocations.partition_point(|r| r.offset < record.start);
            for relocation in &source.relocations[first..] {
                if relocation.offset >= record.start + record.size {
                    break;
                }
                let offset = relocation.offset - record.start;
                if wanted(offset) {
                    self.relocate(file, base, (0, 0), from, relocation, base + (start + offset) as u64)?;
                }
            }
        }
        Ok(())
    }

    /// Puts all units' debug information into the file, section by section. Range lists come last: they grow.
    fn place_debug(&self, file: &mut File) -> HashMap<Place, usize> {
        let mut by_name: BTreeMap<(bool, &str), Vec<Place>> = BTreeMap::new();
        for (number, input) in self.inputs.iter().enumerate() {
            for (section, source) in input.object.sections.iter().enumerate() {
                if source.kind == Kind::Debug {
                    let is_last = is_ranges(source.name);
                    by_name.entry((is_last, source.name)).or_default().push((number, section));
                }
            }
        }
        let mut places = HashMap::new();
        for ((_, name), sources) in by_name.into_iter().filter(|(name, _)| !name.0) {
            let section = file.start_section(name, elf::DEBUG, 1);
            for place in sources {
                let data = self.inputs[place.0].object.sections[place.1].data;
                places.insert(place, file.append(data, 1));
            }
            file.end_section(section);
        }
        places
    }

    fn write_debug(&self, file: &mut File, places: &HashMap<Place, usize>) {
        let stubs: HashMap<u64, u64> =
            self.stubs.iter().filter_map(|(place, &stub)| Some((*self.live.get(place)?, stub))).collect();
        for version in Version::ALL {
            if self.inputs.iter().any(|input| version_of(input) == version) {
                self.write_debug_of(file, places, version, &stubs);
            }
        }
    }

    /// That of the units of one version.
    fn write_debug_of(
        &self,
        file: &mut File,
        places: &HashMap<Place, usize>,
        version: Version,
        stubs: &HashMap<u64, u64>,
    ) {
        let ranges = file.start_section(version.ranges(), elf::DEBUG, 1);
        let ranges_start = file.bytes.len();
        let inputs = self.inputs.iter().enumerate().filter(|(_, input)| version_of(input) == version);
        for (number, input) in inputs {
            let sections = &input.object.sections;
            let find = |name: &str| find_debug(input, name);
            let mut lists = find(version.ranges()).map(|s| sections[s].data.to_vec()).unwrap_or_default();
            let lists_base = (file.bytes.len() - ranges_start) as u32;
            for (section, source) in sections.iter().enumerate().filter(|(_, s)| s.kind == Kind::Debug) {
                let at = places.get(&(number, section)).copied();
                for relocation in &source.relocations {
                    let value = self.debug_value(file, (number, section), relocation, places, lists_base);
                    let bytes = match at {
                        Some(at) => &mut file.bytes[at + relocation.offset..],
                        None => &mut lists[relocation.offset..],
                    };
                    let value = match (value, relocation.kind) {
                        (None, R_X86_64_64) => self.nowhere,
                        (value, _) => value.unwrap_or(0),
                    };
                    match relocation.kind {
                        R_X86_64_64 | R_X86_64_DTPOFF64 => {
                            bytes[..8].copy_from_slice(&value.to_le_bytes());
                        }
                        _ => bytes[..4].copy_from_slice(&(value as u32).to_le_bytes()),
                    }
                }
            }
            let place = |name: &str| {
                let section = find(name)?;
                let at = *places.get(&(number, section))?;
                Some(at..at + sections[section].data.len())
            };
            if let (Some(abbrev), Some(info)) = (place(".debug_abbrev"), place(".debug_info")) {
                let mut new_abbrev = file.bytes[abbrev.clone()].to_vec();
                let mut new_info = file.bytes[info.clone()].to_vec();
                let mut parts = dwarf::Parts {
                    abbrev: &mut new_abbrev,
                    info: &mut new_info,
                    addr: place(".debug_addr").map_or(&[], |addr| &file.bytes[addr]),
                    lists: &mut lists,
                    lists_base,
                };
                let stub = |start: u64| Some((*stubs.get(&start)?, input.stub_size));
                if dwarf::add_stubs(&mut parts, stub).is_some() {
                    file.bytes[abbrev].copy_from_slice(&new_abbrev);
                    file.bytes[info].copy_from_slice(&new_info);
                }
            }
            file.bytes.extend_from_slice(&lists);
        }
        file.end_section(ranges);
    }

    /// `None`: what the relocation refers to is not there.
    fn debug_value(
        &self,
        file: &File,
        from: Place,
        relocation: &Relocation,
        places: &HashMap<Place, usize>,
        lists_base: u32,
    ) -> Option<u64> {
        let value = match self.target(from, relocation)? {
            Target::Within(place, offset) => {
                let object = self.object(place.0);
                if object.sections[place.1].kind != Kind::Debug {
                    self.live.get(&place)? + offset
                } else if is_ranges(object.sections[place.1].name) {
                    u64::from(lists_base) + offset
                } else {
                    places.get(&place).map_or(0, |&at| file.offset_in_section(at) as u64 + offset)
                }
            }
            Target::Address(address) => address,
        };
        Some(value.wrapping_add_signed(relocation.addend))
    }

    /// Symbols of the functions that run, for the file's own table.
    fn symbols(&self) -> Vec<elf::Symbol<'a>> {
        let mut all = Vec::new();
        for (number, input) in self.inputs.iter().enumerate() {
            for symbol in input.object.symbols.iter().filter(|s| s.is_function) {
                let Some(section) = symbol.section else { continue };
                let place = (number, section);
                if self.chosen.get(&place) == Some(&place) {
                    let is_global = symbol.is_global;
                    all.push(elf::Symbol {
                        name: symbol.name,
                        place,
                        address: 0,
                        size: symbol.size,
                        is_global,
                    });
                }
            }
        }
        all.sort_by_key(|s| s.is_global);
        all
    }
}

/// Whether code gets there by a word in a table, the distance to which is filled in.
fn is_by_table(kind: u32) -> bool {
    matches!(kind, R_X86_64_GOTPCREL | R_X86_64_GOTPCRELX | R_X86_64_REX_GOTPCRELX)
}

fn is_ranges(section: &str) -> bool {
    Version::ALL.iter().any(|version| version.ranges() == section)
}

fn find_debug(input: &Input<'_>, name: &str) -> Option<usize> {
    input.object.sections.iter().position(|s| s.kind == Kind::Debug && s.name == name)
}

/// One without debug information is as good as the newest.
fn version_of(input: &Input<'_>) -> Version {
    let info = find_debug(input, ".debug_info").map(|section| input.object.sections[section].data);
    info.and_then(Version::of).unwrap_or(Version::Five)
}
