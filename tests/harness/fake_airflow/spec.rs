//! The description that the model serves of its own API, as far as anybody looks something up in it (H28).

use serde_json::{Value, json};

/// As 3.3.2 has it; without masks as 3.1.8, which does not know the prefix filter either.
pub(super) fn spec(bulk_takes_masks: bool) -> Value {
    let entities = json!({"type": "array", "items": {"$ref": "#/components/schemas/VariableBody"}});
    let action = |kind: &str| json!({"action": {"type": "string", "const": kind}, "entities": entities});
    let mut update = action("update");
    let mut parameters = vec![
        json!({"name": "limit", "in": "query"}),
        json!({"name": "variable_key_pattern", "in": "query"}),
    ];
    if bulk_takes_masks {
        update["update_mask"] =
            json!({"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]});
        parameters.push(json!({"name": "variable_key_prefix_pattern", "in": "query"}));
    }
    let kind = |name: &str| json!({"$ref": format!("#/components/schemas/Bulk{name}Action_VariableBody_")});
    json!({
        "openapi": "3.1.0",
        "paths": {"/api/v2/variables": {
            "get": {"parameters": parameters},
            "patch": {"requestBody": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/BulkBody_VariableBody_"}}}}},
        }},
        "components": {"schemas": {
            "BulkBody_VariableBody_": {"properties": {"actions": {"type": "array", "items": {
                "oneOf": [kind("Create"), kind("Update"), kind("Delete")]}}}},
            "BulkCreateAction_VariableBody_": {"properties": action("create")},
            "BulkUpdateAction_VariableBody_": {"properties": update},
            "BulkDeleteAction_VariableBody_": {"properties": action("delete")},
        }},
    })
}
