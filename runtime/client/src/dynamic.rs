//! Looking a symbol up in the program and its libraries, without libc.
//!
//! The dynamic linker's list of what is loaded is for debuggers: DT_DEBUG of the program leads to it. We read that and the
//! hash tables ourselves. The alternative, a weak reference to `dlsym`, is exact about scopes, but takes the dynamic linker's
//! lock: a thread in `dlopen` that makes a first call, while another one holds our lock and asks, would never come back; and
//! it is not to be called from a signal handler, allocates and may not be there at all.
//!
//! The order: the program and what was loaded with it (the list up to the dynamic linker itself), the image that asks, then
//! everything else. What `dlopen` made local to others is so found, if late.

use crate::arch::{self, VectorState};
use crate::image::{Image, PT_LOAD, Phdr};
use crate::lock::PAGE_SIZE;
use crate::mem;
use crate::sys::{self, Open};
use core::cell::UnsafeCell;
use core::ffi::c_char;
use core::sync::atomic::AtomicUsize;
use core::sync::atomic::Ordering::Relaxed;

const AT_PHDR: usize = 3;
const AT_PHNUM: usize = 5;

const PT_DYNAMIC: u32 = 2;
const PT_PHDR: u32 = 6;

const DT_HASH: usize = 4;
const DT_STRTAB: usize = 5;
const DT_SYMTAB: usize = 6;
const DT_DEBUG: usize = 21;
const DT_GNU_HASH: usize = 0x6fff_fef5;
const DT_VERSYM: usize = 0x6fff_fff0;

const SHN_UNDEF: u16 = 0;
const SHN_ABS: u16 = 0xfff1;
const STT_TLS: u8 = 6;
const STT_GNU_IFUNC: u8 = 10;

#[repr(C)]
struct Dyn {
    tag: usize,
    value: usize,
}

/// `struct r_debug`.
#[repr(C)]
struct Debug {
    version: i32,
    map: *const LinkMap,
    brk: usize,
    state: i32,
    ldbase: usize,
}

/// What a debugger takes for the program's place in the list, and a file behind it. All zeros at first.
#[repr(C)]
pub struct Listed {
    program: OwnMap,
    /// `MARK` if `program` is in the list.
    mark: usize,
    file: OwnMap,
    /// An empty dynamic section.
    dynamic: Dyn,
}

/// A copy of one of the dynamic linker's structures, which go on behind what is public: debuggers' libraries read the number of an image's
/// thread-local storage there. It is more than glibc's has (1,160 bytes in 2.36).
type OwnMap = [usize; 224];

/// Behind the program's place in the list if that is one of ours.
const MARK: usize = usize::from_le_bytes(*b"autojit!");

/// `struct link_map`, as far as it is public.
#[repr(C)]
struct LinkMap {
    base: usize,
    name: *const c_char,
    dynamic: *const Dyn,
    next: *const LinkMap,
    previous: *const LinkMap,
}

#[repr(C)]
struct Symbol {
    name: u32,
    info: u8,
    other: u8,
    section: u16,
    value: usize,
    size: u64,
}

/// The list once it was found: later there may be no descriptor left to read with, or no main thread whose /proc it is.
static LIST: AtomicUsize = AtomicUsize::new(0);

/// The list, if there is a dynamic linker.
fn list() -> Option<&'static Debug> {
    if LIST.load(Relaxed) == 0 {
        LIST.store(find_list().map_or(0, |list| &raw const *list as usize), Relaxed);
    }
    // SAFETY: 0, or the dynamic linker's structure, which stays.
    unsafe { (LIST.load(Relaxed) as *const Debug).as_ref() }
}

/// Finds what look-ups will need. For a moment when a descriptor can be had.
pub fn prepare() {
    let _ = list();
}

/// The headers of the program, by the kernel's word.
fn program_headers() -> Option<&'static [Phdr]> {
    let fd = sys::open(c"/proc/self/auxv", Open::Read).ok()?;
    let (mut headers, mut count) = (0, 0);
    // Pair by pair, because zeroing a larger buffer would be a call.
    let mut pair = [0u8; 16];
    while headers == 0 || count == 0 {
        if sys::read(&fd, &mut pair).ok()? != pair.len() {
            return None;
        }
        let ([kind, value], _) = pair.as_chunks::<8>() else { return None };
        match usize::from_le_bytes(*kind) {
            AT_PHDR => headers = usize::from_le_bytes(*value),
            AT_PHNUM => count = usize::from_le_bytes(*value),
            _ => {}
        }
    }
    // SAFETY: the kernel's word for where the program's headers are.
    Some(unsafe { core::slice::from_raw_parts(headers as *const Phdr, count) })
}

fn find_list() -> Option<&'static Debug> {
    let headers = program_headers()?;
    let at = headers.as_ptr() as usize;
    let own = headers.iter().find(|h| h.kind == PT_PHDR).map(|h| at.wrapping_sub(h.address as usize));
    // Headers stand in the file's first page, behind the file's header of 64 bytes.
    let first = headers.iter().find(|h| h.kind == PT_LOAD && h.offset == 0);
    let base = own.or_else(|| Some(at.wrapping_sub(64).wrapping_sub(first?.address as usize)))?;
    let dynamic = headers.iter().find(|h| h.kind == PT_DYNAMIC)?;
    let dynamic = base.wrapping_add(dynamic.address as usize) as *const Dyn;
    // SAFETY: the program's dynamic section; the value is null or what the dynamic linker has put there.
    unsafe { (tag(dynamic, DT_DEBUG)? as *const Debug).as_ref() }
}

/// The list by its symbol, for a moment when nothing may be opened; but a program may have something of that name itself.
fn early_list() -> Option<&'static Debug> {
    // SAFETY: null, or the dynamic linker's structure.
    let debug = unsafe { arch::dynamic_list().cast::<Debug>().as_ref() }?;
    if debug.map.is_null() { list() } else { Some(debug) }
}

/// Looks at the images that the process started with, in their order, before the dynamic linker is done with more: their headers, and
/// what to add to addresses in them.
pub fn of_first_images<R>(look: impl Fn(&[Phdr], usize) -> Option<R>) -> Option<R> {
    let debug = early_list()?;
    // SAFETY: as in `look_up`.
    let maps = core::iter::successors(unsafe { debug.map.as_ref() }, |map| unsafe { map.next.as_ref() });
    for map in maps {
        // SAFETY: an entry of the list.
        if unsafe { map.is_listed() } {
            continue;
        }
        let found = match map.base {
            // A program that was not moved.
            0 => program_headers().and_then(|headers| look(headers, 0)),
            base => {
                // SAFETY: a library's first segment begins with its header, and it is mapped as a whole.
                let headers = unsafe { Image::headers_at(base as *const u8) };
                headers.and_then(|headers| look(headers, base))
            }
        };
        if found.is_some() || map.base == debug.ldbase {
            return found;
        }
    }
    None
}

/// Whether this image is in the list. Those of other name spaces are not.
pub fn lists_own() -> bool {
    let own = arch::own_dynamic().cast::<Dyn>();
    let Some(debug) = early_list() else { return false };
    // SAFETY: as in `look_up`.
    let mut maps = core::iter::successors(unsafe { debug.map.as_ref() }, |map| unsafe { map.next.as_ref() });
    maps.any(|map| map.dynamic == own)
}

/// The function that the dynamic linker calls for debuggers when its list has changed.
pub fn debug_function() -> Option<*const u8> {
    let debug = early_list()?;
    (debug.brk != 0).then_some(debug.brk as *const u8)
}

/// A function of the C library, if that is glibc from 2.`minor` on.
pub fn of_glibc(minor: u32, name: &[u8]) -> Option<usize> {
    let debug = list()?;
    let wanted = |name| Wanted { name, gnu: gnu_hash(name), is_call: true };
    let version = wanted(b"gnu_get_libc_version");
    // SAFETY: as in `look_up`.
    let mut maps = core::iter::successors(unsafe { debug.map.as_ref() }, |map| unsafe { map.next.as_ref() });
    let (libc, version) = maps.find_map(|map| Some((map, version.find_in(map)?)))?;
    // SAFETY: that function takes nothing and returns a string that stays, `2.36`.
    let found = unsafe {
        let version = core::mem::transmute::<usize, extern "C" fn() -> *const u8>(version)();
        if version.read() != b'2' || version.add(1).read() != b'.' {
            return None;
        }
        let (mut number, mut at) = (0u32, version.add(2));
        while at.read().is_ascii_digit() {
            number = number.wrapping_mul(10) + u32::from(at.read() - b'0');
            at = at.add(1);
        }
        number
    };
    if found >= minor { wanted(name).find_in(libc) } else { None }
}

/// Adds a file whose addresses are right to what debuggers read, and the dynamic linker does not. The dynamic linker starts with
/// the program; debuggers start where `r_debug` says, and pass over what is first. So that is a copy of the program's place now; the file
/// follows, and then the libraries. Debuggers see that each leads back to the one before: the first library leads to the file now,
/// which only matters if it is taken out of the list, and a library that the process started with never is.
///
/// `image`: an address in the image that the file describes, whose thread-local storage is then found.
///
/// # Safety
/// `new` and `file` are zeros and a path that stay.
pub unsafe fn list_file(new: *mut Listed, file: *const c_char, (base, image): (usize, usize)) -> Option<()> {
    let debug = core::ptr::from_ref(list()?).cast_mut();
    // SAFETY: the dynamic linker's structures, in memory that it writes to as well, and the caller's.
    unsafe {
        let first = (*debug).map.cast_mut();
        let next = first.as_ref()?.next.cast_mut();
        if next.is_null() {
            return None;
        }
        let maps = core::iter::successors(first.as_ref(), |map| map.next.as_ref());
        let own = maps.filter(|map| map.base <= image && !map.is_listed()).max_by_key(|map| map.base)?;
        let entry = own.copy(&raw mut (*new).file);
        (*entry).base = base;
        (*entry).name = file;
        (*entry).dynamic = &raw const (*new).dynamic;
        (*entry).next = next;
        let mark = first.cast::<OwnMap>().add(1).cast::<usize>();
        if sys::is_mapped(mark as usize & !(PAGE_SIZE - 1)) && mark.read() == MARK {
            (*entry).previous = first;
            (*first).next = entry;
        } else {
            let program = (*first).copy(&raw mut (*new).program);
            (*new).mark = MARK;
            (*entry).previous = program;
            (*program).next = entry;
            (&raw mut (*debug).map).write_volatile(program);
        }
        (*next).previous = entry;
    }
    Some(())
}

impl LinkMap {
    /// # Safety
    /// In the dynamic linker's list.
    unsafe fn is_listed(&self) -> bool {
        // SAFETY: a dynamic section has a last entry at least. One with no other is that of `list_file`.
        unsafe { (*self.dynamic).tag == 0 }
    }

    /// Copies what is private, too.
    ///
    /// # Safety
    /// In the dynamic linker's list; `to` is memory.
    unsafe fn copy(&self, to: *mut OwnMap) -> *mut LinkMap {
        let from = core::ptr::from_ref(self).cast::<u8>();
        // As much as there surely is of it; the page behind may be another's.
        let rest = PAGE_SIZE - from as usize % PAGE_SIZE;
        let size = if sys::is_mapped(from as usize + rest) { usize::MAX } else { rest };
        // SAFETY: so much is there.
        unsafe { mem::copy(to.cast(), from, size.min(size_of::<OwnMap>())) };
        to.cast()
    }
}

/// # Safety
/// `dynamic` is a dynamic section.
unsafe fn tag(dynamic: *const Dyn, wanted: usize) -> Option<usize> {
    let mut next = dynamic;
    loop {
        // SAFETY: the section ends with a zero tag.
        let entry = unsafe { &*next };
        match entry.tag {
            0 => return None,
            tag if tag == wanted => return Some(entry.value),
            _ => next = next.wrapping_add(1),
        }
    }
}

/// The address of a symbol. `image`: an address in the image that asks. `is_call`: any entry to the function will do.
pub fn look_up(name: &[u8], image: usize, is_call: bool) -> Option<usize> {
    let debug = list()?;
    let maps = || {
        // SAFETY: elements are only added behind the last one, and removed after everybody has left the library.
        core::iter::successors(unsafe { debug.map.as_ref() }, |map| unsafe { map.next.as_ref() })
    };
    let wanted = Wanted { name, gnu: gnu_hash(name), is_call };
    let last = maps().position(|map| map.base == debug.ldbase && debug.ldbase != 0);
    let start = maps().take(last.map_or(usize::MAX, |n| n + 1));
    // SAFETY: as above.
    let may_have = |map: &&LinkMap| map.base <= image && !unsafe { map.is_listed() };
    let own = maps().filter(may_have).max_by_key(|map| map.base);
    start.chain(own).chain(maps()).find_map(|map| wanted.find_in(map))
}

struct Wanted<'a> {
    name: &'a [u8],
    gnu: u32,
    is_call: bool,
}

fn gnu_hash(name: &[u8]) -> u32 {
    name.iter().fold(5381u32, |h, &b| h.wrapping_mul(33).wrapping_add(u32::from(b)))
}

fn sysv_hash(name: &[u8]) -> u32 {
    name.iter().fold(0u32, |h, &b| {
        let h = (h << 4).wrapping_add(u32::from(b));
        let high = h & 0xf000_0000;
        (h ^ (high >> 24)) & !high
    })
}

/// The tables of an image.
struct Tables {
    base: usize,
    symbols: *const Symbol,
    strings: usize,
    versions: Option<*const u16>,
}

impl Wanted<'_> {
    fn find_in(&self, map: &LinkMap) -> Option<usize> {
        // SAFETY: the dynamic section of an image that is loaded, and the tables that it names, in their format.
        unsafe {
            // glibc keeps addresses in most sections, others offsets.
            let address = |t: usize| {
                tag(map.dynamic, t).map(|v| if v < map.base { v.wrapping_add(map.base) } else { v })
            };
            let tables = Tables {
                base: map.base,
                symbols: address(DT_SYMTAB)? as *const Symbol,
                strings: address(DT_STRTAB)?,
                versions: address(DT_VERSYM).map(|v| v as *const u16),
            };
            match address(DT_GNU_HASH) {
                Some(hash) => self.by_gnu_hash(hash as *const u32, &tables),
                None => self.by_sysv_hash(address(DT_HASH)? as *const u32, &tables),
            }
        }
    }

    /// # Safety
    /// `hash` and `tables` are those of one image.
    unsafe fn by_gnu_hash(&self, hash: *const u32, tables: &Tables) -> Option<usize> {
        // SAFETY: the table's format: four words, the filter, the buckets, the chains.
        unsafe {
            let [buckets, first, filter, shift] = hash.cast::<[u32; 4]>().read_unaligned();
            if buckets == 0 || filter == 0 {
                return None;
            }
            let words = hash.add(4).cast::<u64>();
            let word = words.add((self.gnu / 64) as usize & (filter as usize - 1)).read_unaligned();
            let mask = 1u64 << (self.gnu % 64) | 1u64 << (self.gnu.checked_shr(shift)? % 64);
            if word & mask != mask {
                return None;
            }
            let table = words.add(filter as usize).cast::<u32>();
            let chains = table.add(buckets as usize);
            let mut index = table.add((self.gnu % buckets) as usize).read();
            if index < first {
                return None;
            }
            loop {
                let chain = chains.add((index - first) as usize).read();
                if (chain ^ self.gnu) < 2
                    && let Some(found) = self.accept(index as usize, tables)
                {
                    return Some(found);
                }
                if chain & 1 != 0 {
                    return None;
                }
                index += 1;
            }
        }
    }

    /// # Safety
    /// As above.
    unsafe fn by_sysv_hash(&self, hash: *const u32, tables: &Tables) -> Option<usize> {
        // SAFETY: the table's format: two counts, the buckets, the chains.
        unsafe {
            let (buckets, chains) = (hash.read(), hash.add(2).add(hash.read() as usize));
            let mut index = hash.add(2 + (sysv_hash(self.name).checked_rem(buckets)?) as usize).read();
            while index != 0 {
                if let Some(found) = self.accept(index as usize, tables) {
                    return Some(found);
                }
                index = chains.add(index as usize).read();
            }
            None
        }
    }

    /// The symbol's address, if it is a definition of that name, in the version that a linker would take.
    ///
    /// # Safety
    /// The tables have a symbol of this number.
    unsafe fn accept(&self, index: usize, tables: &Tables) -> Option<usize> {
        // SAFETY: the caller's promise; names are NUL-terminated.
        unsafe {
            let symbol = &*tables.symbols.add(index);
            let is_name = mem::is_text((tables.strings + symbol.name as usize) as *const u8, self.name);
            // Of a function that is not its own a program without position-independent code may have the address.
            let is_defined = symbol.section != SHN_UNDEF || (!self.is_call && symbol.value != 0);
            let is_hidden = tables.versions.is_some_and(|v| {
                let version = v.add(index).read();
                version & 0x8000 != 0 || version == 0
            });
            let kind = symbol.info & 15;
            if !is_name || !is_defined || is_hidden || symbol.info >> 4 == 0 || kind == STT_TLS {
                return None;
            }
            let address =
                if symbol.section == SHN_ABS { symbol.value } else { tables.base.wrapping_add(symbol.value) };
            Some(if kind == STT_GNU_IFUNC { chosen(address) } else { address })
        }
    }
}

struct State(UnsafeCell<VectorState>);

// SAFETY: used by the thread that holds the lock.
unsafe impl Sync for State {}

static STATE: State = State(UnsafeCell::new(VectorState::new()));

/// What an ifunc's resolver chooses. Such functions run while a library is relocated: they make no first calls.
fn chosen(resolver: usize) -> usize {
    let mut result = 0;
    // SAFETY: the lock is held, and a resolver does not come back here.
    let state = unsafe { &mut *STATE.0.get() };
    arch::with_vector_state_kept(state, || {
        // SAFETY: a resolver takes nothing on x86-64 and returns an address.
        result = unsafe { core::mem::transmute::<usize, extern "C" fn() -> usize>(resolver)() };
    });
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_formats() {
        assert_eq!((gnu_hash(b""), gnu_hash(b"printf")), (0x1505, 0x156b_2bb8));
        assert_eq!((sysv_hash(b"printf"), sysv_hash(b"exit")), (0x077905a6, 0x0006cf04));
    }

    #[test]
    fn functions_and_data_of_this_process_are_found() {
        unsafe extern "C" {
            fn getpid() -> i32;
            fn dlsym(handle: *const u8, name: *const c_char) -> usize;
        }
        let here = hashes_are_those_of_the_formats as *const () as usize;
        for name in
            [c"getpid", c"memcpy", c"stdout", c"environ", c"pthread_create", c"__tls_get_addr", c"fopen"]
        {
            // SAFETY: RTLD_DEFAULT and a C string.
            let expected = unsafe { dlsym(core::ptr::null(), name.as_ptr()) };
            assert_eq!(
                look_up(name.to_bytes(), here, false),
                (expected != 0).then_some(expected),
                "{name:?}"
            );
        }
        // SAFETY: a function without conditions.
        assert!(unsafe { getpid() } > 0);
        assert_eq!(look_up(b"no_such_function_anywhere", here, true), None);
        assert_eq!(look_up(b"", here, true), None);
    }
}
