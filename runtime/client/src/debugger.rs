//! A debugger that is attached: letting it know the program's lazy code, by the interface that GDB and LLDB have for
//! compilers at run time (GDB manual, "JIT Compilation Interface").
//!
//! Such a debugger sets a breakpoint in a function of ours, and that byte is all that is looked at: once at the program's
//! start, and whenever a function is to be compiled. If it is there, the daemon makes all functions of the image's modules
//! that were compiled with `-g`, with a description that is right for this very code. After that a debugger sees no
//! difference any more: no function is left to be compiled in the middle of a step.
//!
//! valgrind has no such interface. It looks at files that are mapped: the same is done for it, and the description mapped from a
//! file over its place in the arena.

use crate::announce;
use crate::arch;
use crate::fatal::Line;
use crate::listed::{self, Pending};
use crate::lock::{self, Held, PAGE_SIZE};
use crate::module::Function;
use crate::recall;
use crate::request::{self, Failure};
use crate::session;
use crate::sys::{self, Open};
use crate::unload;
use crate::unwind;
use autojit_protocol::control::{BUFFER_SIZE, Fixup, op};
use autojit_protocol::record::ModuleRecord;
use core::ffi::CStr;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

/// An announced file (`jit_code_entry`).
#[repr(C)]
pub struct Entry {
    pub next: *mut Entry,
    pub previous: *mut Entry,
    file: u64,
    size: u64,
}

/// What the debugger reads (`jit_descriptor`).
#[repr(C)]
pub struct Descriptor {
    version: u32,
    pub action: u32,
    pub relevant: *mut Entry,
    pub first: *mut Entry,
}

/// Not 0: this image is described, or can't be. A forked child has its parent's code, and so its description.
static DONE: AtomicU32 = AtomicU32::new(0);

/// Called when the image is initialized, before any of its own constructors.
pub extern "C" fn at_start() {
    recall::image_is_ready();
    if unload::IS_POSSIBLE {
        unload::watch_exit();
    }
    unwind::register_early();
    announce::join();
    if !is_watched() {
        return;
    }
    let signals = sys::block_signals();
    let held = lock::enter();
    let image = arch::own_image();
    let mut pending = None;
    if !held.nested
        && (session::ensure(&held, image, true).is_err() || describe_once(&held, Some(&mut pending)).is_err())
    {
        // It shows again when a function is needed, and is reported there.
        session::close(&held);
    }
    held.leave();
    sys::restore_signals(signals);
    if let Some(pending) = pending {
        pending.show();
    }
}

/// Whether this image was described.
pub fn was_told() -> bool {
    DONE.load(Relaxed) != 0
}

fn is_watched() -> bool {
    announce::debugger_is_attached() || arch::is_on_valgrind()
}

/// Units that it takes a while to compile: somebody waits in front of a debugger.
const MANY: u64 = 16;

/// Describes this image, if a debugger wants to know and does not yet. There must be a session. `pending`: at the start, for what is to
/// be done when the lock is free.
pub fn describe_once(held: &Held, pending: Option<&mut Option<Pending>>) -> Result<(), Failure> {
    if DONE.load(Relaxed) != 0 || !is_watched() {
        return Ok(());
    }
    DONE.store(1, Relaxed);
    describe(held, pending)
}

#[cold]
#[inline(never)]
fn describe(held: &Held, pending: Option<&mut Option<Pending>>) -> Result<(), Failure> {
    let [file, size, table, reads_list] = held.with(|runtime| {
        let mut index = 0;
        loop {
            let image = [arch::own_image() as u64, 0];
            let [count, missing, ..] = request::ask_at(runtime, op::DEBUG_RECORDS, index, image)?;
            if missing >= MANY {
                Line::remark(b"making the debug information of ")
                    .number(missing)
                    .add(b" units, once")
                    .print();
            }
            let count = count as u32;
            if count == 0 {
                break;
            }
            for i in 0..count {
                // Opening a module uses the buffer: each is asked for by itself.
                request::ask_at(runtime, op::DEBUG_RECORDS, index + i, image)?;
                // SAFETY: the start of the buffer, where the daemon has put an address.
                let record =
                    unsafe { request::buffer(runtime.session.control).cast::<u64>().read_volatile() };
                if record != 0 {
                    Function::first_of(record as *const ModuleRecord).module(runtime)?;
                }
            }
            index += count;
        }
        let described = request::ask_at(runtime, op::DEBUG_DESCRIBE, 0, [0; 2])?;
        print_remarks(runtime)?;
        Ok(described)
    })?;
    if file == 0 {
        return Ok(());
    }
    if arch::is_on_valgrind() {
        held.with(|runtime| map_file(runtime, file, size))?;
    }
    unwind::register(held, table as usize);
    held.with(fill_slots)?;
    if reads_list != 0
        && let Some(pending) = pending
    {
        *pending = held.with(|runtime| list_file(runtime, file, size))?;
        if pending.is_some() {
            return Ok(());
        }
    }
    // The list goes on when this image is unloaded, as its code does.
    let Ok(page) = sys::map_zeros(PAGE_SIZE) else { return Ok(()) };
    let entry = page as *mut Entry;
    // SAFETY: a new page, which stays.
    unsafe {
        (*entry).file = file;
        (*entry).size = size;
        announce::announce(entry);
    }
    Ok(())
}

/// Has the described file stand in the dynamic linker's list, if that can be.
fn list_file(runtime: &mut lock::Runtime, file: u64, size: u64) -> Result<Option<Pending>, Failure> {
    let [length, library, base, _] = request::ask_at(runtime, op::DEBUG_LIBRARY, 0, [file, size])?;
    let add = || listed::add(runtime, length as usize, library as usize, base as usize);
    Ok(if length == 0 { None } else { add() })
}

/// Maps the described file over itself, for valgrind, which asks for a mapping to write to as well.
fn map_file(runtime: &mut lock::Runtime, file: u64, size: u64) -> Result<(), Failure> {
    let [length, data, ..] = request::ask_at(runtime, op::DEBUG_FILE, 0, [file, size])?;
    if length == 0 {
        return Ok(());
    }
    // SAFETY: the daemon has put a NUL-terminated path into the buffer.
    let path = unsafe { CStr::from_ptr(request::buffer(runtime.session.control).cast()) };
    let Ok(fd) = sys::open(path, Open::Read) else { return Ok(()) };
    // SAFETY: the file has the same bytes, but for its headers, which nothing here reads; behind it the daemon has kept
    // a page free.
    unsafe {
        let _ = sys::map_over(file as usize, size as usize, sys::PROT_READ | sys::PROT_EXEC, &fd);
        let _ = sys::map_over(data as usize, 4096, sys::PROT_READ | sys::PROT_WRITE, &fd);
    }
    Ok(())
}

fn print_remarks(runtime: &mut lock::Runtime) -> Result<(), Failure> {
    for index in 0.. {
        let [length, ..] = request::ask_at(runtime, op::DEBUG_REMARK, index, [0; 2])?;
        let length = (length as usize).min(BUFFER_SIZE);
        if length == 0 {
            break;
        }
        // SAFETY: inside the buffer, which the daemon leaves alone until the next request.
        let text = unsafe { core::slice::from_raw_parts(request::buffer(runtime.session.control), length) };
        Line::remark(b"no debug information for ").add(text).print();
    }
    Ok(())
}

fn fill_slots(runtime: &mut lock::Runtime) -> Result<(), Failure> {
    let mut index = 0;
    loop {
        let [count, ..] = request::ask_at(runtime, op::DEBUG_SLOTS, index, [0; 2])?;
        let count = count.min((BUFFER_SIZE / size_of::<Fixup>()) as u64);
        if count == 0 {
            return Ok(());
        }
        request::store_fixups(runtime, count);
        index += count as u32;
    }
}
