//! Every screen as axe-core sees it, light and dark, in the real app: it finds nothing.

use crate::axe::Inspector;
use crate::connected::{Connected, say};
use anyhow::Result;
use harness::webdriver::{App, Target, keys};
use std::time::Duration;

const RULES: &str = "pricing_rules";
const THRESHOLD: &str = "pricing_threshold";
const LONG: &str = "long_text";
const DAG: &str = "daily_pricing";

/// More than any screen shows at once.
const LONG_LINES: usize = 4000;

/// For a hundred kilobytes in two editors, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(40);

#[test]
fn axe_finds_nothing_on_any_screen() -> Result<()> {
    let mut stage = Connected::start_with_dags()?;
    stage
        .airflow
        .writer()?
        .set_variable(LONG, &long_text("line"), None)?;
    let mut app = stage.stage.open()?;
    app.set_patience(PATIENCE);
    let mut inspector = Inspector::new()?;
    connect(&stage, &app, &mut inspector)?;
    variables(&app, &mut inspector)?;
    pools(&app, &mut inspector)?;
    dags(&app, &mut inspector)?;
    pending_and_conflicts(&stage, &app, &mut inspector)?;
    runs_and_settings(&app, &mut inspector)?;
    stage.step("offline");
    stage.airflow.stop();
    app.click("rail-variables")?;
    app.click("sync-now")?;
    app.wait_for("problem")?;
    inspector.look(&app, "offline")?;
    inspector.nothing_found()
}

fn connect(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("connect");
    app.wait_for("connect-url")?;
    inspector.can_find(app)?;
    inspector.look(app, "connect")?;
    app.replace_text("connect-url", "ftp://x")?;
    app.press(keys::TAB)?;
    app.wait_for_text("connect-url-note", "https://")?;
    inspector.look(app, "connect, a bad address")?;
    app.replace_text("connect-url", &format!("{}/home", stage.airflow.base_url()))?;
    app.click("connect-probe")?;
    app.wait_for("connect-instead")?;
    inspector.look(app, "connect, another address")?;
    app.click("connect-instead")?;
    app.wait_for("connect-version")?;
    app.replace_text("connect-username", stage.airflow.username())?;
    app.replace_text("connect-password", stage.airflow.password())?;
    inspector.look(app, "connect, signing in")?;
    app.click("connect-submit")?;
    app.wait_for(variable(THRESHOLD))
}

fn variables(app: &App, inspector: &mut Inspector) -> Result<()> {
    say("variables");
    inspector.look(app, "variables")?;
    app.click(variable(RULES))?;
    app.wait_for("history-item")?;
    inspector.look(app, "a variable and its history")?;
    app.click("editor-delete")?;
    app.wait_for("editor-delete-yes")?;
    inspector.look(app, "asked before a delete")?;
    app.click(variable("warehouse_password"))?;
    app.wait_for("secret-locked")?;
    inspector.look(app, "a secret")?;
    app.click("variable-new")?;
    app.wait_for("editor-key")?;
    app.replace_text("editor-key", "new_one")?;
    app.paste_over(editor(), "{\"a\": 1,}")?;
    app.click("editor-save")?;
    app.wait_for("editor-problem")?;
    inspector.look(app, "a new variable with broken JSON")?;
    app.paste_over(editor(), "{\"a\": 1}")?;
    app.replace_text("variable-search", "nothing holds this")?;
    app.wait_until_gone("variable-row")?;
    inspector.look(app, "nothing found")?;
    app.replace_text("variable-search", "pricing")
}

/// The grid: a cell that is edited, what does not fit, a question, and the panel beside it.
fn pools(app: &App, inspector: &mut Inspector) -> Result<()> {
    say("pools");
    app.click("rail-pools")?;
    app.wait_for("pool-row")?;
    inspector.look(app, "pools")?;
    app.click(pool("slots"))?;
    app.press("x")?;
    app.press(keys::ENTER)?;
    app.wait_for("cell-problem")?;
    inspector.look(app, "a cell that does not fit")?;
    app.press(keys::ESCAPE)?;
    app.paste("many\nmore")?;
    app.wait_for("grid-misfits")?;
    inspector.look(app, "a paste that does not fit")?;
    app.press(&format!("{}\u{E017}", keys::CONTROL))?;
    app.wait_for("grid-delete-yes")?;
    inspector.look(app, "asked before rows are deleted")?;
    app.press(keys::ESCAPE)?;
    app.wait_until_gone("grid-delete-yes")?;
    app.click(pool("key"))?;
    app.wait_for("field-slots")?;
    inspector.look(app, "a pool beside the grid")?;
    app.click("editor-drop")
}

fn dags(app: &App, inspector: &mut Inspector) -> Result<()> {
    say("dags");
    app.click("rail-dags")?;
    app.wait_for(dag(DAG))?;
    inspector.look(app, "dags")?;
    app.click(dag(DAG))?;
    app.click("dag-trigger")?;
    app.wait_for("trigger-submit")?;
    inspector.look(app, "a run to be queued")
}

/// A run that waits for edits, one of them a hundred kilobytes, both of which somebody else makes too.
fn pending_and_conflicts(stage: &Connected, app: &App, inspector: &mut Inspector) -> Result<()> {
    stage.step("pending and conflicts");
    app.click("rail-pending")?;
    inspector.look(app, "nothing pending")?;
    app.click("rail-conflicts")?;
    inspector.look(app, "no conflicts")?;
    app.click("sync-pause")?;
    edit(app, THRESHOLD, "4.50")?;
    edit(app, LONG, &long_text("mine"))?;
    app.click("rail-dags")?;
    app.click(dag(DAG))?;
    app.click("dag-trigger")?;
    app.click("trigger-submit")?;
    app.wait_for("trigger-kept")?;
    app.click("rail-pending")?;
    app.wait_for("action-row")?;
    inspector.look(app, "pending")?;
    app.click("pending-takeback-all")?;
    app.wait_for("pending-takeback-all-yes")?;
    inspector.look(app, "asked before all is taken back")?;
    let writer = stage.airflow.writer()?;
    writer.set_variable(THRESHOLD, "5.25", None)?;
    writer.set_variable(LONG, &long_text("theirs"), None)?;
    app.click("sync-now")?;
    app.wait_for_text("rail-conflicts-count", "2")?;
    inspector.look(app, "a held run")?;
    app.click("rail-conflicts")?;
    for key in [LONG, THRESHOLD] {
        app.click(Target::css(&format!(
            "[data-testid=conflict-row][data-key={key}]"
        )))?;
        app.wait_for("conflict-take-mine")?;
        inspector.look(app, &format!("the conflict of {key}"))?;
    }
    app.click("rail-variables")?;
    app.click(variable(THRESHOLD))?;
    app.wait_for("panel-standing")?;
    inspector.look(app, "a variable in conflict")
}

fn runs_and_settings(app: &App, inspector: &mut Inspector) -> Result<()> {
    say("runs and settings");
    app.click("rail-runs")?;
    app.wait_for("action-row")?;
    inspector.look(app, "runs")?;
    app.click("rail-settings")?;
    app.click("settings-signin-again")?;
    app.click("environment-remove")?;
    app.wait_for("environment-remove-yes")?;
    inspector.look(app, "settings")?;
    app.click("show-keys")?;
    app.wait_for("shortcut-sheet")?;
    inspector.look(app, "the keys")?;
    app.press(keys::ESCAPE)?;
    app.wait_until_gone("shortcut-sheet")
}

fn edit(app: &App, key: &str, value: &str) -> Result<()> {
    app.click("rail-variables")?;
    app.replace_text("variable-search", key)?;
    app.click(variable(key))?;
    app.wait_for("editor-value")?;
    app.paste_over(editor(), value)?;
    app.click("editor-save")?;
    app.wait_for(Target::css("[data-testid=panel-standing][data-state=pending]"))
}

fn long_text(word: &str) -> String {
    (0..LONG_LINES)
        .map(|line| format!("{word} {line} of a long text\n"))
        .collect()
}

fn variable(key: &str) -> Target {
    Target::css(&format!("[data-testid=variable-row][data-key={key}]"))
}

fn pool(column: &str) -> Target {
    Target::css(&format!(
        "[data-testid=pool-row][data-key=default_pool] [data-testid=cell-{column}]"
    ))
}

fn dag(dag_id: &str) -> Target {
    Target::css(&format!("[data-testid=dag-row][data-dag={dag_id}]"))
}

fn editor() -> Target {
    Target::css("[data-testid=editor-value] .cm-content")
}
