//! What goes out together: writes sorted into pages, and into what has to go one by one.

use crate::apply::failing;
use crate::context::Context;
use crate::observe::read_set::MANY;
use leeward_merge::Op;
use leeward_model::{Fields, Value, secret_id};
use leeward_store::{RemoteMark, StoreError};
use std::collections::BTreeMap;

/// Of what is written in one request: gateways commonly refuse bodies over 1 MB.
const PAGE_BYTES_MAX: usize = 512 * 1024;
/// Digits in a row that any reader of JSON takes.
const DIGITS_MAX: usize = 4_000;
/// The same, of lists and objects in each other.
const NESTED_MAX: usize = 200;

/// From so many writes on it is worth to know where in the listing they stand.
const OFFSET_HINT_MIN_WRITES: usize = 50;

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
    context: &Context<'_>,
    writes: Vec<(String, Op)>,
) -> Result<(Vec<Page>, Vec<String>), StoreError> {
    let troubled = context.mirror.read(|ledger| failing::troubled(context, ledger))?;
    if context.is_unlisted() {
        // A page is looked at in the listing, before and after.
        return Ok((Vec::new(), writes.into_iter().map(|(key, _)| key).collect()));
    }
    let (many, mut single): (Vec<_>, Vec<_>) = writes
        .into_iter()
        .partition(|(key, op)| suits_a_page(context, key, op) && !troubled.contains(key));
    let page = if many.len() < MANY {
        None
    } else {
        page_of(context).await
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
    Ok((with_places(context, pages, page.unwrap_or_default())?, single))
}

/// Says of each page where its records stand in the listing by key. Airflow may sort otherwise; then they are looked for
/// by name.
fn with_places(
    context: &Context<'_>,
    pages: Vec<Vec<String>>,
    page_max: usize,
) -> Result<Vec<Page>, StoreError> {
    let mut places: BTreeMap<String, u64> = BTreeMap::new();
    if pages.iter().map(Vec::len).sum::<usize>() >= OFFSET_HINT_MIN_WRITES {
        let marks = context
            .mirror
            .read(|ledger| ledger.remote_marks(context.collection()))?;
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

/// How many records go into one request; `None` where they go one by one, or where that cannot be found out now.
async fn page_of(context: &Context<'_>) -> Option<usize> {
    match context.source().bulk_ability(context.airflow).await {
        Ok(ability) => ability.map(|ability| ability.page),
        Err(error) => {
            tracing::info!(what = %error, "written one by one");
            None
        }
    }
}

/// Deletes, and secrets on their way, go one by one; so does what Airflow could not find again, or could not show.
pub(crate) fn suits_a_page(context: &Context<'_>, key: &str, op: &Op) -> bool {
    let is_plain = |value: &Value| secret_id(value).is_none() && is_showable(value);
    let plain = |fields: &Fields| fields.values().all(is_plain);
    context.source().is_addressable(key)
        && matches!(op, Op::Create { fields } | Op::Update { fields, .. } if plain(fields))
}

/// Airflow shows what it writes alone, and where it cannot, it takes it back. A page it does not show: there such a value
/// would stay, and no listing could be read any more (H35). Python refuses integers of over 4,300 digits, and what is
/// nested about a thousand times.
fn is_showable(value: &Value) -> bool {
    let Value::String(text) = value else { return true };
    if text.len() <= NESTED_MAX {
        return true;
    }
    let (mut digits, mut nested) = (0, 0_usize);
    for byte in text.bytes() {
        digits = if byte.is_ascii_digit() { digits + 1 } else { 0 };
        match byte {
            b'[' | b'{' => nested += 1,
            b']' | b'}' => nested = nested.saturating_sub(1),
            _ => {}
        }
        if digits > DIGITS_MAX || nested > NESTED_MAX {
            return false;
        }
    }
    true
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
