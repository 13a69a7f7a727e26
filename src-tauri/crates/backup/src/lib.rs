//! Everything that one analyst's Leeward keeps on a computer, secrets excepted, as one file: a zip archive of the list of
//! environments and of each one's mirror, with a list of the parts and their hashes. What is brought back takes nothing's
//! place: an environment that is there under the same name is a reason to bring back none.

mod file;
mod manifest;
mod problem;
mod read;
mod staging;
mod write;

pub use file::write_file;
pub use read::restore;
pub use write::write;
