// Which of LLVM's static libraries to link; included by the build scripts of the crates that use LLVM.
//
// llvm-sys would link all that llvm-config knows, Polly and libz3 among them, which nothing here needs and which
// Debian ships in packages of their own.

use std::env;
use std::path::PathBuf;
use std::process::Command;

/// The LLVM installation: the variable that llvm-sys reads, set in .cargo/config.toml.
pub fn llvm_prefix() -> PathBuf {
    println!("cargo::rerun-if-env-changed=LLVM_SYS_221_PREFIX");
    env::var_os("LLVM_SYS_221_PREFIX").map_or_else(|| PathBuf::from("/usr/lib/llvm-22"), PathBuf::from)
}

/// Names the libraries of these components (as `llvm-config --components` lists them) and what lies under them.
pub fn link_llvm(components: &[&str]) {
    let config = llvm_prefix().join("bin/llvm-config");
    let output = Command::new(&config)
        .args(["--link-static", "--libnames"])
        .args(components)
        .output()
        .unwrap_or_else(|e| panic!("cannot run {}: {e}: is llvm-22-dev installed?", config.display()));
    assert!(output.status.success(), "{} failed", config.display());
    println!("cargo::rustc-link-search=native={}", llvm_prefix().join("lib").display());
    for file in String::from_utf8_lossy(&output.stdout).split_whitespace() {
        let name = file.trim_start_matches("lib").trim_end_matches(".a");
        // LLVM's list of extensions names Polly, but nothing asks for that list.
        if name.starts_with("Polly") {
            continue;
        }
        println!("cargo::rustc-link-lib=static:-bundle={name}");
    }
    for archive in ["libstdc++.a", "libz.a", "libzstd.a"] {
        link_system_archive(archive);
    }
}

/// A system library as an archive, found by the C compiler, so that the executables need nothing but libc.
fn link_system_archive(archive: &str) {
    let output = Command::new("cc").arg(format!("-print-file-name={archive}")).output();
    let path = PathBuf::from(
        output.map_or_else(|_| String::new(), |o| String::from_utf8_lossy(&o.stdout).trim().into()),
    );
    assert!(path.is_absolute(), "{archive} was not found: are g++, zlib1g-dev and libzstd-dev installed?");
    if let Some(folder) = path.parent() {
        println!("cargo::rustc-link-search=native={}", folder.display());
    }
    println!(
        "cargo::rustc-link-lib=static:-bundle={}",
        archive.trim_start_matches("lib").trim_end_matches(".a")
    );
}
