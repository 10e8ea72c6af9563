"""Measures what a build costs against the compilers that one might use instead, and draws it.

Compiles each project's files in turn with clang, autojit-cc, gcc, tcc (C only), and with `clang -fsyntax-only`, which parses and
does nothing else: the floor. Then builds whole programs and runs each once: with autojit without a daemon and with an empty cache
at the start. The rules are those of bench.py; every ratio is to clang's time in the same round.
"""

import argparse
import shlex
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import bench

# What is not a C compiler's job has no entry; `floor` makes no object.
PEERS = {
    "clang": {"c": ["clang-22"], "c++": ["clang++-22"]},
    "autojit": {},
    "gcc": {"c": ["gcc"], "c++": ["g++"]},
    "tcc": {"c": ["tcc"]},
    "floor": {"c": ["clang-22", "-fsyntax-only"], "c++": ["clang++-22", "-fsyntax-only"]},
}
TITLES = {"clang": "clang", "autojit": "autojit-cc", "gcc": "gcc", "tcc": "tcc", "floor": "clang -fsyntax-only"}
COLOURS = {"clang": "#9aa5b1", "autojit": "#2f7ed8", "gcc": "#c9b18a", "tcc": "#8fb996", "floor": "#d9dde2"}

JSON_UNITS = "unit-algorithms unit-capacity unit-comparison unit-constructor1 unit-element_access1 unit-iterators1".split()
FORMAT = '#include <fmt/{}>\n#include <{}>\ntemplate class std::{};\nint main() {{ fmt::print("{{}}\\n", {}); }}\n'


ZSTD_FLAGS = ["-DZSTD_MULTITHREAD", "-DZSTD_DISABLE_ASM"]


def zstd_sources(zstd):
    return sorted(path for part in ("common", "compress", "decompress", "dictBuilder") for path in (zstd / part).glob("*.c"))


def projects(work, json_tests):
    """Title, language, flags and sources."""
    crates = bench.crate_sources()
    empty = work / "empty.c"
    empty.write_text("int main(void) { return 0; }\n")
    lua = sorted(path for path in crates["lua"].glob("*.c") if path.name not in ("onelua.c", "ltests.c"))
    yield "an empty main", "c", ["-O0", "-g"], [empty]
    yield "bzip2", "c", ["-O0", "-g", "-D_FILE_OFFSET_BITS=64"], [crates["bzip2"] / f"{name}.c" for name in bench.BZIP2]
    yield "Lua", "c", ["-O0", "-g", "-DLUA_USE_POSIX"], lua
    yield "SQLite", "c", ["-O0", "-g"], [crates["sqlite"] / "sqlite3.c"]
    yield "zstd", "c", ["-O0", "-g", *ZSTD_FLAGS], zstd_sources(crates["zstd"])
    yield "SQLite -O2", "c", ["-O2"], [crates["sqlite"] / "sqlite3.c"]
    fmt = []
    for header, other, kind, value in (("format.h", "string", "basic_string<char>", "1.5"), ("ranges.h", "vector", "vector<int>", "std::vector<int>{1, 2}")):
        fmt.append(work / f"fmt-{other}.cpp")
        fmt[-1].write_text(FORMAT.format(header, other, kind, value))
    yield "fmt", "c++", ["-O0", "-g", "-DFMT_HEADER_ONLY"], fmt
    if json_tests:
        flags = ["-O0", "-g", "-std=c++17", f"-I{json_tests.parent / 'thirdparty/doctest'}", f"-I{json_tests.parents[1] / 'include'}"]
        yield "nlohmann-json tests", "c++", flags, [json_tests / f"{name}.cpp" for name in JSON_UNITS]


def script(work, name, compiler, flags, sources):
    folder = work / name
    folder.mkdir(exist_ok=True)
    path = work / f"{name}.sh"
    lines = []
    for source in sources:
        made = [] if "-fsyntax-only" in compiler else ["-c", "-o", folder / (source.stem + ".o")]
        lines.append(shlex.join(map(str, [*compiler, *flags, *made, source])))
    path.write_text("set -e\n" + "\n".join(lines) + "\n")
    return ["/bin/sh", path]


def programs(work, json_tests):
    """Title, language, flags, sources, libraries, and the program's arguments: a short run that does what the program is for."""
    crates = bench.crate_sources()
    bzip2 = [crates["bzip2"] / f"{name}.c" for name in bench.BZIP2]
    yield "bzip2", "c", ["-O0", "-g", "-D_FILE_OFFSET_BITS=64"], bzip2, [], ["-kc", crates["lua"] / "lvm.c"]
    lua = sorted(path for path in crates["lua"].glob("*.c") if path.name not in ("onelua.c", "ltests.c", "luac.c"))
    tests = bench.ROOT / "testsuite/programs/projects"
    (work / "test.lua").write_text(LUA)
    test = tests / "sqlite_test.c"
    for suffix, level in ("", ["-O0", "-g"]), (" -O2", ["-O2"]):
        flags = [*level, "-DLUA_USE_POSIX", f"-I{crates['lua']}"]
        yield f"Lua{suffix}", "c", flags, [tests / "lua_main.c", *lua], ["-lm", "-ldl"], [work / "test.lua"]
        flags = [*level, *bench.SQLITE_FLAGS, f"-I{crates['sqlite']}"]
        yield f"SQLite{suffix}", "c", flags, [test, crates["sqlite"] / "sqlite3.c"], bench.SQLITE_LIBRARIES, []
        flags = [*level, *ZSTD_FLAGS, f"-I{crates['zstd']}"]
        yield f"zstd{suffix}", "c", flags, [tests / "zstd_test.c", *zstd_sources(crates["zstd"])], ["-lpthread"], []
        if json_tests:
            includes = [f"-I{json_tests.parent / 'thirdparty/doctest'}", f"-I{json_tests.parents[1] / 'include'}"]
            sources = [json_tests / f"{name}.cpp" for name in ("unit", "unit-modifiers")]
            yield f"nlohmann-json test{suffix}", "c++", [*level, "-std=c++17", *includes], sources, [], []


LUA = """
local words = {}
for word in ("the quick brown fox jumps over the lazy dog"):gmatch("%a+") do words[#words + 1] = word:upper() end
table.sort(words)
local fib = setmetatable({1, 1}, {__index = function(t, n) local v = t[n - 1] + t[n - 2]; t[n] = v; return v end})
local co = coroutine.wrap(function() for i = 1, 10 do coroutine.yield(fib[i + 40]) end end)
print(table.concat(words, " "), co(), co(), string.format("%5.2f %q", math.pi, "a\\nb"), os.time{year=2000, month=1, day=1} > 0, pcall(error, "x"))
"""


def build_and_run(work, name, compiler, flags, sources, libraries, arguments):
    """A script that builds a program as make does and runs it."""
    folder = work / f"{name}-program"
    folder.mkdir(exist_ok=True)
    objects = [folder / (source.stem + ".o") for source in sources]
    program = folder / "program"
    lines = [shlex.join(map(str, [*compiler, *flags, "-c", "-o", made, source])) for made, source in zip(objects, sources)]
    lines.append(shlex.join(map(str, [*compiler, "-o", program, *objects, *libraries])))
    lines.append(f"cd {shlex.quote(str(folder))}\n{shlex.join(map(str, [program, *arguments]))} > /dev/null")
    path = work / f"{name}-program.sh"
    path.write_text("set -e\n" + "\n".join(lines) + "\n")
    return ["/bin/sh", path]


def measure_compile(runner, title, language, flags, sources, rounds):
    """Seconds by compiler and round."""
    commands = {}
    for name, peer in PEERS.items():
        # gcc and tcc optimize less or differently: the row is about what is left out.
        if language in peer and not (name == "tcc" and "-O2" in flags):
            commands[name] = script(runner.work, name, peer[language], flags, sources)
    return measure(runner, title, commands, rounds)


def measure_program(runner, title, language, flags, sources, libraries, arguments, rounds):
    """The same for a build and the first run."""
    peers = {name: peer[language] for name, peer in PEERS.items() if language in peer and name != "floor"}
    if "-O2" in flags:
        peers.pop("tcc", None)
    commands = {
        name: build_and_run(runner.work, name, compiler, flags, sources, libraries, arguments) for name, compiler in peers.items()
    }
    return measure(runner, f"{title}, build and first run", commands, rounds, {"autojit": bench.forget_all(runner)})


def measure(runner, title, commands, rounds, prepare={}):
    for name in list(commands):
        if subprocess.run(list(map(str, commands[name])), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode:
            if name in ("clang", "autojit"):
                raise bench.Failure(f"{name} cannot compile {title}")
            del commands[name]
    times = {name: [] for name in commands}
    for turn in range(rounds):
        for name in commands if turn % 2 else reversed(commands):
            times[name].append(runner.hyperfine(commands[name], prepare.get(name))[0])
    print("measured:", title, file=sys.stderr)
    return times


def ratio(times, name):
    if name not in times:
        return "–"
    ratios = [mine / clang for mine, clang in zip(times[name], times["clang"])]
    if len(ratios) < 2:
        return f"{ratios[0]:.2f}"
    low, middle, high = statistics.quantiles(ratios, n=4, method="inclusive")
    return f"{middle:.2f} ({low:.2f}–{high:.2f})"


def table(head, results):
    names = [name for name in PEERS if name != "clang" and any(name in times for times in results.values())]
    rows = [[head, "clang", "autojit-cc", *[TITLES[n] for n in names]], ["---", *["---:"] * (len(names) + 2)]]
    for title, times in results.items():
        medians = [bench.milliseconds(statistics.median(times[name])) for name in ("clang", "autojit")]
        rows.append([title, *medians, *[ratio(times, name) for name in names]])
    rows[0][3] = "ratio (spread)"
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def drawing(parts_of_results):
    """Bars of each project's time, clang's being 1: by heading, what was measured."""
    bar, gap, left, width = 13, 16, 150, 440
    parts, y = [], 44
    x = 10
    for name, title in TITLES.items():
        parts.append(f'<rect x="{x}" y="12" width="11" height="11" fill="{COLOURS[name]}"/><text x="{x + 16}" y="22">{title}</text>')
        x += 40 + 7 * len(title)
    for heading, results in parts_of_results.items():
        parts.append(f'<text x="10" y="{y + 10}" font-weight="bold">{heading}</text>')
        y += 20
        for title, times in results.items():
            parts.append(f'<text x="{left - 8}" y="{y + len(times) * bar / 2 + 4}" text-anchor="end">{title}</text>')
            clang = statistics.median(times["clang"])
            for name in times:
                value = statistics.median(times[name]) / clang
                size = min(value, 1.3) / 1.3 * width
                parts.append(f'<rect x="{left}" y="{y}" width="{size:.1f}" height="{bar - 2}" fill="{COLOURS[name]}"/>')
                parts.append(f'<text x="{left + size + 5:.1f}" y="{y + 10}" font-size="10">{value:.2f}</text>')
                y += bar
            y += gap
    head = f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="{y}" font-family="sans-serif" font-size="12">'
    return "\n".join([head, "<title>Time of builds, and of builds with the first run; clang = 1</title>", f'<rect width="640" height="{y}" fill="white"/>', *parts, "</svg>\n"])


def is_bolted(program):
    sections = bench.output(["readelf", "-SW", program])
    return ".note.bolt_info" in sections


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rounds")
    parser.add_argument("--autojit", type=Path, default=bench.RELEASE / "autojit-cc", help="the compiler to measure")
    parser.add_argument("--json-tests", type=Path, help="tests/src of nlohmann-json's sources (apt-get source nlohmann-json3)")
    parser.add_argument("--svg", type=Path, help="where to draw the result")
    arguments = parser.parse_args()
    compiler = arguments.autojit.absolute()
    PEERS["autojit"] = {"c": [compiler], "c++": [compiler.with_name("autojit-c++")]}
    compiles, runs, failure = {}, {}, None
    with tempfile.TemporaryDirectory(prefix="autojit-bench.") as directory:
        work = Path(directory)
        bench.own_directories(work)
        runner = bench.Bench({}, work, 0)
        try:
            for title, language, flags, sources in projects(work, arguments.json_tests):
                rounds = 3 if arguments.quick else 31 if len(sources) == 1 and sources[0].stem == "empty" else 7
                compiles[title] = measure_compile(runner, title, language, flags, sources, rounds)
            for title, *what in programs(work, arguments.json_tests):
                runs[title] = measure_program(runner, title, *what, 3 if arguments.quick else 7)
        except bench.Failure as error:
            failure = f"bench_builds: error: {error}"
        bench.stop_daemon()
    layout = "laid out by llvm-bolt" if is_bolted(compiler) else "not laid out by llvm-bolt"
    print(f"- {bench.machine({name: PEERS[name]['c'][0] for name in bench.NAMES})[2:]}\n- autojit-cc: {layout}\n\n{table('compile', compiles)}\n\n{table('build and first run', runs)}")
    if arguments.svg and compiles:
        arguments.svg.write_text(drawing({"Compile": compiles, "Build and first run": runs}))
    sys.exit(failure)


if __name__ == "__main__":
    main()
