//! The `pools` binding: one of Airflow's pools a record, with the fields `slots`, `description` and `include_deferred`.

use super::source::{Look, PageWrite, Subjects};
use super::{Binding, Item, Source, Unsendable, Write, not_mine};
use crate::replacements::Replacements;
use async_trait::async_trait;
use leeward_airflow::{
    Airflow, AirflowError, BulkAbility, BulkOutcome, EventSubject, Pool, PoolPatch, check_pool_name,
};
use leeward_merge::Op;
use leeward_model::{Collection, Content, Fields, Value};
use leeward_store::{Ledger, StoreError};
use std::collections::BTreeMap;

const SLOTS: &str = "slots";
const DESCRIPTION: &str = "description";
const INCLUDE_DEFERRED: &str = "include_deferred";
/// Airflow neither deletes it nor changes its description (H38).
const DEFAULT_POOL: &str = "default_pool";

/// Airflow's pools, each a record.
pub(crate) struct Pools {
    model: Collection,
}

impl Pools {
    pub(crate) fn new() -> Self {
        Self {
            model: Collection::pools(),
        }
    }
}

impl Binding for Pools {
    fn model(&self) -> &Collection {
        &self.model
    }

    fn source(&self) -> &dyn Source {
        self
    }

    fn decode(&self, _: &Ledger<'_>, item: &Item) -> Result<BTreeMap<String, Content>, StoreError> {
        let pool = pool(item).ok_or_else(not_mine)?;
        let description = pool.description.clone().map_or(Value::Null, Value::String);
        Ok(BTreeMap::from([
            (SLOTS.to_owned(), Content::Value(pool.slots.into())),
            (DESCRIPTION.to_owned(), Content::Value(description)),
            (
                INCLUDE_DEFERRED.to_owned(),
                Content::Value(pool.include_deferred.into()),
            ),
        ]))
    }

    fn encode(
        &self,
        key: &str,
        op: &Op,
        read: Option<&Item>,
        _: &dyn Replacements,
    ) -> Result<Write, Unsendable> {
        match op {
            Op::Create { fields } => create(key, fields),
            Op::Update { fields, .. } => patch(key, fields, read.and_then(pool)),
            _ if key == DEFAULT_POOL => Err(Unsendable("Airflow's default pool cannot be deleted.".into())),
            _ => Ok(Write::DeletePool(key.to_owned())),
        }
    }
}

fn create(key: &str, fields: &Fields) -> Result<Write, Unsendable> {
    let slots = slots(fields)?.ok_or_else(|| Unsendable("A new pool needs a number of slots.".into()))?;
    Ok(Write::CreatePool(Pool {
        name: key.to_owned(),
        slots,
        description: description(fields)?.flatten(),
        include_deferred: include_deferred(fields)?.unwrap_or_default(),
    }))
}

fn patch(key: &str, fields: &Fields, read: Option<&Pool>) -> Result<Write, Unsendable> {
    let description = description(fields)?;
    if key == DEFAULT_POOL && description.is_some() {
        return Err(Unsendable(
            "The description of Airflow's default pool cannot be changed.".into(),
        ));
    }
    let patch = PoolPatch {
        slots: slots(fields)?,
        description,
        include_deferred: include_deferred(fields)?,
        as_read: read.cloned(),
    };
    Ok(Write::PatchPool(key.to_owned(), patch))
}

fn slots(fields: &Fields) -> Result<Option<i64>, Unsendable> {
    let whole = |value: &Value| {
        value
            .as_i64()
            .filter(|slots| (-1..=i32::MAX.into()).contains(slots))
    };
    let must = || Unsendable("The slots of a pool must be a whole number, -1 (unlimited) or more.".into());
    let given = fields.get(SLOTS);
    given.map(|value| whole(value).ok_or_else(must)).transpose()
}

fn description(fields: &Fields) -> Result<Option<Option<String>>, Unsendable> {
    match fields.get(DESCRIPTION) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(Value::String(text)) => Ok(Some(Some(text.clone()))),
        Some(_) => Err(Unsendable("The description of a pool must be text.".into())),
    }
}

fn include_deferred(fields: &Fields) -> Result<Option<bool>, Unsendable> {
    let must = || Unsendable("Whether deferred tasks take slots of a pool must be true or false.".into());
    let given = fields.get(INCLUDE_DEFERRED);
    given.map(|value| value.as_bool().ok_or_else(must)).transpose()
}

#[async_trait]
impl Source for Pools {
    fn is_addressable(&self, key: &str) -> bool {
        check_pool_name(key).is_ok()
    }

    fn subjects<'r>(&self, about: &'r EventSubject) -> Subjects<'r> {
        match about {
            EventSubject::Pools(names) => Subjects::Keys(names.iter().map(String::as_str).collect()),
            EventSubject::UnnamedPools => Subjects::Unnamed,
            EventSubject::Keys(_) | EventSubject::Unnamed => Subjects::None,
        }
    }

    async fn scan(&self, airflow: &dyn Airflow, look: Look<'_>) -> Result<Vec<Item>, AirflowError> {
        let mut shown = |page: &[Pool]| look(&items(page.to_vec()));
        airflow.scan_pools(&mut shown).await.map(items)
    }

    async fn get(&self, airflow: &dyn Airflow, key: &str) -> Result<Option<Item>, AirflowError> {
        Ok(airflow.get_pool(key).await?.map(Item::Pool))
    }

    /// Nothing: each is asked for by name.
    async fn find(&self, _: &dyn Airflow, _: &[&str], _: Option<u64>) -> Result<Vec<Item>, AirflowError> {
        Ok(Vec::new())
    }

    /// One by one: a bulk request writes what a single one refuses (H38).
    async fn bulk_ability(&self, _: &dyn Airflow) -> Result<Option<BulkAbility>, AirflowError> {
        Ok(None)
    }

    async fn send_page(&self, _: &dyn Airflow, _: PageWrite) -> Result<BulkOutcome, AirflowError> {
        Ok(BulkOutcome {
            without_errors: false,
        })
    }
}

fn pool(item: &Item) -> Option<&Pool> {
    match item {
        Item::Pool(pool) => Some(pool),
        Item::Variable(_) | Item::Row(_) => None,
    }
}

fn items(pools: Vec<Pool>) -> Vec<Item> {
    pools.into_iter().map(Item::Pool).collect()
}
