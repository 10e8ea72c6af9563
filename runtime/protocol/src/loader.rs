//! The loader in lazy objects, for links that our driver does not do, and the file that it loads.
//!
//! A project may compile with us and link with another compiler's driver, or with `ld` itself: nobody adds the runtime there.
//! So each lazy object has a loader in a COMDAT group (ELF gABI, "Section Groups"), of which one is left in a program or library:
//! a few instructions that map the runtime from a file of the installation. Our own links get the runtime itself, and in front of
//! all inputs the same group with a jump to it in the loader's place.
//!
//! Calls go to the start of the group's section, whose name the linker makes: `__start_SECTION`. With a symbol that the group defines,
//! objects could not be made of several and their hidden symbols local then (`ld -r`, `objcopy --localize-hidden`): what refers to
//! a local symbol in a group that is left out is an error.
//!
//! The file is the runtime at any address, without relocations: code and constants, which are mapped as they are, and behind
//! them zeros. It begins with a [`ImageHeader`].

/// The section group of loaders.
pub const LOADER_GROUP: &str = "__autojit_load";

/// What it consists of: code, of which nothing else may have the name, and variables.
pub const LOADER_SECTION: &str = "autojit_load";
pub const LOADER_DATA_SECTION: &str = ".data.autojit.load";

/// Where calls of functions that are not there yet go.
pub const LOADER_START: &str = "__start_autojit_load";

/// The file's name, beside the runtime's archive.
pub const IMAGE_FILE: &str = "autojit_rt.bin";

/// With the version of what loader and file agree on.
pub const IMAGE_MAGIC: u64 = u64::from_le_bytes(*b"AJRTBIN1");

/// The first bytes of the file. All places are counted from its start.
#[repr(C)]
pub struct ImageHeader {
    pub magic: u64,
    /// Where the zeros begin that can be written: a multiple of a page, and not in the file.
    pub data: u32,
    /// How many bytes are mapped in all.
    pub size: u32,
    /// The [`ImageProgram`] among the zeros.
    pub program: u32,
    /// Function: `__autojit_materialize`.
    pub materialize: u32,
    /// Function: to be called when the dynamic linker is done, in front of constructors.
    pub at_start: u32,
    pub reserved: u32,
}

/// What a loader writes: addresses in the program or library that it is part of, 0 for what that does not have.
#[repr(C)]
pub struct ImageProgram {
    /// The ELF header, or any address if there is none in memory.
    pub header: u64,
    /// `__jit_debug_descriptor` and `__jit_debug_register_code`.
    pub descriptor: u64,
    pub register_code: u64,
    /// The daemon's path, NUL-terminated, and its bytes with the NUL.
    pub daemon: u64,
    pub daemon_size: u64,
    /// Functions of unwinders: `__register_frame_info`, `__unw_add_dynamic_eh_frame_section`, `_U_dyn_register`.
    pub register_frame_info: u64,
    pub add_section: u64,
    pub register_index: u64,
    /// `_Unwind_Find_FDE`.
    pub find_record: u64,
}
