//! Typed collections whose records are Variables, shared by two desktops with no installation.

use anyhow::{Context, Result, ensure};
use harness::ctl::{Answer, Ctl};
use serde_json::{Value, json};

use crate::fixture::{Fixture, same};

/// The data model of a collection in a file of its own; `more` replaces members.
fn model(name: &str, fields: &str, extra: &str) -> String {
    format!(
        r#"{{"title": "Rates", "type": "object", "properties": {{
            "currency": {{"type": "string", "pattern": "^[A-Z]{{3}}$"}},
            "day": {{"type": "string", "format": "date"}}, {fields},
            "lots": {{"type": "integer", "default": 1}}}},
           "required": ["currency", "day"],
           "x-leeward": {{"collection": "{name}", "key": ["currency", "day"], {extra}}}}}"#
    )
}

const RATE: &str = r#""rate": {"type": "string", "format": "decimal", "x-leeward": {"scale": 6}},
    "source": {"enum": ["ECB", "treasury"]}"#;

const EUR: &str = r#"["EUR","2026-11-01"]"#;

fn first(name: &str) -> String {
    model(name, RATE, r#""version": 1, "merge": [["rate", "source"]]"#)
}

fn create(ctl: &Ctl, name: &str) -> Result<Answer> {
    ctl.run_with(
        &[
            "collection",
            "create",
            name,
            "--model",
            "-",
            "--binding",
            "variables",
        ],
        &first(name),
    )
}

fn change(ctl: &Ctl, name: &str, model: &str, more: &[&str]) -> Result<Answer> {
    let mut line = vec!["collection", "change", name, "--model", "-"];
    line.extend(more);
    ctl.run_with(&line, model)
}

fn set(ctl: &Ctl, name: &str, key: &str, fields: &[&str]) -> Result<Answer> {
    let mut line = vec!["records", "set", name, key];
    for field in fields {
        line.extend(["--field", field]);
    }
    ctl.run(&line)
}

fn get(ctl: &Ctl, name: &str, key: &str) -> Result<Value> {
    Ok(ctl.run(&["records", "get", name, key])?.exits(0)?.json)
}

fn list(ctl: &Ctl, name: &str) -> Result<Value> {
    let all = ctl.run(&["collection", "list"])?.exits(0)?.json;
    let all = all.as_array().context("no list")?;
    let found = all.iter().find(|one| one["name"] == name);
    Ok(found.cloned().unwrap_or_default())
}

/// Made on one desktop, found by another; edits of different fields meet, and a change of the model reaches the other.
pub(crate) fn shared(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    create(&ctl, "fx")?.exits(0)?;
    set(&ctl, "fx", EUR, &["rate=1.0850", "lots=9007199254740993"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(
        &fixture.raw(&format!("fx.{EUR}"))?,
        r#"{"currency": "EUR", "day": "2026-11-01", "rate": "1.085", "lots": 9007199254740993}"#,
    )?;
    let other = fixture.synced()?;
    let found = list(&other, "fx")?;
    same(&found["prefix"], "fx.")?;
    same(
        &(&found["binding"], &found["records"]),
        &(&json!("variables"), &json!(1)),
    )?;
    same(&found["model"]["x-leeward"]["version"], &json!(1))?;
    let fields = json!({"currency": "EUR", "day": "2026-11-01", "rate": "1.085", "lots": "9007199254740993"});
    same(&get(&other, "fx", EUR)?["fields"], &fields)?;
    merged(fixture, &ctl, &other)?;
    renamed(fixture, &ctl, &other)
}

/// Different fields merge; a rate and its source are one thing, and two changes of it are a question.
fn merged(fixture: &Fixture, ctl: &Ctl, other: &Ctl) -> Result<()> {
    set(ctl, "fx", EUR, &["rate=2"])?.exits(0)?;
    set(other, "fx", EUR, &["lots=7"])?.exits(0)?;
    other.sync()?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(
        &fixture.raw(&format!("fx.{EUR}"))?,
        r#"{"currency": "EUR", "day": "2026-11-01", "rate": "2", "lots": 7}"#,
    )?;
    set(ctl, "fx", EUR, &["rate=3"])?.exits(0)?;
    set(other, "fx", EUR, &["source=ECB"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    other.sync()?.exits(3)?;
    same(&get(other, "fx", EUR)?["state"], "conflict")?;
    let line = [
        "conflicts",
        "resolve",
        "fx",
        EUR,
        "--field",
        "rate=3",
        "--field",
        "source=treasury",
    ];
    other.run(&line)?.exits(0)?;
    other.sync()?.exits(0)?;
    ctl.sync()?.exits(0)?;
    let fields = &get(ctl, "fx", EUR)?["fields"];
    same(
        &(&fields["rate"], &fields["source"]),
        &(&json!("3"), &json!("treasury")),
    )
}

/// The next version reaches the other desktop, and what waits there goes out under the new name.
fn renamed(fixture: &Fixture, ctl: &Ctl, other: &Ctl) -> Result<()> {
    let next = model(
        "fx",
        &RATE.replace("\"rate\"", "\"value\""),
        r#""version": 2, "merge": [["value", "source"]], "changes": [{"version": 2, "rename": "rate", "to": "value"}]"#,
    );
    let said = change(ctl, "fx", &next, &["--dry-run"])?.exits(0)?.json;
    same(&(&said["records"], &said["changed"]), &(&json!(1), &json!(1)))?;
    same(&list(ctl, "fx")?["model"]["x-leeward"]["version"], &json!(1))?;
    change(ctl, "fx", &next, &[])?.exits(0)?;
    set(other, "fx", EUR, &["rate=4"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&get(ctl, "fx", EUR)?["fields"]["value"], &json!("3"))?;
    other.sync()?.exits(0)?;
    same(&list(other, "fx")?["model"]["x-leeward"]["version"], &json!(2))?;
    let record = get(other, "fx", EUR)?;
    same(
        &(&record["state"], &record["fields"]["value"]),
        &(&json!("clean"), &json!("4")),
    )?;
    same(
        &fixture.raw(&format!("fx.{EUR}"))?,
        r#"{"currency": "EUR", "day": "2026-11-01", "value": "4", "source": "treasury", "lots": 7}"#,
    )?;
    ctl.sync()?.exits(0)?;
    same(&get(ctl, "fx", EUR)?["fields"]["value"], &json!("4"))
}

/// Variables that were there before become records; an edit of one that waited goes out as what it was meant to be.
pub(crate) fn claimed(fixture: &mut Fixture) -> Result<()> {
    let text = r#"{"currency": "EUR", "day": "2026-11-01", "lots": 2}"#;
    fixture.other.set_variable(&format!("held.{EUR}"), text, None)?;
    fixture.other.set_variable("held.odd", "no record", None)?;
    let ctl = fixture.synced()?;
    ctl.set(
        &format!("held.{EUR}"),
        r#"{"currency": "EUR", "day": "2026-11-01", "lots": 3}"#,
    )?
    .exits(0)?;
    create(&ctl, "held")?.exits(0)?;
    ctl.run(&["records", "get", "variables", "held.odd"])?.exits(1)?;
    ctl.set("held.odd", "mine")?.exits(1)?;
    ctl.sync()?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&get(&ctl, "held", EUR)?["fields"]["lots"], &json!("3"))?;
    ctl.run(&["records", "get", "variables", &format!("held.{EUR}")])?
        .exits(1)?;
    set(&ctl, "held", "odd", &["lots=1"])?.exits(2)?;
    ctl.run(&["collection", "remove", "held"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&list(&ctl, "held")?, &Value::Null)?;
    same(&ctl.get("held.odd")?["fields"]["value"], "no record")?;
    ensure!(
        fixture.server.raw_variable("held.$model")?.is_none(),
        "the data model is there"
    );
    Ok(())
}

/// A model that another spoilt stops the collection, with what waits in it; the right one lets it go on.
pub(crate) fn unusable_model(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    create(&ctl, "kept")?.exits(0)?;
    set(&ctl, "kept", EUR, &["rate=1"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    let good = fixture.raw("kept.$model")?;
    for bad in [
        "{}",
        "no JSON",
        &good.replace("\"version\": 1", "\"version\": 9, \"later\": 1"),
    ] {
        fixture.other.set_variable("kept.$model", bad, None)?;
        ctl.sync()?;
        let trouble = list(&ctl, "kept")?["trouble"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        ensure!(trouble.contains("kept.$model"), "nothing is said of {bad}");
        for command in ["sync", "status"] {
            let told = ctl.command().arg(command).output()?;
            let said = String::from_utf8_lossy(&told.stderr).into_owned();
            ensure!(
                said.contains("kept stands still") && said.contains("kept.$model"),
                "{command}: {said}"
            );
        }
        same(&get(&ctl, "kept", EUR)?["fields"]["rate"], &json!("1"))?;
        set(&ctl, "kept", EUR, &["rate=2"])?.exits(1)?;
    }
    fixture.other.set_variable("kept.$model", &good, None)?;
    ctl.sync()?.exits(0)?;
    same(&list(&ctl, "kept")?.get("trouble"), &None)?;
    set(&ctl, "kept", EUR, &["rate=2"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    fixture.other.delete_variable("kept.$model")?;
    set(&ctl, "kept", EUR, &["rate=3"])?.exits(0)?;
    ctl.sync()?;
    let record = get(&ctl, "kept", EUR)?;
    same(
        &(&record["state"], &record["fields"]["rate"]),
        &(&json!("pending"), &json!("3")),
    )?;
    fixture.other.set_variable("kept.$model", &good, None)?;
    ctl.sync()?.exits(0)?;
    same(&get(&ctl, "kept", EUR)?["state"], "clean")
}

/// Two clean edits of two desktops break a rule together: the second one is not sent, and an edit settles it.
pub(crate) fn violations(fixture: &mut Fixture) -> Result<()> {
    const USD: &str = r#"["USD","2026-11-01"]"#;
    let ctl = fixture.synced()?;
    let text = model("paired", RATE, r#""version": 1, "unique": [["rate"]]"#);
    let line = [
        "collection",
        "create",
        "paired",
        "--model",
        "-",
        "--binding",
        "variables",
    ];
    ctl.run_with(&line, &text)?.exits(0)?;
    set(&ctl, "paired", EUR, &["rate=1"])?.exits(0)?;
    set(&ctl, "paired", USD, &["rate=2"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    let other = fixture.synced()?;
    same(&other.run(&["violations", "list"])?.exits(0)?.json, &json!([]))?;
    set(&ctl, "paired", EUR, &["rate=3"])?.exits(0)?;
    set(&other, "paired", USD, &["rate=3"])?.exits(0)?;
    ctl.sync()?.exits(0)?;
    same(&other.sync()?.exits(3)?.json["violations"], &json!(1))?;
    let broken = json!([{
        "collection": "paired", "rule": "unique", "keys": [EUR, USD], "fields": ["rate"],
        "why": "These records have the same rate. No two may.",
    }]);
    same(&other.run(&["violations", "list"])?.exits(0)?.json, &broken)?;
    for key in [EUR, USD] {
        same(&get(&other, "paired", key)?["state"], "violation")?;
    }
    let status = other.run(&["status"])?.exits(0)?.json;
    same(
        &(&status["violations"], &status["pending"]),
        &(&json!(1), &json!(0)),
    )?;
    let there = || fixture.raw(&format!("paired.{USD}"));
    ensure!(there()?.contains(r#""rate": "2""#), "it was sent: {}", there()?);
    set(&other, "paired", USD, &["rate=4"])?.exits(0)?;
    other.sync()?.exits(0)?;
    ensure!(
        there()?.contains(r#""rate": "4""#),
        "it was not sent: {}",
        there()?
    );
    same(&other.run(&["violations", "list"])?.exits(0)?.json, &json!([]))
}

/// What only the mirror finds to be a secret is refused at once, too, and nothing of it is kept.
pub(crate) fn secret_in_json(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let settings = model("limits", r#""settings": {"type": "object"}"#, r#""version": 1"#);
    let line = [
        "collection",
        "create",
        "limits",
        "--model",
        "-",
        "--binding",
        "variables",
    ];
    ctl.run_with(&line, &settings)?.exits(0)?;
    let secret = r#"settings={"password": "hunter2-very-long-secret"}"#;
    let said = set(&ctl, "limits", EUR, &[secret])?.exits(1)?;
    same(&said.json["error"]["code"], "rejected")?;
    let all = ctl.run(&["records", "list", "limits"])?.exits(0)?.json;
    same(&all, &json!([]))?;
    same(&ctl.run(&["status"])?.exits(0)?.json["rejected"], &json!(0))?;
    set(&ctl, "limits", EUR, &[r#"settings={"most": 3}"#])?.exits(0)?;
    ctl.run(&["collection", "remove", "limits"]).map(drop)
}

/// What cannot be is refused at once, and nothing of it is kept.
pub(crate) fn refused(fixture: &mut Fixture) -> Result<()> {
    let ctl = fixture.synced()?;
    let secret = first("odd").replace("\"source\"", "\"password\"");
    let line = [
        "collection",
        "create",
        "odd",
        "--model",
        "-",
        "--binding",
        "variables",
    ];
    let said = ctl.run_with(&line, &secret)?.exits(2)?;
    let what = said.json["error"]["what"].as_str().unwrap_or_default().to_owned();
    ensure!(what.contains("/properties/password"), "{what}");
    let with_prefix = |prefix| {
        let more = [line.as_slice(), &["--prefix", prefix]].concat();
        ctl.run_with(&more, &first("odd"))
    };
    for prefix in ["", "fx.more.", "my_secret."] {
        ensure!(with_prefix(prefix)?.code != 0, "{prefix} is taken");
    }
    create(&ctl, "odd")?.exits(0)?;
    create(&ctl, "odd")?.exits(1)?;
    for fields in [
        ["rate=1.1234567"],
        ["rate=1E5"],
        ["lots=1.5"],
        ["source=x"],
        ["currency=USD"],
    ] {
        set(&ctl, "odd", EUR, &fields)?.exits(2)?;
    }
    for key in [
        "EUR",
        r#"["EUR", "2026-11-01"]"#,
        r#"["EUR","2026-02-30"]"#,
        "$model",
    ] {
        set(&ctl, "odd", key, &["lots=1"])?.exits(2)?;
    }
    let numbers = [
        "records",
        "set",
        "odd",
        EUR,
        "--value",
        r#"{"rate": 1.50, "lots": 3}"#,
    ];
    ctl.run(&numbers)?.exits(0)?;
    let fields = &get(&ctl, "odd", EUR)?["fields"];
    same(&(&fields["rate"], &fields["lots"]), &(&json!("1.5"), &json!("3")))?;
    let dropped = model("odd", RATE, r#""version": 3"#);
    change(&ctl, "odd", &dropped, &[])?.exits(2)?;
    ctl.run(&["collection", "remove", "odd"])?.exits(1)?;
    ctl.run(&["records", "take-back", "odd", EUR])?.exits(0)?;
    ctl.run(&["collection", "remove", "odd"])?.exits(0)?;
    Ok(())
}
