//! Where client and daemon meet: the rule for the socket's directory and name.
//!
//! 1. `$XDG_RUNTIME_DIR/autojit`
//! 2. `$XDG_CACHE_HOME/autojit/run`
//! 3. `$HOME/.cache/autojit/run`
//!
//! The first whose variable is set to an absolute path counts (XDG Base Directory Specification). If none is, there
//! is no shared daemon and the client starts a private one. Never a shared temporary directory: names there can be
//! taken by others. The directory itself has mode 0700 and belongs to the user; both sides check that.

/// Name of the socket in the directory: protocol and code generator are part of it.
pub const SOCKET_NAME: &str = "autojitd-7-llvm22.1.sock";

/// Name of the lock file that decides which of several starting daemons stays.
pub const LOCK_NAME: &str = "autojitd-7-llvm22.1.lock";

/// The values of the environment variables that decide, as raw bytes.
#[derive(Clone, Copy, Default)]
pub struct Environment<'a> {
    pub xdg_runtime_dir: Option<&'a [u8]>,
    pub xdg_cache_home: Option<&'a [u8]>,
    pub home: Option<&'a [u8]>,
}

/// The directory as two parts to put together: a base that exists already, and what is below it.
pub fn directory<'a>(env: Environment<'a>) -> Option<(&'a [u8], &'static str)> {
    let absolute = |v: Option<&'a [u8]>| v.filter(|v| v.first() == Some(&b'/'));
    if let Some(base) = absolute(env.xdg_runtime_dir) {
        return Some((base, "/autojit"));
    }
    if let Some(base) = absolute(env.xdg_cache_home) {
        return Some((base, "/autojit/run"));
    }
    absolute(env.home).map(|base| (base, "/.cache/autojit/run"))
}

/// The directory that this process's environment names.
#[cfg(feature = "std")]
pub fn runtime_directory() -> Option<std::path::PathBuf> {
    use std::ffi::{OsStr, OsString};
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let [runtime, cache, home] = ["XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "HOME"].map(std::env::var_os);
    let environment = Environment {
        xdg_runtime_dir: runtime.as_deref().map(OsStr::as_bytes),
        xdg_cache_home: cache.as_deref().map(OsStr::as_bytes),
        home: home.as_deref().map(OsStr::as_bytes),
    };
    let (base, below) = directory(environment)?;
    Some(OsString::from_vec([base, below.as_bytes()].concat()).into())
}

/// Whether what was found at a path is a directory that belongs to this user and that nobody else can look into. Ask
/// without following links.
#[cfg(feature = "std")]
pub fn is_private(found: &std::fs::Metadata, user: u32) -> bool {
    use std::os::unix::fs::MetadataExt;
    found.is_dir() && found.uid() == user && found.mode() & 0o077 == 0
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::{ENGINE_ID, PROTOCOL_VERSION};
    use std::format;

    #[test]
    fn the_names_carry_the_versions() {
        assert_eq!(SOCKET_NAME, format!("autojitd-{PROTOCOL_VERSION}-{ENGINE_ID}.sock"));
        assert_eq!(LOCK_NAME, format!("autojitd-{PROTOCOL_VERSION}-{ENGINE_ID}.lock"));
    }

    #[test]
    fn relative_and_empty_values_do_not_count() {
        let env =
            Environment { xdg_runtime_dir: Some(b"run"), xdg_cache_home: Some(b""), home: Some(b"/home/u") };
        assert_eq!(directory(env), Some((&b"/home/u"[..], "/.cache/autojit/run")));
        assert_eq!(directory(Environment::default()), None);
    }
}
