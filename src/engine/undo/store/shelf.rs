//! Where records lie in the cluster: one object of the run's name with an entry a record, and
//! further ones beside it for records that are too large. ConfigMaps, or Secrets for records
//! that hold a Secret's values.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::try_join_all;
use k8s_openapi::ByteString;
use serde_json::{Map, Value, json};

use super::entry::Pointer;
use super::error::StoreError;
use super::name;
use super::pack::{LARGEST, Parts, pack};
use crate::journal::{ObjectRef, Record};
use crate::steps::api::{Api, ApiError, Change, Mode, RUN_LABEL, label, meta};

/// A record of at most this many bytes lies in the run's own object, if there is room.
const SMALL: usize = 128 * 1024;
/// What all records in the run's own object may weigh together, bytes. It ends at 1 MiB; what is
/// left is for entries that say where other records are.
const ROOM: usize = 700 * 1024;
/// The key of a part.
pub(super) const PART_KEY: &str = "part";

/// The objects of one kind that hold a run's records.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    pub api: Api,
    run: String,
    /// The object of the run's name.
    pub object: ObjectRef,
    pub annotations: Value,
    used: Arc<Mutex<Used>>,
}

/// What this process has put there.
#[derive(Debug, Default)]
struct Used {
    /// The size of each record in the run's own object.
    sizes: BTreeMap<u64, usize>,
    /// The number of the next part of each record.
    parts: BTreeMap<u64, u32>,
}

impl Shelf {
    pub fn of_config_maps(api: Api, namespace: &str, run: &str) -> Self {
        Self::new(api, namespace, run, "ConfigMap", "configmaps")
    }

    pub fn of_secrets(api: Api, namespace: &str, run: &str) -> Self {
        Self::new(api, namespace, run, "Secret", "secrets")
    }

    fn new(api: Api, namespace: &str, run: &str, kind: &str, plural: &str) -> Self {
        let object = ObjectRef {
            api_version: "v1".to_owned(),
            kind: kind.to_owned(),
            plural: plural.to_owned(),
            namespace: Some(namespace.to_owned()),
            name: name(run),
        };
        Self { api, run: run.to_owned(), object, annotations: json!({}), used: Arc::default() }
    }

    /// Keeps a record, the parts before the entry that names them. `beside` goes into the run's
    /// own object with the entry.
    pub async fn put(&self, record: &Record, beside: &[(&str, &[u8])]) -> Result<(), StoreError> {
        let text = json!(record).to_string();
        if text.len() > LARGEST {
            return Err(StoreError::TooLarge { object: record.object.to_string(), bytes: text.len() });
        }
        let entry = if self.has_room(record.change, text.len()) {
            text
        } else {
            let parts = self.put_parts(record.change, &text).await?;
            json!(Pointer::to_parts(record.change, &record.object, parts)).to_string()
        };
        let key = key(record.change);
        let mut data = beside.to_vec();
        data.push((&key, entry.as_bytes()));
        self.keep(&self.object, &self.data(&data)).await
    }

    /// Puts texts into the run's own object, which is made where it is missing.
    pub async fn put_entry(&self, key: &str, text: &str) -> Result<(), StoreError> {
        self.keep(&self.object, &self.data(&[(key, text.as_bytes())])).await
    }

    /// Whether the record goes into the run's own object; if so, the room is taken.
    fn has_room(&self, change: u64, bytes: usize) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.sizes.remove(&change);
        let fits = bytes <= SMALL && used.sizes.values().sum::<usize>() + bytes <= ROOM;
        if fits {
            used.sizes.insert(change, bytes);
        }
        fits
    }

    async fn put_parts(&self, change: u64, text: &str) -> Result<Parts, StoreError> {
        // A later try must not spoil the parts of the one before, whose change may have arrived.
        let first = self.next_part(change, 0);
        let (parts, cut) = pack(text, first).map_err(|error| self.failed(unpacked(&error)))?;
        self.next_part(change, parts.count);
        let numbered = (first..).zip(cut);
        try_join_all(numbered.map(|(number, bytes)| async move {
            let object = self.part(change, number);
            let bytes = json!(ByteString(bytes));
            let field = if self.object.is_secret() { "data" } else { "binaryData" };
            self.keep(&object, &json!({field: {PART_KEY: bytes}})).await
        }))
        .await?;
        Ok(parts)
    }

    /// The number of the record's next part, before `taken` more are taken.
    fn next_part(&self, change: u64, taken: u32) -> u32 {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let next = used.parts.entry(change).or_default();
        let first = *next;
        *next = first.saturating_add(taken);
        first
    }

    /// The object of a part.
    pub fn part(&self, change: u64, number: u32) -> ObjectRef {
        ObjectRef { name: format!("{}-{change:06}-{number}", self.object.name), ..self.object.clone() }
    }

    fn data(&self, entries: &[(&str, &[u8])]) -> Value {
        let secret = self.object.is_secret();
        let value = |bytes: &[u8]| {
            if secret { json!(ByteString(bytes.to_vec())) } else { json!(String::from_utf8_lossy(bytes)) }
        };
        let data: Map<String, Value> =
            entries.iter().map(|(k, bytes)| ((*k).to_owned(), value(bytes))).collect();
        json!({"data": data})
    }

    /// Writes into an object, and makes it where it is missing. Durable when this returns: the
    /// API server has acknowledged it.
    async fn keep(&self, object: &ObjectRef, content: &Value) -> Result<(), StoreError> {
        let patch = Change::Merge(content.clone());
        match self.api.change(object, &patch, Mode::Real).await {
            Err(error) if error.status() == Some(404) => {}
            answer => return answer.map(drop).map_err(|error| self.failed(error)),
        }
        let mut body = content.clone();
        body["apiVersion"] = json!("v1");
        body["kind"] = json!(object.kind);
        body["metadata"] = json!({"name": object.name, "labels": {RUN_LABEL: self.run},
            "annotations": self.annotations});
        if object.is_secret() {
            body["type"] = json!("Opaque");
        }
        let made = match self.api.create(object, &body).await {
            // The creation arrived, its answer did not; or somebody was quicker.
            Err(error) if error.is_conflict() => self.api.change(object, &patch, Mode::Real).await,
            answer => answer,
        };
        made.map(drop).map_err(|error| self.failed(error))
    }

    /// The run's own object, as it is.
    pub async fn read(&self) -> Result<Option<Value>, StoreError> {
        self.api.get(&self.object).await.map_err(|error| self.failed(error))
    }

    /// Deletes all, parts first: as long as one is there, the run is found. Parts that no entry
    /// names go, too.
    pub async fn clear(&self) -> Result<(), StoreError> {
        let namespace = self.object.namespace.as_deref().unwrap_or_default();
        let labels = format!("{RUN_LABEL}={}", self.run);
        let listed = self.api.list("v1", &self.object.plural, namespace, &labels).await;
        let listed = listed.map_err(|error| self.failed(error))?;
        let (own, parts): (Vec<_>, Vec<_>) =
            listed.iter().filter(|found| is_of_run(found)).partition(|found| is_own(found));
        try_join_all(parts.into_iter().map(|part| self.delete(part))).await?;
        try_join_all(own.into_iter().map(|own| self.delete(own))).await?;
        Ok(())
    }

    async fn delete(&self, found: &Value) -> Result<(), StoreError> {
        let object =
            ObjectRef { name: meta(found, "name").unwrap_or_default().to_owned(), ..self.object.clone() };
        let uid = meta(found, "uid").map(str::to_owned);
        match self.api.delete(&object, uid, None, Mode::Real).await {
            Err(error) if !matches!(error.status(), Some(404 | 409)) => Err(self.failed(error)),
            _ => Ok(()),
        }
    }

    /// `configmap/NAME in NAMESPACE`.
    pub fn place(&self) -> String {
        format!("{} in {}", self.object, self.object.namespace.as_deref().unwrap_or_default())
    }

    pub fn failed(&self, source: ApiError) -> StoreError {
        StoreError::Api { place: self.place(), source }
    }
}

/// Whether an object that carries a run's label holds records of it. Objects of a drill's
/// workload carry the label, too; records are known by their name.
pub(in crate::engine::undo) fn is_of_run(object: &Value) -> bool {
    let Some((own, found)) = label(object, RUN_LABEL).map(name).zip(meta(object, "name")) else {
        return false;
    };
    let Some(rest) = found.strip_prefix(&own) else { return false };
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
    let numbers = rest.strip_prefix('-').and_then(|rest| rest.split_once('-'));
    rest.is_empty() || numbers.is_some_and(|(change, part)| digits(change) && digits(part))
}

/// Whether it is the run's own object, no part.
pub(in crate::engine::undo) fn is_own(object: &Value) -> bool {
    label(object, RUN_LABEL).map(name).as_deref() == meta(object, "name")
}

/// Keys sort as the changes do.
pub(super) fn key(change: u64) -> String {
    format!("record-{change:06}")
}

fn unpacked(error: &std::io::Error) -> ApiError {
    ApiError::Unreachable { what: "compress a record".to_owned(), why: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_from_a_workload_that_carries_the_label() {
        let object = |name: &str| json!({"metadata": {"name": name, "labels": {RUN_LABEL: "r1"}}});
        for (name, of_run, own) in [
            ("firedrill-r1", true, true),
            ("firedrill-r1-000000-0", true, false),
            ("firedrill-r1-1234567-12", true, false),
            ("firedrill-r1-config", false, false),
            ("firedrill-r1-1-", false, false),
            ("firedrill-r12", false, false),
            ("settings", false, false),
        ] {
            assert_eq!((is_of_run(&object(name)), is_own(&object(name))), (of_run, own), "{name}");
        }
        assert!(!is_of_run(&json!({"metadata": {"name": "firedrill-r1"}})));
    }
}
