//! The API server is killed while a big push writes to it, and started again.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::account::Account;
use harness::ctl::Ctl;
use harness::dice::Dice;
use harness::fault_proxy::FaultProxy;

use crate::place::{MANY, Place, edit_many, trigger};
use crate::tally::Tally;

/// How often it is killed.
const KILLS: usize = 3;
/// The kill comes at one of the first so many writes: a push in bulk makes three.
const WRITES: u64 = 2;
/// A sync that has not written by then will not.
const WRITE_LIMIT: Duration = Duration::from_secs(120);

pub(crate) fn survived(place: &mut Place, dice: &mut Dice) -> Result<Tally> {
    // Only counts: this proxy is never armed.
    let proxy = FaultProxy::start(&place.server.base_url(), Duration::ZERO)?;
    let ctl = place.desk(&proxy.base_url())?;
    let (mut account, mut tally) = (Account::default(), Tally::default());
    for round in 0..KILLS {
        edit_many(&ctl, &mut account, "kill", round, MANY)?;
        trigger(&ctl, &mut account, &format!("k{round}"))?;
        killed_once(place, &ctl, &proxy, dice)?;
        tally.faults += 1;
    }
    tally.edits = account.acknowledged();
    place.look(&ctl, &account, &mut tally)?;
    Ok(tally)
}

/// One kill after a write has gone out, and the sync's end with an error that says so.
fn killed_once(place: &mut Place, ctl: &Ctl, proxy: &FaultProxy, dice: &mut Dice) -> Result<()> {
    let target = proxy.writes() + usize::try_from(dice.between(1, WRITES))?;
    let mut sync = ctl.begin_sync()?;
    wait_for_writes(proxy, target)?;
    thread::sleep(dice.moment(0, 30));
    place.server.kill_api_server();
    let ended = sync.wait()?.code().context("the sync was killed")?;
    let status = ctl.run(&["status"])?.exits(0)?.json;
    println!(
        "  killed at write {target}: the sync exited {ended}, {} pending",
        status["pending"]
    );
    place.server.start_again()?;
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

/// Returns when so many writes have arrived at the proxy.
pub(crate) fn wait_for_writes(proxy: &FaultProxy, target: usize) -> Result<()> {
    let began = Instant::now();
    while proxy.writes() < target {
        ensure!(began.elapsed() < WRITE_LIMIT, "the sync does not write");
        thread::sleep(Duration::from_micros(500));
    }
    Ok(())
}
