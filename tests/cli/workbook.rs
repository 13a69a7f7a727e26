//! A person's workbook goes in, through Airflow, onto another desktop and out again; what was edited in that file is merged
//! with what came meanwhile.

use std::fs;

use anyhow::{Context, Result};
use harness::ctl::{Answer, Ctl};
use harness::office::Office;
use serde_json::{Value, json};

use crate::fixture::{Fixture, same};

const NAME: &str = "goods";
const MODEL: &str = r#"{"title": "Goods", "type": "object", "properties": {
    "sku": {"type": "string"}, "zip": {"type": "string"}, "id": {"type": "integer"},
    "price": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
    "twice": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
    "day": {"type": "string", "format": "date"}, "on": {"type": "boolean"}, "note": {"type": "string"}},
    "required": ["sku", "zip"], "x-leeward": {"collection": "goods", "version": 1, "key": ["sku", "zip"]}}"#;

/// A workbook in LibreOffice's text form, with a formula.
const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:of="urn:oasis:names:tc:opendocument:xmlns:of:1.2" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"
 xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" office:version="1.2"
 office:mimetype="application/vnd.oasis.opendocument.spreadsheet"><office:automatic-styles>
<number:date-style style:name="N1"><number:year number:style="long"/><number:text>-</number:text><number:month
 number:style="long"/><number:text>-</number:text><number:day number:style="long"/></number:date-style>
<number:boolean-style style:name="N2"><number:boolean/></number:boolean-style>
<style:style style:name="day" style:family="table-cell" style:data-style-name="N1"/>
<style:style style:name="truth" style:family="table-cell" style:data-style-name="N2"/>
</office:automatic-styles><office:body><office:spreadsheet><table:table table:name="Goods">"#;
const FOOT: &str = "</table:table></office:spreadsheet></office:body></office:document>";

fn text(value: &str) -> String {
    cell(&format!(r#"office:value-type="string"><text:p>{value}</text:p>"#))
}

fn number(value: &str) -> String {
    cell(&format!(r#"office:value-type="float" office:value="{value}">"#))
}

fn cell(inside: &str) -> String {
    format!("<table:table-cell {inside}</table:table-cell>")
}

/// Its rows: leading zeros, ids of 19 digits (as text: a number in a workbook has 15), a date, a formula, Unicode.
fn rows() -> [Vec<String>; 4] {
    let words = |words: &[&str]| words.iter().copied().map(text).collect();
    let row = |sku, zip, id, price: &str, twice: &str, place: u32, on: bool, note| {
        let formula =
            format!(r#"table:formula="of:=[.D{place}]*2" office:value-type="float" office:value="{twice}">"#);
        let day = r#"table:style-name="day" office:value-type="date" office:date-value="2026-03-29">"#;
        let on =
            format!(r#"table:style-name="truth" office:value-type="boolean" office:boolean-value="{on}">"#);
        vec![
            text(sku),
            text(zip),
            text(id),
            number(price),
            cell(&formula),
            cell(day),
            cell(&on),
            text(note),
        ]
    };
    [
        words(&["sku", "zip", "id", "price", "twice", "day", "on", "note"]),
        row(
            "ä-1",
            "01067",
            "1234567890123456789",
            "1234.5",
            "2469",
            2,
            true,
            "größer 🦀",
        ),
        row(
            "MARCH1",
            "00010",
            "9007199254740993",
            "0.1",
            "0.2",
            3,
            false,
            "−5 °C",
        ),
        row("3/4", "1E5", "7", "3", "6", 4, true, "to be edited"),
    ]
}

const GOODS: [&str; 3] = [r#"["ä-1","01067"]"#, r#"["MARCH1","00010"]"#, r#"["3/4","1E5"]"#];

/// The fields of the three, as they must be everywhere.
fn wanted() -> [Value; 3] {
    [
        json!({"sku": "ä-1", "zip": "01067", "id": "1234567890123456789", "price": "1234.5", "twice": "2469",
            "day": "2026-03-29", "on": true, "note": "größer 🦀"}),
        json!({"sku": "MARCH1", "zip": "00010", "id": "9007199254740993", "price": "0.1", "twice": "0.2",
            "day": "2026-03-29", "on": false, "note": "−5 °C"}),
        json!({"sku": "3/4", "zip": "1E5", "id": "7", "price": "3", "twice": "6", "day": "2026-03-29", "on": true,
            "note": "to be edited"}),
    ]
}

pub(crate) fn through_airflow_and_back(fixture: &mut Fixture) -> Result<()> {
    let office = Office::new()?;
    let ctl = fixture.synced()?;
    let create = [
        "collection",
        "create",
        NAME,
        "--model",
        "-",
        "--binding",
        "variables",
    ];
    ctl.run_with(&create, MODEL)?.exits(0)?;
    let rows: String = rows()
        .iter()
        .map(|row| format!("<table:table-row>{}</table:table-row>", row.concat()))
        .collect();
    fs::write(office.file("goods.fods"), format!("{HEAD}{rows}{FOOT}"))?;
    let book = office.saves("goods.fods", "xlsx")?;
    let kept = import(&ctl, &book)?.exits(0)?.json;
    same(&kept["added"], &json!(3))?;
    has(&ctl, &wanted())?;
    ctl.sync()?.exits(0)?;
    same(
        &fixture.raw(&format!("{NAME}.{}", GOODS[0]))?,
        r#"{"sku": "ä-1", "zip": "01067", "id": 1234567890123456789, "price": "1234.5", "twice": "2469", "day": "2026-03-29", "on": true, "note": "größer 🦀"}"#,
    )?;

    let other = fixture.synced()?;
    has(&other, &wanted())?;
    let out = office.file("out.xlsx");
    other
        .run(&["export", NAME, out.to_str().context("a path")?])?
        .exits(0)?;
    unchanged(&other, &out)?;
    unchanged(&ctl, &out)?;
    unchanged(&ctl, &office.edits("out.xlsx", &[])?)?;
    merged(fixture, &ctl, &other, &office)
}

/// Three edits in the file, and three here since it was written: of the same record another field, of another record the
/// same field, and one that the file has as it was.
fn merged(fixture: &Fixture, ctl: &Ctl, other: &Ctl, office: &Office) -> Result<()> {
    set(ctl, GOODS[0], &["note=newer", "on=false"])?;
    set(ctl, GOODS[1], &["price=5"])?;
    ctl.sync()?.exits(0)?;
    other.sync()?.exits(0)?;
    let edited = office.edits(
        "out.xlsx",
        &[
            (r#"office:value="1234.5""#, r#"office:value="99.25""#),
            (r#"office:value="0.1""#, r#"office:value="0.15""#),
            ("<text:p>to be edited</text:p>", "<text:p>edited</text:p>"),
        ],
    )?;
    let kept = import(other, &edited)?.exits(0)?.json;
    same(&(&kept["changed"], &kept["unchanged"]), &(&json!(3), &json!(0)))?;
    // The price of the second is another one in Airflow than the file began with: that is no overwrite, it is asked about.
    other.sync()?.exits(3)?;
    let conflicts = other.run(&["conflicts", "list"])?.exits(0)?.json;
    let about = conflicts.as_array().context("no list")?;
    same(&about.len(), &1)?;
    same(&about[0]["key"], &json!(GOODS[1]))?;
    let first: Value = serde_json::from_str(&fixture.raw(&format!("{NAME}.{}", GOODS[0]))?)?;
    same(
        &(&first["price"], &first["note"]),
        &(&json!("99.25"), &json!("newer")),
    )?;
    same(&first["on"], &json!(false))?;
    let third: Value = serde_json::from_str(&fixture.raw(&format!("{NAME}.{}", GOODS[2]))?)?;
    same(&third["note"], &json!("edited"))
}

fn import(ctl: &Ctl, file: &std::path::Path) -> Result<Answer> {
    ctl.run(&["import", NAME, file.to_str().context("a path")?])
}

/// The file would change nothing.
fn unchanged(ctl: &Ctl, file: &std::path::Path) -> Result<()> {
    let found = import(ctl, file)?.exits(0)?.json;
    let counts = ["added", "changed", "deleted", "unchanged"].map(|name| found[name].clone());
    same(&counts, &[json!(0), json!(0), json!(0), json!(3)])
}

fn set(ctl: &Ctl, key: &str, fields: &[&str]) -> Result<()> {
    let mut line = vec!["records", "set", NAME, key];
    for field in fields {
        line.extend(["--field", field]);
    }
    ctl.run(&line)?.exits(0).map(drop)
}

fn has(ctl: &Ctl, wanted: &[Value]) -> Result<()> {
    for (key, fields) in GOODS.iter().zip(wanted) {
        let record = ctl.run(&["records", "get", NAME, key])?.exits(0)?.json;
        same(&record["fields"], fields)?;
    }
    Ok(())
}
