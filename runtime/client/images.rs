//! What `dl_iterate_phdr` tells of an image, for the archive members that have to do with it.

use core::ffi::{c_char, c_int, c_void};

/// `Elf64_Phdr` (gABI, chapter 5).
#[repr(C)]
pub struct Phdr {
    pub kind: u32,
    pub flags: u32,
    pub offset: u64,
    pub address: u64,
    pub physical: u64,
    pub file_size: u64,
    pub size: u64,
    pub align: u64,
}

/// `struct dl_phdr_info` (glibc, `link.h`).
#[repr(C)]
pub struct Info {
    pub bias: u64,
    pub name: *const c_char,
    pub segments: *const Phdr,
    pub segment_count: u16,
    pub additions: u64,
    pub removals: u64,
    pub tls_module: usize,
    pub tls_data: *const c_void,
}

pub type Callback = unsafe extern "C" fn(*mut Info, usize, *mut c_void) -> c_int;
