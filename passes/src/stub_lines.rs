//! Line information of stubs, which says that they have none.
//!
//! LLDB sets a breakpoint by name at each symbol of that name, so at a stub too, and would stop there and then in the
//! function. But it steps over the first line of what has lines, and it never stops in code of line 0, it steps on. So a stub has
//! two lines, both 0: its breakpoint gets to the second, which begins with the way to the runtime. When a debugger is
//! attached no stub takes that way: all slots are filled.
//!
//! GDB must not see this: it takes a program's own line information for better than that which it gets at run time. The unit
//! is a partial one, which GDB reads only when another unit refers to it.
//!
//! But GDB has to know the source file before the program runs and when it is run once more, or it refuses breakpoints at its lines,
//! and disables those that there were. So there is another unit, of the file's name, with one line, behind the last of the file, at a place that
//! is never reached: breakpoints at lines are there until the program describes itself. The place lies in front of the end of its
//! sequence in the table but behind it in memory. LLDB, which keeps pending breakpoints and would add this place to theirs,
//! takes such a sequence for broken and drops it.

use crate::arch::escape;
use autojit_protocol::recipe::Recipe;
use std::fmt::Write;

/// Geometry of a stub.
pub struct Shape {
    pub size: u32,
    /// Where the way to the runtime begins.
    pub slow: u32,
    /// From one stub to the next in a row.
    pub distance: u32,
}

/// Stubs in a row, at the same distance. The label is that of the first slot.
struct Run {
    slot: usize,
    count: u32,
}

/// What a unit is compiled from.
pub struct Source<'a> {
    pub folder: &'a [u8],
    pub file: &'a [u8],
    pub is_cxx: bool,
    line_count: u32,
}

impl<'a> Source<'a> {
    /// `None`: that is not known, or what it is compiled from is not source code.
    /// `line_count`: lines of the file, 0 if that is not known.
    pub fn of(recipe: Recipe<'a>, line_count: u32) -> Option<Source<'a>> {
        let mut kind = recipe.arguments().skip_while(|argument| *argument != b"-x").skip(1);
        let (kind, file) = (kind.next()?, kind.next()?);
        let is_cxx = kind == b"c++";
        (is_cxx || kind == b"c").then(|| Source { folder: recipe.folder(), file, is_cxx, line_count })
    }
}

/// Where a unit's header has the offset of its abbreviations: four bytes.
pub const ABBREVIATIONS_AT: usize = 8;

/// Length of what an object has in `.debug_info`: the unit of the stubs and that of the source.
const UNITS: usize = 21 + SOURCE_UNIT;
const SOURCE_UNIT: usize = 35;

/// The source that an object names, by its sections `.debug_info` and `.debug_line_str`, if they were written here for one unit.
pub fn source_of<'a>(debug_info: &[u8], strings: &'a [u8]) -> Option<Source<'a>> {
    let unit = debug_info.get(UNITS - SOURCE_UNIT..).filter(|unit| unit.len() == SOURCE_UNIT)?;
    // Version 5, DW_UT_compile, 8 bytes for an address; then the abbreviation's code and two strings.
    let is_ours = unit[4..8] == [5, 0, 1, 8] && unit[12] == CODE_OF_SOURCE;
    let mut strings = strings.strip_suffix(b"\0").filter(|_| is_ours)?.split(|&byte| byte == 0);
    let (Some(file), Some(folder), None) = (strings.next(), strings.next(), strings.next()) else {
        return None;
    };
    Some(Source { folder, file, is_cxx: unit[21] == CXX, line_count: 0 })
}

/// DW_LANG_C_plus_plus_14 and DW_LANG_C11.
const CXX: u8 = 0x21;
const C: u8 = 0x1d;

/// The code of the abbreviation for a source's unit.
const CODE_OF_SOURCE: u8 = 2;

/// A line that no file has, where it is not known how many the file has.
const NO_LINE: u32 = 1_000_000;

/// The label of a place that is never reached, and of one in front of it.
pub const NOWHERE: &str = ".Lautojit.nowhere";
const BEFORE: &str = ".Lautojit.trampoline";

#[derive(Default)]
pub struct Runs {
    runs: Vec<Run>,
    /// The one that goes on in the section that most stubs stand in.
    open: Option<usize>,
}

fn label(slot: usize) -> String {
    format!(".Lautojit.stub.{slot}")
}

/// The first special opcode of a stub's line table.
const FIRST_SPECIAL: u32 = 13;

/// How a stub stands to those before it.
#[derive(PartialEq, Eq)]
pub enum Stands {
    /// In a section of its own.
    Alone,
    /// In the section that most stand in, between others, at distances of its own.
    Apart,
    /// There, where a row may begin.
    First,
    Next,
}

impl Runs {
    /// Called where a stub begins.
    pub fn add(&mut self, out: &mut String, slot: usize, stands: Stands) {
        if let Some(open) = self.open
            && stands == Stands::Next
        {
            self.runs[open].count += 1;
            return;
        }
        let _ = writeln!(out, "{}:", label(slot));
        match stands {
            Stands::Alone => {}
            Stands::Apart => self.open = None,
            Stands::First | Stands::Next => self.open = Some(self.runs.len()),
        }
        self.runs.push(Run { slot, count: 1 });
    }

    /// A unit of debug information (DWARF 5) about them all, and one for the source.
    pub fn write(&self, out: &mut String, shape: &Shape, source: Option<&Source<'_>>) {
        if self.runs.is_empty() {
            return;
        }
        // DW_TAG_partial_unit with DW_AT_stmt_list and DW_AT_ranges, both DW_FORM_sec_offset; DW_TAG_compile_unit with DW_AT_name and
        // DW_AT_comp_dir (DW_FORM_line_strp, which the linker merges over all units and their lines), DW_AT_language (DW_FORM_data1), DW_AT_stmt_list, DW_AT_low_pc (DW_FORM_addr) and DW_AT_high_pc
        // (DW_FORM_data1): of a unit without code GDB reads no lines.
        out.push_str(
            ".section .debug_abbrev,\"\",@progbits\n.Lautojit.abbrev:\n\
             .byte 1, 0x3c, 0, 0x10, 0x17, 0x55, 0x17, 0, 0\n\
             .byte 2, 0x11, 0, 0x03, 0x1f, 0x1b, 0x1f, 0x13, 0x0b, 0x10, 0x17, 0x11, 0x01, 0x12, 0x0b, 0, 0, 0\n\
             .section .debug_info,\"\",@progbits\n\
             .long 17\n.short 5\n.byte 3, 8\n.long .Lautojit.abbrev\n\
             .byte 1\n.long .Lautojit.lines, .Lautojit.ranges\n",
        );
        // DW_RLE_start_length and DW_RLE_end_of_list.
        out.push_str(
            ".section .debug_rnglists,\"\",@progbits\n\
             .long .Lautojit.ranges_end-.Lautojit.ranges_start\n.Lautojit.ranges_start:\n.short 5\n.byte 8, 0\n.long 0\n\
             .Lautojit.ranges:\n",
        );
        for run in &self.runs {
            let size = (run.count - 1) * shape.distance + shape.size;
            let _ = writeln!(out, ".byte 7\n.quad {}\n.uleb128 {size}", label(run.slot));
        }
        out.push_str(".byte 0\n.Lautojit.ranges_end:\n");
        // One directory without a name, no files. Special opcodes advance the address by what they exceed the standard ones by, and no line.
        out.push_str(
            ".section .debug_line,\"\",@progbits\n.Lautojit.lines:\n\
             .long .Lautojit.lines_end-.Lautojit.lines_start\n.Lautojit.lines_start:\n.short 5\n.byte 8, 0\n\
             .long .Lautojit.lines_program-.Lautojit.lines_header\n.Lautojit.lines_header:\n\
             .byte 1, 1, 1, 0, 1, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1, 8, 1, 0, 1, 1, 8, 0\n\
             .Lautojit.lines_program:\n",
        );
        for run in &self.runs {
            // DW_LNE_set_address, DW_LNS_advance_line by -1, DW_LNS_copy.
            let _ = writeln!(out, ".byte 0, 9, 2\n.quad {}\n.byte 3, 0x7f, 1", label(run.slot));
            let line = |out: &mut String, by: u32| {
                let _ = match u8::try_from(by + FIRST_SPECIAL) {
                    Ok(opcode) => writeln!(out, ".byte {opcode}"),
                    // DW_LNS_fixed_advance_pc, DW_LNS_copy.
                    Err(_) => writeln!(out, ".byte 9\n.short {by}\n.byte 1"),
                };
            };
            for stub in 0..run.count {
                line(out, shape.slow);
                if stub + 1 < run.count {
                    line(out, shape.distance - shape.slow);
                }
            }
            // DW_LNS_fixed_advance_pc, DW_LNE_end_sequence.
            let _ = writeln!(out, ".byte 9\n.short {}\n.byte 0, 1, 1", shape.size - shape.slow);
        }
        out.push_str(".Lautojit.lines_end:\n");
        if let Some(source) = source {
            source.write(out);
        }
    }
}

impl Source<'_> {
    fn language(&self) -> u8 {
        if self.is_cxx { CXX } else { C }
    }

    /// A unit (DWARF 5) of this source with nothing in it but the type `int`, and its abbreviations. Where the former begins with the
    /// latter's offset in their section ([`ABBREVIATIONS_AT`]) is for the caller to relocate.
    pub fn bare_unit(&self) -> (Vec<u8>, &'static [u8]) {
        // DW_TAG_compile_unit, with children: DW_AT_name, DW_AT_comp_dir (DW_FORM_string), DW_AT_language (DW_FORM_data1).
        // DW_TAG_base_type: DW_AT_name (DW_FORM_string), DW_AT_encoding, DW_AT_byte_size (DW_FORM_data1).
        const ABBREVIATIONS: &[u8] = &[
            1, 0x11, 1, 0x03, 0x08, 0x1b, 0x08, 0x13, 0x0b, 0, 0, //
            2, 0x24, 0, 0x03, 0x08, 0x3e, 0x0b, 0x0b, 0x0b, 0, 0, 0,
        ];
        // Version 5, DW_UT_compile, 8 bytes for an address.
        let mut unit = vec![5, 0, 1, 8, 0, 0, 0, 0, 1];
        unit.extend([self.file, b"\0", self.folder, b"\0", &[self.language()]].concat());
        // DW_ATE_signed, and the end of the children.
        unit.extend(b"\x02int\0\x05\x04\0");
        let length = u32::try_from(unit.len()).unwrap_or_default();
        ([length.to_le_bytes().as_slice(), &unit].concat(), ABBREVIATIONS)
    }

    fn write(&self, out: &mut String) {
        let (folder, file, language) = (escape(self.folder), escape(self.file), self.language());
        let _ = writeln!(
            out,
            ".section .debug_line_str,\"MS\",@progbits,1\n.Lautojit.file:\n.asciz \"{file}\"\n.Lautojit.folder:\n.asciz \"{folder}\"\n\
             .section .debug_info,\"\",@progbits\n\
             .long .Lautojit.source_end-.Lautojit.source\n.Lautojit.source:\n.short 5\n.byte 1, 8\n.long .Lautojit.abbrev\n\
             .byte {CODE_OF_SOURCE}\n.long .Lautojit.file, .Lautojit.folder\n.byte {language}\n.long .Lautojit.source_lines\n\
             .quad {BEFORE}\n.byte {NOWHERE}-{BEFORE}+1\n.Lautojit.source_end:"
        );
        // One directory and one file, with its name and the directory's number.
        let _ = writeln!(
            out,
            ".section .debug_line,\"\",@progbits\n.Lautojit.source_lines:\n\
             .long .Lautojit.source_lines_end-.Lautojit.source_lines_start\n.Lautojit.source_lines_start:\n.short 5\n.byte 8, 0\n\
             .long .Lautojit.source_program-.Lautojit.source_header\n.Lautojit.source_header:\n\
             .byte 1, 1, 1, 1, 1, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1, 0x1f, 1\n.long .Lautojit.folder\n\
             .byte 2, 1, 0x1f, 2, 0x0b, 1\n.long .Lautojit.file\n.byte 0\n.Lautojit.source_program:"
        );
        // DW_LNS_set_file, DW_LNE_set_address, DW_LNS_advance_line, DW_LNS_copy, DW_LNE_set_address, DW_LNE_end_sequence.
        let _ = writeln!(
            out,
            ".byte 4, 0\n.byte 0, 9, 2\n.quad {NOWHERE}\n.byte 3\n.sleb128 {}\n.byte 1\n\
             .byte 0, 9, 2\n.quad {BEFORE}\n.byte 0, 1, 1\n.Lautojit.source_lines_end:",
            // The one behind the last, counted from the first.
            if self.line_count == 0 { NO_LINE - 1 } else { self.line_count }
        );
    }
}
