//! What a spreadsheet lets people enter into a column.

use rust_xlsxwriter::{
    DataValidation, DataValidationRule, ExcelDateTime, Formula, Workbook, Worksheet, XlsxError,
};

/// What may be entered into a column. A spreadsheet holds people to it, and nobody else: a file is read by other rules.
#[derive(Debug, Clone, PartialEq)]
pub enum InputRule {
    /// One of these texts, from a list that drops down.
    Choices(Vec<String>),
    /// A whole number within these limits.
    WholeNumber {
        /// The least.
        least: i64,
        /// The greatest.
        greatest: i64,
    },
    /// A number within these limits.
    Number {
        /// The least.
        least: f64,
        /// The greatest.
        greatest: f64,
    },
    /// A day from 1900-03-01 on.
    Date,
    /// A text of so many characters.
    Length {
        /// The least.
        least: u32,
        /// The greatest.
        greatest: u32,
    },
}

/// The last row of a sheet, from 0.
const LAST_ROW: u32 = 1_048_575;
/// A list in the rule itself is no longer; a comma in a text would part it.
const LIST_LENGTH: usize = 255;
/// A message is no longer.
const MESSAGE_LENGTH: usize = 255;
/// The hidden sheet of lists that are longer.
pub(crate) const LISTS: &str = "_lists";

/// Puts the rules on their columns, from the first row below the header to the last.
pub(crate) fn put(sheet: &mut Worksheet, rules: &[Option<InputRule>]) -> Result<(), XlsxError> {
    for (rule, column) in rules.iter().zip(0_u16..) {
        if let Some(rule) = rule {
            let validation = message(validation(rule, column)?, rule)?;
            sheet.add_data_validation(1, column, LAST_ROW, column, &validation)?;
        }
    }
    Ok(())
}

/// Adds the hidden sheet of the lists that are too long to stand in their rule, each in the column of its rule.
pub(crate) fn put_lists(workbook: &mut Workbook, rules: &[Option<InputRule>]) -> Result<(), XlsxError> {
    let lists = rules.iter().zip(0_u16..).filter_map(|(rule, column)| match rule {
        Some(InputRule::Choices(choices)) if !is_short(choices) => Some((choices, column)),
        _ => None,
    });
    let lists: Vec<_> = lists.collect();
    if lists.is_empty() {
        return Ok(());
    }
    let sheet = workbook.add_worksheet();
    sheet.set_name(LISTS)?.set_hidden(true);
    for (choices, column) in lists {
        for (choice, row) in choices.iter().zip(0_u32..) {
            sheet.write_string(row, column, choice)?;
        }
    }
    Ok(())
}

fn is_short(choices: &[String]) -> bool {
    let length: usize = choices.iter().map(|choice| choice.chars().count() + 1).sum();
    length <= LIST_LENGTH && !choices.iter().any(|choice| choice.contains(','))
}

fn validation(rule: &InputRule, column: u16) -> Result<DataValidation, XlsxError> {
    let new = DataValidation::new();
    Ok(match rule {
        InputRule::Choices(choices) if is_short(choices) => new.allow_list_strings(choices)?,
        InputRule::Choices(choices) => {
            let letters = rust_xlsxwriter::utility::column_number_to_name(column);
            let range = format!("={LISTS}!${letters}$1:${letters}${}", choices.len());
            new.allow_list_formula(Formula::new(range))
        }
        InputRule::WholeNumber { least, greatest } => {
            let limit = |number: &i64| Formula::new(format!("={number}"));
            new.allow_whole_number_formula(DataValidationRule::Between(limit(least), limit(greatest)))
        }
        InputRule::Number { least, greatest } => {
            new.allow_decimal_number(DataValidationRule::Between(*least, *greatest))
        }
        InputRule::Date => new.allow_date(DataValidationRule::GreaterThanOrEqualTo(ExcelDateTime::from_ymd(
            1900, 3, 1,
        )?)),
        InputRule::Length { least, greatest } => {
            new.allow_text_length(DataValidationRule::Between(*least, *greatest))
        }
    })
}

fn message(validation: DataValidation, rule: &InputRule) -> Result<DataValidation, XlsxError> {
    let text = match rule {
        InputRule::Choices(choices) => format!("Enter one of: {}", choices.join(", ")),
        InputRule::WholeNumber { least, greatest } => {
            format!("Enter a whole number from {least} to {greatest}.")
        }
        InputRule::Number { least, greatest } => format!("Enter a number from {least} to {greatest}."),
        InputRule::Date => "Enter a day.".to_owned(),
        InputRule::Length { least, greatest } => {
            format!("Enter a text of {least} to {greatest} characters.")
        }
    };
    let text: String = text.chars().take(MESSAGE_LENGTH).collect();
    validation.set_error_message(text)
}
