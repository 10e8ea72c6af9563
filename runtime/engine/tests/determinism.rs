//! A kept code generator makes the same objects as a new one, and what was compiled before makes no difference.

mod support;

use autojit_engine::compile::Pool;
use autojit_engine::module::Module;
use std::time::Duration;
use support::keyed_pool;
use support::payload::{PRIVATE, PUBLIC, Payload};

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
        let (kept, forwards, backwards) = (keyed_pool(), open(), open());
        for index in 0..names.len() as u32 {
            code(&forwards, index, &kept);
        }
        for index in (0..names.len() as u32).rev() {
            let new = open();
            let expected = code(&new, index, &keyed_pool());
            assert_eq!(code(&forwards, index, &kept), expected, "{} at -O{level}", names[index as usize]);
            assert_eq!(code(&backwards, index, &kept), expected, "{} at -O{level}", names[index as usize]);
        }
    }
}

/// Callees are simplified once, with whoever comes first.
#[test]
fn code_does_not_depend_on_what_was_compiled_before() {
    let source = r#"
        int puts(const char *); int printf(const char *, ...);
        static int leaf(int a) { return a * 3 + 1; }
        static int say(const char *s) { return printf("%s\n", s); }
        static int middle(int a) { int r = 0; for (int i = 0; i < a; i++) r += leaf(i) ^ leaf(r); return r; }
        static int pick(int a) { switch (a) { case 1: return say("one"); case 2: return say("two"); case 7: return 3;
            case 8: return 9; case 9: return middle(a); default: return leaf(a); } }
        int one(int a) { return pick(a) + middle(a); }
        int two(int a) { return pick(2) + leaf(a) + say("x"); }
        int three(int a) { return a > 3 ? middle(a) : pick(a) + one(a - 1); }
        int fib(int n) { return n < 2 ? leaf(n) : fib(n - 1) + fib(n - 2); }
        int odd(int); int even(int n) { return n ? odd(n - 1) : 1; } int odd(int n) { return n ? even(n - 1) : 0; }
        int four(int a) { return fib(a) + three(even(a)); }"#;
    let public = ["one", "two", "three", "fib", "odd", "even", "four"].map(|name| (name, PUBLIC));
    let private = ["leaf", "say", "middle", "pick"].map(|name| (name, PRIVATE));
    let mut payload = Payload::optimized(source, 2, &[&public[..], &private].concat(), &["puts", "printf"]);
    payload.callees = vec![
        vec![10, 9],
        vec![10, 7, 8],
        vec![9, 10, 0],
        vec![7, 3],
        vec![5],
        vec![4],
        vec![3, 2, 5],
        vec![],
        vec![],
        vec![7],
        vec![8, 9, 7],
    ];
    for level in [1, 2, 3] {
        payload.options.opt_level = level;
        let open = || Module::new(payload.hash(), payload.bytes()).unwrap();
        let (forwards, backwards, pool) = (open(), open(), keyed_pool());
        let count = payload.functions.len() as u32;
        let mut last: Vec<Vec<u8>> = (0..count).rev().map(|index| code(&backwards, index, &pool)).collect();
        for index in 0..count {
            let name = &payload.functions[index as usize].0;
            let expected = code(&open(), index, &pool);
            assert_eq!(code(&forwards, index, &pool), expected, "{name} at -O{level}");
            assert_eq!(last.pop(), Some(expected), "{name} at -O{level}");
        }
    }
}

/// The same with a payload that the driver made, if there is one in a file.
#[test]
#[ignore = "needs AUTOJIT_PAYLOAD=FILE, and minutes"]
fn of_a_large_payload() {
    let Ok(file) = std::env::var("AUTOJIT_PAYLOAD") else { return };
    let bytes = std::fs::read(file).unwrap();
    let open = || Module::new(*blake3::hash(&bytes).as_bytes(), bytes.clone()).unwrap();
    let (forwards, backwards, pool) = (open(), open(), keyed_pool());
    let count = forwards.function_count();
    let tried = |module: &Module, index| {
        module.code(index, &pool, Duration::ZERO).0.map(|code| code.bytes().to_vec())
    };
    let mut last: Vec<_> = (0..count).rev().map(|index| tried(&backwards, index).ok()).collect();
    let differ = |index: &u32| {
        let (alone, first, last) =
            (tried(&open(), *index).ok(), tried(&forwards, *index).ok(), last.pop().flatten());
        alone != first || alone != last
    };
    let different: Vec<u32> = (0..count).filter(differ).collect();
    let names: Vec<&str> = different.iter().map(|index| forwards.function_name(*index)).collect();
    assert!(different.is_empty(), "{} of {count}: {names:?}", different.len());
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
    let (kept, first, second) = (keyed_pool(), open(), open());
    for index in 0..names.len() as u32 {
        let expected = code(&second, index, &keyed_pool());
        assert!(code(&first, index, &kept) == expected, "{}", names[index as usize].0);
    }
}
