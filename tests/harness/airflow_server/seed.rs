//! Variables as a pricing team might have them.

use anyhow::Result;

use super::Writer;

/// One variable to begin with.
#[derive(Debug, Clone, Copy)]
pub struct SeedVariable {
    /// Its key.
    pub key: &'static str,
    /// Its text.
    pub value: &'static str,
    /// Its description.
    pub description: Option<&'static str>,
}

/// The variables that the sample DAGs read, and some more of every shape.
pub fn seed_variables() -> &'static [SeedVariable] {
    SEED
}

/// Writes the sample variables into an Airflow.
pub fn seed(writer: &Writer) -> Result<()> {
    SEED.iter()
        .try_for_each(|v| writer.set_variable(v.key, v.value, v.description))
}

const fn variable(key: &'static str, value: &'static str, description: Option<&'static str>) -> SeedVariable {
    SeedVariable {
        key,
        value,
        description,
    }
}

const SEED: &[SeedVariable] = &[
    variable(
        "pricing_rules",
        "{\n  \"default_margin\": 0.18,\n  \"margins\": {\n    \"coffee\": 0.22,\n    \"tea\": 0.2,\n    \"cocoa\": 0.25\n  },\n  \"round_to\": 0.05\n}",
        Some("Margins by product group; read by daily_pricing"),
    ),
    variable(
        "pricing_threshold",
        "3.10",
        Some("Smallest change of a price that is published, in percent"),
    ),
    variable(
        "fx_fallback_rate",
        "1.0850",
        Some("EUR to USD when the feed is down"),
    ),
    variable(
        "customer_export_excluded",
        "[\"C-1042\", \"C-2217\", \"C-3350\"]",
        Some("Customers that are never exported"),
    ),
    variable(
        "customer_export_columns",
        "{\"id\": \"customer_no\", \"name\": \"display_name\", \"segment\": \"segment_code\"}",
        Some("Column mapping of the customer export"),
    ),
    variable(
        "region_labels",
        "{\"de\": \"Deutschland\", \"fr\": \"France\", \"cz\": \"Česko\", \"jp\": \"日本\"}",
        Some("Names of the regions in reports"),
    ),
    variable("report_title", "Umsatz Übersicht – täglich", None),
    variable(
        "report_recipients",
        "sales@example.com, finance@example.com",
        Some("Who gets the slow report"),
    ),
    variable("report_rows_max", "5000", None),
    variable(
        "holiday_calendar",
        "2026-12-24\n2026-12-25\n2026-12-31",
        Some("One date a line"),
    ),
    variable(
        "warehouse_password",
        "correct horse battery staple",
        Some("Set by the platform team"),
    ),
    variable(
        "billing_service",
        "{\"url\": \"https://billing.example.com\", \"timeout_s\": 30, \"api_key\": \"k-93f2\"}",
        Some("Where invoices are sent"),
    ),
    variable(
        "feature_flags",
        "{\"new_rounding\": false, \"dual_currency\": true}",
        None,
    ),
];
