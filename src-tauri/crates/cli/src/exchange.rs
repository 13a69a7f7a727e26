//! `import` and `export`: a collection's records from a file, and into one.

mod apply;
mod export;
mod file;
mod import;
mod output_file;
mod records;
mod refused;
mod result;
mod working;

pub(crate) use export::run as export;
pub(crate) use import::run as import;

use crate::problem::usage;
use leeward_model::Problem;
use leeward_tables::FileFault;

/// What is wrong with a file, as every problem is told. Nothing of the file was taken.
fn unusable(fault: &FileFault) -> Problem {
    usage(format!("{} {}", fault.what, fault.why), fault.next.clone())
}
