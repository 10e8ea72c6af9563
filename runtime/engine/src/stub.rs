//! Call stubs: how lazy code calls a private function that has no code yet. x86-64.
//!
//! The same shape as the stubs that the object holds for public functions, and the same way into the client runtime, the
//! module's trampoline. Slot and trampoline can be anywhere, so that their addresses are absolute.

pub const ALIGNMENT: usize = 16;
const SIZE: usize = 49;

pub fn call_stub(slot: u64, trampoline: u64) -> [u8; SIZE] {
    let mut code = [0; SIZE];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        code[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(&[0xf3, 0x0f, 0x1e, 0xfa]); // endbr64
    put(&[0x49, 0xbb]); // movabs $slot, %r11
    put(&slot.to_le_bytes());
    put(&[0x4d, 0x8b, 0x1b]); // mov (%r11), %r11
    put(&[0x4d, 0x85, 0xdb]); // test %r11, %r11
    put(&[0x74, 0x03]); // je 1f
    put(&[0x41, 0xff, 0xe3]); // jmp *%r11
    put(&[0x49, 0xbb]); // 1: movabs $slot, %r11
    put(&slot.to_le_bytes());
    put(&[0xff, 0x25, 0, 0, 0, 0]); // jmp *0f(%rip)
    put(&trampoline.to_le_bytes()); // 0: .quad trampoline
    debug_assert_eq!(at, SIZE);
    code
}
