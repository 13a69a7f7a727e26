//! LibreOffice opens a workbook that was exported, and what it saves comes back: unchanged where nothing was edited, as a
//! three-way merge where something was. The files are changed in LibreOffice's own text form, between two conversions.
// Clippy's own exemption for tests does not reach the helpers beside them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../../tests/harness/office.rs"]
#[expect(unreachable_pub, reason = "others have it from the harness")]
mod office;

use std::fs;

use leeward_exchange::{
    BASE_SHEET, Base, Known, Layout, Plan, PlanOptions, PlannedKind, Present, export, plan,
};
use leeward_schema::DataModel;
use leeward_tables::{Options, Table, XlsxOptions, read, write_xlsx};
use office::Office;
use serde_json::{Value, json};

const AIRFLOW: &str = "https://airflow.example.com";
const FIRST: &str = r#"["ä-1","01067"]"#;

fn layout() -> Layout {
    let model = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Prices", "type": "object",
        "additionalProperties": false,
        "properties": {
            "sku": {"type": "string"}, "zip": {"type": "string"}, "id": {"type": "integer"},
            "price": {"type": "string", "format": "decimal", "x-leeward": {"scale": 18}},
            "day": {"type": "string", "format": "date"}, "on": {"type": "boolean"}, "note": {"type": "string"},
            "state": {"enum": ["new", "old"]}, "extra": {},
        },
        "required": ["sku", "zip"], "x-leeward": {"collection": "prices", "version": 1, "key": ["sku", "zip"]},
    });
    Layout::typed(&DataModel::read(&model.to_string()).unwrap())
}

/// What spreadsheets spoil (but for tabs, which LibreOffice drops, in the hidden sheet, too): leading zeros, ids of 19 digits, long decimals, texts like dates and formulas, line breaks.
fn records() -> Present {
    let rows = [
        json!({"sku": "ä-1", "zip": "01067", "id": "1234567890123456789", "price": "1234.5", "day": "2026-03-29",
            "on": true, "note": "to be edited", "state": "new", "extra": {"a": [1, null]}}),
        json!({"sku": "MARCH1", "zip": "1E5", "id": "7", "price": "0.123456789012345678", "day": "1999-12-31",
            "on": false, "note": "=1+1\n'quoted' \u{1F980} \u{2212}5"}),
        json!({"sku": "=A1", "zip": "3/4", "note": " blanks  ", "extra": null, "state": "old"}),
    ];
    let record = |fields: Value| {
        let fields: leeward_model::Fields = serde_json::from_value(fields).expect("an object");
        let key = json!([fields["sku"], fields["zip"]]).to_string();
        (
            key,
            Known {
                fields,
                ..Known::default()
            },
        )
    };
    rows.into_iter().map(record).collect()
}

/// The exported workbook as LibreOffice saves it after these replacements in its own text form, each of one place.
fn edited(edits: &[(&str, &str)]) -> Vec<u8> {
    let office = Office::new().expect("a folder");
    let layout = layout();
    let options = XlsxOptions {
        hidden: Some(layout.base_sheet(&records(), AIRFLOW)),
        ..layout.workbook()
    };
    let mut written = Vec::new();
    write_xlsx(&export(&layout, &records()).table, &mut written, &options).expect("a workbook");
    fs::write(office.file("book.xlsx"), written).expect("written");
    fs::read(office.edits("book.xlsx", edits).expect("edited")).expect("saved")
}

fn sheet(bytes: &[u8], name: Option<&str>) -> Table {
    let sheet = name.map(str::to_owned);
    read(
        bytes,
        &Options {
            sheet,
            ..Options::default()
        },
    )
    .expect("a table")
}

fn imported(bytes: &[u8], now: &Present) -> Plan {
    let base = layout()
        .base(&sheet(bytes, Some(BASE_SHEET)), AIRFLOW)
        .expect("a base");
    let Base::Of(base) = base else {
        panic!("not its own: {base:?}")
    };
    assert_eq!(base, records(), "the hidden sheet came through whole");
    let options = PlanOptions {
        base: Some(&base),
        ..PlanOptions::default()
    };
    plan(&layout(), &sheet(bytes, None), now, options).expect("a plan")
}

#[test]
fn what_libreoffice_saves_is_what_was_exported() {
    let bytes = edited(&[]);
    assert_eq!(
        sheet(&bytes, None).found.sheets,
        ["Records"],
        "the base stays hidden"
    );
    let plan = imported(&bytes, &records());
    assert_eq!(
        (plan.refused.len(), plan.planned.len(), plan.unchanged),
        (0, 0, 3),
        "{plan:?}"
    );
    // The same without the hidden sheet, into an empty collection: every value as it was.
    let plan = leeward_exchange::plan(
        &layout(),
        &sheet(&bytes, None),
        &Present::new(),
        PlanOptions::default(),
    );
    let plan = plan.expect("a plan");
    assert!(plan.refused.is_empty(), "{:?}", plan.refused);
    for planned in &plan.planned {
        let wanted = &records()[planned.key.as_deref().expect("a key")].fields;
        let given = planned
            .fields
            .iter()
            .filter_map(|(name, change)| Some((name.clone(), change.to.clone()?)));
        assert_eq!(&given.collect::<leeward_model::Fields>(), wanted);
    }
}

#[test]
fn what_was_edited_in_libreoffice_is_merged_with_what_came_meanwhile() {
    let bytes = edited(&[
        ("<text:p>to be edited</text:p>", "<text:p>edited</text:p>"),
        (r#"office:value="1234.5""#, r#"office:value="99.25""#),
    ]);
    // Meanwhile the state was changed, and the price to something else.
    let mut now = records();
    let fields = &mut now.get_mut(FIRST).expect("the first").fields;
    fields.insert("state".into(), json!("old"));
    fields.insert("price".into(), json!("5"));
    let plan = imported(&bytes, &now);
    assert!(plan.refused.is_empty(), "{:?}", plan.refused);
    assert_eq!(
        (plan.count(PlannedKind::Changed), plan.unchanged),
        (1, 2),
        "{:?}",
        plan.planned
    );
    let fields = &plan.planned[0].fields;
    assert_eq!(
        fields.keys().collect::<Vec<_>>(),
        ["note", "price"],
        "the newer state stays"
    );
    let price = &fields["price"];
    assert_eq!(
        (&price.from, &price.to),
        (&Some(json!("1234.5")), &Some(json!("99.25"))),
        "a clash for the merge"
    );
}
