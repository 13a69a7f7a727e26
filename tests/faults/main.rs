//! Real faults on the real thing: `leewardctl` and an Airflow 3.3.2, with a proxy in between that cuts, delays and
//! repeats, an API server that is killed while it is written to, a disk that is full, and two engines on one Airflow.
//!
//! Variables and pools are edited, and each edit has a text of its own. What `leewardctl` exited 0 for is acknowledged: at the end it is in Airflow, and
//! an account that Airflow's own database kept shows that nothing was written again after something else.

#![expect(clippy::print_stdout, reason = "what was measured is what it is for")]

mod disk_full;
mod fixture;
mod server_killed;
mod tally;
mod two_engines;
mod wire;

use anyhow::{Context, Result, ensure};
use fixture::Fixture;
use harness::airflow_server::{Audit, Database};
use harness::dice::Dice;
use harness::edited::Edited;
use tally::Tally;

/// The variable that repeats a run.
const SEED: &str = "LEEWARD_FAULTS_SEED";

type Scenario = fn(&mut Fixture, &mut Dice) -> Result<Tally>;

/// Those in which it matters where Airflow keeps its data: a file is written by one at a time, and PostgreSQL is not.
const WITH_AIRFLOW: &[(&str, Scenario)] = &[
    ("requests and answers cut, late, repeated", wire::survived),
    ("the API server killed during a push", server_killed::survived),
    ("two engines on one Airflow", two_engines::survived),
];

const WITH_A_DISK: &[(&str, Scenario)] = &[
    (
        "a full disk while edits are made",
        disk_full::while_edits_are_made,
    ),
    ("a full disk during a push", disk_full::during_a_push),
];

#[test]
fn nothing_is_lost_or_doubled_under_faults() {
    play(Database::Sqlite, &[WITH_AIRFLOW, WITH_A_DISK].concat()).expect("scenarios that can be played");
}

#[test]
fn nothing_is_lost_or_doubled_on_postgresql() {
    play(Database::Postgres, WITH_AIRFLOW).expect("scenarios that can be played");
}

/// Plays the scenarios on one Airflow; what each counted is printed.
fn play(database: Database, scenarios: &[(&str, Scenario)]) -> Result<()> {
    let mut dice = Dice::from_environment(SEED);
    println!("{database:?}: seed {} ({SEED} repeats it)", dice.seed());
    let mut fixture = Fixture::start(database)?;
    can_see_a_doubled_write(&fixture).context("a doubled write is seen")?;
    let mut total = Tally::default();
    for (name, scenario) in scenarios {
        let tally = scenario(&mut fixture, &mut dice).with_context(|| (*name).to_owned())?;
        println!("{database:?}: {name}: {tally}");
        total.add(&tally);
    }
    println!("{database:?}: total: {total}");
    ensure!(total.lost.is_empty(), "lost: {:?}", total.lost);
    ensure!(total.doubled.is_empty(), "written twice: {:?}", total.doubled);
    Ok(())
}

/// A write that is repeated after another writer's shows in Airflow's own account: the measure is able to fail.
fn can_see_a_doubled_write(fixture: &Fixture) -> Result<()> {
    for text in ["ours", "theirs", "ours"] {
        fixture.other.set_variable("written_twice", text, None)?;
        fixture.other.set_pool("written_twice", text)?;
    }
    let audit: Audit = fixture.server.read_audit()?;
    for record in [Edited::variable("written_twice"), Edited::pool("written_twice")] {
        ensure!(
            audit.returned(&record) == ["ours"],
            "a doubled write was not seen: {:?}",
            audit.of_record(&record)
        );
    }
    fixture.other.delete_pool("written_twice")?;
    fixture.other.delete_variable("written_twice")
}

/// A build that says "kept" before it has committed loses edits on a full disk, and is told so.
#[test]
fn a_build_that_acknowledges_before_the_commit_is_caught() {
    let lost = disk_full::losses_of_the_bug().expect("edits on a full disk");
    println!("acknowledging before the commit lost {lost} on a full disk");
    assert!(
        lost > 0,
        "the suite does not notice an acknowledgement before the commit"
    );
}
