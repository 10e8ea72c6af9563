//! Where a linker looks for `-lNAME` and for the files that linker scripts name.

use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// The folders that GNU linkers for x86-64 Linux look in without being told. clang names most of them itself.
const DEFAULT: &[&str] = &[
    "/usr/local/lib/x86_64-linux-gnu",
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/local/lib64",
    "/lib64",
    "/usr/lib64",
    "/usr/local/lib",
    "/lib",
    "/usr/lib",
];

pub struct Search {
    folders: Vec<PathBuf>,
    sysroot: PathBuf,
}

impl Search {
    /// From all `-L` of the line: they count for all `-l`, wherever they stand.
    pub fn new(given: &[&[u8]], sysroot: &[u8]) -> Search {
        let sysroot = PathBuf::from(OsStr::from_bytes(sysroot));
        let mut search = Search { folders: Vec::new(), sysroot };
        for folder in given {
            let folder = search.at_root(folder);
            search.folders.push(folder);
        }
        search.folders.extend(DEFAULT.iter().map(PathBuf::from));
        search
    }

    /// One more folder, which a linker script names: after all others.
    pub fn add(&mut self, folder: &[u8]) {
        let folder = self.at_root(folder);
        self.folders.push(folder);
    }

    /// A path that may begin with `=` or `$SYSROOT`.
    fn at_root(&self, path: &[u8]) -> PathBuf {
        match path.strip_prefix(b"=").or_else(|| path.strip_prefix(b"$SYSROOT")) {
            Some(rest) if !self.sysroot.as_os_str().is_empty() => {
                let mut rooted = self.sysroot.clone().into_os_string();
                rooted.push(OsStr::from_bytes(rest));
                PathBuf::from(rooted)
            }
            Some(rest) => PathBuf::from(OsStr::from_bytes(rest)),
            None => PathBuf::from(OsStr::from_bytes(path)),
        }
    }

    /// The file that `-lNAME` (or `-l:FILE`) means.
    pub fn library(&self, name: &[u8], only_static: bool) -> Option<PathBuf> {
        if let Some(file) = name.strip_prefix(b":") {
            return self.first(file);
        }
        let with = |extension: &[u8]| [b"lib", name, extension].concat();
        self.folders.iter().find_map(|folder| {
            let shared = (!only_static).then(|| folder.join(OsStr::from_bytes(&with(b".so"))));
            let archive = folder.join(OsStr::from_bytes(&with(b".a")));
            shared.into_iter().chain([archive]).find(|path| path.is_file())
        })
    }

    /// A file that a linker script in the folder `beside` names.
    pub fn script_input(&self, name: &[u8], beside: Option<&Path>) -> Option<PathBuf> {
        let path = self.at_root(name);
        if path.is_absolute() {
            let rooted = self.sysroot.join(path.strip_prefix("/").ok()?);
            return [rooted, path].into_iter().find(|path| path.is_file());
        }
        let near = beside.map(|folder| folder.join(&path));
        near.into_iter().chain([path]).find(|path| path.is_file()).or_else(|| self.first(name))
    }

    fn first(&self, file: &[u8]) -> Option<PathBuf> {
        self.folders.iter().map(|folder| folder.join(OsStr::from_bytes(file))).find(|path| path.is_file())
    }
}

/// A path of the command line.
pub fn path(text: &CStr) -> &Path {
    Path::new(OsStr::from_bytes(text.to_bytes()))
}
