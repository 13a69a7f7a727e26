//! The seam between Airflow's resources and the collections. A [`Source`] is one resource, read and written over the API;
//! a [`Binding`] says what a collection's records are in it. The engine's steps know nothing else of either.

mod companion;
mod pools;
mod source;
mod typed;
mod variables;

pub(crate) use companion::{Change, Companion};
pub(crate) use source::{Item, PageWrite, Row, Source, Subjects, Write};
pub use typed::Typed;

use crate::replacements::Replacements;
use leeward_merge::Op;
use leeward_model::{Collection, Content};
use leeward_store::{Ledger, StoreError};
use pools::Pools;
use std::collections::{BTreeMap, BTreeSet};
use variables::Variables;

/// Why a planned write cannot be sent, in plain words.
pub(crate) struct Unsendable(pub(crate) String);

/// What a collection's records are in Airflow. Asks nobody: what it needs is given.
pub(crate) trait Binding: Send + Sync {
    /// The data model.
    fn model(&self) -> &Collection;

    /// Where its records are read and written. Several collections may share a source.
    fn source(&self) -> &dyn Source;

    /// The fields of what was read. What is sensitive is sealed before anything is stored.
    ///
    /// # Errors
    /// Those of the mirror, whose key seals; `Corrupt` for an item of another source.
    fn decode(&self, ledger: &Ledger<'_>, item: &Item) -> Result<BTreeMap<String, Content>, StoreError>;

    /// The request that a planned write comes to; `read` is what was there just now. Secrets that wait in the keychain are
    /// put in here, and only here.
    ///
    /// # Errors
    /// What the collection cannot hold, or a secret that is gone.
    fn encode(
        &self,
        key: &str,
        op: &Op,
        read: Option<&Item>,
        replacements: &dyn Replacements,
    ) -> Result<Write, Unsendable>;
}

/// An environment's collections, in the order in which they are synchronised; at least one.
pub(crate) struct Bindings {
    first: Box<dyn Binding>,
    others: Vec<Box<dyn Binding>>,
    /// Those whose changes go as batches.
    companion: Vec<Companion>,
}

impl Bindings {
    /// Those that every Airflow has, these, and the typed collections that the mirror knows. One whose data model cannot be
    /// used is not among them; its Variables stay its own.
    ///
    /// # Errors
    /// `Corrupt` when a data model that is stored cannot be read; those of SQLite.
    pub(crate) fn of(fixed: &[Typed], ledger: &Ledger<'_>) -> Result<Self, StoreError> {
        let mut prefixes: Vec<String> = fixed.iter().map(|typed| typed.prefix.clone()).collect();
        let mut typed = fixed.to_vec();
        let mut busy = BTreeSet::new();
        for (prefix, stored) in ledger.collections_of_variables()? {
            busy.extend(ledger.claimed_with_work(&prefix)?);
            if stored.trouble.is_none() {
                typed.push(Typed::stored(prefix.clone(), &stored)?);
            }
            prefixes.push(prefix);
        }
        let mut companion = ledger.collections_of_companion()?;
        companion.retain(|stored| stored.trouble.is_none());
        let mut others: Vec<Box<dyn Binding>> = vec![Box::new(Pools::new())];
        others.extend(typed.into_iter().map(|typed| Box::new(typed) as Box<dyn Binding>));
        Ok(Self {
            first: Box::new(Variables::without(prefixes, busy)),
            others,
            companion: companion
                .iter()
                .map(Companion::stored)
                .collect::<Result<_, _>>()?,
        })
    }

    pub(crate) fn first(&self) -> &dyn Binding {
        self.first.as_ref()
    }

    /// Those whose records are read and written one by one, or in pages.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &dyn Binding> {
        std::iter::once(&self.first)
            .chain(&self.others)
            .map(AsRef::as_ref)
    }

    /// Those that the companion keeps.
    pub(crate) fn companion(&self) -> &[Companion] {
        &self.companion
    }
}

/// An item was given to a binding of another source.
fn not_mine() -> StoreError {
    StoreError::Corrupt("an item of another resource".into())
}
