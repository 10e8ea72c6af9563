//! Response files: `@FILE` in the place of arguments, which linkers replace by the words of the file.
//!
//! Each word keeps in mind which argument it came from, so that the line can be put together again as it was where nothing
//! was changed: a line may be longer than the system lets arguments be, and whoever reads it with -v knows it.
//!
//! A pipe can't be read by the linker once it was read here: its words stay on the line.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Response files that name response files, at most. What lies deeper is left to the linker.
const DEEPEST: u32 = 8;

/// A word of the line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Word {
    pub text: CString,
    /// The number of the argument that it comes from; None if it is new, or if nobody can read it there again.
    pub origin: Option<usize>,
}

impl Word {
    pub fn new(text: CString) -> Word {
        Word { text, origin: None }
    }

    pub fn bytes(&self) -> &[u8] {
        self.text.to_bytes()
    }
}

/// All words of the arguments. `keep_empty`: quotes with nothing in them are a word, as the GNU linkers have it.
pub fn expand(args: &[CString], keep_empty: bool) -> Vec<Word> {
    let mut words = Vec::new();
    for (number, argument) in args.iter().enumerate() {
        let mut texts = Vec::new();
        let is_lasting = add(argument, keep_empty, 0, &mut texts);
        let origin = is_lasting.then_some(number);
        words.extend(texts.into_iter().map(|text| Word { text, origin }));
    }
    words
}

/// Adds the words of an argument. Returns whether all files can be read again.
fn add(argument: &CStr, keep_empty: bool, depth: u32, words: &mut Vec<CString>) -> bool {
    let file = argument.to_bytes().strip_prefix(b"@").map(|name| Path::new(OsStr::from_bytes(name)));
    let Some((text, mut is_lasting)) = file.filter(|_| depth < DEEPEST).and_then(read) else {
        // What is no readable response file is a file of that name.
        words.push(argument.to_owned());
        return true;
    };
    for word in split(&text, keep_empty).into_iter().filter_map(|word| CString::new(word).ok()) {
        is_lasting &= add(&word, keep_empty, depth + 1, words);
    }
    is_lasting
}

/// The text of a response file, and whether it is there for others as well.
fn read(path: &Path) -> Option<(Vec<u8>, bool)> {
    /// What was read of pipes: a line is read again for another try.
    static PIPES: Mutex<BTreeMap<PathBuf, Vec<u8>>> = Mutex::new(BTreeMap::new());
    if std::fs::metadata(path).ok()?.is_file() {
        return Some((std::fs::read(path).ok()?, true));
    }
    let mut pipes = PIPES.lock().unwrap_or_else(PoisonError::into_inner);
    let text = match pipes.get(path) {
        Some(text) => text.clone(),
        None => std::fs::read(path).ok()?,
    };
    pipes.insert(path.to_owned(), text.clone());
    Some((text, false))
}

/// The arguments that mean these words: where all words of an argument stand in a row, the argument. `expanded`: what
/// [`expand`] made of `args`.
pub fn fold(args: &[CString], expanded: &[Word], words: &[Word]) -> Vec<CString> {
    let mut counts = vec![0; args.len()];
    expanded.iter().filter_map(|word| word.origin).for_each(|origin| counts[origin] += 1);
    let mut line = Vec::new();
    for row in words.chunk_by(|a, b| a.origin == b.origin) {
        match row[0].origin {
            Some(origin) if counts[origin] == row.len() => line.push(args[origin].clone()),
            _ => line.extend(row.iter().map(|word| word.text.clone())),
        }
    }
    line
}

/// The words of a file, by the rules that the GNU and LLVM tools share: white space between them, quotes of both kinds, and
/// a backslash that takes the next character as it is, in quotes too. There are no comments.
fn split(text: &[u8], keep_empty: bool) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => {
                let next = bytes.next().unwrap_or(byte);
                word.get_or_insert_default().push(next);
            }
            _ if quote == Some(byte) => quote = None,
            b'"' | b'\'' if quote.is_none() => {
                quote = Some(byte);
                word.get_or_insert_default();
            }
            b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c | 0 if quote.is_none() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(byte),
        }
    }
    words.extend(word);
    words.retain(|word| keep_empty || !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let words: Vec<String> =
            split(text.as_bytes(), true).into_iter().map(|w| String::from_utf8(w).unwrap()).collect();
        assert_eq!(words, expected, "{text}");
    }

    #[test]
    fn words_are_those_of_the_linkers() {
        check("a.o  b.o\n\tc.o\r\n", &["a.o", "b.o", "c.o"]);
        check("#no comment #", &["#no", "comment", "#"]);
        check(r#""a b.o" 'c d'.o e\ f"#, &["a b.o", "c d.o", "e f"]);
        check(r#"'a\'b' "c\"d" "\\" 'e\f'"#, &["a'b", "c\"d", "\\", "ef"]);
        check("-rpath '' x", &["-rpath", "", "x"]);
        check("\"not closed", &["not closed"]);
        check("end\\", &["end\\"]);
        assert!(split(b" '' \"\" ", false).is_empty());
    }

    #[test]
    fn what_is_unchanged_is_folded_again() {
        let folder = std::env::temp_dir().join(format!("autojit-response-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        std::fs::write(file("inner"), "b.o c.o").unwrap();
        std::fs::write(file("outer"), format!("-x @{} '@none'", file("inner"))).unwrap();
        let text = |text: &str| CString::new(text).unwrap();
        let args = [text("a.o"), text(&format!("@{}", file("outer"))), text("d.o")];
        let expanded = expand(&args, false);
        std::fs::remove_dir_all(&folder).unwrap();
        let texts: Vec<&str> = expanded.iter().map(|w| w.text.to_str().unwrap()).collect();
        assert_eq!(texts, ["a.o", "-x", "b.o", "c.o", "@none", "d.o"]);
        assert_eq!(fold(&args, &expanded, &expanded), args);

        let mut more = expanded.clone();
        more.insert(1, Word::new(text("new")));
        assert_eq!(
            fold(&args, &expanded, &more),
            [args[0].clone(), text("new"), args[1].clone(), text("d.o")]
        );
        let expect = |words: &[Word], line: &[&str]| {
            let line: Vec<CString> = line.iter().map(|t| text(t)).collect();
            assert_eq!(fold(&args, &expanded, words), line);
        };
        let mut within = expanded.clone();
        within.insert(3, Word::new(text("new")));
        expect(&within, &["a.o", "-x", "b.o", "new", "c.o", "@none", "d.o"]);
        let mut less = expanded.clone();
        less.remove(2);
        expect(&less, &["a.o", "-x", "c.o", "@none", "d.o"]);
    }
}
