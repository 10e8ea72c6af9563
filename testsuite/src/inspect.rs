//! What `autojit inspect --json` says about an object, and whether that is what a program's directives expect.

use crate::directives::{Directives, Statics};
use crate::process::{self, TIME_LIMIT};
use crate::sandbox::Sandbox;
use crate::toolchain::Tools;
use anyhow::{Context, Result, ensure};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The JSON object that the tool prints. Fields that nothing here looks at are left out.
#[derive(Debug, Default, Deserialize)]
pub struct Report {
    pub modules: Vec<Module>,
    #[serde(rename = "static")]
    pub statics: Vec<StaticFunction>,
}

#[derive(Debug, Deserialize)]
pub struct Module {
    pub functions: Vec<LazyFunction>,
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
            let report = Report::of(sandbox, tools, file)?;
            all.modules.extend(report.modules);
            all.statics.extend(report.statics);
        }
        Ok(all)
    }

    fn lazy_functions(&self) -> impl Iterator<Item = &LazyFunction> {
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
        let statics: BTreeSet<_> = self.statics.iter().map(|f| (f.name.clone(), f.reason.clone())).collect();
        match &directives.statics {
            Statics::Any => {}
            Statics::All(reason) => {
                if self.lazy_functions().next().is_some() {
                    complaints.push("some functions are lazy".into());
                }
                let others = statics.iter().filter(|(_, r)| r != reason);
                complaints.extend(others.map(|(name, r)| format!("{name} is static for the reason {r}")));
            }
            Statics::Exactly(expected) => {
                let missing = expected.difference(&statics);
                complaints.extend(missing.map(|(f, r)| format!("{f} is not static for the reason {r}")));
                let unexpected = statics.difference(expected);
                complaints.extend(unexpected.map(|(f, r)| format!("{f} is static ({r}), not lazy")));
            }
        }
        ensure!(complaints.is_empty(), "laziness is not as expected:\n  {}", complaints.join("\n  "));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = r#"{"modules":[{"hash":"00","payload_size":9,"imports":2,"functions":[
        {"name":"f","kind":"public","size":3},{"name":"p","kind":"private","size":1}]}],
        "static":[{"name":"g","reason":"inline-asm"}]}"#;

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
