//! The transform: an LLVM module in, a skeleton module and a lazy payload out.
//!
//! In the order in which a module goes through it:
//!
//! 1. [`references`] finds who refers to what, from the use lists;
//! 2. [`scan`] looks at each body once: what it needs that can't be left for later;
//! 3. [`classify`] decides per function: static (with a [`Reason`]), public or private lazy;
//! 4. [`stand_ins`]: lazy code reaches thread-local variables ([`thread_locals`]), and functions that look where they are called
//!    from ([`callers`]), by functions of the object;
//! 5. [`imports`] lists the symbols that lazy code needs from the object;
//! 6. [`payload`] writes the bodies;
//! 7. [`skeleton`] takes the bodies out of the module and puts stubs, record and import table in, as module assembly
//!    ([`arch`]).
//!
//! The module is changed in place and not cloned: cloning a big unit costs more than all of this together.
//!
//! Knows nothing of the driver. A construct that is not known to survive makes its function static, never wrong.

mod addresses;
mod aliases;
mod arch;
mod callers;
mod classify;
pub mod debug;
mod describe;
mod escape;
mod imports;
mod inlining;
mod ir;
mod known;
mod libcalls;
mod normalize;
mod payload;
mod races;
mod reason;
mod references;
mod scan;
mod skeleton;
mod stand_ins;
pub mod stub_lines;
mod thread_locals;

pub use describe::describe;
pub use payload::PayloadTooLarge;
pub use reason::Reason;

use inkwell::module::Module;
use llvm_sys::prelude::{LLVMModuleRef, LLVMValueRef};
use std::ffi::{CStr, CString, c_char, c_int, c_void};

/// What the transform must know beside the module itself.
#[derive(Clone, Copy, Debug)]
pub struct Unit<'a> {
    /// 0 to 3.
    pub opt_level: u8,
    /// 0, 1 (-Os), 2 (-Oz).
    pub size_level: u8,
    /// `llvm::FPOpFusion::FPOpFusionMode`.
    pub fp_fusion: u8,
    /// `CodegenOptions::passes` of the payload.
    pub passes: u8,
    /// `CodegenOptions::math` of the payload.
    pub math: u8,
    /// `CodegenOptions::races` of the payload.
    pub races: bool,
    /// Definitions with default visibility may be overridden at run time (a PIC library).
    pub interposable: bool,
    /// But not functions that no other unit defines, as far as this one refers to them (-fno-semantic-interposition).
    pub binds_functions: bool,
    /// Each function in a section of its own (-ffunction-sections).
    pub function_sections: bool,
    /// Indirect branch targets begin with `endbr64` (-fcf-protection=branch).
    pub branch_protection: bool,
    /// Inline functions have a symbol even if only lazy code calls them, so that the linker chooses one of each.
    pub keep_inline: bool,
    /// In a module with a thread-local variable every function is static.
    pub skip_thread_locals: bool,
    /// Symbols of other objects are looked up by name at run time.
    pub late: bool,
    /// The payload's bitcode is kept in a zstd frame.
    pub compress: bool,
    /// Keeps the payload elsewhere and returns what the object has in its place; `None`: it stays in the object.
    pub store: Option<StorePayload>,
    /// Only the first so many candidates become lazy: for bisecting.
    pub lazy_first: Option<u32>,
    /// What the object is to load if another driver links it; `None`: the runtime comes with the link.
    pub loader: Option<&'a Loader>,
    /// The payload has the lines of its functions.
    pub lines: bool,
    /// How to compile the unit for a debugger ([`autojit_protocol::recipe`]), if it may be.
    pub recipe: Option<&'a [u8]>,
    /// What the object has in its place, if it is kept elsewhere.
    pub recipe_name: Option<&'a [u8]>,
    /// Lines of the source file, 0 if that is not known.
    pub line_count: u32,
    /// What that compile makes, if it is to be kept in the object.
    pub described: Option<&'a Described>,
    pub hooks: Hooks,
}

/// The files that a loader looks for (`autojit_protocol::loader`).
#[derive(Debug)]
pub struct Loader {
    pub runtime: CString,
    pub daemon: CString,
}

/// Takes a payload, returns the reference to it.
pub type StorePayload = fn(&[u8]) -> Option<Vec<u8>>;

impl Unit<'_> {
    /// Whether the module comes before clang's optimizations and the engine does them: -O1 and above.
    pub fn optimizes(&self) -> bool {
        self.opt_level > 0
    }
}

/// Operations on globals that LLVM's C interface does not offer.
#[derive(Clone, Copy, Debug)]
pub struct Hooks {
    /// Takes a function, variable or alias out of its module without destroying it. At -O0 it stays as it is:
    /// destroying the bodies of a big unit takes tens of milliseconds. Above, where passes follow that look at the
    /// users of globals, it refers to nothing afterwards.
    pub detach: unsafe extern "C" fn(LLVMValueRef),
    /// Lets the first be known as bound in its object (`dso_local`) as far as the second is.
    pub copy_locality: unsafe extern "C" fn(LLVMValueRef, LLVMValueRef),
    /// The name of a global's comdat, NUL-terminated and alive as long as the module; NULL if it has none.
    pub comdat: unsafe extern "C" fn(LLVMValueRef) -> *const c_char,
    /// Not 0: the inline assembly that a call runs is known to be right, and names no symbol.
    pub plain_assembly: unsafe extern "C" fn(LLVMValueRef) -> c_int,
    /// Not 0: what stands in the two words in front of a function's entry (-fsanitize=function).
    pub type_check: unsafe extern "C" fn(LLVMValueRef, *mut u32) -> c_int,
    pub write_bitcode: WriteBitcode,
}

/// Hands the module's bitcode to the function at the end, with the pointer before it: as it is, and returns 0, or, if the
/// number is not 0 and that is shorter, in a zstd frame, and returns the size of the bitcode. LLVM's C interface
/// always adds the symbol table that linkers want.
pub type WriteBitcode = unsafe extern "C" fn(LLVMModuleRef, c_int, *mut c_void, TakeBytes) -> u64;
pub type TakeBytes = unsafe extern "C" fn(*mut c_void, *const c_char, usize);

impl Hooks {
    fn comdat_name(&self, value: ir::Value) -> Option<String> {
        // SAFETY: the value is a global of the live module, and the hook's contract covers the string.
        unsafe {
            let name = (self.comdat)(value.as_raw());
            (!name.is_null()).then(|| CStr::from_ptr(name).to_string_lossy().into_owned())
        }
    }

    fn is_plain_assembly(&self, call: ir::Value) -> bool {
        // SAFETY: the value is an instruction of the live module.
        unsafe { (self.plain_assembly)(call.as_raw()) != 0 }
    }

    fn type_check_words(&self, function: ir::Value) -> Option<[u32; 2]> {
        let mut words = [0; 2];
        // SAFETY: the value is a function of the live module, and the hook writes two words.
        unsafe { (self.type_check)(function.as_raw(), words.as_mut_ptr()) != 0 }.then_some(words)
    }
}

/// An object that describes the unit to debuggers.
#[derive(Debug)]
pub struct Described {
    /// In a zstd frame.
    pub frame: Vec<u8>,
    /// Bytes out of the frame.
    pub size: u64,
}

/// What became of a module.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Lazy functions with a stub in the object.
    pub public: usize,
    /// Lazy functions that the object does not name.
    pub private: usize,
    /// Functions that are compiled now, and why, in the order of the module.
    pub static_functions: Vec<(String, Reason)>,
    /// Bytes of the payload; 0 if nothing is lazy.
    pub payload: Vec<u8>,
}

/// What is to become of a module. Both uses of it must come to the same: functions and imports have their numbers from here.
fn analyze(ir: ir::Ir, unit: &Unit) -> (references::Graph, scan::Facts, classify::Plan) {
    if unit.optimizes() {
        inlining::own_inline_functions(ir);
    }
    normalize::normalize(ir);
    let graph = references::Graph::of(ir);
    let mut facts = scan::scan(&graph, unit);
    thread_locals::refuse(&graph, &mut facts, unit.skip_thread_locals);
    let plan = classify::classify(&graph, &facts, unit);
    (graph, facts, plan)
}

/// The imports of lazy code, which then uses the functions of the object that stand in for others.
fn import(
    graph: &references::Graph,
    facts: &scan::Facts,
    plan: &classify::Plan,
    unit: &Unit,
) -> (stand_ins::StandIns, imports::Imports) {
    let mut stand_ins = stand_ins::StandIns::default();
    thread_locals::rewrite(graph, plan, &mut stand_ins);
    callers::rewrite(graph, plan, &mut stand_ins);
    imports::keep_missing_data_apart(graph, plan, unit);
    let imports = imports::collect(graph, facts, plan, &stand_ins, unit);
    (stand_ins, imports)
}

/// Turns `module` into its skeleton. On an error the module still means what it meant.
pub fn lazify(module: &Module<'_>, unit: &Unit) -> Result<Outcome, PayloadTooLarge> {
    // SAFETY: the caller's module is alive for this call and, as a borrowed inkwell module, not used by another
    // thread; nothing below hands it out.
    let ir = unsafe { ir::Ir::new(module.as_mut_ptr()) };
    let (graph, facts, plan) = analyze(ir, unit);
    let mut outcome = Outcome { static_functions: plan.reasons(&graph), ..Outcome::default() };
    let note = arch::StaticNote::new(&outcome.static_functions);
    if plan.lazy.is_empty() {
        ir.append_inline_asm(&note.assembly(&[0; 32]));
        return Ok(outcome);
    }
    let (stand_ins, imports) = import(&graph, &facts, &plan, unit);
    if unit.optimizes() {
        aliases::resolve(&graph, unit, |id| plan.is_lazy(id) || plan.bodies.payload_only.contains(&id));
    }
    let payload = payload::build(&graph, &facts, &plan, &imports, unit)?;
    let reference = unit.store.and_then(|store| store(&payload));
    let embedded = reference.as_deref().unwrap_or(&payload);
    let hash = *blake3::hash(embedded).as_bytes();
    skeleton::carve(&graph, &plan, &imports, &stand_ins, embedded, &hash, unit);
    ir.append_inline_asm(&note.assembly(&hash));
    outcome.public = plan.lazy.iter().filter(|f| f.public).count();
    outcome.private = plan.lazy.len() - outcome.public;
    outcome.payload = payload;
    Ok(outcome)
}
