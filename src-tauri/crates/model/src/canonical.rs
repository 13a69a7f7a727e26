//! The one text of a value: two values are equal when their canonical texts are.

mod json;
mod moment;
mod number;

pub use json::{is_exact_in_float, json};
pub use moment::{date, date_time};
pub use number::{SCALE_MAX, decimal, integer, integer_of_json};
