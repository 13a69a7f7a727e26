//! Secrets are neither kept, shown, merged nor logged.

use anyhow::Result;
use serde_json::json;

use crate::fixture::{Fixture, same};

/// What the sample Airflow holds under sensitive names.
const HELD: &[&str] = &["correct horse battery staple", "k-93f2"];

pub(crate) fn sealed(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let record = ctl.get("warehouse_password")?;
    same(
        &record["fields"],
        &json!({"description": "Set by the platform team"}),
    )?;
    same(&record["sealed"], &json!(["value"]))?;
    for (key, value) in [
        ("warehouse_password", "my-own-secret"),
        ("billing_service", r#"{"api_key": "my-own-secret"}"#),
        ("another_token", "my-own-secret"),
        ("nested", r#"{"db": {"passwd": "my-own-secret"}}"#),
    ] {
        let answer = ctl.set(key, value)?.exits(1)?;
        same(&answer.json["error"]["code"], "rejected")?;
    }
    same(&ctl.run(&["status"])?.json["pending"], &json!(0))?;
    let line = [
        "records",
        "set",
        "variables",
        "warehouse_password",
        "--field",
        "description=Ours",
    ];
    ctl.run(&line)?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("warehouse_password")?, HELD[0])?;
    same(
        &fixture.other.variable("warehouse_password")?.unwrap_or_default()["description"],
        "Ours",
    )?;
    ctl.holds_none_of(HELD)?;
    ctl.holds_none_of(&["my-own-secret", fixture.server.password(), fixture.other.token()])
}

pub(crate) fn replaced(fixture: &mut Fixture) -> Result<()> {
    fixture
        .other
        .set_variable("replaced_secret", "the old one", None)?;
    let ctl = fixture.synced()?;
    let line = [
        "records",
        "replace-secret",
        "variables",
        "replaced_secret",
        "--value-stdin",
        "--reason",
        "rotated",
    ];
    ctl.run_with(&line, "the-new-one\n")?.exits(0)?;
    same(&ctl.get("replaced_secret")?["state"], "pending")?;
    ctl.sync()?.exits(0)?;
    same(&fixture.raw("replaced_secret")?, "the-new-one")?;
    same(&ctl.get("replaced_secret")?["state"], "clean")?;
    ctl.holds_none_of(&["the-new-one", "the old one", fixture.server.password()])
}
