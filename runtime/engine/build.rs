//! Compiles the C++ shim in `llvm/` and names the C++ libraries under it.

#[path = "../../passes/llvm_libraries.rs"]
mod llvm_libraries;

use std::env;
use std::path::Path;

/// Headers that the shims of this crate and of the compiler driver share.
const SHARED: &str = "../../passes/llvm";

const SOURCES: [&str; 13] = [
    "guard.cpp",
    "demangle.cpp",
    "module.cpp",
    "lines.cpp",
    "candidate.cpp",
    "mention.cpp",
    "extract.cpp",
    "content.cpp",
    "simplified.cpp",
    "optimize.cpp",
    "compile.cpp",
    "whole.cpp",
    "link.cpp",
];

fn main() {
    println!("cargo:rerun-if-changed=llvm");
    println!("cargo:rerun-if-changed={SHARED}");
    println!("cargo:rerun-if-env-changed=LLVM_SYS_221_PREFIX");
    let prefix =
        env::var("LLVM_SYS_221_PREFIX").expect("LLVM_SYS_221_PREFIX names the LLVM to build against");
    let mut build = cc::Build::new();
    build
        .cpp(true)
        .std("c++17")
        .files(SOURCES.map(|file| format!("llvm/{file}")))
        .include(SHARED)
        .flag("-isystem")
        .flag(Path::new(&prefix).join("include"))
        .flag("-fno-rtti")
        .flag("-fno-exceptions")
        // As LLVM itself was built: its headers have assertions too.
        .define("NDEBUG", None)
        .define("_GNU_SOURCE", None)
        .define("__STDC_CONSTANT_MACROS", None)
        .define("__STDC_FORMAT_MACROS", None)
        .define("__STDC_LIMIT_MACROS", None)
        .opt_level(2)
        .debug(false)
        .pic(false)
        // Below: statically.
        .cpp_link_stdlib(None);
    build.compile("autojit_engine_llvm");
    llvm_libraries::link_llvm(&["x86", "passes", "bitreader", "orcjit", "jitlink", "debuginfodwarf"]);
}
