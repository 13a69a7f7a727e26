//! The contract with Airflow: the same cases against the real server and the model of it, so that the model stays
//! true, and what the client makes of servers that are no Airflow at all.

#![expect(clippy::print_stdout, reason = "the suite says how each case went")]

mod bulk;
mod cases;
#[cfg(test)]
mod not_airflow;
mod subject;

use std::time::Duration;

use subject::Subject;

/// Runs every case, says how each went, and fails when one did.
async fn hold(subject: &Subject) {
    let mut failed = Vec::new();
    for (name, case) in cases::ALL {
        match case(subject).await {
            Ok(()) => println!("{}: ok      {name}", subject.name),
            Err(error) => {
                println!("{}: FAILED  {name}: {error:#}", subject.name);
                failed.push(*name);
            }
        }
    }
    println!(
        "{}: {} cases, {} failed",
        subject.name,
        cases::ALL.len(),
        failed.len()
    );
    assert!(failed.is_empty(), "{}: {failed:?}", subject.name);
}

#[tokio::test]
async fn the_model_keeps_the_contract() {
    hold(&Subject::model().expect("the model")).await;
}

#[tokio::test]
async fn the_real_airflow_keeps_the_contract() {
    let started = tokio::task::spawn_blocking(Subject::real)
        .await
        .expect("the thread that starts Airflow");
    let subject = started.expect("a real Airflow");
    hold(&subject).await;
    // Its processes are ended by blocking calls.
    tokio::task::spawn_blocking(move || drop(subject))
        .await
        .expect("the thread that stops Airflow");
}

/// Longer than any answer in these suites takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
