//! What the functions that run need, and which of them can't have it.

use super::{CALL, Failure, Incomplete, Linker, Role, Target, is_by_table, of};
use crate::debug::elf::Place;
use crate::debug::frames::{self, Record};
use crate::debug::object::{Kind, Relocation, Section};
use ::object::elf::{R_X86_64_32, R_X86_64_32S, R_X86_64_PC32};
use std::collections::HashSet;

/// The section of the function that a record is for, or of one that a common record is for.
fn function_of(record: &Record, records: &[Record]) -> Option<usize> {
    let mut frames = records.iter().filter_map(|r| r.frame.as_ref());
    let frame = record.frame.as_ref().or_else(|| frames.find(|f| f.common == record.start));
    frame.map(|frame| frame.function)
}

impl<'a> Linker<'a> {
    /// Unwind information of an input: its section, and the records of the functions that run.
    pub(super) fn records(&self, number: usize) -> Result<Option<(usize, Vec<Record>)>, Failure> {
        let object = self.object(number);
        let is_frame = |s: &Section<'_>| s.kind == Kind::EhFrame && !s.data.is_empty();
        let Some(section) = object.sections.iter().position(is_frame) else { return Ok(None) };
        let all = frames::records(object, &object.sections[section])
            .ok_or_else(|| of(number, "unwind information of an unknown kind"))?;
        let is_live = |f: &frames::Frame| {
            let place = (number, f.function);
            self.chosen.get(&place) == Some(&place) && self.live.contains_key(&place)
        };
        let used: HashSet<usize> =
            all.iter().filter_map(|r| r.frame.as_ref().filter(|f| is_live(f)).map(|f| f.common)).collect();
        let live = all.into_iter().filter(|r| r.frame.as_ref().map_or(used.contains(&r.start), is_live));
        Ok(Some((section, live.collect())))
    }

    /// Finds all that the lazy functions need, and the records of unwind information to keep, by input.
    pub(super) fn reach(&mut self) -> Result<Vec<Vec<Record>>, Failure> {
        // Each with the function that it is there for.
        let mut work: Vec<(Place, Place)> = self.live.keys().map(|&place| (place, place)).collect();
        let mut framed = HashSet::new();
        loop {
            while let Some((place, user)) = work.pop() {
                for relocation in &self.object(place.0).sections[place.1].relocations {
                    self.need(place, relocation, user, &mut work);
                }
            }
            let mut kept = Vec::new();
            for number in 0..self.inputs.len() {
                let Some((section, records)) = self.records(number)? else {
                    kept.push(Vec::new());
                    continue;
                };
                let frame = &self.object(number).sections[section];
                for record in &records {
                    let user = (number, function_of(record, &records).unwrap_or(section));
                    if !framed.insert((number, record.start)) {
                        continue;
                    }
                    let first = frame.relocations.partition_point(|r| r.offset < record.start);
                    let behind = frame.relocations.partition_point(|r| r.offset < record.start + record.size);
                    for relocation in &frame.relocations[first..behind] {
                        self.need((number, section), relocation, user, &mut work);
                    }
                }
                kept.push(records);
            }
            if work.is_empty() {
                return Ok(kept);
            }
        }
    }

    /// Whether code can't get to an address in this way.
    fn is_far(&self, kind: u32, address: u64) -> bool {
        match kind {
            R_X86_64_PC32 => !self.is_near(address),
            R_X86_64_32 => u32::try_from(address).is_err(),
            R_X86_64_32S => i32::try_from(address.cast_signed()).is_err(),
            _ => false,
        }
    }

    /// For messages. The start of a section has no name but the section's.
    fn name(&self, from: Place, relocation: &Relocation) -> String {
        let object = self.object(from.0);
        let symbol = &object.symbols[relocation.symbol];
        let section = symbol.section.filter(|_| symbol.name.is_empty());
        section.map_or(symbol.name, |section| object.sections[section].name).to_owned()
    }

    /// Notes that a function can't be linked.
    fn miss(&mut self, user: Place, symbol: String, is_far: bool) {
        if let Role::Lazy(function) = self.roles[user.0][user.1] {
            self.incomplete.insert(user, Incomplete { input: user.0, function, symbol, is_far });
        }
    }

    /// Notes what a relocation needs, for the sake of a function.
    fn need(&mut self, from: Place, relocation: &Relocation, user: Place, work: &mut Vec<(Place, Place)>) {
        let Some(target) = self.target(from, relocation) else {
            self.miss(user, self.name(from, relocation), false);
            return;
        };
        if let Target::Address(address) = target
            && self.is_far(relocation.kind, address)
        {
            self.miss(user, self.name(from, relocation), true);
            return;
        }
        if is_by_table(relocation.kind) {
            let next = self.got.len();
            self.got.entry((from.0, relocation.symbol)).or_insert(next);
        }
        match target {
            Target::Address(address) if relocation.kind == CALL && !self.is_near(address) => {
                let next = self.thunks.len();
                let name = self.object(from.0).symbols[relocation.symbol].name;
                self.thunks.entry(address).or_insert((next, name));
            }
            Target::Within(place, _) if !self.live.contains_key(&place) => {
                self.live.insert(place, 0);
                let is_function = matches!(self.roles[place.0][place.1], Role::Lazy(_));
                work.push((place, if is_function { place } else { user }));
            }
            _ => {}
        }
    }
}
