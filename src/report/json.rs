//! The report for machines: pretty JSON, its keys always in the same order.

use super::{DamageReport, plain};

/// The report as JSON, with a line end. What could mislead a terminal that shows it is written
/// as an escape, which every JSON parser reads back.
#[must_use]
pub fn json(report: &DamageReport) -> String {
    // Strings for keys and no maps of other keys: the types cannot fail to serialize.
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    plain::json(&text) + "\n"
}
