//! Parts of sentences.

/// How many rows a sentence names before it counts the others.
const NAMED_ROWS: usize = 10;

/// `1 row has`, `2 rows have`.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// `line 2`, `lines 2, 3 and 40 more`.
pub(crate) fn at_rows(word: &str, rows: &[u64]) -> String {
    let named: Vec<String> = rows.iter().take(NAMED_ROWS).map(u64::to_string).collect();
    let more = rows.len().saturating_sub(NAMED_ROWS);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!(
        "{word}{} {}{more}",
        if rows.len() == 1 { "" } else { "s" },
        named.join(", ")
    )
}
