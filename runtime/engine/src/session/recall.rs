//! Warm start over all modules: what the image used of them when it ran before is placed with its first request.

use super::{Answer, MAX_FIXUPS, Refusal, Session, add_fixups, bad_request, write_fixups};
use crate::batch::{Batch, Choice, Part, Source};
use crate::image::{Image, Known};
use crate::loaded::{Loaded, Place};
use crate::log::log;
use crate::module::Module;
use crate::place::Frames;
use crate::profile::Expected;
use crate::record::Placed;
use crate::template::Template;
use autojit_protocol::control::{ANSWERS, Announcement, BUFFER_SIZE, Fixup, Recalled, Request, filled_words};
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// How many recalled modules are named at a time.
const MOST_RECALLED: usize = ANSWERS / size_of::<Recalled>();

/// So many functions later sessions get at once: to place one that is not used costs a fifth of a request. Servers have children that do
/// this and that, and what the first of them used is what most of them need.
const MOST_IN_LATER: usize = 1000;

impl Session {
    /// The other modules of the image, as far as they are remembered.
    fn known(&self) -> Vec<Known> {
        let first = self.modules.first().and_then(|loaded| loaded.module.as_ref());
        let of = |module: &Arc<Module>| {
            let images = module.images.lock().unwrap_or_else(PoisonError::into_inner);
            images.modules(self.identity.image).to_vec()
        };
        first.map(of).unwrap_or_default()
    }

    pub(super) fn has_more(&self) -> bool {
        self.engine.warm_start && !self.known().is_empty()
    }

    /// Names the modules from `first` on.
    pub(super) fn recall(&self, first: usize) -> [u64; 4] {
        let base = self.modules.first().map_or(0, |loaded| loaded.place().record);
        let mut bytes = Vec::new();
        let known = self.known();
        for module in known.iter().skip(first).take(MOST_RECALLED) {
            // One that left memory comes when it is asked for: with its payload.
            let is_warm = self.engine.warm.get(&module.hash).is_some();
            let record = if is_warm { base.wrapping_add_signed(module.distance) } else { 0 };
            bytes.extend_from_slice(&record.to_le_bytes());
            bytes.extend_from_slice(&module.hash[..8]);
        }
        [(self.control.write_buffer(&bytes) / size_of::<Recalled>()) as u64, known.len() as u64, 0, 0]
    }

    pub(super) fn open_recalled(&mut self, request: &Request) -> Answer {
        let began = Instant::now();
        let [size, generation, ..] = request.args;
        let bytes = usize::try_from(size).ok().filter(|size| *size <= BUFFER_SIZE - ANSWERS);
        let bytes = bytes.and_then(|size| self.control.read_buffer(ANSWERS + size));
        let bytes = bytes.ok_or_else(|| bad_request("too many announcements"))?;
        let mut rest = bytes.get(ANSWERS..).unwrap_or_default();
        let first = self.modules.len();
        for _ in 0..request.count {
            rest = self.open_announced(rest)?;
        }
        let mut fixups = Vec::new();
        for (number, loaded) in self.modules.iter_mut().enumerate().skip(first) {
            // One that has just left memory is opened once more when it is asked for.
            if loaded.module.is_none() {
                continue;
            }
            let word = loaded.place().slots.wrapping_sub(size_of::<u64>() as u64);
            fixups.push(Fixup { slot: word, code: generation << 32 | (number as u64 + 1) });
            // What follows is what a first request would have brought.
            loaded.is_fresh = false;
            loaded.is_recalled = true;
        }
        let opened = fixups.len();
        let frames = self.place_expected(first, MAX_FIXUPS.saturating_sub(opened));
        for loaded in &self.modules[first..] {
            add_fixups(&mut fixups, loaded, 0, None);
        }
        let count = write_fixups(&self.control, &fixups);
        let total = began.elapsed();
        self.note_recalled(first, frames, began, total);
        let functions = count.saturating_sub(opened);
        self.engine.statistics.count_ahead(functions);
        log!("session {}: recalled {opened} modules, {functions} functions, {total:?}", self.number);
        Ok([0, frames.address, frames.size, count as u64])
    }

    /// Opens the module that is announced first, and returns what follows.
    fn open_announced<'b>(&mut self, bytes: &'b [u8]) -> Result<&'b [u8], Refusal> {
        let cut = || bad_request("an announcement is cut off");
        let (head, rest) = bytes.split_at_checked(size_of::<Announcement>()).ok_or_else(cut)?;
        // SAFETY: as many bytes as an Announcement has, of which any are valid; no alignment needed.
        let announced = unsafe { head.as_ptr().cast::<Announcement>().read_unaligned() };
        let Announcement { hash, payload_size, slots, trampoline, record, slot_count, import_count } =
            announced;
        let imports_size = (import_count as usize).checked_mul(8).ok_or_else(cut)?;
        let (imports, rest) = rest.split_at_checked(imports_size).ok_or_else(cut)?;
        let (filled, rest) = rest.split_at_checked(filled_words(slot_count) * 8).ok_or_else(cut)?;
        let sizes = (slot_count, import_count, payload_size);
        let number = self.open(hash, sizes, Place { slots, trampoline, record })?;
        let words = |bytes: &[u8]| -> Vec<u64> {
            bytes.as_chunks::<8>().0.iter().map(|word| u64::from_le_bytes(*word)).collect()
        };
        let loaded = self.loaded(number as u32)?;
        loaded.take_imports(words(imports).into_iter());
        loaded.filled = words(filled);
        Ok(rest)
    }

    /// Places what the image will probably use of the modules from `first` on, if that is compiled: at most so many
    /// functions.
    fn place_expected(&mut self, first: usize, most: usize) -> Frames {
        let mut left = most;
        let (mut modules, mut choices) = (Vec::new(), Vec::new());
        for loaded in &mut self.modules[first..] {
            let Some(module) = loaded.ready().cloned() else { continue };
            let Expected { mut functions, is_own } = self.identity.expected(&module);
            functions.retain(|function| !loaded.is_filled(*function));
            functions.truncate(left);
            left -= functions.len();
            self.recalled += functions.len();
            if !is_own {
                loaded.note_used(&functions);
            }
            choices.push(Choice { module: module.hash, functions });
            modules.push(module);
        }
        let ready: Vec<&Loaded> = self.modules[first..].iter().filter(|l| l.ready().is_some()).collect();
        // Or else no other image can have it.
        let is_usual = !ready.iter().zip(&modules).any(|(loaded, module)| loaded.has_overridden(module));
        let known = if is_usual { self.engine.batches.get(&choices) } else { None };
        let batch = known.unwrap_or_else(|| self.make_batch(&ready, &modules, choices, is_usual));
        let ready = self.modules[first..].iter_mut().filter(|loaded| loaded.ready().is_some());
        let mut parts: Vec<_> = ready.zip(&modules).map(|(loaded, module)| Part { loaded, module }).collect();
        let placed = batch.place(&mut self.arena, &mut self.islands, &mut parts);
        if self.engine.ahead.distance() > 0 {
            self.new_modules.extend(modules);
        }
        placed.unwrap_or_else(|failure| {
            // Nothing is lost: each function comes when it is called, and its problem with it.
            log!("session {}: not recalled: {failure}", self.number);
            Frames::default()
        })
    }

    /// `keeps`: for other images, if it is complete.
    fn make_batch(
        &self,
        loaded: &[&Loaded],
        modules: &[Arc<Module>],
        choices: Vec<Choice>,
        keeps: bool,
    ) -> Arc<Batch> {
        let compiled =
            |(module, choice): (&Arc<Module>, &Choice)| module.ready_templates(&choice.functions, |_| true);
        let templates: Vec<Vec<Template>> = modules.iter().zip(&choices).map(compiled).collect();
        let parts = loaded.iter().zip(modules).zip(&templates);
        let parts: Vec<Source<'_>> =
            parts.map(|((loaded, module), templates)| Source { loaded, module, templates }).collect();
        let batch = Arc::new(Batch::of(&parts));
        let is_compiled = |(module, choice): (&Arc<Module>, &Choice)| module.are_done(&choice.functions);
        if keeps && modules.iter().zip(&choices).all(is_compiled) {
            self.engine.batches.keep(choices, batch.clone());
        }
        batch
    }

    fn note_recalled(&mut self, first: usize, frames: Frames, began: Instant, total: Duration) {
        let Some(recorder) = &mut self.recorder else { return };
        for loaded in &self.modules[first..] {
            let Some(module) = &loaded.module else { continue };
            let placed = Placed {
                loaded,
                module,
                asked: None,
                functions: loaded.linked(),
                frames,
                was_compiled: false,
                was_expected: true,
                began,
                compiled: Duration::ZERO,
                total,
                thread: 0,
            };
            recorder.placed(&placed, &self.arena, &self.engine.compared);
        }
    }

    /// The next run starts with what this one used: a process with what its children used, too, and they with what others of
    /// them did.
    pub(super) fn remember(&self) {
        let most = match self.identity.origin {
            None => usize::MAX,
            Some(_) => MOST_IN_LATER.saturating_sub(self.recalled),
        };
        let own = self.modules.first().and_then(|first| Some((first.module.as_ref()?, first.place().record)));
        if let Some((first, record)) = own {
            self.remember_as(self.identity.image, (first, record), most);
        }
        if let Some(origin) = &self.identity.origin
            && let Some(first) = self.engine.warm.get(&origin.module)
        {
            self.remember_as(origin.image, (&first, origin.record), most);
        }
    }

    /// `first`: the module that asks first in such an image, and the address of its record. `most`: so many functions.
    fn remember_as(&self, image: Image, (first, record): (&Module, u64), most: usize) {
        let mut known = Vec::new();
        let mut left = most;
        for loaded in &self.modules {
            let Some(module) = &loaded.module else { continue };
            let used = &loaded.used()[..loaded.used().len().min(left)];
            left -= used.len();
            self.engine.remember(module, image, used);
            let is_worth = if most == usize::MAX { !loaded.linked().is_empty() } else { !used.is_empty() };
            let place = loaded.place().record;
            if is_worth && place != 0 && place != record {
                known.push(Known { hash: loaded.hash, distance: place.wrapping_sub(record) as i64 });
            }
        }
        self.engine.remember_modules(first, image, &known);
    }
}
