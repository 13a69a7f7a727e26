//! What the description that a server serves of its own API says it can do (H28). Versions differ inside a line, so
//! nothing is concluded from the version.

use serde_json::Value;

use super::Client;
use crate::error::AirflowError;

const VARIABLES: &str = "/api/v2/variables";

/// What is looked up in the description.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Abilities {
    /// A bulk update of variables takes `update_mask`.
    pub(super) bulk_masks: bool,
    /// The listing of variables takes `variable_key_prefix_pattern`, of which several can be given, separated by `|`.
    pub(super) key_prefixes: bool,
}

/// Read once a client. A server that serves no description is taken to be able to do nothing; trouble on the way is
/// an error, and the description is asked for again the next time.
pub(super) async fn abilities(client: &Client) -> Result<Abilities, AirflowError> {
    client.spec.get_or_try_init(|| read(client)).await.copied()
}

async fn read(client: &Client) -> Result<Abilities, AirflowError> {
    let mut ask = client.get("read the description of Airflow's API", &[], &[]);
    ask.url = client.base.join(&["openapi.json"], &[]);
    let answer = client.signed(&ask).await?;
    if answer.status.is_server_error() {
        return Err(answer.failure());
    }
    let spec = answer.json().filter(|_| answer.status.is_success());
    Ok(spec.as_ref().map(abilities_of).unwrap_or_default())
}

fn abilities_of(spec: &Value) -> Abilities {
    let variables = &spec["paths"][VARIABLES];
    let body = &variables["patch"]["requestBody"]["content"]["application/json"]["schema"];
    Abilities {
        bulk_masks: actions_of(spec, body).any(|action| is_update(action) && has(action, "update_mask")),
        key_prefixes: takes(&variables["get"], "variable_key_prefix_pattern"),
    }
}

/// The kinds of action that a bulk request may hold.
fn actions_of<'s>(spec: &'s Value, body: &'s Value) -> impl Iterator<Item = &'s Value> {
    let items = &resolve(spec, body)["properties"]["actions"]["items"];
    let kinds = ["oneOf", "anyOf"]
        .into_iter()
        .filter_map(|word| items[word].as_array());
    kinds.flatten().map(|kind| resolve(spec, kind))
}

fn is_update(action: &Value) -> bool {
    let kind = &action["properties"]["action"];
    kind["const"] == "update"
        || kind["enum"]
            .as_array()
            .is_some_and(|words| words.iter().any(|w| w == "update"))
}

fn has(schema: &Value, property: &str) -> bool {
    schema["properties"].get(property).is_some()
}

fn takes(operation: &Value, parameter: &str) -> bool {
    let parameters = operation["parameters"].as_array();
    parameters.is_some_and(|all| all.iter().any(|one| one["name"] == parameter))
}

/// Follows one `$ref` into the document.
fn resolve<'s>(spec: &'s Value, schema: &'s Value) -> &'s Value {
    let target = schema["$ref"]
        .as_str()
        .and_then(|path| spec.pointer(path.strip_prefix('#')?));
    target.unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn spec(update: &Value, parameters: &Value) -> Value {
        json!({
            "paths": {"/api/v2/variables": {
                "get": {"parameters": parameters},
                "patch": {"requestBody": {"content": {"application/json": {"schema":
                    {"$ref": "#/components/schemas/BulkBody"}}}}},
            }},
            "components": {"schemas": {
                "BulkBody": {"properties": {"actions": {"items": {"oneOf": [
                    {"$ref": "#/components/schemas/Create"}, {"$ref": "#/components/schemas/Update"}]}}}},
                "Create": {"properties": {"action": {"const": "create"}, "update_mask": {}}},
                "Update": {"properties": update},
            }},
        })
    }

    #[test]
    fn a_mask_counts_only_where_updates_take_it() {
        let with = spec(
            &json!({"action": {"const": "update"}, "update_mask": {}}),
            &json!([]),
        );
        assert!(abilities_of(&with).bulk_masks);
        // As 3.1.8 serves it.
        let without = spec(
            &json!({"action": {"const": "update"}}),
            &json!([{"name": "limit"}]),
        );
        assert_eq!(abilities_of(&without), Abilities::default());
    }

    #[test]
    fn the_prefix_filter_is_found_among_the_parameters() {
        let both = json!([{"name": "limit"}, {"name": "variable_key_prefix_pattern"}]);
        assert!(abilities_of(&spec(&json!({}), &both)).key_prefixes);
    }

    #[test]
    fn another_document_promises_nothing() {
        for other in [
            json!(null),
            json!([]),
            json!({"paths": 1}),
            json!({"paths": {VARIABLES: {"patch": []}}}),
        ] {
            assert_eq!(abilities_of(&other), Abilities::default());
        }
    }
}
