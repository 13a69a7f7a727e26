//! Pools, by the same commands and in the same shapes as Variables.

use anyhow::Result;
use harness::ctl::{Answer, Ctl};
use serde_json::{Value, json};

use crate::fixture::{Fixture, same};

fn set(ctl: &Ctl, name: &str, fields: &[&str]) -> Result<Answer> {
    let mut line = vec!["records", "set", "pools", name];
    for field in fields {
        line.extend(["--field", field]);
    }
    ctl.run(&line)
}

fn get(ctl: &Ctl, name: &str) -> Result<Value> {
    Ok(ctl.run(&["records", "get", "pools", name])?.exits(0)?.json)
}

/// Made, changed in one field while another changes another one, and deleted, with the real Airflow.
pub(crate) fn whole_life(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    same(&get(&ctl, "default_pool")?["fields"]["slots"], &json!(128))?;
    set(&ctl, "etl/nightly", &["slots=4"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    let made = get(&ctl, "etl/nightly")?;
    same(&made["state"], "clean")?;
    same(
        &made["fields"],
        &json!({"slots": 4, "description": null, "include_deferred": false}),
    )?;
    let other = fixture.synced()?;
    set(
        &ctl,
        "etl/nightly",
        &["description=for the load", "include_deferred=true"],
    )?
    .exits(0)?;
    set(&other, "etl/nightly", &["slots=8"])?.exits(0)?;
    other.sync()?.exits(0)?;
    ctl.sync()?.exits(0)?;
    let merged = json!({"slots": 8, "description": "for the load", "include_deferred": true});
    same(&get(&ctl, "etl/nightly")?["fields"], &merged)?;
    ctl.run(&["records", "delete", "pools", "etl/nightly"])?
        .exits(0)?;
    ctl.sync()?.exits(0)?;
    other.sync()?.exits(0)?;
    other.run(&["records", "get", "pools", "etl/nightly"])?.exits(1)?;
    Ok(())
}

/// What cannot be is refused at once; what only Airflow knows, with its reason.
pub(crate) fn refused(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    for field in ["slots=many", "slots=1.5", "slots=-2", "include_deferred=2"] {
        set(&ctl, "new", &[field])?.exits(2)?;
    }
    set(&ctl, "new", &["description=no slots"])?.exits(2)?;
    set(&ctl, "..", &["slots=1"])?.exits(2)?;
    ctl.run(&["records", "delete", "pools", "default_pool"])?
        .exits(0)?;
    ctl.sync()?;
    same(&get(&ctl, "default_pool")?["state"], "rejected")?;
    ctl.run(&["records", "take-back", "pools", "default_pool"])?
        .exits(0)?;
    same(&get(&ctl, "default_pool")?["state"], "clean")
}
