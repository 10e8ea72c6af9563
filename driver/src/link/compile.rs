//! The FFI to `driver/clang/bitcode.cpp`: a module of bitcode to an object with lazy functions.

use super::describe;
use super::symbols::Symbols;
use crate::clang::{AjUnit, Bitcode, transform_unit};
use crate::unit::{Session, text};
use llvm_sys::prelude::LLVMModuleRef;
use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::path::Path;

/// `AjBitcode` of shim.h.
#[repr(C)]
struct AjBitcode {
    name: *const c_char,
    data: *const c_char,
    size: usize,
    cpu: *const c_char,
    features: *const c_char,
    opt_level: u8,
    library: u8,
    again: u8,
    describe: u8,
    as_lazy: u8,
}

/// `AjBitcodeHooks` of shim.h.
#[repr(C)]
struct AjBitcodeHooks {
    user: *mut c_void,
    transform: unsafe extern "C" fn(*mut c_void, *const AjUnit, LLVMModuleRef) -> c_int,
    object: unsafe extern "C" fn(*mut c_void, *const c_char, usize),
    problem: unsafe extern "C" fn(*mut c_void, *const c_char),
}

type PushSymbol = unsafe extern "C" fn(*mut c_void, *const c_char, usize, c_int);

unsafe extern "C" {
    fn aj_bitcode_symbols(data: *const c_char, size: usize, push: PushSymbol, arg: *mut c_void) -> c_int;
    fn aj_bitcode_compile(bitcode: *const AjBitcode, hooks: *const AjBitcodeHooks) -> c_int;
}

/// How the modules of a link are compiled.
pub struct Options {
    pub opt_level: u8,
    pub cpu: CString,
    pub features: CString,
    /// A shared library is made.
    pub library: bool,
}

pub enum Compiled {
    Object(Vec<u8>),
    /// Only link-time optimization can compile it; why.
    Leave(String),
    /// It is wrong; why.
    Failed(String),
}

/// The symbols of bitcode; None if it can't be read.
pub fn symbols(bytes: &[u8]) -> Option<Symbols> {
    unsafe extern "C" fn push(arg: *mut c_void, name: *const c_char, size: usize, is_undefined: c_int) {
        // SAFETY: `arg` is the Symbols below, lent to this call alone; the name has `size` bytes.
        let (symbols, name) =
            unsafe { (&mut *arg.cast::<Symbols>(), std::slice::from_raw_parts(name.cast::<u8>(), size)) };
        let list = if is_undefined != 0 { &mut symbols.undefined } else { &mut symbols.defined };
        list.push(name.to_vec());
    }
    let mut symbols = Symbols::default();
    // SAFETY: the bytes live for the call, and `push` gets what it expects.
    let failed =
        unsafe { aj_bitcode_symbols(bytes.as_ptr().cast(), bytes.len(), push, (&raw mut symbols).cast()) };
    (failed == 0).then_some(symbols)
}

struct User<'a> {
    session: &'a Session,
    /// Made if the module has debug information: that takes a hash of it.
    recipe: &'a dyn Fn() -> describe::Recipe<'a>,
    object: Option<Vec<u8>>,
    problem: String,
}

/// # Safety
/// `raw` is the pointer that [`module`] put into the hooks, and no other reference is in use.
unsafe fn user<'a>(raw: *mut c_void) -> &'a mut User<'a> {
    // SAFETY: the User lives in `module`'s frame, below which the hooks are called one after the other.
    unsafe { &mut *raw.cast::<User<'a>>() }
}

unsafe extern "C" fn transform(raw: *mut c_void, unit: *const AjUnit, module: LLVMModuleRef) -> c_int {
    // SAFETY: see `user`; unit and module are the shim's for the time of this call.
    unsafe {
        let user = user(raw);
        let recipe = (*unit).has_recipe().then(user.recipe);
        let bitcode = recipe.as_ref().map_or_else(Bitcode::default, describe::Recipe::bitcode);
        transform_unit(user.session, unit, module, Some(&bitcode)) as c_int
    }
}

unsafe extern "C" fn take_object(raw: *mut c_void, data: *const c_char, size: usize) {
    // SAFETY: see `user`; the bytes live for the call.
    unsafe { user(raw).object = Some(std::slice::from_raw_parts(data.cast::<u8>(), size).to_vec()) };
}

unsafe extern "C" fn take_problem(raw: *mut c_void, problem: *const c_char) {
    // SAFETY: see `user`; the string is NUL-terminated and lives for the call.
    unsafe { user(raw).problem = text(CStr::from_ptr(problem)) };
}

/// Compiles a module of bitcode. `archive`: the one that it comes from.
pub fn module(
    name: &str,
    bytes: &[u8],
    archive: Option<&Path>,
    options: &Options,
    session: &Session,
) -> Compiled {
    let c_name = CString::new(name).unwrap_or_default();
    let bitcode = AjBitcode {
        name: c_name.as_ptr(),
        data: bytes.as_ptr().cast(),
        size: bytes.len(),
        cpu: options.cpu.as_ptr(),
        features: options.features.as_ptr(),
        opt_level: options.opt_level,
        library: u8::from(options.library),
        again: 0,
        describe: u8::from(session.options.debug_object.is_some()),
        as_lazy: u8::from(session.options.debug_as_lazy),
    };
    let recipe = || describe::Recipe::new(name, bytes, archive, options, session);
    let mut user = User { session, recipe: &recipe, object: None, problem: String::new() };
    let hooks = AjBitcodeHooks {
        user: (&raw mut user).cast(),
        transform,
        object: take_object,
        problem: take_problem,
    };
    // SAFETY: all pointers live for the call; the hooks get `user` back, which nothing else touches meanwhile.
    let status = unsafe { aj_bitcode_compile(&bitcode, &hooks) };
    match (status, user.object) {
        (0, Some(object)) => Compiled::Object(object),
        (1, _) => Compiled::Leave(user.problem),
        _ => Compiled::Failed(user.problem),
    }
}
