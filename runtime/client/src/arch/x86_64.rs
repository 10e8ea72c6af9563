//! x86-64: the entry from a stub, the system call instruction, the vector state.
//!
//! The entry is assembly and not a naked function, because it wants `.hidden`, its own `.cfi_*` lines and nothing
//! that the compiler adds. It saves every register that a call can carry something in, under any calling convention
//! of clang (`regcall` and `vectorcall` use all of xmm0-15; `preserve_all` wants them back). The Rust code behind
//! it is compiled for baseline x86-64: legacy SSE instructions leave the upper parts of the vector registers alone, so
//! XSAVE is needed around foreign code only ([`with_vector_state_kept`]).

#[cfg(not(autojit_rt_loaded))]
mod linked;
#[cfg(autojit_rt_loaded)]
mod loaded;
#[path = "../../property.rs"]
mod property;

#[cfg(not(autojit_rt_loaded))]
pub use linked::*;
#[cfg(autojit_rt_loaded)]
pub use loaded::*;

use crate::sorted::Bases;
use core::arch::{asm, global_asm};
use core::ffi::c_void;
use core::sync::atomic::{AtomicU32, Ordering};

global_asm!(
    ".pushsection .text.__autojit_materialize, \"ax\", @progbits",
    ".globl __autojit_materialize",
    ".hidden __autojit_materialize",
    ".type __autojit_materialize, @function",
    ".p2align 4",
    "__autojit_materialize:",
    ".cfi_startproc",
    // (%rsp) is the slot's address, 8(%rsp) the return address.
    ".cfi_def_cfa_offset 16",
    // The stack is aligned here, whatever it was before: a program without start-up files enters C at any alignment, and so
    // does assembly of programs.
    "push rbp",
    ".cfi_def_cfa_offset 24",
    ".cfi_offset rbp, -24",
    "mov rbp, rsp",
    ".cfi_def_cfa_register rbp",
    "push rax",
    "push rcx",
    "push rdx",
    "push rsi",
    "push rdi",
    "push r8",
    "push r9",
    "push r10",
    "sub rsp, 256",
    "and rsp, -16",
    ".cfi_offset rax, -32",
    ".cfi_offset rcx, -40",
    ".cfi_offset rdx, -48",
    ".cfi_offset rsi, -56",
    ".cfi_offset rdi, -64",
    ".cfi_offset r8, -72",
    ".cfi_offset r9, -80",
    ".cfi_offset r10, -88",
    "movaps [rsp], xmm0",
    "movaps [rsp + 16], xmm1",
    "movaps [rsp + 32], xmm2",
    "movaps [rsp + 48], xmm3",
    "movaps [rsp + 64], xmm4",
    "movaps [rsp + 80], xmm5",
    "movaps [rsp + 96], xmm6",
    "movaps [rsp + 112], xmm7",
    "movaps [rsp + 128], xmm8",
    "movaps [rsp + 144], xmm9",
    "movaps [rsp + 160], xmm10",
    "movaps [rsp + 176], xmm11",
    "movaps [rsp + 192], xmm12",
    "movaps [rsp + 208], xmm13",
    "movaps [rsp + 224], xmm14",
    "movaps [rsp + 240], xmm15",
    "mov rdi, r11",
    "mov rsi, [rbp + 8]",
    "mov rdx, [rbp + 16]",
    "call {materialize}",
    "mov r11, rax",
    "movaps xmm0, [rsp]",
    "movaps xmm1, [rsp + 16]",
    "movaps xmm2, [rsp + 32]",
    "movaps xmm3, [rsp + 48]",
    "movaps xmm4, [rsp + 64]",
    "movaps xmm5, [rsp + 80]",
    "movaps xmm6, [rsp + 96]",
    "movaps xmm7, [rsp + 112]",
    "movaps xmm8, [rsp + 128]",
    "movaps xmm9, [rsp + 144]",
    "movaps xmm10, [rsp + 160]",
    "movaps xmm11, [rsp + 176]",
    "movaps xmm12, [rsp + 192]",
    "movaps xmm13, [rsp + 208]",
    "movaps xmm14, [rsp + 224]",
    "movaps xmm15, [rsp + 240]",
    "lea rsp, [rbp - 64]",
    "pop r10",
    ".cfi_restore r10",
    "pop r9",
    ".cfi_restore r9",
    "pop r8",
    ".cfi_restore r8",
    "pop rdi",
    ".cfi_restore rdi",
    "pop rsi",
    ".cfi_restore rsi",
    "pop rdx",
    ".cfi_restore rdx",
    "pop rcx",
    ".cfi_restore rcx",
    "pop rax",
    ".cfi_restore rax",
    "pop rbp",
    ".cfi_restore rbp",
    ".cfi_def_cfa rsp, 16",
    "lea rsp, [rsp + 8]",
    ".cfi_adjust_cfa_offset -8",
    "notrack jmp r11",
    ".cfi_endproc",
    ".size __autojit_materialize, . - __autojit_materialize",
    ".popsection",
    materialize = sym crate::materialize::materialize,
);

property::property_note!();

/// A function of the unwinder that takes the start of an `.eh_frame` section.
pub type RegisterSection = unsafe extern "C" fn(*const u8);

/// A table, and memory for libgcc's `struct object` about it.
pub type RegisterFrameInfo = unsafe extern "C" fn(*const u8, *mut u8);
/// The table that was given.
pub type DeregisterFrameInfo = unsafe extern "C" fn(*const u8) -> *mut u8;

/// A function, what it is called with, and the library that it belongs to. Returns 0 if all is well.
pub type AtExit = unsafe extern "C" fn(unsafe extern "C" fn(*mut c_void), *mut c_void, *mut c_void) -> i32;

/// `_Unwind_Find_FDE`: the record of the function that has an address.
pub type FindRecord = unsafe extern "C" fn(*const u8, *mut Bases) -> *const u8;

/// What describes tables with an index.
pub type RegisterIndex = unsafe extern "C" fn(*mut crate::unwind::DynamicInfo);

/// A source file and a line, for nobody.
pub type IgnoreSync = unsafe extern "C" fn(*const u8, i32);

/// Calls a function in which debuggers stop.
///
/// # Safety
/// One without arguments that does nothing.
pub unsafe fn announce_code(function: *const u8) {
    // SAFETY: the caller's.
    unsafe { asm!("notrack call {}", in(reg) function, clobber_abi("C")) }
}

/// Numbers of the system calls.
pub mod number {
    pub const READ: usize = 0;
    pub const WRITE: usize = 1;
    pub const CLOSE: usize = 3;
    pub const LSEEK: usize = 8;
    pub const MMAP: usize = 9;
    pub const MUNMAP: usize = 11;
    pub const RT_SIGPROCMASK: usize = 14;
    pub const MINCORE: usize = 27;
    pub const MADVISE: usize = 28;
    pub const NANOSLEEP: usize = 35;
    pub const GETPID: usize = 39;
    pub const SOCKET: usize = 41;
    pub const CONNECT: usize = 42;
    pub const SENDTO: usize = 44;
    pub const SENDMSG: usize = 46;
    pub const RECVMSG: usize = 47;
    pub const SOCKETPAIR: usize = 53;
    pub const SETSOCKOPT: usize = 54;
    pub const GETSOCKOPT: usize = 55;
    pub const CLONE: usize = 56;
    pub const EXECVE: usize = 59;
    pub const EXIT: usize = 60;
    pub const WAIT4: usize = 61;
    pub const KILL: usize = 62;
    pub const FCNTL: usize = 72;
    pub const FLOCK: usize = 73;
    pub const FTRUNCATE: usize = 77;
    pub const GETUID: usize = 102;
    pub const GETGID: usize = 104;
    pub const GETEUID: usize = 107;
    pub const GETEGID: usize = 108;
    pub const SETSID: usize = 112;
    pub const PRCTL: usize = 157;
    pub const GETTID: usize = 186;
    pub const FUTEX: usize = 202;
    pub const CLOCK_GETTIME: usize = 228;
    pub const EXIT_GROUP: usize = 231;
    pub const OPENAT: usize = 257;
    pub const NEWFSTATAT: usize = 262;
    pub const EVENTFD2: usize = 290;
    pub const DUP3: usize = 292;
    pub const PRLIMIT64: usize = 302;
    pub const CLOSE_RANGE: usize = 436;
}

/// A system call. The result is the kernel's: -errno on failure.
///
/// # Safety
/// The arguments must be what the call wants: pointers valid for what the kernel does with them.
#[inline(always)]
pub unsafe fn syscall(number: usize, args: [usize; 6]) -> isize {
    let result: isize;
    let [a, b, c, d, e, f] = args;
    // SAFETY: the instruction clobbers rcx and r11 alone; the rest is the caller's promise.
    unsafe {
        asm!("syscall", inlateout("rax") number => result, in("rdi") a, in("rsi") b, in("rdx") c, in("r10") d,
            in("r8") e, in("r9") f, lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    result
}

/// `clone` with a stack of its own for the child, which calls `entry(argument)` and exits with what that returns.
/// `word` is for CLONE_CHILD_CLEARTID. Returns the child's number to the parent, or -errno.
///
/// # Safety
/// `top` must be the aligned upper end of a stack that is unused as long as the child runs in this memory, `argument` what
/// `entry` wants.
pub unsafe fn clone_on_stack(
    flags: usize,
    top: *mut u8,
    word: *const AtomicU32,
    entry: unsafe extern "C" fn(*mut c_void) -> i32,
    argument: *mut c_void,
) -> isize {
    let result: isize;
    // SAFETY: the parent comes out behind label 2 with its registers as they were; the child, on the other stack,
    // never leaves the block. It changes memory as any call does.
    unsafe {
        asm!(
            "syscall",
            "test rax, rax",
            "jnz 2f",
            "xor ebp, ebp",
            "mov rdi, {argument}",
            "notrack call {entry}",
            "mov edi, eax",
            "mov eax, {exit}",
            "syscall",
            "ud2",
            "2:",
            entry = in(reg) entry,
            argument = in(reg) argument,
            exit = const number::EXIT,
            inlateout("rax") number::CLONE => result,
            in("rdi") flags,
            in("rsi") top,
            in("rdx") 0,
            in("r10") word,
            in("r8") 0,
            out("rcx") _,
            out("r11") _,
        );
    }
    result
}

/// Whether valgrind runs the program, by the request that its tools answer (manual, "The Client Request mechanism"): for a
/// processor the instructions change nothing.
pub fn is_on_valgrind() -> bool {
    const RUNNING_ON_VALGRIND: u64 = 0x1001;
    let request = [RUNNING_ON_VALGRIND, 0, 0, 0, 0, 0];
    let answer: u64;
    // SAFETY: the rotations of rdi add up to 128 bits; valgrind reads the request and writes rdx.
    unsafe {
        asm!(
            "rol rdi, 3",
            "rol rdi, 13",
            "rol rdi, 61",
            "rol rdi, 51",
            "xchg rbx, rbx",
            in("rax") request.as_ptr(),
            inlateout("rdx") 0u64 => answer,
            out("rdi") _,
            options(nostack),
        );
    }
    answer != 0
}

/// Room for the upper halves of ymm0-15, all of zmm16-31 and the mask registers in XSAVE's standard format.
#[repr(C, align(64))]
pub struct VectorState([u8; 2752]);

impl VectorState {
    pub const fn new() -> VectorState {
        VectorState([0; 2752])
    }
}

const AVX: u32 = 1 << 2;
const AVX512: u32 = 0b111 << 5;
const NOT_ASKED: u32 = 0;
/// A bit that no component of ours has: "was asked".
const ASKED: u32 = 1;

/// XSAVE components to keep, with [`ASKED`]; asked for once, because CPUID leaves a virtual machine.
static COMPONENTS: AtomicU32 = AtomicU32::new(NOT_ASKED);

fn components() -> u32 {
    let known = COMPONENTS.load(Ordering::Relaxed);
    if known != NOT_ASKED {
        return known & !ASKED;
    }
    let mut enabled = 0;
    if core::arch::x86_64::__cpuid(1).ecx & (1 << 27) != 0 {
        // SAFETY: OSXSAVE is set, so XGETBV exists.
        unsafe {
            asm!("xgetbv", in("ecx") 0, out("eax") enabled, out("edx") _, options(pure, nomem, nostack, preserves_flags));
        }
    }
    enabled &= AVX | AVX512;
    COMPONENTS.store(enabled | ASKED, Ordering::Relaxed);
    enabled
}

/// Calls foreign code, which may use any vector instruction, in the middle of a call whose arguments may be in
/// vector registers. The entry has saved xmm0-15; this keeps the rest.
pub fn with_vector_state_kept(area: &mut VectorState, call: impl FnOnce()) {
    let components = components();
    if components == 0 {
        return call();
    }
    // SAFETY: the area is aligned to 64 and large enough for these components in the standard format (they end at
    // byte 2688); its header is zero at first, and XSAVE keeps it well-formed.
    unsafe { asm!("xsave64 [{}]", in(reg) area, in("eax") components, in("edx") 0, options(nostack)) };
    call();
    // SAFETY: restores what was saved above. The compiler holds nothing in the upper parts of vector registers.
    unsafe { asm!("xrstor64 [{}]", in(reg) area, in("eax") components, in("edx") 0, options(nostack)) };
}
