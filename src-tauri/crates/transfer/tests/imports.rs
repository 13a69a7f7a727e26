//! An import in the window, on a mirror of its own.
// Clippy's own exemption for tests does not reach the helpers beside them.
#![allow(clippy::unwrap_used, clippy::panic)]

use leeward_model::carried::Carried;
use leeward_model::{
    BaseField, Change, Conflict, ConflictKind, Content, EntryKind, FileFormat, ImportOptions, ImportPart,
    ImportPreview, Problem, Value,
};
use leeward_schema::DataModel;
use leeward_store::{Fresh, Mirror, StoredCollection, StoredRecord};
use leeward_tables::Format;
use leeward_transfer::{Import, taken, written};
use serde_json::json;
use tempfile::TempDir;

const AIRFLOW: &str = "https://airflow.example.com";

struct Desk {
    _folder: TempDir,
    mirror: Mirror,
}

impl Desk {
    /// A collection of prices with two records.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fresh = Fresh {
            store_id: ulid::Ulid::from(1u128),
            secret_key: [1; 32],
        };
        let mirror = Mirror::open(&folder.path().join("mirror.db"), &fresh).unwrap();
        let mut desk = Self {
            _folder: folder,
            mirror,
        };
        let file = json!({
            "title": "Prices", "type": "object",
            "properties": {"sku": {"type": "string"}, "lots": {"type": "integer"},
                "price": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
                "limits": {}},
            "required": ["sku"], "x-leeward": {"collection": "prices", "version": 1, "key": ["sku"]},
        })
        .to_string();
        let collection = StoredCollection {
            model: DataModel::read(&file).unwrap().to_collection(),
            prefix: Some("prices.".to_owned()),
            file,
            trouble: None,
        };
        desk.mirror
            .write(|ledger| ledger.put_collection(&collection))
            .unwrap();
        desk.has("A-1", "1.5");
        desk.has("A-2", "2");
        desk
    }

    fn has(&mut self, sku: &str, price: &str) {
        let mut record = StoredRecord::new("prices", sku);
        let fields = [("sku", sku), ("price", price), ("lots", "9007199254740993")];
        record.base = Some(
            fields
                .iter()
                .map(|(name, text)| ((*name).to_owned(), seen(Value::from(*text))))
                .collect(),
        );
        self.saves(&record);
    }

    /// A record that has these limits, too.
    fn has_limits(&mut self, sku: &str, limits: &str) {
        self.has(sku, "1");
        self.alters(sku, |record| {
            let limits = seen(serde_json::from_str(limits).unwrap());
            record.base.as_mut().unwrap().insert("limits".to_owned(), limits);
        });
    }

    fn alters(&mut self, sku: &str, change: impl Fn(&mut StoredRecord)) {
        let found = self.mirror.read(|ledger| ledger.record("prices", sku));
        let mut record = found.unwrap().unwrap();
        change(&mut record);
        self.saves(&record);
    }

    fn saves(&mut self, record: &StoredRecord) {
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        self.mirror.write(|ledger| ledger.save(record, now)).unwrap();
    }

    fn is_current(&mut self, import: &Import) -> bool {
        self.mirror
            .read(|ledger| import.is_current(ledger, AIRFLOW))
            .unwrap()
    }

    fn is_in_conflict(&mut self, sku: &str) {
        self.alters(sku, |record| {
            record.conflict = Some(Conflict {
                kind: ConflictKind::Fields,
                fields: Vec::new(),
                mine_deleted: false,
                airflow_deleted: false,
                found_at: "2026-01-01T00:00:00Z".parse().unwrap(),
                decided: None,
                note: None,
            });
        });
    }

    fn plan(&mut self, import: &mut Import, options: &ImportOptions) -> Result<ImportPreview, Problem> {
        let opened = import.open(options)?;
        let made = || "made".to_owned();
        self.mirror
            .read(|ledger| import.plan(ledger, opened, AIRFLOW, made))
    }
}

fn seen(value: Value) -> BaseField {
    BaseField::seen(Content::Value(value))
}

fn of(content: &str) -> Import {
    let mut import = Import::new("prices".to_owned());
    for part in content.as_bytes().chunks(7) {
        import.push(part).unwrap();
    }
    import
}

const ROWS: &str = "sku,price,lots\nA-1,1.75,9007199254740993\nA-3,3,1\nA-4,much,1\n";

#[test]
fn a_file_in_parts_has_a_preview_by_pages() {
    let mut desk = Desk::new();
    let mut import = of(ROWS);
    let preview = desk.plan(&mut import, &ImportOptions::default()).unwrap();
    let counts = [
        preview.added,
        preview.changed,
        preview.unchanged,
        preview.refused,
        preview.rest,
    ];
    assert_eq!(counts, [1, 1, 0, 1, 1]);
    assert_eq!(preview.found.format.as_deref(), Some("csv"));
    let rows = |part, from| import.rows(part, from, 10).unwrap();
    let changed = rows(ImportPart::Changed, 0);
    let field = &changed[0].fields[0];
    assert_eq!(
        (changed[0].row, changed[0].key.as_deref(), field.name.as_str()),
        (Some(2), Some("A-1"), "price")
    );
    assert_eq!(
        (field.from.as_deref(), field.to.as_deref()),
        (Some("1.5"), Some("1.75"))
    );
    assert_eq!(rows(ImportPart::Added, 0)[0].key.as_deref(), Some("A-3"));
    assert_eq!(rows(ImportPart::Rest, 0)[0].key.as_deref(), Some("A-2"));
    let refused = &rows(ImportPart::Refused, 0)[0];
    assert_eq!(refused.row, Some(4));
    assert!(
        refused.why.as_deref().unwrap().contains("decimal number"),
        "{refused:?}"
    );
    assert_eq!(refused.fields[0].to.as_deref(), Some("much"));
    assert!(rows(ImportPart::Added, 1).is_empty());
}

#[test]
fn the_work_is_what_keeping_it_does_and_nothing_of_what_is_refused() {
    let mut desk = Desk::new();
    let mut import = of(ROWS);
    desk.plan(&mut import, &ImportOptions::default()).unwrap();
    let works = import.works(false, 0, 10).unwrap();
    let keys: Vec<&str> = works.iter().map(|work| work.key.as_str()).collect();
    assert_eq!(keys, ["A-1", "A-3"]);
    assert_eq!(works[0].before.as_ref().unwrap()["price"], "1.5");
    assert_eq!(works[0].fields["price"].to, Some(json!("1.75")));
    assert_eq!(works[1].before, None);
    assert_eq!(
        works[1].fields["lots"].to,
        Some(json!("1")),
        "whole numbers are texts"
    );
    let with_rest = import.works(true, 2, 10).unwrap();
    assert_eq!(
        (with_rest.len(), with_rest[0].kind, with_rest[0].key.as_str()),
        (1, EntryKind::Delete, "A-2")
    );
    assert!(import.works(true, 3, 10).unwrap().is_empty());
}

#[test]
fn a_file_is_planned_again_with_other_options() {
    let mut desk = Desk::new();
    let mut import = of("sku;price\nA-1;1.234\n");
    let preview = desk.plan(&mut import, &ImportOptions::default()).unwrap();
    assert_eq!(preview.refused, 1, "it can be read in two ways");
    let told = ImportOptions {
        decimal: Some(",".to_owned()),
        ..ImportOptions::default()
    };
    let preview = desk.plan(&mut import, &told).unwrap();
    assert_eq!((preview.refused, preview.changed), (0, 1));
    assert_eq!(
        import.works(false, 0, 1).unwrap()[0].fields["price"].to,
        Some(json!("1234"))
    );
    let told = ImportOptions {
        format: Some(FileFormat::Parquet),
        ..ImportOptions::default()
    };
    assert!(
        desk.plan(&mut import, &told)
            .unwrap_err()
            .what
            .contains("no Parquet")
    );
}

/// What another desktop changed came with a sync, after the preview was shown.
#[test]
fn a_preview_is_current_until_what_it_changes_changes() {
    let mut desk = Desk::new();
    desk.has("B-1", "1");
    desk.has("B-2", "1");
    let mut import = of("sku,price\nA-1,2\nA-3,3\nB-1,2\n");
    desk.plan(&mut import, &ImportOptions::default()).unwrap();
    assert!(desk.is_current(&import));
    let sets = |field: &'static str, value: &'static str| {
        move |record: &mut StoredRecord| {
            let value = seen(Value::from(value));
            record.base.as_mut().unwrap().insert(field.to_owned(), value);
        }
    };
    // A field that is not in the file.
    desk.alters("B-1", sets("lots", "7"));
    assert!(desk.is_current(&import));
    // The value that would be written over; a record that would be deleted with the rest; one that is new; a conflict.
    for change in [0, 1, 2, 3] {
        desk.plan(&mut import, &ImportOptions::default()).unwrap();
        match change {
            0 => desk.alters("B-1", sets("price", "9")),
            1 => desk.alters("B-2", sets("lots", "7")),
            2 => desk.has("A-3", "1"),
            _ => desk.is_in_conflict("B-1"),
        }
        assert!(!desk.is_current(&import), "{change}");
    }
}

#[test]
fn the_refused_rows_are_a_file() {
    let mut desk = Desk::new();
    let mut import = of(ROWS);
    assert!(import.refused().is_err(), "nothing is read yet");
    desk.plan(&mut import, &ImportOptions::default()).unwrap();
    let (bytes, rows, missing) = import.refused().unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!((rows, missing), (1, 0));
    assert!(
        text.starts_with("sku,price,lots,_row,_why\nA-4,much,1,4,"),
        "{text}"
    );
}

/// What is refused, as row and reason.
fn whys(import: &Import) -> Vec<(u64, String)> {
    let rows = import.rows(ImportPart::Refused, 0, 10).unwrap();
    rows.into_iter()
        .map(|row| (row.row.unwrap(), row.why.unwrap()))
        .collect()
}

fn keys(import: &Import, with_rest: bool) -> Vec<String> {
    let works = import.works(with_rest, 0, 10).unwrap();
    works.into_iter().map(|work| work.key).collect()
}

/// The window carries such JSON as its text.
#[test]
fn a_number_that_a_float_does_not_give_back_is_kept_whole() {
    let mut desk = Desk::new();
    desk.has_limits("B-1", "9007199254740993");
    desk.has_limits("B-2", "[9007199254740993]");
    let mut import = of("sku,limits\nA-1,[9007199254740995]\nA-3,0.12345678901234567890\nB-1,7\n");
    let preview = desk.plan(&mut import, &ImportOptions::default()).unwrap();
    assert_eq!((preview.changed, preview.refused, preview.rest), (2, 1, 2));
    let why = "The limits must be JSON without 0.12345678901234567890: write it as a text, in quotes.";
    assert_eq!(whys(&import), [(3, why.to_owned())]);
    let carried = |text: &str| Some(json!({ "$leeward_json": text }));
    let works = import
        .works(true, 0, 10)
        .unwrap()
        .into_iter()
        .map(Carried::to_window);
    let limits: Vec<_> = works
        .filter_map(|work| Some((work.key, work.fields.get("limits")?.clone())))
        .collect();
    let change = |from, to| Change { from, to };
    assert_eq!(
        limits,
        [
            ("A-1".to_owned(), change(None, carried("[9007199254740995]"))),
            (
                "B-1".to_owned(),
                change(carried("9007199254740993"), Some(json!(7)))
            ),
            ("B-2".to_owned(), change(carried("[9007199254740993]"), None)),
        ]
    );
}

#[test]
fn a_record_in_conflict_stays_until_that_is_resolved() {
    let mut desk = Desk::new();
    desk.has("B-1", "1");
    for sku in ["A-1", "B-1"] {
        desk.is_in_conflict(sku);
    }
    let mut import = of("sku,price\nA-1,2.5\nA-3,3\n");
    let preview = desk.plan(&mut import, &ImportOptions::default()).unwrap();
    let told = "It is in conflict: resolve that first.".to_owned();
    assert_eq!(whys(&import), [(2, told)]);
    assert_eq!((preview.changed, preview.added, preview.rest), (0, 1, 1));
    assert_eq!(keys(&import, true), ["A-3", "A-2"]);
    assert!(preview.rest_notes[0].contains("in conflict"), "{preview:?}");
}

#[test]
fn what_is_exported_comes_back_unchanged_in_every_format() {
    let mut desk = Desk::new();
    for format in [Format::Csv, Format::Xlsx, Format::Parquet, Format::Json] {
        let taken = desk.mirror.read(|ledger| taken(ledger, "prices")).unwrap();
        let (bytes, rows, secrets) = written(&taken, format, Some(AIRFLOW)).unwrap();
        assert_eq!((rows, secrets), (2, 0));
        let mut import = Import::new("prices".to_owned());
        import.push(&bytes).unwrap();
        let preview = desk.plan(&mut import, &ImportOptions::default()).unwrap();
        assert_eq!(
            (
                preview.unchanged,
                preview.added + preview.changed + preview.refused + preview.rest
            ),
            (2, 0),
            "{format:?}"
        );
    }
}

#[test]
fn a_file_that_is_too_large_is_let_go() {
    let mut import = Import::new("prices".to_owned());
    let part = vec![b'a'; 64 << 20];
    for _ in 0..4 {
        import.push(&part).unwrap();
    }
    assert!(import.push(b"a").unwrap_err().what.contains("256 MB"));
}
