//! What stands under one key of a run's ConfigMap or Secret: a record, or where it is.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::pack::Parts;
use crate::journal::{Effect, ObjectRef, Record};

/// One entry.
#[derive(Debug)]
pub(super) enum Entry {
    /// The record itself.
    Record(Box<Record>),
    /// Where it is.
    Elsewhere(Pointer),
}

/// An entry for a record that is kept elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Pointer {
    /// The record's number.
    pub change: u64,
    /// The object that it is about.
    pub object: ObjectRef,
    /// Where the record is.
    #[serde(flatten)]
    pub place: Place,
}

/// Where a record is. The key `kept` tells an entry of this sort from a record.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kept", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub(super) enum Place {
    /// In parts, beside this object.
    Parts(Parts),
    /// In the Secret of the run's name.
    Secret(Outline),
}

/// A change of a Secret, without its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Outline {
    /// `fields`, `created` or `deleted`.
    pub effect: String,
    /// The fields that it writes, JSON pointers.
    pub paths: Vec<String>,
}

impl Outline {
    fn of(effect: &Effect) -> Self {
        let (name, paths) = match effect {
            Effect::Fields { changes } => ("fields", changes.iter().map(|c| c.path.clone()).collect()),
            Effect::Created => ("created", Vec::new()),
            Effect::Deleted { .. } => ("deleted", Vec::new()),
        };
        Self { effect: name.to_owned(), paths }
    }
}

impl Pointer {
    /// An entry for a record in parts.
    pub fn to_parts(change: u64, object: &ObjectRef, parts: Parts) -> Self {
        Self { change, object: object.clone(), place: Place::Parts(parts) }
    }

    /// An entry for a record in the run's Secret.
    pub fn to_secret(record: &Record) -> Self {
        let place = Place::Secret(Outline::of(&record.effect));
        Self { change: record.change, object: record.object.clone(), place }
    }
}

/// Reads an entry.
pub(super) fn read(text: &str) -> serde_json::Result<Entry> {
    let value: Value = serde_json::from_str(text)?;
    if value.get("kept").is_some() {
        return serde_json::from_value(value).map(Entry::Elsewhere);
    }
    serde_json::from_value(value).map(|record| Entry::Record(Box::new(record)))
}
