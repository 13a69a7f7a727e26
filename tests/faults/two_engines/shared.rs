//! A desktop of the two, and what both do together.

use std::collections::BTreeMap;
use std::ops::Range;
use std::thread;
use std::time::Duration;

use anyhow::{Result, bail, ensure};
use harness::airflow_server::Audit;
use harness::ctl::Ctl;
use harness::dice::Dice;
use harness::edited::{Collection, Edited};
use harness::watching_proxy::WatchingProxy;
use serde_json::Value;

use crate::fixture::{ARRIVAL_LIMIT, Fixture};

/// Turns until neither has anything left, at most.
const TURNS_MAX: usize = 80;
/// Between two turns that changed nothing.
const PAUSE: Duration = Duration::from_millis(500);
/// `leewardctl sync` exits so when something is in conflict, held, refused or in doubt.
const UNSETTLED: i32 = 3;

/// One of the two, with its own way to Airflow.
pub(super) struct Desktop {
    name: &'static str,
    ctl: Ctl,
    pub(super) proxy: WatchingProxy,
    /// Every edit that was acknowledged, by its text.
    pub(super) edits: BTreeMap<String, Edit>,
    /// Conflicts that were shown.
    pub(super) conflicts: usize,
}

/// An edit, and what its author saw.
pub(super) struct Edit {
    pub(super) record: Edited,
    /// What was shown when it was made.
    from: Option<String>,
    /// The values of Airflow's that it was decided against.
    pub(super) against: Vec<String>,
    /// A person took Airflow's value in its place.
    pub(super) given_up: bool,
}

impl Edit {
    /// Whether its author had seen this value.
    pub(super) fn shown(&self, text: &str) -> bool {
        self.from.as_deref() == Some(text) || self.against.iter().any(|against| against == text)
    }
}

impl Desktop {
    pub(super) fn open(fixture: &Fixture, name: &'static str) -> Result<Self> {
        let proxy = WatchingProxy::start(&fixture.server.base_url())?.keeping_writes_within(ARRIVAL_LIMIT);
        Ok(Self {
            name,
            ctl: fixture.desk(&proxy.base_url())?,
            proxy,
            edits: BTreeMap::new(),
            conflicts: 0,
        })
    }

    /// Edits of some of the records that both have; nobody else writes the same texts.
    pub(super) fn edit(&mut self, numbers: Range<usize>, text: &str) -> Result<()> {
        let mut shown = self.shown()?;
        for number in numbers {
            let record = Edited::numbered("both", number);
            let text = format!("{}-{text}-{number}", self.name);
            self.ctl.edit(&record, &text)?.exits(0)?;
            let edit = Edit {
                from: shown.remove(&record),
                record,
                against: Vec::new(),
                given_up: false,
            };
            self.edits.insert(text, edit);
        }
        Ok(())
    }

    /// The texts of all records, as this desktop shows them.
    fn shown(&self) -> Result<BTreeMap<Edited, String>> {
        let mut shown = BTreeMap::new();
        for collection in Collection::ALL {
            let list = self
                .ctl
                .run(&["records", "list", collection.name()])?
                .exits(0)?
                .json;
            let text = |record: &Value| {
                let text = record["fields"][collection.field()].as_str()?.to_owned();
                let key = record["key"].as_str()?.to_owned();
                Some((Edited { collection, key }, text))
            };
            shown.extend(list.as_array().into_iter().flatten().filter_map(text));
        }
        Ok(shown)
    }

    fn sync(&self) -> Result<i32> {
        self.proxy.begin();
        Ok(self.ctl.sync()?.code)
    }

    /// Decides every conflict that is shown, one way or the other; how many there were.
    fn decide(&mut self, dice: &mut Dice) -> Result<usize> {
        let list = self.ctl.run(&["conflicts", "list"])?.exits(0)?.json;
        let conflicts = list.as_array().cloned().unwrap_or_default();
        for conflict in &conflicts {
            self.decide_one(conflict, dice.one_in(2))?;
        }
        self.conflicts += conflicts.len();
        Ok(conflicts.len())
    }

    fn decide_one(&mut self, conflict: &Value, take_mine: bool) -> Result<()> {
        let [collection, key] = ["collection", "key"].map(|part| conflict[part].as_str().unwrap_or_default());
        let record: Edited = format!("{collection}/{key}").parse()?;
        let field = conflict["fields"].as_array().into_iter().flatten();
        let value = field
            .into_iter()
            .find(|field| field["name"] == record.collection.field());
        let texts = value.and_then(|field| Some((field["mine"].as_str()?, field["airflow"].as_str()?)));
        let Some((mine, airflow)) = texts else {
            bail!("a conflict without both values: {conflict}");
        };
        let Some(edit) = self.edits.get_mut(mine) else {
            bail!("a conflict about {mine}, which {} did not write", self.name);
        };
        if take_mine {
            edit.against.push(airflow.to_owned());
        } else {
            edit.given_up = true;
        }
        let take = if take_mine { "mine" } else { "airflow" };
        self.ctl
            .run(&["conflicts", "resolve", collection, key, "--take", take])?
            .exits(0)
            .map(drop)
    }
}

/// Both sync at the same time.
pub(super) fn sync_together(desks: &mut [Desktop; 2]) -> Result<()> {
    let mut running = Vec::new();
    for desk in desks.iter() {
        desk.proxy.begin();
        running.push(desk.ctl.begin_sync()?);
    }
    running.iter_mut().try_for_each(|sync| Ok(sync.wait().map(drop)?))
}

/// Syncs in turn, and decides what is in conflict, until nothing is left with either.
pub(super) fn decide_everything(desks: &mut [Desktop; 2], dice: &mut Dice) -> Result<()> {
    for _ in 0..TURNS_MAX {
        let mut settled = true;
        for desk in desks.iter_mut() {
            let code = desk.sync()?;
            let decided = desk.decide(dice)?;
            settled &= code == 0;
            if code == UNSETTLED && decided == 0 {
                thread::sleep(PAUSE);
            }
        }
        if settled {
            // What the second has just sent the first has not read yet.
            return desks.iter_mut().try_for_each(|desk| desk.sync().map(drop));
        }
    }
    bail!("the two are not settled after {TURNS_MAX} turns")
}

/// Both show of every record what Airflow has.
pub(super) fn same_everywhere(desks: &[Desktop; 2], audit: &Audit) -> Result<()> {
    for desk in desks {
        let shown = desk.shown()?;
        for edit in desk.edits.values() {
            let there = audit.now(&edit.record);
            ensure!(
                shown.get(&edit.record).map(String::as_str) == there,
                "{} shows {:?} for {}, and Airflow has {there:?}",
                desk.name,
                shown.get(&edit.record),
                edit.record
            );
        }
    }
    Ok(())
}
