//! The one typed face of an Airflow, whichever version of its API is behind it.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use crate::error::AirflowError;
use crate::transport::Pause;
use crate::types::{
    BulkAbility, BulkOutcome, BulkWrite, Dag, DagRun, EventLook, Health, Page, Pool, PoolPatch, RecordEvents,
    ServerInfo, TriggerOutcome, Variable, VariablePatch,
};

/// An Airflow. Used as `Arc<dyn Airflow>`.
///
/// Every method may fail with any [`crate::ErrorKind`] that is about the way there (unreachable, sign-in, a proxy
/// in between); only what is particular is said below. A method signs in by itself when it must, once.
#[async_trait]
pub trait Airflow: Send + Sync {
    /// Asks, without signing in, what answers at the address.
    async fn probe(&self) -> Result<ServerInfo, AirflowError>;

    /// Reads how Airflow's parts are doing; needs no sign-in.
    async fn health(&self) -> Result<Health, AirflowError>;

    /// Proves the credentials; with a password, fetches a fresh token.
    async fn sign_in(&self) -> Result<(), AirflowError>;

    /// One page of the variables by key; the server may give fewer than `limit`.
    async fn variables_page(&self, offset: u64, limit: u64) -> Result<Page<Variable>, AirflowError>;

    /// All variables, ordered by key. A scan during which the listing shifted is repeated, and given up with
    /// [`crate::ErrorKind::ScanShifted`] when it never holds still. A row that was missed because another was
    /// deleted *and* one created meanwhile cannot be noticed here: absence is proven by [`Airflow::get_variable`].
    async fn list_variables(&self) -> Result<Vec<Variable>, AirflowError> {
        self.scan_variables(&mut |_| ()).await
    }

    /// As [`Airflow::list_variables`], and shows each page to `look` while the next one is on its way. What was shown
    /// was read, but it is no listing: a scan that is repeated or fails has shown some of it already.
    async fn scan_variables(
        &self,
        look: &mut (dyn for<'p> FnMut(&'p [Variable]) + Send),
    ) -> Result<Vec<Variable>, AirflowError>;

    /// As [`Airflow::scan_variables`], of at least the variables whose keys begin with `prefix`: all of those, and some
    /// others where the server filters more coarsely or not at all.
    async fn scan_variables_under(
        &self,
        prefix: &str,
        look: &mut (dyn for<'p> FnMut(&'p [Variable]) + Send),
    ) -> Result<Vec<Variable>, AirflowError>;

    /// One variable; `None` only when Airflow itself says that there is none of this key.
    async fn get_variable(&self, key: &str) -> Result<Option<Variable>, AirflowError>;

    /// Creates a variable, all fields. [`crate::ErrorKind::AlreadyExists`] when the key is taken; two creators at
    /// the same moment may both succeed (H6), so read back.
    async fn create_variable(&self, variable: &Variable) -> Result<Variable, AirflowError>;

    /// Writes the fields that `patch` names and no other. [`crate::ErrorKind::NotFound`] when the key is gone.
    async fn patch_variable(&self, key: &str, patch: &VariablePatch) -> Result<Variable, AirflowError>;

    /// Deletes a variable. [`crate::ErrorKind::NotFound`] when it is gone already.
    async fn delete_variable(&self, key: &str) -> Result<(), AirflowError>;

    /// How the server takes many variables at once. Asked once; a server that does not describe itself can do nothing.
    async fn bulk_ability(&self) -> Result<BulkAbility, AirflowError>;

    /// Those of `keys` that a look at the listing shows, in as few requests as the server allows. `near` is the place in
    /// the listing by key at which the first of them is thought to stand, where they stand together: if so, the page
    /// from there shows them all. A key that is not among them proves nothing: ask for it by
    /// [`Airflow::get_variable`].
    async fn find_variables(&self, keys: &[&str], near: Option<u64>) -> Result<Vec<Variable>, AirflowError>;

    /// Writes many variables at once. Only where [`BulkAbility::masks`] says so. `Rejected` when one of them made
    /// Airflow refuse the whole request: nothing was written. Whatever else is answered, read back.
    async fn write_variables(&self, bulk: &BulkWrite) -> Result<BulkOutcome, AirflowError>;

    /// All pools, ordered by name; as [`Airflow::list_variables`] otherwise.
    async fn list_pools(&self) -> Result<Vec<Pool>, AirflowError> {
        self.scan_pools(&mut |_| ()).await
    }

    /// As [`Airflow::list_pools`], and shows each page to `look`, as [`Airflow::scan_variables`] does.
    async fn scan_pools(
        &self,
        look: &mut (dyn for<'p> FnMut(&'p [Pool]) + Send),
    ) -> Result<Vec<Pool>, AirflowError>;

    /// One pool; `None` only when Airflow itself says that there is none of this name.
    async fn get_pool(&self, name: &str) -> Result<Option<Pool>, AirflowError>;

    /// Creates a pool, all fields. [`crate::ErrorKind::AlreadyExists`] when the name is taken; of several creators at
    /// the same moment one succeeds.
    async fn create_pool(&self, pool: &Pool) -> Result<Pool, AirflowError>;

    /// Writes the fields that `patch` names and no other. [`crate::ErrorKind::NotFound`] when the name is gone,
    /// `Rejected` for the description of `default_pool` (H38).
    async fn patch_pool(&self, name: &str, patch: &PoolPatch) -> Result<Pool, AirflowError>;

    /// Deletes a pool. [`crate::ErrorKind::NotFound`] when it is gone already, `Rejected` for `default_pool` (H38).
    async fn delete_pool(&self, name: &str) -> Result<(), AirflowError>;

    /// All DAGs that are not stale, ordered by id, without their params.
    async fn list_dags(&self) -> Result<Vec<Dag>, AirflowError>;

    /// One DAG with its params; `None` only when Airflow itself says that there is none.
    async fn get_dag(&self, dag_id: &str) -> Result<Option<Dag>, AirflowError>;

    /// The newest runs of a DAG, or of all DAGs, newest first, at most `limit`.
    async fn list_dag_runs(&self, dag_id: Option<&str>, limit: usize) -> Result<Vec<DagRun>, AirflowError>;

    /// The runs of all DAGs that changed at or after `since`, by the server's clock, the last changed first, at most
    /// one page. A note does not count as a change, and a deleted run is missing (H10).
    async fn dag_runs_changed(&self, since: Timestamp) -> Result<Vec<DagRun>, AirflowError>;

    /// One run; `None` only when Airflow itself says that there is none.
    async fn get_dag_run(&self, dag_id: &str, run_id: &str) -> Result<Option<DagRun>, AirflowError>;

    /// The run of the DAG that ended well last; `None` where none has. [`crate::ErrorKind::NotFound`] without such a DAG.
    async fn last_success(&self, dag_id: &str) -> Result<Option<DagRun>, AirflowError>;

    /// The text of a JSON object that a task of the run has left in pieces, as XCom texts of these keys; `None` only when
    /// Airflow itself says that one is not there.
    async fn xcom_object(
        &self,
        dag_id: &str,
        run_id: &str,
        task_id: &str,
        keys: &[&str],
    ) -> Result<Option<String>, AirflowError>;

    /// Starts a run under an id of ours. `conf` is a JSON object.
    /// [`crate::ErrorKind::NotFound`] when there is no such DAG, `Rejected` when the conf does not suit its params.
    async fn trigger_dag_run(
        &self,
        dag_id: &str,
        run_id: &str,
        conf: &Value,
        note: Option<&str>,
    ) -> Result<TriggerOutcome, AirflowError>;

    /// The newest row of the event log.
    async fn event_log_tail(&self) -> Result<EventLook, AirflowError>;

    /// The row of the event log with this number.
    async fn event_log_row(&self, id: i64) -> Result<EventLook, AirflowError>;

    /// The newest row of the event log that tells of somebody deleting this run. It is there also when the delete
    /// failed: what it proves is that the run was there to be seen.
    async fn run_deletion(&self, dag_id: &str, run_id: &str) -> Result<EventLook, AirflowError>;

    /// One page of the event log's rows about Variables and pools that were written after `after` (the server's clock),
    /// oldest first, from the `offset`th on; with no `after` the newest one alone. The server may give fewer than there
    /// are.
    async fn record_events(
        &self,
        after: Option<Timestamp>,
        offset: u64,
    ) -> Result<RecordEvents, AirflowError>;

    /// From now on a read whose connection breaks soon is asked once more after this pause, before it counts as failed;
    /// a write never is. Only the first call counts.
    fn pause_with(&self, pause: Arc<dyn Pause>);

    /// The name under which this client signs in, where it knows it.
    fn user_name(&self) -> Option<String>;

    /// How many requests this client has sent.
    fn requests_sent(&self) -> u64;

    /// The server's clock in its last answer (`Date`), to the second; `None` when it told none.
    fn server_clock(&self) -> Option<Timestamp>;
}
