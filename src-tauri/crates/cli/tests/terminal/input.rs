//! What is given: long, in files, through a pipe, in odd encodings, twice.

use crate::data_folder::{DataFolder, Ran};
use serde_json::json;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;

fn set(data: &DataFolder, key: &str, rest: &[&str], input: &[u8]) -> Ran {
    let line = [&["records", "set", "variables", key], rest].concat();
    data.run_with(&line, input)
}

#[test]
fn a_value_longer_than_an_argument_comes_from_a_file_or_a_pipe() {
    let data = DataFolder::new();
    let long = "x".repeat(300_000);
    let path = data.file("long", long.as_bytes());
    let option = format!("value={}", path.display());
    set(&data, "a", &["--field-file", &option], b"").exits(0);
    set(
        &data,
        "b",
        &["--field-file", "value=-", "--field", "description=d"],
        long.as_bytes(),
    )
    .exits(0);
    let record = json!({"value": long, "description": null});
    set(&data, "c", &["--value-file", "-"], record.to_string().as_bytes()).exits(0);
    let path = data.file("record", record.to_string().as_bytes());
    set(&data, "d", &["--value-file", &path.display().to_string()], b"").exits(0);
    for key in ["a", "b", "c", "d"] {
        assert_eq!(data.record(key)["fields"]["value"], long, "{key}");
    }
    assert_eq!(data.record("b")["fields"]["description"], "d");
}

#[test]
fn a_text_from_a_file_is_kept_exactly_and_its_last_line_break_is_told() {
    let data = DataFolder::new();
    let ran = set(&data, "k", &["--field-file", "value=-"], "é\r\n".as_bytes()).exits(0);
    assert_eq!(data.record("k")["fields"]["value"], "é\r\n");
    assert!(ran.err.contains("ends with a line break"), "{ran:?}");
    let ran = set(&data, "k", &["--field-file", "value=-"], "\u{feff}é".as_bytes()).exits(0);
    assert_eq!(data.record("k")["fields"]["value"], "é");
    assert_eq!(ran.err, "");
}

#[test]
fn a_conflict_is_settled_from_a_file() {
    let data = DataFolder::new();
    let line = [
        "conflicts",
        "resolve",
        "variables",
        "k",
        "--field-file",
        "value=-",
    ];
    // There is none: what was given was understood.
    let ran = data.run_with(&line, b"x").exits(1);
    assert!(ran.err.contains("no record k"), "{ran:?}");
}

#[test]
fn a_file_that_cannot_be_used_is_told_and_nothing_is_kept() {
    let data = DataFolder::new();
    let large = data.file("large", b"");
    std::fs::File::options()
        .write(true)
        .open(&large)
        .unwrap()
        .set_len(64 * 1024 * 1024 + 1)
        .unwrap();
    let latin = data.file("latin", b"caf\xe9");
    let binary = data.file("binary", b"a\0b");
    let broken = data.file("broken", b"{\"value\": ");
    let of = |path: &std::path::Path| format!("value={}", path.display());
    let rows = [
        (
            vec!["--field-file", "value=/no/such/file"],
            "cannot be read (/no/such/file)",
        ),
        (vec!["--field-file", "value=/"], "cannot be read (/)"),
        (vec!["--field-file", &of(&latin)], "is not UTF-8 from byte 4 on"),
        (vec!["--field-file", &of(&binary)], "holds a NUL character"),
        (vec!["--field-file", &of(&large)], "is larger than 64 MB"),
        (
            vec!["--value-file", broken.to_str().unwrap()],
            "not JSON from line 1, column 11",
        ),
        (
            vec!["--field-file", "value=-", "--field-file", "description=-"],
            "only once",
        ),
        (
            vec!["--field-file", "value=-", "--field", "value=x"],
            "given twice",
        ),
    ]
    .map(|(line, why)| (line.into_iter().map(str::to_owned).collect::<Vec<_>>(), why));
    for (line, why) in rows {
        let line: Vec<&str> = line.iter().map(String::as_str).collect();
        let ran = set(&data, "k", &line, b"x").exits(2);
        assert!(ran.err.contains(why), "{line:?}: {ran:?}");
        assert!(!ran.err.contains("caf"), "{ran:?}");
    }
    data.run(&["records", "get", "variables", "k"]).exits(1);
}

#[test]
fn a_name_that_is_there_twice_is_refused_by_its_name() {
    let data = DataFolder::new();
    let twice = r#"{"value": "1", "value": "2"}"#;
    let conf = r#"{"region": "de", "a": {"x": 1, "x": 2}}"#;
    for (ran, name) in [
        (set(&data, "k", &["--value", twice], b""), "/value"),
        (
            set(&data, "k", &["--value-file", "-"], twice.as_bytes()),
            "/value",
        ),
        (data.run(&["dagrun", "trigger", "d", "--conf", conf]), "/a/x"),
        (
            data.run_with(&["dagrun", "trigger", "d", "--conf-file", "-"], conf.as_bytes()),
            "/a/x",
        ),
        (
            data.run(&["conflicts", "resolve", "variables", "k", "--value", twice]),
            "/value",
        ),
    ] {
        let ran = ran.exits(2);
        assert!(ran.err.contains(&format!("{name} is there twice")), "{ran:?}");
    }
}

#[test]
fn json_in_utf_16_or_with_a_mark_is_read() {
    let data = DataFolder::new();
    let text = "\u{feff}{\"value\": \"é🦀\"}";
    let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (key, bytes) in [
        ("a", text.as_bytes()),
        ("b", &little),
        ("c", &big),
        ("d", &little[2..]),
    ] {
        set(&data, key, &["--value-file", "-"], bytes).exits(0);
        assert_eq!(data.record(key)["fields"]["value"], "é🦀", "{key}");
        let base = data.file("record", bytes);
        let base = base.to_str().unwrap();
        let line = [
            "merge", "--base", base, "--local", base, "--remote", base, "-o", "json",
        ];
        assert_eq!(data.run(&line).exits(0).json()["merged"]["value"], "é🦀", "{key}");
    }
    let wide: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
    let ran = set(&data, "k", &["--value-file", "-"], &wide).exits(2);
    assert!(ran.err.contains("is in UTF-32"), "{ran:?}");
}

#[test]
fn an_argument_that_is_no_text_is_told() {
    let data = DataFolder::new();
    let odd = OsStr::from_bytes(b"caf\xe9");
    let rows: [&[&OsStr]; 4] = [
        &[odd],
        &["records".as_ref(), "get".as_ref(), "variables".as_ref(), odd],
        &["status".as_ref(), "--env".as_ref(), odd],
        &[
            "records".as_ref(),
            "set".as_ref(),
            "variables".as_ref(),
            "k".as_ref(),
            "--field".as_ref(),
            odd,
        ],
    ];
    for line in rows {
        let ran = data.run(line).exits(2);
        assert!(!ran.err.contains("panicked"), "{ran:?}");
        let ran = data
            .run(&[line, &["-o".as_ref(), "json".as_ref()]].concat())
            .exits(2);
        assert_eq!(ran.json()["error"]["code"], "bad_input", "{ran:?}");
    }
    let ran = data.run(&["status".as_ref(), "--env".as_ref(), odd]);
    assert!(ran.err.contains("caf\u{fffd} is not UTF-8 text."), "{ran:?}");
}

#[test]
fn an_environment_variable_that_is_no_text_is_told() {
    let data = DataFolder::new();
    for name in ["LEEWARD_ENV", "LEEWARD_PASSPHRASE"] {
        let mut command = data.command();
        command.env(name, OsStr::from_bytes(b"caf\xe9"));
        let line = [
            "records",
            "replace-secret",
            "variables",
            "k_token",
            "--value-stdin",
        ];
        let ran = Ran::from(command.args(line).output().unwrap()).exits(2);
        assert!(ran.err.contains(name) && ran.err.contains("UTF-8"), "{ran:?}");
    }
}

#[test]
fn a_folder_may_have_any_name() {
    let data = DataFolder::new();
    let mut command = data.command();
    let odd = data.place().join(OsStr::from_bytes(b"caf\xe9"));
    command
        .env("LEEWARD_DATA_DIR", &odd)
        .args(["env", "list", "-o", "json"]);
    assert_eq!(Ran::from(command.output().unwrap()).exits(0).json(), json!([]));
}

#[test]
fn a_tilde_in_the_folder_s_name_is_the_home_folder() {
    let data = DataFolder::new();
    let mut command = data.command();
    command
        .env("LEEWARD_DATA_DIR", "~/data")
        .args(["env", "list", "-o", "json"]);
    command.current_dir(data.place());
    assert_eq!(
        Ran::from(command.output().unwrap()).exits(0).json()[0]["name"],
        "test"
    );
    assert!(!data.place().join("~").exists());
    command.args(["--data-dir=~ann/x"]);
    Ran::from(command.output().unwrap()).exits(2);
}

#[test]
fn a_new_value_that_begins_like_json_is_json_or_meant_otherwise() {
    let data = DataFolder::new();
    let broken = "value={\"a\": 1,}";
    let ran = set(&data, "k", &["--field", broken], b"").exits(2);
    assert!(ran.err.contains("--force-text"), "{ran:?}");
    set(&data, "k", &["--field", broken, "--force-text"], b"").exits(0);
}

#[test]
fn what_names_nothing_is_refused() {
    let data = DataFolder::new();
    data.has("k", "1", None);
    let lines: [&[&str]; 3] = [
        &["history", "variables", "k", "--limit", "0"],
        &["dagrun", "trigger", ""],
        &[
            "records",
            "set",
            "variables",
            "k",
            "--value",
            "{\"value\": \"a\\u0000\"}",
        ],
    ];
    for line in lines {
        data.run(line).exits(2);
    }
}

#[test]
fn a_mask_never_replaces_a_secret() {
    let data = DataFolder::new();
    let line = [
        "records",
        "replace-secret",
        "variables",
        "k_token",
        "--value-stdin",
    ];
    for mask in ["***", "***\n", "pw=*** host=h"] {
        let ran = data.run_with(&line, mask.as_bytes()).exits(2);
        assert!(ran.err.contains("a mask such as ***"), "{ran:?}");
    }
    assert!(!data.place().join("secrets.age").exists(), "nothing was kept");
    data.run(&["records", "get", "variables", "k_token"]).exits(1);
    data.run_with(&line, b"caf\xe9").exits(2);
    data.run_with(&line, b"**").exits(0);
}

#[test]
fn a_conf_that_cannot_be_used_queues_no_run() {
    let data = DataFolder::new();
    for (conf, why) in [
        (
            r#"{"region": "de", "region": "fr"}"#,
            "the key at /region is there twice",
        ),
        (
            r#"{"region": "de", "rates": [{"x": 1, "x": 1}]}"#,
            "/rates/0/x is there twice",
        ),
        (r#"{"region": "de",}"#, "it is not JSON from line 1, column 17 on"),
        ("region=de", "it is not JSON from line 1, column 1 on"),
        ("", "it is not JSON"),
        ("[1]", "no object"),
    ] {
        let typed = data.run(&["dagrun", "trigger", "d", "--conf", conf]);
        let piped = data.run_with(&["dagrun", "trigger", "d", "--conf-file", "-"], conf.as_bytes());
        for ran in [typed, piped] {
            let ran = ran.exits(2);
            assert!(ran.err.contains(why), "{conf}: {ran:?}");
            assert!(ran.err.contains("Give a JSON object"), "{conf}: {ran:?}");
        }
    }
    let actions = data.run(&["actions", "list", "-o", "json"]).exits(0);
    assert_eq!(actions.json(), json!([]));
}

#[test]
fn what_is_wrong_with_an_address_is_told_once() {
    let data = DataFolder::new();
    let usual = "Give the address that you open Airflow with, such as https://airflow.example.com.";
    for (url, why, next) in [
        ("airflow", "it is not a web address", usual),
        ("https://", "it is not a web address", usual),
        (
            "ftp://airflow.example.com",
            "it begins with neither https:// nor http://",
            usual,
        ),
        (
            "https://ann:lee@airflow.example.com",
            "it holds a user name or a password",
            "Leave them out of the address: they are given separately.",
        ),
    ] {
        let line = ["env", "add", "new", "--url", url, "--token-stdin"];
        let ran = data.run_with(&line, b"t").exits(2);
        let told = format!(
            "Leeward cannot use this address: {why}.\nNothing was sent and nothing was changed.\n{next}\n"
        );
        assert_eq!(ran.err, told, "{url}");
    }
}
