//! kill -9 at random moments, while edits are made with `leewardctl` and while a sync writes to a real Airflow.
//!
//! What `leewardctl` exited 0 for is acknowledged: it must be found afterwards, and once. The same measurement must
//! find losses in a build that acknowledges before it commits, or it would measure nothing.

#![expect(clippy::print_stdout, reason = "what was measured is what it is for")]

mod session;
mod syncs;

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::account::Account;
use harness::airflow_server::{AirflowServer, Database, Options, Writer};
use harness::ctl::{Ctl, ENVIRONMENT};
use harness::dice::Dice;
use harness::edited::Collection;
use harness::pausing_proxy::PausingProxy;
use harness::workspace;
use leeward_profile::{DataDir, Environment, Environments};

/// The variable that repeats a run.
const SEED: &str = "LEEWARD_KILL_SEED";
/// Kills while edits are made.
const EDIT_KILLS: u32 = 30;
/// Kills while a sync writes.
const WRITE_KILLS: u32 = 25;
/// The DAG that is triggered; it is paused, so that its runs only queue up.
const DAG: &str = "slow_report";
/// What a killed sync has sent arrives within this time.
const SETTLE_S: u32 = 1;
/// It is with Airflow after that time, however busy the machine is.
const ARRIVAL_LIMIT: Duration = Duration::from_millis(600);
/// Syncs until everything is settled, at most; each waits for the settle time.
const SYNCS_MAX: u32 = 20;

#[test]
fn nothing_acknowledged_is_lost_or_doubled() {
    let dice = Dice::from_environment(SEED);
    println!("seed {} ({SEED} repeats it)", dice.seed());
    survive(dice).expect("every acknowledged change, once");
}

fn survive(mut dice: Dice) -> Result<()> {
    let server = AirflowServer::start(Options {
        database: Database::Postgres,
        ..Options::default()
    })?;
    server.begin_audit()?;
    let other = server.writer()?;
    other.pause(DAG, true)?;
    let proxy = PausingProxy::start(&server.base_url())?.keeping_writes_within(ARRIVAL_LIMIT);
    let ctl = Ctl::connected(&server, &proxy.base_url())?;
    ctl.configure(|environment| environment.settle_s = SETTLE_S)?;
    ctl.sync()?.exits(0)?;

    let mut account = Account::default();
    for round in 0..EDIT_KILLS {
        session::killed(&ctl, &mut dice, round, &mut account)?;
    }
    println!("{EDIT_KILLS} kills while edits were made");
    let tries = syncs::killed(&ctl, &proxy, &mut dice, WRITE_KILLS, &mut account)?;
    println!("{WRITE_KILLS} kills while a sync wrote, of {tries} syncs that were begun");

    ctl.settle(SYNCS_MAX)?;
    let found = account.look(&ctl)?;
    println!(
        "acknowledged {}, found {}, doubled {}",
        account.acknowledged(),
        found.found,
        found.doubled.len()
    );
    ensure!(found.found == account.acknowledged(), "lost: {:?}", found.lost);
    ensure!(found.doubled.is_empty(), "doubled: {:?}", found.doubled);
    let runs = account.look_among_runs(&other.runs(DAG)?);
    println!(
        "{} runs acknowledged and in Airflow, doubled {}",
        runs.found,
        runs.doubled.len()
    );
    ensure!(runs.lost.is_empty() && runs.doubled.is_empty(), "runs: {runs:?}");
    account.check_airflow(&server.read_audit()?)?;
    without_its_mirror(&ctl, &other)
}

/// A mirror that was deleted begins anew: nothing is believed to be deleted, nothing is written.
fn without_its_mirror(ctl: &Ctl, other: &Writer) -> Result<()> {
    let shown = || Collection::ALL.map(|all| Ok(ctl.run(&["records", "list", all.name()])?.json));
    let before = shown().into_iter().collect::<Result<Vec<_>>>()?;
    let there = other.count_variables()?;
    for suffix in ["", "-wal", "-shm"] {
        let path = ctl.folder().join(format!("mirrors/{ENVIRONMENT}.sqlite{suffix}"));
        if path.exists() {
            std::fs::remove_file(path)?;
        }
    }
    let summary = ctl.sync()?.exits(0)?.json;
    ensure!(summary["pushed"] == 0, "a new mirror wrote to Airflow: {summary}");
    ensure!(other.count_variables()? == there, "variables vanished");
    let after = shown().into_iter().collect::<Result<Vec<_>>>()?;
    ensure!(after == before, "the records are others");
    println!("the mirror was deleted: {there} variables in Airflow before and after, nothing written");
    Ok(())
}

/// Sessions of the build with the bug: in some of them, what was acknowledged is gone.
#[test]
fn a_build_that_acknowledges_before_the_commit_is_caught() {
    let mut dice = Dice::from_environment(SEED);
    println!("seed {} ({SEED} repeats it)", dice.seed());
    let lost = losses_of_the_bug(&mut dice).expect("the sessions");
    println!("acknowledging before the commit lost {lost}");
    assert!(
        lost > 0,
        "the kill test does not notice an acknowledgement before the commit"
    );
}

fn losses_of_the_bug(dice: &mut Dice) -> Result<usize> {
    let ctl = Ctl::running(workspace::ctl_with_the_bug()?)?;
    let dir = DataDir::resolve(Some(ctl.folder()))?;
    let environment = Environment::new(ENVIRONMENT, "http://127.0.0.1:1", Some("ann"), "#2f6f8f");
    Environments::load(&dir)?.add(environment)?;
    let mut account = Account::default();
    for round in 0..EDIT_KILLS {
        session::killed(&ctl, dice, round, &mut account)?;
    }
    Ok(account.look(&ctl)?.lost.len())
}
