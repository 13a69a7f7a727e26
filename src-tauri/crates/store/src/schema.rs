//! The schema, as append-only migrations; `user_version` counts those that a file has.

use crate::StoreError;
use crate::columns::json;
use crate::meta::{SECRET_KEY, STORE_ID};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use ulid::Ulid;

/// What a new mirror is born with; ignored when the file already is one. Both are random and passed in.
#[derive(Clone)]
pub struct Fresh {
    /// The mirror's identity.
    pub store_id: Ulid,
    /// The key of the hashes that stand for sealed values.
    pub secret_key: [u8; 32],
}

/// Never edit one that was released: append.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/0001_first.sql"),
    include_str!("schema/0002_activity.sql"),
    include_str!("schema/0003_sent.sql"),
    include_str!("schema/0004_judged.sql"),
    include_str!("schema/0005_answers.sql"),
    include_str!("schema/0006_run_failures.sql"),
    include_str!("schema/0007_scans.sql"),
    include_str!("schema/0008_collections.sql"),
    include_str!("schema/0009_data_models.sql"),
    include_str!("schema/0010_violations.sql"),
    include_str!("schema/0011_companion.sql"),
    include_str!("schema/0012_refused_entries.sql"),
];

/// Brings the file up to date; a new one also gets its identity. Safe when several processes do it at once.
pub(crate) fn migrate(connection: &mut Connection, fresh: &Fresh) -> Result<(), StoreError> {
    let known = length(MIGRATIONS);
    let found = version(connection)?;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    if found == known {
        return Ok(());
    }
    let tx = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    upgrade(&tx, MIGRATIONS)?;
    give_identity(&tx, fresh)?;
    Ok(tx.commit()?)
}

/// Whether the file can be read as it is.
pub(crate) fn check(connection: &Connection) -> Result<(), StoreError> {
    let (found, known) = (version(connection)?, length(MIGRATIONS));
    match found {
        _ if found > known => Err(StoreError::Newer { found, known }),
        _ if found < known => Err(StoreError::Unwritable(
            "its schema must be brought up to date first",
        )),
        _ => Ok(()),
    }
}

/// Whether the file is a mirror, of this schema or an earlier one.
pub(crate) fn check_known(connection: &Connection) -> Result<(), StoreError> {
    let (found, known) = (version(connection)?, length(MIGRATIONS));
    match found {
        _ if found > known => Err(StoreError::Newer { found, known }),
        0 => Err(StoreError::Corrupt("it is no mirror".into())),
        _ => Ok(()),
    }
}

/// The schema of a mirror that an earlier Leeward wrote.
pub(crate) fn older(connection: &Connection) -> Result<Option<i64>, StoreError> {
    let found = version(connection)?;
    Ok((0 < found && found < length(MIGRATIONS)).then_some(found))
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.pragma_query_value(None, "user_version", |row| row.get(0))?)
}

fn upgrade(tx: &Transaction<'_>, migrations: &[&str]) -> Result<(), StoreError> {
    let done = usize::try_from(version(tx)?).unwrap_or_default();
    for migration in migrations.iter().skip(done) {
        tx.execute_batch(migration)?;
    }
    Ok(tx.pragma_update(None, "user_version", length(migrations))?)
}

fn length(migrations: &[&str]) -> i64 {
    i64::try_from(migrations.len()).unwrap_or(i64::MAX)
}

fn give_identity(tx: &Transaction<'_>, fresh: &Fresh) -> Result<(), StoreError> {
    let mut insert = tx.prepare("INSERT OR IGNORE INTO meta (name, value) VALUES (?1, ?2)")?;
    insert.execute((STORE_ID, json(&fresh.store_id)?))?;
    insert.execute((SECRET_KEY, json(&fresh.secret_key)?))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn shape(connection: &Connection) -> Vec<(String, Option<String>)> {
        let mut select = connection
            .prepare("SELECT name, sql FROM sqlite_schema ORDER BY name")
            .unwrap();
        let rows = select
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }

    fn new_file() -> Connection {
        Connection::open_in_memory().unwrap()
    }

    /// Each migration in a transaction of its own, as an old file lives through them.
    fn upgraded_step_by_step(migrations: &[&str]) -> Connection {
        let mut connection = new_file();
        for known in 1..=migrations.len() {
            let tx = connection.transaction().unwrap();
            upgrade(&tx, &migrations[..known]).unwrap();
            tx.commit().unwrap();
        }
        connection
    }

    #[test]
    fn an_upgraded_schema_equals_a_fresh_one() {
        let upgraded = upgraded_step_by_step(MIGRATIONS);
        let mut fresh = new_file();
        let identity = Fresh {
            store_id: Ulid::from(1u128),
            secret_key: [1; 32],
        };
        migrate(&mut fresh, &identity).unwrap();
        assert_eq!(shape(&upgraded), shape(&fresh));
        assert_eq!(version(&upgraded).unwrap(), length(MIGRATIONS));
    }

    #[test]
    fn only_what_a_file_lacks_is_run() {
        let first = "CREATE TABLE a (x INTEGER) STRICT;";
        let steps = [first, "ALTER TABLE a ADD COLUMN y TEXT;"];
        let upgraded = upgraded_step_by_step(&steps);
        assert_eq!(version(&upgraded).unwrap(), 2);
        assert!(upgraded.prepare("SELECT x, y FROM a").is_ok());
    }

    /// A mirror from before each collection had times of its own.
    #[test]
    fn the_times_of_the_last_reading_are_taken_along() {
        let mut connection = upgraded_step_by_step(&MIGRATIONS[..6]);
        connection
            .execute_batch(
                r#"INSERT INTO meta (name, value) VALUES
                    ('last_complete_observation', '"2026-01-05T08:00:00Z"'),
                    ('last_complete_observation_by_the_server', 'null'),
                    ('observation_demanded', '3'), ('observation_met', '2');"#,
            )
            .unwrap();
        let fresh = Fresh {
            store_id: Ulid::from(1_u128),
            secret_key: [1; 32],
        };
        migrate(&mut connection, &fresh).unwrap();
        let row: (String, Option<String>, Option<String>, i64) = connection
            .query_row("SELECT * FROM scans", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })
            .unwrap();
        assert_eq!(
            row,
            ("variables".into(), Some("2026-01-05T08:00:00Z".into()), None, 2)
        );
    }
}
