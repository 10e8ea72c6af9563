#!/usr/bin/env python3
"""Compiles what a build compiles, so that an instrumented compiler or daemon learns which of its code is hot.

    train.py empty|compile|run COMPILER FOLDER

`empty`: an empty main; `compile`: units of several kinds; `run`: programs that are built and run. The C sources are those of the
crates that the testsuite pins, the C++ ones small programs over Debian's headers. What is compiled is only read: the profile
decides where code stands, not what it does.
"""

import subprocess
import sys
from pathlib import Path

import bench

JSON = """#include <nlohmann/json.hpp>
#include <iostream>
int main() {
  auto j = nlohmann::json::parse("[1]");
  j.push_back("two");
  std::cout << j.dump(2);
}
"""
FORMAT = """#include <fmt/format.h>
#include <map>
#include <string>
#include <vector>
int main() {
  std::map<std::string, std::vector<int>> m;
  m["one"].push_back(1);
  for (const auto &[name, values] : m)
    fmt::print("{} {:>5}\\n", name, values[0]);
}
"""


DEBUG = ["-O0", "-g"]


def empty(compiler, work, sources):
    subprocess.run([compiler, *DEBUG, "-c", work / "empty.c", "-o", work / "out.o"], check=True)


def compile_units(compiler, work, sources):
    jobs = [(DEBUG, work / "empty.c")]
    jobs += [([*DEBUG, "-D_FILE_OFFSET_BITS=64"], sources["bzip2"] / f"{name}.c") for name in bench.BZIP2]
    jobs += [([*DEBUG, "-DLUA_USE_POSIX"], sources["lua"] / f"{name}.c") for name in ("lapi", "lparser", "lstrlib", "lvm")]
    jobs += [(DEBUG, sources["sqlite"] / "sqlite3.c"), (["-O2"], sources["bzip2"] / "bzlib.c")]
    jobs += [(DEBUG, work / "json.cpp"), ([*DEBUG, "-DFMT_HEADER_ONLY"], work / "format.cpp")]
    for flags, source in jobs:
        subprocess.run([compiler, *flags, "-c", source, "-o", work / "out.o"], check=True)
    subprocess.run([compiler, "-g", work / "empty.c", "-o", work / "empty"], check=True)


def run_programs(compiler, work, sources):
    bzip2 = ["-D_FILE_OFFSET_BITS=64", *(sources["bzip2"] / f"{name}.c" for name in bench.BZIP2)]
    test = bench.ROOT / "testsuite/programs/projects/sqlite_test.c"
    sqlite = [*bench.SQLITE_FLAGS, "-I", sources["sqlite"], test, sources["sqlite"] / "sqlite3.c", *bench.SQLITE_LIBRARIES]
    cxx = compiler.with_name("autojit-c++")
    jobs = [
        ([compiler, *DEBUG, *sqlite], []),
        ([compiler, "-O2", *bzip2], ["-c", sources["sqlite"] / "sqlite3.h"]),
        ([cxx, *DEBUG, work / "json.cpp"], []),
        ([cxx, "-O2", "-DFMT_HEADER_ONLY", work / "format.cpp"], []),
    ]
    for build, arguments in jobs:
        subprocess.run([*build, "-o", work / "program"], check=True)
        subprocess.run([work / "program", *arguments], check=True, cwd=work, stdout=subprocess.DEVNULL)


def main():
    what, compiler, work = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    work.mkdir(parents=True)
    (work / "empty.c").write_text("int main(void) { return 0; }\n")
    (work / "json.cpp").write_text(JSON)
    (work / "format.cpp").write_text(FORMAT)
    {"empty": empty, "compile": compile_units, "run": run_programs}[what](compiler, work, bench.crate_sources())


if __name__ == "__main__":
    main()
