//! What the app tells the window without being asked.

use crate::Status;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the mirror holds beside records and actions. Those the window pulls; this it reads while a screen shows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum MirrorPart {
    /// DAGs with their params.
    Dags,
    /// DAG runs, and which of them are the analyst's own.
    Runs,
    /// Collections that are stopped.
    Brakes,
    /// Which typed collections there are, and their data models.
    Collections,
    /// Which rules of data models records break together.
    Violations,
}

impl MirrorPart {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Dags,
        Self::Runs,
        Self::Brakes,
        Self::Collections,
        Self::Violations,
    ];
}

/// The mirror's feed may have moved: pull. Sent after every sync, also when nothing changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct MirrorChanged {
    /// The environment's name.
    pub env: String,
    /// What else is another than when it was told last; mostly nothing.
    pub parts: Vec<MirrorPart>,
}

/// Where an environment stands now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct StatusChanged {
    /// The environment's name.
    pub env: String,
    /// Where it stands.
    pub status: Status,
}

/// The screens that a click outside the window leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Screen {
    /// What a person must decide.
    Conflicts,
    /// How runs ended.
    Runs,
    /// What is not in Airflow yet.
    Pending,
    /// Where everything stands, sign-in included.
    Overview,
}

/// A click on the tray or on a notification.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Navigate {
    /// The environment's name.
    pub env: String,
    /// The screen.
    pub to: Screen,
    /// The record or run, where it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub key: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_screen_is_named_as_the_window_expects() {
        let target = Navigate {
            env: "prod".into(),
            to: Screen::Conflicts,
            key: None,
        };
        let sent = serde_json::to_string(&target).unwrap();
        assert_eq!(sent, r#"{"env":"prod","to":"conflicts"}"#);
    }
}
