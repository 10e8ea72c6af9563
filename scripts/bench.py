"""Measures autojit-cc against clang on the same work and prints a Markdown table.

Fairness rules:
- Both compilers get the same sources, the same options (-O0 -g) and the same order of commands.
- Measurements are interleaved: each round measures every compiler once, in turning order, so that a change of the machine's
  speed hits all of them. The first round warms caches up and does not count. Every single run is timed by hyperfine, without a shell.
- A ratio is the median of the rounds' ratios, with the quarter and three-quarter points: the spread.
- The daemon that is measured is one of this run's own, in a runtime directory of its own.
"""

import argparse
import datetime
import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RELEASE = (Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release").resolve()
FLAGS = ["-O0", "-g"]
BZIP2 = "blocksort huffman crctable randtable compress decompress bzlib bzip2".split()
NAMES = ("clang", "autojit")
DATA_SIZE = 25_000_000

# Of the SQLite test program.
SQLITE_FEATURES = "FTS3 FTS3_PARENTHESIS FTS5 RTREE DBSTAT_VTAB COLUMN_METADATA STAT4 MATH_FUNCTIONS API_ARMOR".split()
SQLITE_FLAGS = [*(f"-DSQLITE_ENABLE_{feature}" for feature in SQLITE_FEATURES), "-DSQLITE_SOUNDEX", "-DSQLITE_THREADSAFE=1"]
SQLITE_LIBRARIES = ["-lm", "-lpthread", "-ldl"]


def run(command, **options):
    return subprocess.run([str(part) for part in command], check=True, **options)


def output(command):
    return run(command, stdout=subprocess.PIPE, text=True).stdout.strip()


def crate_sources():
    """Directories of the projects' sources, from the crates that the testsuite pins."""
    metadata = json.loads(output(["cargo", "metadata", "--locked", "--format-version", "1", "--manifest-path", ROOT / "Cargo.toml"]))
    where = {package["name"]: Path(package["manifest_path"]).parent for package in metadata["packages"]}
    lua = sorted(where["lua-src"].glob("lua-5.4*"))[-1]
    return {
        "bzip2": next(where["bzip2-sys"].glob("bzip2-1*")),
        "sqlite": where["libsqlite3-sys"] / "sqlite3",
        "lua": lua if (lua / "lapi.c").exists() else lua / "src",
        "zstd": where["zstd-sys"] / "zstd/lib",
    }


class Failure(Exception):
    """A measured command failed."""


class Bench:
    def __init__(self, compilers, work, rounds):
        self.compilers, self.work, self.rounds = compilers, work, rounds
        self.rows = []

    def hyperfine(self, command, prepare=None):
        """One run: wall time and processor time in seconds."""
        report = self.work / "hyperfine.json"
        call = ["hyperfine", "-N", "--style=none", "--runs=1", "--export-json", report]
        if prepare:
            call += ["--prepare", shlex.join(map(str, prepare))]
        text = shlex.join(map(str, command))
        if subprocess.run([*map(str, call), text], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            # hyperfine keeps the command's own words to itself.
            said = subprocess.run([str(part) for part in command], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True).stderr
            raise Failure(f"cannot measure {text}\n{said}")
        result = json.loads(report.read_text())["results"][0]
        return result["mean"], result["user"] + result["system"]

    def compare(self, title, commands, rounds=None, prepare=None):
        """`commands` and `prepare` map a compiler's name to a command line."""
        prepare = prepare or {}
        walls, cpus = {name: [] for name in NAMES}, {name: [] for name in NAMES}
        for turn in range((rounds or self.rounds) + 1):
            for name in NAMES if turn % 2 else reversed(NAMES):
                wall, cpu = self.hyperfine(commands[name], prepare.get(name))
                if turn:
                    walls[name].append(wall)
                    cpus[name].append(cpu)
        medians = [statistics.median(walls[name]) for name in NAMES]
        self.add(title, *map(milliseconds, medians), spread(walls), spread(cpus), milliseconds(medians[1] - medians[0], "+"))

    def add(self, *cells):
        self.rows.append(cells)
        print("measured:", cells[0], file=sys.stderr)

    def table(self):
        head = ("", "clang", "autojit", "ratio (spread)", "ratio of CPU time", "difference")
        rows = [head, tuple("---" if i == 0 else "---:" for i in range(len(head))), *self.rows]
        return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def milliseconds(seconds, sign=""):
    return f"{seconds * 1000:{sign}.1f} ms"


def spread(times):
    ratios = [ours / theirs if theirs else 1.0 for theirs, ours in zip(times["clang"], times["autojit"])]
    if len(ratios) < 2:
        return f"{ratios[0]:.2f}"
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def size_row(bench, title, sizes):
    theirs, ours = (sizes[name] for name in NAMES)
    bench.add(title, f"{theirs:,} B", f"{ours:,} B", f"{ours / theirs:.2f}", "", f"{ours - theirs:+,} B")


def text_size(files):
    """Bytes of .text sections, those with suffixes included."""
    lines = output(["size", "-A", "-d", *files]).splitlines()
    return sum(int(line.split()[1]) for line in lines if line.split()[:1] and line.split()[0].split(".")[:2] == ["", "text"])


def compile_script(directory, name, compiler, sources, flags):
    """A script that compiles one source after the other, as make does."""
    objects = directory / name
    objects.mkdir(parents=True, exist_ok=True)
    made = [objects / (source.stem + ".o") for source in sources]
    script = directory / f"{name}.sh"
    lines = [shlex.join(map(str, [compiler, *FLAGS, *flags, "-c", source, "-o", out])) for source, out in zip(sources, made)]
    script.write_text("set -e\n" + "\n".join(lines) + "\n")
    return ["/bin/sh", script], made


def measure_project(bench, title, sources, flags=(), rounds=None):
    """Compiles a project with each compiler; returns the objects that it made."""
    directory = bench.work / title.split()[0]
    commands, objects = {}, {}
    for name in NAMES:
        commands[name], objects[name] = compile_script(directory, name, bench.compilers[name], sources, flags)
    bench.compare(f"compile {title}", commands, rounds)
    size_row(bench, f"objects of {title}", {name: sum(o.stat().st_size for o in objects[name]) for name in NAMES})
    size_row(bench, f"their .text", {name: text_size(objects[name]) for name in NAMES})
    return objects


def measure_bzip2(bench, sources, rounds):
    files = [sources / f"{name}.c" for name in BZIP2]
    objects = measure_project(bench, f"bzip2 ({len(files)} files)", files, ["-D_FILE_OFFSET_BITS=64"])
    programs = {name: bench.work / f"bzip2-{name}" for name in NAMES}
    links = {name: [bench.compilers[name], *objects[name], "-o", programs[name]] for name in NAMES}
    bench.compare("link bzip2", links)
    sizes = {name: programs[name].stat().st_size for name in NAMES}
    size_row(bench, "bzip2 program", sizes)
    stored = bench.work / "bzip2-stored"
    output([bench.compilers["autojit"], *FLAGS, "-D_FILE_OFFSET_BITS=64", "--autojit-store=cache", *files, "-o", stored])
    size_row(bench, "bzip2 program, --autojit-store=cache", {**sizes, "autojit": stored.stat().st_size})
    return programs


def test_data(path, seed_file):
    """Text that compresses like text: the lines of a big source, in a scrambled order that is the same every time."""
    lines = seed_file.read_bytes().splitlines(keepends=True)
    state, made = 1, 0
    with path.open("wb") as out:
        while made < DATA_SIZE:
            state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
            start = (state >> 33) % len(lines)
            piece = b"".join(lines[start : start + 8])[: DATA_SIZE - made]
            made += out.write(piece)


def measure_running(bench, programs, seed_file, rounds):
    data = bench.work / "data"
    test_data(data, seed_file)
    packed = {name: output_bytes([programs[name], "-kc", data]) for name in NAMES}
    if packed["clang"] != packed["autojit"]:
        raise Failure("the two bzip2 programs do not make the same bytes")
    bench.compare("bzip2 25 MB", {name: [programs[name], "-kc", data] for name in NAMES}, rounds)
    archive = bench.work / "data.bz2"
    archive.write_bytes(packed["clang"])
    bench.compare("bzip2 -d 25 MB", {name: [programs[name], "-dkc", archive] for name in NAMES}, rounds)


def output_bytes(command):
    return run(command, stdout=subprocess.PIPE).stdout


def forget_all(bench):
    """A command after which nothing is known of any program: no daemon, an empty cache."""
    script = bench.work / "forget.sh"
    tool = shlex.quote(str(RELEASE / "autojit"))
    script.write_text(f"{tool} daemon stop\n{tool} cache clear\n")
    return ["/bin/sh", script]


def measure_sqlite_program(bench, sources, rounds):
    """A program that uses 2,600 functions: its first run, its later runs, and a build of it with the first run."""
    # It writes databases.
    os.chdir(bench.work)
    test = ROOT / "testsuite/programs/projects/sqlite_test.c"
    runs, builds = {}, {}
    for name in NAMES:
        program = bench.work / f"sqlite-test-{name}"
        command = [bench.compilers[name], *FLAGS, *SQLITE_FLAGS, "-I", sources, test, sources / "sqlite3.c", "-o", program, *SQLITE_LIBRARIES]
        run(command)
        script = bench.work / f"sqlite-{name}.sh"
        script.write_text(f"set -e\n{shlex.join(map(str, command))}\n{shlex.quote(str(program))} > /dev/null\n")
        runs[name], builds[name] = [program], ["/bin/sh", script]
    forget = {"autojit": forget_all(bench)}
    bench.compare("SQLite test program, first run", runs, rounds, prepare=forget)
    bench.compare("SQLite test program, later runs", runs, rounds)
    bench.compare("SQLite test program, build and first run", builds, rounds, prepare=forget)
    measure_edit(bench, sources, test, rounds)


def measure_edit(bench, sources, test, rounds):
    """What one waits for after an edit: one function is changed, its file compiled, the program linked and run."""
    line = "return SQLITE_VERSION_NUMBER;"
    text = (sources / "sqlite3.c").read_text()
    edited, numbered = bench.work / "edited.c", bench.work / "edited.in"
    numbered.write_text(text.replace(line, f"int edit = NUMBER; {line}", 1))
    assert line in text
    edit = bench.work / "edit.sh"
    edit.write_text(f'sed "s/int edit = NUMBER/int edit = $(date +%N | sed s/^0*/1/)/" {shlex.quote(str(numbered))} > {shlex.quote(str(edited))}\n')
    commands = {}
    for name in NAMES:
        program, objects = bench.work / f"edited-{name}", [bench.work / f"{part}-{name}.o" for part in ("test", "edited")]
        compiler = [bench.compilers[name], *FLAGS]
        run([*compiler, *SQLITE_FLAGS, "-I", sources, "-c", test, "-o", objects[0]])
        steps = [[*compiler, *SQLITE_FLAGS, "-c", edited, "-o", objects[1]], [*compiler, *objects, "-o", program, *SQLITE_LIBRARIES]]
        script = bench.work / f"edited-{name}.sh"
        script.write_text("set -e\n" + "".join(f"{shlex.join(map(str, step))}\n" for step in steps) + f"{shlex.quote(str(program))} > /dev/null\n")
        commands[name] = ["/bin/sh", script]
        # It ran before the edit.
        run(["/bin/sh", edit])
        run(commands[name])
    bench.compare("SQLite test program, one function changed, build and run", commands, rounds, prepare={name: ["/bin/sh", edit] for name in NAMES})


def measure_hello(bench, rounds):
    source = bench.work / "hello.c"
    source.write_text('#include <stdio.h>\nint main(void) { puts("Hello, world"); return 0; }\n')
    programs = {name: bench.work / f"hello-{name}" for name in NAMES}
    for name in NAMES:
        run([bench.compilers[name], *FLAGS, source, "-o", programs[name]])
    commands = {name: [programs[name]] for name in NAMES}
    bench.compare("hello world, warm daemon", commands, rounds)
    bench.compare("hello world, first run of all", commands, rounds, prepare={"autojit": forget_all(bench)})
    bench.compare("hello world, cold daemon", commands, rounds, prepare={"autojit": [RELEASE / "autojit", "daemon", "stop"]})


def own_directories(work):
    """For the daemon and the cache that are measured."""
    for variable in "XDG_RUNTIME_DIR", "XDG_CACHE_HOME":
        place = work / variable
        place.mkdir(mode=0o700)
        os.environ[variable] = str(place)


def stop_daemon():
    if (RELEASE / "autojit").exists():
        subprocess.run([RELEASE / "autojit", "daemon", "stop"], stdout=subprocess.DEVNULL, check=False)


def machine(compilers):
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    lines = [
        f"{platform.node()}: {cpu}, {os.cpu_count()} cores, Linux {platform.release()}, {datetime.date.today()}",
        *(f"{name}: {output([compilers[name], '--version']).splitlines()[0]}" for name in NAMES),
        "flags: " + " ".join(FLAGS),
    ]
    if os.getloadavg()[0] > 0.5:
        lines.append(f"note: the machine was not idle at the start (load {os.getloadavg()[0]:.1f})")
    return "\n".join(f"- {line}" for line in lines)


def measure_all(bench, rounds, long_rounds, short_rounds):
    sources = crate_sources()
    empty = bench.work / "empty.c"
    empty.write_text("int main(void) { return 0; }\n")
    out = bench.work / "empty.o"
    bench.compare("compile an empty main", {n: [bench.compilers[n], *FLAGS, "-c", empty, "-o", out] for n in NAMES}, short_rounds)
    programs = measure_bzip2(bench, sources["bzip2"], rounds)
    measure_project(bench, "sqlite3.c", [sources["sqlite"] / "sqlite3.c"], rounds=long_rounds)
    lua = sorted(path for path in sources["lua"].glob("*.c") if path.name not in ("onelua.c", "ltests.c"))
    measure_project(bench, f"Lua ({len(lua)} files)", lua, ["-DLUA_USE_POSIX"])
    measure_hello(bench, short_rounds)
    measure_sqlite_program(bench, sources["sqlite"], long_rounds)
    measure_running(bench, programs, sources["sqlite"] / "sqlite3.c", long_rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rounds: a rough answer in about a minute")
    parser.add_argument("--clang", default="clang-22", help="the compiler to compare with")
    parser.add_argument("--autojit", default=RELEASE / "autojit-cc", help="the compiler to measure")
    arguments = parser.parse_args()
    compilers = {"clang": arguments.clang, "autojit": arguments.autojit}
    rounds, long_rounds, short_rounds = (3, 2, 10) if arguments.quick else (15, 7, 60)

    described = machine(compilers)
    with tempfile.TemporaryDirectory(prefix="autojit-bench.") as directory:
        own_directories(Path(directory))
        bench = Bench(compilers, Path(directory), rounds)
        failure = None
        try:
            measure_all(bench, rounds, long_rounds, short_rounds)
        except Failure as error:
            failure = f"bench: error: {error}"
        finally:
            stop_daemon()
    print(f"{described}\n\n{bench.table()}")
    sys.exit(failure)


if __name__ == "__main__":
    main()
