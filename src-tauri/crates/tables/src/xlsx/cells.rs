//! The cells of a sheet, read as a stream: each with its row and column, and what it holds.

use super::merged::{Range, column_of};
use super::package::{Xml, attribute, damaged, text_of};
use crate::fault::FileFault;
use crate::rows::Budget;
use quick_xml::events::{BytesStart, Event};

/// A cell as the sheet spells it.
#[derive(Debug, Default)]
pub(crate) struct RawCell {
    pub(crate) row: u64,
    /// From 0.
    pub(crate) column: u32,
    /// What the value is: `s`, `str`, `inlineStr`, `b`, `e`, `d`, or a number.
    pub(crate) kind: String,
    pub(crate) style: usize,
    /// The value's text; nothing where the cell has none.
    pub(crate) value: Option<String>,
    pub(crate) has_formula: bool,
}

/// The kind of a cell that has its text in itself.
pub(crate) const INLINE: &str = "inlineStr";

/// What is at the place that is being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    Nothing,
    /// A value (`v`), or a text in the cell (`t`).
    Value,
    /// How a text is pronounced.
    Aside,
}

/// Gives each cell that holds something to a function, and returns the merged ranges.
pub(crate) fn each(
    xml: &mut Xml<'_>,
    budget: &mut Budget<'_>,
    cell_bytes: usize,
    mut take: impl FnMut(RawCell, &mut Budget<'_>) -> Result<(), FileFault>,
) -> Result<Vec<Range>, FileFault> {
    let mut place = Place::default();
    let (mut cell, mut inside, mut ranges) = (RawCell::default(), Inside::Nothing, Vec::new());
    loop {
        let event = xml.next()?;
        match &event {
            Event::Start(tag) => match tag.local_name().as_ref() {
                "row" => budget.row(place.row(tag)?)?,
                "c" => cell = place.cell(tag)?,
                "f" => cell.has_formula = true,
                // Beside a text in the cell, the value says the same again.
                "v" if cell.kind == INLINE => {}
                "v" | "t" if inside != Inside::Aside => {
                    inside = Inside::Value;
                    cell.value.get_or_insert_default();
                }
                "rPh" => inside = Inside::Aside,
                "mergeCell" => ranges.extend(attribute(tag, "ref").as_deref().and_then(Range::of)),
                _ => {}
            },
            Event::End(tag) => match tag.local_name().as_ref() {
                "v" | "rPh" => inside = Inside::Nothing,
                "t" if inside == Inside::Value => inside = Inside::Nothing,
                "c" if cell.value.is_some() || cell.has_formula => take(std::mem::take(&mut cell), budget)?,
                _ => {}
            },
            Event::Eof => return Ok(ranges),
            _ => {}
        }
        if inside == Inside::Value
            && let (Some(more), Some(value)) = (text_of(&event)?, &mut cell.value)
        {
            value.push_str(&more);
            // A text comes in parts: no more of it than a cell may hold.
            if value.len() > cell_bytes {
                budget.cell(cell.row, cell.column, value.len())?;
            }
        }
    }
}

/// Where the reading is. A row or cell that does not say its place is the next one.
#[derive(Debug, Default)]
struct Place {
    row: u64,
    /// The next column, from 0.
    column: u32,
}

impl Place {
    fn row(&mut self, tag: &BytesStart<'_>) -> Result<u64, FileFault> {
        let told = attribute(tag, "r").map(|number| number.parse::<u64>());
        let row = told
            .transpose()
            .ok()
            .flatten()
            .unwrap_or(self.row.saturating_add(1));
        if row <= self.row {
            return Err(damaged(&format!("row {row}")));
        }
        (self.row, self.column) = (row, 0);
        Ok(row)
    }

    fn cell(&mut self, tag: &BytesStart<'_>) -> Result<RawCell, FileFault> {
        let told = attribute(tag, "r");
        let column = match &told {
            Some(name) => column_of(name).ok_or_else(|| damaged(&format!("cell {name}")))?,
            None => self.column,
        };
        if column < self.column {
            return Err(damaged(&format!("cell {}", told.unwrap_or_default())));
        }
        self.column = column + 1;
        let kind = attribute(tag, "t").unwrap_or_default();
        let style = attribute(tag, "s")
            .and_then(|style| style.parse().ok())
            .unwrap_or(0);
        Ok(RawCell {
            row: self.row,
            column,
            kind,
            style,
            value: None,
            has_formula: false,
        })
    }
}
