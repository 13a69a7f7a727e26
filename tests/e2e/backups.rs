//! A backup in the window: written among the downloads, and brought back where there is nothing yet. Airflow is not needed.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use harness::webdriver::App;
use leeward_profile::{DataDir, Environment, Environments};
use serde_json::json;

use crate::axe::Inspector;
use crate::stage::{Stage, picture};

const NAME: &str = "kept";

/// Gives a file to the field that the system's dialog would give it to: that dialog is no part of the page.
const CHOOSE: &str = "
const [testid, name, bytes] = arguments;
const input = document.querySelector(`[data-testid=${testid}]`);
const files = new DataTransfer();
files.items.add(new File([new Uint8Array(bytes)], name));
input.files = files.files;
input.dispatchEvent(new Event('change', { bubbles: true }));
return input.files.length;";

#[test]
fn what_was_backed_up_is_there_again() -> Result<()> {
    let stage = Stage::usual()?;
    let data = DataDir::resolve(Some(&stage.desktop.data_home().join("leeward")))?;
    // Port 9 of loopback discards.
    Environments::load(&data)?.add(Environment::new(
        NAME,
        "http://127.0.0.1:9",
        Some("ann"),
        "#2f6f8f",
    ))?;
    let app = stage.open()?;
    let mut inspector = Inspector::new()?;
    app.click("rail-settings")?;
    let file = backed_up(&app)?;
    inspector.look(&app, "settings with a backup")?;
    picture(&app, "backup")?;

    refused_while_it_is_there(&app, &file)?;
    app.click("environment-remove")?;
    app.click("environment-remove-yes")?;
    app.wait_for("connect-url")?;
    ensure!(Environments::load(&data)?.list().is_empty(), "it was not removed");
    picture(&app, "connect-with-restore")?;
    choose(&app, &file)?;
    app.wait_for_text("environment-row", NAME)?;
    ensure!(Environments::load(&data)?.get(NAME).is_ok(), "it is not listed");
    ensure!(data.mirror_file(NAME).exists(), "it has no mirror");
    inspector.nothing_found()
}

fn backed_up(app: &App) -> Result<PathBuf> {
    app.click("backup-save")?;
    app.wait_for_text("backup-saved", NAME)?;
    let told = app.text("backup-saved")?;
    let place = told
        .trim_end_matches('.')
        .split_once(" in ")
        .map(|(_, place)| place);
    let (name, folder) = place
        .and_then(|place| place.split_once(", in "))
        .context("no place is told")?;
    let file = PathBuf::from(folder).join(name);
    let mode = fs::metadata(&file)?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "others may read it: {mode:o}");
    Ok(file)
}

fn refused_while_it_is_there(app: &App, file: &PathBuf) -> Result<()> {
    choose(app, file)?;
    app.wait_for_text("backup-problem", "Nothing was restored")?;
    app.wait_for_text("backup-problem", "Remove that environment first")
}

fn choose(app: &App, file: &PathBuf) -> Result<()> {
    let bytes = fs::read(file)?;
    let given = app.execute(
        CHOOSE,
        &[json!("backup-restore-file"), json!("any name"), json!(bytes)],
    )?;
    ensure!(given == json!(0), "the file was not taken: {given}");
    Ok(())
}
