//! Money.

use std::time::Duration;

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, de};

use super::Impact;

/// Reads an amount of money from a number or a string, without a detour over binary floats.
pub(super) fn money<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(de::Error::custom)
}

/// What an outage of this length costs, in the impact's currency: each stretch at the rate that
/// holds in it, not rounded. What does not fit a decimal becomes the largest one.
#[must_use]
pub fn loss(impact: &Impact, outage: Duration) -> Decimal {
    let mut cascade: Vec<_> = impact.cascade.iter().collect();
    cascade.sort_by_key(|c| c.after);
    let (mut sum, mut since, mut rate) = (Decimal::ZERO, Duration::ZERO, impact.revenue_per_minute);
    for step in cascade.into_iter().take_while(|c| c.after.0 < outage) {
        sum = sum.saturating_add(stretch(rate, step.after.0.saturating_sub(since)));
        (since, rate) = (step.after.0, step.revenue_per_minute);
    }
    sum.saturating_add(stretch(rate, outage.saturating_sub(since)))
}

fn stretch(per_minute: Decimal, length: Duration) -> Decimal {
    let nanos = Decimal::from(u64::try_from(length.as_nanos()).unwrap_or(u64::MAX));
    // Minutes first: a rate times nanoseconds could leave the range of a decimal.
    per_minute.saturating_mul(nanos / Decimal::from(60_000_000_000_u64))
}
