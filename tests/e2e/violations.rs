//! What two clean edits break together: told in the window, settled there by an edit, and sent only then.

use crate::axe::Inspector;
use crate::connected::Connected;
use crate::terminal::{add_environment, run};
use anyhow::{Context, Result, ensure};
use harness::wait;
use harness::webdriver::{App, Target, keys};
use serde_json::{Value, json};
use std::time::Duration;

/// No two currencies have the same name.
const CURRENCIES: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Currencies", "type": "object", "additionalProperties": false,
  "properties": {"code": {"type": "string"}, "name": {"type": "string"}},
  "required": ["code"],
  "x-leeward": {"collection": "currencies", "version": 1, "key": ["code"], "unique": [["name"]]}
}"#;

const SOON: Duration = Duration::from_secs(30);

#[test]
fn two_clean_edits_break_a_rule_and_an_edit_settles_it() -> Result<()> {
    let stage = Connected::start()?;
    add_environment(&stage)?;
    currencies(&stage)?;
    let app = stage.stage.open()?;
    app.wait_for_text("status-line", "In sync")?;
    let mut inspector = Inspector::new()?;
    break_it(&stage, &app)?;
    in_the_grid(&stage, &app, &mut inspector)?;
    on_pending(&stage, &app, &mut inspector)?;
    among_the_conflicts(&stage, &app, &mut inspector)?;
    settle(&stage, &app, &mut inspector)?;
    inspector.nothing_found()
}

fn currencies(stage: &Connected) -> Result<()> {
    let file = stage.stage.desktop.data_home().join("currencies.json");
    std::fs::write(&file, CURRENCIES)?;
    let file = file.to_str().context("a path that is no text")?;
    let binding = ["--model", file, "--binding", "variables"];
    run(
        stage,
        &[&["collection", "create", "currencies"][..], &binding].concat(),
    )?;
    for (code, name) in [("EUR", "name=Euro"), ("USD", "name=Dollar")] {
        run(stage, &["records", "set", "currencies", code, "--field", name])?;
    }
    run(stage, &["sync"])
}

/// One in the window, one by somebody else, neither of whom sees the other's.
fn break_it(stage: &Connected, app: &App) -> Result<()> {
    stage.step("two clean edits break a rule together");
    app.click("sync-pause")?;
    app.wait_for_text("status-line", "Paused")?;
    app.click("rail-currencies")?;
    app.click(record("USD"))?;
    app.press(&format!("{}{}", keys::CONTROL, keys::ENTER))?;
    app.replace_text("field-name", "Money")?;
    app.click("editor-save")?;
    app.wait_for("editor-kept")?;
    let taken = r#"{"code": "EUR", "name": "Money"}"#;
    stage
        .airflow
        .writer()?
        .set_variable("currencies.EUR", taken, None)?;
    app.click("sync-pause")?;
    app.click("sync-now")?;
    app.wait_for_text("status-line", "1 broken rule needs you")?;
    app.wait_for_text("rail-conflicts-count", "1")?;
    unsent(stage)
}

fn unsent(stage: &Connected) -> Result<()> {
    let there = name_of(stage, "USD")?;
    ensure!(there == "Dollar", "what breaks a rule was sent: {there}");
    Ok(())
}

fn in_the_grid(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("marked in the grid, and beside the record");
    app.wait_for("panel-rule")?;
    app.wait_for(Target::css("[data-testid=record-row][data-key=EUR] .breaks"))?;
    stage.picture(app, "a-rule-broken-in-the-grid")?;
    inspector.look(app, "a rule that is broken, in the grid")
}

fn on_pending(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("on Pending as what cannot be sent");
    app.click("rail-pending")?;
    app.wait_for_text("pending-rules", "1 change cannot be sent before")?;
    app.wait_for_text("rail-pending-count", "0")?;
    stage.picture(app, "a-rule-broken-on-pending")?;
    inspector.look(app, "a rule that is broken, on Pending")
}

fn among_the_conflicts(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("beside the conflicts, with the records that take part");
    app.click("rail-conflicts")?;
    app.wait_for_text(
        "violation-title",
        "2 records of Currencies have the same Name: “Money”. No two may.",
    )?;
    app.wait_for(Target::css("[data-testid=violation-record][data-key=EUR]"))?;
    stage.picture(app, "a-broken-rule")?;
    inspector.look(app, "a broken rule")
}

/// By keys alone: to the record, in its field, and back.
fn settle(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("an edit settles it, and is sent");
    app.press("e")?;
    wait::until("the field of the rule to have the focus", SOON, || {
        let at = app.execute("return document.activeElement?.dataset.testid ?? null", &[])?;
        Ok((at == json!("field-name")).then_some(()))
    })?;
    inspector.look(app, "a record of a broken rule")?;
    unsent(stage)?;
    app.replace_text("field-name", "US dollar")?;
    app.press(&format!("{}s", keys::CONTROL))?;
    app.wait_for_text("panel-rule-settled", "The rule holds again")?;
    stage.picture(app, "a-rule-holds-again")?;
    inspector.look(app, "a rule that holds again")?;
    wait::until("the edit in Airflow", SOON, || {
        Ok((name_of(stage, "USD")? == "US dollar").then_some(()))
    })?;
    let other = name_of(stage, "EUR")?;
    ensure!(other == "Money", "the other's edit was replaced by {other}");
    app.click(Target::css("[data-testid=panel-rule-settled] a"))?;
    app.wait_for_text(Target::css("main"), "No conflicts")?;
    app.wait_for_text("rail-conflicts-count", "0")?;
    app.wait_for_text("status-line", "In sync")
}

fn name_of(stage: &Connected, code: &str) -> Result<String> {
    let text = stage.airflow.raw_variable(&format!("currencies.{code}"))?;
    let record: Value = serde_json::from_str(&text.context("no such record")?)?;
    Ok(record["name"].as_str().unwrap_or_default().to_owned())
}

fn record(code: &str) -> Target {
    Target::css(&format!(
        "[data-testid=record-row][data-key={code}] [data-testid=cell-name]"
    ))
}
