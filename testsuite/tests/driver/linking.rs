//! Links: what is said of missing symbols, and that plain ones stay plain.

use crate::Own;
use crate::compare::run_in;
use anyhow::{Result, ensure};
use autojit_testsuite::process::{self, Status, TIME_LIMIT};
use autojit_testsuite::suite::Context;
use std::fs;
use std::path::Path;

pub const CASES: &[(&str, Own)] = &[
    ("who needs a missing symbol is said behind the linker's words", missing_symbol),
    ("a link without lazy code takes nothing of ours", without_lazy_code),
];

fn missing_symbol(context: &Context, dir: &Path) -> Result<()> {
    let source = "extern \"C\" int nope(int);\nint other(const char *);\nextern int gone;\n\
                  static int inner(int a) { return nope(a) + gone; }\n\
                  int outer(int a) { return other(\"\") + inner(a); }\nint main() { return outer(1); }\n";
    fs::write(dir.join("part.cpp"), source)?;
    let run = |words: &str| {
        let mut command = context.sandbox.command(&context.toolchains.tested.cxx);
        process::run(command.current_dir(dir).args(words.split(' ')), b"", TIME_LIMIT)
    };
    for level in ["-O0", "-O2"] {
        run(&format!("{level} -g -c part.cpp -o part.o"))?.expect_success("compile")?;
        for linker in ["bfd", "gold", "lld"] {
            let found = run(&format!("-fuse-ld={linker} part.o -o part"))?;
            let words = found.stderr_text();
            for note in [
                "autojit-cc: note: 'nope' is needed by 'inner(int)' (part.o)\n",
                "autojit-cc: note: 'other(char const*)' is needed by 'outer(int)' (part.o)\n",
                "autojit-cc: note: 'gone' is needed by lazy code of part.o\n",
            ] {
                let is_right = found.status == Status::Exit(1) && words.contains(note);
                ensure!(is_right, "{level} {linker}: {note}{found}");
            }
        }
    }
    Ok(())
}

fn without_lazy_code(context: &Context, dir: &Path) -> Result<()> {
    let source = "#include <dlfcn.h>\n#include <execinfo.h>\n\
                  int main(void) { void *frame; return backtrace(&frame, 1) - 1 || dlopen(\"none\", 1); }\n";
    fs::write(dir.join("plain.c"), source)?;
    let has = |name: &str, line: &str| {
        run_in(context, dir, line)?.expect_success("compile")?;
        let bytes = fs::read(dir.join("program"))?;
        Ok::<_, anyhow::Error>(bytes.windows(name.len()).any(|window| window == name.as_bytes()))
    };
    run_in(context, dir, "--autojit-off -c plain.c")?.expect_success("compile")?;
    for name in ["__wrap_", "__autojit", "libgcc_s"] {
        ensure!(!has(name, "plain.o -o program")?, "{name}");
        ensure!(has(name, "plain.c -o program")?, "{name} is not in a lazy program either");
    }
    Ok(())
}
