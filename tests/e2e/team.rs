//! A team shares a collection with no installation on Airflow: made and filled in the window, edited offline while another
//! desktop edits too, what clashes settled, a cell put back; in the end both desktops show the same.

use crate::connected::Connected;
use crate::terminal::{add_environment, ctl};
use anyhow::{Context, Result, ensure};
use harness::ctl::Ctl;
use harness::wait;
use harness::webdriver::{App, Target, keys};
use serde_json::{Value, json};
use std::time::Duration;

const NAME: &str = "currencies";

/// No two currencies have the same name.
const MODEL: &str = r#"{
  "title": "Currencies", "type": "object", "additionalProperties": false,
  "properties": {
    "code": {"title": "Code", "type": "string"},
    "name": {"title": "Name", "type": "string"},
    "rate": {"title": "Rate", "type": "string", "format": "decimal", "x-leeward": {"scale": 4}},
    "note": {"title": "Note", "type": "string"}
  },
  "required": ["code"],
  "x-leeward": {"collection": "currencies", "version": 1, "key": ["code"], "unique": [["name"]]}
}"#;

/// As a spreadsheet has it on the clipboard.
const ROWS: &str = "USD\tDollar\t0.99\tfirst\nGBP\tPound\t1.27\tfirst\nCHF\tFranc\t0.9350\tfirst";

const SHOWN: &str = "
const [key, column] = arguments;
return document.querySelector(`[data-key=\"${key}\"] [data-testid=cell-${column}] .ellipsis`)?.textContent ?? null";

const HOME: &str = "\u{E011}";
const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_team_shares_a_collection() -> Result<()> {
    let mut stage = Connected::start()?;
    add_environment(&stage)?;
    let app = stage.stage.open()?;
    app.wait_for_text("status-line", "In sync")?;
    make(&stage, &app)?;
    fill(&stage, &app)?;
    let other = Ctl::connected(&stage.airflow, &stage.airflow.base_url())?;
    other.sync()?.exits(0)?;
    edit_offline(&mut stage, &app)?;
    edit_elsewhere(&stage, &other)?;
    meet(&stage, &app)?;
    settle_conflict(&stage, &app)?;
    settle_violation(&stage, &app)?;
    put_back(&stage, &app)?;
    agree(&stage, &app, &other)
}

fn make(stage: &Connected, app: &App) -> Result<()> {
    stage.step("a collection made of a data model's file");
    app.click("rail-new-collection")?;
    app.click("model-json-open")?;
    app.paste_over("model-json", MODEL)?;
    app.click("model-json-use")?;
    app.press(keys::ESCAPE)?;
    app.wait_until_gone("model-json-use")?;
    app.press(&format!("{}s", keys::CONTROL))?;
    app.wait_for_text(&*format!("rail-{NAME}"), "Currencies")
}

fn fill(stage: &Connected, app: &App) -> Result<()> {
    stage.step("a record typed, three pasted from a spreadsheet");
    app.click("record-new")?;
    app.replace_text("field-code", "EUR")?;
    app.replace_text("field-name", "Euro")?;
    app.replace_text("field-rate", "1.08")?;
    app.press(&format!("{}s", keys::CONTROL))?;
    app.wait_for("editor-kept")?;
    app.click(cell("EUR", "name"))?;
    app.press(HOME)?;
    app.paste(ROWS)?;
    shows(app, "CHF", "note", "first")?;
    stage.picture(app, "rows-of-a-team")?;
    app.click("sync-now")?;
    airflow_has(stage, "CHF", "rate", "0.935")
}

fn edit_offline(stage: &mut Connected, app: &App) -> Result<()> {
    stage.step("three cells edited while Airflow is away");
    app.click("sync-pause")?;
    app.wait_for_text("status-line", "Paused")?;
    stage.airflow.stop();
    change(app, "CHF", "rate", "0.94")?;
    change(app, "USD", "note", "mine")?;
    change(app, "GBP", "name", "Money")?;
    stage.airflow.start_again()
}

fn edit_elsewhere(stage: &Connected, other: &Ctl) -> Result<()> {
    stage.step("another desktop edits the same row, the same cell, and takes the name");
    for (key, field) in [
        ("CHF", "note=theirs"),
        ("USD", "note=theirs"),
        ("EUR", "name=Money"),
    ] {
        other
            .run(&["records", "set", NAME, key, "--field", field])?
            .exits(0)?;
    }
    other.sync()?.exits(0)?;
    airflow_has(stage, "EUR", "name", "Money")
}

fn meet(stage: &Connected, app: &App) -> Result<()> {
    stage.step("one row merges, one cell is a conflict, one rule is broken");
    app.click("sync-pause")?;
    app.click("sync-now")?;
    app.wait_for_text("rail-conflicts-count", "2")?;
    airflow_has(stage, "CHF", "rate", "0.94")?;
    airflow_has(stage, "CHF", "note", "theirs")?;
    airflow_has(stage, "USD", "note", "theirs")?;
    airflow_has(stage, "GBP", "name", "Pound")?;
    stage.picture(app, "a-team-meets")
}

fn settle_conflict(stage: &Connected, app: &App) -> Result<()> {
    stage.step("the conflict is settled: mine");
    app.click("rail-conflicts")?;
    app.click(Target::css("[data-testid=conflict-row][data-key=USD]"))?;
    app.click("conflict-take-mine")?;
    app.click("conflict-resolve")?;
    app.wait_for("conflict-kept")?;
    airflow_has(stage, "USD", "note", "mine")
}

fn settle_violation(stage: &Connected, app: &App) -> Result<()> {
    stage.step("the broken rule is settled by another name");
    app.click(&*format!("rail-{NAME}"))?;
    app.click(cell("GBP", "name"))?;
    app.press(&format!("{}{}", keys::CONTROL, keys::ENTER))?;
    app.wait_for("panel-rule")?;
    app.replace_text("field-name", "Sterling")?;
    app.press(&format!("{}s", keys::CONTROL))?;
    app.wait_until_gone("panel-rule")?;
    airflow_has(stage, "GBP", "name", "Sterling")
}

fn put_back(stage: &Connected, app: &App) -> Result<()> {
    stage.step("a cell is put back to what it was at first");
    app.click(cell("CHF", "rate"))?;
    app.press(&format!("{}{}h", keys::CONTROL, keys::SHIFT))?;
    app.wait_for("history-item")?;
    app.click("history-put-back")?;
    app.press(&format!("{}s", keys::CONTROL))?;
    airflow_has(stage, "CHF", "rate", "0.935")?;
    stage.picture(app, "a-cell-put-back")
}

fn agree(stage: &Connected, app: &App, other: &Ctl) -> Result<()> {
    stage.step("both desktops show the same");
    app.click("sync-now")?;
    app.wait_for_text("status-line", "In sync")?;
    other.sync()?.exits(0)?;
    let theirs = records(&other.run(&["records", "list", NAME])?.exits(0)?.json);
    let output = ctl(stage, &["records", "list", NAME])?;
    let ours = records(&serde_json::from_slice(&output.stdout)?);
    ensure!(ours == theirs, "here {ours}, there {theirs}");
    let wanted = json!([
        ["CHF", {"code": "CHF", "name": "Franc", "rate": "0.935", "note": "theirs"}],
        ["EUR", {"code": "EUR", "name": "Money", "rate": "1.08"}],
        ["GBP", {"code": "GBP", "name": "Sterling", "rate": "1.27", "note": "first"}],
        ["USD", {"code": "USD", "name": "Dollar", "rate": "0.99", "note": "mine"}],
    ]);
    ensure!(ours == wanted, "both have {ours}");
    Ok(())
}

/// The records' keys and fields, in the order of the keys.
fn records(list: &Value) -> Value {
    let all = list.as_array().map(Vec::as_slice).unwrap_or_default();
    let mut all: Vec<_> = all.iter().map(|one| json!([one["key"], one["fields"]])).collect();
    all.sort_by_key(|one| one[0].to_string());
    all.into()
}

/// Types into a cell, and goes on from it, which saves.
fn change(app: &App, key: &str, column: &str, text: &str) -> Result<()> {
    app.click(cell(key, column))?;
    for letter in text.chars() {
        app.press(&letter.to_string())?;
    }
    app.press(keys::ENTER)?;
    app.wait_until_gone("cell-editor")?;
    shows(app, key, column, text)
}

fn shows(app: &App, key: &str, column: &str, text: &str) -> Result<()> {
    let shown = || app.execute(SHOWN, &[json!(key), json!(column)]);
    let is_there = || Ok((shown()? == json!(text)).then_some(()));
    wait::until(&format!("{column} of {key} to be {text:?}"), SOON, is_there)
        .with_context(|| format!("the cell shows {:?}", shown().ok()))
}

fn airflow_has(stage: &Connected, key: &str, field: &str, text: &str) -> Result<()> {
    let mut last = None;
    let look = || {
        let raw = stage.airflow.raw_variable(&format!("{NAME}.{key}"))?;
        let record: Value = serde_json::from_str(raw.as_deref().unwrap_or_default()).unwrap_or_default();
        last = raw;
        Ok((record[field] == text).then_some(()))
    };
    wait::until(&format!("{field} of {key} to be {text} in Airflow"), SOON, look)
        .with_context(|| format!("Airflow has {last:?}"))
}

fn cell(key: &str, column: &str) -> Target {
    Target::css(&format!(
        "[data-testid=record-row][data-key={key}] [data-testid=cell-{column}]"
    ))
}
