//! Environments: the Airflow deployments an analyst connects to.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use ulid::Ulid;

/// How one signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SignInKind {
    /// User name and password (`POST /auth/token`).
    Password,
    /// A bearer token.
    Token,
}

/// An environment as screens show it. The secret stays in the keychain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct EnvironmentView {
    /// Its identity: another one when it is removed and added again under its name.
    #[ts(type = "string")]
    pub id: Ulid,
    /// It was added before environments had identities: the window's store under its name alone is its own.
    pub is_from_before: bool,
    /// Unique name, chosen by the analyst.
    pub name: String,
    /// The Airflow's address.
    pub url: String,
    /// How one signs in.
    pub sign_in: SignInKind,
    /// The user name, for a password sign-in.
    pub username: Option<String>,
    /// The colour along the top edge, as `#rrggbb`.
    pub colour: String,
    /// Seconds between automatic cycles.
    pub interval_s: u32,
    /// What is changed there is at once real.
    pub production: bool,
    /// Changes wait until the analyst has looked at them and says "send".
    pub review: bool,
}

/// What the analyst says of an environment that is to be added. The secret goes beside it, never in it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NewEnvironment {
    /// Unique name, chosen by the analyst.
    pub name: String,
    /// The Airflow's address.
    pub url: String,
    /// The user name; `None` when the secret is a token.
    pub username: Option<String>,
    /// The colour along the top edge, as `#rrggbb`; `None` for the next of our own.
    pub colour: Option<String>,
    /// What is changed there is at once real.
    pub production: bool,
}

/// What is changed of an environment; what is `None` stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(default)]
#[ts(optional_fields)]
pub struct EnvironmentChanges {
    /// The colour along the top edge, as `#rrggbb`.
    pub colour: Option<String>,
    /// Seconds between automatic cycles.
    pub interval_s: Option<u32>,
    /// What is changed there is at once real.
    pub production: Option<bool>,
    /// Changes wait until the analyst has looked at them and says "send".
    pub review: Option<bool>,
}

/// What the probe found at a URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Link {
    /// Airflow's version, such as `3.3.2`.
    pub version: String,
    /// The API Leeward would use: `v2`.
    pub api: String,
    /// Airflow's scheduler is healthy; where it is not, queued runs will wait.
    pub scheduler_healthy: Option<bool>,
}
