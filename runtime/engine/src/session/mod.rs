//! A session: one image of one process. Answers its requests, one at a time, each checked before anything is done.

mod complete;
mod identity;
mod recall;

use crate::arena::Arena;
use crate::control::ControlMemory;
use crate::debug::{self, Debugging, Outside};
use crate::engine::Engine;
use crate::graph::Program;
use crate::islands::Islands;
use crate::llvm::Failure;
use crate::loaded::{Loaded, Place};
use crate::log::log;
use crate::module::{Code, Module};
use crate::place::{Frames, Site};
use crate::profile::Expected;
use crate::record::{Placed, Recorder};
use crate::template::Template;
use autojit_protocol::control::{BUFFER_SIZE, Fixup, Reply, Request, op, status};
use autojit_protocol::payload::{FunctionEntry, ImportEntry, STORED_SIZE};
use autojit_protocol::rendezvous::runtime_directory;
use autojit_protocol::{HASH_SIZE, Hash};
use identity::{Identity, Origin};
use rustix::process::Pid;
use std::io::Write;
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Instant;
use tempfile::{NamedTempFile, TempDir};

const MAX_PAYLOAD: u64 = 1 << 30;
const MAX_MODULES: usize = 1 << 20;

/// Functions near a wanted one that are linked with it if they are compiled.
const MOST_NEAR: usize = 64;

/// Slots that can be filled with one answer.
const MAX_FIXUPS: usize = BUFFER_SIZE / size_of::<Fixup>();

pub struct Session {
    number: u64,
    engine: Arc<Engine>,
    control: Arc<ControlMemory>,
    arena: Arena,
    islands: Islands,
    modules: Vec<Loaded>,
    identity: Identity,
    /// Functions that were placed because the image used them before.
    recalled: usize,
    /// The modules that belong together.
    program: Arc<Program>,
    /// What the last request has reached, and whether it had to be compiled.
    reached: Option<(Arc<Module>, u32, bool)>,
    /// Modules that `program` does not know yet.
    new_modules: Vec<Arc<Module>>,
    started: bool,
    /// The client has the control memory mapped.
    is_mapped: Arc<AtomicBool>,
    /// Told where each module has its slots.
    claim: Box<dyn Fn(Range<u64>) + Send>,
    /// Bytes of payloads that are not complete yet.
    incoming: u64,
    pid: Option<Pid>,
    debugging: Option<Debugging>,
    /// For symbols that no import table has. `None`: nothing is known of the process.
    outside: OnceLock<Option<Outside>>,
    /// Where the records of all modules of the image are, once that was asked.
    records: Option<Vec<u64>>,
    /// What valgrind reads: the description as a file of its own.
    described_file: Option<NamedTempFile>,
    /// Files that the client reads by their paths.
    backtraces: Vec<TempDir>,
    recorder: Option<Recorder>,
}

const MAX_BACKTRACES: usize = 4;

/// Why a request is not answered with OK.
struct Refusal {
    status: u32,
    message: String,
}

type Answer = Result<[u64; 4], Refusal>;

fn bad_request(message: &str) -> Refusal {
    Refusal { status: status::BAD_REQUEST, message: message.to_owned() }
}

fn bad_payload(message: &str) -> Refusal {
    Refusal { status: status::BAD_PAYLOAD, message: message.to_owned() }
}

impl Session {
    pub fn new(
        number: u64,
        engine: Arc<Engine>,
        control: Arc<ControlMemory>,
        arena: Arena,
        is_mapped: Arc<AtomicBool>,
        claim: Box<dyn Fn(Range<u64>) + Send>,
    ) -> Session {
        Session {
            number,
            engine,
            control,
            arena,
            islands: Islands::default(),
            modules: Vec::new(),
            identity: Identity::default(),
            recalled: 0,
            program: Arc::default(),
            reached: None,
            new_modules: Vec::new(),
            started: false,
            is_mapped,
            claim,
            incoming: 0,
            pid: None,
            debugging: None,
            outside: OnceLock::new(),
            records: None,
            described_file: None,
            backtraces: Vec::new(),
            recorder: None,
        }
    }

    /// Tells which process the client is.
    pub fn of_process(mut self, pid: Pid) -> Session {
        self.pid = Some(pid);
        self
    }

    /// Writes down what happens.
    pub fn recorded(mut self, recorder: Option<Recorder>) -> Session {
        self.recorder = recorder;
        self
    }

    /// Serves the client until the session is over.
    pub fn run(mut self) {
        while let Some(request) = self.control.next_request() {
            let reply = match self.handle(&request) {
                Ok(values) => Reply { status: status::OK, len: 0, values },
                Err(Refusal { status, message }) => {
                    log!("session {}: op {} refused: {message}", self.number, request.op);
                    let len = self.control.write_buffer(message.as_bytes()) as u32;
                    Reply { status, len, values: [0; 4] }
                }
            };
            self.control.answer(reply, self.arena.used());
            // While the program goes on.
            if let Some((module, function, was_compiled)) = self.reached.take() {
                // A program that finds all that it calls needs nothing ahead.
                if was_compiled {
                    self.new_modules.drain(..).for_each(|module| self.program.add(&module));
                }
                let cause = self.recorder.as_ref().and_then(|recorder| recorder.cause(&module, function));
                self.engine.ahead.reached(&self.engine, &self.program, (&module, function), cause);
            }
            if let Some(recorder) = &mut self.recorder {
                recorder.write();
            }
        }
        self.remember();
        self.engine.warm.trim();
        let functions: usize = self.modules.iter().map(|loaded| loaded.linked().len()).sum();
        log!("session {}: over, {functions} functions, {} bytes of code", self.number, self.arena.used());
    }

    fn handle(&mut self, request: &Request) -> Answer {
        if !self.started && request.op != op::START {
            return Err(bad_request("the session was not started"));
        }
        match request.op {
            op::START => self.start(request.args),
            op::OPEN_MODULE => self.open_module(request),
            op::PAYLOAD => self.take_payload(request),
            op::IMPORTS => self.take_imports(request),
            op::MATERIALIZE => self.materialize(request),
            op::RECALL => Ok(self.recall(request.index as usize)),
            op::OPEN_RECALLED => self.open_recalled(request),
            op::IMAGE_RECORDS => Ok(self.image_records(request)),
            op::COMPLETE => self.complete(request.module),
            op::DEBUG_RECORDS => Ok(self.debug_records(request)),
            op::DEBUG_DESCRIBE => Ok(self.debug_describe()),
            op::DEBUG_SLOTS => Ok(self.debug_slots(request.index as usize)),
            op::DEBUG_REMARK => Ok(self.debug_remark(request.index as usize)),
            op::DEBUG_LIBRARY => Ok(self.debug_library(request.args).unwrap_or_default()),
            op::DEBUG_FILE => Ok(self.debug_file(request.args).unwrap_or_default()),
            op::BACKTRACE => Ok(self.backtrace(request)),
            op::SYMBOL => Ok(self.symbol(request.args[0])),
            _ => Err(bad_request("unknown operation")),
        }
    }

    fn start(&mut self, [base, first_image, first_record, mapped]: [u64; 4]) -> Answer {
        if !self.arena.place(base, mapped) {
            return Err(bad_request("no place for a code arena"));
        }
        self.started = true;
        if first_record != 0 {
            let module = self.control.read_buffer(HASH_SIZE).ok_or_else(|| bad_request("no hash"))?;
            let module = module.try_into().map_err(|_| bad_request("no hash"))?;
            self.identity.origin = Some(Origin { image: first_image, module, record: first_record });
        }
        self.is_mapped.store(true, Ordering::Release);
        Ok([0; 4])
    }

    fn open_module(&mut self, request: &Request) -> Answer {
        let hash = self.control.read_buffer(HASH_SIZE).ok_or_else(|| bad_request("no hash"))?;
        let hash: Hash = hash.try_into().map_err(|_| bad_request("no hash"))?;
        let [payload_size, slots, trampoline, record] = request.args;
        let sizes = (request.index, request.count, payload_size);
        let number = self.open(hash, sizes, Place { slots, trampoline, record })?;
        let needs_payload = self.loaded(number as u32)?.module.is_none();
        let has_more = number == 0 && self.has_more();
        Ok([number, u64::from(needs_payload), u64::from(has_more), self.identity.image])
    }

    /// Makes a module known, of so many slots, imports and bytes of payload. Returns its number.
    fn open(&mut self, hash: Hash, sizes: (u32, u32, u64), place: Place) -> Result<u64, Refusal> {
        let (slot_count, import_count, payload_size) = sizes;
        let tables = u64::from(slot_count) * size_of::<FunctionEntry>() as u64
            + u64::from(import_count) * size_of::<ImportEntry>() as u64;
        // Of one in the store, the size is not known here.
        let is_stored = payload_size == STORED_SIZE as u64;
        let largest = if is_stored { MAX_PAYLOAD } else { payload_size };
        if payload_size > MAX_PAYLOAD || tables > largest {
            return Err(bad_request("payload too large or too small"));
        }
        let Some(slots_end) = place.slots.checked_add(u64::from(slot_count) * 8) else {
            return Err(bad_request("slots outside of the address space"));
        };
        if self.modules.len() >= MAX_MODULES {
            return Err(bad_request("too many modules"));
        }
        let began = Instant::now();
        let mut loaded = Loaded::new(hash, sizes, place);
        if let Some(module) = self.engine.warm.get(&hash)
            && !loaded.adopt(module)
        {
            return Err(bad_request("counts differ from the payload's"));
        }
        (self.claim)(place.slots..slots_end);
        let number = self.modules.len() as u64;
        if number == 0 {
            self.identity.settle(&hash, place);
            if let Some(program) = self.engine.announced.find(&hash) {
                self.program = program;
            }
        }
        if let Some(recorder) = &mut self.recorder {
            recorder.opened(&loaded, began);
        }
        self.modules.push(loaded);
        Ok(number)
    }

    fn loaded(&mut self, number: u32) -> Result<&mut Loaded, Refusal> {
        self.modules.get_mut(number as usize).ok_or_else(|| bad_request("unknown module"))
    }

    fn take_payload(&mut self, request: &Request) -> Answer {
        let [offset, size, ..] = request.args;
        let incoming = self.incoming;
        let control = self.control.clone();
        let loaded = self.loaded(request.module)?;
        if loaded.module.is_some() {
            // It came by way of another session meanwhile.
            return Ok([0; 4]);
        }
        let had = loaded.incoming.len() as u64;
        let wanted = loaded.payload_size - had;
        if offset != had || size == 0 || size > wanted || size > BUFFER_SIZE as u64 {
            return Err(bad_request("payload piece out of order"));
        }
        if incoming + size > MAX_PAYLOAD {
            return Err(bad_request("too much payload at once"));
        }
        let piece = control.read_buffer(size as usize).ok_or_else(|| bad_request("no such piece"))?;
        loaded.incoming.extend_from_slice(&piece);
        if size < wanted {
            self.incoming += size;
            return Ok([0; 4]);
        }
        let payload = std::mem::take(&mut loaded.incoming);
        let hash = loaded.hash;
        self.incoming -= had;
        let began = Instant::now();
        let module = self.receive(hash, payload)?;
        let loaded = self.loaded(request.module)?;
        if !loaded.adopt(module) {
            return Err(bad_payload("counts differ from the payload's"));
        }
        loaded.was_received = true;
        if let (Some(recorder), Some(loaded)) =
            (&mut self.recorder, self.modules.get(request.module as usize))
        {
            recorder.opened(loaded, began);
        }
        Ok([0; 4])
    }

    /// A complete payload becomes a warm module.
    fn receive(&mut self, hash: Hash, payload: Vec<u8>) -> Result<Arc<Module>, Refusal> {
        let began = Instant::now();
        let size = payload.len();
        if blake3::hash(&payload) != blake3::Hash::from_bytes(hash) {
            return Err(bad_payload("the payload does not have its hash"));
        }
        let module = self.engine.add(hash, payload).map_err(|error| bad_payload(&error.to_string()))?;
        log!(
            "session {}: module {}, {} functions, {size} bytes, checked in {:?}",
            self.number,
            blake3::Hash::from_bytes(hash),
            module.function_count(),
            began.elapsed()
        );
        Ok(module)
    }

    fn take_imports(&mut self, request: &Request) -> Answer {
        let (first, count) = (request.index as usize, request.count as usize);
        let bytes = self
            .control
            .read_buffer(count.saturating_mul(8))
            .ok_or_else(|| bad_request("too many imports"))?;
        let loaded = self.loaded(request.module)?;
        if first != loaded.imports.len() || count > loaded.import_count as usize - first {
            return Err(bad_request("imports out of order"));
        }
        let (addresses, _) = bytes.as_chunks::<8>();
        loaded.take_imports(addresses.iter().map(|address| u64::from_le_bytes(*address)));
        Ok([0; 4])
    }

    fn debug_records(&mut self, request: &Request) -> [u64; 4] {
        self.arena.is_debugged();
        let mut missing = 0;
        if self.debugging.is_none() {
            self.debugging = self.pid.and_then(|pid| Debugging::start(pid, request.args[0]));
            let caches = (&self.engine.described, self.engine.cache.as_ref());
            missing = self.debugging.as_ref().map_or(0, |debugging| debugging.missing(caches));
        }
        let records = self.debugging.as_ref().map(Debugging::records).unwrap_or_default();
        let bytes: Vec<u8> =
            records.iter().skip(request.index as usize).flat_map(|r| r.to_le_bytes()).collect();
        [(self.control.write_buffer(&bytes) / 8) as u64, missing as u64, 0, 0]
    }

    fn debug_describe(&mut self) -> [u64; 4] {
        let began = Instant::now();
        let Some(debugging) = &mut self.debugging else { return [0; 4] };
        let caches = (&self.engine.described, self.engine.cache.as_ref());
        let described = debugging.describe(&mut self.modules, &mut self.arena, caches);
        for remark in &debugging.remarks {
            log!("session {}: not described: {remark}", self.number);
        }
        let later = std::mem::take(&mut debugging.later);
        debug::make_later(&self.engine, later);
        let Some(described) = described else { return [0; 4] };
        log!(
            "session {}: described {} functions in {} bytes, {:?}",
            self.number,
            debugging.fixups.len(),
            described.file_size,
            began.elapsed()
        );
        let reads_list = u64::from(debugging.reads_list());
        [described.file, described.file_size, described.eh_frame, reads_list]
    }

    fn debug_library(&self, [base, size, ..]: [u64; 4]) -> Option<[u64; 4]> {
        let bytes = self.arena.bytes(base, size)?;
        let ([file, library], origin) = self.debugging.as_ref()?.write_listed(bytes, self.pid?)?;
        let file = [file.as_os_str().as_bytes(), b"\0"].concat();
        let paths = [&file, library.as_os_str().as_bytes(), b"\0"].concat();
        Some([self.control.write_buffer(&paths) as u64, file.len() as u64, origin, 0])
    }

    fn debug_slots(&self, first: usize) -> [u64; 4] {
        let fixups = self.debugging.as_ref().map(|d| &d.fixups[..]).unwrap_or_default();
        let rest = fixups.get(first..).unwrap_or_default();
        [write_fixups(&self.control, rest) as u64, 0, 0, 0]
    }

    fn debug_remark(&self, index: usize) -> [u64; 4] {
        let remark = self.debugging.as_ref().and_then(|d| d.remarks.get(index));
        [remark.map_or(0, |text| self.control.write_buffer(text.as_bytes()) as u64), 0, 0, 0]
    }

    fn debug_file(&mut self, [base, size, ..]: [u64; 4]) -> Option<[u64; 4]> {
        let mut bytes = self.arena.bytes(base, size)?.to_vec();
        let data = debug::with_data(&mut bytes, base)?;
        let mut file =
            tempfile::Builder::new().prefix("described-").tempfile_in(runtime_directory()?).ok()?;
        file.write_all(&bytes).ok()?;
        let path = [file.path().as_os_str().as_bytes(), b"\0"].concat();
        let length = self.control.write_buffer(&path) as u64;
        // Gone with the session: what is mapped stays mapped.
        self.described_file = Some(file);
        Some([length, data, 0, 0])
    }

    fn backtrace(&mut self, request: &Request) -> [u64; 4] {
        let began = Instant::now();
        let caches = (&self.engine.described, self.engine.cache.as_ref());
        let file = self
            .pid
            .and_then(|pid| debug::placed::file(pid, request.args[0], &self.modules, &self.arena, caches));
        let Some((path, folder)) = file else { return [0; 4] };
        self.backtraces.push(folder);
        // A program may read a file again that it was told of before.
        if self.backtraces.len() > MAX_BACKTRACES {
            self.backtraces.remove(0);
        }
        log!("session {}: described for a backtrace, {:?}", self.number, began.elapsed());
        let (start, _) = self.arena.bounds();
        // What comes later is not in the file.
        let end = start + self.arena.used() as u64;
        [self.control.write_buffer(path.as_os_str().as_bytes()) as u64, start, end, 0]
    }

    fn symbol(&self, address: u64) -> [u64; 4] {
        let (start, _) = self.arena.bounds();
        if !(start..start + self.arena.used() as u64).contains(&address) {
            return [0; 4];
        }
        let placed = self.modules.iter().flat_map(|loaded| loaded.placed().map(move |at| (loaded, at)));
        let nearest = placed.filter(|(_, (_, code))| *code <= address).max_by_key(|(_, (_, code))| *code);
        let Some((loaded, (index, code))) = nearest else { return [0; 4] };
        let Some(module) = loaded.ready() else { return [0; 4] };
        let name = module.function_name(index).trim_start_matches('\u{1}');
        [self.control.write_buffer(name.as_bytes()) as u64, code, 0, 0]
    }

    fn materialize(&mut self, request: &Request) -> Answer {
        let began = Instant::now();
        let engine = self.engine.clone();
        let index = request.index;
        if request.args[0] != 0 {
            self.arena.is_debugged();
        }
        let loaded = self.modules.get_mut(request.module as usize);
        let loaded = loaded.ok_or_else(|| bad_request("unknown module"))?;
        let module = loaded.ready().cloned().ok_or_else(|| bad_request("the module is not complete"))?;
        if index >= loaded.slot_count {
            return Err(bad_request("unknown slot"));
        }
        if let Some(address) = loaded.code(index) {
            // Asked again; its unwind table was handed out the first time.
            return Ok([address, 0, 0, 0]);
        }
        let name = module.function_name(index);
        let refuse = |failure: Failure| match failure {
            Failure::NoRoom => Refusal { status: status::ARENA_FULL, message: failure.to_string() },
            // The client adds the name of the source file.
            Failure::Missing(_) => Refusal {
                status: status::COMPILE_FAILED,
                message: format!(
                    "{failure}: function '{name}' uses it, and neither the program nor a library that is loaded defines it"
                ),
            },
            _ => Refusal { status: status::COMPILE_FAILED, message: format!("{name}: {failure}") },
        };
        let (code, was_compiled) = engine.code(&module, index);
        let code = code.map_err(refuse)?;
        let compiled = began.elapsed();
        let before = loaded.linked().len();
        let (arena, islands) = (&mut self.arena, &mut self.islands);
        let is_fresh = std::mem::replace(&mut loaded.is_fresh, false);
        let expected =
            if is_fresh && engine.warm_start { self.identity.expected(&module) } else { Expected::default() };
        loaded.is_recalled |= !expected.functions.is_empty();
        loaded.note_used(&[index]);
        if !expected.is_own {
            loaded.note_used(&expected.functions);
        }
        if is_fresh {
            loaded.expected = expected.functions;
        }
        let place = loaded.slot_address(0);
        let mut site = Site { arena, islands, loaded, module: &module };
        let frames = match &code {
            Code::Object(object) => {
                let outside = |name: &str| {
                    let outside = self.outside.get_or_init(|| Some(Outside::of_process(self.pid?, place)));
                    let found = outside.as_ref()?.get(name);
                    log!("session {}: {name} was not foreseen, {found:x?}", self.number);
                    found
                };
                site.link(object, index, &outside).map_err(refuse)?
            }
            Code::Template(template) => {
                // Where it is known what the program uses, nothing is guessed, and so all that it uses gets known.
                let others = match site.loaded.is_recalled {
                    true => site.loaded.expected.clone(),
                    false => near(&self.program, &module, index, engine.ahead.distance()),
                };
                place_together(&mut site, template, &others).map_err(refuse)?
            }
        };
        if is_fresh && engine.ahead.distance() > 0 {
            self.new_modules.push(module.clone());
        }
        self.reached = Some((module.clone(), index, was_compiled));
        let address = loaded.code(index).unwrap_or(0);
        let left = std::mem::take(&mut loaded.expected);
        loaded.expected = left.into_iter().filter(|&function| loaded.code(function).is_none()).collect();
        let mut along = Vec::new();
        add_fixups(&mut along, loaded, before, Some(index));
        let fixups = write_fixups(&self.control, &along);
        let total = began.elapsed();
        if let Some(recorder) = &mut self.recorder {
            recorder.placed(
                &Placed {
                    loaded,
                    module: &module,
                    asked: Some(index),
                    functions: &loaded.linked()[before..],
                    frames,
                    was_compiled,
                    was_expected: loaded.is_recalled,
                    began,
                    compiled,
                    total,
                    thread: request.args[1],
                },
                &self.arena,
                &self.engine.compared,
            );
        }
        engine.statistics.count(was_compiled, compiled, total - compiled);
        engine.statistics.count_ahead(fixups);
        log!(
            "session {}: {name} at {address:#x}, {} {compiled:?}, linked with {fixups} others {:?}",
            self.number,
            if was_compiled { "compiled" } else { "found" },
            total - compiled
        );
        Ok([address, frames.address, frames.size, fixups as u64])
    }
}

/// Functions of the module that are called next, perhaps.
fn near(program: &Program, module: &Arc<Module>, index: u32, distance: u32) -> Vec<u32> {
    let near = program.near(module, index, distance, MOST_NEAR);
    near.into_iter().filter(|near| Arc::ptr_eq(&near.module, module)).map(|near| near.function).collect()
}

/// Places a template, and with it those of the others that are compiled and not placed yet, if they fit.
fn place_together(site: &mut Site<'_>, wanted: &Template, others: &[u32]) -> Result<Frames, Failure> {
    let is_here = |function: u32| wanted.bodies().any(|(body, _)| body == function);
    let others = &others[..others.len().min(MAX_FIXUPS)];
    let is_wanted = |function| site.loaded.code(function).is_none() && !is_here(function);
    let mut all = if others.is_empty() { Vec::new() } else { site.module.ready_templates(others, is_wanted) };
    all.push(wanted.clone());
    match site.place(&all) {
        Err(_) if all.len() > 1 => site.place(&all[all.len() - 1..]),
        result => result,
    }
}

/// Where the functions are that came along with the one that was asked for.
fn add_fixups(to: &mut Vec<Fixup>, loaded: &Loaded, before: usize, asked: Option<u32>) {
    let along = loaded.linked()[before..].iter().filter(|function| Some(**function) != asked);
    to.extend(along.map(|&function| Fixup {
        slot: loaded.slot_address(function),
        code: loaded.code(function).unwrap_or(0),
    }));
}

/// Tells the client, as far as there is room. Returns how many.
fn write_fixups(control: &ControlMemory, fixups: &[Fixup]) -> usize {
    let words = fixups.iter().take(MAX_FIXUPS).flat_map(|f| [f.slot.to_le_bytes(), f.code.to_le_bytes()]);
    control.write_buffer(&words.flatten().collect::<Vec<u8>>()) / size_of::<Fixup>()
}
