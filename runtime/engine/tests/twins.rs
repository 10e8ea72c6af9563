//! Functions of which another module has the same have its code: the same bytes as if they were compiled. Those that differ in
//! anything have not.

mod support;

use autojit_engine::engine::Engine;
use autojit_engine::module::Module;
use std::sync::Arc;
use std::time::Duration;
use support::keyed_pool;
use support::payload::{PRIVATE, PUBLIC, Payload};

fn engine() -> Engine {
    Engine { pool: keyed_pool(), ..Engine::default() }
}

fn found(engine: &Engine) -> u64 {
    engine.pool.twins.as_ref().unwrap().found()
}

fn add(engine: &Engine, payload: &Payload) -> Arc<Module> {
    engine.add(payload.hash(), payload.bytes()).unwrap()
}

fn compile_all(engine: &Engine, module: &Arc<Module>) -> Vec<Option<Vec<u8>>> {
    let code = |index| engine.code(module, index).0.ok().map(|code| code.bytes().to_vec());
    (0..module.function_count()).map(code).collect()
}

/// What they are without other modules.
fn compile_alone(payload: Vec<u8>) -> Vec<Option<Vec<u8>>> {
    let module = Module::new(*blake3::hash(&payload).as_bytes(), payload).unwrap();
    let pool = keyed_pool();
    let code = |index| module.code(index, &pool, Duration::ZERO).0.ok().map(|code| code.bytes().to_vec());
    (0..module.function_count()).map(code).collect()
}

const COMMON: &str = r#"
    int puts(const char *); int printf(const char *, ...); extern int counter; extern _Thread_local int mine;
    static int helper(int a) { return a * 5 + 2; }
    struct pair { long a; double b; };
    int calls(int a) { return a ? puts("yes") : helper(a); }
    double floats(double x) { return x * 3.5 + 1; }
    long table(unsigned c) { switch (c) { case 0: return 3; case 1: return 1; case 2: return 4; case 7: return 15; default: return 0; } }
    struct pair copies(struct pair p) { p.a += counter; return p; }
    int recursive(int n) { return n < 2 ? n : recursive(n - 1) + recursive(n - 2); }
    int loops(int *p, int n) { int s = 0; for (int i = 0; i < n; i++) s += p[i]; return s; }
    int says(int n) { return printf("%d %s\n", n, "and so on"); }"#;

const NAMES: [&str; 8] = ["calls", "floats", "table", "copies", "recursive", "loops", "says", "helper"];
const IMPORTS: [&str; 3] = ["puts", "printf", "counter"];

fn common(source: &str, names: &[&str], imports: &[&str], level: u8) -> Payload {
    let flags = |name: &&str| if *name == "helper" { PRIVATE } else { PUBLIC };
    let functions: Vec<(&str, u32)> = names.iter().map(|name| (*name, flags(name))).collect();
    at_level(source, level, &functions, imports)
}

fn at_level(source: &str, level: u8, functions: &[(&str, u32)], imports: &[&str]) -> Payload {
    match level {
        0 => Payload::c(source, functions, imports),
        _ => Payload::optimized(source, level, functions, imports),
    }
}

#[test]
fn a_module_has_the_code_of_another_that_has_the_same_functions() {
    for level in [0, 2] {
        let engine = engine();
        let first = add(&engine, &common(COMMON, &NAMES, &IMPORTS, level));
        compile_all(&engine, &first);
        assert_eq!(found(&engine), 0);
        // Other numbers of functions, imports, constants and types.
        let source = format!(
            "struct early {{ int x; }}; int early(struct early e) {{ return \"first\"[e.x]; }} {COMMON}"
        );
        let mut names = NAMES;
        names.reverse();
        let names = [&["early"], &names[..]].concat();
        let second = common(&source, &names, &["counter", "printf", "puts"], level);
        let module = add(&engine, &second);
        assert_eq!(compile_all(&engine, &module), compile_alone(second.bytes()), "-O{level}");
        assert_eq!(found(&engine), NAMES.len() as u64, "-O{level}");
    }
}

/// Each time the last function is another one.
#[test]
fn what_differs_is_compiled() {
    let different = [
        "int f(int a) { return a + 1; }",
        "int f(int a) { return a + 2; }",
        "int f(int a) { return a - 1; }",
        "long f(int a) { return a + 1; }",
        "int f(unsigned a) { return a + 1; }",
        "int f(int a) { return a / 3; }",
        "int f(int a) { return (unsigned)a / 3; }",
        "int f(int a) { return a < 3; }",
        "int f(int a) { return a <= 3; }",
        "int f(int a) { return (unsigned)a < 3; }",
        "int f(int a) { return puts(\"one\"); }",
        "int f(int a) { return puts(\"two\"); }",
        "int f(int a) { return printf(\"one\"); }",
        "int f(int a) { return printf(\"one\", 1.0); }",
        "int f(int a) { return counter; }",
        "int f(int a) { return *(volatile int *)&counter; }",
        "int f(int a) { return __atomic_load_n(&counter, __ATOMIC_SEQ_CST); }",
        "int f(int a) { __atomic_store_n(&counter, a, __ATOMIC_RELAXED); return 0; }",
        "int f(int a) { __atomic_store_n(&counter, a, __ATOMIC_SEQ_CST); return 0; }",
        "int f(int a) { return __atomic_fetch_add(&counter, a, __ATOMIC_SEQ_CST); }",
        "int f(int a) { return __atomic_fetch_and(&counter, a, __ATOMIC_SEQ_CST); }",
        "int f(int a) { switch (a) { case 1: return 5; case 2: return 6; } return 7; }",
        "int f(int a) { switch (a) { case 1: return 5; case 3: return 6; } return 7; }",
        "struct s { int x[4]; }; int f(struct s *p) { return p->x[1]; }",
        "struct s { int x[4]; }; int f(struct s *p) { return p->x[2]; }",
        "struct s { char c; int x; } __attribute__((packed)); int f(struct s *p) { return p->x; }",
        "struct s { char c; int x; }; int f(struct s *p) { return p->x; }",
        "int f(int a) { __asm__(\"nop\"); return a; }",
        "int f(int a) { __asm__(\"pause\"); return a; }",
        "int f(int a) { __asm__(\"nop\" ::: \"memory\", \"rbx\"); return a; }",
        "__attribute__((target(\"avx2\"))) int f(int a) { return a; }",
        "__attribute__((no_stack_protector)) int f(int a) { return a; }",
        "__attribute__((aligned(64))) int f(int a) { return a; }",
        "int f(int a) { char b[40]; return puts(b); }",
        "int f(int a) { char b[80]; return puts(b); }",
        "int f(int a) { _Alignas(64) char b[40]; return puts(b); }",
        "double f(double a) { return a + 1.0; }",
        "double f(double a) { return a + 1.5; }",
        "typedef int v __attribute__((vector_size(16))); v f(v a) { return __builtin_shufflevector(a, a, 0, 1, 2, 3); }",
        "typedef int v __attribute__((vector_size(16))); v f(v a) { return __builtin_shufflevector(a, a, 3, 2, 1, 0); }",
        "static int g(int a) { return a * 7; } int f(int a) { return g(a); }",
        "static int g(int a) { return a * 9; } int f(int a) { return g(a) + 1; }",
        "static const int t[] = { 1, 2, 3 }; int f(int a) { return t[a]; }",
        "int f(int a) { static const int t[] = { 1, 2, 4 }; return t[a & 1]; }",
    ];
    for level in [0, 2] {
        let engine = engine();
        for source in different {
            let source = format!(
                "int puts(const char *); int printf(const char *, ...); extern int counter; {source}"
            );
            let has_g = source.contains("int g(");
            let functions = [("f", PUBLIC), ("g", PRIVATE)];
            let imports = ["puts", "printf", "counter", "f.t", "t"];
            let payload = at_level(&source, level, &functions[..1 + usize::from(has_g)], &imports);
            let module = add(&engine, &payload);
            assert_eq!(compile_all(&engine, &module), compile_alone(payload.bytes()), "-O{level}: {source}");
            assert_eq!(found(&engine), 0, "-O{level}: {source}");
        }
    }
}

/// What is inlined counts, and what the optimizer knows of the library.
#[test]
fn what_comes_along_counts() {
    let engine = engine();
    let payload = |callee: &str, imports: &[&str]| {
        let source = format!(
            "int printf(const char *, ...); int puts(const char *); static int leaf(int a) {{ return a * {callee}; }}
             static int middle(int a) {{ return leaf(a) + leaf(a + 1); }} int f(int a) {{ return middle(a) ^ 5; }}
             int g(int a) {{ return middle(a) ^ 6; }} int says(int a) {{ return printf(\"line\\n\"); }}"
        );
        let functions =
            [("f", PUBLIC), ("g", PUBLIC), ("says", PUBLIC), ("middle", PRIVATE), ("leaf", PRIVATE)];
        let mut payload = Payload::optimized(&source, 2, &functions, imports);
        payload.callees = vec![vec![3], vec![3], vec![], vec![4], vec![]];
        payload
    };
    let mut before = 0;
    let mut compile = |payload: Payload| {
        let module = add(&engine, &payload);
        assert_eq!(compile_all(&engine, &module), compile_alone(payload.bytes()));
        let now = found(&engine);
        now - std::mem::replace(&mut before, now)
    };
    assert_eq!(compile(payload("3", &["printf"])), 0);
    assert_eq!(compile(payload("5", &["printf"])), 1, "only the one that inlines nothing");
    assert_eq!(
        compile(payload("3", &["printf", "puts"])),
        4,
        "puts is there now, for the one that calls printf"
    );
    let mut last = payload("3", &["puts", "printf"]);
    // By way of the one that is asked for first, what they inline is simplified already for the others.
    last.functions.swap(0, 1);
    last.callees.swap(0, 1);
    assert_eq!(compile(last), 5, "all are the same");
}

/// A function may become a part of another one that the bitcode does not let call it, or tell it something, while that is simplified for a
/// third one. Each time N is another number in the second module.
#[test]
fn what_was_seen_counts() {
    let callback = "static int m(int x) { return x * N + 7; } static int apply(int (*p)(int), int x) { return p(x) ^ 5; }
                    static int h(int x) { return apply(m, x) + 1; }";
    let table = "static int m(int x) { return x * N + 7; } static int (*const table[2])(int) = { m, m };
                 static int apply(int (*const *p)(int), int x) { return p[1](x) ^ 5; }
                 static int h(int x) { return apply(table, x) + 1; }";
    let cases = [
        // Called directly once `apply` is inlined: for `g` it then comes along.
        (format!("{callback} int f(int x) {{ return h(x) + 1; }} int g(int x) {{ return h(x) + 2; }}"), true),
        // It comes along for `f`, and so gets into `h`, which `g` has as it is then.
        (format!("{callback} int f(int x) {{ return h(x) + m(x + 1); }} int g(int x) {{ return h(x) + 2; }}"), true),
        (format!("{table} int f(int x) {{ return h(x) + m(x + 1); }} int g(int x) {{ return h(x) + 2; }}"), true),
        // What `f` returns is known while it is compiled.
        ("static int h(int x); __attribute__((noinline)) int f(int x) { if (x > 0) h(x - 1); return N; }
          static int h(int x) { return f(x) + 1; } int g(int x) { return h(x) + 2; }".to_owned(), true),
        // By another type.
        ("int puts(const char *); static int h(int x) { puts(\"N\"); return x; } int f(int x) { return x; }
          int g(int x) { ((void (*)(int))h)(x); return x; }".to_owned(), true),
    ];
    for (source, has_more) in cases {
        let engine = engine();
        for number in ["3", "4000"] {
            let functions =
                [("f", PUBLIC), ("g", PUBLIC), ("h", PRIVATE), ("m", PRIVATE), ("apply", PRIVATE)];
            let there = if source.contains("apply") { 5 } else { 3 };
            let source = source.replace('N', number);
            let mut payload =
                Payload::optimized(&source, 2, &functions[..there], &["puts", "m", "table", "h"]);
            payload.callees = vec![vec![]; there];
            payload.callees[0] = vec![2];
            payload.callees[1] = vec![2];
            let module = add(&engine, &payload);
            assert_eq!(compile_all(&engine, &module), compile_alone(payload.bytes()), "{source}");
        }
        assert_eq!(found(&engine) != 0, has_more, "{source}");
    }
}

/// A function that only registers others does not have them with it: there may be hundreds.
#[test]
fn what_is_handed_on_does_not_come_along() {
    let engine = engine();
    for number in ["3", "4000"] {
        let source = format!(
            "void add(int (*)(int)); static int h(int x) {{ return x * {number} + 7; }}
             int f(int x) {{ add(h); return x; }}"
        );
        let payload = Payload::optimized(&source, 2, &[("f", PUBLIC), ("h", PRIVATE)], &["add", "h"]);
        let module = add(&engine, &payload);
        assert_eq!(compile_all(&engine, &module), compile_alone(payload.bytes()));
    }
    assert_eq!(found(&engine), 1, "f is the same");
}

/// Payloads that the driver made: those of the second file have the code of the first where they have the same functions.
#[test]
#[ignore = "needs AUTOJIT_PAYLOADS=FILE:FILE, and minutes"]
fn of_large_payloads() {
    let Ok(files) = std::env::var("AUTOJIT_PAYLOADS") else { return };
    let engine = engine();
    for file in files.split(':') {
        let bytes = std::fs::read(file).unwrap();
        let module = engine.add(*blake3::hash(&bytes).as_bytes(), bytes.clone()).unwrap();
        let (code, alone) = (compile_all(&engine, &module), compile_alone(bytes));
        let different = (0..module.function_count()).filter(|i| code[*i as usize] != alone[*i as usize]);
        let different: Vec<&str> = different.map(|index| module.function_name(index)).collect();
        println!("{file}: {} functions, {} shared so far", code.len(), found(&engine));
        assert!(different.is_empty(), "{}: {different:?}", different.len());
    }
}
