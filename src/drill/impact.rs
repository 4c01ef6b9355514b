//! Money: how an amount is read, and what a downtime costs. Decimal throughout; a binary
//! float would show as a cent too much in the report.

use std::time::Duration;

use rust_decimal::Decimal;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};

use super::Impact;

/// Decimal places that an amount may have; more is a slip, and [`loss`] counts in these units.
const PLACES: u32 = 4;
/// The largest rate: beyond it the product with the longest time would not fit 128 bits.
const LARGEST: i64 = 1_000_000_000_000;
const NANOS_PER_MINUTE: i128 = 60_000_000_000;

/// Reads an amount of money from a number or a string, without a detour over binary floats.
pub(super) fn money<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let text = String::deserialize(deserializer)?;
    amount(&text).map_err(de::Error::custom)
}

fn amount(text: &str) -> Result<Decimal, String> {
    let amount: Decimal = text
        .trim()
        .parse()
        .map_err(|_| format!("`{text}` is no amount of money; write it like 5000 or 49.90"))?;
    if amount.normalize().scale() > PLACES {
        return Err(format!("`{text}` has more than {PLACES} decimal places"));
    }
    if amount.abs() > Decimal::from(LARGEST) {
        return Err(format!("`{text}` is more than a trillion a minute"));
    }
    Ok(amount)
}

/// What an editor should accept as an amount of money.
pub(super) fn money_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": ["number", "string"],
        "minimum": 0,
        "pattern": r"^[0-9]+(\.[0-9]{1,4})?$",
    })
}

/// The loss for a downtime: rate × minutes, where a cascade's entry replaces the rate from its
/// time on. Exact up to the last division; round it (to 2 places) only where it is shown.
#[must_use]
pub fn loss(impact: &Impact, downtime: Duration) -> Decimal {
    let total = nanos(downtime);
    let mut cascade: Vec<_> = impact.cascade.iter().collect();
    cascade.sort_by_key(|step| step.after);
    let mut rate = units(impact.revenue_per_minute);
    let mut from = 0_i128;
    let mut sum = 0_i128;
    for step in cascade {
        let at = nanos(step.after.into()).clamp(from, total);
        sum += rate * (at - from);
        from = at;
        rate = units(step.revenue_per_minute);
    }
    sum += rate * (total - from);
    let whole = Decimal::from_i128_with_scale(sum / NANOS_PER_MINUTE, PLACES);
    let rest = Decimal::from_i128_with_scale(sum % NANOS_PER_MINUTE, PLACES);
    (whole + rest / Decimal::from_i128_with_scale(NANOS_PER_MINUTE, 0)).normalize()
}

/// An amount in ten-thousandths. [`amount`] lets nothing pass that this would have to cut.
fn units(amount: Decimal) -> i128 {
    let limit = Decimal::from(LARGEST);
    let mut amount = amount.clamp(-limit, limit);
    amount.rescale(PLACES);
    amount.mantissa()
}

fn nanos(duration: Duration) -> i128 {
    i128::from(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::drill::{Cascade, Length};
    use proptest::prelude::*;

    fn impact(rate: &str, cascade: &[(u64, &str)]) -> Impact {
        Impact {
            currency: "USD".to_owned(),
            revenue_per_minute: rate.parse().unwrap(),
            cascade: cascade
                .iter()
                .map(|(after, rate)| Cascade {
                    after: Length::secs(*after),
                    revenue_per_minute: rate.parse().unwrap(),
                    note: None,
                })
                .collect(),
        }
    }

    fn minutes(n: u64) -> Duration {
        Duration::from_secs(n * 60)
    }

    fn dollars(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn the_story_costs_thirty_thousand() {
        let story = impact("5000", &[(600, "8000")]);
        assert_eq!(loss(&story, minutes(6)), dollars("30000"));
        assert_eq!(loss(&story, minutes(3)), dollars("15000"));
        // Ten minutes at the first rate, twenty-four at the second.
        assert_eq!(loss(&story, minutes(34)), dollars("242000"));
        assert_eq!(loss(&story, Duration::from_millis(2069)).round_dp(2), dollars("172.42"));
    }

    #[test]
    fn amounts_keep_their_spelling() {
        #[derive(Deserialize)]
        struct Rate(#[serde(deserialize_with = "money")] Decimal);
        for (yaml, expected) in [
            ("5000", "5000"),
            ("0.10", "0.10"),
            ("'49.90'", "49.90"),
            ("4999.99", "4999.99"),
            ("-1", "-1"),
            ("1e3", "1000"),
        ] {
            let rate: Rate = serde_saphyr::from_str(yaml).unwrap();
            assert_eq!(rate.0.to_string(), expected);
        }
        for bad in ["lots", "0.00001", "9999999999999", ".inf", "[]", "~"] {
            assert!(serde_saphyr::from_str::<Rate>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_largest_rate_for_the_longest_time_fits() {
        let all = impact("1000000000000", &[]);
        assert!(loss(&all, Duration::MAX) > dollars("300000000000000000000"));
    }

    prop_compose! {
        fn any_impact()(rate in 0_i64..10_000_000, steps in prop::collection::btree_map(1_u64..100_000, 0_i64..10_000_000, 0..4))
            -> Impact {
            Impact {
                currency: "USD".to_owned(),
                revenue_per_minute: Decimal::new(rate, 2),
                cascade: steps.into_iter().map(|(after, rate)| Cascade {
                    after: Length::secs(after), revenue_per_minute: Decimal::new(rate, 2), note: None,
                }).collect(),
            }
        }
    }

    proptest! {
        #[test]
        fn no_time_costs_nothing(impact in any_impact()) {
            prop_assert_eq!(loss(&impact, Duration::ZERO), Decimal::ZERO);
        }

        #[test]
        fn more_time_never_costs_less(impact in any_impact(), a in 0_u64..u64::MAX, b in 0_u64..u64::MAX) {
            let (short, long) = (a.min(b), a.max(b));
            prop_assert!(
                loss(&impact, Duration::from_nanos(short)) <= loss(&impact, Duration::from_nanos(long))
            );
        }

        #[test]
        fn one_rate_is_additive(rate in 0_i64..10_000_000, a in 0_u64..1 << 50, b in 0_u64..1 << 50) {
            let impact = impact(&Decimal::new(rate, 2).to_string(), &[]);
            let apart = loss(&impact, Duration::from_nanos(a)) + loss(&impact, Duration::from_nanos(b));
            let together = loss(&impact, Duration::from_nanos(a + b));
            prop_assert!((apart - together).abs() < Decimal::new(1, 12));
        }

        #[test]
        fn a_cascade_replaces_the_rate_from_its_time_on(first in 0_i64..1000, second in 0_i64..1000, at in 1_u64..600, more in 0_u64..600) {
            let changing = impact(&first.to_string(), &[(at * 60, &second.to_string())]);
            let expected = Decimal::from(first) * Decimal::from(at) + Decimal::from(second) * Decimal::from(more);
            prop_assert_eq!(loss(&changing, minutes(at + more)), expected);
        }
    }
}
