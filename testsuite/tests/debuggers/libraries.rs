//! Lazy libraries, of programs and loaded by them.

use crate::bench::{Bench, commands};
use crate::transcripts::{compare, mask, mask_lldb, same};
use anyhow::{Result, ensure};
use std::fs;

pub fn library(bench: &Bench<'_>) -> Result<()> {
    let commands = commands(&[
        "break main",
        "break library_sum",
        "run",
        "next",
        "continue",
        "bt",
        "info args",
        "next",
        "print total",
        "finish",
        "continue",
        "print table",
    ]);
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["library.c", "user.c"])?;
        bench.compile(toolchain, &folder, &["-g", "-fPIC", "-shared", "library.c", "-o", "libsum.so"])?;
        bench.compile(
            toolchain,
            &folder,
            &["-g", "user.c", "-L.", "-lsum", "-Wl,-rpath,$ORIGIN", "-o", "program"],
        )?;
        transcripts.push(mask(&bench.session(&folder, "./program", &commands)?, &folder));
    }
    compare(&transcripts[0], &transcripts[1])
}

/// Each lazy library has its code above itself, as far as there is room: GDB then steps over stubs.
pub fn plugins(bench: &Bench<'_>) -> Result<()> {
    const PLUGIN: &str = "static int count;\nint run(int by) {\n  int doubled = by * 2;\n  count++;\n  return doubled;\n}\n\n\
                          int more(int by) {\n  return run(by) + 1;\n}\n";
    const PROGRAM: &str = "#include <dlfcn.h>\n\nint main(void) {\n  int all = 0;\n  char name[] = \"./libp0.so\";\n  \
                           for (int i = 0; i < 5; i++) {\n    name[6] = (char)('0' + i);\n    \
                           void *plugin = dlopen(name, RTLD_NOW);\n    int (*run)(int) = (int (*)(int))dlsym(plugin, \"run\");\n    \
                           int (*more)(int) = (int (*)(int))dlsym(plugin, \"more\");\n    all += run(i);\n    all += more(i);\n  }\n  \
                           return all - 45;\n}\n";
    let steps = ["next"; 40].into_iter().chain(["step"; 12]);
    let script: Vec<&str> =
        ["break main", "run"].into_iter().chain(steps).chain(["bt", "info locals"]).collect();
    let commands = commands(&script);
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &[])?;
        fs::write(folder.join("plugin.c"), PLUGIN)?;
        fs::write(folder.join("program.c"), PROGRAM)?;
        for i in 0..5 {
            let name = format!("libp{i}.so");
            bench.compile(toolchain, &folder, &["-g", "-fPIC", "-shared", "plugin.c", "-o", &name])?;
        }
        bench.compile(toolchain, &folder, &["-g", "program.c", "-ldl", "-o", "program"])?;
        transcripts.push(mask(&bench.session(&folder, "./program", &commands)?, &folder));
    }
    ensure!(transcripts[0].iter().any(|line| line.contains("main ()")), "{:?}", transcripts[0]);
    same(&transcripts[0], &transcripts[1])
}

/// Code that lies far from a library gets there by a detour, which nobody sees.
pub fn step_into_library(bench: &Bench<'_>, debugger: &str) -> Result<()> {
    let is_gdb = debugger == "gdb";
    let start = match is_gdb {
        true => ["break caller.c:9", "break cfun if x > 100", "run"],
        false => ["breakpoint set -f caller.c -l 9", "breakpoint set -f callee.c -l 3 -c 'x > 100'", "run"],
    };
    let frames = if is_gdb { "bt" } else { "frame info" };
    let steps = ["step", frames, "step", "step", "step", "step", frames, "finish", "next", "next"];
    let commands = commands(&start.into_iter().chain(steps).collect::<Vec<_>>());
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["caller.c", "callee.c"])?;
        bench.compile(
            toolchain,
            &folder,
            &["-g", "-fPIC", "-shared", "callee.c", "-Wl,-soname,libcallee.so", "-o", "libcallee.so"],
        )?;
        bench.compile(
            toolchain,
            &folder,
            &["-g", "caller.c", "libcallee.so", "-Wl,-rpath,$ORIGIN", "-o", "program"],
        )?;
        transcripts.push(match is_gdb {
            true => mask(&bench.session(&folder, "./program", &commands)?, &folder),
            false => mask_lldb(&bench.lldb_session(&folder, &["./program"], &commands)?, &folder),
        });
    }
    let text = transcripts[0].join("\n");
    ensure!(text.contains("cfun (x=2)") || text.contains("cfun(x=2)"), "{text}");
    same(&transcripts[0], &transcripts[1])
}

/// What a debugger was told of a plugin stays when the plugin is gone, and the next one is told of behind it.
pub fn unloaded_plugins(bench: &Bench<'_>) -> Result<()> {
    const PROGRAM: &str = "#include <dlfcn.h>\n#include <stdio.h>\n\nint main(void) {\n  for (int i = 0; i < 4; i++) {\n    \
                           void *plugin = dlopen(i % 2 ? \"./small.so\" : \"./big.so\", RTLD_NOW);\n    \
                           int (*f)(int) = (int (*)(int))dlsym(plugin, \"f\");\n    printf(\"%d\\n\", f(i));\n    \
                           dlclose(plugin);\n  }\n  return 0;\n}\n";
    let folder = bench.folder("autojit", &[])?;
    let tested = &bench.0.context.toolchains.tested;
    // The first one is larger, so that where it was there is nothing any more.
    fs::write(folder.join("big.c"), "static char big[5000000];\nint f(int x) { return big[x] + x; }\n")?;
    fs::write(folder.join("small.c"), "int f(int x) { return x + 10; }\n")?;
    fs::write(folder.join("program.c"), PROGRAM)?;
    for flags in [&["-g"][..], &[]] {
        for name in ["big", "small"] {
            let (source, library) = (format!("{name}.c"), format!("{name}.so"));
            let rest = ["-fPIC", "-shared", &source, "-o", &library];
            bench.compile(tested, &folder, &[flags, &rest].concat())?;
        }
        bench.compile(tested, &folder, &[flags, &["program.c", "-o", "program"]].concat())?;
        let text = bench.lldb_session(&folder, &["./program"], &commands(&["run"]))?;
        ensure!(text.contains("13") && text.contains("exited with status = 0"), "{text}");
        let text = bench.session(&folder, "./program", &commands(&["run"]))?;
        ensure!(text.contains("13") && text.contains("exited normally"), "{text}");
    }
    Ok(())
}

/// All images announce their code in one place, where LLDB looks. `plain`: the program is clang's.
pub fn libraries(bench: &Bench<'_>, flags: &[&str], plain: bool) -> Result<()> {
    const MORE: &str = "int library_sum(int count);\nstatic int half(int number) {\n  return number / 2;\n}\n\n\
                        int library_more(int count) {\n  int more = library_sum(count);\n  return half(more) + 1;\n}\n";
    const PROGRAM: &str = "int library_more(int count);\n\nint main(void) {\n  int found = library_more(4);\n  \
                           return found - 16;\n}\n";
    let commands = commands(&[
        "settings set plugin.jit-loader.gdb.enable on",
        "breakpoint set -n library_sum",
        "breakpoint set -n half",
        "run",
        "bt",
        "frame variable count",
        "next",
        "frame variable",
        "finish",
        "continue",
        "bt",
        "frame variable",
        "finish",
        "frame variable",
        "finish",
        "next",
        "frame variable",
        "continue",
    ]);
    let mut transcripts = Vec::new();
    for (side, toolchain) in bench.sides() {
        let folder = bench.folder(side, &["library.c"])?;
        fs::write(folder.join("more.c"), MORE)?;
        fs::write(folder.join("program.c"), PROGRAM)?;
        let library = ["-g", "-fPIC", "-shared", "-Wl,-rpath,$ORIGIN"];
        bench.compile(toolchain, &folder, &[&library[..], &["library.c", "-o", "libsum.so"]].concat())?;
        bench.compile(
            toolchain,
            &folder,
            &[&library[..], &["more.c", "-L.", "-lsum", "-o", "libmore.so"]].concat(),
        )?;
        let compiler = if plain { &bench.0.context.toolchains.reference } else { toolchain };
        let program = ["-g", "program.c", "-L.", "-lmore", "-lsum", "-Wl,-rpath,$ORIGIN", "-o", "program"];
        bench.compile(compiler, &folder, &[flags, &program].concat())?;
        let mut transcript = mask_lldb(&bench.lldb_session(&folder, &["./program"], &commands)?, &folder);
        for line in &mut transcript {
            *line = line.replace("libsum.so`", "program`").replace("libmore.so`", "program`");
        }
        transcripts.push(transcript);
    }
    ensure!(transcripts[0].iter().any(|l| l.contains("half(number=30)")), "{:?}", transcripts[0]);
    same(&transcripts[0], &transcripts[1])
}
