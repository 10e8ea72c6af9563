//! What stands in the arena behind an unwind table (`.eh_frame`, zero-terminated): where in it each function is. Unwinders that take
//! such a table as it is need none of this; libunwind of nongnu.org searches an index, as that in `.eh_frame_hdr` (LSB, "Exception
//! Frames").

/// At the next address of this alignment behind the terminator.
pub const INDEX_ALIGN: usize = 8;

/// `b"AJFRAMES"`, little-endian.
pub const INDEX_MAGIC: u64 = u64::from_le_bytes(*b"AJFRAMES");

/// Start of an index. All places are counted from here.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FrameIndex {
    /// [`INDEX_MAGIC`].
    pub magic: u64,
    /// So many [`IndexEntry`]s follow, by ascending start.
    pub count: u32,
    /// Where the last function ends.
    pub end: i32,
}

/// A function.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct IndexEntry {
    pub start: i32,
    /// Its record (FDE).
    pub record: i32,
}
