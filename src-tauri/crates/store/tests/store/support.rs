//! A mirror in a folder of its own, and short ways to say what the tests say often.

use jiff::Timestamp;
use leeward_model::{
    BaseField, Change, Content, Entry, EntryKind, Handshake, RecordState, RecordView, Remote, Slot,
    VARIABLES, Value,
};
use leeward_store::{Fresh, Ledger, Mirror, StoreError, StoredRecord};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::PathBuf;
use tempfile::TempDir;
use ulid::Ulid;

pub(crate) const WINDOW: &str = "window";
pub(crate) const CTL: &str = "leewardctl";

pub(crate) fn now() -> Timestamp {
    at(0)
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

pub(crate) fn id(number: u128) -> Ulid {
    Ulid::from(number)
}

pub(crate) fn fresh(number: u8) -> Fresh {
    Fresh {
        store_id: id(number.into()),
        secret_key: [number; 32],
    }
}

/// A mirror with a window that has shaken hands; counts its entries.
pub(crate) struct Fixture {
    pub(crate) dir: TempDir,
    pub(crate) mirror: Mirror,
    pub(crate) epoch: u64,
    pub(crate) seq: u64,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut mirror = Mirror::open(&dir.path().join("mirror.db"), &fresh(1)).unwrap();
        let epoch = mirror
            .write(|ledger| ledger.handshake(&hello(None)))
            .unwrap()
            .epoch;
        Self {
            dir,
            mirror,
            epoch,
            seq: 0,
        }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("mirror.db")
    }

    /// What Airflow has, confirmed: base and remote.
    pub(crate) fn confirmed(&mut self, key: &str, fields: &[(&str, Value)]) {
        let mut record = self
            .record(key)
            .unwrap_or_else(|| StoredRecord::new(VARIABLES, key));
        record.base = Some(bases(fields));
        record.remote = remote(fields);
        self.write(|ledger| ledger.save(&record, now()));
    }

    /// What Airflow has, observed and not yet reconciled.
    pub(crate) fn observed(&mut self, key: &str, fields: &[(&str, Value)]) {
        let remote = remote(fields);
        self.write(|ledger| ledger.set_remote(VARIABLES, key, &remote, now()));
    }

    pub(crate) fn absent(&mut self, key: &str) {
        self.write(|ledger| ledger.set_remote(VARIABLES, key, &Remote::Absent, now()));
    }

    /// Pushes an entry of the window's; its number and id are given here.
    pub(crate) fn push(&mut self, mut entry: Entry) -> Entry {
        self.seq += 1;
        entry.seq = self.seq;
        entry.id = id(1_000 + u128::from(self.seq));
        let (epoch, seq) = (self.epoch, self.seq);
        let sent = entry.clone();
        self.write(|ledger| ledger.push(WINDOW, epoch, seq, &[sent], now()));
        entry
    }

    pub(crate) fn edit(&mut self, key: &str, fields: &[(&str, Slot, Value)]) -> Entry {
        self.push(edit(key, fields))
    }

    pub(crate) fn record(&mut self, key: &str) -> Option<StoredRecord> {
        self.mirror.read(|ledger| ledger.record(VARIABLES, key)).unwrap()
    }

    pub(crate) fn view(&mut self, key: &str) -> RecordView {
        self.record(key).unwrap().view()
    }

    pub(crate) fn state(&mut self, key: &str) -> RecordState {
        self.record(key).unwrap().state()
    }

    pub(crate) fn local(&mut self, key: &str, field: &str) -> Slot {
        self.record(key)?.local(field).cloned()
    }

    pub(crate) fn write<T>(&mut self, f: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError>) -> T {
        self.mirror.write(f).unwrap()
    }

    pub(crate) fn read<T>(&mut self, f: impl FnOnce(&Ledger<'_>) -> Result<T, StoreError>) -> T {
        self.mirror.read(f).unwrap()
    }

    /// A handshake that says what this window would.
    pub(crate) fn hello(&mut self) -> Handshake {
        let store_id = self.read(|ledger| ledger.store_id());
        Handshake {
            store_id: Some(store_id),
            epoch: self.epoch,
            last_seq: self.seq,
            ..hello(None)
        }
    }
}

pub(crate) fn hello(store_id: Option<Ulid>) -> Handshake {
    Handshake {
        client: WINDOW.into(),
        store_id,
        epoch: 0,
        last_seq: 0,
        cursor: 0,
        environment: None,
        pulled_at: None,
        entered: None,
        digest: leeward_model::Digest::default(),
        tail: Vec::new(),
    }
}

pub(crate) fn bases(fields: &[(&str, Value)]) -> BTreeMap<String, BaseField> {
    fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), base(value.clone())))
        .collect()
}

pub(crate) fn base(value: Value) -> BaseField {
    BaseField::seen(Content::Value(value))
}

pub(crate) fn remote(fields: &[(&str, Value)]) -> Remote {
    let content = |(name, value): &(&str, Value)| ((*name).to_owned(), Content::Value(value.clone()));
    Remote::Present(fields.iter().map(content).collect())
}

pub(crate) fn variable(value: &str) -> [(&'static str, Value); 2] {
    [("value", json!(value)), ("description", Value::Null)]
}

pub(crate) fn entry(kind: EntryKind, key: &str) -> Entry {
    Entry {
        id: id(0),
        seq: 0,
        kind,
        collection: VARIABLES.into(),
        key: key.into(),
        fields: BTreeMap::new(),
        creates: false,
        mine: None,
        deleted: false,
        action: None,
        reason: None,
        at: at(5),
    }
}

pub(crate) fn edit(key: &str, fields: &[(&str, Slot, Value)]) -> Entry {
    let change = |(name, from, to): &(&str, Slot, Value)| {
        (
            (*name).to_owned(),
            Change {
                from: from.clone(),
                to: Some(to.clone()),
            },
        )
    };
    Entry {
        fields: fields.iter().map(change).collect(),
        ..entry(EntryKind::Edit, key)
    }
}

pub(crate) fn resolve(key: &str, fields: &[(&str, Slot, Value)]) -> Entry {
    Entry {
        kind: EntryKind::Resolve,
        ..edit(key, fields)
    }
}

pub(crate) fn delete(key: &str, seen: &[(&str, Value)]) -> Entry {
    let change = |(name, from): &(&str, Value)| {
        (
            (*name).to_owned(),
            Change {
                from: Some(from.clone()),
                to: None,
            },
        )
    };
    Entry {
        fields: seen.iter().map(change).collect(),
        ..entry(EntryKind::Delete, key)
    }
}

pub(crate) fn text(value: &str) -> Slot {
    Some(json!(value))
}
