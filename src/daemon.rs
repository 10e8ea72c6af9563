//! `autojit daemon`: status and stop, over the same socket that programs use.
//!
//! Never starts a daemon: asking must not change what is asked about.

use anyhow::{Context, Result, bail};
use autojit_protocol::hello::{HELLO_MAGIC, want};
use autojit_protocol::rendezvous::{SOCKET_NAME, is_private, runtime_directory};
use autojit_protocol::{PROTOCOL_VERSION, hello};
use std::fs;
use std::io::{self, ErrorKind, Read, Write};
use std::mem::size_of;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

/// How long a daemon may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Clone, Copy, Debug, clap::Subcommand)]
pub enum Action {
    /// Says what the daemon is doing; exit status 1 if none is running
    Status,
    /// Ends the daemon; programs that still need one start another
    Stop,
}

pub fn run(action: Action) -> Result<ExitCode> {
    let Some(stream) = connect()? else {
        println!("no daemon is running");
        return Ok(match action {
            Action::Status => ExitCode::FAILURE,
            Action::Stop => ExitCode::SUCCESS,
        });
    };
    stream.set_read_timeout(Some(PATIENCE)).context("cannot limit the time to wait")?;
    match action {
        Action::Status => print!("{}", ask(&stream, want::STATUS)?),
        Action::Stop => {
            ask(&stream, want::STOP)?;
            println!("the daemon has stopped");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `None` if no daemon answers.
fn connect() -> Result<Option<UnixStream>> {
    let Some(directory) = runtime_directory() else { return Ok(None) };
    if !check_directory(&directory)? {
        return Ok(None);
    }
    let socket = directory.join(SOCKET_NAME);
    match UnixStream::connect(&socket) {
        Ok(stream) => Ok(Some(stream)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot connect to {}", socket.display())),
    }
}

/// Whether it exists. One that others could have made or could write to is an error.
fn check_directory(path: &Path) -> Result<bool> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        other => other.with_context(|| path.display().to_string())?,
    };
    if !is_private(&found, rustix::process::geteuid().as_raw()) {
        bail!("{} is not a directory of this user alone (mode 0700)", path.display());
    }
    Ok(true)
}

/// Sends a Hello, reads the Welcome, and returns the text after it.
fn ask(mut stream: impl Read + Write, want: u32) -> Result<String> {
    stream
        .write_all(&hello::Hello::of_tool(want, std::process::id()).bytes())
        .context("cannot write to the daemon")?;
    let mut welcome = [0; size_of::<hello::Welcome>()];
    stream.read_exact(&mut welcome).context("no answer from the daemon")?;
    let word =
        |at: usize| u32::from_le_bytes([welcome[at], welcome[at + 1], welcome[at + 2], welcome[at + 3]]);
    if welcome[..8] != HELLO_MAGIC.to_le_bytes() || word(8) != PROTOCOL_VERSION {
        bail!("what listens at the daemon's socket is no daemon of this version");
    }
    if word(12) != 0 {
        let error = io::Error::from_raw_os_error(word(12).cast_signed());
        return Err(error).context("the daemon refused");
    }
    let mut text = Vec::new();
    match stream.read_to_end(&mut text) {
        // One that stops may close the connection hard.
        Err(error) if want != self::want::STOP || error.kind() != ErrorKind::ConnectionReset => {
            Err(error).context("the daemon broke off")
        }
        _ => Ok(String::from_utf8_lossy(&text).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::thread;

    fn answer(error: u32, version: u32, text: &str) -> Result<String> {
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let mut bytes = HELLO_MAGIC.to_le_bytes().to_vec();
        bytes.extend(version.to_le_bytes());
        bytes.extend(error.to_le_bytes());
        bytes.resize(size_of::<hello::Welcome>(), 0);
        bytes.extend(text.as_bytes());
        let daemon = thread::spawn(move || {
            let mut got = [0; size_of::<hello::Hello>()];
            theirs.read_exact(&mut got).unwrap();
            theirs.write_all(&bytes).unwrap();
            got[12]
        });
        let result = ask(&ours, want::STATUS);
        assert_eq!(u32::from(daemon.join().unwrap()), want::STATUS);
        result
    }

    #[test]
    fn the_text_after_the_welcome_is_the_answer() {
        assert_eq!(answer(0, PROTOCOL_VERSION, "2 sessions\n").unwrap(), "2 sessions\n");
    }

    #[test]
    fn refusals_and_strangers_are_errors() {
        assert!(format!("{:#}", answer(13, PROTOCOL_VERSION, "").unwrap_err()).contains("Permission denied"));
        assert!(answer(0, 99, "").is_err());
        let (ours, theirs) = UnixStream::pair().unwrap();
        theirs.shutdown(std::net::Shutdown::Write).unwrap();
        assert!(ask(&ours, want::STATUS).is_err());
    }

    #[test]
    fn only_a_directory_of_ones_own_is_trusted() {
        let directory = tempfile::tempdir().unwrap();
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
        assert!(check_directory(directory.path()).unwrap());
        assert!(!check_directory(&directory.path().join("none")).unwrap());
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        assert!(check_directory(directory.path()).is_err());
    }
}
