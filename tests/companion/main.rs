//! `leewardctl` on a real Airflow with the companion beside its DAGs: what is edited ends as a row in a database, and what is
//! in the database comes back.

mod fixture;
mod play;
mod shared;
mod trouble;

use anyhow::Result;
use fixture::Fixture;

type Case = fn(&Fixture) -> Result<()>;

/// In order: the last one restores the database.
const CASES: &[(&str, Case)] = &[
    ("a collection comes by itself", shared::comes),
    ("an edit ends as a row", shared::arrives),
    ("edits of two desktops meet", shared::meet),
    ("what is edited by SQL comes back", shared::by_sql),
    ("many records go in one batch", shared::many),
    ("a database that fails loses nothing", trouble::failing),
    ("a paused DAG is named, and the edit waits", trouble::paused),
    (
        "a process that dies with a batch on its way repeats nothing",
        trouble::killed,
    ),
    ("the data model is changed beside the DAGs alone", trouble::model),
    ("a restored database is asked about", trouble::restored),
];

#[test]
fn a_database_behind_airflow() {
    let fixture = Fixture::start().expect("a real Airflow with the companion");
    let mut failed = Vec::new();
    for (name, case) in CASES {
        match case(&fixture) {
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
