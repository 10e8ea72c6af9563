//! The lines of one module, for profilers: from the same compile that debuggers are told of.

use super::object::Object;
use super::recompile::Purpose;
use super::{Cache, Debugging, Recipe, Unit, is_same, make, name, record};
use crate::llvm;
use crate::loaded::Loaded;
use std::collections::HashMap;
use std::sync::Arc;

/// From here on in a function's code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub offset: u64,
    pub line: u32,
    pub file: Arc<str>,
}

/// Functions by symbol: bytes of their code, and their lines.
pub type Lines = HashMap<String, (u64, Vec<Line>)>;

impl Debugging {
    /// The lines of an open module; what is to be said if they can't be had. `None` if the unit was compiled without `-g`.
    pub fn lines(&self, loaded: &Loaded, cache: &Cache) -> Option<Result<Lines, String>> {
        let module = loaded.ready()?;
        let unit = self.image.notes().find_map(|note| {
            let (_, slots) = record(&self.image, &note)?;
            let recipe = Recipe::parse(note.recipe)?;
            (slots == loaded.slot_address(0)).then_some(Unit { note, recipe, number: 0 })
        })?;
        let made = make(&unit, (cache, None), Purpose::Compare);
        let lines = made.and_then(|kept| {
            if !is_same(&Object::parse(&kept.object)?, module) {
                return Err("compiled once more, it has other functions".to_owned());
            }
            let text = llvm::lines(&kept.object).map_err(|failure| failure.to_string())?;
            Ok(read(&String::from_utf8_lossy(&text)))
        });
        Some(lines.map_err(|problem| format!("{}: {problem}", name(unit.recipe))))
    }
}

/// Reads what [`llvm::lines`] returns.
fn read(text: &str) -> Lines {
    let mut all = Lines::new();
    let mut files: HashMap<&str, Arc<str>> = HashMap::new();
    let mut function = None;
    for entry in text.lines() {
        if let Some(rest) = entry.strip_prefix("F ") {
            function = rest.split_once(' ').and_then(|(size, name)| {
                let place = all.entry(name.to_owned()).or_default();
                place.0 = size.parse().ok()?;
                Some(place)
            });
        } else if let (Some((_, lines)), Some(rest)) = (&mut function, entry.strip_prefix("L ")) {
            let mut fields = rest.splitn(3, ' ');
            let mut number = || fields.next()?.parse::<u64>().ok();
            if let (Some(offset), Some(line), Some(file)) = (number(), number(), fields.next()) {
                let file = files.entry(file).or_insert_with(|| file.into()).clone();
                lines.push(Line { offset, line: line as u32, file });
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let lines = read("L 1 2 x\nF 12 f\nL 0 3 /a b.c\nL 5 4 /a b.c\nF x g\nL 0 1 /y\nF 1 h\n");
        let line = |offset, line| Line { offset, line, file: "/a b.c".into() };
        assert_eq!(lines["f"], (12, vec![line(0, 3), line(5, 4)]));
        assert_eq!(lines["h"], (1, vec![]));
    }
}
