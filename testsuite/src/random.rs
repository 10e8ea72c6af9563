//! What tests with random programs share: numbers, and which seeds there are.

use anyhow::{Context as _, Result};
use std::env;
use std::ops::RangeInclusive;

/// A generator of numbers that is the same everywhere (G. Marsaglia, Xorshift RNGs, 2003).
pub struct Random(u64);

impl Random {
    pub fn of(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        all.get(self.below(all.len())).copied()
    }
}

/// Seeds as an environment variable says: 1 to a number, or `501-2000`. 1 to `count` if it says nothing.
pub fn seeds(variable: &str, count: u64) -> Result<RangeInclusive<u64>> {
    let Ok(text) = env::var(variable) else { return Ok(1..=count) };
    let (start, end) = text.split_once('-').unwrap_or(("1", &text));
    let number = |text: &str| text.parse().with_context(|| format!("{variable}: '{text}'"));
    Ok(number(start)?..=number(end)?)
}

/// clang's levels as `AUTOJIT_TEST_OPT` says.
pub fn levels(usual: &str) -> Vec<String> {
    let levels = env::var("AUTOJIT_TEST_OPT").unwrap_or_else(|_| usual.to_owned());
    levels.split_whitespace().map(|level| format!("-{level}")).collect()
}
