//! `leewardctl merge` as a black box: files in, one JSON document and an exit code out.
// Clippy's own exemption for tests does not reach the helpers beside them.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use serde_json::{Value, json};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

const NULL: &str = "null";

/// What was given, as bytes: some of it is no text.
#[derive(Clone, Default)]
struct Given {
    base: Vec<u8>,
    local: Vec<u8>,
    remote: Vec<u8>,
    model: Option<Vec<u8>>,
}

fn given(base: &str, local: &str, remote: &str) -> Given {
    Given {
        base: base.into(),
        local: local.into(),
        remote: remote.into(),
        model: None,
    }
}

impl Given {
    fn model(mut self, model: &str) -> Self {
        self.model = Some(model.into());
        self
    }

    fn run(&self) -> Output {
        let folder = tempfile::tempdir().unwrap();
        let mut command = ctl(&folder);
        for (option, bytes) in [
            ("base", &self.base),
            ("local", &self.local),
            ("remote", &self.remote),
        ] {
            command
                .arg(format!("--{option}"))
                .arg(file(&folder, option, bytes));
        }
        if let Some(model) = &self.model {
            command.arg("--model").arg(file(&folder, "model", model));
        }
        let output = command.args(["-o", "json"]).output().unwrap();
        let data = std::fs::read_dir(folder.path().join("home")).unwrap();
        assert_eq!(data.count(), 0, "nothing is made");
        output
    }
}

/// With a home of its own, in which nothing may appear.
fn ctl(folder: &TempDir) -> Command {
    let home = folder.path().join("home");
    std::fs::create_dir_all(&home).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_leewardctl"));
    command
        .env("HOME", &home)
        .env("XDG_DATA_HOME", &home)
        .env_remove("LEEWARD_DATA_DIR")
        .env_remove("LEEWARD_ENV")
        .arg("merge");
    command
}

fn file(folder: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// The members that are nearly always the same need not be written down.
fn full(expected: &str) -> Value {
    let mut result = json!({"merged": null, "deleted": false, "taken": {}, "conflicts": []});
    let given: Value = serde_json::from_str(expected).expect(expected);
    for (name, value) in given.as_object().unwrap() {
        result[name] = value.clone();
    }
    result
}

/// Rows of: what, base, local, remote, model (empty for none), exit code, the result.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    i32,
    &'static str,
);

fn check(rows: &[Row]) {
    let mut wrong = Vec::new();
    for (what, base, local, remote, model, exit, expected) in rows {
        let mut case = given(base, local, remote);
        if !model.is_empty() {
            case = case.model(model);
        }
        let output = case.run();
        let printed: Value = serde_json::from_str(&stdout(&output)).unwrap_or_default();
        if output.status.code() != Some(*exit) || printed != full(expected) {
            wrong.push(format!(
                "{what}\n  expected {exit} {}\n  printed  {:?} {printed}",
                full(expected),
                output.status.code()
            ));
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
#[rustfmt::skip]
fn records() {
    check(&[
        ("never was", NULL, NULL, NULL, "", 0, "{}"),
        ("created here", NULL, r#"{"a":1}"#, NULL, "", 0, r#"{"merged":{"a":1},"taken":{"a":"local"}}"#),
        ("created there", NULL, NULL, r#"{"a":1}"#, "", 0, r#"{"merged":{"a":1},"taken":{"a":"remote"}}"#),
        ("created on both sides, equal", NULL, r#"{"a":1}"#, r#"{"a":1}"#, "", 0, r#"{"merged":{"a":1},"taken":{"a":"both"}}"#),
        ("created on both sides, different", NULL, r#"{"a":1,"b":1}"#, r#"{"a":2,"b":1}"#, "", 3, r#"{"taken":{"b":"both"},"kind":"create_create","conflicts":[{"field":"a","local":1,"remote":2,"paths":[]}]}"#),
        ("created on both sides, other fields", NULL, r#"{"a":1}"#, r#"{"b":1}"#, "", 3, r#"{"kind":"create_create","conflicts":[{"field":"a","local":1,"paths":[]},{"field":"b","remote":1,"paths":[]}]}"#),
        ("created empty", NULL, "{}", NULL, "", 0, r#"{"merged":{}}"#),
        ("unchanged", r#"{"a":1}"#, r#"{"a":1}"#, r#"{"a":1}"#, "", 0, r#"{"merged":{"a":1},"taken":{"a":"both"}}"#),
        ("edited here", r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":1}"#, "", 0, r#"{"merged":{"a":2},"taken":{"a":"local"}}"#),
        ("edited there", r#"{"a":1}"#, r#"{"a":1}"#, r#"{"a":2}"#, "", 0, r#"{"merged":{"a":2},"taken":{"a":"remote"}}"#),
        ("edited on both sides, equal", r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":2}"#, "", 0, r#"{"merged":{"a":2},"taken":{"a":"both"}}"#),
        ("edited on both sides, different", r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#, "", 3, r#"{"kind":"fields","conflicts":[{"field":"a","base":1,"local":2,"remote":3,"paths":[]}]}"#),
        ("deleted here", r#"{"a":1}"#, NULL, r#"{"a":1}"#, "", 0, r#"{"deleted":true}"#),
        ("deleted there", r#"{"a":1}"#, r#"{"a":1}"#, NULL, "", 0, r#"{"deleted":true}"#),
        ("deleted on both sides", r#"{"a":1}"#, NULL, NULL, "", 0, r#"{"deleted":true}"#),
        ("deleted here, edited there", r#"{"a":1,"b":1}"#, NULL, r#"{"a":2,"b":1}"#, "", 3, r#"{"kind":"edit_delete","conflicts":[{"field":"a","base":1,"remote":2,"paths":[]}]}"#),
        ("edited here, deleted there", r#"{"a":1,"b":1}"#, r#"{"a":2,"b":1}"#, NULL, "", 3, r#"{"kind":"edit_delete","conflicts":[{"field":"a","base":1,"local":2,"paths":[]}]}"#),
        ("deleted here, a field added there", r#"{"a":1}"#, NULL, r#"{"a":1,"b":1}"#, "", 3, r#"{"kind":"edit_delete","conflicts":[{"field":"b","remote":1,"paths":[]}]}"#),
        ("deleted here, a field removed there", r#"{"a":1,"b":1}"#, NULL, r#"{"a":1}"#, "", 3, r#"{"kind":"edit_delete","conflicts":[{"field":"b","base":1,"paths":[]}]}"#),
        ("a field removed here, deleted there", r#"{"a":1,"b":1}"#, r#"{"a":1}"#, NULL, "", 3, r#"{"kind":"edit_delete","conflicts":[{"field":"b","base":1,"paths":[]}]}"#),
    ]);
}

#[test]
#[rustfmt::skip]
fn fields() {
    check(&[
        ("each side another field", r#"{"a":1,"b":1}"#, r#"{"a":2,"b":1}"#, r#"{"a":1,"b":2}"#, "", 0, r#"{"merged":{"a":2,"b":2},"taken":{"a":"local","b":"remote"}}"#),
        ("one clashes, the others are known", r#"{"a":1,"b":1,"c":1}"#, r#"{"a":2,"b":2,"c":1}"#, r#"{"a":3,"b":1,"c":2}"#, "", 3, r#"{"taken":{"b":"local","c":"remote"},"kind":"fields","conflicts":[{"field":"a","base":1,"local":2,"remote":3,"paths":[]}]}"#),
        ("added here", r#"{"a":1}"#, r#"{"a":1,"b":2}"#, r#"{"a":1}"#, "", 0, r#"{"merged":{"a":1,"b":2},"taken":{"a":"both","b":"local"}}"#),
        ("added there", r#"{"a":1}"#, r#"{"a":1}"#, r#"{"a":1,"b":2}"#, "", 0, r#"{"merged":{"a":1,"b":2},"taken":{"a":"both","b":"remote"}}"#),
        ("added on both sides, equal", r#"{}"#, r#"{"b":2}"#, r#"{"b":2}"#, "", 0, r#"{"merged":{"b":2},"taken":{"b":"both"}}"#),
        ("added on both sides, different", r#"{}"#, r#"{"b":2}"#, r#"{"b":3}"#, "", 3, r#"{"kind":"create_create","conflicts":[{"field":"b","local":2,"remote":3,"paths":[]}]}"#),
        ("another added on each side", r#"{}"#, r#"{"a":1}"#, r#"{"b":2}"#, "", 0, r#"{"merged":{"a":1,"b":2},"taken":{"a":"local","b":"remote"}}"#),
        ("removed here", r#"{"a":1,"b":2}"#, r#"{"a":1}"#, r#"{"a":1,"b":2}"#, "", 0, r#"{"merged":{"a":1},"taken":{"a":"both","b":"local"}}"#),
        ("removed there", r#"{"a":1,"b":2}"#, r#"{"a":1,"b":2}"#, r#"{"a":1}"#, "", 0, r#"{"merged":{"a":1},"taken":{"a":"both","b":"remote"}}"#),
        ("removed there, another edited here", r#"{"a":1,"b":2}"#, r#"{"a":9,"b":2}"#, r#"{"a":1}"#, "", 0, r#"{"merged":{"a":9},"taken":{"a":"local","b":"remote"}}"#),
        ("removed on both sides", r#"{"a":1,"b":2}"#, r#"{"a":1}"#, r#"{"a":1}"#, "", 0, r#"{"merged":{"a":1},"taken":{"a":"both","b":"both"}}"#),
        ("removed here, edited there", r#"{"b":2}"#, r#"{}"#, r#"{"b":3}"#, "", 3, r#"{"kind":"fields","conflicts":[{"field":"b","base":2,"remote":3,"paths":[]}]}"#),
        ("edited here, removed there", r#"{"b":2}"#, r#"{"b":3}"#, r#"{}"#, "", 3, r#"{"kind":"fields","conflicts":[{"field":"b","base":2,"local":3,"paths":[]}]}"#),
        ("null is a value", r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":1}"#, "", 0, r#"{"merged":{"a":null},"taken":{"a":"local"}}"#),
        ("null is not missing", r#"{"a":1}"#, r#"{"a":null}"#, r#"{}"#, "", 3, r#"{"kind":"fields","conflicts":[{"field":"a","base":1,"local":null,"paths":[]}]}"#),
        ("null is not empty", r#"{"a":1}"#, r#"{"a":null}"#, r#"{"a":""}"#, "", 3, r#"{"kind":"fields","conflicts":[{"field":"a","base":1,"local":null,"remote":"","paths":[]}]}"#),
        ("1 is not \"1\"", r#"{"a":0}"#, r#"{"a":1}"#, r#"{"a":"1"}"#, "", 3, r#"{"kind":"fields","conflicts":[{"field":"a","base":0,"local":1,"remote":"1","paths":[]}]}"#),
        ("a name may be anything", r#"{"":1,"a/b":1}"#, r#"{"":2,"a/b":1}"#, r#"{"":1,"a/b":{"é":null}}"#, "", 0, r#"{"merged":{"":2,"a/b":{"é":null}},"taken":{"":"local","a/b":"remote"}}"#),
    ]);
}

#[test]
#[rustfmt::skip]
fn json_inside() {
    const ITEMS: &str = r#"{"fields":{"p":{"item_key":"id"}}}"#;
    check(&[
        ("by key", r#"{"o":{"x":1,"y":1}}"#, r#"{"o":{"x":2,"y":1}}"#, r#"{"o":{"x":1,"y":2}}"#, "", 0, r#"{"merged":{"o":{"x":2,"y":2}},"taken":{"o":"merged"}}"#),
        ("deep", r#"{"o":{"x":{"a":1,"b":1}}}"#, r#"{"o":{"x":{"a":2,"b":1}}}"#, r#"{"o":{"x":{"a":1}}}"#, "", 0, r#"{"merged":{"o":{"x":{"a":2}}},"taken":{"o":"merged"}}"#),
        ("every clash is named, and nothing is merged", r#"{"o":{"x":1,"y":{"z/":1},"w":1}}"#, r#"{"o":{"x":2,"y":{"z/":2},"w":2}}"#, r#"{"o":{"x":3,"y":{"z/":3},"w":1}}"#, "", 3, r#"{"kind":"fields","conflicts":[{"field":"o","base":{"x":1,"y":{"z/":1},"w":1},"local":{"x":2,"y":{"z/":2},"w":2},"remote":{"x":3,"y":{"z/":3},"w":1},"paths":["/x","/y/z~1"]}]}"#),
        ("arrays are atomic", r#"{"p":[1]}"#, r#"{"p":[1,2]}"#, r#"{"p":[0,1]}"#, "", 3, r#"{"kind":"fields","conflicts":[{"field":"p","base":[1],"local":[1,2],"remote":[0,1],"paths":[]}]}"#),
        ("arrays by item", r#"{"p":[{"id":1,"n":1},{"id":2,"n":1}]}"#, r#"{"p":[{"id":1,"n":5},{"id":2,"n":1}]}"#, r#"{"p":[{"id":1,"n":1},{"id":2,"n":6},{"id":3,"n":1}]}"#, ITEMS, 0, r#"{"merged":{"p":[{"id":1,"n":5},{"id":2,"n":6},{"id":3,"n":1}]},"taken":{"p":"merged"}}"#),
        ("an item edited and removed", r#"{"p":[{"id":1,"n":1}]}"#, r#"{"p":[{"id":1,"n":5}]}"#, r#"{"p":[]}"#, ITEMS, 3, r#"{"kind":"fields","conflicts":[{"field":"p","base":[{"id":1,"n":1}],"local":[{"id":1,"n":5}],"remote":[],"paths":["/id=1"]}]}"#),
        ("a text in lines: a suggestion, not a merge", r#"{"t":"a\nb\nc\n"}"#, r#"{"t":"A\nb\nc\n"}"#, r#"{"t":"a\nb\nC\n"}"#, "", 3, r#"{"kind":"fields","conflicts":[{"field":"t","base":"a\nb\nc\n","local":"A\nb\nc\n","remote":"a\nb\nC\n","paths":[],"suggestion":"A\nb\nC\n"}]}"#),
        ("JSON in a text is text", r#"{"t":"{\"a\":1,\"b\":1}"}"#, r#"{"t":"{\"a\":2,\"b\":1}"}"#, r#"{"t":"{\"a\":1,\"b\":2}"}"#, "", 3, r#"{"kind":"fields","conflicts":[{"field":"t","base":"{\"a\":1,\"b\":1}","local":"{\"a\":2,\"b\":1}","remote":"{\"a\":1,\"b\":2}","paths":[]}]}"#),
        ("unless the model says so", r#"{"t":"{\"a\": 1.10, \"b\": 1}"}"#, r#"{"t":"{\"a\": 1.10, \"b\": 2}"}"#, r#"{"t":"{\"a\":1.10,\"b\":1,\"c\":1}"}"#, r#"{"fields":{"t":{"kind":"json_text"}}}"#, 0, r#"{"merged":{"t":"{\"a\": 1.10, \"b\": 2, \"c\": 1}"},"taken":{"t":"merged"}}"#),
        ("text is never looked into", r#"{"t":{"a":1,"b":1}}"#, r#"{"t":{"a":2,"b":1}}"#, r#"{"t":{"a":1,"b":2}}"#, r#"{"fields":{"t":{"kind":"text"}}}"#, 3, r#"{"kind":"fields","conflicts":[{"field":"t","base":{"a":1,"b":1},"local":{"a":2,"b":1},"remote":{"a":1,"b":2},"paths":[]}]}"#),
        ("1.10 there is a change of 1.1", r#"{"n":1.1}"#, r#"{"n":1.1}"#, r#"{"n":1.10}"#, "", 0, r#"{"merged":{"n":1.10},"taken":{"n":"remote"}}"#),
        ("10 is not 10.0", r#"{"n":1}"#, r#"{"n":10}"#, r#"{"n":10.0}"#, "", 3, r#"{"kind":"fields","conflicts":[{"field":"n","base":1,"local":10,"remote":10.0,"paths":[]}]}"#),
        ("neighbours beyond 2^53", r#"{"n":0}"#, r#"{"n":9007199254740993}"#, r#"{"n":9007199254740992}"#, "", 3, r#"{"kind":"fields","conflicts":[{"field":"n","base":0,"local":9007199254740993,"remote":9007199254740992,"paths":[]}]}"#),
    ]);
}

#[test]
#[rustfmt::skip]
fn data_models() {
    check(&[
        ("mine", r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#, r#"{"fields":{"a":{"policy":"mine"}}}"#, 0, r#"{"merged":{"a":2},"taken":{"a":"local"}}"#),
        ("theirs", r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#, r#"{"fields":{"a":{"policy":"theirs"}}}"#, 0, r#"{"merged":{"a":3},"taken":{"a":"remote"}}"#),
        ("mine and removed", r#"{"a":1}"#, r#"{}"#, r#"{"a":3}"#, r#"{"fields":{"a":{"policy":"mine"}}}"#, 0, r#"{"merged":{},"taken":{"a":"local"}}"#),
        ("theirs and removed", r#"{"a":1}"#, r#"{"a":2}"#, r#"{}"#, r#"{"fields":{"a":{"policy":"theirs"}}}"#, 0, r#"{"merged":{},"taken":{"a":"remote"}}"#),
        ("a policy is a field's own", r#"{"a":1,"b":1}"#, r#"{"a":2,"b":2}"#, r#"{"a":3,"b":3}"#, r#"{"fields":{"a":{"policy":"mine"}}}"#, 3, r#"{"taken":{"a":"local"},"kind":"fields","conflicts":[{"field":"b","base":1,"local":2,"remote":3,"paths":[]}]}"#),
        ("no policy settles a delete", r#"{"a":1}"#, r#"{"a":2}"#, NULL, r#"{"fields":{"a":{"policy":"mine"}}}"#, 3, r#"{"kind":"edit_delete","conflicts":[{"field":"a","base":1,"local":2,"paths":[]}]}"#),
        ("a list of fields", r#"{"a":1}"#, r#"{"a":2}"#, r#"{"a":3}"#, r#"{"name":"prices","fields":[{"name":"a","policy":"theirs"}]}"#, 0, r#"{"merged":{"a":3},"taken":{"a":"remote"}}"#),
        ("a default", NULL, r#"{"a":1}"#, NULL, r#"{"fields":{"b":{"default":null}}}"#, 0, r#"{"merged":{"a":1,"b":null},"taken":{"a":"local","b":"local"}}"#),
        ("a clean merge that breaks a rule", r#"{"a":1,"b":1}"#, r#"{"a":-2,"b":1}"#, r#"{"a":1,"b":2}"#, r#"{"fields":{"a":{"minimum":0}}}"#, 3, r#"{"taken":{"b":"remote"},"kind":"invalid","note":"The record as it would be written breaks a rule: a must be at least 0.","conflicts":[{"field":"a","base":1,"local":-2,"remote":1,"paths":[]}]}"#),
        ("a pattern's digits are 0 to 9", r#"{"a":"1","b":1}"#, r#"{"a":"٣","b":1}"#, r#"{"a":"1","b":2}"#, r#"{"fields":{"a":{"pattern":"^\\d$"}}}"#, 3, r#"{"taken":{"b":"remote"},"kind":"invalid","note":"The record as it would be written breaks a rule: a must have the form ^\\d$.","conflicts":[{"field":"a","base":"1","local":"٣","remote":"1","paths":[]}]}"#),
        ("a pattern that looks ahead", r#"{"a":"x","b":1}"#, r#"{"a":"y","b":1}"#, r#"{"a":"x","b":2}"#, r#"{"fields":{"a":{"pattern":"^(?!x)"}}}"#, 0, r#"{"merged":{"a":"y","b":2},"taken":{"a":"local","b":"remote"}}"#),
        ("a rule that the other side breaks", r#"{"a":1,"b":1}"#, r#"{"a":1,"b":2}"#, r#"{"a":-1,"b":1}"#, r#"{"fields":{"a":{"minimum":0}}}"#, 3, r#"{"taken":{"b":"local"},"kind":"invalid","note":"The record as it would be written breaks a rule: a must be at least 0.","conflicts":[{"field":"a","base":1,"local":1,"remote":-1,"paths":[]}]}"#),
        ("a required field taken away", r#"{"a":1,"b":1}"#, r#"{"b":1}"#, r#"{"a":1,"b":1}"#, r#"{"fields":{"a":{"required":true}}}"#, 3, r#"{"taken":{"b":"both"},"kind":"invalid","note":"The record as it would be written breaks a rule: a must be there.","conflicts":[{"field":"a","base":1,"remote":1,"paths":[]}]}"#),
        ("a merge by key that breaks a rule", r#"{"o":{}}"#, r#"{"o":{"a":1}}"#, r#"{"o":{"b":1}}"#, r#"{"fields":{"o":{"enum":[{},{"a":1},{"b":1}]}}}"#, 3, r#"{"kind":"invalid","note":"The record as it would be written breaks a rule: o must be one of {}, {\"a\":1}, {\"b\":1}.","conflicts":[{"field":"o","base":{},"local":{"a":1},"remote":{"b":1},"paths":[]}]}"#),
        ("what is only taken over is Airflow's own", r#"{"a":1}"#, r#"{"a":1}"#, r#"{"a":-1}"#, r#"{"fields":{"a":{"minimum":0}}}"#, 0, r#"{"merged":{"a":-1},"taken":{"a":"remote"}}"#),
        ("a secret stays where it is", r#"{"a":1,"password":"x"}"#, r#"{"a":2,"password":"x"}"#, r#"{"a":1,"password":"x"}"#, "", 0, r#"{"merged":{"a":2},"taken":{"a":"local","password":"both"},"sealed":["password"]}"#),
        ("a secret changed there", r#"{"o":{"api_key":"x"}}"#, r#"{"o":{"api_key":"x"}}"#, r#"{"o":{"api_key":"y"}}"#, "", 0, r#"{"merged":{},"taken":{"o":"remote"},"sealed":["o"]}"#),
        ("a secret changed here", r#"{"a":1,"token":"x"}"#, r#"{"a":1,"token":"y"}"#, r#"{"a":1,"token":"x"}"#, "", 3, r#"{"taken":{"a":"both"},"sealed":["token"],"kind":"fields","note":"What is secret is neither merged nor shown, and token was changed locally.","conflicts":[{"field":"token","paths":[]}]}"#),
        ("a mask in the place of a value", r#"{"a":"x"}"#, r#"{"a":"y"}"#, r#"{"a":"***"}"#, "", 3, r#"{"sealed":["a"],"kind":"fields","note":"What is secret is neither merged nor shown, and a was changed locally.","conflicts":[{"field":"a","paths":[]}]}"#),
        ("a number is no secret", r#"{"token":1}"#, r#"{"token":2}"#, r#"{"token":1}"#, "", 0, r#"{"merged":{"token":2},"taken":{"token":"local"}}"#),
        ("a record with a secret, deleted here", r#"{"token":"x"}"#, NULL, r#"{"token":"x"}"#, "", 0, r#"{"deleted":true,"sealed":["token"]}"#),
        ("and changed there", r#"{"token":"x"}"#, NULL, r#"{"token":"y"}"#, "", 3, r#"{"sealed":["token"],"kind":"edit_delete","conflicts":[{"field":"token","paths":[]}]}"#),
    ]);
}

#[test]
fn numbers_come_out_as_they_went_in() {
    for number in [
        "0",
        "-0",
        "1.10",
        "10.0",
        "1E400",
        "1e-07",
        "-0.0e+00",
        "123456789012345678901234567890",
        "0.1000000000000000055511151231257827",
    ] {
        let record = format!(r#"{{"n":{number},"o":{{"x":[{number}],"y":1}}}}"#);
        let there = format!(r#"{{"n":{number},"o":{{"x":[{number}],"y":2}}}}"#);
        let here = format!(r#"{{"n":{number},"o":{{"x":[{number}],"y":1,"z":{number}}}}}"#);
        let output = given(&record, &here, &there).run();
        let packed: String = stdout(&output).split_whitespace().collect();
        let expected = format!(r#"{{"n":{number},"o":{{"x":[{number}],"y":2,"z":{number}}}}}"#);
        assert!(packed.contains(&expected), "{number}: {packed}");
    }
}

/// What cannot be used is refused with what, and what to do; nothing of a record is in it.
fn refused(case: &Given, says: &str) {
    let output = case.run();
    assert_eq!(output.status.code(), Some(2), "{says}: {}", stdout(&output));
    let error: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let what = error["error"]["what"].as_str().unwrap();
    assert!(what.contains(says), "{says:?} is not in {what:?}");
    assert_eq!(error["error"]["code"], "bad_input");
    assert!(!error["error"]["next"].as_str().unwrap().is_empty());
    assert!(!stdout(&output).contains("hunter2"), "{what}");
}

#[test]
fn hostile_files_are_refused() {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100_000), "]".repeat(100_000));
    let objects = "{\"a\":".repeat(50_000);
    let rows: &[(&[u8], &str)] = &[
        (
            b"",
            "--local cannot be used: it is not JSON from line 1, column 1 on",
        ),
        (b"   \n", "it is not JSON from line 2, column 1 on"),
        (b"{", "it is not JSON"),
        (
            b"{\"a\": \"hunter2\",}",
            "it is not JSON from line 1, column 17 on",
        ),
        (b"[]", "--local is neither an object nor null"),
        (b"\"text\"", "neither an object nor null"),
        (b"1", "neither an object nor null"),
        (b"{} {}", "it is not JSON from line 1, column 4 on"),
        (b"{\"a\": NaN}", "the value at /a is not a number of JSON"),
        (
            b"{\"a\": [-Infinity]}",
            "the value at /a/0 is not a number of JSON",
        ),
        (b"{\"a\": 01}", "it is not JSON"),
        (b"{\"a\": 1.}", "it is not JSON"),
        (b"{\"a\": +1}", "it is not JSON"),
        (b"{'a': 1}", "it is not JSON"),
        (b"{\"a\": 1 // b\n}", "it is not JSON"),
        (b"{\"a\": \"\x01\"}", "it is not JSON"),
        (b"{\"a\": \"\\ud800\"}", "the text at /a holds half a character"),
        (b"{\"a\": 1, \"a\": 2}", "the key at /a is there twice"),
        (
            b"{\"a\": {\"b\": [{\"c\": 1, \"\\u0063\": 2}]}}",
            "the key at /a/b/0/c is there twice",
        ),
        (b"\xff", "--local is not UTF-8 from byte 1 on"),
        (b"\xff\xfe\0\xd8", "--local looks like UTF-16 and is not"),
        (b"{\0\0\0}\0\0\0", "--local is in UTF-32"),
        (b"{\"a\": \"\xc3\x28\"}", "not UTF-8 from byte 8 on"),
        (deep.as_bytes(), "it is nested deeper than 100 levels"),
        (objects.as_bytes(), "it is nested deeper than 100 levels"),
    ];
    for (local, says) in rows {
        let case = Given {
            local: local.to_vec(),
            ..given(NULL, NULL, NULL)
        };
        refused(&case, says);
    }
}

#[test]
fn hostile_models_are_refused() {
    for (model, says) in [
        ("", "--model cannot be used: it is not JSON"),
        ("[]", "it is no object"),
        ("{}", "it has no fields"),
        (r#"{"fields": 1}"#, "it has no fields"),
        (r#"{"fields": {}, "records": 1}"#, "a data model has no records"),
        (
            r#"{"fields": {"a": {"requird": true}}}"#,
            "the field a: unknown field `requird`",
        ),
        (r#"{"fields": {"a": 1}}"#, "the field a: "),
        (
            r#"{"fields": {"a": {"policy": "newest"}}}"#,
            "the field a: unknown variant `newest`",
        ),
        (
            r#"{"fields": {"a": {"pattern": "("}}}"#,
            "the field a has a pattern that cannot be read",
        ),
        (
            r#"{"fields": {"a": {}, "a": {}}}"#,
            "the key at /fields/a is there twice",
        ),
        (
            r#"{"fields": [{"name": "a"}, {"name": "a"}]}"#,
            "the field a is there twice",
        ),
        (
            r#"{"fields": [{"kind": "text"}]}"#,
            "a field: missing field `name`",
        ),
    ] {
        refused(&given("{}", "{}", "{}").model(model), says);
    }
}

#[test]
fn an_object_that_looks_like_a_number_inside_stays_an_object() {
    let odd = r#"{"a":{"$serde_json::private::Number":"1"}}"#;
    let output = given("{}", odd, "{}").run();
    assert_eq!(output.status.code(), Some(0));
    let packed: String = stdout(&output).split_whitespace().collect();
    assert!(packed.contains(odd), "{packed}");
}

#[test]
fn many_items_and_long_texts_are_borne() {
    let items = |from: usize| -> String {
        let items: Vec<String> = (from..from + 20_000)
            .map(|id| format!("{{\"id\":{id}}}"))
            .collect();
        format!("{{\"p\":[{}]}}", items.join(","))
    };
    let keyed = given(&items(1_000), &items(0), &items(2_000)).model(r#"{"fields":{"p":{"item_key":"id"}}}"#);
    assert_eq!(keyed.run().status.code(), Some(0));
    let text = |letter: &str| format!("{{\"t\":\"{}\"}}", format!("{letter}\\n").repeat(50_000));
    let output = given(&text("a"), &text("b"), &text("c")).run();
    assert_eq!(output.status.code(), Some(3));
    assert!(!stdout(&output).contains("suggestion"));
}

fn with_stdin(folder: &TempDir, arguments: &[&str], files: &[(&str, &Path)], stdin: &str) -> Output {
    let mut command = ctl(folder);
    for (option, path) in files {
        command.arg(option).arg(path);
    }
    let mut child = command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have refused the line before it reads.
    let _ = child.stdin.take().unwrap().write_all(stdin.as_bytes());
    child.wait_with_output().unwrap()
}

#[test]
fn one_record_may_come_by_standard_input() {
    let folder = tempfile::tempdir().unwrap();
    let base = file(&folder, "base", b"{\"a\":1}");
    let files = [("--base", base.as_path()), ("--local", base.as_path())];
    let output = with_stdin(&folder, &["--remote", "-", "-o", "json"], &files, "{\"a\":2}");
    assert_eq!(output.status.code(), Some(0));
    let result: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(result["merged"]["a"], json!(2));
    let twice = with_stdin(&folder, &["--remote", "-", "--local", "-"], &files[..1], "{}");
    assert_eq!(twice.status.code(), Some(2));
}

#[test]
fn a_line_without_the_files_is_usage() {
    let folder = tempfile::tempdir().unwrap();
    let base = file(&folder, "base", b"{}");
    let lacking = with_stdin(&folder, &[], &[("--base", &base)], "");
    assert_eq!(lacking.status.code(), Some(2));
    let missing = folder.path().join("missing");
    let files = [
        ("--base", base.as_path()),
        ("--local", &base),
        ("--remote", &missing),
    ];
    let output = with_stdin(&folder, &["-o", "json"], &files, "");
    assert_eq!(output.status.code(), Some(2));
    assert!(stdout(&output).contains("--remote cannot be read"));
    let folder_as_file = [
        ("--base", base.as_path()),
        ("--local", &base),
        ("--remote", folder.path()),
    ];
    assert_eq!(
        with_stdin(&folder, &[], &folder_as_file, "").status.code(),
        Some(2)
    );
}

#[test]
fn people_get_text() {
    let folder = tempfile::tempdir().unwrap();
    let [one, two, three, none] = [
        ("1", "{\"a\":1}"),
        ("2", "{\"a\":2}"),
        ("3", "{\"a\":{\"b\":3}}"),
        ("0", NULL),
    ]
    .map(|(name, text)| file(&folder, name, text.as_bytes()));
    let text = |base: &Path, local: &Path, remote: &Path| {
        let files = [("--base", base), ("--local", local), ("--remote", remote)];
        stdout(&with_stdin(&folder, &[], &files, ""))
    };
    assert_eq!(text(&one, &two, &one), "{\n  \"a\": 2\n}\n");
    assert_eq!(text(&one, &none, &one), "The record is deleted.\n");
    assert_eq!(text(&none, &none, &none), "There is no record.\n");
    let conflict = text(&one, &two, &three);
    assert_eq!(
        conflict,
        "conflict\n\na\n  base     1\n  local    2\n  remote   {\"b\":3}\n"
    );
}
