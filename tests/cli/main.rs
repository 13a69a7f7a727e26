//! `leewardctl` does the whole job without the window, on a real Airflow; and its document is true.

mod backup;
mod collections;
mod conflicts;
mod document;
mod edits;
mod files;
mod fixture;
mod history;
mod pools;
mod problems;
mod progress;
mod races;
mod runs;
mod secrets;
mod sign_in;
mod workbook;

use anyhow::Result;
use fixture::Fixture;

type Case = fn(&mut Fixture) -> Result<()>;

/// In order: what leaves something behind that others would meet comes late, and what stops the server last.
const CASES: &[(&str, Case)] = &[
    ("an edit made here arrives in Airflow", edits::arrives),
    ("shapes are those of the interface", edits::shapes),
    (
        "a record is created, deleted, taken back",
        edits::created_deleted_taken_back,
    ),
    (
        "3.1 changed to 3.10 arrives as 3.10",
        edits::trailing_zero_arrives,
    ),
    (
        "a description is changed and a lossy value is not",
        edits::description_only,
    ),
    (
        "changes of other keys of a JSON value are merged",
        edits::json_is_merged,
    ),
    ("a value that is JSON stays JSON", edits::json_stays_json),
    ("what cannot be used is refused", edits::unusable),
    ("an untouched mirror writes nothing", edits::quiet),
    ("a pool is made, changed and deleted", pools::whole_life),
    ("what a pool cannot be is refused", pools::refused),
    ("a conflict is kept with mine", conflicts::take_mine),
    ("a conflict is given up for Airflow's", conflicts::take_airflow),
    (
        "a conflict is settled with another value",
        conflicts::another_value,
    ),
    ("a conflict is settled from a file", conflicts::from_a_file),
    (
        "an edit of what was deleted there is created again",
        conflicts::deleted_there,
    ),
    ("a delete of what was changed there asks", conflicts::deleted_here),
    ("created on both sides asks", conflicts::created_twice),
    (
        "another writer's other field survives our write",
        races::another_field,
    ),
    (
        "another writer's same field is not replaced",
        races::the_same_field,
    ),
    (
        "a write without an answer is looked for, and not repeated",
        races::lost_answer,
    ),
    ("secrets are neither kept nor shown", secrets::sealed),
    ("a secret is replaced as a whole", secrets::replaced),
    (
        "a run waits for edits, and is triggered once",
        runs::held_then_once,
    ),
    (
        "an action is cancelled and released",
        runs::cancelled_and_released,
    ),
    ("a value is put back and a change undone", history::put_back),
    (
        "an author is named, and the cycles give account",
        history::authors,
    ),
    ("wrong passwords, wrong addresses", sign_in::refused),
    (
        "a sign-in that is no longer accepted keeps the work",
        sign_in::no_longer_accepted,
    ),
    (
        "who may not read Variables can be connected",
        sign_in::without_variables,
    ),
    (
        "environments are listed, signed in to anew, removed",
        sign_in::kept,
    ),
    (
        "much that vanished stops the collection until it is accepted",
        problems::brake,
    ),
    ("a second sync waits, then says so", problems::busy),
    (
        "nothing is sent while the window restores the copy",
        problems::rebuilding,
    ),
    (
        "a value on which Airflow fails every time is refused, and holds up no other",
        problems::unwritable,
    ),
    (
        "a first reading that takes long says how far it is, to a terminal only",
        progress::shown,
    ),
    (
        "a sync that Ctrl+C stops loses nothing, and the next one goes on",
        progress::stopped,
    ),
    (
        "a backup is brought back elsewhere, and nothing is sent twice",
        backup::brought_back,
    ),
    // Their data models stay in Airflow: a first reading finds the collections then, and reads twice.
    ("a typed collection is shared by two", collections::shared),
    ("Variables that were there become records", collections::claimed),
    (
        "a data model that cannot be used loses nothing",
        collections::unusable_model,
    ),
    ("two clean edits break a rule together", collections::violations),
    ("a parquet file goes out and comes back", files::parquet),
    (
        "a workbook goes through Airflow and LibreOffice, and comes back",
        workbook::through_airflow_and_back,
    ),
    ("what a collection cannot be is refused", collections::refused),
    ("a secret in a JSON field is refused", collections::secret_in_json),
    ("a stopped Airflow loses nothing", problems::stopped),
];

#[test]
fn the_whole_job_without_the_window() {
    let mut fixture = Fixture::start().expect("a real Airflow");
    let mut failed = Vec::new();
    for (name, case) in CASES {
        match case(&mut fixture) {
            Ok(()) => println!("ok      {name}"),
            Err(error) => {
                println!("FAILED  {name}: {error:#}");
                failed.push(*name);
            }
        }
    }
    println!("{} cases, {} failed", CASES.len(), failed.len());
    assert!(failed.is_empty(), "{failed:?}");
}
