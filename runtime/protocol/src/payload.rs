//! The payload: the part of a module that is compiled later.
//!
//! ```text
//!   PayloadHeader
//!   FunctionEntry functions[function_count]    index = slot index
//!   ImportEntry   imports[import_count]        index = import table index
//!   u32           callees[callee_count]        functions, and function_count + imports, in ranges named by FunctionEntry
//!   u8            strings[string_size]         names, not terminated
//!   (padding to 8)
//!   u8            bitcode[bitcode_size]        LLVM bitcode of the module, or a zstd frame (RFC 8878) with it
//! ```
//!
//! All offsets follow from the counts. The function summaries (callees, size, loops) stand beside the bitcode and
//! not in it, so that a call graph over all modules costs no bitcode reading (the ThinLTO combined index).

use crate::{HASH_SIZE, Hash};
use core::mem::size_of;

/// First eight bytes of every payload; the last is the format's version.
pub const PAYLOAD_MAGIC: [u8; 8] = *b"AJPAYLD\x02";

/// First eight bytes of what stands in the payload's place in an object whose payload is in the user's store
/// (`--autojit-store=cache`); the last is the format's version.
///
/// ```text
///   u8  magic[8]
///   u8  hash[32]                               BLAKE3 of the payload
///   u64 size                                   bytes of the payload
/// ```
pub const STORED_MAGIC: [u8; 8] = *b"AJSTORE\x01";

/// Bytes of such a reference: less than the smallest payload.
pub const STORED_SIZE: usize = 8 + HASH_SIZE + 8;

/// The reference to a payload.
pub fn stored_reference(hash: &Hash, size: u64) -> [u8; STORED_SIZE] {
    let mut bytes = [0; STORED_SIZE];
    bytes[..8].copy_from_slice(&STORED_MAGIC);
    bytes[8..8 + HASH_SIZE].copy_from_slice(hash);
    bytes[8 + HASH_SIZE..].copy_from_slice(&size.to_le_bytes());
    bytes
}

/// Hash and size of the payload that these bytes refer to. `None`: they are no reference.
pub fn stored(bytes: &[u8]) -> Option<(Hash, u64)> {
    let rest = bytes.strip_prefix(&STORED_MAGIC)?;
    let (hash, size) = rest.split_first_chunk::<HASH_SIZE>()?;
    Some((*hash, u64::from_le_bytes(size.try_into().ok()?)))
}

/// Bytes of bitcode that are expanded at most: more is kept without a frame.
pub const PAYLOAD_LARGEST: u64 = 1 << 30;

/// Fixed part of a payload.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct PayloadHeader {
    /// [`PAYLOAD_MAGIC`].
    pub magic: [u8; 8],
    pub function_count: u32,
    pub import_count: u32,
    pub callee_count: u32,
    pub string_size: u32,
    /// Bytes in the payload.
    pub bitcode_size: u64,
    /// Bytes of the bitcode, if the payload has it in a zstd frame; 0: the payload has it as it is.
    pub expanded_size: u64,
    /// How the bodies are to be compiled.
    pub options: CodegenOptions,
}

/// What the back end must know that the bitcode does not say. Plain bytes, so that the payload's hash covers them.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodegenOptions {
    /// 0 to 3: clang's -O level.
    pub opt_level: u8,
    /// 0 none, 1 -Os, 2 -Oz.
    pub size_level: u8,
    /// `llvm::FPOpFusion::FPOpFusionMode`: 0 fast, 1 standard, 2 strict.
    pub fp_fusion: u8,
    /// 1 if the whole module's functions may be compiled with LLVM's fast instruction selector (-O0).
    pub fast_isel: u8,
    /// Optional passes of the pipeline, bits: [`PASSES_UNROLL`] and so on. 0 at -O0.
    pub passes: u8,
    /// What code generation may assume, bits: [`MATH_NO_INFINITIES`] and so on.
    pub math: u8,
    /// 1 if the bitcode has the lines of the functions, for reports about them.
    pub lines: u8,
    /// 1 if functions get the thread sanitizer's checks behind the optimizer. At -O0 they are in the bitcode.
    pub races: u8,
}

/// Loops are unrolled and interleaved.
pub const PASSES_UNROLL: u8 = 1;
pub const PASSES_VECTORIZE_LOOPS: u8 = 2;
pub const PASSES_VECTORIZE_BLOCKS: u8 = 4;
pub const PASSES_INTERCHANGE_LOOPS: u8 = 8;
pub const PASSES_FUSE_LOOPS: u8 = 16;
/// Virtual calls are guarded and made directly (-fdevirtualize-speculatively).
pub const PASSES_DEVIRTUALIZE: u8 = 32;

pub const MATH_NO_INFINITIES: u8 = 1;
pub const MATH_NO_NANS: u8 = 2;
pub const MATH_NO_SIGNED_ZEROS: u8 = 4;
/// No function has the meaning that the C library gives to its name (-fno-builtin).
pub const MATH_NO_LIBRARY: u8 = 8;

/// One lazy function.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionEntry {
    /// Where its name (in the bitcode's symbol table) starts in the strings.
    pub name_offset: u32,
    pub name_size: u32,
    /// First of its callees, and how many: lazy functions of this module, and functions that others have.
    pub callee_start: u32,
    pub callee_count: u32,
    /// LLVM instructions in the body.
    pub size: u32,
    /// Bits: [`FUNCTION_PUBLIC`], [`FUNCTION_BOUND_HERE`], [`FUNCTION_HAS_LOOP`], [`FUNCTION_INLINE`].
    pub flags: u32,
}

/// The object holds a stub for this function, under the function's name.
pub const FUNCTION_PUBLIC: u32 = 1;
/// A reference to this function from its own module always means this definition (it is not interposable), so code
/// may call the body directly once it exists.
pub const FUNCTION_BOUND_HERE: u32 = 2;
/// The body contains a loop.
pub const FUNCTION_HAS_LOOP: u32 = 4;
/// Others may define the function as well, and an object need not have it (C++'s inline functions and instances of templates).
pub const FUNCTION_INLINE: u32 = 8;

/// One import: a symbol that lazy code refers to and that the object's import table has the address of.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportEntry {
    pub name_offset: u32,
    pub name_size: u32,
}

const _: () = assert!(size_of::<PayloadHeader>() == 48);
const _: () = assert!(size_of::<FunctionEntry>() == 24);
const _: () = assert!(size_of::<ImportEntry>() == 8);

/// A payload that was checked once; every accessor is in bounds afterwards.
#[derive(Clone, Copy)]
pub struct Payload<'a> {
    header: PayloadHeader,
    functions: &'a [u8],
    imports: &'a [u8],
    callees: &'a [u8],
    strings: &'a [u8],
    bitcode: &'a [u8],
}

/// What is wrong with a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PayloadError {
    Magic,
    /// A count or an offset leaves the payload.
    Bounds,
    /// A name is not UTF-8.
    Name,
}

fn take<'a>(rest: &mut &'a [u8], size: usize) -> Result<&'a [u8], PayloadError> {
    if rest.len() < size {
        return Err(PayloadError::Bounds);
    }
    let (head, tail) = rest.split_at(size);
    *rest = tail;
    Ok(head)
}

fn table<'a>(rest: &mut &'a [u8], count: u32, size: usize) -> Result<&'a [u8], PayloadError> {
    take(rest, (count as usize).checked_mul(size).ok_or(PayloadError::Bounds)?)
}

fn word(bytes: &[u8], at: usize) -> u32 {
    let mut w = [0; 4];
    w.copy_from_slice(&bytes[at..at + 4]);
    u32::from_le_bytes(w)
}

/// Padding between the strings and the bitcode, which starts at a multiple of 8.
pub const fn padding(size_before: usize) -> usize {
    size_before.wrapping_neg() & 7
}

impl<'a> Payload<'a> {
    /// Checks the whole payload but the bitcode in it, which LLVM's reader checks.
    pub fn parse(bytes: &'a [u8]) -> Result<Payload<'a>, PayloadError> {
        let mut rest = bytes;
        let raw = take(&mut rest, size_of::<PayloadHeader>())?;
        // SAFETY: `raw` has the header's size, every bit pattern is a valid PayloadHeader, and read_unaligned asks
        // for no alignment.
        let header = unsafe { raw.as_ptr().cast::<PayloadHeader>().read_unaligned() };
        if header.magic != PAYLOAD_MAGIC {
            return Err(PayloadError::Magic);
        }
        let functions = table(&mut rest, header.function_count, size_of::<FunctionEntry>())?;
        let imports = table(&mut rest, header.import_count, size_of::<ImportEntry>())?;
        let callees = table(&mut rest, header.callee_count, 4)?;
        let strings = table(&mut rest, header.string_size, 1)?;
        let before = bytes.len() - rest.len();
        take(&mut rest, padding(before))?;
        let bitcode =
            take(&mut rest, usize::try_from(header.bitcode_size).map_err(|_| PayloadError::Bounds)?)?;
        if !rest.is_empty() {
            return Err(PayloadError::Bounds);
        }
        let payload = Payload { header, functions, imports, callees, strings, bitcode };
        payload.check_entries()?;
        Ok(payload)
    }

    fn check_entries(&self) -> Result<(), PayloadError> {
        for i in 0..self.header.function_count {
            let f = self.function(i).ok_or(PayloadError::Bounds)?;
            self.check_name(f.name_offset, f.name_size)?;
            let end = f.callee_start.checked_add(f.callee_count).ok_or(PayloadError::Bounds)?;
            if end > self.header.callee_count {
                return Err(PayloadError::Bounds);
            }
        }
        for i in 0..self.header.import_count {
            let e = self.import(i).ok_or(PayloadError::Bounds)?;
            self.check_name(e.name_offset, e.name_size)?;
        }
        let end = self.header.function_count.saturating_add(self.header.import_count);
        if (0..self.header.callee_count as usize).any(|i| word(self.callees, i * 4) >= end) {
            return Err(PayloadError::Bounds);
        }
        Ok(())
    }

    fn check_name(&self, offset: u32, size: u32) -> Result<(), PayloadError> {
        let end = offset.checked_add(size).ok_or(PayloadError::Bounds)?;
        let name = self.strings.get(offset as usize..end as usize).ok_or(PayloadError::Bounds)?;
        core::str::from_utf8(name).map(|_| ()).map_err(|_| PayloadError::Name)
    }

    pub fn header(&self) -> &PayloadHeader {
        &self.header
    }

    pub fn options(&self) -> CodegenOptions {
        self.header.options
    }

    /// Entry of lazy function `index`, which is also its slot.
    pub fn function(&self, index: u32) -> Option<FunctionEntry> {
        let at = (index as usize).checked_mul(size_of::<FunctionEntry>())?;
        let e = self.functions.get(at..at + size_of::<FunctionEntry>())?;
        Some(FunctionEntry {
            name_offset: word(e, 0),
            name_size: word(e, 4),
            callee_start: word(e, 8),
            callee_count: word(e, 12),
            size: word(e, 16),
            flags: word(e, 20),
        })
    }

    pub fn import(&self, index: u32) -> Option<ImportEntry> {
        let at = (index as usize).checked_mul(size_of::<ImportEntry>())?;
        let e = self.imports.get(at..at + size_of::<ImportEntry>())?;
        Some(ImportEntry { name_offset: word(e, 0), name_size: word(e, 4) })
    }

    pub fn function_name(&self, index: u32) -> Option<&'a str> {
        let e = self.function(index)?;
        self.name(e.name_offset, e.name_size)
    }

    pub fn import_name(&self, index: u32) -> Option<&'a str> {
        let e = self.import(index)?;
        self.name(e.name_offset, e.name_size)
    }

    fn name(&self, offset: u32, size: u32) -> Option<&'a str> {
        let end = offset.checked_add(size)?;
        core::str::from_utf8(self.strings.get(offset as usize..end as usize)?).ok()
    }

    /// Indexes of the lazy functions of this module that function `index` calls.
    pub fn callees(&self, index: u32) -> impl Iterator<Item = u32> + 'a {
        let end = self.header.function_count;
        self.all_callees(index).filter(move |callee| *callee < end)
    }

    /// Indexes of the imports that function `index` calls.
    pub fn imported_callees(&self, index: u32) -> impl Iterator<Item = u32> + 'a {
        let start = self.header.function_count;
        self.all_callees(index).filter_map(move |callee| callee.checked_sub(start))
    }

    fn all_callees(&self, index: u32) -> impl Iterator<Item = u32> + 'a {
        let callees = self.callees;
        let (start, count) = self.function(index).map_or((0, 0), |f| (f.callee_start, f.callee_count));
        (start as usize..start as usize + count as usize).map(move |i| word(callees, i * 4))
    }

    /// The bitcode, or, if the header has an `expanded_size`, the frame that it is in.
    pub fn bitcode(&self) -> &'a [u8] {
        self.bitcode
    }
}
