//! From a slot that is zero to the address of the function's code.

use crate::announce;
use crate::debugger;
use crate::fatal::Line;
use crate::late::{self, Table};
use crate::lock::{self, Held, Runtime};
use crate::module::Function;
use crate::recall;
use crate::request::{self, Failure};
use crate::session;
use crate::sys;
use crate::unwind;
use autojit_protocol::control::{Reply, Request, op};
use autojit_protocol::record::ModuleRecord;
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::{Acquire, Release};

/// How often in a row the daemon may be lost, or the arena full, over one function.
const ATTEMPTS: u32 = 3;

/// What the entry calls. Returns the address to jump to. `caller`: where the call returns to.
pub extern "C" fn materialize(record: *const ModuleRecord, slot: *const AtomicU64, caller: usize) -> usize {
    let signals = sys::block_signals();
    let held = lock::enter();
    // SAFETY: the stub passes the address of its slot.
    let slot = unsafe { &*slot };
    let mut code = slot.load(Acquire);
    if code == 0 {
        let function = Function::of(record, slot);
        code = match function.late {
            Some(table) => bind(&function, table, slot, caller),
            None => resolve(&held, &function, slot),
        };
    }
    held.leave();
    sys::restore_signals(signals);
    code as usize
}

/// A late stub becomes a way to the function that it stands for. No daemon takes part.
fn bind(function: &Function, table: Table, slot: &AtomicU64, caller: usize) -> u64 {
    let code = late::resolve(function, table, caller);
    slot.store(code, Release);
    code
}

/// The daemon's answer.
pub struct Answer {
    pub code: u64,
    /// Unwind table to announce, or 0.
    pub table: usize,
    pub fixups: u64,
    /// Requests made so far: the fixups stand in the buffer until the next one.
    pub requests: u32,
}

impl Answer {
    fn of(reply: &Reply, runtime: &Runtime) -> Answer {
        let [code, table, _, fixups] = reply.values;
        Answer { code, table: table as usize, fixups, requests: runtime.session.requests }
    }
}

fn resolve(held: &Held, function: &Function, slot: &AtomicU64) -> u64 {
    let mut lost = 0;
    let mut full = 0;
    let answer = loop {
        match attempt(held, function) {
            Ok(answer) => break answer,
            Err(Failure::Lost) => lost += 1,
            Err(Failure::Full) => full += 1,
        }
        session::close(held);
        if lost == ATTEMPTS {
            give_up(b"lost the compile daemon three times over function ", function);
        }
        if full == ATTEMPTS {
            give_up(b"an empty code arena has no room for function ", function);
        }
    };
    publish(held, &answer);
    slot.store(answer.code, Release);
    answer.code
}

/// Announces the unwind table and then fills in the slots of the functions that came along. Only a saving: a slot that stays
/// zero asks again. So they are dropped if a nested call has used the buffer meanwhile.
pub fn publish(held: &Held, answer: &Answer) {
    unwind::register(held, answer.table);
    held.with(|runtime| {
        if runtime.session.requests == answer.requests {
            request::store_fixups(runtime, answer.fixups);
        }
    });
}

/// Asks once, opening what has to be opened.
fn attempt(held: &Held, function: &Function) -> Result<Answer, Failure> {
    session::ensure(held, function.address(), function.record.late_offset != 0)?;
    debugger::describe_once(held, None)?;
    let module = held.with(|runtime| function.module(runtime))?;
    recall::recall_once(held)?;
    held.with(|runtime| {
        let file = Table::of(function.record).map_or(&b""[..], Table::file);
        let reply = request::ask_about(runtime, &request_of(runtime, module, function), file)?;
        let answer = Answer::of(&reply, runtime);
        if answer.code == 0 {
            give_up(b"the compile daemon gave no code for function ", function);
        }
        Ok(answer)
    })
}

/// Materializes a function that nobody has called, in an open session. One that can't be compiled is left: whoever calls it is
/// told why.
pub fn ahead(held: &Held, function: &Function, slot: &AtomicU64) -> Result<(), Failure> {
    let code = ask_ahead(held, function, request_of)?;
    if code != 0 {
        slot.store(code, Release);
    }
    Ok(())
}

/// Materializes all functions of a module, as far as they can be placed together.
pub fn complete(held: &Held, module: &Function) -> Result<(), Failure> {
    let request =
        |_: &Runtime, module: u32, _: &Function| Request { op: op::COMPLETE, module, ..Request::default() };
    ask_ahead(held, module, request).map(|_| ())
}

/// Asks what `request` makes for the function's module. Returns the function's address, or 0 if there is none.
#[inline(never)]
fn ask_ahead(
    held: &Held,
    function: &Function,
    request: fn(&Runtime, u32, &Function) -> Request,
) -> Result<u64, Failure> {
    let answer = held.with(|runtime| {
        let module = function.module(runtime)?;
        let request = request(runtime, module, function);
        let reply = request::ask_ahead(runtime, &request)?;
        Ok(reply.map(|reply| Answer::of(&reply, runtime)))
    })?;
    let Some(answer) = answer else { return Ok(0) };
    publish(held, &answer);
    Ok(answer.code)
}

fn request_of(runtime: &Runtime, module: u32, function: &Function) -> Request {
    let thread = if runtime.session.recorded { sys::gettid() } else { 0 };
    let args = [u64::from(announce::debugger_is_attached()), u64::from(thread), 0, 0];
    Request { op: op::MATERIALIZE, module, index: function.index, args, ..Request::default() }
}

#[cold]
#[inline(never)]
fn give_up(why: &[u8], function: &Function) -> ! {
    Line::new(why).number(u64::from(function.index)).add(b" of module ").hash(&function.record.hash).die()
}
