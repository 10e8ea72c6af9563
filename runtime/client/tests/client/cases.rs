//! The tests.

use crate::module::{Module, load};
use crate::{ARCHIVE, llvm, tool};
use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub type Test = fn();

pub const ALL: &[(&str, Test)] = &[
    ("archive_is_self_contained", archive_is_self_contained),
    ("basic_in_every_link_mode", basic_in_every_link_mode),
    ("no_dynamic_relocation", no_dynamic_relocation),
    ("registers_are_kept", registers_are_kept),
    ("threads_race", threads_race),
    ("signal_handler_on_a_small_stack", signal_handler_on_a_small_stack),
    ("signal_handler_on_a_small_stack_private", signal_handler_on_a_small_stack_private),
    ("signal_storm", signal_storm),
    ("fork_and_vfork", fork_and_vfork),
    ("fork_without_wipe_on_fork", fork_without_wipe_on_fork),
    ("closed_descriptors", closed_descriptors),
    ("no_descriptor_left", no_descriptor_left),
    ("system_that_forbids_execution", system_that_forbids_execution),
    ("exceptions_and_a_lazy_malloc", exceptions),
    ("shared_library", shared_library),
    ("arena_near_and_far", arena_near_and_far),
    ("one_daemon_for_many_programs", one_daemon_for_many_programs),
    ("second_program_finds_daemon_and_module", second_program),
    ("fixups_are_stored", fixups_are_stored),
    ("big_payload_in_pieces", big_payload_in_pieces),
    ("only_modules_that_are_there_are_recalled", only_modules_that_are_there_are_recalled),
    ("daemon_inherits_nothing", daemon_inherits_nothing),
    ("private_daemon", private_daemon),
    ("daemon_dies_twice", daemon_dies_twice),
    ("daemon_dies_always", daemon_dies_always),
    ("daemon_dies_private", daemon_dies_private),
    ("daemon_gives_session_up", daemon_gives_session_up),
    ("daemon_is_slow", daemon_is_slow),
    ("arena_full_once", arena_full_once),
    ("arena_full_always", arena_full_always),
    ("daemon_refuses_session", daemon_refuses_session),
    ("function_is_refused", function_is_refused),
    ("daemon_is_missing", daemon_is_missing),
    ("damaged_record", damaged_record),
    ("long_socket_path", long_socket_path),
    ("foreign_or_open_directory_is_not_used", open_directory),
    ("no_place_for_a_socket", no_place_for_a_socket),
    ("stale_socket", stale_socket),
    ("empty_environment", empty_environment),
    ("set_user_id", set_user_id),
    ("tracer_does_not_wait_for_the_daemon", tracer),
];

fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/client/programs")
}

type Linked = Arc<Mutex<Option<Vec<u8>>>>;

/// Linked programs by what went into them.
static BUILT: LazyLock<Mutex<HashMap<String, Linked>>> = LazyLock::new(Mutex::default);

/// A folder with a program in it, a place for the daemon, and the daemon's log.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Bench {
        let bench = Bench { folder: TempDir::new().unwrap() };
        fs::create_dir(bench.path("run")).unwrap();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Links `source` and `module` with the archive.
    fn build(&self, source: &str, module: &Module, flags: &[&str]) -> PathBuf {
        let output = self.path(module.name);
        let text = module.assembly();
        // Many tests run the same program: linked once.
        let key = format!("{source} {flags:?} {text}");
        let place = BUILT.lock().unwrap().entry(key).or_default().clone();
        let mut place = place.lock().unwrap();
        if let Some(bytes) = &*place {
            write_program(&output, bytes);
            return output;
        }
        let assembly = self.path(&format!("{}.s", module.name));
        fs::write(&assembly, text).unwrap();
        let cxx = source.ends_with(".cpp");
        let mut clang = Command::new(llvm().join(if cxx { "clang++" } else { "clang" }));
        clang.args(["-O1", "-mavx", "-Wall", "-pthread", "-o"]).arg(&output);
        clang.arg(programs().join(source)).arg(assembly).args(flags).arg(&*ARCHIVE);
        tool(&mut clang);
        *place = Some(fs::read(&output).unwrap());
        output
    }

    /// Ready to run with the fake daemon.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("AUTOJIT_DAEMON_PATH", std::env::current_exe().unwrap())
            .env("AUTOJIT_LOG", self.path("log"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("HOME", "/nowhere")
            .stdin(Stdio::null());
        command
    }

    fn run(&self, program: &Path, environment: &[(&str, &str)]) -> Output {
        self.command(program).envs(environment.iter().copied()).output().unwrap()
    }

    /// Runs a program that must succeed silently.
    fn succeed(&self, program: &Path, environment: &[(&str, &str)]) -> String {
        success(&self.run(program, environment))
    }

    fn log(&self) -> Vec<String> {
        let log = fs::read_to_string(self.path("log")).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }

    fn count(&self, prefix: &str) -> usize {
        self.log().iter().filter(|line| line.starts_with(prefix)).count()
    }

    /// The same, of what the daemon does in its own time, maybe after the program's end: waits until it is `expected`.
    fn count_in_time(&self, prefix: &str, expected: usize) -> usize {
        let start = Instant::now();
        while self.count(prefix) < expected && start.elapsed() < Duration::from_secs(20) {
            thread::sleep(Duration::from_millis(10));
        }
        self.count(prefix)
    }
}

/// Writes a program, through another process: a test that forks meanwhile would inherit our descriptor, and the program
/// could not be run ("text file busy").
fn write_program(path: &Path, bytes: &[u8]) {
    let copy = path.with_extension("copy");
    fs::write(&copy, bytes).unwrap();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
    tool(Command::new("cp").arg("-p").arg(&copy).arg(path));
}

fn success(output: &Output) -> String {
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{out}{err}", output.status);
    assert_eq!(err, "");
    out.into_owned()
}

/// The line of a program that had to stop.
fn fatal(output: &Output) -> String {
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(127), "{}\n{err}", output.status);
    assert!(
        err.starts_with("autojit: error: ") && err.ends_with('\n') && err.lines().count() == 1,
        "{err:?}"
    );
    assert!(output.stdout.is_empty());
    err
}

fn numbers() -> Module {
    Module::new("numbers").pluses(64)
}

fn basic_module() -> Module {
    let mut module = numbers()
        .function("address_of_own", load(0, "rax") + "ret\n")
        .function("address_of_getpid", load(1, "rax") + "ret\n")
        .function("address_of_environ", load(2, "rax") + "ret\n")
        .function("address_of_nothing", load(3, "rax") + "ret\n");
    module.direct = vec!["own_data - .", "getpid@PLT - ."];
    module.indirect = vec!["environ", "no_such_symbol"];
    module
}

fn archive_is_self_contained() {
    assert_eq!(
        tool(Command::new(llvm().join("llvm-ar")).arg("t").arg(&*ARCHIVE)),
        "autojit_rt.o\nautojit_rt_library.o\nautojit_loader.o\nautojit_unload.o\nautojit_backtrace.o\nautojit_dlopen.o\nautojit_phdr.o\nautojit_symbolizer.o\nautojit_thread_sanitizer.o\nautojit_dladdr.o\n\
         autojit_backtrace_symbols.o\nautojit_backtrace_symbols_fd.o\nautojit_complete.o\nautojit_fallback.o\n\
         autojit_chroot.o\nautojit_seccomp_load.o\nautojit_prctl.o\nautojit_syscall.o\nautojit_setrlimit.o\nautojit_setrlimit64.o\n\
         autojit_prlimit.o\nautojit_prlimit64.o\nautojit_setuid.o\nautojit_setreuid.o\nautojit_setresuid.o\nautojit_seteuid.o\nautojit_fork.o\nautojit_daemon.o\nautojit_forkpty.o\nautojit_mlockall.o\n"
    );
    // What every program has. The others stand in front of functions of the C library, and are taken with those only.
    let bench = Bench::new();
    let object = bench.path("autojit_rt.o");
    let member = Command::new(llvm().join("llvm-ar")).arg("p").arg(&*ARCHIVE).arg("autojit_rt.o").output();
    fs::write(&object, member.unwrap().stdout).unwrap();
    let symbols = tool(Command::new(llvm().join("llvm-readelf")).arg("-sW").arg(&object));
    let mut global: Vec<String> = Vec::new();
    for line in symbols.lines() {
        let fields: Vec<_> = line.split_whitespace().collect();
        if let [_, _, _, _, "GLOBAL" | "WEAK", visibility, section, name] = fields[..] {
            let place = if section == "UND" { "undefined" } else { "defined" };
            global.push(format!("{name} {visibility} {place}"));
        }
    }
    global.sort();
    assert_eq!(
        global,
        [
            "_U_dyn_register DEFAULT undefined",
            "_Unwind_Find_FDE DEFAULT undefined",
            "__autojit_ask HIDDEN defined",
            "__autojit_daemon_path HIDDEN defined",
            "__autojit_ignore_sync HIDDEN defined",
            "__autojit_load HIDDEN undefined",
            "__autojit_materialize HIDDEN defined",
            "__autojit_names HIDDEN defined",
            "__ehdr_start HIDDEN undefined",
            "__jit_debug_descriptor HIDDEN defined",
            "__jit_debug_register_code HIDDEN defined",
            "__register_frame_info DEFAULT undefined",
            "__unw_add_dynamic_eh_frame_section DEFAULT undefined",
            "_r_debug DEFAULT undefined",
        ]
    );
    let sections = tool(Command::new(llvm().join("llvm-readelf")).arg("-SW").arg(&object));
    for name in [".ctors", ".tdata", ".tbss", ".debug"] {
        assert!(!sections.contains(name), "{name}:\n{sections}");
    }
    let sizes = tool(Command::new(llvm().join("llvm-size")).arg("-A").arg(&object));
    let text: usize = sizes
        .lines()
        .filter(|line| line.starts_with(".text"))
        .map(|line| line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap())
        .sum();
    assert!(text < 28 << 10, "{text} bytes of text");
    // The formatting machinery and panics would have brought their words.
    let strings = fs::read(&object).unwrap();
    for word in ["panicked", "called `Option", "index out of"] {
        assert!(!strings.windows(word.len()).any(|w| w == word.as_bytes()), "{word}");
    }
    // Nothing beyond what the entry saves, no thread-local memory, no jump through a table.
    let code =
        tool(Command::new(llvm().join("llvm-objdump")).args(["-d", "--no-show-raw-insn"]).arg(&object));
    for line in code.lines().filter(|line| line.starts_with(' ')) {
        for word in ["%ymm", "%zmm", "%st(", "%mm", "%fs:", "%k1"] {
            assert!(!line.contains(word), "{line}");
        }
    }
    let jumps: Vec<_> = code.lines().filter(|line| line.contains("\tjmp") && line.contains('*')).collect();
    assert!(jumps.len() == 1 && jumps[0].contains("%r11"), "{jumps:?}");
    let relocations = tool(Command::new(llvm().join("llvm-readelf")).arg("-rW").arg(&object));
    for line in relocations.lines().filter(|line| line.contains("R_X86_64_")) {
        let dynamic = !line.contains("R_X86_64_PC32") && !line.contains("R_X86_64_PLT32");
        assert!(
            !dynamic
                || [
                    "__register_frame",
                    "__unw_add_dynamic",
                    "_U_dyn_register",
                    "_Unwind_Find_FDE",
                    "at_start",
                    "__autojit_load",
                    "_r_debug"
                ]
                .iter()
                .any(|name| line.contains(name)),
            "{line}"
        );
    }
    let notes = tool(Command::new(llvm().join("llvm-readelf")).arg("-n").arg(&object));
    assert!(notes.contains("IBT, SHSTK"), "{notes}");
}

const LINK_MODES: &[&[&str]] = &[
    &["-pie"],
    &["-no-pie"],
    &["-static"],
    &["-static-pie"],
    &["-pie", "-fuse-ld=lld"],
    &["-no-pie", "-fuse-ld=lld"],
    &["-static", "-fuse-ld=lld"],
    &["-static-pie", "-fuse-ld=lld"],
    &["-pie", "-fuse-ld=lld", "-Wl,--gc-sections,--icf=all,-z,now"],
];

fn basic_in_every_link_mode() {
    for flags in LINK_MODES {
        let bench = Bench::new();
        let program = bench.build("basic.c", &basic_module(), flags);
        assert_eq!(bench.succeed(&program, &[]), "", "{flags:?}");
        assert_eq!(bench.count("session "), 1);
        assert_eq!(bench.count("materialize "), 7);
        assert_eq!(bench.count("payload "), 1);
        tool(Command::new("strip").arg(&program));
        bench.succeed(&program, &[]);
        assert_eq!(bench.count("payload "), 1);
        assert_eq!(bench.count("start "), 1);
    }
}

fn no_dynamic_relocation() {
    let bench = Bench::new();
    for linker in ["-fuse-ld=bfd", "-fuse-ld=lld"] {
        let program = bench.build("distance.c", &distance_module(), &["-pie", linker]);
        let relocations =
            tool(Command::new(llvm().join("llvm-readelf")).args(["-rW", "--dyn-syms"]).arg(&program));
        let ours: Vec<_> =
            relocations.lines().filter(|line| line.contains("autojit") || line.contains("here")).collect();
        assert!(ours.is_empty(), "{ours:?}");
        // Those of the C start-up files, and one of ours: the entry in .init_array that looks for a debugger.
        let plain = bench.path("plain");
        let source = fs::read_to_string(programs().join("distance.c")).unwrap();
        fs::write(bench.path("plain.c"), source + "void *here(void) { return 0; }").unwrap();
        tool(
            Command::new(llvm().join("clang"))
                .args(["-O1", "-fno-inline", "-pie", linker, "-I"])
                .arg(programs())
                .arg("-o")
                .arg(&plain)
                .arg(bench.path("plain.c")),
        );
        let count = |path: &Path| {
            let text = tool(Command::new(llvm().join("llvm-readelf")).arg("-rW").arg(path));
            text.lines()
                .filter(|line| line.contains("R_X86_64_RELATIVE") || line.contains("R_X86_64_64"))
                .count()
        };
        assert_eq!(count(&program), count(&plain) + 1, "{linker}");
    }
}

fn registers_are_kept() {
    let names = [
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
        "r14", "r15",
    ];
    let mut body = load(0, "r11");
    for (i, name) in names.iter().enumerate().filter(|&(_, &name)| name != "r11") {
        body += &format!("movq %{name}, {}(%r11)\n", i * 8);
    }
    for i in 0..16 {
        body += &format!("vmovups %ymm{i}, {}(%r11)\n", 128 + 32 * i);
    }
    body += "stmxcsr 640(%r11)\nret\n";
    let mut module = Module::new("registers").function("dump", body);
    module.direct = vec!["snapshot - ."];
    let bench = Bench::new();
    let program = bench.build("registers.c", &module, &[]);
    bench.succeed(&program, &[]);
}

fn threads_race() {
    let bench = Bench::new();
    let program = bench.build("threads.c", &numbers(), &[]);
    bench.succeed(&program, &[]);
    assert_eq!((bench.count("session "), bench.count("open "), bench.count("materialize ")), (1, 1, 64));
}

/// The runtime's own limit.
const STACK: usize = 2048;

fn small_stack(environment: &[(&str, &str)]) {
    let bench = Bench::new();
    let program = bench.build("altstack.c", &numbers(), &[]);
    let used: usize = bench.succeed(&program, environment).trim().parse().unwrap();
    println!("stack used by a first call that starts a daemon: {used}");
    assert!(used < STACK, "{used} bytes of stack");
    // With the daemon there.
    let used: usize = bench.succeed(&program, environment).trim().parse().unwrap();
    assert!(used < STACK, "{used} bytes of stack");
}

fn signal_handler_on_a_small_stack() {
    small_stack(&[]);
    // Looking whether it lives takes the most.
    small_stack(&[("AUTOJIT_FAKE", "slow=120")]);
    small_stack(&[("AUTOJIT_FAKE", "die=2")]);
}

fn signal_handler_on_a_small_stack_private() {
    small_stack(&[("AUTOJIT_DAEMON", "private")]);
}

fn signal_storm() {
    let bench = Bench::new();
    let program = bench.build("storm.c", &numbers(), &[]);
    bench.succeed(&program, &[]);
}

fn fork_and_vfork() {
    for environment in
        [&[("AUTOJIT_FAKE", "slow=20")][..], &[("AUTOJIT_FAKE", "slow=20"), ("AUTOJIT_DAEMON", "private")]]
    {
        let bench = Bench::new();
        let program = bench.build("forks.c", &numbers(), &[]);
        bench.succeed(&program, environment);
        // First child, the program, its child, the grandchild, the last child. vfork's uses its parent's.
        assert_eq!(bench.count("session "), 5);
    }
}

fn fork_without_wipe_on_fork() {
    let bench = Bench::new();
    let program = bench.build("forks.c", &numbers(), &["-DNO_WIPEONFORK"]);
    bench.succeed(&program, &[("AUTOJIT_FAKE", "slow=20")]);
    // A vfork child is taken for a new process: a session more for it, and one for its parent afterwards.
    assert_eq!(bench.count("session "), 7);
}

fn no_descriptor_left() {
    let bench = Bench::new();
    let program = bench.build("crowded.c", &numbers(), &[]);
    bench.succeed(&program, &[]);
}

fn system_that_forbids_execution() {
    let bench = Bench::new();
    let program = bench.build("forbidden.c", &numbers(), &[]);
    let line = fatal(&bench.run(&program, &[]));
    assert!(line.contains("does not let programs execute code from memory"), "{line}");
    assert!(line.contains("build with --autojit-off or allow it"), "{line}");
}

fn closed_descriptors() {
    let bench = Bench::new();
    let program = bench.build("closed.c", &numbers(), &[]);
    bench.succeed(&program, &[]);
}

fn exceptions() {
    let wrap = "-Wl,--wrap=__register_frame_info";
    for flags in [&["-pie", wrap][..], &["-static", wrap], &["-no-pie", "-fuse-ld=lld", wrap]] {
        let framed = "subq $8, %rsp\n";
        let throwing = || format!("{framed}{}call *%rax\naddq $8, %rsp\nret\n", load(0, "rax"));
        let mut module = Module::new("throws")
            .framed("through_0", throwing())
            .framed("through_1", throwing())
            .framed("through_2", throwing())
            .framed("keep_ymm", format!("{framed}addq $8, %rsp\nret\n"));
        for i in 0..6 {
            module = module
                .framed(format!("plus_{i}"), format!("{framed}leal {i}(%rdi), %eax\naddq $8, %rsp\nret\n"));
        }
        module.direct = vec!["throw_it@PLT - ."];
        let bench = Bench::new();
        let program = bench.build("throws.cpp", &module, flags);
        bench.succeed(&program, &[]);
        assert_eq!(bench.count("materialize "), 10);
    }
}

fn shared_library() {
    let bench = Bench::new();
    let library = Module::new("library.so").pluses(2);
    let library = Module { name: "library", ..library };
    let built =
        bench.build("library.c", &library, &["-shared", "-fPIC", "-Wl,-soname,library", "-Wl,-Bsymbolic"]);
    let module = Module::new("program").function("plus_2", "leal 2(%rdi), %eax\nret\n");
    let program = bench.build("uses_library.c", &module, &[built.to_str().unwrap(), "-Wl,-rpath,$ORIGIN"]);
    bench.succeed(&program, &[]);
    assert_eq!((bench.count("session "), bench.count("start ")), (2, 1));
    let exported = tool(Command::new(llvm().join("llvm-nm")).args(["-D", "--defined-only"]).arg(built));
    assert!(!exported.contains("autojit"), "{exported}");
}

fn distance_module() -> Module {
    Module::new("distance").function("here", "leaq 0(%rip), %rax\nret\n")
}

fn arena_near_and_far() {
    for flags in [&["-pie"][..], &["-no-pie"], &["-static"], &["-static-pie"]] {
        let bench = Bench::new();
        let program = bench.build("distance.c", &distance_module(), flags);
        let near: u64 = bench.succeed(&program, &[]).trim().parse().unwrap();
        assert!(near < 2000, "{flags:?}: {near} MiB");
        let far: u64 = bench.succeed(&program, &[("AUTOJIT_ARENA", "far")]).trim().parse().unwrap();
        assert!(far > 2048, "{flags:?}: {far} MiB");
    }
}

fn one_daemon_for_many_programs() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| bench.succeed(&program, &[("AUTOJIT_FAKE", "late=150")]));
        }
    });
    assert_eq!((bench.count("listen"), bench.count("session ")), (1, 16));
    assert_eq!(bench.count("start --private"), 0);
}

fn second_program() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    bench.succeed(&program, &[]);
    bench.succeed(&program, &[]);
    assert_eq!((bench.count("start "), bench.count("session "), bench.count("payload ")), (1, 2, 1));
}

fn fixups_are_stored() {
    let bench = Bench::new();
    let program = bench.build("threads.c", &numbers(), &[]);
    bench.succeed(&program, &[("AUTOJIT_FAKE", "fixups=1")]);
    assert_eq!(bench.count("materialize "), 1);
}

/// The fake daemon would not survive a request to open what it has named.
fn only_modules_that_are_there_are_recalled() {
    for flags in LINK_MODES {
        let bench = Bench::new();
        let program = bench.build("basic.c", &basic_module(), flags);
        bench.succeed(&program, &[("AUTOJIT_FAKE", "recall=1")]);
        assert_eq!((bench.count("recall"), bench.count("materialize ")), (1, 7), "{flags:?}");
    }
}

fn big_payload_in_pieces() {
    let bench = Bench::new();
    let module = Module { payload: 4_000_001, ..basic_module() };
    let program = bench.build("basic.c", &module, &[]);
    bench.succeed(&program, &[]);
    assert_eq!(bench.count("payload "), 4);
    assert_eq!(bench.count("payload 4000001 of 4000001"), 1);
}

fn daemon_inherits_nothing() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    // The shell leaves descriptors open for the program.
    let script = format!("exec 7</dev/zero 9>{} {}", bench.path("leak").display(), program.display());
    let mut command = bench.command(Path::new("/bin/sh"));
    command
        .args(["-c", &script])
        .env("LD_BIND_NOW", "1")
        .env("TMPDIR", "/tmp")
        .env("XDG_X", "1")
        .env("PATH", "/bin");
    success(&command.output().unwrap());
    let log = bench.log();
    let mut fds: Vec<_> = log.iter().filter_map(|line| line.strip_prefix("fd ")).collect();
    fds.sort_unstable();
    // What it has opened itself: the log and the folder it lists.
    assert_eq!(fds[..3], ["0 /dev/null", "1 /dev/null", "2 /dev/null"]);
    assert!(fds[3].starts_with("3 socket:"));
    assert!(fds[4..].iter().all(|fd| fd.ends_with("/fd") || fd.ends_with("/log")), "{fds:?}");
    let mut environment: Vec<_> = log.iter().filter_map(|line| line.strip_prefix("env ")).collect();
    environment.sort_unstable();
    assert_eq!(
        environment,
        ["AUTOJIT_DAEMON_PATH", "AUTOJIT_LOG", "HOME", "PATH", "XDG_RUNTIME_DIR", "XDG_X"]
    );
}

fn private_daemon() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    bench.succeed(&program, &[("AUTOJIT_DAEMON", "private")]);
    bench.succeed(&program, &[("AUTOJIT_DAEMON", "private")]);
    assert_eq!((bench.count("start --private"), bench.count("start --serve")), (2, 0));
    assert_eq!(fs::read_dir(bench.path("run")).unwrap().count(), 0);
}

fn daemon_dies_twice() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    bench.succeed(&program, &[("AUTOJIT_FAKE", "die=2")]);
    assert_eq!(bench.count("start "), 3);
}

fn daemon_dies_always() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    let line = fatal(&bench.run(&program, &[("AUTOJIT_FAKE", "die=99")]));
    assert!(line.contains("three times") && line.contains("function 1 of module "), "{line}");
    assert_eq!(bench.count("start "), 3);
}

fn daemon_dies_private() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    bench.succeed(&program, &[("AUTOJIT_FAKE", "die=2"), ("AUTOJIT_DAEMON", "private")]);
    assert_eq!(bench.count("start --private"), 3);
}

fn daemon_gives_session_up() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    bench.succeed(&program, &[("AUTOJIT_FAKE", "close=2")]);
    assert_eq!((bench.count("start "), bench.count("session ")), (1, 3));
}

fn daemon_is_slow() {
    let bench = Bench::new();
    let program = bench.build("distance.c", &distance_module(), &[]);
    bench.succeed(&program, &[("AUTOJIT_FAKE", "slow=600")]);
    assert_eq!((bench.count("session "), bench.count("materialize ")), (1, 1));
    assert!((2..=8).contains(&bench.count("probe")), "{}", bench.count("probe"));
}

fn arena_full_once() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    bench.succeed(&program, &[("AUTOJIT_FAKE", "full=1")]);
    assert_eq!((bench.count("start "), bench.count("session ")), (1, 2));
    assert_eq!(bench.count_in_time("closed", 1), 1);
}

fn arena_full_always() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    let line = fatal(&bench.run(&program, &[("AUTOJIT_FAKE", "full=99")]));
    assert!(line.contains("no room"), "{line}");
}

fn daemon_refuses_session() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    let line = fatal(&bench.run(&program, &[("AUTOJIT_FAKE", "error=12")]));
    assert!(line.contains("gives no session") && line.contains("Cannot allocate memory"), "{line}");
}

fn function_is_refused() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    let line = fatal(&bench.run(&program, &[("AUTOJIT_FAKE", "refuse=1")]));
    assert_eq!(line, "autojit: error: cannot compile `f`: no reason\n");
}

fn daemon_is_missing() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    for mode in ["private", "shared"] {
        let line =
            fatal(&bench.run(&program, &[("AUTOJIT_DAEMON_PATH", "/no/autojitd"), ("AUTOJIT_DAEMON", mode)]));
        assert_eq!(
            line,
            "autojit: error: cannot start the compile daemon /no/autojitd: No such file or directory\n"
        );
    }
    let file = bench.path("text");
    fs::write(&file, "").unwrap();
    let line = fatal(&bench.run(&program, &[("AUTOJIT_DAEMON_PATH", file.to_str().unwrap())]));
    assert!(line.ends_with("Permission denied\n"), "{line}");
    // Not one either, but a program.
    let line = fatal(&bench.run(&program, &[("AUTOJIT_DAEMON_PATH", "/bin/true")]));
    assert!(line.contains("does not answer: /bin/true"), "{line}");
}

fn damaged_record() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    let good = fs::read(&program).unwrap();
    let at = good.windows(8).rposition(|w| w == b"AUTOJIT\x01").unwrap();
    for offset in [0, 8, 12, 16, 20, 24, 31, 40, 64] {
        let mut bad = good.clone();
        bad[at + offset] ^= 0x41;
        write_program(&program, &bad);
        let line = fatal(&bench.run(&program, &[]));
        assert!(line.starts_with("autojit: error: damaged module record"), "{offset}: {line}");
    }
    assert_eq!(bench.count("start"), 0);
}

fn long_socket_path() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    let deep = bench.path(&"d".repeat(200));
    fs::create_dir(&deep).unwrap();
    for _ in 0..2 {
        bench.succeed(&program, &[("XDG_RUNTIME_DIR", deep.to_str().unwrap())]);
    }
    assert_eq!((bench.count("start "), bench.count("session ")), (1, 2));
}

fn open_directory() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    fs::create_dir(bench.path("run/autojit")).unwrap();
    fs::set_permissions(bench.path("run/autojit"), fs::Permissions::from_mode(0o755)).unwrap();
    bench.succeed(&program, &[]);
    assert_eq!((bench.count("start --private"), bench.count("start --serve")), (1, 0));
}

fn no_place_for_a_socket() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    let start = Instant::now();
    for base in ["/no/such/place", "/proc/self"] {
        bench.succeed(&program, &[("XDG_RUNTIME_DIR", base)]);
    }
    assert_eq!(bench.count("start --private"), 2);
    assert!(start.elapsed() < Duration::from_secs(2));
}

fn stale_socket() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    bench.succeed(&program, &[]);
    let pid = bench.log()[0].rsplit(' ').next().unwrap().to_owned();
    tool(Command::new("kill").args(["-9", &pid]));
    while Path::new("/proc").join(&pid).join("exe").exists() {
        thread::sleep(Duration::from_millis(1));
    }
    bench.succeed(&program, &[]);
    assert_eq!(bench.count("listen"), 2);
}

/// Writes the path of the daemon into a program, as the driver does.
fn with_daemon_path(program: &Path) {
    let symbols = tool(Command::new(llvm().join("llvm-nm")).arg(program));
    let line = symbols.lines().find(|line| line.ends_with(" __autojit_daemon_path")).unwrap();
    let at = usize::from_str_radix(line.split(' ').next().unwrap(), 16).unwrap();
    let sections = tool(Command::new(llvm().join("llvm-readelf")).arg("-SW").arg(program));
    let rodata = sections.lines().find(|line| line.contains(" .rodata ")).unwrap();
    let fields: Vec<_> = rodata.split(".rodata").nth(1).unwrap().split_whitespace().collect();
    let hex = |text: &str| usize::from_str_radix(text, 16).unwrap();
    let at = at - hex(fields[1]) + hex(fields[2]);
    let daemon = std::env::current_exe().unwrap();
    let mut bytes = fs::read(program).unwrap();
    let path = daemon.as_os_str().as_encoded_bytes();
    bytes[at..at + path.len()].copy_from_slice(path);
    write_program(program, &bytes);
}

fn empty_environment() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    let run = |path: &Path| Command::new(path).env_clear().output().unwrap();
    let line = fatal(&run(&program));
    assert_eq!(line, "autojit: error: cannot start the compile daemon autojitd: No such file or directory\n");
    with_daemon_path(&program);
    success(&run(&program));
}

fn set_user_id() {
    assert_eq!(rustix::process::getuid().as_raw(), 0, "this test must be run by root");
    let bench = Bench::new();
    fs::set_permissions(bench.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = bench.build("basic.c", &basic_module(), &[]);
    with_daemon_path(&program);
    std::os::unix::fs::chown(&program, Some(65534), None).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o4755)).unwrap();
    // Believed, this environment would be the end of it.
    bench.succeed(&program, &[("AUTOJIT_DAEMON_PATH", "/no/autojitd"), ("AUTOJIT_FAKE", "refuse=1")]);
    assert_eq!(bench.log().len(), 0);
}

fn tracer() {
    let bench = Bench::new();
    let program = bench.build("basic.c", &basic_module(), &[]);
    let mut command = bench.command(Path::new("/usr/bin/strace"));
    command.args(["-f", "-o"]).arg(bench.path("trace")).arg(&program);
    success(&command.output().unwrap());
    let trace = fs::read_to_string(bench.path("trace")).unwrap();
    assert!(trace.contains("MAP_FIXED_NOREPLACE") && !trace.contains("--serve"), "{trace}");
}
