//! Descriptions beside values that must not change: what is sent as a placeholder must never take a value's place.

use anyhow::{Result, ensure};
use harness::airflow_server::Release;
use harness::dropping_proxy::DroppingProxy;

use crate::fixture::{Fixture, describe, is_sealed};

/// The value stays. The current release names the fields in the body, so that the description arrives.
pub(crate) fn sealed(fixture: &mut Fixture) -> Result<()> {
    let stored = r#"{"url": "u:Descr-1@h", "limit": 3}"#;
    fixture.other.set_variable("described", stored, Some("old"))?;
    fixture.makes_secret("Descr-1")?;
    let ctl = fixture.synced()?;
    is_sealed(&ctl, "described")?;
    describe(&ctl, "described", "new")?.exits(0)?;
    ctl.sync()?;
    fixture.stores("described", stored)?;
    if fixture.server.release() == Release::Current {
        let there = fixture.description("described")?;
        ensure!(there.as_deref() == Some("new"), "the description is {there:?}");
    }
    Ok(())
}

/// A gateway drops the query, and with it the mask of fields: the value as it was read stands in for itself.
pub(crate) fn mask_dropped(fixture: &mut Fixture) -> Result<()> {
    fixture
        .other
        .set_variable("dropped", "a plain text", Some("old"))?;
    let proxy = DroppingProxy::start(&fixture.server.base_url())?;
    let ctl = fixture.synced_by(&proxy.base_url())?;
    describe(&ctl, "dropped", "new")?.exits(0)?;
    ctl.sync()?;
    // Only there the mask is certain to be in the address.
    if fixture.server.release() == Release::Older {
        ensure!(proxy.dropped() > 0, "no request had a query to drop");
    }
    fixture.stores("dropped", "a plain text")
}

/// The same beside a secret, which has no reading to stand in for it: nothing is sent, or only where it is safe, and what
/// did not arrive is not shown as arrived.
pub(crate) fn mask_dropped_of_a_secret(fixture: &mut Fixture) -> Result<()> {
    fixture
        .other
        .set_variable("dropped_secret", "Drop-ped-1", Some("old"))?;
    let proxy = DroppingProxy::start(&fixture.server.base_url())?;
    let ctl = fixture.synced_by(&proxy.base_url())?;
    is_sealed(&ctl, "dropped_secret")?;
    describe(&ctl, "dropped_secret", "new")?.exits(0)?;
    ctl.sync()?;
    fixture.stores("dropped_secret", "Drop-ped-1")?;
    let arrived = fixture.description("dropped_secret")?.as_deref() == Some("new");
    let state = ctl.get("dropped_secret")?["state"].clone();
    ensure!(arrived || state != "clean", "not arrived, and shown as {state}");
    Ok(())
}
