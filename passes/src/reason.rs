//! Why a function is compiled now and not when it is called.

use std::fmt;

/// A refusal that a user can read. The codes are stable: users and tests rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// In the lists of constructors or destructors, or only called from there: it runs anyway.
    Constructor,
    /// An ifunc resolver, or called by one: runs before relocation is finished.
    Ifunc,
    Naked,
    /// Holds assembly, which is checked and bound to symbols when it is compiled.
    InlineAsm,
    /// Static data holds the address of one of its labels.
    BlockAddress,
    /// Has a section of its own.
    Section,
    /// Its calling convention leaves no register to a stub.
    CallingConvention,
    /// Uses a thread-local variable in a way that an accessor can't take the place of, or --autojit-tls=skip.
    ThreadLocal,
    /// Needs a function of the compiler's runtime library that can't be foretold.
    Libcall,
    /// Uses a function that looks where it is called from, and that may be missing.
    Caller,
    /// Calls a function that must not be called, which only code generation can tell.
    DontCall,
    /// Uses data under a name that may stand for something else (a weak alias, or a place within a variable), at -O1
    /// and above.
    Alias,
    /// A coroutine that is still to be split (-O1 and above).
    Coroutine,
    /// -Wframe-larger-than, and the frame may be larger.
    FrameSize,
    /// A pragma asks for a transformation of a loop, and it has to be said if that fails (-O1 and above).
    LoopPragma,
    /// `__builtin_setjmp` with a shadow stack (-fcf-protection=return): LLVM's code for that needs the frame pointer that it has just
    /// changed, unless variables are addressed in another way than lazy code does.
    ShadowStack,
    /// Has prefix or prologue data, a garbage collector or patchable entry.
    Attributes,
    /// Beyond the number that --autojit-lazy-first allows.
    LazyFirst,
    /// Its name can't be written in assembly.
    Name,
}

impl Reason {
    /// The stable code.
    pub fn code(self) -> &'static str {
        match self {
            Reason::Constructor => "constructor",
            Reason::Ifunc => "ifunc",
            Reason::Naked => "naked",
            Reason::InlineAsm => "inline-asm",
            Reason::BlockAddress => "block-address",
            Reason::Section => "section",
            Reason::CallingConvention => "calling-convention",
            Reason::ThreadLocal => "thread-local",
            Reason::Libcall => "libcall",
            Reason::Caller => "caller",
            Reason::DontCall => "dontcall",
            Reason::Alias => "alias",
            Reason::Coroutine => "coroutine",
            Reason::FrameSize => "frame-size-warning",
            Reason::LoopPragma => "loop-pragma",
            Reason::ShadowStack => "shadow-stack",
            Reason::Attributes => "attributes",
            Reason::LazyFirst => "lazy-first",
            Reason::Name => "name",
        }
    }

    /// One sentence's worth of explanation, for remarks.
    pub fn explanation(self) -> &'static str {
        match self {
            Reason::Constructor => "it runs at program start or end anyway",
            Reason::Ifunc => "it runs while the program is being relocated",
            Reason::Naked => "it is naked",
            Reason::InlineAsm => "it contains inline assembly",
            Reason::BlockAddress => "static data refers to its labels",
            Reason::Section => "it has a section of its own",
            Reason::CallingConvention => "its calling convention leaves no register to a stub",
            Reason::ThreadLocal => "it uses a thread-local variable",
            Reason::Libcall => "it may need a compiler runtime function that can't be foretold",
            Reason::Caller => "it uses a weak function that looks where it is called from",
            Reason::DontCall => "it may call a function declared with the error or warning attribute",
            Reason::Alias => "it uses a weak alias of a variable, or of a part of one",
            Reason::Coroutine => "it is a coroutine",
            Reason::FrameSize => "the size of its frame is to be checked",
            Reason::LoopPragma => "a pragma asks for a transformation of its loops",
            Reason::ShadowStack => "it saves its place for a jump, and a shadow stack is to follow",
            Reason::Attributes => "it has prefix data, a garbage collector or a patchable entry",
            Reason::LazyFirst => "--autojit-lazy-first leaves it out",
            Reason::Name => "its name can't be written in assembly",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
