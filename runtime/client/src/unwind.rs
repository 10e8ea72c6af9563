//! Announcing unwind tables, so that exceptions pass through code in the arena.
//!
//! If the program has an unwinder at all: two weak symbols. It is foreign code, with the lock held: it takes locks,
//! calls malloc (which may be lazy itself, so that a nested first call comes in: its tables wait in a queue), and
//! uses vector registers. The alternative, to announce after unlocking, would let another thread throw through code
//! whose tables nobody knows yet.

use crate::arch::{self, RegisterFrames, VectorState};
use crate::lock::Held;
use core::cell::UnsafeCell;

const ROOM: usize = 256;

struct Waiting {
    tables: [usize; ROOM],
    count: usize,
}

struct Cell<T>(UnsafeCell<T>);

// SAFETY: used by the thread that holds the lock only.
unsafe impl<T> Sync for Cell<T> {}

static STATE: Cell<VectorState> = Cell(UnsafeCell::new(VectorState::new()));
static WAITING: Cell<Waiting> = Cell(UnsafeCell::new(Waiting { tables: [0; ROOM], count: 0 }));

/// Works on the queue; never across foreign code.
fn waiting<R>(work: impl FnOnce(&mut Waiting) -> R) -> R {
    // SAFETY: the lock is held, and `work` is one of the three short ones below.
    work(unsafe { &mut *WAITING.0.get() })
}

fn unwinder() -> Option<RegisterFrames> {
    // LLVM's libunwind first: it has libgcc's name as well, but takes single entries under it.
    arch::libunwind_register_section().or_else(arch::register_frame)
}

/// Announces the table at `table` (zero-terminated), if it is not 0.
pub fn register(held: &Held, table: usize) {
    if table == 0 {
        return;
    }
    let Some(register) = unwinder() else { return };
    if held.nested {
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
            let mut next = Some(table);
            while let Some(table) = next {
                // SAFETY: the daemon's table, in memory that stays mapped.
                unsafe { register(table as *const u8) };
                next = waiting(|queue| {
                    queue.count = queue.count.checked_sub(1)?;
                    queue.tables.get(queue.count).copied()
                });
            }
        });
    });
}
