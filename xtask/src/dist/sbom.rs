//! The parts as a bill of materials, CycloneDX 1.6: for programs that look for parts with known faults. The same sources give the
//! same bytes, so it has neither a time nor a number of its own.

use serde_json::{Value, json};

use super::part::Part;

/// The document.
pub(crate) fn of(parts: &[Part], version: &str) -> Value {
    let components: Vec<Value> = parts.iter().map(component).collect();
    let dependencies: Vec<Value> = parts
        .iter()
        .map(|part| json!({ "ref": part.purl, "dependsOn": part.uses }))
        .collect();
    let licence = json!([{ "license": { "id": "Apache-2.0" } }]);
    json!({
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": { "component": {
            "type": "application", "bom-ref": "leeward", "name": "leeward", "version": version, "licenses": licence,
        }},
        "components": components,
        "dependencies": dependencies,
    })
}

fn component(part: &Part) -> Value {
    let mut component = json!({
        "type": "library",
        "bom-ref": part.purl,
        "name": part.name,
        "version": part.version,
        "purl": part.purl,
        "licenses": [{ "expression": part.licence }],
    });
    if let Some((algorithm, digits)) = &part.hash {
        component["hashes"] = json!([{ "alg": algorithm, "content": digits }]);
    }
    component
}
