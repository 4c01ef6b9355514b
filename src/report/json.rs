//! The report for machines: pretty JSON, its keys always in the same order.

use std::fmt::Write as _;

use super::DamageReport;
use super::plain::misleads;

/// The report as JSON, with a line end. What could mislead a terminal that shows it is written
/// as an escape, which every JSON parser reads back.
#[must_use]
pub fn json(report: &DamageReport) -> String {
    // Strings for keys and no maps of other keys: the types cannot fail to serialize.
    let text = serde_json::to_string_pretty(report).unwrap_or_default();
    let mut harmless = String::with_capacity(text.len() + 1);
    for c in text.chars() {
        if c != '\n' && misleads(c) {
            // Writing to a string does not fail.
            let _ = write!(harmless, "\\u{:04x}", u32::from(c));
        } else {
            harmless.push(c);
        }
    }
    harmless.push('\n');
    harmless
}
