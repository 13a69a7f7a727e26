//! `import` and `export`: a collection's records from a file, and into one.

mod apply;
mod export;
mod file;
mod import;
mod output_file;
mod refused;
mod result;
mod working;

pub(crate) use export::run as export;
pub(crate) use import::run as import;
