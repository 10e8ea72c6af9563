//! The log file, for people who want to see what the daemon does: `AUTOJIT_LOG=FILE`. Off by default; a daemon must not
//! write where nobody asked for it.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::sync::OnceLock;

static FILE: OnceLock<Option<File>> = OnceLock::new();

fn file() -> Option<&'static File> {
    FILE.get_or_init(|| {
        let path = std::env::var_os("AUTOJIT_LOG").filter(|path| !path.is_empty())?;
        OpenOptions::new().create(true).append(true).open(path).ok()
    })
    .as_ref()
}

/// Opens the file now, before the working directory changes.
pub fn open() {
    file();
}

pub fn is_on() -> bool {
    file().is_some()
}

/// One line in one write, so that lines of several threads (and daemons) do not mix.
pub fn write(text: &str) {
    if let Some(mut file) = file() {
        let line = format!("autojitd[{}] {text}\n", std::process::id());
        let _ = file.write_all(line.as_bytes());
    }
}

macro_rules! log {
    ($($argument:tt)*) => {
        if $crate::log::is_on() {
            $crate::log::write(&format!($($argument)*));
        }
    };
}
pub(crate) use log;
