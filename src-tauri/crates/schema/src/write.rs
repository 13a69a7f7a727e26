//! The canonical file of a model.

use crate::field::Field;
use crate::field_type::{FieldType, JsonShape, Range};
use crate::model::{DataModel, Key, Merge, Step, StepKind};
use crate::node::Node;
use crate::notes::{Choice, Notes};
use crate::spelling::{DIALECT, GENERATED, WHOLE_RECORD};
use leeward_model::Value;
use serde::{Serialize, Serializer};

impl DataModel {
    /// The model as its file: two spaces a level, fields in their order, everything else in one order, a line break at
    /// the end. Reading it gives the same model.
    #[must_use]
    pub fn write(&self) -> String {
        let mut file = self.node().pretty();
        file.push('\n');
        file
    }

    fn node(&self) -> Node {
        let mut root = Members::default();
        root.add("$schema", text(DIALECT));
        root.add_notes(&self.notes);
        root.add("type", text("object"));
        root.add("additionalProperties", Node::Bool(false));
        let fields = self.fields.iter();
        root.add(
            "properties",
            Node::Object(
                fields
                    .map(|field| (field.name.clone(), write_field(field)))
                    .collect(),
            ),
        );
        let required = self.fields.iter().filter(|field| field.required);
        root.add_list("required", required.map(|field| text(&field.name)).collect());
        root.add("x-leeward", self.write_extra());
        root.node()
    }

    fn write_extra(&self) -> Node {
        let mut extra = Members::default();
        extra.add("collection", text(&self.collection));
        extra.add("version", Node::Number(self.version.into()));
        extra.add(
            "key",
            match &self.key {
                Key::Generated => text(GENERATED),
                Key::Fields(names) => texts(names),
            },
        );
        match &self.merge {
            Merge::Record => extra.add("merge", text(WHOLE_RECORD)),
            Merge::Groups(groups) => {
                extra.add_list("merge", groups.iter().map(|group| texts(group)).collect());
            }
        }
        extra.add_list("unique", self.unique.iter().map(|group| texts(group)).collect());
        let reference = |field: &Field| Some((field.name.clone(), text(field.references.as_ref()?)));
        let references: Vec<_> = self.fields.iter().filter_map(reference).collect();
        if !references.is_empty() {
            extra.add("references", Node::Object(references));
        }
        extra.add_list("changes", self.steps.iter().map(write_step).collect());
        extra.node()
    }
}

fn write_field(field: &Field) -> Node {
    let mut members = Members::default();
    members.add_notes(&field.notes);
    let mut own = Members::default();
    match &field.kind {
        FieldType::Text(rules) => {
            members.add("type", text("string"));
            members.add_some("pattern", rules.pattern.as_deref().map(text));
            members.add_some(
                "minLength",
                rules.min_length.map(|length| Node::Number(length.into())),
            );
            members.add_some(
                "maxLength",
                rules.max_length.map(|length| Node::Number(length.into())),
            );
        }
        FieldType::Integer(range) => {
            members.add("type", text("integer"));
            members.add_range(range, |limit| {
                limit.parse().map_or_else(|_| text(limit), Node::Number)
            });
        }
        FieldType::Decimal { scale, range } => {
            members.add("type", text("string"));
            members.add("format", text("decimal"));
            own.add("scale", Node::Number((*scale).into()));
            own.add_range(range, text);
        }
        FieldType::Boolean => members.add("type", text("boolean")),
        FieldType::Date => members.add_format("date"),
        FieldType::DateTime => members.add_format("date-time"),
        FieldType::Choice(choices) => members.add_choices(choices),
        FieldType::Json(JsonShape::Any) => {}
        FieldType::Json(JsonShape::Object) => members.add("type", text("object")),
        FieldType::Json(JsonShape::Array) => members.add("type", text("array")),
    }
    let default = field.default.as_ref();
    members.add_some(
        "default",
        default.map(|value| Node::from(&field.kind.to_json(value))),
    );
    if !own.0.is_empty() {
        members.add("x-leeward", own.node());
    }
    members.node()
}

fn write_step(step: &Step) -> Node {
    let mut members = Members::default();
    members.add("version", Node::Number(step.version.into()));
    match &step.kind {
        StepKind::Rename { from, to } => {
            members.add("rename", text(from));
            members.add("to", text(to));
        }
        StepKind::Drop { field } => members.add("drop", text(field)),
        StepKind::Convert { field, map } => {
            members.add("convert", text(field));
            if !map.is_empty() {
                let pairs = map.iter();
                members.add(
                    "map",
                    Node::Object(pairs.map(|(from, to)| (from.clone(), text(to))).collect()),
                );
            }
        }
        StepKind::Key { fields } => members.add("key", texts(fields)),
    }
    members.node()
}

fn text(text: &str) -> Node {
    Node::Text(text.to_owned())
}

fn texts(list: &[String]) -> Node {
    Node::List(list.iter().map(|item| text(item)).collect())
}

/// The members of an object that is written.
#[derive(Default)]
struct Members(Vec<(String, Node)>);

impl Members {
    fn node(self) -> Node {
        Node::Object(self.0)
    }

    fn add(&mut self, name: &str, node: Node) {
        self.0.push((name.to_owned(), node));
    }

    fn add_some(&mut self, name: &str, node: Option<Node>) {
        if let Some(node) = node {
            self.add(name, node);
        }
    }

    /// Adds a list that holds something.
    fn add_list(&mut self, name: &str, items: Vec<Node>) {
        if !items.is_empty() {
            self.add(name, Node::List(items));
        }
    }

    fn add_notes(&mut self, notes: &Notes) {
        self.add_some("title", notes.title.as_deref().map(text));
        self.add_some("description", notes.description.as_deref().map(text));
        self.add_some("$comment", notes.comment.as_deref().map(text));
        self.add_some("deprecated", notes.deprecated.map(Node::Bool));
        let example = |value: &Value| Node::from(value);
        self.add_list("examples", notes.examples.iter().map(example).collect());
    }

    fn add_format(&mut self, format: &str) {
        self.add("type", text("string"));
        self.add("format", text(format));
    }

    fn add_range(&mut self, range: &Range, limit: impl Fn(&str) -> Node) {
        self.add_some("minimum", range.minimum.as_deref().map(&limit));
        self.add_some("maximum", range.maximum.as_deref().map(&limit));
    }

    fn add_choices(&mut self, choices: &[Choice]) {
        if choices.iter().all(|choice| choice.notes.is_empty()) {
            return self.add_list("enum", choices.iter().map(|choice| text(&choice.value)).collect());
        }
        let one = |choice: &Choice| {
            let mut members = Members::default();
            members.add("const", text(&choice.value));
            members.add_notes(&choice.notes);
            members.node()
        };
        self.add_list("oneOf", choices.iter().map(one).collect());
    }
}

/// As its file, on one line.
impl Serialize for DataModel {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.node().serialize(serializer)
    }
}
