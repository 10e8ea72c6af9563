//! What the compiler does above -O0 before functions become lazy.

use crate::Own;
use crate::compare::autojit;
use anyhow::{Result, ensure};
use autojit_testsuite::suite::Context;
use std::fs;
use std::path::Path;

pub const CASES: &[(&str, Own)] =
    &[("always-inlined functions are simplified before they are inlined", always_inlined)];

/// Each level calls the next one in two places, of which one is left once the argument is known.
const NESTED: &str = "template <int N> struct Level {
    static inline __attribute__((always_inline)) void run(float *p, int k) {
        if (k & 1) Level<N - 1>::run(p, 0); else Level<N - 1>::run(p + 1, 1);
    }
};
template <> struct Level<0> { static inline __attribute__((always_inline)) void run(float *p, int k) { p[k] += 1; } };
void start(float *p) { Level<12>::run(p, 0); }
";

fn always_inlined(context: &Context, dir: &Path) -> Result<()> {
    fs::write(dir.join("nested.cpp"), NESTED)?;
    let found = autojit(context, dir, "-x c++ -O2 -c ../nested.cpp -o nested.o")?;
    found.outcome.expect_success("compile")?;
    let size = fs::metadata(found.dir.join("nested.o"))?.len();
    ensure!(size < 64 << 10, "an object of {size} bytes");
    Ok(())
}
