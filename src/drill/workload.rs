//! What a drill breaks: manifests that it deploys first, or what is there already.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::MapAccessDeserializer;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_saphyr::Spanned;

use super::{Chart, Length, When};

/// The word for a workload that the drill finds in its namespace.
const EXISTING: &str = "existing";

/// What a drill breaks.
#[derive(Debug, Clone)]
pub enum Workload {
    /// It is deployed for the run and removed after it.
    Deployed(Box<Deployed>),
    /// It is there already: nothing is deployed and nothing removed.
    Existing,
}

/// What is deployed before the fault.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Deployed {
    /// A chart, installed before the manifests. Either this or `manifests`, or both.
    #[serde(default)]
    pub chart: Option<Chart>,
    /// Manifest files, relative to the drill file.
    #[serde(default)]
    pub manifests: Vec<Manifest>,
    /// When it counts as deployed.
    pub ready: Ready,
}

/// A manifest file: its name, or `{file: NAME, when: kind}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Relative to the drill file.
    pub file: String,
    /// The kinds of clusters on which it is deployed; nothing for all.
    pub when: Option<When>,
}

/// A manifest file that may be deployed on some kinds of clusters only.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ManifestEntry {
    /// The file, relative to the drill file.
    file: String,
    /// The kinds of clusters on which it is deployed; all unless given.
    #[serde(default)]
    when: Option<When>,
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

    /// The chart that is deployed, where there is one.
    #[must_use]
    pub fn chart(&self) -> Option<&Chart> {
        self.deployed().and_then(|deployed| deployed.chart.as_ref())
    }

    /// The manifest files that are deployed, as the drill names them.
    #[must_use]
    pub fn manifests(&self) -> &[Manifest] {
        self.deployed().map_or(&[], |deployed| &deployed.manifests)
    }

    /// Keeps the manifest files for which that is so.
    pub fn retain(&mut self, keep: impl FnMut(&Manifest) -> bool) {
        if let Self::Deployed(deployed) = self {
            deployed.manifests.retain(keep);
        }
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
        f.write_str("a mapping with `chart` or `manifests`, and `ready`, or the word `existing`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Workload, E> {
        if text == EXISTING {
            return Ok(Workload::Existing);
        }
        Err(E::invalid_value(de::Unexpected::Str(text), &self))
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Workload, A::Error> {
        Deployed::deserialize(MapAccessDeserializer::new(map))
            .map(|deployed| Workload::Deployed(Box::new(deployed)))
    }
}

impl<'de> Deserialize<'de> for Manifest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NameOrEntry)
    }
}

struct NameOrEntry;

impl<'de> de::Visitor<'de> for NameOrEntry {
    type Value = Manifest;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a file's name, or a mapping with `file` and `when`")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Manifest, E> {
        Ok(Manifest { file: text.to_owned(), when: None })
    }

    fn visit_map<A: de::MapAccess<'de>>(self, map: A) -> Result<Manifest, A::Error> {
        let entry = ManifestEntry::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Manifest { file: entry.file, when: entry.when })
    }
}

impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { file, when } = self.clone();
        match when {
            None => serializer.serialize_str(&file),
            Some(_) => ManifestEntry { file, when }.serialize(serializer),
        }
    }
}

impl JsonSchema for Manifest {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Manifest".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let entry = generator.subschema_for::<ManifestEntry>();
        json_schema!({
            "description": "A file's name, or a mapping that says on which kinds of clusters it is deployed",
            "oneOf": [{"type": "string"}, entry],
        })
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
    fn a_manifest_is_a_name_or_a_mapping() {
        let text = "manifests: [a.yaml, {file: b.yaml, when: kind}]\nready: {deployment: a, within: 1m}";
        let workload: Workload = serde_saphyr::from_str(text).unwrap();
        let written = serde_json::to_value(&workload).unwrap();
        assert_eq!(written["manifests"], serde_json::json!(["a.yaml", {"file": "b.yaml", "when": "kind"}]));
        for bad in ["{file: a, whem: kind}", "{when: kind}", "[a]", "{file: a, when: {}}"] {
            assert!(serde_saphyr::from_str::<Manifest>(bad).is_err(), "{bad} passed");
        }
    }

    #[test]
    fn it_is_a_mapping_or_one_word() {
        let deployed = "manifests: [a.yaml]\nready: {deployment: a, within: 1m}";
        let workload: Workload = serde_saphyr::from_str(deployed).unwrap();
        assert_eq!(workload.manifests()[0].file, "a.yaml");
        let existing: Workload = serde_saphyr::from_str("existing").unwrap();
        assert!(existing.deployed().is_none() && existing.manifests().is_empty());
        for bad in [
            "exists",
            "[a.yaml]",
            "true",
            "manifests: [a.yaml]",
            "chart: {path: a}\nready: {deployment: a, within: 1m}",
        ] {
            assert!(serde_saphyr::from_str::<Workload>(bad).is_err(), "{bad} passed");
        }
    }
}
