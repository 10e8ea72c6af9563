//! A program with lazy functions: slots, stubs, imports and a trampoline into a small client runtime.

use super::payload::Payload;
use super::{Client, Place};
use autojit_protocol::control::{BUFFER_SIZE, Fixup, OWN_STUB, Reply, Request, op, status};
use autojit_protocol::payload::FUNCTION_PUBLIC;
use rustix::mm::{MapFlags, ProtFlags, mmap_anonymous};
use std::ffi::{CString, c_void};
use std::sync::{Arc, Mutex, Weak};

unsafe extern "C" {
    fn __register_frame(frames: *const c_void);
    fn aj_test_trampoline();
}

// What stubs jump to while there is no code: %r11 is the address of the slot.
std::arch::global_asm!(
    "aj_test_trampoline:",
    "pushq %rdi; pushq %rsi; pushq %rdx; pushq %rcx; pushq %r8; pushq %r9; pushq %rax; pushq %r10",
    "subq $136, %rsp",
    "movups %xmm0, (%rsp); movups %xmm1, 16(%rsp); movups %xmm2, 32(%rsp); movups %xmm3, 48(%rsp)",
    "movups %xmm4, 64(%rsp); movups %xmm5, 80(%rsp); movups %xmm6, 96(%rsp); movups %xmm7, 112(%rsp)",
    "movq %r11, %rdi",
    "callq {materialize}",
    "movq %rax, %r11",
    "movups (%rsp), %xmm0; movups 16(%rsp), %xmm1; movups 32(%rsp), %xmm2; movups 48(%rsp), %xmm3",
    "movups 64(%rsp), %xmm4; movups 80(%rsp), %xmm5; movups 96(%rsp), %xmm6; movups 112(%rsp), %xmm7",
    "addq $136, %rsp",
    "popq %r10; popq %rax; popq %r9; popq %r8; popq %rcx; popq %rdx; popq %rsi; popq %rdi",
    "jmpq *%r11",
    materialize = sym materialize_for_stub,
    options(att_syntax),
);

static PROGRAMS: Mutex<Vec<Weak<Program>>> = Mutex::new(Vec::new());

extern "C" fn materialize_for_stub(slot: u64) -> u64 {
    let programs: Vec<Arc<Program>> = PROGRAMS.lock().unwrap().iter().filter_map(Weak::upgrade).collect();
    let program = programs.iter().find(|program| program.slots().contains(&slot)).expect("a slot");
    let index = ((slot - program.slots().start) / 8) as u32;
    program.try_materialize(index).unwrap_or_else(|(status, message)| {
        // There is no way to unwind through the trampoline, and the test harness would keep a panic's text.
        let _ = std::io::Write::write_all(
            &mut std::io::stderr(),
            format!("status {status}: {message}\n").as_bytes(),
        );
        std::process::abort()
    })
}

pub struct Program {
    pub client: Mutex<Client>,
    pub payload: Payload,
    pub module: u32,
    slots: &'static [u64],
    /// Stubs of the functions, as the object would have them for the public ones.
    stubs: Vec<u64>,
    /// Slots in the order of being filled.
    pub materialized: Mutex<Vec<u32>>,
    /// Slots that were filled without having been asked for.
    pub came_along: Mutex<Vec<u32>>,
}

const STUB_SIZE: usize = 64;

/// The stub that the object would hold.
fn stub(slot: u64) -> Vec<u8> {
    let mut code = vec![0x49, 0xbb]; // movabs $slot, %r11
    code.extend_from_slice(&slot.to_le_bytes());
    code.extend_from_slice(&[0x4d, 0x8b, 0x1b, 0x4d, 0x85, 0xdb, 0x74, 0x03, 0x41, 0xff, 0xe3]);
    code.extend_from_slice(&[0x49, 0xbb]); // 1: movabs $slot, %r11
    code.extend_from_slice(&slot.to_le_bytes());
    code.extend_from_slice(&[0xff, 0x25, 0, 0, 0, 0]); // jmp *0f(%rip)
    code.extend_from_slice(&(aj_test_trampoline as *const () as u64).to_le_bytes());
    code
}

fn write_stubs(slots: &[u64]) -> Vec<u64> {
    let size = (slots.len() * STUB_SIZE).next_multiple_of(4096);
    // SAFETY: a new mapping, which stays.
    let start = unsafe {
        mmap_anonymous(
            std::ptr::null_mut(),
            size,
            ProtFlags::READ | ProtFlags::WRITE | ProtFlags::EXEC,
            MapFlags::PRIVATE,
        )
        .unwrap()
        .cast::<u8>()
    };
    slots
        .iter()
        .enumerate()
        .map(|(index, slot)| {
            let code = stub(slot as *const u64 as u64);
            // SAFETY: the mapping has STUB_SIZE bytes for each slot.
            unsafe {
                let at = start.add(index * STUB_SIZE);
                std::ptr::copy_nonoverlapping(code.as_ptr(), at, code.len());
                at as u64
            }
        })
        .collect()
}

/// Address of a symbol of the test's own process.
pub fn symbol(name: &str) -> u64 {
    let name = CString::new(name).unwrap();
    // SAFETY: a valid string.
    unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) as u64 }
}

pub fn open_request(payload: &Payload, slots: u64) -> Request {
    Request {
        op: op::OPEN_MODULE,
        module: 0,
        index: payload.functions.len() as u32,
        count: payload.imports.len() as u32,
        args: [payload.bytes().len() as u64, slots, aj_test_trampoline as *const () as u64, 0],
    }
}

pub fn send_payload(client: &mut Client, module: u32, bytes: &[u8]) -> Reply {
    let mut last = Reply::default();
    let mut offset = 0;
    for piece in bytes.chunks(BUFFER_SIZE) {
        let args = [offset, piece.len() as u64, 0, 0];
        last = client.call(Request { op: op::PAYLOAD, module, args, ..Request::default() }, piece);
        offset += piece.len() as u64;
    }
    last
}

impl Program {
    pub fn start(place: Place, payload: Payload, given: &[(&str, u64)]) -> Arc<Program> {
        Program::in_session(Client::start(place), payload, given)
    }

    /// Opens the module with imports from `given`, from its own stubs, or from the C library.
    pub fn in_session(mut client: Client, payload: Payload, given: &[(&str, u64)]) -> Arc<Program> {
        let slots: &'static [u64] = Box::leak(vec![0; payload.functions.len()].into_boxed_slice());
        let stubs = write_stubs(slots);
        let reply = client.call(open_request(&payload, slots.as_ptr() as u64), &payload.hash());
        assert_eq!(reply.status, status::OK, "{}", client.message(&reply));
        let [module, needs_payload, ..] = reply.values;
        let module = module as u32;
        if needs_payload == 1 {
            let reply = send_payload(&mut client, module, &payload.bytes());
            assert_eq!(reply.status, status::OK, "{}", client.message(&reply));
        }
        let addresses: Vec<u64> = payload
            .imports
            .iter()
            .map(|name| {
                let own =
                    payload.functions.iter().position(|(f, flags)| f == name && flags & FUNCTION_PUBLIC != 0);
                let from_test = given.iter().find(|(given, _)| given == name).map(|(_, address)| *address);
                from_test.or(own.map(|index| stubs[index] | OWN_STUB)).unwrap_or_else(|| symbol(name))
            })
            .collect();
        for (at, piece) in addresses.chunks(BUFFER_SIZE / 8).enumerate() {
            let bytes: Vec<u8> = piece.iter().flat_map(|address| address.to_le_bytes()).collect();
            let first = (at * BUFFER_SIZE / 8) as u32;
            let request = Request {
                op: op::IMPORTS,
                module,
                index: first,
                count: piece.len() as u32,
                ..Request::default()
            };
            let reply = client.call(request, &bytes);
            assert_eq!(reply.status, status::OK, "{}", client.message(&reply));
        }
        let client = Mutex::new(client);
        let (materialized, came_along) = (Mutex::default(), Mutex::default());
        let program = Arc::new(Program { client, payload, module, slots, stubs, materialized, came_along });
        PROGRAMS.lock().unwrap().push(Arc::downgrade(&program));
        program
    }

    fn slots(&self) -> std::ops::Range<u64> {
        let range = self.slots.as_ptr_range();
        range.start as u64..range.end as u64
    }

    pub fn index(&self, name: &str) -> u32 {
        self.payload.functions.iter().position(|(f, _)| f == name).expect("a function") as u32
    }

    /// The address of a public function: its stub.
    pub fn address(&self, name: &str) -> u64 {
        self.stubs[self.index(name) as usize]
    }

    /// A public function as a pointer of the wanted type.
    pub fn function<F: Copy>(&self, name: &str) -> F {
        let address = self.address(name);
        assert_eq!(size_of::<F>(), 8);
        // SAFETY: the caller names the function's type.
        unsafe { std::mem::transmute_copy(&address) }
    }

    pub fn try_materialize(&self, index: u32) -> Result<u64, (u32, String)> {
        let mut client = self.client.lock().unwrap();
        let request = Request { op: op::MATERIALIZE, module: self.module, index, ..Request::default() };
        let reply = client.call(request, &[]);
        if reply.status != status::OK {
            return Err((reply.status, client.message(&reply)));
        }
        let [code, eh_frame, eh_frame_size, fixups] = reply.values;
        assert!(client.arena().contains(&code));
        let came_along = client.fixups(fixups as usize);
        if eh_frame != 0 {
            let end = eh_frame + eh_frame_size;
            assert!(client.arena().contains(&eh_frame) && client.arena().contains(&end));
            // SAFETY: within the mapped arena.
            unsafe {
                assert_eq!(((end - 4) as *const u32).read_unaligned(), 0, "terminated");
                __register_frame(eh_frame as *const c_void);
            }
        }
        self.materialized.lock().unwrap().push(index);
        for Fixup { slot, code } in came_along {
            assert!(self.slots().contains(&slot) && client.arena().contains(&code));
            // SAFETY: one of the slots.
            unsafe { (slot as *mut u64).write_volatile(code) };
            self.came_along.lock().unwrap().push(((slot - self.slots().start) / 8) as u32);
        }
        // SAFETY: the slot is leaked memory that only code in the arena and stubs read.
        unsafe { ((&raw const self.slots[index as usize]).cast_mut()).write_volatile(code) };
        Ok(code)
    }

    pub fn materialize(&self, index: u32) -> u64 {
        self.try_materialize(index).expect("code")
    }

    /// Names of the functions that have code, in the order of their first calls.
    pub fn called(&self) -> Vec<String> {
        let order = self.materialized.lock().unwrap();
        order.iter().map(|index| self.payload.functions[*index as usize].0.clone()).collect()
    }

    /// Names of the functions that came along with others.
    pub fn came_along(&self) -> Vec<String> {
        let order = self.came_along.lock().unwrap();
        order.iter().map(|index| self.payload.functions[*index as usize].0.clone()).collect()
    }
}
