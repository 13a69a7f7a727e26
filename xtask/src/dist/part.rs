//! A part of the programs: a crate that is linked, or a package of the window.

use std::collections::BTreeSet;
use std::path::PathBuf;

/// A library by somebody else, of which a program or the window has a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) version: String,
    /// A package URL, by which it is known everywhere.
    pub(crate) purl: String,
    /// An SPDX expression.
    pub(crate) licence: String,
    /// Where its files are.
    pub(crate) folder: PathBuf,
    /// Of its archive: the algorithm as CycloneDX names it, and hexadecimal digits.
    pub(crate) hash: Option<(&'static str, String)>,
    /// Those that it is made of itself, by their package URLs.
    pub(crate) uses: BTreeSet<String>,
}
