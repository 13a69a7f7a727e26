//! Runs: triggered exactly once, after the edits that they wait for.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::ctl::Ctl;
use harness::wait;
use serde_json::{Value, json};

use crate::fixture::{Fixture, same};

const RUN_LIMIT: Duration = Duration::from_secs(90);

pub(crate) fn held_then_once(fixture: &mut Fixture) -> Result<()> {
    let before = fixture.other.count_runs("daily_pricing")?;
    fixture.other.set_variable("rate", "1", None)?;
    let ctl = fixture.synced()?;
    ctl.set("rate", "2")?.exits(0)?;
    let line = [
        "dagrun",
        "trigger",
        "daily_pricing",
        "--conf",
        r#"{"discount": 5.0}"#,
        "--after-edits",
    ];
    let queued = ctl.run(&line)?.exits(0)?.json;
    let run_id = queued["dag_run_id"].as_str().context("no run id")?.to_owned();
    fixture.other.set_variable("rate", "3", None)?;
    same(&ctl.sync()?.exits(3)?.json["held"], &json!(1))?;
    let held = action(&ctl, &queued["id"])?;
    same(&held["state"], "held")?;
    ensure!(
        held["note"].as_str().is_some_and(|note| note.contains("rate")),
        "{held}"
    );
    same(&fixture.other.count_runs("daily_pricing")?, &before)?;

    ctl.run(&["conflicts", "resolve", "variables", "rate", "--take", "mine"])?
        .exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("rate")?, "2")?;
    same(&fixture.other.count_runs("daily_pricing")?, &(before + 1))?;
    let runs = fixture.other.runs("daily_pricing")?;
    same(
        &runs
            .iter()
            .filter(|run| run["dag_run_id"] == run_id.as_str())
            .count(),
        &1,
    )?;
    wait::until("the run to succeed", RUN_LIMIT, || {
        ctl.sync()?.exits(0)?;
        let runs = ctl
            .run(&["dagrun", "list", "--dag", "daily_pricing"])?
            .exits(0)?
            .json;
        let mine = runs
            .as_array()
            .into_iter()
            .flatten()
            .find(|run| run["run_id"] == run_id.as_str());
        let mine = mine.context("the run is not listed")?;
        ensure!(mine["mine"] == true && mine["state"] != "failed", "{mine}");
        Ok((mine["state"] == "success").then_some(()))
    })
}

pub(crate) fn cancelled_and_released(fixture: &mut Fixture) -> Result<()> {
    let before = fixture.other.count_runs("customer_export")?;
    fixture.other.set_variable("gate", "1", None)?;
    let ctl = fixture.synced()?;
    let trigger = |after: &[&str]| {
        let line = [&["dagrun", "trigger", "customer_export"], after].concat();
        Ok::<Value, anyhow::Error>(ctl.run(&line)?.exits(0)?.json["id"].clone())
    };
    let unwanted = trigger(&[])?;
    let answer = ctl
        .run(&["actions", "cancel", unwanted.as_str().unwrap_or_default()])?
        .exits(0)?;
    same(&answer.json["state"], "cancelled")?;
    ctl.set("gate", "2")?.exits(0)?;
    fixture.other.set_variable("gate", "3", None)?;
    let wanted = trigger(&["--after-edits"])?;
    ctl.sync()?.exits(3)?;
    same(&action(&ctl, &wanted)?["state"], "held")?;
    ctl.run(&["actions", "release", wanted.as_str().unwrap_or_default()])?
        .exits(0)?;
    ctl.sync()?.exits(3)?;
    same(&action(&ctl, &wanted)?["state"], "done")?;
    same(&fixture.other.count_runs("customer_export")?, &(before + 1))?;
    ctl.run(&["actions", "cancel", wanted.as_str().unwrap_or_default()])?
        .exits(1)?;
    Ok(())
}

fn action(ctl: &Ctl, id: &Value) -> Result<Value> {
    let actions = ctl.run(&["actions", "list"])?.exits(0)?.json;
    let found = actions
        .as_array()
        .into_iter()
        .flatten()
        .find(|action| action["id"] == *id);
    found.cloned().context("the action is not listed")
}
