//! Random C programs, each in several versions that differ in a few constants, as an edit leaves them: whatever the daemon has of one version,
//! the others must print what clang's do.
//!
//! The functions call each other in all ways that an optimizer sees through late: by pointers that are passed on, by tables, by another type,
//! in circles. What one function's code depends on is then more than the bitcode calls (`engine/llvm/mention.h`).
//!
//! `AUTOJIT_TEST_EDITS` says which seeds: 1 to a number, or `501-2000`; `AUTOJIT_TEST_OPT` names the levels.

use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::process::{self, Outcome, TIME_LIMIT};
use autojit_testsuite::random::{self, Random};
use autojit_testsuite::suite::{self, Condition, Context, Suite, WorkDir};
use autojit_testsuite::toolchain::Toolchain;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

const PROGRAMS: u64 = 60;
/// Programs of one test, one after the other.
const BATCH: u64 = 15;
/// Of each program.
const VERSIONS: u64 = 4;

fn main() -> ExitCode {
    suite::main(register)
}

fn register(suite: &mut Suite) -> Result<()> {
    let seeds = random::seeds("AUTOJIT_TEST_EDITS", PROGRAMS)?;
    let levels = random::levels("O0 O1 O2");
    for first in seeds.clone().step_by(BATCH as usize) {
        let last = (first + BATCH - 1).min(*seeds.end());
        let levels = levels.clone();
        suite.add(format!("seeds {first} to {last}"), Condition::Always, move |context| {
            WorkDir::with(|dir| {
                (first..=last).try_for_each(|seed| {
                    check(context, dir, seed, &levels).with_context(|| format!("seed {seed}"))
                })
            })
        });
    }
    Ok(())
}

fn check(context: &Context, dir: &Path, seed: u64, levels: &[String]) -> Result<()> {
    let mut numbers = Random::of(seed);
    let count = 6 + numbers.below(20);
    let mut constants: Vec<usize> = (0..count).map(|_| numbers.below(5000)).collect();
    for version in 0..VERSIONS {
        if version > 0 {
            for _ in 0..=numbers.below(2) {
                let changed = numbers.below(count);
                constants[changed] = numbers.below(5000);
            }
        }
        let source = Program::write(seed, &constants);
        fs::write(dir.join("program.c"), &source)?;
        for level in levels {
            let run = |toolchain: &Toolchain| -> Result<Outcome> {
                let mut command = context.sandbox.command(&toolchain.cc);
                command.current_dir(dir).args([level, "-w", "program.c", "-o", "program"]);
                process::run(&mut command, b"", TIME_LIMIT)?.expect_success(&process::show(&command))?;
                let mut program = context.sandbox.command("./program");
                program.current_dir(dir);
                process::run(&mut program, b"", TIME_LIMIT)
            };
            let (expected, found) = (run(&context.toolchains.reference)?, run(&context.toolchains.tested)?);
            ensure!(
                expected == found,
                "version {version} at {level}\n=== clang: {expected}\n=== autojit: {found}\n{source}"
            );
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// Calls what it is given.
    Apply,
    /// Calls by a table.
    Table,
    /// Calls any function, itself and its callers too.
    Circle,
    /// Returns a constant, whatever it calls.
    Constant,
    /// Calls by another type.
    Cast,
}

const KINDS: [Kind; 8] = {
    use Kind::*;
    [Plain, Plain, Apply, Apply, Table, Circle, Constant, Cast]
};

const LINKAGES: [&str; 6] = [
    "static",
    "static",
    "static inline",
    "static inline",
    "static __attribute__((noinline))",
    "__attribute__((noinline))",
];

/// A program whose shape depends on the seed alone.
struct Program<'a> {
    numbers: Random,
    kinds: Vec<Kind>,
    constants: &'a [usize],
}

impl Program<'_> {
    fn write(seed: u64, constants: &[usize]) -> String {
        let mut numbers = Random::of(seed ^ 0x5555);
        let kinds = constants.iter().map(|_| numbers.one_of(&KINDS).unwrap_or(Kind::Plain)).collect();
        let mut program = Program { numbers, kinds, constants };
        let mut source = "int printf(const char *, ...);\nstatic int depth;\n".to_owned();
        let mut bodies = String::new();
        for index in 0..constants.len() {
            let linkage = program.numbers.one_of(&LINKAGES).unwrap_or_default();
            let first = if program.kinds[index] == Kind::Apply { "int (*p)(int), " } else { "" };
            let head = format!("{linkage} int f{index}({first}int x)");
            let body = program.body(index);
            writeln!(source, "{head};").expect("a string");
            writeln!(bodies, "{head} {{ {body} }}").expect("a string");
        }
        source += &bodies;
        source += "int main(int argc, char **argv) {\n  unsigned s = 0;\n";
        for index in program.callable(constants.len()) {
            let call = format!("depth = 0; s = s * 31 + f{index}(argc + {index});");
            writeln!(source, "  {call} printf(\"{index} %u\\n\", s);").expect("a string");
        }
        source + "  return 0;\n}\n"
    }

    /// Functions that take a number alone, of the first ones.
    fn callable(&self, end: usize) -> Vec<usize> {
        (0..end).filter(|&index| self.kinds[index] != Kind::Apply).collect()
    }

    fn expression(&mut self, index: usize) -> String {
        let callable = self.callable(index);
        let appliers: Vec<usize> = (0..index).filter(|&other| self.kinds[other] == Kind::Apply).collect();
        let way = self.numbers.below(8);
        let small = self.numbers.below(4);
        match (way, self.numbers.one_of(&callable), self.numbers.one_of(&appliers)) {
            (0..3, Some(callee), _) => format!("f{callee}(x + {small})"),
            (3..6, Some(callee), Some(apply)) => format!("f{apply}(f{callee}, x)"),
            _ => format!("(x * {} - {small})", self.constants[index]),
        }
    }

    fn body(&mut self, index: usize) -> String {
        let constant = self.constants[index];
        let (all, before) = (self.callable(self.constants.len()), self.callable(index));
        match self.kinds[index] {
            Kind::Plain => {
                format!("return {} + {} * 3 + {constant};", self.expression(index), self.expression(index))
            }
            Kind::Apply => format!("return p(x + {}) ^ {constant};", constant % 5),
            Kind::Table => {
                let [Some(a), Some(b)] = [self.numbers.one_of(&before), self.numbers.one_of(&before)] else {
                    return format!("return x + {constant};");
                };
                let entry = self.numbers.below(2);
                format!(
                    "static int (*const t[2])(int) = {{ f{a}, f{b} }}; return t[{entry}](x) + t[x & 1](x) + {constant};"
                )
            }
            Kind::Circle => {
                let call = self
                    .numbers
                    .one_of(&all)
                    .map(|callee| format!("if (depth++ < 6) return f{callee}(x - 1) + {constant}; "));
                format!("{}return {} ^ {constant};", call.unwrap_or_default(), self.expression(index))
            }
            Kind::Constant => {
                format!("if (x > 100 && depth++ < 3) {}; return {constant};", self.expression(index))
            }
            Kind::Cast => {
                let call = self
                    .numbers
                    .one_of(&before)
                    .map(|callee| format!("((void (*)(int))f{callee})(x); "))
                    .unwrap_or_default();
                format!("{call}return {} + {constant};", self.expression(index))
            }
        }
    }
}
