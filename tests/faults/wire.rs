//! Faults on the way: every fault meets sign-ins, reads and writes, and a push of many edits.

use std::time::Duration;

use anyhow::{Result, ensure};
use harness::account::Account;
use harness::ctl::Ctl;
use harness::dice::Dice;
use harness::edited::Edited;
use harness::fault_proxy::{Class, Fault, FaultProxy};

use crate::fixture::{ARRIVAL_LIMIT, Fixture, MANY, REQUEST_TIMEOUT_S, SYNCS_MAX, edit, edit_many, trigger};
use crate::tally::Tally;

/// Each fault meets each kind of request so often, on each kind of database.
const TIMES: usize = 1;
/// Records that are edited again and again.
const KEYS: usize = 12;
/// Edits a round.
const EDITS: usize = 4;
/// Edits of a push, after a first one of [`MANY`].
const SOME: usize = 60;
/// Rounds until every fault has happened, at most.
const ROUNDS_MAX: usize = 60;
/// What is late is held back so much longer than Leeward waits.
const BEYOND: Duration = Duration::from_millis(600);

pub(crate) fn survived(fixture: &mut Fixture, dice: &mut Dice) -> Result<Tally> {
    let held_back = Duration::from_secs(REQUEST_TIMEOUT_S.into()) + BEYOND;
    let proxy =
        FaultProxy::start(&fixture.server.base_url(), held_back)?.keeping_writes_within(ARRIVAL_LIMIT);
    let ctl = fixture.desk(&proxy.base_url())?;
    let (mut account, mut tally) = (Account::default(), Tally::default());

    proxy.arm(Dice::seeded(dice.number()), &Class::ALL, TIMES);
    rounds(&ctl, &proxy, dice, &mut account)?;
    big_pushes(&ctl, &proxy, &mut account)?;
    fixture.look(&ctl, &account, &mut tally)?;

    for ((class, fault), count) in proxy.injected() {
        println!("  {class}: {fault} {count}");
        tally.faults += count;
    }
    every_fault_happened(&proxy)?;
    tally.edits = account.acknowledged();
    Ok(tally)
}

/// Edits and syncs until the deck is empty; one of each round's records is edited again while its write is in doubt.
fn rounds(ctl: &Ctl, proxy: &FaultProxy, dice: &mut Dice, account: &mut Account) -> Result<()> {
    for round in 0..ROUNDS_MAX {
        if proxy.left() == 0 {
            println!("  {round} rounds");
            return Ok(());
        }
        let first = dice.below(KEYS);
        for n in 0..EDITS {
            let record = Edited::numbered("edit", (first + n) % KEYS);
            edit(ctl, account, &record, &format!("w{round}-{n}"))?;
        }
        trigger(ctl, account, &format!("w{round}"))?;
        ctl.sync()?;
        edit(
            ctl,
            account,
            &Edited::numbered("edit", first),
            &format!("w{round}-{EDITS}"),
        )?;
        ctl.sync()?;
    }
    anyhow::bail!("{} faults are left after {ROUNDS_MAX} rounds", proxy.left())
}

/// Each fault meets the first write of a push of many edits, the first of which are edited again while it is in doubt.
fn big_pushes(ctl: &Ctl, proxy: &FaultProxy, account: &mut Account) -> Result<()> {
    for (round, fault) in Fault::ALL.into_iter().enumerate() {
        let count = if round == 0 { MANY } else { SOME };
        edit_many(ctl, account, "wire", round, count)?;
        proxy.strike_next(Class::Write, fault);
        ctl.sync()?;
        for n in 0..EDITS {
            edit(
                ctl,
                account,
                &Edited::numbered("wire", n),
                &format!("wire{round}-{}", count + n),
            )?;
        }
        ctl.settle(SYNCS_MAX)?;
    }
    ensure!(proxy.left() == 0, "{} pushes met no fault", proxy.left());
    Ok(())
}

fn every_fault_happened(proxy: &FaultProxy) -> Result<()> {
    let injected = proxy.injected();
    for class in Class::ALL {
        for fault in Fault::ALL {
            ensure!(
                injected.contains_key(&(class, fault)),
                "{fault} never met a {class}"
            );
        }
    }
    Ok(())
}
