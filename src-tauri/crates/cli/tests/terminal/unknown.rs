//! A collection that nobody here knows.

use crate::desk::Desk;

#[test]
fn a_command_on_an_unknown_collection_says_what_and_what_next() {
    let desk = Desk::new();
    desk.has("same", "1", None);
    let commands: [&[&str]; 5] = [
        &["records", "set", "rates", "eur", "--field", "rate=7"],
        &["records", "get", "rates", "eur"],
        &["records", "list", "rates"],
        &["records", "delete", "rates", "same"],
        &["records", "take-back", "rates", "eur"],
    ];
    for line in commands {
        let ran = desk.run(line);
        assert_ne!(ran.code, Some(0), "{line:?}");
        assert!(
            ran.err.contains("There is no collection rates."),
            "{line:?}: {ran:?}"
        );
        assert!(ran.err.contains("variables, pools"), "{line:?}: {ran:?}");
    }
    assert_eq!(desk.record("same")["state"], "clean");
}
