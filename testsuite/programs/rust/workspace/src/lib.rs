//! A library with unit tests and a documentation test.

include!(concat!(env!("OUT_DIR"), "/table.rs"));

#[derive(Default, lazy_derive::Names)]
pub struct Point {
    pub x: i32,
    pub y: i32,
}

/// Adds.
///
/// ```
/// assert_eq!(lazy_workspace::add(2, 3), 5);
/// ```
pub fn add(a: i32, b: i32) -> i32 {
    a + b
}

pub fn parallel(n: usize) -> u32 {
    std::thread::scope(|s| {
        let all: Vec<_> = (0..n).map(|i| s.spawn(move || CUBES[i % 8])).collect();
        all.into_iter().map(|t| t.join().unwrap()).sum()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(Point::NAMES, ["x", "y"]);
    }

    #[test]
    #[should_panic(expected = "overflow")]
    fn overflow() {
        add(std::hint::black_box(i32::MAX), 1);
    }

    #[test]
    fn threads() {
        assert_eq!(parallel(16), 2 * 784);
    }

    #[test]
    #[ignore = "must fail"]
    fn fails() {
        assert_eq!(add(1, 1), 3, "on purpose");
    }
}
