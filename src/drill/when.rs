//! On which clusters a part of a drill is there: `when: kind`, or `when: [kind, context]`.

use std::collections::BTreeSet;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::StrDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::{Drill, Provider};

/// The kinds of clusters on which something is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When(BTreeSet<Provider>);

impl When {
    /// Whether that is so on a cluster of this kind.
    #[must_use]
    pub fn holds(&self, provider: Provider) -> bool {
        self.0.contains(&provider)
    }

    /// Whether it is so nowhere.
    #[must_use]
    pub fn is_never(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether something with this `when` is there; without one it is there always.
#[must_use]
pub fn is_on(when: Option<&When>, provider: Provider) -> bool {
    when.is_none_or(|when| when.holds(provider))
}

impl Drill {
    /// What of the drill is there on a cluster of this kind.
    #[must_use]
    pub fn on(mut self, provider: Provider) -> Self {
        self.signals.retain(|signal| is_on(signal.value.when(), provider));
        self.workload.retain(|manifest| is_on(manifest.when.as_ref(), provider));
        self
    }
}

impl fmt::Display for When {
    /// `kind, context`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|provider| provider.name()).collect();
        f.write_str(&names.join(", "))
    }
}

impl<'de> Deserialize<'de> for When {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrSeveral)
    }
}

/// Not an untagged enum: that would lose the place of an unknown word.
struct OneOrSeveral;

impl<'de> de::Visitor<'de> for OneOrSeveral {
    type Value = When;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("`local`, `kind` or `context`, or a list of these")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<When, E> {
        let one = Provider::deserialize(StrDeserializer::new(text))?;
        Ok(When(BTreeSet::from([one])))
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<When, A::Error> {
        let mut several = BTreeSet::new();
        while let Some(one) = list.next_element()? {
            several.insert(one);
        }
        Ok(When(several))
    }
}

impl Serialize for When {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.first() {
            Some(one) if self.0.len() == 1 => one.serialize(serializer),
            _ => self.0.serialize(serializer),
        }
    }
}

impl JsonSchema for When {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "When".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<Provider>();
        json_schema!({
            "description": "The kinds of clusters on which it is there: one, or a list",
            "oneOf": [one, {"type": "array", "items": one, "minItems": 1}],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<When, serde_saphyr::Error> {
        serde_saphyr::from_str(text)
    }

    #[test]
    fn it_is_a_word_or_a_list_of_words() {
        let one = read("kind").unwrap();
        let holds: Vec<_> = Provider::ALL.into_iter().filter(|p| one.holds(*p)).collect();
        assert_eq!(holds, [Provider::Kind]);
        assert_eq!(read("[context, kind, kind]").unwrap().to_string(), "kind, context");
        assert!(read("[]").unwrap().is_never());
        for bad in ["kiind", "[kind, kiind]", "{kind: true}", "1", "Kind"] {
            assert!(read(bad).is_err(), "{bad} passed");
        }
    }

    #[test]
    fn it_is_written_as_it_is_read() {
        for text in ["\"local\"", "[\"local\",\"context\"]", "[]"] {
            assert_eq!(serde_json::to_string(&read(text).unwrap()).unwrap(), text);
        }
    }

    proptest::proptest! {
        #[test]
        fn a_drill_on_a_cluster_keeps_what_is_there_and_its_order(
            signals in proptest::collection::vec(proptest::sample::subsequence(Provider::ALL.to_vec(), 0..=3), 0..6),
        ) {
            let mut drill = crate::drill::load("service-has-no-endpoints").unwrap().drill;
            let always = 2;
            drill.signals.truncate(always);
            for (i, when) in signals.iter().enumerate() {
                let mut signal = drill.signals[1].clone();
                if let crate::drill::Signal::Http(http) = &mut signal.value {
                    http.name = Some(format!("extra-{i}"));
                    http.when = Some(When(when.iter().copied().collect()));
                }
                drill.signals.push(signal);
            }
            for provider in Provider::ALL {
                let on = drill.clone().on(provider);
                let names: Vec<_> = on.signals.iter().skip(always).map(|s| s.value.name().to_owned()).collect();
                let wanted = signals.iter().enumerate().filter(|(_, when)| when.contains(&provider));
                let wanted: Vec<_> = wanted.map(|(i, _)| format!("extra-{i}")).collect();
                proptest::prop_assert_eq!(names, wanted);
                // To ask twice changes nothing.
                proptest::prop_assert_eq!(on.clone().on(provider).signals.len(), on.signals.len());
            }
        }
    }
}
