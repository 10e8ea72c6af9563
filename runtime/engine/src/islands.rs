//! What code in the arena needs to reach addresses beyond 2 GiB: words that hold an address, and jumps over them. Shared by
//! all code of a session.

use crate::arena::Arena;
use rustc_hash::FxHashMap;

#[derive(Default)]
pub struct Islands {
    cells: FxHashMap<u64, u64>,
    jumps: FxHashMap<u64, u64>,
}

impl Islands {
    /// The address of a word that holds `value`. `None` if there is no room.
    pub fn cell(&mut self, arena: &mut Arena, value: u64) -> Option<u64> {
        if let Some(known) = self.cells.get(&value) {
            return Some(*known);
        }
        let cell = arena.write(&value.to_le_bytes(), 8)?;
        self.cells.insert(value, cell);
        Some(cell)
    }

    /// The address of a jump to `target`.
    pub fn jump(&mut self, arena: &mut Arena, target: u64) -> Option<u64> {
        if let Some(known) = self.jumps.get(&target) {
            return Some(*known);
        }
        // Word and jump in one piece: jmp *(word)
        let mut code = [0; 14];
        code[..8].copy_from_slice(&target.to_le_bytes());
        code[8..].copy_from_slice(&[0xff, 0x25, 0xf2, 0xff, 0xff, 0xff]);
        let jump = arena.write(&code, 8)? + 8;
        self.jumps.insert(target, jump);
        Some(jump)
    }
}
