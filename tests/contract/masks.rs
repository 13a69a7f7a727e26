//! Secrets that a process has met, wherever they stand (H29). Each case makes its own secrets: what is met once stays.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::subject::{Release, Subject};

/// Raw requests, as the mask has to be seen before the client makes anything of it.
struct Asker<'a> {
    subject: &'a Subject,
    token: String,
}

impl<'a> Asker<'a> {
    async fn new(subject: &'a Subject) -> Result<Self> {
        let token = subject.token().await?;
        Ok(Self { subject, token })
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (status, text) = self.subject.ask(method, path, &self.token, &body).await?;
        ensure!(status < 300, "{method} {path}: {status} {text}");
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    /// Writes a variable anew; what the answer shows of it.
    async fn write(&self, key: &str, text: &str) -> Result<String> {
        let path = format!("/api/v2/variables/{key}");
        let body = json!({"key": key, "value": text});
        let is_there = self.subject.raw(key).is_ok();
        let answer = if is_there {
            self.ask("PATCH", &path, &body).await?
        } else {
            self.ask("POST", "/api/v2/variables", &body).await?
        };
        Ok(answer["value"].as_str().context("a value")?.to_owned())
    }

    async fn read(&self, key: &str) -> Result<String> {
        let answer = self
            .ask("GET", &format!("/api/v2/variables/{key}"), &Value::Null)
            .await?;
        Ok(answer["value"].as_str().context("a value")?.to_owned())
    }

    async fn open(&self, id: &str, password: &str) -> Result<()> {
        let body = json!({"connection_id": id, "conn_type": "generic", "password": password});
        self.ask("POST", "/api/v2/connections", &body).await.map(drop)
    }

    /// Every text is written, stays as it was written, and is shown as told.
    async fn shows(&self, key: &str, table: &[(&str, &str)]) -> Result<()> {
        for (written, shown) in table {
            let answer = self.write(key, written).await?;
            let read = self.read(key).await?;
            ensure!(
                answer == *shown && read == *shown,
                "{written} is shown as {read} ({answer} by the write), not {shown}"
            );
            ensure!(
                self.subject.raw(key)? == *written,
                "{written}: the stored text is another"
            );
        }
        Ok(())
    }
}

/// A password is masked inside values from the moment that the connection is made, and after it is gone.
pub(crate) async fn a_password_is_masked_inside_other_values(subject: &Subject) -> Result<()> {
    let asker = Asker::new(subject).await?;
    asker
        .shows("inside", &[("pw=In-side-1 t=3", "pw=In-side-1 t=3")])
        .await?;
    asker.open("inside", "In-side-1").await?;
    let everywhere = [
        ("pw=In-side-1 t=3", "pw=*** t=3"),
        ("In-side-1In-side-1", "******"),
        ("in-side-1", "in-side-1"),
        ("{broken In-side-1", "{broken ***"),
        ("\"In-side-1\"", "\"***\""),
        (
            "{\"a\": \"x In-side-1\", \"n\": 5}",
            "{\"a\": \"x ***\", \"n\": 5}",
        ),
        ("{\"a\": \"\\u0049n-side-1\"}", "{\"a\": \"***\"}"),
        ("{\"In-side-1\": true}", "{\"In-side-1\": true}"),
        ("[\"In-side-1\"]", "[\"***\"]"),
    ];
    asker.shows("inside", &everywhere).await?;
    asker
        .ask("DELETE", "/api/v2/connections/inside", &Value::Null)
        .await?;
    asker.shows("inside", &everywhere[..2]).await
}

/// How deep a secret is looked for.
pub(crate) async fn deep_secrets_are_masked_by_the_release(subject: &Subject) -> Result<()> {
    let asker = Asker::new(subject).await?;
    asker.open("deep", "De-ep-1").await?;
    let nested =
        |depth: usize, text: &str| format!("{}\"{text}\"{}", "{\"a\": ".repeat(depth), "}".repeat(depth));
    let deepest = match subject.release() {
        Release::Current => 5,
        Release::Older => 1,
    };
    for depth in [0, 1, 2, 5, 6] {
        let shown = if depth <= deepest { "***" } else { "De-ep-1" };
        asker
            .shows("deep", &[(&nested(depth, "De-ep-1"), &nested(depth, shown))])
            .await?;
    }
    Ok(())
}

/// Numbers are never replaced, also where their digits are a known secret; text is.
pub(crate) async fn numbers_are_not_masked(subject: &Subject) -> Result<()> {
    let asker = Asker::new(subject).await?;
    asker.open("number", "58291378").await?;
    asker
        .shows(
            "number",
            &[
                ("58291378", "58291378"),
                ("{\"a\": 58291378}", "{\"a\": 58291378}"),
                ("id=58291378;", "id=***;"),
                ("{\"a\": \"58291378\"}", "{\"a\": \"***\"}"),
                ("\"58291378\"", "\"***\""),
            ],
        )
        .await
}

/// Shorter ones than five letters, and the product's own name, are no secrets; a password is masked as a URL spells it.
pub(crate) async fn which_secrets_are_looked_for(subject: &Subject) -> Result<()> {
    let asker = Asker::new(subject).await?;
    for (number, password) in ["qqqq", "Airflow", "q@q w/ö%"].iter().enumerate() {
        asker.open(&format!("which_{number}"), password).await?;
    }
    asker
        .shows(
            "which",
            &[
                ("x qqqq y", "x qqqq y"),
                ("x Airflow y", "x Airflow y"),
                ("u:q%40q%20w/%C3%B6%25@h", "u:***@h"),
                ("u:q%40q%20w%2F%C3%B6%25@h", "u:q%40q%20w%2F%C3%B6%25@h"),
                ("q@q w/ö%", "***"),
            ],
        )
        .await
}

/// The whole text of a sensitive variable is a secret; what is inside it is not one elsewhere.
pub(crate) async fn a_sensitive_variable_is_masked_elsewhere(subject: &Subject) -> Result<()> {
    let asker = Asker::new(subject).await?;
    asker.write("else_token", "El-se-1").await?;
    asker.write("else_secret", "{\"a\": \"El-se-2\"}").await?;
    asker
        .shows(
            "else",
            &[
                ("x El-se-1 y", "x *** y"),
                ("x El-se-2 y", "x El-se-2 y"),
                ("x {\"a\": \"El-se-2\"} y", "x *** y"),
            ],
        )
        .await?;
    // The changed text is met when the row is next read, and not by the write itself.
    asker.write("else", "x El-se-3 y").await?;
    asker.write("else_token", "El-se-3").await?;
    ensure!(asker.read("else").await? == "x El-se-3 y", "met by the write");
    asker.read("else_token").await?;
    ensure!(asker.read("else").await? == "x *** y", "not met by the read");
    Ok(())
}

/// A changed password is met when the connection is next read.
pub(crate) async fn a_changed_password_is_met_by_the_next_read(subject: &Subject) -> Result<()> {
    let asker = Asker::new(subject).await?;
    asker.open("changed", "Chan-ge-1").await?;
    let body = json!({"connection_id": "changed", "conn_type": "generic", "password": "Chan-ge-2"});
    asker.ask("PATCH", "/api/v2/connections/changed", &body).await?;
    asker.write("changed", "Chan-ge-1 Chan-ge-2").await?;
    ensure!(asker.read("changed").await? == "*** Chan-ge-2");
    asker
        .ask("GET", "/api/v2/connections/changed", &Value::Null)
        .await?;
    ensure!(asker.read("changed").await? == "*** ***");
    Ok(())
}

/// A listing reads all its rows before it shows the first one.
pub(crate) async fn a_listing_masks_what_it_meets_itself(subject: &Subject) -> Result<()> {
    let asker = Asker::new(subject).await?;
    asker.write("aaa_listing", "x Li-st-1 y").await?;
    // Bulk creates are not read back, so that nothing has met the secret yet.
    let create = json!({"actions": [{"action": "create", "action_on_existence": "overwrite",
        "entities": [{"key": "aab_secret", "value": "Li-st-1"}]}]});
    asker.ask("PATCH", "/api/v2/variables", &create).await?;
    ensure!(
        asker.read("aaa_listing").await? == "x Li-st-1 y",
        "met by the bulk write"
    );
    let path = "/api/v2/variables?order_by=key&limit=100";
    let listing = asker.ask("GET", path, &Value::Null).await?;
    let rows = listing["variables"].as_array().context("rows")?;
    let row = rows
        .iter()
        .find(|row| row["key"] == "aaa_listing")
        .context("the row")?;
    ensure!(row["value"] == "x *** y", "{row}");
    Ok(())
}

/// Keys and descriptions are never masked; a text's own asterisks look like a mask.
pub(crate) async fn keys_descriptions_and_asterisks_stay(subject: &Subject) -> Result<()> {
    let asker = Asker::new(subject).await?;
    asker.open("stay", "St-ay-1").await?;
    asker.shows("stay_St-ay-1", &[("a *** b", "a *** b")]).await?;
    let body = json!({"key": "stay", "value": "v", "description": "d St-ay-1"});
    let answer = asker.ask("POST", "/api/v2/variables", &body).await?;
    ensure!(answer["description"] == "d St-ay-1", "{answer}");
    Ok(())
}

/// What a sensitive name hides, by the key and inside JSON; a mask may stand for what was no text.
pub(crate) async fn sensitive_names_hide_by_the_release(subject: &Subject) -> Result<()> {
    let asker = Asker::new(subject).await?;
    let same = [
        ("names_secret", "plain", "***"),
        ("names_secret", "", "***"),
        ("names_secret", "12345678", "12345678"),
        ("names", "{\"password\": 58291379}", "{\"password\": 58291379}"),
        (
            "names",
            "{\"password\": \"x\", \"token\": null}",
            "{\"password\": \"***\", \"token\": null}",
        ),
    ];
    let differ = [
        (
            "names_password",
            "{\"a\": \"b\", \"n\": 1}",
            "{\"a\": \"***\", \"n\": 1}",
            "{\"a\": \"b\", \"n\": 1}",
        ),
        (
            "names",
            "{\"a\": {\"password\": \"x\"}}",
            "{\"a\": {\"password\": \"***\"}}",
            "{\"a\": {\"password\": \"x\"}}",
        ),
        (
            "names",
            "[{\"token\": \"x\"}]",
            "[{\"token\": \"***\"}]",
            "[{\"token\": \"x\"}]",
        ),
        (
            "names",
            "{\"password\": [\"a\", 2]}",
            "{\"password\": [\"***\", 2]}",
            "{\"password\": [\"***\", \"***\"]}",
        ),
        (
            "names",
            "{\"password\": {\"n\": 1, \"l\": [1]}}",
            "{\"password\": {\"n\": 1, \"l\": [1]}}",
            "{\"password\": {\"n\": \"***\", \"l\": \"***\"}}",
        ),
        (
            "names",
            "{\"api-key\": \"x\", \"dsn\": \"y\"}",
            "{\"api-key\": \"***\", \"dsn\": \"***\"}",
            "{\"api-key\": \"x\", \"dsn\": \"y\"}",
        ),
        (
            "names",
            "{\"webhook_url\": \"x\"}",
            "{\"webhook_url\": \"***\"}",
            "{\"webhook_url\": \"x\"}",
        ),
        (
            "names",
            "{\"password\": {\"a\": {\"b\": {\"c\": {\"d\": {\"e\": {\"f\": 1}}}}}}}",
            "{\"password\": {\"a\": {\"b\": {\"c\": {\"d\": {\"e\": \"***\"}}}}}}",
            "{\"password\": {\"a\": \"***\"}}",
        ),
    ];
    for (key, written, shown) in same {
        asker.shows(key, &[(written, shown)]).await?;
    }
    for (key, written, current, older) in differ {
        let shown = match subject.release() {
            Release::Current => current,
            Release::Older => older,
        };
        asker.shows(key, &[(written, shown)]).await?;
    }
    Ok(())
}

/// Where Python's stack ends, words stand in place of the value, with no asterisk in them.
pub(crate) async fn very_deep_json_is_shown_in_part(subject: &Subject) -> Result<()> {
    let asker = Asker::new(subject).await?;
    let text = format!("{}1{}", "[".repeat(600), "]".repeat(600));
    asker.write("very_deep", &text).await?;
    let shown = asker.read("very_deep").await?;
    let is_cut = shown.contains("<redaction-failed>");
    ensure!(is_cut == (subject.release() == Release::Current), "{shown}");
    Ok(())
}

/// The API servers of one Airflow have met different secrets.
pub(crate) async fn each_process_masks_what_it_has_met(subject: &Subject) -> Result<()> {
    let asker = Asker::new(subject).await?;
    asker.open("process", "Pro-cess-1").await?;
    asker.shows("process", &[("x Pro-cess-1 y", "x *** y")]).await?;
    let other = subject.another_process()?;
    let path = "/api/v2/variables/process";
    let seen = other.get(path, &asker.token).await?;
    ensure!(seen.contains("x Pro-cess-1 y"), "the other one: {seen}");
    other.get("/api/v2/connections/process", &asker.token).await?;
    let seen = other.get(path, &asker.token).await?;
    ensure!(
        seen.contains("x *** y"),
        "the other one, after it met the secret: {seen}"
    );
    ensure!(asker.read("process").await? == "x *** y");
    Ok(())
}
