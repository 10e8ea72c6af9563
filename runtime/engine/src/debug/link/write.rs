//! Giving everything its place, and writing it there.

use super::debug_sections::is_ranges;
use super::{CALL, Failure, Linker, Output, PAGE, Role, Shared, THUNK_SIZE, Target, is_by_table, of};
use crate::arena::Arena;
use crate::debug::dwarf;
use crate::debug::elf::{self, File, Place};
use crate::debug::frames::{self, Record};
use crate::debug::object::{Kind, Relocation};
use crate::frame_index;
use ::object::elf::{R_X86_64_32, R_X86_64_32S, R_X86_64_64, R_X86_64_PC32, R_X86_64_PC64};
use autojit_protocol::debug::STUB_SECTION;
use autojit_protocol::frames::INDEX_ALIGN;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

impl<'a> Linker<'a> {
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

    pub(super) fn write_placed(
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
        let by_input =
            records.iter().enumerate().filter_map(|(n, found)| Some((n, found.as_ref()?.1.as_slice())));
        let outermost = self.add_outermost(&mut file, by_input);
        self.write_outermost(&mut file, outermost);
        let debug = self.place_debug(&mut file);
        self.write_debug(&mut file, &debug);
        let symbols: Vec<elf::Symbol<'_>> =
            self.symbols().into_iter().map(|s| self.placed(s)).chain(others.iter().copied()).collect();
        Ok(file.finish(base, self.image.extent(), &symbols))
    }

    pub(super) fn write(mut self, records: &[Vec<Record>], arena: &mut Arena) -> Result<Output, Failure> {
        let mut file = File::new();
        let records_size = records.iter().flatten().map(|r| r.size).sum::<usize>();
        let jumps_size = if self.thunks.is_empty() { 0 } else { frames::JUMPS_SIZE };
        let frames_size = records_size + jumps_size + 4;
        // Code, constants, tables.
        let is_code = |role| matches!(role, Role::Lazy(_) | Role::Part);
        let hidden: BTreeSet<Place> = match self.hides_bodies {
            true => self.live.keys().copied().filter(|place| self.is_behind_stub(*place)).collect(),
            false => BTreeSet::new(),
        };
        let code =
            self.place(&mut file, ".text", elf::TEXT, |role, at| is_code(role) && !hidden.contains(&at));
        file.end_section(code);
        // Debuggers step through it into what it leads to.
        let ways = file.start_section(STUB_SECTION, elf::TEXT, 16);
        let thunks_size = self.thunks.len() * THUNK_SIZE;
        let thunks = file.reserve(16, thunks_size);
        file.end_section(ways);
        if !hidden.is_empty() {
            let code = self.place(&mut file, ".text", elf::UNSTOPPABLE, |_, at| hidden.contains(&at));
            file.end_section(code);
        }
        let data = self.place(&mut file, ".rodata", elf::RODATA, |role, _| matches!(role, Role::Other(_)));
        let got = file.reserve(8, self.got.len() * 8);
        file.end_section(data);
        let frames = file.start_section(".eh_frame", elf::EH_FRAME, 8);
        let frames_at = file.reserve(8, frames_size);
        file.end_section(frames);
        // Right behind the table. Debuggers would take it for records: in no section.
        let functions = records.iter().flatten().filter(|r| r.frame.is_some()).count();
        let index_at = file.reserve(INDEX_ALIGN, frame_index::size(functions + 1));
        let outermost = self.add_outermost(&mut file, records.iter().map(Vec::as_slice).enumerate());
        let debug = self.place_debug(&mut file);
        let thunk_names: Vec<(u64, String)> = self.thunk_names(thunks);
        let mut symbols: Vec<elf::Symbol<'_>> = thunk_names.iter().map(thunk_symbol).collect();
        symbols.append(&mut self.symbols());
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
        self.base = base;

        self.write_tables(&mut file, thunks, got);
        self.write_sections(&mut file, base, got, thunks)?;
        self.write_frames(&mut file, base, frames_at, records)?;
        if thunks_size != 0 {
            let at = frames_at + records_size;
            let frames = frames::of_jumps(base + at as u64, base + thunks as u64, thunks_size as u64);
            file.bytes[at..at + frames.len()].copy_from_slice(&frames);
        }
        self.write_outermost(&mut file, outermost);
        if let Some(index) = frame_index::index(&file.bytes, frames_at, index_at) {
            file.bytes[index_at..index_at + index.len()].copy_from_slice(&index);
        }
        let shared =
            self.shared_base.map(|origin| self.write_shared(file.clone(), (base, origin), &debug, &symbols));
        self.write_debug(&mut file, &debug);
        let resolved: Vec<elf::Symbol<'_>> = symbols.iter().map(|s| self.placed(*s)).collect();
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
        let (file_size, eh_frame) = (bytes.len() as u64, base + frames_at as u64);
        Ok(Output { file: base, file_size, eh_frame, functions, shared })
    }

    /// The file, of which the debug information is still to be written, with addresses that count from `origin`.
    fn write_shared(
        &mut self,
        mut file: File,
        (base, origin): (u64, u64),
        debug: &HashMap<Place, usize>,
        symbols: &[elf::Symbol<'_>],
    ) -> Shared {
        let nowhere = std::mem::replace(&mut self.nowhere, u64::MAX);
        self.origin = origin;
        file.make_shared();
        self.write_debug(&mut file, debug);
        let symbols: Vec<elf::Symbol<'_>> = symbols.iter().map(|s| self.placed(*s)).collect();
        let image = self.image.extent();
        let image = image.start.wrapping_sub(origin)..image.end.wrapping_sub(origin);
        let bytes = file.finish(base.wrapping_sub(origin), image, &symbols);
        (self.origin, self.nowhere) = (0, nowhere);
        Shared { bytes, base: origin }
    }

    /// Gives the live sections of a role their places in the file, which are their addresses once it has one.
    fn place(
        &mut self,
        file: &mut File,
        name: &'static str,
        kind: elf::Kind,
        wanted: impl Fn(Role, Place) -> bool,
    ) -> usize {
        let section = file.start_section(name, kind, 16);
        for (&(input, number), address) in &mut self.live {
            if wanted(self.roles[input][number], (input, number)) {
                let source = &self.inputs[input].object.sections[number];
                *address = file.append(source.data, source.align as usize) as u64;
            }
        }
        section
    }

    fn write_tables(&self, file: &mut File, thunks: usize, got: usize) {
        for (&address, &(number, _)) in &self.thunks {
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

    pub(super) fn address(&self, target: Target) -> u64 {
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
                    && let Some(&(number, _)) = self.thunks.get(&address)
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

    /// Adds a record that debuggers prefer to that in `.eh_frame`, by which stacks end at `main`: GDB compares the function of a frame with
    /// the program's symbol of that name, which is the stub. Returns where the function's address is to be written.
    fn add_outermost<'r>(
        &self,
        file: &mut File,
        mut records: impl Iterator<Item = (usize, &'r [Record])>,
    ) -> Option<(usize, Place)> {
        if !self.ends_at_main {
            return None;
        }
        let (made, place) = records.find_map(|(number, records)| {
            let object = self.object(number);
            let main = object.symbols.iter().find(|s| s.name == "main" && s.is_global)?.section?;
            let is_main = |record: &&Record| record.frame.as_ref().is_some_and(|f| f.function == main);
            let record = records.iter().find(is_main)?;
            let frame = record.frame.as_ref()?;
            let common = records.iter().find(|r| r.start == frame.common)?;
            let source = object.sections.iter().find(|s| s.kind == Kind::EhFrame)?;
            let bytes = |record: &Record| &source.data[record.start..][..record.size];
            let size = object.sections[main].data.len() as u64;
            Some((frames::outermost(bytes(common), bytes(record), size)?, (number, main)))
        })?;
        let section = file.start_section(".debug_frame", elf::DEBUG, 8);
        let at = file.append(&made.bytes, 8);
        file.end_section(section);
        Some((at + made.start_at, place))
    }

    fn write_outermost(&self, file: &mut File, outermost: Option<(usize, Place)>) {
        if let Some((at, place)) = outermost {
            let address = self.live.get(&place).copied().unwrap_or(0);
            file.bytes[at..at + 8].copy_from_slice(&address.to_le_bytes());
        }
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

    /// Given where it is in its section (behind what -fsanitize=function puts in front of a function), where it is.
    fn placed<'b>(&self, symbol: elf::Symbol<'b>) -> elf::Symbol<'b> {
        if symbol.place == THUNK {
            let address = self.base.wrapping_sub(self.origin) + symbol.address;
            return elf::Symbol { address, ..symbol };
        }
        let start = self.live.get(&symbol.place);
        let address = start.map_or(0, |start| (start + symbol.address).wrapping_sub(self.origin));
        elf::Symbol { address, ..symbol }
    }

    /// Names of the thunks as those of ways to other libraries' functions are, and where in the file they are.
    fn thunk_names(&self, thunks: usize) -> Vec<(u64, String)> {
        let at = |number: usize| (thunks + number * THUNK_SIZE) as u64;
        self.thunks.values().map(|&(number, name)| (at(number), format!("{name}@plt"))).collect()
    }

    /// Symbols of the functions that run, for the file's own table, with their places in their sections.
    fn symbols(&self) -> Vec<elf::Symbol<'a>> {
        let mut all = Vec::new();
        for (number, input) in self.inputs.iter().enumerate() {
            for symbol in input.object.symbols.iter().filter(|s| s.is_function) {
                let Some(section) = symbol.section else { continue };
                let place = (number, section);
                if self.chosen.get(&place) == Some(&place) && self.live.contains_key(&place) {
                    let is_global = symbol.is_global && !input.is_bare;
                    all.push(elf::Symbol {
                        name: symbol.name,
                        place,
                        address: symbol.value,
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

/// The place of what is in no input.
const THUNK: Place = (usize::MAX, usize::MAX);

fn thunk_symbol((address, name): &(u64, String)) -> elf::Symbol<'_> {
    elf::Symbol { name, place: THUNK, address: *address, size: THUNK_SIZE as u64, is_global: false }
}
