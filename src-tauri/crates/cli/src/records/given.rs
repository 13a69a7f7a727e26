//! The fields of a record as the options give them.

use crate::args::Given;
use crate::file;
use crate::output::Output;
use crate::problem::usage;
use leeward_merge::read_value;
use leeward_model::{Collection, FieldKind, Fields, Problem, Value};
use std::path::Path;

const OBJECT: &str =
    r#"Give the record as an object of fields, such as '{"value": "1", "description": null}'."#;

/// The fields, each given once. What is not text in the data model is given as JSON: `slots=4`.
pub(crate) fn fields(output: &Output, model: &Collection, given: Given) -> Result<Fields, Problem> {
    if let Some(json) = &given.value {
        return object("--value", file::json_of("--value", json, OBJECT)?);
    }
    if let Some(path) = &given.value_file {
        return object("--value-file", file::json("--value-file", path, OBJECT)?);
    }
    file::stdin_once(given.field_files.iter().map(|(_, path)| path.as_path()))?;
    let mut fields = Fields::new();
    for (name, text) in given.fields {
        let value = typed(model, &name, text);
        insert(&mut fields, name, value)?;
    }
    for (name, path) in given.field_files {
        let value = typed(model, &name, of_file(output, &name, &path)?);
        insert(&mut fields, name, value)?;
    }
    Ok(fields)
}

/// A text that is no JSON stays one: the data model's rules say what is wrong with it.
fn typed(model: &Collection, name: &str, text: String) -> Value {
    let is_json = model
        .field(name)
        .is_some_and(|field| field.kind == FieldKind::Json);
    let read = is_json.then(|| read_value(&text).ok()).flatten();
    read.unwrap_or(Value::String(text))
}

fn of_file(output: &Output, name: &str, path: &Path) -> Result<String, Problem> {
    let text = file::text(&format!("--field-file {name}"), path)?;
    if text.ends_with('\n') {
        output.note(&format!("The {name} ends with a line break, as its file does."));
    }
    Ok(text)
}

fn insert(fields: &mut Fields, name: String, value: Value) -> Result<(), Problem> {
    if fields.contains_key(&name) {
        return Err(usage(
            format!("The field {name} is given twice."),
            "Give it once.",
        ));
    }
    fields.insert(name, value);
    Ok(())
}

fn object(option: &str, value: Value) -> Result<Fields, Problem> {
    match value {
        Value::Object(fields) if !fields.is_empty() => Ok(fields.into_iter().collect()),
        _ => Err(usage(format!("{option} is not an object of fields."), OBJECT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leeward_model::ProblemCode;

    fn typed(json: &str) -> Result<Fields, Problem> {
        object("--value", file::json_of("--value", json, OBJECT)?)
    }

    #[test]
    fn the_whole_record_is_an_object() {
        for text in ["", "[]", "{}", "\"x\"", "{\"value\": }"] {
            assert_eq!(typed(text).unwrap_err().code, ProblemCode::BadInput, "{text}");
        }
        assert!(typed(r#"{"value": "1"}"#).is_ok());
    }

    #[test]
    fn a_name_that_is_there_twice_is_said() {
        let refused = typed(r#"{"value": "1", "value": "2"}"#).unwrap_err();
        assert!(refused.what.contains("/value"), "{refused}");
    }
}
