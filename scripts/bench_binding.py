"""Measures late against early binding (bzip2, SQLite), and lazy Rust against plain cargo, and prints Markdown tables.

The rules of fairness are those of bench.py, whose helpers it uses: the same sources and options, interleaved rounds of which the first does
not count, medians (of times, and of the rounds' ratios with their quarter and three-quarter points), a daemon of this run's own.
Builds with cargo are from nothing, with the packages already fetched.

    scripts/bench_binding.py [--rounds N] [--rust [DIR...]] [--only-rust]

DIR: folders with a Cargo.toml that makes a program. Without any: hello.rs, and ripgrep, fd-find and hexyl as cargo downloads them.
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
    """Wall times in seconds by name; `commands` maps a name to a function that does the work once. A function that returns a number has
    measured by itself."""
    times = {name: [] for name in commands}
    for turn in range(rounds + 1):
        for name in commands if turn % 2 else reversed(commands):
            began = time.perf_counter()
            measured = commands[name]()
            if turn:
                times[name].append(time.perf_counter() - began if measured is None else measured)
    return times


def quiet(command, **options):
    def work():
        run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)

    return work


def dynamic_symbols(program):
    return len(output(["nm", "-D", program]).splitlines())


def row(title, values, unit):
    """One line of a table. Values: two numbers, or the times of two interleaved commands."""
    if isinstance(values[0], list):
        ratios = sorted(second / first for first, second in zip(*values))
        quarter, _, last = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
        ratio = f"{statistics.median(ratios):.2f} ({quarter:.2f}–{last:.2f})"
        values = [statistics.median(times) for times in values]
    else:
        ratio = f"{values[1] / values[0]:.2f}"
    show = {"ms": lambda v: f"{v * 1000:.1f} ms", "s": lambda v: f"{v:.2f} s"}.get(unit, lambda v: f"{v:,}")
    print(f"| {title} | {show(values[0])} | {show(values[1])} | {ratio} |", flush=True)


def binding(work, rounds):
    sources = crate_sources()
    main = work / "main.c"
    main.write_text('#include "sqlite3.h"\n#include <stdio.h>\nint main(void) { puts(sqlite3_libversion()); return 0; }\n')
    projects = {
        "bzip2": ([sources["bzip2"] / f"{name}.c" for name in BZIP2], ["-D_FILE_OFFSET_BITS=64"], ["--help"]),
        "SQLite": ([sources["sqlite"] / "sqlite3.c", main], [f"-I{sources['sqlite']}"], []),
    }
    print("| late binding | early | late | ratio (spread) |\n|---|---:|---:|---:|")
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


# Programs of crates.io, and how cargo is to build them: fd-find without the C library that would take most of the time.
CRATES = {"ripgrep": ("14.1.1", []), "fd-find": ("10.2.0", ["--no-default-features"]), "hexyl": ("0.16.0", [])}


def cargo_package(folder, name, dependencies, code):
    (folder / "src").mkdir(parents=True)
    (folder / "src" / code[0]).write_text(code[1])
    wants = "".join(f'{crate} = "={version}"\n' for crate, version in dependencies.items())
    manifest = f'[package]\nname = "{name}"\nedition = "2024"\n[dependencies]\n{wants}[workspace]\n'
    (folder / "Cargo.toml").write_text(manifest)
    subprocess.run(["cargo", "generate-lockfile"], cwd=folder, check=True, capture_output=True)
    return folder


def downloaded(work):
    """The crates' folders, with all that they need fetched. Copies: cargo trusts that what it has downloaded stays as it is."""
    wants = cargo_package(work / "wants", "wants", {name: version for name, (version, _) in CRATES.items()}, ("lib.rs", ""))
    fetch = ["cargo", "fetch", "--target", "x86_64-unknown-linux-gnu"]
    subprocess.run(fetch, cwd=wants, check=True, capture_output=True)
    home = Path(os.environ.get("CARGO_HOME", Path.home() / ".cargo"))
    for name, (version, _) in CRATES.items():
        (found,) = [folder for folder in (home / "registry/src").glob(f"*/{name}-{version}") if folder.is_dir()]
        copy = shutil.copytree(found, work / name)
        subprocess.run([*fetch, "--locked"], cwd=copy, check=True, capture_output=True)
        yield copy


def rust(work, folders, rounds):
    lazy = {"RUSTFLAGS": f"-Clinker={CC} -Clinker-plugin-lto"}
    if not folders:
        hello = cargo_package(work / "hello", "hello", {}, ("main.rs", 'fn main() {\n    println!("Hello, world!");\n}\n'))
        folders = [hello, *downloaded(work)]
    print("\n| Rust | cargo build (debug) | lazy | ratio (spread) |\n|---|---:|---:|---:|")
    for folder in folders:
        targets = {way: work / f"{folder.name}-{way}" for way in ("plain", "lazy")}
        starts = {way: [] for way in targets}

        def program(way):
            files = [f for f in (targets[way] / "debug").iterdir() if f.is_file() and os.access(f, os.X_OK) and not f.suffix]
            return max(files, key=lambda f: f.stat().st_size)

        def build(way, again):
            if not again:
                shutil.rmtree(targets[way], ignore_errors=True)
            else:
                # As after an edit of the program's own code.
                for source in folder.rglob("main.rs"):
                    source.touch()
            environment = os.environ | {"CARGO_TARGET_DIR": str(targets[way])} | (lazy if way == "lazy" else {})
            command = ["cargo", "build", "--locked", *CRATES.get(folder.name, ("", []))[1]]
            began = time.perf_counter()
            run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            built = time.perf_counter()
            quiet([program(way), "--version"])()
            starts[way].append(time.perf_counter() - built)
            return built - began

        for title, again in ((f"{folder.name}: build from nothing", False), ("build after an edit", True)):
            starts = {way: [] for way in targets}
            times = interleaved({way: lambda way=way, again=again: build(way, again) for way in targets}, rounds * (1 + 2 * again))
            row(title, [times[w] for w in targets], "s")
            row("first start after it", [starts[w][1:] for w in targets], "ms")
        row("program, bytes", [program(w).stat().st_size for w in targets], "B")
        times = interleaved({way: quiet([program(way), "--version"]) for way in targets}, 30)
        row("further starts", [times[w] for w in targets], "ms")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--rust-rounds", type=int, default=3)
    parser.add_argument("--rust", type=Path, nargs="*")
    parser.add_argument("--only-rust", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="autojit-bench-") as folder:
        work = Path(folder)
        runtime = work / "runtime"
        runtime.mkdir(mode=0o700)
        os.environ["XDG_RUNTIME_DIR"] = os.environ["XDG_CACHE_HOME"] = str(runtime)
        try:
            print(machine({"autojit": CC, "clang": "/usr/lib/llvm-22/bin/clang"}) + "\n", flush=True)
            if not options.only_rust:
                binding(work, options.rounds)
            if options.rust is not None:
                rust(work, [path.resolve() for path in options.rust], options.rust_rounds)
        finally:
            run([RELEASE / "autojit", "daemon", "stop"], stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
