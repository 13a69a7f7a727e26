//! Files into the collections of a mirror, and out of them: what `leewardctl` and the window both do.
//!
//! [`open`] reads a file, [`plan`] holds it against the records of a mirror, [`Import`] is one in the window, from its first
//! byte to the work that keeping it is. [`taken`] and [`written`] make a file of a collection. Nothing is written here: who
//! calls keeps the work and the files.

mod file;
mod import;
mod planned;
mod problems;
mod records;
mod withheld;
mod written;

pub use file::{Opened, open};
pub use import::{Import, format};
pub use planned::{Planned, plan};
pub use problems::unusable;
pub use records::layout;
pub use written::{Taken, refused_csv, taken, written};
