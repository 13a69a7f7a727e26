//! Named facts about the mirror itself, and the key that seals secrets.

use crate::columns::{json, parse};
use crate::counters::Counter;
use crate::{Ledger, StoreError};
use leeward_model::{Content, Seal};
use rusqlite::OptionalExtension;
use serde::Serialize;
use serde::de::DeserializeOwned;
use ulid::Ulid;

pub(crate) const STORE_ID: &str = "store_id";
pub(crate) const SECRET_KEY: &str = "secret_key";
const REV: &str = "rev";
const ENVIRONMENT: &str = "environment";

impl Ledger<'_> {
    /// The fact of that name, if it was ever set.
    ///
    /// # Errors
    /// `Corrupt` when it is of another type; those of SQLite.
    pub fn get_meta<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let text = self.meta_text(name)?;
        text.map(|text| parse(&text, name)).transpose()
    }

    /// Sets the fact of that name; writes nothing when it is so already.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn set_meta<T: Serialize + ?Sized>(&self, name: &str, value: &T) -> Result<(), StoreError> {
        let text = json(value)?;
        if self.meta_text(name)?.as_deref() == Some(&text) {
            return Ok(());
        }
        let sql = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
        self.tx.prepare_cached(sql)?.execute((name, text))?;
        Ok(())
    }

    /// The mirror's identity.
    ///
    /// # Errors
    /// `Corrupt` when it is missing; those of SQLite.
    pub fn store_id(&self) -> Result<Ulid, StoreError> {
        self.get_meta(STORE_ID)?
            .ok_or_else(|| StoreError::Corrupt("it has no identity".into()))
    }

    /// The environment whose mirror this is; `None` where it was never told.
    ///
    /// # Errors
    /// `Corrupt` when it cannot be read; those of SQLite.
    pub fn environment(&self) -> Result<Option<Ulid>, StoreError> {
        self.get_meta(ENVIRONMENT)
    }

    /// Makes the mirror that of this environment, for good; one from before environments had identities is taken over.
    ///
    /// # Errors
    /// `OtherEnvironment` when it is another one's; those of SQLite.
    pub fn claim(&self, environment: Ulid) -> Result<(), StoreError> {
        match self.environment()? {
            Some(owner) if owner != environment => Err(StoreError::OtherEnvironment),
            _ => self.set_meta(ENVIRONMENT, &environment),
        }
    }

    /// What stands for a secret: a hash under this mirror's own key, only good for noticing a change.
    ///
    /// # Errors
    /// `Corrupt` when the key is missing; those of SQLite.
    pub fn seal(&self, secret: &str) -> Result<Content, StoreError> {
        Ok(Content::Sealed(Seal::new(self.secret_hash(secret)?)))
    }

    /// A hash under this mirror's own key, in hexadecimal.
    ///
    /// # Errors
    /// `Corrupt` when the key is missing; those of SQLite.
    pub fn secret_hash(&self, secret: &str) -> Result<String, StoreError> {
        let hash = blake3::keyed_hash(&self.secret_key()?, secret.as_bytes());
        Ok(hash.to_hex().to_string())
    }

    fn secret_key(&self) -> Result<[u8; 32], StoreError> {
        self.get_meta(SECRET_KEY)?
            .ok_or_else(|| StoreError::Corrupt("it has no key".into()))
    }

    /// The next revision of local work; counts every applied entry, over all records.
    pub(crate) fn next_rev(&self) -> Result<u64, StoreError> {
        let rev = self.rev()? + 1;
        self.move_rev(rev);
        Ok(rev)
    }

    /// After a rebuild brought revisions with it: later ones must be above.
    pub(crate) fn raise_rev(&self, seen: u64) -> Result<(), StoreError> {
        if seen > self.rev()? {
            self.move_rev(seen);
        }
        Ok(())
    }

    /// The revision of the last local work.
    pub(crate) fn rev(&self) -> Result<u64, StoreError> {
        if let Some(known) = self.counters.rev.get() {
            return Ok(known.value);
        }
        let value = self.get_meta(REV)?.unwrap_or_default();
        let is_new = false;
        self.counters.rev.set(Some(Counter { value, is_new }));
        Ok(value)
    }

    fn move_rev(&self, value: u64) {
        let is_new = true;
        self.counters.rev.set(Some(Counter { value, is_new }));
    }

    pub(crate) fn store_rev(&self, rev: u64) -> Result<(), StoreError> {
        self.set_meta(REV, &rev)
    }

    /// Writes what has moved; the last thing before a commit.
    pub(crate) fn write_counters(&self) -> Result<(), StoreError> {
        match self.counters.rev.get() {
            Some(rev) if rev.is_new => self.store_rev(rev.value),
            _ => Ok(()),
        }
    }

    fn meta_text(&self, name: &str) -> Result<Option<String>, StoreError> {
        let mut select = self.tx.prepare_cached("SELECT value FROM meta WHERE name = ?1")?;
        Ok(select.query_row([name], |row| row.get(0)).optional()?)
    }
}
