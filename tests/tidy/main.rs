//! Checks of the tree itself: what matters in its style is a test.
//!
//! Each check is a pure function over what it reads, with a test of its own that it finds what it is for.
#![expect(clippy::unwrap_used, reason = "a check that cannot read the tree fails")]

mod arrows;
mod circles;
mod commands;
mod licences;
mod links;
mod machine_paths;
mod platform;
mod prose;
mod tree;
mod variables;

/// Fails with one line for each finding.
#[track_caller]
fn assert_none(findings: &[String]) {
    assert!(
        findings.is_empty(),
        "{} findings:\n  {}",
        findings.len(),
        findings.join("\n  ")
    );
}
