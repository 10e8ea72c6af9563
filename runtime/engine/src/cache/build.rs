//! The identity of this build of the engine: code that another one made is not used.
//!
//! The build ID that the linker wrote into the executable: a hash of all its contents, LLVM included. Without one, the
//! executable's size and time stand for it.

use super::pack::Build;
use std::ffi::{c_int, c_void};
use std::os::unix::fs::MetadataExt;

const NT_GNU_BUILD_ID: u32 = 3;

pub fn identity() -> Option<Build> {
    let mut hasher = blake3::Hasher::new();
    let mut id = Vec::new();
    // SAFETY: the callback is called during this call only, with `id` as its data.
    unsafe { libc::dl_iterate_phdr(Some(look), (&raw mut id).cast()) };
    if id.is_empty() {
        let found = std::fs::metadata("/proc/self/exe").ok()?;
        for number in
            [found.dev(), found.ino(), found.size(), found.mtime() as u64, found.mtime_nsec() as u64]
        {
            id.extend(number.to_le_bytes());
        }
    }
    hasher.update(&id);
    let mut build = Build::default();
    build.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    Some(build)
}

/// Looks at the first object, which is the executable.
unsafe extern "C" fn look(info: *mut libc::dl_phdr_info, _: usize, id: *mut c_void) -> c_int {
    // SAFETY: the C library passes a valid object with its program headers, which are mapped; `id` is the caller's.
    unsafe {
        let info = &*info;
        let headers = std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum));
        for header in headers.iter().filter(|header| header.p_type == libc::PT_NOTE) {
            let start = (info.dlpi_addr + header.p_vaddr) as *const u8;
            let notes = std::slice::from_raw_parts(start, header.p_memsz as usize);
            if let Some(found) = build_id(notes) {
                *id.cast::<Vec<u8>>() = found.to_vec();
            }
        }
    }
    1
}

fn build_id(mut notes: &[u8]) -> Option<&[u8]> {
    loop {
        let word = |at: usize| Some(u32::from_le_bytes(notes.get(at..at + 4)?.try_into().ok()?));
        let (name_size, size, kind) = (word(0)? as usize, word(4)? as usize, word(8)?);
        let data = 12 + name_size.next_multiple_of(4);
        let end = data.checked_add(size)?;
        if kind == NT_GNU_BUILD_ID && notes.get(12..12 + name_size)? == b"GNU\0" {
            return notes.get(data..end);
        }
        notes = notes.get(end.next_multiple_of(4)..)?;
    }
}
