//! The daemon as a process: being the only one, leaving, and noticing that clients are gone.
//!
//! Has no test harness: this program is also the daemon, and clients, when the environment says so.

mod support;

use autojit_protocol::control::{Request, op};
use autojit_protocol::hello::want;
use autojit_protocol::rendezvous::{LOCK_NAME, SOCKET_NAME};
use std::fs;
use std::io::{Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use support::{Client, Place, hello, receive_welcome};
use tempfile::TempDir;

const ROLE: &str = "AUTOJIT_TEST_ROLE";

fn main() -> ExitCode {
    match std::env::var(ROLE).as_deref() {
        Ok("daemon") => return autojit_engine::main(),
        Ok(role) => return client(role),
        Err(_) => {}
    }
    let filter = std::env::args().skip(1).find(|argument| !argument.starts_with('-')).unwrap_or_default();
    let tests: [(&str, fn()); 9] = [
        ("one_of_many_stays", one_of_many_stays),
        ("it_leaves_when_idle", it_leaves_when_idle),
        ("a_dead_daemons_socket_is_replaced", a_dead_daemons_socket_is_replaced),
        ("stop_closes_the_sessions", stop_closes_the_sessions),
        ("a_session_ends_with_its_process", a_session_ends_with_its_process),
        ("a_session_ends_with_exec_and_unmapping", a_session_ends_with_exec_and_unmapping),
        ("a_session_ends_when_another_takes_its_place", a_session_ends_when_another_takes_its_place),
        ("a_private_daemon_leaves_with_its_client", a_private_daemon_leaves_with_its_client),
        ("nothing_inherited_is_kept", nothing_inherited_is_kept),
    ];
    for (name, test) in tests.into_iter().filter(|(name, _)| name.contains(&filter)) {
        let began = Instant::now();
        test();
        println!("test {name} ... ok ({:?})", began.elapsed());
    }
    ExitCode::SUCCESS
}

/// What the child processes of these tests do.
fn client(role: &str) -> ExitCode {
    let path = PathBuf::from(std::env::args_os().nth(1).unwrap());
    let session = || Client::connected(UnixStream::connect(&path).unwrap(), Place::Near);
    let _kept = session();
    match role {
        "wait" => {}
        // The session's memory goes with the old program; the new one has its own.
        "exec" => {
            let error = Command::new("/proc/self/exe").arg(&path).env(ROLE, "wait").exec();
            panic!("{error}");
        }
        "unmap" => drop(session()),
        _ => panic!("role {role}"),
    }
    if role == "unmap" {
        let _third = session();
        wait_for_end();
    }
    wait_for_end();
    ExitCode::SUCCESS
}

/// Children stay until the test closes their standard input.
fn wait_for_end() {
    println!("ready");
    let _ = std::io::stdin().read(&mut [0]);
}

/// A user's runtime directory.
struct Home {
    folder: TempDir,
}

impl Home {
    fn new() -> Home {
        Home { folder: TempDir::new().unwrap() }
    }

    fn directory(&self) -> PathBuf {
        self.folder.path().join("autojit")
    }

    fn socket(&self) -> PathBuf {
        self.directory().join(SOCKET_NAME)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("/proc/self/exe");
        command.args(arguments).env(ROLE, "daemon").env("XDG_RUNTIME_DIR", self.folder.path());
        command.stdin(Stdio::null());
        command
    }

    /// A daemon that was started by a client, as the client's runtime does it.
    fn serve(&self, mode: &str, more: &[&str]) -> (Child, UnixStream) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let theirs = OwnedFd::from(theirs);
        let number = theirs.as_raw_fd();
        let mut command = self.command(&[mode, &number.to_string()]);
        command.args(more);
        // SAFETY: one async-signal-safe call.
        unsafe {
            command.pre_exec(move || {
                libc::fcntl(number, libc::F_SETFD, 0);
                Ok(())
            });
        }
        (command.spawn().unwrap(), ours)
    }

    fn connect(&self) -> UnixStream {
        let began = Instant::now();
        loop {
            match UnixStream::connect(self.socket()) {
                Ok(stream) => return stream,
                Err(error) => assert!(began.elapsed() < Duration::from_secs(5), "{error}"),
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    fn ask(&self, what: u32) -> (u64, String) {
        let stream = self.connect();
        (&stream).write_all(&hello(what)).unwrap();
        let (welcome, _) = receive_welcome(&stream).unwrap();
        let mut text = String::new();
        (&stream).read_to_string(&mut text).unwrap();
        (welcome.instance, text)
    }

    fn sessions(&self) -> usize {
        let (_, text) = self.ask(want::STATUS);
        let line = text.lines().find(|line| line.starts_with("sessions")).unwrap();
        line.split_whitespace().last().unwrap().parse().unwrap()
    }

    fn client(&self, role: &str) -> Child {
        drop(self.connect());
        let mut child = Command::new("/proc/self/exe")
            .arg(self.socket())
            .env(ROLE, role)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = [0; 6];
        child.stdout.as_mut().unwrap().read_exact(&mut ready).unwrap();
        child
    }

    fn stop(&self, mut daemon: Child) {
        self.ask(want::STOP);
        assert!(ends(&mut daemon));
    }
}

fn ends(child: &mut Child) -> bool {
    within(|| child.try_wait().unwrap().is_some())
}

fn within(mut condition: impl FnMut() -> bool) -> bool {
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(10) {
        if condition() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    false
}

fn one_of_many_stays() {
    let place = Home::new();
    let mut started: Vec<(Child, UnixStream)> = (0..12).map(|_| place.serve("--serve", &[])).collect();
    for (_, stream) in &started {
        // Whoever lost sees the end of its connection and finds the winner at once.
        let _ = (&*stream).write_all(&hello(want::PROBE));
        if receive_welcome(stream).is_none() {
            let stream = UnixStream::connect(place.socket()).expect("the winner listens");
            (&stream).write_all(&hello(want::PROBE)).unwrap();
            assert!(receive_welcome(&stream).is_some());
        }
    }
    let mut running = || {
        started.iter_mut().filter_map(|(child, _)| child.try_wait().unwrap().is_none().then_some(())).count()
    };
    assert!(within(|| running() == 1));
    let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.directory()), 0o700);
    assert_eq!(mode(&place.directory().join(LOCK_NAME)), 0o600);
    place.ask(want::STOP);
    for (child, _) in &mut started {
        assert!(ends(child) && child.wait().unwrap().success());
    }
    assert!(!place.socket().exists());
}

fn it_leaves_when_idle() {
    let place = Home::new();
    let (mut daemon, stream) = place.serve("--serve", &["--idle-timeout", "0"]);
    let client = Client::connected(stream, Place::Near);
    std::thread::sleep(Duration::from_millis(50));
    assert!(daemon.try_wait().unwrap().is_none(), "there is a session");
    drop(client);
    // This process lives on, so only a look into its memory map tells.
    let second = Client::connected(place.connect(), Place::Near);
    assert!(within(|| place.sessions() == 1));
    place.ask(want::STOP);
    assert!(second.is_closed_within(Duration::from_secs(5)));
    assert!(ends(&mut daemon));

    let (mut daemon, stream) = place.serve("--serve", &["--idle-timeout", "0"]);
    (&stream).write_all(&hello(want::PROBE)).unwrap();
    assert!(receive_welcome(&stream).is_some());
    assert!(ends(&mut daemon) && !place.socket().exists());
}

fn a_dead_daemons_socket_is_replaced() {
    let place = Home::new();
    let (mut daemon, _stream) = place.serve("--serve", &[]);
    let (first, _) = place.ask(want::PROBE);
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    assert!(place.socket().exists() && UnixStream::connect(place.socket()).is_err());
    let (daemon, stream) = place.serve("--serve", &[]);
    (&stream).write_all(&hello(want::PROBE)).unwrap();
    let (welcome, _) = receive_welcome(&stream).unwrap();
    assert_ne!(welcome.instance, first);
    assert_eq!(place.ask(want::PROBE).0, welcome.instance);
    place.stop(daemon);
}

fn stop_closes_the_sessions() {
    let place = Home::new();
    let (daemon, stream) = place.serve("--serve", &[]);
    let clients = [Client::connected(stream, Place::Near), Client::connected(place.connect(), Place::Far)];
    place.stop(daemon);
    assert!(clients.iter().all(|client| client.is_closed_within(Duration::from_secs(5))));
}

fn a_session_ends_with_its_process() {
    let place = Home::new();
    let (daemon, _stream) = place.serve("--serve", &[]);
    let mut children = [place.client("wait"), place.client("wait")];
    assert_eq!(place.sessions(), 2);
    children[0].kill().unwrap();
    children[0].wait().unwrap();
    assert!(within(|| place.sessions() == 1));
    drop(children[1].stdin.take());
    children[1].wait().unwrap();
    assert!(within(|| place.sessions() == 0));
    place.stop(daemon);
}

fn a_session_ends_with_exec_and_unmapping() {
    let place = Home::new();
    let (daemon, _stream) = place.serve("--serve", &[]);
    let mut child = place.client("exec");
    assert!(within(|| place.sessions() == 1), "the new program's");
    drop(child.stdin.take());
    child.wait().unwrap();
    let mut child = place.client("unmap");
    assert!(within(|| place.sessions() == 2), "one of three is unmapped");
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(within(|| place.sessions() == 0));
    place.stop(daemon);
}

fn a_session_ends_when_another_takes_its_place() {
    let place = Home::new();
    let (daemon, _stream) = place.serve("--serve", &[]);
    drop(place.connect());
    let socket = place.socket();
    // A module of 8 slots, as a library has that is loaded at this address.
    let open = |slots: u64| {
        let mut client = Client::connected(UnixStream::connect(&socket).unwrap(), Place::Near);
        let request =
            Request { op: op::OPEN_MODULE, index: 8, args: [4096, slots, 0, 0], ..Request::default() };
        assert_eq!(client.call(request, &[7; 32]).status, 0);
        client
    };
    let (first, other) = (open(0x10000), open(0x20000));
    let again = open(0x10008);
    assert!(first.is_closed_within(Duration::from_secs(5)));
    assert!(!other.is_closed_within(Duration::ZERO) && !again.is_closed_within(Duration::ZERO));
    assert!(within(|| place.sessions() == 2));
    place.stop(daemon);
}

fn a_private_daemon_leaves_with_its_client() {
    let place = Home::new();
    let (mut daemon, stream) = place.serve("--private", &[]);
    (&stream).write_all(&hello(want::PROBE)).unwrap();
    assert!(receive_welcome(&stream).is_some());
    assert!(ends(&mut daemon));
    assert!(!place.directory().exists());
    let (mut daemon, stream) = place.serve("--private", &[]);
    drop(stream);
    assert!(ends(&mut daemon));
}

fn nothing_inherited_is_kept() {
    let place = Home::new();
    let (reader, writer) = std::io::pipe().unwrap();
    let (extra, _) = UnixStream::pair().unwrap();
    let number = extra.as_raw_fd();
    let mut command = place.command(&["--idle-timeout", "60"]);
    command.stdout(writer);
    let processors = |status: &str| {
        let line = status.lines().find(|line| line.starts_with("Cpus_allowed_list")).unwrap();
        line.split_whitespace().last().unwrap().to_owned()
    };
    let ours = processors(&fs::read_to_string("/proc/self/status").unwrap());
    let first_processor: usize = ours.split(['-', ',']).next().unwrap().parse().unwrap();
    // SAFETY: async-signal-safe calls.
    unsafe {
        command.pre_exec(move || {
            libc::fcntl(number, libc::F_SETFD, 0);
            libc::signal(libc::SIGTERM, libc::SIG_IGN);
            let mut one: libc::cpu_set_t = std::mem::zeroed();
            libc::CPU_SET(first_processor, &mut one);
            libc::sched_setaffinity(0, size_of_val(&one), &one);
            Ok(())
        });
    }
    let daemon = command.spawn().unwrap();
    drop(command);
    let mut nothing = Vec::new();
    (&reader).read_to_end(&mut nothing).unwrap();
    assert!(nothing.is_empty(), "the pipe is closed while the daemon lives");
    place.ask(want::PROBE);
    let entry = |name: &str| PathBuf::from(format!("/proc/{}/{name}", daemon.id()));
    let open: Vec<PathBuf> =
        fs::read_dir(entry("fd")).unwrap().flatten().filter_map(|fd| fs::read_link(fd.path()).ok()).collect();
    // Standard streams, directory, lock, listener, epoll, eventfd.
    assert!(open.len() <= 8, "{open:?}");
    assert_eq!(fs::read_link(entry("cwd")).unwrap(), Path::new("/"));
    let status = fs::read_to_string(entry("status")).unwrap();
    let field = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(field("SigBlk").ends_with("0000000000000000"), "{status}");
    let ignored = u64::from_str_radix(field("SigIgn").split_whitespace().last().unwrap(), 16).unwrap();
    // Signals 32 and 33 are the C library's.
    assert_eq!(ignored & !(3 << 31), 1 << (libc::SIGPIPE - 1) | 1 << (libc::SIGXFSZ - 1));
    assert_eq!(processors(&status), ours);
    assert!(field("Umask").ends_with("0077"));
    place.stop(daemon);
}
