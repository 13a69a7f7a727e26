//! That Airflow begins to hide a part of a value, or shows it again, is no change of that value, wherever the record
//! stands just then; and a change of Airflow's stays one, although what changed is hidden since.

use crate::desk::Desk;
use harness::fake_airflow::FakeAirflow;
use leeward_model::{RecordState, VARIABLES};

const SECRET: &str = "S3cr-et-1";
const OTHER_SECRET: &str = "S3cr-et-2";
const THEIRS: &str = "host=db1 pw=S3cr-et-1";
const THEIRS_LATER: &str = "host=db1 pw=S3cr-et-2";

async fn hide(desk: &Desk, secrets: &[&str]) {
    for secret in secrets {
        desk.airflow(|airflow| airflow.open_connection(secret, secret));
    }
    desk.sync().await;
}

async fn show_again(desk: &Desk) {
    desk.airflow(FakeAirflow::restart);
    desk.sync().await;
}

fn changes_told(desk: &Desk) -> usize {
    desk.ledger(|ledger| ledger.history(VARIABLES, "url", 100)).len()
}

/// A record made here over one that nobody here had seen: a conflict without a base.
async fn made_over_an_unseen_one() -> Desk {
    let desk = Desk::new(&[]);
    desk.sync().await;
    desk.edit("url", "mine");
    desk.set_remote("url", THEIRS);
    desk.sync().await;
    assert_eq!(desk.state("url"), RecordState::Conflict);
    desk
}

#[tokio::test]
async fn what_was_taken_back_over_a_mask_is_known_when_the_mask_goes() {
    let desk = made_over_an_unseen_one().await;
    hide(&desk, &[SECRET]).await;
    desk.take_back("url");
    desk.sync().await;
    let told = changes_told(&desk);
    show_again(&desk).await;
    assert_eq!((desk.value("url").as_str(), changes_told(&desk)), (THEIRS, told));
}

#[tokio::test]
async fn it_is_known_too_when_another_field_changed_meanwhile() {
    let desk = made_over_an_unseen_one().await;
    hide(&desk, &[SECRET]).await;
    desk.airflow(|airflow| airflow.variables.get_mut("url").unwrap().description = Some("theirs".into()));
    desk.sync().await;
    desk.take_back("url");
    desk.sync().await;
    let told = changes_told(&desk);
    show_again(&desk).await;
    assert_eq!(changes_told(&desk), told);
}

#[tokio::test]
async fn what_airflow_changed_in_a_conflict_is_known_when_its_mask_goes() {
    let desk = Desk::new(&[("url", THEIRS)]);
    desk.sync().await;
    desk.edit("url", "mine");
    desk.set_remote("url", THEIRS_LATER);
    desk.sync().await;
    let told = changes_told(&desk);
    hide(&desk, &[SECRET, OTHER_SECRET]).await;
    assert_eq!(changes_told(&desk), told);
    desk.take_back("url");
    desk.sync().await;
    let told = changes_told(&desk);
    show_again(&desk).await;
    assert_eq!(
        (desk.value("url").as_str(), changes_told(&desk)),
        (THEIRS_LATER, told)
    );
}

/// The mask hides just that in which their value differs from what the delete was made over.
#[tokio::test]
async fn a_delete_over_a_change_stays_a_conflict_when_the_change_is_hidden() {
    let desk = Desk::new(&[("url", THEIRS)]);
    desk.sync().await;
    desk.delete("url");
    desk.set_remote("url", THEIRS_LATER);
    desk.sync().await;
    assert_eq!(desk.state("url"), RecordState::Conflict);
    hide(&desk, &[SECRET, OTHER_SECRET]).await;
    assert_eq!(desk.raw("url").as_deref(), Some(THEIRS_LATER));
    assert_eq!(desk.state("url"), RecordState::Conflict);
    show_again(&desk).await;
    assert_eq!(desk.raw("url").as_deref(), Some(THEIRS_LATER));
    assert_eq!(desk.state("url"), RecordState::Conflict);
}
