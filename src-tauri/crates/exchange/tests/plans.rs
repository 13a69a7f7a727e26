//! Added, changed, deleted, unchanged, refused.

use crate::{counts, fresh, integer, keyed, known, model, planned, table, text, to, whys, written};
use leeward_exchange::{Known, Layout, PlanOptions, PlannedKind, Present, plan};
use leeward_model::Change;
use serde_json::json;

fn prices() -> Layout {
    keyed("sku", "price", integer())
}

fn present() -> Present {
    let record = |sku: &str, price: &str| (sku.to_owned(), known(&json!({"sku": sku, "price": price})));
    Present::from([record("a", "1"), record("b", "2"), record("c", "3")])
}

#[test]
fn rows_are_added_changed_or_nothing() {
    let plan = planned(&prices(), &table("sku,price\na,1\nb,20\nd,4\n"), &present());
    assert_eq!(counts(&plan), [1, 1, 0, 1]);
    let change = Change {
        from: Some(json!("2")),
        to: Some(json!("20")),
    };
    assert_eq!(plan.planned[0].key.as_deref(), Some("b"));
    assert_eq!(plan.planned[0].fields, [("price".to_owned(), change)].into());
    assert_eq!(plan.planned[1].kind, PlannedKind::Added);
    assert_eq!(to(&plan.planned[1]), json!({"sku": "d", "price": "4"}));
}

#[test]
fn the_rest_stays_unless_it_is_to_be_deleted() {
    let rest = |csv: &str, present: &Present| {
        let options = PlanOptions {
            delete_rest: true,
            ..PlanOptions::default()
        };
        plan(&prices(), &table(csv), present, options).unwrap()
    };
    assert_eq!(rest("sku,price\na,1\n", &present()).deleted, ["b", "c"]);
    let mut sealed = present();
    sealed.insert(
        "s".into(),
        Known {
            sealed: ["price".to_owned()].into(),
            ..Known::default()
        },
    );
    let plan = rest("sku,price\na,1\n", &sealed);
    assert_eq!(
        plan.deleted,
        ["b", "c"],
        "what no export has is not missing from one"
    );
    assert!(
        plan.rest_notes[0].sentence.starts_with("1 of the records"),
        "{:?}",
        plan.rest_notes
    );
    assert_eq!(
        rest("sku,price\na,1\nb,x\n", &present()).deleted,
        ["c"],
        "b is in the file"
    );
    assert!(
        rest("sku,price\na,1\n,2\n", &present()).deleted.is_empty(),
        "row 3 may be any"
    );
    assert!(rest("sku,price\na,1\nb,2,3\n", &present()).deleted.is_empty());
    assert_eq!(
        planned(&prices(), &table("sku,price\na,1\n"), &present()).deleted,
        [""; 0]
    );
}

#[test]
fn an_empty_cell_empties_and_a_missing_column_does_not() {
    let plan = planned(&prices(), &table("sku,price\na,\n"), &present());
    assert_eq!(written(&plan), [json!({"price": "<none>"})]);
    let fields = json!({"sku": text(), "price": integer(), "note": text()});
    let layout = Layout::typed(&model(&fields, &json!(["sku"]), &["sku", "price"]));
    let there = Present::from([(
        "a".to_owned(),
        known(&json!({"sku": "a", "price": "1", "note": ""})),
    )]);
    let plan = planned(&layout, &table("sku,price,note\na,,\n"), &there);
    assert_eq!(whys(&plan), [(2, "price", "The price is required.")]);
    assert_eq!(
        counts(&planned(&layout, &table("sku,note\na,\n"), &there)),
        [0, 0, 0, 1]
    );
    let plan = planned(&layout, &table("sku,note\na,\"\"\nb,x\n"), &Present::new());
    assert_eq!(
        plan.refused.len(),
        2,
        "a new record needs its price: {:?}",
        plan.refused
    );
}

#[test]
fn defaults_fill_new_records_only() {
    let fields = json!({"sku": text(), "state": {"enum": ["new", "old"], "default": "new"}});
    let layout = Layout::typed(&model(&fields, &json!(["sku"]), &["sku"]));
    let there = Present::from([("a".to_owned(), known(&json!({"sku": "a"})))]);
    let plan = planned(&layout, &table("sku,state\na,\nb,\nc,old\nd,Old\n"), &there);
    assert_eq!(
        written(&plan),
        [
            json!({"sku": "b", "state": "new"}),
            json!({"sku": "c", "state": "old"})
        ]
    );
    assert_eq!(plan.unchanged, 1);
    assert_eq!(whys(&plan)[0].2, "The state must be one of \"new\", \"old\".");
}

#[test]
fn composite_keys_are_those_of_the_data_model() {
    let fields = json!({"currency": text(), "day": crate::date(), "rate": crate::decimal()});
    let layout = Layout::typed(&model(&fields, &json!(["currency", "day"]), &["currency", "day"]));
    let plan = fresh(
        &layout,
        &table("currency,day,rate\nEUR,31/12/2026,1.085\nEUR,30/12/2026,1.1\n,1/1/2026,1\n"),
    );
    let keys: Vec<_> = plan.planned.iter().map(|one| one.key.clone().unwrap()).collect();
    assert_eq!(keys, [r#"["EUR","2026-12-31"]"#, r#"["EUR","2026-12-30"]"#]);
    assert_eq!(plan.refused.len(), 1);
}

#[test]
fn generated_keys_are_made_for_rows_without_one() {
    let layout = Layout::typed(&model(&json!({"note": text()}), &json!("ulid"), &[]));
    let id = "01J00000000000000000000000";
    let there = Present::from([(id.to_owned(), known(&json!({"note": "old"})))]);
    let csv = format!("_key,note\n{id},new\n,added\nxyz,wrong\n");
    let plan = planned(&layout, &table(&csv), &there);
    assert_eq!(counts(&plan), [1, 1, 0, 0]);
    assert_eq!(plan.planned[1].key, None);
    assert_eq!(whys(&plan)[0].1, "_key");
    assert_eq!(
        counts(&planned(&layout, &table("note\nx\ny\n"), &there)),
        [2, 0, 0, 0]
    );
}

#[test]
fn a_file_of_something_else_is_unusable() {
    let fault = |csv: &str| plan(&prices(), &table(csv), &present(), PlanOptions::default()).unwrap_err();
    let keyless = fault("price\n1\n");
    assert_eq!(keyless.what, "The file has no column “sku”.");
    assert!(keyless.next.contains("sku, price"), "{keyless}");
}

#[test]
fn keys_that_airflow_does_not_take_are_refused() {
    let layout = Layout::built_in(&leeward_model::Collection::variables());
    let addressable = |key: &str| match key.contains(' ') {
        true => Err("it has a blank".to_owned()),
        false => Ok(()),
    };
    let options = PlanOptions {
        addressable: Some(&addressable),
        ..PlanOptions::default()
    };
    let plan = plan(
        &layout,
        &table("key,value\na b,1\nc,2\n"),
        &Present::new(),
        options,
    )
    .unwrap();
    assert_eq!(
        whys(&plan),
        [(2, "key", "This key cannot be used: it has a blank.")]
    );
    assert_eq!(counts(&plan), [1, 0, 0, 0]);
}
