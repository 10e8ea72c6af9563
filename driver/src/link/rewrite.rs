//! Objects that the linker reads in another form than they were compiled to, wherever they stand.

use super::archive::{self, NewMember};
use super::inputs::{Input, Inputs};
use super::{Line, memory, symbols};
use crate::clang::in_parallel;
use anyhow::Result;
use std::ffi::CString;
use std::sync::OnceLock;

/// Puts what `change` makes of objects, members of archives included, in their places. Calls `say` with the name of each file in which
/// there is one. False if there is none.
pub fn members(
    inputs: &mut Inputs,
    line: &mut Line,
    change: impl Fn(&[u8]) -> Option<Vec<u8>> + Sync,
    say: impl Fn(&str),
) -> Result<bool> {
    let names: Vec<String> = inputs.iter().map(Input::name).collect();
    let mut replacements = Vec::new();
    for (number, input) in inputs.iter().enumerate() {
        let members: Vec<_> = input.members().collect();
        let changed: Vec<OnceLock<Vec<u8>>> = members.iter().map(|_| OnceLock::new()).collect();
        in_parallel(members.len(), |i| {
            if let Some(bytes) = change(members[i].data) {
                let _ = changed[i].set(bytes);
            }
        });
        if changed.iter().all(|bytes| bytes.get().is_none()) {
            continue;
        }
        say(&names[number]);
        let data = |i: usize| changed[i].get().map_or(members[i].data, Vec::as_slice);
        let bytes = if input.is_archive() {
            let member = |i: usize| NewMember {
                name: members[i].name,
                data: data(i),
                symbols: symbols::of_elf(data(i)).defined,
            };
            archive::write(&(0..members.len()).map(member).collect::<Vec<_>>())
        } else {
            data(0).to_vec()
        };
        let name = names[number].rsplit('/').next().unwrap_or_default();
        replacements.push((number, memory::create(&CString::new(name)?, &bytes)?));
    }
    let is_changed = !replacements.is_empty();
    for (number, file) in replacements {
        inputs.replace(number, &file)?;
        line.files.push(file);
    }
    Ok(is_changed)
}
