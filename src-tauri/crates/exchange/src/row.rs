//! What becomes of one row.

pub(crate) use crate::column::Given;
use crate::column::{Column, Kind};
use crate::layout::Layout;
use crate::places::Places;
use crate::planned::{Planned, PlannedKind};
use crate::present::{Known, Present};
use crate::secrets;
use leeward_model::{Change, Slot, Value, sensitive};
use leeward_tables::{Cell, Refused, Row};
use std::collections::BTreeMap;

/// A refusal shows no more of a value than this.
const SHOWN: usize = 200;

/// What becomes of a row.
pub(crate) enum RowPlan {
    Unchanged,
    Planned(Planned),
    Refused(Vec<Refused>),
}

/// The beginning of a value, for a refusal.
pub(crate) fn shown(text: &str) -> String {
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}

/// Plans a row about the record of this key; a new one where there is none.
pub(crate) fn plan_row(
    layout: &Layout,
    places: &Places,
    row: &Row,
    key: Option<&str>,
    present: &Present,
    base: Option<&Present>,
) -> RowPlan {
    let of = |records: &Present| key.and_then(|key| records.get(key)).cloned();
    let (known, seen) = (of(present), base.and_then(of));
    let about = About {
        key: key.unwrap_or_default(),
        known: known.as_ref(),
        seen: seen.as_ref(),
    };
    let (mut fields, mut refused) = (BTreeMap::new(), Vec::new());
    let all = layout.columns.iter().zip(&places.places).zip(&places.spellings);
    for ((column, place), spelling) in all {
        let cell = place
            .and_then(|place| row.cells.get(place))
            .unwrap_or(&Cell::Missing);
        let given = about
            .own_text(column, cell)
            .map_or_else(|| column.read(cell, *spelling), Ok);
        match given.and_then(|given| about.change(column, given)) {
            Ok(None) => {}
            Ok(Some(change)) => {
                match secrets::objection(about.key, column, change.to.as_ref(), about.known) {
                    None => drop(fields.insert(column.name.clone(), change)),
                    Some(why) => refused.push(refusal(row, column, mask(change.to.as_ref()), why)),
                }
            }
            Err(why) => refused.push(refusal(row, column, cell.text(), &why)),
        }
    }
    if about.is_new() {
        refused.extend(complete(layout, row, &mut fields, &refused));
    }
    if !refused.is_empty() {
        return RowPlan::Refused(refused);
    }
    if fields.is_empty() && !about.is_new() {
        return RowPlan::Unchanged;
    }
    let (row, key) = (row.number, key.map(str::to_owned));
    let kind = if about.is_new() {
        PlannedKind::Added
    } else {
        PlannedKind::Changed
    };
    RowPlan::Planned(Planned {
        row,
        key,
        kind,
        fields,
    })
}

/// Of a value that must not be shown, the mask in it.
fn mask(value: Option<&Value>) -> Option<&'static str> {
    let text = value.and_then(Value::as_str)?;
    sensitive::holds_mask(text).then_some(sensitive::MASK)
}

fn refusal(row: &Row, column: &Column, value: Option<&str>, why: &str) -> Refused {
    Refused {
        row: row.number,
        column: Some(column.name.clone()),
        value: value.map(shown),
        why: format!("The {} {why}.", column.name),
    }
}

/// Gives a new record its defaults, and says what it lacks.
fn complete(
    layout: &Layout,
    row: &Row,
    fields: &mut BTreeMap<String, Change>,
    refused: &[Refused],
) -> Vec<Refused> {
    let mut lacking = Vec::new();
    for column in &layout.columns {
        let is_told = refused
            .iter()
            .any(|one| one.column.as_ref() == Some(&column.name));
        let has_value = fields.get(&column.name).is_some_and(|change| change.to.is_some());
        if is_told || has_value {
            continue;
        }
        if let Some(default) = &column.default {
            let to = Some(default.clone());
            fields.insert(column.name.clone(), Change { from: None, to });
        } else if column.required {
            lacking.push(refusal(row, column, None, "is required in a new record"));
        }
    }
    lacking
}

/// The record that a row is about.
struct About<'a> {
    key: &'a str,
    /// As it is.
    known: Option<&'a Known>,
    /// As it was when the file was made.
    seen: Option<&'a Known>,
}

impl About<'_> {
    fn is_new(&self) -> bool {
        self.known.is_none() && self.seen.is_none()
    }

    /// A cell that was not touched since the export has the text that the export gave it: no need to read it as a
    /// person's.
    fn own_text(&self, column: &Column, cell: &Cell) -> Option<Given> {
        let Kind::Typed(kind) = &column.kind else {
            return None;
        };
        let value = self.seen?.fields.get(&column.name)?;
        let is_same = cell.text().is_some_and(|text| text == kind.text_of(value));
        is_same.then(|| Given::Value(value.clone()))
    }

    /// What changes, if something does. `from` is what the author of the file saw.
    fn change(&self, column: &Column, given: Given) -> Result<Option<Change>, String> {
        let of = |record: Option<&Known>| record.and_then(|record| record.fields.get(&column.name).cloned());
        let now = of(self.known);
        let from = match self.seen {
            Some(_) => of(self.seen),
            None => now.clone(),
        };
        let is_sealed = self
            .known
            .is_some_and(|known| known.sealed.contains(&column.name));
        let is_new = self.is_new();
        // An empty cell in the place of a secret says nothing of it.
        let is_nothing = given == Given::Nothing || (is_sealed && given == Given::Empty);
        if is_nothing || (!is_new && !is_sealed && is_same(&given, from.as_ref())) {
            return Ok(None);
        }
        let to = match given {
            Given::Nothing => return Ok(None),
            Given::Empty => column.emptied()?,
            Given::Json(text) => Some(Value::from(text)),
            Given::Value(value) => Some(value),
        };
        let is_done = if is_new {
            to.is_none()
        } else {
            !is_sealed && to == now
        };
        Ok((!is_done).then_some(Change { from, to }))
    }
}

/// Whether a cell says what a field has. An empty cell says nothing and an empty text alike.
fn is_same(given: &Given, value: Option<&Value>) -> bool {
    match given {
        Given::Nothing => true,
        Given::Empty => is_nothing(value),
        Given::Value(Value::Null) if value.is_none() => true,
        Given::Value(given) => value == Some(given),
        Given::Json(text) => value
            .and_then(Value::as_str)
            .is_some_and(|value| is_same_json(text, value)),
    }
}

fn is_nothing(value: Option<&Value>) -> bool {
    value.is_none_or(|value| value.is_null() || value.as_str() == Some(""))
}

fn is_same_json(one: &str, other: &str) -> bool {
    let read = |text: &str| -> Slot { serde_json::from_str(text).ok() };
    one == other || read(one).is_some_and(|one| Some(one) == read(other))
}
