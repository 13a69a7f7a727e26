//! A model file, read with all its faults told at once.

mod extra;
mod field;
mod place;
mod steps;

use crate::fault::{Faults, ModelFault};
use crate::field::Field;
use crate::model::DataModel;
use crate::name;
use crate::node::Node;
use crate::spelling::DIALECT;
use leeward_model::sensitive::sensitive_paths;
use place::{Members, Place};
use std::collections::BTreeSet;

/// The largest model file, in bytes, as it is read and as it is written: it travels as a Variable and as a DAG's param.
pub(crate) const MODEL_BYTES_MAX: usize = 256 * 1024;

/// The most fields.
pub(crate) const FIELDS_MAX: usize = 200;

/// A field that was declared; `None` where it has a fault.
type Declared = (String, Option<Field>);

impl DataModel {
    /// Reads a model file: a JSON Schema (draft 2020-12) with the member `x-leeward`.
    ///
    /// # Errors
    /// Every fault that the file has.
    pub fn read(text: &str) -> Result<Self, Vec<ModelFault>> {
        let mut faults = Faults::default();
        match read(text, &mut faults) {
            Some(model) if faults.0.is_empty() => Ok(model),
            _ => Err(faults.0),
        }
    }
}

fn read(text: &str, faults: &mut Faults) -> Option<DataModel> {
    if text.len() > MODEL_BYTES_MAX {
        add_too_large(&format!("has {} bytes", text.len()), faults);
        return None;
    }
    let node = match Node::parse(text) {
        Ok(node) => node,
        Err(why) => {
            faults.add("", format!("is not JSON: {why}"), "Correct it there.");
            return None;
        }
    };
    for pointer in node.repeated() {
        faults.add(&pointer, "stands twice", "Keep one of the two.");
    }
    let model = read_root(&node, faults);
    check_hidden(text, faults);
    let written = model.as_ref().map_or(0, |model| model.write().len());
    if written > MODEL_BYTES_MAX {
        add_too_large(
            &format!("has {written} bytes when it is written in lines"),
            faults,
        );
    }
    model
}

fn add_too_large(what: &str, faults: &mut Faults) {
    faults.add("", what, format!("A model has at most {MODEL_BYTES_MAX} bytes."));
}

/// Airflow hides what it takes for a secret wherever it stands in a Variable's JSON, and the model is one.
fn check_hidden(text: &str, faults: &mut Faults) {
    for pointer in sensitive_paths("", text) {
        if faults.0.iter().any(|fault| fault.pointer == pointer) {
            continue;
        }
        let what = "holds what Airflow takes for a secret and hides: the model could not be read back";
        faults.add(&pointer, what, "Use other names there, and no \"***\".");
    }
}

fn read_root(node: &Node, faults: &mut Faults) -> Option<DataModel> {
    let mut root = Members::open(&Place::root(node), faults)?;
    read_fixed(&mut root, faults);
    let notes = field::notes(&mut root, faults);
    let properties = root.take("properties");
    let required = root.take("required");
    let extra = root.take("x-leeward");
    root.close(
        "Use $schema, type, additionalProperties, properties, required, x-leeward, title, description, $comment, \
         deprecated and examples.",
        faults,
    );
    let declared = read_fields(properties.as_ref(), required.as_ref(), faults);
    let Some(extra) = extra else {
        faults.add(
            "/x-leeward",
            "is missing",
            "Say there what collection, version and key are.",
        );
        return None;
    };
    let extra = extra::read(&extra, &declared, faults)?;
    let mut fields: Vec<Field> = declared.into_iter().filter_map(|(_, field)| field).collect();
    for field in &mut fields {
        let reference = extra.references.iter().find(|(name, _)| *name == field.name);
        field.references = reference.map(|(_, collection)| collection.clone());
    }
    Some(DataModel {
        collection: extra.collection,
        version: extra.version,
        notes,
        fields,
        key: extra.key,
        merge: extra.merge,
        unique: extra.unique,
        steps: extra.steps,
    })
}

/// The members that have one value in every model.
fn read_fixed(root: &mut Members<'_>, faults: &mut Faults) {
    let schema = root.take("$schema");
    if schema.is_some_and(|place| *place.node != Node::Text(DIALECT.into())) {
        faults.add(
            "/$schema",
            "is not the dialect of data models",
            format!("It is \"{DIALECT}\"."),
        );
    }
    let kind = root.take("type");
    if kind.is_none_or(|place| *place.node != Node::Text("object".into())) {
        faults.add(
            "/type",
            "must say that a record is an object",
            "It is \"object\".",
        );
    }
    let others = root.take("additionalProperties");
    if others.is_some_and(|place| *place.node != Node::Bool(false)) {
        let instead = "It is false, or left out: a record of this version has the fields of this version.";
        faults.add(
            "/additionalProperties",
            "is more than a data model can keep",
            instead,
        );
    }
}

fn read_fields(
    properties: Option<&Place<'_>>,
    required: Option<&Place<'_>>,
    faults: &mut Faults,
) -> Vec<Declared> {
    let members = properties.and_then(|place| Members::open(place, faults));
    let places = members.map(Members::into_places).unwrap_or_default();
    if places.is_empty() {
        faults.add("/properties", "has no fields", "Declare at least one.");
    }
    if places.len() > FIELDS_MAX {
        let what = format!("has {} fields", places.len());
        faults.add("/properties", what, format!("A model has at most {FIELDS_MAX}."));
        return Vec::new();
    }
    let names: Vec<&str> = places.iter().map(|(name, _)| *name).collect();
    let required = required
        .and_then(|place| place.names(&names, faults))
        .unwrap_or_default();
    let required: BTreeSet<String> = required.into_iter().collect();
    let read = |(name, place): &(&str, Place<'_>)| {
        name::check_field(name, &place.pointer, faults);
        let field = field::read(name, place, required.contains(*name), faults);
        ((*name).to_owned(), field)
    };
    places.iter().map(read).collect()
}
