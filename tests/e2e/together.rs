//! Some forty conflicts decided at once, by keyboard: selected, chosen by a rule, looked at, kept as one step, and undone as
//! one, but for what was sent by then. What was chosen survives a restart of the app.

use crate::axe::Inspector;
use crate::connected::Connected;
use crate::terminal::{add_environment, run};
use anyhow::{Context, Result, ensure};
use harness::wait;
use harness::webdriver::{App, Target, keys};
use serde_json::json;
use std::fmt::Write as _;
use std::time::Duration;

const COUNT: usize = 42;
/// Deleted by somebody else: no rule settles it.
const GONE: &str = "bulk_41";
const FIRST: &str = "bulk_00";

const SOON: Duration = Duration::from_secs(60);

#[test]
fn forty_conflicts_are_decided_by_one_rule_and_undone_as_one_step() -> Result<()> {
    let stage = Connected::start()?;
    add_environment(&stage)?;
    clash(&stage)?;
    let app = stage.stage.open()?;
    app.wait_for_text("rail-conflicts-count", &COUNT.to_string())?;
    let mut inspector = Inspector::new()?;
    select(&stage, &app, &mut inspector)?;
    choose(&stage, &app, &mut inspector)?;
    stage.step("a restart keeps what was chosen");
    app.kill()?;
    let app = stage.stage.open()?;
    look_again(&stage, &app)?;
    keep_and_undo(&stage, &app, &mut inspector)?;
    undo_the_rest(&stage, &app, &mut inspector)?;
    inspector.nothing_found()
}

fn names() -> impl Iterator<Item = String> {
    (0..COUNT).map(|number| format!("bulk_{number:02}"))
}

/// Each was 1; the analyst made it 2, and somebody else 3.
fn clash(stage: &Connected) -> Result<()> {
    let writer = stage.airflow.writer()?;
    let all: Vec<_> = names().map(|name| (name, "1".to_owned())).collect();
    writer.create_variables(&all)?;
    run(stage, &["sync"])?;
    let mut csv = "key,value\n".to_owned();
    for name in names() {
        writeln!(csv, "{name},2")?;
    }
    let file = stage.stage.desktop.data_home().join("bulk.csv");
    std::fs::write(&file, csv)?;
    run(
        stage,
        &[
            "import",
            "variables",
            file.to_str().context("a path that is no text")?,
        ],
    )?;
    for name in names().filter(|name| name != GONE) {
        writer.set_variable(&name, "3", None)?;
    }
    writer.delete_variable(GONE)
}

fn select(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("some forty conflicts, all selected by a key");
    app.click("rail-conflicts")?;
    app.click("together-open")?;
    focused(app, "listbox")?;
    app.replace_text("conflict-search", "bulk_0")?;
    app.wait_for_text("conflict-count", "10 of")?;
    inspector.look(app, "conflicts that are filtered")?;
    app.press(keys::ESCAPE)?;
    app.press(keys::ENTER)?;
    focused(app, "listbox")?;
    app.press(&format!("{}a", keys::CONTROL))?;
    app.wait_for_text("together-selected", "42 of 42 conflicts selected")?;
    stage.picture(app, "forty-conflicts-selected")?;
    inspector.look(app, "conflicts that are selected")
}

fn choose(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("a rule shows what each would be, and what it cannot settle");
    app.press("2")?;
    app.wait_for_text("together-held", "41 decisions to look at")?;
    app.wait_for_text("together-left", "It was deleted in Airflow.")?;
    stage.picture(app, "forty-decisions-to-look-at")?;
    inspector.look(app, "decisions to look at")?;
    app.click(held(FIRST, "held-mine"))?;
    app.wait_for_text(
        Target::css(&format!("[data-testid=held-row][data-key={FIRST}]")),
        "3 → 2",
    )?;
    // It is written a moment later.
    wait::until("the choice to be kept for a restart", SOON, || {
        let said = app.execute_async(HELD_AS_MINE, &[])?;
        Ok((said == json!(1)).then_some(()))
    })?;
    all_are(stage, "3", &[])
}

/// How many decisions the window's store holds of which mine is the value.
const HELD_AS_MINE: &str = "
const done = arguments[0];
indexedDB.databases().then((all) => {
  const name = all.map((one) => one.name).find((one) => one.startsWith('unsaved:'));
  const open = indexedDB.open(name);
  open.onerror = () => done(-1);
  open.onsuccess = () => {
    const rows = open.result.transaction('rows').objectStore('rows').getAll();
    rows.onsuccess = () => {
      open.result.close();
      const chosen = rows.result.filter(({ conflict }) => conflict?.heldOver);
      done(chosen.filter(({ conflict }) => conflict.choices.value?.side === 'mine').length);
    };
  };
});";

fn look_again(stage: &Connected, app: &App) -> Result<()> {
    app.click("rail-conflicts")?;
    app.wait_for_text("together-review", "41 decisions")?;
    stage.picture(app, "decisions-after-a-restart")?;
    app.click("together-review")?;
    app.wait_for_text("together-held", "41 decisions to look at")?;
    app.wait_for(Target::css(&format!(
        "[data-testid=held-row][data-key={FIRST}][data-side=mine]"
    )))
}

/// With sync paused nothing of it is sent: all of it is undone.
fn keep_and_undo(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("kept as one step, and undone as one");
    app.click("sync-pause")?;
    app.wait_for_text("status-line", "paused")?;
    app.press(&format!("{}{}", keys::CONTROL, keys::ENTER))?;
    app.wait_for_text("together-last", "41 conflicts were decided together")?;
    app.wait_for_text("rail-conflicts-count", "1")?;
    stage.picture(app, "decided-together")?;
    inspector.look(app, "decided together")?;
    app.click("together-undo")?;
    app.wait_for_text("together-undone", "41 are conflicts again")?;
    app.wait_for_text("rail-conflicts-count", &COUNT.to_string())?;
    app.click("sync-pause")?;
    app.click("sync-now")?;
    app.wait_for_text("status-line", "42 conflicts need you")?;
    all_are(stage, "3", &[])
}

fn undo_the_rest(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("what was sent stays, and is said");
    app.click("together-open")?;
    focused(app, "listbox")?;
    app.press(&format!("{}a", keys::CONTROL))?;
    app.press("2")?;
    app.wait_for_text("together-held", "41 decisions to look at")?;
    app.click(held(FIRST, "held-mine"))?;
    app.press(&format!("{}{}", keys::CONTROL, keys::ENTER))?;
    app.wait_for_text("together-last", "41 conflicts were decided together")?;
    wait::until("the one decision in Airflow", SOON, || {
        let there = stage.airflow.raw_variable(FIRST)?;
        Ok((there.as_deref() == Some("2")).then_some(()))
    })?;
    app.wait_for_text("together-last", "1 stays as decided")?;
    app.click("together-undo")?;
    app.wait_for_text("together-undone", "40 are conflicts again. 1 stays as decided")?;
    app.wait_for_text(
        Target::css(&format!("[data-testid=together-stays][data-key={FIRST}]")),
        "It was sent to Airflow.",
    )?;
    stage.picture(app, "undone-but-for-one")?;
    inspector.look(app, "undone but for one")?;
    app.click("sync-now")?;
    app.wait_for_text("status-line", "41 conflicts need you")?;
    all_are(stage, "3", &[FIRST])
}

fn all_are(stage: &Connected, value: &str, but: &[&str]) -> Result<()> {
    for name in names().filter(|name| name != GONE && !but.contains(&name.as_str())) {
        let there = stage.airflow.raw_variable(&name)?;
        ensure!(there.as_deref() == Some(value), "{name} is {there:?}");
    }
    Ok(())
}

fn focused(app: &App, role: &str) -> Result<()> {
    wait::until(&format!("the {role} to have the focus"), SOON, || {
        let at = app.execute("return document.activeElement?.role ?? null", &[])?;
        Ok((at == json!(role)).then_some(()))
    })
}

fn held(key: &str, choice: &str) -> Target {
    Target::css(&format!(
        "[data-testid=held-row][data-key={key}] [data-testid={choice}]"
    ))
}
