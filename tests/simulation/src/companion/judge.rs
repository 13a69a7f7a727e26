//! The judges of these histories. They go by what desktops send and are told, by the store's own log, and by what people
//! typed; never by what the engine says of itself.

use super::tables::{COLLECTIONS, Rec, fields_of, texts, unit_of};
use super::world::{Sent, World};
use crate::fake_airflow::companion::Entry;
use crate::invariant::Invariant;
use crate::request::Asked;
use crate::truth::{DeskId, OpKind};
use http::Method;
use leeward_model::{Fields, Value};
use std::collections::BTreeMap;

const INGEST: &str = "leeward_ingest__";

impl World {
    /// A batch sets out: it is the same whenever it does, it was typed, and it is made on what its desktop was told.
    pub fn judge_batch(&mut self, desk: DeskId, asked: &Asked) {
        let Some(collection) = ingested(asked) else { return };
        let mut conf = asked.body["conf"].clone();
        conf.as_object_mut().map(|conf| conf.remove("attempt"));
        let batch = conf["batch"].as_str().unwrap_or_default().to_owned();
        if let Some(sent) = self.sent.get(&batch) {
            if sent.conf != conf || sent.desk != desk {
                let what = format!("desk {desk} sends another batch under the id {batch}: {conf}");
                self.violate(Invariant::BatchOnce, what);
            }
            return;
        }
        let store = conf["store_id"].as_str().unwrap_or_default().to_owned();
        let mut known = std::collections::BTreeSet::new();
        let changes = conf["changes"].as_array().cloned().unwrap_or_default();
        for change in &changes {
            let Some(rec) = Rec::of(&collection, change["key"].as_str().unwrap_or_default()) else {
                continue;
            };
            let told = self.sides[desk].known.iter().filter(|(of, ..)| *of == rec);
            known.extend(told.cloned());
            self.judge_change(desk, rec, &store, change);
        }
        self.sent.insert(batch, Sent { desk, conf, known });
    }

    fn judge_change(&mut self, desk: DeskId, rec: Rec, store: &str, change: &Value) {
        if let Some(base) = change["base"].as_u64() {
            let version = (store.to_owned(), rec, base);
            if !self.sides[desk].versions.contains(&version) {
                let what =
                    format!("desk {desk} changes {rec} on the version {base}, of which it was not told");
                self.violate(Invariant::VersionKnown, what);
            }
        }
        if change["op"] == "delete" {
            // Who takes back what was made and is on its way wants it gone.
            let is_asked = |kind| matches!(kind, OpKind::Delete | OpKind::Resolve(true) | OpKind::TakeBack);
            let mut own = self.ops.iter().filter(|op| op.desk == desk && op.rec == rec);
            if !own.any(|op| is_asked(op.kind)) {
                let what = format!("desk {desk} deletes {rec}, and nobody there did");
                self.violate(Invariant::NoPhantomDelete, what);
            }
            return;
        }
        for name in fields_of(rec.collection) {
            let Some(text) = change["set"][*name].as_str() else {
                continue;
            };
            let is_put_back = self.takes_back(desk, rec) > 0
                && self.sides[desk].known.contains(&(rec, *name, text.to_owned()));
            if !is_put_back && !self.has_typed(desk, rec, name, text) {
                let what =
                    format!("desk {desk} writes {text} into {name} of {rec}, and nobody typed it there");
                self.violate(Invariant::NoSilentOverwrite, what);
            }
        }
    }

    /// What came into the log since the last time.
    pub fn judge_log(&mut self) {
        for collection in COLLECTIONS {
            let from = self.judged.get(collection).copied().unwrap_or_default();
            let news: Vec<Entry> = self.log(collection).get(from..).unwrap_or_default().to_vec();
            self.judged.insert(collection, from + news.len());
            for entry in news {
                let Some(rec) = Rec::of(collection, &entry.key) else {
                    continue;
                };
                let who = entry.by.as_ref().map_or("SQL", |(batch, _)| batch.as_str());
                let shown =
                    |fields: &Option<Fields>| fields.as_ref().map_or_else(|| "nothing".to_owned(), told);
                let (before, after) = (shown(&entry.before), shown(&entry.fields));
                self.say(format_args!(
                    "the store: {} {rec} by {who}: {before} -> {after}",
                    entry.sequence
                ));
                if let Some((batch, change)) = &entry.by {
                    self.judge_entry(rec, &entry, batch, change);
                }
                self.note_arrivals(rec, entry.fields.as_ref());
            }
        }
    }

    fn judge_entry(&mut self, rec: Rec, entry: &Entry, batch: &str, change: &Value) {
        let Some(sent) = self.sent.get(batch).cloned() else {
            let what = format!("{rec} was changed by the batch {batch}, which nobody sent");
            return self.violate(Invariant::BatchOnce, what);
        };
        let store = self.airflow.companion.store_id.clone();
        let id = change["id"].as_str().unwrap_or_default().to_owned();
        if !self.done.insert((store.clone(), id)) {
            let what = format!(
                "the batch {batch} of desk {} took effect on {rec} twice",
                sent.desk
            );
            self.violate(Invariant::BatchOnce, what);
        }
        for (name, text) in differing(entry.before.as_ref(), entry.fields.as_ref()) {
            if let Some(text) = text {
                self.judge_put(&store, rec, (name, &text), sent.desk);
            }
            let before = entry
                .before
                .as_ref()
                .and_then(|before| before.get(name)?.as_str());
            let Some(before) = before else { continue };
            let is_known = sent.known.contains(&(rec, name, before.to_owned()))
                || self.has_typed(sent.desk, rec, name, before);
            if !is_known {
                let what = format!(
                    "desk {} writes over {before} in {name} of {rec}, which it did not know",
                    sent.desk
                );
                self.violate(Invariant::VersionKnown, what);
            }
        }
        self.judge_units(rec, entry, sent.desk, change);
    }

    /// A text is put there as often as it was typed.
    fn judge_put(&mut self, store: &str, rec: Rec, (name, text): (&'static str, &str), desk: DeskId) {
        let typed = self.ops.iter().filter(|op| {
            op.desk == desk && op.rec == rec && op.typed.get(name).is_some_and(|typed| typed == text)
        });
        // With a mirror goes under which id a batch was on its way: its work goes out as another one.
        let typed = typed.count() + self.takes_back(desk, rec) + self.sides[desk].mirror_losses;
        let place = (store.to_owned(), rec, name, text.to_owned(), desk);
        let count = self.puts.entry(place).or_default();
        *count += 1;
        if *count > typed {
            let what = format!(
                "desk {desk} put {text} into {name} of {rec} {count} times, and it was typed {typed} times"
            );
            self.violate(Invariant::BatchOnce, what);
        }
    }

    /// How often work on the record was taken back: what was on its way by then is put back to what it was.
    fn takes_back(&self, desk: DeskId, rec: Rec) -> usize {
        let own = self.ops.iter().filter(|op| op.desk == desk && op.rec == rec);
        own.filter(|op| op.kind == OpKind::TakeBack).count()
    }

    fn has_typed(&self, desk: DeskId, rec: Rec, name: &str, text: &str) -> bool {
        let mut own = self.ops.iter().filter(|op| op.desk == desk && op.rec == rec);
        own.any(|op| op.typed.get(name).is_some_and(|typed| typed == text))
    }

    /// What changes together was, before the change, as in the version that the change was made on.
    fn judge_units(&mut self, rec: Rec, entry: &Entry, desk: DeskId, change: &Value) {
        let base = self
            .log(rec.collection)
            .iter()
            .find(|one| one.key == entry.key && Some(one.sequence) == change["base"].as_u64());
        let at_base = base.and_then(|base| base.fields.clone()).unwrap_or_default();
        let before = entry.before.clone().unwrap_or_default();
        let touched = differing(entry.before.as_ref(), entry.fields.as_ref());
        let units = touched.iter().flat_map(|(name, _)| unit_of(name));
        let other = units
            .into_iter()
            .find(|name| at_base.get(**name) != before.get(**name));
        if let Some(name) = other {
            let what = format!(
                "a change of desk {desk} was applied to {rec}, whose {name} had changed since it was made"
            );
            self.violate(Invariant::VersionKnown, what);
        }
    }
}

/// The collection whose batch it sends.
fn ingested(asked: &Asked) -> Option<String> {
    match (&asked.method, asked.path.as_slice()) {
        (&Method::POST, [first, dag_id, last]) if first == "dags" && last == "dagRuns" => {
            dag_id.strip_prefix(INGEST).map(str::to_owned)
        }
        _ => None,
    }
}

/// The fields that people write which differ, and what each is afterwards.
fn differing(before: Option<&Fields>, after: Option<&Fields>) -> Vec<(&'static str, Option<String>)> {
    let of = |fields: Option<&Fields>| -> BTreeMap<&'static str, String> {
        let all = fields.into_iter().flat_map(texts);
        all.map(|(name, text)| (name, text.to_owned())).collect()
    };
    let (before, mut after) = (of(before), of(after));
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let gone: Vec<_> = gone.map(|name| (*name, None)).collect();
    after.retain(|name, text| before.get(name) != Some(text));
    after
        .into_iter()
        .map(|(name, text)| (name, Some(text)))
        .chain(gone)
        .collect()
}

fn told(fields: &Fields) -> String {
    let all: Vec<_> = texts(fields)
        .map(|(name, text)| format!("{name} {text}"))
        .collect();
    all.join(", ")
}
