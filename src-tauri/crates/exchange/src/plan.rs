//! Planning an import.

use crate::column::{Column, Kind};
use crate::found::FoundJson;
use crate::keys::{self, RowKey};
use crate::layout::Layout;
use crate::numbers;
use crate::places::Places;
use crate::planned::{Plan, PlanOptions, Planned};
use crate::present::Present;
use crate::refused;
use crate::rest;
use crate::row::{RowPlan, plan_row};
use crate::spelling::Spelling;
use leeward_model::Value;
use leeward_tables::{Cell, FileFault, Note, NoteCode, Refused, Row, Table};
use serde::de::IgnoredAny;
use std::collections::HashSet;

/// Says what an import of the table would do.
///
/// # Errors
/// Where the table has no column for the key, or none of any field.
pub fn plan(
    layout: &Layout,
    table: &Table,
    present: &Present,
    options: PlanOptions<'_>,
) -> Result<Plan, FileFault> {
    let places = Places::find(layout, table)?;
    let mut plan = Plan {
        refused: table.refused.clone(),
        notes: notes(layout, table),
        found: found(layout, table, &places),
        ..Plan::default()
    };
    plan.refused.extend(unknown_columns(layout, table, &places));
    plan.notes.extend(point_notes(layout, table, &places));
    plan.notes.extend(keys::alike(layout, table, &places, present));
    let keys = keys::of_rows(layout, table, &places, options.addressable);
    let repeated = keys::repeated(&keys, table);
    for ((row, key), again) in table.rows.iter().zip(&keys).zip(repeated) {
        let planned = match (key, again) {
            (RowKey::Refused(refused), _) => RowPlan::Refused(vec![refused.clone()]),
            (_, Some(refused)) => RowPlan::Refused(vec![refused]),
            (RowKey::New, None) => plan_row(layout, &places, row, None, present, options.base),
            (RowKey::Of(key), None) => plan_row(layout, &places, row, Some(key), present, options.base),
        };
        match planned {
            RowPlan::Unchanged => plan.unchanged += 1,
            RowPlan::Planned(planned) => plan.planned.push(planned),
            RowPlan::Refused(refused) => plan.refused.extend(refused),
        }
    }
    plan.notes.extend(looks_like_json(layout, &plan.planned));
    plan.notes
        .extend(gone(&plan, &keys, table, present, options.base));
    plan.refused.sort_by_key(|refused| refused.row);
    if options.delete_rest {
        rest::delete(layout, &mut plan, &keys, table, present, options.base);
    }
    Ok(plan)
}

/// The table's notes, but for numbers and dates in columns that are neither.
fn notes(layout: &Layout, table: &Table) -> Vec<Note> {
    let is_read = |name: &String| {
        let mut columns = layout.columns.iter();
        columns.any(|column| column.name == *name && (column.is_number() || column.is_date()))
    };
    let matters = |note: &&Note| note.code != NoteCode::Ambiguous || note.column.as_ref().is_none_or(is_read);
    table.notes.iter().filter(matters).cloned().collect()
}

fn found(layout: &Layout, table: &Table, places: &Places) -> FoundJson {
    let of = |is: fn(&Column) -> bool| -> Vec<Spelling> {
        let all = layout.columns.iter().zip(&places.spellings);
        all.filter(|(column, _)| is(column))
            .map(|(_, spelling)| *spelling)
            .collect()
    };
    FoundJson::of(&table.found, &of(Column::is_number), &of(Column::is_date))
}

/// Columns that hold something and belong to no field, each told with the first row that has something there.
fn unknown_columns(layout: &Layout, table: &Table, places: &Places) -> Vec<Refused> {
    let known: Vec<usize> = places
        .places
        .iter()
        .flatten()
        .copied()
        .chain(places.key)
        .collect();
    let refusal = |(place, column): (usize, &leeward_tables::Column)| {
        let holds = |row: &&Row| row.cells.get(place).is_some_and(|cell| !cell.is_blank());
        let first = table.rows.iter().find(holds)?;
        let fields = layout.names().join(", ");
        Some(Refused {
            row: first.number,
            column: Some(column.name.clone()),
            value: None,
            why: format!(
                "{} has no field “{}”, so nothing of this column is taken. Its columns are: {fields}.",
                layout.collection(),
                column.name
            ),
        })
    };
    let columns = table.columns.iter().enumerate();
    columns
        .filter(|(place, column)| !known.contains(place) && !refused::is_own(&column.name))
        .filter_map(refusal)
        .collect()
}

/// Rows of records that went since the file was made, and that its author left as they were: they stay gone.
fn gone(
    plan: &Plan,
    keys: &[RowKey],
    table: &Table,
    present: &Present,
    base: Option<&Present>,
) -> Option<Note> {
    let base = base?;
    let planned: HashSet<&str> = plan.planned.iter().filter_map(|one| one.key.as_deref()).collect();
    let is_gone = |key: &RowKey| match key {
        RowKey::Of(key) => {
            base.contains_key(key) && !present.contains_key(key) && !planned.contains(key.as_str())
        }
        _ => false,
    };
    let rows = keys.iter().zip(&table.rows).filter(|(key, _)| is_gone(key));
    let rows: Vec<u64> = rows.map(|(_, row)| row.number).collect();
    let sentence = format!(
        "{} of the rows are of records that are not here any more, and were not edited in the file: they stay gone. \
         Without the hidden sheet they would be added.",
        rows.len()
    );
    (!rows.is_empty()).then(|| Note::new(NoteCode::Kept, sentence).rows(rows))
}

/// Texts that begin like JSON and are none, such as a list that Python printed. They may be meant: Jinja begins so, too.
fn looks_like_json(layout: &Layout, planned: &[Planned]) -> Option<Note> {
    let columns = layout.columns.iter();
    let columns: Vec<&Column> = columns
        .filter(|column| matches!(column.kind, Kind::JsonText))
        .collect();
    let is_like = |one: &&Planned| {
        columns.iter().any(|column| {
            let to = one.fields.get(&column.name).and_then(|change| change.to.as_ref());
            let text = to.and_then(Value::as_str).unwrap_or_default();
            text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<IgnoredAny>(text).is_err()
        })
    };
    let rows: Vec<u64> = planned.iter().filter(is_like).map(|one| one.row).collect();
    let sentence = "Some values begin like JSON and are none; they are taken as plain text.";
    (!rows.is_empty()).then(|| Note::new(NoteCode::Guessed, sentence).rows(rows))
}

/// Numbers such as 1.234 that are taken to have a decimal point, since commas part the cells.
fn point_notes(layout: &Layout, table: &Table, places: &Places) -> Vec<Note> {
    let mut notes = Vec::new();
    for ((column, place), spelling) in layout.columns.iter().zip(&places.places).zip(&places.spellings) {
        let Some(place) = place.filter(|_| column.is_number()) else {
            continue;
        };
        let is_point = |cell: &Cell| matches!(cell, Cell::Text(text) if text.contains('.') && numbers::is_point(text, *spelling));
        let rows = table
            .rows
            .iter()
            .filter(|row| row.cells.get(place).is_some_and(is_point));
        let rows: Vec<u64> = rows.map(|row| row.number).collect();
        if !rows.is_empty() {
            let sentence = format!(
                "The point in numbers of “{}” was read as a decimal point, since commas separate the cells.",
                column.name
            );
            notes.push(Note::new(NoteCode::Guessed, sentence).of(&column.name).rows(rows));
        }
    }
    notes
}
