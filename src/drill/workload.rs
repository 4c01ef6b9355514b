//! What a drill breaks: manifests that it deploys first, or what is there already.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_saphyr::Spanned;

use super::Length;

/// The word for a workload that the drill finds in its namespace.
const EXISTING: &str = "existing";

/// What a drill breaks.
#[derive(Debug, Clone)]
pub enum Workload {
    /// It is deployed for the run and removed after it.
    Deployed(Deployed),
    /// It is there already: nothing is deployed and nothing removed.
    Existing,
}

/// What is deployed before the fault.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployed {
    /// Manifest files, relative to the drill file.
    #[schemars(with = "Vec<String>")]
    pub manifests: Vec<Spanned<String>>,
    /// When it counts as deployed.
    pub ready: Ready,
}

/// A deployment that must be rolled out within a time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Ready {
    /// The Deployment's name.
    pub deployment: String,
    /// How long to wait for it.
    #[schemars(with = "Length")]
    pub within: Spanned<Length>,
}

impl Workload {
    /// What is deployed; nothing where it is there already.
    #[must_use]
    pub const fn deployed(&self) -> Option<&Deployed> {
        match self {
            Self::Deployed(deployed) => Some(deployed),
            Self::Existing => None,
        }
    }

    /// The manifest files that are deployed, as the drill names them.
    #[must_use]
    pub fn manifests(&self) -> &[Spanned<String>] {
        self.deployed().map_or(&[], |deployed| &deployed.manifests)
    }
}

impl<'de> Deserialize<'de> for Workload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOfTwo)
    }
}

/// Not an untagged enum: that would lose the places of the values inside.
struct OneOfTwo;

impl<'de> de::Visitor<'de> for OneOfTwo {
    type Value = Workload;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a mapping with `manifests` and `ready`, or the word `existing`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Workload, E> {
        if text == EXISTING {
            return Ok(Workload::Existing);
        }
        Err(E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Workload, A::Error> {
        Deployed::deserialize(MapAccessDeserializer::new(map)).map(Workload::Deployed)
    }
}

impl Serialize for Workload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Deployed(deployed) => deployed.serialize(serializer),
            Self::Existing => serializer.serialize_str(EXISTING),
        }
    }
}

impl JsonSchema for Workload {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Workload".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let deployed = generator.subschema_for::<Deployed>();
        json_schema!({
            "description": "What is deployed before the fault; `existing`: what is there already, which is neither deployed nor removed",
            "oneOf": [deployed, {"const": EXISTING}],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_a_mapping_or_one_word() {
        let deployed = "manifests: [a.yaml]\nready: {deployment: a, within: 1m}";
        let workload: Workload = serde_saphyr::from_str(deployed).unwrap();
        assert_eq!(workload.manifests()[0].value, "a.yaml");
        let existing: Workload = serde_saphyr::from_str("existing").unwrap();
        assert!(existing.deployed().is_none() && existing.manifests().is_empty());
        for bad in ["exists", "[a.yaml]", "true", "manifests: [a.yaml]"] {
            assert!(serde_saphyr::from_str::<Workload>(bad).is_err(), "{bad} passed");
        }
    }
}
