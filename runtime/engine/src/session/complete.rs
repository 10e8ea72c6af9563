//! A process that is about to lock itself in: all functions of its modules, whether they are called or not.

use super::{Answer, MAX_FIXUPS, Session, add_fixups, bad_request, place_together, write_fixups};
use crate::module::Code;
use crate::place::Site;
use crate::record::Placed;
use crate::records;
use crate::template::Template;
use autojit_protocol::control::Request;
use std::time::Instant;

impl Session {
    pub(super) fn image_records(&mut self, request: &Request) -> [u64; 4] {
        let of_file = || self.pid.map(|pid| records::of_process(pid, request.args[0])).unwrap_or_default();
        let records = self.records.get_or_insert_with(of_file);
        let rest = records.iter().skip(request.index as usize);
        let bytes: Vec<u8> = rest.flat_map(|record| record.to_le_bytes()).collect();
        [(self.control.write_buffer(&bytes) / 8) as u64, 0, 0, 0]
    }

    /// Compiles what is missing of a module, and places all that is not placed yet in one piece. What can't be is left: the client
    /// asks for it by itself.
    pub(super) fn complete(&mut self, number: u32) -> Answer {
        let began = Instant::now();
        let engine = self.engine.clone();
        let loaded = self.modules.get_mut(number as usize).ok_or_else(|| bad_request("unknown module"))?;
        let module = loaded.ready().cloned().ok_or_else(|| bad_request("the module is not complete"))?;
        let missing: Vec<u32> = (0..loaded.slot_count)
            .filter(|&function| loaded.code(function).is_none())
            .take(MAX_FIXUPS)
            .collect();
        let mut some: Option<Template> = None;
        let mut was_compiled = false;
        for &function in &missing {
            let (code, is_new) = engine.code(&module, function);
            was_compiled |= is_new;
            if let Ok(Code::Template(template)) = code {
                some = Some(template);
            }
        }
        let Some(template) = some else { return Ok([0; 4]) };
        let compiled = began.elapsed();
        let before = loaded.linked().len();
        let mut site = Site { arena: &mut self.arena, islands: &mut self.islands, loaded, module: &module };
        // No room for all of them: one by one there may be, or in an arena of their own.
        let Ok(frames) = place_together(&mut site, &template, &missing) else { return Ok([0; 4]) };
        let mut along = Vec::new();
        add_fixups(&mut along, loaded, before, None);
        let fixups = write_fixups(&self.control, &along);
        if let Some(recorder) = &mut self.recorder {
            let placed = Placed {
                loaded,
                module: &module,
                asked: None,
                functions: &loaded.linked()[before..],
                frames,
                was_compiled,
                was_expected: false,
                began,
                compiled,
                total: began.elapsed(),
                thread: 0,
            };
            recorder.placed(&placed, &self.arena, &engine.compared);
        }
        Ok([0, frames.address, frames.size, fixups as u64])
    }
}
