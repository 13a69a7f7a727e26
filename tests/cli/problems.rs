//! Airflow down, another process in the way, and too much gone at once.

use std::fs::File;

use std::thread;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::pausing_proxy::PausingProxy;
use rusqlite::Connection;
use serde_json::json;

use crate::fixture::{Fixture, same};

pub(crate) fn brake(fixture: &mut Fixture) -> Result<()> {
    let many: Vec<(String, String)> = (0..60).map(|n| (format!("many_{n:02}"), n.to_string())).collect();
    fixture.other.create_variables(&many)?;
    let ctl = fixture.synced()?;
    for (key, _) in &many {
        fixture.other.delete_variable(key)?;
    }
    ctl.sync()?.exits(3)?;
    same(&ctl.run(&["status"])?.json["braked"], &json!(true))?;
    same(&ctl.get("many_00")?["deleted"], &json!(false))?;
    let brakes = ctl.run(&["brake", "show"])?.exits(0)?.json;
    same(
        &(&brakes[0]["collection"], &brakes[0]["vanished"]),
        &(&json!("variables"), &json!(60)),
    )?;
    ctl.run(&["brake", "accept", "variables"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&ctl.run(&["status"])?.json["braked"], &json!(false))?;
    ctl.run(&["records", "get", "variables", "many_00"])?.exits(1)?;
    Ok(())
}

pub(crate) fn busy(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let held = File::options()
        .write(true)
        .open(ctl.folder().join("locks/test.sync"))?;
    held.lock()?;
    let answer = ctl.sync()?.exits(1)?;
    same(&answer.json["error"]["code"], "busy")?;
    // Edits need no lock.
    ctl.set("while_busy", "1")?.exits(0)?;
    drop(held);
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("while_busy")?, "1")
}

/// The app was closed while its window restored the mirror.
pub(crate) fn rebuilding(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("while_restored", "1", None)?;
    let ctl = fixture.synced()?;
    ctl.set("while_restored", "2")?.exits(0)?;
    let mirror = Connection::open(ctl.folder().join("mirrors/test.sqlite"))?;
    mirror.execute(
        "INSERT INTO clients (client, epoch, acked, rebuilding, rebuild_seq) VALUES ('window', 1, 0, 1, 0)",
        [],
    )?;
    ctl.sync()?.exits(3)?;
    same(&fixture.raw("while_restored")?, "1")?;
    mirror.execute("UPDATE clients SET rebuilding = 0", [])?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("while_restored")?, "2")
}

/// Python refuses integers of so many digits, and Airflow answers 500 each time.
pub(crate) fn unwritable(fixture: &mut Fixture) -> Result<()> {
    let proxy = PausingProxy::start(&fixture.server.base_url())?;
    let ctl = fixture.synced_by(&proxy.base_url())?;
    let beside = ["beside_1", "beside_2", "beside_3"];
    ctl.set("unwritable", &"9".repeat(5_000))?.exits(0)?;
    for key in beside {
        ctl.set(key, "1")?.exits(0)?;
    }
    let before = proxy.writes();
    let mut syncs = 0;
    while ctl.get("unwritable")?["state"] != "rejected" {
        syncs += 1;
        ensure!(syncs < 30, "{}", ctl.get("unwritable")?);
        ctl.sync()?;
        thread::sleep(Duration::from_millis(500));
    }
    let note = ctl.get("unwritable")?["note"].to_string();
    ensure!(note.contains("status 500") && note.contains("3 times"), "{note}");
    same(&fixture.server.raw_variable("unwritable")?, &None)?;
    for key in beside {
        same(&fixture.raw(key)?, "1")?;
    }
    // Three of it, and the others in one page.
    same(&(proxy.writes() - before), &4)?;
    ctl.run(&["records", "take-back", "variables", "unwritable"])?
        .exits(0)?;
    ctl.sync()?.exits(0)?;
    Ok(())
}

pub(crate) fn stopped(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("while_down", "1", None)?;
    let ctl = fixture.synced()?;
    ctl.set("while_down", "2")?.exits(0)?;
    fixture.server.stop();
    same(&ctl.sync()?.exits(5)?.json["error"]["code"], "unreachable")?;
    ctl.set("made_while_down", "3")?.exits(0)?;
    ctl.sync()?.exits(5)?;
    let status = ctl.run(&["status"])?.exits(0)?.json;
    same(
        &(&status["pending"], &status["reachable"]),
        &(&json!(2), &json!(false)),
    )?;
    same(&ctl.get("while_down")?["fields"]["value"], "2")?;
    fixture.server.start_again()?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("while_down")?, "2")?;
    same(&fixture.raw("made_while_down")?, "3")
}
