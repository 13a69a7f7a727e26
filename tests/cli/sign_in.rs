//! Environments: nothing is saved before it has proven right.

use anyhow::{Context, Result, ensure};
use harness::ctl::{Answer, Ctl, ENVIRONMENT};
use serde_json::json;

use crate::fixture::{Fixture, same};

pub(crate) fn refused(fixture: &mut Fixture) -> Result<()> {
    let ctl = Ctl::new()?;
    let (url, user, password) = (
        fixture.server.base_url(),
        fixture.server.username(),
        fixture.server.password(),
    );
    ctl.add(&url, user, "not-the-password")?.exits(4)?;
    ctl.add(&format!("{url}/variables"), user, password)?.exits(1)?;
    ctl.add("http://127.0.0.1:1", user, password)?.exits(5)?;
    ctl.add("ftp://127.0.0.1", user, password)?.exits(2)?;
    ctl.add(&url, user, "")?.exits(2)?;
    same(&ctl.run(&["env", "list"])?.exits(0)?.json, &json!([]))?;
    ctl.run(&["status"])?.exits(1)?;
    ctl.holds_none_of(&["not-the-password", password])
}

pub(crate) fn no_longer_accepted(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    ctl.set("while_locked_out", "1")?.exits(0)?;
    ctl.configure(|environment| environment.username = Some("nobody".into()))?;
    same(&ctl.sync()?.exits(4)?.json["error"]["code"], "sign_in_needed")?;
    let status = ctl.run(&["status"])?.exits(0)?.json;
    same(
        &(&status["pending"], &status["signed_in"]),
        &(&json!(1), &json!(false)),
    )?;
    let (user, password) = (fixture.server.username(), fixture.server.password());
    let line = ["env", "sign-in", "test", "--username", user, "--password-stdin"];
    ctl.run_with(&line, &format!("{password}\n"))?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("while_locked_out")?, "1")
}

pub(crate) fn kept(fixture: &mut Fixture) -> Result<()> {
    let url = fixture.server.base_url();
    let (user, password) = (fixture.server.username(), fixture.server.password());
    let ctl = Ctl::connected(&fixture.server, &url)?;
    same(
        &ctl.run(&["records", "list", "variables"])?.exits(0)?.json,
        &json!([]),
    )?;
    ctl.add(&url, user, password)?.exits(2)?;
    let probe = ctl.run(&["env", "probe", "test"])?.exits(0)?.json;
    same(
        &probe,
        &json!({"version": "3.3.2", "api": "v2", "scheduler_healthy": true}),
    )?;
    ctl.run_with(&["env", "sign-in", "test", "--token-stdin"], "no.such.token")?
        .exits(4)?;
    let pasted = as_pasted(fixture.other.token());
    ctl.run_with(&["env", "sign-in", "test", "--token-stdin"], &pasted)?
        .exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&ctl.run(&["env", "list"])?.json[0]["sign_in"], "token")?;
    ctl.set("report_title", "unsent")?.exits(0)?;
    ctl.run(&["env", "remove", "test"])?.exits(1)?;
    same(&ctl.get("report_title")?["state"], "pending")?;
    ctl.run(&["env", "remove", "test", "--discard-work"])?.exits(0)?;
    same(&ctl.run(&["env", "list"])?.json, &json!([]))?;
    ensure!(
        !ctl.folder().join("mirrors/test.sqlite").exists(),
        "the mirror is still there"
    );
    ctl.holds_none_of(&[password, fixture.other.token()])
}

/// Airflow's viewers may not list Variables, but pools and DAGs: that is said, and the rest is in sync.
pub(crate) fn without_variables(fixture: &mut Fixture) -> Result<()> {
    const REFUSED: &str = "This account may not read variables";
    let ctl = Ctl::new()?;
    let viewer = fixture.server.viewer().context("a viewer")?;
    let url = fixture.server.base_url();
    let add = [
        "env",
        "add",
        ENVIRONMENT,
        "--url",
        &url,
        "--username",
        &viewer.name,
    ];
    let add = [&add[..], &["--password-stdin"]].concat();
    says(&ctl.run_for_person(&add, &viewer.password)?.exits(0)?, REFUSED)?;
    let listed = ctl.run(&["env", "list"])?.exits(0)?.json;
    ensure!(listed.as_array().is_some_and(|all| all.len() == 1), "{listed}");
    let anew = ["env", "sign-in", ENVIRONMENT, "--username", &viewer.name];
    let anew = [&anew[..], &["--password-stdin"]].concat();
    says(&ctl.run_for_person(&anew, &viewer.password)?.exits(0)?, REFUSED)?;

    let in_sync = "In sync except Variables (not allowed)";
    says(&ctl.run_for_person(&["sync"], "")?.exits(0)?, in_sync)?;
    let status = ctl.run(&["status"])?.exits(0)?.json;
    same(&status["not_allowed"], &json!(["variables"]))?;
    let line = status["line"].as_str().unwrap_or_default();
    ensure!(line.starts_with(in_sync), "{line}");
    let pool = ctl.run(&["records", "get", "pools", "default_pool"])?;
    same(&pool.exits(0)?.json["fields"]["slots"], &json!(128))?;
    let variables = ["records", "list", "variables"];
    says(&ctl.run_for_person(&variables, "")?.exits(0)?, REFUSED)?;
    same(&ctl.run(&variables)?.json, &json!([]))
}

fn says(answer: &Answer, words: &str) -> Result<()> {
    let messages = &answer.messages;
    ensure!(messages.contains(words), "{messages:?} without {words:?}");
    Ok(())
}

/// A token as it comes out of a mail with `curl` in it: with what stands before it, blanks, and wrapped lines.
fn as_pasted(token: &str) -> String {
    let (first, rest) = token.split_at(token.len() / 2);
    format!("  Authorization: Bearer {first}\r\n    {rest} \r\n\r\n")
}
