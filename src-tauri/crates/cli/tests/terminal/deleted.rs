//! A new record under the key of one that waits to be deleted.

use crate::data_folder::DataFolder;
use serde_json::json;

#[test]
fn a_new_record_has_what_was_given_and_nothing_of_the_deleted_one() {
    let data = DataFolder::new();
    for (key, value) in [("other", "2"), ("same", "1")] {
        data.has(key, "1", Some("of the old one"));
        data.run(&["records", "delete", "variables", key]).exits(0);
        let field = format!("value={value}");
        data.run(&["records", "set", "variables", key, "--field", &field])
            .exits(0);
        let record = data.record(key);
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
    let data = DataFolder::new();
    data.has("k", "1", None);
    data.run(&["records", "delete", "variables", "k"]).exits(0);
    data.run(&["records", "set", "variables", "k", "--field", "description=new"])
        .exits(2);
    assert_eq!(data.record("k")["deleted"], true);
}
