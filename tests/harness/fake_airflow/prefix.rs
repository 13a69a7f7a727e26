//! `variable_key_prefix_pattern`: prefixes separated by `|`, each a range of keys that may hold more than was asked for
//! (`_PrefixPatternParam` of 3.3.2).

/// Whether the filter lets a key through.
pub(super) fn passes(filter: Option<&str>, key: &str) -> bool {
    let Some(filter) = filter else { return true };
    let filter = if filter == "~" { "" } else { filter };
    let mut terms: Vec<&str> = filter
        .split('|')
        .map(str::trim)
        .filter(|term| !term.is_empty())
        .collect();
    if terms.is_empty() || !filter.contains('|') {
        terms = vec![filter];
    }
    terms.iter().any(|term| in_range(term, key))
}

fn in_range(term: &str, key: &str) -> bool {
    let lower = cut(term);
    lower.is_empty() || (key >= lower && upper(lower).is_none_or(|upper| key < upper.as_str()))
}

/// Without what is no letter or digit at the end.
fn cut(term: &str) -> &str {
    term.trim_end_matches(|last: char| !last.is_alphanumeric())
}

/// The first key after the range: the last character's successor, where that is a letter or digit.
fn upper(term: &str) -> Option<String> {
    let term = cut(term);
    let last = term.chars().next_back()?;
    let rest = &term[..term.len() - last.len_utf8()];
    match char::from_u32(u32::from(last) + 1).filter(|next| next.is_alphanumeric()) {
        Some(next) => Some(format!("{rest}{next}")),
        None => upper(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::passes;

    #[test]
    fn a_prefix_finds_what_begins_with_it_and_sometimes_more() {
        let found = |filter: &str| -> Vec<&str> {
            let keys = ["a", "a_1", "a_10", "a_2", "a_9", "b", "zz"];
            keys.into_iter().filter(|key| passes(Some(filter), key)).collect()
        };
        assert_eq!(found("a_1"), ["a_1", "a_10"]);
        assert_eq!(found("a_1|b"), ["a_1", "a_10", "b"]);
        assert_eq!(
            found("a_9"),
            ["a_9"],
            "the range ends where the keys with `b` begin"
        );
        assert_eq!(found("a_"), ["a", "a_1", "a_10", "a_2", "a_9"]);
        assert_eq!(found("zz"), ["zz"], "a range without an end");
        assert_eq!(found("~").len(), 7);
    }
}
