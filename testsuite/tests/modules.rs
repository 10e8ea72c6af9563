//! C++20 modules, header units, clang modules and precompiled headers: what is made for the compiler is clang's, and
//! the objects of units that use it are lazy.

use anyhow::{Result, bail, ensure};
use autojit_testsuite::inspect::Report;
use autojit_testsuite::process::{self, Outcome};
use autojit_testsuite::suite::{self, Context, Suite, WorkDir, difference};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(240);

/// Name; shell lines with `$CXX`; an object that must hold lazy functions.
struct Case(&'static str, &'static [&'static str], &'static str);

const CASES: &[Case] = &[
    Case(
        "named modules",
        &[
            "$CXX --precompile area.cppm -o shapes-area.pcm",
            "$CXX --precompile -fprebuilt-module-path=. shapes.cppm -o shapes.pcm",
            "$CXX -c -fprebuilt-module-path=. shapes-area.pcm -o area.o",
            "$CXX -c -fprebuilt-module-path=. shapes.pcm -o shapes.o",
            "$CXX -c -fprebuilt-module-path=. -fmodule-file=shapes=shapes.pcm outside.cpp -o outside.o",
            "$CXX -c -fprebuilt-module-path=. main.cpp -o main.o",
            "$CXX area.o shapes.o outside.o main.o -o program",
            "./program",
        ],
        "main.o",
    ),
    Case(
        "named modules in one step",
        &[
            "$CXX -c area.cppm -fmodule-output=shapes-area.pcm -o area.o",
            "$CXX -c -fprebuilt-module-path=. shapes.cppm -fmodule-output=shapes.pcm -o shapes.o",
            "$CXX -c -fprebuilt-module-path=. -fmodule-file=shapes=shapes.pcm outside.cpp -o outside.o",
            "$CXX -c -fprebuilt-module-path=. main.cpp -o main.o",
            "$CXX area.o shapes.o outside.o main.o -o program",
            "./program",
        ],
        "shapes.o",
    ),
    Case(
        "precompiled header",
        &[
            "$CXX -x c++-header all.h -o all.pch",
            "$CXX -include-pch all.pch -c precompiled.cpp -o precompiled.o",
            "$CXX precompiled.o -o program",
            "./program",
        ],
        "precompiled.o",
    ),
    Case(
        "precompiled header with code",
        &[
            "$CXX -x c++-header -fpch-instantiate-templates all.h -o all.pch",
            "$CXX -include-pch all.pch -c precompiled.cpp -o precompiled.o",
            "$CXX precompiled.o -o program",
            "./program",
        ],
        "precompiled.o",
    ),
    Case(
        "header units",
        &[
            "$CXX -fmodule-header=user all.h -o all.pcm",
            "$CXX -fmodule-file=all.pcm -c header_units.cpp -o header_units.o",
            "$CXX header_units.o -o program",
            "./program",
        ],
        "header_units.o",
    ),
];

fn main() -> ExitCode {
    suite::main(register)
}

fn register(suite: &mut Suite) -> Result<()> {
    for case in CASES {
        for level in ["-O0", "-O2"] {
            suite.add(format!("{}::{}", case.0, &level[1..]), suite::Condition::Always, move |context| {
                WorkDir::with(|dir| check(context, dir, case, level))
            });
        }
    }
    Ok(())
}

fn check(context: &Context, dir: &Path, case: &Case, level: &str) -> Result<()> {
    let run = |name: &str, cxx: &Path, line: &str| -> Result<Outcome> {
        let folder = dir.join(name);
        if !folder.exists() {
            std::fs::create_dir_all(&folder)?;
            for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("modules"))? {
                let path = entry?.path();
                std::fs::copy(&path, folder.join(path.file_name().unwrap_or_default()))?;
            }
        }
        let mut command = context.sandbox.command("/bin/sh");
        let cxx = format!("{} -std=c++20 {level}", cxx.display());
        command.current_dir(folder).env("CXX", cxx).args(["-e", "-c", line]);
        process::run(&mut command, b"", LIMIT)
    };
    let toolchains = &context.toolchains;
    for line in case.1 {
        let expected = run("clang", &toolchains.reference.cxx, line)?;
        expected.expect_success(line)?;
        let found = run("autojit", &toolchains.tested.cxx, line)?;
        if let Some(difference) = difference(&expected, &found, toolchains) {
            bail!("{line}: {difference}");
        }
    }
    let Some(tools) = &toolchains.tested.autojit else { return Ok(()) };
    let report = Report::of(&context.sandbox, tools, &dir.join("autojit").join(case.2))?;
    ensure!(report.lazy_functions().count() > 0, "nothing in {} is lazy", case.2);
    Ok(())
}
