//! The four functions that compilers call behind one's back.
//!
//! In the archive they are ours, local to its one object, and not the program's: those may be lazy themselves, an
//! ifunc that is not resolved yet, or a sanitizer's interceptor. Nothing calls them at present (a test looks): such a
//! call goes through the GOT, which is a dynamic relocation in a PIE. `rep movsb` because it cannot be turned into a call
//! of `memcpy`, and is as fast as anything for the sizes that matter (payloads).

use core::ffi::CStr;

/// Copies `n` bytes. For ranges that don't overlap, or overlap with `to` below `from`.
///
/// # Safety
/// As `memcpy`.
#[inline(always)]
pub unsafe fn copy(to: *mut u8, from: *const u8, n: usize) {
    // SAFETY: the caller's promise; the direction flag is clear, as the ABI has it.
    unsafe {
        core::arch::asm!("rep movsb", inout("rdi") to => _, inout("rsi") from => _, inout("rcx") n => _,
            options(nostack, preserves_flags));
    }
}

/// What follows `prefix`: the slices' own `strip_prefix` and `==` call `bcmp`.
pub fn strip_prefix<'a>(bytes: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = bytes.split_at_checked(prefix.len())?;
    start.iter().zip(prefix).all(|(a, b)| a == b).then_some(rest)
}

/// Whether a NUL-terminated text is `name`. (`CStr` would call the program's `strlen`.)
///
/// # Safety
/// `text` is NUL-terminated.
pub unsafe fn is_text(text: *const u8, name: &[u8]) -> bool {
    let mut next = text;
    for &byte in name {
        // SAFETY: all bytes before were those of `name`, which has no NUL.
        if byte == 0 || unsafe { next.read() } != byte {
            return false;
        }
        next = next.wrapping_add(1);
    }
    // SAFETY: as above.
    unsafe { next.read() == 0 }
}

/// Zeroes `n` bytes.
///
/// # Safety
/// As `memset`.
#[inline(always)]
pub unsafe fn zero(to: *mut u8, n: usize) {
    // SAFETY: the caller's promise; the direction flag is clear.
    unsafe {
        core::arch::asm!("rep stosb", inout("rdi") to => _, in("al") 0u8, inout("rcx") n => _,
            options(nostack, preserves_flags));
    }
}

#[cfg(autojit_rt_archive)]
mod builtins {
    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcpy(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { super::copy(to, from, n) };
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memmove(to: *mut u8, from: *const u8, n: usize) -> *mut u8 {
        // SAFETY: the caller's promise; copying upwards is right unless `to` lies inside `from`'s range, then
        // downwards is. The direction flag is cleared again.
        unsafe {
            if (to as usize).wrapping_sub(from as usize) >= n {
                super::copy(to, from, n);
            } else {
                core::arch::asm!("std", "rep movsb", "cld",
                    inout("rdi") to.wrapping_add(n).wrapping_sub(1) => _,
                    inout("rsi") from.wrapping_add(n).wrapping_sub(1) => _,
                    inout("rcx") n => _, options(nostack));
            }
        }
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memset(to: *mut u8, byte: i32, n: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe {
            core::arch::asm!("rep stosb", inout("rdi") to => _, in("al") byte as u8, inout("rcx") n => _,
                options(nostack, preserves_flags));
        }
        to
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn memcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
        // SAFETY: the caller's promise.
        unsafe { compare(a, b, n) }
    }

    #[unsafe(no_mangle)]
    unsafe extern "C" fn bcmp(a: *const u8, b: *const u8, n: usize) -> i32 {
        // SAFETY: the caller's promise.
        unsafe { compare(a, b, n) }
    }

    /// # Safety
    /// As `memcmp`.
    #[inline(always)]
    unsafe fn compare(a: *const u8, b: *const u8, n: usize) -> i32 {
        let mut i = 0;
        while i < n {
            // SAFETY: `i` is below `n`. Volatile, so that the loop is not recognized as what it is.
            let (x, y) = unsafe { (a.add(i).read_volatile(), b.add(i).read_volatile()) };
            if x != y {
                return i32::from(x) - i32::from(y);
            }
            i += 1;
        }
        0
    }
}

/// The string at the start of the bytes, with its NUL. (The library's search is made for long strings.)
pub fn c_string(bytes: &[u8]) -> Option<&CStr> {
    let end = bytes.iter().position(|&byte| byte == 0)?;
    let text = bytes.get(..=end)?;
    // SAFETY: the first NUL is its last byte.
    Some(unsafe { CStr::from_bytes_with_nul_unchecked(text) })
}
