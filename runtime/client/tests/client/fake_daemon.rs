//! A daemon without a compiler: the payload of a test's module holds machine code, which it copies into the arena.
//!
//! It speaks the whole protocol and misbehaves on demand (`AUTOJIT_FAKE`, a list of words). What it does it writes to
//! the file `AUTOJIT_LOG`, one line per event, for the test to look at. It ends when the folder of that file is gone.

use autojit_protocol::control::OWN_STUB;
use autojit_protocol::control::{
    BUFFER_OFFSET, BUFFER_SIZE, CONTROL_MAGIC, CONTROL_SIZE, Control, Fixup, Recalled, Reply, Request, op,
    state, status,
};
use autojit_protocol::hello::{HELLO_MAGIC, Hello, Welcome, want};
use autojit_protocol::rendezvous::{self, LOCK_NAME, SOCKET_NAME};
use autojit_protocol::{Hash, PROTOCOL_VERSION};
use rustix::fs::{FlockOperation, MemfdFlags, flock, ftruncate, memfd_create};
use rustix::mm::{MapFlags, ProtFlags, mmap};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use rustix::thread::futex;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::{IoSlice, Read, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::exit;
use std::sync::Mutex;
use std::sync::atomic::Ordering::{Acquire, Release};
use std::thread;
use std::time::Duration;

const ARENA: usize = 64 << 20;

/// In a word of code: "the address of import N (the lower half)".
pub const IMPORT: u64 = 0xA170_A170_0000_0000;
/// Bit of a function in the payload's table: it has a frame of 16 bytes from its fifth byte on, and an unwind table.
pub const FRAME: u32 = 1;

struct Module {
    payload: Vec<u8>,
    size: usize,
}

static MODULES: Mutex<Option<HashMap<Hash, &'static Mutex<Module>>>> = Mutex::new(None);

fn log(line: &str) {
    let Some(path) = std::env::var_os("AUTOJIT_LOG") else { return };
    if let Ok(mut file) = OpenOptions::new().append(true).create(true).open(path) {
        let _ = file.write_all(format!("{line}\n").as_bytes());
    }
}

/// The number behind a word of `AUTOJIT_FAKE`.
fn fault(word: &str) -> Option<u32> {
    let faults = std::env::var("AUTOJIT_FAKE").ok()?;
    faults.split(',').find_map(|f| f.strip_prefix(word)?.strip_prefix('=')?.parse().ok())
}

/// Is it the turn of a fault that happens the first N times, over all daemons of the test?
fn is_due(word: &str) -> bool {
    let (Some(times), Some(log)) = (fault(word), std::env::var_os("AUTOJIT_LOG")) else { return false };
    let counter = Path::new(&log).with_extension(word);
    let done = fs::metadata(&counter).map_or(0, |m| m.len());
    if done >= u64::from(times) {
        return false;
    }
    let mut file = OpenOptions::new().append(true).create(true).open(counter).unwrap();
    file.write_all(b".").unwrap();
    true
}

pub fn run(mode: &str, fd: &str) -> ! {
    // SAFETY: the runtime passes a descriptor that is ours alone.
    let first = UnixStream::from(unsafe { OwnedFd::from_raw_fd(fd.parse().unwrap()) });
    log(&format!("start {mode} {}", std::process::id()));
    for entry in fs::read_dir("/proc/self/fd").unwrap().flatten() {
        if let Ok(target) = fs::read_link(entry.path()) {
            let name = entry.file_name();
            log(&format!("fd {} {}", name.display(), target.display()));
        }
    }
    for (name, _) in std::env::vars_os() {
        log(&format!("env {}", name.display()));
    }
    thread::spawn(|| {
        let folder =
            std::env::var_os("AUTOJIT_LOG").map(|log| Path::new(&log).parent().unwrap().to_path_buf());
        for _ in 0..600 {
            thread::sleep(Duration::from_millis(100));
            if folder.as_ref().is_some_and(|folder| !folder.exists()) {
                exit(0);
            }
        }
        exit(0)
    });
    if mode == "--private" {
        serve(first, true);
        loop {
            thread::park();
        }
    }
    let directory = directory();
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&directory).unwrap();
    let lock =
        OpenOptions::new().create(true).append(true).mode(0o600).open(directory.join(LOCK_NAME)).unwrap();
    if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
        log("loser");
        exit(0);
    }
    if let Some(ms) = fault("late") {
        thread::sleep(Duration::from_millis(ms.into()));
    }
    let socket = directory.join(SOCKET_NAME);
    let fresh = directory.join(format!("{}.new", std::process::id()));
    // Through a short path, as the runtime does.
    let folder = File::open(&directory).unwrap();
    let short =
        format!("/proc/self/fd/{}/{}.new", std::os::fd::AsRawFd::as_raw_fd(&folder), std::process::id());
    let listener = UnixListener::bind(short).unwrap();
    fs::rename(fresh, socket).unwrap();
    log("listen");
    serve(first, false);
    for stream in listener.incoming() {
        thread::spawn(move || serve(stream.unwrap(), false));
    }
    exit(0)
}

fn directory() -> PathBuf {
    let [runtime, cache, home] = ["XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "HOME"].map(std::env::var_os);
    let bytes = |v: &'_ Option<std::ffi::OsString>| v.as_ref().map(|v| v.as_bytes().to_vec());
    let (runtime, cache, home) = (bytes(&runtime), bytes(&cache), bytes(&home));
    let (base, below) = rendezvous::directory(rendezvous::Environment {
        xdg_runtime_dir: runtime.as_deref(),
        xdg_cache_home: cache.as_deref(),
        home: home.as_deref(),
    })
    .unwrap();
    PathBuf::from(OsStr::from_bytes(&[base, below.as_bytes()].concat()))
}

fn serve(mut stream: UnixStream, private: bool) {
    let mut bytes = [0; size_of::<Hello>()];
    if stream.read_exact(&mut bytes).is_err() {
        return;
    }
    // SAFETY: integers; any bytes are a Hello.
    let hello = unsafe { bytes.as_ptr().cast::<Hello>().read_unaligned() };
    assert_eq!((hello.magic, hello.version), (HELLO_MAGIC, PROTOCOL_VERSION));
    let mut welcome = Welcome {
        magic: HELLO_MAGIC,
        version: PROTOCOL_VERSION,
        error: 0,
        instance: std::process::id().into(),
        session: 1,
        control_size: CONTROL_SIZE as u64,
        code_size: ARENA as u64,
    };
    if hello.want == want::PROBE {
        log("probe");
        stream.write_all(as_bytes(&welcome)).unwrap();
        return;
    }
    log(&format!("session {}", hello.pid));
    if let Some(error) = fault("error") {
        welcome.error = error;
        stream.write_all(as_bytes(&welcome)).unwrap();
        return;
    }
    let memory = |size: usize| {
        let fd = memfd_create("autojit", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
        ftruncate(&fd, size as u64).unwrap();
        // SAFETY: a new mapping at an address of the kernel's choice.
        let address = unsafe {
            mmap(std::ptr::null_mut(), size, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, &fd, 0)
        };
        (fd, address.unwrap().cast::<u8>())
    };
    let (control_fd, control) = memory(CONTROL_SIZE);
    let (code_fd, code) = memory(ARENA);
    let control = control.cast::<Control>();
    // SAFETY: mapped just now.
    unsafe {
        (*control).magic = CONTROL_MAGIC;
        (*control).daemon_pid = std::process::id();
    }
    let fds = [control_fd.as_fd(), code_fd.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    assert!(ancillary.push(SendAncillaryMessage::ScmRights(&fds)));
    // In two parts, which a stream may do.
    let (head, tail) = as_bytes(&welcome).split_at(10);
    sendmsg(&stream, &[IoSlice::new(head)], &mut ancillary, SendFlags::NOSIGNAL).unwrap();
    stream.write_all(tail).unwrap();
    drop(stream);
    let session = Session { control, code, used: 0, base: 0, modules: Vec::new() };
    // Threads share nothing but MODULES; the addresses are this session's.
    let session = Movable(session);
    let work = move || {
        let session = session;
        let Movable(mut session) = session;
        session.run();
        if private {
            exit(0);
        }
    };
    thread::spawn(work);
}

struct Movable(Session);
// SAFETY: the session is moved to its thread and used there alone.
unsafe impl Send for Movable {}

fn as_bytes<T>(value: &T) -> &[u8] {
    // SAFETY: used for structures of integers without padding.
    unsafe { std::slice::from_raw_parts((&raw const *value).cast(), size_of::<T>()) }
}

struct Known {
    module: &'static Mutex<Module>,
    imports: Vec<u64>,
    slots: u64,
    record: Recalled,
    slot_count: u32,
    /// Address of code by slot, once there.
    code: HashMap<u32, u64>,
}

struct Session {
    control: *mut Control,
    code: *mut u8,
    used: usize,
    base: u64,
    modules: Vec<Known>,
}

impl Session {
    fn run(&mut self) {
        // SAFETY: mapped as long as the daemon lives.
        let word = unsafe { &(*self.control).state };
        loop {
            match word.load(Acquire) {
                state::REQUEST => {}
                state::CLOSED => return log("closed"),
                other => {
                    let _ = futex::wait(word, futex::Flags::empty(), other, None);
                    continue;
                }
            }
            // SAFETY: as above; the client waits.
            let request = unsafe { (&raw const (*self.control).request).read_volatile() };
            let reply = self.answer(&request);
            // SAFETY: as above.
            unsafe { (&raw mut (*self.control).reply).write_volatile(reply) };
            if is_due("close") {
                word.store(state::CLOSED, Release);
                let _ = futex::wake(word, futex::Flags::empty(), 1);
                return;
            }
            word.store(state::REPLY, Release);
            let _ = futex::wake(word, futex::Flags::empty(), 1);
        }
    }

    fn buffer(&mut self) -> &mut [u8] {
        // SAFETY: the buffer of the control memory, ours while the client waits.
        unsafe { std::slice::from_raw_parts_mut(self.control.cast::<u8>().add(BUFFER_OFFSET), BUFFER_SIZE) }
    }

    fn answer(&mut self, request: &Request) -> Reply {
        let mut reply = Reply::default();
        match request.op {
            op::START => {
                self.base = request.args[0];
                log(&format!("arena {:x}", self.base));
            }
            op::OPEN_MODULE => {
                let hash: Hash = self.buffer()[..32].try_into().unwrap();
                let size = request.args[0] as usize;
                let mut modules = MODULES.lock().unwrap();
                let module = *modules
                    .get_or_insert_default()
                    .entry(hash)
                    .or_insert_with(|| Box::leak(Box::new(Mutex::new(Module { payload: Vec::new(), size }))));
                let missing = module.lock().unwrap().payload.len() != size;
                reply.values[0] = self.modules.len() as u64;
                reply.values[1] = missing.into();
                reply.values[2] = fault("recall").is_some().into();
                self.modules.push(Known {
                    module,
                    imports: Vec::new(),
                    slots: request.args[1],
                    record: Recalled { record: request.args[3], hash: hash[..8].try_into().unwrap() },
                    slot_count: request.index,
                    code: HashMap::new(),
                });
                log(&format!("open {} {}", request.index, request.count));
            }
            op::PAYLOAD => {
                let piece = self.buffer()[..request.args[1] as usize].to_vec();
                let mut module = self.modules[request.module as usize].module.lock().unwrap();
                module.payload.truncate(request.args[0] as usize);
                assert_eq!(module.payload.len() as u64, request.args[0]);
                module.payload.extend(piece);
                log(&format!("payload {} of {}", module.payload.len(), module.size));
            }
            op::IMPORTS => {
                let bytes = self.buffer()[..request.count as usize * 8].to_vec();
                let known = &mut self.modules[request.module as usize];
                assert_eq!(known.imports.len(), request.index as usize);
                let words = bytes.chunks(8).map(|c| u64::from_le_bytes(c.try_into().unwrap()));
                known.imports.extend(words.map(|word| word & !OWN_STUB));
            }
            op::RECALL => {
                assert_eq!(request.index, 0);
                let recalled = self.misremembered();
                for (i, module) in recalled.iter().enumerate() {
                    let at = i * size_of::<Recalled>();
                    self.buffer()[at..at + size_of::<Recalled>()].copy_from_slice(as_bytes(module));
                }
                reply.values = [recalled.len() as u64, recalled.len() as u64, 0, 0];
                log("recall");
            }
            op::MATERIALIZE => return self.materialize(request),
            other => panic!("operation {other}"),
        }
        reply
    }

    /// Places where no other module is: the program is not the one that was seen before.
    fn misremembered(&self) -> Vec<Recalled> {
        let first = self.modules[0].record;
        let at = |record: u64| Recalled { record, ..first };
        let other_hash = Recalled { hash: [1; 8], ..first };
        let low = [0, 16, 1 << 32, 1 << 46, (1 << 47) - 4096, 1 << 63, u64::MAX - 15].map(at);
        let near = [-(1 << 30), -4096, -16, -8, 8, 16, 4096, 1 << 24, 1 << 30];
        let near = near.map(|distance| at(first.record.wrapping_add_signed(distance)));
        low.into_iter().chain(near).chain([at(self.base), first, other_hash]).collect()
    }

    fn materialize(&mut self, request: &Request) -> Reply {
        log(&format!("materialize {}", request.index));
        if is_due("die") {
            // As SIGKILL would: no goodbye.
            rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL).unwrap();
        }
        if let Some(ms) = fault("slow") {
            thread::sleep(Duration::from_millis(ms.into()));
        }
        let mut reply = Reply::default();
        if fault("refuse").is_some() {
            let message = b"cannot compile `f`:\nno reason";
            self.buffer()[..message.len()].copy_from_slice(message);
            (reply.status, reply.len) = (status::COMPILE_FAILED, message.len() as u32);
            return reply;
        }
        if is_due("full") {
            reply.status = status::ARENA_FULL;
            return reply;
        }
        let (code, table) = self.link(request.module as usize, request.index);
        reply.values = [code, table, 0, 0];
        if fault("fixups").is_some() {
            let (slots, count) = {
                let known = &self.modules[request.module as usize];
                (known.slots, known.slot_count)
            };
            for i in 0..count {
                let (code, _) = self.link(request.module as usize, i);
                let fixup = Fixup { slot: slots + u64::from(i) * 8, code };
                let at = i as usize * size_of::<Fixup>();
                self.buffer()[at..at + size_of::<Fixup>()].copy_from_slice(as_bytes(&fixup));
            }
            reply.values[3] = count.into();
        }
        reply
    }

    /// Copies a function into the arena. Addresses of its code and of its unwind table in the client.
    fn link(&mut self, module: usize, index: u32) -> (u64, u64) {
        let known = &mut self.modules[module];
        if let Some(&code) = known.code.get(&index) {
            return (code, 0);
        }
        let module = known.module.lock().unwrap();
        let word = |at: usize| u32::from_le_bytes(module.payload[at..at + 4].try_into().unwrap());
        let entry = 4 + index as usize * 12;
        let (start, size, flags) = (word(entry) as usize, word(entry + 4) as usize, word(entry + 8));
        let mut bytes = module.payload[start..start + size].to_vec();
        for at in 0..bytes.len().saturating_sub(7) {
            let value = u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
            if value >> 32 == IMPORT >> 32 {
                let target = known.imports[value as u32 as usize];
                bytes[at..at + 8].copy_from_slice(&target.to_le_bytes());
            }
        }
        let at = self.used.next_multiple_of(16);
        let code = self.base + at as u64;
        known.code.insert(index, code);
        let mut table = 0;
        if flags & FRAME != 0 {
            bytes.resize(bytes.len().next_multiple_of(16), 0);
            table = code + bytes.len() as u64;
            bytes.extend(unwind_table(code, size as u64));
        }
        // SAFETY: inside the arena, at a place that nobody runs yet.
        unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), self.code.add(at), bytes.len()) };
        self.used = at + bytes.len();
        (code, table)
    }
}

/// `.eh_frame` of one function whose frame is 16 bytes from its fifth byte on.
fn unwind_table(code: u64, size: u64) -> Vec<u8> {
    let mut table = Vec::new();
    // CIE: id 0, version 1, no augmentation, alignments 1 and -8, return address 16; CFA is rsp+8, it lies at -8.
    table.extend([20, 0, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0x78, 16, 0x0c, 7, 8, 0x90, 1, 0, 0, 0, 0, 0, 0]);
    // FDE: its CIE 28 bytes back, start, size; after four bytes the CFA is rsp+16.
    table.extend([28, 0, 0, 0, 28, 0, 0, 0]);
    table.extend(code.to_le_bytes());
    table.extend(size.to_le_bytes());
    table.extend([0x44, 0x0e, 16, 0, 0, 0, 0, 0]);
    table.extend([0; 4]);
    table
}
