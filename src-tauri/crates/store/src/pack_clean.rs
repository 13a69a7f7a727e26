//! Records of which nothing is pending, packed for the window without being taken apart: a first fill is a hundred thousand of
//! them, and their values go out as they are stored.

use crate::columns::{counter, some_time};
use crate::record::LedgerForm;
use crate::{Ledger, StoreError};
use leeward_model::{PackedRecord, PackedRest, RecordState};
use rusqlite::OptionalExtension;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A field's base with nothing but what Airflow returned.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown<'t> {
    #[serde(borrow)]
    seen: Seen<'t>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Seen<'t> {
    #[serde(borrow)]
    Value(&'t RawValue),
}

/// A record of which nothing is pending.
const UNWATCHED: &str = "SELECT base, changed_at, rev, verified_rev FROM records WHERE collection = ?1 AND key = ?2 \
     AND base IS NOT NULL AND overlay IS NULL AND conflict IS NULL AND rejected IS NULL AND reason IS NULL";

/// The same, and nothing of it is in flight or breaks a rule together with others.
const WATCHED: &str = "SELECT base, changed_at, rev, verified_rev FROM records WHERE collection = ?1 AND key = ?2 \
     AND base IS NOT NULL AND overlay IS NULL AND conflict IS NULL AND rejected IS NULL AND reason IS NULL \
     AND NOT EXISTS (SELECT 1 FROM intents i WHERE i.collection = ?1 AND i.key = ?2) \
     AND NOT EXISTS (SELECT 1 FROM violations v WHERE v.collection = ?1 AND v.key = ?2)";

impl Ledger<'_> {
    /// Whether any record is in flight or breaks a rule. Mostly none is, and no record need be looked up there.
    pub(crate) fn watches_any(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM intents) OR EXISTS (SELECT 1 FROM violations)";
        Ok(self.tx.prepare_cached(sql)?.query_row([], |row| row.get(0))?)
    }

    /// The record, packed as [`PackedRecord::of`] packs its view; `None` where that takes more than its values as they are
    /// stored: something is pending, secret, or a number or JSON that the window may not be able to hold.
    pub(crate) fn pack_clean(
        &self,
        collection: &str,
        key: &str,
        (included_seq, is_watched): (u64, bool),
    ) -> Result<Option<PackedRecord>, StoreError> {
        let sql = if is_watched { WATCHED } else { UNWATCHED };
        let mut select = self.tx.prepare_cached(sql)?;
        let found: Option<(String, Option<String>, i64, i64)> = select
            .query_row((collection, key), |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .optional()?;
        let Some((base, changed_at, rev, verified_rev)) = found else {
            return Ok(None);
        };
        let Some(fields) = fields_of(&base) else {
            return Ok(None);
        };
        let form = LedgerForm {
            base_as_shown: true,
            rev: counter(rev),
            verified_rev: counter(verified_rev),
            ..LedgerForm::default()
        };
        let form = serde_json::to_value(form).unwrap_or_default();
        let rest = PackedRest {
            base: None,
            sealed: Vec::new(),
            state: RecordState::Clean,
            deleted: false,
            note: None,
            reason: None,
            changed_at: some_time(changed_at.as_deref())?,
            changed_by: self.changed_by(collection, key)?,
            conflict: None,
            ledger: form,
            included_seq,
        };
        let rest = serde_json::to_string(&rest)
            .map_err(|_| StoreError::Corrupt("a record cannot be written as JSON".into()))?;
        Ok(Some(PackedRecord {
            state: RecordState::Clean,
            text: format!("{fields}\n{rest}"),
        }))
    }
}

/// The fields' JSON; `None` where a value is not simply a text, a yes or no, or nothing.
fn fields_of(base: &str) -> Option<String> {
    let base: BTreeMap<String, Shown<'_>> = serde_json::from_str(base).ok()?;
    let mut fields = String::with_capacity(base.len() * 32);
    for (
        name,
        Shown {
            seen: Seen::Value(value),
        },
    ) in &base
    {
        let is_plain = value.get().starts_with(['"', 't', 'f', 'n']);
        if !is_plain {
            return None;
        }
        fields.push(if fields.is_empty() { '{' } else { ',' });
        fields.push_str(&serde_json::to_string(name).ok()?);
        fields.push(':');
        fields.push_str(value.get());
    }
    fields.push_str(if fields.is_empty() { "{}" } else { "}" });
    Some(fields)
}

#[cfg(test)]
mod tests {
    use super::fields_of;

    #[test]
    fn plain_values_go_out_as_they_are_stored() {
        let base = r#"{"a":{"seen":{"value":"x\ny \u2028\"{"}},"b":{"seen":{"value":true}},"c":{"seen":{"value":null}}}"#;
        let fields = r#"{"a":"x\ny \u2028\"{","b":true,"c":null}"#;
        assert_eq!(fields_of(base).as_deref(), Some(fields));
        assert_eq!(fields_of("{}").as_deref(), Some("{}"));
    }

    #[test]
    fn anything_else_is_taken_apart() {
        for base in [
            r#"{"a":{"seen":{"value":1}}}"#,
            r#"{"a":{"seen":{"value":{"$leeward_secret":"id"}}}}"#,
            r#"{"a":{"seen":{"value":[1]}}}"#,
            r#"{"a":{"seen":{"value":"3.1"},"typed":"3.10"}}"#,
            r#"{"a":{"seen":{"value":"3.1"},"typed":null}}"#,
            r#"{"a":{"seen":{"sealed":{"hash":"5ea1"}}}}"#,
            r#"{"a":{"seen":{"value":"x"}},"b":{"seen":{"value":-1}}}"#,
            "[]",
            "",
        ] {
            assert_eq!(fields_of(base), None, "{base}");
        }
    }
}
