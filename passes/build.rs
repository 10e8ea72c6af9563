//! Names the LLVM libraries that the transform calls, and assembles the loader.

#[path = "llvm_libraries.rs"]
mod llvm_libraries;
#[path = "src/arch/x86_64/loader_code.rs"]
mod loader_code;

use object::{Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget, elf};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::{env, fs};

fn main() {
    println!("cargo::rerun-if-changed=llvm_libraries.rs");
    println!("cargo::rerun-if-changed=src/arch/x86_64/loader_code.rs");
    llvm_libraries::link_llvm(&["core", "target"]);
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    assemble_loader(Path::new(&out));
}

/// Makes `loader.rs`: the loader's instructions as the pieces of `src/arch/x86_64/loader.rs`, and the names of what they look for.
fn assemble_loader(out: &Path) {
    let (source, assembled) = (out.join("loader.s"), out.join("loader.o"));
    fs::write(&source, loader_code::assembly()).expect("OUT_DIR can be written to");
    let clang = llvm_libraries::llvm_prefix().join("bin/clang");
    let status = Command::new(&clang)
        .args(["--target=x86_64-linux-gnu", "-c"])
        .arg(&source)
        .arg("-o")
        .arg(&assembled)
        .status();
    assert!(status.is_ok_and(|s| s.success()), "{} cannot assemble the loader", clang.display());
    let bytes = fs::read(&assembled).expect("what was assembled can be read");
    let file = object::File::parse(&*bytes).expect("an object");
    let section = file.section_by_name(".text").expect("instructions");
    let code = section.data().expect("bytes");
    let start =
        file.symbols().find(|symbol| symbol.name() == Ok("start")).expect("a start").address() as usize;

    let mut relocations: Vec<_> = section.relocations().collect();
    relocations.sort_by_key(|(at, _)| *at);
    let mut pieces = String::new();
    let mut done = 0;
    let bytes = |pieces: &mut String, from: usize, to: usize| {
        let text: String = code[from..to].iter().map(|byte| format!("\\\\{byte:03o}")).collect();
        if !text.is_empty() {
            let _ = writeln!(pieces, "Piece::Bytes(\"{text}\"),");
        }
    };
    let mut bytes_until = |pieces: &mut String, end: usize, skipped: usize| {
        if (done..end).contains(&start) {
            bytes(pieces, done, start);
            pieces.push_str("Piece::Start,\n");
            done = start;
        }
        bytes(pieces, done, end);
        done = end + skipped;
    };
    for (at, relocation) in relocations {
        bytes_until(&mut pieces, at as usize, 4);
        let RelocationTarget::Symbol(index) = relocation.target() else {
            panic!("a relocation without a symbol")
        };
        let symbol = file.symbol_by_index(index).expect("a symbol");
        let (name, addend) = (symbol.name().expect("a name"), relocation.addend());
        assert!(symbol.is_undefined(), "{name} has an address");
        let RelocationFlags::Elf { r_type } = relocation.flags() else {
            panic!("an object of another format")
        };
        let _ = match r_type {
            elf::R_X86_64_PC32 => writeln!(pieces, "Piece::Relative(\"{name}\", {addend}),"),
            elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX => {
                writeln!(pieces, "Piece::Got(\"{name}\", {addend}),")
            }
            elf::R_X86_64_32 => writeln!(pieces, "Piece::Number(\"{name}\"),"),
            other => panic!("a relocation of type {other} to {name}"),
        };
    }
    bytes_until(&mut pieces, code.len(), 0);
    let unwinders = loader_code::UNWINDERS.map(|(_, name)| name);
    let text = format!(
        "const CODE: &[Piece] = &[\n{pieces}];\nconst UNWINDERS: [&str; {}] = {unwinders:?};\n",
        unwinders.len()
    );
    fs::write(out.join("loader.rs"), text).expect("OUT_DIR can be written to");
}
