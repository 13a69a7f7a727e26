//! A backup on one computer is Leeward on another: the same records, work that waits, history and settings; and nothing is
//! sent twice, although the first computer went on.

use anyhow::{Context, Result, ensure};
use harness::ctl::{Ctl, ENVIRONMENT};
use serde_json::json;

use crate::fixture::{Fixture, same};

const DAG: &str = "daily_pricing";

pub(crate) fn brought_back(fixture: &mut Fixture) -> Result<()> {
    for (key, value) in [("backed_up", "1"), ("left_alone", "1")] {
        fixture.other.set_variable(key, value, None)?;
    }
    let first = fixture.synced()?;
    first.set("backed_up", "2")?.exits(0)?;
    first
        .run(&["env", "set", ENVIRONMENT, "--review", "false"])?
        .exits(0)?;
    let trigger = [
        "dagrun",
        "trigger",
        DAG,
        "--conf",
        r#"{"discount": 5.0}"#,
        "--after-edits",
    ];
    first.run(&trigger)?.exits(0)?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("leeward.backup");
    let file = file.to_str().context("a path that is no text")?;
    let written = first.run(&["backup", file])?.exits(0)?.json;
    same(&written["environments"], &json!([ENVIRONMENT]))?;
    first.run(&["backup", file])?.exits(2)?;

    // The first computer goes on.
    let runs = fixture.other.count_runs(DAG)?;
    first.sync()?.exits(0)?;
    same(&fixture.raw("backed_up")?, "2")?;
    same(&fixture.other.count_runs(DAG)?, &(runs + 1))?;
    first.set("left_alone", "3")?.exits(0)?;
    first.sync()?.exits(0)?;

    let second = Ctl::new()?;
    let restored = second.run(&["restore", file])?.exits(0)?.json;
    same(&restored, &json!({"environments": [ENVIRONMENT]}))?;
    same(&second.run(&["status"])?.exits(0)?.json["pending"], &json!(1))?;
    let history =
        |ctl: &Ctl| Ok::<_, anyhow::Error>(ctl.run(&["history", "variables", "left_alone"])?.exits(0)?.json);
    ensure!(
        history(&second)?.as_array().is_some_and(|all| all.len() == 1),
        "its history"
    );
    second.sync()?.exits(4)?;
    sign_in(fixture, &second)?;
    let summary = second.sync()?.exits(0)?.json;
    same(&summary["pushed"], &json!(0))?;
    same(&fixture.other.count_runs(DAG)?, &(runs + 1))?;
    same(&fixture.raw("backed_up")?, "2")?;
    same(&fixture.raw("left_alone")?, "3")?;
    same(&second.run(&["status"])?.exits(0)?.json["outbox"], &json!(0))?;

    // Both go on from there.
    second.set("backed_up", "4")?.exits(0)?;
    second.sync()?.exits(0)?;
    first.sync()?.exits(0)?;
    same(&fixture.raw("backed_up")?, "4")?;
    second.run(&["restore", file])?.exits(2)?;
    Ok(())
}

fn sign_in(fixture: &Fixture, ctl: &Ctl) -> Result<()> {
    let line = [
        "env",
        "sign-in",
        ENVIRONMENT,
        "--username",
        fixture.server.username(),
        "--password-stdin",
    ];
    ctl.run_with(&line, fixture.server.password())?.exits(0)?;
    Ok(())
}
