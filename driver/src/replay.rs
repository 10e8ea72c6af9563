//! `--autojit-save-dir`: everything that a compile can be repeated from.
//!
//! Per unit: `NAME.command` (a shell command), `NAME.before.ll`, `NAME.after.ll`, `NAME.payload`. The name is that of
//! the input with a number if it is taken, so that units of one name do not overwrite each other.

use crate::clang::RawUnit;
use autojit_passes::Outcome;
use inkwell::module::Module;
use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub struct Record {
    base: PathBuf,
}

impl Record {
    /// Saves the command and the module as clang made it.
    pub fn start(dir: &Path, unit: &RawUnit<'_>, command: &[OsString], module: &Module<'_>) -> Record {
        let name = Path::new(unit.input).file_name().map_or_else(|| "unit".into(), |n| n.to_os_string());
        let record = Record { base: free_name(dir, Path::new(&name)) };
        record.write("command", shell_command(command).as_bytes());
        record.write("before.ll", module.print_to_string().to_bytes());
        record
    }

    /// Saves what the transform made of it.
    pub fn finish(&self, module: &Module<'_>, outcome: &Outcome) {
        self.write("after.ll", module.print_to_string().to_bytes());
        self.write("payload", &outcome.payload);
    }

    fn write(&self, extension: &str, bytes: &[u8]) {
        let mut path = self.base.clone().into_os_string();
        path.push(".");
        path.push(extension);
        if let Err(error) = fs::write(&path, bytes) {
            eprintln!("autojit-cc: warning: cannot save {}: {error}", Path::new(&path).display());
        }
    }
}

/// Claims a name in the folder by creating its command file.
fn free_name(dir: &Path, name: &Path) -> PathBuf {
    if let Err(error) = fs::create_dir_all(dir) {
        eprintln!("autojit-cc: warning: cannot make {}: {error}", dir.display());
    }
    for number in 1.. {
        let mut base = dir.join(name).into_os_string();
        if number > 1 {
            base.push(format!(".{number}"));
        }
        let mut probe = base.clone();
        probe.push(".command");
        match fs::OpenOptions::new().write(true).create_new(true).open(probe) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            // Claimed, or unusable: then every write says so.
            _ => return PathBuf::from(base),
        }
    }
    dir.join(name)
}

/// The command as a shell would take it, in the folder that it ran in.
fn shell_command(command: &[OsString]) -> String {
    let words: Vec<String> =
        command.iter().map(|a| String::from_utf8_lossy(a.as_bytes()).into_owned()).collect();
    let folder = std::env::current_dir().unwrap_or_default();
    let line = shell_words::join(words.iter().map(String::as_str));
    format!("cd {} && {line}\n", shell_words::quote(&folder.to_string_lossy()))
}
