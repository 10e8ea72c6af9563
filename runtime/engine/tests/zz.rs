mod support;
use support::Place; use support::payload::*; use support::program::Program;
#[test]
fn dump() {
    for place in [Place::Near, Place::Far] {
        let p = Program::start(place, Payload::c("void *self(void) { return (void *)self; } int g(int); int f(int a){return g(a);}", &[("self", PUBLIC),("f",PUBLIC)], &["self","g"]), &[("g",0x1234)]);
        for i in 0..2 {
        let c = p.materialize(i);
        println!("{place:?} arena {:x?} code {c:x} stub {:x}", p.client.lock().unwrap().arena(), p.address("self"));
        let b = unsafe { std::slice::from_raw_parts((c - 0x50) as *const u8, 0x80) };
        println!("{b:02x?}"); }
    }
}
