"""Measures late against early binding (bzip2, SQLite), and lazy Rust against plain cargo, and prints Markdown tables.

The rules of fairness are those of bench.py, whose helpers it uses: the same sources and options, interleaved rounds of which the first does
not count, medians, a daemon of this run's own. Builds with cargo are from nothing, with the packages already fetched.

    scripts/bench_binding.py [--rounds N] [--rust DIR...]    DIR: folders with a Cargo.toml that makes a program
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench import BZIP2, FLAGS, RELEASE, crate_sources, machine, output, run

CC = RELEASE / "autojit-cc"


def interleaved(commands, rounds):
    """Median wall time in seconds by name; `commands` maps a name to a function that does the work once."""
    times = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name in commands if turn % 2 else reversed(commands):
            began = time.perf_counter()
            commands[name]()
            if turn:
                times[name].append(time.perf_counter() - began)
    return {name: statistics.median(list_) for name, list_ in times.items()}


def quiet(command, **options):
    return lambda: run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)


def dynamic_symbols(program):
    return len(output(["nm", "-D", program]).splitlines())


def row(title, values, unit):
    first, second = values
    ratio = second / first if first else float("nan")
    show = (lambda v: f"{v * 1000:.1f} ms") if unit == "ms" else (lambda v: f"{v:.2f} s") if unit == "s" else (lambda v: f"{v:,}")
    print(f"| {title} | {show(first)} | {show(second)} | {ratio:.2f} |", flush=True)


def binding(work, rounds):
    sources = crate_sources()
    main = work / "main.c"
    main.write_text('#include "sqlite3.h"\n#include <stdio.h>\nint main(void) { puts(sqlite3_libversion()); return 0; }\n')
    projects = {
        "bzip2": ([sources["bzip2"] / f"{name}.c" for name in BZIP2], ["-D_FILE_OFFSET_BITS=64"], ["--help"]),
        "SQLite": ([sources["sqlite"] / "sqlite3.c", main], [f"-I{sources['sqlite']}"], []),
    }
    print("| late binding | early | late | ratio |\n|---|---:|---:|---:|")
    for title, (files, flags, arguments) in projects.items():
        made = {}
        for way in ("early", "late"):
            folder = work / f"{title}-{way}"
            folder.mkdir()
            objects = [folder / f"{source.stem}.o" for source in files]
            for source, out in zip(files, objects):
                run([CC, f"--autojit-binding={way}", *FLAGS, *flags, "-c", source, "-o", out])
            # The program's own object, and all else in an archive.
            archive = folder / "libparts.a"
            run(["ar", "rcs", archive, *objects[:-1]])
            program = folder / "program"
            link = [CC, objects[-1], archive, "-lm", "-o", program]
            run(link)
            made[way] = (objects, link, program)
        ways = ("early", "late")
        row(f"objects of {title}, bytes", [sum(o.stat().st_size for o in made[w][0]) for w in ways], "B")
        row(f"program {title}, bytes", [made[w][2].stat().st_size for w in ways], "B")
        row("dynamic symbols", [dynamic_symbols(made[w][2]) for w in ways], "")
        times = interleaved({w: quiet(made[w][1]) for w in ways}, rounds)
        row("link", [times[w] for w in ways], "ms")
        times = interleaved({w: quiet([made[w][2], *arguments]) for w in ways}, rounds * 3)
        row("start and end", [times[w] for w in ways], "ms")


def rust(work, folders, rounds):
    lazy = {"RUSTFLAGS": f"-Clinker={CC} -Clinker-plugin-lto"}
    print("\n| Rust | cargo build (debug) | lazy | ratio |\n|---|---:|---:|---:|")
    for folder in folders:
        targets = {way: work / f"{folder.name}-{way}" for way in ("plain", "lazy")}

        def build(way, again=False):
            if not again:
                shutil.rmtree(targets[way], ignore_errors=True)
            else:
                # As after an edit of the program's own code.
                for source in folder.rglob("main.rs"):
                    source.touch()
            environment = os.environ | {"CARGO_TARGET_DIR": str(targets[way])} | (lazy if way == "lazy" else {})
            run(["cargo", "build", "--locked"], cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        times = interleaved({way: lambda way=way: build(way) for way in targets}, rounds)
        row(f"{folder.name}: build from nothing", [times[w] for w in targets], "s")
        times = interleaved({way: lambda way=way: build(way, True) for way in targets}, rounds)
        row("build after an edit", [times[w] for w in targets], "s")
        programs = {}
        for way, target in targets.items():
            files = [f for f in (target / "debug").iterdir() if f.is_file() and os.access(f, os.X_OK) and not f.suffix]
            programs[way] = max(files, key=lambda f: f.stat().st_size)
        row("program, bytes", [programs[w].stat().st_size for w in targets], "B")
        times = interleaved({way: quiet([programs[way], "--version"]) for way in targets}, 10)
        row("start: --version", [times[w] for w in targets], "ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rust-rounds", type=int, default=1)
    parser.add_argument("--rust", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="autojit-bench-") as folder:
        work = Path(folder)
        runtime = work / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = os.environ["XDG_CACHE_HOME"] = str(runtime)
        try:
            print(machine({"autojit": CC, "clang": "/usr/lib/llvm-22/bin/clang"}) + "\n", flush=True)
            binding(work, options.rounds)
            if options.rust:
                rust(work, [path.resolve() for path in options.rust], options.rust_rounds)
        finally:
            run([RELEASE / "autojit", "daemon", "stop"], stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
