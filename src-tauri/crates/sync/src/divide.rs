//! What goes out together: writes sorted into pages, and into what has to go one by one.

use crate::cycle::Cycle;
use crate::sight::MANY;
use leeward_airflow::check_key;
use leeward_merge::Op;
use leeward_model::{Fields, VARIABLES, secret_id};
use leeward_store::{RemoteMark, StoreError};
use std::collections::{BTreeMap, BTreeSet};

/// Of what is written in one request: gateways commonly refuse bodies over 1 MB.
const PAGE_BYTES_MAX: usize = 512 * 1024;
/// A server that failed so often on a page may fail on one of its records: they go one by one. Once is the server's own
/// trouble, such as a database that was locked for a moment.
const FAILED_OFTEN: u32 = 2;

/// From so many writes on it is worth to know where in the listing they stand.
const CROWD: usize = 50;

/// What is to be written in one request.
#[derive(Debug)]
pub(crate) struct Page {
    /// In order.
    pub(crate) keys: Vec<String>,
    /// Where in Airflow's listing they stand, if they stand together.
    pub(crate) near: Option<u64>,
}

/// Sorts what is to be written into pages, and into what has to go one by one.
pub(crate) async fn divide(
    cycle: &Cycle<'_>,
    writes: Vec<(String, Op)>,
) -> Result<(Vec<Page>, Vec<String>), StoreError> {
    let troubled = troubled(cycle);
    let (many, mut single): (Vec<_>, Vec<_>) = writes
        .into_iter()
        .partition(|(key, op)| suits_a_page(key, op) && !troubled.contains(key));
    let page = if many.len() < MANY {
        None
    } else {
        page_of(cycle).await
    };
    let mut pages = match page {
        Some(page) => pages(&many, page),
        None => many.into_iter().map(|(key, _)| vec![key]).collect(),
    };
    let rest: Vec<Vec<String>> = pages.extract_if(.., |page| page.len() < MANY).collect();
    let mut single: Vec<String> = single
        .drain(..)
        .map(|(key, _)| key)
        .chain(rest.concat())
        .collect();
    single.sort();
    Ok((with_places(cycle, pages, page.unwrap_or_default())?, single))
}

/// Says of each page where its records stand in the listing by key. Airflow may sort otherwise; then they are looked for
/// by name.
fn with_places(cycle: &Cycle<'_>, pages: Vec<Vec<String>>, page_max: usize) -> Result<Vec<Page>, StoreError> {
    let mut places: BTreeMap<String, u64> = BTreeMap::new();
    if pages.iter().map(Vec::len).sum::<usize>() >= CROWD {
        let marks = cycle.engine.read(|ledger| ledger.remote_marks(VARIABLES))?;
        let listed = marks
            .into_iter()
            .filter(|(_, mark)| matches!(mark, RemoteMark::Present(_)));
        places.extend(listed.zip(0..).map(|((key, _), place)| (key, place)));
    }
    let near = |keys: &[String]| {
        let places: Option<Vec<u64>> = keys.iter().map(|key| places.get(key).copied()).collect();
        let places = places?;
        let (first, last) = (places.iter().min()?, places.iter().max()?);
        let fits = usize::try_from(last - first).is_ok_and(|span| span < page_max);
        fits.then_some(*first)
    };
    let page = |keys: Vec<String>| Page {
        near: near(&keys),
        keys,
    };
    Ok(pages.into_iter().map(page).collect())
}

/// Records of pages on which the server failed again and again: one of them may be why, and must not hold up the
/// others.
fn troubled(cycle: &Cycle<'_>) -> BTreeSet<String> {
    let memory = cycle.engine.memory();
    let often = memory
        .failed_in_page
        .iter()
        .filter(|(_, times)| **times >= FAILED_OFTEN);
    often.map(|(key, _)| key.clone()).collect()
}

/// How many records go into one request; `None` where bulk updates would overwrite more than was asked for (H28), or
/// where that cannot be found out now.
async fn page_of(cycle: &Cycle<'_>) -> Option<usize> {
    match cycle.engine.airflow.bulk_ability().await {
        Ok(ability) => ability.masks.then_some(ability.page),
        Err(error) => {
            tracing::info!(what = %error, "written one by one");
            None
        }
    }
}

/// Deletes, and secrets on their way, go one by one; so does what Airflow could not find again.
pub(crate) fn suits_a_page(key: &str, op: &Op) -> bool {
    let plain = |fields: &Fields| fields.values().all(|value| secret_id(value).is_none());
    check_key(key).is_ok() && matches!(op, Op::Create { fields } | Op::Update { fields, .. } if plain(fields))
}

fn pages(writes: &[(String, Op)], page_max: usize) -> Vec<Vec<String>> {
    let mut pages: Vec<Vec<String>> = Vec::new();
    let mut bytes = 0;
    for (key, op) in writes {
        let more = key.len() + bytes_of(op);
        if pages
            .last()
            .is_none_or(|page| page.len() >= page_max || bytes + more > PAGE_BYTES_MAX)
        {
            pages.push(Vec::new());
            bytes = 0;
        }
        bytes += more;
        if let Some(page) = pages.last_mut() {
            page.push(key.clone());
        }
    }
    pages
}

fn bytes_of(op: &Op) -> usize {
    match op {
        Op::Create { fields } | Op::Update { fields, .. } => {
            fields.values().map(|value| value.to_string().len()).sum()
        }
        _ => 0,
    }
}
