//! Makes `cargo build` alone yield a whole toolchain: puts what is no Rust binary beside those that are.
//!
//! Cargo has no supported way for a package to place files next to its binaries, so the directory is found from
//! OUT_DIR. The alternative, a wrapper script around cargo, would leave a plain `cargo build` with half a toolchain.

#[path = "runtime/client/archive.rs"]
mod archive;

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process;

fn main() {
    if let Err(message) = place() {
        eprintln!("error: {message}");
        process::exit(1);
    }
}

fn place() -> Result<(), String> {
    for path in [
        "runtime/client/src",
        "runtime/client/archive.rs",
        "runtime/client/ask.rs",
        "runtime/client/backtrace.rs",
        "runtime/client/backtrace_symbols.rs",
        "runtime/client/backtrace_symbols_fd.rs",
        "runtime/client/complete.rs",
        "runtime/client/confining.rs",
        "runtime/client/dladdr.rs",
        "runtime/client/dlopen.rs",
        "runtime/client/images.rs",
        "runtime/client/line.rs",
        "runtime/client/loader.rs",
        "runtime/client/notes.rs",
        "runtime/client/phdr.rs",
        "runtime/client/property.rs",
        "runtime/client/symbolizer.rs",
        "runtime/client/thread_sanitizer.rs",
        "runtime/client/unload.rs",
        "runtime/client/unwinder.rs",
        "runtime/client/fallback.rs",
        "runtime/protocol/src",
    ] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-env-changed=LLVM_SYS_221_PREFIX");
    let root = path_from("CARGO_MANIFEST_DIR")?;
    layout(&root);
    // At a fixed address: no dynamic relocation of LLVM's tables at every start.
    println!("cargo::rustc-link-arg-bins=-no-pie");
    // Of driver/clang/builtins.cpp.
    println!(
        "cargo::rustc-link-arg-bin=autojit-cc=-Wl,--wrap=_ZN5clang7Builtin7Context18initializeBuiltinsERNS_15IdentifierTableERKNS_11LangOptionsE"
    );
    order_functions(&root);
    let llvm =
        env::var_os("LLVM_SYS_221_PREFIX").map_or_else(|| PathBuf::from("/usr/lib/llvm-22"), PathBuf::from);
    let out = path_from("OUT_DIR")?;
    let built = archive::build(
        &path_from("RUSTC")?,
        &llvm.join("bin"),
        &root.join("runtime/protocol/src"),
        &root.join("runtime/client/src"),
        &out,
    )?;

    // OUT_DIR is <binaries>/build/<package>-<hash>/out.
    let binaries = out.ancestors().nth(3).ok_or("OUT_DIR is not where cargo puts it")?;
    for file in built {
        let name = file.file_name().ok_or("the runtime has no name")?;
        // By another name first: a test may be linking with the old one at this moment.
        let fresh = binaries.join(format!(".{}.{}", name.display(), process::id()));
        fs::copy(&file, &fresh)
            .and_then(|_| fs::rename(&fresh, binaries.join(name)))
            .map_err(|error| format!("cannot put {} into {}: {error}", name.display(), binaries.display()))?;
    }
    link(Path::new("autojit-cc"), &binaries.join("autojit-c++"))?;
    // CMake takes `autojit-` for the prefix of a tool chain, and looks for the others under it.
    for tool in ["addr2line", "ar", "nm", "objcopy", "objdump", "ranlib", "readelf", "strip"] {
        let tool = format!("llvm-{tool}");
        let target = llvm.join("bin").join(&tool);
        if target.exists() {
            link(&target, &binaries.join(format!("autojit-{tool}")))?;
        }
    }
    Ok(())
}

/// The compiler and the daemon are linked by `scripts/linker.sh`, which cargo does not know to read these.
fn layout(root: &Path) {
    for name in ["linker.sh", "autojit-cc.fdata.xz", "autojitd.fdata.xz"] {
        println!("cargo::rerun-if-changed={}", root.join("scripts").join(name).display());
    }
    println!("cargo::rerun-if-env-changed=AUTOJIT_LAYOUT");
}

/// What a compile runs is 12 MB of 60, scattered over all of LLVM's libraries: it is put together, which saves a third of the
/// page faults of a small compile and a twentieth of the time of a large one. `scripts/layout.sh` makes the list.
fn order_functions(root: &Path) {
    let list = root.join("scripts/functions.order");
    println!("cargo::rerun-if-changed={}", list.display());
    println!("cargo::rerun-if-env-changed=AUTOJIT_FUNCTION_ORDER");
    if env::var_os("AUTOJIT_FUNCTION_ORDER").is_none_or(|value| value != "off") {
        // Of rustc's own linker, lld; it leaves out what there is not.
        println!("cargo::rustc-link-arg-bins=-Wl,--symbol-ordering-file={}", list.display());
        println!("cargo::rustc-link-arg-bins=-Wl,--no-warn-symbol-ordering");
    }
}

fn path_from(variable: &str) -> Result<PathBuf, String> {
    env::var_os(variable).map(PathBuf::from).ok_or_else(|| format!("{variable} is not set"))
}

fn link(target: &Path, at: &Path) -> Result<(), String> {
    if fs::read_link(at).is_ok_and(|old| old == target) {
        return Ok(());
    }
    match fs::remove_file(at) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => symlink(target, at),
    }
    .map_err(|error| format!("cannot make the link {}: {error}", at.display()))
}
