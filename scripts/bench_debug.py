"""Measures how long a debugger takes to the first stop, at main, against clang's build of the same program.

In a first session the debug information of each unit is still to be made, unless the program was debugged before and the daemon
had the time to make it after the link. The rules are those of bench.py.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import bench
import bench_builds

GDB = ["gdb", "-nx", "-batch", "-ex", "set breakpoint pending on", "-ex", "set startup-with-shell off", "-ex", "break main", "-ex", "run", "-ex", "kill"]


def measure(runner, work, title, flags, sources, libraries, rounds):
    commands = {}
    for name in bench.NAMES:
        program = work / f"{title}-{name}"
        bench.run([runner.compilers[name], *flags, *sources, *libraries, "-o", program])
        commands[name] = [*GDB, program]
    runner.compare(f"{title}, first session", commands, rounds, {"autojit": bench.forget_all(runner)})
    runner.compare(f"{title}, later sessions", commands, 3 * rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    failure = None
    with tempfile.TemporaryDirectory(prefix="autojit-bench.") as directory:
        work = Path(directory)
        bench.own_directories(work)
        runner = bench.Bench({"clang": "clang-22", "autojit": bench.RELEASE / "autojit-cc"}, work, arguments.rounds)
        try:
            for title, flags, sources, libraries, _ in bench_builds.programs(work):
                measure(runner, work, title, flags, sources, libraries, arguments.rounds)
        except bench.Failure as error:
            failure = f"bench_debug: error: {error}"
        bench.stop_daemon()
    print(f"{bench.machine(runner.compilers)}\n\n{runner.table()}")
    sys.exit(failure)


if __name__ == "__main__":
    main()
