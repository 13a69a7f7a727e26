//! Sentences are for people: no code asks what one says. What code needs to know is in a code, a state or a number beside it.

use crate::{assert_none, tree};

/// What holds sentences: a problem's parts, a status line, notes and reasons.
const SENTENCES: &[&str] = &["what", "meaning", "next", "line", "trouble", "note", "reason"];
/// What looks into a text, or compares it, with one that is written out.
const QUESTIONS: &[&str] = &[
    ".includes(\"",
    ".startsWith(\"",
    ".endsWith(\"",
    ".match(/",
    ".contains(\"",
    ".starts_with(\"",
    ".ends_with(\"",
    " === \"",
    " == \"",
    " !== \"",
    " != \"",
];
/// From here on a file of Rust is its tests, which hold sentences to their words.
const TESTS: &str = "#[cfg(test)]";

/// The lines that ask what a sentence says.
fn asked(content: &str) -> Vec<&str> {
    let code = content.split(TESTS).next().unwrap_or_default();
    let asks = |line: &&str| {
        // Whether there is a sentence at all may be asked.
        let line = line.replace("\"\"", "empty").replace("?.", ".");
        let line = line.replace(".as_str()", "").replace(".as_deref()", "");
        SENTENCES.iter().any(|sentence| {
            let asks = |question: &&str| line.contains(&format!(".{sentence}{question}"));
            QUESTIONS.iter().any(asks)
        })
    };
    code.lines().filter(asks).collect()
}

fn is_code(path: &str) -> bool {
    let is_ours = path.starts_with("ui/src/") || path.starts_with("src-tauri/");
    let is_test = path.contains("/tests/") || path.contains(".test.") || path.contains("/testing/");
    is_ours && !is_test && tree::has_extension(path, &["ts", "svelte", "rs"])
}

#[test]
fn no_code_reads_sentences() {
    let sources = tree::texts(is_code);
    assert!(sources.len() > 100, "the sources were not found");
    let findings = sources.iter().flat_map(|(path, content)| {
        let lines = asked(content).into_iter();
        lines.map(move |line| format!("{path} reads a sentence: {}", line.trim()))
    });
    assert_none(&findings.collect::<Vec<_>>());
}

#[test]
fn a_question_is_found() {
    for line in [
        "if (problem.what.includes(\"sign in\")) retry();",
        "if (status?.line?.startsWith(\"In sync\")) {}",
        "if problem.meaning.contains(\"not known\") {",
        "if view.note.as_str() == \"held\" {",
    ] {
        assert_eq!(asked(line).len(), 1, "{line}");
    }
    assert!(asked("if (draft.reason !== \"\") {}").is_empty());
    assert!(asked("if (problem.code === \"storage\") {}").is_empty());
    assert!(asked("fn f() {}\n#[cfg(test)]\nassert!(p.what.contains(\"a\"));").is_empty());
}
