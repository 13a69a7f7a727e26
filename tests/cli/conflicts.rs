//! Conflicts are reported, never decided, and settled by a person.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::fixture::{Fixture, members, same};

pub(crate) fn take_mine(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("mine", "1", None)?;
    let ctl = fixture.synced()?;
    fixture.conflict(&ctl, "mine", "2", "3")?;
    same(&fixture.raw("mine")?, "3")?;
    let conflicts = ctl.run(&["conflicts", "list"])?.exits(0)?.json;
    same(&members(&conflicts[0]), &["collection", "fields", "key", "kind"])?;
    let field = json!({"name": "value", "base": "1", "mine": "2", "airflow": "3", "paths": []});
    same(&conflicts[0]["fields"], &json!([field]))?;
    same(&conflicts[0]["kind"], "fields")?;
    same(
        &ctl.run(&["conflicts", "show", "variables", "mine"])?
            .exits(0)?
            .json,
        &conflicts[0],
    )?;
    same(&ctl.get("mine")?["state"], "conflict")?;

    ctl.run(&["conflicts", "resolve", "variables", "mine", "--take", "mine"])?
        .exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("mine")?, "2")?;
    same(&ctl.get("mine")?["state"], "clean")
}

pub(crate) fn take_airflow(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("theirs", "1", None)?;
    let ctl = fixture.synced()?;
    fixture.conflict(&ctl, "theirs", "2", "3")?;
    ctl.run(&["conflicts", "resolve", "variables", "theirs", "--take", "airflow"])?
        .exits(0)?;
    same(&ctl.sync()?.exits(0)?.json["pushed"], &json!(0))?;
    same(&fixture.raw("theirs")?, "3")?;
    same(&ctl.get("theirs")?["fields"]["value"], "3")
}

pub(crate) fn another_value(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("third", r#"{"a": 1, "b": 1}"#, None)?;
    let ctl = fixture.synced()?;
    fixture.conflict(&ctl, "third", r#"{"a": 2, "b": 1}"#, r#"{"a": 3, "b": 1}"#)?;
    let conflicts = ctl.run(&["conflicts", "list"])?.json;
    same(&conflicts[0]["fields"][0]["paths"], &json!(["/a"]))?;
    let resolve = |value: &Value| {
        ctl.run(&[
            "conflicts",
            "resolve",
            "variables",
            "third",
            "--value",
            &value.to_string(),
        ])
    };
    resolve(&json!({"description": "x"}))?.exits(2)?;
    resolve(&json!({"value": "{\"a\": "}))?.exits(2)?;
    resolve(&json!({"value": "{\"a\": 4, \"b\": 1}"}))?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("third")?, "{\"a\": 4, \"b\": 1}")
}

/// By a value that is longer than an argument can be.
pub(crate) fn from_a_file(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("long", "1", None)?;
    let ctl = fixture.synced()?;
    fixture.conflict(&ctl, "long", "2", "3")?;
    let long = "é".repeat(150_000);
    let line = [
        "conflicts",
        "resolve",
        "variables",
        "long",
        "--field-file",
        "value=-",
    ];
    ctl.run_with(&line, &long)?.exits(0)?;
    ctl.sync()?.exits(0)?;
    ensure!(
        fixture.raw("long")? == long,
        "another text than the file's is in Airflow"
    );
    Ok(())
}

pub(crate) fn deleted_there(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("gone", "1", Some("kept"))?;
    let ctl = fixture.synced()?;
    ctl.set("gone", "2")?.exits(0)?;
    fixture.other.delete_variable("gone")?;
    ctl.sync()?.exits(3)?;
    let conflicts = ctl.run(&["conflicts", "list"])?.json;
    same(&conflicts[0]["kind"], "edit_delete")?;
    same(&conflicts[0]["airflow_deleted"], &json!(true))?;
    ctl.run(&["conflicts", "resolve", "variables", "gone", "--take", "mine"])?
        .exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("gone")?, "2")?;
    same(
        &fixture.other.variable("gone")?.unwrap_or_default()["description"],
        "kept",
    )
}

pub(crate) fn deleted_here(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("unloved", "1", None)?;
    let ctl = fixture.synced()?;
    ctl.run(&["records", "delete", "variables", "unloved"])?
        .exits(0)?;
    fixture.other.set_variable("unloved", "2", None)?;
    ctl.sync()?.exits(3)?;
    same(&fixture.raw("unloved")?, "2")?;
    same(
        &ctl.run(&["conflicts", "list"])?.json[0]["mine_deleted"],
        &json!(true),
    )?;
    ctl.run(&["conflicts", "resolve", "variables", "unloved", "--take", "mine"])?
        .exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.server.raw_variable("unloved")?, &None)
}

pub(crate) fn created_twice(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    fixture.conflict(&ctl, "twice", "mine", "theirs")?;
    same(&fixture.raw("twice")?, "theirs")?;
    same(&ctl.run(&["conflicts", "list"])?.json[0]["kind"], "create_create")?;
    ctl.run(&["conflicts", "resolve", "variables", "twice", "--take", "airflow"])?
        .exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("twice")?, "theirs")
}
