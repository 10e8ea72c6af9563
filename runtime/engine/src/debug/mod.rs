//! What a debugger is told about lazy code.
//!
//! When a debugger is attached, the client asks for this before the program's first function runs. [`image`] reads what the
//! units of the program keep, [`recompile`] compiles each once more, [`link`] makes one ELF file of all ([`object`],
//! [`frames`], [`dwarf`], [`elf`]), with the code in it that the program then runs: the code that is described ([`running`]). [`attached`]
//! does it for one that comes later, and [`placed`] for a program that prints its own stack. Of units that were compiled without `-g`
//! debuggers are told the names ([`bare`]).

pub mod apart;
pub mod attached;
mod bare;
mod cache;
mod dwarf;
mod elf;
mod frames;
mod image;
mod libraries;
mod lines;
mod link;
mod listed;
mod memory;
mod object;
mod outside;
pub mod placed;
mod recompile;
mod running;
mod singles;
mod tracer;

pub use bare::make_later;
pub use cache::Cache;
pub use elf::with_data;
pub use image::{bias, mappings, open};
pub use lines::{Line, Lines};
pub use outside::Outside;
pub use recompile::compile;

use crate::limits;
use crate::llvm;
use crate::loaded::Loaded;
use crate::module::Module;
use ::object::elf::ELFMAG;
use apart::Apart;
use autojit_protocol::control::Fixup;
use autojit_protocol::debug::{LocalPlace, Note, identity};
use autojit_protocol::recipe::Recipe;
use autojit_protocol::record::ModuleRecord;
use bare::Bare;
use cache::Kept;
use image::Image;
use libraries::Libraries;
use link::Shared;
pub use object::Object;
use recompile::{Problem, Purpose, recompile};
use rustix::process::Pid;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs;
use std::mem::{offset_of, size_of};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use tracer::{Reader, Tracer};

/// One session's image as a debugger sees it.
pub struct Debugging {
    image: Image,
    libraries: Libraries,
    tracer: Tracer,
    /// Records of the modules whose units keep nothing.
    bare: Vec<u64>,
    /// What takes too long to be made now.
    pub later: Vec<Bare>,
    /// What LLDB reads.
    shared: Option<Shared>,
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

/// The units of an image that a session has the modules of.
fn units<'i>(image: &'i Image, modules: &[Loaded], is_wanted: impl Fn(&Loaded) -> bool) -> Vec<Unit<'i>> {
    let ready =
        modules.iter().enumerate().filter(|(_, loaded)| loaded.ready().is_some() && is_wanted(loaded));
    let by_slots: HashMap<u64, usize> =
        ready.map(|(number, loaded)| (loaded.slot_address(0), number)).collect();
    let unit = |note: Note<'i>| {
        let (_, slots) = record(image, &note)?;
        let number = *by_slots.get(&slots)?;
        Some(Unit { recipe: Recipe::parse(note.recipe)?, note, number })
    };
    image.notes().filter_map(unit).collect()
}

impl Debugging {
    /// Looks at the image that has `address`. `None` if nothing can be described.
    pub fn start(pid: Pid, address: u64) -> Option<Debugging> {
        let image = Image::of_process(pid, address)?;
        let tracer = Tracer::of(pid);
        // Their breakpoints look like those of debuggers.
        if ["ltrace", "strace"].contains(&&*tracer.name) {
            return None;
        }
        let bare = if tracer.reader().wants_names() { bare::records(&image) } else { Vec::new() };
        if !image.has_notes() && bare.is_empty() {
            return None;
        }
        let libraries = Libraries::of_process(pid, &image.path);
        let (remarks, fixups, later) = (Vec::new(), Vec::new(), Vec::new());
        Some(Debugging { image, libraries, tracer, bare, later, shared: None, remarks, fixups })
    }

    /// Units that have to be compiled once more.
    pub fn missing(&self, (cache, disk): Caches<'_>) -> usize {
        let is_missing =
            |note: &Note<'_>| note.object.is_empty() && !cache.has(&kept_as(note, Purpose::Run, &[]), disk);
        self.image.notes().filter(is_missing).count()
    }

    /// Whether the debugger finds a description in the dynamic linker's list.
    pub fn reads_list(&self) -> bool {
        // Frames without lines are shown with the name of a library that they are in.
        self.image.has_notes() && self.tracer.reads_files()
    }

    /// The description as a file for that list, and a library to be loaded and unloaded then; and the address that the file's count
    /// from.
    pub fn write_listed(&self, bytes: &[u8], pid: Pid) -> Option<([PathBuf; 2], u64)> {
        let program = self.image.path.file_name()?;
        match &self.shared {
            Some(shared) => Some((listed::write_for_good(&shared.bytes, program)?, shared.base)),
            None => Some((listed::write(bytes, &self.tracer, pid, program)?, 0)),
        }
    }

    /// Addresses of the records of the modules to be opened.
    pub fn records(&self) -> Vec<u64> {
        let noted = self.image.notes().filter_map(|note| Some(record(&self.image, &note)?.0));
        noted.chain(self.bare.iter().copied()).collect()
    }
}

/// Makes what a debugger would have to wait for, of a program that was just linked. Returns how many units it has.
pub fn describe_ahead(program: &Path, caches: Caches<'_>) -> usize {
    let bytes = fs::read(program).unwrap_or_default();
    let Some(notes) = image::notes(&bytes) else { return 0 };
    let apart = Apart::of(&notes);
    let units: Vec<Unit<'_>> = image::each_note(&notes)
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

/// Whether the object has the functions and imports of the payload.
fn is_same(object: &Object<'_>, module: &Module) -> bool {
    let mut functions: Vec<&str> = (0..module.function_count()).map(|i| module.function_name(i)).collect();
    let mut imports: Vec<&str> = (0..module.import_count()).map(|i| module.import_name(i)).collect();
    let mut hasher = blake3::Hasher::new();
    identity(&mut functions, &mut imports, |bytes| {
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
    make_with(unit, (cache, disk), purpose, &[])
}

/// The name of a unit's object in the cache.
fn kept_as(note: &Note<'_>, purpose: Purpose, options: &[String]) -> Vec<u8> {
    // Code of the one kind does for the other as little as that of another unit.
    [note.recipe, &[purpose as u8], options.join(" ").as_bytes()].concat()
}

/// `options`: more than the unit was compiled with.
fn make_with(unit: &Unit<'_>, (cache, disk): Caches<'_>, purpose: Purpose, options: &[String]) -> Made {
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
    let name = kept_as(&unit.note, purpose, options);
    let make = || recompile(unit.recipe, bitcode.as_deref(), purpose, options);
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
            let spawned = std::thread::Builder::new().stack_size(limits::stack()).spawn_scoped(scope, run);
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
    let metadata = fs::metadata(path).ok()?;
    Some((metadata.ino(), metadata.mtime(), metadata.mtime_nsec(), metadata.size()))
}
