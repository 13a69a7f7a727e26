//! The merge's own JSON reader, whole records with a data model, and the rule for sensitive names, which reads JSON by
//! its letters.

use leeward_merge::{
    FieldMerge, Shape, canonically_equal, merge_field, merge_records, read_value, suggest, verifies,
};
use leeward_model::sensitive::sensitive_paths;
use leeward_model::{BaseField, Collection, Content, Field, FieldKind, Fields, Value};

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

/// Base, local, remote, and the fields of a data model.
const RECORDS: &[&str] = &[
    "{\"a\": 1.10, \"t\": \"x\\ny\"}\u{1e}{\"a\": 2, \"t\": \"x\\ny\\nz\"}\u{1e}{\"a\": 1.10, \"t\": \"w\\ny\"}\u{1e}\
     [{\"name\": \"a\", \"type\": \"number\", \"minimum\": 0, \"maximum\": 1e3, \"required\": true}, {\"name\": \"t\", \"kind\": \"text\", \
     \"pattern\": \"^[w-z]+\", \"minLength\": 1, \"maxLength\": 9, \"policy\": \"mine\"}]",
    "{\"l\": [{\"id\": 1, \"v\": 1}]}\u{1e}{\"l\": [{\"id\": 1, \"v\": 2}]}\u{1e}{\"l\": [{\"id\": 1, \"v\": 1}, {\"id\": 2}]}\u{1e}\
     [{\"name\": \"l\", \"item_key\": \"id\", \"enum\": [1, [], {}], \"default\": null}]",
    "null\u{1e}{\"password\": \"x\"}\u{1e}{\"password\": \"***\"}\u{1e}[]",
];

pub(super) fn parsers() -> Vec<Parser> {
    vec![
        parser("merge", SIDES, merged),
        parser("records", RECORDS, records_merged),
        parser("sensitive names", SIDES, looked_through),
    ]
}

fn parser(name: &'static str, seeds: &[&str], feed: fn(&Input) -> bool) -> Parser {
    Parser {
        name,
        seeds: seeds.iter().map(|text| message(*text)).collect(),
        open: Box::new(move || Box::new(feed) as Feed),
    }
}

fn sides<const N: usize>(text: &str) -> [&str; N] {
    let mut sides = text.split(SEPARATOR);
    [(); N].map(|()| sides.next().unwrap_or_default())
}

fn merged(input: &Input) -> bool {
    let text = String::from_utf8_lossy(&input.body);
    let texts: [&str; 3] = sides(&text);
    let [base, local, remote] = texts.map(Value::from);
    let suggested = suggest(FieldKind::Text, Some(&base), Some(&local), Some(&remote)).is_some();
    let by_text = merge_as(FieldKind::JsonText, [base, local, remote]);
    let parsed = texts.map(|text| read_value(text).unwrap_or(Value::Null));
    let by_value = merge_as(FieldKind::Json, parsed);
    canonically_equal(texts[1], texts[2]) || by_text || by_value || suggested
}

/// Whether the two sides came together.
fn merge_as(kind: FieldKind, [base, local, remote]: [Value; 3]) -> bool {
    let remote = Content::Value(remote);
    let base = BaseField::seen(Content::Value(base));
    let shape = Shape {
        kind,
        item_key: Some("id"),
        whole: false,
    };
    let merge = merge_field(shape, Some(&base), Some(&local), Some(&remote));
    let arrived = verifies(&local, &remote);
    arrived || !matches!(merge, FieldMerge::Conflict { .. })
}

/// As `leewardctl merge` reads its files.
fn records_merged(input: &Input) -> bool {
    let text = String::from_utf8_lossy(&input.body);
    let [base, local, remote, model]: [&str; 4] = sides(&text);
    let record = |text| -> Option<Fields> { serde_json::from_value(read_value(text).ok()?).ok() };
    let fields = read_value(model).ok();
    let fields = fields.and_then(|fields| serde_json::from_value::<Vec<Field>>(fields).ok());
    let collection = Collection::new("c", fields.unwrap_or_default());
    let [base, local, remote] = [base, local, remote].map(record);
    let merge = merge_records(&collection, base.as_ref(), local.as_ref(), remote.as_ref());
    merge.conflict.is_none() && merge.record.is_some()
}

fn looked_through(input: &Input) -> bool {
    let text = String::from_utf8_lossy(&input.body);
    let key: String = text.chars().take(40).collect();
    sensitive_paths(&key, &text).is_empty()
}
