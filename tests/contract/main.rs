//! The contract with Airflow: the same cases against the real server and the model of it, so that the model stays
//! true, and what the client makes of servers that are no Airflow at all.

#![expect(clippy::print_stdout, reason = "the suite says how each case went")]

mod beyond;
mod bulk;
mod cases;
mod companion;
#[cfg(test)]
mod idle;
mod masks;
#[cfg(test)]
mod not_airflow;
mod pools;
mod subject;

use std::time::Duration;

use subject::{Release, Subject};

/// Runs every case, says how each went, and fails when one did.
async fn hold(subject: &Subject) {
    let mut failed = Vec::new();
    let cases: Vec<_> = cases::of(subject.release()).collect();
    for (name, case) in &cases {
        match case(subject).await {
            Ok(()) => println!("{}: ok      {name}", subject.name),
            Err(error) => {
                println!("{}: FAILED  {name}: {error:#}", subject.name);
                failed.push(*name);
            }
        }
    }
    println!("{}: {} cases, {} failed", subject.name, cases.len(), failed.len());
    assert!(failed.is_empty(), "{}: {failed:?}", subject.name);
}

#[tokio::test]
async fn the_model_keeps_the_contract() {
    for release in Release::ALL {
        hold(&Subject::model(release).expect("the model")).await;
    }
}

#[tokio::test]
async fn the_real_airflow_keeps_the_contract() -> anyhow::Result<()> {
    hold_real(Release::Current).await
}

#[tokio::test]
async fn an_older_airflow_keeps_the_contract() -> anyhow::Result<()> {
    hold_real(Release::Older).await
}

#[tokio::test]
async fn the_model_of_the_companion_keeps_the_contract() -> anyhow::Result<()> {
    companion::hold(&companion::model()?).await
}

#[tokio::test]
async fn the_real_companion_keeps_the_contract() -> anyhow::Result<()> {
    let (subject, dags) = tokio::task::spawn_blocking(companion::real).await??;
    let held = companion::hold(&subject).await;
    tokio::task::spawn_blocking(move || drop((subject, dags))).await?;
    held
}

async fn hold_real(release: Release) -> anyhow::Result<()> {
    // Its processes are started and ended by blocking calls.
    let subject = tokio::task::spawn_blocking(move || Subject::real(release)).await??;
    hold(&subject).await;
    tokio::task::spawn_blocking(move || drop(subject)).await?;
    Ok(())
}

/// Longer than any answer in these suites takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
