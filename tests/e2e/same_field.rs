//! Two writers on one field, of which the window saw only one: nothing that the analyst had not seen is replaced.

use crate::connected::Connected;
use crate::terminal::{add_environment, ctl};
use anyhow::{Result, ensure};
use harness::wait;
use harness::webdriver::{App, Target};
use serde_json::Value;
use std::time::Duration;

const KEY: &str = "fx_fallback_rate";
const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_form_that_was_open_while_a_sync_brought_a_new_value() -> Result<()> {
    let desk = Connected::start()?;
    add_environment(&desk)?;
    let app = desk.stage.open()?;
    open_form(&app)?;
    app.replace_text(value(), "1.10")?;
    desk.airflow.writer()?.set_variable(KEY, "1.25", None)?;
    app.click("sync-now")?;
    app.wait_for("editor-moved")?;
    app.click("editor-save")?;
    app.wait_for_text("rail-conflicts-count", "1")?;
    ensure!(
        conflict(&desk)?["airflow"] == "1.25",
        "the conflict shows what Airflow has now"
    );
    app.click("sync-now")?;
    app.wait_for_text("status-line", "1 conflict needs you")?;
    untouched(&desk, "1.25")
}

#[test]
fn the_window_and_leewardctl_on_the_same_field() -> Result<()> {
    let mut desk = Connected::start()?;
    add_environment(&desk)?;
    let app = desk.stage.open()?;
    app.wait_for_text("status-line", "In sync")?;
    open_form(&app)?;
    app.replace_text(value(), "1.10")?;
    // Offline, so that leewardctl's edit is still pending when the window's arrives.
    desk.airflow.stop();
    let set = ctl(
        &desk,
        &["records", "set", "variables", KEY, "--field", "value=1.30"],
    )?;
    ensure!(set.status.success(), "leewardctl did not keep its edit");
    app.click("editor-save")?;
    app.wait_for_text("rail-conflicts-count", "1")?;
    let clash = conflict(&desk)?;
    ensure!(
        clash["mine"] == "1.10" && clash["airflow"] == "1.30",
        "both edits are kept: {clash}"
    );
    desk.airflow.start_again()?;
    app.click("sync-now")?;
    app.wait_for_text("status-line", "1 conflict needs you")?;
    untouched(&desk, "1.0850")?;
    settle(&desk, &app)
}

#[test]
fn lines_that_were_changed_apart_are_proposed_as_one_text() -> Result<()> {
    let mut desk = Connected::start()?;
    desk.airflow
        .writer()?
        .set_variable(KEY, "one\ntwo\nthree\n", None)?;
    add_environment(&desk)?;
    let app = desk.stage.open()?;
    app.wait_for_text("status-line", "In sync")?;
    // Paused, so that no sync of its own sends the edit before the other writer has changed the value.
    app.click("sync-pause")?;
    app.wait_for_text("status-line", "Paused")?;
    desk.airflow.stop();
    let mine = "value=1\ntwo\nthree\n";
    let set = ctl(&desk, &["records", "set", "variables", KEY, "--field", mine])?;
    ensure!(set.status.success(), "leewardctl did not keep its edit");
    desk.airflow.start_again()?;
    desk.airflow.writer()?.set_variable(KEY, "one\ntwo\n3\n", None)?;
    app.click("sync-pause")?;
    app.click("sync-now")?;
    app.wait_for_text("rail-conflicts-count", "1")?;
    open_conflict(&app)?;
    app.click("conflict-take-lines")?;
    app.click("conflict-resolve")?;
    app.wait_for("conflict-kept")?;
    arrives(&desk, "1\ntwo\n3\n")
}

/// The person decides; only then is anything written.
fn settle(desk: &Connected, app: &App) -> Result<()> {
    open_conflict(app)?;
    app.click("conflict-take-airflow")?;
    app.click("conflict-resolve")?;
    app.wait_for("conflict-kept")?;
    arrives(desk, "1.30")
}

fn open_conflict(app: &App) -> Result<()> {
    app.click("rail-conflicts")?;
    app.click(Target::css(&format!(
        "[data-testid=conflict-row][data-key={KEY}]"
    )))
}

fn arrives(desk: &Connected, expected: &str) -> Result<()> {
    wait::until("the chosen value to arrive", SOON, || {
        Ok((desk.airflow.raw_variable(KEY)?.as_deref() == Some(expected)).then_some(()))
    })
}

fn open_form(app: &App) -> Result<()> {
    app.click(Target::css(&format!(
        "[data-testid=variable-row][data-key={KEY}]"
    )))?;
    app.wait_for("editor-value")
}

fn value() -> Target {
    Target::css("[data-testid=editor-value] .cm-content")
}

fn untouched(desk: &Connected, expected: &str) -> Result<()> {
    let raw = desk.airflow.raw_variable(KEY)?;
    ensure!(
        raw.as_deref() == Some(expected),
        "a value that the analyst had not seen was replaced by {raw:?}"
    );
    Ok(())
}

/// The clashing field as leewardctl shows it.
fn conflict(desk: &Connected) -> Result<Value> {
    let shown = ctl(desk, &["conflicts", "list"])?;
    let list: Value = serde_json::from_slice(&shown.stdout)?;
    Ok(list[0]["fields"][0].clone())
}
