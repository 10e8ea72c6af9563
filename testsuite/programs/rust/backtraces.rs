//! Panics in functions that are far down, and stacks that are asked for.

use std::backtrace::Backtrace;
use std::panic;
use std::thread;

#[inline(never)]
fn deep(depth: u32, values: &[u32]) -> u32 {
    if depth == 0 { values[values.len()] } else { deep(depth - 1, values) + 1 }
}

struct Guard<'a>(&'a str);

impl Guard<'_> {
    #[inline(never)]
    fn check(&self, number: u32) -> u32 {
        assert!(number < 3, "{} is too large for {}", number, self.0);
        number
    }
}

#[inline(never)]
fn each<T: Copy, F: Fn(T) -> u32>(values: &[T], work: F) -> u32 {
    values.iter().map(|&value| work(value)).sum()
}

fn main() {
    let guard = Guard("a guard");
    match std::env::args().nth(1).as_deref() {
        Some("index") => {
            let result = panic::catch_unwind(|| deep(2, &[1, 2]));
            assert!(result.is_err());
        }
        Some("closure") => {
            // The second time all is known.
            for _ in 0..2 {
                let result = panic::catch_unwind(|| each(&[1, 2, 3], |n| guard.check(n)));
                assert!(result.is_err());
            }
        }
        Some("thread") => {
            let work = || each(&["a", "bc"], |text| deep(text.len() as u32, &[]));
            assert!(thread::spawn(work).join().is_err());
        }
        _ => eprintln!("{}", Backtrace::force_capture()),
    }
}
