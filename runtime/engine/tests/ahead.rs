//! Compiling what was not asked for yet: along the call graph, over several modules.

mod support;

use autojit_engine::ahead::{Ahead, Settings};
use autojit_engine::engine::Engine;
use autojit_engine::server::Daemon;
use std::ffi::c_int;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::payload::{PRIVATE, PUBLIC, Payload, bitcode};
use support::program::Program;
use support::{Client, Place};

/// A chain of calls, and one function that nothing calls.
const SOURCE: &str = "
    static int d(int a) { return a + 4; }
    static int c(int a) { return a ? d(a) + 3 : 0; }
    static int b(int a) { return a ? c(a) + 2 : 0; }
    int a(int x) { return x ? b(x) + 1 : 0; }
    int alone(int x) { return x; }";
const FUNCTIONS: [(&str, u32); 5] =
    [("a", PUBLIC), ("b", PRIVATE), ("c", PRIVATE), ("d", PRIVATE), ("alone", PUBLIC)];

fn payload() -> Payload {
    let mut payload = Payload::c(SOURCE, &FUNCTIONS, &[]);
    payload.callees = vec![vec![1], vec![2], vec![3], vec![], vec![]];
    payload
}

fn daemon(distance: u32, threads: usize) -> Arc<Daemon> {
    let ahead = Ahead::new(Settings { distance, threads });
    Daemon::new(64 << 20, Engine { ahead, ..Engine::default() }).unwrap()
}

fn prepared(daemon: &Daemon) -> u64 {
    daemon.engine.statistics.snapshot().prepared
}

fn wait_until(condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Asks for `name` and waits until nothing is left to do.
fn reach(daemon: &Daemon, program: &Program, name: &str, expected: u64) {
    program.materialize(program.index(name));
    wait_until(|| prepared(daemon) == expected);
}

#[test]
fn what_is_near_is_compiled_and_comes_along() {
    for place in [Place::Near, Place::Far] {
        let daemon = daemon(2, 1);
        let program = Program::in_session(Client::of(&daemon, place), payload(), &[]);
        reach(&daemon, &program, "a", 2);
        // b is ready, and so is c, which comes with it. Now d is within two calls.
        reach(&daemon, &program, "b", 3);
        assert_eq!(program.came_along(), ["c"]);
        let a: extern "C" fn(c_int) -> c_int = program.function("a");
        assert_eq!((a(1), a(0)), (11, 0));
        assert_eq!(program.called(), ["a", "b", "d"]);
        let done = daemon.engine.statistics.snapshot();
        assert_eq!((done.compiled, done.found, done.ahead, done.prepared), (1, 2, 1, 3));
    }
}

/// What is inlined is not called: only what the code calls is compiled ahead, once that is known.
#[test]
fn of_optimized_code_what_it_calls_is_compiled() {
    let source = "
        __attribute__((noinline)) static int d(int a) { return a + 4; }
        static int inlined(int a) { return a * 3; }
        __attribute__((noinline)) static int c(int a) { return a ? d(a) + inlined(a) : 0; }
        __attribute__((noinline)) static int b(int a) { return a ? c(a) + inlined(a) : 0; }
        int a(int x) { return x ? b(x) + inlined(x) : 0; }";
    let functions = [("a", PUBLIC), ("b", PRIVATE), ("c", PRIVATE), ("d", PRIVATE), ("inlined", PRIVATE)];
    let flags = ["-O2", "-Xclang", "-disable-llvm-passes"];
    let mut payload = Payload::new(bitcode("c", source, &flags), &functions, &[]);
    payload.callees = vec![vec![1, 4], vec![2, 4], vec![3, 4], vec![], vec![]];
    payload.options.opt_level = 2;
    for threads in [1, 3] {
        let daemon = daemon(2, threads);
        let program = Program::in_session(Client::of(&daemon, Place::Near), payload.clone(), &[]);
        // b, and c, which is known when b is there.
        reach(&daemon, &program, "a", 2);
        let a: extern "C" fn(c_int) -> c_int = program.function("a");
        assert_eq!(a(1), 5 + 3 + 3 + 3);
        assert_eq!(program.called(), ["a", "b", "d"]);
        assert_eq!(program.came_along(), ["c"]);
        let modules = daemon.engine.warm.all();
        assert!(!modules[0].is_known(program.index("inlined")));
    }
}

#[test]
fn nothing_is_compiled_ahead_when_that_is_off() {
    for (distance, threads) in [(0, 1), (2, 0)] {
        let daemon = daemon(distance, threads);
        let program = Program::in_session(Client::of(&daemon, Place::Near), payload(), &[]);
        let a: extern "C" fn(c_int) -> c_int = program.function("a");
        assert_eq!(a(1), 11);
        assert_eq!(program.called(), ["a", "b", "c", "d"]);
        assert_eq!((prepared(&daemon), program.came_along().len()), (0, 0));
    }
}

#[test]
fn calls_lead_into_other_modules() {
    let daemon = daemon(3, 2);
    let other = Program::in_session(Client::of(&daemon, Place::Near), payload(), &[]);
    let mut first = Payload::c("int a(int); int start(int x) { return a(x); }", &[("start", PUBLIC)], &["a"]);
    // Function 0 calls import 0.
    first.callees = vec![vec![1]];
    let other_address = other.address("a");
    let program =
        Program::in_session(Client::of(&daemon, Place::Near), first.clone(), &[("a", other_address)]);
    // Sessions of their own: the modules are not known to belong together.
    program.materialize(0);
    assert_eq!(prepared(&daemon), 0);
    // Once they are, a, b and c are within three calls of start.
    let modules = daemon.engine.warm.all();
    assert_eq!(modules.len(), 2);
    daemon.engine.announced.add(&modules);
    let program = Program::in_session(Client::of(&daemon, Place::Near), first, &[("a", other_address)]);
    reach(&daemon, &program, "start", 3);
    // One more, which is within three calls of a: else it is a race whether that is ahead.
    reach(&daemon, &other, "a", 4);
    let start: extern "C" fn(c_int) -> c_int = program.function("start");
    // d is not among them, so that nothing may call it here.
    assert_eq!(start(0), 0);
    for name in ["b", "c"] {
        other.materialize(other.index(name));
    }
    assert_eq!(daemon.engine.statistics.snapshot().compiled, 1, "start itself");
}

#[test]
fn a_function_that_cannot_be_compiled_fails_when_it_is_called() {
    let mut payload = Payload::c(
        "int missing(int); static int b(int x) { return missing(x); } int a(int x) { return x ? b(x) : 7; }",
        &[("a", PUBLIC), ("b", PRIVATE)],
        &[],
    );
    payload.callees = vec![vec![1], vec![]];
    let daemon = daemon(2, 1);
    let program = Program::in_session(Client::of(&daemon, Place::Near), payload, &[]);
    reach(&daemon, &program, "a", 1);
    let a: extern "C" fn(c_int) -> c_int = program.function("a");
    assert_eq!(a(0), 7);
    let (_, message) = program.try_materialize(1).unwrap_err();
    assert!(message.contains("missing"), "{message}");
}
