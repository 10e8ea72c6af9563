//! Every program below `programs/`, under every configuration that its directives name, built by clang and by
//! autojit-cc: same messages, same symbols, same output, same end; and what is to be lazy is lazy.

use anyhow::{Context as _, Result, bail, ensure};
use autojit_testsuite::build::{Build, Builder, Config};
use autojit_testsuite::directives::{Directives, LinkMode, Statics};
use autojit_testsuite::inspect::Report;
use autojit_testsuite::process::{self, Outcome};
use autojit_testsuite::suite::{self, Condition, Context, Suite, WorkDir};
use autojit_testsuite::symbols::{self, Table};
use autojit_testsuite::toolchain::is_cxx;
use std::collections::HashSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const UNDER_GDB: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/debuggers/under_gdb.sh");

fn main() -> ExitCode {
    suite::main(register)
}

fn register(suite: &mut Suite) -> Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs");
    let features = processor_features()?;
    // Other levels than the programs name, for all of them: `AUTOJIT_TEST_OPT="O1 Os"`. What a program says of such a
    // level holds.
    let levels: Option<Vec<String>> =
        env::var("AUTOJIT_TEST_OPT").ok().map(|words| words.split_whitespace().map(str::to_owned).collect());
    // All of them under a program that runs others: `AUTOJIT_TEST_UNDER=testsuite/debuggers/under_gdb.sh`.
    let everywhere = env::var_os("AUTOJIT_TEST_UNDER").map(fs::canonicalize).transpose()?;
    let mut sources = Vec::new();
    find_sources(&root, &mut sources)?;
    sources.sort();
    for source in sources {
        let directives = Directives::read(&source)?;
        if directives.part {
            continue;
        }
        let name = source.strip_prefix(&root)?.with_extension("").display().to_string();
        let lacking: Vec<_> =
            directives.needs.iter().filter(|feature| !features.contains(*feature)).cloned().collect();
        let opts: Vec<String> = match &levels {
            None => directives.opts.clone(),
            Some(levels) => levels.iter().flat_map(|level| directives.at_level(level)).collect(),
        };
        let mut runs: Vec<(LinkMode, &str, Option<&Path>)> = Vec::new();
        for &link in &directives.links {
            runs.extend(opts.iter().map(|opt| (link, opt.as_str(), everywhere.as_deref())));
        }
        let of_debugger =
            |link: &&LinkMode| matches!(link, LinkMode::Pie | LinkMode::NoPie | LinkMode::Static);
        if directives.debugger && levels.is_none() {
            for &link in directives.links.iter().filter(of_debugger) {
                runs.extend(["O0+g", "O2+g"].map(|opt| (link, opt, Some(Path::new(UNDER_GDB)))));
            }
        }
        for (link, opt, under) in runs {
            let missing = directives.needs_files.iter().find(|file| !file.exists());
            let condition = match (&lacking[..], missing) {
                ([], None) => Condition::Always,
                ([], Some(file)) => Condition::Not(format!("{} is not installed", file.display())),
                (lacking, _) => Condition::Not(format!("processor lacks {}", lacking.join(" "))),
            };
            let config = Config { link, opt: opt.to_owned() };
            let (source, mut directives) = (source.clone(), directives.clone());
            directives.under = under.map(Path::to_owned);
            let under = if under.is_some() { ", under another program" } else { "" };
            suite.add(format!("{name}::{}::{opt}{under}", link.name()), condition, move |context| {
                WorkDir::with(|dir| check(context, dir, &source, &directives, &config))
            });
        }
    }
    Ok(())
}

fn find_sources(dir: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).with_context(|| dir.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            find_sources(&path, found)?;
        } else if is_cxx(&path) || path.extension().is_some_and(|extension| extension == "c") {
            found.push(path);
        }
    }
    Ok(())
}

fn processor_features() -> Result<HashSet<String>> {
    let text = fs::read_to_string("/proc/cpuinfo")?;
    let flags = text.lines().find(|line| line.starts_with("flags")).unwrap_or_default();
    Ok(flags.split_whitespace().map(str::to_owned).collect())
}

fn check(
    context: &Context,
    dir: &Path,
    source: &Path,
    directives: &Directives,
    config: &Config,
) -> Result<()> {
    let toolchains = &context.toolchains;
    let build = |toolchain, name: &str| {
        Builder::new(context, toolchain, dir.join(name), config, directives)?.build(source)
    };
    let reference = build(&toolchains.reference, "clang")?;
    let tested = build(&toolchains.tested, "autojit")?;
    let laziness = || check_laziness(context, dir, source, directives, config, &tested);
    compare_builds(context, directives, &reference, &tested)
        .and_then(|()| laziness())
        .and_then(|()| compare_runs(context, dir, directives, config, &reference, &tested))
        .with_context(|| format!("built by{}", tested.replay()))
}

fn compare_builds(
    context: &Context,
    directives: &Directives,
    reference: &Build,
    tested: &Build,
) -> Result<()> {
    if let Some(symbol) = &directives.link_fail {
        return check_link_failure(symbol, reference, tested);
    }
    for (expected, found) in reference.steps.iter().zip(&tested.steps) {
        if let Some(difference) = suite::difference(&expected.outcome, &found.outcome, &context.toolchains) {
            bail!("{}: {difference}", found.command);
        }
    }
    match (directives.compile_fail, reference.succeeded()) {
        (true, true) => bail!("clang compiles this: the test is wrong"),
        (false, false) => bail!("clang does not build this: the test is wrong{}", last_outcome(reference)),
        _ => Ok(()),
    }
}

fn last_outcome(build: &Build) -> String {
    build.steps.last().map(|step| format!("\n{}: {}", step.command, step.outcome)).unwrap_or_default()
}

/// Only the linker knows where in an object a name is used, and in ours that is another place: so the texts are not
/// compared, but must say the same.
fn check_link_failure(symbol: &str, reference: &Build, tested: &Build) -> Result<()> {
    const COMPLAINTS: [&str; 5] = [
        "undefined reference",
        "undefined symbol",
        "undefined hidden symbol",
        "multiple definition",
        "duplicate symbol",
    ];
    let complaint = |build: &Build| {
        let text = build.steps.last().map(|step| step.outcome.stderr_text()).unwrap_or_default();
        let line =
            text.lines().find(|line| line.contains(symbol) && COMPLAINTS.iter().any(|c| line.contains(c)));
        line.and_then(|line| COMPLAINTS.into_iter().find(|c| line.contains(c)))
    };
    ensure!(!reference.succeeded(), "clang links this: the test is wrong");
    let (expected, found) = (complaint(reference), complaint(tested));
    ensure!(
        expected.is_some(),
        "clang does not mention {symbol}: the test is wrong{}",
        last_outcome(reference)
    );
    ensure!(expected == found, "should complain about {symbol}: {expected:?}{}", last_outcome(tested));
    let (expected, found) = (reference.steps.last(), tested.steps.last());
    ensure!(
        reference.steps.len() == tested.steps.len()
            && expected.map(|step| step.outcome.status) == found.map(|step| step.outcome.status),
        "the links end differently{}",
        last_outcome(tested)
    );
    Ok(())
}

fn check_laziness(
    context: &Context,
    dir: &Path,
    source: &Path,
    directives: &Directives,
    config: &Config,
    tested: &Build,
) -> Result<()> {
    let toolchain = &context.toolchains.tested;
    let Some(tools) = &toolchain.autojit else { return Ok(()) };
    let refusal = match &directives.statics {
        Statics::All(reason) => Some(reason),
        _ => None,
    };
    if !tested.succeeded() || (refusal.is_none() && !config.opt.starts_with("O0")) {
        return Ok(());
    }
    Report::of_all(&context.sandbox, tools, &tested.objects)?.check(directives)?;
    if let Some(reason) = refusal {
        let remarks =
            Builder::new(context, toolchain, dir.join("autojit"), config, directives)?.remarks(source)?;
        ensure!(
            remarks.stderr_text().contains(&format!("[-Rautojit={reason}]")),
            "refused for another reason than {reason}: {remarks}"
        );
    }
    Ok(())
}

fn compare_runs(
    context: &Context,
    dir: &Path,
    directives: &Directives,
    config: &Config,
    reference: &Build,
    tested: &Build,
) -> Result<()> {
    if !reference.succeeded() {
        return Ok(());
    }
    let private = |files: &[PathBuf]| match &context.toolchains.tested.autojit {
        Some(tools) => Ok(Report::of_all(&context.sandbox, tools, files)?.private_functions()),
        None => Ok::<_, anyhow::Error>(HashSet::new()),
    };
    let optimized = !config.opt.starts_with("O0");
    for (expected, found) in reference.objects.iter().zip(&tested.objects) {
        symbols::compare(expected, found, Table::Object, &private(std::slice::from_ref(found))?, optimized)?;
    }
    if config.link.has_equal_exports() {
        let dropped = private(&tested.objects)?;
        for (expected, found) in reference.linked.iter().zip(&tested.linked) {
            symbols::compare(expected, found, Table::Dynamic, &dropped, optimized)?;
        }
    }
    let expected = execute(context, directives, &dir.join("clang"), reference)?;
    ensure!(
        expected.status == directives.exit,
        "clang's program does not end as it should: the test is wrong: {expected}"
    );
    let mut found = execute(context, directives, &dir.join("autojit"), tested)?;
    if directives.ignore_stderr {
        found.stderr.clone_from(&expected.stderr);
    }
    if let Some(difference) = suite::difference(&expected, &found, &context.toolchains) {
        bail!("the programs differ: {difference}");
    }
    Ok(())
}

fn execute(context: &Context, directives: &Directives, dir: &Path, build: &Build) -> Result<Outcome> {
    let program = build.program.as_ref().context("no program")?;
    // By the same relative name on both sides: programs may print how they are called.
    let name = Path::new(".").join(program.strip_prefix(dir)?);
    let mut command = context.sandbox.command(directives.under.as_deref().unwrap_or(&name));
    if directives.under.is_some() {
        command.arg(name);
    }
    command.current_dir(dir).args(&directives.args).envs(directives.env.iter().cloned());
    process::run(&mut command, &directives.stdin, directives.time_limit)
}
