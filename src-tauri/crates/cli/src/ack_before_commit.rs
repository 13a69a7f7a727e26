//! `leewardctl` with a deliberate bug: it says "done" before it has committed. The kill test must catch it; nobody runs
//! it otherwise.

use std::process::ExitCode;

fn main() -> ExitCode {
    leeward_cli::main()
}
