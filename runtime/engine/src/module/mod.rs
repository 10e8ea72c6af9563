//! A module that is kept warm: a payload, its bitcode opened for lazy reading, and the functions compiled so far.
//!
//! Modules are shared by all sessions. An LLVM context is for one thread at a time: a thread that finds all of a module's
//! contexts taken opens another one, so that nobody who asks waits for a function that somebody else needs.

mod described;
mod wanted;

pub use described::Described;

use crate::cache::directory::Pack;
use crate::cache::pack::Kind;
use crate::compile::Pool;
use crate::image::Images;
use crate::inlining::inlinable;
use crate::layout;
use crate::llvm::{self, Bytes, Compiled, Compiler, Failure};
use crate::log::log;
use crate::profile::Profile;
use crate::store::{self, StoreError};
use crate::template::Template;
use autojit_protocol::Hash;
use autojit_protocol::payload::{
    FUNCTION_BOUND_HERE, FUNCTION_PUBLIC, FunctionEntry, PAYLOAD_LARGEST, Payload, PayloadError,
};
use rustc_hash::FxHashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use wanted::Wanted;

/// Opened contexts that are kept for the next function.
const KEPT_CONTEXTS: usize = 2;

/// Bytes of memory that an opened context takes, of whatever bitcode; measured with 400 modules of 3 KiB.
const CONTEXT_SIZE: usize = 80 << 10;

/// And so many for each byte of it; measured with SQLite: 7 at -O0, 9 at -O2.
const CONTEXT_GROWTH: usize = 8;

/// What a function is compiled for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Request,
    Ahead,
}

/// A compiled function; cheap to clone.
#[derive(Clone)]
pub enum Code {
    Template(Template),
    /// A relocatable object that has no template.
    Object(Arc<Bytes>),
}

impl Code {
    pub fn bytes(&self) -> &[u8] {
        match self {
            Code::Template(template) => template.bytes(),
            Code::Object(object) => object,
        }
    }
}

/// Where a function's code was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// By an earlier daemon: the disk cache had it.
    Disk,
    /// When a program asked for it.
    Request,
    /// Before anybody asked.
    Ahead,
    /// For another module, which has the same function.
    Twin,
}

/// How far a function is. One that was never asked for has no entry: nothing grows with functions that are not called.
enum State {
    Running,
    Done(Result<Code, Failure>, Origin),
}

/// Why a module can't be opened.
#[derive(Debug, thiserror::Error)]
pub enum ModuleError {
    #[error("the payload is broken: {0:?}")]
    Broken(PayloadError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

pub struct Module {
    pub hash: Hash,
    /// Borrows from `bytes`.
    payload: Payload<'static>,
    /// Lazy functions and imports by the name that they have in an object file.
    functions: FxHashMap<&'static str, u32>,
    imports: FxHashMap<&'static str, u32>,
    /// Imports that are functions of the module which it may call directly, by function.
    own_imports: FxHashMap<u32, u32>,
    /// Opened with the first function that has to be compiled. Those for requests, and those for what is compiled ahead:
    /// a request must not have to open one, which can take milliseconds, because it was taken for the latter.
    contexts: [Mutex<Vec<llvm::Module>>; 2],
    states: Mutex<FxHashMap<u32, State>>,
    /// Told when a function is done.
    done: Condvar,
    /// Functions that are worth to be inlined; made when the first one is compiled that could have others in it.
    inlinable: OnceLock<Vec<bool>>,
    /// Bytes of code that is kept.
    code_size: AtomicUsize,
    pub profile: Mutex<Profile>,
    /// The images that ask for this module first.
    pub images: Mutex<Images>,
    /// The bitcode, if the payload has it in a frame and it was needed. Never changed. After what borrows from it.
    expanded: OnceLock<Result<Bytes, Failure>>,
    /// Last, so that it outlives what borrows from it. Never changed.
    bytes: Vec<u8>,
    /// Bytes that the object has.
    size: usize,
}

/// LLVM's mark for "take this name as it is" is not part of the symbol.
fn symbol(name: &str) -> &str {
    name.strip_prefix('\x01').unwrap_or(name)
}

/// A poisoned lock means a bug of ours; what it protects is only ever changed in one step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Module {
    /// `bytes`: what the object has, the payload or the reference to one in the user's store.
    pub fn new(hash: Hash, bytes: Vec<u8>) -> Result<Module, ModuleError> {
        let size = bytes.len();
        let bytes = store::resolve(bytes)?;
        // SAFETY: the heap buffer of `bytes` stays where it is and unchanged as long as the module lives (the field is
        // private and never written), and no borrow leaves the module with a longer lifetime.
        let stable: &'static [u8] = unsafe { std::slice::from_raw_parts(bytes.as_ptr(), bytes.len()) };
        let payload = Payload::parse(stable).map_err(ModuleError::Broken)?;
        let header = payload.header();
        let functions: FxHashMap<&'static str, u32> =
            (0..header.function_count).filter_map(|i| Some((symbol(payload.function_name(i)?), i))).collect();
        let imports: FxHashMap<&'static str, u32> =
            (0..header.import_count).filter_map(|i| Some((symbol(payload.import_name(i)?), i))).collect();
        let is_bound = |function: u32| {
            payload.function(function).is_some_and(|entry| entry.flags & FUNCTION_BOUND_HERE != 0)
        };
        let own_imports = imports.iter().filter_map(|(name, &import)| Some((*functions.get(name)?, import)));
        let own_imports = own_imports.filter(|&(function, _)| is_bound(function)).collect();
        Ok(Module {
            hash,
            functions,
            imports,
            own_imports,
            contexts: Default::default(),
            states: Mutex::default(),
            done: Condvar::new(),
            inlinable: OnceLock::new(),
            code_size: AtomicUsize::new(0),
            profile: Mutex::default(),
            images: Mutex::default(),
            payload,
            expanded: OnceLock::new(),
            bytes,
            size,
        })
    }

    /// Takes in what the cache has kept of the module. What does not fit is left out.
    pub fn adopt(&self, pack: Pack) {
        let store = Arc::new(pack.bytes);
        let (mut states, mut profile, mut images) =
            (lock(&self.states), lock(&self.profile), lock(&self.images));
        for record in pack.contents.records {
            match record.kind {
                Kind::Described | Kind::Object | Kind::Recipe => {}
                Kind::Image => images.decode(&store[record.data]),
                Kind::Profile => profile.decode(&store[record.data], self.function_count()),
                Kind::Code => {
                    let (functions, imports) = (self.function_count(), self.import_count());
                    let Some(template) = Template::parse(store.clone(), record.data, functions, imports)
                    else {
                        continue;
                    };
                    self.code_size.fetch_add(template.bytes().len(), Ordering::Relaxed);
                    for (function, _) in template.bodies() {
                        states.insert(
                            function,
                            State::Done(Ok(Code::Template(template.clone())), Origin::Disk),
                        );
                    }
                }
            }
        }
    }

    pub fn function_count(&self) -> u32 {
        self.payload.header().function_count
    }

    pub fn import_count(&self) -> u32 {
        self.payload.header().import_count
    }

    /// Bytes that the object has in the payload's place.
    pub fn size(&self) -> usize {
        self.size
    }

    pub fn function(&self, index: u32) -> Option<FunctionEntry> {
        self.payload.function(index)
    }

    pub fn function_name(&self, index: u32) -> &str {
        self.payload.function_name(index).unwrap_or("?")
    }

    pub fn import_name(&self, index: u32) -> &str {
        self.payload.import_name(index).unwrap_or("?")
    }

    /// The name that a function has in an object file.
    pub fn function_symbol(&self, index: u32) -> &str {
        symbol(self.function_name(index))
    }

    pub fn import_symbol(&self, index: u32) -> &str {
        symbol(self.import_name(index))
    }

    pub fn function_index(&self, symbol: &str) -> Option<u32> {
        self.functions.get(symbol).copied()
    }

    pub fn import_index(&self, symbol: &str) -> Option<u32> {
        self.imports.get(symbol).copied()
    }

    /// The import by which the module's own code may refer to the function, if it has one and calls it directly all the same.
    pub fn own_import(&self, index: u32) -> Option<u32> {
        self.own_imports.get(&index).copied()
    }

    pub fn own_imports(&self) -> impl Iterator<Item = u32> + '_ {
        self.own_imports.values().copied()
    }

    /// Whether a reference to the function from its own module may go to the body itself, if no image has put another in its place.
    pub fn is_direct(&self, index: u32, is_call: bool) -> bool {
        let flags = self.function(index).map_or(0, |entry| entry.flags);
        let is_private = flags & FUNCTION_PUBLIC == 0;
        is_private || (is_call && flags & FUNCTION_BOUND_HERE != 0)
    }

    /// Functions compiled so far, and the bytes of their code.
    pub fn compiled(&self) -> (usize, usize) {
        (lock(&self.states).len(), self.code_size.load(Ordering::Relaxed))
    }

    /// Where the code of a function was made, if it is there.
    pub fn origin(&self, index: u32) -> Option<Origin> {
        match lock(&self.states).get(&index) {
            Some(State::Done(Ok(_), origin)) => Some(*origin),
            _ => None,
        }
    }

    /// The source file that the module was made of, as the compiler was given its name. The bitcode is opened for that if it
    /// was not before.
    pub fn source_name(&self) -> Option<String> {
        let contexts = &self.contexts[Purpose::Request as usize];
        let context = self.take(contexts).ok()?;
        let name = context.source_name();
        self.give_back(context, contexts);
        name
    }

    /// A context that is kept, or a new one.
    fn take(&self, contexts: &Mutex<Vec<llvm::Module>>) -> Result<llvm::Module, Failure> {
        let kept = lock(contexts).pop();
        match kept {
            Some(context) => Ok(context),
            // SAFETY: what the bitcode is part of is never changed and is dropped after `contexts`.
            None => unsafe { llvm::Module::open(self.bitcode()?) },
        }
    }

    fn give_back(&self, context: llvm::Module, contexts: &Mutex<Vec<llvm::Module>>) {
        let mut kept = lock(contexts);
        if kept.len() < KEPT_CONTEXTS {
            kept.push(context);
        } else {
            drop(kept);
            drop(context);
        }
    }

    /// The code of a function if that is there already.
    pub fn ready(&self, index: u32) -> Option<Code> {
        match lock(&self.states).get(&index) {
            Some(State::Done(Ok(code), _)) => Some(code.clone()),
            _ => None,
        }
    }

    /// Whether all of the functions were compiled, with success or without.
    pub fn are_done(&self, functions: &[u32]) -> bool {
        let states = lock(&self.states);
        functions.iter().all(|function| matches!(states.get(function), Some(State::Done(..))))
    }

    /// Shows all templates that are there, by function.
    pub fn compiled_functions(&self, mut show: impl FnMut(u32, &Template)) {
        for (function, state) in lock(&self.states).iter() {
            if let State::Done(Ok(Code::Template(template)), _) = state {
                show(*function, template);
            }
        }
    }

    /// Templates of those of the functions that are there already, each once.
    pub fn ready_templates(&self, functions: &[u32], wanted: impl Fn(u32) -> bool) -> Vec<Template> {
        let states = lock(&self.states);
        let mut found = Vec::new();
        for function in functions.iter().filter(|function| wanted(**function)) {
            if let Some(State::Done(Ok(Code::Template(template)), _)) = states.get(function)
                && template
                    .bodies()
                    .find(|(body, _)| wanted(*body))
                    .is_some_and(|(body, _)| body == *function)
            {
                found.push(template.clone());
            }
        }
        found
    }

    /// The code of a function, which is compiled if it was not before, and whether it was. A function that cannot be
    /// compiled is not tried again. If another thread is at it, this one waits for so long before it does the work itself.
    pub fn code(&self, index: u32, pool: &Pool, patience: Duration) -> (Result<Code, Failure>, bool) {
        let began = Instant::now();
        let mut states = lock(&self.states);
        loop {
            match states.get(&index) {
                Some(State::Done(result, _)) => return (result.clone(), false),
                Some(State::Running) => {
                    let left = patience.saturating_sub(began.elapsed());
                    if left.is_zero() {
                        break;
                    }
                    let woken = self.done.wait_timeout(states, left);
                    states = woken.unwrap_or_else(PoisonError::into_inner).0;
                }
                None => {
                    states.insert(index, State::Running);
                    break;
                }
            }
        }
        drop(states);
        (self.compile_and_note(index, pool, Purpose::Request), true)
    }

    /// Compiles a function that nobody has asked for yet. `None` if it is there, or another thread is at it.
    pub fn prepare(&self, index: u32, pool: &Pool) -> Option<Result<Code, Failure>> {
        {
            let mut states = lock(&self.states);
            if states.contains_key(&index) {
                return None;
            }
            states.insert(index, State::Running);
        }
        Some(self.compile_and_note(index, pool, Purpose::Ahead))
    }

    fn compile_and_note(&self, index: u32, pool: &Pool, purpose: Purpose) -> Result<Code, Failure> {
        let wanted = Wanted::new(self, index, pool.twins.as_ref());
        let result = self.compile(&wanted, pool, &self.contexts[purpose as usize]);
        let mut states = lock(&self.states);
        if let Some(State::Done(first, _)) = states.get(&index) {
            return first.clone();
        }
        if let Ok(code) = &result {
            self.code_size.fetch_add(code.bytes().len(), Ordering::Relaxed);
        }
        let origin = match purpose {
            _ if wanted.found().is_some() => Origin::Twin,
            Purpose::Request => Origin::Request,
            Purpose::Ahead => Origin::Ahead,
        };
        states.insert(index, State::Done(result.clone(), origin));
        drop(states);
        self.done.notify_all();
        result
    }

    fn compile(
        &self,
        wanted: &Wanted<'_>,
        pool: &Pool,
        contexts: &Mutex<Vec<llvm::Module>>,
    ) -> Result<Code, Failure> {
        let mut context = self.take(contexts)?;
        let name = self.function_name(wanted.index);
        let result = pool.compile(&mut context, self.payload.options(), name, wanted);
        if matches!(result, Err(Failure::Crashed(_))) {
            llvm::leak(context);
        } else {
            self.give_back(context, contexts);
        }
        let compiled = result?;
        Ok(match wanted.found() {
            Some(template) => Code::Template(template),
            None if pool.keeps_objects => Code::Object(Arc::new(compiled.object)),
            None => self.lay_out(wanted, compiled),
        })
    }

    fn bitcode(&self) -> Result<&[u8], Failure> {
        match self.payload.header().expanded_size {
            0 => Ok(self.payload.bitcode()),
            _ => self.expanded.get_or_init(|| expanded(&self.payload)).as_deref().map_err(Failure::clone),
        }
    }

    /// An object with all lazy functions, under their names.
    pub fn compile_whole(&self) -> Result<Bytes, Failure> {
        // SAFETY: as in `take`; the context does not outlive this function.
        let context = unsafe { llvm::Module::open(self.bitcode()?)? };
        let mut compiler = Compiler::new(&context, self.payload.options())?;
        let object = compiler.compile_whole(context, self);
        if matches!(object, Err(Failure::Crashed(_))) {
            llvm::leak(compiler);
        }
        object
    }

    /// Whether the payload has the lines of its functions.
    pub fn has_lines(&self) -> bool {
        self.payload.options().lines != 0
    }

    fn lay_out(&self, wanted: &Wanted<'_>, Compiled { object, key }: Compiled) -> Code {
        let laid_out = layout::lay_out(&object, key, wanted).and_then(|bytes| {
            let all = 0..bytes.len();
            let (functions, imports) = (self.function_count(), self.import_count());
            Template::parse(Arc::new(bytes), all, functions, imports).ok_or("a broken template")
        });
        match laid_out {
            Ok(template) => Code::Template(template),
            Err(problem) => {
                log!("{}: linked by JITLink: {problem}", self.function_name(wanted.index));
                Code::Object(Arc::new(object))
            }
        }
    }

    /// About so many bytes of memory are given back by [`Module::close`].
    pub fn open_size(&self) -> usize {
        let open: usize = self.contexts.iter().map(|contexts| lock(contexts).len()).sum();
        open * (CONTEXT_SIZE + CONTEXT_GROWTH * self.bytes.len())
    }

    /// Gives back all that is opened. Whoever compiles another function opens it again.
    pub fn close(&self) {
        for contexts in &self.contexts {
            let open = std::mem::take(&mut *lock(contexts));
            drop(open);
        }
    }

    /// Gives back what was opened to compile ahead.
    pub fn close_contexts(&self) {
        let contexts = std::mem::take(&mut *lock(&self.contexts[Purpose::Ahead as usize]));
        drop(contexts);
    }

    /// Whether the function is compiled, or a thread is at it.
    pub fn is_known(&self, index: u32) -> bool {
        lock(&self.states).contains_key(&index)
    }

    /// Whether its functions are optimized.
    pub fn optimizes(&self) -> bool {
        self.payload.options().opt_level > 0
    }

    pub fn is_public(&self, index: u32) -> bool {
        self.function(index).is_some_and(|entry| entry.flags & FUNCTION_PUBLIC != 0)
    }

    pub fn public_functions(&self) -> impl Iterator<Item = (u32, &str)> {
        (0..self.function_count())
            .filter(|index| self.is_public(*index))
            .map(|index| (index, self.function_symbol(index)))
    }

    /// What a function calls in its source.
    pub fn callees(&self, index: u32) -> impl Iterator<Item = Callee<'_>> {
        let own = self.payload.callees(index).map(Callee::Own);
        own.chain(self.payload.imported_callees(index).filter_map(|import| self.imported(import)))
    }

    /// What the code of a function calls, as far as that is known: of one that is optimized when it is compiled.
    pub fn called(&self, index: u32) -> Vec<Callee<'_>> {
        if !self.optimizes() {
            return self.callees(index).collect();
        }
        let Some(Code::Template(template)) = self.ready(index) else { return Vec::new() };
        let calls = template.calls();
        calls.filter_map(|s| s.function.map(Callee::Own).or_else(|| self.imported(s.import?))).collect()
    }

    fn inlinable(&self) -> &[bool] {
        self.inlinable.get_or_init(|| {
            let size = |index| self.payload.function(index).map_or(u32::MAX, |entry| entry.size);
            inlinable(self.function_count(), size, |index| self.payload.callees(index).collect())
        })
    }

    fn imported(&self, import: u32) -> Option<Callee<'_>> {
        self.payload.import_name(import).map(symbol).map(Callee::Imported)
    }
}

/// A function that another one calls.
pub enum Callee<'a> {
    /// A lazy one of the same module.
    Own(u32),
    /// One that the module does not have, by its name.
    Imported(&'a str),
}

/// What a payload's frame holds.
fn expanded(payload: &Payload<'_>) -> Result<Bytes, Failure> {
    match payload.header().expanded_size {
        size if size > PAYLOAD_LARGEST => Err(Failure::Refused("a payload that is too large".to_owned())),
        size => llvm::expand(payload.bitcode(), size as usize),
    }
}
