//! Two desktops with data folders of their own, one Airflow: both edit the same variables and pools and sync at the same time.

mod shared;

use anyhow::{Result, ensure};
use harness::account::Found;
use harness::airflow_server::Audit;
use harness::dice::Dice;
use harness::watching_proxy::{Seen, WatchedWrite};

use crate::fixture::Fixture;
use crate::tally::Tally;
use shared::Desktop;

/// Rounds in which both edit and sync, on each kind of database.
const ROUNDS: usize = 5;
/// Records that both edit in every round.
const KEYS: usize = 6;
/// Records of the big push: each edits two thirds of them, and half of those are the other's too.
const MANY_KEYS: usize = 300;

/// Requests between a read and the write that rests on it, at most: the declared window is no longer than that.
const WINDOW_REQUESTS_MAX: usize = 4;

pub(crate) fn survived(fixture: &mut Fixture, dice: &mut Dice) -> Result<Tally> {
    let mut desks = [Desktop::open(fixture, "a")?, Desktop::open(fixture, "b")?];
    for round in 0..ROUNDS {
        for desk in &mut desks {
            desk.edit(0..KEYS, &round.to_string())?;
        }
        shared::sync_together(&mut desks)?;
        shared::decide_everything(&mut desks, dice)?;
    }
    let third = MANY_KEYS / 3;
    for (desk, first) in desks.iter_mut().zip([0, third]) {
        desk.edit(first..first + 2 * third, "many")?;
    }
    shared::sync_together(&mut desks)?;
    shared::decide_everything(&mut desks, dice)?;
    account_for(fixture, &desks)
}

/// Every edit arrived or was given up by a person who was shown the conflict; nothing was replaced unseen.
fn account_for(fixture: &Fixture, desks: &[Desktop; 2]) -> Result<Tally> {
    let audit = fixture.server.read_audit()?;
    let mut tally = Tally::default();
    for desk in desks {
        tally.edits += desk.edits.len();
        tally.acknowledged += desk.edits.len();
        tally.faults += desk.conflicts;
        tally.found(arrived_or_given_up(desk, &audit));
    }
    let overwrites = overwrites(desks, &audit);
    println!(
        "  conflicts shown {}, replaced within the declared window {}, replaced unseen {}",
        tally.faults,
        overwrites.within_the_window,
        overwrites.silent.len()
    );
    ensure!(tally.faults > 0, "the two never met");
    ensure!(
        overwrites.silent.is_empty(),
        "replaced unseen: {:?}",
        overwrites.silent
    );
    shared::same_everywhere(desks, &audit)?;
    Ok(tally)
}

fn arrived_or_given_up(desk: &Desktop, audit: &Audit) -> Found {
    let mut found = Found::default();
    for (text, edit) in &desk.edits {
        if audit.has(&edit.record, text) || edit.given_up {
            found.found += 1;
        } else {
            found.lost.push(format!("{} = {text}", edit.record));
        }
        // A person who was shown the other's value may put their own back.
        if edit.against.is_empty() {
            let returned = audit.returned(&edit.record).into_iter();
            let again = returned.filter(|back| *back == text);
            found
                .doubled
                .extend(again.map(|text| format!("{} = {text}", edit.record)));
        }
    }
    found
}

#[derive(Default)]
struct Overwrites {
    /// The writer had read the record before the value that it replaced was there.
    within_the_window: usize,
    /// The writer knew what it replaced, and nobody had been asked; or it had not looked.
    silent: Vec<String>,
}

/// Whether the writer read the record right before its write, and the other's value was not there yet.
fn looked_before(write: &WatchedWrite, was: &str) -> bool {
    let knew = match &write.seen {
        Seen::Never => true,
        Seen::Absent => false,
        Seen::Text(seen) => seen == was,
    };
    !knew && write.requests_between <= WINDOW_REQUESTS_MAX
}

/// Values of the one that the other replaced without a person having seen them.
fn overwrites(desks: &[Desktop; 2], audit: &Audit) -> Overwrites {
    let mut overwrites = Overwrites::default();
    for (record, was, now) in audit.replaced() {
        let Some((desk, edit)) = desks.iter().find_map(|desk| Some((desk, desk.edits.get(now)?))) else {
            continue;
        };
        if was == now || desk.edits.contains_key(was) || edit.shown(was) {
            continue;
        }
        let writes = desk.proxy.writes();
        let write = writes
            .iter()
            .rfind(|write| write.record == *record && write.text == now);
        match write {
            Some(write) if looked_before(write, was) => overwrites.within_the_window += 1,
            _ => overwrites.silent.push(format!("{was} by {now}: {write:?}")),
        }
    }
    overwrites
}
