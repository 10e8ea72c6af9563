//! "May run with control-flow enforcement" (IBT and SHSTK; psABI, "Program Property"): the note of an archive member that may, or the
//! linker would take that from the whole program.

macro_rules! property_note {
    () => {
        core::arch::global_asm!(
            ".pushsection .note.gnu.property, \"a\", @note",
            ".p2align 3",
            ".long 4, 16, 5",
            ".asciz \"GNU\"",
            ".long 0xc0000002, 4, 3, 0",
            ".popsection",
        );
    };
}
pub(crate) use property_note;
