//! Three-way reconcile. Pure: no IO, no clock, no randomness.
//!
//! [`merge_field`] settles one field; [`reconcile`] settles a record and returns a [`Plan`] as data; [`merge_records`]
//! plays a plan on three plain records. `tests/table.rs` is the table of all the rules.

mod carry_out;
mod field;
mod json;
mod plan;
mod reconcile;
mod records;
mod suggest;

pub use carry_out::{Effects, Parts, local};
pub use field::{FieldMerge, Shape, merge_field};
pub use json::{NotPlain, canonically_equal, is_masked_form, read_value, verifies};
pub use plan::{Op, Plan};
pub use reconcile::{Subject, reconcile};
pub use records::{Merge, Side, merge_records};
pub use suggest::suggest;
