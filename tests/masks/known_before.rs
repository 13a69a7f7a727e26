//! Airflow had met the secret before Leeward read the value.

use anyhow::{Result, ensure};

use crate::fixture::{Fixture, OWN_ASTERISKS, describe, is_sealed, replace};

pub(crate) fn text(fixture: &mut Fixture) -> Result<()> {
    let stored = "host=db1 pw=Kn-own-1 timeout=30";
    fixture.other.set_variable("before_text", stored, None)?;
    fixture.makes_secret("Kn-own-1")?;
    fixture.is_masked("before_text")?;
    let ctl = fixture.synced()?;
    is_sealed(&ctl, "before_text")?;
    ctl.set("before_text", "host=db1 pw=*** timeout=60")?.exits(1)?;
    ctl.sync()?.exits(0)?;
    fixture.stores("before_text", stored)
}

pub(crate) fn json(fixture: &mut Fixture) -> Result<()> {
    let stored = r#"{"url": "mysql://u:Kn-own-2@h/db", "limit": 3}"#;
    fixture.other.set_variable("before_json", stored, None)?;
    fixture.makes_secret("Kn-own-2")?;
    fixture.is_masked("before_json")?;
    let ctl = fixture.synced()?;
    is_sealed(&ctl, "before_json")?;
    let typed = r#"{"url": "mysql://u:***@h/db", "limit": 5}"#;
    ctl.set("before_json", typed)?.exits(1)?;
    ctl.sync()?.exits(0)?;
    fixture.stores("before_json", stored)
}

/// What another changes in a sealed value is theirs alone, whatever waits here.
pub(crate) fn merge(fixture: &mut Fixture) -> Result<()> {
    fixture.makes_secret("Kn-own-3")?;
    let text = |limit: u8| format!(r#"{{"url": "u:Kn-own-3@h", "limit": {limit}}}"#);
    fixture.other.set_variable("before_merge", &text(3), None)?;
    fixture.is_masked("before_merge")?;
    let ctl = fixture.synced()?;
    describe(&ctl, "before_merge", "ours")?.exits(0)?;
    fixture.other.set_variable("before_merge", &text(4), None)?;
    ctl.sync()?;
    fixture.stores("before_merge", &text(4))
}

pub(crate) fn replaced(fixture: &mut Fixture) -> Result<()> {
    fixture
        .other
        .set_variable("before_replaced", "pw=Kn-own-4", None)?;
    fixture.makes_secret("Kn-own-4")?;
    let ctl = fixture.synced()?;
    is_sealed(&ctl, "before_replaced")?;
    let whole = "host=db2 pw=Kn-own-4 timeout=60";
    replace(&ctl, "before_replaced", whole)?.exits(0)?;
    ctl.settle(5)?;
    fixture.stores("before_replaced", whole)?;
    ctl.holds_none_of(&["Kn-own-4"])
}

pub(crate) fn mask_typed(fixture: &mut Fixture) -> Result<()> {
    fixture.other.set_variable("before_typed", "pw=Kn-own-5", None)?;
    fixture.makes_secret("Kn-own-5")?;
    let ctl = fixture.synced()?;
    let answer = replace(&ctl, "before_typed", "***")?;
    ensure!(answer.code != 0, "a mask was accepted: {}", answer.json);
    ctl.sync()?.exits(0)?;
    fixture.stores("before_typed", "pw=Kn-own-5")
}

/// Nothing tells a text's own asterisks from a mask: they are left alone.
pub(crate) fn own_asterisks(fixture: &mut Fixture) -> Result<()> {
    let key = &format!("{OWN_ASTERISKS}_of_its_own");
    fixture.other.set_variable(key, "*** important ***", None)?;
    let ctl = fixture.synced()?;
    is_sealed(&ctl, key)?;
    ctl.set(key, "*** unimportant ***")?.exits(1)?;
    ctl.sync()?.exits(0)?;
    fixture.stores(key, "*** important ***")
}
