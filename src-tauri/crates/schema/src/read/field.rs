//! One field of a model file.

use super::place::{Members, Place};
use crate::fault::Faults;
use crate::field::Field;
use crate::field_type::{FieldType, JsonShape, Range, TextRules};
use crate::node::Node;
use crate::notes::{Choice, Notes};
use leeward_model::canonical::{SCALE_MAX, integer_of_json};

/// The most texts that a choice has.
pub(crate) const CHOICES_MAX: usize = 1000;

/// The greatest length that a rule can name.
const LENGTH_MAX: u32 = i32::MAX as u32;

/// Reads a field; `None` where its type has a fault.
pub(super) fn read(name: &str, place: &Place<'_>, required: bool, faults: &mut Faults) -> Option<Field> {
    let mut members = Members::open(place, faults)?;
    let notes = notes(&mut members, faults);
    let default = members.take("default");
    let before = faults.0.len();
    let kind = kind(&mut members, faults)?;
    members.close(rules_of(&kind), faults);
    let sound = faults.0.len() == before;
    let default = default.filter(|_| sound).and_then(|place| {
        let taken = kind.take(&place.node.to_value());
        let told = |why: &String| {
            place.fault(
                format!("is no value of its field: it {why}"),
                "Give one that is.",
                faults,
            );
        };
        taken.inspect_err(told).ok()
    });
    Some(Field {
        name: name.to_owned(),
        kind,
        required,
        default,
        references: None,
        notes,
    })
}

/// Reads what is said for people.
pub(super) fn notes(members: &mut Members<'_>, faults: &mut Faults) -> Notes {
    let mut text = |name| {
        members
            .take(name)
            .and_then(|place| place.text(faults))
            .map(str::to_owned)
    };
    let (title, description, comment) = (text("title"), text("description"), text("$comment"));
    let deprecated = members.take("deprecated").and_then(|place| place.flag(faults));
    let examples = members.take("examples").and_then(|place| place.list(faults));
    let values = |places: Vec<Place<'_>>| places.iter().map(|place| place.node.to_value()).collect();
    Notes {
        title,
        description,
        comment,
        deprecated,
        examples: examples.map(values).unwrap_or_default(),
    }
}

fn kind(members: &mut Members<'_>, faults: &mut Faults) -> Option<FieldType> {
    if let Some(place) = members.take("enum") {
        return choice(&place, members, enumerated, faults);
    }
    if let Some(place) = members.take("oneOf") {
        return choice(&place, members, titled, faults);
    }
    let Some(place) = members.take("type") else {
        return Some(FieldType::Json(JsonShape::Any));
    };
    let Node::Text(name) = place.node else {
        let instead =
            "Give one type as a text. A field that may be missing is one that required does not name.";
        place.fault("is not one type", instead, faults);
        return None;
    };
    match name.as_str() {
        "string" => texts(members, faults),
        "integer" => Some(FieldType::Integer(integers(members, faults))),
        "boolean" => Some(FieldType::Boolean),
        "object" => Some(FieldType::Json(JsonShape::Object)),
        "array" => Some(FieldType::Json(JsonShape::Array)),
        "number" => {
            let instead =
                "Use \"type\": \"string\", \"format\": \"decimal\" and \"x-leeward\": {\"scale\": …}.";
            place.fault(
                "would not be exact in every program that reads it",
                instead,
                faults,
            );
            None
        }
        _ => {
            let instead = "Use string, integer, boolean, object or array, or leave it out for any JSON.";
            place.fault("is not a type of fields", instead, faults);
            None
        }
    }
}

/// The members that a field of this type may have.
fn rules_of(kind: &FieldType) -> &'static str {
    match kind {
        FieldType::Text(_) => {
            "Beside what is said for people, a text has format, default, pattern, minLength and maxLength."
        }
        FieldType::Integer(_) => {
            "Beside what is said for people, a whole number has default, minimum and maximum (both allowed themselves)."
        }
        FieldType::Decimal { .. } => {
            "Beside what is said for people, a decimal has default and x-leeward with scale, minimum and maximum."
        }
        FieldType::Choice(_) => {
            "Beside what is said for people, a choice has default, \"type\": \"string\", and enum or oneOf."
        }
        _ => "Beside what is said for people, a field of this type has default.",
    }
}

fn texts(members: &mut Members<'_>, faults: &mut Faults) -> Option<FieldType> {
    let Some(place) = members.take("format") else {
        return Some(FieldType::Text(text_rules(members, faults)));
    };
    match place.text(faults)? {
        "date" => Some(FieldType::Date),
        "date-time" => Some(FieldType::DateTime),
        "decimal" => decimals(members, faults),
        _ => {
            let instead = "Use decimal, date or date-time; for others, a pattern.";
            place.fault("is not a format that a data model keeps", instead, faults);
            None
        }
    }
}

fn text_rules(members: &mut Members<'_>, faults: &mut Faults) -> TextRules {
    let mut length = |name| {
        members
            .take(name)
            .and_then(|place| place.whole(0, LENGTH_MAX, faults))
    };
    let (min_length, max_length) = (length("minLength"), length("maxLength"));
    if min_length
        .zip(max_length)
        .is_some_and(|(least, most)| least > most)
    {
        let instead = "Give minLength and maxLength that a text can have.";
        faults.add(
            &members.pointer_of("minLength"),
            "is greater than maxLength",
            instead,
        );
    }
    let pattern = members.take("pattern");
    let rules = TextRules {
        pattern: pattern
            .as_ref()
            .and_then(|place| place.text(faults))
            .map(str::to_owned),
        min_length,
        max_length,
    };
    if let (Some(why), Some(place)) = (rules.unreadable(), pattern) {
        place.fault(why, "Write it as in JavaScript (ECMA-262).", faults);
    }
    rules
}

fn integers(members: &mut Members<'_>, faults: &mut Faults) -> Range {
    let mut limit = |name| {
        let place = members.take(name)?;
        let number = match place.node {
            Node::Number(number) => integer_of_json(number.as_str()).ok(),
            _ => None,
        };
        if number.is_none() {
            place.fault(
                "is not a whole number of 64 bits",
                "Give one, without quotes.",
                faults,
            );
        }
        number
    };
    let (minimum, maximum) = (limit("minimum"), limit("maximum"));
    in_order(Range { minimum, maximum }, &members.pointer_of("minimum"), faults)
}

fn decimals(members: &mut Members<'_>, faults: &mut Faults) -> Option<FieldType> {
    let instead = "Say how many decimal places there are: {\"scale\": 2}.";
    let place = members.need("x-leeward", instead, faults)?;
    let mut own = Members::open(&place, faults)?;
    let scale = own.need("scale", instead, faults);
    let scale = scale.and_then(|place| place.whole(0, SCALE_MAX.into(), faults))?;
    let scale = u8::try_from(scale).ok()?;
    let mut limit = |name| {
        let place = own.take(name)?;
        let text = place.text(faults)?;
        let taken = FieldType::Decimal {
            scale,
            range: Range::default(),
        }
        .take_text(text);
        let told = |why: &String| {
            place.fault(
                format!("is no limit: it {why}"),
                "Give a decimal as text.",
                faults,
            );
        };
        taken.inspect_err(told).ok()?.as_str().map(str::to_owned)
    };
    let (minimum, maximum) = (limit("minimum"), limit("maximum"));
    let range = in_order(Range { minimum, maximum }, &own.pointer_of("minimum"), faults);
    own.close("A decimal has scale, minimum and maximum there.", faults);
    Some(FieldType::Decimal { scale, range })
}

fn in_order(range: Range, pointer: &str, faults: &mut Faults) -> Range {
    let least = range.minimum.clone().filter(|_| range.maximum.is_some());
    if least.is_some_and(|least| range.keep(least).is_err()) {
        faults.add(
            pointer,
            "is greater than maximum",
            "Give limits that a number can keep.",
        );
    }
    range
}

fn choice(
    place: &Place<'_>,
    members: &mut Members<'_>,
    read: fn(&Place<'_>, &mut Faults) -> Option<Choice>,
    faults: &mut Faults,
) -> Option<FieldType> {
    let kind = members.take("type");
    if let Some(place) = kind.filter(|place| *place.node != Node::Text("string".into())) {
        place.fault(
            "is not that of a choice",
            "A choice is of texts: \"string\", or left out.",
            faults,
        );
    }
    let places = place.list(faults)?;
    if places.is_empty() || places.len() > CHOICES_MAX {
        let instead = format!("Give 1 to {CHOICES_MAX} texts.");
        place.fault(
            format!("has {} texts to choose from", places.len()),
            instead,
            faults,
        );
        return None;
    }
    let mut choices: Vec<Choice> = Vec::new();
    for place in &places {
        let Some(choice) = read(place, faults) else {
            continue;
        };
        if choices.iter().any(|other| other.value == choice.value) {
            place.fault("stands twice among the choices", "Keep one of the two.", faults);
        }
        choices.push(choice);
    }
    Some(FieldType::Choice(choices))
}

fn enumerated(place: &Place<'_>, faults: &mut Faults) -> Option<Choice> {
    Some(Choice {
        value: choice_text(place, faults)?,
        notes: Notes::default(),
    })
}

fn titled(place: &Place<'_>, faults: &mut Faults) -> Option<Choice> {
    let mut members = Members::open(place, faults)?;
    let value = members.need("const", "Give the text that is kept.", faults);
    let notes = notes(&mut members, faults);
    members.close("One of a choice has const, and what is said for people.", faults);
    let value = choice_text(&value?, faults)?;
    Some(Choice { value, notes })
}

fn choice_text(place: &Place<'_>, faults: &mut Faults) -> Option<String> {
    let text = place.text(faults)?;
    if text.contains('\0') {
        place.fault(
            "holds the character U+0000",
            "Leave it out: databases refuse it.",
            faults,
        );
    }
    Some(text.to_owned())
}
