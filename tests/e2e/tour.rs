//! The tour: the whole job in the real app, against the real Airflow. Work offline, survive a crash, merge what merges,
//! settle what does not, and a run that goes out once, after the edits it waits for.

use crate::connected::{Connected, say};
use anyhow::{Context, Result, ensure};
use harness::wait;
use harness::webdriver::{App, Target, keys};
use serde_json::Value;
use std::time::Duration;

const DAG: &str = "daily_pricing";
const RULES: &str = "pricing_rules";
const THRESHOLD: &str = "pricing_threshold";
/// Every Airflow has it.
const POOL: &str = "default_pool";
/// Longer than an interval between two cycles, or than a run takes.
const LONG: Duration = Duration::from_secs(90);

#[test]
fn tour() -> Result<()> {
    let mut stage = Connected::start_with_dags()?;
    let app = stage.stage.open()?;
    connect(&stage, &app)?;
    look_around(&stage, &app)?;
    stage.step("Airflow goes away");
    stage.airflow.stop();
    work_offline(&stage, &app)?;
    let app = crash_and_come_back(&stage, app)?;
    somebody_else_changes_the_same_value(&mut stage, &app)?;
    sync_into_a_conflict(&stage, &app)?;
    settle_it(&stage, &app)?;
    follow_the_run(&stage, &app)?;
    look_at_the_rest(&stage, &app)
}

fn connect(stage: &Connected, app: &App) -> Result<()> {
    stage.step("connect: the address, then the sign-in");
    app.wait_for("connect-url")?;
    stage.picture(app, "welcome")?;
    app.replace_text("connect-url", "http://127.0.0.1:1")?;
    app.click("connect-probe")?;
    app.wait_for("problem")?;
    stage.picture(app, "nothing-answers-there")?;
    // As people have it at hand: without the scheme, and from inside Airflow.
    let base = stage.airflow.base_url();
    let bare = base.trim_start_matches("http://");
    app.replace_text("connect-url", &format!("{bare}/variables"))?;
    app.click("connect-probe")?;
    app.wait_for_text("connect-instead", &base)?;
    stage.picture(app, "another-address")?;
    app.click("connect-instead")?;
    app.wait_for_text("connect-version", "3.3.2")?;
    app.replace_text("connect-username", stage.airflow.username())?;
    app.replace_text("connect-password", "wrong")?;
    app.click("connect-submit")?;
    app.wait_for("problem")?;
    stage.picture(app, "wrong-password")?;
    app.replace_text("connect-password", stage.airflow.password())?;
    app.click("connect-submit")?;
    app.wait_for(variable(THRESHOLD))
}

fn look_around(stage: &Connected, app: &App) -> Result<()> {
    stage.step("the variables are here");
    app.wait_for_text("status-line", "In sync")?;
    app.wait_for(variable(RULES))?;
    stage.picture(app, "variables")?;
    app.click("rail-dags")?;
    app.wait_for(dag(DAG))?;
    // The web's own "back" on this key would leave the screen, and what is open on it.
    app.press(keys::BACKSPACE)?;
    stage.picture(app, "dags")?;
    app.wait_for(dag(DAG))
}

fn work_offline(stage: &Connected, app: &App) -> Result<()> {
    stage.step("edits and a queued run, all without Airflow");
    edit(app, THRESHOLD, "4.50", "Fewer price changes before the holidays")?;
    stage.picture(app, "edited-offline")?;
    app.click(variable(RULES))?;
    app.wait_for("editor-value")?;
    app.paste_over(editor("editor-value"), "{\n  \"default_margin\": 0.18,\n}")?;
    app.click("editor-save")?;
    app.wait_for("editor-problem")?;
    stage.picture(app, "a-trailing-comma-stays-here")?;
    app.paste_over(editor("editor-value"), &new_rules())?;
    app.click("editor-save")?;
    app.wait_for("editor-kept")?;
    stage.picture(app, "json-edited")?;
    edit_pool(stage, app)?;
    queue_run(stage, app)?;
    app.click("rail-pending")?;
    app.wait_for(pending(THRESHOLD))?;
    app.wait_for(pending(RULES))?;
    app.wait_for(pending(POOL))?;
    app.wait_for("action-row")?;
    app.wait_for_text("status-line", "kept here")?;
    stage.picture(app, "pending-offline")
}

/// More slots, by the form that a pool has from its data model.
fn edit_pool(stage: &Connected, app: &App) -> Result<()> {
    app.click("rail-pools")?;
    app.click(Target::css(&format!(
        "[data-testid=pool-row][data-key={POOL}] [data-testid=cell-key]"
    )))?;
    app.wait_for("field-slots")?;
    app.replace_text("field-slots", "many")?;
    app.click("editor-save")?;
    app.wait_for_text("editor-problem", "not a whole number")?;
    app.replace_text("field-slots", "96")?;
    app.replace_text("editor-reason", "The nightly load runs alone")?;
    app.click("editor-save")?;
    app.wait_for("editor-kept")?;
    stage.picture(app, "pool-edited")
}

fn queue_run(stage: &Connected, app: &App) -> Result<()> {
    app.click("rail-dags")?;
    app.click(dag(DAG))?;
    app.click("dag-trigger")?;
    app.wait_for("trigger-conf")?;
    if app.execute(CHECKED, &[])? != Value::Bool(true) {
        app.click("trigger-after-edits")?;
    }
    stage.picture(app, "queue-a-run")?;
    app.click("trigger-submit")?;
    app.wait_for("trigger-kept")
}

const CHECKED: &str = "return document.querySelector('[data-testid=trigger-after-edits]').checked";

fn crash_and_come_back(stage: &Connected, app: App) -> Result<App> {
    stage.step("kill -9, and start again: everything is here");
    app.kill()?;
    let app = stage.stage.open()?;
    app.click("rail-pending")?;
    app.wait_for(pending(THRESHOLD))?;
    app.wait_for(pending(RULES))?;
    app.wait_for("action-row")?;
    ensure!(
        app.count("pending-row")? == 3,
        "three records are pending, not more"
    );
    ensure!(app.count("action-row")? == 1, "one run is queued, not more");
    stage.picture(&app, "after-the-crash")?;
    Ok(app)
}

/// Sync is paused meanwhile: one of its own would send the edit before the other writer has changed the value.
fn somebody_else_changes_the_same_value(stage: &mut Connected, app: &App) -> Result<()> {
    stage.step("Airflow is back, and somebody has changed the same value there");
    app.click("sync-pause")?;
    app.wait_for_text("status-line", "Paused")?;
    stage.airflow.start_again()?;
    let writer = stage.airflow.writer()?;
    writer.set_variable(
        THRESHOLD,
        "5.25",
        Some("Smallest change of a price that is published, in percent"),
    )?;
    app.click("sync-pause")
}

fn sync_into_a_conflict(stage: &Connected, app: &App) -> Result<()> {
    stage.step("sync: one change arrives, one is a conflict, the run is held");
    app.click("sync-now")?;
    app.wait_for_text("rail-conflicts-count", "1")?;
    let writer = stage.airflow.writer()?;
    wait::until("the rules to arrive in Airflow", LONG, || {
        Ok((stage.airflow.raw_variable(RULES)? == Some(new_rules())).then_some(()))
    })?;
    let slots = || anyhow::Ok(writer.pool(POOL)?.context("the pool is gone")?["slots"].clone());
    wait::until("the pool's slots to arrive in Airflow", LONG, || {
        Ok((slots()? == 96).then_some(()))
    })?;
    let raw = stage.airflow.raw_variable(THRESHOLD)?;
    ensure!(
        raw.as_deref() == Some("5.25"),
        "the other writer's value was replaced by {raw:?}"
    );
    app.wait_for_text("status-line", "1 conflict needs you")?;
    stage.stage.tray().item()?.wait_for_label("1 conflict")?;
    let notification = stage.stage.notifications.wait_for("was changed elsewhere too")?;
    say(&format!(
        "notification: {}: {}",
        notification.summary, notification.body
    ));
    app.click("rail-pending")?;
    app.wait_for(Target::css("[data-testid=action-row][data-state=held]"))?;
    app.wait_for_text("action-note", THRESHOLD)?;
    stage.picture(app, "the-run-is-held")?;
    ensure!(
        writer.count_runs(DAG)? == 0,
        "the run must not go out before the conflict is settled"
    );
    Ok(())
}

fn settle_it(stage: &Connected, app: &App) -> Result<()> {
    stage.step("settle the conflict");
    app.click("rail-conflicts")?;
    app.click(Target::css(&format!(
        "[data-testid=conflict-row][data-key={THRESHOLD}]"
    )))?;
    app.wait_for("conflict-take-mine")?;
    stage.picture(app, "conflict")?;
    app.click("conflict-take-mine")?;
    app.click("conflict-resolve")?;
    app.wait_for("conflict-kept")?;
    stage.picture(app, "conflict-settled")?;
    wait::until("the settled value to arrive in Airflow", LONG, || {
        Ok((stage.airflow.raw_variable(THRESHOLD)?.as_deref() == Some("4.50")).then_some(()))
    })
}

fn follow_the_run(stage: &Connected, app: &App) -> Result<()> {
    stage.step("the run goes out, once, and is followed to its end");
    let writer = stage.airflow.writer()?;
    wait::until("the run to be in Airflow", LONG, || {
        Ok((writer.count_runs(DAG)? > 0).then_some(()))
    })?;
    app.click("rail-runs")?;
    wait::until("the run to be shown as a success", LONG, || {
        Ok((app.count(Target::css("[data-testid=run-row][data-state=success]"))? > 0).then_some(()))
    })?;
    stage.picture(app, "runs")?;
    stage.stage.notifications.wait_for(DAG)?;
    let runs = writer.count_runs(DAG)?;
    ensure!(
        runs == 1,
        "Airflow counts {runs} runs of {DAG}, and exactly 1 was queued"
    );
    app.wait_for_text("status-line", "In sync")?;
    say("Airflow counts 1 run");
    Ok(())
}

fn look_at_the_rest(stage: &Connected, app: &App) -> Result<()> {
    stage.step("nothing is pending; the history says who, when and why");
    app.click("rail-pending")?;
    app.wait_until_gone("pending-row")?;
    stage.picture(app, "nothing-pending")?;
    app.click("rail-conflicts")?;
    stage.picture(app, "no-conflicts")?;
    app.click("rail-variables")?;
    app.click(variable(THRESHOLD))?;
    app.wait_for("history-item")?;
    stage.picture(app, "history")?;
    app.click(variable("warehouse_password"))?;
    app.wait_for("secret-locked")?;
    stage.picture(app, "a-secret-is-locked")?;
    app.click("rail-settings")?;
    app.wait_for("environment-row")?;
    stage.picture(app, "settings")
}

/// Edits a variable's value as a person does: select it, type, give a reason, keep.
fn edit(app: &App, key: &str, value: &str, reason: &str) -> Result<()> {
    app.click("rail-variables")?;
    app.click(variable(key))?;
    app.wait_for("editor-value")?;
    app.replace_text(editor("editor-value"), value)?;
    app.replace_text("editor-reason", reason)?;
    app.click("editor-save")?;
    app.wait_for("editor-kept")
        .with_context(|| format!("the edit of {key} was not kept"))?;
    app.press(keys::ESCAPE)
}

/// The rules with another margin for coffee, formatted as the analyst likes it.
fn new_rules() -> String {
    "{\n  \"default_margin\": 0.18,\n  \"margins\": {\n    \"coffee\": 0.240,\n    \"tea\": 0.2,\n    \"cocoa\": 0.25\n  },\n  \
     \"round_to\": 0.05\n}"
        .to_owned()
}

fn variable(key: &str) -> Target {
    Target::css(&format!("[data-testid=variable-row][data-key={key}]"))
}

fn pending(key: &str) -> Target {
    Target::css(&format!("[data-testid=pending-row][data-key={key}]"))
}

fn dag(dag_id: &str) -> Target {
    Target::css(&format!("[data-testid=dag-row][data-dag={dag_id}]"))
}

fn editor(testid: &str) -> Target {
    Target::css(&format!("[data-testid={testid}] .cm-content"))
}
