//! A model of the companion: what its DAGs do with batches, and what they publish. Its verdicts are those of
//! `airflow/leeward_companion`; rules between records and the reading of hostile batches are left to that.

use std::collections::{BTreeMap, BTreeSet};

use leeward_model::{Fields, Value};
use leeward_schema::{DataModel, Merge};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::FakeAirflow;
use super::dags::{FakeDag, FakeRun};
use super::masker::Rules;

const INGEST: &str = "leeward_ingest__";
const PUBLISH: &str = "leeward_publish";
/// A text longer than this is several XComs: short, so that tests meet it.
const CHUNK: usize = 2000;
/// The longest reason of a change, in characters.
const REASON_MAX: usize = 10_000;
const ANOTHER_STORE: &str = "The batch was made on another store than this is now: the database was restored, or replaced by another. \
                             Read the newest snapshot, compare the changes with it, and send them as a new batch.";
/// Nobody can say what a change has seen that names such a version.
const UNKNOWN_BASE: &str = "was made on a version of the record that the log does not have: it is older than what is kept, or of a state \
                            of the store before it was restored";

/// The store.
#[derive(Debug, Clone)]
pub struct Companion {
    /// Which store it is.
    pub store_id: String,
    /// The newest number that was given out.
    pub sequence: u64,
    /// The collections by name.
    pub collections: BTreeMap<String, Kept>,
    /// Records whose changes break a rule that only the database knows, and which one.
    pub refuses: BTreeMap<String, String>,
    /// Outcomes have no room for records: they come with the next publication.
    pub leaves_out_rows: bool,
    /// What tasks left: DAG, run, task, key.
    pub xcoms: BTreeMap<[String; 4], String>,
    /// What is wrong with the store, on purpose.
    pub spoilt: Spoilt,
    /// Batches by id: what was sent, and the outcome that was told.
    batches: BTreeMap<String, (Value, String)>,
    runs: u64,
}

impl Default for Companion {
    fn default() -> Self {
        Self {
            store_id: "store-1".into(),
            sequence: 0,
            collections: BTreeMap::new(),
            refuses: BTreeMap::new(),
            leaves_out_rows: false,
            xcoms: BTreeMap::new(),
            spoilt: Spoilt::default(),
            batches: BTreeMap::new(),
            runs: 0,
        }
    }
}

/// Faults that a store could have, each to prove that somebody sees it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spoilt {
    /// Changes are applied whatever they were made on.
    pub compares_nothing: bool,
    /// A batch that comes again is carried out again, whatever it was made on.
    pub repeats_batches: bool,
    /// The last entry of each part of the log is not published.
    pub drops_entries: bool,
}

/// A collection in the store.
#[derive(Debug, Clone)]
pub struct Kept {
    /// By key: the version and the fields, as JSON has them.
    pub rows: BTreeMap<String, (u64, Fields)>,
    /// Every change, oldest first.
    pub log: Vec<Entry>,
    model: DataModel,
    published: Vec<Published>,
}

/// A change of a record.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number, which is the record's version from then on.
    pub sequence: u64,
    /// The version of the data model that it was made with.
    model: u32,
    /// The record.
    pub key: String,
    /// `create`, `put` or `delete`.
    pub op: &'static str,
    /// The record before it.
    pub before: Option<Fields>,
    /// The whole record after it.
    pub fields: Option<Fields>,
    /// The batch, and the change in it; `None`: it was written by SQL.
    pub by: Option<(String, Value)>,
    touched: BTreeSet<String>,
    author: String,
}

#[derive(Debug, Clone)]
struct Published {
    is_snapshot: bool,
    model: u32,
    from: u64,
    to: u64,
    run: String,
    text: String,
}

enum Verdict {
    Applied {
        after: Option<Fields>,
        touched: BTreeSet<String>,
        op: Option<&'static str>,
        tells_row: bool,
    },
    Conflict {
        fields: Vec<String>,
        /// The change was made on a version that the log does not have.
        is_unknown: bool,
    },
    Refused {
        why: Vec<(String, String)>,
    },
}

impl Companion {
    pub(super) fn xcom(&self, [dag_id, run_id, task_id, key]: [&str; 4]) -> Option<&str> {
        let place = [
            dag_id.to_owned(),
            run_id.to_owned(),
            task_id.to_owned(),
            key.to_owned(),
        ];
        self.xcoms.get(&place).map(String::as_str)
    }

    /// Somebody writes a record by SQL; `None` deletes it. It is in the log with the next run that looks.
    pub fn write(&mut self, collection: &str, key: &str, fields: Option<Value>) {
        let fields = fields.map(|fields| serde_json::from_value(fields).unwrap_or_default());
        let sequence = self.next();
        if let Some(kept) = self.collections.get_mut(collection) {
            kept.enter(sequence, key, fields, "outside");
        }
    }

    fn next(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// The database is put back to an earlier state, and is another store by that. What tasks told is in Airflow's.
    pub fn restore(&mut self, earlier: &Self) {
        let (xcoms, runs) = (self.xcoms.clone(), self.runs);
        *self = earlier.clone();
        (self.xcoms, self.runs) = (xcoms, runs);
        self.store_id = format!("{}-restored", self.store_id);
        for kept in self.collections.values_mut() {
            kept.published.clear();
        }
    }

    /// What a snapshot makes up for is thrown away.
    pub fn prune(&mut self) {
        for (name, kept) in &mut self.collections {
            let newest = kept.published.iter().rposition(|one| one.is_snapshot);
            let to = newest.map_or(0, |place| kept.published[place].to);
            let mut place = 0;
            kept.published.retain(|one| {
                place += 1;
                let stays = Some(place - 1) == newest || one.to > to;
                if !stays {
                    for at in 0..one.pieces().len() {
                        let gone = [PUBLISH, &one.run, "publish", &one.name(name, at)].map(str::to_owned);
                        self.xcoms.remove(&gone);
                    }
                }
                stays
            });
        }
    }

    /// Everything that was published is lost, as where Airflow's runs were cleaned up.
    pub fn lose_publications(&mut self) {
        self.xcoms.retain(|[dag_id, ..], _| dag_id != PUBLISH);
    }

    fn ingest(&mut self, collection: &str, conf: &Value) -> String {
        let mut said = conf.clone();
        said.as_object_mut().map(|said| said.remove("attempt"));
        let id = conf["batch"].as_str().unwrap_or_default().to_owned();
        let comes_again = self.batches.get(&id).filter(|(known, _)| *known == said);
        let repeats = self.spoilt.repeats_batches && comes_again.is_some();
        if let Some((_, outcome)) = comes_again.filter(|_| !repeats) {
            return outcome.clone();
        }
        let Some(kept) = self.collections.get(collection).cloned() else {
            return String::new();
        };
        let head = json!({"leeward": 1, "collection": collection, "model": kept.model.version(), "batch": id,
            "store_id": self.store_id});
        let refused = |why: &str| {
            let mut told = head.clone();
            (told["result"], told["why"]) = ("refused".into(), why.into());
            told.to_string()
        };
        if conf["store_id"]
            .as_str()
            .is_some_and(|known| known != self.store_id)
        {
            return refused(ANOTHER_STORE);
        }
        let version = kept.model.version();
        if conf["model"].as_u64() != Some(version.into()) {
            return refused(&format!(
                "The batch was made with version {} of the data model; here it is version {version}.",
                conf["model"]
            ));
        }
        let changes = conf["changes"].as_array().into_iter().flatten();
        let reasons = changes.filter_map(|change| change["reason"].as_str());
        if reasons
            .chain(conf["client"]["name"].as_str())
            .any(|text| text.chars().count() > REASON_MAX || text.contains('\0'))
        {
            return refused("changes/0/reason must be a text of at most 10000 characters.");
        }
        let mut told = head.clone();
        (told["result"], told["changes"]) = ("done".into(), json!([]));
        for change in conf["changes"].as_array().into_iter().flatten() {
            let mut change = change.clone();
            if repeats || self.spoilt.compares_nothing {
                let now = self.collections[collection]
                    .rows
                    .get(change["key"].as_str().unwrap_or_default());
                change["base"] = now.map(|(version, _)| *version).into();
            }
            let mut outcome = self.change(collection, &id, &change);
            if self.leaves_out_rows && outcome["row"].is_object() {
                outcome.as_object_mut().map(|told| told.remove("row"));
                outcome["left_out"] = true.into();
            }
            if let Some(all) = told["changes"].as_array_mut() {
                all.push(outcome);
            }
        }
        told["sequence"] = self.sequence.into();
        let told = told.to_string();
        self.batches.insert(id, (said, told.clone()));
        told
    }

    fn change(&mut self, collection: &str, batch: &str, change: &Value) -> Value {
        let key = change["key"].as_str().unwrap_or_default();
        let mut told = json!({"id": change["id"], "key": key});
        let Some(kept) = self.collections.get(collection) else {
            return told;
        };
        let now = kept.rows.get(key).cloned();
        let last = kept.log.iter().rev().find(|entry| entry.key == key);
        told["version"] = last.map_or(Value::Null, |entry| entry.sequence.into());
        let verdict = match self.refuses.get(key) {
            Some(why) => Verdict::Refused {
                why: vec![("rate".into(), why.clone())],
            },
            None => kept.decide(key, change),
        };
        match verdict {
            Verdict::Conflict { fields, is_unknown } => {
                (told["outcome"], told["fields"]) = ("conflict".into(), fields.into());
                if is_unknown {
                    told["why"] = json!([{"field": "", "why": UNKNOWN_BASE}]);
                }
                told["row"] = now.as_ref().map_or(Value::Null, |(_, fields)| json!(fields));
            }
            Verdict::Refused { why } => {
                let why = why
                    .into_iter()
                    .map(|(field, why)| json!({"field": field, "why": why}));
                (told["outcome"], told["why"]) = ("refused".into(), why.collect());
            }
            Verdict::Applied {
                after,
                touched,
                op,
                tells_row,
            } => {
                told["outcome"] = "applied".into();
                if tells_row {
                    told["row"] = json!(after);
                }
                if let Some(op) = op {
                    let sequence = self.next();
                    told["version"] = sequence.into();
                    if let Some(kept) = self.collections.get_mut(collection) {
                        kept.put(Entry {
                            sequence,
                            model: kept.model.version(),
                            key: key.into(),
                            op,
                            before: now.map(|(_, fields)| fields),
                            fields: after,
                            by: Some((batch.to_owned(), change.clone())),
                            touched,
                            author: "ann".into(),
                        });
                    }
                }
            }
        }
        told
    }

    fn publish(&mut self, run: &str, wants_snapshot: bool) {
        let (store_id, sequence) = (self.store_id.clone(), self.sequence);
        let mut collections = json!({});
        let drops = self.spoilt.drops_entries;
        for (name, kept) in &mut self.collections {
            collections[name] = kept.publish(name, &store_id, sequence, run, (wants_snapshot, drops));
            for one in kept.published.iter().filter(|one| one.run == run) {
                for (at, piece) in one.pieces().into_iter().enumerate() {
                    let place = [PUBLISH, run, "publish", &one.name(name, at)].map(str::to_owned);
                    self.xcoms.insert(place, piece);
                }
            }
        }
        let head = json!({"leeward": 1, "store_id": store_id, "sequence": sequence, "collections": collections,
            "troubles": {}});
        let place = [PUBLISH, run, "publish", "head"].map(str::to_owned);
        self.xcoms.insert(place, head.to_string());
    }
}

impl Kept {
    fn enter(&mut self, sequence: u64, key: &str, fields: Option<Fields>, author: &str) {
        let before = self.rows.get(key).map(|(_, fields)| fields.clone());
        let known = before.clone();
        let op = match (&before, &fields) {
            (_, None) => "delete",
            (None, Some(_)) => "create",
            (Some(_), Some(_)) => "put",
        };
        let (was, is) = (before.unwrap_or_default(), fields.clone().unwrap_or_default());
        let names = was.keys().chain(is.keys());
        let touched = names
            .filter(|name| was.get(*name) != is.get(*name))
            .cloned()
            .collect();
        self.put(Entry {
            sequence,
            model: self.model.version(),
            key: key.into(),
            op,
            before: known,
            fields,
            by: None,
            touched,
            author: author.into(),
        });
    }

    fn put(&mut self, entry: Entry) {
        match &entry.fields {
            Some(fields) => {
                self.rows
                    .insert(entry.key.clone(), (entry.sequence, fields.clone()));
            }
            None => {
                self.rows.remove(&entry.key);
            }
        }
        self.log.push(entry);
    }

    fn decide(&self, key: &str, change: &Value) -> Verdict {
        let now = self.rows.get(key);
        let base = change["base"].as_u64();
        let past: Vec<&Entry> = self.log.iter().filter(|entry| entry.key == key).collect();
        let since: Option<Vec<&&Entry>> = past
            .iter()
            .any(|entry| Some(entry.sequence) == base)
            .then(|| past.iter().filter(|entry| Some(entry.sequence) > base).collect());
        let nothing = |after: Option<Fields>, tells_row| Verdict::Applied {
            after,
            touched: BTreeSet::new(),
            op: None,
            tells_row,
        };
        if change["op"] == "delete" {
            return match (now, since) {
                (None, _) => nothing(None, false),
                (Some((_, fields)), Some(since)) if since.is_empty() => Verdict::Applied {
                    after: None,
                    touched: fields.keys().cloned().collect(),
                    op: Some("delete"),
                    tells_row: false,
                },
                (Some(_), since) => Verdict::Conflict {
                    fields: Vec::new(),
                    is_unknown: since.is_none() && base.is_some(),
                },
            };
        }
        let (set, unset) = (members(&change["set"]), names(&change["unset"]));
        let (taken, why) = self.take(&set, &unset);
        if !why.is_empty() {
            return Verdict::Refused { why };
        }
        let Some((version, before)) = now else {
            return self.create(key, base, &taken, &unset, &set);
        };
        let was = self.model.read_record(before);
        let differing: BTreeSet<String> = taken
            .iter()
            .filter(|(name, value)| was.get(*name) != Some(value))
            .map(|(name, _)| name.clone())
            .chain(unset.iter().filter(|name| was.contains_key(*name)).cloned())
            .collect();
        let tells_row = Some(*version) != base;
        if differing.is_empty() {
            return nothing(Some(before.clone()), tells_row);
        }
        let is_unknown = since.is_none() && base.is_some();
        let clash = |name: &&String| {
            since.as_ref().is_none_or(|since| {
                since
                    .iter()
                    .any(|entry| entry.op != "put" || self.clashes(name, &entry.touched))
            })
        };
        let clashing: Vec<String> = differing.iter().filter(clash).cloned().collect();
        if !clashing.is_empty() {
            return Verdict::Conflict {
                fields: clashing,
                is_unknown,
            };
        }
        let after = self.model.write_record(before.clone(), &taken, &unset);
        self.applied(after.into_iter().collect(), differing, "put", tells_row)
    }

    fn create(
        &self,
        key: &str,
        base: Option<u64>,
        taken: &Fields,
        unset: &BTreeSet<String>,
        set: &Fields,
    ) -> Verdict {
        if base.is_some() {
            return Verdict::Conflict {
                fields: Vec::new(),
                is_unknown: false,
            };
        }
        let own = match self.model.fields_of_key(key) {
            Ok(own) => own,
            Err(fault) => {
                return Verdict::Refused {
                    why: vec![(String::new(), format!("has no key of this collection. {fault}"))],
                };
            }
        };
        let mut all = taken.clone();
        all.extend(own.clone());
        let after: Fields = self
            .model
            .write_record(Fields::new(), &all, [])
            .into_iter()
            .collect();
        let after: Fields = after
            .into_iter()
            .filter(|(name, _)| !unset.contains(name))
            .collect();
        let tells_row = after
            .keys()
            .any(|name| !set.contains_key(name) && !own.contains_key(name));
        let touched = after.keys().cloned().collect();
        self.applied(after, touched, "create", tells_row)
    }

    fn applied(
        &self,
        after: Fields,
        touched: BTreeSet<String>,
        op: &'static str,
        tells_row: bool,
    ) -> Verdict {
        let why = self.model.check(&self.model.read_record(&after));
        match why.is_empty() {
            false => Verdict::Refused { why },
            true => Verdict::Applied {
                after: Some(after),
                touched,
                op: Some(op),
                tells_row,
            },
        }
    }

    fn take(&self, set: &Fields, unset: &BTreeSet<String>) -> (Fields, Vec<(String, String)>) {
        let (mut taken, mut why) = (Fields::new(), Vec::new());
        for (name, value) in set {
            match self.model.field(name).map(|field| field.kind.take(value)) {
                None => {
                    let version = self.model.version();
                    why.push((
                        name.clone(),
                        format!("is no field of version {version} of the data model"),
                    ));
                }
                Some(Err(reason)) => why.push((name.clone(), reason)),
                Some(Ok(value)) => {
                    taken.insert(name.clone(), value);
                }
            }
        }
        let is_required = |name: &&String| self.model.field(name).is_some_and(|field| field.required);
        why.extend(
            unset
                .iter()
                .filter(is_required)
                .map(|name| (name.clone(), "is required".to_owned())),
        );
        (taken, why)
    }

    fn clashes(&self, name: &str, touched: &BTreeSet<String>) -> bool {
        match self.model.merge() {
            Merge::Record => true,
            Merge::Groups(groups) => {
                let group = groups.iter().find(|group| group.iter().any(|one| one == name));
                match group {
                    Some(group) => group.iter().any(|one| touched.contains(one)),
                    None => touched.contains(name),
                }
            }
        }
    }

    fn publish(
        &mut self,
        name: &str,
        store_id: &str,
        sequence: u64,
        run: &str,
        (wants_snapshot, drops_one): (bool, bool),
    ) -> Value {
        let covered = self.published.iter().map(|one| one.to).max();
        let said = |kind: &str, from: u64| {
            json!({"leeward": 1, "kind": kind, "store_id": store_id, "collection": name,
                "model": self.model.version(), "from": from, "to": sequence})
        };
        let mut news = Vec::new();
        if let Some(covered) = covered {
            let mut fresh: Vec<Value> = self
                .log
                .iter()
                .filter(|entry| entry.sequence > covered)
                .map(|entry| {
                    json!({"sequence": entry.sequence, "key": entry.key, "fields": entry.fields, "author": entry.author,
                        "op": if entry.op == "delete" { "delete" } else { "put" }, "model": entry.model,
                        "reason": entry.by.as_ref().map(|(_, change)| &change["reason"]),
                        "at": "2026-01-01T00:00:00Z"})
                })
                .collect();
            if !fresh.is_empty() {
                if drops_one {
                    fresh.pop();
                }
                let mut body = said("segment", covered);
                body["changes"] = fresh.into();
                news.push((false, covered, body));
            }
        }
        let last = self.published.iter().rev().find(|one| one.is_snapshot);
        if last.is_none_or(|last| wants_snapshot || last.model != self.model.version()) {
            let mut body = said("snapshot", 0);
            let rows = self.rows.iter();
            body["records"] = rows
                .map(|(key, (version, fields))| json!([key, version, fields]))
                .collect();
            news.push((true, 0, body));
        }
        self.published
            .extend(news.into_iter().map(|(is_snapshot, from, body)| Published {
                is_snapshot,
                model: self.model.version(),
                from,
                to: sequence,
                run: run.to_owned(),
                text: body.to_string(),
            }));
        let snapshot = self.published.iter().rev().find(|one| one.is_snapshot);
        let segments = self.published.iter().filter(|one| !one.is_snapshot);
        json!({
            "model": self.model.version(), "rows": self.rows.len(), "digest": self.digest(),
            "snapshot": snapshot.map(|one| one.said(name)),
            "segments": segments.map(|one| one.said(name)).collect::<Vec<_>>(),
        })
    }

    fn digest(&self) -> String {
        let lines = self
            .rows
            .iter()
            .map(|(key, (version, _))| format!("{}:{version}\n", json!(key)));
        hash(&lines.collect::<String>())
    }
}

impl Published {
    fn said(&self, collection: &str) -> Value {
        let pieces = 0..self.pieces().len();
        json!({"from": self.from, "to": self.to, "model": self.model, "rows": 0, "sha256": hash(&self.text), "run": self.run,
            "pieces": pieces.map(|at| self.name(collection, at)).collect::<Vec<_>>()})
    }

    fn name(&self, collection: &str, at: usize) -> String {
        let kind = if self.is_snapshot { "snapshot" } else { "segment" };
        format!("{kind}-{}-{at}-{collection}", self.to)
    }

    fn pieces(&self) -> Vec<String> {
        let chars: Vec<char> = self.text.chars().collect();
        chars.chunks(CHUNK).map(|part| part.iter().collect()).collect()
    }
}

impl FakeAirflow {
    /// A collection of the companion comes: its DAG, and the one that publishes.
    pub fn offer(&mut self, model: &str) -> Result<(), String> {
        let read = DataModel::read(model).map_err(|faults| format!("{faults:?}"))?;
        let name = read.collection().to_owned();
        let param =
            json!({"value": model, "schema": {"type": "string", "const": model}, "description": null});
        self.dags.retain(|dag| dag.dag_id != format!("{INGEST}{name}"));
        let dag = |dag_id: &str, params: Value| FakeDag {
            dag_id: dag_id.to_owned(),
            display_name: dag_id.to_owned(),
            is_paused: false,
            tags: vec!["leeward".into()],
            params,
        };
        self.dags
            .push(dag(&format!("{INGEST}{name}"), json!({"leeward_model": param})));
        if !self.dags.iter().any(|dag| dag.dag_id == PUBLISH) {
            self.dags.push(dag(PUBLISH, json!({})));
        }
        self.dags.sort_by(|one, other| one.dag_id.cmp(&other.dag_id));
        let kept = self.companion.collections.entry(name).or_insert_with(|| Kept {
            rows: BTreeMap::new(),
            model: read.clone(),
            log: Vec::new(),
            published: Vec::new(),
        });
        for (_, fields) in kept.rows.values_mut() {
            *fields = kept.model.migrate(&read, std::mem::take(fields));
        }
        kept.model = read;
        Ok(())
    }

    /// A run that applies another desktop's batch, from its beginning to its end.
    pub fn apply(&mut self, collection: &str, batch: Value) {
        let (dag, id) = (
            format!("{INGEST}{collection}"),
            format!("theirs-{}", self.runs.len()),
        );
        let mut run = FakeRun::scheduled(&dag, id, self.now);
        run.conf = batch;
        self.runs.push(run);
        self.tick();
        self.tick();
    }

    /// A scheduled run of the DAG that publishes, from its beginning to its end.
    pub fn publish(&mut self) {
        let run = self.start_publishing(false);
        self.tick();
        self.tick();
        debug_assert!(self.companion.xcom([PUBLISH, &run, "publish", "head"]).is_some());
    }

    /// An XCom's text as the API gives it: before 3.3 as JSON within JSON.
    pub(super) fn as_left(&self, text: &str) -> Value {
        match self.rules {
            Rules::Current => text.into(),
            Rules::Older => Value::String(json!(text).to_string()),
        }
    }

    /// A scheduled run of the DAG that publishes, which waits for the scheduler.
    pub fn start_publishing(&mut self, wants_snapshot: bool) -> String {
        self.companion.runs += 1;
        let run_id = format!("scheduled__{}", self.companion.runs);
        let mut run = FakeRun::scheduled(PUBLISH, run_id.clone(), self.now);
        if wants_snapshot {
            run.conf = json!({"snapshot": true});
        }
        self.runs.push(run);
        run_id
    }

    /// What a run of the companion's DAGs has done.
    pub(super) fn companion_ran(&mut self, run: &FakeRun) {
        if run.dag_id == PUBLISH {
            let wants_snapshot = run.conf["snapshot"] == true;
            self.companion.publish(&run.run_id, wants_snapshot);
        } else if let Some(collection) = run.dag_id.strip_prefix(INGEST) {
            let before = self.companion.sequence;
            let outcome = self.companion.ingest(collection, &run.conf);
            let place = [&run.dag_id, &run.run_id, "ingest", "return_value"].map(str::to_owned);
            self.companion.xcoms.insert(place, outcome);
            if self.companion.sequence > before {
                self.start_publishing(false);
            }
        }
    }
}

fn members(value: &Value) -> Fields {
    value
        .as_object()
        .map(|members| members.clone().into_iter().collect())
        .unwrap_or_default()
}

fn names(value: &Value) -> BTreeSet<String> {
    let names = value.as_array().into_iter().flatten();
    names.filter_map(|name| Some(name.as_str()?.to_owned())).collect()
}

fn hash(text: &str) -> String {
    Sha256::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}
