//! Warm start of an image with many modules: what it used of all of them when it ran before is linked with the first
//! request, in one piece. In a forked child, what other children needed beyond what their parent had.
//!
//! Module by module that takes three round trips for each. Here the daemon says where in the image it has seen which
//! modules, and gets all that opening them needs at once. It may be wrong (the program was linked anew): only what is a
//! record of the expected payload, in this image's memory, is opened.

use crate::announce;
use crate::image::Image;
use crate::lock::{Held, Runtime};
use crate::materialize::{self, Answer};
use crate::mem;
use crate::module::Function;
use crate::request::{self, Failure};
use autojit_protocol::control::{ANSWERS, Announcement, BUFFER_SIZE, Recalled, Request, filled_words, op};
use autojit_protocol::record::ModuleRecord;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

/// 1: the dynamic linker is done with the image, so that all import entries are what they will be.
static READY: AtomicU32 = AtomicU32::new(0);

/// Called before the image's constructors.
pub fn image_is_ready() {
    READY.store(1, Relaxed);
}

/// Whether the image and all that it needs are initialized but for its own constructors.
pub fn is_ready() -> bool {
    READY.load(Relaxed) != 0
}

/// Opens what the image will use, if the daemon knows anything.
pub fn recall_once(held: &Held) -> Result<(), Failure> {
    let is_due = held.with(|runtime| {
        let session = &mut runtime.session;
        let is_due = session.has_more && is_ready();
        session.has_more &= !is_due;
        is_due
    });
    if is_due && !held.nested && !announce::debugger_is_attached() { recall(held) } else { Ok(()) }
}

#[cold]
#[inline(never)]
fn recall(held: &Held) -> Result<(), Failure> {
    let Some(image) = Image::own() else { return Ok(()) };
    let mut index = 0;
    loop {
        let step = held.with(|runtime| open_some(runtime, &image, index))?;
        if let Some(answer) = step.answer {
            materialize::publish(held, &answer);
        }
        index += step.seen;
        if step.seen == 0 || index >= step.total {
            return Ok(());
        }
    }
}

struct Step {
    /// Modules that were looked at.
    seen: u32,
    total: u32,
    /// What came of those that were opened.
    answer: Option<Answer>,
}

/// Opens as many modules as the buffer has room for.
fn open_some(runtime: &mut Runtime, image: &Image, index: u32) -> Result<Step, Failure> {
    let [count, total, ..] = request::ask_at(runtime, op::RECALL, index, [0; 2])?;
    let total = total as u32;
    let count = (count as usize).min(ANSWERS / size_of::<Recalled>());
    let buffer = request::buffer(runtime.session.control);
    let (mut seen, mut opened, mut end) = (0, 0, ANSWERS);
    while seen < count {
        // SAFETY: as many are in the buffer in front of ANSWERS.
        let recalled = unsafe { buffer.cast::<Recalled>().add(seen).read_volatile() };
        if let Some(module) = find(image, &recalled).filter(|module| !module.is_open(runtime)) {
            let imports = end + size_of::<Announcement>();
            let filled = imports + module.record.import_count as usize * size_of::<u64>();
            let next = filled + filled_words(module.record.slot_count) * size_of::<u64>();
            if next > BUFFER_SIZE && opened > 0 {
                break;
            }
            if next <= BUFFER_SIZE {
                // SAFETY: there is room up to `next`; sizes are multiples of 8.
                unsafe {
                    write(&module, buffer.add(end).cast());
                    let count = module.record.import_count;
                    module.write_imports(Some(image), 0, count, buffer.add(imports).cast());
                    write_filled(&module, buffer.add(filled).cast());
                }
                end = next;
                opened += 1;
            }
        }
        seen += 1;
    }
    if opened == 0 {
        return Ok(Step { seen: seen as u32, total, answer: None });
    }
    let args = [(end - ANSWERS) as u64, u64::from(runtime.session.generation), 0, 0];
    let request = Request { op: op::OPEN_RECALLED, count: opened, args, ..Request::default() };
    let [_, table, _, fixups] = request::ask(runtime, &request)?.values;
    let requests = runtime.session.requests;
    let answer = Answer { code: 0, table: table as usize, fixups, requests };
    Ok(Step { seen: seen as u32, total, answer: Some(answer) })
}

/// # Safety
/// There is room at `to`.
unsafe fn write(module: &Function, to: *mut Announcement) {
    let record = module.record;
    // SAFETY: the caller's.
    unsafe {
        mem::copy((&raw mut (*to).hash).cast(), record.hash.as_ptr(), record.hash.len());
        (&raw mut (*to).payload_size).write(record.payload_size);
        (&raw mut (*to).slots).write(module.slots() as u64);
        (&raw mut (*to).trampoline).write(module.trampoline() as u64);
        (&raw mut (*to).record).write(module.address() as u64);
        (&raw mut (*to).slot_count).write(record.slot_count);
        (&raw mut (*to).import_count).write(record.import_count);
    }
}

/// Says which slots are filled.
///
/// # Safety
/// There is room for a bit for each slot, in words, at `to`.
unsafe fn write_filled(module: &Function, to: *mut u64) {
    let mut word = 0;
    let count = module.record.slot_count;
    for (function, slot) in module.all() {
        let bit = function.index % u64::BITS;
        word |= u64::from(slot.load(Relaxed) != 0) << bit;
        if bit == u64::BITS - 1 || function.index == count - 1 {
            // SAFETY: the caller's.
            unsafe { to.add((function.index / u64::BITS) as usize).write(word) };
            word = 0;
        }
    }
}

/// The module, if it is there and bound early.
fn find(image: &Image, recalled: &Recalled) -> Option<Function> {
    let address = usize::try_from(recalled.record).ok()?;
    if !image.contains(address, size_of::<ModuleRecord>()) {
        return None;
    }
    let module = Function::first_of_any(address as *const ModuleRecord)?;
    let is_same = module.record.hash.first_chunk() == Some(&recalled.hash);
    (is_same && module.record.late_offset == 0).then_some(module)
}
