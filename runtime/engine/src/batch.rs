//! Templates that go into a session together, made into one piece with one unwind table. The functions of a
//! module call each other directly; what is left to fill in are references to the rest of the session.
//!
//! A batch knows no addresses: the one that a program starts with is made once and placed in each of its runs.

use crate::arena::Arena;
use crate::frame_index;
use crate::islands::Islands;
use crate::layout::LEA;
use crate::llvm::Failure;
use crate::loaded::Loaded;
use crate::module::Module;
use crate::place::{Frames, Site};
use crate::template::{Fixup, Kind, Symbol, Template};
use autojit_protocol::Hash;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// What ends an `.eh_frame` section.
const TERMINATOR: usize = 4;

/// A function whose code is in the batch.
struct Body {
    part: u32,
    function: u32,
    offset: u32,
}

/// A symbol of a part.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Target {
    part: u32,
    symbol: Symbol,
    is_call: bool,
}

/// As in a template, but with places and own addresses counted from the batch's start.
struct Reference {
    at: u32,
    kind: Kind,
    target: u32,
    addend: i32,
}

#[derive(Default)]
pub struct Batch {
    /// Code, and behind it the unwind table and its index.
    bytes: Vec<u8>,
    frames_start: usize,
    frames_end: usize,
    alignment: usize,
    bodies: Vec<Body>,
    targets: Vec<Target>,
    references: Vec<Reference>,
}

/// A module that has code in a batch, as it is in a session.
pub struct Part<'a> {
    pub loaded: &'a mut Loaded,
    pub module: &'a Module,
}

/// A batch in the making.
struct Builder<'a> {
    batch: Batch,
    /// Offsets of functions, by part and function.
    offsets: FxHashMap<(u32, u32), u32>,
    numbers: FxHashMap<Target, u32>,
    parts: &'a [Source<'a>],
}

/// What a part of a batch is made of.
pub struct Source<'a> {
    pub loaded: &'a Loaded,
    pub module: &'a Module,
    pub templates: &'a [Template],
}

impl Batch {
    /// Templates of several modules. There is room for less than 2 GiB of code in a session.
    pub fn of(parts: &[Source<'_>]) -> Batch {
        let batch = Batch { alignment: 16, ..Batch::default() };
        let mut builder =
            Builder { batch, offsets: FxHashMap::default(), numbers: FxHashMap::default(), parts };
        let starts = builder.add_code();
        builder.add_references(&starts);
        let batch = &mut builder.batch;
        batch.frames_end = batch.bytes.len();
        if batch.frames_end > batch.frames_start {
            frame_index::add(&mut batch.bytes, batch.frames_start);
        }
        builder.batch
    }

    /// Places the code; the addresses of its functions are then known to each `loaded`. `parts`: as the batch was made of.
    pub fn place(
        &self,
        arena: &mut Arena,
        islands: &mut Islands,
        parts: &mut [Part<'_>],
    ) -> Result<Frames, Failure> {
        // SAFETY: the arena is borrowed for longer than this function runs.
        let claimed = unsafe { arena.claim(self.bytes.len(), self.alignment) };
        let (memory, address) = claimed.ok_or(Failure::NoRoom)?;
        memory.copy_from_slice(&self.bytes);
        for body in &self.bodies {
            parts[body.part as usize].loaded.set_code(body.function, address + u64::from(body.offset));
        }
        if let Err(failure) = self.fill(memory, address, arena, islands, parts) {
            // What is not complete must not be called. (Its room is lost.)
            for body in &self.bodies {
                parts[body.part as usize].loaded.forget_code(body.function);
            }
            return Err(failure);
        }
        let size = self.frames_end - self.frames_start;
        if size == 0 {
            return Ok(Frames::default());
        }
        Ok(Frames { address: address + self.frames_start as u64, size: size as u64 })
    }

    /// Fills in the references. Templates were checked, so that all places are within the memory.
    fn fill(
        &self,
        memory: &mut [u8],
        address: u64,
        arena: &mut Arena,
        islands: &mut Islands,
        parts: &mut [Part<'_>],
    ) -> Result<(), Failure> {
        let mut known = Vec::with_capacity(self.targets.len());
        for target in &self.targets {
            let Part { loaded, module } = &mut parts[target.part as usize];
            known.push(Site { arena, islands, loaded, module }.resolve(target.symbol, target.is_call)?);
        }
        let Some(Part { loaded, module }) = parts.first_mut() else { return Ok(()) };
        let mut site = Site { arena, islands, loaded, module };
        for Reference { at, kind, target, addend } in &self.references {
            let at = *at as usize;
            let place = address + at as u64;
            let relative = |to: u64| to.wrapping_add_signed(i64::from(*addend)).wrapping_sub(place);
            let symbol = known.get(*target as usize).copied().unwrap_or(0);
            let value = match kind {
                Kind::OwnAbsolute => address.wrapping_add_signed(i64::from(*addend)),
                Kind::OwnRelative32 | Kind::OwnRelative64 => relative(address),
                Kind::Absolute => symbol.wrapping_add_signed(i64::from(*addend)),
                Kind::Relative32 | Kind::Relative64 => relative(symbol),
                Kind::Call if site.is_near(symbol) => relative(symbol),
                Kind::Call => relative(site.jump(symbol)?),
                Kind::Load if site.is_near(symbol) => {
                    memory[at - 2] = LEA;
                    relative(symbol)
                }
                Kind::Load | Kind::Cell => relative(site.cell(symbol)?),
            };
            put(memory, at, *kind, value)?;
        }
        Ok(())
    }
}

/// Writes a value where the code has room for it.
fn put(memory: &mut [u8], at: usize, kind: Kind, value: u64) -> Result<(), Failure> {
    let width = kind.width();
    if width == 4 && i32::try_from(value as i64).is_err() {
        return Err(Failure::Refused("a reference is out of reach".to_owned()));
    }
    memory[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
    Ok(())
}

/// Where a template's code and unwind records start in the batch.
struct Start {
    code: usize,
    frames: usize,
}

impl<'a> Builder<'a> {
    fn add_code(&mut self) -> Vec<Start> {
        let mut starts = Vec::new();
        let batch = &mut self.batch;
        for (part, template) in templates(self.parts) {
            let code = batch.bytes.len().next_multiple_of(template.code_alignment);
            batch.bytes.resize(code, 0);
            batch.bytes.extend_from_slice(template.code());
            batch.alignment = batch.alignment.max(template.code_alignment);
            for (function, offset) in template.bodies() {
                let offset = code as u32 + offset;
                batch.bodies.push(Body { part, function, offset });
                self.offsets.insert((part, function), offset);
            }
            starts.push(Start { code, frames: 0 });
        }
        batch.bytes.resize(batch.bytes.len().next_multiple_of(8), 0);
        batch.frames_start = batch.bytes.len();
        for (start, (_, template)) in starts.iter_mut().zip(templates(self.parts)) {
            start.frames = batch.bytes.len();
            batch.bytes.extend_from_slice(template.frames());
        }
        if batch.bytes.len() > batch.frames_start {
            batch.bytes.extend_from_slice(&[0; TERMINATOR]);
        }
        starts
    }

    fn add_references(&mut self, starts: &[Start]) {
        for (start, (part, template)) in starts.iter().zip(templates(self.parts)) {
            let symbols: Vec<Symbol> = template.symbols().collect();
            for fixup in template.fixups() {
                self.add_reference(part, start, &symbols, fixup);
            }
        }
    }

    fn add_reference(&mut self, part: u32, start: &Start, symbols: &[Symbol], fixup: Fixup) {
        let Fixup { kind, addend, .. } = fixup;
        let at = if fixup.in_frames { start.frames } else { start.code } + fixup.at;
        let own = start.code as i64 + i64::from(addend);
        match kind {
            Kind::OwnRelative32 | Kind::OwnRelative64 => return self.settle(at, kind, own),
            Kind::OwnAbsolute => {
                self.batch.references.push(Reference { at: at as u32, kind, target: 0, addend: own as i32 });
                return;
            }
            _ => {}
        }
        let Some(&symbol) = symbols.get(fixup.symbol as usize) else { return };
        let is_call = kind == Kind::Call;
        let Source { loaded, module, .. } = &self.parts[part as usize];
        let inside = symbol.function.filter(|function| loaded.is_direct(module, *function, is_call));
        if let Some(offset) = inside.and_then(|function| self.offsets.get(&(part, function)).copied())
            && matches!(kind, Kind::Call | Kind::Load | Kind::Relative32 | Kind::Relative64)
        {
            if kind == Kind::Load {
                self.batch.bytes[at - 2] = LEA;
            }
            return self.settle(at, kind, i64::from(offset) + i64::from(addend));
        }
        let target = Target { part, symbol, is_call };
        let targets = &mut self.batch.targets;
        let number = *self.numbers.entry(target).or_insert_with(|| {
            targets.push(target);
            targets.len() as u32 - 1
        });
        self.batch.references.push(Reference { at: at as u32, kind, target: number, addend });
    }

    /// Fills in a distance that is the same wherever the batch goes: to `to`, counted from its start.
    fn settle(&mut self, at: usize, kind: Kind, to: i64) {
        let width = kind.width();
        let distance = (to - at as i64).to_le_bytes();
        self.batch.bytes[at..at + width].copy_from_slice(&distance[..width]);
    }
}

fn templates<'a>(parts: &'a [Source<'a>]) -> impl Iterator<Item = (u32, &'a Template)> + use<'a> {
    let numbered = parts.iter().enumerate();
    numbered.flat_map(|(part, source)| source.templates.iter().map(move |template| (part as u32, template)))
}

/// Batches that were made of what programs start with, the last used last.
#[derive(Default)]
pub struct Batches(Mutex<Vec<(Vec<Choice>, Arc<Batch>)>>);

/// Functions of a module. Their code is always the same.
#[derive(Clone, PartialEq, Eq)]
pub struct Choice {
    pub module: Hash,
    pub functions: Vec<u32>,
}

/// Batches that are kept. Each has as much code as a program uses.
const KEPT: usize = 16;

impl Batches {
    pub fn get(&self, choices: &[Choice]) -> Option<Arc<Batch>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = kept.iter().position(|(known, _)| known == choices)?;
        let found = kept.remove(at);
        let batch = found.1.clone();
        kept.push(found);
        Some(batch)
    }

    pub fn keep(&self, choices: Vec<Choice>, batch: Arc<Batch>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push((choices, batch));
        if kept.len() > KEPT {
            kept.remove(0);
        }
    }
}
