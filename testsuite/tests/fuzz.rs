//! Random IR through the transform, the verifier, code generation and the engine.
//!
//! IR comes as bitcode on a link line (named like an object, or the driver would compile it), which is made lazy without a front end in between. Three kinds: functions of
//! llvm-stress (types and operations that no front end makes), csmith's programs (which say what they compute, so that
//! the result is compared), and csmith's with instructions changed at random by editing their text (whatever LLVM still
//! takes for valid must be taken by us). `AUTOJIT_TEST_FUZZ` is how many of each kind.

use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::process::{self, Outcome, Status};
use autojit_testsuite::random::Random;
use autojit_testsuite::suite::{self, Condition, Context, Suite, WorkDir};
use std::env;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const COUNT: u64 = 20;
const BATCH: u64 = 5;
const LIMIT: Duration = Duration::from_secs(120);
const RUN_LIMIT: Duration = Duration::from_secs(10);

const HARNESS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz_harness.c");
const CSMITH: &str = "-w -isystem /usr/include/csmith";

type Check = fn(&Fuzz<'_>, u64) -> Result<()>;

/// Name of a kind, what it needs to be installed, and its test.
const KINDS: [(&str, &[&str], Check); 3] = [
    ("llvm-stress", &["/usr/bin/llvm-stress-22", "/usr/bin/llvm-as-22"], stress),
    ("csmith bitcode", &["/usr/bin/csmith", "/usr/include/csmith/csmith.h"], bitcode),
    ("mutated", &["/usr/bin/csmith", "/usr/include/csmith/csmith.h", "/usr/bin/llvm-as-22"], mutated),
];

fn main() -> ExitCode {
    suite::main(register)
}

fn register(suite: &mut Suite) -> Result<()> {
    let count = match env::var("AUTOJIT_TEST_FUZZ") {
        Ok(number) => number.parse().with_context(|| format!("AUTOJIT_TEST_FUZZ={number}"))?,
        Err(_) => COUNT,
    };
    for (kind, needs, check) in KINDS {
        for first in (1..=count).step_by(BATCH as usize) {
            let last = count.min(first + BATCH - 1);
            let condition = match needs.iter().find(|file| !Path::new(file).exists()) {
                None => Condition::Lazy,
                Some(file) => Condition::Not(format!("{file} is not installed")),
            };
            suite.add(format!("{kind}::seeds {first} to {last}"), condition, move |context| {
                (first..=last).try_for_each(|seed| {
                    WorkDir::with(|dir| {
                        check(&Fuzz { context, dir }, seed).with_context(|| format!("seed {seed}"))
                    })
                })
            });
        }
    }
    Ok(())
}

struct Fuzz<'a> {
    context: &'a Context,
    dir: &'a Path,
}

impl Fuzz<'_> {
    /// Runs a shell line with `$REF` and `$CC`.
    fn shell(&self, line: &str, limit: Duration) -> Result<Outcome> {
        let toolchains = &self.context.toolchains;
        let mut command = self.context.sandbox.command("/bin/sh");
        command.current_dir(self.dir).args(["-c", line]);
        command.env("REF", &toolchains.reference.cc).env("CC", &toolchains.tested.cc);
        process::run(&mut command, b"", limit)
    }

    fn must(&self, line: &str) -> Result<Outcome> {
        let outcome = self.shell(line, LIMIT)?;
        outcome.expect_success(line)?;
        Ok(outcome)
    }

    /// Links `objects`, in which there is bitcode, lazily. What the transform has left must be valid IR.
    fn link(&self, level: &str, objects: &str) -> Result<()> {
        self.must(&format!(
            "rm -rf saved; $CC {level} --autojit-lto=lazy --autojit-save-dir=saved {objects} -o tested -lm"
        ))?;
        self.must("for m in saved/*.after.ll; do opt-22 -passes=verify -disable-output $m || exit; done")?;
        Ok(())
    }

    /// The tested program must not say that a function could not be compiled.
    fn run(&self) -> Result<Outcome> {
        let outcome = self.shell("./tested", LIMIT)?;
        ensure!(
            outcome.status != Status::Exit(127) && !outcome.stderr_text().contains("autojit"),
            "a function was not compiled: {outcome}"
        );
        Ok(outcome)
    }
}

fn stress(fuzz: &Fuzz<'_>, seed: u64) -> Result<()> {
    let size = 20 + seed * 37 % 400;
    fuzz.must(&format!("llvm-stress-22 -seed {seed} -size {size} -o bare.ll"))?;
    fuzz.must(
        "echo 'int x;' | $REF -x c -S -emit-llvm -o target.ll - && \
         (grep '^target ' target.ll; cat bare.ll) > stress.ll && llvm-as-22 stress.ll -o module.o",
    )?;
    for level in ["-O0", "-O2"] {
        fuzz.must(&format!("$REF {level} -DFUNCTION=autogen_SD{seed} -c {HARNESS} -o harness.o"))?;
        // What clang's code generation can't do need not be done by us.
        if fuzz.shell(&format!("$REF {level} -x ir -c module.o -o plain.o"), LIMIT)?.status != Status::SUCCESS
        {
            continue;
        }
        fuzz.link(level, "harness.o module.o")?;
        let outcome = fuzz.run()?;
        ensure!(outcome.stdout_text() == "ran\nran\nran\n", "{level}: {outcome}");
    }
    Ok(())
}

fn bitcode(fuzz: &Fuzz<'_>, seed: u64) -> Result<()> {
    let seed = seed + 500_000;
    fuzz.must(&format!("csmith --seed {seed} --output a.c && $REF -O0 {CSMITH} a.c -o reference"))?;
    let expected = fuzz.shell("./reference", RUN_LIMIT)?;
    if expected.status == Status::TimedOut {
        return Ok(());
    }
    for level in ["-O0", "-O2"] {
        fuzz.must(&format!("$REF {level} -flto {CSMITH} -c a.c -o module.o"))?;
        fuzz.link(level, "module.o")?;
        let found = fuzz.run()?;
        ensure!(found == expected, "{level}\n=== clang: {expected}\n=== autojit: {found}");
    }
    Ok(())
}

/// Words of IR that may stand for each other, more or less.
const WORDS: &[&[&str]] = &[
    &[
        " add ", " sub ", " mul ", " udiv ", " sdiv ", " urem ", " srem ", " shl ", " lshr ", " ashr ",
        " and ", " xor ",
    ],
    &[" i8 ", " i16 ", " i32 ", " i64 ", " i128 ", " i1 ", " i37 "],
    &[" eq ", " ne ", " ult ", " sgt ", " sle "],
    &[
        " internal ",
        " private ",
        " linkonce_odr ",
        " weak ",
        " hidden ",
        " dso_local ",
        " available_externally ",
    ],
    &[" constant ", " global ", " thread_local global "],
    &[" zext ", " sext ", " trunc "],
    &["load i", "load volatile i", "load atomic i"],
    &[" 0\n", " 1\n", " 2147483647\n", " -1\n"],
];

/// Changes a word; LLVM then says whether that is still IR.
fn mutate(text: &str, random: &mut Random) -> String {
    for _ in 0..100 {
        let words = WORDS[random.below(WORDS.len())];
        let (from, to) = (words[random.below(words.len())], words[random.below(words.len())]);
        let places: Vec<usize> = text.match_indices(from).map(|(at, _)| at).collect();
        if from != to && !places.is_empty() {
            let at = places[random.below(places.len())];
            return format!("{}{to}{}", &text[..at], &text[at + from.len()..]);
        }
    }
    text.to_owned()
}

fn mutated(fuzz: &Fuzz<'_>, seed: u64) -> Result<()> {
    let seed = seed + 600_000;
    let mut random = Random::of(seed);
    fuzz.must(&format!(
        "csmith --seed {seed} --max-funcs 4 --output a.c && $REF -O1 -Xclang -disable-llvm-passes {CSMITH} -S -emit-llvm a.c -o a.ll"
    ))?;
    let mut text = fs::read_to_string(fuzz.dir.join("a.ll"))?;
    let (mut wanted, mut tries) = (12, 60);
    while wanted > 0 && tries > 0 {
        tries -= 1;
        let next = mutate(&text, &mut random);
        // The C library's start code must find it.
        if next.contains(" linkonce_odr i32 @main(") {
            continue;
        }
        fs::write(fuzz.dir.join("next.ll"), &next)?;
        if fuzz.shell("llvm-as-22 next.ll -o next.bc", LIMIT)?.status == Status::SUCCESS {
            text = next;
            wanted -= 1;
        }
    }
    fs::write(fuzz.dir.join("a.ll"), &text)?;
    fuzz.must("llvm-as-22 a.ll -o module.o")?;
    for level in ["-O0", "-O2"] {
        let reference = format!("$REF {level} -w -x ir -c module.o -o plain.o && $REF plain.o -o reference");
        if fuzz.shell(&reference, LIMIT)?.status != Status::SUCCESS {
            continue;
        }
        // clang only links while its optimizer happens to need none of their symbols.
        if level != "-O0" && text.contains("available_externally") {
            continue;
        }
        fuzz.link(level, "module.o")?;
        // It may compute anything, or not end; but it is clear what a processor does without optimizations.
        let expected = fuzz.shell("./reference", RUN_LIMIT)?;
        let found = fuzz.shell("timeout 60 ./tested", LIMIT)?;
        ensure!(
            found.status != Status::Exit(127) && !found.stderr_text().contains("autojit"),
            "{level}: a function was not compiled: {found}"
        );
        if level == "-O0" && expected.status == Status::SUCCESS && !text.contains("available_externally") {
            ensure!(found == expected, "{level}\n=== clang: {expected}\n=== autojit: {found}");
        }
    }
    Ok(())
}
