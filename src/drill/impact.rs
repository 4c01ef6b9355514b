//! Money.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de};

/// Reads an amount of money from a number or a string, without a detour over binary floats.
pub(super) fn money<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(de::Error::custom)
}
