//! The table: as JSON for programs, as Markdown for `docs/BENCHMARKS.md`, as text for a terminal.

use serde_json::{Value, json};

use crate::row::{Row, shown};

pub(crate) fn json(rows: &[Row]) -> Value {
    let rows: Vec<Value> = rows.iter().map(Row::json).collect();
    json!({ "rows": rows })
}

pub(crate) fn text(rows: &[Row]) -> String {
    rows.iter().map(Row::to_string).collect::<Vec<_>>().join("\n")
}

pub(crate) fn markdown(machine: &str, rows: &[Row]) -> String {
    let mut lines = vec![
        format!("Measured on: {machine}."),
        String::new(),
        "| row | value | reference | ratio | goal | met |".to_owned(),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    lines.extend(rows.iter().map(line));
    lines.push(String::new());
    let noted = rows.iter().filter(|row| !row.note.is_empty());
    lines.extend(noted.map(|row| format!("- `{}`: {}", row.name, row.note)));
    lines.join("\n")
}

fn line(row: &Row) -> String {
    let met = match row.is_met() {
        Some(true) => "yes",
        Some(false) => "**no**",
        None => "–",
    };
    format!(
        "| `{}` | {} {} | {}: {} | {} | {} | {met} |",
        row.name,
        shown(row.value),
        row.unit,
        row.reference,
        shown(row.reference_value),
        shown(row.ratio),
        row.goal(),
    )
}
