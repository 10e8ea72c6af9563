//! Recipes that are kept apart from their objects, which have a name only.
//!
//! Of units compiled with `-ffile-prefix-map` or `-fdebug-prefix-map`, whose objects must not tell where they were built: the name
//! does not depend on that place either, it is a hash of the recipe with its paths mapped. The recipe itself
//! is in the user's object cache, with its bounds and switches. What was built from the same sources in two places is described from
//! the later one.
//!
//! And of units whose payload is in the user's store (`--autojit-store=cache`): the recipe is kept there, too, under its hash.

use super::image;
use crate::cache::directory::{self, Directory};
use crate::cache::is_on;
use crate::cache::pack::{self, Build, Kind};
use crate::store;
use autojit_protocol::Hash;
use autojit_protocol::debug::Note;
use autojit_protocol::recipe::Recipe;
use std::collections::HashMap;

/// What stands in the build's place: recipes do not depend on the engine.
const RECIPES: Build = *b"autojit recipes\0";

/// How the first word of a recipe begins that is the name of another one, in hexadecimal digits.
const MARK: u8 = b'@';

/// What follows if that one is in the store.
const IN_STORE: u8 = b'@';

/// The options that map paths; what follows is the old prefix, `=` and the new one.
const MAPS: &[u8] = b"-fdebug-prefix-map=";

fn directory() -> Option<Directory> {
    Some(Directory::of(&directory::root()?, RECIPES))
}

/// Whether a unit with these front end's arguments must not tell where it was built.
pub fn is_needed(arguments: &[Vec<u8>]) -> bool {
    arguments.iter().any(|argument| argument.starts_with(MAPS))
}

fn replace(text: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    let mut result = Vec::new();
    let mut rest = text;
    while let Some(at) = memchr::memmem::find(rest, old).filter(|_| !old.is_empty()) {
        result.extend_from_slice(&rest[..at]);
        result.extend_from_slice(new);
        rest = &rest[at + old.len()..];
    }
    result.extend_from_slice(rest);
    result
}

/// The same for all places that the options map to the same.
fn name(arguments: &[Vec<u8>], files: &[u64]) -> Hash {
    let maps: Vec<(&[u8], &[u8])> = arguments
        .iter()
        .filter_map(|argument| argument.strip_prefix(MAPS))
        .filter_map(|map| Some(map.split_at(map.iter().position(|&byte| byte == b'=')?)))
        .collect();
    let mut hasher = blake3::Hasher::new();
    for argument in arguments {
        let mapped = maps.iter().fold(argument.clone(), |text, (old, new)| replace(&text, old, &new[1..]));
        hasher.update(&mapped).update(b"\0");
    }
    files.iter().for_each(|hash| {
        hasher.update(&hash.to_le_bytes());
    });
    *hasher.finalize().as_bytes()
}

/// Keeps a recipe, made of these arguments (the folder first) and hashes of files. Returns the words of the one for the object; `None` if
/// there is no cache.
pub fn keep(recipe: &[u8], arguments: &[Vec<u8>], files: &[u64]) -> Option<Vec<Vec<u8>>> {
    let directory = directory().filter(|_| is_on())?;
    let name = name(arguments, files);
    let mut record = Vec::new();
    pack::append(&mut record, Kind::Recipe, recipe);
    directory.replace(&name, &record).ok()?;
    Some(words(&[MARK], &name, arguments))
}

/// The same for a recipe that the user's store keeps.
pub fn store(recipe: &[u8], arguments: &[Vec<u8>]) -> std::io::Result<Vec<Vec<u8>>> {
    Ok(words(&[MARK, IN_STORE], &store::keep(recipe)?, arguments))
}

/// A recipe's name, and what messages say of the unit.
fn words(mark: &[u8], name: &Hash, arguments: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let name = [mark, blake3::Hash::from_bytes(*name).to_hex().as_bytes()].concat();
    let file = arguments.iter().skip_while(|argument| *argument != b"-main-file-name").take(2);
    std::iter::once(name).chain(file.cloned()).collect()
}

/// What to say if that is the name of a recipe only.
pub fn missing(recipe: Recipe<'_>) -> Option<&'static str> {
    match recipe.folder().strip_prefix(&[MARK])?.first() {
        Some(&IN_STORE) => {
            Some("how it is compiled is not in the cache any more (--autojit-store=cache): build it again")
        }
        _ => Some("how it is compiled is not in the cache any more (its paths are mapped): build it again"),
    }
}

fn find(recipe: &[u8]) -> Option<Vec<u8>> {
    let name = Recipe::parse(recipe)?.folder().strip_prefix(&[MARK])?;
    if let Some(name) = name.strip_prefix(&[IN_STORE]) {
        return store::find(blake3::Hash::from_hex(name).ok()?.as_bytes()).ok();
    }
    let name = blake3::Hash::from_hex(name).ok()?;
    let directory = directory()?;
    let pack = directory.read(name.as_bytes())?;
    let record = pack.contents.records.iter().find(|record| record.kind == Kind::Recipe)?;
    directory.touch(name.as_bytes());
    Some(pack.bytes[record.data.clone()].to_vec())
}

/// The recipes that are kept apart, by what the objects have.
#[derive(Default)]
pub struct Apart(HashMap<Vec<u8>, Vec<u8>>);

impl Apart {
    /// Those of a section of notes, as far as they can be had.
    pub fn of(section: &[u8]) -> Apart {
        let names = image::each_note(section).map(|note| note.recipe);
        Apart(names.filter_map(|name| Some((name.to_vec(), find(name)?))).collect())
    }

    /// The note with the recipe itself.
    pub fn complete<'a>(&'a self, mut note: Note<'a>) -> Note<'a> {
        note.recipe = self.0.get(note.recipe).map_or(note.recipe, Vec::as_slice);
        note
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_do_not_tell_the_place() {
        let arguments = |place: &str, option: &str| -> Vec<Vec<u8>> {
            let all = [
                place,
                "-cc1",
                option,
                &format!("-I{place}/include"),
                &format!("-fdebug-prefix-map={place}=."),
            ];
            all.iter().map(|argument| argument.as_bytes().to_vec()).collect()
        };
        let here = name(&arguments("/build/one", "-DA"), &[1, 2]);
        assert_eq!(here, name(&arguments("/two", "-DA"), &[1, 2]));
        assert_ne!(here, name(&arguments("/two", "-DB"), &[1, 2]));
        assert_ne!(here, name(&arguments("/two", "-DA"), &[1, 3]));
        assert!(is_needed(&arguments("/two", "-DA")) && !is_needed(&[b"-cc1".to_vec()]));
    }
}
