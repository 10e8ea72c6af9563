//! What a unit that was compiled with `-g` keeps for debuggers, in a section that is not loaded.
//!
//! The section's name starts with `.debug`, and so it is to every tool what debug information is: no reference in it keeps anything in
//! the program, `strip` removes it, and the compiled program never sees it. (It does not start with `.debug_`: dwz refuses sections of
//! such names that it does not know.) The daemon reads it from the program's file when a debugger is attached. The linker concatenates
//! the notes of all objects.
//!
//! ```text
//!   DebugNote                     fixed size, aligned to 8
//!   u64 locals[local_count]       link-time addresses of the local symbols that the import table does not have; 0: it is gone. Of a
//!                                 thread-local variable one more than its offset in the image's thread-local storage
//!   u8  names[names_size]         their names, NUL-terminated; that of a thread-local variable with THREAD_LOCAL_MARK in front
//!   u8  recipe[recipe_size]       how to compile the unit again, see `recipe.rs`
//!   u8  object[object_size]       the object of that compile, or the bitcode that is compiled, in a zstd frame; nothing if both are to be
//!                                 found elsewhere
//!   (padding to 8)
//! ```

use crate::Hash;
use core::mem::size_of;

/// First eight bytes of every note; the last is the format's version.
pub const NOTE_MAGIC: [u8; 8] = *b"AJDEBUG\x03";

/// In front of the name of a thread-local variable.
pub const THREAD_LOCAL_MARK: u8 = 2;

pub const NOTE_SECTION: &str = ".debug.autojit";

/// In an object that describes a unit: the hash of its [`identity`], 32 bytes.
pub const IDENTITY_SECTION: &str = ".autojit.identity";

/// Where the stubs of such a unit are. Debuggers take what stands in a section of this name for a way to a function, as a
/// procedure linkage table is, and step through it into the function.
pub const STUB_SECTION: &str = ".plt.sec";

/// Fixed part of a note.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct NoteHeader {
    pub magic: [u8; 8],
    /// Bytes of the whole note without the padding.
    pub size: u64,
    /// The module: hash of its payload.
    pub hash: Hash,
    /// Link-time address of its record.
    pub record: u64,
    pub local_count: u32,
    pub names_size: u32,
    pub recipe_size: u32,
    /// Bytes of a stub.
    pub stub_size: u32,
    pub object_size: u64,
    /// Bytes of the object out of its frame.
    pub expanded_size: u64,
}

const _: () = assert!(size_of::<NoteHeader>() == 88);

/// A note that was checked.
#[derive(Clone, Copy, Debug)]
pub struct Note<'a> {
    pub header: NoteHeader,
    locals: &'a [u8],
    names: &'a [u8],
    pub recipe: &'a [u8],
    /// An object that describes the unit (`--autojit-debug-object`, as lazy), or its bitcode, in a zstd frame.
    pub object: &'a [u8],
}

/// Where a local symbol is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LocalPlace {
    /// At link time.
    Address(u64),
    /// Offset in the image's thread-local storage.
    ThreadLocal(u64),
}

fn take<'a>(rest: &mut &'a [u8], size: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(size)?;
    *rest = tail;
    Some(head)
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

impl<'a> Note<'a> {
    /// The note at the start of `section`, and what follows it. `None` at the end or at something else.
    pub fn first(section: &'a [u8]) -> Option<(Note<'a>, &'a [u8])> {
        let raw = section.get(..size_of::<NoteHeader>())?;
        // SAFETY: `raw` has the header's size, every bit pattern is a valid header, and read_unaligned asks for no
        // alignment.
        let header = unsafe { raw.as_ptr().cast::<NoteHeader>().read_unaligned() };
        if header.magic != NOTE_MAGIC {
            return None;
        }
        let size = usize::try_from(header.size).ok()?;
        let mut rest = section.get(size_of::<NoteHeader>()..size)?;
        let locals = take(&mut rest, (header.local_count as usize).checked_mul(8)?)?;
        let names = take(&mut rest, header.names_size as usize)?;
        let recipe = take(&mut rest, header.recipe_size as usize)?;
        let object = take(&mut rest, usize::try_from(header.object_size).ok()?)?;
        let after = section.get(size.next_multiple_of(8)..).unwrap_or_default();
        Some((Note { header, locals, names, recipe, object }, after))
    }

    /// Names and places of those that clang's optimizer has left.
    pub fn locals(self) -> impl Iterator<Item = (&'a [u8], LocalPlace)> {
        let names = self.names.split(|&b| b == 0);
        names
            .take(self.header.local_count as usize)
            .enumerate()
            .filter_map(move |(i, name)| Some((name, word(self.locals, i * 8)?)))
            .filter(|&(_, address)| address != 0)
            .map(|(name, address)| match name.strip_prefix(&[THREAD_LOCAL_MARK]) {
                Some(name) => (name, LocalPlace::ThreadLocal(address - 1)),
                None => (name, LocalPlace::Address(address)),
            })
    }
}

/// What makes two compiles of a unit one in this respect, to be hashed: its lazy functions and its imports. They are sorted, for debug
/// information may mention some of them earlier.
pub fn identity(functions: &mut [&str], imports: &mut [&str], mut hash: impl FnMut(&[u8])) {
    functions.sort_unstable();
    imports.sort_unstable();
    let mut name = |name: &str| {
        hash(name.as_bytes());
        hash(b"\0");
    };
    functions.iter().copied().for_each(&mut name);
    name("");
    imports.iter().copied().for_each(&mut name);
}
