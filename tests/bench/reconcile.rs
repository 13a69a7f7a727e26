//! Reconcile over a million records of which nothing changed.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use anyhow::{Result, ensure};
use jiff::Timestamp;
use leeward_merge::{Subject, reconcile};
use leeward_model::{BaseField, Collection, Content, Remote};

use crate::pairs::{Pairs, Side};
use crate::row::{Goal, Row};
use crate::rows_of;

/// Records that differ from each other; more would only fill the memory.
const DISTINCT: usize = 100_000;
const PASSES: usize = 10;

struct Record {
    base: BTreeMap<String, BaseField>,
    remote: Remote,
}

pub(crate) fn measure() -> Result<Vec<Row>> {
    let records: Vec<Record> = (0..DISTINCT).map(record).collect();
    let pairs = Pairs::measure(|side, _| {
        let began = Instant::now();
        let unchanged: usize = (0..PASSES)
            .map(|_| match side {
                Side::Ours => reconciled(&records),
                Side::Reference => compared(&records),
            })
            .sum();
        ensure!(
            unchanged == DISTINCT * PASSES,
            "{unchanged} records are unchanged"
        );
        Ok(rows_of::a_second(unchanged, began.elapsed()))
    })?;
    let reference = "comparing base and remote field by field, same data";
    let row = Row::new(
        "reconcile_unchanged",
        "records/s",
        reference,
        &pairs,
        Goal::AtLeast(1e6),
    );
    Ok(vec![row.note(format!(
        "{PASSES} passes over {DISTINCT} records of two fields, on one thread"
    ))])
}

fn record(number: usize) -> Record {
    let fields = rows_of::fields(number);
    let content = |(name, value)| (name, Content::Value(value));
    let remote: BTreeMap<String, Content> = fields.into_iter().map(content).collect();
    let base = |(name, content): (&String, &Content)| (name.clone(), BaseField::seen(content.clone()));
    Record {
        base: remote.iter().map(base).collect(),
        remote: Remote::Present(remote),
    }
}

fn reconciled(records: &[Record]) -> usize {
    let collection = Collection::variables();
    let plan = |record: &Record| {
        reconcile(&Subject {
            collection: &collection,
            base: Some(black_box(&record.base)),
            overlay: None,
            remote: black_box(&record.remote),
            conflict: None,
            now: Timestamp::UNIX_EPOCH,
        })
    };
    records.iter().filter(|record| plan(record).is_empty()).count()
}

fn compared(records: &[Record]) -> usize {
    let same = |record: &&Record| {
        let (base, Remote::Present(remote)) = (black_box(&record.base), black_box(&record.remote)) else {
            return false;
        };
        base.len() == remote.len()
            && base
                .iter()
                .all(|(name, field)| remote.get(name) == Some(&field.seen))
    };
    records.iter().filter(same).count()
}
