//! Real debuggers, in batch mode: what they say about a program of autojit is what they say about clang's.
//!
//! The commands of a session stand in a file, one in a line. The same session is run on both programs, built from the same
//! sources in two folders of one name, and the transcripts are compared line by line, without what must differ:
//! addresses and process numbers; what is said about breakpoints before the program runs (lazy code is not known
//! to the debugger before that, and such breakpoints wait for it); with LLDB, frames below `main`.

mod bench;
mod late;
mod libraries;
mod rust;
mod transcripts;
mod units;

use autojit_testsuite::sources;
use autojit_testsuite::suite;
use bench::add;
use std::process::ExitCode;

fn main() -> ExitCode {
    suite::main(|suite| {
        for (name, flags) in
            [("PIE", &[][..]), ("no PIE", &["-fno-pie", "-no-pie"]), ("static", &["-static"])]
        {
            add(suite, &format!("gdb, C, {name}"), move |b| {
                b.same_session("tour.gdb", &["tour.c", "other.c"], flags)
            });
            add(suite, &format!("lldb, C, {name}"), move |b| {
                b.same_session("tour.lldb", &["tour.c", "other.c"], flags)
            });
        }
        for (name, flags) in [("PIE", &["-O2"][..]), ("no PIE", &["-O2", "-fno-pie", "-no-pie"])] {
            add(suite, &format!("gdb, C, -O2, thread-local variables, {name}"), move |b| {
                b.same_session("threaded.gdb", &["threaded.c", "threaded_other.c"], flags)
            });
        }
        // What such a unit refers to in shared libraries is out of its reach in lazy code.
        for script in ["classes.gdb", "classes.lldb"] {
            add(suite, &format!("{script}, no PIE"), move |b| {
                b.same_session(script, &["classes.cpp"], &["-fno-pie", "-no-pie"])
            });
        }
        for (script, files) in [
            ("tour.gdb", &["tour.c", "other.c"][..]),
            ("tour.lldb", &["tour.c", "other.c"]),
            ("classes.gdb", &["classes.cpp"]),
            ("classes.lldb", &["classes.cpp"]),
        ] {
            add(suite, &format!("{script}, DWARF 4"), move |b| b.same_session(script, files, &["-gdwarf-4"]));
        }
        add(suite, "gdb, C, DWARF of two versions", units::dwarf_of_two_versions);
        add(suite, "gdb, C, values and places", |b| {
            b.same_session("values.gdb", &["tour.c", "other.c"], &[])
        });
        add(suite, "lldb, C, two runs", |b| b.same_session("twice.lldb", &["twice.c", "twice_other.c"], &[]));
        add(suite, "gdb, C, two runs", |b| b.same_session("twice.gdb", &["twice.c", "twice_other.c"], &[]));
        add(suite, "gdb, C++, objects and exceptions", |b| {
            b.same_session("objects.gdb", &["classes.cpp"], &[])
        });
        add(suite, "gdb, C++, without -g", |b| {
            b.sessions("nameless.gdb", &["nameless.cpp"], [&[], &[]], true)
        });
        for flags in [&["-O2"][..], &["-O2", "-fsanitize=undefined"], &["-O1", "-fsanitize=function"]] {
            add(suite, &format!("gdb, C, without -g, {}", flags.join(" ")), move |b| {
                b.sessions("nameless_optimized.gdb", &["nameless.c"], [flags, flags], true)
            });
        }
        add(suite, "gdb, C++, thread-local members", |b| {
            b.same_session("members.gdb", &["members.cpp"], &["-pthread"])
        });
        add(suite, "gdb, C++, functions as template arguments", |b| {
            b.same_session("arguments.gdb", &["arguments.cpp"], &["-std=c++17"])
        });
        add(suite, "gdb, C, mapped paths", |b| {
            b.same_session("tour.gdb", &["tour.c", "other.c"], &["-ffile-prefix-map=FOLDER=."])
        });
        add(suite, "gdb, C++", |b| b.same_session("classes.gdb", &["classes.cpp"], &[]));
        add(suite, "lldb, C++", |b| b.same_session("classes.lldb", &["classes.cpp"], &[]));
        for sanitizer in ["undefined", "address"] {
            add(suite, &format!("gdb, C++, {sanitizer} sanitizer"), move |b| {
                b.same_session("classes.gdb", &["classes.cpp"], &[&format!("-fsanitize={sanitizer}")])
            });
        }
        for level in ["-O0", "-O1", "-O2", "-Os"] {
            add(suite, &format!("gdb, C, what is known of the program, {level}"), move |b| {
                b.same_session("known.gdb", &["known.c", "known_other.c"], &[level])
            });
        }
        for level in ["-O1", "-O2", "-Os"] {
            add(suite, &format!("gdb, C, static functions that are not lazy, {level}"), move |b| {
                b.same_session("statics.gdb", &["statics.c"], &[level, "-Wl,--no-as-needed", "-lm"])
            });
            add(suite, &format!("gdb, C, {level}"), move |b| {
                b.same_session("optimized.gdb", &["optimized.c"], &[level])
            });
        }
        for level in ["-O0", "-Og", "-O2"] {
            add(suite, &format!("gdb, C, variables of main, {level}"), move |b| {
                b.same_session("outermost.gdb", &["outermost.c"], &[level])
            });
        }
        for script in ["tour.gdb", "tour.lldb"] {
            add(suite, &format!("{script}, all debug information in the objects"), move |b| {
                b.without_sources(script, &["tour.c", "other.c"], "-g", "--autojit-debug-info=full")
            });
        }
        add(suite, "gdb, C++, all debug information in the objects", |b| {
            b.without_sources("classes.gdb", &["classes.cpp"], "-g", "--autojit-debug-info=full")
        });
        for (script, files) in [
            ("tour.gdb", &["tour.c", "other.c"][..]),
            ("tour.lldb", &["tour.c", "other.c"]),
            ("classes.gdb", &["classes.cpp"]),
        ] {
            add(suite, &format!("{script}, payloads in the store"), move |b| {
                b.sessions(script, files, [&["-g"], &["-g", "--autojit-store=cache"]], true)
            });
        }
        add(suite, "gdb, lines in the objects", |b| {
            b.sessions(
                "lines.gdb",
                &["tour.c", "other.c"],
                [&["-gline-tables-only"], &["-g", "--autojit-debug-info=line"]],
                false,
            )
        });
        for script in ["bzip2.gdb", "bzip2.lldb"] {
            add(suite, script, move |b| {
                let sources = sources::package("bzip2-sys")?.join("bzip2-1.0.8");
                b.same_project(script, &sources, BZIP2, &[], "-k bzip2.c")
            });
        }
        for script in ["sqlite.gdb", "sqlite.lldb"] {
            add(suite, script, move |b| {
                let sources = sources::package("libsqlite3-sys")?.join("sqlite3");
                b.same_project(script, &sources, SQLITE, &["sqlite_test.c"], "")
            });
        }
        add(suite, "gdb, C, linked by lld", |b| {
            b.same_session("tour.gdb", &["tour.c", "other.c"], &["-fuse-ld=lld"])
        });
        for (name, flags) in [("program", &["-pthread"][..]), ("static program", &["-pthread", "-static"])] {
            add(suite, &format!("gdb, thread-local variables of a {name}"), move |b| {
                b.same_session("threads.gdb", &["threads.c"], flags)
            });
        }
        for level in ["-O1", "-O2"] {
            add(suite, &format!("gdb, thread-local variables, {level}"), move |b| {
                b.same_session("threads_optimized.gdb", &["threads.c"], &["-pthread", level])
            });
        }
        for (name, flags) in [
            ("PIE", &[][..]),
            ("no PIE", &["-fno-pie", "-no-pie"]),
            ("sections dropped", &["-ffunction-sections", "-fdata-sections", "-Wl,--gc-sections"]),
            ("compressed", &["-gz"]),
            ("compressed by zstd", &["-gz=zstd"]),
            ("DWARF of 64 bits", &["-gdwarf64"]),
            ("-ftrapv", &["-ftrapv"]),
            ("lld", &["-fuse-ld=lld"]),
        ] {
            add(suite, &format!("gdb, C, places, {name}"), move |b| {
                b.same_session("places.gdb", &["places.c", "places_main.c"], flags)
            });
        }
        for level in ["-O1", "-O2", "-Os"] {
            add(suite, &format!("gdb, C, places, {level}"), move |b| {
                b.same_session("places_optimized.gdb", &["places.c", "places_main.c"], &[level])
            });
        }
        add(suite, "gdb, C++20", |b| b.same_session("classes.gdb", &["classes.cpp"], &["-std=c++20"]));
        for level in ["-O0", "-O1"] {
            add(suite, &format!("gdb, C++20, coroutine, {level}"), move |b| {
                b.same_session("coroutine.gdb", &["coroutine.cpp"], &["-std=c++20", level])
            });
        }
        add(suite, "gdb, precompiled header", units::precompiled_header);
        add(suite, "gdb, debug information in a file of its own", units::separate_file);
        add(suite, "gdb, lines before the program runs", units::lines_before);
        add(suite, "gdb, lines of the file with main", units::lines_of_main);
        add(suite, "gdb, Rust", rust::rust);
        add(suite, "gdb, Rust, all debug information in the objects", rust::rust_without_sources);
        add(suite, "gdb, second session is from memory", units::second_session);
        add(suite, "gdb, changed file", units::changed_file);
        add(suite, "gdb, described ahead after a link", units::described_ahead);
        add(suite, "gdb, unit without -g among others", units::mixed);
        add(suite, "gdb, library and its program", libraries::library);
        for debugger in ["gdb", "lldb"] {
            add(suite, &format!("{debugger}, step into a library"), move |b| {
                libraries::step_into_library(b, debugger)
            });
        }
        add(suite, "gdb, five plugins", libraries::plugins);
        add(suite, "plugins that are unloaded", libraries::unloaded_plugins);
        add(suite, "gdb, many units", units::many_units);
        for (name, flags, plain) in [
            ("PIE", &["-fPIE", "-pie"][..], false),
            ("no PIE", &["-fno-pie", "-no-pie"], false),
            ("plain program", &[], true),
        ] {
            add(suite, &format!("lldb, two libraries::libraries, {name}"), move |b| {
                libraries::libraries(b, flags, plain)
            });
        }
        add(suite, "gdb, attached late", late::attached_late);
        for level in ["-O1", "-O2", "-O3"] {
            add(suite, &format!("gdb, attached late, {level}"), move |b| {
                late::attached_late_optimized(b, level)
            });
        }
        add(suite, "core file", late::core_file);
        add(suite, "without a debugger", units::without);
        Ok(())
    })
}

const BZIP2: &str = "bzip2.c blocksort.c huffman.c crctable.c randtable.c compress.c decompress.c bzlib.c \
    -D_FILE_OFFSET_BITS=64";

const SQLITE: &str = "sqlite_test.c sqlite3.c -DSQLITE_ENABLE_COLUMN_METADATA -lm -lpthread -ldl";
