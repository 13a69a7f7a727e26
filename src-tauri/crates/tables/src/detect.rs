//! What the texts of a column say about how its numbers and dates are written. Detected over the whole column, told, and
//! never chosen where it can be read in two ways.

mod dates;
mod numbers;

use crate::found::{DateOrder, Decimal, Finding};
use crate::options::Options;
use crate::say::at_rows;
use crate::table::{Cell, Column, Note, NoteCode, Table};
pub use dates::plain_date;
pub use numbers::plain_number;

/// Fills in what is found out about decimals and dates, of each column and of all.
pub(crate) fn detect(table: &mut Table, options: &Options, word: &str) {
    for place in 0..table.columns.len() {
        let texts = || {
            let cells = table
                .rows
                .iter()
                .filter_map(|row| Some((row.number, row.cells.get(place)?)));
            cells.filter_map(|(row, cell)| match cell {
                Cell::Text(text) if !cell.is_blank() => Some((row, text.as_str())),
                _ => None,
            })
        };
        let decimal = numbers::column(texts().map(|(_, text)| text));
        let dates = dates::column(texts());
        let column = &mut table.columns[place];
        column.decimal = told_or(decimal, options.decimal);
        column.date_order = told_or(dates.finding, options.date_order);
        let notes = [decimal_note(column), date_note(column, &dates, word)];
        table.notes.extend(notes.into_iter().flatten());
    }
    let together = |found: Finding<Decimal>, column: &Column| found.and(column.decimal);
    table.found.decimal = table.columns.iter().fold(Finding::Nothing, together);
    let together = |found: Finding<DateOrder>, column: &Column| found.and(column.date_order);
    table.found.date_order = table.columns.iter().fold(Finding::Nothing, together);
}

/// What the options say goes before what the cells say.
fn told_or<T: Copy>(found: Finding<T>, told: Option<T>) -> Finding<T> {
    match (found, told) {
        (Finding::Nothing, _) | (_, None) => found,
        (_, Some(told)) => Finding::Told(told),
    }
}

fn decimal_note(column: &Column) -> Option<Note> {
    let name = &column.name;
    let sentence = match column.decimal {
        Finding::Ambiguous => format!(
            "The numbers of “{name}” can be read in two ways: 1.234 may be a thousand or one. Say what marks decimals."
        ),
        Finding::Mixed => {
            format!(
                "The numbers of “{name}” have decimal points and decimal commas. Say which of them is right."
            )
        }
        _ => return None,
    };
    Some(Note::new(NoteCode::Ambiguous, sentence).of(name))
}

fn date_note(column: &Column, dates: &dates::FoundDates, word: &str) -> Option<Note> {
    let name = &column.name;
    let sentence = match column.date_order {
        Finding::Ambiguous => {
            format!("The dates of “{name}” can be day or month first. Say in what order they are.")
        }
        Finding::Mixed if dates.forms.len() > 1 => {
            let forms: Vec<String> = dates
                .forms
                .iter()
                .map(|(form, rows)| told(*form, rows, word))
                .collect();
            format!(
                "The dates of “{name}” are written in more than one way: {}. Say which is right.",
                forms.join("; ")
            )
        }
        Finding::Mixed => {
            format!("The dates of “{name}” are day first in some rows and month first in others.")
        }
        _ => return None,
    };
    let mut rows: Vec<u64> = dates.forms.values().flatten().copied().collect();
    rows.sort_unstable();
    Some(Note::new(NoteCode::Ambiguous, sentence).of(name).rows(rows))
}

fn told(form: dates::Form, rows: &[u64], word: &str) -> String {
    let order = if form.year_first {
        "year first"
    } else {
        "year last"
    };
    format!("{order} with “{}” ({})", form.mark, at_rows(word, rows))
}
