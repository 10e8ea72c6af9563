//! Sections to facts: reads module records, their payloads and the notes about static functions.

use super::container::Part;
use anyhow::{Result, anyhow, bail};
use autojit_engine::store;
use autojit_protocol::payload::{FUNCTION_PUBLIC, Payload};
use autojit_protocol::record::{
    ModuleRecord, RECORD_ALIGN, RECORD_MAGIC, REFERENCE_START, REFERENCES_END, Reference,
};
use autojit_protocol::{HASH_SIZE, Hash};
use serde::{Serialize, Serializer};

#[derive(Debug, Serialize)]
pub struct FileReport {
    pub file: String,
    pub modules: Vec<ModuleReport>,
}

/// A translation unit. One that has no lazy function has the zero hash and no payload.
#[derive(Debug, Default, Serialize)]
pub struct ModuleReport {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    #[serde(serialize_with = "hex")]
    pub hash: Hash,
    pub payload_size: u64,
    pub bitcode_size: u64,
    /// How its references to other objects are bound.
    pub binding: Binding,
    pub imports: Vec<String>,
    pub functions: Vec<FunctionReport>,
    #[serde(rename = "static")]
    pub statics: Vec<StaticReport>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Binding {
    #[default]
    Early,
    Late,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct FunctionReport {
    pub name: String,
    pub kind: Kind,
    /// LLVM instructions.
    pub size: u32,
    /// Lazy functions of the module that it calls.
    pub callees: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Public,
    Private,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct StaticReport {
    pub name: String,
    pub reason: String,
}

pub fn hex_digits(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hex<S: Serializer>(hash: &Hash, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex_digits(hash))
}

/// All modules of an object, in the order of their records; then those without one.
pub fn modules(part: &Part) -> Result<Vec<ModuleReport>> {
    let mut modules = Vec::new();
    for section in &part.records {
        read_records(section, |record, payload, at| {
            modules.push(read_payload(record, payload, at)?);
            Ok(())
        })?;
    }
    if part.is_late
        && let [only] = &mut modules[..]
    {
        // In an object that is not linked yet, the record itself does not say it.
        only.binding = Binding::Late;
    }
    let with_record = modules.len();
    let mut noted = vec![false; with_record];
    for section in &part.statics {
        for note in read_statics(section)? {
            // The same unit linked twice has two records and two notes.
            let owner = (0..with_record).find(|&i| !noted[i] && modules[i].hash == note.hash);
            if let Some(i) = owner {
                noted[i] = true;
                modules[i].statics = note.statics;
            } else if !note.statics.is_empty() {
                modules.push(note);
            }
        }
    }
    for module in &mut modules {
        module.member.clone_from(&part.member);
    }
    Ok(modules)
}

/// Calls `take` for each record of a section, with its payload and its offset.
pub fn read_records(
    section: &[u8],
    mut take: impl FnMut(&ModuleRecord, &[u8], usize) -> Result<()>,
) -> Result<()> {
    let mut at = 0;
    while at < section.len() {
        let rest = &section[at..];
        // Up to where the next record may start: references, which follow a record, are less aligned.
        let block = &rest[..rest.len().min((at + 1).next_multiple_of(RECORD_ALIGN) - at)];
        // What linkers put between two inputs.
        if block.iter().all(|&byte| byte == 0) {
            at = (at + 1).next_multiple_of(RECORD_ALIGN);
            continue;
        }
        // References of functions, up to the next record.
        if [REFERENCE_START, REFERENCES_END].iter().any(|index| rest.starts_with(&index.to_le_bytes())) {
            at = at.next_multiple_of(RECORD_ALIGN);
            while at < section.len() && !section[at..].starts_with(&RECORD_MAGIC) {
                at += RECORD_ALIGN;
            }
            continue;
        }
        let record = ModuleRecord::parse(rest)
            .map_err(|error| anyhow!("damaged module record at offset {at:#x}: {error:?}"))?;
        let total = record.total_size().ok_or_else(|| anyhow!("module record at {at:#x} is too large"))?;
        let payload = &rest[ModuleRecord::payload_offset(record.import_count)..total];
        take(&record, payload, at)?;
        at = (at + total).next_multiple_of(size_of::<Reference>());
    }
    Ok(())
}

/// The bytes of the payload that has the record's hash.
pub fn resolved(record: &ModuleRecord, bytes: &[u8], at: usize) -> Result<Vec<u8>> {
    if *blake3::hash(bytes).as_bytes() != record.hash {
        bail!("the payload of the module at offset {at:#x} does not have the record's hash");
    }
    store::resolve(bytes.to_vec()).map_err(|error| anyhow!("the module at offset {at:#x}: {error}"))
}

/// A payload that has the record's counts.
pub fn checked<'a>(record: &ModuleRecord, bytes: &'a [u8], at: usize) -> Result<Payload<'a>> {
    let payload = Payload::parse(bytes)
        .map_err(|error| anyhow!("damaged payload of the module at offset {at:#x}: {error:?}"))?;
    let header = payload.header();
    if (header.function_count, header.import_count) != (record.slot_count, record.import_count) {
        bail!("payload and record of the module at offset {at:#x} contradict each other");
    }
    Ok(payload)
}

fn read_payload(record: &ModuleRecord, bytes: &[u8], at: usize) -> Result<ModuleReport> {
    let bytes = resolved(record, bytes, at)?;
    let payload = checked(record, &bytes, at)?;
    let header = payload.header();
    let function = |index| {
        let entry = payload.function(index)?;
        let kind = if entry.flags & FUNCTION_PUBLIC != 0 { Kind::Public } else { Kind::Private };
        let name = payload.function_name(index)?.to_owned();
        Some(FunctionReport { name, kind, size: entry.size, callees: entry.callee_count })
    };
    Ok(ModuleReport {
        hash: record.hash,
        payload_size: record.payload_size,
        bitcode_size: header.bitcode_size,
        binding: if record.late_offset != 0 { Binding::Late } else { Binding::Early },
        imports: (0..header.import_count).filter_map(|i| payload.import_name(i)).map(str::to_owned).collect(),
        functions: (0..header.function_count).filter_map(function).collect(),
        ..ModuleReport::default()
    })
}

/// Reads `M <hash>` and `S <reason> <name>` lines: a module for each M, with nothing but its static functions.
fn read_statics(section: &[u8]) -> Result<Vec<ModuleReport>> {
    let mut modules: Vec<ModuleReport> = Vec::new();
    for line in section.split(|&byte| byte == b'\n' || byte == 0) {
        let line =
            std::str::from_utf8(line).map_err(|_| anyhow!("a note about static functions is no text"))?;
        let damaged = || anyhow!("damaged note about static functions: {line:?}");
        match line.split_once(' ') {
            None if line.is_empty() => {}
            Some(("M", digits)) => {
                let hash = parse_hash(digits).ok_or_else(damaged)?;
                modules.push(ModuleReport { hash, ..ModuleReport::default() });
            }
            Some(("S", rest)) => {
                let (reason, name) = rest.split_once(' ').ok_or_else(damaged)?;
                let module = modules.last_mut().ok_or_else(damaged)?;
                module.statics.push(StaticReport { name: name.to_owned(), reason: reason.to_owned() });
            }
            _ => return Err(damaged()),
        }
    }
    Ok(modules)
}

fn parse_hash(digits: &str) -> Option<Hash> {
    if digits.len() != HASH_SIZE * 2 || !digits.is_ascii() {
        return None;
    }
    let mut hash = [0; HASH_SIZE];
    for (byte, at) in hash.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(&digits[at..at + 2], 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
