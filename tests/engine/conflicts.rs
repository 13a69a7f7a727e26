//! What may not be overwritten, and how a person settles it.

use crate::desk::{Desk, When, is_write, set_raw, text};
use leeward_model::{Against, ConflictKind, RecordState, Value};

#[tokio::test]
async fn the_same_field_on_both_sides_waits_for_a_person() {
    let desk = Desk::new(&[("rate", "1"), ("other", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    desk.edit("other", "2");
    desk.set_remote("rate", "3");
    let summary = desk.sync().await;
    assert_eq!(
        (summary.conflicts, summary.pushed),
        (1, 1),
        "the other record is not held up"
    );
    assert_eq!(desk.raw("rate").as_deref(), Some("3"));
    let conflict = desk.conflict("rate");
    assert_eq!(conflict.kind, ConflictKind::Fields);
    let field = &conflict.fields[0];
    assert_eq!(
        (&field.base, &field.mine, &field.airflow),
        (&Some(text("1")), &Some(text("2")), &Some(text("3")))
    );
    assert_eq!(desk.line(), "1 conflict needs you");
}

#[tokio::test]
async fn taking_mine_writes_it_and_taking_airflows_does_not() {
    for (result, raw) in [("2", "2"), ("3", "3"), ("both: 2 and 3", "both: 2 and 3")] {
        let desk = Desk::new(&[("rate", "1")]);
        desk.sync().await;
        desk.edit("rate", "2");
        desk.set_remote("rate", "3");
        desk.sync().await;
        desk.resolve("rate", &[("value", text(result))], false);
        let summary = desk.sync().await;
        assert_eq!(summary.conflicts, 0);
        assert_eq!(desk.raw("rate").as_deref(), Some(raw));
        assert_eq!(
            (desk.value("rate").as_str(), desk.state("rate")),
            (raw, RecordState::Clean)
        );
    }
}

#[tokio::test]
async fn a_decision_is_asked_for_again_when_airflow_moved_meanwhile() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    desk.set_remote("rate", "3");
    desk.sync().await;
    desk.set_remote("rate", "4");
    desk.resolve("rate", &[("value", text("2"))], false);
    let summary = desk.sync().await;
    assert_eq!((summary.conflicts, desk.raw("rate").as_deref()), (1, Some("4")));
    assert_eq!(desk.conflict("rate").fields[0].airflow, Some(text("4")));
    assert_eq!(desk.value("rate"), "2", "the work is kept");
}

#[tokio::test]
async fn another_writer_between_our_write_and_our_read_back_is_not_overwritten() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    desk.tamper(|method, path, when, airflow| {
        if is_write(method, path) && when == When::After {
            set_raw(airflow, "rate", "theirs");
        }
        None
    });
    desk.sync().await;
    desk.leave_alone();
    desk.sync().await;
    assert_eq!(desk.raw("rate").as_deref(), Some("theirs"));
    assert_eq!(desk.conflict("rate").fields[0].mine, Some(text("2")));
}

#[tokio::test]
async fn another_field_changed_between_our_write_and_our_read_back_is_taken_over() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    desk.tamper(|method, path, when, airflow| {
        if is_write(method, path) && when == When::After {
            airflow.variables.get_mut("rate").unwrap().description = Some("theirs".into());
        }
        None
    });
    desk.sync().await;
    assert_eq!(desk.record("rate").fields["description"], text("theirs"));
    assert_eq!(
        (desk.raw("rate").as_deref(), desk.state("rate")),
        (Some("2"), RecordState::Clean)
    );
}

#[tokio::test]
async fn a_change_between_observing_and_writing_is_seen() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    let mut done = false;
    desk.tamper(move |method, path, when, airflow| {
        // After the listing, before the read that guards the write.
        if !done && method == "GET" && path.ends_with("/variables/rate") && when == When::Before {
            set_raw(airflow, "rate", "theirs");
            done = true;
        }
        None
    });
    desk.sync().await;
    assert_eq!(desk.raw("rate").as_deref(), Some("theirs"));
    assert_eq!(desk.state("rate"), RecordState::Conflict);
}

#[tokio::test]
async fn a_form_that_was_open_while_a_sync_brought_a_new_value_overwrites_nothing() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.set_remote("rate", "2");
    desk.sync().await;
    desk.edit_from("window", "rate", "value", Some(text("1")), text("mine"));
    assert_eq!(desk.state("rate"), RecordState::Conflict);
    desk.sync().await;
    assert_eq!(desk.raw("rate").as_deref(), Some("2"));
    let field = &desk.conflict("rate").fields[0];
    assert_eq!(
        (&field.base, &field.airflow),
        (&Some(text("1")), &Some(text("2")))
    );
}

#[tokio::test]
async fn the_window_and_leewardctl_on_one_field_clash_and_both_values_are_kept() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit_from("leewardctl", "rate", "value", Some(text("1")), text("from ctl"));
    desk.edit_from("window", "rate", "value", Some(text("1")), text("from window"));
    desk.sync().await;
    assert_eq!(
        desk.raw("rate").as_deref(),
        Some("1"),
        "nothing is sent before a person has decided"
    );
    let field = desk.conflict("rate").fields[0].clone();
    assert_eq!(field.against, Against::Local);
    assert_eq!(
        (field.mine, field.airflow),
        (Some(text("from window")), Some(text("from ctl")))
    );
    desk.resolve("rate", &[("value", text("from window"))], false);
    desk.sync().await;
    assert_eq!(desk.raw("rate").as_deref(), Some("from window"));
}

/// One of two edits of this computer is what Airflow has by now: the other one is still to be decided about.
#[tokio::test]
async fn an_edit_that_only_a_conflict_holds_outlives_the_one_it_clashed_with() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit_from("leewardctl", "rate", "value", Some(text("1")), text("from ctl"));
    desk.edit_from("window", "rate", "value", Some(text("1")), text("from window"));
    desk.set_remote("rate", "from window");
    desk.sync().await;
    desk.sync().await;
    let field = desk.conflict("rate").fields[0].clone();
    assert_eq!(
        (field.mine, field.airflow),
        (Some(text("from window")), Some(text("from ctl")))
    );
    desk.resolve("rate", &[("value", text("from ctl"))], false);
    desk.sync().await;
    assert_eq!(desk.raw("rate").as_deref(), Some("from ctl"));
    assert_eq!(desk.state("rate"), RecordState::Clean);
}

/// Two edits of this computer beside a conflict with Airflow: that Airflow has one of them by now settles nothing about
/// the other.
#[tokio::test]
async fn an_edit_that_is_kept_beside_a_conflict_outlives_it() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    desk.set_remote("rate", "9");
    desk.sync().await;
    desk.edit_from("leewardctl", "rate", "value", Some(text("2")), text("3"));
    desk.edit_from("window", "rate", "value", Some(text("2")), text("4"));
    desk.set_remote("rate", "4");
    desk.sync().await;
    desk.sync().await;
    let conflict = desk.conflict("rate");
    assert_eq!(conflict.decided.unwrap()["value"], text("3"));
    let field = &conflict.fields[0];
    assert_eq!(
        (&field.mine, &field.airflow),
        (&Some(text("4")), &Some(text("4")))
    );
    desk.resolve("rate", &[("value", text("3"))], false);
    desk.sync().await;
    assert_eq!(desk.raw("rate").as_deref(), Some("3"));
    assert_eq!(desk.state("rate"), RecordState::Clean);
}

/// A Variable cannot be without its value: nothing is sent, and the analyst is asked.
#[tokio::test]
async fn an_emptied_value_is_asked_about() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.empty("rate");
    desk.sync().await;
    assert_eq!(desk.raw("rate").as_deref(), Some("1"));
    let conflict = desk.conflict("rate");
    assert_eq!(conflict.kind, ConflictKind::Invalid);
    assert_eq!(
        conflict.note.as_deref(),
        Some("The record as it would be written breaks a rule: value must be there.")
    );
    desk.resolve("rate", &[("value", text("2"))], false);
    desk.sync().await;
    assert_eq!(desk.raw("rate").as_deref(), Some("2"));
}

#[tokio::test]
async fn edited_here_and_deleted_there() {
    for keep in [true, false] {
        let desk = Desk::new(&[("rate", "1"), ("other", "1")]);
        desk.sync().await;
        desk.edit("rate", "2");
        desk.airflow(|airflow| airflow.variables.remove("rate"));
        desk.sync().await;
        let conflict = desk.conflict("rate");
        assert_eq!(
            (conflict.kind, conflict.airflow_deleted),
            (ConflictKind::EditDelete, true)
        );
        if keep {
            desk.resolve(
                "rate",
                &[("value", text("2")), ("description", Value::Null)],
                false,
            );
        } else {
            desk.resolve("rate", &[], true);
        }
        desk.sync().await;
        assert_eq!(desk.raw("rate"), keep.then(|| "2".to_owned()));
        assert_eq!(desk.find("rate").is_some(), keep);
    }
}

#[tokio::test]
async fn deleted_here_and_edited_there() {
    for delete in [true, false] {
        let desk = Desk::new(&[("rate", "1")]);
        desk.sync().await;
        desk.delete("rate");
        desk.set_remote("rate", "2");
        desk.sync().await;
        let conflict = desk.conflict("rate");
        assert_eq!(
            (conflict.kind, conflict.mine_deleted),
            (ConflictKind::EditDelete, true)
        );
        assert_eq!(desk.raw("rate").as_deref(), Some("2"));
        let keep = [("value", text("2"))];
        desk.resolve("rate", if delete { &[] } else { &keep }, delete);
        desk.sync().await;
        assert_eq!(desk.raw("rate").is_none(), delete);
    }
}

#[tokio::test]
async fn created_on_both_sides() {
    let desk = Desk::new(&[("other", "1")]);
    desk.sync().await;
    desk.edit("new", "mine");
    desk.set_remote("new", "theirs");
    desk.sync().await;
    assert_eq!(desk.conflict("new").kind, ConflictKind::CreateCreate);
    assert_eq!(desk.raw("new").as_deref(), Some("theirs"));
    desk.resolve("new", &[("value", text("mine"))], false);
    desk.sync().await;
    assert_eq!(
        (desk.raw("new").as_deref(), desk.state("new")),
        (Some("mine"), RecordState::Clean)
    );
}

#[tokio::test]
async fn a_conflict_that_airflow_resolves_by_itself_goes_away() {
    let desk = Desk::new(&[("rate", "1")]);
    desk.sync().await;
    desk.edit("rate", "2");
    desk.set_remote("rate", "3");
    desk.sync().await;
    desk.set_remote("rate", "2");
    desk.sync().await;
    assert_eq!(desk.state("rate"), RecordState::Clean);
}

#[tokio::test]
async fn an_edit_made_while_its_record_was_being_sent_survives() {
    let desk = std::sync::Arc::new(Desk::new(&[("rate", "1")]));
    desk.sync().await;
    desk.edit("rate", "2");
    let (inner, mut done) = (std::sync::Arc::downgrade(&desk), false);
    desk.tamper(move |method, path, when, _| {
        if !done && is_write(method, path) && when == When::After {
            done = true;
            if let Some(desk) = inner.upgrade() {
                desk.edit_from("window", "rate", "value", Some(text("2")), text("3"));
            }
        }
        None
    });
    desk.sync().await;
    desk.leave_alone();
    assert_eq!(
        (desk.value("rate").as_str(), desk.state("rate")),
        ("3", RecordState::Pending)
    );
    desk.sync().await;
    assert_eq!(desk.raw("rate").as_deref(), Some("3"));
}
