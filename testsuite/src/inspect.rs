//! What `autojit inspect --json` says about an object, and whether that is what a program's directives expect.

use crate::directives::{Directives, Statics};
use crate::process::{self, TIME_LIMIT};
use crate::sandbox::Sandbox;
use crate::toolchain::Tools;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

/// The JSON object that the tool prints. Fields that nothing here looks at are left out.
#[derive(Debug, Default, Deserialize)]
pub struct Report {
    /// None for a unit that has been refused as a whole: its object is clang's.
    pub modules: Vec<Module>,
}

#[derive(Debug, Deserialize)]
pub struct Module {
    pub functions: Vec<LazyFunction>,
    #[serde(rename = "static")]
    pub statics: Vec<StaticFunction>,
}

#[derive(Debug, Deserialize)]
pub struct LazyFunction {
    pub name: String,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Public,
    Private,
}

#[derive(Debug, Deserialize)]
pub struct StaticFunction {
    pub name: String,
    pub reason: String,
}

impl Report {
    pub fn of(sandbox: &Sandbox, tools: &Tools, file: &Path) -> Result<Report> {
        let mut command = sandbox.command(&tools.tool);
        command.args(["inspect", "--json"]).arg(file);
        let outcome = process::run(&mut command, b"", TIME_LIMIT)?;
        outcome.expect_success(&process::show(&command))?;
        serde_json::from_slice(&outcome.stdout)
            .with_context(|| format!("{}: {}", process::show(&command), outcome.stdout_text()))
    }

    /// The reports of several objects as one.
    pub fn of_all(sandbox: &Sandbox, tools: &Tools, files: &[PathBuf]) -> Result<Report> {
        let mut all = Report::default();
        for file in files {
            all.modules.extend(Report::of(sandbox, tools, file)?.modules);
        }
        Ok(all)
    }

    /// The names of the functions that the files have no symbols for.
    pub fn private_functions(&self) -> HashSet<String> {
        let of_kind = |kind| self.lazy_functions().filter(move |f| f.kind == kind).map(|f| f.name.clone());
        let public: HashSet<String> = of_kind(Kind::Public).collect();
        of_kind(Kind::Private).filter(|name| !public.contains(name)).collect()
    }

    pub fn lazy_functions(&self) -> impl Iterator<Item = &LazyFunction> {
        self.modules.iter().flat_map(|module| &module.functions)
    }

    /// An error that names every difference to what the directives say.
    pub fn check(&self, directives: &Directives) -> Result<()> {
        let mut complaints = Vec::new();
        let mut must_be = |names: &[String], kinds: &[Kind], what: &str| {
            for name in names {
                if !self.lazy_functions().any(|f| f.name == *name && kinds.contains(&f.kind)) {
                    complaints.push(format!("{name} is not {what}"));
                }
            }
        };
        must_be(&directives.lazy, &[Kind::Public, Kind::Private], "lazy");
        must_be(&directives.public, &[Kind::Public], "public lazy");
        must_be(&directives.private, &[Kind::Private], "private lazy");
        let statics = self.modules.iter().flat_map(|module| &module.statics);
        let statics: BTreeSet<_> = statics.map(|f| (f.name.clone(), f.reason.clone())).collect();
        match &directives.statics {
            Statics::Any => {}
            // The reason is not in the object; the remarks are asked for it.
            Statics::All(_) => {
                complaints.extend(self.lazy_functions().map(|f| format!("{} is lazy", f.name)));
            }
            Statics::Exactly(expected) => {
                let missing = expected.difference(&statics);
                complaints.extend(missing.map(|(f, r)| format!("{f} is not static for the reason {r}")));
                let unexpected = statics.difference(expected).filter(|f| !is_initializer(f));
                complaints.extend(unexpected.map(|(f, r)| format!("{f} is static ({r}), not lazy")));
            }
        }
        ensure!(complaints.is_empty(), "laziness is not as expected:\n  {}", complaints.join("\n  "));
        Ok(())
    }
}

/// A function that C++ compilers make for the initialization of variables; C names don't look like that.
fn is_initializer((name, reason): &(String, String)) -> bool {
    matches!(&**reason, "constructor" | "section")
        && ["__cxx_global_", "_GLOBAL__"].iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"modules":[{"hash":"00","payload_size":9,"imports":[],"functions":[
        {"name":"f","kind":"public","size":3},{"name":"p","kind":"private","size":1}],
        "static":[{"name":"g","reason":"inline-asm"}]}]}"#;

    #[test]
    fn expectations_are_compared_both_ways() -> Result<()> {
        let report: Report = serde_json::from_str(REPORT)?;
        for (text, good) in [
            ("//@ static: g(inline-asm)\n//@ lazy: f p\n//@ private: p\n", true),
            ("//@ static: any\n", true),
            ("//@ lazy: f\n", false),
            ("//@ static: g(naked)\n", false),
            ("//@ static: g(inline-asm) f(naked)\n", false),
            ("//@ static: g(inline-asm)\n//@ public: p\n", false),
            ("//@ static: *(inline-asm)\n", false),
        ] {
            assert_eq!(report.check(&Directives::parse(text)?).is_ok(), good, "{text}");
        }
        Ok(())
    }
}
