//! Puts templates into a session: a whole batch goes into one piece of the arena, with one unwind table, and its functions
//! call each other directly.

use crate::arena::Arena;
use crate::islands::Islands;
use crate::layout::LEA;
use crate::llvm::Failure;
use crate::loaded::Loaded;
use crate::module::Module;
use crate::stub;
use crate::template::{Kind, Symbol, Template};
use autojit_protocol::late::MISSING;
use autojit_protocol::payload::{FUNCTION_BOUND_HERE, FUNCTION_PUBLIC};

/// Where code of one module goes.
pub struct Site<'a> {
    pub arena: &'a mut Arena,
    pub islands: &'a mut Islands,
    pub loaded: &'a mut Loaded,
    pub module: &'a Module,
}

/// The unwind table of what was placed: zero-terminated, or 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Frames {
    pub address: u64,
    pub size: u64,
}

const TERMINATOR: usize = 4;

impl Site<'_> {
    /// Places templates; the addresses of their bodies are then known to `loaded`.
    pub fn place(&mut self, templates: &[Template]) -> Result<Frames, Failure> {
        let mut starts = Vec::with_capacity(templates.len());
        let (mut size, mut alignment) = (0, 16);
        for template in templates {
            size = usize::next_multiple_of(size, template.code_alignment);
            starts.push(size);
            size += template.code().len();
            alignment = alignment.max(template.code_alignment);
        }
        let frames_start = size.next_multiple_of(8);
        let frames_size: usize = templates.iter().map(|template| template.frames().len()).sum();
        size = frames_start + if frames_size > 0 { frames_size + TERMINATOR } else { 0 };
        // SAFETY: the arena is borrowed for longer than this function runs.
        let claimed = unsafe { self.arena.claim(size, alignment) };
        let (memory, address) = claimed.ok_or(Failure::NoRoom)?;
        for (template, start) in templates.iter().zip(&starts) {
            for (function, offset) in template.bodies() {
                self.loaded.set_code(function, address + *start as u64 + u64::from(offset));
            }
        }
        let mut frames = frames_start;
        for (template, start) in templates.iter().zip(&starts) {
            let result = self.fill(template, memory, address, *start, frames);
            if let Err(failure) = result {
                // What is not complete must not be called. (Its room is lost.)
                templates.iter().flat_map(Template::bodies).for_each(|(f, _)| self.loaded.forget_code(f));
                return Err(failure);
            }
            frames += template.frames().len();
        }
        if frames_size == 0 {
            return Ok(Frames::default());
        }
        memory[frames..frames + TERMINATOR].fill(0);
        Ok(Frames { address: address + frames_start as u64, size: (frames_size + TERMINATOR) as u64 })
    }

    /// Copies a template and fills in its addresses. It was checked, so that all places are within it.
    fn fill(
        &mut self,
        template: &Template,
        memory: &mut [u8],
        address: u64,
        start: usize,
        frames: usize,
    ) -> Result<(), Failure> {
        let code = template.code();
        memory[start..start + code.len()].copy_from_slice(code);
        memory[frames..frames + template.frames().len()].copy_from_slice(template.frames());
        let own = address + start as u64;
        let symbols: Vec<Symbol> = template.symbols().collect();
        // Most symbols have several references: what is called, and what is pointed to.
        let mut known: Vec<[u64; 2]> = vec![[0; 2]; symbols.len()];
        for fixup in template.fixups() {
            let at = if fixup.in_frames { frames } else { start } + fixup.at;
            let place = address + at as u64;
            let addend = i64::from(fixup.addend);
            let relative = |target: u64| target.wrapping_add_signed(addend).wrapping_sub(place);
            let is_call = fixup.kind == Kind::Call;
            let mut symbol = || -> Result<u64, Failure> {
                let slot = &mut known[fixup.symbol as usize][usize::from(is_call)];
                if *slot == 0 {
                    *slot = self.resolve(symbols[fixup.symbol as usize], is_call)?;
                }
                Ok(*slot)
            };
            let value = match fixup.kind {
                Kind::OwnAbsolute => own.wrapping_add_signed(addend),
                Kind::OwnRelative32 | Kind::OwnRelative64 => relative(own),
                Kind::Absolute => symbol()?.wrapping_add_signed(addend),
                Kind::Relative32 | Kind::Relative64 => relative(symbol()?),
                Kind::Call => {
                    let target = symbol()?;
                    relative(if self.is_near(target) { target } else { self.jump(target)? })
                }
                Kind::Load => {
                    let target = symbol()?;
                    if self.is_near(target) {
                        memory[at - 2] = LEA;
                        relative(target)
                    } else {
                        relative(self.cell(target)?)
                    }
                }
                Kind::Cell => {
                    let target = symbol()?;
                    relative(self.cell(target)?)
                }
            };
            let width = fixup.kind.width();
            if width == 4 && i32::try_from(value as i64).is_err() {
                return Err(Failure::Refused("a reference is out of reach".to_owned()));
            }
            memory[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
        }
        Ok(())
    }

    /// Whether an address is in reach of a 32-bit displacement from anywhere in the arena.
    fn is_near(&self, address: u64) -> bool {
        const REACH: u64 = (1 << 31) - 4096;
        let (low, high) = self.arena.bounds();
        address.abs_diff(low) < REACH && address.abs_diff(high) < REACH
    }

    fn cell(&mut self, value: u64) -> Result<u64, Failure> {
        self.islands.cell(self.arena, value).ok_or(Failure::NoRoom)
    }

    fn jump(&mut self, target: u64) -> Result<u64, Failure> {
        self.islands.jump(self.arena, target).ok_or(Failure::NoRoom)
    }

    /// The address of a symbol: docs/architecture.md, section 6. A private function has no address that a program could
    /// compare, so that any entry to it will do; it may be referred to by other than calls, under -fno-plt.
    pub fn resolve(&mut self, symbol: Symbol, is_call: bool) -> Result<u64, Failure> {
        let entry = symbol.function.and_then(|index| Some((index, self.module.function(index)?.flags)));
        if let Some((index, flags)) = entry {
            let is_private = flags & FUNCTION_PUBLIC == 0;
            let is_bound_here = is_private || flags & FUNCTION_BOUND_HERE != 0;
            if is_bound_here && (is_call || is_private) {
                if let Some(code) = self.loaded.code(index) {
                    return Ok(code);
                }
                if symbol.import.is_none() {
                    return self.call_stub(index);
                }
            }
        }
        let import = symbol.import.and_then(|import| self.loaded.imports.get(import as usize));
        if let (Some(&MISSING), Some(index)) = (import, symbol.import) {
            return Err(Failure::Missing(self.module.import_name(index).to_owned()));
        }
        import.copied().ok_or_else(|| {
            let name = entry.map_or("?", |(index, _)| self.module.function_name(index));
            Failure::Refused(format!("nothing is known of the symbol {name}"))
        })
    }

    fn call_stub(&mut self, index: u32) -> Result<u64, Failure> {
        if let Some(known) = self.loaded.call_stub(index) {
            return Ok(known);
        }
        let code = stub::call_stub(self.loaded.slot_address(index), self.loaded.trampoline);
        let address = self.arena.write(&code, stub::ALIGNMENT).ok_or(Failure::NoRoom)?;
        self.loaded.set_call_stub(index, address);
        Ok(address)
    }
}
