//! The units' debug information in the file.

use super::{Input, Linker, Target};
use crate::debug::dwarf::{self, Version};
use crate::debug::elf::{self, File, Place};
use crate::debug::object::{Kind, Relocation};
use ::object::elf::{R_X86_64_64, R_X86_64_DTPOFF64};
use std::collections::BTreeMap;
use std::collections::HashMap;

impl<'a> Linker<'a> {
    /// Puts all units' debug information into the file, section by section. Range lists come last: they grow.
    pub(super) fn place_debug(&self, file: &mut File) -> HashMap<Place, usize> {
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

    pub(super) fn write_debug(&self, file: &mut File, places: &HashMap<Place, usize>) {
        let here = |address: u64| address.wrapping_sub(self.origin);
        let stubs = self.stubs.iter();
        let stubs: HashMap<u64, u64> =
            stubs.filter_map(|(place, &stub)| Some((here(*self.live.get(place)?), here(stub)))).collect();
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
        let origin = if relocation.kind == R_X86_64_64 { self.origin } else { 0 };
        let value = match self.target(from, relocation)? {
            Target::Within(place, offset) => {
                let object = self.object(place.0);
                if object.sections[place.1].kind != Kind::Debug {
                    (self.live.get(&place)? + offset).wrapping_sub(origin)
                } else if is_ranges(object.sections[place.1].name) {
                    u64::from(lists_base) + offset
                } else {
                    places.get(&place).map_or(0, |&at| file.offset_in_section(at) as u64 + offset)
                }
            }
            // What is weak and not there has none.
            Target::Address(0) => 0,
            Target::Address(address) => address.wrapping_sub(origin),
        };
        Some(value.wrapping_add_signed(relocation.addend))
    }
}

pub(super) fn is_ranges(section: &str) -> bool {
    Version::ALL.iter().any(|version| version.ranges() == section)
}

pub(super) fn find_debug(input: &Input<'_>, name: &str) -> Option<usize> {
    input.object.sections.iter().position(|s| s.kind == Kind::Debug && s.name == name)
}

/// One without debug information is as good as the newest.
pub(super) fn version_of(input: &Input<'_>) -> Version {
    let info = find_debug(input, ".debug_info").map(|section| input.object.sections[section].data);
    info.and_then(Version::of).unwrap_or(Version::Five)
}
