//! Sanitizers, profiles and coverage: a program built by clang and one built by us are run, and what the tools that
//! belong to the instrumentation make of it must be the same. Each case also says what is lazy, so that none passes
//! because nothing is.

use anyhow::{Result, bail, ensure};
use autojit_testsuite::inspect::Report;
use autojit_testsuite::process::{self, Outcome};
use autojit_testsuite::suite::{self, Condition, Context, Suite, WorkDir, difference};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(240);

/// Names of what lazy code can't give to a report are `(program+0x12)`.
const PLACES: &str = "sed -E 's/0x[0-9a-f]+/ADDRESS/g; s/==[0-9]+==/==PID==/g; s/\\(BuildId: [0-9a-f]+\\)//g; s#/[^ ]*/(clang|autojit)/##g'";

const LEVELS: &[&str] = &["-O0", "-O2"];

struct Case {
    name: &'static str,
    /// Compiler options; each level is a test.
    flags: &'static str,
    /// `a.c b.cpp`, in `instrumented/`.
    sources: &'static [&'static str],
    /// The levels at which functions are lazy; at others the whole unit must be refused.
    lazy: &'static [&'static str],
    /// Run in the folder of the program, `./program`; what they print is compared.
    lines: &'static [&'static str],
}

const ADDRESS_REPORTS: &str = concat!(
    // Above -O0 clang has made a global array of the one on the stack before the pass looks.
    "for e in heap $(test $LEVEL != -O0 || echo stack) global after; do ./program $e 2>&1 || echo $?; done | ",
    "grep -E '^==|^ +#[0-9]+ .*memory|^SUMMARY|^[0-9]+$'"
);

/// What races are reported in eight runs: one in twenty reports nothing, clang's too.
const RACES: &str = concat!(
    "for i in 1 2 3 4 5 6 7 8; do ./program; done 2>&1 | ",
    "grep -E 'SUMMARY' | sed -E 's/:([0-9]+):[0-9]+ in/:\\1 in/' | sort -u"
);

const CASES: &[Case] = &[
    Case {
        name: "undefined",
        flags: "-fsanitize=undefined,integer,nullability,implicit-conversion,float-divide-by-zero",
        sources: &["undefined.cpp"],
        lazy: LEVELS,
        lines: &["./program 2>&1"],
    },
    Case {
        name: "undefined stops",
        flags: "-fsanitize=undefined -fno-sanitize-recover=all",
        sources: &["undefined.cpp"],
        lazy: LEVELS,
        lines: &["./program 2>&1 || echo $?"],
    },
    Case {
        name: "undefined traps",
        flags: "-fsanitize=undefined -fsanitize-trap=undefined",
        sources: &["undefined.cpp"],
        lazy: LEVELS,
        lines: &["./program 2>/dev/null || echo $?"],
    },
    Case {
        name: "function types",
        flags: "-fsanitize=function",
        sources: &["function_types.cpp"],
        lazy: LEVELS,
        // The second line of a report names the function and its address.
        lines: &["./program 2>&1 | grep -v 'note:'"],
    },
    Case {
        name: "coverage mapping",
        flags: "-fprofile-instr-generate -fcoverage-mapping",
        sources: &["counted.cpp", "counted_more.cpp"],
        lazy: LEVELS,
        lines: &[
            "LLVM_PROFILE_FILE=a.profraw ./program 3; LLVM_PROFILE_FILE=b.profraw ./program 9",
            "llvm-profdata-22 merge -o all.profdata a.profraw b.profraw",
            "llvm-profdata-22 show --all-functions --counts all.profdata",
            "llvm-cov-22 show ./program -instr-profile=all.profdata -show-branches=count",
            "llvm-cov-22 report ./program -instr-profile=all.profdata",
        ],
    },
    Case {
        name: "conditions",
        flags: "-fprofile-instr-generate -fcoverage-mapping -fcoverage-mcdc -fprofile-update=atomic",
        sources: &["counted.cpp", "counted_more.cpp"],
        lazy: LEVELS,
        lines: &[
            "LLVM_PROFILE_FILE=a.profraw ./program 3",
            "llvm-profdata-22 merge -o all.profdata a.profraw",
            "llvm-cov-22 show ./program -instr-profile=all.profdata -show-mcdc",
        ],
    },
    Case {
        name: "gcov",
        flags: "--coverage",
        sources: &["counted.cpp", "counted_more.cpp"],
        lazy: LEVELS,
        lines: &[
            "./program 3; ./program 9",
            "cksum *.gcno | cut -d' ' -f1,2",
            // Above -O0 it is the optimizer's choice whose copy of an inline function is counted, and of a header's none.
            "llvm-cov-22 gcov -b -c *.gcda >all",
            "cat counted.cpp.gcov counted_more.cpp.gcov",
            "test $LEVEL != -O0 || cat all *.gcov",
        ],
    },
    Case {
        name: "undefined, stack",
        flags: "-g -fsanitize=undefined",
        sources: &["undefined.cpp"],
        lazy: LEVELS,
        lines: &["UBSAN_OPTIONS=print_stacktrace=1 ./program 2>&1"],
    },
    Case {
        name: "undefined, stack, lines only",
        flags: "-gline-tables-only -fsanitize=undefined",
        sources: &["lines.cpp"],
        lazy: LEVELS,
        lines: &["UBSAN_OPTIONS=print_stacktrace=1 ./program 2>&1"],
    },
    Case {
        name: "undefined, suppressed by its file",
        flags: "-fsanitize=undefined,integer",
        sources: &["undefined.cpp"],
        lazy: LEVELS,
        // What comes first asks for the image before anything has a name.
        lines: &[
            "for kind in signed-integer-overflow unsigned-integer-overflow alignment; do echo $kind:program; done >list",
            "UBSAN_OPTIONS=suppressions=list ./program 2>&1",
        ],
    },
    Case {
        name: "address",
        flags: "-g -fsanitize=address",
        sources: &["memory.cpp"],
        lazy: LEVELS,
        lines: &[ADDRESS_REPORTS],
    },
    Case {
        name: "address, no-pie, lld",
        flags: "-g -fsanitize=address -no-pie -fno-pie -fuse-ld=lld",
        sources: &["memory.cpp"],
        lazy: LEVELS,
        lines: &[ADDRESS_REPORTS],
    },
    Case {
        name: "address, for a library",
        flags: "-g -fsanitize=address -fPIC",
        sources: &["memory.cpp"],
        lazy: &[],
        lines: &[ADDRESS_REPORTS],
    },
    Case {
        name: "address goes on",
        flags: "-g -fsanitize=address,undefined -fsanitize-recover=address",
        sources: &["memory.cpp"],
        lazy: LEVELS,
        // The second report comes after code that the first one could not know.
        lines: &[
            "ASAN_OPTIONS=halt_on_error=0 ./program twice 2>&1 | grep -E '^==|^ +#[0-9]+ .*memory|^SUMMARY'",
        ],
    },
    Case {
        name: "address, defined elsewhere",
        flags: "-g -fsanitize=address",
        sources: &["elsewhere.cpp", "elsewhere_more.cpp"],
        lazy: LEVELS,
        lines: &[
            "./program 2>&1",
            "for all in 1 '1 2'; do ./program $all 2>&1 | grep -E '^==|^ +#[01] .*(main|size)|^SUMMARY'; done",
        ],
    },
    Case {
        name: "memory, defined elsewhere",
        flags: "-g -fsanitize=memory",
        sources: &["elsewhere.cpp", "elsewhere_more.cpp"],
        lazy: LEVELS,
        lines: &["./program 2>&1"],
    },
    Case {
        name: "memory",
        flags: "-g -fsanitize=memory -fsanitize-memory-track-origins",
        sources: &["memory.cpp"],
        lazy: LEVELS,
        lines: &["./program unset 2>&1 | grep -E '^==|^ +#[0-9]+ .*memory|^SUMMARY'"],
    },
    Case {
        name: "memory, asked for",
        flags: "-g -fsanitize=memory -fsanitize-memory-track-origins",
        sources: &["unset.cpp"],
        lazy: LEVELS,
        lines: &["./program 2>&1 | grep -E '^==|^ +#[0-9]+ .*unset|^SUMMARY'"],
    },
    Case {
        name: "thread",
        flags: "-g -fsanitize=thread -pthread",
        sources: &["race.cpp"],
        lazy: LEVELS,
        lines: &[RACES, "./program locked"],
    },
    Case {
        name: "thread, inlined",
        flags: "-g -fsanitize=thread -pthread -ffunction-sections -Wl,--gc-sections",
        sources: &["inlined_race.cpp"],
        lazy: LEVELS,
        // Each frame once, whichever of the threads was the first. (How far the constructor of a thread is inlined may differ.)
        lines: &[
            "for i in 1 2 3 4 5 6 7 8; do ./program; done 2>&1 | grep -oE '#[0-9]+ (bump|twice|work|outermost|__tsan)[^ ]*' | sort -u",
        ],
    },
    Case {
        name: "thread, defined elsewhere",
        flags: "-g -fsanitize=thread -pthread",
        sources: &["string_race.cpp"],
        lazy: LEVELS,
        lines: &[
            "./program 2>&1 | sort",
            "./program races 2>&1 | grep -o 'WARNING: ThreadSanitizer: data race'",
        ],
    },
    Case {
        name: "thread, own malloc",
        flags: "-g -fsanitize=thread",
        sources: &["own_malloc.cpp"],
        lazy: LEVELS,
        lines: &["./program 2>&1; echo $?"],
    },
    Case {
        name: "thread, lld",
        flags: "-g -fsanitize=thread -pthread -fuse-ld=lld",
        sources: &["race.cpp"],
        lazy: LEVELS,
        lines: &[RACES],
    },
    Case {
        name: "leak",
        flags: "-g -fsanitize=leak",
        sources: &["memory.cpp"],
        lazy: LEVELS,
        lines: &["./program leak 2>&1 | grep -E '^ +#[0-9]+ .*(leak|main)|^SUMMARY|leak of'"],
    },
];

fn main() -> ExitCode {
    suite::main(register)
}

fn register(suite: &mut Suite) -> Result<()> {
    let installed = ["llvm-cov-22", "llvm-profdata-22"].iter().all(|tool| {
        std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
            .any(|dir| dir.join(tool).exists())
    });
    for case in CASES {
        for &level in LEVELS {
            let condition = match installed {
                true => Condition::Always,
                false => Condition::Not("llvm-cov-22 is not installed".to_owned()),
            };
            suite.add(format!("{}::{}", case.name, &level[1..]), condition, move |context| {
                WorkDir::with(|dir| check(context, dir, case, level))
            });
        }
    }
    Ok(())
}

fn check(context: &Context, dir: &Path, case: &Case, level: &str) -> Result<()> {
    let toolchains = &context.toolchains;
    let expected = run(context, &dir.join("clang"), &toolchains.reference.cxx, case, level)?;
    let found = run(context, &dir.join("autojit"), &toolchains.tested.cxx, case, level)?;
    for ((line, expected), (_, found)) in expected.iter().zip(&found) {
        if let Some(difference) = difference(expected, found, toolchains) {
            bail!("{line}: {difference}");
        }
    }
    ensure!(!expected.iter().all(|(_, outcome)| outcome.stdout.is_empty()), "nothing is compared");
    let Some(tools) = &toolchains.tested.autojit else { return Ok(()) };
    let objects: Vec<PathBuf> =
        case.sources.iter().map(|source| dir.join("autojit").join(source).with_extension("o")).collect();
    let lazy = Report::of_all(&context.sandbox, tools, &objects)?.lazy_functions().count();
    ensure!((lazy > 0) == case.lazy.contains(&level), "{lazy} functions are lazy");
    Ok(())
}

/// Builds and runs with one compiler, in a folder of its own. Returns the lines and what they printed.
fn run(
    context: &Context,
    dir: &Path,
    cxx: &Path,
    case: &Case,
    level: &str,
) -> Result<Vec<(String, Outcome)>> {
    std::fs::create_dir_all(dir)?;
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("instrumented");
    for entry in std::fs::read_dir(home)? {
        let path = entry?.path();
        std::fs::copy(&path, dir.join(path.file_name().unwrap_or_default()))?;
    }
    let shell = |line: &str| -> Result<Outcome> {
        let mut command = context.sandbox.command("/bin/sh");
        let symbolizer = "/usr/bin/llvm-symbolizer-22";
        command.current_dir(dir).env("CXX", cxx).env("LEVEL", level).args(["-c", line]);
        for runtime in ["ASAN", "MSAN", "TSAN", "LSAN", "UBSAN"] {
            command.env(format!("{runtime}_SYMBOLIZER_PATH"), symbolizer);
        }
        process::run(&mut command, b"", LIMIT)
    };
    let objects: Vec<String> = case.sources.iter().map(|s| s.replace(".cpp", ".o")).collect();
    for (source, object) in case.sources.iter().zip(&objects) {
        let line = format!("$CXX {level} {} -c {source} -o {object}", case.flags);
        shell(&line)?.expect_success(&line)?;
    }
    let link = format!("$CXX {} {} -o program", case.flags, objects.join(" "));
    shell(&link)?.expect_success(&link)?;
    let mut outcomes = Vec::new();
    for line in case.lines {
        let outcome = shell(&format!("({line}) | {PLACES}"))?;
        outcomes.push((line.to_string(), outcome));
    }
    Ok(outcomes)
}
