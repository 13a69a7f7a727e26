//! The refused rows as a table: to be mended and imported again.

use crate::column::Column;
use crate::export;
use crate::keys::{self, RowKey};
use crate::layout::Layout;
use crate::places::Places;
use crate::planned::Plan;
use crate::present::{Known, Present};
use crate::secrets;
use leeward_model::{Value, sensitive};
use leeward_tables::{Cell, Column as TableColumn, FileFault, Found, Row, Table};
use std::collections::BTreeMap;

/// The column that has a row's number in the file that it was refused in. No field can be called so.
const ROW: &str = "_row";
/// The column that has the reasons. No field can be called so.
const WHY: &str = "_why";

/// Whether a column is of a file of refused rows, and holds nothing to be imported.
pub(crate) fn is_own(name: &str) -> bool {
    name == ROW || name == WHY
}

/// The rows of the table that the plan refuses, as they stand in the file, each with its number and its reasons. A row that
/// says nothing of a field that there is gets what is there, so that an empty cell does not empty it. What is or would be a
/// secret is left out: a file is no place for it. A row that could not be taken from the file at all is not among them.
///
/// # Errors
/// Where the table has nothing to do with the collection: then there is no plan, either.
pub fn refused_rows(
    layout: &Layout,
    table: &Table,
    plan: &Plan,
    present: &Present,
) -> Result<Table, FileFault> {
    let places = Places::find(layout, table)?;
    let keys = keys::of_rows(layout, table, &places, None);
    let rows: BTreeMap<u64, (&Row, &RowKey)> = table
        .rows
        .iter()
        .zip(&keys)
        .map(|(row, key)| (row.number, (row, key)))
        .collect();
    let kept: Vec<usize> = (0..table.columns.len())
        .filter(|place| !is_own(&table.columns[*place].name))
        .collect();
    let mut whys: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for refused in &plan.refused {
        whys.entry(refused.row).or_default().push(&refused.why);
    }
    let readable = whys.iter().filter_map(|(number, whys)| {
        let (row, key) = rows.get(number)?;
        Some((number, whys, shown(layout, &places, row, key, present)))
    });
    let written = readable.zip(2..).map(|((number, whys, mut all), place)| {
        let own = kept
            .iter()
            .map(|place| std::mem::replace(&mut all[*place], Cell::Missing));
        let told = [Cell::Number(number.to_string()), Cell::Text(whys.join(" "))];
        Row {
            number: place,
            cells: own.chain(told).collect(),
        }
    });
    let names = kept.iter().map(|place| table.columns[*place].name.as_str());
    let columns = names.chain([ROW, WHY]).zip(1..);
    Ok(Table {
        columns: columns
            .map(|(name, number)| TableColumn::new(name, number))
            .collect(),
        rows: written.collect(),
        refused: Vec::new(),
        found: Found::default(),
        notes: Vec::new(),
    })
}

/// The cells of a row as they may stand in a file.
fn shown(layout: &Layout, places: &Places, row: &Row, key: &RowKey, present: &Present) -> Vec<Cell> {
    let key = match key {
        RowKey::Of(key) => key.as_str(),
        RowKey::New | RowKey::Refused(_) => "",
    };
    let known = present.get(key);
    let mut cells = row.cells.clone();
    for (column, place) in layout.columns.iter().zip(&places.places) {
        let Some(cell) = place.and_then(|place| cells.get_mut(place)) else {
            continue;
        };
        if is_secret(key, column, cell, known) {
            *cell = Cell::Missing;
        } else if *cell == Cell::Missing {
            let there = known.and_then(|known| known.fields.get(&column.name));
            let there = there.map(|value| export::cell(&column.kind, value));
            *cell = there.unwrap_or(Cell::Missing);
        }
    }
    cells
}

/// Whether a cell holds a secret. What Airflow shows in the place of one is none.
fn is_secret(key: &str, column: &Column, cell: &Cell, known: Option<&Known>) -> bool {
    let text = cell.text().unwrap_or_default();
    let value = Value::from(text);
    !text.is_empty()
        && !sensitive::holds_mask(text)
        && secrets::objection(key, column, Some(&value), known).is_some()
}
