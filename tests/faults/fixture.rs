//! One Airflow for all scenarios; the desks that work on it, and how their work is looked for.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Result, ensure};
use harness::account::Account;
use harness::airflow_server::{AirflowServer, Database, Options, Writer};
use harness::ctl::Ctl;
use harness::edited::Edited;
use harness::workspace;

use crate::tally::Tally;

/// The DAG that is triggered; it is paused, so that its runs only queue up.
const DAG: &str = "slow_report";
/// Leeward waits so long for an answer.
pub(crate) const REQUEST_TIMEOUT_S: u32 = 2;
/// What is late arrives within this time.
const SETTLE_S: u32 = 3;
/// A write is with Airflow after that time: within the settle time, which counts from the sending, and later than Leeward
/// waits for an answer.
pub(crate) const ARRIVAL_LIMIT: Duration = Duration::from_millis(2500);
/// Syncs until everything is settled, at most; each that is not waits a moment.
pub(crate) const SYNCS_MAX: u32 = 120;
/// Edits of a big push: several pages of Airflow's.
pub(crate) const MANY: usize = 300;

/// The server, and somebody else who works on it.
pub(crate) struct Fixture {
    pub(crate) server: AirflowServer,
    pub(crate) other: Writer,
}

impl Fixture {
    pub(crate) fn start(database: Database) -> Result<Self> {
        let server = AirflowServer::start(Options {
            database,
            ..Options::default()
        })?;
        server.begin_audit()?;
        let other = server.writer()?;
        other.pause(DAG, true)?;
        Ok(Self { server, other })
    }

    /// A data folder that reaches the server at this address, and has read everything.
    pub(crate) fn desk(&self, url: &str) -> Result<Ctl> {
        self.desk_of(workspace::ctl()?, url)
    }

    /// The same, with another build of `leewardctl`.
    pub(crate) fn desk_of(&self, program: PathBuf, url: &str) -> Result<Ctl> {
        let ctl = Ctl::running(program)?;
        ctl.add(url, self.server.username(), self.server.password())?
            .exits(0)?;
        ctl.configure(|environment| {
            environment.settle_s = SETTLE_S;
            environment.request_timeout_s = REQUEST_TIMEOUT_S;
        })?;
        ctl.settle(SYNCS_MAX)?;
        Ok(ctl)
    }

    /// Lets everything arrive, then looks for all of it: once in the mirror, once in Airflow.
    pub(crate) fn look(&self, ctl: &Ctl, account: &Account, tally: &mut Tally) -> Result<()> {
        ctl.settle(SYNCS_MAX)?;
        tally.acknowledged += account.acknowledged();
        tally.found(account.look(ctl)?);
        tally.found(account.look_in_audit(&self.server.read_audit()?));
        tally.found(account.look_among_runs(&self.other.runs(DAG)?));
        Ok(())
    }
}

/// `records set`, which must be acknowledged.
pub(crate) fn edit(ctl: &Ctl, account: &mut Account, record: &Edited, text: &str) -> Result<()> {
    ctl.edit(record, text)?.exits(0)?;
    account.acknowledge(record, text);
    Ok(())
}

/// Edits of as many records, each with a text of its own.
pub(crate) fn edit_many(
    ctl: &Ctl,
    account: &mut Account,
    name: &str,
    round: usize,
    count: usize,
) -> Result<()> {
    (0..count).try_for_each(|n| {
        edit(
            ctl,
            account,
            &Edited::numbered(name, n),
            &format!("{name}{round}-{n}"),
        )
    })
}

/// `dagrun trigger`, which must be acknowledged.
pub(crate) fn trigger(ctl: &Ctl, account: &mut Account, round: &str) -> Result<()> {
    let conf = format!("{{\"round\": \"{round}\"}}");
    let answer = ctl.run(&["dagrun", "trigger", DAG, "--conf", &conf])?;
    ensure!(answer.code == 0, "the run of {round}: {}", answer.messages);
    account.acknowledge_run(round);
    Ok(())
}
