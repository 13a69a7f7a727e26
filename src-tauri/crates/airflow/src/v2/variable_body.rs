//! What requests about variables have in common: a page of the listing, the body of a change, and what is refused before
//! anything is sent.

use std::sync::atomic::Ordering;

use http::Method;
use serde_json::{Map, Value, json};

use super::{Client, wire};
use crate::error::{AirflowError, Call, ErrorKind};
use crate::key::check_key;
use crate::types::{Page, Variable, VariablePatch};
use leeward_model::sensitive::holds_mask;

pub(super) const LIST: Call = Call::read("list the variables");

/// One page of the listing; the longest that comes says how many the server gives at most.
pub(super) async fn listed(client: &Client, query: &[(&str, &str)]) -> Result<Page<Variable>, AirflowError> {
    let ask = client.ask(LIST, Method::GET, &["variables"], query);
    let page: Page<Variable> = client.signed(&ask).await?.parse::<wire::Variables>()?.into();
    client.longest_page.fetch_max(page.items.len(), Ordering::Relaxed);
    Ok(page)
}

/// Only what is named here is written; without a mask PATCH would write `value` as well.
pub(super) fn mask_of(patch: &VariablePatch) -> Vec<(&'static str, &'static str)> {
    let value = patch.value.as_ref().map(|_| ("update_mask", "value"));
    let description = patch.description.as_ref().map(|_| ("update_mask", "description"));
    value.into_iter().chain(description).collect()
}

/// PATCH wants `value` even when the mask leaves it out (H4a): then it is the value as it was just read.
pub(super) fn in_body(patch: &VariablePatch) -> &str {
    let value = patch.value.as_deref().or(patch.value_as_read.as_deref());
    value.unwrap_or_default()
}

pub(super) fn body_of(key: &str, patch: &VariablePatch) -> Value {
    let mut body = Map::new();
    body.insert("key".to_owned(), json!(key));
    body.insert("value".to_owned(), json!(in_body(patch)));
    if let Some(description) = &patch.description {
        body.insert("description".to_owned(), json!(description));
    }
    Value::Object(body)
}

pub(super) fn check(call: Call, key: &str) -> Result<(), AirflowError> {
    check_key(key).map_err(|reason| AirflowError::new(call, ErrorKind::Unaddressable(reason.into())))
}

/// The last of several guards: writing a mask back would destroy the secret that it stands for (H3, H29).
pub(super) fn refuse_mask(call: Call, value: &str) -> Result<(), AirflowError> {
    if holds_mask(value) {
        Err(AirflowError::new(call, ErrorKind::MaskRefused))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patch_of(value: Option<&str>, description: Option<Option<&str>>) -> VariablePatch {
        VariablePatch {
            value: value.map(str::to_owned),
            description: description.map(|d| d.map(str::to_owned)),
            value_as_read: None,
        }
    }

    #[test]
    fn the_mask_names_what_is_written_and_nothing_else() {
        let both = patch_of(Some("v"), Some(None));
        assert_eq!(
            mask_of(&both),
            [("update_mask", "value"), ("update_mask", "description")]
        );
        assert_eq!(
            body_of("k", &both),
            json!({"key": "k", "value": "v", "description": null})
        );
        let value = patch_of(Some("v"), None);
        assert_eq!(mask_of(&value), [("update_mask", "value")]);
        assert_eq!(body_of("k", &value), json!({"key": "k", "value": "v"}));
        assert!(mask_of(&patch_of(None, None)).is_empty());
    }

    #[test]
    fn a_description_alone_sends_the_value_as_it_was_read() {
        let mut description = patch_of(None, Some(Some("d")));
        description.value_as_read = Some("v".to_owned());
        assert_eq!(mask_of(&description), [("update_mask", "description")]);
        assert_eq!(
            body_of("k", &description),
            json!({"key": "k", "value": "v", "description": "d"})
        );
    }

    #[test]
    fn a_mask_is_refused_wherever_it_stands() {
        for value in ["***", "pw=*** x", r#"{"a": ["***"]}"#] {
            assert!(refuse_mask(LIST, value).is_err(), "{value}");
        }
        assert!(refuse_mask(LIST, "** a * b").is_ok());
    }
}
