//! Where the code arena goes: within 2 GiB of the image if there is room, so that the linker of the daemon needs no
//! detours; code that lands elsewhere is right, too.
//!
//! Above a program first, at the far end of the 2 GiB, which leaves its heap the most room: GDB takes a function for one place under
//! two names (stub and body) only if the stub is below the body. Below a library: above it is the stack, which grows.

use crate::fatal::Line;
use crate::sys::{self, Errno, Fd};

const STEP: usize = 64 << 20;
/// Farthest allowed distance of any byte of the arena from the image; what remains to 2 GiB is for the image's size.
const REACH: usize = 1900 << 20;
/// Nearest place above the image.
const HEAP: usize = 1 << 30;
/// Lowest address to ask for.
const LOWEST: usize = 1 << 20;

/// Above this address there are libraries, and no heap.
const LIBRARIES: usize = 0x7000_0000_0000;
/// Steps between a library and the stack.
const SMALL_STEP: usize = 16 << 20;

/// What the stack above may still take.
const STACK: usize = 16 << 20;
/// For a library's arena above it, and where there is no more room for that.
const SMALL: usize = 16 << 20;
const SMALLER: usize = 8 << 20;

/// An arena that is smaller is full too soon.
const SMALLEST: usize = 256 << 10;

/// The part of little address space that an arena takes: there may be more lazy libraries, and the program wants some, too.
const SHARE: usize = 32;

/// Addresses to try, best first.
fn candidates(image: usize, size: usize) -> impl Iterator<Item = usize> {
    let is_library = image >= LIBRARIES;
    let image = image & !(STEP - 1);
    let below = (1..).map(move |i| (i * STEP).saturating_add(size)).take_while(|&d| d <= REACH);
    let below = below.filter_map(move |distance| image.checked_sub(distance).filter(|&a| a >= LOWEST));
    let above = (0..).map_while(move |i| REACH.checked_sub(size)?.checked_sub(i * STEP));
    let above = above.take_while(|&distance| distance >= HEAP).filter_map(move |d| image.checked_add(d));
    let above = move |is_wanted| above.clone().filter(move |_| is_wanted);
    above(!is_library).chain(below).chain(above(is_library)).map(|address| address & !0xfff)
}

/// Addresses above a library to try first when a debugger is attached.
fn candidates_above(image: usize, size: usize) -> impl Iterator<Item = usize> {
    let image = image & !(SMALL_STEP - 1);
    (1..)
        .map(move |i| i * SMALL_STEP)
        .take_while(move |distance| distance + size <= REACH)
        .filter_map(move |distance| image.checked_add(distance))
}

/// Addresses that are certainly farther than 2 GiB away, for a test.
fn far_candidates(image: usize) -> impl Iterator<Item = usize> {
    let image = image & !(STEP - 1);
    let is_low = image < LIBRARIES >> 2;
    (4..64).map(move |i| if is_low { image + (i << 30) } else { image - (i << 30) })
}

/// Maps the code arena readable and executable.
///
/// Private, which shows what the daemon writes all the same; but only into such a mapping can a debugger write its
/// breakpoints, which then are this process's own.
///
/// Returns its address and how many bytes of it are mapped: a process of little address space (`ulimit -v`) has less,
/// and one that locks what it maps (`mlockall`) may not have more.
pub fn map(code: &Fd, size: usize, image: usize, far: bool, above: bool) -> (usize, usize) {
    let limit = sys::limit(sys::RLIMIT_AS, None).map_or(usize::MAX, |limit| limit.soft as usize);
    let mut size = size.min(((limit / SHARE) & !0xfff).max(SMALLEST));
    if above
        && !far
        && image >= LIBRARIES
        && let Some(found) = map_above(code, size, image)
    {
        return found;
    }
    loop {
        match try_to_map(code, size, image, far) {
            Ok(address) => return (address, size),
            Err(Errno::NOMEM | Errno::AGAIN) if size / 2 >= SMALLEST => size = (size / 2) & !0xfff,
            Err(error @ (Errno::PERM | Errno::ACCES)) => {
                Line::new(b"this system does not let programs execute code from memory (memfd)")
                    .errno(error)
                    .add(b"; build with --autojit-off or allow it")
                    .die()
            }
            Err(error) => Line::new(b"cannot map the code arena").errno(error).die(),
        }
    }
}

/// Between libraries and stack is room for one arena of the usual size, but there may be several lazy libraries.
fn map_above(code: &Fd, size: usize, image: usize) -> Option<(usize, usize)> {
    let mut size = size.min(SMALL);
    loop {
        for address in candidates_above(image, size) {
            if let Some(address) = try_at(code, address, size + STACK) {
                // SAFETY: mapped just now; nobody knows of it.
                unsafe { sys::unmap(address + size, STACK) };
                return Some((address, size));
            }
        }
        if size <= SMALLER {
            return None;
        }
        size = SMALLER;
    }
}

fn at(code: &Fd, address: usize, size: usize, flags: usize) -> sys::Result<usize> {
    sys::map(address, size, sys::PROT_READ | sys::PROT_EXEC, sys::MAP_PRIVATE | flags, Some(code))
}

fn try_at(code: &Fd, address: usize, size: usize) -> Option<usize> {
    let got = at(code, address, size, sys::MAP_FIXED_NOREPLACE).ok()?;
    if got == address {
        return Some(got);
    }
    // A kernel before 4.17 takes the address for a hint.
    // SAFETY: mapped just now.
    unsafe { sys::unmap(got, size) };
    None
}

fn try_to_map(code: &Fd, size: usize, image: usize, far: bool) -> sys::Result<usize> {
    let try_at = |address: usize| try_at(code, address, size);
    let near =
        if far { far_candidates(image).find_map(try_at) } else { candidates(image, size).find_map(try_at) };
    near.map_or_else(|| at(code, 0, size, 0), Ok)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 256 << 20;

    #[test]
    fn a_pie_gets_its_arena_above_its_heap_and_within_reach() {
        let image = 0x5555_5555_4000;
        let first = candidates(image, SIZE).next().unwrap();
        assert!(first > image + (3 << 29) && first - image < 2 << 30);
        let all: Vec<_> = candidates(image, SIZE).collect();
        assert!(all.iter().all(|a| a % 4096 == 0 && image.abs_diff(*a) < 2 << 30));
        assert!(all.iter().all(|a| (a + SIZE).abs_diff(image) < 2 << 30));
        assert!(all.len() > 20, "{}", all.len());
    }

    #[test]
    fn a_library_gets_its_arena_below() {
        let image = 0x7fff_f7c0_0000;
        let first = candidates(image, SIZE).next().unwrap();
        assert!(first + SIZE <= image && image - first < 512 << 20);
    }

    #[test]
    fn an_image_at_a_low_address_gets_it_above_its_heap() {
        let all: Vec<_> = candidates(0x40_0000, SIZE).collect();
        assert!(!all.is_empty() && all.iter().all(|&a| (HEAP..2 << 30).contains(&a)));
        assert!(all[0] > all[all.len() - 1]);
    }

    #[test]
    fn an_arena_beyond_reach_is_not_forced() {
        assert_eq!(candidates(0x5555_5555_4000, 4 << 30).count(), 0);
    }

    #[test]
    fn far_is_far() {
        for image in [0x40_0000, 0x5555_5555_4000] {
            assert!(far_candidates(image).all(|a| a.abs_diff(image) > 3 << 30));
        }
    }
}
