//! Numbers that a file spells as text: one way to read each, or a reason.

use crate::spelling::Spelling;
use leeward_tables::{Decimal, Finding, plain_number};

/// The text with a point for decimals and nothing between thousands. What is no number comes back as it is: the type says
/// what is wrong with it.
///
/// # Errors
/// Why it can be read in two ways, or in none that the file has, as the end of a sentence.
pub(crate) fn plain(text: &str, spelling: Spelling) -> Result<String, String> {
    let told = matches!(spelling.decimal, Finding::Told(_));
    if spelling.is_json() && !told {
        return Ok(text.to_owned());
    }
    let read = |decimal| plain_number(text, decimal);
    let (point, comma) = (read(Decimal::Point), read(Decimal::Comma));
    match (spelling.decimal.value(), &point, &comma) {
        (_, None, None) => Ok(text.to_owned()),
        (_, Some(one), Some(other)) if one == other => Ok(one.clone()),
        (Some(decimal), _, _) => read(decimal).ok_or_else(|| match decimal {
            Decimal::Point => "is no number with a decimal point".to_owned(),
            Decimal::Comma => "is no number with a decimal comma".to_owned(),
        }),
        (None, Some(point), _) if is_point(text, spelling) => Ok(point.clone()),
        (None, Some(point), Some(comma)) => Err(format!(
            "can be read as {point} or as {comma}: say which of comma and point marks decimals"
        )),
        (None, _, _) if spelling.decimal == Finding::Mixed => Err(
            "stands in a column with decimal points and decimal commas: say which of them is right"
                .to_owned(),
        ),
        (None, _, _) => Err("may have a decimal point or comma: say which of them marks decimals".to_owned()),
    }
}

/// Where commas part the cells, a comma would need quotes to mark decimals: a number with a point alone has a decimal
/// point. The plan says so.
pub(crate) fn is_point(text: &str, spelling: Spelling) -> bool {
    spelling.decimal == Finding::Ambiguous && spelling.delimiter == Some(',') && !text.contains(',')
}
