//! Workbooks with rules and a hidden sheet, out and back.

use crate::{counts, known, model, text};
use leeward_exchange::{BASE_SHEET, Base, Layout, Plan, PlanOptions, Present, export, plan};
use leeward_tables::{Cell, Options, Table, XlsxOptions, read, write_xlsx};
use serde_json::json;

const AIRFLOW: &str = "https://airflow.example.com";

fn layout() -> Layout {
    let many: Vec<String> = (0..60).map(|number| format!("choice {number}")).collect();
    let fields = json!({
        "sku": text(), "zip": text(), "id": {"type": "integer"}, "rate": crate::decimal(), "day": crate::date(),
        "at": {"type": "string", "format": "date-time"}, "on": {"type": "boolean"}, "state": {"enum": ["new", "old"]},
        "many": {"enum": many}, "short": {"type": "string", "maxLength": 5}, "extra": {},
        "lots": {"type": "integer", "minimum": 1, "maximum": 9},
    });
    Layout::typed(&model(&fields, &json!(["sku", "zip"]), &["sku", "zip"]))
}

fn records() -> Present {
    let first = json!({
        "sku": "ä", "zip": "01067", "id": "1234567890123456789", "rate": "-0.1", "day": "2026-03-29",
        "at": "2026-11-01T09:30:00+01:00", "on": true, "state": "new", "many": "choice 59", "short": "=1+1",
        "extra": {"a": [1.50, null]}, "lots": "3",
    });
    let second = json!({"sku": "b", "zip": "00501", "id": "42", "rate": "1234.5", "day": "1899-01-01", "short": "",
        "extra": null});
    Present::from([
        (r#"["ä","01067"]"#.to_owned(), known(&first)),
        (r#"["b","00501"]"#.to_owned(), known(&second)),
    ])
}

/// The workbook of these records, with one change in the table that people see.
fn workbook(records: &Present, change: impl FnOnce(&mut Table)) -> Vec<u8> {
    let layout = layout();
    let mut table = export(&layout, records).table;
    change(&mut table);
    let options = XlsxOptions {
        hidden: Some(layout.base_sheet(records, AIRFLOW)),
        ..layout.workbook()
    };
    let mut written = Vec::new();
    write_xlsx(&table, &mut written, &options).unwrap();
    written
}

fn sheet(bytes: &[u8], name: Option<&str>) -> Table {
    let options = Options {
        sheet: name.map(str::to_owned),
        ..Options::default()
    };
    read(bytes, &options).unwrap()
}

fn base(bytes: &[u8], airflow: &str) -> Base {
    layout().base(&sheet(bytes, Some(BASE_SHEET)), airflow).unwrap()
}

fn imported(bytes: &[u8], now: &Present) -> Plan {
    let Base::Of(base) = base(bytes, AIRFLOW) else {
        panic!("its own")
    };
    let options = PlanOptions {
        base: Some(&base),
        ..PlanOptions::default()
    };
    plan(&layout(), &sheet(bytes, None), now, options).unwrap()
}

#[test]
fn the_hidden_sheet_has_every_value_as_it_was() {
    let bytes = workbook(&records(), |_| {});
    assert_eq!(base(&bytes, AIRFLOW), Base::Of(records()));
    assert_eq!(sheet(&bytes, None).found.sheets, ["Records"], "nobody sees it");
    assert_eq!(counts(&imported(&bytes, &records())), [0, 0, 0, 2]);
}

#[test]
fn what_was_edited_in_the_workbook_is_merged_with_what_came_meanwhile() {
    let change = |table: &mut Table| {
        let place = |name: &str| {
            table
                .columns
                .iter()
                .position(|column| column.name == name)
                .unwrap()
        };
        let (rate, lots) = (place("rate"), place("lots"));
        table.rows[0].cells[rate] = Cell::Text("7.25".into());
        table.rows[1].cells[lots] = Cell::Text("4".into());
    };
    let bytes = workbook(&records(), change);
    let mut now = records();
    now.get_mut(r#"["ä","01067"]"#)
        .unwrap()
        .fields
        .insert("state".into(), json!("old"));
    let plan = imported(&bytes, &now);
    assert_eq!(counts(&plan), [0, 2, 0, 0], "{:?}", plan.refused);
    let names: Vec<Vec<&String>> = plan
        .planned
        .iter()
        .map(|one| one.fields.keys().collect())
        .collect();
    assert_eq!(names, [["rate"], ["lots"]], "the newer state stays");
    assert_eq!(plan.planned[0].fields["rate"].from, Some(json!("1234.5")));
}

#[test]
fn a_workbook_of_something_else_has_no_base_here() {
    let bytes = workbook(&records(), |_| {});
    let Base::Foreign(sentence) = base(&bytes, "https://other.example.com/") else {
        panic!("another Airflow")
    };
    assert!(sentence.contains("another Airflow"), "{sentence}");
    assert!(
        matches!(base(&bytes, "https://airflow.example.com/"), Base::Of(_)),
        "a slash is no other"
    );
    let pools = Layout::built_in(&leeward_model::Collection::pools());
    let hidden = sheet(&bytes, Some(BASE_SHEET));
    assert!(matches!(pools.base(&hidden, AIRFLOW).unwrap(), Base::Foreign(_)));
    let damaged = crate::table("a,b\n1,2\n");
    assert!(
        pools
            .base(&damaged, AIRFLOW)
            .unwrap_err()
            .next
            .contains("delete that sheet")
    );
}

#[test]
fn people_are_held_to_the_rules_of_the_data_model() {
    let bytes = workbook(&records(), |_| {});
    let sheet = part(&bytes, "xl/worksheets/sheet1.xml");
    for wanted in [
        r#"type="list""#,
        "&quot;new,old&quot;",
        "_lists!$",
        r#"type="whole""#,
        r#"type="decimal""#,
        r#"type="date""#,
        r#"type="textLength""#,
        "<sheetProtection ",
        r#"xSplit="2" ySplit="1""#,
    ] {
        assert!(
            sheet.contains(wanted) || sheet.replace('"', "&quot;").contains(wanted),
            "no {wanted}"
        );
    }
    assert!(part(&bytes, "xl/workbook.xml").contains(r#"name="_leeward" sheetId="3" state="hidden""#));
    assert_eq!(
        counts(&imported(&bytes, &Present::new())),
        [0, 0, 0, 2],
        "gone meanwhile, and not edited"
    );
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    std::io::read_to_string(archive.by_name(name).unwrap()).unwrap()
}
