//! Which functions of the C library and of sanitizers the runtime's archive members take the places of: those that know nothing of
//! lazy code and that this link uses.
//!
//! The linker's `--wrap` goes by the name alone. A program may have a function or a variable of its own that is called `backtrace`:
//! what an input defines is left alone.

use super::inputs::{Input, Inputs};
use super::symbols::{self, Symbols};
use super::{Plain, records, runtime};
use crate::clang::in_parallel;
use memchr::memmem;
use object::{Object, ObjectSection};
use std::sync::{Mutex, PoisonError};

const LIBRARY: [&str; 3] = ["dladdr", "backtrace_symbols", "backtrace_symbols_fd"];
/// Those by which an unwinder may come into the program.
const UNWINDING: [&str; 2] = ["backtrace", "dlopen"];
/// Those by which a process locks itself in, so that nothing can be compiled for it any more: `runtime/client/archive.rs`.
const CONFINING: [&str; 16] = [
    "chroot",
    "seccomp_load",
    "prctl",
    "syscall",
    "setrlimit",
    "setrlimit64",
    "prlimit",
    "prlimit64",
    "setuid",
    "setreuid",
    "setresuid",
    "seteuid",
    "fork",
    "daemon",
    "forkpty",
    "mlockall",
];
/// Rust's standard library looks for debug information by itself when it prints a stack.
const IMAGES: &str = "dl_iterate_phdr";
/// By what the runtime of a sanitizer finds the name of an address: `__sanitizer::Symbolizer::SymbolizePC(unsigned long)`.
const SYMBOLIZER: &str = "_ZN11__sanitizer10Symbolizer11SymbolizePCEm";
/// By what it finds the image of an address: `GetModuleNameAndOffsetForPC(unsigned long, char const **, unsigned long *)`.
const FINDS_MODULE: &str = "_ZN11__sanitizer10Symbolizer27GetModuleNameAndOffsetForPCEmPPKcPm";
/// Defined where the runtime of a sanitizer defines `dl_iterate_phdr`, by which it calls the C library's.
const INTERCEPTOR: &str = "___interceptor_dl_iterate_phdr";

/// By which the runtime of the thread sanitizer is told that what follows orders nothing.
const IGNORE_SYNC: [&str; 2] = ["AnnotateIgnoreSyncBegin", "AnnotateIgnoreSyncEnd"];

/// So many members take longer to look at than threads take to start.
const WORTH_THREADS: usize = 64;

/// Options for the linker, for inputs some of which are lazy. `has_bitcode`: modules of bitcode were made lazy.
pub fn options(plain: &Plain<'_>, inputs: &Inputs, has_bitcode: bool) -> Vec<String> {
    // Static programs have no images to be named, their unwinder asks for images itself, at every step, and the library with these
    // functions is one of the inputs. Link-time optimizers may take it amiss.
    if inputs.is_static || plain.is_lto {
        return Vec::new();
    }
    // It refers to functions that no program of today has it call.
    let is_compilers = |input: &&Input| input.path.file_name().is_some_and(|name| name == "libgcc.a");
    let inputs = inputs.iter().filter(|input| !is_compilers(input));
    let members: Vec<&[u8]> = inputs.flat_map(Input::members).map(|member| member.data).collect();
    let mut candidates = CONFINING.to_vec();
    candidates.extend(LIBRARY);
    if plain.args.contains(&runtime::UNWINDER) {
        candidates.extend(UNWINDING);
    }
    candidates.extend([IMAGES, SYMBOLIZER, FINDS_MODULE]);
    let wanted: Vec<String> = candidates.iter().chain(&IGNORE_SYNC).map(|name| format!("{name}\0")).collect();
    let all = Mutex::new(Symbols::default());
    let look = |i: usize| {
        if mentions(members[i], &wanted) {
            let mut of_member = symbols::of_elf(members[i]);
            if is_in(&of_member.defined, INTERCEPTOR) {
                of_member.defined.retain(|symbol| symbol != IMAGES.as_bytes());
            }
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.undefined.extend(of_member.undefined);
            all.defined.extend(of_member.defined);
        }
    };
    if members.len() < WORTH_THREADS {
        (0..members.len()).for_each(look);
    } else {
        in_parallel(members.len(), look);
    }
    let all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    let is_sanitized = is_in(&all.defined, SYMBOLIZER);
    candidates.retain(|&name| match name {
        SYMBOLIZER | FINDS_MODULE => is_sanitized,
        IMAGES if !is_sanitized && !has_bitcode => false,
        name => is_in(&all.undefined, name) && !is_in(&all.defined, name),
    });
    let wrapped = candidates.iter().map(|name| format!("--wrap={name}"));
    // Where the sanitizer's own is a weak definition, lld would make do with none of ours.
    let taken =
        (is_sanitized && candidates.contains(&IMAGES)).then(|| format!("--undefined=__wrap_{IMAGES}"));
    let is_told = is_sanitized && IGNORE_SYNC.iter().all(|name| is_in(&all.defined, name));
    let told = is_told.then(|| "--undefined=__autojit_thread_sanitizer".to_owned());
    wrapped.chain(taken).chain(told).collect()
}

fn is_in(list: &[Vec<u8>], name: &str) -> bool {
    list.iter().any(|symbol| symbol == name.as_bytes())
}

/// Whether an object's string table has one of the names, which end with NUL. It may be the end of another one there.
fn mentions(bytes: &[u8], names: &[String]) -> bool {
    let Some(file) = symbols::is_elf(bytes).then(|| records::object(bytes)).flatten() else { return false };
    let table = file.section_by_name(".strtab").and_then(|section| section.data().ok());
    table.is_some_and(|table| names.iter().any(|name| memmem::find(table, name.as_bytes()).is_some()))
}
