//! How long a function takes. Not a test of anything: run it by hand,
//! `AUTOJIT_SPEED=FILE.c cargo test --release -p autojit-engine --test speed -- --ignored --nocapture`

mod support;

use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};
use support::Place;
use support::payload::{PUBLIC, Payload, bitcode};
use support::program::Program;

fn names(of: &str, defined: bool) -> BTreeSet<String> {
    let which = if defined { "--defined-only" } else { "--undefined-only" };
    let output =
        Command::new("/usr/lib/llvm-22/bin/llvm-nm").args([which, "--format=posix", of]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter_map(|line| {
        let mut words = line.split(' ');
        let (name, kind) = (words.next()?, words.next()?);
        (!defined || "TtWw".contains(kind)).then(|| name.to_owned())
    });
    lines.collect()
}

#[test]
#[ignore = "a measurement"]
fn speed() {
    let Ok(file) = std::env::var("AUTOJIT_SPEED") else { return };
    let flags = std::env::var("AUTOJIT_SPEED_FLAGS").unwrap_or_else(|_| "-O0".into());
    let flags: Vec<&str> = flags.split_whitespace().collect();
    let source = std::fs::read_to_string(&file).unwrap();
    let language = if file.ends_with(".c") { "c" } else { "c++" };
    let began = Instant::now();
    let bitcode = bitcode(language, &source, &flags);
    println!("{:?} for clang, {} bytes of bitcode", began.elapsed(), bitcode.len());
    let path = std::env::temp_dir().join(format!("autojit-speed-{}.bc", std::process::id()));
    std::fs::write(&path, &bitcode).unwrap();
    let path = path.to_str().unwrap();
    let functions = names(path, true);
    let mut imports = names(path, false);
    imports.extend(["memcpy", "memset", "memmove", "__stack_chk_fail"].map(String::from));
    let output = Command::new("/usr/lib/llvm-22/bin/llvm-nm")
        .args(["--defined-only", "--format=posix", path])
        .output();
    let all = String::from_utf8(output.unwrap().stdout).unwrap();
    imports.extend(all.lines().filter_map(|line| Some(line.split(' ').next()?.to_owned())));
    std::fs::remove_file(path).unwrap();
    let functions: Vec<(&str, u32)> = functions.iter().map(|name| (name.as_str(), PUBLIC)).collect();
    let imports: Vec<&str> = imports.iter().map(String::as_str).collect();
    let mut payload = Payload::new(bitcode, &functions, &imports);
    payload.options.opt_level =
        flags.iter().find_map(|flag| flag.strip_prefix("-O")?.parse().ok()).unwrap_or(0);

    for round in ["cold", "warm", "warm"] {
        let began = Instant::now();
        let program = Program::start(Place::Near, payload.clone(), &[("", 0)]);
        let opened = began.elapsed();
        let mut failures = Vec::new();
        let mut times: Vec<Duration> = Vec::new();
        for index in 0..functions.len() as u32 {
            let began = Instant::now();
            if let Err((_, message)) = program.try_materialize(index) {
                failures.push(message);
            }
            times.push(began.elapsed());
        }
        let first = times[0];
        let total: Duration = times.iter().sum();
        times.sort_unstable();
        println!(
            "{round}: opened in {opened:?}, first {first:?}, {} functions, mean {:?}, median {:?}, total {total:?}",
            times.len(),
            total / times.len() as u32,
            times[times.len() / 2]
        );
        println!("{} failures {:?}", failures.len(), &failures[..failures.len().min(5)]);
    }
}
