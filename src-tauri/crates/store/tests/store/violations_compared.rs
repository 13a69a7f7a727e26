//! What is kept of violations is what comparing all records gives, whatever happens to them.

use crate::support::{Fixture, bases, now, remote};
use leeward_model::{Overlay, OverlayField, Value};
use leeward_store::{Ledger, StoreError, StoredRecord};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn text(&mut self, all: &[&str]) -> Value {
        let at = usize::try_from(self.below(all.len() as u64)).unwrap();
        json!(all[at])
    }
}

const KEYS: [&str; 4] = ["a", "b", "c", "d"];

/// A record as it may come about: known or not, edited, deleted, gone.
fn any_record(dice: &mut Dice) -> StoredRecord {
    let collection = if dice.below(2) == 0 { "currencies" } else { "fx" };
    let key = dice.text(&KEYS).as_str().unwrap().to_owned();
    let names: &[&str] = if collection == "fx" {
        &["currency", "after"]
    } else {
        &["name"]
    };
    let mut record = StoredRecord::new(collection, &key);
    if dice.below(4) > 0 {
        let mut fields = Vec::new();
        for name in names {
            if dice.below(4) > 0 {
                fields.push((*name, dice.text(&KEYS)));
            }
        }
        record.base = Some(bases(&fields));
        record.remote = remote(&fields);
    }
    match dice.below(4) {
        0 => {
            record.overlay = Some(Overlay {
                fields: BTreeMap::new(),
                deleted: true,
            });
        }
        1 => {
            let to = (dice.below(3) > 0).then(|| dice.text(&KEYS));
            record.overlay = Some(Overlay {
                fields: [(names[0].to_owned(), OverlayField { to, base: None })].into(),
                deleted: false,
            });
        }
        _ => {}
    }
    record
}

/// What is broken by all records, each compared with each: the records that take part.
fn by_hand(ledger: &Ledger<'_>) -> Result<BTreeSet<(String, String)>, StoreError> {
    let (money, rates) = (ledger.records("currencies")?, ledger.records("fx")?);
    let mut broken = BTreeSet::new();
    let local = |record: &StoredRecord, name: &str| {
        let value = record.exists().then(|| record.local(name).cloned());
        value.flatten()
    };
    for one in &money {
        let name = local(one, "name");
        let same = money.iter().filter(|other| local(other, "name") == name).count();
        if name.is_some() && same > 1 {
            broken.insert(("currencies".to_owned(), one.key.clone()));
        }
    }
    for (field, collection, targets) in [("currency", "currencies", &money), ("after", "fx", &rates)] {
        for rate in &rates {
            let Some(value) = local(rate, field) else { continue };
            let target = targets.iter().find(|target| value == json!(target.key));
            if target.is_some_and(StoredRecord::exists) {
                continue;
            }
            if target.is_some_and(StoredRecord::is_deleted) {
                broken.insert((collection.to_owned(), target.map(|one| one.key.clone()).unwrap()));
            } else if !ledger.is_whole(collection)? {
                continue;
            }
            broken.insert(("fx".to_owned(), rate.key.clone()));
        }
    }
    Ok(broken)
}

#[test]
fn what_is_kept_up_to_date_is_what_comparing_all_records_gives() {
    for seed in 1..=40 {
        let mut dice = Dice(seed);
        let mut fixture = Fixture::with_rules();
        for step in 0..60 {
            if dice.below(10) == 0 {
                let collection = if dice.below(2) == 0 { "currencies" } else { "fx" };
                let is_whole = dice.below(2) == 0;
                fixture.whole(collection, is_whole);
            } else {
                let record = any_record(&mut dice);
                fixture.write(|ledger| ledger.save(&record, now()));
            }
            let (expected, marked) =
                fixture.read(|ledger| Ok::<_, StoreError>((by_hand(ledger)?, marked(ledger)?)));
            assert_eq!(marked, expected, "seed {seed}, step {step}");
        }
    }
}

/// The records that say of themselves that they break a rule.
fn marked(ledger: &Ledger<'_>) -> Result<BTreeSet<(String, String)>, StoreError> {
    let mut all = ledger.records("currencies")?;
    all.extend(ledger.records("fx")?);
    let broken = all.into_iter().filter(|record| record.violation.is_some());
    Ok(broken.map(|record| (record.collection, record.key)).collect())
}
