//! `--autojit-binding=late`: symbols that are looked up when the program runs, and what the driver does for them.

use anyhow::{Context as _, Result, ensure};
use autojit_testsuite::process::{self, Outcome, Status, TIME_LIMIT};
use autojit_testsuite::sources;
use autojit_testsuite::suite::{self, Condition, Context, WorkDir};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// References of every kind: to functions that are called, whose address is taken, that may be missing or are; to data.
const REFERENCES: &str = r#"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int part(int);
extern int shared_data, absent_data;
int absent(int);
__attribute__((weak)) extern int maybe(int);
static int helper(int x) { return x + 1; }
static int counter;
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static int use_absent(int x) { return absent(x); }
static int use_data(void) { return absent_data; }
int main(int argc, char **argv) {
  int v[] = {3, 1, 2};
  qsort(v, 3, sizeof *v, compare);
  counter = helper(part(1));
  char text[99];
  memset(text, 0, sizeof text);
  strcpy(text, "text");
  int (*print)(const char *) = puts;
  print(text);
  fprintf(stdout, "%d %d %d %d %.3f %d\n", v[0], counter, shared_data, maybe ? 1 : 0, sin(v[1]), print == puts);
  fflush(stdout);
  if (argc == 2) return use_absent(argc);
  if (argc == 3) return use_data();
  if (argc == 4) { int (*pointer)(int) = absent; return pointer(3); }
  return 0;
}
"#;

const PART: &str = "int hidden_part(int) __attribute__((visibility(\"hidden\")));\nint shared_data = 7;\n\
    static int helper(int x) { return x * 100; }\nint part(int x) { return helper(x) + hidden_part(x); }\n";
const HIDDEN: &str = "__attribute__((visibility(\"hidden\"))) int hidden_part(int x) { static int calls; return x + ++calls; }\n";

const OUTPUT: &str = "text\n1 103 7 0 0.909 1\n";

/// Name, and options of the link.
const LINKS: &[(&str, &str)] = &[
    ("bfd", "-fuse-ld=bfd"),
    ("gold", "-fuse-ld=gold"),
    ("lld", "-fuse-ld=lld"),
    ("no-pie", "-no-pie"),
    ("static", "-static"),
    ("static-pie", "-static-pie"),
    ("as-needed", "-Wl,--as-needed"),
    ("gc-sections", "-Wl,--gc-sections"),
    ("rdynamic", "-rdynamic"),
];

fn main() -> ExitCode {
    suite::main(|suite| {
        for &(name, options) in LINKS {
            for level in ["-O0", "-O2"] {
                suite.add(format!("references, {name}, {level}"), Condition::Lazy, move |context| {
                    in_folder(context, |case| references(case, options, level))
                });
            }
        }
        let mut add = |name: &'static str, case: fn(&Case<'_>) -> Result<()>| {
            suite.add(name, Condition::Lazy, move |context| in_folder(context, case));
        };
        add("archives are linked whole where they stand, once", archives);
        add("an archive without late-bound members is not", plain_archive);
        add("objects between --start-lib and --end-lib", start_lib);
        add("archives under --exclude-libs", exclude_libs);
        add("libraries are found where the linker finds them", search);
        add("response files", response_files);
        add("thread-local variables", thread_locals);
        add("a response file of megabytes", long_response_file);
        add("early-bound lines stay as they are", early);
        add("inspect shows it", inspect);
        add("a library with hidden symbols and a version script", library);
        add("a library that is loaded later", loaded_later);
        add("a signal handler and many threads", at_any_time);
        add("bzip2 with its archive", bzip2);
        Ok(())
    })
}

struct Case<'a> {
    context: &'a Context,
    dir: &'a Path,
}

fn in_folder(context: &Context, case: impl FnOnce(&Case<'_>) -> Result<()>) -> Result<()> {
    WorkDir::with(|dir| {
        for (name, text) in [("main.c", REFERENCES), ("part.c", PART), ("hidden.c", HIDDEN)] {
            fs::write(dir.join(name), text)?;
        }
        case(&Case { context, dir })
    })
}

impl Case<'_> {
    fn write(&self, name: &str, text: &str) -> Result<()> {
        Ok(fs::write(self.dir.join(name), text)?)
    }

    fn run(&self, program: impl AsRef<Path>, line: &str) -> Result<Outcome> {
        let mut command = self.context.sandbox.command(program.as_ref());
        command.current_dir(self.dir).args(shell_words::split(line)?);
        process::run(&mut command, b"", TIME_LIMIT)
    }

    /// autojit-cc, which must succeed; returns what it said.
    fn cc(&self, line: &str) -> Result<String> {
        let outcome = self.run(&self.context.toolchains.tested.cc, line)?;
        outcome.expect_success(line)?;
        Ok(outcome.stderr_text())
    }

    fn late(&self, line: &str) -> Result<String> {
        self.cc(&format!("--autojit-binding=late {line}"))
    }

    fn archive(&self, line: &str) -> Result<()> {
        self.run(self.context.toolchains.llvm_bin.join("llvm-ar"), line)?.expect_success(line)
    }

    fn expect(&self, line: &str, output: &str) -> Result<()> {
        let found = self.run(self.dir.join("program"), line)?;
        ensure!(found.status == Status::SUCCESS && found.stdout_text() == output, "{found}");
        Ok(())
    }
}

/// How often an option stands in what -v prints.
fn count(text: &str, option: &str) -> usize {
    text.split_whitespace().filter(|word| word.trim_matches('"') == option).count()
}

fn references(case: &Case<'_>, options: &str, level: &str) -> Result<()> {
    case.late(&format!("{level} -c main.c part.c hidden.c"))?;
    let said = case.cc(&format!("{options} main.o part.o hidden.o -lm -o program"))?;
    ensure!(said.is_empty(), "not silent: {said}");
    case.expect("", OUTPUT)?;
    // What is missing stops the program where it is called, and says what, by whom and where.
    let inlined = level != "-O0";
    for (arguments, symbol, caller) in
        [("1", "absent", "use_absent"), ("1 2", "absent_data", "use_data"), ("1 2 3", "absent", "main")]
    {
        let found = case.run(case.dir.join("program"), arguments)?;
        let text = found.stderr_text();
        ensure!(found.status == Status::Exit(127) && text.lines().count() == 1, "{found}");
        ensure!(text.contains(symbol), "{symbol} is not named: {found}");
        if !inlined {
            ensure!(found.stdout_text() == OUTPUT && text.contains(caller), "{caller}: {found}");
            ensure!(text.contains("main.c"), "no file: {found}");
        }
    }
    Ok(())
}

fn archives(case: &Case<'_>) -> Result<()> {
    case.late("-c main.c part.c hidden.c")?;
    case.archive("rcs libpart.a part.o hidden.o")?;
    case.archive("rcsT libthin.a part.o hidden.o")?;
    case.write("libscript.a", "/* script */ GROUP ( libpart.a AS_NEEDED ( libm.so.6 ) )\n")?;
    case.write("line.rsp", "-L. -lpart -lpart\n")?;
    for linker in ["bfd", "gold", "lld"] {
        for inputs in [
            "-L. -lpart",
            "./libpart.a",
            "libthin.a",
            "-L. -l:libpart.a",
            "-L. -lpart -lpart libpart.a",
            "-L. -lscript",
            "@line.rsp",
            "-Wl,--start-group -L. -lpart -lm -Wl,--end-group",
        ] {
            // gold reads no thin archives of LLVM's.
            if linker == "gold" && inputs == "libthin.a" {
                continue;
            }
            let said = case.cc(&format!("-fuse-ld={linker} -v main.o {inputs} -lm -o program"))?;
            ensure!(count(&said, "--whole-archive") == 1, "{linker} {inputs}: not once: {said}");
            ensure!(count(&said, "--export-dynamic-symbol=part") == 1, "{linker} {inputs}: {said}");
            case.expect("", OUTPUT)?;
        }
        // The user's own.
        let whole = "-Wl,--whole-archive libpart.a -Wl,--no-whole-archive";
        let said = case.cc(&format!("-fuse-ld={linker} -v main.o {whole} -lm -o program"))?;
        ensure!(count(&said, "--whole-archive") == 1, "{linker}: {said}");
        case.expect("", OUTPUT)?;
    }
    let said = case.cc("--autojit-remarks main.o libpart.a -lm -o program")?;
    ensure!(said.contains("libpart.a: remark: all of it is linked"), "no remark: {said}");
    Ok(())
}

fn plain_archive(case: &Case<'_>) -> Result<()> {
    case.late("-c main.c")?;
    for (binding, options) in [("early", ""), ("clang's", "--autojit-off")] {
        case.cc(&format!("{options} -c part.c hidden.c"))?;
        case.write("unused.c", "int nowhere(void); int unused(void) { return nowhere(); }\n")?;
        case.cc("--autojit-off -c unused.c")?;
        case.archive("rcs libplain.a part.o hidden.o unused.o")?;
        for linker in ["bfd", "gold", "lld"] {
            // The linker sees no reference to `part` but the driver's.
            let said = case.cc(&format!("-fuse-ld={linker} -v main.o -L. -lplain -lm -o program"))?;
            ensure!(count(&said, "--whole-archive") == 0, "{binding}, {linker}: {said}");
            case.expect("", OUTPUT)?;
        }
    }
    Ok(())
}

fn start_lib(case: &Case<'_>) -> Result<()> {
    case.late("-c main.c part.c hidden.c")?;
    case.write("unused.c", "int nowhere(void); int unused(void) { return nowhere(); }\n")?;
    case.cc("--autojit-off -c unused.c")?;
    let inputs = "-Wl,--start-lib part.o hidden.o unused.o -Wl,--end-lib";
    for linker in ["gold", "lld"] {
        let said = case.cc(&format!("-fuse-ld={linker} -v main.o {inputs} -lm -o program"))?;
        ensure!(count(&said, "--whole-archive") == 0, "{linker}: {said}");
        case.expect("", OUTPUT)?;
        // Those that are not late-bound are still taken by need only.
        case.cc("-c part.c hidden.c")?;
        case.cc(&format!("-fuse-ld={linker} main.o {inputs} -lm -o program"))?;
        case.expect("", OUTPUT)?;
        case.late("-c part.c hidden.c")?;
    }
    Ok(())
}

fn exclude_libs(case: &Case<'_>) -> Result<()> {
    case.late("-c main.c")?;
    for binding in ["late", "early"] {
        case.cc(&format!("--autojit-binding={binding} -c part.c hidden.c"))?;
        case.run("rm", "-f libpart.a")?;
        case.archive("rcs libpart.a part.o hidden.o")?;
        for linker in ["bfd", "gold", "lld"] {
            for excluded in ["--exclude-libs=ALL", "--exclude-libs,libx.a:libpart.a"] {
                case.cc(&format!("-fuse-ld={linker} main.o -Wl,{excluded} -L. -lpart -lm -o program"))?;
                case.expect("", OUTPUT)?;
                let exported = case.run("nm", "-D --defined-only program")?.stdout_text();
                ensure!(!exported.contains(" part"), "{linker} {excluded}: {exported}");
            }
        }
    }
    Ok(())
}

fn search(case: &Case<'_>) -> Result<()> {
    let text = |number: u32| PART.replace("= 7", &format!("= {number}"));
    case.late("-c main.c hidden.c")?;
    for (folder, number) in [("first", 1), ("second", 2), ("third", 3)] {
        fs::create_dir(case.dir.join(folder))?;
        case.write(&format!("{folder}/part.c"), &text(number))?;
        case.late(&format!("-c {folder}/part.c -o {folder}/part.o"))?;
        case.archive(&format!("rcs {folder}/libpart.a {folder}/part.o hidden.o"))?;
    }
    case.late("-fPIC -shared third/part.c hidden.c -o third/libpart.so")?;
    case.write("first/libscript.so", "INPUT(part.o) /* both beside it */ INPUT(hidden.o)\n")?;
    fs::copy(case.dir.join("hidden.o"), case.dir.join("first/hidden.o"))?;
    case.write("libfolder.a", "SEARCH_DIR(third) INPUT(-l:libpart.a)\n")?;
    for linker in ["bfd", "gold", "lld"] {
        for (options, number) in [
            // The first folder that has either kind; of both kinds in one the shared one; -L counts wherever it stands.
            ("-lpart -Lfirst -Lsecond", 1),
            ("-Lsecond -lpart -Lthird", 2),
            ("-Lthird -Lfirst -lpart -Wl,-rpath,third", 3),
            ("-Wl,-Bstatic -Lthird -lpart -Wl,-Bdynamic", 3),
            ("-Wl,--push-state,-Bstatic -Wl,--pop-state -Lthird -lpart -Wl,-rpath,third", 3),
            ("-Lsecond -Lfirst -l:libpart.a", 2),
            ("-L second --library part", 2),
            ("-Lfirst -lscript", 1),
            ("-L. -lfolder", 3),
        ] {
            if linker == "gold" && options.contains("folder") {
                continue;
            }
            let link = options.replace("--library part", "-Wl,--library,part");
            case.cc(&format!("-fuse-ld={linker} main.o {link} -lm -o program"))?;
            let expected = OUTPUT.replace(" 7 ", &format!(" {number} "));
            case.expect("", &expected).with_context(|| format!("{linker} {options}"))?;
        }
    }
    Ok(())
}

fn thread_locals(case: &Case<'_>) -> Result<()> {
    case.write(
        "user.c",
        "extern __thread int shared;\n__thread int own = 5;\nstatic __thread int hidden = 6;\nint bump(void);\n\
        int main(void) { own++; hidden++; shared += own + hidden; return shared != 14 || bump() != 15; }\n",
    )?;
    case.write(
        "other.c",
        "__thread int shared = 1;\nstatic __thread int n;\nint bump(void) { return ++n + shared; }\n",
    )?;
    case.late("-c user.c other.c")?;
    case.late("-fPIC -shared other.c -o libother.so")?;
    case.archive("rcs libother.a other.o")?;
    for link in
        ["libother.a", "-static libother.a", "-Wl,--as-needed ./libother.so", "-fuse-ld=gold libother.a"]
    {
        case.cc(&format!("user.o {link} -o program"))?;
        case.expect("", "").with_context(|| link.to_owned())?;
    }
    Ok(())
}

fn response_files(case: &Case<'_>) -> Result<()> {
    case.cc("-c part.c hidden.c")?;
    case.archive("rcs 'lib#early.a' part.o hidden.o")?;
    case.late("-c main.c part.c hidden.c")?;
    case.archive("rcs 'lib#a b.a' part.o hidden.o")?;
    case.write("inner.rsp", "'lib#a b.a'\n")?;
    case.write("late.rsp", "--defsym \"a=1\"\t@inner.rsp\r\n")?;
    case.write("early.rsp", "--defsym 'a=1' lib#early.a")?;
    case.write("plain.rsp", "-u main")?;
    for linker in ["bfd", "gold", "lld"] {
        let link = format!("-fuse-ld={linker} -v main.o -Wl,@plain.rsp");
        let said = case.cc(&format!("{link} -Wl,@late.rsp -lm -o program"))?;
        ensure!(count(&said, "--whole-archive") == 1, "{linker}: {said}");
        // What is not changed stays.
        ensure!(count(&said, "@plain.rsp") == 1 && count(&said, "@late.rsp") == 0, "{linker}: {said}");
        case.expect("", OUTPUT)?;
        let said = case.cc(&format!("{link} -Wl,@early.rsp -lm -o program"))?;
        ensure!(count(&said, "@early.rsp") == 1, "{linker}: {said}");
        case.expect("", OUTPUT)?;
    }
    Ok(())
}

fn long_response_file(case: &Case<'_>) -> Result<()> {
    case.late("-c main.c part.c hidden.c")?;
    case.archive("rcs libpart.a part.o hidden.o")?;
    // More than the system takes as arguments, to be rewritten for the archive in it.
    let folders: String =
        (0..40_000).map(|i| format!("\"-Lno folder \\\\ {i} of many and of a long name\"\n")).collect();
    case.write("long.rsp", &format!("{folders} -L. -lpart"))?;
    for linker in ["bfd", "gold", "lld"] {
        case.cc(&format!("-fuse-ld={linker} main.o -Wl,@long.rsp -lm -o program"))?;
        case.expect("", OUTPUT).with_context(|| linker.to_owned())?;
    }
    Ok(())
}

fn early(case: &Case<'_>) -> Result<()> {
    case.write("main.c", "int part(int);\nint main(void) { return part(1) - 102; }\n")?;
    case.cc("-c main.c part.c hidden.c")?;
    case.archive("rcs libpart.a part.o hidden.o")?;
    let said = case.cc("-v main.o -L. -lpart -o program")?;
    for option in ["--whole-archive", "--export-dynamic", "--export-dynamic-symbol=part"] {
        ensure!(count(&said, option) == 0, "{option}: {said}");
    }
    case.expect("", "")?;
    // A missing symbol is the linker's to find.
    let outcome = case.run(&case.context.toolchains.tested.cc, "main.o -o program")?;
    ensure!(outcome.status != Status::SUCCESS && outcome.stderr_text().contains("part"), "{outcome}");
    Ok(())
}

fn inspect(case: &Case<'_>) -> Result<()> {
    let tools = case.context.toolchains.tested.autojit.as_ref().context("no autojit")?;
    case.late("-c main.c")?;
    case.cc("-c part.c hidden.c")?;
    case.cc("main.o part.o hidden.o -lm -o program")?;
    for (file, late) in [("main.o", 1), ("part.o", 0), ("program", 1)] {
        let text = case.run(&tools.tool, &format!("inspect {file}"))?.stdout_text();
        ensure!(text.matches("bound late").count() == late, "{file}: {text}");
        let json = case.run(&tools.tool, &format!("inspect --json {file}"))?.stdout_text();
        ensure!(json.matches("\"binding\":\"late\"").count() == late, "{file}: {json}");
    }
    case.run("strip", "program")?.expect_success("strip")?;
    case.expect("", OUTPUT)?;
    // The object names nothing that the linker would look for.
    let symbols = case.run(case.context.toolchains.llvm_bin.join("llvm-nm"), "-u main.o")?.stdout_text();
    ensure!(!symbols.contains("part") && !symbols.contains("printf"), "{symbols}");
    Ok(())
}

fn library(case: &Case<'_>) -> Result<()> {
    case.write(
        "entry.c",
        "int part(int);\nint helper(int x) { return x; }\n\
        __attribute__((visibility(\"default\"))) int entry(int x) { return part(x) + helper(x); }\n",
    )?;
    case.write(
        "user.c",
        "int entry(int);\nint part(int x) { return -1; }\nint main(void) { return entry(1) - 103; }\n",
    )?;
    case.write("script", "{ global: entry; local: *; };\n")?;
    case.late("-fPIC -fvisibility=hidden -c part.c hidden.c entry.c")?;
    for linker in ["bfd", "gold", "lld"] {
        let flags = format!("-fuse-ld={linker} -shared -Wl,--version-script=script -Wl,-soname,libentry.so");
        case.cc(&format!("{flags} entry.o part.o hidden.o -o libentry.so"))?;
        // `part` of the program is another one.
        case.cc("-fvisibility=default user.c ./libentry.so -Wl,-rpath,. -o program")?;
        case.expect("", "")?;
    }
    Ok(())
}

fn loaded_later(case: &Case<'_>) -> Result<()> {
    let user = "#include <dlfcn.h>\n#include <stdio.h>\nint plugin_function(int);\n\
        int callback(int x) { return x * 2; }\n\
        int main(void) {\n  if (!dlopen(\"./libplugin.so\", RTLD_NOW | RTLD_GLOBAL)) return puts(dlerror()), 1;\n\
        return plugin_function(20) - 42; }\n";
    case.write("user.c", user)?;
    case.write("plugin.c", "int callback(int);\nint plugin_function(int x) { return callback(x) + 2; }\n")?;
    case.late("-fPIC -shared plugin.c -o libplugin.so")?;
    // The program's own name is wanted by a library that the linker does not see.
    case.late("user.c -rdynamic -o program")?;
    case.expect("", "")
}

fn at_any_time(case: &Case<'_>) -> Result<()> {
    let text = "#include <pthread.h>\n#include <signal.h>\n#include <stdlib.h>\n#include <string.h>\n\
        static volatile int handled;\nstatic void handle(int s) { char *e = getenv(\"PATH\"); handled = e != NULL; }\n\
        static void *work(void *p) { return (void *)(long)(strlen(\"four\") + strtol(\"38\", NULL, 10) + abs(0)); }\n\
        int main(void) {\n  signal(SIGUSR1, handle);\n  raise(SIGUSR1);\n  pthread_t t[32];\n  long sum = 0;\n\
        for (int i = 0; i < 32; i++) pthread_create(&t[i], NULL, work, NULL);\n\
        for (int i = 0; i < 32; i++) { void *r; pthread_join(t[i], &r); sum += (long)r; }\n\
        return !(handled && sum == 32 * 42); }\n";
    case.write("any.c", text)?;
    for level in ["-O0", "-O2"] {
        for link in ["", "-static"] {
            case.late(&format!("{level} -fno-builtin any.c {link} -pthread -o program"))?;
            for _ in 0..5 {
                case.expect("", "")?;
            }
        }
    }
    Ok(())
}

fn bzip2(case: &Case<'_>) -> Result<()> {
    let sources = sources::package("bzip2-sys")?.join("bzip2-1.0.8");
    sources::copy(&sources, case.dir)?;
    case.late("-D_FILE_OFFSET_BITS=64 -c blocksort.c huffman.c crctable.c randtable.c compress.c decompress.c bzlib.c bzip2.c")?;
    case.archive(
        "rcs libbz2.a blocksort.o huffman.o crctable.o randtable.o compress.o decompress.o bzlib.o",
    )?;
    let said = case.cc("-v bzip2.o -L. -lbz2 -o program")?;
    ensure!(count(&said, "--whole-archive") == 1, "{said}");
    for sample in ["sample1", "sample2", "sample3"] {
        case.run(case.dir.join("program"), &format!("-k9 {sample}.ref"))?.expect_success("bzip2 -9")?;
        case.run(case.dir.join("program"), &format!("-t {sample}.ref.bz2"))?.expect_success("bzip2 -t")?;
        let outcome = case.run(case.dir.join("program"), &format!("-dc {sample}.bz2"))?;
        ensure!(outcome.stdout == fs::read(case.dir.join(format!("{sample}.ref")))?, "{sample}: other bytes");
    }
    Ok(())
}
