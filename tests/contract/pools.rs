//! Pools: names, masks, the default pool, and their rows in the event log (H14, H37, H38, H39).

use anyhow::{Context, Result, bail, ensure};
use leeward_airflow::{
    Airflow, AirflowError, ErrorKind, EventSubject, Pool, PoolPatch, RecordEvent, RecordEvents, Retry,
};
use serde_json::json;

use crate::cases::{refused, variable};
use crate::subject::{Release, Subject};

const DEFAULT: &str = "default_pool";

fn pool(name: &str, slots: i64) -> Pool {
    Pool {
        name: name.to_owned(),
        slots,
        description: None,
        include_deferred: false,
    }
}

fn new_slots(slots: i64) -> PoolPatch {
    PoolPatch {
        slots: Some(slots),
        ..PoolPatch::default()
    }
}

fn new_description(description: Option<&str>) -> PoolPatch {
    PoolPatch {
        description: Some(description.map(str::to_owned)),
        ..PoolPatch::default()
    }
}

async fn read(airflow: &dyn Airflow, name: &str) -> Result<Pool> {
    let pool = airflow.get_pool(name).await?;
    pool.with_context(|| format!("{name:?} is not there"))
}

fn is_rejected(error: &AirflowError, word: &str) -> Result<()> {
    let says = matches!(error.kind(), ErrorKind::Rejected { detail } if detail.contains(word));
    ensure!(says && !error.outcome_unknown(), "{word}: {error:?}");
    Ok(())
}

pub(crate) async fn a_viewer_reads_pools_and_changes_none(subject: &Subject) -> Result<()> {
    let viewer = subject.viewer();
    ensure!(!viewer.list_pools().await?.is_empty());
    read(viewer.as_ref(), DEFAULT).await?;
    for error in [
        refused(viewer.create_pool(&pool("viewed", 1)).await)?,
        refused(viewer.patch_pool(DEFAULT, &new_slots(1)).await)?,
        refused(viewer.delete_pool("viewed").await)?,
    ] {
        ensure!(*error.kind() == ErrorKind::Forbidden, "{error:?}");
    }
    Ok(())
}

/// H8.
pub(crate) async fn pools_are_listed_past_the_cap_of_a_page(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let names: Vec<String> = (0..130).map(|number| format!("many_{number:03}")).collect();
    for name in &names {
        client.create_pool(&pool(name, 1)).await?;
    }
    let mut pages = Vec::new();
    let all = client.scan_pools(&mut |page| pages.push(page.len())).await?;
    ensure!(pages.first() == Some(&100) && pages.len() == 2, "{pages:?}");
    let listed = all.iter().filter(|pool| pool.name.starts_with("many_"));
    ensure!(
        listed.map(|pool| &pool.name).eq(&names),
        "{} came back",
        all.len()
    );
    ensure!(all.iter().any(|pool| pool.name == DEFAULT));
    for name in &names {
        client.delete_pool(name).await?;
    }
    Ok(())
}

/// H14.
pub(crate) async fn pool_names_of_every_shape_are_created_read_changed_and_deleted(
    subject: &Subject,
) -> Result<()> {
    let longest = "é".repeat(256);
    let names = [
        "a/b",
        "/leading",
        "trailing/",
        "a//b",
        "a/../b",
        "../up",
        "...",
        "%",
        "%2F",
        "a%2Fb",
        "a b",
        " ",
        " lead",
        "trail ",
        "?query",
        "#part",
        "+",
        "a&b=c;d",
        "\\",
        "a'b\"c",
        "😀",
        "ключ",
        "e\u{301}",
        "\u{2028}",
        "tab\t",
        "return\r",
        "\u{7f}",
        "~",
        "pools",
        "Default_pool",
        &longest,
    ];
    let client = subject.client();
    for name in names {
        round_trip(client.as_ref(), name)
            .await
            .with_context(|| format!("{name:?}"))?;
    }
    Ok(())
}

async fn round_trip(client: &dyn Airflow, name: &str) -> Result<()> {
    let mut expected = pool(name, 3);
    ensure!(client.create_pool(&expected).await? == expected);
    ensure!(read(client, name).await? == expected);
    expected.slots = 4;
    ensure!(client.patch_pool(name, &new_slots(4)).await? == expected);
    ensure!(client.list_pools().await?.contains(&expected), "it is not listed");
    client.delete_pool(name).await?;
    ensure!(client.get_pool(name).await?.is_none(), "it is still there");
    Ok(())
}

pub(crate) async fn pool_names_that_cannot_be_addressed_are_refused_before_sending(
    subject: &Subject,
) -> Result<()> {
    let client = subject.client();
    for name in ["", ".", "..", "line\nbreak", "end\n", "nul\0", &"x".repeat(257)] {
        for error in [
            refused(client.create_pool(&pool(name, 1)).await)?,
            refused(client.get_pool(name).await)?,
            refused(client.patch_pool(name, &new_slots(1)).await)?,
            refused(client.delete_pool(name).await)?,
        ] {
            let is_told = matches!(error.kind(), ErrorKind::Unaddressable(_));
            ensure!(is_told && error.retry() == Retry::Person, "{name:?}: {error:?}");
        }
    }
    ensure!(client.requests_sent() == 0, "something was sent");
    Ok(())
}

/// Why they are refused: one in the middle is created and never found again, one at the end reaches another pool.
pub(crate) async fn a_line_break_ends_a_path(subject: &Subject) -> Result<()> {
    let (client, token) = (subject.client(), subject.token().await?);
    client.create_pool(&pool("cut", 7)).await?;
    let body = json!({"name": "cut\nhere", "slots": 1}).to_string();
    let (status, text) = subject.ask("POST", "/api/v2/pools", &token, &body).await?;
    ensure!(status == 201, "{status} {text}");
    let (status, text) = subject.ask("GET", "/api/v2/pools/cut%0Ahere", &token, "").await?;
    ensure!(
        status == 404 && text.contains("Not Found") && !text.contains("was not found"),
        "{status} {text}"
    );
    let (status, text) = subject.ask("GET", "/api/v2/pools/cut%0A", &token, "").await?;
    ensure!(status == 200 && text.contains("\"slots\":7"), "{status} {text}");
    let (status, _) = subject.ask("DELETE", "/api/v2/pools/cut%0A", &token, "").await?;
    ensure!(status == 204 && client.get_pool("cut").await?.is_none());
    delete_in_bulk(subject, "cut\nhere").await
}

async fn delete_in_bulk(subject: &Subject, name: &str) -> Result<()> {
    let body = json!({"actions": [{"action": "delete", "entities": [name]}]}).to_string();
    let token = subject.token().await?;
    let (status, text) = subject.ask("PATCH", "/api/v2/pools", &token, &body).await?;
    ensure!(status == 200 && text.contains("\"errors\":[]"), "{status} {text}");
    Ok(())
}

/// Unlike Variables (H6), a name that is taken is refused by the database.
pub(crate) async fn a_pool_is_created_whole_and_once(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let mut whole = pool("created", -1);
    whole.include_deferred = true;
    for description in [None, Some(""), Some("d")] {
        whole.description = description.map(str::to_owned);
        client.create_pool(&whole).await?;
        ensure!(read(client.as_ref(), "created").await? == whole);
        let error = refused(client.create_pool(&pool("created", 5)).await)?;
        ensure!(
            *error.kind() == ErrorKind::AlreadyExists && !error.outcome_unknown(),
            "{error:?}"
        );
        ensure!(read(client.as_ref(), "created").await? == whole, "it was written");
        client.delete_pool("created").await?;
    }
    is_rejected(&refused(client.create_pool(&pool("created", -2)).await)?, "slots")?;
    ensure!(client.get_pool("created").await?.is_none());
    Ok(())
}

/// What a change does to the pool.
type Does = fn(&mut Pool);

/// What the mask leaves out is in the body, and is not written.
pub(crate) async fn a_change_writes_what_its_mask_names(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let mut now = pool("changed", 5);
    now.description = Some("d".to_owned());
    client.create_pool(&now).await?;
    // As it was read long ago: what of it is written is seen.
    let mut stale = pool("changed", 50);
    stale.include_deferred = true;
    let deferred = PoolPatch {
        include_deferred: Some(true),
        ..PoolPatch::default()
    };
    let set: [(PoolPatch, Does); 6] = [
        (new_slots(-1), |pool| pool.slots = -1),
        (new_slots(0), |pool| pool.slots = 0),
        (new_description(Some("e")), |pool| {
            pool.description = Some("e".to_owned());
        }),
        (new_description(Some("")), |pool| {
            pool.description = Some(String::new());
        }),
        (new_description(None), |pool| pool.description = None),
        (deferred, |pool| pool.include_deferred = true),
    ];
    for (mut patch, change) in set {
        patch.as_read = Some(stale.clone());
        change(&mut now);
        let before = client.requests_sent();
        ensure!(client.patch_pool("changed", &patch).await? == now, "{patch:?}");
        ensure!(client.requests_sent() == before + 1, "it was read first");
        ensure!(read(client.as_ref(), "changed").await? == now, "{patch:?}");
    }
    now.slots = 9;
    ensure!(client.patch_pool("changed", &new_slots(9)).await? == now);
    ensure!(client.patch_pool("changed", &PoolPatch::default()).await? == now);
    is_rejected(
        &refused(client.patch_pool("changed", &new_slots(-2)).await)?,
        "slots",
    )?;
    ensure!(read(client.as_ref(), "changed").await? == now);
    Ok(client.delete_pool("changed").await?)
}

/// H37, H30.
pub(crate) async fn a_change_of_a_pool_wants_more_than_its_mask_names(subject: &Subject) -> Result<()> {
    let (client, token) = (subject.client(), subject.token().await?);
    client.create_pool(&pool("wants", 5)).await?;
    let whole = json!({"pool": "wants", "slots": 6, "include_deferred": true});
    let short = match subject.release() {
        Release::Current => 422,
        Release::Older => 200,
    };
    for (query, body, expected, slots) in [
        ("?update_mask=slots", json!({"slots": 6}), short, None),
        (
            "?update_mask=slots",
            json!({"pool": "wants", "slots": 6}),
            short,
            None,
        ),
        ("", json!({"slots": 6}), 422, Some(5)),
        ("?update_mask=nope", whole.clone(), 200, Some(5)),
        ("?update_mask=slots,include_deferred", whole.clone(), 200, Some(5)),
        (
            "?update_mask=slots",
            json!({"pool": "other", "slots": 6, "include_deferred": true}),
            400,
            Some(5),
        ),
        (
            "?update_mask=slots",
            json!({"name": "wants", "slots": 6, "include_deferred": true}),
            200,
            Some(6),
        ),
        ("", whole, 200, Some(6)),
    ] {
        client.patch_pool("wants", &new_slots(5)).await?;
        let path = format!("/api/v2/pools/wants{query}");
        let (status, text) = subject.ask("PATCH", &path, &token, &body.to_string()).await?;
        ensure!(status == expected, "{query} {body}: {status} {text}");
        let now = read(client.as_ref(), "wants").await?.slots;
        ensure!(slots.is_none_or(|slots| slots == now), "{query} {body}: {now}");
    }
    ensure!(
        read(client.as_ref(), "wants").await?.include_deferred,
        "without a mask all is written"
    );
    Ok(client.delete_pool("wants").await?)
}

pub(crate) async fn a_missing_pool_is_neither_changed_nor_deleted(subject: &Subject) -> Result<()> {
    let client = subject.client();
    let mut with_read = new_slots(1);
    with_read.as_read = Some(pool("not/there", 2));
    for error in [
        refused(client.delete_pool("not/there").await)?,
        refused(client.patch_pool("not/there", &new_slots(1)).await)?,
        refused(client.patch_pool("not/there", &with_read).await)?,
        refused(client.patch_pool("not/there", &PoolPatch::default()).await)?,
    ] {
        ensure!(
            *error.kind() == ErrorKind::NotFound && !error.outcome_unknown(),
            "{error:?}"
        );
    }
    ensure!(
        client.get_pool("not/there").await?.is_none(),
        "a change created it"
    );
    Ok(())
}

/// H38: one pool is Airflow's own, but not in a bulk request.
pub(crate) async fn the_default_pool_stays_but_for_its_slots(subject: &Subject) -> Result<()> {
    let (client, token) = (subject.client(), subject.token().await?);
    let first = read(client.as_ref(), DEFAULT).await?;
    let mut now = first.clone();
    (now.slots, now.include_deferred) = (16, true);
    let patch = PoolPatch {
        slots: Some(16),
        include_deferred: Some(true),
        ..PoolPatch::default()
    };
    ensure!(client.patch_pool(DEFAULT, &patch).await? == now);
    now.slots = 17;
    ensure!(client.patch_pool(DEFAULT, &new_slots(17)).await? == now);
    for patch in [
        new_description(Some("mine")),
        PoolPatch {
            slots: Some(18),
            ..new_description(None)
        },
    ] {
        is_rejected(
            &refused(client.patch_pool(DEFAULT, &patch).await)?,
            "Default Pool",
        )?;
    }
    is_rejected(
        &refused(client.patch_pool(DEFAULT, &new_slots(-2)).await)?,
        "slots",
    )?;
    let body = json!({"pool": DEFAULT, "slots": 19, "include_deferred": false}).to_string();
    let path = "/api/v2/pools/default_pool";
    let (status, text) = subject.ask("PATCH", path, &token, &body).await?;
    ensure!(status == 400, "without a mask: {status} {text}");
    is_rejected(&refused(client.delete_pool(DEFAULT).await)?, "can't be deleted")?;
    let error = refused(client.create_pool(&first).await)?;
    ensure!(*error.kind() == ErrorKind::AlreadyExists, "{error:?}");
    ensure!(read(client.as_ref(), DEFAULT).await? == now);
    delete_in_bulk(subject, DEFAULT).await?;
    ensure!(client.get_pool(DEFAULT).await?.is_none(), "bulk spares it now");
    ensure!(client.create_pool(&first).await? == first);
    Ok(())
}

async fn events_after(client: &dyn Airflow, event: Option<&RecordEvent>) -> Result<Vec<RecordEvent>> {
    match client.record_events(event.map(|event| event.row.when), 0).await? {
        RecordEvents::Rows(page) => Ok(page.items),
        RecordEvents::Unreadable => bail!("the log may be read"),
    }
}

/// H9: as for Variables, and in the same request. One that pydantic refused has a row on every release.
pub(crate) async fn the_event_log_points_at_pools(subject: &Subject) -> Result<()> {
    let client = subject.client();
    client.create_pool(&pool("hint/1", 1)).await?;
    let start = events_after(client.as_ref(), None).await?;
    ensure!(
        start[0].about == EventSubject::Pools(vec!["hint/1".to_owned()]),
        "{start:?}"
    );
    refused(client.create_pool(&pool("hint/2", -2)).await)?;
    refused(client.create_pool(&pool("hint/1", 1)).await)?;
    client.patch_pool("hint/1", &new_slots(2)).await?;
    delete_in_bulk(subject, "hint/1").await?;
    refused(client.delete_pool("hint/1").await)?;
    refused(client.delete_pool(DEFAULT).await)?;
    client.create_variable(&variable("hint", "v", None)).await?;
    client.delete_variable("hint").await?;
    let rows = events_after(client.as_ref(), start.first()).await?;
    let told: Vec<_> = rows
        .iter()
        .map(|event| (event.row.event.as_str(), &event.about))
        .collect();
    let pools = |name: &str| EventSubject::Pools(vec![name.to_owned()]);
    let key = EventSubject::Keys(vec!["hint".to_owned()]);
    let all = [
        ("post_pool", pools("hint/2"), true),
        ("post_pool", pools("hint/1"), false),
        ("patch_pool", pools("hint/1"), true),
        ("bulk_pools", pools("hint/1"), true),
        ("delete_pool", pools("hint/1"), false),
        ("delete_pool", pools(DEFAULT), false),
        ("post_variable", key.clone(), true),
        ("delete_variable", key, true),
    ];
    let is_kept = |kept: bool| kept || subject.release() == Release::Current;
    let expected: Vec<_> = all
        .iter()
        .filter(|(_, _, kept)| is_kept(*kept))
        .map(|(event, about, _)| (*event, about))
        .collect();
    ensure!(told == expected, "{told:?}");
    ensure!(
        rows.iter()
            .all(|event| event.row.owner.as_deref() == Some(subject.username()))
    );
    Ok(())
}

/// H39: all of a row about a pool is masked. The pool itself is shown as it is.
pub(crate) async fn a_pool_that_is_masked_in_the_event_log_is_not_named(subject: &Subject) -> Result<()> {
    let client = subject.client();
    client
        .create_variable(&variable("pools_password", "kedge-anchor", None))
        .await?;
    ensure!(client.get_variable("pools_password").await?.is_some());
    let mut expected = pool("in-kedge-anchor", 1);
    expected.description = Some("kedge-anchor".to_owned());
    ensure!(client.create_pool(&expected).await? == expected);
    ensure!(read(client.as_ref(), "in-kedge-anchor").await? == expected);
    client.patch_pool("in-kedge-anchor", &new_slots(2)).await?;
    client.delete_pool("in-kedge-anchor").await?;
    let newest = events_after(client.as_ref(), None).await?;
    ensure!(newest[0].row.event == "delete_pool", "{newest:?}");
    ensure!(newest[0].about == EventSubject::UnnamedPools, "{newest:?}");
    Ok(client.delete_variable("pools_password").await?)
}
