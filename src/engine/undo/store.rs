//! The records in the cluster: a ConfigMap per run, so that any machine can undo.

use futures::future::BoxFuture;
use miette::Diagnostic;
use serde_json::{Value, json};

use super::about::About;
use crate::journal::{ObjectRef, Record};
use crate::steps::api::{Api, ApiError, Change, Mode, RUN_LABEL, label, meta};
use crate::steps::{RecordError, Recorder};

/// What one record may weigh, bytes. A ConfigMap ends at 1 MiB, its own frame included.
const LARGEST_RECORD: usize = 900 * 1024;

/// The records in the cluster could not be written, read or deleted.
#[derive(Debug, thiserror::Error, Diagnostic)]
pub enum StoreError {
    /// A request brought nothing.
    #[error("the records of the run in {configmap}: {source}")]
    #[diagnostic(
        code(firedrill::undo::store),
        help("{configmap} must be readable and writable to firedrill")
    )]
    Api {
        /// `configmap/NAME in NAMESPACE`.
        configmap: String,
        /// Why.
        source: ApiError,
    },
    /// The before-image does not fit.
    #[error("the before-image of {object} has {bytes} bytes; a ConfigMap holds {LARGEST_RECORD}")]
    #[diagnostic(
        code(firedrill::undo::record_too_large),
        help("objects of this size cannot be changed by a drill yet; break a smaller one")
    )]
    TooLarge {
        /// The object.
        object: String,
        /// The record's size.
        bytes: usize,
    },
    /// Something in it is no record.
    #[error("the key {key} of {configmap} is no record: {source}")]
    #[diagnostic(
        code(firedrill::undo::bad_record),
        help("someone edited it, or a newer firedrill wrote it; undo with that one")
    )]
    NoRecord {
        /// `configmap/NAME in NAMESPACE`.
        configmap: String,
        /// The key.
        key: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A record of an object that no run in this namespace can have changed.
    #[error("the key {key} of {configmap} is about an object outside its namespace")]
    #[diagnostic(
        code(firedrill::undo::stranger),
        help("no firedrill writes this: someone edited it; nothing of it is undone")
    )]
    Stranger {
        /// `configmap/NAME in NAMESPACE`.
        configmap: String,
        /// The key.
        key: String,
    },
}

/// The records of one run, in a ConfigMap of the target's namespace.
#[derive(Debug, Clone)]
pub struct ConfigMapStore {
    api: Api,
    run: String,
    object: ObjectRef,
    annotations: Value,
}

impl ConfigMapStore {
    /// The store of `run` in `namespace`; its ConfigMap is made with the first record.
    #[must_use]
    pub fn new(client: kube::Client, namespace: &str, run: &str) -> Self {
        let object = ObjectRef {
            api_version: "v1".to_owned(),
            kind: "ConfigMap".to_owned(),
            plural: "configmaps".to_owned(),
            namespace: Some(namespace.to_owned()),
            name: name(run),
        };
        Self { api: Api::new(client), run: run.to_owned(), object, annotations: json!({}) }
    }

    /// The same; its ConfigMap says whose run it is.
    #[must_use]
    pub fn about(mut self, about: &About) -> Self {
        self.annotations = about.annotations();
        self
    }

    /// Appends a record, or replaces the one of the same change. Durable when this returns:
    /// the API server has acknowledged it.
    pub async fn append(&self, record: &Record) -> Result<(), StoreError> {
        let text = json!(record).to_string();
        if text.len() > LARGEST_RECORD {
            return Err(StoreError::TooLarge { object: record.object.to_string(), bytes: text.len() });
        }
        let data = json!({key(record.change): text});
        match self.patch(&data).await {
            Err(error) if error.status() == Some(404) => {}
            answer => return answer.map_err(|error| self.failed(error)),
        }
        let body = json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": self.object.name, "labels": {RUN_LABEL: self.run},
                "annotations": self.annotations}, "data": data});
        let made = match self.api.create(&self.object, &body).await {
            Ok(_) => Ok(()),
            // The creation arrived, its answer did not; or somebody was quicker.
            Err(error) if error.is_conflict() => self.patch(&data).await,
            Err(error) => Err(error),
        };
        made.map_err(|error| self.failed(error))
    }

    /// The records, in the order of the changes; none where there is no store.
    pub async fn load(&self) -> Result<Vec<Record>, StoreError> {
        let found = self.api.get(&self.object).await.map_err(|error| self.failed(error))?;
        found.as_ref().map_or_else(|| Ok(Vec::new()), records)
    }

    /// Deletes the store; that it is not there is fine.
    pub async fn delete(&self) -> Result<(), StoreError> {
        let found = self.api.get(&self.object).await.map_err(|error| self.failed(error))?;
        let Some(found) = found.filter(|found| label(found, RUN_LABEL) == Some(&self.run)) else {
            return Ok(());
        };
        let uid = meta(&found, "uid").map(str::to_owned);
        match self.api.delete(&self.object, uid, None, Mode::Real).await {
            Err(error) if !matches!(error.status(), Some(404 | 409)) => Err(self.failed(error)),
            _ => Ok(()),
        }
    }

    async fn patch(&self, data: &Value) -> Result<(), ApiError> {
        let change = Change::Merge(json!({"data": data}));
        self.api.change(&self.object, &change, Mode::Real).await.map(drop)
    }

    fn place(&self) -> String {
        format!("{} in {}", self.object, self.object.namespace.as_deref().unwrap_or_default())
    }

    fn failed(&self, source: ApiError) -> StoreError {
        StoreError::Api { configmap: self.place(), source }
    }
}

impl Recorder for ConfigMapStore {
    fn record(&self, record: Record) -> BoxFuture<'_, Result<(), RecordError>> {
        Box::pin(async move {
            let kept = self.append(&record).await;
            kept.map_err(|error| RecordError { place: self.place(), message: error.to_string() })
        })
    }
}

/// Two recorders as one: a record is kept when both have it.
#[derive(Debug, Clone)]
pub struct InTwoPlaces<A, B>(pub A, pub B);

impl<A: Recorder, B: Recorder> Recorder for InTwoPlaces<A, B> {
    fn record(&self, record: Record) -> BoxFuture<'_, Result<(), RecordError>> {
        Box::pin(async move {
            // Both at once: the change waits for the slower one only.
            let copy = record.clone();
            futures::future::try_join(self.0.record(record), self.1.record(copy)).await.map(drop)
        })
    }
}

/// The records in a run's ConfigMap, in the order of the changes.
pub(super) fn records(map: &Value) -> Result<Vec<Record>, StoreError> {
    let namespace = meta(map, "namespace").unwrap_or_default();
    let configmap = || format!("configmap/{} in {namespace}", meta(map, "name").unwrap_or_default());
    let data = map.get("data").and_then(Value::as_object);
    let mut records = Vec::new();
    for (key, text) in data.into_iter().flatten().filter(|(key, _)| key.starts_with("record-")) {
        let record: Record = serde_json::from_str(text.as_str().unwrap_or_default())
            .map_err(|source| StoreError::NoRecord { configmap: configmap(), key: key.clone(), source })?;
        if !is_at_home(&record.object, namespace) {
            return Err(StoreError::Stranger { configmap: configmap(), key: key.clone() });
        }
        records.push(record);
    }
    records.sort_by_key(|record| record.change);
    Ok(records)
}

/// Whoever may write a ConfigMap in one namespace must not lead an undo, which may have more
/// rights, to another namespace or another URL.
fn is_at_home(object: &ObjectRef, namespace: &str) -> bool {
    let part = |part: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | '_');
        !part.is_empty() && part.chars().all(plain) && part.chars().any(|c| c != '.')
    };
    object.namespace.as_deref() == Some(namespace)
        && part(&object.name)
        && part(&object.plural)
        && object.api_version.split('/').all(part)
        && object.api_version.split('/').count() <= 2
}

/// The name of a run's ConfigMap, and of its Lease.
pub(super) fn name(run: &str) -> String {
    format!("firedrill-{run}")
}

/// Keys sort as the changes do.
fn key(change: u64) -> String {
    format!("record-{change:06}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(api_version: &str, plural: &str, namespace: Option<&str>, name: &str) -> ObjectRef {
        ObjectRef {
            api_version: api_version.to_owned(),
            kind: "Service".to_owned(),
            plural: plural.to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    #[test]
    fn a_record_leads_to_its_own_namespace_only() {
        let shop = Some("shop");
        assert!(is_at_home(&object("v1", "services", shop, "api"), "shop"));
        assert!(is_at_home(&object("apps/v1", "deployments", shop, "api.v1"), "shop"));
        for stranger in [
            object("v1", "services", Some("bank"), "api"),
            object("v1", "namespaces", None, "shop"),
            object("v1", "services", shop, "../../bank/services/api"),
            object("v1", "services", shop, ".."),
            object("v1", "services", shop, ""),
            object("v1", "services/../../bank/services", shop, "api"),
            object("v1", "services", shop, "api?fieldManager=helm"),
            object("v1/namespaces/bank", "services", shop, "api"),
            object("", "services", shop, "api"),
        ] {
            assert!(!is_at_home(&stranger, "shop"), "{stranger:?}");
        }
    }
}
