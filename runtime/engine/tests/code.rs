//! The code that comes out is right: every test runs it, near the program and out of reach of it.

mod support;

use std::ffi::{CStr, c_char, c_int, c_void};
use support::Place;
use support::payload::{INTERPOSABLE, PRIVATE, PUBLIC, Payload, bitcode};
use support::program::Program;

const PLACES: [Place; 4] = Place::ALL;

#[test]
fn a_leaf_function() {
    for place in PLACES {
        let program =
            Program::start(place, Payload::c("int f(int a) { return a + 42; }", &[("f", PUBLIC)], &[]), &[]);
        let f: extern "C" fn(c_int) -> c_int = program.function("f");
        assert_eq!((f(1), f(2)), (43, 44));
        assert_eq!(program.called(), ["f"]);
    }
}

#[test]
fn private_functions_are_called_through_slots_and_then_directly() {
    let source = "
        static int twice(int a) { return 2 * a; }
        static int unused(int a) { return a; }
        int f(int a) { return a ? twice(a) : unused(a); }
        int g(int a) { return twice(a) + 1; }";
    let functions = [("f", PUBLIC), ("g", PUBLIC), ("twice", PRIVATE), ("unused", PRIVATE)];
    for place in PLACES {
        let program = Program::start(place, Payload::c(source, &functions, &[]), &[]);
        let f: extern "C" fn(c_int) -> c_int = program.function("f");
        let g: extern "C" fn(c_int) -> c_int = program.function("g");
        assert_eq!((f(4), g(5), f(6)), (8, 11, 12));
        assert_eq!(program.called(), ["f", "twice", "g"]);
    }
}

#[test]
fn recursion() {
    let source = "
        static unsigned odd(unsigned n);
        static unsigned even(unsigned n) { return n ? odd(n - 1) : 1; }
        static unsigned odd(unsigned n) { return n ? even(n - 1) : 0; }
        unsigned is_even(unsigned n) { return even(n); }
        unsigned long fact(unsigned long n) { return n < 2 ? 1 : n * fact(n - 1); }
        static unsigned long own(unsigned long n) { return n < 2 ? 1 : n * own(n - 1); }
        unsigned long fact2(unsigned long n) { return own(n); }";
    let functions = [
        ("is_even", PUBLIC),
        ("even", PRIVATE),
        ("odd", PRIVATE),
        ("fact", PUBLIC),
        ("own", PRIVATE),
        ("fact2", PUBLIC),
    ];
    for place in PLACES {
        let program = Program::start(place, Payload::c(source, &functions, &[]), &[]);
        let is_even: extern "C" fn(u32) -> u32 = program.function("is_even");
        let fact: extern "C" fn(u64) -> u64 = program.function("fact");
        let fact2: extern "C" fn(u64) -> u64 = program.function("fact2");
        assert_eq!((is_even(10), is_even(11)), (1, 0));
        assert_eq!((fact(10), fact2(10)), (3_628_800, 3_628_800));
    }
}

/// A function's address is its stub's, also in its own body, and an interposable function is called by way of its
/// import even by itself.
#[test]
fn addresses_and_interposition() {
    let source = "
        void *self(void) { return (void *)self; }
        int other(int n) { return n ? other(n - 1) : 1; }";
    let functions = [("self", PUBLIC), ("other", INTERPOSABLE)];
    for place in PLACES {
        let payload = Payload::c(source, &functions, &["self", "other"]);
        let program = Program::start(place, payload.clone(), &[]);
        let address: extern "C" fn() -> u64 = program.function("self");
        assert_eq!(address(), program.address("self"));
        let other: extern "C" fn(c_int) -> c_int = program.function("other");
        assert_eq!(other(5), 1);

        // The import table says whose definition counts; here somebody else's.
        extern "C" fn mine(n: c_int) -> c_int {
            n + 1000
        }
        let program = Program::start(place, payload, &[("other", mine as *const () as u64)]);
        let other: extern "C" fn(c_int) -> c_int = program.function("other");
        assert_eq!(other(5), 1004);
    }
}

#[test]
fn constants_of_all_kinds() {
    let source = r#"
        const char *text(int i) { return i ? "one" : "zero"; }
        double half(double x) { return x * 0.5 + 3.25; }
        float third(float x) { return x / 3.0f; }
        struct pair { const char *name; int value; };
        int sum(int i) {
            const struct pair pairs[] = { {"a", 1}, {"b", 20}, {"c", 300} };
            return pairs[i].value + pairs[i].name[0];
        }
        long big(unsigned c) {
            switch (c) {
            case 0: return 12; case 1: return 99; case 2: return -7; case 3: return 1234; case 4: return 5;
            case 5: return 17; case 6: return 42; case 7: return 8; case 8: return 1L << 40; default: return 0;
            }
        }
        typedef float v4 __attribute__((vector_size(16)));
        float vector(float x) { v4 v = {x, 2, 3, 4}; v4 w = {10, 20, 30, 40}; v = v * w + (v4){1, 1, 1, 1}; return v[0] + v[3]; }"#;
    let names = ["text", "half", "third", "sum", "big", "vector"].map(|name| (name, PUBLIC));
    for place in PLACES {
        let program = Program::start(place, Payload::c(source, &names, &["memcpy"]), &[]);
        let text: extern "C" fn(c_int) -> *const c_char = program.function("text");
        // SAFETY: C strings of the lazy code.
        unsafe {
            assert_eq!(CStr::from_ptr(text(0)).to_str(), Ok("zero"));
            assert_eq!(CStr::from_ptr(text(1)).to_str(), Ok("one"));
        }
        let half: extern "C" fn(f64) -> f64 = program.function("half");
        assert_eq!(half(2.0), 4.25);
        let third: extern "C" fn(f32) -> f32 = program.function("third");
        assert_eq!(third(6.0), 2.0);
        let sum: extern "C" fn(c_int) -> c_int = program.function("sum");
        assert_eq!((sum(0), sum(1), sum(2)), (98, 118, 399));
        let big: extern "C" fn(u32) -> i64 = program.function("big");
        assert_eq!((0..10).map(|c| big(c)).collect::<Vec<_>>(), [12, 99, -7, 1234, 5, 17, 42, 8, 1 << 40, 0]);
        let vector: extern "C" fn(f32) -> f32 = program.function("vector");
        assert_eq!(vector(1.0), 11.0 + 161.0);
    }
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
struct Wide {
    words: [i64; 12],
}

#[test]
fn structs_by_value_and_library_calls() {
    let source = "
        struct wide { long words[12]; };
        struct wide copy(struct wide w, long add) { struct wide r = w; r.words[11] += add; return r; }
        struct small { int a; double b; };
        struct small swap(struct small s) { struct small r = { (int)s.b, s.a }; return r; }
        unsigned __int128 divide(unsigned __int128 a, unsigned __int128 b) { return a / b; }
        int length(const char *s) { return __builtin_strlen(s); }";
    let names = ["copy", "swap", "divide", "length"].map(|name| (name, PUBLIC));
    unsafe extern "C" {
        fn __udivti3(a: u128, b: u128) -> u128;
    }
    let given = [("__udivti3", __udivti3 as *const () as u64)];
    for place in PLACES {
        let program =
            Program::start(place, Payload::c(source, &names, &["memcpy", "strlen", "__udivti3"]), &given);
        let copy: extern "C" fn(Wide, i64) -> Wide = program.function("copy");
        let wide = Wide { words: std::array::from_fn(|i| i as i64) };
        let mut expected = wide;
        expected.words[11] = 16;
        assert_eq!(copy(wide, 5), expected);
        let divide: extern "C" fn(u128, u128) -> u128 = program.function("divide");
        assert_eq!(divide(1 << 100, 3), (1 << 100) / 3);
        let length: extern "C" fn(*const c_char) -> c_int = program.function("length");
        assert_eq!(length(c"seven!!".as_ptr()), 7);
    }
}

#[test]
fn variables_are_the_programs() {
    static mut COUNTER: c_int = 7;
    let source = "
        extern int counter; static int hidden_counter = 3; extern int missing __attribute__((weak));
        int count(void) { hidden_counter++; return ++counter + hidden_counter; }
        int is_there(void) { return &missing != 0; }
        const int *where(void) { return &counter; }";
    let names = ["count", "is_there", "where"].map(|name| (name, PUBLIC));
    for place in PLACES {
        let mut hidden: c_int = 3;
        // SAFETY: the tests of this function run one after the other.
        unsafe { COUNTER = 7 };
        let given = [
            ("counter", &raw mut COUNTER as u64),
            ("hidden_counter", &raw mut hidden as u64),
            ("missing", 0),
        ];
        let program = Program::start(
            place,
            Payload::c(source, &names, &["counter", "hidden_counter", "missing"]),
            &given,
        );
        let count: extern "C" fn() -> c_int = program.function("count");
        assert_eq!((count(), count()), (8 + 4, 9 + 5));
        // SAFETY: as above.
        assert_eq!((unsafe { COUNTER }, hidden), (9, 5));
        let is_there: extern "C" fn() -> c_int = program.function("is_there");
        assert_eq!(is_there(), 0);
        let place_of: extern "C" fn() -> *const c_int = program.function("where");
        assert_eq!(place_of(), &raw const COUNTER);
    }
}

#[test]
fn computed_goto_and_inline_assembly() {
    let source = r#"
        int run(const unsigned char *p) {
            void *labels[] = { &&add, &&mul, &&end };
            int a = 1;
            goto *labels[*p++];
        add: a += 5; goto *labels[*p++];
        mul: a *= 3; goto *labels[*p++];
        end: return a;
        }
        long bits(long x) { long r; __asm__("popcntq %1, %0" : "=r"(r) : "r"(x)); return r; }"#;
    for place in PLACES {
        let payload = Payload::c(source, &[("run", PUBLIC), ("bits", PUBLIC)], &["memcpy"]);
        let program = Program::start(place, payload, &[]);
        let run: extern "C" fn(*const u8) -> c_int = program.function("run");
        assert_eq!(run([0, 1, 0, 2].as_ptr()), 23);
        let bits: extern "C" fn(i64) -> i64 = program.function("bits");
        assert_eq!(bits(0xff), 8);
    }
}

extern "C-unwind" fn throw(value: c_int) {
    if value > 0 {
        std::panic::panic_any(value);
    }
}

#[test]
fn exceptions_pass_through() {
    let source = "
        extern void thrower(int); extern void mark(void *);
        static void clean(int *p) { mark(p); }
        static int inner(int a) { thrower(a); return a; }
        int outer(int a) { int guard __attribute__((cleanup(clean))) = a; return inner(a) + guard; }";
    extern "C" fn mark(at: *mut c_void) {
        // SAFETY: the lazy code passes a pointer to an int.
        CLEANED.with(|cleaned| cleaned.set(cleaned.get() + unsafe { *at.cast::<c_int>() }));
    }
    thread_local!(static CLEANED: std::cell::Cell<c_int> = const { std::cell::Cell::new(0) });
    let functions = [("outer", PUBLIC), ("inner", PRIVATE), ("clean", PRIVATE)];
    for place in PLACES {
        let bitcode = bitcode("c", source, &["-O0", "-fexceptions"]);
        let payload = Payload::new(
            bitcode,
            &functions,
            &["thrower", "mark", "_Unwind_Resume", "abort", "__gcc_personality_v0"],
        );
        let given = [("thrower", throw as *const () as u64), ("mark", mark as *const () as u64)];
        let program = Program::start(place, payload, &given);
        let outer: extern "C-unwind" fn(c_int) -> c_int = program.function("outer");
        CLEANED.with(|cleaned| cleaned.set(0));
        assert_eq!(outer(-1), -2);
        let caught = std::panic::catch_unwind(|| outer(3)).unwrap_err();
        assert_eq!(caught.downcast_ref::<c_int>(), Some(&3));
        assert_eq!(CLEANED.with(std::cell::Cell::get), 2);
    }
}

#[test]
fn optimized_code() {
    let source = "
        static int square(int a) { return a * a; }
        int sum(const int *p, int n) { int s = 0; for (int i = 0; i < n; i++) s += square(p[i]); return s; }
        void clear(char *p, unsigned long n) { for (unsigned long i = 0; i < n; i++) p[i] = 0; }";
    let functions = [("sum", PUBLIC), ("square", PRIVATE), ("clear", PUBLIC)];
    for place in PLACES {
        for level in [1, 2, 3] {
            let flags = [&format!("-O{level}"), "-Xclang", "-disable-llvm-passes"];
            let mut payload =
                Payload::new(bitcode("c", source, &flags.map(|f| f as &str)), &functions, &["memset"]);
            payload.options.opt_level = level;
            payload.options.fast_isel = 0;
            let program = Program::start(place, payload, &[]);
            let sum: extern "C" fn(*const c_int, c_int) -> c_int = program.function("sum");
            let numbers: Vec<c_int> = (1..=100).collect();
            assert_eq!(sum(numbers.as_ptr(), 100), 338_350);
            let clear: extern "C" fn(*mut u8, u64) = program.function("clear");
            let mut bytes = [1u8; 100];
            clear(bytes.as_mut_ptr(), 99);
            assert_eq!((bytes[0], bytes[98], bytes[99]), (0, 0, 1));
        }
    }
}

/// The optimizer makes no calls to functions that the program does not have.
#[test]
fn no_new_library_calls() {
    let source = r#"
        int memcmp(const void *, const void *, unsigned long); int printf(const char *, ...);
        int equal(const char *a, const char *b, unsigned long n) { return memcmp(a, b, n) == 0; }
        int say(void) { printf("\n"); return 7; }"#;
    for level in [1, 2, 3] {
        let flags = [&format!("-O{level}"), "-Xclang", "-disable-llvm-passes"];
        let bitcode = bitcode("c", source, &flags.map(|f| f as &str));
        let mut payload = Payload::new(bitcode, &[("equal", PUBLIC), ("say", PUBLIC)], &["memcmp", "printf"]);
        payload.options.opt_level = level;
        let program = Program::start(Place::Far, payload, &[]);
        let equal: extern "C" fn(*const c_char, *const c_char, u64) -> c_int = program.function("equal");
        assert_eq!(equal(c"abcd".as_ptr(), c"abce".as_ptr(), 3), 1);
        assert_eq!(equal(c"abcd".as_ptr(), c"abce".as_ptr(), 4), 0);
        program.materialize(program.index("say"));
    }
}

#[test]
fn code_generation_options() {
    let source = r#"
        static int helper(int a) { return a + 1; }
        int f(int a) { char buffer[64]; buffer[a] = 1; return helper(a) + buffer[a]; }
        int named(int a) __asm__("another_name");
        int named(int a) { return f(a) * 2; }"#;
    let functions = [("f", PUBLIC), ("helper", PRIVATE), ("another_name", PUBLIC)];
    let flag_sets: [&[&str]; 4] = [
        &["-O0", "-fcf-protection=full", "-fstack-protector-all"],
        &["-O0", "-fno-plt", "-fno-asynchronous-unwind-tables"],
        &["-O0", "-g", "-march=x86-64-v3"],
        &["-O0", "-fno-pic", "-mcmodel=small"],
    ];
    for place in PLACES {
        for flags in flag_sets {
            let payload = Payload::new(
                bitcode("c", source, flags),
                &functions,
                &["f", "__stack_chk_fail", "another_name"],
            );
            let program = Program::start(place, payload, &[]);
            let named: extern "C" fn(c_int) -> c_int = program.function("another_name");
            assert_eq!(named(5), 14, "{flags:?}");
        }
    }
}
