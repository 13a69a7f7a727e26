//! The merge's own JSON reader, and the rule for sensitive names, which reads JSON by its letters.

use leeward_merge::{canonically_equal, merge_field, verifies};
use leeward_model::sensitive::sensitive_paths;
use leeward_model::{BaseField, Content, FieldKind, Value};

use super::{Feed, Parser, message};
use crate::hostile::Input;

/// Between the three sides in one input.
const SEPARATOR: char = '\u{1e}';

const SIDES: &[&str] = &[
    "{\"a\": 1, \"b\": {\"c\": [1, 2.50]}}\u{1e}{\"a\": 2, \"b\": {\"c\": [1, 2.50]}}\u{1e}{\"b\": {\"c\": [1, 2.5], \"d\": null}, \"a\": 1}",
    "[1, 2, 3]\u{1e}[1, 2]\u{1e}[1,2,3]",
    "3.1\u{1e}3.10\u{1e}3.2",
    "{\"a\":{\"b\":{\"c\":{}}}}\u{1e}{\"a\":{\"b\":{}}}\u{1e}{\"a\":{}}",
    "plain\u{1e}text\u{1e}",
];

pub(super) fn parsers() -> Vec<Parser> {
    let parser = |name, open: fn(&Input) -> bool| Parser {
        name,
        seeds: SIDES.iter().map(|text| message(*text)).collect(),
        open: Box::new(move || Box::new(open) as Feed),
    };
    vec![parser("merge", merged), parser("sensitive names", looked_through)]
}

fn merged(input: &Input) -> bool {
    let text = String::from_utf8_lossy(&input.body);
    let mut sides = text.split(SEPARATOR);
    let mut side = || sides.next().unwrap_or_default();
    let (base, local, remote) = (side(), side(), side());
    let both = merge_as(FieldKind::JsonText, [base, local, remote].map(Value::from));
    let parsed = [base, local, remote].map(|text| serde_json::from_str(text).unwrap_or(Value::Null));
    let values = merge_as(FieldKind::Json, parsed);
    canonically_equal(local, remote) || both || values
}

/// Whether the two sides came together.
fn merge_as(kind: FieldKind, [base, local, remote]: [Value; 3]) -> bool {
    let remote = Content::Value(remote);
    let base = BaseField::seen(Content::Value(base));
    let merge = merge_field(kind, Some(&base), Some(&local), Some(&remote));
    let arrived = verifies(&local, &remote);
    arrived || !matches!(merge, leeward_merge::FieldMerge::Conflict { .. })
}

fn looked_through(input: &Input) -> bool {
    let text = String::from_utf8_lossy(&input.body);
    let key: String = text.chars().take(40).collect();
    sensitive_paths(&key, &text).is_empty()
}
