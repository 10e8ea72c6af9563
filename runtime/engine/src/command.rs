//! The command line of `autojitd`.

use crate::arena;
use crate::daemonize;
use crate::engine::Engine;
use crate::limits;
use crate::log;
use crate::rendezvous::{self, Claim, Published};
use crate::server::Daemon;
use clap::Parser;
use std::os::fd::{FromRawFd, OwnedFd, RawFd};
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::time::Duration;

/// The compile daemon of autojit. Programs start it when they need it.
#[derive(Parser)]
#[command(name = "autojitd", version)]
struct Arguments {
    /// Serve this connection first, then listen; leave if another daemon is there
    #[arg(long, value_name = "FD", conflicts_with = "private")]
    serve: Option<RawFd>,

    /// Serve this connection only
    #[arg(long, value_name = "FD")]
    private: Option<RawFd>,

    /// Stay in the terminal
    #[arg(long)]
    foreground: bool,

    /// Leave when there was no session for so long [default: $AUTOJIT_IDLE_TIMEOUT, or 900]
    #[arg(long, value_name = "SECONDS")]
    idle_timeout: Option<u64>,
}

const DEFAULT_IDLE_TIMEOUT: u64 = 900;

fn configured_idle_timeout() -> Option<u64> {
    std::env::var("AUTOJIT_IDLE_TIMEOUT").ok()?.parse().ok()
}

pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let given = arguments.serve.or(arguments.private).filter(|fd| *fd > 2);
    daemonize::close_descriptors(given);
    // While relative names still mean what they meant where the daemon was started.
    log::open();
    daemonize::leave_everything(arguments.foreground);
    limits::heed();
    // SAFETY: the one descriptor that was kept open, owned by nobody else; a wrong number makes an error of its use.
    let connection = given.map(|fd| UnixStream::from(unsafe { OwnedFd::from_raw_fd(fd) }));
    let published = match claim(&arguments) {
        Ok(published) => published,
        Err(code) => return code,
    };
    if published.is_none() && connection.is_none() {
        eprintln!("autojitd: no place for a socket; see AUTOJIT_DAEMON=private");
        return ExitCode::FAILURE;
    }
    if arguments.foreground
        && let Some(published) = &published
    {
        eprintln!("autojitd: listening at {}", published.path.display());
    }
    let Ok(daemon) = Daemon::new(arena::configured_size(), Engine::configured()) else {
        return ExitCode::FAILURE;
    };
    if let Some(connection) = connection {
        daemon.serve(connection);
    }
    let seconds = arguments.idle_timeout.or_else(configured_idle_timeout).unwrap_or(DEFAULT_IDLE_TIMEOUT);
    daemon.run(published, Duration::from_secs(seconds));
    // Threads may still be compiling for sessions that are over; nothing of it is worth waiting for.
    // SAFETY: ends the process at once.
    unsafe { libc::_exit(0) }
}

/// The socket, `None` to serve the given connection without one, or the exit status if there is a daemon already.
fn claim(arguments: &Arguments) -> Result<Option<Published>, ExitCode> {
    if arguments.private.is_some() || (arguments.serve.is_some() && limits::are_tight()) {
        return Ok(None);
    }
    match rendezvous::claim() {
        Claim::Ours(published) => Ok(Some(published)),
        Claim::Taken => {
            if arguments.serve.is_none() {
                eprintln!("autojitd: there is a daemon already");
            }
            Err(ExitCode::SUCCESS)
        }
        Claim::Impossible => Ok(None),
    }
}
