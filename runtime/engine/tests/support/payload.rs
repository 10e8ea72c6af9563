//! Payloads from C source, as the transform would make them, but with the bitcode as clang wrote it.

use autojit_protocol::Hash;
use autojit_protocol::payload::{
    CodegenOptions, FUNCTION_BOUND_HERE, FUNCTION_PUBLIC, PAYLOAD_MAGIC, padding,
};
use std::io::Write;
use std::process::{Command, Stdio};

pub const PRIVATE: u32 = FUNCTION_BOUND_HERE;
pub const PUBLIC: u32 = FUNCTION_PUBLIC | FUNCTION_BOUND_HERE;
pub const INTERPOSABLE: u32 = FUNCTION_PUBLIC;

#[derive(Clone)]
pub struct Payload {
    pub options: CodegenOptions,
    pub functions: Vec<(String, u32)>,
    pub imports: Vec<String>,
    /// By function; empty if nothing is said of them.
    pub callees: Vec<Vec<u32>>,
    pub bitcode: Vec<u8>,
    /// Not 0: `bitcode` is a zstd frame with so many bytes.
    pub expanded_size: u64,
}

/// Compiles source to bitcode, before clang's optimizer, but for what -O0 does.
pub fn bitcode(language: &str, source: &str, flags: &[&str]) -> Vec<u8> {
    let mut clang = Command::new("/usr/lib/llvm-22/bin/clang")
        .args(["-c", "-emit-llvm", "-Xclang", "-disable-O0-optnone", "-fPIC", "-o", "-", "-x", language])
        .args(flags)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("clang 22");
    clang.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
    let output = clang.wait_with_output().unwrap();
    assert!(output.status.success());
    output.stdout
}

pub const O0: CodegenOptions = CodegenOptions {
    opt_level: 0,
    size_level: 0,
    fp_fusion: 1,
    fast_isel: 1,
    passes: 0,
    math: 0,
    lines: 0,
    races: 0,
};

impl Payload {
    pub fn c(source: &str, functions: &[(&str, u32)], imports: &[&str]) -> Payload {
        Payload::new(bitcode("c", source, &["-O0"]), functions, imports)
    }

    /// To be optimized when it is compiled. (What is compiled with -O0 may not be inlined.)
    pub fn optimized(source: &str, level: u8, functions: &[(&str, u32)], imports: &[&str]) -> Payload {
        let bitcode = bitcode("c", source, &["-O2", "-Xclang", "-disable-llvm-passes"]);
        let mut payload = Payload::new(bitcode, functions, imports);
        payload.options = CodegenOptions { opt_level: level, fast_isel: 0, ..O0 };
        payload
    }

    pub fn new(bitcode: Vec<u8>, functions: &[(&str, u32)], imports: &[&str]) -> Payload {
        Payload {
            options: O0,
            functions: functions.iter().map(|(name, flags)| ((*name).to_owned(), *flags)).collect(),
            imports: imports.iter().map(|name| (*name).to_owned()).collect(),
            callees: Vec::new(),
            bitcode,
            expanded_size: 0,
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut strings = Vec::new();
        let mut name = |text: &str| {
            let at = strings.len() as u32;
            strings.extend_from_slice(text.as_bytes());
            [at, text.len() as u32]
        };
        let functions: Vec<u32> = self
            .functions
            .iter()
            .enumerate()
            .flat_map(|(index, (text, flags))| {
                let [at, size] = name(text);
                let first: usize = self.callees.iter().take(index).map(Vec::len).sum();
                let count = self.callees.get(index).map_or(0, Vec::len);
                [at, size, first as u32, count as u32, 1, *flags]
            })
            .collect();
        let imports: Vec<u32> = self.imports.iter().flat_map(|text| name(text)).collect();
        let mut bytes = PAYLOAD_MAGIC.to_vec();
        let callees: Vec<u32> = self.callees.concat();
        for count in [self.functions.len(), self.imports.len(), callees.len(), strings.len()] {
            bytes.extend_from_slice(&(count as u32).to_le_bytes());
        }
        for size in [self.bitcode.len() as u64, self.expanded_size] {
            bytes.extend_from_slice(&size.to_le_bytes());
        }
        let CodegenOptions { opt_level, size_level, fp_fusion, fast_isel, passes, math, races, .. } =
            self.options;
        bytes.extend_from_slice(&[opt_level, size_level, fp_fusion, fast_isel, passes, math, 0, races]);
        for word in functions.iter().chain(&imports).chain(&callees) {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&strings);
        bytes.resize(bytes.len() + padding(bytes.len()), 0);
        bytes.extend_from_slice(&self.bitcode);
        bytes
    }

    pub fn hash(&self) -> Hash {
        *blake3::hash(&self.bytes()).as_bytes()
    }
}
