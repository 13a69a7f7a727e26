//! A tiny mirror beside a tiny Airflow whose reads are lossy: enough to carry a plan out.

use jiff::Timestamp;
use leeward_merge::{Effects, Op, Parts, Plan, Subject, reconcile, verifies};
use leeward_model::{BaseField, Collection, Conflict, Content, Overlay, OverlayField, Policy, Remote, Value};
use std::collections::BTreeMap;

/// The base of a record by field.
pub(crate) type Base = BTreeMap<String, BaseField>;

/// One record on both sides.
#[derive(Debug, Clone)]
pub(crate) struct BothSides {
    pub(crate) collection: Collection,
    pub(crate) base: Option<Base>,
    pub(crate) overlay: Option<Overlay>,
    pub(crate) remote: Remote,
    pub(crate) conflict: Option<Conflict>,
    /// What Airflow really holds, letter by letter.
    pub(crate) airflow: Option<BTreeMap<String, Value>>,
    pub(crate) now: Timestamp,
}

impl BothSides {
    /// An Airflow that holds this, and a mirror that has just read it.
    pub(crate) fn new(airflow: Option<BTreeMap<String, Value>>) -> Self {
        let mut sides = Self {
            collection: Collection::variables(),
            base: None,
            overlay: None,
            remote: Remote::Unknown,
            conflict: None,
            airflow,
            now: Timestamp::UNIX_EPOCH,
        };
        sides.observe();
        let plan = sides.plan();
        sides.carry_out(&plan);
        sides
    }

    pub(crate) fn with_policy(mut self, name: &str, policy: Policy) -> Self {
        for field in &mut self.collection.fields {
            if field.name == name {
                field.policy = policy;
            }
        }
        self
    }

    /// Edits a field, as the mirror applies a log entry.
    pub(crate) fn edit(&mut self, name: &str, to: Option<Value>) {
        let base = self.base.as_ref().and_then(|base| base.get(name)).cloned();
        let overlay = self.overlay.get_or_insert_default();
        let kept = overlay.fields.remove(name).map(|field| field.base);
        let base = kept.unwrap_or(base);
        let field = OverlayField { to, base };
        overlay.fields.insert(name.to_owned(), field);
    }

    /// Deletes the record as it is in the mirror.
    pub(crate) fn delete(&mut self) {
        let unseen = |base: &BaseField| OverlayField {
            to: None,
            base: Some(base.clone()),
        };
        let base = self.base.iter().flatten();
        let fields = base.map(|(name, base)| (name.clone(), unseen(base))).collect();
        self.overlay = Some(Overlay {
            fields,
            deleted: true,
        });
    }

    /// Another writer changes a field in Airflow.
    pub(crate) fn write_in_airflow(&mut self, name: &str, value: &str) {
        let record = self.airflow.get_or_insert_with(BTreeMap::new);
        record.insert(name.to_owned(), value.into());
    }

    pub(crate) fn observe(&mut self) {
        self.remote = match &self.airflow {
            None => Remote::Absent,
            Some(record) => Remote::Present(
                record
                    .iter()
                    .map(|(name, value)| (name.clone(), Content::Value(read_back(name, value))))
                    .collect(),
            ),
        };
    }

    pub(crate) fn plan(&self) -> Plan {
        reconcile(&Subject {
            collection: &self.collection,
            base: self.base.as_ref(),
            overlay: self.overlay.as_ref(),
            remote: &self.remote,
            conflict: self.conflict.as_ref(),
            now: self.now,
        })
    }

    /// The steps on the mirror; the write is left.
    pub(crate) fn carry_out(&mut self, plan: &Plan) {
        let mut parts = Parts {
            base: &mut self.base,
            overlay: &mut self.overlay,
            conflict: &mut self.conflict,
        };
        for op in &plan.ops {
            parts.carry_out(op, &mut Effects::default());
        }
    }

    fn move_base(&mut self, field: &str, base: &BaseField) {
        let fields = self.base.get_or_insert_default();
        fields.insert(field.to_owned(), base.clone());
    }

    fn drop_edit(&mut self, field: &str) {
        if let Some(overlay) = &mut self.overlay {
            overlay.fields.remove(field);
        }
    }

    /// The write to Airflow, and its read-back: the base moves for what reads back as sent.
    pub(crate) fn write(&mut self, plan: &Plan) {
        match plan.write() {
            Some(Op::Create { fields } | Op::Update { fields, .. }) => self.send(fields),
            Some(Op::Delete) => self.airflow = None,
            _ => {}
        }
        self.observe();
    }

    fn send(&mut self, fields: &BTreeMap<String, Value>) {
        let record = self.airflow.get_or_insert_with(BTreeMap::new);
        record.extend(fields.clone());
        self.observe();
        let Remote::Present(read) = self.remote.clone() else {
            return;
        };
        for (name, sent) in fields {
            let content = &read[name];
            if verifies(sent, content) {
                self.move_base(name, &BaseField::written(content.clone(), sent.clone()));
                self.drop_edit(name);
            }
        }
        self.overlay = self.overlay.take().filter(|edits| !edits.fields.is_empty());
    }

    /// Observe, reconcile, apply, verify.
    pub(crate) fn cycle(&mut self) {
        self.observe();
        let plan = self.plan();
        self.carry_out(&plan);
        self.write(&plan);
    }

    /// The field as the analyst sees it.
    pub(crate) fn local(&self, name: &str) -> Option<&Value> {
        let edit = self.overlay.as_ref().and_then(|overlay| overlay.fields.get(name));
        match edit {
            Some(field) => field.to.as_ref(),
            None => self.base.as_ref()?.get(name)?.local(),
        }
    }
}

/// Airflow 3 gives JSON in `value` back re-serialised, everything else as it is (docs/AIRFLOW.md H2).
fn read_back(name: &str, value: &Value) -> Value {
    match value.as_str() {
        Some(text) if name == "value" => reserialise(text).unwrap_or_else(|| text.to_owned()).into(),
        _ => value.clone(),
    }
}

/// As lossy as Python's, and more: keys come sorted.
pub(crate) fn reserialise(text: &str) -> Option<String> {
    let value: Value = serde_json::from_str(text).ok()?;
    Some(reduce(value).to_string())
}

fn reduce(value: Value) -> Value {
    match value {
        Value::Number(number) => respell(&number.to_string()),
        Value::Array(items) => items.into_iter().map(reduce).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(key, value)| (key, reduce(value)))
            .collect(),
        other => other,
    }
}

/// Integers stay, everything else goes through a 64-bit float.
fn respell(number: &str) -> Value {
    let is_integer = number.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit());
    let spelling = match number {
        "-0" => "0".to_owned(),
        _ if is_integer => number.to_owned(),
        _ => format!("{:?}", number.parse::<f64>().unwrap()),
    };
    serde_json::from_str(&spelling).unwrap()
}
