//! Collections made, changed and removed on a mirror of their own, without any Airflow.

use super::{Author, Refusal, change, keep, look, read, remove};
use leeward_model::{
    BaseField, Change, Content, EntryKind, FieldEffectKind, FieldOrigin, ModelDraft, ModelEffect, ModelLook,
    VARIABLES, Value,
};
use leeward_schema::DataModel;
use leeward_store::{Fresh, Ledger, Mirror, StoreError, Work};
use serde_json::json;
use std::collections::BTreeMap;
use tempfile::TempDir;
use ulid::Ulid;

const RATES: &str = r#"{"title": "Rates", "type": "object", "properties": {
    "currency": {"type": "string"}, "rate": {"type": "string"}, "approved": {"type": "boolean"},
    "source": {"enum": ["ecb", "desk"]}},
   "required": ["currency"], "x-leeward": {"collection": "fx", "version": 1, "key": ["currency"]}}"#;

/// A mirror, and ids that count up.
struct Desk {
    mirror: Mirror,
    number: u128,
    _folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let fresh = Fresh {
            store_id: Ulid::from(1),
            secret_key: [1; 32],
        };
        let mirror = Mirror::open(&folder.path().join("mirror.db"), &fresh).unwrap();
        Self {
            mirror,
            number: 1,
            _folder: folder,
        }
    }

    fn with_rates() -> Self {
        let mut desk = Self::new();
        desk.keep(&new(RATES)).unwrap();
        desk.put(
            "EUR",
            json!({"currency": "EUR", "rate": "1.1", "approved": true, "source": "ecb"}),
        );
        desk.put(
            "USD",
            json!({"currency": "USD", "rate": "about 2", "source": "desk"}),
        );
        desk
    }

    fn author(&mut self) -> Author<'static> {
        self.number += 1;
        Author {
            client: "app",
            id: Ulid::from(self.number),
            now: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn keep(&mut self, draft: &ModelDraft) -> Result<String, Refusal> {
        let author = self.author();
        let kept = self.mirror.write(|ledger| keep(ledger, author, draft))?;
        self.mirror.write(|ledger| ledger.follow_models(author.now))?;
        Ok(kept)
    }

    fn follow(&mut self) {
        let now = jiff::Timestamp::UNIX_EPOCH;
        self.mirror
            .write::<_, StoreError>(|ledger| ledger.follow_models(now))
            .unwrap();
    }

    /// As a sync takes it down: the base moves, and nobody works by it yet.
    fn observes_model(&mut self, file: &str) {
        self.observes(Some(file));
    }

    /// The same, of a Variable that holds something else, or is gone.
    fn observes(&mut self, text: Option<&str>) {
        let seen = |text: &str| BaseField::seen(Content::Value(text.into()));
        let taken = |ledger: &Ledger<'_>| {
            let mut record = ledger.record(VARIABLES, "fx.$model")?.unwrap();
            record.overlay = None;
            record.base = text.map(|text| [("value".to_owned(), seen(text))].into());
            ledger.save(&record, jiff::Timestamp::UNIX_EPOCH)
        };
        self.mirror.write::<_, StoreError>(taken).unwrap();
    }

    /// What the Variable of the model holds here.
    fn model_text(&mut self) -> String {
        let record = self.mirror.read(|ledger| ledger.record(VARIABLES, "fx.$model"));
        let record = record.unwrap().unwrap();
        record.local("value").unwrap().as_str().unwrap().to_owned()
    }

    fn look(&mut self, draft: &ModelDraft) -> ModelLook {
        self.mirror.read(|ledger| look(ledger, draft)).unwrap()
    }

    fn effect(&mut self, draft: &ModelDraft) -> ModelEffect {
        let look = self.look(draft);
        assert_eq!(look.faults, []);
        look.effect.unwrap()
    }

    fn put(&mut self, key: &str, fields: Value) {
        let author = self.author();
        let Value::Object(fields) = fields else {
            panic!("no fields")
        };
        let change = |(name, to)| {
            (
                name,
                Change {
                    from: None,
                    to: Some(to),
                },
            )
        };
        let work = Work {
            collection: "fx".into(),
            key: key.into(),
            fields: fields.into_iter().map(change).collect::<BTreeMap<_, _>>(),
            ..Work::new(author.id, EntryKind::Edit)
        };
        let enter = |ledger: &Ledger<'_>| ledger.enter(author.client, work, author.now);
        self.mirror.write::<_, StoreError>(enter).unwrap();
    }

    fn file(&mut self) -> String {
        let stored = self.mirror.read(|ledger| ledger.typed_collection("fx")).unwrap();
        stored.unwrap().file
    }

    fn shown(&mut self, key: &str) -> Value {
        let record = self.mirror.read(|ledger| ledger.record("fx", key)).unwrap();
        json!(record.unwrap().local_fields())
    }

    /// The next version of the rates, with that done to its fields.
    fn next(&mut self, file: &str, renamed: &[(&str, &str)], dropped: &[&str]) -> ModelDraft {
        let name = |was: &str| {
            let found = renamed.iter().find(|(from, _)| *from == was);
            found.map_or(was, |(_, to)| *to).to_owned()
        };
        let fields = ["currency", "rate", "approved", "source"].into_iter();
        let origins = fields
            .filter(|was| !dropped.contains(was))
            .map(|was| FieldOrigin {
                name: name(was),
                was: was.into(),
                map: Vec::new(),
            });
        ModelDraft {
            from: Some(self.file()),
            prefix: String::new(),
            file: file.into(),
            origins: origins.collect(),
        }
    }
}

fn new(file: &str) -> ModelDraft {
    ModelDraft {
        from: None,
        prefix: "fx.".into(),
        file: file.into(),
        origins: Vec::new(),
    }
}

fn pointers(look: &ModelLook) -> Vec<&str> {
    look.faults.iter().map(|fault| fault.pointer.as_str()).collect()
}

#[test]
fn a_new_collection_is_work_on_its_variable() {
    let mut desk = Desk::new();
    assert_eq!(desk.look(&new(RATES)).faults, []);
    assert_eq!(desk.keep(&new(RATES)).unwrap(), "fx");
    let record = desk.mirror.read(|ledger| ledger.record(VARIABLES, "fx.$model"));
    let record = record.unwrap().unwrap();
    assert_eq!(record.local("value"), Some(&json!(desk.file())));
    assert!(record.has_work());
}

#[test]
fn what_is_wrong_is_told_at_its_place() {
    let mut desk = Desk::with_rates();
    assert_eq!(pointers(&desk.look(&new(RATES))), ["/x-leeward/collection"]);
    let mut other = new(&RATES.replace("\"fx\"", "\"other\""));
    for prefix in ["", "fx.", "fx.rates.", "f", "api_key.", "a\nb"] {
        other.prefix = prefix.into();
        assert_eq!(pointers(&desk.look(&other)), ["prefix"], "{prefix:?}");
        assert!(desk.keep(&other).is_err(), "{prefix:?}");
    }
    other.prefix = "other.".into();
    assert_eq!(desk.look(&other).faults, []);
    let spoilt = new(&RATES.replace("\"boolean\"", "\"bool\""));
    assert_eq!(pointers(&desk.look(&spoilt)), ["/properties/approved/type"]);
    assert_eq!(pointers(&read(&spoilt.file)), ["/properties/approved/type"]);
    assert!(matches!(desk.keep(&spoilt), Err(Refusal::Faults(all)) if all.len() == 1));
    assert!(
        read(RATES)
            .file
            .is_some_and(|file| file.starts_with("{\n  \"$schema\""))
    );
}

#[test]
fn a_rename_and_a_drop_are_told_and_made() {
    let mut desk = Desk::with_rates();
    let file = RATES
        .replace("\"rate\"", "\"value\"")
        .replace(", \"approved\": {\"type\": \"boolean\"}", "");
    let draft = desk.next(&file, &[("rate", "value")], &["approved"]);
    let effect = desk.effect(&draft);
    assert_eq!(
        (effect.version, effect.records, effect.changed, effect.is_same),
        (2, 2, 2, false)
    );
    let told: Vec<_> = effect
        .fields
        .iter()
        .map(|one| (one.kind, one.field.as_str(), one.records, one.examples.len()))
        .collect();
    let expected = [
        (FieldEffectKind::Renamed, "value", 2, 0),
        (FieldEffectKind::Dropped, "approved", 1, 1),
    ];
    assert_eq!(told, expected);
    let example = &effect.fields[1].examples[0];
    assert_eq!(
        (example.key.as_str(), example.before.as_deref()),
        ("EUR", Some("true"))
    );
    desk.keep(&draft).unwrap();
    let kept: Value = serde_json::from_str(&desk.file()).unwrap();
    let steps = json!([{"version": 2, "drop": "approved"}, {"version": 2, "rename": "rate", "to": "value"}]);
    assert_eq!(kept["x-leeward"]["changes"], steps);
    assert_eq!(
        desk.shown("EUR"),
        json!({"currency": "EUR", "value": "1.1", "source": "ecb"})
    );
}

#[test]
fn what_a_stricter_rule_breaks_is_told() {
    let mut desk = Desk::with_rates();
    let file = RATES
        .replace(
            "\"rate\": {\"type\": \"string\"}",
            "\"rate\": {\"type\": \"string\", \"format\": \"decimal\", \"x-leeward\": {\"scale\": 2}}",
        )
        .replace("[\"ecb\", \"desk\"]", "[\"ECB\", \"desk\"]");
    let mut draft = desk.next(&file, &[], &[]);
    draft.origins[3].map = vec![("ecb".into(), "ECB".into())];
    let effect = desk.effect(&draft);
    assert_eq!((effect.broken, effect.changed), (1, 1));
    assert_eq!(effect.broken_examples[0].key, "USD");
    assert_eq!(effect.broken_examples[0].field, "rate");
    let converted = &effect.fields[0];
    assert_eq!(
        (converted.kind, converted.field.as_str()),
        (FieldEffectKind::Converted, "source")
    );
    assert_eq!(converted.examples[0].after.as_deref(), Some("ECB"));
}

#[test]
fn what_is_broken_together_is_told() {
    let mut desk = Desk::with_rates();
    desk.put("GBP", json!({"currency": "GBP", "rate": "1.1"}));
    let file = RATES.replace(
        "\"key\": [\"currency\"]",
        "\"key\": [\"currency\"], \"unique\": [[\"rate\"], [\"source\"]], \"references\": {\"currency\": \"fx\", \"source\": \"fx\"}",
    );
    let draft = desk.next(&file, &[], &[]);
    let whole = |ledger: &Ledger<'_>| ledger.note_whole("fx", true);
    desk.mirror.write::<_, StoreError>(whole).unwrap();
    let effect = desk.effect(&draft);
    let told: Vec<_> = effect
        .together
        .iter()
        .map(|one| {
            (
                one.fields.join(","),
                one.refers_to.is_some(),
                one.examples.join(","),
            )
        })
        .collect();
    let expected = [
        ("rate".to_owned(), false, "EUR,GBP".to_owned()),
        ("source".to_owned(), true, "USD,EUR".to_owned()),
    ];
    assert_eq!(told, expected);
}

#[test]
fn nothing_is_told_of_references_into_what_was_not_read_to_its_end() {
    let mut desk = Desk::with_rates();
    let file = RATES.replace(
        "\"key\": [\"currency\"]",
        "\"key\": [\"currency\"], \"references\": {\"source\": \"banks\"}",
    );
    let draft = desk.next(&file, &[], &[]);
    let mut told = |is_whole| {
        let note = |ledger: &Ledger<'_>| ledger.note_whole("banks", is_whole);
        desk.mirror.write::<_, StoreError>(note).unwrap();
        let together = desk.effect(&draft).together;
        together.iter().map(|one| one.records).collect::<Vec<_>>()
    };
    assert_eq!(told(false), Vec::<u32>::new());
    assert_eq!(told(true), [2]);
}

#[test]
fn a_default_fills_and_nothing_is_no_change() {
    let mut desk = Desk::with_rates();
    let draft = desk.next(RATES, &[], &[]);
    let effect = desk.effect(&draft);
    assert!(effect.is_same);
    assert_eq!((effect.version, effect.changed), (1, 0));
    let before = desk.file();
    desk.keep(&draft).unwrap();
    assert_eq!(desk.file(), before);
    let file = RATES.replace(
        "\"source\": {",
        "\"lots\": {\"type\": \"integer\", \"default\": 1}, \"source\": {",
    );
    let draft = desk.next(&file, &[], &[]);
    let effect = desk.effect(&draft);
    assert_eq!(
        (effect.changed, effect.fields[0].kind),
        (2, FieldEffectKind::Filled)
    );
    assert_eq!(effect.fields[0].examples[0].after.as_deref(), Some("1"));
}

/// What another added since is in no description of what was there before, and is not dropped by it.
#[test]
fn a_model_that_moved_is_not_written_over() {
    let mut desk = Desk::with_rates();
    let old = desk.next(RATES, &[], &[]);
    let file = RATES.replace("\"source\": {", "\"note\": {\"type\": \"string\"}, \"source\": {");
    let draft = desk.next(&file, &[], &[]);
    desk.keep(&draft).unwrap();
    let look = desk.look(&old);
    assert_eq!(pointers(&look), ["from"]);
    assert_eq!(look.faults[0].instead, "note is a new field.");
    let told = desk.keep(&old).unwrap_err().to_string();
    assert_eq!(
        told,
        "The data model of fx is another one by now.\nnote is a new field."
    );
}

/// What a sync took down is gone, or a newer release's: neither is written over by who has not seen it.
#[test]
fn a_model_that_is_gone_or_cannot_be_read_is_not_written_over() {
    let titled = RATES.replace("\"Rates\"", "\"Exchange rates\"");
    for (there, told) in [
        (None, "It was removed."),
        (
            Some("{\"type\": \"object\", \"x-newer\": 1}"),
            "Another one is there, which cannot be used here.",
        ),
    ] {
        let mut desk = Desk::with_rates();
        let mine = desk.next(&titled, &[], &[]);
        desk.observes(there);
        let look = desk.look(&mine);
        assert_eq!(pointers(&look), ["from"], "{told}");
        assert_eq!(look.faults[0].instead, told);
        assert!(matches!(desk.keep(&mine), Err(Refusal::Moved { .. })), "{told}");
    }
}

/// A sync brought another desktop's version, or another program wrote one here, and a cycle that is still under way keeps
/// everybody from working by it.
#[test]
fn a_model_that_nobody_works_by_yet_is_not_written_over() {
    let with_note = RATES.replace("\"source\": {", "\"note\": {\"type\": \"string\"}, \"source\": {");
    let titled = RATES.replace("\"Rates\"", "\"Exchange rates\"");
    for is_from_airflow in [true, false] {
        let mut desk = Desk::with_rates();
        let (theirs, mine) = (desk.next(&with_note, &[], &[]), desk.next(&titled, &[], &[]));
        let file = desk.look(&theirs).file.unwrap();
        match is_from_airflow {
            true => desk.observes_model(&file),
            false => {
                let author = desk.author();
                desk.mirror.write(|ledger| keep(ledger, author, &theirs)).unwrap();
            }
        }
        let look = desk.look(&mine);
        assert_eq!(pointers(&look), ["from"], "{is_from_airflow}");
        assert_eq!(look.faults[0].instead, "note is a new field.");
        assert!(matches!(desk.keep(&mine), Err(Refusal::Moved { .. })));
        // Nor by a file, which leewardctl takes.
        let next = DataModel::read(&file.replace("\"Rates\"", "\"Exchange rates\"")).unwrap();
        let author = desk.author();
        let changed = desk.mirror.write(|ledger| change(ledger, author, "fx", &next));
        assert!(matches!(changed, Err(Refusal::Moved { .. })));
        assert_eq!(desk.model_text(), file);
        // Once it is worked by, the next version follows it.
        desk.follow();
        let again = desk.next(&with_note.replace("\"Rates\"", "\"Exchange rates\""), &[], &[]);
        let origin = FieldOrigin {
            name: "note".into(),
            was: "note".into(),
            map: Vec::new(),
        };
        let origins = [again.origins, vec![origin]].concat();
        desk.keep(&ModelDraft { origins, ..again }).unwrap();
        assert!(desk.model_text().contains("\"version\": 3"));
    }
}

#[test]
fn a_collection_is_removed_once_nothing_waits() {
    let mut desk = Desk::with_rates();
    let author = desk.author();
    let refused = desk.mirror.write(|ledger| remove(ledger, author, "fx"));
    assert!(matches!(refused, Err(Refusal::WorkWaits(_))));
    let mut desk = Desk::new();
    desk.keep(&new(RATES)).unwrap();
    let author = desk.author();
    desk.mirror.write(|ledger| remove(ledger, author, "fx")).unwrap();
    desk.mirror
        .write::<_, StoreError>(|ledger| ledger.follow_models(author.now))
        .unwrap();
    let all = desk.mirror.read(|ledger| ledger.typed_collections()).unwrap();
    assert_eq!(all, []);
    let gone = desk.mirror.write(|ledger| remove(ledger, author, "fx"));
    assert!(matches!(gone, Err(Refusal::NoCollection(_))));
}
