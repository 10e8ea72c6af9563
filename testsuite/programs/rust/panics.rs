//! Panics: unwinding through lazy and other frames, drops on the way, payloads, backtraces, exit status.

use std::backtrace::Backtrace;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};

struct Trace(&'static str);

impl Drop for Trace {
    fn drop(&mut self) {
        println!("leaving {} ({})", self.0, if std::thread::panicking() { "panic" } else { "normal" });
    }
}

fn deep(n: u32) -> u32 {
    let _trace = (n % 4 == 0).then_some(Trace("deep"));
    if n == 0 {
        panic!("bottom of {}", "recursion");
    }
    deep(n - 1) + 1
}

/// Out of the standard library's code into ours, and a panic back through both.
fn through_sort() {
    let mut values = [3, 1, 2];
    values.sort_by(|a, b| if *a == 1 || *b == 1 { panic!("cannot compare") } else { a.cmp(b) });
}

fn payload<T: std::any::Any + Send + 'static>(value: T) -> Result<(), Box<dyn std::any::Any + Send>> {
    panic::catch_unwind(AssertUnwindSafe(move || panic::panic_any(value)))
}

#[inline(never)]
fn frames() -> usize {
    let text = Backtrace::force_capture().to_string();
    text.lines().filter(|l| l.trim_start().split(':').next().is_some_and(|n| n.trim().parse::<u32>().is_ok())).count()
}

#[inline(never)]
fn deeper(n: u32) -> usize {
    if n == 0 { frames() } else { std::hint::black_box(deeper(n - 1)) }
}

fn main() {
    panic::set_hook(Box::new(|info| {
        let text = info.payload_as_str().unwrap_or("no text");
        println!("hook: {text} at line {}", info.location().map_or(0, |l| l.line()));
    }));
    println!("{}", panic::catch_unwind(|| deep(9)).is_err());
    println!("{}", panic::catch_unwind(through_sort).is_err());
    println!("{:?}", payload(42u8).unwrap_err().downcast_ref::<u8>());
    println!("{:?}", payload(String::from("text")).unwrap_err().downcast::<String>());
    let count = Cell::new(0);
    for i in 0..200 {
        let caught = panic::catch_unwind(AssertUnwindSafe(|| {
            let _trace = (i == 0).then_some(Trace("loop"));
            if i % 50 == 0 {
                let empty: Vec<u32> = Vec::new();
                return empty[i];
            }
            count.set(count.get() + 1);
            7
        }));
        if let Err(again) = caught {
            let resumed = panic::catch_unwind(AssertUnwindSafe(|| panic::resume_unwind(again)));
            println!("{i} {}", resumed.is_err());
        }
    }
    println!("{}", count.get());
    // Each level is a frame that the unwinder walks through.
    println!("{}", deeper(30) - deeper(10));
    let joined = std::thread::spawn(|| {
        let _trace = Trace("thread");
        let none: Option<u32> = None;
        none.expect("nothing there")
    })
    .join();
    println!("{}", joined.is_err());
    println!("{:?}", i32::try_from(1u64 << 40).is_err());
    let _last = Trace("main");
    std::process::exit(if panic::catch_unwind(|| deep(1)).is_err() { 3 } else { 0 });
}
