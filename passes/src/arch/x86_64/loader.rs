//! The loader: how a lazy object finds the runtime if another driver links it (protocol/loader.rs).

use super::super::escape;
use crate::Loader;
use crate::ir::Linkage;
use crate::references::Graph;
use autojit_protocol::loader::{LOADER_DATA_SECTION, LOADER_GROUP, LOADER_SECTION};
use std::fmt::Write;

/// A part of the assembled instructions (`loader_code.rs`, and the build script).
enum Piece {
    /// For `.ascii`.
    Bytes(&'static str),
    /// Where what begins with an image starts.
    Start,
    /// The distance to a symbol, with an addend.
    Relative(&'static str, i64),
    /// The distance to its entry in the global offset table.
    Got(&'static str, i64),
    /// A number by its name.
    Number(&'static str),
}

include!(concat!(env!("OUT_DIR"), "/loader.rs"));

/// Variables: the address of the runtime's entry, that of its function for the start of an image, and what debuggers look for
/// (`jit_descriptor`).
///
/// `graph`: what the module has names for. The assembly's symbols are the module's, too.
pub fn loader(out: &mut String, loader: &Loader, graph: &Graph, is_late: bool) {
    let of_module = |name: &str| graph.globals.iter().find(|global| symbol_name(&global.name) == name);
    // Debuggers find these by their names. One that the module has itself is its own business: what debuggers see of it then is not
    // lazy code, unless our own link adds the runtime.
    let interface = |name: &'static str, other: &'static str| match of_module(name).is_some() {
        true => other,
        false => name,
    };
    let descriptor = interface("__jit_debug_descriptor", ".Lautojit.jit_descriptor");
    let register_code = interface("__jit_debug_register_code", ".Lautojit.jit_register_code");
    let symbol = |name: &str| match name {
        "descriptor" => descriptor.to_owned(),
        "register_code" => register_code.to_owned(),
        _ if name.starts_with('_') => name.to_owned(),
        _ => format!(".Lautojit.{name}"),
    };
    let (runtime, daemon) = (escape(loader.runtime.to_bytes()), escape(loader.daemon.to_bytes()));
    let number = |name: &str| match name {
        "message_size" => MESSAGE.len() + loader.runtime.to_bytes().len(),
        _ => loader.daemon.to_bytes_with_nul().len(),
    };
    let _ = writeln!(
        out,
        ".section {LOADER_SECTION},\"axG\",@progbits,{LOADER_GROUP},comdat\n.p2align 4\n\
         .weak __ehdr_start\n.hidden __ehdr_start"
    );
    for function in UNWINDERS {
        // What the module refers to must be there, and what brings it is taken for that.
        let is_strong = of_module(function).is_some_and(|global| {
            !global.value.is_declaration()
                || !is_late && global.value.linkage() != Linkage::LLVMExternalWeakLinkage
        });
        if !is_strong {
            let _ = writeln!(out, ".weak {function}");
        }
    }
    for piece in CODE {
        let _ = match *piece {
            Piece::Bytes(bytes) => writeln!(out, ".ascii \"{bytes}\""),
            Piece::Start => writeln!(out, ".Lautojit.start:"),
            Piece::Relative(name, addend) => writeln!(out, ".long {}{addend:+}-.", symbol(name)),
            Piece::Got(name, addend) => writeln!(out, ".long {name}@GOTPCREL{addend:+}"),
            Piece::Number(name) => writeln!(out, ".long {}", number(name)),
        };
    }
    let _ = write!(
        out,
        "\
.p2align 4
.type {register_code},@function
{register_code}: .byte 0xc3
.size {register_code}, .-{register_code}
.Lautojit.message: .ascii \"{MESSAGE}\"
.Lautojit.runtime: .ascii \"{runtime}\"
.byte 0
.Lautojit.daemon: .asciz \"{daemon}\"
.Lautojit.newline: .ascii \"\\n\"
.section {LOADER_DATA_SECTION},\"awG\",@progbits,{LOADER_GROUP},comdat
.p2align 3
.Lautojit.entries: .quad 0, 0
.type {descriptor},@object
{descriptor}: .long 1, 0
.quad 0, 0
.size {descriptor}, 24
.section .init_array.0,\"awG\",@init_array,{LOADER_GROUP},comdat
.p2align 3
.quad .Lautojit.start
"
    );
}

/// In front of the runtime's path.
const MESSAGE: &str =
    "autojit: error: the runtime is missing or of another version (link with autojit-cc to do without it): ";

/// Without LLVM's mark for "take this name as it is".
fn symbol_name(name: &str) -> &str {
    name.strip_prefix('\u{1}').unwrap_or(name)
}
