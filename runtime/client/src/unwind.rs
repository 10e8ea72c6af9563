//! Announcing unwind tables, so that exceptions pass through code in the arena.
//!
//! If the program has an unwinder at all: three weak symbols. It is foreign code, with the lock held: it takes locks,
//! calls malloc (which may be lazy itself, so that a nested first call comes in: its tables wait in a queue), and
//! uses vector registers. The alternative, to announce after unlocking, would let another thread throw through code
//! whose tables nobody knows yet.

use crate::arch::{self, RegisterFrameInfo, RegisterIndex, RegisterSection, VectorState};
use crate::dynamic;
use crate::lock::{self, Held};
use crate::recall;
use crate::sorted::{self, Added, Arena};
use crate::sys;
use crate::unload;
use autojit_protocol::frames::{FrameIndex, INDEX_ALIGN, INDEX_MAGIC, IndexEntry};
use core::cell::UnsafeCell;
use core::sync::atomic::AtomicU32;
use core::sync::atomic::Ordering::Relaxed;

const ROOM: usize = 256;

struct Waiting {
    tables: [usize; ROOM],
    count: usize,
}

struct Cell<T>(UnsafeCell<T>);

// SAFETY: used by the thread that holds the lock only.
unsafe impl<T> Sync for Cell<T> {}

static STATE: Cell<VectorState> = Cell(UnsafeCell::new(VectorState::new()));
/// The arena of the last session.
static ARENA: Cell<Arena> = Cell(UnsafeCell::new(Arena::NONE));
static WAITING: Cell<Waiting> = Cell(UnsafeCell::new(Waiting { tables: [0; ROOM], count: 0 }));

/// Works on the arena; never across foreign code.
fn arena<R>(work: impl FnOnce(&mut Arena) -> R) -> R {
    // SAFETY: the lock is held, and `work` is short.
    work(unsafe { &mut *ARENA.0.get() })
}

/// Works on the queue; never across foreign code.
fn waiting<R>(work: impl FnOnce(&mut Waiting) -> R) -> R {
    // SAFETY: the lock is held, and `work` is one of the short ones below.
    work(unsafe { &mut *WAITING.0.get() })
}

/// An unwinder, by how it takes a table.
#[derive(Clone, Copy)]
enum Unwinder {
    Libunwind(RegisterSection),
    Libgcc(RegisterFrameInfo),
    /// The libunwind of nongnu.org, which programs use that walk their own stack.
    Nongnu(RegisterIndex),
}

/// `unw_dyn_info_t` (libunwind-dynamic.h, with the `load_offset` that 1.5 brought) with a table of the form of `.eh_frame_hdr`'s.
#[repr(C)]
pub struct DynamicInfo {
    /// The unwinder's list.
    next: usize,
    previous: usize,
    start: usize,
    end: usize,
    global_pointer: usize,
    format: i32,
    load_offset: usize,
    name: usize,
    /// What the table's places are counted from.
    base: usize,
    /// Words of the table.
    size: usize,
    table: usize,
}

/// A function that libunwind does not have in versions whose `unw_dyn_info_t` is another one.
const SINCE: &[u8] = b"_Ux86_64_get_exe_image_path";

/// `UNW_INFO_FORMAT_REMOTE_TABLE`.
const REMOTE_TABLE: i32 = 2;

impl Unwinder {
    /// The program's. It can have both (libc++ brings libunwind, and the program's own code libgcc), and only the
    /// dynamic linker knows which one a throw goes to: each gets all tables. Under libgcc's name libunwind does nothing.
    fn of_program() -> [Option<Unwinder>; 3] {
        [
            arch::libunwind_register_section().map(Unwinder::Libunwind),
            arch::register_frame_info().map(Unwinder::Libgcc),
            nongnu().map(Unwinder::Nongnu),
        ]
    }

    /// Hands the table over. The lock is held, and this is the outermost call.
    fn announce(self, table: usize) {
        match self {
            // SAFETY: the daemon's table, in memory that stays mapped.
            Unwinder::Libunwind(register) => unsafe { register(table as *const u8) },
            Unwinder::Libgcc(register) => {
                if add(register, table) == Added::Yes {
                    return;
                }
                // Without memory for it the code can't be unwound through, but runs.
                if let Some(object) = object() {
                    // SAFETY: as above; the object is ours to give away, for ever.
                    unsafe { register(table as *const u8, object) }
                }
            }
            Unwinder::Nongnu(register) => {
                let info = object().map(|object| object.cast::<DynamicInfo>());
                if let (Some(info), Some(index)) = (info, index(table)) {
                    let base = &raw const *index as usize;
                    let first = base + size_of::<FrameIndex>();
                    // SAFETY: the daemon's index, whose entries are behind it; the object is large enough, ours to give away, and all
                    // zero but for what is written here.
                    unsafe {
                        let at = |place: i32| base.wrapping_add_signed(place as isize);
                        (*info).start = at((*(first as *const IndexEntry)).start);
                        (*info).end = at(index.end);
                        (*info).format = REMOTE_TABLE;
                        (*info).base = base;
                        (*info).size = index.count as usize;
                        (*info).table = first;
                        register(info);
                    }
                }
            }
        }
    }
}

/// Has libgcc find a table by the arena's object. `register`: may be called for that.
fn add(register: RegisterFrameInfo, table: usize) -> Added {
    let index = index(table);
    if !arena(|arena| arena.bounds().contains(&table)) {
        return Added::No;
    }
    match (arena(|arena| arena.add(index)), index, arch::find_record()) {
        (Added::NotOpen, Some(index), Some(find)) => {
            let (Some(first), Some(second)) = (object(), object()) else { return Added::No };
            let Some(opening) = arena(|arena| arena.start_opening([first, second])) else { return Added::No };
            opening.register(register, find);
            let is_found = arena(|arena| arena.append(index)) && opening.publish(index, find);
            if unload::IS_POSSIBLE && is_found {
                opening.note();
            }
            arena(|arena| arena.opened(is_found))
        }
        (added, ..) => added,
    }
}

/// Makes the arena of the session the one that tables are added to.
fn enter_arena(held: &Held) {
    held.with(|runtime| {
        let bounds = &runtime.session.arena;
        let is_other = arena(|arena| arena.bounds() != *bounds);
        if is_other {
            let is_wanted = !runtime.environment.is(b"AUTOJIT_UNWIND", b"tables");
            // Two unwinders have the same names for what they do.
            let is_alone = arch::libunwind_register_section().is_none();
            let new = if is_wanted && is_alone { Arena::new } else { Arena::closed };
            arena(|arena| *arena = new(bounds.clone()));
        }
    });
}

/// libunwind's registration, if the program has it in a version that we know. Looked for once.
fn nongnu() -> Option<RegisterIndex> {
    /// 0: not looked for yet, 1: another version, 2: it is.
    static IS_KNOWN: AtomicU32 = AtomicU32::new(0);
    let register = arch::register_index()?;
    if IS_KNOWN.load(Relaxed) == 0 {
        let here = arch::own_image();
        IS_KNOWN.store(1 + u32::from(dynamic::look_up(SINCE, here, true).is_some()), Relaxed);
    }
    (IS_KNOWN.load(Relaxed) == 2).then_some(register)
}

/// The index behind a table, if it has one.
fn index(table: usize) -> Option<&'static FrameIndex> {
    let mut at = table;
    loop {
        // SAFETY: the daemon's table: each record begins with its length, and the last is empty.
        let length = unsafe { (at as *const u32).read_unaligned() } as usize;
        at += size_of::<u32>() + length;
        if length == 0 {
            break;
        }
    }
    // SAFETY: still in the arena, or in the zeros at its end.
    let index = unsafe { &*(at.next_multiple_of(INDEX_ALIGN) as *const FrameIndex) };
    (index.magic == INDEX_MAGIC && index.count != 0).then_some(index)
}

/// Bytes of libgcc's `struct object`, six words in all its versions, or of a [`DynamicInfo`].
const OBJECT_SIZE: usize = size_of::<DynamicInfo>();

/// Bytes of objects that are mapped at a time.
const OBJECT_PAGE: usize = 4096;

/// The objects of the page in use that are left: where the next one is, and how many bytes follow.
struct Objects {
    next: usize,
    left: usize,
    /// Where the page begins, in a library that may be unloaded.
    page: usize,
}

static OBJECTS: Cell<Objects> = Cell(UnsafeCell::new(Objects { next: 0, left: 0, page: 0 }));

/// Zeroed memory for one `struct object`. The lock is held.
fn object() -> Option<*mut u8> {
    // SAFETY: used under the lock, and not across foreign code.
    let objects = unsafe { &mut *OBJECTS.0.get() };
    if objects.left < OBJECT_SIZE {
        let page = sys::map_zeros(OBJECT_PAGE).ok()?;
        let mut used = 0;
        if unload::IS_POSSIBLE {
            // SAFETY: mapped just now. Instead of an object, the page before.
            unsafe { (page as *mut usize).write(objects.page) };
            used = OBJECT_SIZE;
            objects.page = page;
        }
        objects.next = page + used;
        objects.left = OBJECT_PAGE - used;
    }
    let at = objects.next;
    objects.next += OBJECT_SIZE;
    objects.left -= OBJECT_SIZE;
    Some(at as *mut u8)
}

/// Announces what came too early for the program's sanitizer. Called when the image is initialized.
pub fn register_early() {
    if arch::ignore_sync().is_none() {
        return;
    }
    let signals = sys::block_signals();
    let held = lock::enter();
    if !held.nested {
        for number in 0..waiting(|queue| queue.count) {
            // What is announced empties the queue, and leaves in its places what was there.
            let table = waiting(|queue| queue.tables.get(number).copied().unwrap_or(0));
            register(&held, table);
        }
    }
    held.leave();
    sys::restore_signals(signals);
}

/// Announces the table at `table` (zero-terminated), if it is not 0.
pub fn register(held: &Held, table: usize) {
    if table == 0 {
        return;
    }
    let unwinders = Unwinder::of_program();
    if unwinders.iter().all(Option::is_none) {
        return;
    }
    if !held.nested {
        enter_arena(held);
    }
    if let [None, Some(_), None] = unwinders
        && arena(|arena| arena.bounds().contains(&table) && arena.add(index(table)) == Added::Yes)
    {
        return;
    }
    // The thread sanitizer, on the way to be initialized, calls a malloc of the program's own; the unwinder's lock is one of
    // those functions of which it does not yet know the library's.
    let is_early = arch::ignore_sync().is_some() && !recall::is_ready();
    if held.nested || is_early {
        waiting(|queue| {
            if let Some(place) = queue.tables.get_mut(queue.count) {
                *place = table;
                queue.count += 1;
            }
        });
        return;
    }
    // What a forked child finds in the queue is its parent's.
    waiting(|queue| queue.count = 0);
    held.abroad(|| {
        // SAFETY: used by the outermost call only, and the lock is held.
        let state = unsafe { &mut *STATE.0.get() };
        arch::with_vector_state_kept(state, || {
            // The unwinder's lock would order what the program leaves unordered, and hide its races.
            let ignore_sync = arch::ignore_sync();
            if let Some((begin, _)) = ignore_sync {
                // SAFETY: a function of the program's sanitizer, for this thread.
                unsafe { begin(core::ptr::null(), 0) };
            }
            let mut next = Some(table);
            while let Some(table) = next {
                unwinders.iter().flatten().for_each(|unwinder| unwinder.announce(table));
                next = waiting(|queue| {
                    queue.count = queue.count.checked_sub(1)?;
                    queue.tables.get(queue.count).copied()
                });
            }
            if let Some((_, end)) = ignore_sync {
                // SAFETY: as above.
                unsafe { end(core::ptr::null(), 0) };
                // It stays a call: the only jump to an address in a register is the one to the lazy function.
                core::hint::black_box(());
            }
        });
    });
}

/// Takes all tables back, for a library that is unloaded. False: the code has to stay.
pub fn take_back(held: &Held) -> bool {
    let deregister = match (Unwinder::of_program(), arch::deregister_frame_info()) {
        ([None, None, None], _) => return true,
        ([None, Some(_), None], Some(deregister)) => deregister,
        // These have no way back, or none that we know.
        _ => return false,
    };
    // SAFETY: used under the lock, and not across foreign code.
    let last = unsafe { (*OBJECTS.0.get()).page };
    // SAFETY: a page of objects begins with the address of the one before, or 0.
    let before = |page: usize| unsafe { *(page as *const usize) };
    let mut all_are_back = true;
    held.abroad(|| {
        let mut page = last;
        while page != 0 {
            for place in (OBJECT_SIZE..=OBJECT_PAGE - OBJECT_SIZE).step_by(OBJECT_SIZE) {
                // SAFETY: memory of `object`; a finalizer of the library runs.
                all_are_back &= unsafe { sorted::take_back((page + place) as *mut u8, deregister) };
            }
            page = before(page);
        }
    });
    let mut page = if all_are_back { last } else { 0 };
    while page != 0 {
        let next = before(page);
        // SAFETY: nobody has anything of it any more.
        unsafe { sys::unmap(page, OBJECT_PAGE) };
        page = next;
    }
    true
}
