//! Edits, on the plain paths.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::fixture::{Fixture, members, same};

pub(crate) fn arrives(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    ctl.set("report_rows_max", "6000")?.exits(0)?;
    same(&ctl.get("report_rows_max")?["state"], "pending")?;
    same(&fixture.raw("report_rows_max")?, "5000")?;
    let summary = ctl.sync()?.exits(0)?.json;
    same(&summary["pushed"], &json!(1))?;
    same(&fixture.raw("report_rows_max")?, "6000")?;
    same(&ctl.get("report_rows_max")?["state"], "clean")?;
    ctl.holds_none_of(&[fixture.server.password()])
}

pub(crate) fn shapes(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let record = ctl.get("report_title")?;
    same(
        &members(&record),
        &["collection", "deleted", "fields", "key", "state"],
    )?;
    same(
        &record["fields"],
        &json!({"value": "Umsatz Übersicht – täglich", "description": null}),
    )?;
    same(&record["deleted"], &json!(false))?;
    let summary = ctl.sync()?.json;
    let counts = [
        "conflicts",
        "duration_ms",
        "held",
        "in_doubt",
        "merged",
        "observed",
        "pulled",
        "pushed",
        "rejected",
        "requests",
        "violations",
    ];
    same(&members(&summary), &counts)?;
    let status = ctl.run(&["status"])?.exits(0)?.json;
    for count in [
        "pending",
        "outbox",
        "conflicts",
        "violations",
        "held",
        "rejected",
        "in_doubt",
    ] {
        same(&status[count], &json!(0))?;
    }
    for (flag, wanted) in [("reachable", true), ("signed_in", true), ("braked", false)] {
        same(&status[flag], &json!(wanted))?;
    }
    same(&status["environment"], "test")?;
    ensure!(
        status["last_complete_observation"]
            .as_str()
            .is_some_and(|at| at.contains('T')),
        "{status}"
    );
    let history = ctl.run(&["history", "variables", "report_title"])?.exits(0)?.json;
    same(
        &members(&history[0]),
        &["at", "author", "fields", "id", "reason", "run", "source"],
    )?;
    same(&history[0]["source"], "airflow")
}

pub(crate) fn created_deleted_taken_back(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let value = r#"{"value": "ä=\"1\"\n", "description": "made here"}"#;
    let line = [
        "records",
        "set",
        "variables",
        "made/here ?",
        "--value",
        value,
        "--reason",
        "a try",
    ];
    ctl.run(&line)?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("made/here ?")?, "ä=\"1\"\n")?;
    let history = ctl.run(&["history", "variables", "made/here ?"])?.json;
    let locals: Vec<&Value> = history
        .as_array()
        .into_iter()
        .flatten()
        .filter(|item| item["source"] == "local")
        .collect();
    same(&locals.len(), &1)?;
    same(&locals[0]["reason"], "a try")?;

    ctl.run(&["records", "delete", "variables", "made/here ?"])?
        .exits(0)?;
    same(&ctl.get("made/here ?")?["deleted"], &json!(true))?;
    ctl.run(&["records", "take-back", "variables", "made/here ?"])?
        .exits(0)?;
    same(&ctl.get("made/here ?")?["deleted"], &json!(false))?;
    ctl.run(&["records", "delete", "variables", "made/here ?"])?
        .exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.server.raw_variable("made/here ?")?, &None)?;
    ctl.run(&["records", "get", "variables", "made/here ?"])?
        .exits(1)?;
    Ok(())
}

pub(crate) fn trailing_zero_arrives(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("zero", "3.1", None)?;
    let ctl = fixture.synced()?;
    ctl.set("zero", "3.10")?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("zero")?, "3.10")?;
    same(&ctl.get("zero")?["fields"]["value"], "3.10")?;
    same(&ctl.sync()?.exits(0)?.json["pushed"], &json!(0))
}

pub(crate) fn description_only(fixture: &mut Fixture) -> Result<()> {
    let lossy = [
        ("lossy_number", "3.10"),
        ("lossy_object", "{\"b\":  1.50, \"a\": \"é\"}"),
    ];
    for (key, value) in lossy {
        fixture.other.set_variable(key, value, Some("before"))?;
    }
    let ctl = fixture.synced()?;
    for (key, value) in lossy {
        ctl.run(&["records", "set", "variables", key, "--field", "description=after"])?
            .exits(0)?;
        ctl.sync()?.exits(0)?;
        same(&fixture.raw(key)?, value)?;
        let there = fixture.other.variable(key)?.unwrap_or_default();
        same(&there["description"], "after")?;
    }
    Ok(())
}

pub(crate) fn json_is_merged(fixture: &mut Fixture) -> Result<()> {
    fixture
        .other
        .set_variable("merged", r#"{"a": 1, "b": 1}"#, None)?;
    let ctl = fixture.synced()?;
    ctl.set("merged", r#"{"a": 2, "b": 1}"#)?.exits(0)?;
    fixture
        .other
        .set_variable("merged", r#"{"a": 1, "b": 3}"#, None)?;
    same(&ctl.sync()?.exits(0)?.json["merged"], &json!(1))?;
    let there: Value = serde_json::from_str(&fixture.raw("merged")?)?;
    same(&there, &json!({"a": 2, "b": 3}))
}

pub(crate) fn json_stays_json(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let broken = r#"{"new_rounding": true,}"#;
    let answer = ctl.set("feature_flags", broken)?.exits(2)?;
    same(&answer.json["error"]["code"], "bad_input")?;
    same(&ctl.get("feature_flags")?["state"], "clean")?;
    let field = format!("value={broken}");
    ctl.run(&[
        "records",
        "set",
        "variables",
        "feature_flags",
        "--field",
        &field,
        "--force-text",
    ])?
    .exits(0)?;
    same(&ctl.get("feature_flags")?["fields"]["value"], broken)?;
    ctl.run(&["records", "take-back", "variables", "feature_flags"])?
        .exits(0)?;
    Ok(())
}

pub(crate) fn unusable(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    for (line, code) in [
        (
            &["records", "set", "variables", "..", "--field", "value=x"][..],
            2,
        ),
        (&["records", "set", "variables", "a\nb", "--field", "value=x"], 2),
        (
            &["records", "set", "variables", "new", "--field", "description=x"],
            2,
        ),
        (&["records", "set", "variables", "new", "--field", "colour=x"], 2),
        (
            &["records", "set", "variables", "new", "--value", "{\"value\": 1}"],
            2,
        ),
        (&["records", "set", "variables", "new"], 2),
        (&["records", "list", "connections"], 1),
        (&["records", "get", "variables", "nope"], 1),
        (&["records", "delete", "variables", "nope"], 1),
        (&["history", "variables", "nope"], 1),
        (&["conflicts", "show", "variables", "report_title"], 1),
        (&["actions", "cancel", "nope"], 1),
        (&["brake", "accept", "variables"], 1),
        (&["dagrun", "trigger", "daily_pricing", "--conf", "[]"], 2),
        (&["status", "--env", "nope"], 1),
        (&["frobnicate"], 2),
    ] {
        let answer = ctl.run(line)?.exits(code)?;
        ensure!(
            answer.json["error"]["what"].is_string(),
            "{line:?} says nothing: {}",
            answer.json
        );
        ensure!(!answer.messages.is_empty(), "{line:?} has no message");
    }
    same(&ctl.run(&["status"])?.json["pending"], &json!(0))
}

pub(crate) fn quiet(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let before = ctl.run(&["records", "list", "variables"])?.json;
    let summary = ctl.sync()?.exits(0)?.json;
    same(&(&summary["pushed"], &summary["pulled"]), &(&json!(0), &json!(0)))?;
    same(&ctl.run(&["records", "list", "variables"])?.json, &before)
}
