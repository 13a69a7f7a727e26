//! What a cell means for each type, from each format.

use crate::{fresh, keyed, table, text, to, whys};
use leeward_exchange::{Layout, Present};
use leeward_tables::Table;
use serde_json::{Value, json};

/// The value that the one row gives the field, or why it is refused.
fn taken(kind: &Value, table: &Table) -> Result<Value, String> {
    let layout: Layout = keyed("k", "v", kind.clone());
    let plan = fresh(&layout, table);
    match plan.refused.first() {
        Some(refused) => Err(refused.why.clone()),
        None => Ok(to(&plan.planned[0])["v"].clone()),
    }
}

fn of_json(spelled: &str) -> Table {
    table(&format!(r#"[{{"k": "a", "v": {spelled}}}]"#))
}

fn of_csv(spelled: &str) -> Table {
    table(&format!("k;v\na;{spelled}\n"))
}

#[test]
fn from_json() {
    let (text, integer, decimal) = (
        json!({"type": "string"}),
        json!({"type": "integer"}),
        crate::decimal(),
    );
    let (boolean, any) = (json!({"type": "boolean"}), json!({}));
    for (kind, spelled, expected) in [
        (&text, "\"x\"", json!("x")),
        (&text, "1234567890123456789012", json!("1234567890123456789012")),
        (&integer, "9223372036854775807", json!("9223372036854775807")),
        (&integer, "1.0", json!("1")),
        (&integer, "\"7\"", json!("7")),
        (&decimal, "1.0850", json!("1.085")),
        (&decimal, "\"1.234\"", json!("1.234")),
        (&boolean, "true", json!(true)),
        (&any, "\"1\"", json!("1")),
        (
            &any,
            "{\"a\": [1.50]}",
            serde_json::from_str("{\"a\": [1.5]}").unwrap(),
        ),
        (&any, "null", json!(null)),
    ] {
        assert_eq!(
            taken(kind, &of_json(spelled)),
            Ok(expected),
            "{spelled} as {kind}"
        );
    }
    for (kind, spelled) in [
        (&text, "{}"),
        (&integer, "1.5"),
        (&integer, "9223372036854775808"),
        (&integer, "true"),
        (&decimal, "[1]"),
        (&decimal, "1e5"),
        (&boolean, "1"),
    ] {
        let taken = taken(kind, &of_json(spelled));
        assert!(
            taken.as_ref().is_err_and(|why| why.starts_with("The v must be")),
            "{spelled}: {taken:?}"
        );
    }
}

#[test]
fn from_text() {
    let (integer, any) = (json!({"type": "integer"}), json!({}));
    let moment = json!({"type": "string", "format": "date-time"});
    for (kind, spelled, expected) in [
        (&integer, "1 234", json!("1234")),
        (&integer, "+5", json!("5")),
        (&integer, "-7", json!("-7")),
        (
            &moment,
            "2026-11-01T09:30:00+01:00",
            json!("2026-11-01T09:30:00+01:00"),
        ),
        (&any, "{\"a\": 1}", json!({"a": 1})),
        (&any, "null", json!(null)),
        (&json!({"type": "boolean"}), "False", json!(false)),
        (&crate::text(), "MARCH1", json!("MARCH1")),
        (&crate::text(), "1E5", json!("1E5")),
        (&crate::text(), "3/4", json!("3/4")),
        (&crate::date(), "2026-03-29", json!("2026-03-29")),
        (&crate::date(), "31.12.2026", json!("2026-12-31")),
    ] {
        assert_eq!(taken(kind, &of_csv(spelled)), Ok(expected), "{spelled} as {kind}");
    }
    for (kind, spelled) in [
        (&integer, "1E5"),
        (&integer, "007"),
        (&integer, "12a"),
        (&integer, "1.234"),
        (&crate::date(), "01/02/2026"),
        (&crate::date(), "1/13/26"),
        (&crate::date(), "2026-02-30"),
        (&moment, "2026-11-01T09:30:00"),
        (&any, "{'a': 1}"),
        (&json!({"type": "boolean"}), "yes"),
    ] {
        assert!(taken(kind, &of_csv(spelled)).is_err(), "{spelled} as {kind}");
    }
}

#[test]
fn a_secret_in_json_of_a_data_model_is_refused_by_row_and_without_its_value() {
    for kind in [json!({}), text()] {
        refuses_secrets(&keyed("sku", "limits", kind));
    }
}

fn refuses_secrets(layout: &Layout) {
    let csv = "sku,limits\na,\"{\"\"a\"\": 1}\"\nb,\"{\"\"password\"\": \"\"hunter2\"\"}\"\nc,\"[{\"\"api_key\"\": 58291378}]\"\n";
    let table = table(csv);
    let plan = fresh(layout, &table);
    let expected =
        "The limits would be a secret, and Leeward keeps none among the records: replace it as a whole.";
    assert_eq!(whys(&plan), [(3, "limits", expected), (4, "limits", expected)]);
    assert!(!format!("{:?}", plan.refused).contains("hunter2"));
    let refused = leeward_exchange::refused_rows(layout, &table, &plan, &Present::new()).unwrap();
    let cells = format!("{:?}", refused.rows);
    assert!(
        !cells.contains("hunter2") && !cells.contains("58291378"),
        "{cells}"
    );
}
