//! A session: one image of one process. Answers its requests, one at a time, each checked before anything is done.

use crate::arena::Arena;
use crate::compile::Pool;
use crate::control::ControlMemory;
use crate::link;
use crate::llvm::Failure;
use crate::loaded::Loaded;
use crate::log::log;
use crate::module::Module;
use crate::statistics::Statistics;
use crate::warm::Warm;
use autojit_protocol::control::{BUFFER_SIZE, Reply, Request, op, status};
use autojit_protocol::payload::{FunctionEntry, ImportEntry};
use autojit_protocol::{HASH_SIZE, Hash};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

const MAX_PAYLOAD: u64 = 1 << 30;
const MAX_MODULES: usize = 1 << 20;

/// What the sessions share.
#[derive(Default)]
pub struct Engine {
    pub warm: Warm,
    pub pool: Pool,
    pub statistics: Statistics,
}

pub struct Session {
    number: u64,
    engine: Arc<Engine>,
    control: Arc<ControlMemory>,
    arena: Arena,
    modules: Vec<Loaded>,
    started: bool,
    /// The client has the control memory mapped.
    is_mapped: Arc<AtomicBool>,
    /// Told where each module has its slots.
    claim: Box<dyn Fn(Range<u64>) + Send>,
    /// Bytes of payloads that are not complete yet.
    incoming: u64,
}

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
            modules: Vec::new(),
            started: false,
            is_mapped,
            claim,
            incoming: 0,
        }
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
            self.control.answer(reply);
        }
        let functions: usize = self.modules.iter().map(Loaded::function_count).sum();
        log!("session {}: over, {functions} functions, {} bytes of code", self.number, self.arena.used());
    }

    fn handle(&mut self, request: &Request) -> Answer {
        if !self.started && request.op != op::START {
            return Err(bad_request("the session was not started"));
        }
        match request.op {
            op::START => self.start(request.args[0]),
            op::OPEN_MODULE => self.open_module(request),
            op::PAYLOAD => self.take_payload(request),
            op::IMPORTS => self.take_imports(request),
            op::MATERIALIZE => self.materialize(request),
            _ => Err(bad_request("unknown operation")),
        }
    }

    fn start(&mut self, base: u64) -> Answer {
        if !self.arena.place(base) {
            return Err(bad_request("no place for a code arena"));
        }
        self.started = true;
        self.is_mapped.store(true, Ordering::Release);
        Ok([0; 4])
    }

    fn open_module(&mut self, request: &Request) -> Answer {
        let hash = self.control.read_buffer(HASH_SIZE).ok_or_else(|| bad_request("no hash"))?;
        let hash: Hash = hash.try_into().map_err(|_| bad_request("no hash"))?;
        let (slot_count, import_count) = (request.index, request.count);
        let [payload_size, slots, trampoline, _] = request.args;
        let tables = u64::from(slot_count) * size_of::<FunctionEntry>() as u64
            + u64::from(import_count) * size_of::<ImportEntry>() as u64;
        if payload_size > MAX_PAYLOAD || tables > payload_size {
            return Err(bad_request("payload too large or too small"));
        }
        let Some(slots_end) = slots.checked_add(u64::from(slot_count) * 8) else {
            return Err(bad_request("slots outside of the address space"));
        };
        if self.modules.len() >= MAX_MODULES {
            return Err(bad_request("too many modules"));
        }
        let mut loaded = Loaded::new(hash, (slot_count, import_count, payload_size), slots, trampoline);
        let warm = self.engine.warm.get(&hash);
        let needs_payload = warm.is_none();
        if let Some(module) = warm
            && !loaded.adopt(module)
        {
            return Err(bad_request("counts differ from the payload's"));
        }
        (self.claim)(slots..slots_end);
        let number = self.modules.len() as u64;
        self.modules.push(loaded);
        Ok([number, u64::from(needs_payload), 0, 0])
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
        let module = self.receive(hash, payload)?;
        if !self.loaded(request.module)?.adopt(module) {
            return Err(bad_payload("counts differ from the payload's"));
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
        let module = Module::new(hash, payload)
            .map_err(|error| bad_payload(&format!("the payload is broken: {error:?}")))?;
        log!(
            "session {}: module {}, {} functions, {size} bytes, checked in {:?}",
            self.number,
            blake3::Hash::from_bytes(hash),
            module.function_count(),
            began.elapsed()
        );
        Ok(self.engine.warm.insert(module))
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
        loaded.imports.extend(addresses.iter().map(|address| u64::from_le_bytes(*address)));
        Ok([0; 4])
    }

    fn materialize(&mut self, request: &Request) -> Answer {
        let began = Instant::now();
        let engine = self.engine.clone();
        let index = request.index;
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
            _ => Refusal { status: status::COMPILE_FAILED, message: format!("{name}: {failure}") },
        };
        let was_compiled = module.is_compiled(index);
        let object = module.object(index, &engine.pool).map_err(refuse)?;
        let compiled = began.elapsed();
        let linked = link::link(object, &mut self.arena, loaded, &module, index).map_err(refuse)?;
        let total = began.elapsed();
        engine.statistics.count(was_compiled, compiled, total - compiled);
        log!(
            "session {}: {name} at {:#x}, {} {compiled:?}, linked {:?}",
            self.number,
            linked.body,
            if was_compiled { "found" } else { "compiled" },
            total - compiled
        );
        Ok([linked.body, linked.eh_frame, linked.eh_frame_size, 0])
    }
}
