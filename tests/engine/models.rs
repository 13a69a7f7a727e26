//! What a reading of the data models of collections costs.

use crate::desk::{Desk, When};
use std::sync::{Arc, Mutex};

const MODEL: &str = r#"{"type": "object", "properties": {"code": {"type": "string"}, "name": {"type": "string"}},
    "required": ["code"], "x-leeward": {"collection": "currencies", "version": 1, "key": ["code"]}}"#;

/// Counts the listings that are asked for, by path.
fn listings(desk: &Desk) -> Arc<Mutex<Vec<String>>> {
    let listed = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&listed);
    desk.tamper(move |method, path, when, _| {
        let is_listing = path.ends_with("/variables") || path.ends_with("/pools");
        if method == "GET" && is_listing && when == When::Before {
            told.lock().unwrap().push(path.to_owned());
        }
        None
    });
    listed
}

fn count(listed: &Mutex<Vec<String>>, path_end: &str) -> usize {
    let listed = listed.lock().unwrap();
    listed.iter().filter(|path| path.ends_with(path_end)).count()
}

/// The first cycle reads the Variables and the pools and so learns of the collection; the second one reads that alone.
#[tokio::test]
async fn a_collection_that_is_new_here_is_read_without_the_others() {
    let desk = Desk::new(&[
        ("cur.$model", MODEL),
        ("cur.EUR", r#"{"code": "EUR", "name": "Euro"}"#),
        ("other", "1"),
    ]);
    let listed = listings(&desk);
    let summary = desk.sync().await;
    assert_eq!(desk.ledger(|ledger| ledger.record_count("currencies")), 1);
    assert_eq!((count(&listed, "/variables"), count(&listed, "/pools")), (2, 1));
    assert_eq!(
        summary.observed, 5,
        "three Variables, a pool, and the record once more"
    );
}

/// A collection whose data model another desktop changed was left out of the first cycle.
#[tokio::test]
async fn a_collection_whose_model_changed_is_read_without_the_others() {
    let desk = Desk::new(&[
        ("cur.$model", MODEL),
        ("cur.EUR", r#"{"code": "EUR", "name": "Euro"}"#),
    ]);
    desk.sync().await;
    let next = MODEL.replace(r#""version": 1"#, r#""version": 2"#);
    desk.set_remote(
        "cur.$model",
        &next.replace("\"name\": {", "\"title\": {\"type\": \"string\"}, \"name\": {"),
    );
    desk.set_remote("cur.USD", r#"{"code": "USD", "title": "Dollar"}"#);
    let listed = listings(&desk);
    desk.sync().await;
    assert_eq!(desk.ledger(|ledger| ledger.record_count("currencies")), 2);
    assert_eq!((count(&listed, "/variables"), count(&listed, "/pools")), (2, 1));
}
