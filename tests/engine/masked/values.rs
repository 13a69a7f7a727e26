//! Values with secrets planted in any place, and parts that people change.

use harness::dice::Dice;
use serde_json::{Map, Value, json};

/// The names of the parts that people change.
const PARTS: [&str; 3] = ["n0", "n1", "n2"];
/// Beginnings and ends of secrets: letters that JSON and URLs spell in other ways, digits alone, asterisks, words.
const PIECES: &[&str] = &[
    "S3cr-et",
    "58291378",
    "p@ss w/ö",
    "q\"uo\\te",
    "a*b**c",
    "postgres",
    "Zeilen\numbruch",
    "😀-geheim",
];

/// A value in which the secrets stay where they are.
#[derive(Debug, Clone)]
pub(super) struct Template {
    base: Base,
    secrets: Vec<String>,
    planted: Vec<usize>,
}

#[derive(Debug, Clone)]
enum Base {
    Text(String),
    Json(Map<String, Value>),
}

impl Template {
    pub(super) fn draw(dice: &mut Dice) -> Self {
        let secrets = secrets(dice);
        let base = if dice.one_in(3) {
            Base::Text(plain(dice, &secrets))
        } else {
            Base::Json(members(dice, &secrets))
        };
        let mut template = Self {
            base,
            secrets,
            planted: Vec::new(),
        };
        template.planted = count_secrets(&template.text(), &template.secrets);
        template
    }

    /// The value as its owner typed it.
    pub(super) fn text(&self) -> String {
        match &self.base {
            Base::Text(text) => text.clone(),
            Base::Json(members) => Value::Object(members.clone()).to_string(),
        }
    }

    /// The same value with other secrets.
    pub(super) fn rotated(&self, dice: &mut Dice) -> Self {
        let mut rotated = self.clone();
        for secret in &mut rotated.secrets {
            let new = format!("new-{}", dice.below(100_000));
            rotated.base.replace(secret, &new);
            *secret = new;
        }
        rotated.planted = count_secrets(&rotated.text(), &rotated.secrets);
        rotated
    }

    pub(super) fn secrets(&self) -> &[String] {
        &self.secrets
    }

    /// Whether the text has every secret as often as this value, whoever changed its parts.
    pub(super) fn is_whole(&self, text: &str) -> bool {
        count_secrets(text, &self.secrets) == self.planted
    }
}

impl Base {
    fn replace(&mut self, old: &str, new: &str) {
        match self {
            Self::Text(text) => *text = text.replace(old, new),
            Self::Json(members) => {
                *members = std::mem::take(members)
                    .into_iter()
                    .map(|(name, member)| (name.replace(old, new), replaced(member, old, new)))
                    .collect();
            }
        }
    }
}

fn replaced(value: Value, old: &str, new: &str) -> Value {
    match value {
        Value::String(text) => Value::String(text.replace(old, new)),
        Value::Number(number) if number.to_string() == old => json!(new),
        Value::Array(items) => items.into_iter().map(|item| replaced(item, old, new)).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| (name.replace(old, new), replaced(member, old, new)))
            .collect(),
        other => other,
    }
}

/// One or two, of which the second may begin like the first.
fn secrets(dice: &mut Dice) -> Vec<String> {
    let piece = PIECES[dice.below(PIECES.len())];
    let first = if piece.bytes().all(|byte| byte.is_ascii_digit()) {
        format!("{piece}{}", dice.below(10))
    } else {
        format!("{piece}{}", dice.below(1000))
    };
    let second = match dice.below(3) {
        0 => format!("{first}-more"),
        1 => format!("other-{}", dice.below(1000)),
        _ => return vec![first],
    };
    vec![first, second]
}

fn plain(dice: &mut Dice, secrets: &[String]) -> String {
    let secret = pick(dice, secrets);
    let around = [
        format!("host=db1 pw={secret} x"),
        format!("mysql://u:{secret}@h/db {secret}{secret}"),
        format!("{secret}\nline two {secret}"),
        format!("{{broken {secret}"),
    ];
    format!("{} n0=1 n1=1 n2=1", around[dice.below(around.len())])
}

fn members(dice: &mut Dice, secrets: &[String]) -> Map<String, Value> {
    let mut members: Map<String, Value> = PARTS.iter().map(|name| ((*name).to_owned(), json!(1))).collect();
    for number in 0..dice.between(1, 4) {
        let name = match dice.below(12) {
            0 => pick(dice, secrets),
            1 => "password".to_owned(),
            _ => format!("m{number}"),
        };
        let depth = dice.below(8);
        members.insert(name, nested(dice, secrets, depth));
    }
    members
}

fn nested(dice: &mut Dice, secrets: &[String], depth: usize) -> Value {
    if depth > 0 {
        let inner = nested(dice, secrets, depth - 1);
        return match dice.below(3) {
            0 => json!([1, inner]),
            1 => json!({pick(dice, secrets): inner, "b": null}),
            _ => json!({"a": inner, "n": 1.5}),
        };
    }
    let secret = pick(dice, secrets);
    match (dice.below(5), secret.parse::<u64>()) {
        (0, Ok(number)) => json!(number),
        (1, _) => json!(format!("u:{secret}@h")),
        (2, _) => json!(format!("{secret}{secret}")),
        (3, _) => json!([secret, true]),
        _ => json!(secret),
    }
}

fn pick(dice: &mut Dice, secrets: &[String]) -> String {
    secrets[dice.below(secrets.len())].clone()
}

/// The text with one of its parts changed; `None` where it has none of them.
pub(super) fn changed(text: &str, dice: &mut Dice) -> Option<String> {
    let part = PARTS[dice.below(PARTS.len())];
    let number = dice.between(2, 9_999);
    if let Ok(Value::Object(mut members)) = serde_json::from_str(text) {
        members
            .contains_key(part)
            .then(|| members.insert(part.to_owned(), json!(number)))?;
        return Some(Value::Object(members).to_string());
    }
    let (before, after) = text.split_once(&format!(" {part}="))?;
    let rest = after.trim_start_matches(|letter: char| letter.is_ascii_digit());
    Some(format!("{before} {part}={number}{rest}"))
}

/// How often each secret stands in a text, however JSON spells it.
fn count_secrets(text: &str, secrets: &[String]) -> Vec<usize> {
    let plain = match serde_json::from_str::<Value>(text) {
        Ok(value) => {
            let mut texts = String::new();
            spell_out(&value, &mut texts);
            texts
        }
        Err(_) => text.to_owned(),
    };
    secrets
        .iter()
        .map(|secret| plain.matches(secret.as_str()).count())
        .collect()
}

/// Every text, name and number of a value, apart from each other.
fn spell_out(value: &Value, texts: &mut String) {
    match value {
        Value::String(text) => *texts += text,
        Value::Number(number) => *texts += &number.to_string(),
        Value::Array(items) => items.iter().for_each(|item| spell_out(item, texts)),
        Value::Object(members) => {
            for (name, member) in members {
                *texts += name;
                texts.push('\u{1}');
                spell_out(member, texts);
            }
        }
        Value::Null | Value::Bool(_) => {}
    }
    texts.push('\u{1}');
}
