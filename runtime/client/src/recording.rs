//! Files that the user wants written about a run: `AUTOJIT_TRACE=FILE`, `AUTOJIT_PERF=map` and `AUTOJIT_PERF=jitdump`.
//!
//! They are opened here, with this process's rights and in its folder, and handed to the daemon with the greeting; the
//! daemon writes them. Several processes, and several libraries of one, can have the same file: whoever gets it
//! exclusively is the first and empties it, all others add to it. A file that can't be had costs a line on standard error.

use crate::environment::Path;
use crate::fatal::Line;
use crate::lock::Runtime;
use crate::sys::{self, Errno, Fd, Open};
use autojit_protocol::hello::record;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

pub struct Recording {
    /// Bits of [`record`].
    pub kinds: u32,
    /// In the order of the bits.
    pub files: [Option<Fd>; record::MOST],
}

/// The process that has begun to write a file: this one, or one that it was forked from. 0: none yet.
struct Begun(AtomicU32);

static TRACE: Begun = Begun(AtomicU32::new(0));
static PERF: Begun = Begun(AtomicU32::new(0));

impl Begun {
    /// Notes that this process has begun, and returns which one had before.
    fn note(&self) -> u32 {
        self.0.swap(sys::getpid(), Relaxed)
    }
}

/// Opens what the environment asks for.
#[cold]
#[inline(never)]
pub fn open(runtime: &mut Runtime) -> Recording {
    let mut recording = Recording::NONE;
    let (environment, path) = (&runtime.environment, &mut runtime.path);
    if let Some(name @ [_, ..]) = environment.get(b"AUTOJIT_TRACE") {
        recording.add(record::TRACE, name, path, &TRACE);
    }
    match environment.get(b"AUTOJIT_PERF") {
        None | Some(b"") => {}
        Some(b"map") => recording.add(record::PERF_MAP, b"/tmp/perf-%p.map", path, &PERF),
        Some(b"jitdump") => recording.add(record::JITDUMP, b"jit-%p.dump", path, &PERF),
        Some(other) => {
            if PERF.note() == 0 {
                Line::remark(b"AUTOJIT_PERF is neither map nor jitdump: ").add(other).print();
            }
        }
    }
    recording
}

impl Recording {
    pub const NONE: Recording = Recording { kinds: 0, files: [None, None] };

    /// Adds a file, if it can be had. `name`: its path, with `%p` for the process's number.
    #[inline(never)]
    fn add(&mut self, kind: u32, name: &[u8], path: &mut Path, begun: &Begun) {
        match begin(kind, name, path, begun) {
            Ok(file) => {
                self.kinds |= kind;
                if let Some(place) = self.files.iter_mut().find(|place| place.is_none()) {
                    *place = Some(file);
                }
            }
            Err(error) => {
                // Once for a process and its children.
                static SAID: AtomicU32 = AtomicU32::new(0);
                if SAID.swap(1, Relaxed) == 0 {
                    let path = path.as_c().to_bytes();
                    Line::remark(b"cannot write ")
                        .add(path)
                        .errno(error)
                        .add(b"; the program runs without")
                        .print();
                }
                begun.0.store(0, Relaxed);
            }
        }
    }
}

/// Opens a file, and empties what another run has left there.
fn begin(kind: u32, name: &[u8], path: &mut Path, begun: &Begun) -> sys::Result<Fd> {
    path.clear();
    let mut has_number = false;
    let mut rest = name;
    while let [first, after @ ..] = rest {
        let fits = match after {
            [b'p', after @ ..] if *first == b'%' => {
                (has_number, rest) = (true, after);
                path.add_number(sys::getpid() as i32)
            }
            _ => {
                rest = after;
                path.add(&[*first])
            }
        };
        if !fits {
            return Err(Errno::NAMETOOLONG);
        }
    }
    // In a folder of all users, somebody may have put a link in its place.
    let how = if kind == record::TRACE { Open::Append } else { Open::AppendHere };
    let file = sys::open(path.as_c(), how)?;
    let is_alone = sys::lock(&file, true) != Err(Errno::AGAIN);
    let before = begun.note();
    // With a number in its name, each process has a file of its own.
    let is_first = if has_number { before != sys::getpid() } else { before == 0 };
    if is_alone && is_first {
        sys::truncate(&file)?;
    }
    // On a file system without locks, nobody can wait for the end of the writing.
    let _ = sys::lock(&file, false);
    if kind == record::JITDUMP && is_first {
        // Perf learns of the file by its being mapped so.
        sys::map(0, 4096, sys::PROT_READ | sys::PROT_EXEC, sys::MAP_PRIVATE, Some(&file))?;
    }
    Ok(file)
}
