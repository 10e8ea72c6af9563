//! What lets a function of the C library bring libgcc's unwinder into the program: tables of lazy functions are announced to it when
//! the code is placed, so that it must be there from the start. A C program has none; it comes when `backtrace` is called first, or with a
//! C++ library that is loaded. A program that takes such a member, which nothing does that does not call the function, is linked
//! with the unwinder; the driver hands the linker `--wrap` where it can be.

/// The function that stands in front of another and only calls that.
macro_rules! with_unwinder {
    ($name:literal) => {
        core::arch::global_asm!(
            concat!(".pushsection .text.__wrap_", $name, ", \"ax\", @progbits"),
            concat!(".weak __wrap_", $name),
            concat!(".hidden __wrap_", $name),
            concat!(".type __wrap_", $name, ", @function"),
            ".p2align 4",
            concat!("__wrap_", $name, ":"),
            ".cfi_startproc",
            "endbr64",
            // Refers to the unwinder: no more is wanted.
            "mov rax, [rip + __register_frame_info@GOTPCREL]",
            // The C library looks at who calls it.
            concat!("jmp __real_", $name, "@PLT"),
            ".cfi_endproc",
            concat!(".size __wrap_", $name, ", . - __wrap_", $name),
            ".popsection",
        );
    };
}
pub(crate) use with_unwinder;
