//! Mass disappearance and another server: stop, and ask.

use crate::desk::{Desk, Fault, is_write};
use jiff::SignedDuration;
use leeward_model::{RecordState, VARIABLES};

fn many() -> Desk {
    let keys: Vec<String> = (0..30).map(|index| format!("key-{index:02}")).collect();
    let variables: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), "1")).collect();
    Desk::new(&variables)
}

fn remove(desk: &Desk, count: usize) {
    desk.airflow(|airflow| {
        for index in 0..count {
            airflow.variables.remove(&format!("key-{index:02}"));
        }
    });
}

#[tokio::test]
async fn one_deleted_record_is_believed_after_it_was_asked_for() {
    let desk = many();
    desk.sync().await;
    remove(&desk, 1);
    desk.sync().await;
    assert!(desk.find("key-00").is_none());
    assert!(desk.ledger(|ledger| ledger.brakes()).is_empty());
}

#[tokio::test]
async fn many_at_once_stop_the_collection_until_a_person_has_looked() {
    let desk = many();
    desk.sync().await;
    desk.edit("key-20", "2");
    remove(&desk, 10);
    desk.sync().await;
    let brakes = desk.ledger(|ledger| ledger.brakes());
    assert_eq!((brakes[0].vanished, brakes[0].known), (10, 30));
    assert!(desk.find("key-00").is_some(), "nothing is forgotten");
    assert_eq!(desk.raw("key-20").as_deref(), Some("1"), "and nothing is sent");
    desk.ledger(|ledger| ledger.accept_brake(VARIABLES));
    desk.sync().await;
    assert!(desk.find("key-00").is_none());
    assert_eq!(desk.raw("key-20").as_deref(), Some("2"));
}

/// What arrived late while the collection was stopped was seen: whoever deletes it then is not overruled.
#[tokio::test]
async fn what_arrives_while_it_is_stopped_is_not_made_anew() {
    let desk = many();
    desk.sync().await;
    desk.edit("late", "1");
    desk.strike_next(is_write, Fault::RequestLost);
    desk.sync().await;
    remove(&desk, 10);
    desk.sync().await;
    assert_eq!(desk.state("late"), RecordState::InDoubt);
    desk.set_remote("late", "1");
    desk.sync().await;
    assert_eq!(desk.state("late"), RecordState::Clean);
    desk.airflow(|airflow| airflow.variables.remove("late"));
    desk.clock.pass(SignedDuration::from_mins(10));
    desk.ledger(|ledger| ledger.accept_brake(VARIABLES));
    desk.sync().await;
    assert_eq!((desk.raw("late"), desk.find("late")), (None, None));
}

/// While it is stopped, nothing follows from what is absent: a delete in doubt is not taken for done.
#[tokio::test]
async fn a_delete_in_doubt_waits_while_it_is_stopped() {
    let desk = many();
    desk.sync().await;
    desk.delete("key-20");
    desk.strike_next(is_write, Fault::RequestLost);
    desk.sync().await;
    remove(&desk, 10);
    desk.airflow(|airflow| airflow.variables.remove("key-20"));
    desk.sync().await;
    assert_eq!(desk.state("key-20"), RecordState::InDoubt);
    assert_eq!(desk.ledger(|ledger| ledger.intents()).len(), 1);
}

#[tokio::test]
async fn an_empty_scan_is_never_believed() {
    let desk = Desk::new(&[("only", "1")]);
    desk.sync().await;
    desk.airflow(|airflow| airflow.variables.clear());
    desk.sync().await;
    assert!(desk.find("only").is_some());
    assert_eq!(desk.ledger(|ledger| ledger.brakes()).len(), 1);
}

#[tokio::test]
async fn a_server_whose_event_log_is_another_stops_everything() {
    let desk = many();
    desk.sync().await;
    desk.edit("key-01", "2");
    desk.sync().await;
    desk.edit("key-02", "2");
    let variables = desk.airflow(|airflow| airflow.variables.clone());
    let elsewhere = jiff::Timestamp::UNIX_EPOCH + jiff::SignedDuration::from_hours(400_000);
    desk.airflow(|airflow| {
        *airflow = harness::fake_airflow::FakeAirflow::new(elsewhere);
        airflow.variables = variables;
    });
    let run = desk.trigger("daily_pricing", false);
    let _restarted_tokens_are_gone = desk.sync().await;
    assert_eq!(desk.raw("key-02").as_deref(), Some("1"));
    assert_eq!(desk.runs(), 0, "{:?}", desk.action(run));
    assert_eq!(desk.ledger(|ledger| ledger.brakes()).len(), 1);
    desk.ledger(|ledger| ledger.accept_brake(VARIABLES));
    desk.sync().await;
    assert_eq!((desk.raw("key-02").as_deref(), desk.runs()), (Some("2"), 1));
}

#[tokio::test]
async fn without_an_event_log_less_than_half_of_the_records_is_another_server() {
    let few = [("a", "1"), ("b", "1"), ("c", "1")];
    for readable in [true, false] {
        let desk = Desk::new(&few);
        desk.airflow(|airflow| {
            airflow.note_event("post_variable", "bob", "a");
            airflow.event_log_is_readable = readable;
        });
        desk.sync().await;
        desk.airflow(|airflow| airflow.variables.retain(|key, _| key == "a"));
        desk.sync().await;
        let braked = !desk.ledger(|ledger| ledger.brakes()).is_empty();
        assert_eq!(
            braked, !readable,
            "with a log that is the same, two deletes are two deletes"
        );
        assert_eq!(desk.find("b").is_some(), !readable);
    }
}
