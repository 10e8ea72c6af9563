//! Of a unit that was edited, what the version before it used is expected.

mod support;

use autojit_engine::engine::Engine;
use autojit_engine::module::Module;
use autojit_engine::successors::inherit;
use std::sync::Arc;
use support::payload::{PUBLIC, Payload};

const IMAGE: u64 = 1;

/// A version of a unit.
fn version(engine: &Engine, number: u32) -> Arc<Module> {
    let source = format!(
        "int one(void) {{ return {number}; }} int two(void) {{ return 2; }} int three(void) {{ return 3; }}"
    );
    let payload = Payload::c(&source, &["one", "two", "three"].map(|name| (name, PUBLIC)), &[]);
    engine.add(payload.hash(), payload.bytes()).unwrap()
}

fn expected(engine: &Engine, module: &Arc<Module>) -> Vec<String> {
    let inherited = inherit(engine, std::slice::from_ref(module));
    inherited.iter().map(|(module, function)| module.function_symbol(*function).to_owned()).collect()
}

#[test]
fn the_version_that_was_used_last_counts() {
    let engine = Engine::default();
    let first = version(&engine, 1);
    assert!(expected(&engine, &first).is_empty());
    engine.remember(&first, IMAGE, &[first.function_index("one").unwrap()]);
    for (number, used) in [(2, "two"), (3, "three"), (4, "two")] {
        let module = version(&engine, number);
        engine.remember(&module, IMAGE, &[module.function_index(used).unwrap()]);
        assert_eq!(expected(&engine, &version(&engine, 10 + number)), [used]);
    }
    engine.warm.get(&first.hash);
    assert_eq!(expected(&engine, &version(&engine, 20)), ["one"]);
}
