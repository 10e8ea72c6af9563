//! Whether the address of a constant may be known to somebody after the call of the function that uses it.
//!
//! A constant that goes along with its function into the payload is in the code arena then, at another distance from the program in each process.
//! Programs hand addresses of literals on: to forked processes that share memory with them, or into files that count from where the
//! program is (emacs' dumps); and some look whether a pointer is to what the linker placed. So only constants go along whose address
//! is used up where it is taken: read from, compared, or given to functions that are known not to keep it.

use crate::ir::{Kind, Opcode, Value};
use std::collections::{HashMap, HashSet};

/// Functions of the C library that keep none of their arguments. `*`: any rest.
const KEEP_NOTHING: &[&str] = &[
    // Output and input.
    "printf",
    "fprintf",
    "dprintf",
    "sprintf",
    "snprintf",
    "asprintf",
    "vprintf",
    "vfprintf",
    "vdprintf",
    "vsprintf",
    "vsnprintf",
    "vasprintf",
    "__printf_chk",
    "__fprintf_chk",
    "__dprintf_chk",
    "__sprintf_chk",
    "__snprintf_chk",
    "__asprintf_chk",
    "__vprintf_chk",
    "__vfprintf_chk",
    "__vsprintf_chk",
    "__vsnprintf_chk",
    "__vasprintf_chk",
    "wprintf",
    "fwprintf",
    "swprintf",
    "scanf",
    "fscanf",
    "sscanf",
    "__isoc99_*",
    "__isoc23_*",
    "puts",
    "fputs",
    "fputs_unlocked",
    "fputws",
    "fwrite",
    "fwrite_unlocked",
    "write",
    "pwrite",
    "send",
    "perror",
    "psignal",
    "syslog",
    "err",
    "errx",
    "warn",
    "warnx",
    "error",
    "fopen",
    "fopen64",
    "freopen",
    "freopen64",
    "fdopen",
    "popen",
    // Memory and text.
    "strlen",
    "strnlen",
    "strcmp",
    "strncmp",
    "strcasecmp",
    "strncasecmp",
    "strcoll",
    "strspn",
    "strcspn",
    "strdup",
    "strndup",
    "__strdup",
    "memcmp",
    "bcmp",
    "wcslen",
    "wcscmp",
    "wcsncmp",
    "memcpy",
    "memmove",
    "mempcpy",
    "strcpy",
    "stpcpy",
    "strcat",
    "strncpy",
    "strncat",
    "__memcpy_chk",
    "__memmove_chk",
    "__strcpy_chk",
    "__strcat_chk",
    "__strncpy_chk",
    "__strncat_chk",
    "wcscpy",
    "wmemcpy",
    "strlcpy",
    "strlcat",
    "atoi",
    "atol",
    "atoll",
    "atof",
    "strftime",
    "strptime",
    "regcomp",
    "fnmatch",
    // The system.
    "open",
    "open64",
    "openat",
    "openat64",
    "creat",
    "creat64",
    "access",
    "stat",
    "stat64",
    "lstat",
    "lstat64",
    "unlink",
    "remove",
    "rename",
    "mkdir",
    "rmdir",
    "chdir",
    "chmod",
    "chown",
    "mkfifo",
    "symlink",
    "link",
    "readlink",
    "opendir",
    "truncate",
    "truncate64",
    "utime",
    "utimes",
    "getenv",
    "secure_getenv",
    "setenv",
    "unsetenv",
    "system",
    "execl",
    "execlp",
    "execv",
    "execvp",
    "dlopen",
    "dlsym",
    "dlvsym",
    "setlocale",
    "pathconf",
    "getpwnam",
    "getgrnam",
    "gethostbyname",
    "getaddrinfo",
    "inet_pton",
    "inet_addr",
    "inet_aton",
    "sem_open",
    "shm_open",
    "getopt",
    "__assert_fail",
    "__assert",
    "abort",
    // C++'s library: texts are copied.
    "_ZNSt7__cxx1112basic_string*",
    "_ZNKSt7__cxx1112basic_string*",
    "_ZNSs*",
    "_ZNKSs*",
    "_ZNSt3__112basic_string*",
    "_ZNKSt3__112basic_string*",
    "_ZStls*",
    "_ZSt16__ostream_insert*",
    "_ZNSt3__1ls*",
    "_ZNSo*",
    "_ZStpl*",
    "_ZSteq*",
    "_ZStne*",
    "_ZStlt*",
    "_ZSt*__throw_*",
    "_ZNSt3__1*__throw_*",
    "_ZNSt13runtime_errorC*",
    "_ZNSt11logic_errorC*",
    "_ZNSt16invalid_argumentC*",
    "_ZNSt12out_of_rangeC*",
    "_ZNSt12length_errorC*",
    "_ZNSt12domain_errorC*",
    "_ZNSt11range_errorC*",
    "_ZNSt14overflow_errorC*",
    "_ZNSt15underflow_errorC*",
    "_ZNSt11char_traitsI*",
    "_ZNSt3__111char_traitsI*",
    "_ZNSt14basic_ofstream*",
    "_ZNSt14basic_ifstream*",
    "_ZNSt13basic_fstream*",
];

/// Functions whose result is, or may be, a place within the first argument.
const RETURN_FIRST: &[&str] =
    &["strchr", "strrchr", "strstr", "strpbrk", "memchr", "strcasestr", "strchrnul", "index", "rindex"];

/// Intrinsics that keep nothing.
const INTRINSICS: &[&str] = &["llvm.mem", "llvm.lifetime", "llvm.dbg", "llvm.assume", "llvm.objectsize"];

/// Levels of calls that are looked into.
const DEPTH: u32 = 6;

#[derive(Default)]
pub struct Escapes {
    /// By parameter. While it is looked at, a parameter is taken not to escape: what calls itself with it keeps it no more than else.
    parameters: HashMap<Value, bool>,
}

impl Escapes {
    pub fn of_constant(&mut self, constant: Value) -> bool {
        self.escapes(constant, DEPTH)
    }

    fn escapes(&mut self, address: Value, depth: u32) -> bool {
        let mut seen = HashSet::from([address]);
        let mut work = vec![address];
        while let Some(address) = work.pop() {
            for user in address.users() {
                match self.step(address, user, depth) {
                    Step::Harmless => {}
                    Step::Follow(values) => {
                        work.extend(values.into_iter().filter(|value| seen.insert(*value)))
                    }
                    Step::Escapes => return true,
                }
            }
        }
        false
    }

    fn step(&mut self, address: Value, user: Value, depth: u32) -> Step {
        if user.is_constant_gep() {
            return Step::Follow(vec![user]);
        }
        if user.kind() != Kind::Instruction {
            return Step::Escapes;
        }
        match user.opcode() {
            Opcode::LLVMLoad | Opcode::LLVMICmp => Step::Harmless,
            Opcode::LLVMGetElementPtr | Opcode::LLVMPHI | Opcode::LLVMSelect | Opcode::LLVMFreeze => {
                Step::Follow(vec![user])
            }
            Opcode::LLVMStore => stored(address, user),
            Opcode::LLVMCall | Opcode::LLVMInvoke => self.passed(address, user, depth),
            _ => Step::Escapes,
        }
    }

    /// What becomes of an argument of a call.
    fn passed(&mut self, address: Value, call: Value, depth: u32) -> Step {
        let Some(callee) = call.called_value().filter(|callee| callee.kind() == Kind::Function) else {
            return Step::Escapes;
        };
        let places: Vec<u32> =
            (0..call.argument_count()).filter(|&i| call.operand(i) == Some(address)).collect();
        let name = callee.name();
        if callee.is_declaration() || callee.is_discardable() {
            if INTRINSICS.iter().any(|start| name.starts_with(start)) || is_in(KEEP_NOTHING, &name) {
                return Step::Harmless;
            }
            if RETURN_FIRST.contains(&name.as_str()) {
                return if places.contains(&0) { Step::Follow(vec![call]) } else { Step::Harmless };
            }
        }
        let is_known = !callee.is_declaration() && !callee.is_interposable() && depth > 0;
        let kept = |this: &mut Escapes, place: u32| match callee.parameter(place) {
            Some(parameter) if is_known => this.parameter(parameter, depth - 1),
            _ => true,
        };
        if places.iter().any(|&place| kept(self, place)) { Step::Escapes } else { Step::Harmless }
    }

    fn parameter(&mut self, parameter: Value, depth: u32) -> bool {
        if let Some(&known) = self.parameters.get(&parameter) {
            return known;
        }
        self.parameters.insert(parameter, false);
        let escapes = self.escapes(parameter, depth);
        self.parameters.insert(parameter, escapes);
        escapes
    }
}

enum Step {
    Harmless,
    /// If these do.
    Follow(Vec<Value>),
    Escapes,
}

/// An address that is put into a variable of the function that is nothing but read and written goes where it is read.
fn stored(address: Value, store: Value) -> Step {
    if store.operand(0) != Some(address) {
        return Step::Harmless;
    }
    let variable =
        store.operand(1).filter(|to| to.kind() == Kind::Instruction && to.opcode() == Opcode::LLVMAlloca);
    let Some(variable) = variable else { return Step::Escapes };
    let mut read = Vec::new();
    for user in variable.users() {
        let is_plain = user.kind() == Kind::Instruction
            && match user.opcode() {
                Opcode::LLVMLoad => {
                    read.push(user);
                    true
                }
                Opcode::LLVMStore => user.operand(0) != Some(variable),
                Opcode::LLVMCall => user.called_value().is_some_and(|callee| {
                    let name = callee.name();
                    name.starts_with("llvm.lifetime") || name.starts_with("llvm.dbg")
                }),
                _ => false,
            };
        if !is_plain {
            return Step::Escapes;
        }
    }
    Step::Follow(read)
}

/// Whether a name is one of a list, in which `*` stands for any letters.
fn is_in(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| match known.split_once('*') {
        None => *known == name,
        Some((start, rest)) => {
            let rest = rest.trim_end_matches('*');
            name.starts_with(start) && (rest.is_empty() || name[start.len()..].contains(rest))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_matched() {
        for name in
            ["printf", "__isoc99_sscanf", "_ZSt20__throw_length_errorPKc", "_ZNSt7__cxx1112basic_stringIcE"]
        {
            assert!(is_in(KEEP_NOTHING, name), "{name}");
        }
        for name in ["printf2", "xprintf", "_ZSt3foo", "putenv", "gettext", "_ZNSt17basic_string_viewIcE"] {
            assert!(!is_in(KEEP_NOTHING, name), "{name}");
        }
    }
}
