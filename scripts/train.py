#!/usr/bin/env python3
"""Compiles what a build compiles, so that an instrumented compiler learns which of its code is hot.

The C sources are those of the crates that the testsuite pins, the C++ ones small programs over Debian's headers. What is
compiled is only read: the profile decides where code stands, not what it does.
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


def main():
    compiler, work = sys.argv[1], Path(sys.argv[2])
    work.mkdir(parents=True)
    sources = bench.crate_sources()
    (work / "empty.c").write_text("int main(void) { return 0; }\n")
    (work / "json.cpp").write_text(JSON)
    (work / "format.cpp").write_text(FORMAT)
    debug = ["-O0", "-g"]
    jobs = [(debug, work / "empty.c")]
    jobs += [([*debug, "-D_FILE_OFFSET_BITS=64"], sources["bzip2"] / f"{name}.c") for name in bench.BZIP2]
    jobs += [([*debug, "-DLUA_USE_POSIX"], sources["lua"] / f"{name}.c") for name in ("lapi", "lparser", "lstrlib", "lvm")]
    jobs += [(debug, sources["sqlite"] / "sqlite3.c"), (["-O2"], sources["bzip2"] / "bzlib.c")]
    jobs += [(debug, work / "json.cpp"), ([*debug, "-DFMT_HEADER_ONLY"], work / "format.cpp")]
    for flags, source in jobs:
        subprocess.run([compiler, *flags, "-c", source, "-o", work / "out.o"], check=True)
    subprocess.run([compiler, "-g", work / "empty.c", "-o", work / "empty"], check=True)


if __name__ == "__main__":
    main()
