//! Which collections the companion keeps follows from its DAGs, as they were last read: one for each collection, whose param
//! carries the data model. One that comes makes a collection, a newer version migrates its records, and one that cannot be used
//! stops it.

use crate::companion_dags::{INGEST, MODEL_PARAM, TAG};
use crate::follow_models::stored;
use crate::{Ledger, StoreError};
use jiff::Timestamp;
use leeward_model::{BindingKind, DagView};
use leeward_schema::DataModel;

/// A collection that a DAG offers.
struct Offer {
    name: String,
    /// The data model's file; `None` where the DAG was listed and its params were not read yet.
    text: Option<String>,
}

impl Ledger<'_> {
    /// Brings the collections of the companion in line with its DAGs. Only between two cycles, as
    /// [`Ledger::follow_models`].
    ///
    /// # Errors
    /// `Corrupt` when what is stored cannot be read; those of SQLite.
    pub fn follow_companion(&self, now: Timestamp) -> Result<(), StoreError> {
        let dags = self.dags()?;
        let offers: Vec<Offer> = dags.iter().filter_map(offer).collect();
        for one in &offers {
            self.follow_offer(one, now)?;
        }
        for stored in self.collections_of_companion()? {
            if !offers.iter().any(|one| one.name == stored.model.name) {
                self.put_trouble(
                    &stored,
                    "is not to be seen: Airflow does not show that DAG (any more)",
                )?;
            }
        }
        Ok(())
    }

    /// Whether any DAG may offer a collection.
    ///
    /// # Errors
    /// Those of SQLite.
    pub fn has_offers(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM dags WHERE substr(dag_id, 1, length(?1)) = ?1)";
        let mut select = self.tx.prepare_cached(sql)?;
        Ok(select.query_row([INGEST], |row| row.get(0))?)
    }

    fn follow_offer(&self, one: &Offer, now: Timestamp) -> Result<(), StoreError> {
        let Some(text) = &one.text else { return Ok(()) };
        match self.typed_collection(&one.name)? {
            Some(stored) if stored.binding() == BindingKind::Dag => self.follow(&stored, text, now),
            Some(_) => {
                tracing::warn!(
                    collection = one.name,
                    "a collection of the companion has the name of another"
                );
                Ok(())
            }
            None => self.begin_offer(&one.name, text),
        }
    }

    /// A text that is no data model that can be used here, or that of another name, makes nothing.
    fn begin_offer(&self, name: &str, text: &str) -> Result<(), StoreError> {
        let model = DataModel::read(text)
            .ok()
            .filter(|model| model.collection() == name);
        match model {
            Some(model) if self.model(name)?.is_none() => self.put_collection(&stored(&model, None)),
            _ => {
                tracing::warn!(collection = name, "a data model of the companion is not used");
                Ok(())
            }
        }
    }
}

/// Whether the DAG is one of the companion's that keep a collection.
#[must_use]
pub fn offers_collection(dag: &DagView) -> bool {
    offer(dag).is_some()
}

fn offer(dag: &DagView) -> Option<Offer> {
    let name = dag.dag_id.strip_prefix(INGEST)?;
    if !dag.tags.iter().any(|tag| tag == TAG) {
        return None;
    }
    let param = dag.params.as_ref().and_then(|params| params.get(MODEL_PARAM));
    let text = param.and_then(|param| param.get("value")?.as_str());
    Some(Offer {
        name: name.to_owned(),
        text: text.map(str::to_owned),
    })
}
