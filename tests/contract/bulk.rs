//! Many variables at once (H4, H5): what one request does, and what its answer does not say.

use anyhow::{Context, Result, ensure};
use leeward_airflow::{Airflow, BulkWrite, ErrorKind, Variable, VariablePatch};
use serde_json::{Value, json};

use crate::cases::{new_description, new_value, read, refused, variable};
use crate::subject::{Release, Subject};

async fn made(client: &dyn Airflow, variables: &[Variable]) -> Result<()> {
    for variable in variables {
        client.create_variable(variable).await?;
    }
    Ok(())
}

fn updates(updates: &[(&str, VariablePatch)]) -> BulkWrite {
    BulkWrite {
        creates: Vec::new(),
        updates: updates
            .iter()
            .map(|(key, patch)| ((*key).to_owned(), patch.clone()))
            .collect(),
    }
}

pub(crate) async fn the_description_of_the_api_says_that_bulk_updates_take_a_mask(
    subject: &Subject,
) -> Result<()> {
    let client = subject.client();
    let ability = client.bulk_ability().await?;
    ensure!(ability.masks && ability.page == 100, "{ability:?}");
    let before = client.requests_sent();
    client.bulk_ability().await?;
    ensure!(client.requests_sent() == before, "it is asked once");
    Ok(())
}

pub(crate) async fn chosen_variables_are_found_in_one_look(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let there = [
        "look_1",
        "look_10",
        "look_2_",
        "look_z",
        "look_ключ",
        "lOOk",
        "look é",
    ];
    let all: Vec<Variable> = there.iter().map(|key| variable(key, "v", None)).collect();
    made(client.as_ref(), &all).await?;
    client.bulk_ability().await?;
    let asked = [
        "look_1",
        "look_2_",
        "look_z",
        "look_ключ",
        "look é",
        "look_absent",
    ];
    let before = client.requests_sent();
    let mut found: Vec<String> = client
        .find_variables(&asked, None)
        .await?
        .into_iter()
        .map(|v| v.key)
        .collect();
    ensure!(client.requests_sent() == before + 1, "one request");
    found.sort();
    let mut expected = asked[..5].to_vec();
    expected.sort_unstable();
    ensure!(found == expected, "{found:?}");
    Ok(())
}

/// More than a page of them, among others that begin alike.
pub(crate) async fn a_look_goes_on_past_the_cap_of_a_page(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let keys: Vec<String> = (0..130).map(|number| format!("seen_{number}")).collect();
    let bulk = BulkWrite {
        creates: keys.iter().map(|key| variable(key, "v", None)).collect(),
        updates: Vec::new(),
    };
    ensure!(client.write_variables(&bulk).await?.without_errors);
    let asked: Vec<&str> = keys.iter().map(String::as_str).collect();
    ensure!(client.find_variables(&asked, None).await?.len() == 130);
    Ok(())
}

/// All that begin so, past the cap of a page, wildcards of SQL and of the server's own search among the signs; an older
/// release shows the others as well.
pub(crate) async fn a_scan_under_a_prefix_misses_none_of_it(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let crowd = (0..105).map(|number| format!("under.a_b%/{number}"));
    let others = [
        "under",
        "under.a",
        "under.axb%/1",
        "Under.a_b%/1",
        "x under.a_b%/1",
    ]
    .map(str::to_owned);
    let keys: Vec<String> = crowd.chain(others).collect();
    let all: Vec<Variable> = keys.iter().map(|key| variable(key, "v", None)).collect();
    made(client.as_ref(), &all).await?;
    for prefix in ["under.a_b%/", "under.", "under.a_b%/104", "a|under.a"] {
        let mut shown = Vec::new();
        let mut look = |page: &[Variable]| shown.extend(page.iter().map(|one| one.key.clone()));
        let found = client.scan_variables_under(prefix, &mut look).await?;
        for key in keys.iter().filter(|key| key.starts_with(prefix)) {
            ensure!(
                found.iter().any(|one| one.key == *key),
                "{prefix}: {key} is missing"
            );
            ensure!(shown.contains(key), "{prefix}: {key} was not shown");
        }
        let coarse = subject.release() == Release::Older || prefix.contains('|');
        let strange = found.iter().find(|one| one.key == "x under.a_b%/1");
        ensure!(coarse || strange.is_none(), "{prefix}: it is not searched for");
    }
    Ok(())
}

/// Where they stand is known from a listing; where it is wrong, they are found all the same, and it is asked no more.
pub(crate) async fn a_crowd_is_found_where_it_stands(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let crowd: Vec<_> = (10..70)
        .map(|number| variable(&format!("stand_{number}"), "v", None))
        .collect();
    made(client.as_ref(), &crowd).await?;
    client.bulk_ability().await?;
    let listing = client.list_variables().await?;
    let place = listing.iter().position(|there| there.key == "stand_10");
    let place = place.context("the first of them")? as u64;
    let asked: Vec<&str> = crowd.iter().map(|one| one.key.as_str()).collect();
    let find = async |near: u64| -> Result<(u64, usize)> {
        let before = client.requests_sent();
        let found = client.find_variables(&asked, Some(near)).await?;
        Ok((client.requests_sent() - before, found.len()))
    };
    for (near, expected) in [
        (place, (1, 60)),
        (place + 3, (2, 60)),
        (place + 50, (2, 60)),
        (place, (1, 60)),
    ] {
        let is = find(near).await?;
        ensure!(is == expected, "{near} of {place}: {is:?}");
    }
    Ok(())
}

pub(crate) async fn a_bulk_write_writes_what_each_mask_names(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let lossy = "{\"b\":  1.10,\n \"a\": \"é\"}";
    let there = [
        variable("mask_value", "1", Some("kept")),
        variable("mask_description", lossy, Some("old")),
        variable("mask_cleared", "1", Some("old")),
        variable("mask_both", "1", Some("old")),
    ];
    made(client.as_ref(), &there).await?;
    let both = VariablePatch {
        value: Some("2".to_owned()),
        description: Some(Some("new".to_owned())),
        ..VariablePatch::default()
    };
    let mut bulk = updates(&[
        ("mask_value", new_value("2")),
        ("mask_description", new_description(Some("new"))),
        ("mask_cleared", new_description(None)),
        ("mask_both", both),
    ]);
    bulk.creates.push(variable("mask_made", "1", Some("d")));
    ensure!(client.write_variables(&bulk).await?.without_errors);
    let mut shown = Vec::new();
    for key in [
        "mask_value",
        "mask_description",
        "mask_cleared",
        "mask_both",
        "mask_made",
    ] {
        let description = read(client.as_ref(), key).await?.description;
        shown.push((subject.raw(key)?, description));
    }
    let row = |raw: &str, description: Option<&str>| (raw.to_owned(), description.map(str::to_owned));
    let expected = [
        row("2", Some("kept")),
        row(lossy, Some("new")),
        row("1", None),
        row("2", Some("new")),
        row("1", Some("d")),
    ];
    ensure!(shown == expected, "{shown:?}");
    Ok(())
}

pub(crate) async fn one_taken_key_fails_all_creates_and_no_update(subject: &Subject) -> Result<()> {
    let client = subject.client();
    made(
        client.as_ref(),
        &[
            variable("taken_1", "theirs", Some("d")),
            variable("taken_2", "old", None),
        ],
    )
    .await?;
    let mut bulk = updates(&[("taken_2", new_value("new"))]);
    bulk.creates = vec![
        variable("taken_1", "mine", None),
        variable("taken_new", "mine", None),
    ];
    ensure!(!client.write_variables(&bulk).await?.without_errors);
    let theirs = read(client.as_ref(), "taken_1").await?;
    ensure!(theirs.value == "theirs" && theirs.description.as_deref() == Some("d"));
    ensure!(client.get_variable("taken_new").await?.is_none());
    ensure!(read(client.as_ref(), "taken_2").await?.value == "new");
    Ok(())
}

/// H5: the answer names no error, and does not say what was passed over.
pub(crate) async fn what_is_gone_is_passed_over_in_silence(subject: &Subject) -> Result<()> {
    let client = subject.client();
    made(client.as_ref(), &[variable("passed_1", "1", None)]).await?;
    let bulk = updates(&[("passed_1", new_value("2")), ("passed_gone", new_value("2"))]);
    ensure!(client.write_variables(&bulk).await?.without_errors);
    ensure!(read(client.as_ref(), "passed_1").await?.value == "2");
    ensure!(
        client.get_variable("passed_gone").await?.is_none(),
        "it is not made"
    );
    Ok(())
}

/// One entity that pydantic refuses: nothing at all is done.
pub(crate) async fn one_bad_entity_refuses_the_whole_request(subject: &Subject) -> Result<()> {
    let client = subject.client();
    made(client.as_ref(), &[variable("bad_1", "1", None)]).await?;
    let long = "x".repeat(251);
    let body = json!({"actions": [
        {"action": "update", "update_mask": ["value"], "entities": [{"key": "bad_1", "value": "2"}]},
        {"action": "create", "entities": [{"key": long, "value": "hunter2"}]},
    ]});
    let (status, _) = bulk(subject, &body).await?;
    ensure!(status == 422, "{status}");
    ensure!(read(client.as_ref(), "bad_1").await?.value == "1");
    let twice = updates(&[("bad_1", new_value("2")), ("bad_1", new_value("3"))]);
    let error = refused(client.write_variables(&twice).await)?;
    ensure!(matches!(error.kind(), ErrorKind::Rejected { .. }), "{error:?}");
    Ok(())
}

/// What the client does not use, so that the model is true where others use it.
pub(crate) async fn the_rest_of_bulk_is_as_it_was_seen(subject: &Subject) -> Result<()> {
    let client = subject.client();
    made(
        client.as_ref(),
        &[
            variable("rest_1", "1", Some("d")),
            variable("rest_2", "1", Some("d")),
        ],
    )
    .await?;
    let (status, account) = bulk(subject, &json!({"actions": []})).await?;
    ensure!(
        status == 200 && account == json!({"create": null, "update": null, "delete": null}),
        "{account}"
    );

    let over = json!({"actions": [{"action": "create", "action_on_existence": "overwrite",
        "entities": [{"key": "rest_1", "value": "a"}, {"key": "rest_1", "value": "b"}]}]});
    let (_, account) = bulk(subject, &over).await?;
    ensure!(
        account["create"] == json!({"success": ["rest_1", "rest_1"], "errors": []}),
        "{account}"
    );
    let now = read(client.as_ref(), "rest_1").await?;
    ensure!(
        now.value == "b" && now.description.is_none(),
        "the last wins, and the description is lost (H4)"
    );

    let fails = json!({"actions": [{"action": "create", "entities": [{"key": "rest_1", "value": "c"}]},
        {"action": "delete", "entities": ["rest_2"]}]});
    let (status, account) = bulk(subject, &fails).await?;
    let error =
        json!({"error": "The variables with these keys: {'rest_1'} already exist.", "status_code": 409});
    ensure!(
        status == 200 && account["create"]["errors"] == json!([error]),
        "{account}"
    );
    ensure!(
        account["delete"]["success"] == json!(["rest_2"]) && account["update"].is_null(),
        "{account}"
    );

    let rows_for_keys = match subject.release() {
        Release::Current => 500,
        Release::Older => 422,
    };
    for (action, expected) in [
        (
            json!({"action": "delete", "entities": [{"key": "rest_1", "value": "v"}]}),
            rows_for_keys,
        ),
        (json!({"entities": []}), 500),
    ] {
        let (status, _) = bulk(subject, &json!({"actions": [action]})).await?;
        ensure!(status == expected, "{status}");
    }
    Ok(())
}

async fn bulk(subject: &Subject, body: &Value) -> Result<(u16, Value)> {
    let token = subject.token().await?;
    let (status, text) = subject
        .ask("PATCH", "/api/v2/variables", &token, &body.to_string())
        .await?;
    let account = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok((status, account))
}

pub(crate) async fn the_server_tells_its_time(subject: &Subject) -> Result<()> {
    let client = subject.client();
    ensure!(client.server_clock().is_none());
    subject.let_it_tell_time();
    client.list_variables().await?;
    let told = client.server_clock().context("a time")?;
    let this_year: jiff::Timestamp = "2026-01-01T00:00:00Z".parse()?;
    ensure!(told > this_year, "{told}");
    Ok(())
}
