//! The API server is killed while a big push writes to it, and started again.

use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::account::Account;
use harness::ctl::Ctl;
use harness::dice::Dice;
use harness::fault_proxy::FaultProxy;

use crate::fixture::{ARRIVAL_LIMIT, Fixture, MANY, edit_many, trigger};
use crate::tally::Tally;

/// How often it is killed, on each kind of database.
const KILLS: usize = 2;
/// The kill comes at one of the first so many writes: a push in bulk makes three.
const WRITES: u64 = 2;
/// If none of the syncs has written by then, none will.
const WRITE_LIMIT: Duration = Duration::from_secs(120);
/// Between two syncs.
const BETWEEN_SYNCS: Duration = Duration::from_millis(500);

pub(crate) fn survived(fixture: &mut Fixture, dice: &mut Dice) -> Result<Tally> {
    // Only counts: this proxy is never armed.
    let proxy =
        FaultProxy::start(&fixture.server.base_url(), Duration::ZERO)?.keeping_writes_within(ARRIVAL_LIMIT);
    let ctl = fixture.desk(&proxy.base_url())?;
    let (mut account, mut tally) = (Account::default(), Tally::default());
    for round in 0..KILLS {
        edit_many(&ctl, &mut account, "kill", round, MANY)?;
        trigger(&ctl, &mut account, &format!("k{round}"))?;
        killed_once(fixture, &ctl, &proxy, dice)?;
        tally.faults += 1;
    }
    tally.edits = account.acknowledged();
    fixture.look(&ctl, &account, &mut tally)?;
    Ok(tally)
}

/// One kill after a write has gone out, and the sync's end with an error that says so.
fn killed_once(fixture: &mut Fixture, ctl: &Ctl, proxy: &FaultProxy, dice: &mut Dice) -> Result<()> {
    let mut sync = a_sync_that_writes(ctl, proxy, dice)?;
    fixture.server.kill_api_server();
    let ended = sync.wait()?.code().context("the sync was killed")?;
    let status = ctl.run(&["status"])?.exits(0)?.json;
    println!(
        "  killed at write {}: the sync exited {ended}, {} pending",
        proxy.writes(),
        status["pending"]
    );
    fixture.server.start_again()?;
    ensure!(
        status["pending"].as_u64() > Some(0),
        "the kill came when all was done"
    );
    ensure!(
        ended != 0,
        "a sync said that all is done, and {} are pending",
        status["pending"]
    );
    Ok(())
}

/// A sync that has just sent one of its first writes. One may end before: what the last fault left in doubt is not sent
/// again until it has settled.
pub(crate) fn a_sync_that_writes(ctl: &Ctl, proxy: &FaultProxy, dice: &mut Dice) -> Result<Child> {
    let began = Instant::now();
    while began.elapsed() < WRITE_LIMIT {
        let target = proxy.writes() + usize::try_from(dice.between(1, WRITES))?;
        let mut sync = ctl.begin_sync()?;
        while sync.try_wait()?.is_none() {
            if proxy.writes() >= target {
                thread::sleep(dice.moment(0, 30));
                return Ok(sync);
            }
            thread::sleep(Duration::from_micros(500));
        }
        thread::sleep(BETWEEN_SYNCS);
    }
    bail!("the syncs do not write")
}
