//! How to compile a unit again, for a debugger: what its note (`debug.rs`) says of it.
//!
//! Words (the folder, then options of ours, then `-cc1` and the front end's arguments), each NUL-terminated, an empty one at the
//! end; then the hashes of the files that were read, in order, 8 bytes each.
//!
//! The front end has some fifty arguments in every compile, most of them always the same: a kilobyte in each object, which was more
//! than all else that small units of C had in their notes. So words that are in [`COMMON`] are written as their numbers:
//!
//! ```text
//!   NUMBERS, then for each of one or more words: its number and FIRST_NUMBER, a byte
//!   LITERAL, then a word that starts with NUMBERS or LITERAL
//!   any other word, as it is
//! ```

const _: () = assert!(COMMON.len() < u8::MAX as usize);

/// Starts a run of numbers.
const NUMBERS: u8 = 1;
/// In front of a word that starts with one of these two.
const LITERAL: u8 = 2;
/// That of the first word of [`COMMON`]: no number is NUL.
const FIRST_NUMBER: u8 = 1;

/// The words that have numbers. Only ever to be appended to, or the note's version changes.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "-cc1", "-ferror-limit", "19", "-disable-free", "-emit-obj", "-x", "c", "c++", "-tune-cpu", "generic", "-target-cpu", "x86-64",
    "-triple", "x86_64-pc-linux-gnu", "-resource-dir", "/usr/lib/llvm-22/lib/clang/22", "-isystem",
    "/usr/lib/llvm-22/lib/clang/22/include", "/usr/local/include",
    "/usr/lib/gcc/x86_64-linux-gnu/12/../../../../x86_64-linux-gnu/include", "-internal-externc-isystem",
    "/usr/include/x86_64-linux-gnu", "/include", "/usr/include", "/usr/lib/gcc/x86_64-linux-gnu/12/../../../../include/c++/12",
    "/usr/lib/gcc/x86_64-linux-gnu/12/../../../../include/x86_64-linux-gnu/c++/12",
    "/usr/lib/gcc/x86_64-linux-gnu/12/../../../../include/c++/12/backward", "-std=gnu17", "-std=c99", "-std=gnu99", "-std=c11",
    "-std=gnu11", "-std=c17", "-std=gnu++17", "-std=c++11", "-std=c++14", "-std=c++17", "-std=c++20", "-std=gnu++20",
    "-std=gnu++14", "-std=gnu++11", "-fmath-errno", "-fskip-odr-check-in-gmf", "-pic-level", "1", "2", "-pic-is-pie",
    "-fgnuc-version=4.2.1", "-fno-convergent-functions", "-ffp-contract=on", "-fno-experimental-relative-c++-abi-vtables",
    "-fno-file-reproducible", "-O0", "-O1", "-O2", "-O3", "-Os", "-Oz", "-faddrsig", "-fdwarf2-cfi-asm", "-dwarf-version=5",
    "-dwarf-version=4", "-debugger-tuning=gdb", "-disable-llvm-verifier", "-funwind-tables=2", "-mconstructor-aliases",
    "-clear-ast-before-backend", "-discard-value-names", "-main-file-name", "-mframe-pointer=all", "-debug-info-kind=constructor",
    "-debug-info-kind=standalone", "-fno-loop-interchange", "-save-temps=obj", "-fdiagnostics-hotness-threshold=0",
    "-fdiagnostics-misexpect-tolerance=0", "-finline-functions", "-gkey-instructions", "-fdeprecated-macro", "-vectorize-slp",
    "-vectorize-loops", "-fcxx-exceptions", "-fexceptions", "-fhalf-no-semantic-interposition", "-ffunction-sections",
    "-fdata-sections", "-fvisibility=hidden", "-pthread", "-stack-protector", "-fwrapv", "-relaxed-aliasing", "-Wall", "-Wextra",
    "-I", "-D", "-U", "",
];

/// Writes a recipe. (An empty word has a number: it would end the list.)
pub fn write<'w>(words: impl Iterator<Item = &'w [u8]>, files: &[u64], out: &mut impl Extend<u8>) {
    // Whether the word before was a number; `None` at the start.
    let mut before = None;
    for word in words {
        let number = COMMON.iter().position(|common| common.as_bytes() == word);
        if before.is_some_and(|before| !(before && number.is_some())) {
            out.extend([0]);
        }
        match number {
            Some(number) => {
                out.extend((before != Some(true)).then_some(NUMBERS));
                out.extend([number as u8 + FIRST_NUMBER]);
            }
            None => {
                out.extend(matches!(word[0], NUMBERS | LITERAL).then_some(LITERAL));
                out.extend(word.iter().copied());
            }
        }
        before = Some(number.is_some());
    }
    out.extend([0, 0]);
    files.iter().for_each(|hash| out.extend(hash.to_le_bytes()));
}

/// A recipe that was checked.
#[derive(Clone, Copy, Debug)]
pub struct Recipe<'a> {
    words: &'a [u8],
    files: &'a [u8],
}

/// Words that stand together.
#[derive(Clone, Copy)]
enum Run<'a> {
    Numbers(&'a [u8]),
    Word(&'a [u8]),
}

impl<'a> Run<'a> {
    fn of(bytes: &'a [u8]) -> Run<'a> {
        match bytes {
            [NUMBERS, numbers @ ..] => Run::Numbers(numbers),
            [LITERAL, word @ ..] => Run::Word(word),
            word => Run::Word(word),
        }
    }

    fn len(self) -> usize {
        match self {
            Run::Numbers(numbers) => numbers.len(),
            Run::Word(_) => 1,
        }
    }

    /// `None`: a number of no word.
    fn word(self, at: usize) -> Option<&'a [u8]> {
        match self {
            Run::Numbers(numbers) => {
                let number = numbers.get(at)?.checked_sub(FIRST_NUMBER)?;
                Some(COMMON.get(usize::from(number))?.as_bytes())
            }
            Run::Word(word) => Some(word),
        }
    }
}

impl<'a> Recipe<'a> {
    pub fn parse(bytes: &'a [u8]) -> Option<Recipe<'a>> {
        let end = bytes.windows(2).position(|pair| pair == [0, 0])?;
        let recipe = Recipe { words: &bytes[..end], files: &bytes[end + 2..] };
        recipe.runs().all(|run| (0..run.len()).all(|at| run.word(at).is_some())).then_some(recipe)
    }

    fn runs(self) -> impl Iterator<Item = Run<'a>> {
        self.words.split(|&b| b == 0).map(Run::of)
    }

    fn words(self) -> impl Iterator<Item = &'a [u8]> {
        self.runs().flat_map(|run| (0..run.len()).filter_map(move |at| run.word(at)))
    }

    pub fn folder(self) -> &'a [u8] {
        self.words().next().unwrap_or_default()
    }

    pub fn arguments(self) -> impl Iterator<Item = &'a [u8]> {
        self.words().skip(1)
    }

    pub fn files(self) -> impl Iterator<Item = u64> {
        self.files.chunks_exact(8).filter_map(|hash| Some(u64::from_le_bytes(hash.try_into().ok()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;

    fn written(words: &[&str], files: &[u64]) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(words.iter().map(|word| word.as_bytes()), files, &mut bytes);
        bytes
    }

    #[test]
    fn recipes_are_read_as_they_were_written() {
        let words = [
            "/folder", "-cc1", "-x", "c", "own", "\u{1}odd", "\u{2}odd", "-O0", "", "-I", "\u{1}", "-D",
            "A=\u{1}", "-Wall",
        ];
        let files = [1, u64::MAX];
        for count in 1..=words.len() {
            let expected: Vec<&[u8]> = words[..count].iter().map(|w| w.as_bytes()).collect();
            let bytes = written(&words[..count], &files);
            let recipe = Recipe::parse(&bytes).unwrap();
            assert_eq!(recipe.folder(), expected[0]);
            assert_eq!(recipe.arguments().collect::<Vec<_>>(), expected[1..]);
            assert_eq!(recipe.files().collect::<Vec<_>>(), files);
        }
    }

    #[test]
    fn common_words_are_short() {
        let words = ["/folder", "-cc1", "-disable-free", "-emit-obj"];
        assert_eq!(written(&words, &[]).len(), "/folder".len() + 1 + 1 + 3 + 2);
    }

    #[test]
    fn a_number_of_no_word_is_no_recipe() {
        assert!(Recipe::parse(b"/folder\0\x01\xff\0\0").is_none());
    }
}
