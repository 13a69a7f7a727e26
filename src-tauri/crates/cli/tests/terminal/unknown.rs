//! A collection that nobody here knows.

use crate::data_folder::DataFolder;

#[test]
fn a_command_on_an_unknown_collection_says_what_and_what_next() {
    let data = DataFolder::new();
    data.has("same", "1", None);
    let commands: [&[&str]; 5] = [
        &["records", "set", "rates", "eur", "--field", "rate=7"],
        &["records", "get", "rates", "eur"],
        &["records", "list", "rates"],
        &["records", "delete", "rates", "same"],
        &["records", "take-back", "rates", "eur"],
    ];
    for line in commands {
        let ran = data.run(line);
        assert_ne!(ran.code, Some(0), "{line:?}");
        assert!(
            ran.err.contains("There is no collection rates."),
            "{line:?}: {ran:?}"
        );
        assert!(ran.err.contains("variables, pools"), "{line:?}: {ran:?}");
    }
    assert_eq!(data.record("same")["state"], "clean");
}
