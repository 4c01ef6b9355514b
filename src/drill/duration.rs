//! Lengths of time as people write them: `50ms`, `1s`, `3m`, `1h 30m`.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A length of time, written `50ms`, `1s`, `3m` or `1h 30m`; never negative.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Length(pub Duration);

impl Length {
    /// A whole number of seconds.
    #[must_use]
    pub const fn secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// A whole number of milliseconds.
    #[must_use]
    pub const fn millis(milliseconds: u64) -> Self {
        Self(Duration::from_millis(milliseconds))
    }

    /// Whether it is no time at all.
    #[must_use]
    pub const fn is_zero(&self) -> bool {
        self.0.is_zero()
    }

    /// As nanoseconds; what does not fit becomes the largest number.
    #[must_use]
    pub fn nanos(self) -> u64 {
        u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX)
    }
}

impl From<Length> for Duration {
    fn from(length: Length) -> Self {
        length.0
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        humantime::format_duration(self.0).fmt(f)
    }
}

impl std::str::FromStr for Length {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.trim_start().starts_with('-') {
            return Err(format!("`{text}` is negative; a length of time cannot be"));
        }
        humantime::parse_duration(text)
            .map(Self)
            .map_err(|e| format!("`{text}` is no length of time ({e}); write it like 50ms, 1s, 3m or 1h 30m"))
    }
}

impl<'de> Deserialize<'de> for Length {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl Serialize for Length {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Length {
    fn schema_name() -> Cow<'static, str> {
        "Length".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A length of time: 50ms, 1s, 3m, 1h 30m",
            "pattern": r"^\s*([0-9]+\s*[a-zA-Z]+\s*)+$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lengths_read_as_people_write_them() {
        for (text, millis) in
            [("50ms", 50), ("1s", 1000), ("3m", 180_000), ("1h 30m", 5_400_000), (" 2s ", 2000)]
        {
            assert_eq!(text.parse(), Ok(Length::millis(millis)), "{text}");
        }
        for bad in ["", "5", "-1s", "1 parsec", "s", "1e3s", "99999999999999999999s"] {
            assert!(bad.parse::<Length>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(nanos in any::<u64>()) {
            let length = Length(Duration::from_nanos(nanos));
            prop_assert_eq!(length.to_string().parse(), Ok(length));
            let yaml = serde_saphyr::to_string(&length).unwrap();
            prop_assert_eq!(serde_saphyr::from_str::<Length>(&yaml).unwrap(), length);
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}") {
            let _ = text.parse::<Length>();
        }
    }
}
