//! The merge: its table of cases, its laws, and its idea of JSON against Python's own.
// Clippy's own exemption for tests does not reach the helpers beside them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod both_sides;
mod case;
mod items;
mod json_table;
mod laws;
mod model_table;
mod python;
mod records;
mod suggestions;
mod table;
