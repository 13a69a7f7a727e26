//! Airflow meets the secret when Leeward has read the value in clear already.

use anyhow::{Context, Result, ensure};
use harness::ctl::Ctl;
use harness::watching_proxy::WatchingProxy;

use crate::fixture::{Fixture, history, is_sealed, replace};

/// A value with a part that is a secret later, read in clear, with an edit of another part that waits.
fn edit_that_waits(fixture: &Fixture, key: &str, password: &str) -> Result<(Ctl, String)> {
    let text = |limit: u8| format!(r#"{{"url": "mysql://u:{password}@h/db", "limit": {limit}}}"#);
    fixture.other.set_variable(key, &text(3), None)?;
    let ctl = fixture.synced()?;
    ctl.set(key, &text(5))?.exits(0)?;
    fixture.makes_secret(password)?;
    fixture.is_masked(key)?;
    ctl.sync()?.exits(3)?;
    fixture.stores(key, &text(3))?;
    Ok((ctl, text(5)))
}

/// The edit becomes a question; a person can still send the whole value.
pub(crate) fn edited(fixture: &mut Fixture) -> Result<()> {
    let (ctl, whole) = edit_that_waits(fixture, "later_edited", "La-ter-1")?;
    ctl.run(&["conflicts", "show", "variables", "later_edited"])?
        .exits(0)?;
    let shown = ctl.get("later_edited")?.to_string();
    ensure!(!shown.contains("***"), "a mask is shown: {shown}");
    ctl.run(&["records", "take-back", "variables", "later_edited"])?
        .exits(0)?;
    replace(&ctl, "later_edited", &whole)?.exits(0)?;
    ctl.settle(5)?;
    fixture.stores("later_edited", &whole)
}

pub(crate) fn let_go(fixture: &mut Fixture) -> Result<()> {
    let (ctl, _) = edit_that_waits(fixture, "later_let_go", "La-ter-2")?;
    let line = [
        "conflicts",
        "resolve",
        "variables",
        "later_let_go",
        "--take",
        "airflow",
    ];
    ctl.run(&line)?.exits(0)?;
    ctl.sync()?.exits(0)?;
    is_sealed(&ctl, "later_let_go")?;
    fixture.stores(
        "later_let_go",
        r#"{"url": "mysql://u:La-ter-2@h/db", "limit": 3}"#,
    )
}

/// Another's change of another part, in the same moment in which a part becomes secret.
pub(crate) fn merged(fixture: &mut Fixture) -> Result<()> {
    let text = |a: u8, b: u8| format!(r#"{{"url": "u:La-ter-3@h", "a": {a}, "b": {b}}}"#);
    fixture.other.set_variable("later_merged", &text(1, 1), None)?;
    let ctl = fixture.synced()?;
    ctl.set("later_merged", &text(2, 1))?.exits(0)?;
    fixture.other.set_variable("later_merged", &text(1, 2), None)?;
    fixture.makes_secret("La-ter-3")?;
    fixture.is_masked("later_merged")?;
    ctl.sync()?.exits(3)?;
    fixture.stores("later_merged", &text(1, 2))
}

/// Nothing was edited: no change is told, and what is secret now is shown no more.
pub(crate) fn untouched(fixture: &mut Fixture) -> Result<()> {
    let stored = r#"{"url": "u:La-ter-4@h", "limit": 3}"#;
    fixture.other.set_variable("later_untouched", stored, None)?;
    let ctl = fixture.synced()?;
    let before = history(&ctl, "later_untouched")?.len();
    fixture.makes_secret("La-ter-4")?;
    let summary = ctl.sync()?.exits(0)?.json;
    ensure!(summary["conflicts"] == 0 && summary["pushed"] == 0, "{summary}");
    is_sealed(&ctl, "later_untouched")?;
    let told = history(&ctl, "later_untouched")?;
    ensure!(told.len() <= before, "a change is told: {told:?}");
    let told = serde_json::to_string(&told)?;
    ensure!(!told.contains("***") && !told.contains("La-ter-4"), "{told}");
    fixture.stores("later_untouched", stored)
}

/// A password is a common word: what was written reads back with a mask, has arrived, and is sent once.
pub(crate) fn written(fixture: &mut Fixture) -> Result<()> {
    fixture.makes_secret("postgres")?;
    let proxy = WatchingProxy::start(&fixture.server.base_url())?;
    let ctl = fixture.synced_by(&proxy.base_url())?;
    let typed = r#"{"engine": "postgres", "rate": 3}"#;
    ctl.set("later_written", typed)?.exits(0)?;
    for _ in 0..3 {
        ctl.sync()?.exits(0)?;
    }
    let writes = proxy.writes();
    ensure!(writes.len() == 1, "it was sent {} times", writes.len());
    ensure!(ctl.get("later_written")?["state"] == "clean");
    is_sealed(&ctl, "later_written")?;
    fixture.stores("later_written", typed)
}

/// The history has the value in clear from before; putting it back, or undoing, must not bring a mask to Airflow.
pub(crate) fn put_back(fixture: &mut Fixture) -> Result<()> {
    let text = |limit: u8| format!(r#"{{"url": "u:La-ter-5@h", "limit": {limit}}}"#);
    fixture.other.set_variable("later_put_back", &text(1), None)?;
    let ctl = fixture.synced()?;
    ctl.set("later_put_back", &text(2))?.exits(0)?;
    ctl.sync()?.exits(0)?;
    fixture.makes_secret("La-ter-5")?;
    fixture.is_masked("later_put_back")?;
    ctl.sync()?.exits(0)?;
    let oldest = history(&ctl, "later_put_back")?
        .last()
        .and_then(|entry| entry["id"].as_str().map(str::to_owned))
        .context("an entry")?;
    for line in [
        [
            "history",
            "put-back",
            "variables",
            "later_put_back",
            "--at",
            &oldest,
        ]
        .as_slice(),
        &["history", "undo", "variables", "later_put_back"],
    ] {
        // Whether it is refused or sent is judged by what is stored.
        ctl.run(line)?;
        ctl.sync()?;
        let stored = fixture.server.raw_variable("later_put_back")?.context("no row")?;
        ensure!(stored == text(1) || stored == text(2), "{stored}");
    }
    Ok(())
}

/// The server starts again and has forgotten: what it masked is in clear again, and nobody changed it.
pub(crate) fn forgotten(fixture: &mut Fixture) -> Result<()> {
    let stored = "host=db1 pw=La-ter-6";
    fixture.other.set_variable("later_forgotten", stored, None)?;
    let ctl = fixture.synced()?;
    let before = history(&ctl, "later_forgotten")?.len();
    fixture.makes_secret("La-ter-6")?;
    ctl.sync()?.exits(0)?;
    is_sealed(&ctl, "later_forgotten")?;
    fixture.server.restart()?;
    fixture.other = fixture.server.writer()?;
    let shown = fixture.other.variable("later_forgotten")?.context("no row")?;
    ensure!(shown["value"] == stored, "it is masked still: {shown}");
    let summary = ctl.sync()?.exits(0)?.json;
    ensure!(summary["pushed"] == 0 && summary["conflicts"] == 0, "{summary}");
    let told = history(&ctl, "later_forgotten")?;
    ensure!(told.len() <= before, "a change is told: {told:?}");
    fixture.stores("later_forgotten", stored)
}
