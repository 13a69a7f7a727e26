//! A typed collection in the window: a cell of each type by keyboard, a refusal, and what Airflow has then.

use crate::axe::Inspector;
use crate::connected::Connected;
use crate::terminal::{add_environment, run};
use anyhow::{Context, Result, ensure};
use harness::wait;
use harness::webdriver::{App, Target, keys};
use serde_json::{Value, json};
use std::time::Duration;

const KEY: &str = r#"["EUR","2026-11-01"]"#;
const VARIABLE: &str = r#"fx_overrides.["EUR","2026-11-01"]"#;

/// A field of each type, and two that are the key.
const RATES: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Exchange-rate overrides", "type": "object", "additionalProperties": false,
  "properties": {
    "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    "valid_from": {"type": "string", "format": "date"},
    "rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
    "lots": {"type": "integer"},
    "source": {"oneOf": [{"const": "ECB", "title": "European Central Bank"}, {"const": "treasury"}]},
    "base": {"type": "string"},
    "approved": {"type": "boolean", "default": false},
    "until": {"type": "string", "format": "date"},
    "seen_at": {"type": "string", "format": "date-time"},
    "note": {"type": "string"},
    "limits": {"type": "object"}
  },
  "required": ["currency", "valid_from", "rate"],
  "x-leeward": {"collection": "fx_overrides", "version": 1, "key": ["currency", "valid_from"],
                "references": {"base": "currencies"}}
}"#;

const CURRENCIES: &str = r#"{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Currencies", "type": "object", "additionalProperties": false,
  "properties": {"code": {"type": "string"}, "name": {"type": "string"}},
  "required": ["code"],
  "x-leeward": {"collection": "currencies", "version": 1, "key": ["code"]}
}"#;

/// What a cell of the one row shows.
const SHOWN: &str = "
const [key, column] = arguments;
const row = [...document.querySelectorAll('[data-testid=record-row]')].find((one) => one.dataset.key === key);
return row?.querySelector(`[data-testid=cell-${column}] .ellipsis`)?.textContent ?? null";

const DOWN: &str = "\u{E015}";
const RIGHT: &str = "\u{E014}";
const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_cell_of_each_type_by_keyboard() -> Result<()> {
    let stage = Connected::start()?;
    add_environment(&stage)?;
    collections(&stage)?;
    let app = stage.stage.open()?;
    app.wait_for_text("status-line", "In sync")?;
    let mut inspector = Inspector::new()?;
    open(&stage, &app, &mut inspector)?;
    refuse(&stage, &app, &mut inspector)?;
    edit_each(&stage, &app, &mut inspector)?;
    app.click("sync-now")?;
    arrived(&stage)?;
    another(&stage, &app)?;
    click_on_a_disabled_button(&stage, &app)?;
    record(&stage, &app, &mut inspector)?;
    inspector.nothing_found()
}

/// Two collections, made and filled by leewardctl, and shared.
fn collections(stage: &Connected) -> Result<()> {
    for (name, model) in [("fx_overrides", RATES), ("currencies", CURRENCIES)] {
        let file = stage.stage.desktop.data_home().join(format!("{name}.json"));
        std::fs::write(&file, model)?;
        let file = file.to_str().context("a path that is no text")?;
        let binding = ["--model", file, "--binding", "variables"];
        run(stage, &[&["collection", "create", name][..], &binding].concat())?;
    }
    for code in ["EUR", "USD"] {
        run(
            stage,
            &["records", "set", "currencies", code, "--field", "name=A currency"],
        )?;
    }
    run(
        stage,
        &["records", "set", "fx_overrides", KEY, "--field", "rate=1.085"],
    )?;
    run(stage, &["sync"])
}

fn open(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("a collection in the rail, under its title");
    app.wait_for_text("rail-fx_overrides", "Exchange-rate overrides")?;
    app.click("rail-fx_overrides")?;
    shows(app, "key", "EUR · 2026-11-01")?;
    shows(app, "rate", "1.085")?;
    shows(app, "approved", "no")?;
    stage.picture(app, "a-typed-collection")?;
    inspector.look(app, "a typed collection")
}

fn refuse(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("a decimal with too many places is refused, and stays typed");
    app.click(cell("rate"))?;
    strike(app, "1.08501234")?;
    app.press(keys::ENTER)?;
    app.wait_for_text("cell-problem", "decimal places")?;
    stage.picture(app, "a-typed-cell-refused")?;
    inspector.look(app, "a typed cell that is refused")?;
    app.press(keys::BACKSPACE)?;
    app.press(keys::BACKSPACE)?;
    app.press(keys::TAB)?;
    app.wait_until_gone("cell-editor")?;
    shows(app, "rate", "1.085012")
}

/// On from the cell beside the rate, from one to the next.
fn edit_each(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("each type, from cell to cell");
    strike(app, "9007199254740993")?;
    app.press(keys::TAB)?;
    shows(app, "lots", "9007199254740993")?;
    strike(app, "tre")?;
    app.wait_for("suggestion")?;
    stage.picture(app, "a-choice-in-a-cell")?;
    inspector.look(app, "a choice in a cell")?;
    app.press(DOWN)?;
    app.press(keys::TAB)?;
    shows(app, "source", "treasury")?;
    strike(app, "us")?;
    app.wait_for_text("suggestion", "USD")?;
    app.press(DOWN)?;
    app.press(keys::TAB)?;
    shows(app, "base", "USD")?;
    app.press(keys::ENTER)?;
    shows(app, "approved", "yes")?;
    app.press(RIGHT)?;
    for (column, text) in [
        ("until", "2026-12-31"),
        ("seen_at", "2026-11-02T08:00:00+01:00"),
        ("note", "agreed by phone"),
    ] {
        strike(app, text)?;
        app.press(keys::TAB)?;
        shows(app, column, text)?;
    }
    app.press(keys::ENTER)?;
    app.paste_over("cell-editor", r#"{"high": 2.50}"#)?;
    app.press(keys::ENTER)?;
    app.wait_until_gone("cell-editor")?;
    stage.picture(app, "typed-cells-edited")?;
    inspector.look(app, "typed cells that were edited")
}

/// What Airflow has, digit for digit.
fn arrived(stage: &Connected) -> Result<()> {
    let wanted = json!({
        "currency": "EUR", "valid_from": "2026-11-01", "rate": "1.085012",
        "lots": 9_007_199_254_740_993_i64, "source": "treasury", "base": "USD", "approved": true,
        "until": "2026-12-31", "seen_at": "2026-11-02T08:00:00+01:00", "note": "agreed by phone",
        "limits": {"high": 2.5},
    });
    let mut last = None;
    let look = || {
        let text = stage.airflow.raw_variable(VARIABLE)?.unwrap_or_default();
        let value: Value = serde_json::from_str(&text).unwrap_or_default();
        let is_there = value == wanted;
        last = Some(text);
        Ok(is_there.then_some(()))
    };
    wait::until("the record in Airflow", SOON, look).with_context(|| format!("Airflow has {last:?}"))
}

/// A button that is switched off, as *Sync now* is while it syncs: a click on it takes the focus from nobody.
const SWITCHED_OFF: &str = "
const button = document.createElement('button');
Object.assign(button, {disabled: true, textContent: 'Off'}).dataset.testid = 'switched-off';
document.querySelector('header').append(button)";

fn click_on_a_disabled_button(stage: &Connected, app: &App) -> Result<()> {
    stage.step("a click on a button that is switched off leaves the focus in the grid");
    app.execute(SWITCHED_OFF, &[])?;
    app.click_on_disabled("switched-off")?;
    let role = app.execute("return document.activeElement?.role", &[])?;
    ensure!(role == json!("grid"), "the focus went to {role}");
    app.execute(
        "document.querySelector('[data-testid=switched-off]').remove()",
        &[],
    )?;
    Ok(())
}

/// What another writes is in the cells after the next sync.
fn another(stage: &Connected, app: &App) -> Result<()> {
    stage.step("another's change arrives in its cell");
    let text = stage.airflow.raw_variable(VARIABLE)?.context("no record")?;
    let text = text.replace("agreed by phone", "agreed in writing");
    stage.airflow.writer()?.set_variable(VARIABLE, &text, None)?;
    app.click("sync-now")?;
    shows(app, "note", "agreed in writing")
}

fn record(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("the record beside the grid");
    app.press(&format!("{}{}", keys::CONTROL, keys::ENTER))?;
    app.wait_for("field-rate")?;
    app.wait_for("history-item")?;
    stage.picture(app, "a-typed-record")?;
    inspector.look(app, "a typed record")
}

fn shows(app: &App, column: &str, text: &str) -> Result<()> {
    let shown = || app.execute(SHOWN, &[json!(KEY), json!(column)]);
    let is_there = || Ok((shown()? == json!(text)).then_some(()));
    wait::until(&format!("{column} to be {text:?}"), SOON, is_there)
        .with_context(|| format!("the cell shows {:?}", shown().ok()))
}

/// Strikes each letter as a key of its own, wherever the focus is by then.
fn strike(app: &App, text: &str) -> Result<()> {
    for letter in text.chars() {
        app.press(&letter.to_string())?;
    }
    Ok(())
}

fn cell(column: &str) -> Target {
    Target::css(&format!("[data-testid=record-row] [data-testid=cell-{column}]"))
}
