//! History, activity, and putting values back.

use anyhow::{Context, Result, ensure};
use serde_json::json;

use crate::fixture::{Fixture, same};

pub(crate) fn put_back(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("past", "first", None)?;
    let ctl = fixture.synced()?;
    ctl.set("past", "second")?.exits(0)?;
    ctl.sync()?.exits(0)?;
    let history = ctl.run(&["history", "variables", "past"])?.exits(0)?.json;
    let first = history[1]["id"].as_str().context("an id")?;
    same(&history[1]["fields"]["value"], "first")?;
    let back = [
        "history",
        "put-back",
        "variables",
        "past",
        "--at",
        first,
        "--field",
        "value",
    ];
    same(&ctl.run(&back)?.exits(0)?.json["fields"]["value"], "first")?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("past")?, "first")?;
    ctl.run(&["history", "undo", "variables", "past"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("past")?, "second")?;
    let by_place = [
        "history",
        "put-back",
        "variables",
        "past",
        "--at",
        "2",
        "--reason",
        "again",
    ];
    ctl.run(&by_place)?.exits(0)?;
    let newest = &ctl.run(&["history", "variables", "past", "--limit", "1"])?.json[0];
    same(&newest["reason"], "again")?;
    for at in ["h999999", "0", "999", "nonsense"] {
        ctl.run(&["history", "put-back", "variables", "past", "--at", at])?
            .exits(1)?;
    }
    ctl.run(&["history", "undo", "variables", "nope"])?.exits(1)?;
    Ok(())
}

pub(crate) fn authors(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("seen", "first", None)?;
    let ctl = fixture.synced()?;
    fixture.other.set_variable("seen", "second", None)?;
    ctl.sync()?.exits(0)?;
    let newest = &ctl.run(&["history", "variables", "seen"])?.exits(0)?.json[0];
    same(&newest["fields"]["value"], "second")?;
    ensure!(
        newest["author"].as_str().is_some_and(|author| !author.is_empty()),
        "{newest}"
    );
    let cycles = ctl.run(&["activity", "--limit", "2"])?.exits(0)?.json;
    same(&cycles[0]["trigger"], "asked")?;
    same(&cycles[0]["scan"], "full")?;
    same(&cycles[0]["pulled"], &json!(1))?;
    same(&cycles[0]["detection"], &json!(true))?;
    same(&cycles.as_array().map(Vec::len), &Some(2))
}
