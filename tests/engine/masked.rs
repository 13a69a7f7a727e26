//! Secrets in any place of a value, and an Airflow that masks more of them at any moment: whatever an analyst and others do,
//! no request holds a mask, and no value in Airflow loses a secret. Each history is made of its seed.

mod values;

use crate::desk::{Desk, Fault, is_write, text};
use harness::dice::Dice;
use harness::fake_airflow::masker::Rules;
use harness::fake_airflow::{FakeAirflow, Row};
use leeward_model::sensitive::MASK;
use leeward_model::{RecordState, secret_ref};
use std::collections::{BTreeMap, BTreeSet};
use values::{Template, changed};

/// Histories in a run of everything; `LEEWARD_MASKS_HISTORIES` plays more.
const HISTORIES: u64 = 100;
const STEPS: u64 = 24;
const KEYS: usize = 3;
/// Longer than the time in which a write without an answer may still take effect.
const SETTLED: jiff::SignedDuration = jiff::SignedDuration::from_secs(121);

#[tokio::test]
async fn no_mask_is_sent_and_no_secret_lost() {
    let first = Dice::from_environment("LEEWARD_MASKS_SEED").seed();
    let given = std::env::var("LEEWARD_MASKS_HISTORIES").ok();
    let histories = given.and_then(|number| number.parse().ok()).unwrap_or(HISTORIES);
    let mut tally = Tally::default();
    for seed in first..first + histories {
        let mut history = History::new(seed);
        history.play().await;
        tally.add(&history.tally);
    }
    // What never happened would prove nothing.
    assert!(
        tally.masked > 0 && tally.edits > 0 && tally.replaced > 0 && tally.sent > 0 && tally.asked > 0,
        "{tally:?}"
    );
}

/// What happened, so that a run that tries nothing is noticed.
#[derive(Debug, Default)]
struct Tally {
    masked: usize,
    edits: usize,
    replaced: usize,
    sent: usize,
    asked: usize,
}

impl Tally {
    fn add(&mut self, other: &Self) {
        self.masked += other.masked;
        self.edits += other.edits;
        self.replaced += other.replaced;
        self.sent += other.sent;
        self.asked += other.asked;
    }
}

/// One analyst, others, and an Airflow that meets secrets.
struct History {
    seed: u64,
    dice: Dice,
    desk: Desk,
    /// What each value was, the newest last: an edit that stands on an older one may bring its secrets back.
    templates: BTreeMap<String, Vec<Template>>,
    /// Pending deletes that ask a person, since Airflow's value changed.
    asking: BTreeSet<String>,
    told: Vec<String>,
    opened: usize,
    replacements: usize,
    tally: Tally,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut dice = Dice::seeded(seed);
        let desk = Desk::new(&[]);
        let rules = [Rules::Current, Rules::Older][dice.below(2)];
        let templates: BTreeMap<String, Vec<Template>> = (0..KEYS)
            .map(|number| (format!("key_{number}"), vec![Template::draw(&mut dice)]))
            .collect();
        desk.airflow(|airflow| {
            *airflow = FakeAirflow::default().with_rules(rules);
            for (key, template) in &templates {
                let raw = template[0].text();
                airflow.variables.insert(
                    key.clone(),
                    Row {
                        raw,
                        description: None,
                    },
                );
            }
        });
        Self {
            seed,
            dice,
            desk,
            templates,
            asking: BTreeSet::new(),
            told: Vec::new(),
            opened: 0,
            replacements: 0,
            tally: Tally::default(),
        }
    }

    async fn play(&mut self) {
        self.sync().await;
        for _ in 0..STEPS {
            self.step().await;
            self.check();
        }
        self.finish().await;
    }

    async fn step(&mut self) {
        let key = format!("key_{}", self.dice.below(KEYS));
        match self.dice.below(15) {
            0..=2 => self.sync().await,
            3 | 4 => self.edit(&key),
            5 => self.describe(&key),
            6 => self.replace(&key),
            7 => self.other_changes(&key),
            8 | 9 => self.meet(&key),
            10 => self.another_process(),
            11 => self.delete(&key),
            12 | 13 => self.other_rotates(&key),
            _ => self.settle_or_strike(&key),
        }
    }

    async fn sync(&mut self) {
        self.say("sync".to_owned());
        // A fault can end a cycle; what was sent until then counts all the same.
        if let Ok(summary) = self.desk.engine.cycle().await {
            self.tally.sent += usize::try_from(summary.pushed).unwrap_or_default();
        }
        self.desk.leave_alone();
        self.check_deletes();
    }

    /// That masks come and go answers no question: a delete that asks stays one, and is not sent.
    fn check_deletes(&mut self) {
        let asks = |key: &String| {
            let record = self.desk.find(key);
            record.is_some_and(|record| record.deleted && record.state == RecordState::Conflict)
        };
        let asking: BTreeSet<String> = self.templates.keys().filter(|key| asks(key)).cloned().collect();
        let answered: Vec<&String> = self.asking.difference(&asking).collect();
        assert!(
            answered.is_empty(),
            "nobody was asked about the delete of {answered:?}\n{}",
            self.story()
        );
        self.tally.asked += asking.len();
        self.asking = asking;
    }

    /// The analyst changes a part of what is shown.
    fn edit(&mut self, key: &str) {
        let shown = self.desk.find(key);
        let value = shown.and_then(|record| record.fields.get("value")?.as_str().map(str::to_owned));
        let Some(new) = value.and_then(|value| changed(&value, &mut self.dice)) else {
            return;
        };
        self.say(format!("edit {key}: {new}"));
        self.asking.remove(key);
        self.tally.edits += 1;
        self.desk.edit(key, &new);
    }

    fn describe(&mut self, key: &str) {
        let Some(record) = self.desk.find(key) else { return };
        let from = record.fields.get("description").cloned();
        let to = format!("described {}", self.dice.below(100));
        self.say(format!("describe {key}: {to}"));
        self.asking.remove(key);
        self.desk.edit_from("window", key, "description", from, text(&to));
    }

    fn delete(&mut self, key: &str) {
        if self
            .desk
            .find(key)
            .is_some_and(|record| record.state == RecordState::Clean)
        {
            self.say(format!("delete {key}"));
            self.desk.delete(key);
        }
    }

    /// Another puts other secrets in their place; what was deleted is made anew.
    fn other_rotates(&mut self, key: &str) {
        let rotated = self.newest(key).rotated(&mut self.dice);
        self.say(format!("another rotates {key}: {}", rotated.text()));
        self.asking.remove(key);
        self.desk.set_in_ui("bob", key, &rotated.text());
        self.templates.entry(key.to_owned()).or_default().push(rotated);
    }

    fn newest(&self, key: &str) -> Template {
        self.templates[key].last().cloned().expect("there is one")
    }

    /// The analyst types the whole value anew where it is sealed.
    fn replace(&mut self, key: &str) {
        let is_sealed = self
            .desk
            .find(key)
            .is_some_and(|record| !record.sealed.is_empty());
        let Some(new) = changed(&self.newest(key).text(), &mut self.dice).filter(|_| is_sealed) else {
            return;
        };
        self.say(format!("replace {key}: {new}"));
        self.asking.remove(key);
        self.tally.replaced += 1;
        self.replacements += 1;
        let id = format!("id-{}", self.replacements);
        self.desk.drawer.0.lock().unwrap().insert(id.clone(), new);
        self.desk.edit_from("window", key, "value", None, secret_ref(&id));
    }

    fn other_changes(&mut self, key: &str) {
        let raw = self.desk.raw(key).unwrap_or_default();
        let Some(new) = changed(&raw, &mut self.dice) else {
            return;
        };
        self.say(format!("another changes {key}: {new}"));
        self.asking.remove(key);
        self.desk.set_in_ui("bob", key, &new);
    }

    /// Airflow meets a secret of this value, or all that it ever had.
    fn meet(&mut self, key: &str) {
        let mut secrets: Vec<String> = self.templates[key]
            .iter()
            .flat_map(|template| template.secrets().to_vec())
            .collect();
        if self.dice.one_in(2) {
            secrets = vec![secrets.swap_remove(self.dice.below(secrets.len()))];
        }
        self.say(format!("Airflow meets {secrets:?}"));
        for secret in secrets {
            self.opened += 1;
            let id = format!("connection-{}", self.opened);
            self.desk.airflow(|airflow| airflow.open_connection(&id, &secret));
        }
    }

    fn another_process(&mut self) {
        let process = self.dice.below(2);
        if self.dice.one_in(3) {
            self.say("Airflow starts again".to_owned());
            self.desk.airflow(FakeAirflow::restart);
        } else {
            self.say(format!("process {process} answers"));
            self.desk.airflow(|airflow| airflow.answer_by(process));
        }
    }

    fn settle_or_strike(&mut self, key: &str) {
        let conflict = self.desk.find(key).and_then(|record| record.conflict);
        let Some(conflict) = conflict else {
            let faults = [
                Fault::AnswerLost,
                Fault::RequestLost,
                Fault::Refused,
                Fault::Trouble,
            ];
            let fault = faults[self.dice.below(faults.len())];
            self.say(format!("the next write meets {fault:?}"));
            self.desk.strike_next(is_write, fault);
            return;
        };
        self.asking.remove(key);
        let mine: Vec<_> = conflict
            .fields
            .iter()
            .filter_map(|field| Some((field.name.as_str(), field.mine.clone()?)))
            .collect();
        if mine.len() == conflict.fields.len() && self.dice.one_in(2) {
            self.say(format!("take mine of {key}"));
            self.desk.resolve(key, &mine, false);
        } else {
            self.say(format!("take back {key}"));
            self.desk.take_back(key);
        }
    }

    /// Everything is let go or arrives, and then nothing is sent any more.
    async fn finish(&mut self) {
        for _ in 0..6 {
            self.asking.clear();
            for key in self.templates.keys() {
                let settled = [RecordState::Clean, RecordState::Pending, RecordState::InDoubt];
                if self
                    .desk
                    .find(key)
                    .is_some_and(|record| !settled.contains(&record.state))
                {
                    self.desk.take_back(key);
                }
            }
            self.sync().await;
            self.desk.clock.pass(SETTLED);
        }
        self.check();
        let last = self.desk.sync().await;
        assert!(
            last.pushed == 0 && last.in_doubt == 0,
            "{last:?}\n{}",
            self.story()
        );
        for key in self.templates.keys().filter(|key| self.desk.find(key).is_some()) {
            assert_eq!(
                self.desk.state(key),
                RecordState::Clean,
                "{key}\n{}",
                self.story()
            );
        }
    }

    fn check(&mut self) {
        for body in self.desk.wire.take_written() {
            let asked = String::from_utf8_lossy(&body);
            assert!(!holds_mask(&asked), "a mask was sent: {asked}\n{}", self.story());
        }
        for (key, templates) in &self.templates {
            let raw = self.desk.raw(key);
            assert!(
                raw.as_ref()
                    .is_none_or(|raw| templates.iter().any(|template| template.is_whole(raw))),
                "{key} lost a secret: {raw:?}\n{}",
                self.story()
            );
            let raw = raw.unwrap_or_default();
            let record = self.desk.find(key);
            let shown = record
                .and_then(|record| serde_json::to_string(&record).ok())
                .unwrap_or_default();
            assert!(!holds_mask(&shown), "a mask is shown: {shown}\n{}", self.story());
            self.tally.masked += usize::from(self.desk.is_masked(key, &raw));
        }
        assert!(
            !holds_mask(&String::from_utf8_lossy(&self.desk.bytes_on_disk())),
            "{}",
            self.story()
        );
    }

    fn say(&mut self, step: String) {
        self.told.push(step);
    }

    fn story(&self) -> String {
        format!(
            "LEEWARD_MASKS_SEED={} LEEWARD_MASKS_HISTORIES=1\n{}",
            self.seed,
            self.told.join("\n")
        )
    }
}

fn holds_mask(text: &str) -> bool {
    text.contains(MASK)
}

impl Desk {
    /// Whether Airflow shows less than it holds.
    fn is_masked(&self, key: &str, raw: &str) -> bool {
        self.airflow(|airflow| {
            let shown = harness::fake_airflow::python_json::masked(airflow.masker(), key, raw);
            shown.contains(MASK)
        })
    }
}
