//! Times and money as the report shows them, to machines and to people.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::clock::Nanos;
use crate::drill::Length;

/// A time in milliseconds, exact to the microsecond: `12.345` in JSON. Negative only where a
/// moment lies before the one that it is counted from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Millis {
    micros: i64,
}

impl Millis {
    /// Rounded to the microsecond; what does not fit becomes the largest number.
    #[must_use]
    pub fn of(nanos: Nanos) -> Self {
        Self { micros: i64::try_from(nanos.saturating_add(500) / 1000).unwrap_or(i64::MAX) }
    }

    /// From one moment to the other; negative when the other is earlier.
    #[must_use]
    pub fn between(from: Nanos, to: Nanos) -> Self {
        let length = Self::of(from.abs_diff(to));
        if from <= to { length } else { Self { micros: -length.micros } }
    }

    /// The number of milliseconds.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "exact for 285 years of microseconds")]
    pub fn number(self) -> f64 {
        self.micros as f64 / 1000.0
    }

    /// The number of whole microseconds.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.micros
    }
}

impl std::iter::Sum for Millis {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        Self { micros: all.fold(0, |sum, one| sum.saturating_add(one.micros)) }
    }
}

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.number())
    }
}

impl<'de> Deserialize<'de> for Millis {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let number = f64::deserialize(deserializer)?;
        #[expect(clippy::cast_possible_truncation, reason = "a cast from f64 saturates")]
        Ok(Self { micros: (number * 1000.0).round() as i64 })
    }
}

/// For people: `0.4 ms`, `129 ms`, `1.402 s`, `2m 03.4s`, `1h 02m 03s`.
impl std::fmt::Display for Millis {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.micros < 0 { "-" } else { "" };
        let micros = self.micros.unsigned_abs();
        // Each unit ends where rounding would carry into the next: 999.6 ms is 1.000 s.
        let text = match micros {
            0 => "0 ms".to_owned(),
            1..9_950 => format!("{sign}{}.{} ms", (micros + 50) / 1000, (micros + 50) / 100 % 10),
            9_950..999_500 => format!("{sign}{} ms", (micros + 500) / 1000),
            999_500..59_999_500 => {
                let millis = (micros + 500) / 1000;
                format!("{sign}{}.{:03} s", millis / 1000, millis % 1000)
            }
            59_999_500..3_599_950_000 => {
                let tenths = (micros + 50_000) / 100_000;
                format!("{sign}{}m {:02}.{}s", tenths / 600, tenths / 10 % 60, tenths % 10)
            }
            _ => {
                let seconds = (micros + 500_000) / 1_000_000;
                format!("{sign}{}h {:02}m {:02}s", seconds / 3600, seconds / 60 % 60, seconds % 60)
            }
        };
        f.pad(&text)
    }
}

/// A limit as a drill file writes it: `2s`, `1m 30s`.
#[must_use]
pub fn as_written(limit: Millis) -> String {
    let whole = u64::try_from(limit.micros / 1000);
    whole.map_or_else(|_| limit.to_string(), |ms| Length::millis(ms).to_string())
}

/// An amount as the report keeps it: two decimals, halves away from zero.
#[must_use]
pub fn cents(amount: Decimal) -> Decimal {
    let mut rounded = amount.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero);
    rounded.rescale(2);
    rounded
}

/// An amount for people: `$30,000.00`, `CHF 12.50`.
#[must_use]
pub fn money(currency: &str, amount: Decimal) -> String {
    let digits = cents(amount).to_string();
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, "00"));
    let mut grouped = String::new();
    for (i, digit) in whole.char_indices() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    let sign = sign(currency).map_or_else(|| format!("{} ", super::plain::plain(currency)), str::to_owned);
    format!("{sign}{grouped}.{fraction}")
}

/// The sign of a currency, where it has one that people know.
#[must_use]
pub fn sign(currency: &str) -> Option<&'static str> {
    match currency {
        "USD" => Some("$"),
        "EUR" => Some("€"),
        "GBP" => Some("£"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        let shown = |micros| Millis { micros }.to_string();
        let all = [0, 1, 449, 9_949, 9_950, 128_600, 999_499, 999_500, 1_402_000, 59_999_499, 59_999_500]
            .map(shown);
        assert_eq!(
            all,
            [
                "0 ms", "0.0 ms", "0.4 ms", "9.9 ms", "10 ms", "129 ms", "999 ms", "1.000 s", "1.402 s",
                "59.999 s", "1m 00.0s"
            ]
        );
        assert_eq!(shown(-3_200), "-3.2 ms");
        assert_eq!(shown(123_449_999), "2m 03.4s");
        assert_eq!(shown(3_599_950_000), "1h 00m 00s");
        assert_eq!(shown(i64::MAX), "2562047788h 00m 55s");
    }

    #[test]
    fn times_are_numbers_of_milliseconds_for_machines() {
        assert_eq!(serde_json::to_string(&Millis::of(12_345_678)).unwrap(), "12.346");
        assert_eq!(serde_json::to_string(&Millis::between(5_000_000, 2_000_000)).unwrap(), "-3.0");
        assert_eq!(serde_json::from_str::<Millis>("12.346").unwrap(), Millis::of(12_346_000));
    }

    #[test]
    fn money_is_grouped_and_never_loses_its_cents() {
        let shown = |currency, text: &str| money(currency, text.parse().unwrap());
        assert_eq!(shown("USD", "30000"), "$30,000.00");
        assert_eq!(shown("EUR", "1234567.005"), "€1,234,567.01");
        assert_eq!(shown("CHF", "999.994"), "CHF 999.99");
        assert_eq!(shown("USD", "0"), "$0.00");
    }
}
