//! One of the two desktops, and what its person saw and decided.

use std::collections::BTreeMap;
use std::process::Child;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use harness::ctl::Ctl;
use harness::dice::Dice;
use harness::fault_proxy::{Class, FaultProxy};
use serde_json::Value;

use super::{LIST, shown};
use crate::fixture::{Fixture, RATES, set};

/// Leeward waits so long for an answer; what is late is held back for longer.
const REQUEST_TIMEOUT_S: u32 = 4;
const HELD_BACK: Duration = Duration::from_secs(5);
/// Each fault meets each kind of request so often, until they are dealt anew.
const TIMES: usize = 1;

pub(super) struct Desk {
    pub(super) name: &'static str,
    ctl: Ctl,
    proxy: FaultProxy,
    /// Every edit that was acknowledged, by its text.
    pub(super) edits: BTreeMap<String, Edit>,
    pub(super) conflicts: usize,
}

/// An edit, and what its author saw.
#[derive(Debug, Default)]
pub(super) struct Edit {
    pub(super) key: String,
    /// What was shown when it was made.
    pub(super) from: Option<String>,
    /// The values of the database's that it was decided against.
    pub(super) against: Vec<String>,
    /// A person took the database's value in its place.
    pub(super) given_up: bool,
    /// Its author typed another one over it.
    pub(super) replaced: bool,
}

impl Desk {
    pub(super) fn open(fixture: &Fixture, name: &'static str, dice: &mut Dice) -> Result<Self> {
        let proxy = FaultProxy::start(&fixture.server.base_url(), HELD_BACK)?;
        let ctl = Ctl::connected(&fixture.server, &proxy.base_url())?;
        ctl.configure(|environment| environment.request_timeout_s = REQUEST_TIMEOUT_S)?;
        ctl.sync()?.exits(0)?;
        let desk = Self {
            name,
            ctl,
            proxy,
            edits: BTreeMap::new(),
            conflicts: 0,
        };
        desk.arm(dice);
        Ok(desk)
    }

    fn arm(&self, dice: &mut Dice) {
        self.proxy
            .arm(Dice::seeded(dice.number()), &[Class::Read, Class::Write], TIMES);
    }

    /// No request meets a fault from now on.
    pub(super) fn disarm(&self) {
        self.proxy.arm(Dice::seeded(0), &[], 0);
    }

    /// Faults that requests met so far.
    pub(super) fn faults(&self) -> usize {
        self.proxy.injected().values().sum()
    }

    /// Types a rate. A row in conflict takes none.
    pub(super) fn edit(&mut self, key: &str, text: &str) -> Result<()> {
        let from = self.rates()?.remove(key).flatten();
        let told = set(&self.ctl, key, &[&format!("rate={text}")])?;
        match told.code {
            0 => {}
            1 => return Ok(()),
            other => bail!("{} could not edit {key}: {other} {}", self.name, told.messages),
        }
        if let Some(before) = from.as_ref().and_then(|from| self.edits.get_mut(from)) {
            before.replaced = true;
        }
        let edit = Edit {
            key: key.to_owned(),
            from,
            ..Edit::default()
        };
        self.edits.insert(text.to_owned(), edit);
        Ok(())
    }

    pub(super) fn begin_sync(&self) -> Result<Child> {
        self.ctl.begin_sync()
    }

    pub(super) fn sync(&self) -> Result<i32> {
        Ok(self.ctl.sync()?.code)
    }

    pub(super) fn status(&self) -> Result<Value> {
        Ok(self.ctl.run(&["status"])?.json)
    }

    /// What it shows of each row.
    pub(super) fn rates(&self) -> Result<BTreeMap<String, Option<String>>> {
        Ok(shown(&self.ctl.run(&LIST)?.exits(0)?.json).into_iter().collect())
    }

    /// Decides every conflict that is shown, one way or the other; how many there were.
    pub(super) fn decide(&mut self, dice: &mut Dice) -> Result<usize> {
        if self.proxy.left() == 0 {
            self.arm(dice);
        }
        let list = self.ctl.run(&["conflicts", "list"])?.json;
        let conflicts = list.as_array().cloned().unwrap_or_default();
        for conflict in &conflicts {
            self.decide_one(conflict, dice.one_in(2))?;
        }
        self.conflicts += conflicts.len();
        Ok(conflicts.len())
    }

    fn decide_one(&mut self, conflict: &Value, take_mine: bool) -> Result<()> {
        let key = conflict["key"].as_str().context("a conflict with a key")?;
        let mut fields = conflict["fields"].as_array().into_iter().flatten();
        let rate = fields.find(|field| field["name"] == "rate");
        let rate = rate.with_context(|| format!("a conflict about nothing that was typed: {conflict}"))?;
        let mine = rate["mine"].as_str().with_context(|| conflict.to_string())?;
        let edit = self.edits.get_mut(mine);
        let edit = edit.with_context(|| format!("a conflict about {mine}, which nobody typed"))?;
        match rate["airflow"].as_str() {
            Some(theirs) if take_mine => edit.against.push(theirs.to_owned()),
            _ => edit.given_up = !take_mine,
        }
        let take = if take_mine { "mine" } else { "airflow" };
        let line = ["conflicts", "resolve", RATES, key, "--take", take];
        self.ctl.run(&line)?.exits(0).map(drop)
    }

    /// Its person says that the other database is right; what was typed for the one before it is of the past.
    pub(super) fn accept(&mut self) -> Result<()> {
        self.ctl.run(&["brake", "accept", RATES])?.exits(0)?;
        self.edits.clear();
        self.conflicts = 0;
        Ok(())
    }
}
