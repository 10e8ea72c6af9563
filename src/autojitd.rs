//! The compile daemon. See `runtime/engine`.

use std::process::ExitCode;

fn main() -> ExitCode {
    autojit_engine::main()
}
