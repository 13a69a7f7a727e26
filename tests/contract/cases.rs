//! The cases. Each uses keys of its own, so that they do not depend on their order.

use std::pin::Pin;
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};
use leeward_airflow::{
    Airflow, AirflowError, ApiVersion, Credentials, DagRun, ErrorKind, EventLook, EventSubject, HealthStatus,
    MASK, RecordEvent, RecordEvents, Retry, RunState, Secret, TriggerOutcome, Variable, VariablePatch,
};
use serde_json::json;

use crate::PATIENCE;
use crate::beyond::an_integer_that_python_refuses_is_written_in_a_page_alone;
use crate::bulk::{
    a_bulk_write_writes_what_each_mask_names, a_crowd_is_found_where_it_stands,
    a_look_goes_on_past_the_cap_of_a_page, a_scan_under_a_prefix_misses_none_of_it,
    chosen_variables_are_found_in_one_look, one_bad_entity_refuses_the_whole_request,
    one_taken_key_fails_all_creates_and_no_update,
    the_description_of_the_api_says_that_bulk_updates_take_a_mask, the_rest_of_bulk_is_as_it_was_seen,
    the_server_tells_its_time, what_is_gone_is_passed_over_in_silence,
};
use crate::masks::{
    a_changed_password_is_met_by_the_next_read, a_listing_masks_what_it_meets_itself,
    a_password_is_masked_inside_other_values, a_sensitive_variable_is_masked_elsewhere,
    deep_secrets_are_masked_by_the_release, each_process_masks_what_it_has_met,
    keys_descriptions_and_asterisks_stay, numbers_are_not_masked, sensitive_names_hide_by_the_release,
    very_deep_json_is_shown_in_part, which_secrets_are_looked_for,
};
use crate::pools::{
    a_change_of_a_pool_wants_more_than_its_mask_names, a_change_writes_what_its_mask_names,
    a_line_break_ends_a_path, a_missing_pool_is_neither_changed_nor_deleted,
    a_pool_is_created_whole_and_once, a_pool_that_is_masked_in_the_event_log_is_not_named,
    a_viewer_reads_pools_and_changes_none, pool_names_of_every_shape_are_created_read_changed_and_deleted,
    pool_names_that_cannot_be_addressed_are_refused_before_sending, pools_are_listed_past_the_cap_of_a_page,
    the_default_pool_stays_but_for_its_slots, the_event_log_points_at_pools,
};
use crate::subject::{Release, Subject, password};

type Outcome<'a> = Pin<Box<dyn Future<Output = Result<()>> + 'a>>;
type Case = for<'a> fn(&'a Subject) -> Outcome<'a>;

macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        const ALL: &[(&str, Case)] = &[$((stringify!($name), |s| Box::pin($name(s)))),*];
    };
}

cases![
    a_probe_names_the_api_and_the_version,
    health_is_read_from_the_body,
    the_right_password_signs_in,
    a_wrong_password_needs_a_sign_in,
    a_wrong_token_needs_a_sign_in,
    a_good_token_works_without_a_password,
    a_listing_is_read_past_the_cap_of_a_page,
    keys_of_every_shape_are_created_read_changed_and_deleted,
    keys_that_cannot_be_addressed_are_refused_before_sending,
    a_path_that_is_not_there_is_not_a_missing_variable,
    json_is_read_back_as_python_writes_it,
    other_text_is_read_back_exactly,
    a_description_changes_without_the_value,
    a_value_changes_without_the_description,
    a_description_is_cleared,
    sensitive_values_are_masked,
    the_mask_is_never_written,
    a_password_is_masked_inside_other_values,
    deep_secrets_are_masked_by_the_release,
    numbers_are_not_masked,
    which_secrets_are_looked_for,
    a_sensitive_variable_is_masked_elsewhere,
    a_changed_password_is_met_by_the_next_read,
    a_listing_masks_what_it_meets_itself,
    keys_descriptions_and_asterisks_stay,
    sensitive_names_hide_by_the_release,
    very_deep_json_is_shown_in_part,
    each_process_masks_what_it_has_met,
    a_taken_key_is_not_created_again,
    a_deleted_variable_is_gone,
    a_missing_variable_is_neither_changed_nor_deleted,
    a_viewer_is_forbidden_variables,
    the_description_of_the_api_says_that_bulk_updates_take_a_mask,
    chosen_variables_are_found_in_one_look,
    a_scan_under_a_prefix_misses_none_of_it,
    a_look_goes_on_past_the_cap_of_a_page,
    a_crowd_is_found_where_it_stands,
    a_bulk_write_writes_what_each_mask_names,
    one_taken_key_fails_all_creates_and_no_update,
    what_is_gone_is_passed_over_in_silence,
    one_bad_entity_refuses_the_whole_request,
    the_server_tells_its_time,
    a_viewer_reads_pools_and_changes_none,
    pools_are_listed_past_the_cap_of_a_page,
    pool_names_of_every_shape_are_created_read_changed_and_deleted,
    pool_names_that_cannot_be_addressed_are_refused_before_sending,
    a_line_break_ends_a_path,
    a_pool_is_created_whole_and_once,
    a_change_writes_what_its_mask_names,
    a_change_of_a_pool_wants_more_than_its_mask_names,
    a_missing_pool_is_neither_changed_nor_deleted,
    the_default_pool_stays_but_for_its_slots,
    the_event_log_points_at_pools,
    a_pool_that_is_masked_in_the_event_log_is_not_named,
    dags_are_listed_and_read_with_params,
    a_run_id_starts_one_run,
    a_deleted_run_is_known_by_the_event_log,
    a_run_reaches_success,
    what_a_run_left_is_read,
    a_missing_dag_or_run_is_said_to_be_missing,
    a_refused_conf_is_not_quoted,
    a_refused_body_is_not_quoted,
    a_forged_token_is_renewed_once,
    a_dropped_token_is_renewed_once,
    the_event_log_names_its_newest_row,
    the_event_log_points_at_variables,
    a_key_that_is_masked_in_the_event_log_names_nothing,
    runs_that_changed_are_found_by_time,
    an_integer_that_python_refuses_is_written_in_a_page_alone,
    // Last: after an error of its own the real server drops the connection, and a request on it is lost.
    the_rest_of_bulk_is_as_it_was_seen,
];

/// Cases about bulk writes as the client makes them; an older release takes no mask in one, so that none is made there.
const BULK: &[&str] = &[
    "the_description_of_the_api_says_that_bulk_updates_take_a_mask",
    "chosen_variables_are_found_in_one_look",
    "a_look_goes_on_past_the_cap_of_a_page",
    "a_crowd_is_found_where_it_stands",
    "a_bulk_write_writes_what_each_mask_names",
    "one_taken_key_fails_all_creates_and_no_update",
    "what_is_gone_is_passed_over_in_silence",
];

/// The cases that hold for a release.
pub(crate) fn of(release: Release) -> impl Iterator<Item = &'static (&'static str, Case)> {
    let holds = move |name: &str| release == Release::Current || !BULK.contains(&name);
    ALL.iter().filter(move |(name, _)| holds(name))
}

pub(crate) fn variable(key: &str, value: &str, description: Option<&str>) -> Variable {
    let description = description.map(str::to_owned);
    Variable {
        key: key.to_owned(),
        value: value.to_owned(),
        description,
        is_encrypted: false,
    }
}

pub(crate) fn new_value(value: &str) -> VariablePatch {
    VariablePatch {
        value: Some(value.to_owned()),
        description: None,
        ..VariablePatch::default()
    }
}

pub(crate) fn new_description(description: Option<&str>) -> VariablePatch {
    VariablePatch {
        value: None,
        description: Some(description.map(str::to_owned)),
        ..VariablePatch::default()
    }
}

/// A change of the description as the engine asks for it: with the value as it was just read, where that can be shown.
async fn described(client: &dyn Airflow, key: &str, description: Option<&str>) -> Result<VariablePatch> {
    let mut patch = new_description(description);
    patch.value_as_read = Some(read(client, key).await?.value);
    Ok(patch)
}

pub(crate) async fn read(airflow: &dyn Airflow, key: &str) -> Result<Variable> {
    airflow
        .get_variable(key)
        .await?
        .with_context(|| format!("{key:?} is not there"))
}

/// The error of an outcome that must be one.
pub(crate) fn refused<T: std::fmt::Debug>(outcome: Result<T, AirflowError>) -> Result<AirflowError> {
    match outcome {
        Ok(value) => bail!("it was accepted: {value:?}"),
        Err(error) => Ok(error),
    }
}

fn is_sign_in_needed(error: &AirflowError) -> bool {
    matches!(error.kind(), ErrorKind::SignInNeeded { .. }) && error.retry() == Retry::SignIn
}

async fn a_probe_names_the_api_and_the_version(subject: &Subject) -> Result<()> {
    let info = subject.client_with(password("nobody", "nothing")).probe().await?;
    ensure!(
        info.api == ApiVersion::V2 && info.version == subject.release().version(),
        "{info:?}"
    );
    Ok(())
}

async fn health_is_read_from_the_body(subject: &Subject) -> Result<()> {
    let health = subject.client().health().await?;
    ensure!(
        health.runs_start() && health.dag_processor == HealthStatus::Healthy,
        "{health:?}"
    );
    ensure!(
        health.triggerer == HealthStatus::Absent && health.scheduler_heartbeat.is_some(),
        "{health:?}"
    );
    Ok(())
}

async fn the_right_password_signs_in(subject: &Subject) -> Result<()> {
    Ok(subject.client().sign_in().await?)
}

async fn a_wrong_password_needs_a_sign_in(subject: &Subject) -> Result<()> {
    let client = subject.client_with(password(subject.username(), "hunter2-wrong"));
    let error = refused(client.sign_in().await)?;
    ensure!(is_sign_in_needed(&error), "{error:?}");
    ensure!(
        !format!("{error} {error:?}").contains("hunter2"),
        "the password shows: {error}"
    );
    ensure!(is_sign_in_needed(&refused(client.list_variables().await)?));
    Ok(())
}

async fn a_wrong_token_needs_a_sign_in(subject: &Subject) -> Result<()> {
    let client = subject.client_with(Credentials::Token(Secret::new("not-a-token")));
    ensure!(is_sign_in_needed(&refused(client.sign_in().await)?));
    ensure!(is_sign_in_needed(&refused(client.get_variable("any").await)?));
    Ok(())
}

async fn a_good_token_works_without_a_password(subject: &Subject) -> Result<()> {
    let token = subject.token().await?;
    let wrapped = format!("\"Authorization: Bearer {}\n{}\"\r\n", &token[..8], &token[8..]);
    for pasted in [token, wrapped] {
        let client = subject.client_with(Credentials::Token(Secret::new(pasted)));
        client.sign_in().await?;
        client.list_variables().await?;
    }
    Ok(())
}

/// H8: the server gives 100 rows at most, whatever is asked for.
async fn a_listing_is_read_past_the_cap_of_a_page(subject: &Subject) -> Result<()> {
    let client = subject.client();
    for number in 0..250 {
        client
            .create_variable(&variable(&format!("many_{number:03}"), "v", None))
            .await?;
    }
    ensure!(
        client.variables_page(0, 1000).await?.items.len() == 100,
        "the page is not capped"
    );
    let all = client.list_variables().await?;
    let keys: Vec<&str> = all
        .iter()
        .map(|v| v.key.as_str())
        .filter(|k| k.starts_with("many_"))
        .collect();
    let expected: Vec<String> = (0..250).map(|number| format!("many_{number:03}")).collect();
    ensure!(keys == expected, "{} keys came back", keys.len());
    for key in expected {
        client.delete_variable(&key).await?;
    }
    Ok(())
}

/// H14.
async fn keys_of_every_shape_are_created_read_changed_and_deleted(subject: &Subject) -> Result<()> {
    let longest = "é".repeat(250);
    let keys = [
        "a/b",
        "/leading",
        "trailing/",
        "a//b",
        "%",
        "%2F",
        "a%2Fb",
        "a b",
        " ",
        "?query",
        "#part",
        "+",
        "a&b=c;d",
        "\\",
        "...",
        "../up",
        "😀",
        "ключ",
        "e\u{301}",
        "\u{2028}",
        "tab\t",
        "return\r",
        "\u{7f}",
        "~",
        "variables",
        &longest,
    ];
    let client = subject.client();
    for key in keys {
        round_trip(client.as_ref(), key)
            .await
            .with_context(|| format!("{key:?}"))?;
    }
    Ok(())
}

async fn round_trip(client: &dyn Airflow, key: &str) -> Result<()> {
    client
        .create_variable(&variable(key, "first text", Some("d")))
        .await?;
    let now = read(client, key).await?;
    ensure!(now.key == key && now.value == "first text" && now.description.as_deref() == Some("d"));
    client.patch_variable(key, &new_value("second text")).await?;
    ensure!(read(client, key).await?.value == "second text");
    ensure!(
        client.list_variables().await?.iter().any(|v| v.key == key),
        "it is not listed"
    );
    client.delete_variable(key).await?;
    ensure!(client.get_variable(key).await?.is_none(), "it is still there");
    Ok(())
}

async fn keys_that_cannot_be_addressed_are_refused_before_sending(subject: &Subject) -> Result<()> {
    let client = subject.client();
    for key in ["", ".", "..", "line\nbreak", "nul\0", &"x".repeat(251)] {
        for error in [
            refused(client.create_variable(&variable(key, "v", None)).await)?,
            refused(client.get_variable(key).await)?,
            refused(client.patch_variable(key, &new_value("v")).await)?,
            refused(client.delete_variable(key).await)?,
        ] {
            ensure!(
                matches!(error.kind(), ErrorKind::Unaddressable(_)),
                "{key:?}: {error:?}"
            );
            ensure!(
                !error.outcome_unknown() && error.retry() == Retry::Person,
                "{key:?}"
            );
        }
    }
    ensure!(client.requests_sent() == 0, "something was sent");
    Ok(())
}

/// The path's own 404, which a newline in a key brings about, must not be taken for a missing variable.
async fn a_path_that_is_not_there_is_not_a_missing_variable(subject: &Subject) -> Result<()> {
    let token = subject.token().await?;
    let (status, body) = subject.ask("GET", "/api/v2/variables/a%0Ab", &token, "").await?;
    ensure!(status == 404 && body.contains("Not Found"), "{status} {body}");
    let (status, body) = subject.ask("GET", "/api/v2/nothing", &token, "").await?;
    ensure!(
        status == 404 && body.contains("API route not found"),
        "{status} {body}"
    );
    ensure!(!body.contains("was not found"), "{body}");
    Ok(())
}

/// H2: what was written, and what the API shows of it.
const LOSSY: &[(&str, &str)] = &[
    ("1.10", "1.1"),
    ("3.10", "3.1"),
    ("1e400", "Infinity"),
    ("1e5", "100000.0"),
    ("1e16", "1e+16"),
    ("0.00001", "1e-05"),
    ("-0.0", "-0.0"),
    ("-0", "0"),
    ("NaN", "NaN"),
    (" 1 ", "1"),
    ("12345678901234567890123", "12345678901234567890123"),
    ("123456789.123456789123", "123456789.12345679"),
    ("{\"b\":  1,\"a\":2,\"b\":3}", "{\"b\": 3, \"a\": 2}"),
    ("\"é\"", "\"\\u00e9\""),
    ("\"\\ud83d\\ude00\"", "\"\\ud83d\\ude00\""),
    ("\"\\ud800\"", "\"\\ud800\""),
    ("\"\\u007f/\\/\"", "\"\\u007f//\""),
    ("[1,[],{},null,true]", "[1, [], {}, null, true]"),
    ("{\n  \"a\": 0.10\n}", "{\"a\": 0.1}"),
];

async fn json_is_read_back_as_python_writes_it(subject: &Subject) -> Result<()> {
    let client = subject.client();
    client.create_variable(&variable("lossy", "", None)).await?;
    for (written, shown) in LOSSY {
        let answer = client.patch_variable("lossy", &new_value(written)).await?;
        let read = read(client.as_ref(), "lossy").await?.value;
        ensure!(
            read == *shown && answer.value == *shown,
            "{written:?} reads {read:?}, not {shown:?}"
        );
    }
    let last = LOSSY.last().map_or("", |(written, _)| written);
    ensure!(subject.raw("lossy")? == last, "the stored text is another");
    Ok(client.delete_variable("lossy").await?)
}

async fn other_text_is_read_back_exactly(subject: &Subject) -> Result<()> {
    let client = subject.client();
    client.create_variable(&variable("exact", "", None)).await?;
    let long = "line\n".repeat(20_000);
    for text in [
        "",
        " ",
        "plain",
        "Umsatz – täglich 😀",
        "01",
        "1.",
        "+1",
        "[1,]",
        "'a'",
        "{a: 1}",
        "\"a\tb\"",
        "٣",
        "a\r\nb",
        &long,
    ] {
        client.patch_variable("exact", &new_value(text)).await?;
        let read = read(client.as_ref(), "exact").await?.value;
        ensure!(read == text, "{text:?} reads {read:?}");
    }
    Ok(client.delete_variable("exact").await?)
}

/// H4a: the value is wanted in the body, is only a placeholder, and is not written.
async fn a_description_changes_without_the_value(subject: &Subject) -> Result<()> {
    let client = subject.client();
    for raw in ["3.10", "{\"b\":  1}", "no json – é"] {
        client
            .create_variable(&variable("masked_write", raw, Some("old")))
            .await?;
        let patch = described(client.as_ref(), "masked_write", Some("new")).await?;
        client.patch_variable("masked_write", &patch).await?;
        ensure!(subject.raw("masked_write")? == raw, "the stored value changed");
        ensure!(
            read(client.as_ref(), "masked_write")
                .await?
                .description
                .as_deref()
                == Some("new")
        );
        client.delete_variable("masked_write").await?;
    }
    let token = subject.token().await?;
    client
        .create_variable(&variable("masked_write", "1", None))
        .await?;
    let path = "/api/v2/variables/masked_write?update_mask=description";
    let body = json!({"key": "masked_write", "description": "x"}).to_string();
    let (status, _) = subject.ask("PATCH", path, &token, &body).await?;
    ensure!(status == 422, "a body without value is accepted now: {status}");
    Ok(client.delete_variable("masked_write").await?)
}

async fn a_value_changes_without_the_description(subject: &Subject) -> Result<()> {
    let client = subject.client();
    client
        .create_variable(&variable("value_only", "a", Some("kept")))
        .await?;
    client.patch_variable("value_only", &new_value("1.10")).await?;
    ensure!(subject.raw("value_only")? == "1.10");
    ensure!(read(client.as_ref(), "value_only").await?.description.as_deref() == Some("kept"));
    Ok(client.delete_variable("value_only").await?)
}

/// `null` and `""` are distinct.
async fn a_description_is_cleared(subject: &Subject) -> Result<()> {
    let client = subject.client();
    client
        .create_variable(&variable("described", "a", Some("d")))
        .await?;
    let patch = described(client.as_ref(), "described", Some("")).await?;
    client.patch_variable("described", &patch).await?;
    ensure!(read(client.as_ref(), "described").await?.description.as_deref() == Some(""));
    let patch = described(client.as_ref(), "described", None).await?;
    client.patch_variable("described", &patch).await?;
    ensure!(read(client.as_ref(), "described").await?.description.is_none());
    Ok(client.delete_variable("described").await?)
}

/// H3: by the key, and inside JSON; also in the answer to the write itself.
async fn sensitive_values_are_masked(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let nested = r#"{"db": {"api_key": "k", "port": 1}, "tokens": ["a", 2, null]}"#;
    let shown = match subject.release() {
        Release::Current => r#"{"db": {"api_key": "***", "port": 1}, "tokens": ["***", 2, null]}"#,
        Release::Older => r#"{"db": {"api_key": "k", "port": 1}, "tokens": ["***", "***", "***"]}"#,
    };
    for (key, written, shown) in [
        ("sample_password", "hunter2", MASK),
        ("SAMPLE_Token", "", MASK),
        ("sample_password", "\"hunter2\"", "\"***\""),
        ("sample_password", "12", "12"),
        ("sample_nested", nested, shown),
    ] {
        let answer = client.create_variable(&variable(key, written, None)).await?;
        let read = read(client.as_ref(), key).await?.value;
        ensure!(answer.value == shown && read == shown, "{key}: {read}");
        ensure!(subject.raw(key)? == written, "{key}: the stored value is another");
        client.delete_variable(key).await?;
    }
    Ok(())
}

async fn the_mask_is_never_written(subject: &Subject) -> Result<()> {
    let client = subject.client();
    client
        .create_variable(&variable("kept_secret", "hunter2", None))
        .await?;
    let error = refused(client.patch_variable("kept_secret", &new_value(MASK)).await)?;
    ensure!(*error.kind() == ErrorKind::MaskRefused, "{error:?}");
    let outcome = client
        .patch_variable("kept_secret", &new_description(Some("d")))
        .await;
    match subject.release() {
        Release::Current => drop(outcome?),
        // It takes no mask of fields in a body, where none gets lost (H30).
        Release::Older => ensure!(*refused(outcome)?.kind() == ErrorKind::HiddenValueAtRisk),
    }
    ensure!(
        subject.raw("kept_secret")? == "hunter2",
        "the secret was destroyed"
    );
    Ok(client.delete_variable("kept_secret").await?)
}

/// H6, one after the other. Two at the same moment may both succeed; that is read back.
async fn a_taken_key_is_not_created_again(subject: &Subject) -> Result<()> {
    let client = subject.client();
    client
        .create_variable(&variable("taken", "mine", Some("d")))
        .await?;
    let error = refused(client.create_variable(&variable("taken", "other", None)).await)?;
    ensure!(
        *error.kind() == ErrorKind::AlreadyExists && !error.outcome_unknown(),
        "{error:?}"
    );
    let now = read(client.as_ref(), "taken").await?;
    ensure!(now.value == "mine" && now.description.as_deref() == Some("d"));
    Ok(client.delete_variable("taken").await?)
}

async fn a_deleted_variable_is_gone(subject: &Subject) -> Result<()> {
    let client = subject.client();
    client.create_variable(&variable("brief", "v", None)).await?;
    client.delete_variable("brief").await?;
    ensure!(client.get_variable("brief").await?.is_none());
    ensure!(client.list_variables().await?.iter().all(|v| v.key != "brief"));
    Ok(())
}

async fn a_missing_variable_is_neither_changed_nor_deleted(subject: &Subject) -> Result<()> {
    let client = subject.client();
    for error in [
        refused(client.delete_variable("not/there").await)?,
        refused(client.patch_variable("not/there", &new_value("v")).await)?,
        refused(
            client
                .patch_variable("not/there", &VariablePatch::default())
                .await,
        )?,
    ] {
        ensure!(
            *error.kind() == ErrorKind::NotFound && !error.outcome_unknown(),
            "{error:?}"
        );
    }
    ensure!(
        client.get_variable("not/there").await?.is_none(),
        "a change created it"
    );
    Ok(())
}

async fn a_viewer_is_forbidden_variables(subject: &Subject) -> Result<()> {
    let viewer = subject.viewer();
    viewer.sign_in().await?;
    for error in [
        refused(viewer.list_variables().await)?,
        refused(viewer.get_variable("any").await)?,
        refused(viewer.delete_variable("any").await)?,
    ] {
        ensure!(*error.kind() == ErrorKind::Forbidden, "{error:?}");
    }
    ensure!(!viewer.list_dags().await?.is_empty());
    Ok(())
}

async fn dags_are_listed_and_read_with_params(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let dags = client.list_dags().await?;
    let ids: Vec<&str> = dags.iter().map(|dag| dag.dag_id.as_str()).collect();
    ensure!(
        ids == ["customer_export", "daily_pricing", "slow_report"],
        "{ids:?}"
    );
    let dag = client.get_dag("daily_pricing").await?.context("the DAG")?;
    ensure!(
        dag.display_name == "Daily pricing" && !dag.is_paused && !dag.tags.is_empty(),
        "{dag:?}"
    );
    ensure!(
        dag.params["discount"]["schema"]["type"] == "number",
        "{}",
        dag.params
    );
    Ok(())
}

/// H11: the run id is what makes a trigger happen once.
async fn a_run_id_starts_one_run(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let before = client.list_dag_runs(Some("customer_export"), 500).await?.len();
    let conf = json!({"segment": "retail", "decimals": "1.10"});
    let trigger = || client.trigger_dag_run("customer_export", "leeward-once", &conf, Some("a note"));
    let TriggerOutcome::Triggered(run) = trigger().await? else {
        bail!("the first one clashed")
    };
    ensure!(run.run_id == "leeward-once" && run.conf == conf, "{run:?}");
    ensure!(
        run.triggering_user_name.as_deref() == Some(subject.username()),
        "{run:?}"
    );
    for _ in 0..3 {
        ensure!(trigger().await? == TriggerOutcome::AlreadyExists);
    }
    let runs = client.list_dag_runs(Some("customer_export"), 500).await?;
    ensure!(runs.len() == before + 1, "{} runs", runs.len());
    let run = client
        .get_dag_run("customer_export", "leeward-once")
        .await?
        .context("the run")?;
    ensure!(
        run.conf == conf && run.note.as_deref() == Some("a note"),
        "{run:?}"
    );
    Ok(())
}

/// A run that somebody deleted leaves a row that names it; a run that never was leaves none.
async fn a_deleted_run_is_known_by_the_event_log(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let (dag, gone, kept) = ("customer_export", "leeward-gone", "leeward-kept");
    for run in [gone, kept] {
        client.trigger_dag_run(dag, run, &json!({}), None).await?;
    }
    ensure!(client.run_deletion(dag, gone).await? == EventLook::Absent);
    wait_for_its_end(subject, dag, gone).await?;
    let token = subject.token().await?;
    let path = format!("/api/v2/dags/{dag}/dagRuns/{gone}");
    let (status, text) = subject.ask("DELETE", &path, &token, "").await?;
    ensure!(status == 204, "{status} {text}");
    ensure!(client.get_dag_run(dag, gone).await?.is_none());
    let EventLook::Row(row) = client.run_deletion(dag, gone).await? else {
        bail!("no row tells of it")
    };
    ensure!(row.event == "delete_dag_run", "{row:?}");
    for never in [(dag, kept), (dag, "leeward-never"), ("daily_pricing", gone)] {
        ensure!(
            client.run_deletion(never.0, never.1).await? == EventLook::Absent,
            "{never:?}"
        );
    }
    Ok(())
}

async fn a_run_reaches_success(subject: &Subject) -> Result<()> {
    let client = subject.client();
    client
        .trigger_dag_run("daily_pricing", "leeward-watched", &json!({"discount": 5}), None)
        .await?;
    let run = wait_for_its_end(subject, "daily_pricing", "leeward-watched").await?;
    ensure!(
        run.state == RunState::Success && run.end_date.is_some(),
        "{run:?}"
    );
    let newest = client.list_dag_runs(None, 1).await?;
    ensure!(
        newest.len() == 1 && newest[0].run_id == "leeward-watched",
        "{newest:?}"
    );
    Ok(())
}

/// The companion's outcomes and publications are texts that tasks left.
async fn what_a_run_left_is_read(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let (dag, run, task) = ("daily_pricing", "leeward-left", "price");
    client.trigger_dag_run(dag, run, &json!({}), None).await?;
    wait_for_its_end(subject, dag, run).await?;
    let last = client.last_success(dag).await?.context("a run that ended well")?;
    ensure!(last.run_id == run, "{last:?}");
    let pieces = [
        (
            "head",
            r#"{"sequence": 9007199254740993, "rate": "1.10", "é": "\"***\"", "text": "#,
        ),
        // By itself it would be JSON, too.
        ("more", r#""a, b""#),
        ("rest", "}"),
    ];
    let path = format!("/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries");
    for (key, value) in pieces {
        let body = json!({"key": key, "value": value, "map_index": -1}).to_string();
        let (status, told) = subject.ask("POST", &path, &subject.token().await?, &body).await?;
        ensure!(status == 201, "{status} {told}");
    }
    let left = client
        .xcom_object(dag, run, task, &pieces.map(|(key, _)| key))
        .await?;
    let whole: String = pieces.map(|(_, value)| value).concat();
    ensure!(left.as_deref() == Some(whole.as_str()), "{left:?}");
    for (run, keys) in [(run, ["head", "other"]), ("leeward-never", ["head", "more"])] {
        let left = client.xcom_object(dag, run, task, &keys).await?;
        ensure!(left.is_none(), "{run} {keys:?}");
    }
    let error = refused(client.last_success("no_such_dag").await)?;
    ensure!(*error.kind() == ErrorKind::NotFound, "{error:?}");
    Ok(())
}

async fn wait_for_its_end(subject: &Subject, dag_id: &str, run_id: &str) -> Result<DagRun> {
    let client = subject.client();
    let started = Instant::now();
    loop {
        let run = client.get_dag_run(dag_id, run_id).await?.context("the run")?;
        if run.state.is_final() {
            return Ok(run);
        }
        ensure!(started.elapsed() < PATIENCE, "still {:?}", run.state);
        subject.pass_time().await;
    }
}

async fn a_missing_dag_or_run_is_said_to_be_missing(subject: &Subject) -> Result<()> {
    let client = subject.client();
    ensure!(client.get_dag("no_such_dag").await?.is_none());
    ensure!(
        client
            .get_dag_run("daily_pricing", "no-such-run")
            .await?
            .is_none()
    );
    for error in [
        refused(
            client
                .trigger_dag_run("no_such_dag", "leeward-x", &json!({}), None)
                .await,
        )?,
        refused(client.list_dag_runs(Some("no_such_dag"), 10).await)?,
    ] {
        ensure!(*error.kind() == ErrorKind::NotFound, "{error:?}");
    }
    Ok(())
}

async fn a_refused_conf_is_not_quoted(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let conf = json!({"discount": "hunter2-secret"});
    let error = refused(
        client
            .trigger_dag_run("daily_pricing", "leeward-refused", &conf, None)
            .await,
    )?;
    ensure!(
        matches!(error.kind(), ErrorKind::Rejected { detail } if detail.contains("discount")),
        "{error:?}"
    );
    ensure!(
        !error.outcome_unknown() && !format!("{error} {error:?}").contains("hunter2"),
        "{error}"
    );
    ensure!(
        client
            .get_dag_run("daily_pricing", "leeward-refused")
            .await?
            .is_none()
    );
    Ok(())
}

/// H15: a 422 echoes what it refused.
async fn a_refused_body_is_not_quoted(subject: &Subject) -> Result<()> {
    let conf = json!(["hunter2-secret"]);
    let body = json!({"dag_run_id": "leeward-echo", "logical_date": null, "conf": conf}).to_string();
    let path = "/api/v2/dags/daily_pricing/dagRuns";
    let (status, text) = subject.ask("POST", path, &subject.token().await?, &body).await?;
    ensure!(
        status == 422 && text.contains("hunter2"),
        "the echo is gone: {status} {text}"
    );
    let outcome = subject
        .client()
        .trigger_dag_run("daily_pricing", "leeward-echo", &conf, None)
        .await;
    let error = refused(outcome)?;
    ensure!(
        matches!(error.kind(), ErrorKind::Rejected { detail } if detail.contains("conf")),
        "{error:?}"
    );
    ensure!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
    Ok(())
}

/// H23: the client signs in again, once, and the write happens once.
async fn a_forged_token_is_renewed_once(subject: &Subject) -> Result<()> {
    let (client, spoiler) = subject.client_with_spoiler();
    client.sign_in().await?;
    let before = client.requests_sent();
    spoiler.forge_next();
    client.create_variable(&variable("renewed", "v", None)).await?;
    let sent = client.requests_sent() - before;
    ensure!(
        sent == 3,
        "refused, signed in, sent again are 3 requests, not {sent}"
    );
    Ok(client.delete_variable("renewed").await?)
}

async fn a_dropped_token_is_renewed_once(subject: &Subject) -> Result<()> {
    let (client, spoiler) = subject.client_with_spoiler();
    client.sign_in().await?;
    spoiler.drop_next();
    let outcome = client
        .trigger_dag_run("customer_export", "leeward-401", &json!({}), None)
        .await?;
    ensure!(matches!(outcome, TriggerOutcome::Triggered(_)), "{outcome:?}");
    Ok(())
}

async fn the_event_log_names_its_newest_row(subject: &Subject) -> Result<()> {
    let client = subject.client();
    client.create_variable(&variable("logged", "v", None)).await?;
    let EventLook::Row(row) = client.event_log_tail().await? else {
        bail!("no row")
    };
    ensure!(
        row.event == "post_variable" && row.owner.as_deref() == Some(subject.username()),
        "{row:?}"
    );
    ensure!(client.event_log_row(row.id).await? == EventLook::Row(row));
    ensure!(client.event_log_row(99_999_999).await? == EventLook::Absent);
    Ok(client.delete_variable("logged").await?)
}

/// H9: rows name the key, come before the operation, and in the current release are there for one that failed too.
async fn the_event_log_points_at_variables(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let start = newest_event(client.as_ref()).await?.row;
    client.create_variable(&variable("hint/1", "v", None)).await?;
    let patch = VariablePatch {
        value: Some("w".to_owned()),
        description: None,
        ..VariablePatch::default()
    };
    client.patch_variable("hint/1", &patch).await?;
    client.delete_variable("hint/1").await?;
    ensure!(client.delete_variable("hint/1").await.is_err(), "it was gone");
    let RecordEvents::Rows(page) = client.record_events(Some(start.when), 0).await? else {
        bail!("the log may be read")
    };
    let told: Vec<_> = page
        .items
        .iter()
        .map(|event| (event.row.event.as_str(), &event.about))
        .collect();
    let about = EventSubject::Keys(vec!["hint/1".to_owned()]);
    let mut routes = vec!["post_variable", "patch_variable", "delete_variable"];
    if subject.release() == Release::Current {
        routes.push("delete_variable");
    }
    let expected: Vec<_> = routes.iter().map(|route| (*route, &about)).collect();
    ensure!(told == expected, "{told:?}");
    ensure!(
        page.total == routes.len() as u64
            && page
                .items
                .iter()
                .all(|e| e.row.owner.as_deref() == Some(subject.username()))
    );
    ensure!(
        Some(&newest_event(client.as_ref()).await?) == page.items.last(),
        "the newest is the last"
    );
    Ok(())
}

/// H39: a secret that is met is masked in the path of a request, and so in the row of a delete.
async fn a_key_that_is_masked_in_the_event_log_names_nothing(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let keys = ["rows_password", "in-sheet-anchor"];
    for key in keys {
        client
            .create_variable(&variable(key, "sheet-anchor", None))
            .await?;
        read(client.as_ref(), key).await?;
    }
    client.delete_variable("in-sheet-anchor").await?;
    let event = newest_event(client.as_ref()).await?;
    ensure!(
        event.row.event == "delete_variable" && event.about == EventSubject::Unnamed,
        "{event:?}"
    );
    client.delete_variable("rows_password").await?;
    let event = newest_event(client.as_ref()).await?;
    ensure!(
        event.about == EventSubject::Keys(vec!["rows_password".to_owned()]),
        "{event:?}"
    );
    Ok(())
}

async fn newest_event(client: &dyn Airflow) -> Result<RecordEvent> {
    match client.record_events(None, 0).await? {
        RecordEvents::Rows(page) => page.items.into_iter().next().context("no row"),
        RecordEvents::Unreadable => bail!("the log may be read"),
    }
}

async fn runs_that_changed_are_found_by_time(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let conf = json!({});
    client
        .trigger_dag_run("customer_export", "leeward-changed", &conf, None)
        .await?;
    let run = client.get_dag_run("customer_export", "leeward-changed").await?;
    let queued = run.and_then(|run| run.queued_at).context("it was queued")?;
    let changed = client.dag_runs_changed(queued).await?;
    ensure!(
        changed.iter().any(|run| run.run_id == "leeward-changed"),
        "{changed:?}"
    );
    let later = queued + jiff::SignedDuration::from_hours(1);
    ensure!(client.dag_runs_changed(later).await?.is_empty());
    Ok(())
}
