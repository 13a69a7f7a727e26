//! Syncs that are killed while they write to Airflow.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use harness::account::Account;
use harness::ctl::Ctl;
use harness::dice::Dice;
use harness::edited::Edited;
use harness::pausing_proxy::PausingProxy;

use crate::DAG;
use crate::session::kill_group;

/// Changes that wait for each sync.
const CHANGES: u64 = 5;
/// A sync that has not begun to write by then will not.
const WRITE_LIMIT: Duration = Duration::from_secs(60);

/// Kills as many syncs while they write; returns how many were begun for it.
pub(crate) fn killed(
    ctl: &Ctl,
    proxy: &PausingProxy,
    dice: &mut Dice,
    wanted: u32,
    account: &mut Account,
) -> Result<u32> {
    let (mut killed, mut begun) = (0, 0);
    while killed < wanted {
        ensure!(
            begun < wanted * 3,
            "only {killed} of {begun} syncs could be killed while they wrote"
        );
        change(ctl, begun, account)?;
        killed += u32::from(kill_one(ctl, proxy, dice)?);
        begun += 1;
    }
    Ok(begun)
}

fn change(ctl: &Ctl, round: u32, account: &mut Account) -> Result<()> {
    for n in 0..CHANGES {
        let record = Edited::numbered("sync", usize::try_from(n)?);
        let text = format!("s{round}-{n}");
        ctl.edit(&record, &text)?.exits(0)?;
        account.acknowledge(&record, &text);
    }
    let name = format!("s{round}");
    let conf = format!("{{\"round\": \"{name}\"}}");
    ctl.run(&["dagrun", "trigger", DAG, "--conf", &conf])?.exits(0)?;
    account.acknowledge_run(&name);
    Ok(())
}

/// Kills one sync soon after one of its writes went out; whether it was still running then.
fn kill_one(ctl: &Ctl, proxy: &PausingProxy, dice: &mut Dice) -> Result<bool> {
    let target = proxy.writes() + usize::try_from(dice.between(1, CHANGES + 1))?;
    let mut sync = ctl.begin_sync()?;
    let began = Instant::now();
    while proxy.writes() < target && sync.try_wait()?.is_none() && began.elapsed() < WRITE_LIMIT {
        thread::sleep(Duration::from_micros(500));
    }
    thread::sleep(dice.moment(0, 40));
    let running = sync.try_wait()?.is_none();
    if running {
        kill_group(&mut sync)?;
    }
    Ok(running && proxy.writes() >= target)
}
