//! Names the LLVM libraries that the transform calls.

#[path = "llvm_libraries.rs"]
mod llvm_libraries;

fn main() {
    println!("cargo::rerun-if-changed=llvm_libraries.rs");
    llvm_libraries::link_llvm(&["core", "target"]);
}
