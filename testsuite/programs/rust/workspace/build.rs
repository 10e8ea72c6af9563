//! A build script: a program that cargo runs.

fn main() {
    let table: Vec<u32> = (0..8u32).map(|n| n.pow(3)).collect();
    let out = std::path::Path::new(&std::env::var_os("OUT_DIR").unwrap()).join("table.rs");
    std::fs::write(out, format!("pub const CUBES: [u32; 8] = {table:?};\n")).unwrap();
    println!("cargo::rerun-if-changed=build.rs");
}
