//! Builtins, which are entered into a unit's table of names when it names them (driver/clang/builtins.cpp).

use crate::Own;
use crate::compare::compare;
use anyhow::Result;
use autojit_testsuite::process::{self, TIME_LIMIT};
use autojit_testsuite::suite::Context;
use std::fs;
use std::path::Path;

pub const CASES: &[(&str, Own)] =
    &[("builtins are those that clang has", as_clang), ("what clang says of builtins", said)];

/// Languages and options by which there are others.
const LINES: &[&str] = &[
    "-x c",
    "-x c -std=c89",
    "-x c -ansi",
    "-x c -std=c99 -O2",
    "-x c -std=c2y",
    "-x c -std=gnu23",
    "-x c -fms-extensions",
    "-x c -ffreestanding",
    "-x c -fno-builtin",
    "-x c -fno-builtin-printf",
    "-x c -Xclang -fno-math-builtin",
    "-x c -fopenmp",
    "-x c -fblocks",
    "-x c -mavx512f",
    "-x c -m32",
    "-x c -fmodules",
    "-x c --target=aarch64-linux-gnu",
    "-x c++",
    "-x c++ -std=c++98",
    "-x c++ -std=c++11 -fno-gnu-keywords",
    "-x c++ -std=c++17 -fms-extensions -fopenmp",
    "-x c++ -std=c++17 -Xclang -fcoroutines",
    "-x c++ -std=c++20",
    "-x c++ -std=gnu++26",
    "-x objective-c",
];

/// By what `AUTOJIT_BUILTINS=check` compares.
fn as_clang(context: &Context, dir: &Path) -> Result<()> {
    fs::write(dir.join("empty.c"), "int nothing;\n")?;
    for line in LINES {
        let mut command = context.sandbox.command(&context.toolchains.tested.cc);
        command.current_dir(dir).env("AUTOJIT_BUILTINS", "check");
        command.args(line.split(' ')).args(["-c", "empty.c", "-o", "empty.o"]);
        process::run(&mut command, b"", TIME_LIMIT)?.expect_success(line)?;
    }
    Ok(())
}

/// Names of each kind that nothing declares, names that are nearly one, and answers to `__has_builtin`.
const NAMES: &str = "
#define ASK(name) int has_##name[1 + __has_builtin(name)];
ASK(__builtin_expect) ASK(__builtin_ia32_pause) ASK(__builtin_ia32_crc32di) ASK(printf) ASK(_InterlockedAnd64)
ASK(__builtin_coro_resume) ASK(__builtin_nothing) ASK(malloc) ASK(sin) ASK(__addressof)
int printf;
double use(double x) {
    __builtin_ia32_pauses();
    __builtin_strlem(\"name\");
    strcmpp(\"a\", \"b\");
    memcpy(&x, &x, sizeof x);
    _ReadWriteBarrier();
    __sync_fetch_and_add(&x, 1.0);
    void *mallocs = alloca(3);
    return sinn(x) + cos(x) + __builtin_fabs(x) + __builtin_ia32_pause;
}
void use_more(void) { longjmp(0, 1); fprintf(0, \"%s\", 1); exitt(1); }
";

fn said(context: &Context, dir: &Path) -> Result<()> {
    fs::write(dir.join("names.c"), NAMES)?;
    for (number, line) in LINES.iter().enumerate() {
        let dir = dir.join(number.to_string());
        fs::create_dir(&dir)?;
        compare(context, &dir, &format!("{line} -Wall -c ../../names.c -o names.o"), "", &|text| text)?;
    }
    Ok(())
}
