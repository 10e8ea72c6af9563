//! What a debugger is told about lazy code.
//!
//! When a debugger is attached, the client asks for this before the program's first function runs. [`image`] reads what the
//! units of the program keep, [`recompile`] compiles each once more, [`link`] makes one ELF file of all ([`object`],
//! [`frames`], [`dwarf`], [`elf`]), with the code in it that the program then runs: the code that is described. [`attached`]
//! does it for one that comes later, and [`placed`] for a program that prints its own stack.

pub mod apart;
pub mod attached;
mod cache;
mod dwarf;
mod elf;
mod frames;
mod image;
mod lines;
mod link;
mod memory;
mod object;
pub mod placed;
mod recompile;
mod singles;

pub use cache::Cache;
pub use elf::with_data;
pub use image::{bias, mappings, open};
pub use lines::{Line, Lines};
pub use recompile::compile;

use crate::arena::Arena;
use crate::llvm;
use crate::loaded::Loaded;
use crate::module::Module;
use crate::server::STACK;
use ::object::elf::ELFMAG;
use apart::Apart;
use autojit_protocol::control::Fixup;
use autojit_protocol::debug::{LocalPlace, Note, Recipe, identity};
use autojit_protocol::record::ModuleRecord;
use cache::Kept;
use image::Image;
use object::Object;
use recompile::{Problem, Purpose, recompile};
use rustix::process::Pid;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::mem::{offset_of, size_of};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// One session's image as a debugger sees it.
pub struct Debugging {
    image: Image,
    /// For the user: what is not described, and why.
    pub remarks: Vec<String>,
    pub fixups: Vec<Fixup>,
}

/// Where the client finds what it has to announce.
pub struct Described {
    pub file: u64,
    pub file_size: u64,
    pub eh_frame: u64,
}

/// The record of a note's module in the process, and where its slots are.
fn record(image: &Image, note: &Note<'_>) -> Option<(u64, u64)> {
    let at = image.address(note.header.record);
    let record = ModuleRecord::parse_header(image.loaded(at, size_of::<ModuleRecord>() as u64)?).ok()?;
    if record.hash != note.header.hash {
        return None;
    }
    let field = at + offset_of!(ModuleRecord, slots_offset) as u64;
    Some((at, field.wrapping_add_signed(record.slots_offset.into()) + size_of::<u64>() as u64))
}

/// The unit's main file, for messages.
fn name(recipe: Recipe<'_>) -> String {
    let mut arguments = recipe.arguments().skip_while(|a| *a != b"-main-file-name");
    String::from_utf8_lossy(arguments.nth(1).unwrap_or(b"a unit")).into_owned()
}

/// A unit on its way.
#[derive(Clone, Copy)]
struct Unit<'a> {
    note: Note<'a>,
    recipe: Recipe<'a>,
    /// Number of the module in the session.
    number: usize,
}

impl Debugging {
    /// Looks at the image that has `address`. `None` if nothing can be described.
    pub fn start(pid: Pid, address: u64) -> Option<Debugging> {
        let image = Image::of_process(pid, address)?;
        Some(Debugging { image, remarks: Vec::new(), fixups: Vec::new() })
    }

    /// Addresses of the records of the modules to be opened.
    pub fn records(&self) -> Vec<u64> {
        self.image.notes().filter_map(|note| Some(record(&self.image, &note)?.0)).collect()
    }

    /// Makes the description of all modules that are open.
    pub fn describe(
        &mut self,
        modules: &mut [Loaded],
        arena: &mut Arena,
        caches: Caches<'_>,
    ) -> Option<Described> {
        let by_slots: HashMap<u64, usize> = modules
            .iter()
            .enumerate()
            .filter(|(_, loaded)| loaded.ready().is_some())
            .map(|(number, loaded)| (loaded.slot_address(0), number))
            .collect();
        let units: Vec<Unit<'_>> = self
            .image
            .notes()
            .filter_map(|note| {
                let (_, slots) = record(&self.image, &note)?;
                let number = *by_slots.get(&slots)?;
                Some(Unit { recipe: Recipe::parse(note.recipe)?, note, number })
            })
            .collect();
        let made = make_all(units.iter().map(|unit| (*unit, Purpose::Run)), caches);
        let mut remarks = Vec::new();
        let mut described = Vec::new();
        for (unit, made) in units.iter().zip(&made) {
            let module = modules[unit.number].ready().cloned();
            let object = made.as_ref().map_err(Clone::clone).and_then(|kept| {
                let object = Object::parse(&kept.object)?;
                let module = module.as_deref().ok_or("its module is not open")?;
                is_same(&object, module).then_some(object).ok_or_else(|| OTHER_FUNCTIONS.into())
            });
            match (object, module) {
                (Ok(object), Some(module)) => described.push((unit, object, module)),
                (Err(problem), _) => remarks.push(format!("{}: {problem}", name(unit.recipe))),
                _ => {}
            }
        }
        let linked = loop {
            if described.is_empty() {
                break None;
            }
            let inputs: Vec<link::Input<'_>> = described
                .iter()
                .map(|(unit, object, module)| link::Input {
                    object,
                    module,
                    loaded: &modules[unit.number],
                    locals: locals(&self.image, &unit.note),
                    stub_size: unit.note.header.stub_size.into(),
                })
                .collect();
            match link::link(&inputs, &self.image, arena) {
                Ok(output) => break Some(output),
                Err(failure) => {
                    let number = failure.input.unwrap_or(0);
                    drop(inputs);
                    let (unit, ..) = described.remove(number);
                    remarks.push(format!("{}: {}", name(unit.recipe), failure.problem));
                    if failure.input.is_none() {
                        break None;
                    }
                }
            }
        };
        let mut fixups = Vec::new();
        if let Some(output) = &linked {
            for &(input, index, code) in &output.functions {
                let loaded = &mut modules[described[input].0.number];
                loaded.set_described_code(index, code);
                fixups.push(Fixup { slot: loaded.slot_address(index), code });
            }
        }
        drop(units);
        caches.0.note_program(&self.image.path);
        self.remarks.append(&mut remarks);
        self.fixups = fixups;
        linked.map(|o| Described { file: o.file, file_size: o.file_size, eh_frame: o.eh_frame })
    }
}

/// Makes what a debugger would have to wait for, of a program that was just linked. Returns how many units it has.
pub fn describe_ahead(program: &Path, caches: Caches<'_>) -> usize {
    let bytes = std::fs::read(program).unwrap_or_default();
    let Some(notes) = image::notes(&bytes) else { return 0 };
    let apart = Apart::of(notes);
    let units: Vec<Unit<'_>> = image::each_note(notes)
        .map(|note| apart.complete(note))
        .filter_map(|note| Some(Unit { recipe: Recipe::parse(note.recipe)?, note, number: 0 }))
        .collect();
    make_all(units.iter().map(|unit| (*unit, Purpose::Run)), caches);
    units.len()
}

const OTHER_FUNCTIONS: &str = "compiled once more, it has other functions; was another compiler installed?";

/// By name: their addresses, or offsets in thread-local storage.
type Locals<'a> = Arc<HashMap<&'a str, u64>>;

/// Local symbols of a unit that its import table does not have.
fn locals<'a>(image: &Image, note: &Note<'a>) -> Locals<'a> {
    let places = note.locals().filter_map(|(name, place)| {
        let place = match place {
            LocalPlace::Address(address) => image.address(address),
            LocalPlace::ThreadLocal(offset) => offset,
        };
        Some((std::str::from_utf8(name).ok()?, place))
    });
    Arc::new(places.collect())
}

/// Whether the object has the functions and imports of the payload, by the same numbers.
fn is_same(object: &Object<'_>, module: &Module) -> bool {
    let mut hasher = blake3::Hasher::new();
    let functions = (0..module.function_count()).map(|i| module.function_name(i));
    let imports = (0..module.import_count()).map(|i| module.import_name(i));
    identity(functions, imports, |bytes| {
        hasher.update(bytes);
    });
    object.identity() == Some(*hasher.finalize().as_bytes())
}

/// In memory, and on disk if that is used.
pub type Caches<'a> = (&'a Cache, Option<&'a crate::cache::Cache>);

/// A unit's object, or why there is none.
type Made = Result<Arc<Kept>, Problem>;

/// Makes the object that describes a unit, if it does not bring it along.
fn make(unit: &Unit<'_>, (cache, disk): Caches<'_>, purpose: Purpose) -> Made {
    let mut bitcode = None;
    if !unit.note.object.is_empty() {
        let size = usize::try_from(unit.note.header.expanded_size).ok().filter(|size| *size <= LARGEST);
        let object = size.and_then(|size| llvm::expand(unit.note.object, size).ok());
        let object = object.ok_or("what its object has of debug information is damaged")?;
        if object.starts_with(&ELFMAG) {
            return Ok(Arc::new(Kept::of_object(object.to_vec())));
        }
        bitcode = Some(object);
    }
    let folder = Path::new(OsStr::from_bytes(unit.recipe.folder()));
    // Code of the one kind does for the other as little as that of another unit.
    let name = [unit.note.recipe, &[purpose as u8]].concat();
    let make = || recompile(unit.recipe, bitcode.as_deref(), purpose);
    cache.get_or_make(&name, folder, disk, make)
}

/// Bytes of an object in a note, at most.
const LARGEST: usize = 1 << 30;

/// Compiles all units for a purpose each, on all processors.
fn make_all<'a>(
    units: impl IntoIterator<Item = (Unit<'a>, Purpose)>,
    (cache, disk): Caches<'_>,
) -> Vec<Made> {
    let units: Vec<(Unit<'a>, Purpose)> = units.into_iter().collect();
    in_parallel(&units, |(unit, purpose)| make(unit, (cache, disk), *purpose))
}

/// Does the work for each of the items, on all processors.
fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let results: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let run = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(number) else { return };
            *results[number].lock().unwrap_or_else(PoisonError::into_inner) = Some(work(item));
        }
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from).min(items.len());
    std::thread::scope(|scope| {
        for _ in 1..threads {
            // LLVM recurses over deeply nested code.
            let spawned = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, run);
            // This thread does what others do not.
            let _ = spawned;
        }
        run();
    });
    results.into_iter().filter_map(|r| r.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// What a file looked like, so that it need not be read again to know that it did not change.
fn stamp(path: &Path) -> Option<(u64, i64, i64, u64)> {
    use std::os::unix::fs::MetadataExt;
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.ino(), metadata.mtime(), metadata.mtime_nsec(), metadata.size()))
}
