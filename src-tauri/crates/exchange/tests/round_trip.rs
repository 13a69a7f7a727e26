//! import(export(x)) = x, for every type and format.

use crate::{counts, model, planned};
use leeward_exchange::{Known, Layout, Present, export};
use leeward_model::{Collection, Fields, Value};
use leeward_tables::{
    CsvOptions, Format, Options, Table, XlsxOptions, read, write_csv, write_json, write_parquet, write_xlsx,
};
use proptest::prelude::*;
use serde_json::json;

/// One field of every type.
fn all_types() -> Layout {
    let fields = json!({
        "sku": crate::text(), "name": crate::text(), "amount": crate::decimal(), "count": crate::integer(),
        "day": crate::date(), "at": {"type": "string", "format": "date-time"}, "on": {"type": "boolean"},
        "state": {"enum": ["new", "0010", "-old"]}, "extra": {},
    });
    Layout::typed(&model(&fields, &json!(["sku"]), &["sku"]))
}

/// Texts with what goes wrong in files. A mask is not among them: it is never taken.
fn any_text() -> impl Strategy<Value = Value> {
    let texts = prop_oneof![
        "[=+@'\"\t\r\n;,|0-9.eE_x a-c-]{0,8}",
        "\\PC{0,8}",
        "0{1,3}[0-9]{1,19}",
        Just("2026-03-29".to_owned()),
        Just("1.234".to_owned()),
    ];
    texts
        .prop_filter("no mask", |text| !text.contains("***"))
        .prop_map(Value::from)
}

fn any_fields() -> impl Strategy<Value = Fields> {
    let some = |value: BoxedStrategy<Value>| proptest::option::of(value).boxed();
    let number = "-?[1-9][0-9]{0,17}".prop_map(Value::from).boxed();
    let decimal = "-?[1-9][0-9]{0,6}\\.[0-9]{0,5}[1-9]|[1-9]\\.[1-9]{3}"
        .prop_map(Value::from)
        .boxed();
    let day = "20[0-9]{2}-0[1-9]-(0[1-9]|1[0-9]|2[0-8])"
        .prop_map(Value::from)
        .boxed();
    let at = "20[0-9]{2}-0[1-9]-1[0-9]T0[0-9]:[0-5][0-9]:00(Z|\\+02:00)"
        .prop_map(Value::from)
        .boxed();
    let state = prop::sample::select(vec![json!("new"), json!("0010"), json!("-old")]).boxed();
    let extra = prop_oneof![
        Just(json!(null)),
        Just(json!({"a": [1, "x", null]})),
        Just(json!(1.5)),
        any_text(),
    ]
    .boxed();
    let values = (
        some(any_text().boxed()),
        some(decimal),
        some(number),
        some(day),
        some(at),
        some(any::<bool>().prop_map(Value::from).boxed()),
        some(state),
        some(extra),
    );
    values.prop_map(|(name, amount, count, day, at, on, state, extra)| {
        let named = [
            ("name", name),
            ("amount", amount),
            ("count", count),
            ("day", day),
            ("at", at),
            ("on", on),
            ("state", state),
            ("extra", extra),
        ];
        let named = named.into_iter();
        named
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    })
}

fn any_records() -> impl Strategy<Value = Present> {
    let key = "[a-zA-Z0-9=+' ,;-]{1,6}";
    prop::collection::btree_map(key, any_fields(), 1..6).prop_map(|records| {
        let record = |(key, mut fields): (String, Fields)| {
            fields.insert("sku".into(), json!(key));
            let known = Known {
                fields,
                ..Known::default()
            };
            (key, known)
        };
        records
            .into_iter()
            .filter(|(key, _)| !key.trim().is_empty())
            .map(record)
            .collect()
    })
}

/// The records that an import of this table makes in an empty collection.
fn imported(layout: &Layout, table: &Table) -> Result<Present, TestCaseError> {
    let plan = planned(layout, table, &Present::new());
    prop_assert!(plan.refused.is_empty(), "{:?}", plan.refused);
    let record = |one: &leeward_exchange::Planned| {
        let fields = one
            .fields
            .iter()
            .filter_map(|(name, change)| Some((name.clone(), change.to.clone()?)));
        let known = Known {
            fields: fields.collect(),
            ..Known::default()
        };
        (one.key.clone().unwrap(), known)
    };
    Ok(plan.planned.iter().map(record).collect())
}

fn back(bytes: &[u8], format: Format) -> Table {
    let options = Options {
        format: Some(format),
        ..Options::default()
    };
    read(bytes, &options).unwrap()
}

fn comes_back(layout: &Layout, records: &Present, table: &Table) -> Result<(), TestCaseError> {
    prop_assert_eq!(&imported(layout, table)?, records);
    let plan = planned(layout, table, records);
    prop_assert_eq!(counts(&plan), [0, 0, 0, records.len()]);
    Ok(())
}

proptest! {
    #[test]
    fn csv(records in any_records()) {
        prop_assume!(!records.is_empty());
        let layout = all_types();
        let mut written = Vec::new();
        write_csv(&export(&layout, &records).table, &mut written, CsvOptions::default()).unwrap();
        comes_back(&layout, &records, &back(&written, Format::Csv))?;
    }

    #[test]
    fn json(records in any_records()) {
        prop_assume!(!records.is_empty());
        let layout = all_types();
        let mut written = Vec::new();
        write_json(&export(&layout, &records).table, &mut written).unwrap();
        comes_back(&layout, &records, &back(&written, Format::Json))?;
    }

    #[test]
    fn parquet(records in any_records()) {
        prop_assume!(!records.is_empty());
        let layout = all_types();
        let mut written = Vec::new();
        write_parquet(&export(&layout, &records).table, &mut written, &layout.parquet()).unwrap();
        comes_back(&layout, &records, &back(&written, Format::Parquet))?;
    }
}

#[test]
fn a_secret_is_left_out_and_counted() {
    let layout = Layout::built_in(&Collection::variables());
    let sealed = Known {
        sealed: ["value".to_owned()].into(),
        ..Known::default()
    };
    let plain = crate::known(&json!({"value": "1", "description": null}));
    let records = Present::from([("a_token".to_owned(), sealed), ("b".to_owned(), plain)]);
    let exported = export(&layout, &records);
    assert_eq!((exported.table.rows.len(), exported.secrets), (1, 1));
    let mut written = Vec::new();
    write_xlsx(&exported.table, &mut written, &XlsxOptions::default()).unwrap();
    assert_eq!(
        counts(&planned(&layout, &back(&written, Format::Xlsx), &records)),
        [0, 0, 0, 1]
    );
}
