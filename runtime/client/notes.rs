//! Notes by which the images of a process find each other's runtimes (`autojit_protocol::record`): reading them in memory.

/// A note's header (ELF gABI, "Note Section"), and a name as long as ours.
#[repr(C)]
struct Note {
    name_size: u32,
    size: u32,
    kind: u32,
    name: [u8; 8],
}

const NAME: u64 = u64::from_le_bytes(*b"autojit\0");

/// The descriptor of our note of a kind: so many distances, of which the last one is that to the image's ELF header.
///
/// # Safety
/// There are notes at `start`, `size` bytes, in a segment of this alignment.
pub unsafe fn find<const N: usize>(
    start: usize,
    size: usize,
    align: u64,
    kind: u32,
) -> Option<*const [i32; N]> {
    let align = if align == 8 { 8 } else { 4 };
    let up = |n: usize| n.wrapping_add(align - 1) & !(align - 1);
    let mut at = 0;
    while at + size_of::<Note>() <= size {
        // SAFETY: within the notes.
        let note = unsafe { ((start + at) as *const Note).read_unaligned() };
        let described = note.size as usize;
        let is_wanted = note.kind == kind && described == size_of::<[i32; N]>() && note.name_size == 8;
        let descriptor = at + size_of::<Note>();
        // As a number: a comparison of bytes would be a call.
        if is_wanted && u64::from_le_bytes(note.name) == NAME && descriptor + described <= size {
            return Some((start + descriptor) as *const [i32; N]);
        }
        at = at.checked_add(up(up(12 + note.name_size as usize).wrapping_add(described)))?;
    }
    None
}

/// Where a distance leads, counted from its own place.
///
/// # Safety
/// It is one of a descriptor in memory.
pub unsafe fn target(distance: *const i32) -> usize {
    // SAFETY: the caller's.
    (distance as usize).wrapping_add_signed(unsafe { distance.read_unaligned() } as isize)
}

/// How far a tool has moved the note alone (`patchelf`, to make room for headers), by where the image's header is. 0 for an image that
/// lies where it was linked to: what is moved there is the header.
///
/// # Safety
/// The descriptor is in memory. `bias` is what is added to addresses in the image, whose first segment begins at 0.
pub unsafe fn moved<const N: usize>(descriptor: *const [i32; N], bias: usize) -> usize {
    if bias == 0 {
        return 0;
    }
    // SAFETY: the caller's.
    unsafe { target(descriptor.cast::<i32>().add(N - 1)) }.wrapping_sub(bias)
}
