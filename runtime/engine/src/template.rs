//! Compiled functions in the form in which they are kept: laid out, with everything resolved that does not depend on
//! the session. To put one into a session is to copy its bytes and to fill in addresses, about a microsecond.
//!
//! The alternative, to keep relocatable objects and to link each with JITLink in every session, costs twenty
//! microseconds a function: a program of 2,600 functions then takes 50 ms to start, twice as long as it runs.
//!
//! ```text
//!   u32 code_size, code_alignment, frames_size, body_count, symbol_count, fixup_count
//!   u32 key[4]                      what the code depends on, or zeros
//!   u32 bodies[body_count][2]       function, offset in the code
//!   u32 symbols[symbol_count][2]    function of the module or NONE, import of the module or NONE
//!   u32 fixups[fixup_count][3]      place, kind and symbol, addend
//!   u8  code[code_size]             with constants
//!   u8  frames[frames_size]         .eh_frame without its terminator
//! ```
//!
//! Templates come from the disk as well as from the compiler: [`Template::parse`] checks everything, so that linking
//! need not.

use std::ops::Range;
use std::sync::Arc;

/// Marks that a symbol is no function, or no import, of the module.
pub const NONE: u32 = u32::MAX;

/// In a fixup's place: it is in the frames and not in the code.
pub const IN_FRAMES: u32 = 1 << 31;

const HEADER: usize = 24 + size_of::<Key>();
/// Bytes of a body, a symbol and a fixup.
const BODY: usize = 8;
const SYMBOL: usize = 8;
const FIXUP: usize = 12;

const MAX_SYMBOLS: u32 = 1 << 24;
const MAX_ALIGNMENT: u32 = 4096;

/// What the code of a function depends on, as a number: functions of different modules with one key have the same code but for
/// the numbers of their symbols.
pub type Key = [u32; 4];

/// What to write at a place. P is the place's address, S the symbol's, A the addend.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 32 bits, S + A - P, where S is any entry to the function.
    Call = 0,
    /// 32 bits of a `mov foo@GOTPCREL(%rip), %reg`, which can become a `lea`.
    Load = 1,
    /// 32 bits, G + A - P, where G is a word that holds S.
    Cell = 2,
    /// 64 bits, S + A.
    Absolute = 3,
    /// 32 bits, S + A - P.
    Relative32 = 4,
    /// 64 bits, S + A - P.
    Relative64 = 5,
    /// 64 bits, start of the code + A.
    OwnAbsolute = 6,
    /// 32 bits, start of the code + A - P; in the frames.
    OwnRelative32 = 7,
    /// 64 bits, start of the code + A - P; in the frames.
    OwnRelative64 = 8,
}

impl Kind {
    fn from(raw: u8) -> Option<Kind> {
        use Kind::*;
        let all =
            [Call, Load, Cell, Absolute, Relative32, Relative64, OwnAbsolute, OwnRelative32, OwnRelative64];
        all.into_iter().find(|kind| *kind as u8 == raw)
    }

    pub fn width(self) -> usize {
        match self {
            Kind::Absolute | Kind::Relative64 | Kind::OwnAbsolute | Kind::OwnRelative64 => 8,
            _ => 4,
        }
    }

    fn is_own(self) -> bool {
        matches!(self, Kind::OwnAbsolute | Kind::OwnRelative32 | Kind::OwnRelative64)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixup {
    pub in_frames: bool,
    pub at: usize,
    pub kind: Kind,
    pub symbol: u32,
    pub addend: i32,
}

impl Fixup {
    fn words(self) -> [u32; 3] {
        let place = self.at as u32 | if self.in_frames { IN_FRAMES } else { 0 };
        [place, u32::from(self.kind as u8) << 24 | self.symbol, self.addend as u32]
    }
}

/// What a symbol is in its module; resolved in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Symbol {
    pub function: Option<u32>,
    pub import: Option<u32>,
}

impl Symbol {
    fn words(self) -> [u32; 2] {
        [self.function.unwrap_or(NONE), self.import.unwrap_or(NONE)]
    }
}

/// A template in the making.
#[derive(Default)]
pub struct Parts {
    /// Or zeros.
    pub key: Key,
    pub code: Vec<u8>,
    pub code_alignment: u32,
    pub frames: Vec<u8>,
    /// Function and its offset in the code.
    pub bodies: Vec<(u32, u32)>,
    pub symbols: Vec<Symbol>,
    pub fixups: Vec<Fixup>,
}

impl Parts {
    pub fn bytes(&self) -> Vec<u8> {
        let words = HEADER / 4 + self.bodies.len() * 2 + self.symbols.len() * 2 + self.fixups.len() * 3;
        let mut bytes = Vec::with_capacity(words * 4 + self.code.len() + self.frames.len());
        let mut put =
            |words: &[u32]| words.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
        put(&[self.code.len() as u32, self.code_alignment, self.frames.len() as u32]);
        put(&[self.bodies.len() as u32, self.symbols.len() as u32, self.fixups.len() as u32]);
        put(&self.key);
        self.bodies.iter().for_each(|(function, offset)| put(&[*function, *offset]));
        self.symbols.iter().for_each(|symbol| put(&symbol.words()));
        self.fixups.iter().for_each(|fixup| put(&fixup.words()));
        bytes.extend_from_slice(&self.code);
        bytes.extend_from_slice(&self.frames);
        bytes
    }
}

/// A part of a buffer that holds one template, or many. Cheap to clone.
#[derive(Clone)]
pub struct Template {
    store: Arc<Vec<u8>>,
    all: Range<usize>,
    bodies: Range<usize>,
    symbols: Range<usize>,
    fixups: Range<usize>,
    code: Range<usize>,
    frames: Range<usize>,
    pub code_alignment: usize,
}

fn word(bytes: &[u8], index: usize) -> u32 {
    let (words, _) = bytes.as_chunks::<4>();
    words.get(index).map_or(0, |word| u32::from_le_bytes(*word))
}

impl Template {
    /// The template in `all` of the buffer, for a module of so many functions and imports. `None` if it is damaged.
    pub fn parse(store: Arc<Vec<u8>>, all: Range<usize>, functions: u32, imports: u32) -> Option<Template> {
        let header = store.get(all.clone())?.get(..HEADER)?;
        let [code, alignment, frames, bodies, symbols, fixups] = [0, 1, 2, 3, 4, 5].map(|i| word(header, i));
        let mut at = all.start + HEADER;
        let mut take = |size: usize| {
            let range = at..at.checked_add(size).filter(|end| *end <= all.end)?;
            at = range.end;
            Some(range)
        };
        let template = Template {
            bodies: take((bodies as usize).checked_mul(BODY)?)?,
            symbols: take((symbols as usize).checked_mul(SYMBOL)?)?,
            fixups: take((fixups as usize).checked_mul(FIXUP)?)?,
            code: take(code as usize)?,
            frames: take(frames as usize)?,
            code_alignment: alignment as usize,
            all: all.clone(),
            store,
        };
        let is_whole = at == all.end;
        let is_aligned = alignment.is_power_of_two() && alignment <= MAX_ALIGNMENT;
        let good = is_whole
            && is_aligned
            && code < IN_FRAMES
            && frames < IN_FRAMES
            && symbols < MAX_SYMBOLS
            && bodies > 0
            && template.bodies().all(|(function, offset)| function < functions && offset < code)
            && template.symbols().all(|s| {
                s.function.is_none_or(|function| function < functions) && s.import.is_none_or(|i| i < imports)
            })
            && template.fixup_words().all(|words| template.is_sound(words, symbols));
        good.then_some(template)
    }

    fn is_sound(&self, words: [u32; 3], symbols: u32) -> bool {
        let Some(kind) = Kind::from((words[1] >> 24) as u8) else { return false };
        let fixup = decode(words, kind);
        let segment = if fixup.in_frames { self.frames.len() } else { self.code.len() };
        fixup.at + kind.width() <= segment
            && (kind.is_own() || fixup.symbol < symbols)
            && (kind != Kind::Load || (!fixup.in_frames && fixup.at >= 2))
    }

    /// The same code as that of a function of another module, of so many functions and imports, with the symbols that this one has. `None` if
    /// there is more in it than one function.
    pub fn adapted(
        &self,
        function: u32,
        symbols: &[Symbol],
        functions: u32,
        imports: u32,
    ) -> Option<Template> {
        if self.bodies.len() != BODY || symbols.len() != self.symbols.len() / SYMBOL {
            return None;
        }
        let mut bytes = self.bytes().to_vec();
        let at = |range: &Range<usize>| range.start - self.all.start;
        let mut put = |at: usize, words: &[u32]| {
            bytes[at..]
                .iter_mut()
                .zip(words.iter().flat_map(|w| w.to_le_bytes()))
                .for_each(|(to, byte)| *to = byte);
        };
        put(at(&self.bodies), &[function]);
        let symbols: Vec<u32> = symbols.iter().flat_map(|symbol| symbol.words()).collect();
        put(at(&self.symbols), &symbols);
        let all = 0..bytes.len();
        Template::parse(Arc::new(bytes), all, functions, imports)
    }

    /// What the code depends on, if that is known.
    pub fn key(&self) -> Option<Key> {
        let header = &self.store[self.all.clone()][..HEADER];
        let key = [6, 7, 8, 9].map(|index| word(header, index));
        (key != Key::default()).then_some(key)
    }

    /// The template as it is kept.
    pub fn bytes(&self) -> &[u8] {
        &self.store[self.all.clone()]
    }

    pub fn code(&self) -> &[u8] {
        &self.store[self.code.clone()]
    }

    pub fn frames(&self) -> &[u8] {
        &self.store[self.frames.clone()]
    }

    /// Functions that it has the bodies of, and their offsets in the code.
    pub fn bodies(&self) -> impl Iterator<Item = (u32, u32)> {
        let (pairs, _) = self.store[self.bodies.clone()].as_chunks::<BODY>();
        pairs.iter().map(|pair| (word(pair, 0), word(pair, 1)))
    }

    pub fn symbols(&self) -> impl ExactSizeIterator<Item = Symbol> {
        let (pairs, _) = self.store[self.symbols.clone()].as_chunks::<SYMBOL>();
        let given = |value: u32| (value != NONE).then_some(value);
        pairs.iter().map(move |pair| Symbol { function: given(word(pair, 0)), import: given(word(pair, 1)) })
    }

    /// What the code calls, in the order of the places in it: what is unlikely stands last.
    pub fn calls(&self) -> impl Iterator<Item = Symbol> {
        let symbols: Vec<Symbol> = self.symbols().collect();
        let mut calls: Vec<Fixup> = self.fixups().filter(|f| f.kind == Kind::Call && !f.in_frames).collect();
        calls.sort_unstable_by_key(|fixup| fixup.at);
        calls.into_iter().filter_map(move |fixup| symbols.get(fixup.symbol as usize).copied())
    }

    fn fixup_words(&self) -> impl Iterator<Item = [u32; 3]> {
        let (triples, _) = self.store[self.fixups.clone()].as_chunks::<FIXUP>();
        triples.iter().map(|triple| [word(triple, 0), word(triple, 1), word(triple, 2)])
    }

    pub fn fixups(&self) -> impl Iterator<Item = Fixup> {
        // Kinds were checked.
        self.fixup_words().filter_map(|words| Some(decode(words, Kind::from((words[1] >> 24) as u8)?)))
    }
}

fn decode(words: [u32; 3], kind: Kind) -> Fixup {
    Fixup {
        in_frames: words[0] & IN_FRAMES != 0,
        at: (words[0] & !IN_FRAMES) as usize,
        kind,
        symbol: words[1] & (MAX_SYMBOLS - 1),
        addend: words[2] as i32,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts() -> Parts {
        Parts {
            key: [1, 2, 3, 4],
            code: vec![0x90; 32],
            code_alignment: 16,
            frames: vec![1; 24],
            bodies: vec![(3, 0), (1, 16)],
            symbols: vec![
                Symbol { function: Some(2), import: None },
                Symbol { function: None, import: Some(0) },
            ],
            fixups: vec![
                Fixup { in_frames: false, at: 4, kind: Kind::Call, symbol: 1, addend: -4 },
                Fixup { in_frames: true, at: 8, kind: Kind::OwnRelative32, symbol: 0, addend: 16 },
            ],
        }
    }

    fn parse(bytes: Vec<u8>) -> Option<Template> {
        let size = bytes.len();
        Template::parse(Arc::new(bytes), 0..size, 4, 1)
    }

    #[test]
    fn a_template_is_read_back() {
        let parts = parts();
        let template = parse(parts.bytes()).unwrap();
        assert_eq!(template.code(), parts.code);
        assert_eq!(template.frames(), parts.frames);
        assert_eq!(template.bodies().collect::<Vec<_>>(), parts.bodies);
        assert_eq!(template.symbols().collect::<Vec<_>>(), parts.symbols);
        assert_eq!(template.fixups().collect::<Vec<_>>(), parts.fixups);
        assert_eq!(template.calls().collect::<Vec<_>>(), [parts.symbols[1]]);
        assert_eq!(template.bytes(), parts.bytes());
    }

    #[test]
    fn what_leaves_its_bounds_is_refused() {
        let broken = |change: fn(&mut Parts)| {
            let mut parts = parts();
            change(&mut parts);
            parse(parts.bytes()).is_none()
        };
        assert!(broken(|p| p.bodies[0].0 = 4));
        assert!(broken(|p| p.bodies[1].1 = 32));
        assert!(broken(|p| p.bodies.clear()));
        assert!(broken(|p| p.symbols[0].function = Some(4)));
        assert!(broken(|p| p.symbols[1].import = Some(1)));
        assert!(broken(|p| p.fixups[0].at = 29));
        assert!(broken(|p| p.fixups[0].symbol = 2));
        assert!(broken(|p| p.fixups[1].at = 21));
        assert!(broken(|p| p.fixups[0] = Fixup { at: 1, kind: Kind::Load, ..p.fixups[0] }));
        assert!(broken(|p| p.code_alignment = 3));
        assert!(broken(|p| p.code_alignment = 8192));
    }

    #[test]
    fn no_truncation_and_no_flipped_bit_is_a_danger() {
        let good = parts().bytes();
        for size in 0..good.len() {
            assert!(parse(good[..size].to_vec()).is_none(), "{size} bytes");
        }
        for bit in 0..good.len() * 8 {
            let mut bytes = good.clone();
            bytes[bit / 8] ^= 1 << (bit % 8);
            if let Some(template) = parse(bytes) {
                for fixup in template.fixups() {
                    let segment = if fixup.in_frames { template.frames() } else { template.code() };
                    assert!(fixup.at + fixup.kind.width() <= segment.len());
                }
            }
        }
    }
}
