//! Violations: what two changes, each fine by itself, break together. They are a function of the records as the analyst
//! sees them, kept up to date with every record that is written; so an edit of any record that takes part settles them.
//! Each record is judged by looking up its own values, never by reading the others.

use crate::columns::parse;
use crate::constraint::Constraint;
use crate::{Ledger, StoreError, StoredRecord};
use leeward_model::{BrokenRule, MirrorPart, Value, Violation};
use rusqlite::{OptionalExtension, Params};

/// How a record stands to which others refer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Target {
    There,
    /// Its delete waits here: it takes part in the violation, and is not sent.
    Deleting,
    Gone,
    /// Not all of its collection was read: nothing is concluded from its absence.
    Unknown,
}

impl Target {
    fn is_nothing(self) -> bool {
        matches!(self, Self::Deleting | Self::Gone)
    }
}

/// At most two of the other records with a value.
const TWO_OTHERS: &str = "SELECT key FROM constraint_values WHERE collection = ?1 AND name = ?2 AND value = ?3 \
     AND key <> ?4 LIMIT 2";
const REFERRING: &str =
    "SELECT key FROM constraint_values WHERE collection = ?1 AND name = ?2 AND value = ?3";
const TARGET: &str = "SELECT base IS NOT NULL, overlay IS NOT NULL, \
     COALESCE(json_extract(overlay, '$.deleted'), 0) FROM records WHERE collection = ?1 AND key = ?2";
const TAKES_PART: &str = "SELECT EXISTS (SELECT 1 FROM violations WHERE collection = ?1 AND key = ?2)";

impl Ledger<'_> {
    /// Takes note of what a change of a record breaks or mends. `before` is what the mirror had, `after` what it has now.
    pub(crate) fn judge(
        &self,
        before: Option<&StoredRecord>,
        after: Option<&StoredRecord>,
    ) -> Result<(), StoreError> {
        let Some(record) = after.or(before) else {
            return Ok(());
        };
        let is_there = |record: Option<&StoredRecord>| {
            record.map_or((false, false), |record| (record.exists(), record.is_deleted()))
        };
        let has_moved = is_there(before) != is_there(after);
        for one in self.constraints()?.iter() {
            if one.collection == record.collection {
                self.judge_value(one, &record.key, before, after)?;
            }
            if has_moved && one.target.as_ref() == Some(&record.collection) {
                self.judge_references(one, &record.key)?;
            }
        }
        Ok(())
    }

    /// The same for one constraint of the record's own collection.
    pub(crate) fn judge_value(
        &self,
        one: &Constraint,
        key: &str,
        before: Option<&StoredRecord>,
        after: Option<&StoredRecord>,
    ) -> Result<(), StoreError> {
        let (old, new) = (one.value_of(before)?, one.value_of(after)?);
        if old == new {
            return Ok(());
        }
        if let Some(value) = old {
            let sql = "DELETE FROM constraint_values WHERE collection = ?1 AND name = ?2 AND value = ?3 AND key = ?4";
            self.tx
                .prepare_cached(sql)?
                .execute((&one.collection, &one.name, &value, key))?;
            self.value_left(one, &value, key)?;
        }
        if let Some(value) = new {
            let sql = "INSERT OR IGNORE INTO constraint_values (collection, name, value, key) VALUES (?1, ?2, ?3, ?4)";
            self.tx
                .prepare_cached(sql)?
                .execute((&one.collection, &one.name, &value, key))?;
            self.value_came(one, &value, key)?;
        }
        Ok(())
    }

    fn value_came(&self, one: &Constraint, value: &str, key: &str) -> Result<(), StoreError> {
        if let Some(target) = &one.target {
            return match self.target(target, value)? {
                Target::There | Target::Unknown => Ok(()),
                Target::Gone => self.mark(one, value, &one.collection, key),
                Target::Deleting => {
                    self.mark(one, value, &one.collection, key)?;
                    self.mark(one, value, target, value)
                }
            };
        }
        let others = self.two_others(one, value, key)?;
        if others.is_empty() {
            return Ok(());
        }
        self.mark(one, value, &one.collection, key)?;
        // Of several, each was marked when the second came.
        match others.as_slice() {
            [other] => self.mark(one, value, &one.collection, other),
            _ => Ok(()),
        }
    }

    fn value_left(&self, one: &Constraint, value: &str, key: &str) -> Result<(), StoreError> {
        self.unmark(one, value, &one.collection, key)?;
        let others = self.two_others(one, value, key)?;
        match (&one.target, others.as_slice()) {
            (Some(target), []) => self.unmark(one, value, target, value),
            (None, [last]) => self.unmark(one, value, &one.collection, last),
            _ => Ok(()),
        }
    }

    /// Judges the records that refer to this one.
    fn judge_references(&self, one: &Constraint, value: &str) -> Result<(), StoreError> {
        let Some(target) = &one.target else {
            return Ok(());
        };
        let stands = self.target(target, value)?;
        let keys = self.texts(REFERRING, (&one.collection, &one.name, value))?;
        for key in &keys {
            match stands.is_nothing() {
                true => self.mark(one, value, &one.collection, key)?,
                false => self.unmark(one, value, &one.collection, key)?,
            }
        }
        match stands == Target::Deleting && !keys.is_empty() {
            true => self.mark(one, value, target, value),
            false => self.unmark(one, value, target, value),
        }
    }

    /// Whether what refers to that record refers to nothing: it is not there, or its delete waits here. Of a collection that was
    /// not read to its end nothing is concluded.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn is_nothing(&self, collection: &str, key: &str) -> Result<bool, StoreError> {
        Ok(self.target(collection, key)?.is_nothing())
    }

    fn target(&self, collection: &str, key: &str) -> Result<Target, StoreError> {
        let mut select = self.tx.prepare_cached(TARGET)?;
        let found: Option<(bool, bool, bool)> = select
            .query_row((collection, key), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        Ok(match found {
            Some((_, true, true)) => Target::Deleting,
            Some((has_base, has_overlay, _)) if has_base || has_overlay => Target::There,
            _ if self.is_whole(collection)? => Target::Gone,
            _ => Target::Unknown,
        })
    }

    /// At most two of the other records with that value.
    fn two_others(&self, one: &Constraint, value: &str, key: &str) -> Result<Vec<String>, StoreError> {
        self.texts(TWO_OTHERS, (&one.collection, &one.name, value, key))
    }

    /// The one column of a query.
    fn texts(&self, sql: &str, params: impl Params) -> Result<Vec<String>, StoreError> {
        let mut select = self.tx.prepare_cached(sql)?;
        let rows = select.query_map(params, |row| row.get(0))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn mark(&self, one: &Constraint, value: &str, collection: &str, key: &str) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO violations (collection, key, owner, name, value, why) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let why = why_of_record(one, value, collection, key);
        let row = (collection, key, &one.collection, &one.name, value, why);
        match self.tx.prepare_cached(sql)?.execute(row)? {
            0 => Ok(()),
            _ => self.told_of(collection, key),
        }
    }

    fn unmark(&self, one: &Constraint, value: &str, collection: &str, key: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM violations WHERE collection = ?1 AND key = ?2 AND owner = ?3 AND name = ?4 \
                   AND value = ?5";
        let row = (collection, key, &one.collection, &one.name, value);
        match self.tx.prepare_cached(sql)?.execute(row)? {
            0 => Ok(()),
            _ => self.told_of(collection, key),
        }
    }

    /// The record takes part in another violation than before.
    fn told_of(&self, collection: &str, key: &str) -> Result<(), StoreError> {
        self.part_changed(MirrorPart::Violations)?;
        self.touch(collection, key)
    }

    /// The collection's constraints go: nothing breaks them any more.
    pub(crate) fn forget_violations_of(&self, owner: &str) -> Result<(), StoreError> {
        let sql = "SELECT DISTINCT collection, key FROM violations WHERE owner = ?1";
        let mut select = self.tx.prepare_cached(sql)?;
        let marked = select.query_map([owner], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let marked: Vec<(String, String)> = marked.collect::<Result<_, _>>()?;
        self.tx
            .prepare_cached("DELETE FROM violations WHERE owner = ?1")?
            .execute([owner])?;
        marked
            .iter()
            .try_for_each(|(collection, key)| self.told_of(collection, key))
    }

    /// What was last said by [`Ledger::note_whole`].
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn is_whole(&self, collection: &str) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM scans WHERE collection = ?1 AND is_whole = 1)";
        let mut select = self.tx.prepare_cached(sql)?;
        Ok(select.query_row([collection], |row| row.get(0))?)
    }

    /// Says whether a record of the collection that is not here is not in Airflow either: all of it was read, by an account
    /// that may. What refers to its records is judged by that.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn note_whole(&self, collection: &str, is_whole: bool) -> Result<(), StoreError> {
        if self.is_whole(collection)? == is_whole {
            return Ok(());
        }
        let sql = "INSERT INTO scans (collection, is_whole) VALUES (?1, ?2) \
                   ON CONFLICT (collection) DO UPDATE SET is_whole = excluded.is_whole";
        self.tx.prepare_cached(sql)?.execute((collection, is_whole))?;
        let sql = "SELECT DISTINCT value FROM constraint_values WHERE collection = ?1 AND name = ?2";
        let all = self.constraints()?;
        for one in all.iter().filter(|one| one.target.as_deref() == Some(collection)) {
            for value in self.texts(sql, (&one.collection, &one.name))? {
                self.judge_references(one, &value)?;
            }
        }
        Ok(())
    }

    /// Whether the record takes part in a violation: nothing of it is sent.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn violates(&self, collection: &str, key: &str) -> Result<bool, StoreError> {
        let mut select = self.tx.prepare_cached(TAKES_PART)?;
        Ok(select.query_row((collection, key), |row| row.get(0))?)
    }

    /// Everything that is broken, by collection and rule.
    ///
    /// # Errors
    /// `Corrupt` when a constraint cannot be read; those of SQLite.
    pub fn violations(&self) -> Result<Vec<Violation>, StoreError> {
        let sql = "SELECT value, key FROM violations WHERE owner = ?1 AND name = ?2 AND collection = ?1 \
                   ORDER BY value, key";
        let mut all = Vec::new();
        for one in self.constraints()?.iter() {
            let mut select = self.tx.prepare_cached(sql)?;
            let mut rows = select.query((&one.collection, &one.name))?;
            let mut last: Option<(String, Violation)> = None;
            while let Some(row) = rows.next()? {
                let (value, key): (String, String) = (row.get(0)?, row.get(1)?);
                match &mut last {
                    Some((known, violation)) if *known == value => violation.keys.push(key),
                    _ => {
                        let next = violation(one, &value, key)?;
                        all.extend(last.replace((value, next)).map(|(_, violation)| violation));
                    }
                }
            }
            all.extend(last.map(|(_, violation)| violation));
        }
        Ok(all)
    }
}

fn violation(one: &Constraint, value: &str, key: String) -> Result<Violation, StoreError> {
    let names = one.fields.join(" and ");
    let (rule, why) = match &one.target {
        Some(target) => (BrokenRule::Reference, refers_to_nothing(&names, value, target)),
        None => (
            BrokenRule::Unique,
            format!("These records have the same {names}. No two may."),
        ),
    };
    let values = match &one.target {
        Some(_) => vec![Value::String(value.to_owned())],
        None => parse(value, "the values of a violation")?,
    };
    Ok(Violation {
        collection: one.collection.clone(),
        rule,
        keys: vec![key],
        fields: one.fields.clone(),
        values,
        refers_to: one.target.clone(),
        why,
    })
}

/// Why nothing of the record is sent.
fn why_of_record(one: &Constraint, value: &str, collection: &str, key: &str) -> String {
    let names = one.fields.join(" and ");
    match &one.target {
        Some(target) if target == collection && value == key => {
            format!("Records of {} refer to this one, in {names}.", one.collection)
        }
        Some(target) => refers_to_nothing(&names, value, target),
        None => format!("Another record has the same {names}. No two may."),
    }
}

fn refers_to_nothing(name: &str, value: &str, target: &str) -> String {
    format!("{name} refers to {value}, and {target} has no such record.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fresh, Mirror};
    use ulid::Ulid;

    /// However many records there are.
    #[test]
    fn an_edit_reads_no_table_from_end_to_end() {
        let fresh = Fresh {
            store_id: Ulid::from(1u128),
            secret_key: [1; 32],
        };
        let mut mirror = Mirror::open_in_memory(&fresh).unwrap();
        for sql in [TWO_OTHERS, REFERRING, TARGET, TAKES_PART] {
            let plan = mirror.read(|ledger| {
                let mut explain = ledger.tx.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
                let mut rows = explain.raw_query();
                let mut steps = Vec::new();
                while let Some(row) = rows.next()? {
                    steps.push(row.get::<_, String>(3)?);
                }
                Ok::<_, StoreError>(steps)
            });
            let plan = plan.unwrap();
            assert!(plan.iter().any(|step| step.starts_with("SEARCH")), "{plan:?}");
            let is_a_table = |step: &String| step.starts_with("SCAN") && step != "SCAN CONSTANT ROW";
            assert!(!plan.iter().any(is_a_table), "{plan:?}");
        }
    }
}
