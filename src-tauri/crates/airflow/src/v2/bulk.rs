//! Many variables at once: reading chosen ones in one request, and PATCH of the collection (H4, H5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;

use http::Method;
use serde_json::{Value, json};

use super::variable_body::{body_of, check, listed, mask_of, refuse_mask};
use super::{Client, PAGE_LIMIT, spec, wire};
use crate::error::{AirflowError, Call, ErrorKind};
use crate::types::{BulkAbility, BulkOutcome, BulkWrite, Variable, VariablePatch};

const WRITE: Call = Call::write("change the variables");
/// Of the filter in an address, encoded: gateways commonly take lines of 8,192 bytes.
const FILTER_BYTES_MAX: usize = 6_000;
/// `|` in an address.
const SEPARATOR_BYTES: usize = 3;
/// Airflow's own cap of a page unless it was configured (H8): assumed until a longer page came.
const PAGE_USUAL: usize = 100;

pub(super) async fn ability(client: &Client) -> Result<BulkAbility, AirflowError> {
    let abilities = spec::abilities(client).await?;
    let longest = client.longest_page.load(Ordering::Relaxed);
    let limit = usize::try_from(PAGE_LIMIT).unwrap_or(PAGE_USUAL);
    Ok(BulkAbility {
        masks: abilities.bulk_masks,
        page: longest.clamp(PAGE_USUAL, limit),
    })
}

/// By the page at their place; what that does not show by `variable_key_prefix_pattern=a|b|c`, which finds more than was
/// asked for, never less (3.3.2).
pub(super) async fn find(
    client: &Client,
    keys: &[&str],
    near: Option<u64>,
) -> Result<Vec<Variable>, AirflowError> {
    let mut missing: BTreeSet<&str> = keys.iter().copied().collect();
    let mut found = match near {
        Some(place) if !client.places_differ.load(Ordering::Relaxed) => {
            find_at(client, &mut missing, place).await?
        }
        _ => Vec::new(),
    };
    if missing.is_empty() || !spec::abilities(client).await?.key_prefixes {
        return Ok(found);
    }
    let searchable: Vec<&str> = missing.into_iter().filter(|key| is_searchable(key)).collect();
    for filter in filters(&searchable) {
        found.extend(find_by(client, &filter).await?);
    }
    Ok(found)
}

/// One page of the listing. A place moves a little when others create or delete; a page that shows less than half of
/// what was sought there tells of a server that sorts otherwise, and no other is asked for.
async fn find_at(
    client: &Client,
    missing: &mut BTreeSet<&str>,
    place: u64,
) -> Result<Vec<Variable>, AirflowError> {
    let sought = missing.len();
    let (offset, limit) = (place.to_string(), PAGE_LIMIT.to_string());
    let query = [("order_by", "key"), ("offset", &offset), ("limit", &limit)];
    let page = listed(client, &query).await?;
    let shown = page.items.into_iter();
    let found: Vec<Variable> = shown
        .filter(|variable| missing.remove(variable.key.as_str()))
        .collect();
    if found.len() * 2 < sought {
        client.places_differ.store(true, Ordering::Relaxed);
    }
    Ok(found)
}

/// Airflow splits the filter at `|`, trims the parts and drops what is no letter or digit at their ends: a key that
/// would not survive that has to be asked for by name.
pub(super) fn is_searchable(key: &str) -> bool {
    !key.contains('|') && key.trim_start() == key && key.chars().any(char::is_alphanumeric)
}

/// The keys in as many filters as fit into an address.
fn filters<'k>(keys: &[&'k str]) -> Vec<Vec<&'k str>> {
    let mut filters: Vec<Vec<&str>> = Vec::new();
    let mut bytes = FILTER_BYTES_MAX;
    for key in keys {
        let more = encoded_len(key) + SEPARATOR_BYTES;
        if bytes + more > FILTER_BYTES_MAX {
            filters.push(Vec::new());
            bytes = 0;
        }
        bytes += more;
        if let Some(last) = filters.last_mut() {
            last.push(key);
        }
    }
    filters
}

/// How long the text is in an address.
fn encoded_len(text: &str) -> usize {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~".contains(byte);
    text.bytes().map(|byte| if plain(&byte) { 1 } else { 3 }).sum()
}

/// Pages on while that takes fewer requests than asking for the missing keys one by one; with as many pages as keys it
/// ends, whatever total a server claims.
async fn find_by(client: &Client, keys: &[&str]) -> Result<Vec<Variable>, AirflowError> {
    let mut missing: BTreeSet<&str> = keys.iter().copied().collect();
    let (pattern, limit) = (keys.join("|"), PAGE_LIMIT.to_string());
    let (mut found, mut seen) = (Vec::new(), 0_usize);
    for _ in 0..keys.len() {
        let offset = seen.to_string();
        let query = [
            ("order_by", "key"),
            ("offset", offset.as_str()),
            ("limit", limit.as_str()),
            ("variable_key_prefix_pattern", pattern.as_str()),
        ];
        let page = listed(client, &query).await?;
        let (came, total) = (
            page.items.len(),
            usize::try_from(page.total).unwrap_or(usize::MAX),
        );
        seen += came;
        found.extend(
            page.items
                .into_iter()
                .filter(|variable| missing.remove(variable.key.as_str())),
        );
        let pages_left = total.saturating_sub(seen).div_ceil(came.max(1));
        if came == 0 || pages_left == 0 || pages_left > missing.len() {
            break;
        }
    }
    Ok(found)
}

pub(super) async fn write(client: &Client, bulk: &BulkWrite) -> Result<BulkOutcome, AirflowError> {
    guard(bulk)?;
    let actions = actions_of(bulk);
    if actions.is_empty() {
        return Ok(BulkOutcome { without_errors: true });
    }
    let mut ask = client.ask(WRITE, Method::PATCH, &["variables"], &[]);
    ask.body = Some(json!({ "actions": actions }));
    let answer = client.signed(&ask).await?.parse::<wire::BulkAnswer>()?;
    Ok(BulkOutcome {
        without_errors: answer.names_no_error(),
    })
}

/// The last of several guards: no mask is written back (H3), no key twice, none that could not be found again (H14).
fn guard(bulk: &BulkWrite) -> Result<(), AirflowError> {
    let created = bulk
        .creates
        .iter()
        .map(|variable| (&variable.key, Some(&variable.value)));
    let updated = bulk
        .updates
        .iter()
        .map(|(key, patch)| (key, patch.value.as_ref().or(patch.value_as_read.as_ref())));
    let mut keys = BTreeSet::new();
    for (key, value) in created.chain(updated) {
        check(WRITE, key)?;
        refuse_mask(WRITE, value.map_or("", String::as_str))?;
        if !keys.insert(key) {
            let detail = "a key occurs twice".to_owned();
            return Err(AirflowError::new(WRITE, ErrorKind::Rejected { detail }));
        }
    }
    Ok(())
}

/// One action for the creates, and one for each set of fields that updates write: a mask belongs to an action.
fn actions_of(bulk: &BulkWrite) -> Vec<Value> {
    let mut actions = Vec::new();
    if !bulk.creates.is_empty() {
        let entities: Vec<Value> = bulk.creates.iter().map(created).collect();
        actions.push(json!({"action": "create", "action_on_existence": "fail", "entities": entities}));
    }
    let mut by_mask: BTreeMap<Vec<&str>, Vec<Value>> = BTreeMap::new();
    for (key, patch) in &bulk.updates {
        let mask = fields_of(patch);
        if !mask.is_empty() {
            by_mask.entry(mask).or_default().push(body_of(key, patch));
        }
    }
    actions.extend(by_mask.into_iter().map(|(mask, entities)| {
        json!({"action": "update", "action_on_non_existence": "skip", "update_mask": mask, "entities": entities})
    }));
    actions
}

/// All fields: a description that is left out would be written as null (H4).
fn created(variable: &Variable) -> Value {
    json!({"key": variable.key, "value": variable.value, "description": variable.description})
}

fn fields_of(patch: &VariablePatch) -> Vec<&'static str> {
    mask_of(patch).into_iter().map(|(_, field)| field).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::MASK;

    fn variable(key: &str, value: &str) -> Variable {
        Variable {
            key: key.to_owned(),
            value: value.to_owned(),
            description: None,
            is_encrypted: false,
        }
    }

    fn patch(value: Option<&str>, description: Option<&str>) -> VariablePatch {
        VariablePatch {
            value: value.map(str::to_owned),
            description: description.map(|text| Some(text.to_owned())),
            value_as_read: None,
        }
    }

    #[test]
    fn each_mask_is_an_action_of_its_own_and_nothing_is_overwritten() {
        let bulk = BulkWrite {
            creates: vec![variable("new", "1")],
            updates: vec![
                ("a".into(), patch(Some("1"), None)),
                ("b".into(), patch(None, Some("d"))),
                ("c".into(), patch(Some("2"), None)),
                ("d".into(), patch(None, None)),
            ],
        };
        let update = |mask: &str, entities: &Value| json!({"action": "update", "action_on_non_existence": "skip", "update_mask": [mask], "entities": entities});
        let expected = [
            json!({"action": "create", "action_on_existence": "fail",
                "entities": [{"key": "new", "value": "1", "description": null}]}),
            update(
                "description",
                &json!([{"key": "b", "value": "", "description": "d"}]),
            ),
            update(
                "value",
                &json!([{"key": "a", "value": "1"}, {"key": "c", "value": "2"}]),
            ),
        ];
        assert_eq!(actions_of(&bulk), expected);
    }

    #[test]
    fn what_must_never_be_sent_is_refused_before_sending() {
        let kind = |bulk: &BulkWrite| guard(bulk).unwrap_err().kind().clone();
        let creates = |variables: Vec<Variable>| BulkWrite {
            creates: variables,
            updates: Vec::new(),
        };
        assert_eq!(kind(&creates(vec![variable("a", MASK)])), ErrorKind::MaskRefused);
        assert!(matches!(
            kind(&creates(vec![variable("a\nb", "1")])),
            ErrorKind::Unaddressable(_)
        ));
        let twice = creates(vec![variable("a", "1"), variable("a", "2")]);
        assert!(matches!(kind(&twice), ErrorKind::Rejected { .. }));
        let masked = BulkWrite {
            creates: Vec::new(),
            updates: vec![("a".into(), patch(Some(MASK), None))],
        };
        assert_eq!(kind(&masked), ErrorKind::MaskRefused);
    }

    #[test]
    fn a_filter_never_grows_too_long_for_an_address() {
        let keys: Vec<String> = (0..100)
            .map(|number| format!("{number:03}{}", "é".repeat(40)))
            .collect();
        let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
        let filters = filters(&keys);
        assert!(filters.len() > 1);
        assert!(
            filters
                .iter()
                .all(|filter| !filter.is_empty() && encoded_len(&filter.join("|")) <= FILTER_BYTES_MAX)
        );
        assert_eq!(filters.concat(), keys);
    }

    #[test]
    fn keys_that_a_filter_would_change_are_asked_for_by_name() {
        for key in ["a|b", " a", "~", "%", "--"] {
            assert!(!is_searchable(key), "{key:?}");
        }
        for key in ["a", "a ", "-a", "ключ", "a/b"] {
            assert!(is_searchable(key), "{key:?}");
        }
    }
}
