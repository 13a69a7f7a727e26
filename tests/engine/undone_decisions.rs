//! A decision on a conflict that is undone by work of the kinds that there are: what is pending of it is taken back, and the
//! edit is made once more on what it was made on. It meets Airflow's value again, and nothing is sent unasked.

use crate::desk::{Desk, text};
use leeward_model::{Against, ConflictField, ConflictKind, RecordState};
use std::sync::Arc;

/// The analyst made 2 of 1, and somebody else 3.
async fn in_conflict() -> Desk {
    clashing("1", "2", "3").await
}

async fn clashing(base: &str, mine: &str, theirs: &str) -> Desk {
    let desk = Desk::new(&[("rate", base)]);
    desk.sync().await;
    desk.edit("rate", mine);
    desk.set_remote("rate", theirs);
    desk.sync().await;
    desk
}

fn undo(desk: &Desk, base: &str, mine: &str) {
    desk.take_back("rate");
    desk.edit_from("window", "rate", "value", Some(text(base)), text(mine));
}

fn clash(desk: &Desk) -> ConflictField {
    let conflict = desk.conflict("rate");
    assert_eq!(conflict.kind, ConflictKind::Fields);
    conflict.fields[0].clone()
}

#[tokio::test]
async fn what_was_decided_and_not_sent_is_the_same_conflict_again() {
    for decided in ["2", "3", "both"] {
        let desk = in_conflict().await;
        let before = clash(&desk);
        desk.resolve("rate", &[("value", text(decided))], false);
        assert_ne!(desk.state("rate"), RecordState::Conflict, "{decided}");
        undo(&desk, "1", "2");
        assert_eq!(clash(&desk), before, "{decided}");
        let summary = desk.sync().await;
        assert_eq!((summary.pushed, summary.conflicts), (0, 1), "{decided}");
        assert_eq!(desk.raw("rate").as_deref(), Some("3"), "{decided}");
        assert_eq!(clash(&desk), before, "{decided}");
    }
}

#[tokio::test]
async fn airflows_value_can_be_doubted_after_any_number_of_syncs() {
    let desk = in_conflict().await;
    desk.resolve("rate", &[("value", text("3"))], false);
    desk.sync().await;
    desk.set_remote("rate", "4");
    desk.sync().await;
    undo(&desk, "1", "2");
    let found = clash(&desk);
    assert_eq!(
        (found.mine, found.airflow, found.against),
        (Some(text("2")), Some(text("4")), Against::Airflow)
    );
    assert_eq!(desk.sync().await.pushed, 0);
}

#[tokio::test]
async fn what_was_sent_stays() {
    let desk = in_conflict().await;
    desk.resolve("rate", &[("value", text("2"))], false);
    desk.sync().await;
    undo(&desk, "1", "2");
    assert_eq!(desk.state("rate"), RecordState::Clean);
    assert_eq!(desk.sync().await.pushed, 0);
    assert_eq!(desk.raw("rate").as_deref(), Some("2"));
}

#[tokio::test]
async fn what_is_undone_while_its_write_is_guarded_is_not_sent() {
    let desk = Arc::new(in_conflict().await);
    desk.resolve("rate", &[("value", text("2"))], false);
    desk.once_while_guarded("/rate", |desk| undo(desk, "1", "2"));
    desk.sync().await;
    assert_eq!(desk.raw("rate").as_deref(), Some("3"));
    assert_eq!(clash(&desk).mine, Some(text("2")));
}

#[tokio::test]
async fn inside_json_the_same_place_clashes_again() {
    let (base, mine) = (r#"{"a": 1, "b": 1}"#, r#"{"a": 2, "b": 1}"#);
    let desk = clashing(base, mine, r#"{"a": 3, "b": 1}"#).await;
    let before = clash(&desk);
    assert_eq!(before.paths, ["/a"]);
    desk.resolve("rate", &[("value", text(mine))], false);
    undo(&desk, base, mine);
    assert_eq!(clash(&desk), before);
}

#[tokio::test]
async fn what_was_created_on_both_sides_is_asked_again() {
    let desk = Desk::new(&[]);
    desk.sync().await;
    desk.edit_from("window", "rate", "value", None, text("2"));
    desk.set_remote("rate", "3");
    desk.sync().await;
    assert_eq!(desk.conflict("rate").kind, ConflictKind::CreateCreate);
    for decided in ["2", "3"] {
        desk.resolve("rate", &[("value", text(decided))], false);
        desk.take_back("rate");
        desk.edit_from("window", "rate", "value", None, text("2"));
        let conflict = desk.conflict("rate");
        assert_eq!(conflict.kind, ConflictKind::CreateCreate);
        let sides = (&conflict.fields[0].mine, &conflict.fields[0].airflow);
        assert_eq!(sides, (&Some(text("2")), &Some(text("3"))));
    }
    assert_eq!(desk.sync().await.pushed, 0);
    assert_eq!(desk.raw("rate").as_deref(), Some("3"));
}
