//! A mirror that release 0.1.0 made: `upgraded/README.md` says how. It is migrated, and nothing in it is lost.

use crate::desk::Desk;
use leeward_model::{ActionState, RecordState, VARIABLES};
use serde_json::json;

const MIRROR: &[u8] = include_bytes!("upgraded/mirror-0.1.0.sqlite");

/// An Airflow as that release left it, and the desk on its mirror.
fn upgraded() -> Desk {
    let airflow = Desk::new(&[
        ("clash", "theirs"),
        ("edited", "1"),
        ("gone", "1"),
        ("past", "2"),
        ("quiet", "1"),
        ("rate", "3.10"),
    ]);
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("mirror.sqlite"), MIRROR).unwrap();
    airflow.restored(folder)
}

#[tokio::test]
async fn what_waited_in_a_mirror_of_0_1_0_is_there() {
    let desk = upgraded();
    assert_eq!(desk.state("edited"), RecordState::Pending);
    assert_eq!(desk.value("edited"), "2");
    assert_eq!(desk.state("made"), RecordState::Pending);
    assert!(desk.record("gone").deleted);
    assert_eq!(desk.state("clash"), RecordState::Conflict);
    assert_eq!(desk.conflict("clash").fields[0].mine, Some(json!("mine")));
    let actions = desk.ledger(|ledger| ledger.actions());
    assert_eq!(actions.len(), 1);
    assert!(actions[0].action.after_edits);
    let told = desk.ledger(|ledger| ledger.history(VARIABLES, "past", 10));
    let values: Vec<_> = told
        .iter()
        .filter_map(|item| item.fields.as_ref()?.get("value"))
        .collect();
    assert!(
        values.contains(&&json!("1")) && values.contains(&&json!("2")),
        "{values:?}"
    );
}

/// The server is recognised by what 0.1.0 knew of it; a person lets it go on, and decides the conflict.
#[tokio::test]
async fn a_mirror_of_0_1_0_is_synchronised() {
    let desk = upgraded();
    desk.sync().await;
    if !desk.ledger(|ledger| ledger.brakes()).is_empty() {
        desk.ledger(|ledger| ledger.accept_brake(VARIABLES));
        desk.sync().await;
    }
    assert_eq!(desk.raw("edited").as_deref(), Some("2"));
    assert_eq!(desk.raw("made").as_deref(), Some(r#"{"a": 1}"#));
    assert_eq!(desk.raw("gone"), None);
    assert_eq!(
        desk.raw("clash").as_deref(),
        Some("theirs"),
        "that is for a person"
    );
    assert_eq!(desk.runs(), 0, "it waits for the conflict");
    desk.resolve("clash", &[("value", json!("both"))], false);
    desk.sync().await;
    desk.sync().await;
    assert_eq!(desk.raw("clash").as_deref(), Some("both"));
    assert_eq!(desk.runs(), 1);
    let action = &desk.ledger(|ledger| ledger.actions())[0];
    assert_eq!(action.state, ActionState::Done, "{action:?}");
    assert_eq!(desk.state("rate"), RecordState::Clean);
    let pools = desk.ledger(|ledger| ledger.record_count(leeward_model::POOLS));
    assert_eq!(pools, 1, "and the pools are read, which 0.1.0 did not know");
}
