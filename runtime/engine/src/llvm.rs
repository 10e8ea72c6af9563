//! LLVM behind the C interface of `llvm/engine.h`. The only file that calls it.
//!
//! An object that took part in a crash of LLVM is leaked: nothing is known about its state, and its destructor could
//! crash again.

use crate::template::Key;
use autojit_protocol::payload::CodegenOptions;
use llvm_sys as _;
use std::ffi::{c_char, c_int, c_void};
use std::mem::{ManuallyDrop, MaybeUninit};
use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::{LazyLock, Once};

#[repr(C)]
struct RawModule {
    _opaque: [u8; 0],
}

#[repr(C)]
struct RawCompiler {
    _opaque: [u8; 0],
}

#[repr(C)]
struct RawBytes {
    data: *mut c_char,
    size: usize,
}

#[repr(C)]
struct RawOptions {
    opt_level: u8,
    size_level: u8,
    fp_fusion: u8,
    fast_isel: u8,
    passes: u8,
    math: u8,
    races: u8,
}

#[repr(C)]
struct RawSymbols {
    context: *mut c_void,
    knows: extern "C" fn(*mut c_void, *const c_char, usize, c_int) -> c_int,
    may_inline: extern "C" fn(*mut c_void, *const c_char, usize) -> c_int,
    is_public: extern "C" fn(*mut c_void, *const c_char, usize) -> c_int,
    is_known: Option<extern "C" fn(*mut c_void, *const Key) -> c_int>,
}

#[repr(C)]
struct RawLinkTarget {
    context: *mut c_void,
    allocate: extern "C" fn(*mut c_void, usize, usize, *mut *mut c_char, *mut u64) -> c_int,
    resolve: extern "C" fn(*mut c_void, *const c_char, usize, c_int, *mut u64) -> c_int,
    low: u64,
    high: u64,
}

/// Where a linked function is, in the client.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Linked {
    pub body: u64,
    /// Address of its zero-terminated `.eh_frame`, or 0.
    pub eh_frame: u64,
    pub eh_frame_size: u64,
}

/// Name of the compiled function in its object: AJ_BODY_SYMBOL.
pub const BODY_SYMBOL: &str = "autojit.body";

const OK: c_int = 0;
const FAILED: c_int = 1;
const NO_ROOM: c_int = 3;

const ADDRESS: c_int = 0;
const BODY: c_int = 1;
const UNKNOWN: c_int = 2;

unsafe extern "C" {
    fn aj_bytes_free(bytes: RawBytes);
    fn aj_init();
    fn aj_expand(
        frame: *const c_char,
        size: usize,
        expanded_size: usize,
        expanded: *mut RawBytes,
        error: *mut RawBytes,
    ) -> c_int;
    fn aj_module_open(
        bitcode: *const c_char,
        size: usize,
        described: c_int,
        module: *mut *mut RawModule,
        error: *mut RawBytes,
    ) -> c_int;
    fn aj_module_close(module: *mut RawModule);
    fn aj_module_source_name(module: *const RawModule) -> RawBytes;
    fn aj_lines(object: *const c_char, size: usize, lines: *mut RawBytes, error: *mut RawBytes) -> c_int;
    fn aj_demangle(name: *const c_char, size: usize) -> RawBytes;
    fn aj_compiler_new(
        module: *const RawModule,
        options: RawOptions,
        compiler: *mut *mut RawCompiler,
        error: *mut RawBytes,
    ) -> c_int;
    fn aj_compiler_free(compiler: *mut RawCompiler);
    fn aj_compiler_fits(compiler: *const RawCompiler, module: *const RawModule) -> c_int;
    fn aj_compile(
        module: *mut RawModule,
        compiler: *mut RawCompiler,
        name: *const c_char,
        name_size: usize,
        symbols: *const RawSymbols,
        object: *mut RawBytes,
        key: *mut Key,
        error: *mut RawBytes,
    ) -> c_int;
    fn aj_compile_whole(
        module: *mut RawModule,
        compiler: *mut RawCompiler,
        symbols: *const RawSymbols,
        object: *mut RawBytes,
        error: *mut RawBytes,
    ) -> c_int;
    fn aj_link(
        object: *const c_char,
        size: usize,
        target: *const RawLinkTarget,
        linked: *mut Linked,
        error: *mut RawBytes,
    ) -> c_int;
}

/// Why LLVM did not do what it was asked to.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Refused(String),
    #[error("the code generator failed: {0}")]
    Crashed(String),
    #[error("the code arena is full")]
    NoRoom,
    /// A late-bound symbol that nothing provides.
    #[error("symbol '{0}' is missing")]
    Missing(String),
}

/// Bytes that the shim allocated.
pub struct Bytes(RawBytes);

// SAFETY: a heap buffer that nothing else refers to and that is not written after it was made.
unsafe impl Send for Bytes {}
// SAFETY: as above.
unsafe impl Sync for Bytes {}

impl Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.0.data.is_null() {
            return &[];
        }
        // SAFETY: the shim returned `size` initialized bytes, which live until drop.
        unsafe { std::slice::from_raw_parts(self.0.data.cast(), self.0.size) }
    }
}

impl Drop for Bytes {
    fn drop(&mut self) {
        // SAFETY: freed once; a null pointer is fine too.
        unsafe { aj_bytes_free(RawBytes { data: self.0.data, size: self.0.size }) }
    }
}

const NO_BYTES: RawBytes = RawBytes { data: std::ptr::null_mut(), size: 0 };

fn check(status: c_int, error: RawBytes) -> Result<(), Failure> {
    let text = Bytes(error);
    let text = || String::from_utf8_lossy(&text).into_owned();
    match status {
        OK => Ok(()),
        FAILED => Err(Failure::Refused(text())),
        NO_ROOM => Err(Failure::NoRoom),
        _ => Err(Failure::Crashed(text())),
    }
}

pub fn initialize() {
    static ONCE: Once = Once::new();
    // SAFETY: once, before any other call into the shim (every entry below comes through here).
    ONCE.call_once(|| unsafe { aj_init() });
}

/// What a zstd frame holds, which must be just so many bytes.
pub fn expand(frame: &[u8], expanded_size: usize) -> Result<Bytes, Failure> {
    initialize();
    let (mut expanded, mut error) = (NO_BYTES, NO_BYTES);
    // SAFETY: the pointers are valid for the call, which keeps none of them.
    let status =
        unsafe { aj_expand(frame.as_ptr().cast(), frame.len(), expanded_size, &mut expanded, &mut error) };
    let expanded = Bytes(expanded);
    check(status, error)?;
    Ok(expanded)
}

/// `AJ_MODULE_DESCRIBED` and `AJ_MODULE_SIMPLIFY_AGAIN`.
const DESCRIBED: c_int = 1;
const SIMPLIFY_AGAIN: c_int = 2;

/// `AUTOJIT_SIMPLIFIED=off` makes it again each time.
fn keeps_simplified() -> bool {
    static KEEPS: LazyLock<bool> =
        LazyLock::new(|| std::env::var_os("AUTOJIT_SIMPLIFIED").is_none_or(|value| value != "off"));
    *KEEPS
}

/// Bitcode that is read function by function.
pub struct Module(NonNull<RawModule>);

// SAFETY: an LLVM context with all that belongs to it may move between threads; `&mut` keeps it to one at a time.
unsafe impl Send for Module {}

impl Module {
    /// # Safety
    /// `bitcode` must stay where it is, unchanged, as long as the module lives.
    pub unsafe fn open(bitcode: &[u8]) -> Result<Module, Failure> {
        // SAFETY: the caller's.
        unsafe { Module::open_as(bitcode, 0) }
    }

    /// The same, and its functions' objects describe their code as far as the bitcode does.
    ///
    /// # Safety
    /// As for [`Module::open`].
    pub unsafe fn open_described(bitcode: &[u8]) -> Result<Module, Failure> {
        // SAFETY: the caller's.
        unsafe { Module::open_as(bitcode, DESCRIBED) }
    }

    /// # Safety
    /// As for [`Module::open`].
    unsafe fn open_as(bitcode: &[u8], how: c_int) -> Result<Module, Failure> {
        initialize();
        let how = how | if keeps_simplified() { 0 } else { SIMPLIFY_AGAIN };
        let mut raw = std::ptr::null_mut();
        let mut error = NO_BYTES;
        // SAFETY: the pointers are valid for the call, and the caller keeps the bitcode alive.
        let status =
            unsafe { aj_module_open(bitcode.as_ptr().cast(), bitcode.len(), how, &mut raw, &mut error) };
        check(status, error)?;
        Ok(Module(NonNull::new(raw).expect("an opened module")))
    }

    /// The source file, as the compiler was given its name.
    pub fn source_name(&self) -> Option<String> {
        // SAFETY: the module is open.
        let name = Bytes(unsafe { aj_module_source_name(self.0.as_ptr()) });
        (!name.is_empty()).then(|| String::from_utf8_lossy(&name).into_owned())
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // SAFETY: opened by aj_module_open, closed once.
        unsafe { aj_module_close(self.0.as_ptr()) }
    }
}

/// The lines of an object's functions: see `aj_lines`.
pub fn lines(object: &[u8]) -> Result<Bytes, Failure> {
    initialize();
    let (mut lines, mut error) = (NO_BYTES, NO_BYTES);
    // SAFETY: the pointers are valid for the call.
    let status = unsafe { aj_lines(object.as_ptr().cast(), object.len(), &mut lines, &mut error) };
    let lines = Bytes(lines);
    check(status, error)?;
    Ok(lines)
}

/// A symbol's name as its language writes it; the name itself if it is not a mangled one. Works without
/// [`initialize`], which would bring the code generator along; then a crash is one.
pub fn demangle(name: &str) -> String {
    // SAFETY: the name is valid for the call.
    let bytes = Bytes(unsafe { aj_demangle(name.as_ptr().cast(), name.len()) });
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A code generator for one target and one set of options.
pub struct Compiler {
    raw: NonNull<RawCompiler>,
    options: CodegenOptions,
}

// SAFETY: as for Module.
unsafe impl Send for Compiler {}

impl Compiler {
    pub fn new(module: &Module, options: CodegenOptions) -> Result<Compiler, Failure> {
        let mut raw = std::ptr::null_mut();
        let mut error = NO_BYTES;
        let CodegenOptions { opt_level, size_level, fp_fusion, fast_isel, passes, math, races, .. } = options;
        let raw_options = RawOptions { opt_level, size_level, fp_fusion, fast_isel, passes, math, races };
        // SAFETY: the module is alive and the pointers are valid for the call.
        let status = unsafe { aj_compiler_new(module.0.as_ptr(), raw_options, &mut raw, &mut error) };
        check(status, error)?;
        Ok(Compiler { raw: NonNull::new(raw).expect("a new compiler"), options })
    }

    /// Whether this compiler generates what the module's functions with these options need.
    pub fn fits(&self, module: &Module, options: CodegenOptions) -> bool {
        // SAFETY: both are alive.
        self.options == options && unsafe { aj_compiler_fits(self.raw.as_ptr(), module.0.as_ptr()) } != 0
    }

    /// Compiles a function to a relocatable object, which is empty if its code is known.
    pub fn compile<S: Symbols>(
        &mut self,
        module: &mut Module,
        name: &str,
        symbols: &S,
    ) -> Result<Compiled, Failure> {
        let symbols = raw_symbols(symbols);
        let (mut object, mut error) = (NO_BYTES, NO_BYTES);
        let mut key = Key::default();
        // SAFETY: both are alive and borrowed exclusively; the other pointers are valid for the call.
        let status = unsafe {
            aj_compile(
                module.0.as_ptr(),
                self.raw.as_ptr(),
                name.as_ptr().cast(),
                name.len(),
                &symbols,
                &mut object,
                &mut key,
                &mut error,
            )
        };
        let object = Bytes(object);
        check(status, error)?;
        Ok(Compiled { object, key })
    }

    /// All lazy functions of the module as one object, compiled as clang does a unit.
    pub fn compile_whole<S: Symbols>(&mut self, module: Module, symbols: &S) -> Result<Bytes, Failure> {
        let symbols = raw_symbols(symbols);
        let (mut object, mut error) = (NO_BYTES, NO_BYTES);
        // SAFETY: both are alive and nobody else's; the other pointers are valid for the call.
        let status = unsafe {
            aj_compile_whole(module.0.as_ptr(), self.raw.as_ptr(), &symbols, &mut object, &mut error)
        };
        let object = Bytes(object);
        let result = check(status, error);
        if matches!(result, Err(Failure::Crashed(_))) {
            leak(module);
        }
        result.map(|()| object)
    }
}

fn raw_symbols<S: Symbols>(symbols: &S) -> RawSymbols {
    RawSymbols {
        context: (&raw const *symbols).cast_mut().cast(),
        knows: knows::<S>,
        may_inline: may_inline::<S>,
        is_public: is_public::<S>,
        is_known: symbols.wants_key().then_some(is_known::<S>),
    }
}

impl Drop for Compiler {
    fn drop(&mut self) {
        // SAFETY: made by aj_compiler_new, freed once.
        unsafe { aj_compiler_free(self.raw.as_ptr()) }
    }
}

/// A function's code.
pub struct Compiled {
    pub object: Bytes,
    /// What it depends on, or zeros: nobody wants to know, or it can't be told.
    pub key: Key,
}

/// Whether a function is worth to be inlined.
#[repr(u8)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inlining {
    /// It is no lazy function of the module.
    NotLazy = 0,
    /// Only if its source demands it.
    IfForced = 1,
    Wanted = 2,
}

/// What surrounds a function that is being compiled.
pub trait Symbols {
    /// Whether the program can supply a symbol. `is_call`: any entry to the function will do.
    fn knows(&self, name: &str, is_call: bool) -> bool;
    fn may_inline(&self, name: &str) -> Inlining;
    /// Whether code and data outside of the payload may refer to a lazy function.
    fn is_public(&self, name: &str) -> bool;
    /// Whether anybody cares for the function's key.
    fn wants_key(&self) -> bool {
        false
    }
    /// Whether the code of such a function is there already.
    fn is_known(&self, _key: &Key) -> bool {
        false
    }
}

/// Keeps a value that LLVM crashed over from ever being touched again.
pub fn leak<T>(value: T) {
    let _ = ManuallyDrop::new(value);
}

/// What a symbol in a lazy function's object means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Address(u64),
    /// The function in the object itself.
    Body,
    Unknown,
}

/// The place and the surroundings of an object that is being linked.
pub trait LinkTarget {
    /// Where to write, and the address that this will have in the client.
    fn allocate(&mut self, size: usize, alignment: usize) -> Option<(NonNull<u8>, u64)>;
    /// `is_call`: the reference only calls the symbol.
    fn resolve(&mut self, name: &str, is_call: bool) -> Meaning;
    /// Bounds of the addresses that `allocate` returns.
    fn bounds(&self) -> (u64, u64);
}

extern "C" fn knows<S: Symbols>(
    context: *mut c_void,
    name: *const c_char,
    name_size: usize,
    is_call: c_int,
) -> c_int {
    // SAFETY: `compile` passes the symbols that it borrows; the name lives for the call.
    let (symbols, name) =
        unsafe { (&*context.cast::<S>(), std::slice::from_raw_parts(name.cast::<u8>(), name_size)) };
    std::str::from_utf8(name).is_ok_and(|name| symbols.knows(name, is_call != 0)).into()
}

extern "C" fn may_inline<S: Symbols>(context: *mut c_void, name: *const c_char, name_size: usize) -> c_int {
    // SAFETY: as in `knows`.
    let (symbols, name) =
        unsafe { (&*context.cast::<S>(), std::slice::from_raw_parts(name.cast::<u8>(), name_size)) };
    std::str::from_utf8(name).map_or(Inlining::NotLazy, |name| symbols.may_inline(name)) as c_int
}

extern "C" fn is_public<S: Symbols>(context: *mut c_void, name: *const c_char, name_size: usize) -> c_int {
    // SAFETY: as in `knows`.
    let (symbols, name) =
        unsafe { (&*context.cast::<S>(), std::slice::from_raw_parts(name.cast::<u8>(), name_size)) };
    std::str::from_utf8(name).map_or(true, |name| symbols.is_public(name)).into()
}

extern "C" fn is_known<S: Symbols>(context: *mut c_void, key: *const Key) -> c_int {
    // SAFETY: as in `knows`; the key lives for the call.
    let (symbols, key) = unsafe { (&*context.cast::<S>(), &*key) };
    symbols.is_known(key).into()
}

extern "C" fn allocate<T: LinkTarget>(
    context: *mut c_void,
    size: usize,
    alignment: usize,
    working: *mut *mut c_char,
    address: *mut u64,
) -> c_int {
    // SAFETY: `link` passes the target that it borrows exclusively, and the shim valid places for the results.
    unsafe {
        let Some((place, at)) = (*context.cast::<T>()).allocate(size, alignment) else { return 0 };
        *working = place.as_ptr().cast();
        *address = at;
    }
    1
}

extern "C" fn resolve<T: LinkTarget>(
    context: *mut c_void,
    name: *const c_char,
    name_size: usize,
    is_call: c_int,
    address: *mut u64,
) -> c_int {
    // SAFETY: as in `allocate`; the name lives for the call.
    unsafe {
        let name = std::slice::from_raw_parts(name.cast::<u8>(), name_size);
        let Ok(name) = std::str::from_utf8(name) else { return UNKNOWN };
        match (*context.cast::<T>()).resolve(name, is_call != 0) {
            Meaning::Address(at) => {
                *address = at;
                ADDRESS
            }
            Meaning::Body => BODY,
            Meaning::Unknown => UNKNOWN,
        }
    }
}

/// Links an object that [`Compiler::compile`] made.
pub fn link<T: LinkTarget>(object: &[u8], target: &mut T) -> Result<Linked, Failure> {
    let (low, high) = target.bounds();
    let raw = RawLinkTarget {
        context: (&raw mut *target).cast(),
        allocate: allocate::<T>,
        resolve: resolve::<T>,
        low,
        high,
    };
    let mut linked = MaybeUninit::zeroed();
    let mut error = NO_BYTES;
    // SAFETY: the object and the target live for the call, and the callbacks are called only during it.
    let status =
        unsafe { aj_link(object.as_ptr().cast(), object.len(), &raw, linked.as_mut_ptr(), &mut error) };
    check(status, error)?;
    // SAFETY: zeroed before, and any bytes are a valid Linked.
    Ok(unsafe { linked.assume_init() })
}
