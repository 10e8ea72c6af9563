//! Finds the sources of the real projects, which come as packages of cargo that are never built.

use crate::toolchain::workspace;
use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;
use std::fs;
use std::path::{Path, PathBuf};

/// The folder of a package, by its name in this crate's Cargo.toml.
pub fn package(name: &str) -> Result<PathBuf> {
    let metadata = MetadataCommand::new()
        .manifest_path(workspace().join("Cargo.toml"))
        // The lock file decides which versions; a test must not change it.
        .other_options(["--locked".to_owned()])
        .exec()?;
    let package = metadata
        .packages
        .iter()
        .find(|package| package.name == name)
        .with_context(|| format!("cargo knows no package {name}"))?;
    let folder = package.manifest_path.parent().context("a manifest without a folder")?;
    Ok(folder.as_std_path().to_owned())
}

/// Copies a folder, so that it can be built in.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| entry.path().display().to_string())?;
        }
    }
    Ok(())
}
