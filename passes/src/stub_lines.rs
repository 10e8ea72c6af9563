//! Line information of stubs, which says that they have none.
//!
//! LLDB sets a breakpoint by name at each symbol of that name, so at a stub too, and would stop there and then in the
//! function. But it steps over the first line of what has lines, and it never stops in code of line 0, it steps on. So a stub has
//! two lines, both 0: its breakpoint gets to the second, which begins with the way to the runtime. When a debugger is
//! attached no stub takes that way: all slots are filled.
//!
//! GDB must not see this: it takes a program's own line information for better than that which it gets at run time. The unit
//! is a partial one, which GDB reads only when another unit refers to it.

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

#[derive(Default)]
pub struct Runs {
    runs: Vec<Run>,
    /// The one that goes on in the section that most stubs stand in.
    open: Option<usize>,
}

fn label(slot: usize) -> String {
    format!(".Lautojit.stub.{slot}")
}

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

    /// A unit of debug information (DWARF 5) about them all.
    pub fn write(&self, out: &mut String, shape: &Shape) {
        if self.runs.is_empty() {
            return;
        }
        // DW_TAG_partial_unit with DW_AT_stmt_list and DW_AT_ranges, both DW_FORM_sec_offset.
        out.push_str(
            ".section .debug_abbrev,\"\",@progbits\n.Lautojit.abbrev:\n\
             .byte 1, 0x3c, 0, 0x10, 0x17, 0x55, 0x17, 0, 0, 0\n\
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
        // One directory without a name, no files, and no opcodes but the standard ones.
        out.push_str(
            ".section .debug_line,\"\",@progbits\n.Lautojit.lines:\n\
             .long .Lautojit.lines_end-.Lautojit.lines_start\n.Lautojit.lines_start:\n.short 5\n.byte 8, 0\n\
             .long .Lautojit.lines_program-.Lautojit.lines_header\n.Lautojit.lines_header:\n\
             .byte 1, 1, 1, 1, 1, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 1, 8, 1, 0, 1, 1, 8, 0\n\
             .Lautojit.lines_program:\n",
        );
        for run in &self.runs {
            // DW_LNE_set_address, DW_LNS_advance_line by -1, DW_LNS_copy.
            let _ = writeln!(out, ".byte 0, 9, 2\n.quad {}\n.byte 3, 0x7f, 1", label(run.slot));
            let advance = |out: &mut String, by: u32, then: &str| {
                // DW_LNS_fixed_advance_pc.
                let _ = writeln!(out, ".byte 9\n.short {by}\n.byte {then}");
            };
            for stub in 0..run.count {
                advance(out, shape.slow, "1");
                if stub + 1 < run.count {
                    advance(out, shape.distance - shape.slow, "1");
                }
            }
            // DW_LNE_end_sequence.
            advance(out, shape.size - shape.slow, "0, 1, 1");
        }
        out.push_str(".Lautojit.lines_end:\n");
    }
}
