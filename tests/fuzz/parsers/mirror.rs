//! The messages of the window's mirror commands: read as the commands read them, then applied to a mirror that has
//! records of every kind. Each is applied to the same state: it is undone afterwards.

use jiff::Timestamp;
use leeward_model::{Entry, Handshake, Rebuild, Resume, VARIABLES};
use leeward_store::{Fresh, Ledger, Mirror, StoreError};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ulid::Ulid;

use super::{Feed, Parser, message};

const CLIENT: &str = "window";
const STORE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
const OTHER_STORE: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAW";

/// The arguments of `mirror_push`.
#[derive(Deserialize)]
struct Push {
    client: String,
    epoch: u64,
    from_seq: u64,
    entries: Vec<Entry>,
}

/// The arguments of `mirror_pull`.
#[derive(Deserialize)]
struct Pull {
    client: String,
    cursor: u64,
    limit: u32,
}

pub(super) fn parsers() -> Vec<Parser> {
    vec![
        parser("handshake", handshakes(), false, greet),
        parser("push", pushes(), false, |ledger, push: Push| {
            let Push {
                client,
                epoch,
                from_seq,
                entries,
            } = push;
            ledger.push(&client, epoch, from_seq, &entries, now()).map(drop)
        }),
        parser("pull", pulls(), false, |ledger, pull: Pull| {
            ledger.pull(&pull.client, pull.cursor, pull.limit).map(drop)
        }),
        parser("rebuild", rebuilds(), true, |ledger, rebuild: Rebuild| {
            ledger.rebuild(&rebuild, now()).map(drop)
        }),
    ]
}

/// Where it leads to a rebuild, what the client was told of others is used at its end.
fn greet(ledger: &Ledger<'_>, hello: Handshake) -> Result<(), StoreError> {
    let answer = ledger.handshake(&hello)?;
    if answer.verdict != Resume::Rebuild {
        return Ok(());
    }
    let last = Rebuild {
        client: hello.client,
        epoch: answer.epoch,
        records: Vec::new(),
        actions: Vec::new(),
        entries: Vec::new(),
        last: true,
    };
    ledger.rebuild(&last, now()).map(drop)
}

fn parser<T: DeserializeOwned + 'static>(
    name: &'static str,
    seeds: Vec<Value>,
    lost: bool,
    apply: fn(&Ledger<'_>, T) -> Result<(), StoreError>,
) -> Parser {
    Parser {
        name,
        seeds: seeds.into_iter().map(|seed| message(seed.to_string())).collect(),
        open: Box::new(move || feed(lost, apply)),
    }
}

/// What undoes a transaction, with what came of it.
struct Undone(bool);

impl From<StoreError> for Undone {
    fn from(_: StoreError) -> Self {
        Self(false)
    }
}

fn feed<T: DeserializeOwned + 'static>(
    lost: bool,
    apply: fn(&Ledger<'_>, T) -> Result<(), StoreError>,
) -> Feed {
    let mut mirror = mirror(lost).expect("a mirror");
    Box::new(move |input| {
        let Ok(value) = serde_json::from_slice::<T>(&input.body) else {
            return false;
        };
        let undone = mirror.write(|ledger| {
            let accepted = apply(ledger, value).is_ok();
            read_everything(ledger)?;
            Err::<(), _>(Undone(accepted))
        });
        undone.is_err_and(|Undone(accepted)| accepted)
    })
}

/// What was accepted can be shown, and planned with.
fn read_everything(ledger: &Ledger<'_>) -> Result<(), StoreError> {
    ledger.pull(CLIENT, 0, 1000)?;
    ledger.active(VARIABLES)?;
    ledger.counts()?;
    ledger.intents()?;
    Ok(())
}

fn now() -> Timestamp {
    Timestamp::UNIX_EPOCH
}

/// A mirror with a window and some work; one that was lost waits for the window's rebuild.
fn mirror(lost: bool) -> Result<Mirror, StoreError> {
    let store = if lost { OTHER_STORE } else { STORE };
    let mut mirror = Mirror::open_in_memory(&Fresh {
        store_id: Ulid::from_string(store).unwrap_or_default(),
        secret_key: [7; 32],
    })?;
    let hello = if lost {
        handshakes().swap_remove(1)
    } else {
        handshakes().swap_remove(0)
    };
    let hello: Handshake = serde_json::from_value(hello).expect("a handshake");
    mirror.write(|ledger| ledger.handshake(&hello).map(drop))?;
    if !lost {
        let push: Push = serde_json::from_value(pushes().swap_remove(0)).expect("a push");
        mirror.write(|ledger| {
            ledger
                .push("other", 1, 1, &push.entries, now())
                .or_else(|_| {
                    let hello = Handshake {
                        client: "other".into(),
                        ..hello.clone()
                    };
                    ledger.handshake(&hello)?;
                    ledger.push("other", 1, 1, &push.entries, now())
                })
                .map(drop)
        })?;
    }
    Ok(mirror)
}

fn handshakes() -> Vec<Value> {
    vec![
        json!({"client": CLIENT, "store_id": null, "epoch": 0, "last_seq": 0, "cursor": 0, "digest": {"rows": 0}, "tail": []}),
        json!({"client": CLIENT, "store_id": STORE, "epoch": 1, "last_seq": 4, "cursor": 3, "digest": {"rows": 2},
            "tail": [{"seq": 3, "id": id(3)}, {"seq": 4, "id": id(4)}]}),
        json!({"client": CLIENT, "store_id": STORE, "epoch": 1, "last_seq": 4, "cursor": 9000, "pulled_at": "2026-11-22T23:00:00Z",
            "entered": [{"client": "other", "epoch": 1, "last_seq": 3, "ids": [id(101), id(102), id(103)]}],
            "digest": {"rows": 2}, "tail": []}),
    ]
}

fn id(number: u32) -> String {
    Ulid::from(u128::from(number)).to_string()
}

fn entry(seq: u32, kind: &str, rest: &Value) -> Value {
    let mut entry = json!({"id": id(100 + seq), "seq": seq, "kind": kind, "collection": VARIABLES, "key": format!("key_{}", seq % 3),
        "fields": {}, "deleted": false, "action": null, "reason": "why", "at": "2026-11-22T23:00:00Z"});
    for (name, value) in rest.as_object().into_iter().flatten() {
        entry[name] = value.clone();
    }
    entry
}

fn entries() -> Vec<Value> {
    let action = json!({"id": id(50), "what": {"kind": "trigger_run", "dag_id": "d", "conf": {"n": 1.10}, "note": null}, "after_edits": true});
    vec![
        entry(
            1,
            "edit",
            &json!({"fields": {"value": {"to": "{\"a\": 1.10}"}, "description": {"to": null}}}),
        ),
        entry(2, "edit", &json!({"fields": {"value": {"from": "x", "to": "y"}}})),
        entry(3, "delete", &json!({"fields": {"value": {"from": "x"}}})),
        entry(
            4,
            "resolve",
            &json!({"fields": {"value": {"from": "x", "to": "z"}}}),
        ),
        entry(5, "act", &json!({"action": action, "collection": "", "key": ""})),
        entry(6, "take_back", &json!({})),
        entry(7, "release", &json!({"collection": "", "key": id(50)})),
    ]
}

fn pushes() -> Vec<Value> {
    let push = |entries: &[Value]| json!({"client": CLIENT, "epoch": 1, "from_seq": 1, "entries": entries});
    let all = entries();
    let mut alone = all.clone();
    for entry in &mut alone {
        entry["seq"] = json!(1);
    }
    std::iter::once(push(&all))
        .chain(alone.iter().map(|entry| push(std::slice::from_ref(entry))))
        .collect()
}

fn pulls() -> Vec<Value> {
    vec![
        json!({"client": CLIENT, "cursor": 0, "limit": 500}),
        json!({"client": "other", "cursor": 3, "limit": 1}),
    ]
}

fn rebuilds() -> Vec<Value> {
    let record = json!({"collection": VARIABLES, "key": "key_1", "fields": {"value": "y", "description": null},
        "base": {"value": "x", "description": null}, "sealed": [], "state": "pending", "deleted": false, "reason": "why",
        "changed_at": "2026-11-22T23:00:00Z", "conflict": {"kind": "fields", "fields": [{"name": "value", "base": "x", "mine": "y", "airflow": "z"}],
            "found_at": "2026-11-22T23:00:00Z", "decided": null},
        "ledger": {"base": {"value": {"seen": {"value": "x"}}}, "overlay": {"fields": {"value": {"to": "y"}}}}});
    let mut plain = record.clone();
    plain["conflict"] = Value::Null;
    let action = json!({"action": {"action": entries()[4]["action"], "state": "held", "note": "n", "queued_at": "2026-11-22T23:00:00Z", "waits_for": []}});
    let part = |record: Value, last: bool| {
        json!({"client": CLIENT, "epoch": 2, "records": [{"record": record, "included_seq": 2}], "actions": [action],
            "entries": if last { entries() } else { Vec::new() }, "last": last})
    };
    vec![part(plain.clone(), true), part(record, true), part(plain, false)]
}
