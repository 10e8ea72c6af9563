//! A kept code generator makes the same objects as a new one.

mod support;

use autojit_engine::compile::Pool;
use autojit_engine::module::Module;
use std::time::Duration;
use support::payload::{PUBLIC, Payload};

const SOURCE: &str = r#"
    int puts(const char *); double sin(double);
    int one(int a) { return a ? puts("yes") : puts("no"); }
    double two(double x) { return sin(x) * 3.5 + x; }
    long three(unsigned c) { switch (c) { case 0: return 3; case 1: return 1; case 2: return 4; case 3: return 15;
        case 4: return 92; case 5: return 65; default: return 0; } }
    struct s { char c[40]; };
    struct s four(struct s a) { a.c[3]++; return a; }
    int five(int n) { void *l[] = { &&x, &&y }; goto *l[n & 1]; x: return 1; y: return 2; }"#;

fn code(module: &Module, index: u32, pool: &Pool) -> Vec<u8> {
    module.code(index, pool, Duration::ZERO).0.unwrap().bytes().to_vec()
}

#[test]
fn a_kept_code_generator_is_as_good_as_new() {
    for level in [0, 2] {
        let names = ["one", "two", "three", "four", "five"];
        let mut payload = Payload::c(SOURCE, &names.map(|name| (name, PUBLIC)), &["puts", "sin"]);
        payload.options.opt_level = level;
        let open = || Module::new(payload.hash(), payload.bytes()).unwrap();
        let (kept, forwards, backwards) = (Pool::default(), open(), open());
        for index in 0..names.len() as u32 {
            code(&forwards, index, &kept);
        }
        for index in (0..names.len() as u32).rev() {
            let new = open();
            let expected = code(&new, index, &Pool::default());
            assert_eq!(code(&forwards, index, &kept), expected, "{} at -O{level}", names[index as usize]);
            assert_eq!(code(&backwards, index, &kept), expected, "{} at -O{level}", names[index as usize]);
        }
    }
}

/// The same over every function of a large program, if one is named.
#[test]
#[ignore = "needs AUTOJIT_SPEED=FILE.c, and minutes"]
fn on_a_large_program() {
    let Ok(file) = std::env::var("AUTOJIT_SPEED") else { return };
    let bitcode = support::payload::bitcode("c", &std::fs::read_to_string(file).unwrap(), &["-O0"]);
    let path = std::env::temp_dir().join(format!("autojit-determinism-{}.bc", std::process::id()));
    std::fs::write(&path, &bitcode).unwrap();
    let output = std::process::Command::new("/usr/lib/llvm-22/bin/llvm-nm")
        .args(["--defined-only", "--format=posix"])
        .arg(&path)
        .output()
        .unwrap();
    std::fs::remove_file(path).unwrap();
    let listing = String::from_utf8(output.stdout).unwrap();
    let names: Vec<(&str, u32)> = listing
        .lines()
        .filter_map(|line| line.split_once(' '))
        .filter(|(_, rest)| rest.starts_with(['t', 'T']))
        .map(|(name, _)| (name, PUBLIC))
        .collect();
    let payload = Payload::new(bitcode, &names, &[]);
    let open = || Module::new(payload.hash(), payload.bytes()).unwrap();
    let (kept, first, second) = (Pool::default(), open(), open());
    for index in 0..names.len() as u32 {
        let expected = code(&second, index, &Pool::default());
        assert!(code(&first, index, &kept) == expected, "{}", names[index as usize].0);
    }
}
