//! Another writer, and a broken connection, in the moment between our write and our read-back.

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::pausing_proxy::PausingProxy;
use serde_json::json;

use crate::fixture::{Fixture, same};

pub(crate) fn another_field(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("raced_field", "1", Some("before"))?;
    let proxy = PausingProxy::start(&fixture.server.base_url())?;
    let ctl = fixture.synced_by(&proxy.base_url())?;
    ctl.set("raced_field", "2")?.exits(0)?;
    let other = fixture.other.clone();
    proxy.after("PATCH", "/variables/raced_field", move || {
        let changed = json!({"key": "raced_field", "value": "2", "description": "theirs"});
        let mask = "/api/v2/variables/raced_field?update_mask=description";
        let (status, answer) = other.call("PATCH", mask, Some(&changed))?;
        ensure!(status == 200, "their write: {status} {answer}");
        Ok(())
    });
    ctl.sync()?.exits(0)?;
    proxy.all_happened()?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("raced_field")?, "2")?;
    same(
        &fixture.other.variable("raced_field")?.unwrap_or_default()["description"],
        "theirs",
    )?;
    same(
        &ctl.get("raced_field")?["fields"],
        &json!({"value": "2", "description": "theirs"}),
    )
}

pub(crate) fn the_same_field(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("raced", "1", None)?;
    let proxy = PausingProxy::start(&fixture.server.base_url())?;
    let ctl = fixture.synced_by(&proxy.base_url())?;
    ctl.set("raced", "2")?.exits(0)?;
    let other = fixture.other.clone();
    proxy.after("PATCH", "/variables/raced", move || {
        other.set_variable("raced", "theirs", None)
    });
    ctl.sync()?.exits(3)?;
    proxy.all_happened()?;
    same(&fixture.raw("raced")?, "theirs")?;
    let field = &ctl
        .run(&["conflicts", "show", "variables", "raced"])?
        .exits(0)?
        .json["fields"][0];
    same(
        &(&field["mine"], &field["airflow"]),
        &(&json!("2"), &json!("theirs")),
    )?;
    ctl.sync()?.exits(3)?;
    same(&fixture.raw("raced")?, "theirs")?;
    ctl.run(&["conflicts", "resolve", "variables", "raced", "--take", "mine"])?
        .exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("raced")?, "2")
}

pub(crate) fn lost_answer(fixture: &mut Fixture) -> Result<()> {
    let proxy = PausingProxy::start(&fixture.server.base_url())?;
    let ctl = fixture.synced_by(&proxy.base_url())?;
    ctl.set("unanswered", "1")?.exits(0)?;
    proxy.lose_answer("POST", "/api/v2/variables");
    let first = ctl.sync()?;
    proxy.all_happened()?;
    ensure!([0, 3, 5].contains(&first.code), "exit code {}", first.code);
    let written = proxy.writes();
    thread::sleep(Duration::from_millis(1100));
    ctl.sync()?.exits(0)?;
    same(&proxy.writes(), &written)?;
    same(&fixture.raw("unanswered")?, "1")?;
    same(&ctl.get("unanswered")?["state"], "clean")
}
