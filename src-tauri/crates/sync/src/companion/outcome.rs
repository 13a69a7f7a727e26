//! What became of a batch, and what that means for its records.

use super::publication::{remote, take_row};
use crate::binding::Companion;
use crate::context::Context;
use crate::failure::Failure;
use crate::record::advance::advance;
use crate::record::confirm::applied;
use crate::record::park::reject_in;
use leeward_model::{Fields, Remote, Value};
use leeward_store::{Intent, Ledger, StoreError, StoredBatch};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// Records a transaction.
const BATCH: usize = 500;

/// The outcome of a batch, as the task returned it.
#[derive(Debug, Deserialize)]
pub(crate) struct Outcome {
    result: Ending,
    #[serde(default)]
    pub(crate) store_id: Option<String>,
    /// The store's newest number.
    #[serde(default)]
    sequence: u64,
    /// The version of the data model there.
    pub(crate) model: u32,
    /// Why all of it was refused, in plain words.
    #[serde(default)]
    pub(crate) why: Option<String>,
    #[serde(default)]
    changes: Vec<Told>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Ending {
    Done,
    Refused,
}

/// The outcome of one change.
#[derive(Debug, Deserialize)]
struct Told {
    id: String,
    key: String,
    outcome: Verdict,
    /// The record's version now; `None` where there never was one.
    #[serde(default)]
    version: Option<u64>,
    /// The record as it is; `None` where that is not said, and within it `None` where the record is not there.
    #[serde(default, deserialize_with = "said")]
    row: Option<Option<Fields>>,
    /// Whether the record is not said although it is more than what was known and changed: there was no room.
    #[serde(default)]
    left_out: bool,
    #[serde(default)]
    why: Vec<Why>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Applied,
    Conflict,
    Refused,
}

#[derive(Debug, Deserialize)]
struct Why {
    field: String,
    why: String,
}

/// A member that is there, `null` included.
fn said<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<Fields>>, D::Error> {
    Option::deserialize(value).map(Some)
}

impl Outcome {
    /// `None` where the text is no outcome that is understood here.
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// Whether nothing of the batch was decided but that it is refused whole.
    pub(crate) fn is_refused(&self) -> bool {
        self.result == Ending::Refused
    }
}

/// Takes over the outcome of each change. Cut anywhere, the rest is taken over the next time.
pub(crate) fn take(
    context: &Context<'_>,
    companion: &Companion,
    batch: &StoredBatch,
    outcome: &Outcome,
) -> Result<(), Failure> {
    let changes = batch.conf["changes"].as_array().into_iter().flatten();
    let sent: BTreeMap<&str, &Value> = changes
        .filter_map(|change| Some((change["id"].as_str()?, change)))
        .collect();
    for part in outcome.changes.chunks(BATCH) {
        context.mirror.write(|ledger| {
            part.iter().try_for_each(|told| match sent.get(told.id.as_str()) {
                Some(change) => take_one(context, ledger, companion, change, told, outcome.sequence),
                None => Ok(()),
            })
        })?;
        context.has_sent();
    }
    Ok(context
        .mirror
        .write(|ledger| ledger.end_batch(context.collection()))?)
}

fn take_one(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    companion: &Companion,
    change: &Value,
    told: &Told,
    sequence: u64,
) -> Result<(), StoreError> {
    let intent = ledger.intent(context.collection(), &told.key)?;
    // What was changed again since, or taken back, is not what was refused.
    let stands = match &intent {
        Some(intent) => !ledger.has_newer_work(intent)?,
        None => false,
    };
    match (told.outcome, intent) {
        (Verdict::Applied, Some(intent)) => {
            take_applied(context, ledger, companion, change, told, &intent, sequence)
        }
        (Verdict::Refused, Some(_)) if stands => reject_in(context, ledger, &told.key, &refusal(&told.why)),
        (Verdict::Conflict, Some(_)) if stands && is_known_already(context, ledger, change, told)? => {
            reject_in(context, ledger, &told.key, &refusal(&told.why))
        }
        // Without an intent it was taken over before, or the mirror was rebuilt meanwhile.
        (_, intent) => {
            if intent.is_some() {
                ledger.clear_intent(context.collection(), &told.key)?;
            }
            // A refusal tells nothing of the record.
            if told.outcome != Verdict::Refused {
                take_told(context, ledger, told, sequence)?;
            }
            go_on(context, ledger, &told.key)
        }
    }
}

/// Whether the record clashes with exactly what was known when the change was made: to send it again would change nothing.
fn is_known_already(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    change: &Value,
    told: &Told,
) -> Result<bool, StoreError> {
    let known = ledger.row_version(context.collection(), &told.key)?;
    let base = change["base"].as_u64();
    Ok(base.is_some() && base == told.version && known.is_some_and(|known| Some(known.version) == base))
}

/// The record as it was told, or that there is a version which was not.
fn take_told(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    told: &Told,
    sequence: u64,
) -> Result<(), StoreError> {
    match (&told.row, told.version) {
        (Some(row), version) => take_row(
            context,
            ledger,
            &told.key,
            version.unwrap_or(sequence),
            row.as_ref(),
        ),
        (None, Some(version)) => ledger.note_row_version(context.collection(), &told.key, version),
        (None, None) => Ok(()),
    }
}

fn take_applied(
    context: &Context<'_>,
    ledger: &Ledger<'_>,
    companion: &Companion,
    change: &Value,
    told: &Told,
    intent: &Intent,
    sequence: u64,
) -> Result<(), StoreError> {
    let (name, key) = (context.collection(), told.key.as_str());
    let version = told.version.unwrap_or(sequence);
    let after = match &told.row {
        Some(row) => row.clone(),
        None if change["op"] == "delete" => None,
        None => {
            // What is left out was changed by others, too: until it is read, what is known of those is the best.
            let seen = ledger.record(name, key)?.filter(|_| told.left_out);
            let before = match seen.as_ref().map_or(&intent.before, |record| &record.remote) {
                Remote::Present(read) => Some(companion.json_of(read)),
                Remote::Absent | Remote::Unknown => None,
            };
            Some(companion.after(key, before, change))
        }
    };
    let after = remote(context, ledger, key, after.as_ref())?;
    let known = ledger.row_version(name, key)?;
    let is_newest = known.is_none_or(|known| known.version <= version);
    applied(context, ledger, intent, after, is_newest)?;
    match is_newest {
        true if told.left_out => ledger.note_row_version(name, key, version),
        true => ledger.put_row_version(name, key, version),
        false => Ok(()),
    }
}

/// What was observed of the record while its change was on its way counts now.
fn go_on(context: &Context<'_>, ledger: &Ledger<'_>, key: &str) -> Result<(), StoreError> {
    match ledger.record(context.collection(), key)? {
        Some(mut record) if !record.in_doubt => advance(context, ledger, &mut record),
        _ => Ok(()),
    }
}

/// In one sentence for each.
fn refusal(why: &[Why]) -> String {
    let sentence = |one: &Why| match one.field.as_str() {
        "" => format!("The change {}.", one.why.trim_end_matches('.')),
        field => format!("{field} {}.", one.why.trim_end_matches('.')),
    };
    match why.is_empty() {
        true => "The companion refused the change, and did not say why.".into(),
        false => why.iter().map(sentence).collect::<Vec<_>>().join(" "),
    }
}
