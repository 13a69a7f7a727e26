//! What `merge` is given: files of JSON, taken strictly. What would lose something on the way is refused.

use crate::args::MergeArgs;
use crate::file;
use crate::problem::usage;
use leeward_model::{Collection, Field, Fields, Problem, Value};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

const RECORD: &str = "Give a JSON object of fields, or null for a record that is absent.";
const MODEL: &str =
    r#"Give a data model such as {"fields": {"price": {"type": "number", "required": true}}}."#;

pub(super) struct Input {
    /// Base, local, remote.
    pub(super) records: [Option<Fields>; 3],
    pub(super) model: Collection,
}

pub(super) fn input(files: &MergeArgs) -> Result<Input, Problem> {
    let all = [
        Some(&files.base),
        Some(&files.local),
        Some(&files.remote),
        files.model.as_ref(),
    ];
    file::stdin_once(all.into_iter().flatten().map(PathBuf::as_path))?;
    Ok(Input {
        records: [
            record("--base", &files.base)?,
            record("--local", &files.local)?,
            record("--remote", &files.remote)?,
        ],
        model: match &files.model {
            Some(file) => model(&file::json("--model", file, MODEL)?)?,
            None => Collection::new("", Vec::new()),
        },
    })
}

fn record(option: &str, file: &Path) -> Result<Option<Fields>, Problem> {
    match file::json(option, file, RECORD)? {
        Value::Null => Ok(None),
        Value::Object(fields) => Ok(Some(fields.into_iter().collect())),
        _ => Err(usage(format!("{option} is neither an object nor null."), RECORD)),
    }
}

/// A data model: its fields by name, or as a list of fields with names.
fn model(file: &Value) -> Result<Collection, Problem> {
    let refused = |what: String| usage(format!("--model cannot be used: {what}."), MODEL);
    let members = file
        .as_object()
        .ok_or_else(|| refused("it is no object".into()))?;
    if let Some(odd) = members
        .keys()
        .find(|key| !matches!(key.as_str(), "name" | "fields"))
    {
        return Err(refused(format!(
            "a data model has no {odd}, only name and fields"
        )));
    }
    let fields = match members.get("fields") {
        Some(Value::Object(fields)) => fields
            .iter()
            .map(|(name, rules)| field(Some(name), rules))
            .collect(),
        Some(Value::Array(fields)) => fields.iter().map(|rules| field(None, rules)).collect(),
        _ => Err("it has no fields".to_owned()),
    };
    let fields: Vec<Field> = fields.map_err(refused)?;
    let mut names = BTreeSet::new();
    if let Some(twice) = fields.iter().find(|field| !names.insert(&field.name)) {
        return Err(refused(format!("the field {} is there twice", twice.name)));
    }
    let name = members.get("name").and_then(Value::as_str).unwrap_or_default();
    Ok(Collection::new(name, fields))
}

fn field(name: Option<&String>, rules: &Value) -> Result<Field, String> {
    let mut rules = rules.clone();
    let shown = name.map_or_else(|| "a field".to_owned(), |name| format!("the field {name}"));
    if let (Some(name), Value::Object(members)) = (name, &mut rules) {
        members.insert("name".to_owned(), Value::String(name.clone()));
    }
    let field: Field = serde_json::from_value(rules).map_err(|error| format!("{shown}: {error}"))?;
    match field.unreadable_rule() {
        Some(why) => Err(format!("{shown} {why}")),
        None => Ok(field),
    }
}
