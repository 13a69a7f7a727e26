//! The window's log of edits into the mirror, against bare inserts of the rows that this leaves.

use std::path::Path;
use std::time::Instant;

use anyhow::{Result, ensure};
use jiff::Timestamp;
use leeward_model::{Change, Digest, Entry, EntryKind, Handshake, VARIABLES, Value};
use leeward_store::{Fresh, Mirror, StoreError};
use rusqlite::Connection;
use rusqlite::types::Value as Cell;
use ulid::Ulid;

use crate::pairs::{Pairs, Side};
use crate::row::{Goal, Row};
use crate::rows_of;

const EDITS: usize = 100_000;
/// What the window pushes at once (`PUSH_LIMIT` in `ui/src/lib/db/push.ts`).
const BATCH: usize = 500;
const CLIENT: &str = "window";
/// Tables that get a row or more an edit.
const TABLES: &[&str] = &["contents", "log", "records", "history", "feed"];

/// The rows of one table, in the order in which the edits made them.
struct Table {
    insert: String,
    rows: Vec<Vec<Cell>>,
}

pub(crate) fn measure() -> Result<Vec<Row>> {
    let entries: Vec<Entry> = (0..EDITS).map(entry).collect::<Result<_>>()?;
    let place = tempfile::tempdir()?;
    push(&place.path().join("pattern.db"), &entries)?;
    let (schema, tables) = rows_left(&place.path().join("pattern.db"))?;
    let pairs = Pairs::measure(|side, number| {
        let path = place.path().join(format!("{side:?}-{number}.db"));
        match side {
            Side::Ours => push(&path, &entries),
            Side::Reference => insert(&path, &schema, &tables),
        }
    })?;
    let reference = "bare rusqlite inserting the same rows in transactions of the same size";
    let goal = Goal::RatioAtLeast(0.7);
    let row = Row::new("mirror_push", "edits/s", reference, &pairs, goal);
    Ok(vec![row.note(format!(
        "{EDITS} edits in batches of {BATCH}, each committed with full durability; the reference writes {} rows an edit, \
         with the same indexes and pragmas",
        TABLES.len()
    ))])
}

fn entry(number: usize) -> Result<Entry> {
    let to = Some(Value::String(rows_of::value(number, 1)));
    let seq = number as u64 + 1;
    Ok(Entry {
        id: Ulid::from_parts(
            1_795_000_000_000 + seq,
            u128::from(seq).wrapping_mul(0x9e37_79b9_7f4a_7c15),
        ),
        seq,
        kind: EntryKind::Edit,
        collection: VARIABLES.into(),
        key: rows_of::key(number),
        fields: [("value".to_owned(), Change { from: None, to })].into(),
        creates: false,
        mine: None,
        deleted: false,
        action: None,
        reason: None,
        at: Timestamp::from_millisecond(1_795_000_000_000 + i64::try_from(seq)?)?,
    })
}

/// Pushes everything as the window does, and returns the edits a second.
fn push(path: &Path, entries: &[Entry]) -> Result<f64> {
    let fresh = Fresh {
        store_id: Ulid::from(1u128),
        secret_key: [7; 32],
    };
    let mut mirror = Mirror::open(path, &fresh)?;
    let epoch = mirror.write(|ledger| ledger.handshake(&hello()))?.epoch;
    let began = Instant::now();
    for batch in entries.chunks(BATCH) {
        let (first, last) = (batch[0].seq, batch[batch.len() - 1].seq);
        let answer = mirror.write(|ledger| ledger.push(CLIENT, epoch, first, batch, batch[0].at));
        ensure!(answer?.acked_seq == last, "a batch was not acknowledged");
    }
    let took = began.elapsed();
    let pending = mirror.read(|ledger| Ok::<_, StoreError>(ledger.active(VARIABLES)?.len()))?;
    ensure!(pending == entries.len(), "{pending} records are pending");
    Ok(rows_of::a_second(entries.len(), took))
}

fn hello() -> Handshake {
    Handshake {
        client: CLIENT.into(),
        store_id: None,
        epoch: 0,
        last_seq: 0,
        cursor: 0,
        environment: None,
        pulled_at: None,
        entered: None,
        digest: Digest::default(),
        tail: Vec::new(),
    }
}

/// The schema of a mirror, and what is in it.
fn rows_left(path: &Path) -> Result<(Vec<String>, Vec<Table>)> {
    let connection = Connection::open(path)?;
    let sql =
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid";
    let mut select = connection.prepare(sql)?;
    let schema = select
        .query_map([], |row| row.get(0))?
        .collect::<Result<Vec<String>, _>>()?;
    let tables = TABLES.iter().map(|table| rows_of_table(&connection, table));
    Ok((schema, tables.collect::<Result<_>>()?))
}

fn rows_of_table(connection: &Connection, table: &str) -> Result<Table> {
    // A content has no order of its own: it goes where the history first speaks of it.
    let sql = match table {
        "contents" => "SELECT c.* FROM history h JOIN contents c ON c.hash = h.hash ORDER BY h.id".to_owned(),
        "log" => "SELECT * FROM log ORDER BY seq".to_owned(),
        "feed" | "history" => format!("SELECT * FROM {table} ORDER BY id"),
        _ => format!("SELECT * FROM {table} ORDER BY key"),
    };
    let mut select = connection.prepare(&sql)?;
    let width = select.column_count();
    let cells = |row: &rusqlite::Row<'_>| (0..width).map(|column| row.get(column)).collect();
    let rows = select
        .query_map([], cells)?
        .collect::<Result<Vec<Vec<Cell>>, _>>()?;
    ensure!(rows.len() == EDITS, "{} rows in {table}", rows.len());
    let places: Vec<String> = (1..=width).map(|column| format!("?{column}")).collect();
    Ok(Table {
        insert: format!("INSERT INTO {table} VALUES ({})", places.join(", ")),
        rows,
    })
}

/// Inserts those rows with nothing around it, and returns the edits a second.
fn insert(path: &Path, schema: &[String], tables: &[Table]) -> Result<f64> {
    let mut connection = Connection::open(path)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    for statement in schema {
        connection.execute_batch(statement)?;
    }
    let began = Instant::now();
    for first in (0..EDITS).step_by(BATCH) {
        let batch = connection.transaction()?;
        for number in first..(first + BATCH).min(EDITS) {
            for table in tables {
                let mut insert = batch.prepare_cached(&table.insert)?;
                insert.execute(rusqlite::params_from_iter(&table.rows[number]))?;
            }
        }
        batch.commit()?;
    }
    Ok(rows_of::a_second(EDITS, began.elapsed()))
}
