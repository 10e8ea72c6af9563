//! Debug information in objects: none that clang's does not have, and nothing that the linker is asked for.

use crate::Own;
use crate::compare::{Compiled, compile, debug_sections, run_in};
use anyhow::{Result, ensure};
use autojit_testsuite::process::{self, TIME_LIMIT};
use autojit_testsuite::suite::Context;
use object::{Object, ObjectSymbol};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

pub const CASES: &[(&str, Own)] = &[
    ("debug information asks the linker for nothing", asks_for_nothing),
    ("debug information of a unit without lazy functions", without_lazy_functions),
    ("mapped paths leave no trace of the folder", mapped_paths),
];

/// Variables that the optimizer of the skeleton removes, and some that it does not.
const CONSTANTS: &str = "
static const int limit = 10;
static const int table[] = {1, 2, 3};
static volatile int count;
int below(int n) { static const int step = 4; return n + step < limit; }
int entry(int i) { count++; return table[i]; }
__attribute__((constructor)) static void start(void) { count = 3; }
";

fn asks_for_nothing(context: &Context, dir: &Path) -> Result<()> {
    fs::write(dir.join("constants.c"), CONSTANTS)?;
    let undefined = |line: &str| {
        run_in(context, dir, line)?.expect_success("compile")?;
        let bytes = fs::read(dir.join("constants.o"))?;
        let mut names = BTreeSet::new();
        for symbol in object::File::parse(&*bytes)?.symbols().filter(ObjectSymbol::is_undefined) {
            names.insert(symbol.name()?.to_owned());
        }
        Ok::<_, anyhow::Error>(names)
    };
    for level in ["-O0", "-O1", "-O2", "-O3", "-Os"] {
        let plain = undefined(&format!("{level} -c constants.c"))?;
        let debug = undefined(&format!("{level} -g -c constants.c"))?;
        ensure!(plain == debug, "{level}: {plain:?}, with -g {debug:?}");
    }
    Ok(())
}

fn without_lazy_functions(context: &Context, dir: &Path) -> Result<()> {
    for options in ["-O0 -g", "-O2 -g", "-g -gsplit-dwarf", "-g -fdebug-prefix-map=/a=/b", "-O0"] {
        let toolchains = &context.toolchains;
        let line = format!("{options} -Wall -c data.c");
        let expected = compile(context, &toolchains.reference, dir, "clang", &line, "")?;
        let found = compile(context, &toolchains.tested, dir, "autojit", &line, "")?;
        ensure!(expected.outcome == found.outcome, "{options}: {}{}", expected.outcome, found.outcome);
        let of = |result: &Compiled| debug_sections(&result.dir.join("data.o"));
        let (expected_sections, sections) = (of(&expected)?, of(&found)?);
        ensure!(expected_sections == sections, "{options}: {expected_sections:?} {sections:?}");
        ensure!(sections.is_empty() == (options == "-O0"), "{options}: {sections:?}");
        fs::remove_dir_all(dir.join("clang"))?;
        fs::remove_dir_all(dir.join("autojit"))?;
    }
    Ok(())
}

fn mapped_paths(context: &Context, dir: &Path) -> Result<()> {
    let mut objects = Vec::new();
    for place in ["one", "two/deeper"] {
        let folder = dir.join(place);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("name.h"), "static const char *name = __FILE__;\n")?;
        fs::write(folder.join("a.c"), "#include \"name.h\"\nconst char *get(void) { return name; }\n")?;
        for option in ["-ffile-prefix-map", "-fdebug-prefix-map"] {
            let mut command = context.sandbox.command(&context.toolchains.tested.cc);
            let map = format!("{option}={}=.", folder.display());
            command.current_dir(&folder).args(["-g", "-c", "a.c", &map]);
            process::run(&mut command, b"", TIME_LIMIT)?.expect_success("compile")?;
            objects.push(fs::read(folder.join("a.o"))?);
        }
        let text = String::from_utf8_lossy(&objects[objects.len() - 1]).into_owned();
        ensure!(!text.contains(&*dir.to_string_lossy()), "the object has the folder's path");
    }
    ensure!(objects[0] == objects[2] && objects[1] == objects[3], "the objects differ by the folder");
    Ok(())
}
