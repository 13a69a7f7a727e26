//! A file of a hundred thousand rows, from its bytes to the preview of its import.

use std::hint::black_box;
use std::io::{Cursor, Read};
use std::time::Instant;

use anyhow::{Result, anyhow, ensure};
use leeward_exchange::{Layout, PlanOptions, Present, export, plan};
use leeward_tables::{CsvOptions, Options, read, write_csv, write_parquet, write_xlsx};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::json;

use crate::pairs::{Pairs, Side};
use crate::prices;
use crate::row::{Goal, Row};

const ROWS: usize = 100_000;

pub(crate) fn measure() -> Result<Vec<Row>> {
    let layout = Layout::typed(&prices::model()?);
    let present: Present = (0..ROWS).map(record).collect();
    let table = export(&layout, &present).table;
    let (mut csv, mut xlsx, mut columns) = (Vec::new(), Vec::new(), Vec::new());
    write_csv(&table, &mut csv, CsvOptions::default()).map_err(|fault| anyhow!("{fault}"))?;
    write_xlsx(&table, &mut xlsx, &layout.workbook()).map_err(|fault| anyhow!("{fault}"))?;
    write_parquet(&table, &mut columns, &layout.parquet()).map_err(|fault| anyhow!("{fault}"))?;
    let rows = [
        row(
            "import_csv_100k",
            "splitting its lines at commas",
            &csv,
            &layout,
            &present,
            split,
            5.0,
        )?,
        row(
            "import_xlsx_100k",
            "unpacking its parts",
            &xlsx,
            &layout,
            &present,
            unpacked,
            10.0,
        )?,
        row(
            "import_parquet_100k",
            "its rows by the library's own reader",
            &columns,
            &layout,
            &present,
            by_rows,
            5.0,
        )?,
    ];
    let note = format!("{ROWS} rows of six typed columns onto as many records, of which every tenth changes");
    Ok(rows.map(|row| row.note(note.clone())).into())
}

fn row(
    name: &'static str,
    reference: &'static str,
    bytes: &[u8],
    layout: &Layout,
    present: &Present,
    bare: fn(&[u8]) -> Result<usize>,
    most: f64,
) -> Result<Row> {
    let mut changed = present.clone();
    for known in changed.values_mut().step_by(10) {
        known.fields.insert("note".into(), json!("was another"));
    }
    let pairs = Pairs::measure(|side, _| {
        let began = Instant::now();
        match side {
            Side::Ours => {
                let planned = preview(bytes, layout, &changed)?;
                ensure!(planned == ROWS / 10, "{planned} changes are planned");
            }
            Side::Reference => drop(black_box(bare(black_box(bytes))?)),
        }
        Ok(began.elapsed().as_secs_f64())
    })?;
    Ok(Row::new(name, "s", reference, &pairs, Goal::AtMost(most)))
}

fn preview(bytes: &[u8], layout: &Layout, present: &Present) -> Result<usize> {
    let table = read(bytes, &Options::default()).map_err(|fault| anyhow!("{fault}"))?;
    let plan = plan(layout, &table, present, PlanOptions::default()).map_err(|fault| anyhow!("{fault}"))?;
    ensure!(plan.refused.is_empty(), "{:?}", plan.refused.first());
    Ok(plan.planned.len())
}

fn split(bytes: &[u8]) -> Result<usize> {
    let text = std::str::from_utf8(bytes)?;
    Ok(text.lines().map(|line| line.split(',').count()).sum())
}

fn unpacked(bytes: &[u8]) -> Result<usize> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes))?;
    let (mut total, mut part) = (0, Vec::new());
    for place in 0..archive.len() {
        part.clear();
        total += archive.by_index(place)?.read_to_end(&mut part)?;
    }
    Ok(total)
}

fn by_rows(bytes: &[u8]) -> Result<usize> {
    let reader = SerializedFileReader::new(bytes::Bytes::copy_from_slice(bytes))?;
    let mut cells = 0;
    for row in reader.get_row_iter(None)? {
        cells += row?.get_column_iter().count();
    }
    Ok(cells)
}

fn record(number: usize) -> (String, leeward_exchange::Known) {
    let known = leeward_exchange::Known {
        fields: prices::fields(number),
        ..Default::default()
    };
    (prices::key(number), known)
}
