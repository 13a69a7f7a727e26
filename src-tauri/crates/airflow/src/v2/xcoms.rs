//! What tasks left for others, over API v2.

use serde_json::Value;

use super::{Client, wire};
use crate::error::AirflowError;

/// The pieces, one after the other. A release before 3.3 gives a text as JSON within JSON: an object's text does not begin
/// with a quotation mark, so its first piece tells.
pub(super) async fn object(
    client: &Client,
    place: [&str; 3],
    keys: &[&str],
) -> Result<Option<String>, AirflowError> {
    let (mut whole, mut is_wrapped) = (String::new(), None);
    for key in keys {
        let Some(piece) = text(client, place, key).await? else {
            return Ok(None);
        };
        let is_wrapped = *is_wrapped.get_or_insert(piece.starts_with('"'));
        let unwrapped = is_wrapped.then(|| serde_json::from_str::<String>(&piece).ok());
        whole.push_str(&unwrapped.flatten().unwrap_or(piece));
    }
    Ok(Some(whole))
}

async fn text(
    client: &Client,
    [dag_id, run_id, task_id]: [&str; 3],
    key: &str,
) -> Result<Option<String>, AirflowError> {
    let path = [
        "dags",
        dag_id,
        "dagRuns",
        run_id,
        "taskInstances",
        task_id,
        "xcomEntries",
        key,
    ];
    let ask = client.get("read what a task left", &path, &[]);
    let answer = client.signed(&ask).await?;
    if answer.says_missing(key) {
        return Ok(None);
    }
    Ok(Some(match answer.parse::<wire::XCom>()?.value {
        Value::String(text) => text,
        other => other.to_string(),
    }))
}
