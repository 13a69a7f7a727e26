//! A new record under the key of one that waits to be deleted.

use crate::desk::Desk;
use serde_json::json;

#[test]
fn a_new_record_has_what_was_given_and_nothing_of_the_deleted_one() {
    let desk = Desk::new();
    for (key, value) in [("other", "2"), ("same", "1")] {
        desk.has(key, "1", Some("of the old one"));
        desk.run(&["records", "delete", "variables", key]).exits(0);
        let field = format!("value={value}");
        desk.run(&["records", "set", "variables", key, "--field", &field])
            .exits(0);
        let record = desk.record(key);
        assert_eq!(
            record["fields"],
            json!({"value": value, "description": null}),
            "{key}"
        );
        assert_eq!(
            (&record["deleted"], &record["state"]),
            (&json!(false), &json!("pending"))
        );
    }
}

#[test]
fn a_new_record_needs_a_value_though_the_deleted_one_had_one() {
    let desk = Desk::new();
    desk.has("k", "1", None);
    desk.run(&["records", "delete", "variables", "k"]).exits(0);
    desk.run(&["records", "set", "variables", "k", "--field", "description=new"])
        .exits(2);
    assert_eq!(desk.record("k")["deleted"], true);
}
