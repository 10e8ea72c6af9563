//! What a daemon knows of a program that ran before: compiled code on the disk, and which functions to link at once.

mod support;

use autojit_engine::cache::Cache;
use autojit_engine::engine::Engine;
use autojit_engine::server::Daemon;
use std::ffi::c_int;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::payload::{INTERPOSABLE, PRIVATE, PUBLIC, Payload};
use support::program::Program;
use support::{Client, Place};

const SOURCE: &str = "
    static int twice(int a) { return 2 * a; }
    int other(int a) { return a - 1; }
    int f(int a) { return a > 0 ? twice(a) + other(a) : 0; }
    int never(int a) { return a; }";
const FUNCTIONS: [(&str, u32); 4] =
    [("never", PUBLIC), ("twice", PRIVATE), ("other", INTERPOSABLE), ("f", PUBLIC)];

fn payload() -> Payload {
    Payload::c(SOURCE, &FUNCTIONS, &["other"])
}

/// A directory for the cache, and daemons that use it.
struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Home {
        let root = tempfile::tempdir().unwrap();
        fs::set_permissions(root.path(), fs::Permissions::from_mode(0o700)).unwrap();
        fs::create_dir(root.path().join("objects")).unwrap();
        fs::set_permissions(root.path().join("objects"), fs::Permissions::from_mode(0o700)).unwrap();
        Home(root)
    }

    fn daemon(&self) -> Arc<Daemon> {
        let cache = Cache::at(self.0.path().join("objects"), 1 << 30);
        assert!(cache.is_some());
        Daemon::new(64 << 20, Engine { cache, warm_start: true, ..Engine::default() }).unwrap()
    }

    fn packs(&self) -> Vec<PathBuf> {
        let builds = fs::read_dir(self.0.path().join("objects")).unwrap();
        builds
            .flat_map(|build| fs::read_dir(build.unwrap().path()).unwrap())
            .map(|pack| pack.unwrap().path())
            .collect()
    }
}

fn start(daemon: &Arc<Daemon>, place: Place, payload: &Payload) -> Arc<Program> {
    Program::in_session(Client::of(daemon, place), payload.clone(), &[])
}

/// Calls f, which calls twice and other.
fn run(program: &Arc<Program>) {
    let f: extern "C" fn(c_int) -> c_int = program.function("f");
    assert_eq!((f(3), f(0), f(10)), (8, 0, 29));
}

/// Ends the program's session, and waits until the daemon has noted what it used.
fn end(daemon: &Arc<Daemon>, program: Arc<Program>) {
    drop(program);
    daemon.sessions.close_all();
    wait_until(|| daemon.sessions.count() == 0);
    daemon.engine.cache.as_ref().unwrap().flush();
}

fn wait_until(condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(10));
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn compiled(daemon: &Daemon) -> u64 {
    daemon.engine.statistics.snapshot().compiled
}

#[test]
fn the_second_run_compiles_nothing_and_asks_once() {
    for place in [Place::Near, Place::Far] {
        let (home, payload) = (Home::new(), payload());
        let first = home.daemon();
        let program = start(&first, place, &payload);
        run(&program);
        assert_eq!(program.called(), ["f", "twice", "other"]);
        assert!(program.came_along().is_empty());
        end(&first, program);
        assert_eq!(compiled(&first), 3);
        assert_eq!(home.packs().len(), 1);

        // By the same daemon, and by one that knows nothing but what is on the disk.
        for daemon in [first, home.daemon()] {
            let before = compiled(&daemon);
            let program = start(&daemon, place, &payload);
            run(&program);
            assert_eq!(program.called(), ["f"]);
            assert_eq!(program.came_along(), ["twice", "other"]);
            assert_eq!(compiled(&daemon), before);
            end(&daemon, program);
        }
    }
}

#[test]
fn what_was_not_used_before_is_compiled_when_it_is_called() {
    let (home, payload) = (Home::new(), payload());
    let daemon = home.daemon();
    let program = start(&daemon, Place::Near, &payload);
    run(&program);
    end(&daemon, program);
    let daemon = home.daemon();
    let program = start(&daemon, Place::Near, &payload);
    let never: extern "C" fn(c_int) -> c_int = program.function("never");
    assert_eq!(never(5), 5);
    // The rest came along, whatever was asked for first.
    run(&program);
    assert_eq!(program.called(), ["never"]);
    assert_eq!(compiled(&daemon), 1);
}

#[test]
fn an_interposable_function_is_called_where_the_program_has_it() {
    extern "C" fn interposed(a: c_int) -> c_int {
        a + 100
    }
    let (home, payload) = (Home::new(), payload());
    for _ in 0..2 {
        let daemon = home.daemon();
        let given = [("other", interposed as *const () as u64)];
        let program = Program::in_session(Client::of(&daemon, Place::Near), payload.clone(), &given);
        let f: extern "C" fn(c_int) -> c_int = program.function("f");
        assert_eq!(f(3), 109);
        end(&daemon, program);
    }
}

/// Changes the bytes of the only pack.
fn damage(home: &Home, change: impl Fn(&mut Vec<u8>)) {
    let packs = home.packs();
    assert_eq!(packs.len(), 1);
    let mut bytes = fs::read(&packs[0]).unwrap();
    change(&mut bytes);
    fs::write(&packs[0], bytes).unwrap();
}

#[test]
fn a_damaged_pack_is_a_miss_and_is_mended() {
    let (home, payload) = (Home::new(), payload());
    let daemon = home.daemon();
    let program = start(&daemon, Place::Near, &payload);
    run(&program);
    end(&daemon, program);
    let size = fs::metadata(&home.packs()[0]).unwrap().len() as usize;
    let mut compiled_again = Vec::new();
    for at in [0, 60, 200, size / 2, size - 20] {
        damage(&home, |bytes| bytes[at] ^= 0x10);
        let daemon = home.daemon();
        let program = start(&daemon, Place::Near, &payload);
        run(&program);
        compiled_again.push(compiled(&daemon));
        end(&daemon, program);
        let daemon = home.daemon();
        let program = start(&daemon, Place::Near, &payload);
        run(&program);
        assert_eq!(compiled(&daemon), 0, "mended after damage at {at}");
        end(&daemon, program);
    }
    assert_eq!(compiled_again[0], 3, "without its header nothing of a pack counts");
    damage(&home, |bytes| bytes.truncate(10));
    let daemon = home.daemon();
    let program = start(&daemon, Place::Near, &payload);
    run(&program);
    assert_eq!(compiled(&daemon), 3);
    end(&daemon, program);
}

#[test]
fn without_a_directory_there_is_no_cache_and_all_is_well() {
    let (home, payload) = (Home::new(), payload());
    fs::set_permissions(home.0.path().join("objects"), fs::Permissions::from_mode(0o755)).unwrap();
    for _ in 0..2 {
        let daemon = home.daemon();
        let program = start(&daemon, Place::Near, &payload);
        run(&program);
        end(&daemon, program);
        assert_eq!(compiled(&daemon), 3);
    }
    assert!(home.packs().is_empty());
}

#[test]
fn programs_at_once_share_what_one_of_them_compiled() {
    let (home, payload) = (Home::new(), payload());
    let daemon = home.daemon();
    let programs: Vec<_> = (0..8).map(|_| start(&daemon, Place::Near, &payload)).collect();
    std::thread::scope(|scope| {
        for program in &programs {
            scope.spawn(|| run(program));
        }
    });
    let before = compiled(&daemon);
    run(&start(&daemon, Place::Near, &payload));
    assert_eq!(compiled(&daemon), before);
    assert_eq!(daemon.engine.warm.all()[0].compiled().0, 3);
}
