//! Writing down what happens in a session, in files that the client has opened: [`trace`] for people and for
//! `autojit report`, [`perf`] for the profiler of that name.
//!
//! Costs nothing where nobody asked for it: a session without files has no recorder.

mod clock;
mod extents;
mod lines;
mod perf;
mod trace;

use crate::arena::Arena;
use crate::debug;
use crate::llvm::{self, demangle};
use crate::loaded::Loaded;
use crate::module::{Callee, Module, Origin};
use crate::place::Frames;
use autojit_protocol::hello::record;
use extents::Extents;
use lines::KnownLines;
use perf::{Perf, Symbol};
use rustix::process::Pid;
use serde_json::json;
use std::fs::File;
use std::sync::Arc;
use std::time::{Duration, Instant};
use trace::{Event, Trace, Track};

/// What a session writes down.
pub struct Recorder {
    trace: Option<Arc<Trace>>,
    perf: Option<Perf>,
    lines: KnownLines,
    /// Events since the last write.
    events: Vec<Event>,
    /// Modules that were opened since.
    opened: Vec<Arc<Module>>,
}

/// Functions that a request has brought into the session.
pub struct Placed<'a> {
    pub loaded: &'a Loaded,
    pub module: &'a Module,
    /// The one that was called, if one was.
    pub asked: Option<u32>,
    pub functions: &'a [u32],
    pub frames: Frames,
    /// For this request.
    pub was_compiled: bool,
    /// What came along is what the last run has used.
    pub was_expected: bool,
    pub began: Instant,
    /// Time until there was code, and until it was in its place.
    pub compiled: Duration,
    pub total: Duration,
    pub thread: u64,
}

impl Placed<'_> {
    fn why(&self, function: u32) -> &'static str {
        match () {
            () if Some(function) == self.asked => "called",
            () if self.was_expected => "warm start",
            () => "linked along",
        }
    }

    fn from(&self, function: u32) -> &'static str {
        match self.module.origin(function) {
            Some(Origin::Twin) => "memory",
            _ if Some(function) == self.asked && self.was_compiled => "compiled",
            Some(Origin::Disk) if self.loaded.was_received => "disk cache",
            _ => "memory",
        }
    }
}

fn microseconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1000.0
}

/// Enough of a module's hash to tell it from others.
fn id(module: &Module) -> String {
    blake3::Hash::from_bytes(module.hash).to_hex()[..16].to_owned()
}

impl Recorder {
    /// `record`: bits of [`record`], whose files come in this order. `inner_pid`: the process as it sees itself. `None` if
    /// nothing is to be recorded.
    pub fn new(session: u64, pid: Pid, inner_pid: u32, kinds: u32, files: Vec<File>) -> Option<Recorder> {
        if kinds == 0 {
            return None;
        }
        llvm::initialize();
        let mut files = files.into_iter();
        let mut file_of = |kind: u32| if kinds & kind != 0 { files.next() } else { None };
        let trace = file_of(record::TRACE).and_then(|file| Trace::begin(file, session, pid)).map(Arc::new);
        let perf_kind = kinds & (record::PERF_MAP | record::JITDUMP);
        let perf = file_of(perf_kind).and_then(|file| Perf::begin(perf_kind, file, session, inner_pid));
        let lines = KnownLines::of_process(pid);
        let is_wanted = trace.is_some() || perf.is_some();
        is_wanted.then_some(Recorder { trace, perf, lines, events: Vec::new(), opened: Vec::new() })
    }

    /// The session knows a module, if that is complete.
    pub fn opened(&mut self, loaded: &Loaded, began: Instant) {
        let (Some(trace), Some(module)) = (&self.trace, &loaded.module) else { return };
        let from = if loaded.was_received { "program" } else { "memory" };
        let args = json!({
            "module": id(module), "from": from, "bytes": module.size(), "functions": module.function_count(),
            "compiled": module.compiled().0,
        });
        let name = format!("open module {}", id(module));
        self.events.push(Event::span(Track::process(trace), "module", &name, began, began.elapsed(), args));
        self.opened.push(module.clone());
    }

    /// A request was answered, or is about to be.
    pub fn placed(&mut self, placed: &Placed<'_>, arena: &Arena, described: &debug::Cache) {
        let extents = Extents::of(
            arena,
            placed.frames,
            placed.functions.iter().filter_map(|function| placed.loaded.code(*function)),
        );
        if let Some(perf) = &mut self.perf {
            let lines = if perf.wants_lines() { self.lines.of(placed.loaded, described) } else { None };
            let symbols: Vec<Symbol<'_>> = placed
                .functions
                .iter()
                .filter_map(|&function| {
                    let name = placed.module.function_name(function);
                    let extent = extents.at(placed.loaded.code(function)?)?;
                    let code = arena.bytes(extent.start, extent.size)?;
                    // Those of this very code.
                    let lines =
                        lines.and_then(|lines| lines.get(name)).filter(|(size, _)| *size == extent.size);
                    let lines = lines.map(|(_, lines)| &lines[..]).unwrap_or_default();
                    Some(Symbol { name: demangle(name), extent, code, lines })
                })
                .collect();
            perf.add(&symbols);
        }
        self.note_placed(placed, &extents);
    }

    fn note_placed(&mut self, placed: &Placed<'_>, extents: &Extents) {
        let Some(trace) = &self.trace else { return };
        let track = Track::thread(trace, placed.thread);
        let asked = placed.asked.map(|function| demangle(placed.module.function_name(function)));
        let along = placed.functions.iter().filter(|function| Some(**function) != placed.asked).count();
        for &function in placed.functions {
            let symbol = placed.module.function_name(function);
            let name = demangle(symbol);
            let address = placed.loaded.code(function).unwrap_or(0);
            let mut args = json!({
                "symbol": symbol, "module": id(placed.module), "function": function,
                "why": placed.why(function), "from": placed.from(function),
                "speculated": placed.module.origin(function) == Some(Origin::Ahead),
                "address": format!("{address:#x}"), "bytes": extents.at(address).map(|extent| extent.size),
            });
            if Some(function) == placed.asked {
                args["compile"] = microseconds(placed.compiled).into();
                args["link"] = microseconds(placed.total - placed.compiled).into();
                args["along"] = along.into();
                let event = Event::span(track, "function", &name, placed.began, placed.total, args);
                self.events.push(event);
            } else {
                args["with"] = asked.as_deref().into();
                self.events.push(Event::instant(track, "function", &name, placed.began, args));
            }
        }
    }

    /// Why what is queued now is compiled ahead.
    pub fn cause(&self, module: &Module, function: u32) -> Option<Cause> {
        let trace = self.trace.clone()?;
        Some(Cause { trace, asked: demangle(module.function_name(function)).into() })
    }

    /// Writes what was noted since the last time, while the program goes on.
    pub fn write(&mut self) {
        let Some(trace) = &self.trace else { return };
        for module in self.opened.drain(..) {
            let args = table(&module);
            let name = format!("functions of module {}", id(&module));
            self.events.push(Event::instant(Track::process(trace), "table", &name, Instant::now(), args));
        }
        trace.write(&std::mem::take(&mut self.events));
    }
}

/// All functions of a module and their calls: numbers are functions of the module, names those of others.
fn table(module: &Module) -> serde_json::Value {
    let functions: Vec<_> = (0..module.function_count())
        .map(|index| {
            let symbol = module.function_name(index);
            let shown = demangle(symbol);
            let calls = module.callees(index).map(|callee| match callee {
                Callee::Own(function) => serde_json::Value::from(function),
                Callee::Imported(name) => name.into(),
            });
            let calls: Vec<_> = calls.collect();
            let mut function = json!({
                "symbol": symbol, "size": module.function(index).map(|f| f.size),
                "public": module.is_public(index), "calls": calls,
            });
            if shown != symbol {
                function["name"] = shown.into();
            }
            function
        })
        .collect();
    json!({ "module": id(module), "source": module.source_name(), "functions": functions })
}

/// For whom a function is compiled ahead.
#[derive(Clone)]
pub struct Cause {
    trace: Arc<Trace>,
    /// What was called.
    asked: Arc<str>,
}

impl Cause {
    /// A function was compiled that nobody has called.
    pub fn compiled(&self, module: &Module, function: u32, began: Instant) {
        let symbol = module.function_name(function);
        let args = json!({
            "symbol": symbol, "module": id(module), "function": function,
            "why": "speculated", "from": "compiled", "with": &*self.asked, "process": self.trace.process(),
        });
        let track = Track::worker();
        let event = Event::span(track, "ahead", &demangle(symbol), began, began.elapsed(), args);
        self.trace.write(&[Event::thread_name(track, "compiles ahead"), event]);
    }
}
