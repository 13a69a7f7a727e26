//! What the programs are made of: every crate that is linked, every package of the window.

use anyhow::Result;

use super::part::Part;
use super::{npm_parts, rust_parts};

/// All of them, in the order of their names.
pub(crate) fn all() -> Result<Vec<Part>> {
    let mut all = rust_parts::all()?;
    all.extend(npm_parts::all()?);
    all.sort_by(|one, other| one.purl.cmp(&other.purl));
    Ok(all)
}
