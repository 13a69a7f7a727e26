//! Secrets that Airflow masks inside values survive everything that `leewardctl` does: each case reads Airflow's database
//! afterwards, since what the API shows of a masked value proves nothing. On both releases, which mask differently. And what
//! one that Airflow cannot decrypt holds up.

#![expect(clippy::print_stdout, reason = "the suite says how each case went")]

mod descriptions;
mod fixture;
mod known_before;
mod met_later;
mod undecryptable;

use anyhow::{Result, ensure};
use fixture::Fixture;
use harness::airflow_server::Release;

type Case = fn(&mut Fixture) -> Result<()>;

/// In order: what starts the server again comes last.
const CASES: &[(&str, Case)] = &[
    ("a text with a mask in it is sealed whole", known_before::text),
    ("JSON with a mask in it is sealed whole", known_before::json),
    ("a part of a sealed value is not merged", known_before::merge),
    ("a sealed value is replaced as a whole", known_before::replaced),
    ("a mask is no replacement", known_before::mask_typed),
    (
        "a text's own asterisks are not overwritten",
        known_before::own_asterisks,
    ),
    ("an edit waits when a part becomes secret", met_later::edited),
    ("a waiting edit is let go", met_later::let_go),
    ("a merge waits when a part becomes secret", met_later::merged),
    ("a value that becomes secret is no change", met_later::untouched),
    ("what reads back masked has arrived once", met_later::written),
    ("a put-back writes no mask", met_later::put_back),
    (
        "a description changes beside a sealed value",
        descriptions::sealed,
    ),
    (
        "a description beside a value where the mask of fields is dropped",
        descriptions::mask_dropped,
    ),
    (
        "a description beside a secret where the mask of fields is dropped",
        descriptions::mask_dropped_of_a_secret,
    ),
    (
        "a variable that cannot be decrypted holds up no edit",
        undecryptable::holds_up_no_edit,
    ),
    ("a mask that goes again is no change", met_later::forgotten),
];

#[test]
fn secrets_survive_in_airflow() -> Result<()> {
    survive(Release::Current)
}

#[test]
fn secrets_survive_in_an_older_airflow() -> Result<()> {
    survive(Release::Older)
}

fn survive(release: Release) -> Result<()> {
    let mut fixture = Fixture::start(release)?;
    let version = release.version();
    let mut failed = Vec::new();
    for (name, case) in CASES {
        match case(&mut fixture).and_then(|()| no_mask_is_stored(&fixture)) {
            Ok(()) => println!("{version}: ok      {name}"),
            Err(error) => {
                println!("{version}: FAILED  {name}: {error:#}");
                failed.push(*name);
            }
        }
    }
    println!("{version}: {} cases, {} failed", CASES.len(), failed.len());
    ensure!(failed.is_empty(), "{version}: {failed:?}");
    Ok(())
}

/// Only what a case itself wrote with asterisks may hold them.
fn no_mask_is_stored(fixture: &Fixture) -> Result<()> {
    for (key, stored) in fixture.server.raw_variables()? {
        ensure!(
            !stored.text.contains("***") || key.starts_with(fixture::OWN_ASTERISKS),
            "{key} holds a mask in Airflow's database: {}",
            stored.text
        );
    }
    Ok(())
}
