"""A generated program of many lazy functions, few of which are called: what grows with those that are not?

Builds it with clang and with autojit-cc (-O0 -g) and prints, as a Markdown table, the size of the objects and of the program, the time
of the link, the time of a run (the first, and the median of the later ones), the memory of the program and of the daemon.
"""

import argparse
import os
import resource
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"
FLAGS = ["-O0", "-g"]
RUNS = 15


def generate(directory, files, functions):
    """Files of so many functions each, and one with a main that calls one in a hundred."""
    sources = []
    for f in range(files):
        lines = [f"int f{f}_{i}(int x) {{ int y = x * {i + 3}; for (int k = 0; k < x; k++) y += k ^ {f}; return y; }}" for i in range(functions)]
        source = directory / f"f{f}.c"
        source.write_text("\n".join(lines) + "\n")
        sources.append(source)
    called = [(f, i) for f in range(files) for i in range(0, functions, 100)]
    main = directory / "main.c"
    declarations = "".join(f"int f{f}_{i}(int);\n" for f, i in called)
    calls = "".join(f"    sum += f{f}_{i}(3);\n" for f, i in called)
    main.write_text(f"#include <stdio.h>\n{declarations}int main(void) {{\n    unsigned sum = 0;\n{calls}    printf(\"%u\\n\", sum);\n    return 0;\n}}\n")
    return [*sources, main], len(called)


def timed(command):
    """Wall time in seconds, and the largest memory in KiB."""
    began = time.perf_counter()
    child = subprocess.Popen([str(part) for part in command], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    took = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        sys.exit(f"scale: {shlex.join(map(str, command))} failed")
    return took, usage.ru_maxrss


def build(compiler, directory, sources):
    directory.mkdir()
    objects = [directory / (source.stem + ".o") for source in sources]

    def compile_one(pair):
        subprocess.run([str(compiler), *FLAGS, "-c", str(pair[0]), "-o", str(pair[1])], check=True)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(compile_one, zip(sources, objects)))
    program = directory / "program"
    listing = directory / "objects"
    listing.write_text("\n".join(map(str, objects)))
    link = statistics.median(timed([compiler, f"@{listing}", "-o", program])[0] for _ in range(3))
    return program, sum(o.stat().st_size for o in objects), link


def daemon_memory():
    status = subprocess.run([RELEASE / "autojit", "daemon", "status"], stdout=subprocess.PIPE, text=True, check=False).stdout
    return next((line.split(None, 1)[1] for line in status.splitlines() if line.startswith("memory")), "none")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--functions", type=int, default=100, help="in each file")
    parser.add_argument("--clang", default="clang-22")
    parser.add_argument("--autojit", default=RELEASE / "autojit-cc")
    arguments = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_STACK, (resource.getrlimit(resource.RLIMIT_STACK)[1],) * 2)
    with tempfile.TemporaryDirectory(prefix="autojit-scale.") as name:
        directory = Path(name)
        for variable in "XDG_RUNTIME_DIR", "XDG_CACHE_HOME":
            place = directory / variable
            place.mkdir(mode=0o700)
            os.environ[variable] = str(place)
        sources, called = generate(directory, arguments.files, arguments.functions)
        print(f"{arguments.files * arguments.functions} functions in {arguments.files} files, {called} called\n")
        print("| | objects | program | link | first run | later runs | memory | daemon |\n|---|---:|---:|---:|---:|---:|---:|---:|")
        for compiler, folder in (arguments.clang, "clang"), (arguments.autojit, "autojit"):
            program, size, link = build(compiler, directory / f"by-{folder}", sources)
            first = timed([program])[0]
            later = [timed([program]) for _ in range(RUNS)]
            run, memory = statistics.median(t for t, _ in later), max(m for _, m in later)
            daemon = daemon_memory() if folder == "autojit" else ""
            print(
                f"| {folder} | {size >> 10:,} KiB | {program.stat().st_size >> 10:,} KiB | {link:.2f} s | {first * 1000:.1f} ms "
                f"| {run * 1000:.1f} ms | {memory:,} KiB | {daemon} |",
                flush=True,
            )
        subprocess.run([RELEASE / "autojit", "daemon", "stop"], stdout=subprocess.DEVNULL, check=False)


if __name__ == "__main__":
    main()
