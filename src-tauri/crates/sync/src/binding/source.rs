//! One Airflow resource: listed, read by key, and written.

use async_trait::async_trait;
use leeward_airflow::{
    Airflow, AirflowError, BulkAbility, BulkOutcome, EventSubject, Pool, PoolPatch, Variable, VariablePatch,
};
use leeward_model::Fields;

/// One thing that a source holds, as it was read.
#[derive(Debug, Clone)]
pub(crate) enum Item {
    Variable(Variable),
    Pool(Pool),
    Row(Row),
}

/// A record that the companion keeps, as it was published.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) key: String,
    /// As JSON has them.
    pub(crate) fields: Fields,
}

impl Item {
    /// The record's key, as the source gives it.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Variable(variable) => &variable.key,
            Self::Pool(pool) => &pool.name,
            Self::Row(row) => &row.key,
        }
    }
}

/// A write that is ready to be sent, with the key under which the source holds what it is about.
pub(crate) enum Write {
    CreateVariable(Variable),
    PatchVariable(String, VariablePatch),
    DeleteVariable(String),
    CreatePool(Pool),
    PatchPool(String, PoolPatch),
    DeletePool(String),
}

impl Write {
    pub(crate) async fn send(&self, airflow: &dyn Airflow) -> Result<(), AirflowError> {
        match self {
            Self::CreateVariable(variable) => airflow.create_variable(variable).await.map(drop),
            Self::PatchVariable(key, patch) => airflow.patch_variable(key, patch).await.map(drop),
            Self::DeleteVariable(key) => airflow.delete_variable(key).await,
            Self::CreatePool(pool) => airflow.create_pool(pool).await.map(drop),
            Self::PatchPool(name, patch) => airflow.patch_pool(name, patch).await.map(drop),
            Self::DeletePool(name) => airflow.delete_pool(name).await,
        }
    }

    pub(crate) fn is_delete(&self) -> bool {
        matches!(self, Self::DeleteVariable(_) | Self::DeletePool(_))
    }
}

/// What a row of the event log says of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subjects<'r> {
    /// It is about something else.
    None,
    /// It is about the source, and does not name what.
    Unnamed,
    /// The keys that it names.
    Keys(Vec<&'r str>),
}

/// Writes for one request.
pub(crate) type PageWrite = Vec<Write>;

/// Is shown each page of a listing while the next one is on its way.
pub(crate) type Look<'l> = &'l mut (dyn for<'p> FnMut(&'p [Item]) + Send);

/// One Airflow resource, read and written over the API.
#[async_trait]
pub(crate) trait Source: Send + Sync {
    /// Whether a key can be asked for by itself.
    fn is_addressable(&self, key: &str) -> bool;

    /// What a row of the event log says of it.
    fn subjects<'r>(&self, about: &'r EventSubject) -> Subjects<'r>;

    /// Everything, by key in order; complete, so that what is missing may be asked for by name.
    async fn scan(&self, airflow: &dyn Airflow, look: Look<'_>) -> Result<Vec<Item>, AirflowError>;

    /// What is under the key; `None` only when Airflow itself says that nothing is.
    async fn get(&self, airflow: &dyn Airflow, key: &str) -> Result<Option<Item>, AirflowError>;

    /// Those of `keys` that a look at the listing shows; a key that is not among them proves nothing. `near`: where in the
    /// listing the first of them is thought to stand.
    async fn find(
        &self,
        airflow: &dyn Airflow,
        keys: &[&str],
        near: Option<u64>,
    ) -> Result<Vec<Item>, AirflowError>;

    /// How many writes go into one request; `None` where they go one by one.
    async fn bulk_ability(&self, airflow: &dyn Airflow) -> Result<Option<BulkAbility>, AirflowError>;

    /// Sends many writes in one request. Only where [`Source::bulk_ability`] says so; no deletes.
    async fn send_page(&self, airflow: &dyn Airflow, page: PageWrite) -> Result<BulkOutcome, AirflowError>;
}
