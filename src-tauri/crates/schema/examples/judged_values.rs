//! Prints generated values for every type of field, with the verdict of this crate on each: the window's and the companion's
//! validators are held to it. `judged_values N` makes N for each field of the shared vectors, always the same ones.
//!
//! A line is `{"field", "values": [[text, cell, json], …]}`: what is read of the text in a cell, and of the same text in
//! JSON. A verdict is `{"is": canonical text}` or `{"not": why}`.

#![expect(clippy::print_stdout, reason = "what it prints is what it is for")]

use leeward_schema::{DataModel, FieldType};
use serde_json::{Value, json};

const VECTORS: &str = include_str!("../../../../tests/vectors/model/values.json");
/// Put into values: what numbers, dates and JSON are made of, and what only looks like it.
const PIECES: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "5",
    "9",
    "00",
    "-",
    "+",
    ".",
    ",",
    "e",
    "E",
    ":",
    "T",
    "t",
    "Z",
    "z",
    "/",
    " ",
    "\n",
    "\t",
    "\u{0}",
    "\u{663}",
    "\u{2212}",
    "\u{ff11}",
    "a",
    "A",
    "b",
    "é",
    "e\u{301}",
    "🦀",
    "\u{feff}",
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "null",
    "true",
    "FALSE",
    "12",
    "2026-02-29",
    "23:59:60",
    "+14:00",
    "-00:00",
    "9223372036854775807",
    "NaN",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args()
        .nth(1)
        .ok_or("how many for each field?")?
        .parse()?;
    let mut dice = Dice(1);
    for row in serde_json::from_str::<Vec<Value>>(VECTORS)? {
        let kind = kind_of(&row["field"])?;
        let bases = texts_of(&row["values"]);
        let values: Vec<Value> = (0..count)
            .map(|_| judged(&kind, &made(&bases, &mut dice)))
            .collect();
        println!("{}", json!({"field": row["field"], "values": values}));
    }
    Ok(())
}

fn kind_of(field: &Value) -> Result<FieldType, Box<dyn std::error::Error>> {
    let file = json!({
        "type": "object", "properties": {"f": field, "id": {"type": "string"}}, "required": ["id"],
        "x-leeward": {"collection": "things", "version": 1, "key": ["id"]},
    });
    let model = DataModel::read(&file.to_string()).map_err(|faults| format!("{faults:?}"))?;
    Ok(model.field("f").ok_or("the field")?.kind.clone())
}

/// The values of the vectors, each as a text.
fn texts_of(values: &Value) -> Vec<String> {
    let values = values.as_array().into_iter().flatten();
    let text = |case: &Value| match case.get("text").or_else(|| case.get("json"))? {
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    values.filter_map(text).collect()
}

/// A value of the vectors with up to six changes, or one of nothing but pieces.
fn made(bases: &[String], dice: &mut Dice) -> String {
    let base = if dice.below(8) == 0 {
        ""
    } else {
        &bases[dice.below(bases.len())]
    };
    let mut letters: Vec<String> = base.chars().map(String::from).collect();
    for _ in 0..dice.below(7) {
        let at = dice.below(letters.len() + 1);
        let piece = PIECES[dice.below(PIECES.len())].to_owned();
        match dice.below(3) {
            0 if at < letters.len() => letters[at] = piece,
            1 if at < letters.len() => drop(letters.remove(at)),
            _ => letters.insert(at, piece),
        }
    }
    letters.concat()
}

fn judged(kind: &FieldType, text: &str) -> Value {
    let told = |taken: Result<Value, String>| match taken {
        Ok(value) => json!({"is": kind.text_of(&value)}),
        Err(why) => json!({"not": why}),
    };
    json!([text, told(kind.take_text(text)), told(kind.take(&json!(text)))])
}

/// SplitMix64: the same numbers everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % count.max(1) as u64) as usize
    }
}
