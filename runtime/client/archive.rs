//! Makes `libautojit_rt.a`: the runtime in one object, with seven global symbols, all hidden, and once more for libraries, which may be
//! unloaded (`unload.rs`); what stands in front of functions
//! of the C library and of sanitizers (`phdr.rs`, `dladdr.rs`, `backtrace.rs`, `dlopen.rs`, `backtrace_symbols.rs`,
//! `backtrace_symbols_fd.rs`, `symbolizer.rs`, `thread_sanitizer.rs`, `confining.rs` with `complete.rs`); and `fallback.rs` and `loader.rs`.
//!
//! rustc's own staticlib would hand the program all of `core` in a hundred objects, with global names that two
//! versions of this archive (or a Rust static library of the user's) would fight over. So it is linked into one
//! relocatable object first, without what nothing refers to, and all else becomes local.
//!
//! And the same runtime as a file that the loaders in lazy objects map where another driver has linked them
//! (`protocol/src/loader.rs`).
//!
//! Included by the root's build script and by the tests, hence no dependency.

use std::path::{Path, PathBuf};
use std::process::Command;

/// What the object defines for others.
const GLOBALS: [&str; 7] = [
    "__autojit_materialize",
    "__autojit_daemon_path",
    "__autojit_names",
    "__autojit_ask",
    // Weak: a program with a compiler of its own has them too, and debuggers look at one of each name.
    "__jit_debug_descriptor",
    "__jit_debug_register_code",
    // Zeros, unless `thread_sanitizer.rs` comes along.
    "__autojit_ignore_sync",
];

/// Symbols of Rust's among them, and of the library's runtime.
const OURS: [&str; 2] = ["__autojit_ask", "__autojit_begin_to_unload"];

/// The runtime that loaders map: code and constants as they are in the file, then zeros. What would have to be relocated, or is
/// data with a value, is a mistake.
const IMAGE_SCRIPT: &str = r#"
ENTRY(__autojit_header)
SECTIONS {
  .image 0x10000 : { KEEP(*(.autojit.header)) *(.text .text.*) *(.rodata .rodata.*) }
  . = ALIGN(4096);
  __autojit_data = .;
  .bss : { *(.bss .bss.*) }
  . = ALIGN(4096);
  __autojit_end = .;
  .data : { *(.data .data.*) *(.got .got.*) }
  .rela.dyn : { *(.rela.*) }
  ASSERT(SIZEOF(.data) == 0, "the runtime has data with a value")
  ASSERT(SIZEOF(.rela.dyn) == 0, "the runtime needs relocation")
  /DISCARD/ : { *(.init_array.*) *(.note.*) *(.eh_frame) *(.comment) }
}
"#;

/// Further members, and what they define.
const MEMBERS: [(&str, &[&str]); 12] = [
    ("loader", &[]),
    ("unload", &[]),
    ("backtrace", &[]),
    ("dlopen", &[]),
    ("phdr", &["__wrap_dl_iterate_phdr"]),
    (
        "symbolizer",
        &[
            "__wrap__ZN11__sanitizer10Symbolizer11SymbolizePCEm",
            "__wrap__ZN11__sanitizer10Symbolizer27GetModuleNameAndOffsetForPCEmPPKcPm",
        ],
    ),
    ("thread_sanitizer", &[]),
    ("dladdr", &["__wrap_dladdr"]),
    ("backtrace_symbols", &["__wrap_backtrace_symbols"]),
    ("backtrace_symbols_fd", &["__wrap_backtrace_symbols_fd"]),
    ("complete", &["__autojit_complete_process"]),
    ("fallback", &[]),
];

/// Functions of the C library by which a process locks itself in, or leaves children behind that are, each of which has a member made of `confining.rs`, and what
/// their arguments are (`complete.rs`). The driver knows their names, too (`driver/src/link/wrapped.rs`).
const CONFINING: [(&str, u32); 16] = [
    ("chroot", 0),
    ("seccomp_load", 0),
    ("prctl", 1),
    ("syscall", 2),
    ("setrlimit", 3),
    ("setrlimit64", 3),
    ("prlimit", 4),
    ("prlimit64", 4),
    ("setuid", 5),
    ("setreuid", 5),
    ("setresuid", 5),
    ("seteuid", 5),
    ("fork", 6),
    ("daemon", 6),
    ("forkpty", 6),
    ("mlockall", 7),
];

/// Builds the archive and the file for loaders in `out_dir`, and returns their paths. `protocol_src` and `client_src` are the two
/// crates' `src` folders, `llvm_bin` the folder of `ld.lld`, `llvm-objcopy` and `llvm-ar`.
pub fn build(
    rustc: &Path,
    llvm_bin: &Path,
    protocol_src: &Path,
    client_src: &Path,
    out_dir: &Path,
) -> Result<[PathBuf; 2], String> {
    let protocol = out_dir.join("libautojit_protocol.rlib");
    let raw = out_dir.join("autojit_rt_raw.a");
    let object = out_dir.join("autojit_rt.o");
    let library = out_dir.join("autojit_rt_library.o");
    let archive = out_dir.join("libautojit_rt.a");

    run(&mut compile(rustc, "autojit_protocol", "rlib", protocol_src, &protocol))?;
    let compile_runtime = |options: &[&str], output: &Path| {
        let mut client = compile(rustc, "autojit_rt", "staticlib", client_src, output);
        client.args(["-C", "lto=fat"]).args(options);
        run(client.arg("--extern").arg(format!("autojit_protocol={}", protocol.display())))
    };
    let make_object = |options: &[&str], globals: &[&str], object: &Path| {
        compile_runtime(options, &raw)?;
        let mut link = Command::new(llvm_bin.join("ld.lld"));
        // No --gc-sections: link-time optimization has dropped what nothing refers to, and lld would drop .eh_frame.
        link.args(["-r", "--strip-debug"]);
        for symbol in globals {
            link.arg(format!("--undefined={symbol}"));
        }
        run(link.arg("-o").arg(object).arg(&raw))?;

        let mut localize = Command::new(llvm_bin.join("llvm-objcopy"));
        for symbol in globals {
            localize.arg(format!("--keep-global-symbol={symbol}"));
        }
        for symbol in OURS.iter().filter(|symbol| globals.contains(symbol)) {
            hide(&mut localize, symbol);
        }
        run(localize.args(["--discard-all", "--remove-section=.comment"]).arg(object))
    };
    make_object(&["--cfg=autojit_rt_archive"], &GLOBALS, &object)?;
    let of_library = [&GLOBALS[..], &["__autojit_begin_to_unload"]].concat();
    make_object(&["--cfg=autojit_rt_archive", "--cfg=autojit_rt_library"], &of_library, &library)?;

    // The linker takes what it misses from the first that has it.
    let mut members = vec![object, library];
    for (name, symbols) in MEMBERS {
        let member = out_dir.join(format!("autojit_{name}.o"));
        let source = client_src.join(format!("../{name}.rs"));
        let mut compile = compile_file(rustc, name, "rlib", &source, &member);
        // For its numbers: nothing of it is linked.
        compile.arg("--extern").arg(format!("autojit_protocol={}", protocol.display()));
        run(compile.args(["--emit", "obj"]))?;
        // Not for nothing: objcopy takes the group of `loader.rs`, whose name is local, for one of this object alone.
        if !symbols.is_empty() {
            let mut objcopy = Command::new(llvm_bin.join("llvm-objcopy"));
            symbols.iter().for_each(|symbol| hide(&mut objcopy, symbol));
            run(objcopy.arg(&member))?;
        }
        members.push(member);
    }

    for (function, family) in CONFINING {
        let member = out_dir.join(format!("autojit_{function}.o"));
        let mut compile =
            compile_file(rustc, "confining", "rlib", &client_src.join("../confining.rs"), &member);
        compile.env("AUTOJIT_FUNCTION", function).env("AUTOJIT_FAMILY", family.to_string());
        // BFD takes --wrap for what shared libraries refer to as well, if it has no version (as in libseccomp), and refuses a hidden
        // symbol to them.
        let is_unversioned = function == "seccomp_load";
        compile.env("AUTOJIT_VISIBILITY", if is_unversioned { ".protected" } else { ".hidden" });
        run(compile.args(["--emit", "obj"]))?;
        members.push(member);
    }

    // `ar` adds to an archive that exists.
    if archive.exists() {
        std::fs::remove_file(&archive).map_err(|e| format!("{}: {e}", archive.display()))?;
    }
    run(Command::new(llvm_bin.join("llvm-ar")).arg("rcsD").arg(&archive).args(&members))?;

    let script = out_dir.join("image.ld");
    let linked = out_dir.join("autojit_rt.image");
    let image = out_dir.join("autojit_rt.bin");
    compile_runtime(&["--cfg=autojit_rt_archive", "--cfg=autojit_rt_loaded"], &raw)?;
    std::fs::write(&script, IMAGE_SCRIPT).map_err(|e| format!("{}: {e}", script.display()))?;
    let mut link = Command::new(llvm_bin.join("ld.lld"));
    link.args([
        "-pie",
        "--no-dynamic-linker",
        "--gc-sections",
        "--no-undefined",
        "--undefined=__autojit_header",
    ]);
    run(link.arg("-T").arg(&script).arg("-o").arg(&linked).arg(&raw))?;
    let mut objcopy = Command::new(llvm_bin.join("llvm-objcopy"));
    run(objcopy.args(["-O", "binary", "--only-section=.image"]).arg(&linked).arg(&image))?;
    Ok([archive, image])
}

/// What the assembly of the entry says of its own symbols, for one of Rust: hidden, and weak, so that another version of this
/// archive does not fight over it.
fn hide(objcopy: &mut Command, symbol: &str) {
    objcopy.arg(format!("--set-symbol-visibility={symbol}=hidden")).arg(format!("--weaken-symbol={symbol}"));
}

fn compile(rustc: &Path, name: &str, kind: &str, source: &Path, output: &Path) -> Command {
    compile_file(rustc, name, kind, &source.join("lib.rs"), output)
}

fn compile_file(rustc: &Path, name: &str, kind: &str, source: &Path, output: &Path) -> Command {
    let mut command = Command::new(rustc);
    command.args(["--crate-name", name, "--crate-type", kind, "--edition", "2024", "-C", "panic=abort"]);
    // Every program has it. With frame pointers the unwind tables, which have to follow each push, are smaller by more than
    // the code is larger.
    command.args(["-C", "opt-level=z", "-C", "force-frame-pointers=yes"]);
    command.args(["-C", "codegen-units=1", "-C", "relocation-model=pic"]);
    // What the entry saves suffices for baseline code only; whatever RUSTFLAGS say.
    command.args(["-C", "target-cpu=x86-64"]);
    // No jump through a table in code that may run under indirect branch tracking. Debuggers and profilers that find a
    // thread in here want to see whose call it makes: 2 KiB of unwind tables.
    command.args(["-C", "jump-tables=no", "-C", "force-unwind-tables=yes", "-C", "debuginfo=0"]);
    if let Some(folder) = source.parent() {
        command.arg(format!("--remap-path-prefix={}=autojit", folder.display()));
    }
    command.arg("-o").arg(output).arg(source);
    command
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}: {}\n{words}", command.get_program().display(), output.status))
}
