//! The outbox: actions and where each stands.

use crate::columns::{from_word, json, parse, some_time, time, ulid, word};
use crate::feed::ACTIONS;
use crate::{Ledger, StoreError};
use jiff::Timestamp;
use leeward_model::{Action, ActionState, ActionView, MirrorPart, WaitsFor};
use rusqlite::{OptionalExtension, Row};
use ulid::Ulid;

const SELECT: &str = "SELECT id, body, state, note, reason, queued_at, run_id, run_state FROM actions";

impl Ledger<'_> {
    /// Every action, oldest first.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn actions(&self) -> Result<Vec<ActionView>, StoreError> {
        self.select_actions("ORDER BY id")
    }

    /// The actions that are not final (queued, waiting, held, in doubt), oldest first.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn open_actions(&self) -> Result<Vec<ActionView>, StoreError> {
        self.select_actions("WHERE state IN ('queued', 'waiting', 'held', 'in_doubt') ORDER BY id")
    }

    /// The action, if there is one.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn action(&self, id: Ulid) -> Result<Option<ActionView>, StoreError> {
        let mut select = self.tx.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
        let found = select
            .query_row([id.to_string()], |row| Ok(from_row(row)))
            .optional()?;
        found.transpose()?.map(|view| self.with_waits(view)).transpose()
    }

    /// Moves an action, and the feed when something changed. `InDoubt` keeps the time of sending (`now`, unless
    /// [`Ledger::mark_sent`] gave one); `Queued`, `Waiting` and `Held` mean that it is known not to have been sent.
    ///
    /// # Errors
    /// `NotFound`; those of SQLite.
    pub fn set_action(
        &self,
        id: Ulid,
        state: ActionState,
        note: Option<&str>,
        run_id: Option<&str>,
        run_state: Option<&str>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let before = self.action(id)?.ok_or(StoreError::NotFound)?;
        self.set_sent_at(id, state, now)?;
        let is = (
            before.state,
            before.note.as_deref(),
            before.run_id.as_deref(),
            before.run_state.as_deref(),
        );
        if is == (state, note, run_id, run_state) {
            return Ok(false);
        }
        let sql = "UPDATE actions SET state = ?2, note = ?3, run_id = ?4, run_state = ?5 WHERE id = ?1";
        let row = (id.to_string(), word(state)?, note, run_id, run_state);
        self.tx.prepare_cached(sql)?.execute(row)?;
        self.touch(ACTIONS, &id.to_string())?;
        Ok(true)
    }

    /// The action is about to be sent: from here on it can no longer be taken back, whatever becomes of this process.
    ///
    /// # Errors
    /// `NotFound`; those of SQLite.
    pub fn mark_sent(&self, id: Ulid, now: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE actions SET sent_at = ?2 WHERE id = ?1";
        match self
            .tx
            .prepare_cached(sql)?
            .execute((id.to_string(), now.to_string()))?
        {
            0 => Err(StoreError::NotFound),
            _ => Ok(()),
        }
    }

    /// The action cannot go out before a person has decided: it waits for nothing else any more.
    ///
    /// # Errors
    /// `NotFound`; those of SQLite.
    pub fn hold_action(&self, id: Ulid, note: &str, now: Timestamp) -> Result<(), StoreError> {
        self.drop_waits(id)?;
        self.set_action(id, ActionState::Held, Some(note), None, None, now)
            .map(drop)
    }

    /// The server's clock when the action was first sent; an earlier note stands.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn note_server_clock(&self, id: Ulid, told: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE actions SET server_at = ?2 WHERE id = ?1 AND server_at IS NULL";
        self.tx
            .prepare_cached(sql)?
            .execute((id.to_string(), told.to_string()))?;
        Ok(())
    }

    /// When the action was sent by the server's clock, where that is known.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn server_sent_at(&self, id: Ulid) -> Result<Option<Timestamp>, StoreError> {
        self.time_of(id, "SELECT server_at FROM actions WHERE id = ?1")
    }

    /// When the action was sent, if it was and that is not known to have failed.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn sent_at(&self, id: Ulid) -> Result<Option<Timestamp>, StoreError> {
        self.time_of(id, "SELECT sent_at FROM actions WHERE id = ?1")
    }

    fn time_of(&self, id: Ulid, sql: &str) -> Result<Option<Timestamp>, StoreError> {
        let mut select = self.tx.prepare_cached(sql)?;
        let time: Option<Option<String>> = select.query_row([id.to_string()], |row| row.get(0)).optional()?;
        some_time(time.flatten().as_deref())
    }

    /// Whether a run that was started from here is not in one of the states that end one. Asked once a second.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn has_open_runs(&self, ended: [&str; 3]) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM actions WHERE state = 'done' \
                   AND (run_state IS NULL OR run_state NOT IN (?1, ?2, ?3)))";
        Ok(self.tx.prepare_cached(sql)?.query_row(ended, |row| row.get(0))?)
    }

    /// Says something about an action without moving it.
    pub(crate) fn note_action(&self, id: Ulid, note: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE actions SET note = ?2 WHERE id = ?1 AND note IS NOT ?2";
        self.tx.prepare_cached(sql)?.execute((id.to_string(), note))?;
        Ok(())
    }

    /// Queues an action, or (in a rebuild) puts one back as it stood.
    pub(crate) fn insert_action(&self, view: &ActionView) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO actions \
                   (id, body, dag_run_id, state, note, reason, queued_at, sent_at, run_id, run_state) \
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
        let sent_at = matches!(view.state, ActionState::InDoubt | ActionState::Done)
            .then(|| view.queued_at.to_string());
        self.tx.prepare_cached(sql)?.execute(rusqlite::params![
            view.action.id.to_string(),
            json(&view.action)?,
            view.action.dag_run_id(),
            word(view.state)?,
            view.note,
            view.reason,
            view.queued_at.to_string(),
            sent_at,
            view.run_id,
            view.run_state,
        ])?;
        // Its run may be known already, and is the analyst's own from now on.
        self.part_changed(MirrorPart::Runs)?;
        self.touch(ACTIONS, &view.action.id.to_string())
    }

    fn select_actions(&self, tail: &str) -> Result<Vec<ActionView>, StoreError> {
        let mut select = self.tx.prepare_cached(&format!("{SELECT} {tail}"))?;
        let mut rows = select.query([])?;
        let mut actions = Vec::new();
        while let Some(row) = rows.next()? {
            actions.push(self.with_waits(from_row(row)?)?);
        }
        Ok(actions)
    }

    fn with_waits(&self, mut view: ActionView) -> Result<ActionView, StoreError> {
        let waits = self.waits(view.action.id)?.into_iter();
        view.waits_for = waits
            .map(|wait| WaitsFor {
                collection: wait.collection,
                key: wait.key,
            })
            .collect();
        Ok(view)
    }

    fn set_sent_at(&self, id: Ulid, state: ActionState, now: Timestamp) -> Result<(), StoreError> {
        use ActionState::{Held, InDoubt, Queued, Waiting};
        let id = id.to_string();
        match state {
            InDoubt => {
                let sql = "UPDATE actions SET sent_at = ?2 WHERE id = ?1 AND sent_at IS NULL";
                self.tx.prepare_cached(sql)?.execute((id, now.to_string()))?;
            }
            Queued | Waiting | Held => {
                let sql = "UPDATE actions SET sent_at = NULL, server_at = NULL WHERE id = ?1 AND sent_at IS NOT NULL";
                self.tx.prepare_cached(sql)?.execute([id])?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// A newly queued action.
pub(crate) fn queued(action: Action, reason: Option<String>, queued_at: Timestamp) -> ActionView {
    ActionView {
        action,
        state: ActionState::Queued,
        note: None,
        reason,
        queued_at,
        waits_for: Vec::new(),
        run_id: None,
        run_state: None,
    }
}

fn from_row(row: &Row<'_>) -> Result<ActionView, StoreError> {
    let action: Action = parse(&row.get::<_, String>(1)?, "an action")?;
    if action.id != ulid(&row.get::<_, String>(0)?)? {
        return Err(StoreError::Corrupt("an action is stored under another id".into()));
    }
    Ok(ActionView {
        action,
        state: from_word(&row.get::<_, String>(2)?, "an action's state")?,
        note: row.get(3)?,
        reason: row.get(4)?,
        queued_at: time(&row.get::<_, String>(5)?)?,
        waits_for: Vec::new(),
        run_id: row.get(6)?,
        run_state: row.get(7)?,
    })
}
