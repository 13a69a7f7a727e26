//! Files that come back: each cell was changed from what it was at the export.

use crate::{counts, integer, known, model, table, text};
use leeward_exchange::{Layout, Plan, PlanOptions, Present, plan};
use leeward_model::Change;
use serde_json::{Value, json};

fn layout() -> Layout {
    let fields = json!({"sku": text(), "price": integer(), "note": text()});
    Layout::typed(&model(&fields, &json!(["sku"]), &["sku"]))
}

fn records(rows: &[(&str, Value)]) -> Present {
    rows.iter()
        .map(|(key, fields)| ((*key).to_owned(), known(fields)))
        .collect()
}

fn came_back(csv: &str, base: &Present, now: &Present, delete_rest: bool) -> Plan {
    let options = PlanOptions {
        delete_rest,
        base: Some(base),
        addressable: None,
    };
    plan(&layout(), &table(csv), now, options).unwrap()
}

fn change(from: Value, to: Value) -> Change {
    Change {
        from: Some(from),
        to: Some(to),
    }
}

#[test]
fn only_what_was_edited_in_the_file_is_an_edit() {
    let base = records(&[("a", json!({"sku": "a", "price": "1", "note": "x"}))]);
    let now = records(&[("a", json!({"sku": "a", "price": "9", "note": "x"}))]);
    let csv = "sku,price,note\na,1,x\n";
    assert_eq!(
        counts(&came_back(csv, &base, &now, false)),
        [0, 0, 0, 1],
        "the newer price stays"
    );
    let plan = came_back("sku,price,note\na,1,y\n", &base, &now, false);
    assert_eq!(
        plan.planned[0].fields,
        [("note".to_owned(), change(json!("x"), json!("y")))].into()
    );
    let plan = came_back("sku,price,note\na,2,x\n", &base, &now, false);
    assert_eq!(
        plan.planned[0].fields,
        [("price".to_owned(), change(json!("1"), json!("2")))].into(),
        "what was seen, not what is there: the merge finds the clash"
    );
    assert_eq!(
        counts(&came_back("sku,price,note\na,9,x\n", &base, &now, false)),
        [0, 0, 0, 1]
    );
}

#[test]
fn a_record_that_went_meanwhile_does_not_come_back_by_itself() {
    let base = records(&[("a", json!({"sku": "a", "price": "1"}))]);
    let plan = came_back("sku,price\na,1\n", &base, &Present::new(), false);
    assert_eq!(counts(&plan), [0, 0, 0, 1]);
    assert!(
        plan.notes.iter().any(|note| note.sentence.contains("stay gone")),
        "and it is said"
    );
    let plan = came_back("sku,price\na,2\n", &base, &Present::new(), false);
    assert_eq!(
        counts(&plan),
        [0, 1, 0, 0],
        "an edit of a record that is gone: to be decided"
    );
}

#[test]
fn what_came_after_the_export_is_not_the_rest() {
    let base = records(&[("a", json!({"sku": "a"})), ("b", json!({"sku": "b"}))]);
    let now = records(&[
        ("a", json!({"sku": "a"})),
        ("b", json!({"sku": "b"})),
        ("c", json!({"sku": "c"})),
    ]);
    let plan = came_back("sku,price\na,\n", &base, &now, true);
    assert_eq!(plan.deleted, ["b"]);
    assert!(
        plan.rest_notes
            .iter()
            .any(|note| note.sentence.contains("not there yet"))
    );
    let plan = came_back("sku,price\na,\nd,1\n", &base, &now, false);
    assert_eq!(counts(&plan), [1, 0, 0, 1]);
}
