//! Why something was not made lazy, in the style of clang's remarks.

use autojit_passes::Reason;

fn kind(strict: bool) -> &'static str {
    if strict { "error" } else { "remark" }
}

/// A reason code of `driver/clang/eligibility.cpp`, in words. Unknown codes stand for themselves.
fn explain(reason: &str) -> &str {
    match reason {
        "target" => "lazy code exists for x86-64 Linux only",
        "not-a-file" => "its input or output is not a regular file",
        "language" => "lazy code exists for C and C++ only",
        "freestanding" => "it is freestanding",
        "code-model" => "its code model is neither small nor default",
        "sanitizer" => "it is sanitized",
        "instrumented" => "it is instrumented",
        "split-dwarf" => "its debug information goes to a file of its own",
        "lto" => "it is compiled for link-time optimization",
        "plugin" => "a plugin, an -mllvm option or linked bitcode takes part",
        "invalid-code" => "its bitcode can't be read back",
        "offload" => "it is compiled for another device",
        "unsupported-option" => {
            "one of its options changes code generation in a way that a payload does not record"
        }
        other => other,
    }
}

pub fn unit_refused(input: &str, reason: &str, strict: bool) {
    let kind = kind(strict);
    eprintln!("{input}: {kind}: unit is not lazy: {} [-Rautojit={}]", explain(reason), code(reason));
}

/// `place` is `file:line:column`, or the file alone.
pub fn function_refused(place: &str, name: &str, reason: Reason, strict: bool) {
    let kind = kind(strict);
    eprintln!(
        "{place}: {kind}: function '{name}' is not lazy: {} [-Rautojit={reason}]",
        reason.explanation()
    );
}

pub fn debug_information_left_out(input: &str) {
    eprintln!(
        "{input}: remark: debug information of lazy functions is left out; compile with --autojit-off to debug \
         [-Rautojit=debug-info]"
    );
}

/// The stable code at the end of a remark: a code has no space.
fn code(reason: &str) -> &str {
    if reason.contains(' ') { "unit" } else { reason }
}
