//! `autojit-cc` and `autojit-c++`: a drop-in clang. The name that it is called by decides the language, as with clang.

mod pipe;

fn main() {
    pipe::end_when_closed();
    let args = std::env::args_os().collect();
    // No destructors of LLVM or clang run: the process is over.
    std::process::exit(autojit_driver::main(args));
}
