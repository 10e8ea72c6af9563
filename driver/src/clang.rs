//! The FFI to the shim in `driver/clang/`: one call in, four calls back.

use crate::link;
use crate::options::Toggle;
use crate::prefetch;
use crate::toolchain::Toolchain;
use crate::unit::{Session, text};
use anyhow::{Context, Result};
use autojit_passes::Hooks;
use inkwell::module::Module;
use llvm_sys::prelude::{LLVMModuleRef, LLVMValueRef};
use rayon::iter::{IntoParallelIterator, ParallelIterator};
use std::cell::RefCell;
use std::ffi::{CStr, CString, OsStr, OsString, c_char, c_int, c_void};
use std::mem::ManuallyDrop;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;

/// `AjUnit` of shim.h.
#[repr(C)]
pub struct AjUnit {
    input: *const c_char,
    output: *const c_char,
    opt_level: u8,
    size_level: u8,
    fp_fusion: u8,
    passes: u8,
    math: u8,
    races: u8,
    interposable: u8,
    binds_functions: u8,
    function_sections: u8,
    branch_protection: u8,
    keep_inline: u8,
    debug_info: u8,
    detach: unsafe extern "C" fn(LLVMValueRef),
    copy_locality: unsafe extern "C" fn(LLVMValueRef, LLVMValueRef),
    comdat: unsafe extern "C" fn(LLVMValueRef) -> *const c_char,
    plain_assembly: unsafe extern "C" fn(LLVMValueRef) -> c_int,
    type_check: unsafe extern "C" fn(LLVMValueRef, *mut u32) -> c_int,
    write_bitcode: autojit_passes::WriteBitcode,
    locate: unsafe extern "C" fn(*const c_void, *const c_char) -> *const c_char,
    locations: *const c_void,
    recipe_folder: *const c_char,
    recipe_args: *const *const c_char,
    recipe_arg_count: usize,
    recipe_files: *const u64,
    recipe_file_count: usize,
    line_count: u32,
    again: u8,
    describe: u8,
    lines: u8,
}

impl AjUnit {
    pub fn has_recipe(&self) -> bool {
        !self.recipe_folder.is_null()
    }

    /// How to compile the unit again, if that is wanted.
    fn recipe(&self) -> Option<Recipe<'_>> {
        if !self.has_recipe() {
            return None;
        }
        // SAFETY: the shim passes NUL-terminated strings and arrays of these lengths, which live as long as the unit.
        unsafe {
            let args = std::slice::from_raw_parts(self.recipe_args, self.recipe_arg_count);
            let files = match self.recipe_file_count {
                0 => &[],
                count => std::slice::from_raw_parts(self.recipe_files, count),
            };
            Some(Recipe {
                folder: CStr::from_ptr(self.recipe_folder),
                args: args.iter().map(|&a| CStr::from_ptr(a)).collect(),
                files,
            })
        }
    }

    /// Where a function is defined, if the front end was asked to keep that.
    fn locate(&self, symbol: &str) -> Option<String> {
        let symbol = CString::new(symbol).ok()?;
        // SAFETY: `locations` belongs to this unit and `locate` to it; the result lives as long as the unit.
        unsafe {
            let place = (self.locate)(self.locations, symbol.as_ptr());
            (!place.is_null()).then(|| text(CStr::from_ptr(place)))
        }
    }
}

/// A module of bitcode on a link line, as far as it is to be compiled once more.
#[derive(Default)]
pub struct Bitcode<'a> {
    /// What its recipe says in the place of the front end's arguments, and the hash of what is read.
    pub args: &'a [CString],
    pub files: &'a [u64],
    /// The module, if nobody else keeps it.
    pub embedded: Option<&'a [u8]>,
}

/// What a unit can be compiled from once more.
pub struct Recipe<'a> {
    pub folder: &'a CStr,
    /// Of the front end; the first is `-cc1`. Of bitcode: see the link's `describe`.
    pub args: Vec<&'a CStr>,
    /// Hashes of the files that were read, in order.
    pub files: &'a [u64],
}

/// An `AjUnit` in Rust's types.
pub struct RawUnit<'a> {
    pub input: &'a str,
    pub opt_level: u8,
    pub size_level: u8,
    pub fp_fusion: u8,
    pub passes: u8,
    pub math: u8,
    pub races: bool,
    pub interposable: bool,
    pub binds_functions: bool,
    pub function_sections: bool,
    pub branch_protection: bool,
    pub keep_inline: bool,
    pub debug_info: bool,
    /// It comes from a link line and not from a front end.
    pub bitcode: Option<&'a Bitcode<'a>>,
    pub hooks: Hooks,
    pub recipe: Option<Recipe<'a>>,
    /// Lines of the source file, 0 if that is not known.
    pub line_count: u32,
    /// The unit is compiled once more: remarks were made.
    pub again: bool,
    /// The unit is compiled to describe it to a debugger.
    pub describe: bool,
    /// The payload has the lines of its functions.
    pub lines: bool,
    /// Where a function is defined (`file:line:column`), by its symbol.
    pub locate: &'a dyn Fn(&str) -> Option<String>,
}

type Push = unsafe extern "C" fn(*mut c_void, *const c_char);
type Run = unsafe extern "C" fn(*mut c_void, usize);

/// `AjHooks` of shim.h.
#[repr(C)]
struct AjHooks {
    user: *mut c_void,
    transform: unsafe extern "C" fn(*mut c_void, *const AjUnit, LLVMModuleRef) -> c_int,
    refused: unsafe extern "C" fn(*mut c_void, *const c_char, *const c_char) -> c_int,
    run_parallel: unsafe extern "C" fn(*mut c_void, usize, Run, *mut c_void),
    edit_link: unsafe extern "C" fn(*mut c_void, *const AjLink, Push, *mut c_void) -> c_int,
}

/// `AjLink` of shim.h.
#[repr(C)]
struct AjLink {
    linker: *const c_char,
    count: usize,
    args: *const *const c_char,
    lto: u8,
    opt_level: i8,
    complaint: *const c_char,
}

/// `AJ_LINK_*` of shim.h.
const LINK_READY: c_int = 0;
const LINK_ERROR: c_int = 1;
const LINK_MAY_RETRY: c_int = 2;
const LINK_AS_IT_IS: c_int = 3;

/// What became of a unit; `AJ_TRANSFORM_*` of shim.h.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Transformed {
    Lazy = 0,
    /// Nothing in it is lazy.
    Static = 1,
    /// Something stayed static that must not, which was reported.
    Error = 2,
}

/// `AjConfig` of shim.h.
#[repr(C)]
struct AjConfig {
    self_path: *const c_char,
    clang: *const c_char,
    program_dir: *const c_char,
    real_clang: *const c_char,
    lazy: c_int,
    locations: c_int,
    debug_object: *const c_char,
    debug_files: *const c_char,
    debug_as_lazy: c_int,
    debug_variables: c_int,
    debug_payload: c_int,
}

unsafe extern "C" {
    fn aj_clang_main(
        argc: c_int,
        argv: *const *const c_char,
        config: *const AjConfig,
        hooks: *const AjHooks,
    ) -> c_int;
    fn aj_compress(data: *const c_char, size: usize, user: *mut c_void, take: Take);
    fn aj_remove_on_signal(path: *const c_char);
}

type Take = unsafe extern "C" fn(*mut c_void, *const c_char, usize);

/// What the hooks work with.
struct User<'a> {
    toolchain: &'a Toolchain,
    session: &'a Session,
    /// Files that the linker opens while the driver runs it. Only touched by the driver's own thread.
    files: RefCell<Vec<link::Made>>,
    /// Programs that the linker was called for.
    linked: RefCell<Vec<PathBuf>>,
    /// What there is to say of a link that has failed.
    notes: RefCell<String>,
}

/// Runs clang's driver on `args`.
pub fn run(args: &[OsString], toolchain: &Toolchain, session: &Session) -> Result<i32> {
    let argv = args
        .iter()
        .map(|a| CString::new(a.as_bytes()))
        .collect::<Result<Vec<_>, _>>()
        .context("an argument holds a NUL byte")?;
    let mut argv: Vec<*const c_char> = argv.iter().map(|a| a.as_ptr()).collect();
    let argc = c_int::try_from(argv.len()).context("too many arguments")?;
    argv.push(ptr::null());
    let path = |p: &Path| CString::new(p.as_os_str().as_bytes()).context("a path holds a NUL byte");
    let executable = path(&toolchain.executable)?;
    let clang = path(&toolchain.clang)?;
    let program_dir = toolchain.program_dir.as_deref().map(path).transpose()?;
    let real_clang = toolchain.real_clang.as_deref().map(path).transpose()?;
    let debug_object = session.options.debug_object.as_deref().map(path).transpose()?;
    let debug_files = session.options.debug_files.as_deref().map(path).transpose()?;
    let pointer = |s: &Option<CString>| s.as_ref().map_or(ptr::null(), |s| s.as_ptr());
    let config = AjConfig {
        self_path: executable.as_ptr(),
        clang: clang.as_ptr(),
        program_dir: pointer(&program_dir),
        real_clang: pointer(&real_clang),
        lazy: c_int::from(!session.options.off),
        locations: c_int::from(session.options.remarks || session.options.strict),
        debug_object: pointer(&debug_object),
        debug_files: pointer(&debug_files),
        debug_as_lazy: c_int::from(session.options.debug_as_lazy),
        debug_variables: c_int::from(session.options.debug_variables),
        debug_payload: c_int::from(session.options.debug_payload.is_some()),
    };
    let user = User {
        toolchain,
        session,
        files: RefCell::default(),
        linked: RefCell::default(),
        notes: RefCell::default(),
    };
    let hooks =
        AjHooks { user: (&raw const user).cast_mut().cast(), transform, refused, run_parallel, edit_link };
    // SAFETY: argv is NULL-terminated with argc entries; all pointers outlive the call; the hooks get `user` back,
    // which they only read, but for `files`, `linked` and `notes`, which edit_link alone touches, on this thread.
    let status = unsafe { aj_clang_main(argc, argv.as_ptr(), &config, &hooks) };
    // Behind what clang's driver says of a linker that has failed.
    eprint!("{}", user.notes.borrow());
    if status == 0 && session.options.prefetch == Toggle::On {
        user.linked.borrow().iter().for_each(|program| prefetch::announce(program));
    }
    Ok(if status == 0 && session.failed() { 1 } else { status })
}

/// # Safety
/// `user` is the pointer that [`run`] put into the hooks.
unsafe fn user<'a>(user: *mut c_void) -> &'a User<'a> {
    // SAFETY: the User lives in `run`'s frame, below which all hooks are called; it is only lent shared.
    unsafe { &*user.cast::<User<'a>>() }
}

unsafe extern "C" fn transform(raw_user: *mut c_void, unit: *const AjUnit, module: LLVMModuleRef) -> c_int {
    // SAFETY: see `user`; the rest is the shim's promise, which is passed on.
    unsafe { transform_unit(user(raw_user).session, unit, module, None) as c_int }
}

/// Turns a module of the shim's into its skeleton.
///
/// # Safety
/// `unit`, with a valid input name and callbacks that fit its module, and `module` live for this call, and nothing else
/// uses the module meanwhile.
pub unsafe fn transform_unit(
    session: &Session,
    unit: *const AjUnit,
    module: LLVMModuleRef,
    bitcode: Option<&Bitcode<'_>>,
) -> Transformed {
    // SAFETY: the caller's promise. The Module is not dropped: it stays the shim's.
    let (unit, input, module) = unsafe {
        let unit = &*unit;
        (unit, text(CStr::from_ptr(unit.input)), ManuallyDrop::new(Module::new(module)))
    };
    let mut recipe = unit.recipe();
    if let (Some(recipe), Some(bitcode)) = (&mut recipe, bitcode) {
        recipe.args = bitcode.args.iter().map(CString::as_c_str).collect();
        recipe.files = bitcode.files;
    }
    // Bitcode that was compiled with mapped paths does not tell where, and so the program must not.
    let recipe = recipe.filter(|recipe| {
        bitcode.is_none() || Path::new(OsStr::from_bytes(recipe.folder.to_bytes())).is_dir()
    });
    let raw = RawUnit {
        input: &input,
        opt_level: unit.opt_level,
        size_level: unit.size_level,
        fp_fusion: unit.fp_fusion,
        passes: unit.passes,
        math: unit.math,
        races: unit.races != 0,
        interposable: unit.interposable != 0,
        binds_functions: unit.binds_functions != 0,
        function_sections: unit.function_sections != 0,
        branch_protection: unit.branch_protection != 0,
        keep_inline: unit.keep_inline != 0,
        debug_info: unit.debug_info != 0,
        bitcode,
        hooks: Hooks {
            detach: unit.detach,
            copy_locality: unit.copy_locality,
            comdat: unit.comdat,
            plain_assembly: unit.plain_assembly,
            type_check: unit.type_check,
            write_bitcode: unit.write_bitcode,
        },
        recipe,
        line_count: unit.line_count,
        again: unit.again != 0,
        describe: unit.describe != 0,
        lines: unit.lines != 0,
        locate: &|symbol| unit.locate(symbol),
    };
    session.transform(&raw, module)
}

unsafe extern "C" fn refused(raw_user: *mut c_void, input: *const c_char, reason: *const c_char) -> c_int {
    // SAFETY: see `user`; both strings are NUL-terminated and live for the call.
    let (user, input, reason) =
        unsafe { (user(raw_user), text(CStr::from_ptr(input)), text(CStr::from_ptr(reason))) };
    c_int::from(user.session.refused(&input, &reason))
}

/// clang recurses deeply: its threads get the stack that a main thread has.
const STACK_SIZE: usize = 64 << 20;

unsafe extern "C" fn run_parallel(_: *mut c_void, count: usize, run: Run, arg: *mut c_void) {
    struct Arg(*mut c_void);
    // SAFETY: the shim's `run` may be called from any thread with different numbers.
    unsafe impl Sync for Arg {}
    let arg = Arg(arg);
    let arg = &arg;
    let work = |i| {
        // SAFETY: `run` and its argument belong together, and each number below `count` is used once.
        unsafe { run(arg.0, i) }
    };
    in_parallel(count, work);
}

/// A zstd frame of the bytes.
pub fn compress(bytes: &[u8]) -> Vec<u8> {
    unsafe extern "C" fn take(frame: *mut c_void, data: *const c_char, size: usize) {
        // SAFETY: `frame` is the vector below, lent to this call alone, and `data` has `size` bytes.
        unsafe {
            (*frame.cast::<Vec<u8>>()).extend_from_slice(std::slice::from_raw_parts(data.cast(), size));
        }
    }
    let mut frame = Vec::new();
    // SAFETY: the bytes live for the call, and `take` gets what it expects.
    unsafe { aj_compress(bytes.as_ptr().cast(), bytes.len(), (&raw mut frame).cast(), take) };
    frame
}

/// Removes a file if a signal ends the process. Whoever made it removes it otherwise.
pub fn remove_on_signal(path: &Path) {
    if let Ok(path) = CString::new(path.as_os_str().as_bytes()) {
        // SAFETY: a NUL-terminated string, of which a copy is made.
        unsafe { aj_remove_on_signal(path.as_ptr()) };
    }
}

/// Calls `work` for all numbers below `count`, on all cores.
pub fn in_parallel(count: usize, work: impl Fn(usize) + Sync + Send) {
    match rayon::ThreadPoolBuilder::new().stack_size(STACK_SIZE).build() {
        Ok(pool) if count > 1 => pool.install(|| (0..count).into_par_iter().for_each(work)),
        _ => (0..count).for_each(work),
    }
}

unsafe extern "C" fn edit_link(
    raw_user: *mut c_void,
    link: *const AjLink,
    push: Push,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: see `user`; `link` and its strings live for the call, and `args` holds `count` of them.
    let (user, linker, link, args) = unsafe {
        let link = &*link;
        let args = std::slice::from_raw_parts(link.args, link.count);
        let args: Vec<&CStr> = args.iter().map(|&a| CStr::from_ptr(a)).collect();
        (user(raw_user), CStr::from_ptr(link.linker), link, args)
    };
    let plain = link::Plain {
        linker,
        args: &args,
        is_lto: link.lto != 0,
        opt_level: u8::try_from(link.opt_level).ok(),
    };
    let complaint = (!link.complaint.is_null()).then(|| {
        // SAFETY: a string that lives for the call.
        unsafe { CStr::from_ptr(link.complaint) }.to_string_lossy()
    });
    let line = match complaint {
        None => link::complete(&plain, user.toolchain, user.session).map(Some),
        Some(text) => link::retry(&plain, user.toolchain, user.session, &text).map(|retry| match retry {
            link::Retry::With(line) => Some(line),
            link::Retry::No(notes) => {
                user.notes.borrow_mut().push_str(&notes);
                None
            }
        }),
    };
    match line {
        Ok(Some(line)) => {
            // A second attempt makes the same program.
            let mut linked = user.linked.borrow_mut();
            let program = prefetch::program(&args).filter(|program| !linked.contains(program));
            linked.extend(program);
            for a in &line.args {
                // SAFETY: `push` copies the string.
                unsafe { push(arg, a.as_ptr()) };
            }
            user.files.borrow_mut().extend(line.files);
            if line.may_retry { LINK_MAY_RETRY } else { LINK_READY }
        }
        Ok(None) => LINK_AS_IT_IS,
        Err(error) => {
            eprintln!("autojit-cc: error: cannot link: {error:#}");
            LINK_ERROR
        }
    }
}
