//! Has each image of the process materialize all its functions, before a call that locks the process in (`confining.rs`,
//! `src/confined.rs`).
//!
//! A process that gives up root's power keeps the session that it has: it is opened before, if it is not open. Only children that it
//! forks later find no way to the daemon of root. So all is materialized before such a fork.
//!
//! A process that locks its memory (`mlockall`) pays for all that is mapped, and wants not to wait later. The kernel even counts the whole arena
//! before it looks what is in it.

#![no_std]

mod images;
mod notes;
mod property;

use autojit_protocol::record::NOTE_COMPLETE;
use core::arch::asm;
use core::ffi::{c_int, c_void};
use images::{Callback, Info};

/// Which function is called, by its arguments: the numbers in `archive.rs`.
mod family {
    pub const PRCTL: u32 = 1;
    pub const SYSCALL: u32 = 2;
    pub const SETRLIMIT: u32 = 3;
    pub const PRLIMIT: u32 = 4;
    pub const SETUID: u32 = 5;
    pub const FORK: u32 = 6;
    pub const MLOCKALL: u32 = 7;
}

const PR_SET_SECCOMP: u64 = 22;

/// System calls that have no function of their own, or one that is rarely used.
mod number {
    pub const PIVOT_ROOT: u64 = 155;
    pub const SECCOMP: u64 = 317;
    pub const LANDLOCK_RESTRICT_SELF: u64 = 446;
}

/// `rlim_t` soft and hard (getrlimit(2)).
#[repr(C)]
struct Limits {
    soft: u64,
    hard: u64,
}

const RLIMIT_DATA: u64 = 2;
const RLIMIT_NOFILE: u64 = 7;
const RLIMIT_AS: u64 = 9;

/// With so many descriptors allowed a session finds room.
const ENOUGH_DESCRIPTORS: u64 = 64;

const PT_NOTE: u32 = 4;

/// Of getauxval(3): the effective user at the program's start.
const AT_EUID: u64 = 12;

/// What an image's function is to do (`work` in `src/confined.rs`).
#[repr(u32)]
#[derive(Clone, Copy)]
enum Need {
    Functions = 0,
    Session = 1,
    /// Functions, in no more memory than they take.
    Memory = 2,
    Nothing,
}

/// So many images with lazy code are looked for at a time: there is no memory but the stack.
const MOST: usize = 64;

struct Found {
    /// Those that were found before.
    before: usize,
    count: usize,
    functions: [usize; MOST],
}

unsafe extern "C" {
    fn dl_iterate_phdr(visit: Callback, data: *mut c_void) -> c_int;
    fn getauxval(kind: u64) -> u64;
}

/// What must be there before such a call.
fn need(arguments: [u64; 3], family: u32) -> Need {
    // A user without power changes nothing.
    if family == family::SETUID {
        return if geteuid() == 0 { Need::Session } else { Need::Nothing };
    }
    if family == family::MLOCKALL {
        return Need::Memory;
    }
    if confines(arguments, family) { Need::Functions } else { Need::Nothing }
}

/// Whether a session could not be opened any more after such a call.
fn confines(arguments: [u64; 3], family: u32) -> bool {
    let [first, second, third] = arguments;
    match family {
        family::PRCTL => first & 0xffff_ffff == PR_SET_SECCOMP,
        family::SYSCALL => {
            matches!(first, number::PIVOT_ROOT | number::SECCOMP | number::LANDLOCK_RESTRICT_SELF)
        }
        family::SETRLIMIT => limits(first, second),
        family::PRLIMIT => limits(second, third),
        // SAFETY: it only answers.
        family::FORK => geteuid() != 0 && unsafe { getauxval(AT_EUID) } == 0,
        _ => true,
    }
}

fn limits(resource: u64, new: u64) -> bool {
    if new == 0 {
        return false;
    }
    // SAFETY: the caller of setrlimit passes a pointer to such a structure.
    let Limits { soft, hard } = unsafe { (new as *const Limits).read_unaligned() };
    match resource & 0xffff_ffff {
        // The runtime raises the soft one.
        RLIMIT_NOFILE => hard < ENOUGH_DESCRIPTORS,
        RLIMIT_AS | RLIMIT_DATA => soft != u64::MAX,
        _ => false,
    }
}

fn geteuid() -> u64 {
    const GETEUID: u64 = 107;
    let user;
    // SAFETY: a system call that only answers.
    unsafe {
        asm!("syscall", inlateout("rax") GETEUID => user, out("rcx") _, out("r11") _, options(nostack, preserves_flags));
    }
    user
}

/// Called with the first three arguments of a function by which processes lock themselves in, or leave children behind.
#[unsafe(no_mangle)]
extern "C" fn __autojit_complete_process(first: u64, second: u64, third: u64, family: u32) {
    let need = need([first, second, third], family);
    if matches!(need, Need::Nothing) {
        return;
    }
    let mut done = 0;
    loop {
        let mut found = Found { before: done, count: 0, functions: [0; MOST] };
        // SAFETY: the function gets what it takes. It has a lock meanwhile, so that images are only looked for, and called afterwards.
        unsafe { dl_iterate_phdr(visit, (&raw mut found).cast()) };
        for &function in found.functions.iter().take(found.count) {
            // SAFETY: what an image's note says; the images that the program uses are not unloaded now.
            unsafe { core::mem::transmute::<usize, extern "C" fn(u32)>(function)(need as u32) };
        }
        done += found.count;
        if found.count < MOST {
            return;
        }
    }
}

/// Notes the function that an image names.
unsafe extern "C" fn visit(info: *mut Info, _: usize, found: *mut c_void) -> c_int {
    // SAFETY: the C library's structure, with the headers of an image that is mapped; and our own data.
    unsafe {
        let (info, found) = (&*info, &mut *found.cast::<Found>());
        for i in 0..usize::from(info.segment_count) {
            let header = &*info.segments.add(i);
            if header.kind == PT_NOTE && found.count < MOST {
                let start = info.bias.wrapping_add(header.address) as usize;
                if let Some(function) =
                    notes::find::<2>(start, header.size as usize, header.align, NOTE_COMPLETE)
                    && let Some(place) = found.functions.get_mut(found.count)
                {
                    if found.before > 0 {
                        found.before -= 1;
                        continue;
                    }
                    let moved = notes::moved(function, info.bias as usize);
                    *place = notes::target(function.cast()).wrapping_sub(moved);
                    found.count += 1;
                }
            }
        }
    }
    0
}

property::property_note!();
