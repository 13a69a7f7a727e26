//! Three-way reconcile. Pure: no IO, no clock, no randomness.
//!
//! [`merge_field`] settles one field; [`reconcile`] settles a record and returns a [`Plan`] as data.

mod field;
mod json;
mod plan;
mod reconcile;

pub use field::{FieldMerge, merge_field};
pub use json::{canonically_equal, verifies};
pub use plan::{Op, Plan};
pub use reconcile::{Subject, reconcile};
