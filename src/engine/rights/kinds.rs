//! Which resource holds the objects of a kind.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::drill::kinds as known;
use crate::engine::plan::Plan;
use crate::steps::api::{Api, ApiError};
use crate::steps::{Plural, plural};

/// A resource, as rights name it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Resource {
    /// The API group; empty for the core group.
    pub group: String,
    /// Its name in URLs.
    pub plural: String,
}

impl Resource {
    /// The resource of this group and version.
    pub fn new(api_version: &str, plural: &str) -> Self {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        Self { group: group.to_owned(), plural: plural.to_owned() }
    }
}

/// The kinds that firedrill knows by itself, and those that a cluster told of.
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    told: BTreeMap<(String, String), Plural>,
}

impl Kinds {
    /// Asks the cluster for those kinds of the plan's manifests that firedrill does not know.
    /// What the cluster does not know either stays unknown.
    ///
    /// # Errors
    /// Where the API server does not tell its kinds.
    pub async fn told_by(api: &Api, plan: &Plan) -> Result<Self, ApiError> {
        let mut told = BTreeMap::new();
        for manifest in plan.manifests_by_file.values().flatten().chain(&plan.rendered) {
            let text = |key: &str| manifest.get(key).and_then(Value::as_str).unwrap_or_default();
            let (api_version, kind) = (text("apiVersion"), text("kind"));
            let key = (api_version.to_owned(), kind.to_owned());
            if known::of_object(api_version, kind).is_some() || told.contains_key(&key) {
                continue;
            }
            if let Some(plural) = plural(api, api_version, kind).await? {
                told.insert(key, plural);
            }
        }
        Ok(Self { told })
    }

    /// The resource of a kind, where it is known.
    pub(super) fn resource(&self, api_version: &str, kind: &str) -> Option<Resource> {
        if let Some(known) = known::of_object(api_version, kind) {
            return Some(Resource::new(known.api_version, known.plural));
        }
        let told = self.told.get(&(api_version.to_owned(), kind.to_owned()))?;
        Some(Resource::new(api_version, &told.name))
    }
}
