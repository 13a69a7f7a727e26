//! Files of typed collections: types come from the data model, and a workbook comes back.

use crate::data_folder::DataFolder;
use leeward_tables::{Cell, Options, XlsxOptions, read, write_xlsx};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// A folder with the collection `rates`, found by currency and day, and one record of it.
fn rates() -> DataFolder {
    let data = DataFolder::new();
    let model = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Rates", "type": "object",
        "additionalProperties": false,
        "properties": {
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}, "day": {"type": "string", "format": "date"},
            "rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
            "source": {"enum": ["ECB", "treasury"], "default": "ECB"}, "note": {"type": "string"},
        },
        "required": ["currency", "day", "rate"],
        "x-leeward": {"collection": "rates", "version": 1, "key": ["currency", "day"]},
    });
    data.has_collection(&model, "rates/");
    has(&data, "1.085", "ECB");
    data
}

const KEY: &str = r#"["EUR","2026-11-01"]"#;

/// What Airflow has.
fn has(data: &DataFolder, rate: &str, source: &str) {
    let fields = [
        ("currency", json!("EUR")),
        ("day", json!("2026-11-01")),
        ("rate", json!(rate)),
        ("source", json!(source)),
    ];
    data.has_record("rates", KEY, &fields);
}

fn import(data: &DataFolder, file: &Path, options: &[&str], exit: i32) -> Value {
    let line = [
        &["import", "rates", file.to_str().unwrap(), "-o", "json"],
        options,
    ]
    .concat();
    data.run(&line).exits(exit).json()
}

/// The records, as CSV.
fn exported(data: &DataFolder) -> String {
    data.run(&["export", "rates", "-"]).exits(0).out
}

#[test]
fn types_come_from_the_data_model() {
    let data = rates();
    let csv =
        "currency;day;rate;source\nEUR;1.11.2026;1,085;ECB\nUSD;30.11.2026;1.234,5;\neur;1.11.2026;1;ECB\n";
    let file = data.file("rates.csv", csv.as_bytes());
    let result = import(&data, &file, &[], 3);
    assert_eq!(result["refused"][0]["row"], 4, "{result}");
    assert_eq!(result["found"]["decimal"], ",");
    assert_eq!(result["found"]["date_order"], "dmy");
    let result = import(&data, &file, &["--keep-good"], 0);
    assert_eq!(
        (&result["added"], &result["unchanged"]),
        (&json!(1), &json!(1)),
        "{result}"
    );
    assert_eq!(
        exported(&data),
        "currency,day,note,rate,source\nEUR,2026-11-01,,1.085,ECB\nUSD,2026-11-30,,1234.5,ECB\n"
    );
}

#[test]
fn an_exported_workbook_that_comes_back_is_merged() {
    let data = rates();
    let file = data.file("rates.xlsx", b"");
    data.run(&["export", "rates", file.to_str().unwrap()]).exits(0);
    let unchanged = import(&data, &file, &["--delete-rest"], 0);
    assert_eq!(
        (&unchanged["unchanged"], &unchanged["deleted"]),
        (&json!(1), &json!(0)),
        "{unchanged}"
    );
    edit(&file, &[("rate", "2.5"), ("note", "checked")]);
    // Three weeks later: another source in Airflow, and another rate, too.
    has(&data, "1.085", "treasury");
    let result = import(&data, &file, &[], 0);
    assert_eq!(
        (&result["changed"], &result["conflicts"]),
        (&json!(1), &Value::Null),
        "{result}"
    );
    let merged = "currency,day,note,rate,source\nEUR,2026-11-01,checked,2.5,treasury\n";
    assert_eq!(exported(&data), merged);
    let other = rates();
    has(&other, "7", "ECB");
    let result = import(&other, &file, &[], 0);
    assert_eq!(result["conflicts"], 1, "{result}");
    let conflict = other
        .run(&["conflicts", "show", "rates", KEY, "-o", "json"])
        .exits(0)
        .json();
    let clash = &conflict["fields"][0];
    assert_eq!(
        (&clash["name"], &clash["base"], &clash["mine"], &clash["airflow"]),
        (&json!("rate"), &json!("1.085"), &json!("2.5"), &json!("7"))
    );
}

/// Changes cells of the first record in the sheet that people see; the hidden one stays.
fn edit(file: &Path, cells: &[(&str, &str)]) {
    let bytes = fs::read(file).unwrap();
    let sheet = |name: Option<&str>| {
        let options = Options {
            sheet: name.map(str::to_owned),
            ..Options::default()
        };
        read(&*bytes, &options).unwrap()
    };
    let mut table = sheet(None);
    for (name, text) in cells {
        let place = table
            .columns
            .iter()
            .position(|column| column.name == *name)
            .unwrap();
        table.rows[0].cells[place] = Cell::Text((*text).to_owned());
    }
    let options = XlsxOptions {
        hidden: Some(("_leeward".into(), sheet(Some("_leeward")))),
        ..XlsxOptions::default()
    };
    let mut written = Vec::new();
    write_xlsx(&table, &mut written, &options).unwrap();
    fs::write(file, written).unwrap();
}

#[test]
fn a_plain_workbook_has_no_memory() {
    let data = rates();
    let file = data.file("rates.xlsx", b"");
    data.run(&["export", "rates", file.to_str().unwrap(), "--plain"])
        .exits(0);
    has(&data, "7", "ECB");
    let result = import(&data, &file, &["--dry-run"], 0);
    assert_eq!(result["changed"], 1, "its cells count as they stand: {result}");
    let bytes = fs::read(&file).unwrap();
    let hidden = Options {
        sheet: Some("_leeward".into()),
        ..Options::default()
    };
    assert!(read(&*bytes, &hidden).is_err());
}

#[test]
fn variables_of_a_typed_collection_are_imported_there() {
    let data = rates();
    let ran = data.run_with(
        &["import", "variables", "-", "-o", "json"],
        b"key,value\nrates/x,1\nother,2\n",
    );
    let result = ran.exits(3).json();
    assert_eq!(
        result["refused"][0]["why"],
        "This key cannot be used: it is a record of rates; import it there."
    );
}
