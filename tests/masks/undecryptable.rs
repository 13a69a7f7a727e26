//! A Variable that Airflow cannot decrypt, as after a change of its Fernet key. On 3.1 it makes the whole listing answer
//! 500.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::airflow_server::Release;
use harness::ctl::Ctl;
use rusqlite::{Connection, params};

use crate::fixture::{Fixture, is_sealed};

/// A text, encrypted with a key that no server here has.
const OF_ANOTHER_KEY: &str = "gAAAAABrC0wLNF0aAZERq4dero-RBDvn9pMJPDCpM95Dls40GGCE6-mmMLi5BjXAWFc-mLFL4IYluFnSYP23cPxm7Ii7WuHuawfWoFWMrRjs_lPq0UNoe9A=";

const BROKEN: &str = "undecryptable";

/// An edit of another Variable is sent, and nothing is concluded from a listing that cannot be read.
pub(crate) fn holds_up_no_edit(fixture: &mut Fixture) -> Result<()> {
    for key in [BROKEN, "beside_broken", "gone_meanwhile"] {
        fixture.other.set_variable(key, "1", None)?;
    }
    let ctl = fixture.synced()?;
    ctl.set("beside_broken", "2")?.exits(0)?;
    let database = Database::of(fixture)?;
    // Not over the API, whose event log would tell of it.
    database.delete("gone_meanwhile")?;
    database.encrypt_with_another_key(BROKEN)?;
    let sent = match fixture.server.release() {
        Release::Current => is_sent_with_the_listing(&ctl),
        Release::Older => is_sent_without_the_listing(fixture, &ctl),
    };
    // Whatever came of it, the other cases need a database that can be read.
    database.delete(BROKEN)?;
    sent?;
    fixture.stores("beside_broken", "2")?;
    ctl.sync()?.exits(0)?;
    for key in ["gone_meanwhile", BROKEN] {
        ctl.run(&["records", "get", "variables", key])?.exits(1)?;
    }
    Ok(())
}

/// There the listing shows the row without its value.
fn is_sent_with_the_listing(ctl: &Ctl) -> Result<()> {
    ctl.sync()?.exits(0)?;
    is_sealed(ctl, BROKEN)?;
    is_clean(ctl, "beside_broken")
}

fn is_sent_without_the_listing(fixture: &Fixture, ctl: &Ctl) -> Result<()> {
    let (status, _) = fixture.other.call("GET", "/api/v2/variables", None)?;
    ensure!(status == 500, "the listing answers {status}");
    let answer = ctl.sync()?.exits(1)?;
    let what = answer.json["error"]["what"].as_str().unwrap_or_default();
    ensure!(
        what.contains("one among them that Airflow cannot decrypt"),
        "it is told as {}",
        answer.json
    );
    is_clean(ctl, "beside_broken")?;
    let shown = fixture.other.variable("beside_broken")?.unwrap_or_default();
    ensure!(shown["value"] == "2", "Airflow has {shown}");
    for key in ["gone_meanwhile", BROKEN] {
        is_clean(ctl, key)?;
    }
    let status = ctl.run(&["status"])?.exits(0)?.json;
    let trouble = status["trouble"].as_str().unwrap_or_default();
    ensure!(
        trouble.contains("cannot decrypt") && status["braked"] == false && status["pending"] == 0,
        "{status}"
    );
    Ok(())
}

fn is_clean(ctl: &Ctl, key: &str) -> Result<()> {
    let record = ctl.get(key)?;
    ensure!(
        record["state"] == "clean" && record["deleted"] == false,
        "{record}"
    );
    Ok(())
}

/// Airflow's own, behind its back.
struct Database(Connection);

impl Database {
    fn of(fixture: &Fixture) -> Result<Self> {
        let connection = Connection::open(fixture.server.home().join("airflow.db"))?;
        connection.busy_timeout(Duration::from_secs(30))?;
        Ok(Self(connection))
    }

    fn encrypt_with_another_key(&self, key: &str) -> Result<()> {
        let change = "UPDATE variable SET val = ?1, is_encrypted = 1 WHERE key = ?2";
        let changed = self.0.execute(change, params![OF_ANOTHER_KEY, key])?;
        ensure!(changed == 1, "{changed} rows of {key}");
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<()> {
        let deleted = self.0.execute("DELETE FROM variable WHERE key = ?1", [key])?;
        ensure!(deleted == 1, "{deleted} rows of {key}");
        Ok(())
    }
}
