//! The memory of the program or library that this runtime is linked into: its ELF header and program headers (ELF gABI,
//! chapters 4 and 5), where the linker's symbol `__ehdr_start` says that they are mapped.

use crate::arch;
use crate::sys;

pub const PT_LOAD: u32 = 1;

#[repr(C)]
struct Ehdr {
    ident: [u8; 16],
    kind: u16,
    machine: u16,
    version: u32,
    entry: u64,
    phoff: u64,
    shoff: u64,
    flags: u32,
    ehsize: u16,
    phentsize: u16,
    phnum: u16,
}

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

/// The segments of an image.
pub struct Image {
    segments: &'static [Phdr],
    /// What to add to their addresses.
    bias: usize,
}

impl Image {
    /// This one. `None` if it was linked without its headers.
    pub fn own() -> Option<Image> {
        let header = arch::image_header()?;
        // An undefined weak symbol has an address, too, once a program was moved.
        if !sys::is_mapped(header as usize) {
            return None;
        }
        // SAFETY: mapped. If it is a header the program headers are mapped with it, or the loader could not have used
        // them.
        let segments = unsafe { Image::headers_at(header) }?;
        let first = segments.iter().find(|segment| segment.kind == PT_LOAD && segment.offset == 0)?;
        Some(Image { segments, bias: (header as usize).wrapping_sub(first.address as usize) })
    }

    /// The program headers behind a file's header, if there is one.
    ///
    /// # Safety
    /// What is there is mapped, and so are the program headers if it is a file's header.
    pub unsafe fn headers_at(header: *const u8) -> Option<&'static [Phdr]> {
        // SAFETY: the caller's.
        unsafe {
            let ehdr = &*header.cast::<Ehdr>();
            if ehdr.ident.first_chunk() != Some(b"\x7fELF") {
                return None;
            }
            let headers = header.add(ehdr.phoff as usize).cast::<Phdr>();
            Some(core::slice::from_raw_parts(headers, ehdr.phnum as usize))
        }
    }

    /// Whether these bytes are part of the file, and mapped.
    pub fn contains(&self, address: usize, size: usize) -> bool {
        self.segments.iter().filter(|segment| segment.kind == PT_LOAD).any(|segment| {
            let offset = address.wrapping_sub(self.bias.wrapping_add(segment.address as usize));
            let size_there = segment.file_size as usize;
            offset < size_there && size_there - offset >= size
        })
    }
}
