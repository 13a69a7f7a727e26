//! A line merge of a text, as a suggestion to a person. Nothing is ever sent from it by itself.

use crate::{Shape, json};
use leeward_model::{FieldKind, Value};

/// Longer texts, in bytes, get no suggestion: the time that a diff takes grows with the square of the lines.
const LENGTH_LIMIT: usize = 64 * 1024;

/// The same, in lines.
const LINES_LIMIT: usize = 2_000;

/// Both sides' changes of a text, where they are in different lines. `None` where a side is missing, is no text or is
/// too long, where lines clash, or where a merge of JSON by its lines would not be JSON.
#[must_use]
pub fn suggest<'m>(
    shape: impl Into<Shape<'m>>,
    base: Option<&Value>,
    mine: Option<&Value>,
    theirs: Option<&Value>,
) -> Option<Value> {
    let [base, mine, theirs] = [base?.as_str()?, mine?.as_str()?, theirs?.as_str()?];
    let sides = [base, mine, theirs];
    if sides.iter().any(|side| is_long(side)) || mine == theirs {
        return None;
    }
    let merged = diffy::merge(base, mine, theirs).ok()?;
    let says_new = merged != mine && merged != theirs;
    (says_new && stays_json(shape.into().kind, &sides, &merged)).then_some(Value::String(merged))
}

fn is_long(text: &str) -> bool {
    text.len() > LENGTH_LIMIT || text.lines().nth(LINES_LIMIT).is_some()
}

/// Lines know nothing of brackets: what was an object or array on a side must still be one.
fn stays_json(kind: FieldKind, sides: &[&str], merged: &str) -> bool {
    let was_json = kind == FieldKind::JsonText && sides.iter().any(|side| json::is_container_text(side));
    !was_json || json::is_container_text(merged)
}
