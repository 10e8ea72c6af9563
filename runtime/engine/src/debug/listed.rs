//! The described file as one that GDB takes for a shared library.
//!
//! What is announced by the interface for compilers at run time GDB drops when the process ends, and refers to it after that: `break 12`
//! without a file's name makes GDB 13 crash then, breakpoints in static functions are disabled at the next `run`, and watchpoints keep it
//! from starting. Shared libraries it keeps until the next `run`, and their breakpoints wait for them. So the client adds the
//! file to the dynamic linker's list (`client/src/listed.rs`); this makes it, and a library that is loaded and unloaded, which
//! makes GDB look at the list.
//!
//! The files stay when the process has ended, because GDB goes on reading: until the debugger is gone, and something else is described.

use super::Tracer;
use autojit_protocol::rendezvous::runtime_directory;
use rustix::process::Pid;
use std::ffi::OsStr;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const PREFIX: &str = "debugged-";

/// Of folders that are called by what they have in them.
const PREFIX_FOR_GOOD: &str = "listed-";

/// Of those as many are kept.
const KEPT_FOR_GOOD: usize = 16;

/// Descriptions for one debugger that are kept, for processes that have ended.
const KEPT: usize = 4;

/// The same for a debugger that takes a file for another one if its path is another: of the same content there is one file. LLDB
/// keeps it between runs, with the breakpoints in it.
pub fn write_for_good(bytes: &[u8], program: &OsStr) -> Option<[PathBuf; 2]> {
    let home = runtime_directory()?;
    let hash = blake3::hash(bytes).to_hex();
    let folder = home.join(format!("{PREFIX_FOR_GOOD}{}", &hash[..32]));
    let paths = both(&folder, program);
    if paths.iter().all(|path| path.is_file()) {
        let used = std::fs::File::open(&folder).and_then(|folder| folder.set_modified(SystemTime::now()));
        used.ok()?;
        return Some(paths);
    }
    clean_for_good(&home);
    let new = tempfile::Builder::new().prefix(PREFIX_FOR_GOOD).tempdir_in(&home).ok()?;
    write_both(new.path(), program, bytes)?;
    // Another process may have been faster, or left half of it.
    if std::fs::rename(new.path(), &folder).is_ok() {
        let _ = new.keep();
    }
    paths.iter().all(|path| path.is_file()).then_some(paths)
}

/// The file, which is called as the program is, and the library.
fn both(folder: &Path, program: &OsStr) -> [PathBuf; 2] {
    [folder.join(program), folder.join("autojit")]
}

fn write_both(folder: &Path, program: &OsStr, bytes: &[u8]) -> Option<[PathBuf; 2]> {
    let paths = both(folder, program);
    std::fs::write(&paths[0], bytes).ok()?;
    std::fs::write(&paths[1], library()).ok()?;
    Some(paths)
}

/// Removes all but the newest folders, by when they were changed.
fn keep_newest(mut folders: Vec<PathBuf>, kept: usize) {
    folders.sort_by_cached_key(|folder| folder.metadata().and_then(|metadata| metadata.modified()).ok());
    for folder in folders.iter().rev().skip(kept) {
        let _ = std::fs::remove_dir_all(folder);
    }
}

/// Removes those that were used longest ago.
fn clean_for_good(home: &Path) {
    let Ok(entries) = std::fs::read_dir(home) else { return };
    let is_one =
        |entry: &DirEntry| entry.file_name().to_str().is_some_and(|n| n.starts_with(PREFIX_FOR_GOOD));
    let all = entries.flatten().filter(is_one).map(|entry| entry.path()).collect();
    keep_newest(all, KEPT_FOR_GOOD - 1);
}

/// Writes both. `None`: that can't be done.
pub fn write(bytes: &[u8], tracer: &Tracer, pid: Pid, program: &OsStr) -> Option<[PathBuf; 2]> {
    let home = runtime_directory()?;
    clean(&home, tracer.pid);
    let prefix = format!("{PREFIX}{}-{}-", tracer.pid, pid.as_raw_nonzero());
    let folder = tempfile::Builder::new().prefix(&prefix).tempdir_in(home).ok()?;
    let paths = write_both(folder.path(), program, bytes)?;
    // Removed by a later one.
    let _ = folder.keep();
    Some(paths)
}

/// Removes what nobody can read any more: of debuggers that are gone, and the oldest ones of `debugger`.
fn clean(home: &Path, debugger: u32) {
    let Ok(entries) = std::fs::read_dir(home) else { return };
    let mut own = Vec::new();
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some((of, rest)) =
            name.to_str().and_then(|name| name.strip_prefix(PREFIX)).and_then(|rest| rest.split_once('-'))
        else {
            continue;
        };
        let process = rest.split_once('-').map_or(rest, |(process, _)| process);
        let runs = |pid: &str| Path::new("/proc").join(pid).exists();
        if of.parse() == Ok(debugger) {
            if !runs(process) {
                own.push(entry.path());
            }
        } else if !runs(of) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    keep_newest(own, KEPT - 1);
}

/// A shared library with nothing in it (ELF gABI, "Dynamic Linking").
fn library() -> Vec<u8> {
    const HEADER: u64 = 64;
    const SEGMENT: u64 = 56;
    const DYNAMIC: u64 = HEADER + 3 * SEGMENT;
    const ENTRIES: u64 = 6;
    const SYMBOLS: u64 = DYNAMIC + ENTRIES * 16;
    const SYMBOL: u64 = 24;
    const HASH: u64 = SYMBOLS + SYMBOL;
    const STRINGS: u64 = HASH + 16;
    const SIZE: u64 = STRINGS + 8;
    let mut bytes = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let halves = |bytes: &mut Vec<u8>, halves: &[u16]| {
        halves.iter().for_each(|half| bytes.extend_from_slice(&half.to_le_bytes()));
    };
    let words = |bytes: &mut Vec<u8>, words: &[u32]| {
        words.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
    };
    let doubles = |bytes: &mut Vec<u8>, words: &[u64]| {
        words.iter().for_each(|word| bytes.extend_from_slice(&word.to_le_bytes()));
    };
    // ET_DYN, EM_X86_64; the program headers follow.
    halves(&mut bytes, &[3, 62]);
    words(&mut bytes, &[1]);
    doubles(&mut bytes, &[0, HEADER, 0]);
    words(&mut bytes, &[0]);
    halves(&mut bytes, &[HEADER as u16, SEGMENT as u16, 3, 64, 0, 0]);
    const READ_WRITE: u32 = 6;
    const LOAD: u32 = 1;
    const OF_DYNAMIC: u32 = 2;
    const STACK: u32 = 0x6474_e551;
    for (kind, start, end, align) in
        [(LOAD, 0, SIZE, 4096), (OF_DYNAMIC, DYNAMIC, SYMBOLS, 8), (STACK, 0, 0, 16)]
    {
        words(&mut bytes, &[kind, READ_WRITE]);
        doubles(&mut bytes, &[start, start, start, end - start, end - start, align]);
    }
    // DT_HASH, DT_STRTAB, DT_SYMTAB, DT_STRSZ, DT_SYMENT, DT_NULL.
    for (tag, value) in [(4, HASH), (5, STRINGS), (6, SYMBOLS), (10, 1), (11, SYMBOL), (0, 0)] {
        doubles(&mut bytes, &[tag, value]);
    }
    // The empty symbol; one bucket and one chain, both empty.
    bytes.resize(HASH as usize, 0);
    words(&mut bytes, &[1, 1, 0, 0]);
    bytes.resize(SIZE as usize, 0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_library_can_be_loaded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("autojit");
        std::fs::write(&path, library()).unwrap();
        unsafe extern "C" {
            fn dlopen(path: *const std::ffi::c_char, mode: i32) -> *mut std::ffi::c_void;
            fn dlclose(handle: *mut std::ffi::c_void) -> i32;
        }
        let name = std::ffi::CString::new(path.to_str().unwrap()).unwrap();
        // SAFETY: a library without code.
        unsafe {
            let handle = dlopen(name.as_ptr(), 2);
            assert!(!handle.is_null());
            assert_eq!(dlclose(handle), 0);
        }
    }
}
