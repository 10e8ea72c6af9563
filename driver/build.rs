//! Compiles the shim around clang's libraries and names the libraries that it needs.

#[path = "../passes/llvm_libraries.rs"]
mod llvm_libraries;

use std::path::Path;

/// clang's part of the link line, in no particular order: the linker resolves in any.
const CLANG_LIBRARIES: &[&str] = &[
    "clangAPINotes",
    "clangAST",
    "clangASTMatchers",
    "clangAnalysis",
    "clangAnalysisLifetimeSafety",
    "clangBasic",
    "clangCodeGen",
    "clangDriver",
    "clangEdit",
    "clangFrontend",
    "clangLex",
    "clangOptions",
    "clangParse",
    "clangSema",
    "clangSerialization",
    "clangSupport",
];

/// LLVM under it.
const LLVM_COMPONENTS: &[&str] = &[
    "x86",
    "passes",
    "lto",
    "option",
    "frontendopenmp",
    "frontendhlsl",
    "frontenddriver",
    "frontendoffloading",
    "windowsdriver",
    "coverage",
    "targetparser",
    "bitreader",
    "bitwriter",
    "mcparser",
];

/// Headers that the shims of this crate and of the engine share.
const SHARED: &str = "../passes/llvm";

const SOURCES: &[&str] = &[
    "actions.cpp",
    "always.cpp",
    "assembly.cpp",
    "bitcode.cpp",
    "builtins.cpp",
    "cc1.cpp",
    "cc1as.cpp",
    "describe.cpp",
    "driver.cpp",
    "eligibility.cpp",
    "instrument.cpp",
    "lazify.cpp",
    "locals.cpp",
    "locations.cpp",
    "payload.cpp",
    "polly.cpp",
    "recipe.cpp",
];

fn main() {
    let prefix = llvm_libraries::llvm_prefix();
    println!("cargo::rustc-env=AUTOJIT_LLVM_PREFIX={}", prefix.display());

    let mut shim = cc::Build::new();
    shim.cpp(true)
        .std("c++17")
        .include(prefix.join("include"))
        .include(SHARED)
        .warnings(true)
        .extra_warnings(false);
    shim.flag("-fno-rtti")
        .flag("-fno-exceptions")
        .flag("-Wno-unused-parameter")
        .flag("-Wno-comment")
        .opt_level(2);
    // As the libraries were built.
    shim.define("NDEBUG", None);
    shim.define("_GNU_SOURCE", None).define("__STDC_LIMIT_MACROS", None);
    shim.pic(false).cpp_link_stdlib(None);
    for source in SOURCES {
        shim.file(Path::new("clang").join(source));
    }
    shim.compile("autojit_clang");
    println!("cargo::rerun-if-changed=clang");
    println!("cargo::rerun-if-changed={SHARED}");

    for library in CLANG_LIBRARIES {
        println!("cargo::rustc-link-lib=static:-bundle={library}");
    }
    llvm_libraries::link_llvm(LLVM_COMPONENTS);
}
