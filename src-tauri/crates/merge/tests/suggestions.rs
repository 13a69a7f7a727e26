//! Line merges of text: offered, never more than that.

use leeward_merge::{Shape, suggest};
use leeward_model::{FieldKind, Value};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn suggestion(kind: FieldKind, base: &str, mine: &str, theirs: &str) -> Option<String> {
    let [base, mine, theirs] = [base, mine, theirs].map(Value::from);
    let text = suggest(kind, Some(&base), Some(&mine), Some(&theirs))?;
    Some(text.as_str().unwrap().to_owned())
}

#[test]
#[rustfmt::skip]
fn lines_that_are_apart_make_a_suggestion() {
    use FieldKind::{JsonText, Text};
    let rows = [
        // what, kind, base, mine, Airflow's, suggestion
        ("apart", Text, "a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", Some("A\nb\nC\n")),
        ("no line break at the end", Text, "a\nb\nc", "A\nb\nc", "a\nb\nC", Some("A\nb\nC")),
        ("windows lines", Text, "a\r\nb\r\nc\r\n", "A\r\nb\r\nc\r\n", "a\r\nb\r\nC\r\n", Some("A\r\nb\r\nC\r\n")),
        ("one added, one removed", Text, "a\nb\nc\nd\n", "a\nb\nc\nd\ne\n", "b\nc\nd\n", Some("b\nc\nd\ne\n")),
        ("the same line", Text, "a\n", "b\n", "c\n", None),
        ("one line", Text, "a", "b", "c", None),
        ("the same change", Text, "a\n", "b\n", "b\n", None),
        ("one side alone", Text, "a\nb\n", "a\nb\n", "a\nc\n", None),
        ("the other alone", Text, "a\nb\n", "a\nc\n", "a\nb\n", None),
        ("both from nothing", Text, "", "a\n", "b\n", None),
        ("text in a JSON field", JsonText, "a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n", Some("A\nb\nC\n")),
        ("an array in lines stays one", JsonText, "[\n1,\n2,\n3\n]", "[\n0,\n2,\n3\n]", "[\n1,\n2,\n4\n]", Some("[\n0,\n2,\n4\n]")),
        ("and is not broken", JsonText, "[\n1,\n2\n]", "[\n1,\n2,\n3\n]", "1,\n2\n]", None),
        ("not even from a text", JsonText, "a\nb\nc\n", "A\nb\nc\n", "[\n1\n]", None),
        ("brackets mean nothing in a text", Text, "[\n1,\n2\n]", "[\n1,\n2,\n3\n]", "1,\n2\n]", Some("1,\n2,\n3\n]")),
    ];
    for (what, kind, base, mine, theirs, expected) in rows {
        assert_eq!(suggestion(kind, base, mine, theirs).as_deref(), expected, "{what}");
    }
}

#[test]
fn a_side_that_is_no_text_has_none() {
    let [base, mine, theirs] = ["a\nb\nc\n", "A\nb\nc\n", "a\nb\nC\n"].map(Value::from);
    let null = Value::Null;
    let by = |base, mine, theirs| suggest(FieldKind::Json, base, mine, theirs);
    assert!(by(Some(&base), Some(&mine), Some(&theirs)).is_some());
    for [base, mine, theirs] in [
        [None, Some(&mine), Some(&theirs)],
        [Some(&base), None, Some(&theirs)],
        [Some(&base), Some(&mine), None],
        [Some(&null), Some(&mine), Some(&theirs)],
        [Some(&base), Some(&null), Some(&theirs)],
        [Some(&base), Some(&mine), Some(&null)],
    ] {
        assert_eq!(by(base, mine, theirs), None);
    }
}

#[test]
fn long_texts_have_none() {
    let text = |first: &str, line: &str, lines: usize, last: &str| {
        format!("{first}\n{}{last}\n", line.repeat(lines))
    };
    let of = |line: &str, lines: usize| {
        let sides = [("a", "z"), ("A", "z"), ("a", "Z")].map(|(first, last)| text(first, line, lines, last));
        suggestion(FieldKind::Text, &sides[0], &sides[1], &sides[2])
    };
    assert!(of("b\n", 1_998).is_some());
    assert!(of("b\n", 1_999).is_none());
    let long = |length: usize| format!("{}\n", "b".repeat(length - 5));
    assert!(of(&long(64 * 1024), 1).is_some());
    assert!(of(&long(64 * 1024 + 1), 1).is_none());
}

/// Few different lines, some without an end: where diffs go wrong, if they do.
fn lines() -> impl Strategy<Value = String> {
    let line = prop::sample::select(vec![
        "a\n",
        "b\n",
        "c\n",
        "\n",
        "{\n",
        "}\n",
        "<<<<<<<\n",
        "é\r\n",
        "\r",
        "\u{2028}",
    ]);
    (prop::collection::vec(line, 0..12), "[ab]?").prop_map(|(lines, end)| lines.concat() + &end)
}

fn set(text: &str) -> BTreeSet<&str> {
    text.split_inclusive('\n')
        .map(|line| line.trim_end_matches('\n'))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5_000, failure_persistence: None, ..ProptestConfig::default() })]

    /// No line is invented, and none that all three have is lost.
    #[test]
    fn lines_are_somebodys(base in lines(), mine in lines(), theirs in lines()) {
        if let Some(merged) = suggestion(FieldKind::Text, &base, &mine, &theirs) {
            let [base, mine, theirs, merged] = [&base, &mine, &theirs, &merged].map(|side| set(side));
            for line in &merged {
                prop_assert!(mine.contains(line) || theirs.contains(line), "{:?} was invented", line);
            }
            for line in base.iter().filter(|line| mine.contains(*line) && theirs.contains(*line)) {
                prop_assert!(merged.contains(line) , "{:?} was lost", line);
            }
        }
    }

    /// Whatever the texts are, an answer comes; JSON stays JSON.
    #[test]
    fn any_texts_are_borne(texts in [".*", "(?s).{0,60}", "[\\[\\]{}\",:0-9\n ]{0,40}"], is_json in any::<bool>()) {
        let [base, mine, theirs] = texts.map(Value::from);
        let kind = if is_json { FieldKind::JsonText } else { FieldKind::Text };
        let shape = Shape::from(kind);
        for [base, mine, theirs] in [[&base, &mine, &theirs], [&theirs, &base, &mine], [&mine, &theirs, &base]] {
            let _suggestion = suggest(shape, Some(base), Some(mine), Some(theirs));
        }
    }
}
