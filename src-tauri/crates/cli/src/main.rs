//! `leewardctl`; all of it is in the library beside this.

use std::process::ExitCode;

fn main() -> ExitCode {
    leeward_cli::main()
}
